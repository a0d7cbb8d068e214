package shop_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
	"harang.dev/harang/internal/store/storetest"
)

// newEnv returns the use cases on a new SQLite file.
func newEnv(t *testing.T) *storetest.Env {
	t.Helper()
	return storetest.NewEnv(t, func(t *testing.T, o store.Options) *store.Store {
		t.Helper()
		st, err := sqlite.Open(t.Context(), sqlitetest.File(t), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	})
}

func wantCode(t *testing.T, err error, want harang.Code, fields ...string) {
	t.Helper()
	if got := harang.ErrorCode(err); got != want {
		t.Errorf("the error is %v, want code %q", err, want)
		return
	}
	if len(fields) == 0 {
		return
	}
	var got []string
	for _, f := range fieldsOf(err) {
		got = append(got, f.Field)
	}
	if !slices.Equal(got, fields) {
		t.Errorf("%v names the fields %q, want %q", err, got, fields)
	}
}

func fieldsOf(err error) []harang.FieldError {
	var e *harang.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

func ptr[T any](v T) *T { return &v }

// alertProbe returns the alerts since its last call.
type alertProbe struct {
	env  *storetest.Env
	seen int
}

func (r *alertProbe) want(t *testing.T, want ...harang.StockAlert) {
	t.Helper()
	entries := r.env.Entries(t, harang.AudienceOperators)
	var got []harang.StockAlert
	for _, e := range entries[r.seen:] {
		var body struct{ Data harang.StockAlert }
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		got = append(got, body.Data)
	}
	r.seen = len(entries)
	if !slices.Equal(got, want) {
		t.Errorf("the alerts are %+v, want %+v", got, want)
	}
}

func alert(quantity, threshold int64, s harang.Severity) harang.StockAlert {
	return harang.StockAlert{ProductID: "p", ProductName: "Product p", CurrentQuantity: quantity, Threshold: threshold,
		LocationID: "l", LocationName: "Location l", Severity: s}
}

func TestInventory_Thresholds(t *testing.T) {
	env := newEnv(t)
	ctx, manager := t.Context(), storetest.As(harang.RoleStoreManager, "mari")
	probe := alertProbe{env: env}
	env.AddStock(t, "p", "l", shop.StockPut{Quantity: 4, WarningThreshold: 4, CriticalThreshold: 2})
	env.Clock.Move(time.Minute)

	item, err := env.Inventory.SetLevel(ctx, manager, "p", "l", shop.LevelChange{WarningThreshold: ptr(int64(6))})
	if err != nil || item.Level.Thresholds != (harang.Thresholds{Warning: 6, Critical: 2}) ||
		item.Severity() != harang.SeverityWarning ||
		!item.Since.Equal(env.Clock.Now()) {
		t.Errorf("the item is %+v, %v", item, err)
	}
	probe.want(t, alert(4, 6, harang.SeverityWarning))
	critical := shop.LevelChange{CriticalThreshold: ptr(int64(5))}
	if _, err = env.Inventory.SetLevel(ctx, manager, "p", "l", critical); err != nil {
		t.Error(err)
	}
	probe.want(t, alert(4, 5, harang.SeverityCritical))
	item, err = env.Inventory.SetLevel(ctx, manager, "p", "l",
		shop.LevelChange{WarningThreshold: ptr(int64(0)), CriticalThreshold: ptr(int64(0))})
	if err != nil || item.Severity() != harang.SeverityOK || item.EventID != "" || !item.Since.IsZero() {
		t.Errorf("the item is %+v, %v", item, err)
	}
	probe.want(t)

	for _, tc := range []struct {
		change shop.LevelChange
		field  string
	}{
		{shop.LevelChange{}, "body"},
		{shop.LevelChange{WarningThreshold: ptr(int64(-1))}, "warningThreshold"},
		{shop.LevelChange{CriticalThreshold: ptr(int64(harang.MaxQuantity + 1))}, "criticalThreshold"},
		{shop.LevelChange{WarningThreshold: ptr(int64(2)), CriticalThreshold: ptr(int64(3))}, "warningThreshold"},
		{shop.LevelChange{ExpectedAt: ptr(env.Clock.Now().Add(-24 * time.Hour))}, "expectedAt"},
	} {
		_, err := env.Inventory.SetLevel(ctx, manager, "p", "l", tc.change)
		wantCode(t, err, harang.CodeInvalidRequest, tc.field)
	}
	_, err = env.Inventory.SetLevel(ctx, manager, "p", "nowhere", shop.LevelChange{ClearExpected: true})
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.Inventory.SetLevel(ctx, manager, "", strings.Repeat("x", 129), shop.LevelChange{ClearExpected: true})
	wantCode(t, err, harang.CodeInvalidRequest, "productId", "locationId")
	operator := storetest.As(harang.RoleOperator, "kata")
	_, err = env.Inventory.SetLevel(ctx, operator, "p", "l", shop.LevelChange{WarningThreshold: ptr(int64(1))})
	wantCode(t, err, harang.CodeForbidden)
	expected := shop.LevelChange{ExpectedAt: ptr(env.Clock.Now())}
	if _, err = env.Inventory.SetLevel(ctx, operator, "p", "l", expected); err != nil {
		t.Errorf("an operator may set an expected delivery: %v", err)
	}
}

// TestInventory_ExpectedLimit: a delivery is expected at most 90 days ahead, 14 for
// an operator, counted in days of Budapest over the change of the clocks.
func TestInventory_ExpectedLimit(t *testing.T) {
	env := newEnv(t)
	env.AddStock(t, "p", "l", shop.StockPut{Quantity: 4})
	day := func(days int, clock string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+clock, shop.Budapest)
		if err != nil {
			t.Fatal(err)
		}
		return at.AddDate(0, 0, days)
	}
	for _, tc := range []struct {
		role harang.Role
		at   time.Time
		want string
	}{
		{harang.RoleOperator, day(0, "00:00"), ""},
		{harang.RoleOperator, day(-1, "23:59"), "must be today or later"},
		{harang.RoleOperator, day(14, "23:59"), ""},
		{harang.RoleOperator, day(15, "00:00"), "must be at most 14 days ahead"},
		{harang.RoleOperator, day(90, "12:00"), "must be at most 14 days ahead"},
		{harang.RoleStoreManager, day(90, "23:59"), ""},
		{harang.RoleStoreManager, day(91, "00:00"), "must be at most 90 days ahead"},
		{harang.RoleAdmin, day(90, "23:59"), ""},
		{harang.RoleAdmin, day(3650, "12:00"), "must be at most 90 days ahead"},
	} {
		change := shop.LevelChange{ExpectedAt: &tc.at}
		item, err := env.Inventory.SetLevel(t.Context(), storetest.As(tc.role, "u"), "p", "l", change)
		if tc.want == "" {
			if err != nil || !item.ExpectedAt.Equal(tc.at) {
				t.Errorf("%s, %s: %+v, %v", tc.role, tc.at, item, err)
			}
			continue
		}
		wantCode(t, err, harang.CodeInvalidRequest, "expectedAt")
		if fields := fieldsOf(err); len(fields) != 1 || fields[0].Detail != tc.want {
			t.Errorf("%s, %s: %v, want %q", tc.role, tc.at, fields, tc.want)
		}
	}
}

// TestInventory_Expected is "már megrendelve": alerts are silenced until the item
// is OK or the day ends; the silenced ones follow with a later change.
func TestInventory_Expected(t *testing.T) {
	start := func(t *testing.T) (*storetest.Env, *alertProbe) {
		env := newEnv(t)
		env.AddStock(t, "p", "l", shop.StockPut{Quantity: 9, WarningThreshold: 5, CriticalThreshold: 3})
		return env, &alertProbe{env: env}
	}
	expect := func(t *testing.T, env *storetest.Env, c shop.LevelChange) harang.StockItem {
		t.Helper()
		item, err := env.Inventory.SetLevel(t.Context(), storetest.As(harang.RoleOperator, "kata"), "p", "l", c)
		if err != nil {
			t.Fatal(err)
		}
		return item
	}
	tomorrow := func(env *storetest.Env) shop.LevelChange {
		return shop.LevelChange{ExpectedAt: ptr(env.Clock.Now().Add(24 * time.Hour))}
	}

	t.Run("until restock", func(t *testing.T) {
		env, probe := start(t)
		env.Adjust(t, "p", "l", -5) // 4
		probe.want(t, alert(4, 5, harang.SeverityWarning))
		expect(t, env, tomorrow(env))
		env.Adjust(t, "p", "l", -3) // 1
		env.Adjust(t, "p", "l", 3)  // 4: still short
		env.Adjust(t, "p", "l", -3)
		probe.want(t)
		if item := env.Adjust(t, "p", "l", 4); !item.ExpectedAt.IsZero() { // 5
			t.Errorf("at the warning threshold the delivery is still expected: %+v", item)
		}
		env.Adjust(t, "p", "l", -1)
		probe.want(t, alert(4, 5, harang.SeverityWarning))
	})

	t.Run("set while OK", func(t *testing.T) {
		env, probe := start(t)
		expect(t, env, tomorrow(env))
		if item := env.Adjust(t, "p", "l", -1); item.ExpectedAt.IsZero() { // 8
			t.Error("a change while OK cleared the expectation")
		}
		env.Adjust(t, "p", "l", -7) // 1
		probe.want(t)
	})

	t.Run("until the day ends in Budapest", func(t *testing.T) {
		env, probe := start(t) // 12:00 on 2 March
		expect(t, env, tomorrow(env))
		env.Adjust(t, "p", "l", -7) // 2
		env.Clock.Move(35*time.Hour + 59*time.Minute)
		env.Adjust(t, "p", "l", -1) // 23:59 on 3 March
		probe.want(t)
		env.Clock.Move(time.Minute)
		probe.want(t)              // the end of the day causes no alert
		env.Adjust(t, "p", "l", 1) // an improvement causes no alert
		probe.want(t)
		env.Adjust(t, "p", "l", -1)
		probe.want(t, alert(1, 3, harang.SeverityCritical))
		env.Adjust(t, "p", "l", -1)
		probe.want(t)
	})

	t.Run("cleared", func(t *testing.T) {
		env, probe := start(t)
		expect(t, env, tomorrow(env))
		env.Adjust(t, "p", "l", -7)
		if item := expect(t, env, shop.LevelChange{ClearExpected: true}); !item.ExpectedAt.IsZero() ||
			item.EventID != "" ||
			item.Since.IsZero() {
			t.Errorf("after clearing, the item is %+v", item)
		}
		probe.want(t) // not a change of quantity or threshold
		env.Adjust(t, "p", "l", -1)
		probe.want(t, alert(1, 3, harang.SeverityCritical))
	})

	t.Run("kept by a replacement", func(t *testing.T) {
		env, probe := start(t)
		expect(t, env, tomorrow(env))
		item, err := env.Catalogue.PutStock(t.Context(), storetest.Admin(), "p", "l",
			shop.StockPut{Quantity: 1, WarningThreshold: 5, CriticalThreshold: 3})
		if err != nil || item.ExpectedAt.IsZero() {
			t.Errorf("the item is %+v, %v", item, err)
		}
		probe.want(t)
	})
}

func TestInventory_Adjust(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	env.AddStock(t, "p", "l", shop.StockPut{Quantity: 3})
	ok := shop.Adjustment{ProductID: "p", LocationID: "l", Delta: 1, Reason: "count"}
	for _, tc := range []struct {
		change func(a *shop.Adjustment)
		fields []string
	}{
		{func(a *shop.Adjustment) { a.Delta = 0 }, []string{"delta"}},
		{func(a *shop.Adjustment) { a.Delta = harang.MaxQuantity }, []string{"delta"}},
		{func(a *shop.Adjustment) { a.Delta = -harang.MaxQuantity - 1 }, []string{"delta"}},
		{func(a *shop.Adjustment) { a.Reason = "" }, []string{"reason"}},
		{func(a *shop.Adjustment) { a.Reason = strings.Repeat("é", 201) }, []string{"reason"}},
		{func(a *shop.Adjustment) { *a = shop.Adjustment{} }, []string{"productId", "locationId", "delta", "reason"}},
	} {
		a := ok
		tc.change(&a)
		_, err := env.Inventory.Adjust(ctx, storetest.Admin(), a)
		wantCode(t, err, harang.CodeInvalidRequest, tc.fields...)
	}
	ok.Reason = strings.Repeat("é", 200)
	if _, err := env.Inventory.Adjust(ctx, storetest.As(harang.RoleService, "key:1"), ok); err != nil {
		t.Errorf("an API key may adjust: %v", err)
	}
	_, err := env.Inventory.Adjust(ctx, storetest.As("", "x"), ok)
	wantCode(t, err, harang.CodeForbidden)

	ok.Delta = -5
	_, err = env.Inventory.Adjust(ctx, storetest.Admin(), ok)
	wantCode(t, err, harang.CodeInsufficientStock)
	var e *harang.Error
	if !errors.As(err, &e) || e.Details["available"] != int64(4) || e.Details["line"] != nil {
		t.Errorf("%v lacks the available quantity", err)
	}
	p, err := env.Inventory.Stock(ctx, storetest.Admin(), harang.StockQuery{})
	if err != nil || len(p.Items) != 1 || p.Items[0].Level.Quantity != 4 {
		t.Errorf("after refused adjustments the stock is %+v, %v", p.Items, err)
	}
}

// TestForbidden: the role is checked before the arguments.
func TestForbidden(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	operator, service := storetest.As(harang.RoleOperator, "kata"), storetest.As(harang.RoleService, "key:1")
	for name, call := range map[string]func() error{
		"PutLocation": func() error { return env.Catalogue.PutLocation(ctx, operator, harang.Location{}) },
		"PutPartner":  func() error { return env.Catalogue.PutPartner(ctx, operator, harang.Partner{}) },
		"PutProduct":  func() error { return env.Catalogue.PutProduct(ctx, operator, harang.Product{}) },
		"PutStock": func() error {
			_, err := env.Catalogue.PutStock(ctx, operator, "", "", shop.StockPut{})
			return err
		},
		"ImportCSV": func() error {
			_, err := env.Catalogue.ImportCSV(ctx, operator, strings.NewReader(""))
			return err
		},
		"Products": func() error {
			_, err := env.Catalogue.Products(ctx, service, harang.CatalogueQuery{})
			return err
		},
		"Partners": func() error {
			_, err := env.Catalogue.Partners(ctx, service, harang.CatalogueQuery{})
			return err
		},
		"Locations": func() error {
			_, err := env.Catalogue.Locations(ctx, service, harang.CatalogueQuery{})
			return err
		},
		"Stock":  func() error { _, err := env.Inventory.Stock(ctx, service, harang.StockQuery{}); return err },
		"Alerts": func() error { _, err := env.Inventory.Alerts(ctx, service, "", 0); return err },
		"SetLevel": func() error {
			_, err := env.Inventory.SetLevel(ctx, service, "p", "l", shop.LevelChange{ClearExpected: true})
			return err
		},
		"Summary": func() error { _, err := env.Dashboard.Summary(ctx, service, ""); return err },
		"List": func() error {
			_, _, err := env.Notifications.List(ctx, service, harang.NotificationQuery{})
			return err
		},
		"MarkRead": func() error {
			_, err := env.Notifications.MarkRead(ctx, service, shop.ReadRequest{UpTo: "x"})
			return err
		},
		"Claim":   func() error { _, err := env.Notifications.Claim(ctx, service, "x"); return err },
		"Unclaim": func() error { _, err := env.Notifications.Unclaim(ctx, service, "x"); return err },
	} {
		if code := harang.ErrorCode(call()); code != harang.CodeForbidden {
			t.Errorf("%s: %q, want FORBIDDEN", name, code)
		}
	}
}

// TestInvalid: invalid arguments are refused with the name of the field.
func TestInvalid(t *testing.T) {
	env := newEnv(t)
	ctx, admin := t.Context(), storetest.Admin()
	long := strings.Repeat("x", 201)
	for _, tc := range []struct {
		name   string
		fields []string
		call   func() error
	}{
		{"location", []string{"id", "name"}, func() error {
			return env.Catalogue.PutLocation(ctx, admin, harang.Location{Name: long})
		}},
		{"partner", []string{"id", "name"}, func() error {
			return env.Catalogue.PutPartner(ctx, admin, harang.Partner{Name: "a\nb"})
		}},
		{"product", []string{"dailyPrice"}, func() error {
			return env.Catalogue.PutProduct(ctx, admin, harang.Product{ID: "p", Name: "P", DailyPrice: -1})
		}},
		{"stock", []string{"warningThreshold", "quantity"}, func() error {
			put := shop.StockPut{Quantity: -1, WarningThreshold: 1, CriticalThreshold: 2}
			_, err := env.Catalogue.PutStock(ctx, admin, "p", "l", put)
			return err
		}},
		{"severity", []string{"severity"}, func() error {
			_, err := env.Inventory.Stock(ctx, admin, harang.StockQuery{Severity: "BAD"})
			return err
		}},
		{"limit", []string{"limit"}, func() error {
			_, err := env.Inventory.Stock(ctx, admin, harang.StockQuery{Limit: 201})
			return err
		}},
		{"limit of alerts", []string{"limit"}, func() error {
			_, err := env.Inventory.Alerts(ctx, admin, "", -1)
			return err
		}},
		{"cursor of alerts", []string{"cursor"}, func() error {
			_, err := env.Inventory.Alerts(ctx, admin, "e30x", 0)
			return err
		}},
		{"cursor of stock", []string{"cursor"}, func() error {
			_, err := env.Inventory.Stock(ctx, admin, harang.StockQuery{Cursor: strings.Repeat("a", 40000)})
			return err
		}},
		{"limit of products", []string{"limit"}, func() error {
			_, err := env.Catalogue.Products(ctx, admin, harang.CatalogueQuery{Limit: 1000})
			return err
		}},
		{"type", []string{"type"}, func() error {
			_, _, err := env.Notifications.List(ctx, admin, harang.NotificationQuery{Type: "control.read"})
			return err
		}},
		{"since", []string{"since"}, func() error {
			after := &harang.Position{Audience: harang.AudienceControl}
			_, _, err := env.Notifications.List(ctx, admin, harang.NotificationQuery{After: after})
			return err
		}},
		{"limit of notifications", []string{"limit"}, func() error {
			_, _, err := env.Notifications.List(ctx, admin, harang.NotificationQuery{Limit: 500})
			return err
		}},
		{"nothing read", []string{"eventIds"}, func() error {
			_, err := env.Notifications.MarkRead(ctx, admin, shop.ReadRequest{})
			return err
		}},
		{"read twice", []string{"eventIds"}, func() error {
			_, err := env.Notifications.MarkRead(ctx, admin, shop.ReadRequest{EventIDs: []string{"a"}, UpTo: "b"})
			return err
		}},
		{"read too many", []string{"eventIds"}, func() error {
			_, err := env.Notifications.MarkRead(ctx, admin, shop.ReadRequest{EventIDs: make([]string, 1001)})
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) { wantCode(t, tc.call(), harang.CodeInvalidRequest, tc.fields...) })
	}
}

func TestDay(t *testing.T) {
	for _, tc := range []struct{ at, start, end string }{
		{"2026-03-02T11:00:00Z", "2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z"},
		{"2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // 23 hours
		{"2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // 25 hours
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		start, end := shop.Day(at)
		if got := [2]string{start.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339)}; got != [2]string{
			tc.start,
			tc.end,
		} {
			t.Errorf("the day of %s is %v", tc.at, got)
		}
	}
	for _, tc := range []struct{ value, want string }{
		{"2026-03-02", "2026-03-01T23:00:00Z"},
		{"2026-07-02", "2026-07-01T22:00:00Z"},
		{"2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"},
		{"2026-02-30", ""}, {"tomorrow", ""}, {"", ""}, {"0001-01-01T00:00:00Z", ""},
	} {
		got, err := shop.ParseDay("expectedAt", tc.value)
		if tc.want == "" {
			wantCode(t, err, harang.CodeInvalidRequest, "expectedAt")
		} else if err != nil || got.Format(time.RFC3339) != tc.want {
			t.Errorf("%q is %s, %v", tc.value, got, err)
		}
	}
}
