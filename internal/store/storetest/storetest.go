// Package storetest is the conformance suite of the store: the properties that every
// database engine must have, those under concurrency included.
//
// An engine's test calls Run with a function that opens an empty store. The
// suite calls the store directly and through the use cases of package shop,
// because the properties must hold for both together.
package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// Open opens an empty, migrated store and closes it when the test ends.
type Open func(t *testing.T, o store.Options) *store.Store

// Run runs the whole suite on one engine.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"Append", testAppend},
		{"Entries", testEntries},
		{"Epoch", testEpoch},
		{"Within", testWithin},
		{"Prepare", testPrepare},
		{"InvalidText", testInvalidText},
		{"LongNames", testLongNames},
		{"Tokens", testTokens},
		{"Sessions", testSessions},
		{"Account", testAccount},
		{"Displays", testDisplays},
		{"LastAdmin", testLastAdmin},
		{"Catalogue", testCatalogue},
		{"Barcodes", testBarcodes},
		{"NewIDs", testNewIDs},
		{"PartnerContacts", testPartnerContacts},
		{"PartnerAccounts", testPartnerAccounts},
		{"Archived", testArchived},
		{"Stock", testStock},
		{"StockList", testStockList},
		{"StockOut", testStockOut},
		{"RentalPhones", testRentalPhones},
		{"Shortages", testShortages},
		{"Notifications", testNotifications},
		{"UnreadCounts", testUnreadCounts},
		{"NotificationsAtLocation", testAtLocation},
		{"NotificationsByText", testByText},
		{"NotificationsMarkFiltered", testMarkFiltered},
		{"Claims", testClaims},
		{"ConcurrentClaims", testConcurrentClaims},
		{"LapsedClaims", testLapsedClaims},
		{"Sweep", testSweep},
		{"SweepInOrder", testSweepInOrder},
		{"Numbers", testNumbers},
		{"StockInvariants", testStockInvariants},
		{"Rentals", testRentals},
		{"RentalChanges", testRentalChanges},
		{"Payments", testPayments},
		{"RentalInvariants", testRentalInvariants},
		{"AuditStock", testAuditStock},
		{"AuditRentals", testAuditRentals},
		{"AuditList", testAuditList},
		{"ImportBarcodes", testImportBarcodes},
		{"ImportInvariants", testImportInvariants},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open) })
	}
}

// Clock is a clock that advances only by Move. Several goroutines may use it.
type Clock struct{ at atomic.Int64 }

// NewClock returns a clock at an instant.
func NewClock(at time.Time) *Clock {
	c := new(Clock)
	c.at.Store(at.UnixMilli())
	return c
}

// Now returns the clock's instant.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.at.Load()).UTC() }

// Move advances the clock by d.
func (c *Clock) Move(d time.Duration) { c.at.Add(d.Milliseconds()) }

// Noon is a Monday noon in Budapest, where test clocks start.
func Noon() time.Time { return time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC) }

// IDs returns a source of readable ids: "e-000001" …
func IDs() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("e-%06d", n.Add(1)) }
}

// Env is a store with a tenant "a", a clock, a payment provider and the use cases.
type Env struct {
	Store    *store.Store
	Clock    *Clock
	Provider *FakeProvider
	// Options are what the use cases were built with.
	Options shop.Options
	*shop.UseCases
}

// NewEnv opens a store and creates the tenant "a".
func NewEnv(t *testing.T, open Open) *Env {
	t.Helper()
	env := &Env{Clock: NewClock(Noon()), Provider: NewFakeProvider()}
	ids := IDs()
	env.Store = open(t, store.Options{Clock: env.Clock.Now, NewID: ids})
	env.Options = shop.Options{Store: env.Store, Providers: env.Provider, Clock: env.Clock.Now, NewID: ids}
	env.UseCases = shop.New(env.Options)
	env.AddTenant(t, "a")
	return env
}

// AddTenant creates a tenant.
func (env *Env) AddTenant(t *testing.T, id string) {
	t.Helper()
	if err := env.Store.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: id}); err != nil {
		t.Fatal(err)
	}
}

// As is an identity of tenant "a".
func As(role harang.Role, user string) harang.Identity {
	caller := harang.Identity{Tenant: "a", TenantName: "a", UserID: user, Name: "Name of " + user, Role: role}
	if role == harang.RoleService {
		caller.Scopes = harang.DefaultScopes
	}
	return caller
}

// Admin is an administrator of tenant "a".
func Admin() harang.Identity { return As(harang.RoleAdmin, "admin") }

// AddStock creates a product, a location and their stock.
func (env *Env) AddStock(t *testing.T, product, location string, p shop.StockPut) harang.StockItem {
	t.Helper()
	ctx, admin := t.Context(), Admin()
	if err := env.Catalogue.PutProduct(ctx, admin, harang.Product{ID: product, Name: "Product " + product,
		DailyPrice: 1000}); err != nil {
		t.Fatal(err)
	}
	if err := env.Catalogue.PutLocation(ctx, admin, harang.Location{ID: location,
		Name: "Location " + location}); err != nil {
		t.Fatal(err)
	}
	item, err := env.Catalogue.PutStock(ctx, admin, product, location, p)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Adjust changes a quantity and fails the test when that fails.
func (env *Env) Adjust(t *testing.T, product, location string, delta int64) harang.StockItem {
	t.Helper()
	item, err := env.Inventory.Adjust(t.Context(), Admin(), shop.Adjustment{
		ProductID: product, LocationID: location, Delta: delta, Reason: "count",
	})
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Entries returns a whole feed of tenant "a".
func (env *Env) Entries(t *testing.T, a harang.Audience) []outbox.Entry {
	t.Helper()
	entries, err := env.Store.EntriesAfter(t.Context(), harang.FeedID{Tenant: "a", Audience: a}, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// Append appends events in one transaction.
func (env *Env) Append(t *testing.T, events ...harang.Event) []ingest.Appended {
	t.Helper()
	results, err := env.Store.AppendEvents(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// Alert is an event of operators and managers.
func Alert(t testing.TB, tenant string) harang.Event {
	return newEvent(t, harang.StockAlertType, tenant, harang.StockAlert{
		ProductID: "p", ProductName: "P", CurrentQuantity: 1, Threshold: 2, LocationID: "l", LocationName: "L",
		Severity: harang.SeverityCritical,
	})
}

// Rental is an event of managers only.
func Rental(t testing.TB, tenant string) harang.Event {
	return newEvent(t, harang.RentalCreatedType, tenant, harang.RentalCreated{
		RentalID: "r", PartnerID: "p", PartnerName: "P", EquipmentCount: 1, TotalValue: 1000,
		Currency: harang.CurrencyHUF,
	})
}

// Logout is an event of the control feed.
func Logout(t testing.TB, tenant string) harang.Event {
	return newEvent(t, harang.LogoutType, tenant, harang.Logout{SessionID: "s", UserID: "u"})
}

func newEvent(t testing.TB, et harang.EventType, tenant string, p harang.Payload) harang.Event {
	t.Helper()
	e, err := harang.NewEvent(et, "", tenant, time.Time{}, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wantCode fails the test when err does not have the code.
func wantCode(t *testing.T, err error, want harang.Code) {
	t.Helper()
	if got := harang.ErrorCode(err); got != want {
		t.Errorf("the error is %v, want code %q", err, want)
	}
}
