package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// Bank is a payment provider that does what a test tells it, and counts how
// often money was taken.
type Bank struct {
	mu sync.Mutex // guards the rest
	// charge and find are what a charge and a question are answered with, by
	// card; a card that is not there is accepted, a charge that was not made is
	// declined as "bank:not_charged".
	charge, find map[string]shop.Settlement
	taken        map[string]int64 // by transaction
	refunded     map[string]bool
	// before is called at the start of each charge, outside the lock.
	before func(ctx context.Context, c shop.Charge)
	// offered are the cards that every partner may use.
	offered []harang.Card
}

// NewBank returns a bank that accepts every card.
func NewBank() *Bank {
	return &Bank{
		charge: map[string]shop.Settlement{}, find: map[string]shop.Settlement{},
		taken: map[string]int64{}, refunded: map[string]bool{},
		offered: []harang.Card{{Token: "good"}, {Token: "bad"}, {Token: "slow"}, {Token: "late"}},
	}
}

// Answer sets what a card's charges and questions are answered with.
func (b *Bank) Answer(card string, charge, find shop.Settlement) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.charge[card], b.find[card] = charge, find
}

// Before sets what is done at the start of each charge.
func (b *Bank) Before(fn func(ctx context.Context, c shop.Charge)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = fn
}

// Taken returns the sums that were taken and not given back, by transaction.
func (b *Bank) Taken() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := maps.Clone(b.taken)
	for id := range b.refunded {
		delete(taken, id)
	}
	return taken
}

// Charge takes money unless the card is answered otherwise. A second charge of
// a transaction is counted, so that a test sees it.
func (b *Bank) Charge(ctx context.Context, c shop.Charge) (shop.Settlement, error) {
	b.mu.Lock()
	before := b.before
	b.mu.Unlock()
	if before != nil {
		before(ctx, c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.charge[c.CardToken]; ok {
		if b.find[c.CardToken].Status == harang.PaymentSucceeded {
			b.taken[c.TransactionID] += c.Amount
		}
		return s, nil
	}
	b.taken[c.TransactionID] += c.Amount
	return shop.Settlement{Status: harang.PaymentSucceeded, Reference: "ref-" + c.TransactionID}, nil
}

// FindCharge tells what became of a charge.
func (b *Bank) FindCharge(_ context.Context, c shop.Charge) (shop.Settlement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.find[c.CardToken]; ok {
		return s, nil
	}
	if b.taken[c.TransactionID] > 0 {
		return shop.Settlement{Status: harang.PaymentSucceeded, Reference: "ref-" + c.TransactionID}, nil
	}
	return shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "bank:not_charged"}, nil
}

// Refund gives money back.
func (b *Bank) Refund(_ context.Context, c shop.Charge) (shop.Settlement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refunded[c.TransactionID] = true
	return shop.Settlement{Status: harang.PaymentReversed}, nil
}

// FindProvider returns the bank for every tenant.
func (b *Bank) FindProvider(_ context.Context, _, name string) (string, shop.Provider, error) {
	if name != "" && name != "bank" {
		return "", nil, errors.New("there is no provider " + name)
	}
	return "bank", b, nil
}

// OfferedCards are those of the test.
func (b *Bank) OfferedCards(context.Context, string) ([]harang.Card, error) { return b.offered, nil }

// Counter is a world with something to rent: the product "drill" at the place
// "main" for 1000 forints a day, and the partner "acme".
type Counter struct{ *World }

// NewCounter opens a store with 10 drills, critical below 3, warning below 6.
func NewCounter(t *testing.T, open Open) *Counter {
	t.Helper()
	c := &Counter{NewWorld(t, open)}
	c.AddStock(t, "drill", "main", shop.StockPut{Quantity: 10, WarningThreshold: 6, CriticalThreshold: 3})
	if err := c.Catalogue.PutPartner(t.Context(), Admin(), harang.Partner{ID: "acme", Name: "Acme Kft."}); err != nil {
		t.Fatal(err)
	}
	return c
}

// Clerk is a counter clerk of tenant "a".
func Clerk() harang.Identity { return As(harang.RoleOperator, "clerk") }

// Ask is a checkout of drills for two days.
func (c *Counter) Ask(pieces int64, p *shop.PaymentOrder) shop.Checkout {
	return shop.Checkout{
		PartnerID: "acme", LocationID: "main", Due: c.Clock.Now().Add(48 * time.Hour),
		Lines: []shop.CheckoutLine{{ProductID: "drill", Quantity: pieces}}, Payment: p,
	}
}

// Card is a payment by a card.
func Card(token string) *shop.PaymentOrder {
	return &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: token}
}

// Create checks out and fails the test when that fails.
func (c *Counter) Create(t *testing.T, ask shop.Checkout) shop.CheckoutResult {
	t.Helper()
	out, err := c.Rentals.Create(t.Context(), Clerk(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Drills is how many drills stand on the shelf.
func (c *Counter) Drills(t *testing.T) int64 {
	t.Helper()
	page, err := c.Inventory.Stock(t.Context(), Clerk(), harang.StockQuery{Search: "drill"})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d stock items, %v", len(page.Items), err)
	}
	return page.Items[0].Level.Quantity
}

// Types returns the types of a feed's events, in order.
func (c *Counter) Types(t *testing.T, a harang.Audience) []string {
	t.Helper()
	var types []string
	for _, e := range c.Entries(t, a) {
		types = append(types, e.Type)
	}
	return types
}

// Last reads the payload of the newest event of a type in the managers' feed.
func Last[P any](t *testing.T, c *Counter, eventType string) P {
	t.Helper()
	var body struct{ Data P }
	for _, e := range c.Entries(t, harang.AudienceManagers) {
		if e.Type == eventType {
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
		}
	}
	return body.Data
}

// Find returns a rental and its payments.
func (c *Counter) Find(t *testing.T, id string) (harang.Rental, []harang.Payment) {
	t.Helper()
	r, p, err := c.Rentals.Find(t.Context(), Clerk(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// Round lets the housekeeper work once.
func (c *Counter) Round(t *testing.T) {
	t.Helper()
	if err := c.Housekeeper.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}
