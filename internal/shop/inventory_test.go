package shop_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/storetest"
)

// newWorld returns the use cases on a new SQLite file.
func newWorld(t *testing.T) *storetest.Env {
	t.Helper()
	return storetest.NewEnv(t, func(t *testing.T, o store.Options) *store.Store {
		t.Helper()
		st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "harang.db"), o)
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
	w    *storetest.Env
	seen int
}

func (r *alertProbe) want(t *testing.T, want ...harang.StockAlert) {
	t.Helper()
	entries := r.w.Entries(t, harang.AudienceOperators)
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
	w := newWorld(t)
	ctx, manager := t.Context(), storetest.As(harang.RoleStoreManager, "mari")
	probe := alertProbe{w: w}
	w.AddStock(t, "p", "l", shop.StockPut{Quantity: 4, WarningThreshold: 4, CriticalThreshold: 2})
	w.Clock.Move(time.Minute)

	item, err := w.Inventory.SetLevel(ctx, manager, "p", "l", shop.LevelChange{WarningThreshold: ptr(int64(6))})
	if err != nil || item.Level.Thresholds != (harang.Thresholds{Warning: 6, Critical: 2}) ||
		item.Severity() != harang.SeverityWarning ||
		!item.Since.Equal(w.Clock.Now()) {
		t.Errorf("the item is %+v, %v", item, err)
	}
	probe.want(t, alert(4, 6, harang.SeverityWarning))
	if _, err = w.Inventory.SetLevel(ctx, manager, "p", "l", shop.LevelChange{CriticalThreshold: ptr(int64(5))}); err != nil {
		t.Error(err)
	}
	probe.want(t, alert(4, 5, harang.SeverityCritical))
	item, err = w.Inventory.SetLevel(
		ctx,
		manager,
		"p",
		"l",
		shop.LevelChange{WarningThreshold: ptr(int64(0)), CriticalThreshold: ptr(int64(0))},
	)
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
		{shop.LevelChange{ExpectedAt: ptr(w.Clock.Now().Add(-24 * time.Hour))}, "expectedAt"},
	} {
		_, err := w.Inventory.SetLevel(ctx, manager, "p", "l", tc.change)
		wantCode(t, err, harang.CodeInvalidRequest, tc.field)
	}
	_, err = w.Inventory.SetLevel(ctx, manager, "p", "nowhere", shop.LevelChange{ClearExpected: true})
	wantCode(t, err, harang.CodeNotFound)
	_, err = w.Inventory.SetLevel(ctx, manager, "", strings.Repeat("x", 129), shop.LevelChange{ClearExpected: true})
	wantCode(t, err, harang.CodeInvalidRequest, "productId", "locationId")
	operator := storetest.As(harang.RoleOperator, "kata")
	_, err = w.Inventory.SetLevel(ctx, operator, "p", "l", shop.LevelChange{WarningThreshold: ptr(int64(1))})
	wantCode(t, err, harang.CodeForbidden)
	if _, err = w.Inventory.SetLevel(ctx, operator, "p", "l", shop.LevelChange{ExpectedAt: ptr(w.Clock.Now())}); err != nil {
		t.Errorf("an operator may set an expected delivery: %v", err)
	}
}

// TestInventory_Expected is "már megrendelve": alerts are silenced until the item
// is OK or the day ends; the silenced ones follow with a later change.
func TestInventory_Expected(t *testing.T) {
	start := func(t *testing.T) (*storetest.Env, *alertProbe) {
		w := newWorld(t)
		w.AddStock(t, "p", "l", shop.StockPut{Quantity: 9, WarningThreshold: 5, CriticalThreshold: 3})
		return w, &alertProbe{w: w}
	}
	expect := func(t *testing.T, w *storetest.Env, c shop.LevelChange) harang.StockItem {
		t.Helper()
		item, err := w.Inventory.SetLevel(t.Context(), storetest.As(harang.RoleOperator, "kata"), "p", "l", c)
		if err != nil {
			t.Fatal(err)
		}
		return item
	}
	tomorrow := func(w *storetest.Env) shop.LevelChange {
		return shop.LevelChange{ExpectedAt: ptr(w.Clock.Now().Add(24 * time.Hour))}
	}

	t.Run("until restock", func(t *testing.T) {
		w, probe := start(t)
		w.Adjust(t, "p", "l", -5) // 4
		probe.want(t, alert(4, 5, harang.SeverityWarning))
		expect(t, w, tomorrow(w))
		w.Adjust(t, "p", "l", -3) // 1
		w.Adjust(t, "p", "l", 3)  // 4: still short
		w.Adjust(t, "p", "l", -3)
		probe.want(t)
		if item := w.Adjust(t, "p", "l", 4); !item.ExpectedAt.IsZero() { // 5
			t.Errorf("at the warning threshold the delivery is still expected: %+v", item)
		}
		w.Adjust(t, "p", "l", -1)
		probe.want(t, alert(4, 5, harang.SeverityWarning))
	})

	t.Run("set while OK", func(t *testing.T) {
		w, probe := start(t)
		expect(t, w, tomorrow(w))
		if item := w.Adjust(t, "p", "l", -1); item.ExpectedAt.IsZero() { // 8
			t.Error("a change while OK cleared the expectation")
		}
		w.Adjust(t, "p", "l", -7) // 1
		probe.want(t)
	})

	t.Run("until the day ends in Budapest", func(t *testing.T) {
		w, probe := start(t) // 12:00 on 2 March
		expect(t, w, tomorrow(w))
		w.Adjust(t, "p", "l", -7) // 2
		w.Clock.Move(35*time.Hour + 59*time.Minute)
		w.Adjust(t, "p", "l", -1) // 23:59 on 3 March
		probe.want(t)
		w.Clock.Move(time.Minute)
		probe.want(t)            // the end of the day causes no alert
		w.Adjust(t, "p", "l", 1) // an improvement causes no alert
		probe.want(t)
		w.Adjust(t, "p", "l", -1)
		probe.want(t, alert(1, 3, harang.SeverityCritical))
		w.Adjust(t, "p", "l", -1)
		probe.want(t)
	})

	t.Run("cleared", func(t *testing.T) {
		w, probe := start(t)
		expect(t, w, tomorrow(w))
		w.Adjust(t, "p", "l", -7)
		if item := expect(t, w, shop.LevelChange{ClearExpected: true}); !item.ExpectedAt.IsZero() ||
			item.EventID != "" ||
			item.Since.IsZero() {
			t.Errorf("after clearing, the item is %+v", item)
		}
		probe.want(t) // not a change of quantity or threshold
		w.Adjust(t, "p", "l", -1)
		probe.want(t, alert(1, 3, harang.SeverityCritical))
	})

	t.Run("kept by a replacement", func(t *testing.T) {
		w, probe := start(t)
		expect(t, w, tomorrow(w))
		item, err := w.Catalogue.PutStock(
			t.Context(),
			storetest.Admin(),
			"p",
			"l",
			shop.StockPut{Quantity: 1, WarningThreshold: 5, CriticalThreshold: 3},
		)
		if err != nil || item.ExpectedAt.IsZero() {
			t.Errorf("the item is %+v, %v", item, err)
		}
		probe.want(t)
	})
}

func TestInventory_Adjust(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.AddStock(t, "p", "l", shop.StockPut{Quantity: 3})
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
		_, err := w.Inventory.Adjust(ctx, storetest.Admin(), a)
		wantCode(t, err, harang.CodeInvalidRequest, tc.fields...)
	}
	ok.Reason = strings.Repeat("é", 200)
	if _, err := w.Inventory.Adjust(ctx, storetest.As(harang.RoleService, "key:1"), ok); err != nil {
		t.Errorf("an API key may adjust: %v", err)
	}
	_, err := w.Inventory.Adjust(ctx, storetest.As("", "x"), ok)
	wantCode(t, err, harang.CodeForbidden)

	ok.Delta = -5
	_, err = w.Inventory.Adjust(ctx, storetest.Admin(), ok)
	wantCode(t, err, harang.CodeInsufficientStock)
	var e *harang.Error
	if !errors.As(err, &e) || e.Details["available"] != int64(4) || e.Details["line"] != nil {
		t.Errorf("%v lacks the available quantity", err)
	}
	p, err := w.Inventory.Stock(ctx, storetest.Admin(), harang.StockQuery{})
	if err != nil || len(p.Items) != 1 || p.Items[0].Level.Quantity != 4 {
		t.Errorf("after refused adjustments the stock is %+v, %v", p.Items, err)
	}
}

// TestForbidden: the role is checked before the arguments.
func TestForbidden(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	operator, service := storetest.As(harang.RoleOperator, "kata"), storetest.As(harang.RoleService, "key:1")
	for name, call := range map[string]func() error{
		"PutLocation": func() error { return w.Catalogue.PutLocation(ctx, operator, harang.Location{}) },
		"PutPartner":  func() error { return w.Catalogue.PutPartner(ctx, operator, harang.Partner{}) },
		"PutProduct":  func() error { return w.Catalogue.PutProduct(ctx, operator, harang.Product{}) },
		"PutStock": func() error {
			_, err := w.Catalogue.PutStock(ctx, operator, "", "", shop.StockPut{})
			return err
		},
		"ImportCSV": func() error {
			_, err := w.Catalogue.ImportCSV(ctx, operator, strings.NewReader(""))
			return err
		},
		"Products":  func() error { _, err := w.Catalogue.Products(ctx, service, "", "", 0); return err },
		"Partners":  func() error { _, err := w.Catalogue.Partners(ctx, service, "", "", 0); return err },
		"Locations": func() error { _, err := w.Catalogue.Locations(ctx, service, "", "", 0); return err },
		"Stock":     func() error { _, err := w.Inventory.Stock(ctx, service, harang.StockQuery{}); return err },
		"Alerts":    func() error { _, err := w.Inventory.Alerts(ctx, service, "", 0); return err },
		"SetLevel": func() error {
			_, err := w.Inventory.SetLevel(ctx, service, "p", "l", shop.LevelChange{ClearExpected: true})
			return err
		},
		"Summary": func() error { _, err := w.Dashboard.Summary(ctx, service, ""); return err },
		"List": func() error {
			_, _, err := w.Notifications.List(ctx, service, harang.NotificationQuery{})
			return err
		},
		"MarkRead": func() error {
			_, err := w.Notifications.MarkRead(ctx, service, shop.ReadRequest{UpTo: "x"})
			return err
		},
		"Claim":   func() error { _, err := w.Notifications.Claim(ctx, service, "x"); return err },
		"Unclaim": func() error { _, err := w.Notifications.Unclaim(ctx, service, "x"); return err },
	} {
		if code := harang.ErrorCode(call()); code != harang.CodeForbidden {
			t.Errorf("%s: %q, want FORBIDDEN", name, code)
		}
	}
}

// TestInvalid: invalid arguments are refused with the name of the field.
func TestInvalid(t *testing.T) {
	w := newWorld(t)
	ctx, admin := t.Context(), storetest.Admin()
	long := strings.Repeat("x", 201)
	for _, tc := range []struct {
		name   string
		fields []string
		call   func() error
	}{
		{"location", []string{"id", "name"}, func() error { return w.Catalogue.PutLocation(ctx, admin, harang.Location{Name: long}) }},
		{"partner", []string{"id", "name"}, func() error { return w.Catalogue.PutPartner(ctx, admin, harang.Partner{Name: "a\nb"}) }},
		{"product", []string{"dailyPrice"}, func() error {
			return w.Catalogue.PutProduct(ctx, admin, harang.Product{ID: "p", Name: "P", DailyPrice: -1})
		}},
		{"stock", []string{"warningThreshold", "quantity"}, func() error {
			_, err := w.Catalogue.PutStock(ctx, admin, "p", "l", shop.StockPut{Quantity: -1, WarningThreshold: 1, CriticalThreshold: 2})
			return err
		}},
		{"severity", []string{"severity"}, func() error {
			_, err := w.Inventory.Stock(ctx, admin, harang.StockQuery{Severity: "BAD"})
			return err
		}},
		{"limit", []string{"limit"}, func() error {
			_, err := w.Inventory.Stock(ctx, admin, harang.StockQuery{Limit: 201})
			return err
		}},
		{"limit of alerts", []string{"limit"}, func() error { _, err := w.Inventory.Alerts(ctx, admin, "", -1); return err }},
		{"cursor of alerts", []string{"cursor"}, func() error { _, err := w.Inventory.Alerts(ctx, admin, "e30x", 0); return err }},
		{"cursor of stock", []string{"cursor"}, func() error {
			_, err := w.Inventory.Stock(ctx, admin, harang.StockQuery{Cursor: strings.Repeat("a", 40000)})
			return err
		}},
		{"limit of products", []string{"limit"}, func() error { _, err := w.Catalogue.Products(ctx, admin, "", "", 1000); return err }},
		{"type", []string{"type"}, func() error {
			_, _, err := w.Notifications.List(ctx, admin, harang.NotificationQuery{Type: "control.read"})
			return err
		}},
		{"since", []string{"since"}, func() error {
			_, _, err := w.Notifications.List(ctx, admin, harang.NotificationQuery{After: &harang.Position{Audience: harang.AudienceControl}})
			return err
		}},
		{"limit of notifications", []string{"limit"}, func() error {
			_, _, err := w.Notifications.List(ctx, admin, harang.NotificationQuery{Limit: 500})
			return err
		}},
		{"nothing read", []string{"eventIds"}, func() error {
			_, err := w.Notifications.MarkRead(ctx, admin, shop.ReadRequest{})
			return err
		}},
		{"read twice", []string{"eventIds"}, func() error {
			_, err := w.Notifications.MarkRead(ctx, admin, shop.ReadRequest{EventIDs: []string{"a"}, UpTo: "b"})
			return err
		}},
		{"read too many", []string{"eventIds"}, func() error {
			_, err := w.Notifications.MarkRead(ctx, admin, shop.ReadRequest{EventIDs: make([]string, 1001)})
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
