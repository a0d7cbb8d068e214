package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// add creates a product with barcodes.
func (env *Env) add(t *testing.T, id, name string, barcodes ...string) {
	t.Helper()
	_, err := env.Catalogue.ChangeProduct(t.Context(), Admin(),
		shop.ProductChange{ID: id, Name: &name, Barcodes: &barcodes})
	if err != nil {
		t.Fatal(err)
	}
}

// testNewIDs: an id that cannot be told from another one is refused for something new;
// what an earlier version stored under one can be changed.
func testNewIDs(t *testing.T, open Open) {
	env := NewEnv(t, open)
	name, archived := "Name", true
	for _, id := range []string{" kapa", "kapa ", "kapa\u00a0", "\u3000kapa", "a\u0301so\u0301", "\u212a1"} {
		_, err := env.Catalogue.ChangeProduct(t.Context(), Admin(), shop.ProductChange{ID: id, Name: &name})
		wantCode(t, err, harang.CodeInvalidRequest)
		_, err = env.Catalogue.ChangePartner(t.Context(), Admin(), shop.PartnerChange{ID: id, Name: &name})
		wantCode(t, err, harang.CodeInvalidRequest)
		_, err = env.Catalogue.ChangeLocation(t.Context(), Admin(), shop.LocationChange{ID: id, Name: &name})
		wantCode(t, err, harang.CodeInvalidRequest)
		if err := env.Store.Within(t.Context(), func(tx shop.Tx) error {
			return errors.Join(
				tx.PutProduct(t.Context(), "a", harang.Product{ID: id, Name: name}),
				tx.PutPartner(t.Context(), "a", harang.Partner{ID: id, Name: name}),
				tx.PutLocation(t.Context(), "a", harang.Location{ID: id, Name: name}),
			)
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := env.Catalogue.ChangeProduct(t.Context(), Admin(),
			shop.ProductChange{ID: id, Archived: &archived}); err != nil {
			t.Errorf("product %q cannot be archived: %v", id, err)
		}
		if _, err := env.Catalogue.ChangePartner(t.Context(), Admin(),
			shop.PartnerChange{ID: id, Archived: &archived}); err != nil {
			t.Errorf("partner %q cannot be archived: %v", id, err)
		}
		if _, err := env.Catalogue.ChangeLocation(t.Context(), Admin(),
			shop.LocationChange{ID: id, Archived: &archived}); err != nil {
			t.Errorf("location %q cannot be archived: %v", id, err)
		}
	}
	for _, id := range []string{"kapa 1", "ásó"} {
		if _, err := env.Catalogue.ChangeProduct(t.Context(), Admin(),
			shop.ProductChange{ID: id, Name: &name}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func testBarcodes(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx, admin := t.Context(), Admin()
	env.add(t, "1001", "Zsaluzat tartó")
	env.add(t, "11001", "Ágvágó")
	env.add(t, "kapa", "Kapa", "2002", "5991234567890")
	env.add(t, "72002", "Ásó nyél")
	ids := func(q harang.CatalogueQuery) string {
		t.Helper()
		var all []string
		for {
			p, err := env.Catalogue.Products(ctx, admin, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range p.Items {
				all = append(all, i.ID)
			}
			if q.Cursor = p.Next; q.Cursor == "" {
				return strings.Join(all, " ")
			}
		}
	}
	for code, want := range map[string]string{
		"1001": "1001", "11001": "11001", "2002": "kapa", "72002": "72002", "5991234567890": "kapa",
		"9999": "", "599": "", "Kapa": "", "%": "",
	} {
		if got := ids(harang.CatalogueQuery{Code: code}); got != want {
			t.Errorf("code %q finds %q, want %q", code, got, want)
		}
	}
	// Whatever the size of a page, the exact one is first and there once.
	for limit := 1; limit < 5; limit++ {
		for search, want := range map[string]string{
			"1001": "1001 11001", "2002": "kapa 72002", " 2002 ": "kapa 72002", "001": "11001 1001",
		} {
			if got := ids(harang.CatalogueQuery{Search: search, Limit: limit}); got != want {
				t.Errorf("search %q by %d finds %q, want %q", search, limit, got, want)
			}
		}
	}
	_, err := env.Catalogue.Products(ctx, admin, harang.CatalogueQuery{Search: "1001", Code: "1001"})
	wantCode(t, err, harang.CodeInvalidRequest)

	// A code is one product's only, as a barcode or as an id.
	change := func(tenant, id string, barcodes ...string) error {
		caller := admin
		caller.Tenant = tenant
		_, err := env.Catalogue.ChangeProduct(ctx, caller, shop.ProductChange{ID: id, Name: &id, Barcodes: &barcodes})
		return err
	}
	for _, tc := range []struct {
		id, barcode, owner string
	}{{"1001", "2002", "kapa"}, {"kapa", "1001", "1001"}, {"2002", "3003", "kapa"}} {
		err := change("a", tc.id, tc.barcode)
		wantCode(t, err, harang.CodeBarcodeTaken)
		if e := applicationError(err); e == nil || e.Details["productId"] != tc.owner {
			t.Errorf("%s with %s: %v", tc.id, tc.barcode, err)
		}
	}
	if err := change("b", "1001", "2002"); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	if err := change("a", "72002", "72002", "x-1"); err != nil {
		t.Errorf("its own id as a barcode: %v", err)
	}
	// Absent keeps, another list replaces.
	if err := env.Catalogue.PutProduct(ctx, admin,
		harang.Product{ID: "kapa", Name: "Kapa 2", DailyPrice: 7}); err != nil {
		t.Fatal(err)
	}
	if got := ids(harang.CatalogueQuery{Code: "2002"}); got != "kapa" {
		t.Errorf("a change of the name takes the barcodes: %q", got)
	}
	if err := change("a", "kapa", "5991234567890"); err != nil {
		t.Fatal(err)
	}
	if err := change("a", "1001", "2002"); err != nil {
		t.Errorf("a barcode that was given up: %v", err)
	}
	for _, wrong := range [][]string{{""}, {"a b"}, {"a,b"}, {"\u200b1"}, {"1", "1"}, {strings.Repeat("1", 65)},
		make([]string, 21)} {
		wantCode(t, change("a", "1001", wrong...), harang.CodeInvalidRequest)
	}

	if _, err := env.Catalogue.PutStock(ctx, admin, "1001", "none", shop.StockPut{}); err == nil {
		t.Fatal("stock at no location")
	}
	env.AddStock(t, "11001", "north", shop.StockPut{Quantity: 1})
	if err := env.Catalogue.PutLocation(ctx, admin, harang.Location{ID: "south", Name: "South"}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"north", "south"} {
		if _, err := env.Catalogue.PutStock(ctx, admin, "1001", at, shop.StockPut{Quantity: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		q    harang.StockQuery
		want string
	}{
		{harang.StockQuery{Code: "1001"}, "1001/north 1001/south"},
		{harang.StockQuery{Code: "2002", Limit: 1}, "1001/north"},
		{harang.StockQuery{Code: "1001", LocationID: "south"}, "1001/south"},
		{harang.StockQuery{Code: "1001", Severity: harang.SeverityCritical}, ""},
		{harang.StockQuery{Code: "100"}, ""},
	} {
		p, err := env.Inventory.Stock(ctx, admin, tc.q)
		var got []string
		for _, i := range p.Items {
			got = append(got, i.ProductID+"/"+i.LocationID)
		}
		if err != nil || strings.Join(got, " ") != tc.want {
			t.Errorf("%+v finds %q, %v", tc.q, got, err)
		}
	}

	// Of several that take a barcode at once, one gets it.
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = change("a", fmt.Sprintf("race-%d", i), "race") })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantCode(t, err, harang.CodeBarcodeTaken)
	}
	if got := ids(harang.CatalogueQuery{Code: "race"}); won != 1 || !strings.HasPrefix(got, "race-") {
		t.Errorf("%d products have one barcode: %q", won, got)
	}
	// Of a new product and another one that takes its id as a barcode, one is first.
	begin := make(chan struct{})
	for i := range 40 {
		id := fmt.Sprintf("new-%02d", i)
		group.Go(func() {
			<-begin
			if err := change("a", id); err != nil {
				wantCode(t, err, harang.CodeBarcodeTaken)
			}
		})
		group.Go(func() {
			<-begin
			if err := change("a", "other-"+id, id); err != nil {
				wantCode(t, err, harang.CodeBarcodeTaken)
			}
		})
	}
	close(begin)
	group.Wait()
	for i := range 40 {
		id := fmt.Sprintf("new-%02d", i)
		if got := ids(harang.CatalogueQuery{Code: id}); got != id && got != "other-"+id {
			t.Errorf("products with the code %s: %q", id, got)
		}
	}
}

func testArchived(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx, admin := t.Context(), Admin()
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 9, WarningThreshold: 2})
	env.AddStock(t, "drill", "branch", shop.StockPut{Quantity: 9, WarningThreshold: 2})
	yes, no := true, false
	archive := func(kind string, archived *bool) {
		t.Helper()
		var err error
		switch kind {
		case "product":
			_, err = env.Catalogue.ChangeProduct(ctx, admin, shop.ProductChange{ID: "drill", Archived: archived})
		case "partner":
			_, err = env.Catalogue.ChangePartner(ctx, admin, shop.PartnerChange{ID: "acme", Archived: archived})
		case "location":
			_, err = env.Catalogue.ChangeLocation(ctx, admin, shop.LocationChange{ID: "main", Archived: archived})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// seen are the choices, the stock list and its counts.
	seen := func(archived bool) string {
		t.Helper()
		q := harang.CatalogueQuery{Archived: archived}
		products, err1 := env.Catalogue.Products(ctx, admin, q)
		partners, err2 := env.Catalogue.Partners(ctx, admin, q)
		locations, err3 := env.Catalogue.Locations(ctx, admin, q)
		stock, err4 := env.Inventory.Stock(ctx, admin, harang.StockQuery{Archived: archived})
		shortages, err5 := env.Inventory.Alerts(ctx, admin, "", 0)
		counts, err6 := env.Store.CountStock(ctx, "a", "")
		here, err7 := env.Store.CountStock(ctx, "a", "main")
		for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for _, p := range products.Items {
			names = append(names, p.ID)
		}
		for _, p := range partners.Items {
			names = append(names, p.ID)
		}
		for _, l := range locations.Items {
			names = append(names, l.ID)
		}
		for _, i := range stock.Items {
			if i.Archived != archived {
				t.Errorf("%+v in the list of archived %v", i, archived)
			}
			names = append(names, i.ProductID+"@"+i.LocationID)
		}
		return fmt.Sprint(strings.Join(names, " "), " alerts ", len(shortages.Items), " counts ", counts, here)
	}
	env.Adjust(t, "drill", "main", -5)
	const all = "drill saw acme branch main drill@branch drill@main saw@main alerts 1 counts {0 1 2} {0 1 1}"
	if got := seen(false); got != all {
		t.Fatalf("seen: %s", got)
	}
	if got := seen(true); got != " alerts 1 counts {0 1 2} {0 1 1}" {
		t.Fatalf("archived: %s", got)
	}
	open1 := env.Create(t, env.NewCheckout(1, nil))
	for kind, want := range map[string][2]string{
		"product": {"saw acme branch main saw@main alerts 0 counts {0 0 1} {0 0 1}",
			"drill drill@branch drill@main alerts 0 counts {0 0 1} {0 0 1}"},
		"partner": {strings.Replace(all, " acme", "", 1), "acme alerts 1 counts {0 1 2} {0 1 1}"},
		"location": {"drill saw acme branch drill@branch alerts 0 counts {0 0 1} {0 0 0}",
			"main drill@main saw@main alerts 0 counts {0 0 1} {0 0 0}"},
	} {
		archive(kind, &yes)
		if got := seen(false); got != want[0] {
			t.Errorf("%s archived: %q, want %q", kind, got, want[0])
		}
		if got := seen(true); got != want[1] {
			t.Errorf("archived with the %s: %q, want %q", kind, got, want[1])
		}
		_, err := env.Rentals.Create(ctx, Clerk(), env.NewCheckout(1, nil))
		wantCode(t, err, harang.CodeArchived)
		if e := applicationError(err); e == nil || e.Details["kind"] != kind {
			t.Errorf("checkout with an archived %s: %v", kind, err)
		}
		// A change of something else keeps it archived, also one of a file.
		if err := env.Catalogue.PutProduct(ctx, admin, harang.Product{ID: "drill", Name: "Product drill",
			DailyPrice: 1000}); err != nil {
			t.Error(err)
		}
		file := "productId,dailyPrice,partnerId,partnerName,locationId,locationName\n" +
			"drill,1000,acme,Acme Kft.,main,Location main\n"
		report, err := env.Catalogue.ImportCSV(ctx, admin, strings.NewReader(file))
		if err != nil || report.Untouched != 1 {
			t.Errorf("import: %+v, %v", report, err)
		}
		if got := seen(false); got != want[0] {
			t.Errorf("%s archived and changed: %q, want %q", kind, got, want[0])
		}
		archive(kind, &no)
		if got := seen(false); got != all {
			t.Errorf("%s back again: %q", kind, got)
		}
	}

	// Rentals with what was archived later can be paid and returned, without an alert.
	second := env.Create(t, env.NewCheckout(1, nil))
	events := len(env.Entries(t, harang.AudienceManagers))
	for _, kind := range []string{"product", "partner", "location"} {
		archive(kind, &yes)
	}
	env.Adjust(t, "drill", "main", -1)
	for _, r := range []harang.Rental{open1.Rental, second.Rental} {
		if _, err := env.Payments.Pay(ctx, Clerk(), shop.NewPayment{RentalID: r.ID, Amount: r.OwedCash(),
			PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash}}); err != nil {
			t.Errorf("payment: %v", err)
		}
		if _, err := env.Rentals.Return(ctx, Clerk(), r.ID); err != nil {
			t.Errorf("return: %v", err)
		}
	}
	if got := len(env.Entries(t, harang.AudienceManagers)); got != events {
		t.Errorf("%d events of archived things", got-events)
	}
	item, err := env.Inventory.Item(ctx, admin, "drill", "main")
	if err != nil || item.Level.Quantity != 4 || !item.Archived {
		t.Errorf("the item: %+v, %v", item, err)
	}
	if p, err := env.Catalogue.Products(ctx, admin, harang.CatalogueQuery{Code: "drill"}); err != nil ||
		len(p.Items) != 1 || !slices.ContainsFunc(p.Items, func(p harang.Product) bool { return p.Archived }) {
		t.Errorf("the code of an archived product: %+v, %v", p, err)
	}
}
