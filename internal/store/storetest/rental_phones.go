package storetest

import (
	"fmt"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// testRentalPhones: lists of rentals, and one rental, have the present phone number of each partner, of many at once.
func testRentalPhones(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	env.AddStock(t, "drill", "branch", shop.StockPut{Quantity: 100})
	const partners = 60
	phone := func(i int) string {
		if i%3 == 0 {
			return ""
		}
		return fmt.Sprintf("+36 30 555 %04d", i)
	}
	var last string
	for i := range partners {
		id, name, number := fmt.Sprintf("p%02d", i), fmt.Sprintf("Partner %d", i), phone(i)
		if _, err := env.Catalogue.ChangePartner(ctx, Admin(),
			shop.PartnerChange{ID: id, Name: &name, Phone: &number}); err != nil {
			t.Fatal(err)
		}
		c := env.NewCheckout(1, nil)
		c.PartnerID, c.LocationID = id, "branch"
		last = env.Create(t, c).Rental.ID
	}
	page, err := env.Rentals.List(ctx, Clerk(), harang.RentalQuery{Limit: 100})
	if err != nil || len(page.Items) != partners {
		t.Fatalf("%d rentals, %v", len(page.Items), err)
	}
	for _, r := range page.Items {
		var i int
		if _, err := fmt.Sscanf(r.PartnerID, "p%d", &i); err != nil || r.PartnerPhone != phone(i) {
			t.Errorf("%s has %q, want %q", r.PartnerID, r.PartnerPhone, phone(i))
		}
	}
	changed := "+36 1 234 5678"
	name := "Partner"
	if _, err := env.Catalogue.ChangePartner(ctx, Admin(),
		shop.PartnerChange{ID: fmt.Sprintf("p%02d", partners-1), Name: &name, Phone: &changed}); err != nil {
		t.Fatal(err)
	}
	if r, _ := env.Find(t, last); r.PartnerPhone != changed {
		t.Errorf("%q after a change to %q", r.PartnerPhone, changed)
	}
}
