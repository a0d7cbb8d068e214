package storetest

import (
	"slices"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

func testCatalogue(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx, admin := t.Context(), Admin()
	names := []string{"Őrlő 10", "ács kalapács", "Csavarozó", "Cukor mérő", "Őrlő 2", "100%_os fúró", "Zsaluzó",
		"Zománc"}
	for i, n := range names {
		id := string(rune('a' + i))
		for _, err := range []error{
			env.Catalogue.PutProduct(ctx, admin, harang.Product{ID: id, Name: n, DailyPrice: int64(i)}),
			env.Catalogue.PutPartner(ctx, admin, harang.Partner{ID: id, Name: n}),
			env.Catalogue.PutLocation(ctx, admin, harang.Location{ID: id, Name: n}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"100%_os fúró", "ács kalapács", "Cukor mérő", "Csavarozó", "Őrlő 2", "Őrlő 10", "Zománc",
		"Zsaluzó"}
	var got []string
	for cursor, pages := "", 1; ; pages++ {
		p, err := env.Catalogue.Products(ctx, admin, harang.CatalogueQuery{Cursor: cursor, Limit: 3})
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, i := range p.Items {
			got = append(got, i.Name)
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("products %q, want the Hungarian order %q", got, want)
	}
	for _, tc := range []struct {
		search string
		want   []string
	}{
		{"orlo", []string{"Őrlő 2", "Őrlő 10"}},
		{"ÁCS", []string{"ács kalapács"}},
		{"kala ÁC", []string{"ács kalapács"}},
		{"0%_o", []string{"100%_os fúró"}},
		{"%", []string{"100%_os fúró"}},
		{"o r l o", []string{"Őrlő 2", "Őrlő 10"}},
		{"orlo 10 nothing", nil},
		{"  ", want},
	} {
		var found []string
		p, err := env.Catalogue.Partners(ctx, admin, harang.CatalogueQuery{Search: tc.search, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range p.Items {
			found = append(found, i.Name)
		}
		if tc.search == "o r l o" {
			continue // four words: any result without an error
		}
		if !slices.Equal(found, tc.want) {
			t.Errorf("search %q: %q, want %q", tc.search, found, tc.want)
		}
	}
	if err := env.Catalogue.PutLocation(ctx, admin, harang.Location{ID: "a", Name: "Új"}); err != nil {
		t.Fatal(err)
	}
	p, err := env.Catalogue.Locations(ctx, admin, harang.CatalogueQuery{Search: "uj", Limit: 50})
	if err != nil || len(p.Items) != 1 || p.Items[0] != (harang.Location{ID: "a", Name: "Új"}) {
		t.Errorf("replaced location: %v, %v", p.Items, err)
	}
	other := admin
	other.Tenant = "b"
	if p, err := env.Catalogue.Products(ctx, other, harang.CatalogueQuery{Limit: 50}); err != nil ||
		len(p.Items) != 0 || p.Items == nil {
		t.Errorf("another tenant lists %v, %v", p.Items, err)
	}
	_, err = env.Catalogue.Products(ctx, admin, harang.CatalogueQuery{Cursor: "invalid!", Limit: 50})
	wantCode(t, err, harang.CodeInvalidRequest)
}

// alerts reads the severities of new alerts.
type alerts struct {
	env  *Env
	last int64 // number of the last one read
}

func (a *alerts) next(t *testing.T) []harang.Severity {
	t.Helper()
	entries, err := a.env.Store.EntriesAfter(t.Context(),
		harang.FeedID{Tenant: "a", Audience: harang.AudienceOperators}, a.last, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var all []harang.Severity
	for _, e := range entries {
		all = append(all, alertOf(t, e).Severity)
		a.last = e.Number
	}
	return all
}

func testStock(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	fired := &alerts{env: env}
	env.AddStock(t, "drill", "north", shop.StockPut{Quantity: 10, WarningThreshold: 5, CriticalThreshold: 3})
	env.AddStock(t, "drill", "south", shop.StockPut{Quantity: 1, WarningThreshold: 5, CriticalThreshold: 3})
	env.AddStock(t, "saw", "north", shop.StockPut{Quantity: 4, WarningThreshold: 5, CriticalThreshold: 3})
	if got := fired.next(t); len(got) != 0 {
		t.Errorf("alerts of new stock: %v", got)
	}
	item := env.Adjust(t, "drill", "north", -8)
	if got := fired.next(t); !slices.Equal(got, []harang.Severity{harang.SeverityCritical}) {
		t.Errorf("alerts from 10 to 2: %v", got)
	}
	entries := env.Entries(t, harang.AudienceOperators)
	alert := alertOf(t, entries[0])
	if want := (harang.StockAlert{ProductID: "drill", ProductName: "Product drill", CurrentQuantity: 2, Threshold: 3,
		LocationID: "north", LocationName: "Location north", Severity: harang.SeverityCritical}); alert != want {
		t.Errorf("alert %+v, want %+v", alert, want)
	}
	if item.EventID != entries[0].EventID || !item.Since.Equal(env.Clock.Now()) || item.Level.Quantity != 2 {
		t.Errorf("item %+v, want event %s since now", item, entries[0].EventID)
	}

	_, err := env.Inventory.Adjust(ctx, Admin(), shop.Adjustment{ProductID: "drill", LocationID: "north", Delta: -3,
		Reason: "x"})
	wantCode(t, err, harang.CodeInsufficientStock)
	for _, id := range [][2]string{{"unknown", "north"}, {"drill", "unknown"}} {
		_, err = env.Inventory.Adjust(ctx, Admin(), shop.Adjustment{ProductID: id[0], LocationID: id[1], Delta: 1,
			Reason: "x"})
		wantCode(t, err, harang.CodeNotFound)
		_, err = env.Catalogue.PutStock(ctx, Admin(), id[0], id[1], shop.StockPut{})
		wantCode(t, err, harang.CodeNotFound)
	}
	foreign := Admin()
	foreign.Tenant = "b"
	env.AddTenant(t, "b")
	_, err = env.Inventory.Adjust(ctx, foreign, shop.Adjustment{ProductID: "drill", LocationID: "north", Delta: 1,
		Reason: "x"})
	wantCode(t, err, harang.CodeNotFound)

	moves, err := env.Store.FindMovements(ctx, "a", "drill", "north", 10)
	if err != nil || len(moves) != 2 {
		t.Fatalf("movements %v, %v", moves, err)
	}
	if m := moves[0]; m.Delta+moves[1].Delta != 2 || m.By.ID != "admin" {
		t.Errorf("movements %+v", moves)
	}

	for _, tc := range []struct {
		name string
		q    harang.StockQuery
		want []string
	}{
		{"all", harang.StockQuery{}, []string{"drill north", "drill south", "saw north"}},
		{"search", harang.StockQuery{Search: "drill south"}, []string{"drill south"}},
		{"severity", harang.StockQuery{Severity: harang.SeverityCritical}, []string{"drill north", "drill south"}},
		{"warning", harang.StockQuery{Severity: harang.SeverityWarning}, []string{"saw north"}},
		{"ok", harang.StockQuery{Severity: harang.SeverityOK}, nil},
		{"location", harang.StockQuery{LocationID: "north"}, []string{"drill north", "saw north"}},
		{"all filters", harang.StockQuery{LocationID: "north", Search: "prod", Severity: harang.SeverityCritical},
			[]string{"drill north"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for q := tc.q; ; {
				q.Limit = 1
				p, err := env.Inventory.Stock(ctx, Admin(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range p.Items {
					got = append(got, i.ProductID+" "+i.LocationID)
				}
				if q.Cursor = p.Next; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
	s, err := env.Dashboard.Summary(ctx, Admin(), "")
	if err != nil || s.Stock != (harang.StockCounts{Critical: 2, Warning: 1}) {
		t.Errorf("summary %+v, %v", s.Stock, err)
	}
}

func testShortages(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	put := shop.StockPut{Quantity: 9, WarningThreshold: 5, CriticalThreshold: 3}
	for _, p := range []string{"one", "two", "three", "four"} {
		env.AddStock(t, p, "l", put)
	}
	env.Adjust(t, "two", "l", -5) // warning
	env.Clock.Move(time.Minute)
	env.Adjust(t, "three", "l", -8) // critical
	env.Clock.Move(time.Minute)
	env.Adjust(t, "one", "l", -8) // critical, later
	claimed := env.Entries(t, harang.AudienceOperators)[1]
	if _, err := env.Notifications.Claim(ctx, As(harang.RoleOperator, "kata"), claimed.EventID); err != nil {
		t.Fatal(err)
	}
	var got []string
	for cursor := ""; ; {
		p, err := env.Inventory.Alerts(ctx, As(harang.RoleOperator, "kata"), cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range p.Items {
			got = append(got, i.ProductID)
			switch {
			case i.EventID == claimed.EventID:
				if i.Claim == nil || i.Claim.By.ID != "kata" || i.Claim.By.Name != "Name of kata" ||
					i.Claim.EventID != claimed.EventID {
					t.Errorf("claim %+v", i.Claim)
				}
			case i.Claim != nil:
				t.Errorf("claim of %s: %+v", i.ProductID, i.Claim)
			}
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if want := []string{"three", "one", "two"}; !slices.Equal(got, want) {
		t.Errorf("shortages %q, want critical ones first, then the longest: %q", got, want)
	}
	item := env.Adjust(t, "three", "l", 8)
	if !item.Since.IsZero() || item.EventID != "" || item.Severity() != harang.SeverityOK {
		t.Errorf("restocked item %+v", item)
	}
	p, err := env.Inventory.Alerts(ctx, Admin(), "", 0)
	if err != nil || len(p.Items) != 2 {
		t.Errorf("shortages %v, %v", p.Items, err)
	}
}

func testSweep(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	kata := As(harang.RoleOperator, "kata")
	old := env.Append(t, Alert(t, "a"), Alert(t, "a"), Logout(t, "a"), Alert(t, "b"))
	if _, err := env.Notifications.MarkRead(ctx, kata,
		shop.ReadRequest{EventIDs: []string{old[1].EventID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Notifications.Claim(ctx, kata, old[0].EventID); err != nil {
		t.Fatal(err)
	}
	env.Clock.Move(store.EventRetention - time.Hour)
	env.Append(t, Alert(t, "a"))
	if err := env.Store.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("events before the retention time: %v", got)
	}
	env.Clock.Move(2 * time.Hour)
	if err := env.Store.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, []int64{3}) {
		t.Errorf("events after the sweep: %v, want only 3", got)
	}
	if n := len(env.Entries(t, harang.AudienceControl)); n != 0 {
		t.Errorf("%d control entries remain", n)
	}
	_, state, err := env.Notifications.List(ctx, kata, harang.NotificationQuery{})
	if err != nil || state.UnreadCount != 1 {
		t.Errorf("%d unread after the sweep, %v, want 1", state.UnreadCount, err)
	}
	env.Append(t, Alert(t, "a"))
	if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, []int64{3, 4}) {
		t.Errorf("numbers %v, want 4 next: a sweep does not reset them", got)
	}
	heads, newest, err := env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "b", Audience: harang.AudienceOperators},
		50)
	if err != nil || len(newest) != 0 || heads.Number(harang.AudienceOperators) != 1 {
		t.Errorf("swept feed: %v with heads %+v, %v", newest, heads, err)
	}
}

// testSweepInOrder: events are deleted in the order of their numbers, so that the count
// of unread ones is right whatever the clock did; reads and marks go with them.
func testSweepInOrder(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	kata := As(harang.RoleOperator, "kata")
	var ids []string
	for _, hours := range []int{0, 1, 50, -48, 1} { // the third is two days ahead of its time
		env.Clock.Move(time.Duration(hours) * time.Hour)
		ids = append(ids, env.Append(t, Alert(t, "a"))[0].EventID)
	}
	for _, req := range []shop.ReadRequest{{UpTo: ids[0]}, {UpTo: ids[1]}, {EventIDs: ids[2:4]}} {
		if _, err := env.Notifications.MarkRead(ctx, kata, req); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		after  time.Duration
		remain []int64
	}{
		{0, []int64{1, 2, 3, 4, 5}},
		{6 * time.Hour, []int64{3, 4, 5}}, // the third is not old yet, so the fourth and fifth stay
		{48 * time.Hour, nil},
	} {
		env.Clock.Move(step.after)
		if step.after == 6*time.Hour {
			env.Clock.Move(store.EventRetention - 6*time.Hour)
		}
		if err := env.Store.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, step.remain) {
			t.Errorf("after %s: %v remain, want %v", step.after, got, step.remain)
		}
		_, state, err := env.Notifications.List(ctx, kata, harang.NotificationQuery{})
		want := int64(1)
		if len(step.remain) == 0 {
			want = 0
		}
		if err != nil || state.UnreadCount != want {
			t.Errorf("after %s: %d unread, %v, want %d", step.after, state.UnreadCount, err, want)
		}
	}
}
