package storetest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// tradeAtLocations are rentals and payments at the locations "main" and "second", and what
// other programs report about them and about unknown ones.
type tradeAtLocations struct {
	*RentalEnv
	opened, refused, late shop.CheckoutResult
	// foreign is the other programs' event of tenant "b".
	foreign string
}

func newTradeAtLocations(t *testing.T, open Open) *tradeAtLocations {
	t.Helper()
	env := &tradeAtLocations{RentalEnv: NewRentalEnv(t, open)}
	env.AddStock(t, "drill", "second", shop.StockPut{Quantity: 50})
	env.AddTenant(t, "b")
	env.Provider.SetAnswers("bad", declined, declined)
	env.Provider.SetAnswers("late", unknown, paid)
	at := func(location string, p *shop.PaymentOrder) shop.CheckoutResult {
		checkout := env.NewCheckout(1, p)
		checkout.LocationID = location
		return env.Create(t, checkout)
	}
	env.opened, env.refused = at("main", nil), at("main", Card("bad"))
	env.late = at("second", Card("late")) // its outcome is unknown at first
	env.Clock.Move(time.Minute)
	env.RunHousekeeping(t) // it is paid, which opens the rental
	rentalOf := func(tenant, id string) harang.Event {
		return newEvent(t, harang.RentalCreatedType, tenant, harang.RentalCreated{RentalID: id, PartnerID: "p",
			PartnerName: "P", EquipmentCount: 1, TotalValue: 1000, Currency: harang.CurrencyHUF})
	}
	errorOf := func(id string) harang.Event {
		return newEvent(t, harang.PaymentErrorType, "a", harang.PaymentError{TransactionID: id, ErrorCode: "iso:54",
			ErrorMessage: "Lejárt", PartnerID: "p", PartnerName: "P", Amount: 5, Currency: harang.CurrencyHUF})
	}
	env.foreign = env.Append(t,
		rentalOf("a", env.opened.Rental.ID), rentalOf("a", "unknown"),
		errorOf(env.refused.Payment.ID), errorOf("unknown"),
		rentalOf("b", env.opened.Rental.ID))[4].EventID
	return env
}

// want fails the test when a location has other notifications than these rentals and
// payments, newest first, or other failed payments in list and figures, one of which is of
// another application.
func (env *tradeAtLocations) want(t *testing.T, location string, failures int64, all ...string) {
	t.Helper()
	manager := As(harang.RoleStoreManager, "m")
	list := func(eventType string) []string {
		got := []string{}
		for q := (harang.NotificationQuery{LocationID: location, Type: eventType, Limit: 2}); ; {
			page, _, err := env.Notifications.List(t.Context(), manager, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Items {
				var about struct{ RentalID, TransactionID string }
				if err := json.Unmarshal(n.Event.Data, &about); err != nil {
					t.Fatal(err)
				}
				got = append(got, about.RentalID+about.TransactionID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return got
			}
		}
	}
	if diff := cmp.Diff(all, list("")); diff != "" {
		t.Errorf("notifications at %q (-want +got):\n%s", location, diff)
	}
	types := len(list(harang.RentalCreatedType.Name)) + len(list(harang.PaymentErrorType.Name))
	unread, err := env.Notifications.Unread(t.Context(), manager, harang.NotificationQuery{LocationID: location})
	if err != nil || location != "" && unread != int64(len(all)) || types != len(all) {
		t.Errorf("at %q %d are unread, %v, and %d in the lists of a type, want %d", location, unread, err, types,
			len(all))
	}
	env.wantFigures(t, manager, location, failures)
}

// wantAgreement fails the test when a location's notifications and its failed payments are
// not those of its rentals, and of what is unknown here.
func (env *tradeAtLocations) wantAgreement(t *testing.T) {
	t.Helper()
	opened, refused, late := env.opened.Rental.ID, env.refused.Payment.ID, env.late
	env.want(t, "", 2, "unknown", refused, "unknown", opened, late.Rental.ID, late.Payment.ID, refused, opened)
	env.want(t, "main", 2, "unknown", refused, "unknown", opened, refused, opened)
	env.want(t, "second", 1, "unknown", "unknown", late.Rental.ID, late.Payment.ID)
	env.want(t, "elsewhere", 1, "unknown", "unknown")
	other := harang.Identity{Tenant: "b", UserID: "m", Role: harang.RoleAdmin}
	list, _, err := env.Notifications.List(t.Context(), other, harang.NotificationQuery{LocationID: "second"})
	if err != nil || len(list.Items) != 1 || list.Items[0].Event.ID != env.foreign {
		t.Errorf("another tenant's event about our rental: %+v, %v", list.Items, err)
	}
}

// testTradeAtLocations: notifications, failed payments and figures of a location agree.
// What other programs report is there when it is about a rental or payment of the location,
// or about one that is unknown here.
func testTradeAtLocations(t *testing.T, open Open) {
	env := newTradeAtLocations(t, open)
	env.wantAgreement(t)
	if n, err := env.Store.UpdateEventLocations(t.Context()); err != nil || n != 0 {
		t.Errorf("%d events got a location, %v", n, err)
	}
}

// RunEventLocations tests the lists and figures of locations with events and payments of an
// older version, which writes no locations. open also returns that version's connection to
// the database.
func RunEventLocations(t *testing.T, open func(t *testing.T, o store.Options) (*store.Store, *sql.DB)) {
	t.Run("Alerts", func(t *testing.T) { testAlertLocations(t, open) })
	t.Run("Revenue", func(t *testing.T) { testRevenueAtLocations(t, open) })
	t.Run("Trade", func(t *testing.T) {
		var db *sql.DB
		env := newTradeAtLocations(t, func(t *testing.T, o store.Options) (st *store.Store) {
			st, db = open(t, o)
			return st
		})
		if _, err := db.ExecContext(t.Context(), `UPDATE events SET location_id = NULL`); err != nil {
			t.Fatal(err)
		}
		// Our own are found by their origin; what other programs sent is in every list.
		opened, refused, late := env.opened.Rental.ID, env.refused.Payment.ID, env.late
		env.want(t, "main", 2, "unknown", refused, "unknown", opened, refused, opened)
		env.want(t, "second", 1, "unknown", refused, "unknown", opened, late.Rental.ID, late.Payment.ID)
		for _, want := range []int{9, 0} {
			if n, err := env.Store.UpdateEventLocations(t.Context()); err != nil || n != want {
				t.Errorf("%d events got a location, %v, want %d", n, err, want)
			}
			env.wantAgreement(t)
		}
		// An older node goes on beside this one.
		if _, err := db.ExecContext(t.Context(),
			`UPDATE events SET location_id = NULL WHERE source_id = $1`, late.Rental.ID); err != nil {
			t.Fatal(err)
		}
		env.wantAgreement(t)
		if n, err := env.Store.UpdateEventLocations(t.Context()); err != nil || n != 1 {
			t.Errorf("%d events of an older node got a location, %v", n, err)
		}
		env.wantAgreement(t)
	})
}

// testRevenueAtLocations: the revenue of a location is that of its rentals, whoever has
// written their payments.
func testRevenueAtLocations(t *testing.T, open func(t *testing.T, o store.Options) (*store.Store, *sql.DB)) {
	var db *sql.DB
	env := newTradeAtLocations(t, func(t *testing.T, o store.Options) (st *store.Store) {
		st, db = open(t, o)
		return st
	})
	checkout := env.NewCheckout(3, &shop.PaymentOrder{Method: harang.PaymentCash})
	checkout.LocationID = "second"
	cash := env.Create(t, checkout)
	atMain := env.Create(t, env.NewCheckout(2, &shop.PaymentOrder{Method: harang.PaymentCash})).Payment.Amount
	atSecond := cash.Payment.Amount + env.late.Payment.Amount
	want := func() {
		t.Helper()
		for location, revenue := range map[string]int64{
			"": atMain + atSecond, "main": atMain, "second": atSecond, "elsewhere": 0,
		} {
			s, err := env.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), location)
			if err != nil || s.Figures == nil || s.Figures.RevenueToday != revenue {
				t.Errorf("at location %q: %+v, %v; want %d today", location, s.Figures, err, revenue)
			}
		}
	}
	want()
	var without int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM payments WHERE location_id IS NULL`).
		Scan(&without); err != nil || without != 0 {
		t.Errorf("%d payments without location, %v", without, err)
	}
	for _, older := range []string{
		`UPDATE payments SET location_id = NULL WHERE id = '` + cash.Payment.ID + `'`,
		`UPDATE payments SET location_id = NULL`,
	} {
		if _, err := db.ExecContext(t.Context(), older); err != nil {
			t.Fatal(err)
		}
		want()
	}
}

// testAlertLocations: alerts are found by their payloads.
func testAlertLocations(t *testing.T, open func(t *testing.T, o store.Options) (*store.Store, *sql.DB)) {
	st, db := open(t, store.Options{})
	ctx := t.Context()
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	use := shop.New(shop.Options{Store: st, NewID: IDs()})
	const alerts = 450 // more than are read at once
	if err := st.Within(ctx, func(tx shop.Tx) error {
		for i := range alerts {
			e := Alert(t, "a")
			e.ID = fmt.Sprintf("e%04d", i)
			tx.Append(e)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, `UPDATE events SET location_id = NULL`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, `UPDATE events SET data = '{"locationId":"other"}' WHERE id = 'e0007'`); err != nil {
		t.Fatal(err)
	}
	agree := func(location string, want int) {
		t.Helper()
		listed := 0
		for q := (harang.NotificationQuery{LocationID: location}); ; {
			p, _, err := use.Notifications.List(ctx, As(harang.RoleOperator, "o"), q)
			if err != nil {
				t.Fatal(err)
			}
			listed += len(p.Items)
			if q.Cursor = p.Next; q.Cursor == "" {
				break
			}
		}
		if n, err := use.Notifications.Unread(ctx, As(harang.RoleOperator, "o"),
			harang.NotificationQuery{LocationID: location}); err != nil ||
			listed != want || n != int64(want) {
			t.Errorf("at %s: %d listed, count %d, %v, want %d", location, listed, n, err, want)
		}
	}
	for _, want := range []int{alerts, 0} {
		agree("l", alerts-1)
		agree("other", 1)
		agree("absent", 0)
		if n, err := st.UpdateEventLocations(ctx); err != nil || n != want {
			t.Errorf("%d events got a location, %v, want %d", n, err, want)
		}
	}
	agree("l", alerts-1)
	agree("other", 1)
}
