package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// RentalEnv is an environment with a product to rent, "drill" at the location "main"
// for 1000 forints a day, and the partner "acme".
type RentalEnv struct{ *Env }

// NewRentalEnv opens a store with 10 drills, critical below 3, warning below 6.
func NewRentalEnv(t *testing.T, open Open) *RentalEnv {
	t.Helper()
	env := &RentalEnv{NewEnv(t, open)}
	env.AddStock(t, "drill", "main", shop.StockPut{Quantity: 10, WarningThreshold: 6, CriticalThreshold: 3})
	if err := env.Catalogue.PutPartner(t.Context(), Admin(),
		harang.Partner{ID: "acme", Name: "Acme Kft."}); err != nil {
		t.Fatal(err)
	}
	return env
}

// Clerk is an operator of tenant "a".
func Clerk() harang.Identity { return As(harang.RoleOperator, "clerk") }

// NewCheckout is a checkout of drills for two days.
func (env *RentalEnv) NewCheckout(pieces int64, p *shop.PaymentOrder) shop.Checkout {
	return shop.Checkout{
		PartnerID: "acme", LocationID: "main", Due: shop.DueAt{Time: env.Clock.Now().Add(48 * time.Hour)},
		Lines: []shop.CheckoutLine{{ProductID: "drill", Quantity: pieces}}, Payment: p,
	}
}

// Card is a payment by a card.
func Card(token string) *shop.PaymentOrder {
	return &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: token}
}

// Create creates a rental and fails the test when that fails.
func (env *RentalEnv) Create(t *testing.T, checkout shop.Checkout) shop.CheckoutResult {
	t.Helper()
	out, err := env.Rentals.Create(t.Context(), Clerk(), checkout)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// AvailableDrills returns the number of drills in stock.
func (env *RentalEnv) AvailableDrills(t *testing.T) int64 {
	t.Helper()
	page, err := env.Inventory.Stock(t.Context(), Clerk(), harang.StockQuery{Search: "drill"})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d stock items, %v", len(page.Items), err)
	}
	return page.Items[0].Level.Quantity
}

// EventTypes returns the types of a feed's events, in order.
func (env *RentalEnv) EventTypes(t *testing.T, a harang.Audience) []string {
	t.Helper()
	var types []string
	for _, e := range env.Entries(t, a) {
		types = append(types, e.Type)
	}
	return types
}

// LastPayload returns the payload of the newest event of a type in the managers' feed.
func LastPayload[P any](t *testing.T, env *RentalEnv, eventType string) P {
	t.Helper()
	var body struct{ Data P }
	for _, e := range env.Entries(t, harang.AudienceManagers) {
		if e.Type == eventType {
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
		}
	}
	return body.Data
}

// Find returns a rental and its payments.
func (env *RentalEnv) Find(t *testing.T, id string) (harang.Rental, []harang.Payment) {
	t.Helper()
	r, p, err := env.Rentals.Find(t.Context(), Clerk(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// RunHousekeeping runs one round of the housekeeper.
func (env *RentalEnv) RunHousekeeping(t *testing.T) {
	t.Helper()
	if err := env.Housekeeper.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}
