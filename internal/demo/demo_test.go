package demo_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/demo"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
)

type cards struct{ *sandbox.Provider }

func (c cards) FindProvider(context.Context, string, string) (string, shop.Provider, error) {
	return harang.ProviderSandbox, c.Provider, nil
}

func (c cards) OfferedCards(context.Context, string) ([]harang.Card, error) {
	return sandbox.Cards(), nil
}

// opened is a database with the demo data, created at an instant.
type opened struct {
	store *store.Store
	use   *shop.UseCases
	shop  demo.Options
}

func create(t *testing.T, now time.Time) *opened {
	t.Helper()
	clock := func() time.Time { return now }
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	st, err := sqlite.Open(t.Context(), "sqlite:"+sqlitetest.File(t), store.Options{Clock: clock, NewID: newID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	service, err := auth.New(st, key, auth.Options{Clock: clock, NewID: newID, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	options := shop.Options{Store: st, Clock: clock, NewID: newID, Providers: cards{sandbox.New(nil)}}
	o := &opened{store: st, use: shop.New(options), shop: demo.Options{Tenants: st, Auth: service, UseCases: options}}
	if err := demo.Create(t.Context(), o.shop); err != nil {
		t.Fatal(err)
	}
	return o
}

func manager(tenant string) harang.Identity {
	return harang.Identity{Tenant: tenant, UserID: "test", Name: "Test", Role: harang.RoleStoreManager}
}

// all reads a whole list.
func all[T any](t *testing.T, read func(cursor string) (harang.Page[T], error)) []T {
	t.Helper()
	var items []T
	for cursor := ""; ; {
		page, err := read(cursor)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
		if cursor = page.Next; cursor == "" {
			return items
		}
	}
}

func (o *opened) stock(t *testing.T, tenant string) []harang.StockListItem {
	t.Helper()
	inventory := o.use.Inventory
	return all(t, func(cursor string) (harang.Page[harang.StockListItem], error) {
		return inventory.Stock(t.Context(), manager(tenant), harang.StockQuery{Cursor: cursor, Limit: 200})
	})
}

func (o *opened) rentals(t *testing.T, tenant string) []harang.Rental {
	t.Helper()
	rentals := o.use.Rentals
	return all(t, func(cursor string) (harang.Page[harang.Rental], error) {
		return rentals.List(t.Context(), manager(tenant), harang.RentalQuery{Cursor: cursor, Limit: 200})
	})
}

// Whatever the hour, no screen is empty and movements and sums agree.
func TestCreate_AtAnyHour(t *testing.T) {
	for _, now := range []time.Time{
		time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 23, 1, 0, 0, time.UTC),
		time.Date(2027, 1, 1, 4, 30, 0, 0, time.UTC),
	} {
		t.Run(now.Format(time.DateTime), func(t *testing.T) {
			o := create(t, now)
			ctx := t.Context()
			for _, tenant := range []string{"budapest", "debrecen"} {
				products := map[string]bool{}
				short, levels := 0, map[harang.Severity]bool{}
				stock := o.stock(t, tenant)
				for _, item := range stock {
					products[item.ProductID] = true
					if !item.ExpectedAt.IsZero() {
						t.Errorf("%s: %s is silenced", tenant, item.ProductID)
					}
					if item.Severity() != harang.SeverityOK {
						short++
						levels[item.Severity()] = true
						if item.EventID == "" {
							t.Errorf("%s: no alert of %s", tenant, item.ProductID)
						}
					}
					sum, err := o.store.SumMovements(ctx, tenant, item.ProductID, item.LocationID)
					if err != nil || sum != item.Level.Quantity {
						t.Errorf("%s: %s at %s: %d pieces, movements of %d, %v", tenant, item.ProductID,
							item.LocationID, item.Level.Quantity, sum, err)
					}
				}
				if len(products) < 30 || short < 3 || short*5 > len(stock) {
					t.Errorf("%s: %d products, %d of %d short", tenant, len(products), short, len(stock))
				}
				if !levels[harang.SeverityWarning] || !levels[harang.SeverityCritical] {
					t.Errorf("%s: severities %v", tenant, levels)
				}
				statuses := map[harang.RentalStatus]int{}
				for _, r := range o.rentals(t, tenant) {
					statuses[r.Status]++
					if r.Created.After(now) || now.Sub(r.Created) > 15*24*time.Hour {
						t.Errorf("%s: a rental of %v", tenant, r.Created)
					}
				}
				if statuses[harang.RentalReturned] < 20 || statuses[harang.RentalOpen] < 4 ||
					statuses[harang.RentalAwaitingPayment] != 1 {
					t.Errorf("%s: %v", tenant, statuses)
				}
				summary, err := o.use.Dashboard.Summary(ctx, manager(tenant), "")
				if err != nil || summary.Figures == nil {
					t.Fatalf("%+v, %v", summary, err)
				}
				if summary.Overdue < 2 || summary.Overdue >= summary.OpenRentals {
					t.Errorf("%s: %d overdue of %d out", tenant, summary.Overdue, summary.OpenRentals)
				}
				days := 0
				for _, day := range summary.Figures.RevenueByDay {
					if day.Amount > 0 {
						days++
					}
				}
				if days < 12 {
					t.Errorf("%s: money on %d days: %+v", tenant, days, summary.Figures)
				}
				events, state, err := o.use.Notifications.List(ctx, manager(tenant),
					harang.NotificationQuery{Limit: 200})
				if err != nil || state.UnreadCount == 0 {
					t.Fatalf("%+v, %v", state, err)
				}
				for i, n := range events.Items {
					if i > 0 && n.Event.Time.After(events.Items[i-1].Event.Time) {
						t.Errorf("%s: events out of order", tenant)
						break
					}
				}
			}
		})
	}
}

func TestCreate_SameEveryTimeAndTwoTenantsDiffer(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	describe := func(o *opened, tenant string) string {
		var b strings.Builder
		for _, item := range o.stock(t, tenant) {
			item.EventID = ""
			b.WriteString(
				strings.Join(
					[]string{
						item.ProductID,
						item.LocationID,
						string(item.Severity()),
						time.Duration(item.Level.Quantity).String(),
					},
					" ",
				) + "\n",
			)
		}
		for _, r := range o.rentals(t, tenant) {
			b.WriteString(
				strings.Join([]string{r.PartnerID, r.LocationID, r.Created.String(), r.Due.String(), string(r.Status)},
					" ") + "\n",
			)
		}
		return b.String()
	}
	first, second := create(t, now), create(t, now)
	for _, tenant := range []string{"budapest", "debrecen"} {
		if diff := cmp.Diff(describe(first, tenant), describe(second, tenant)); diff != "" {
			t.Fatalf("%s: %s", tenant, diff)
		}
	}
	if describe(first, "budapest") == describe(first, "debrecen") {
		t.Fatal("both tenants are the same")
	}
}

func TestCreate_OnlyWhatIsAbsent(t *testing.T) {
	o := create(t, time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC))
	before := len(o.rentals(t, "budapest"))
	if err := demo.Create(t.Context(), o.shop); err != nil {
		t.Fatal(err)
	}
	if after := len(o.rentals(t, "budapest")); after != before {
		t.Fatalf("%d rentals became %d", before, after)
	}
	for _, tenant := range []string{"budapest", "debrecen"} {
		for _, user := range []string{"operator", "manager", "admin"} {
			login := auth.LoginRequest{Email: user + "@" + tenant + ".demo", Password: demo.Password}
			if _, err := o.shop.Auth.Login(t.Context(), login); err != nil {
				t.Errorf("%s of %s: %v", user, tenant, err)
			}
		}
	}
}
