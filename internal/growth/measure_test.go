package growth_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/loadtest"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testserver"
)

var (
	writeTo       = flag.String("growth.write", "", "a Markdown `file` that gets the tables, between its markers")
	binary        = flag.String("growth.binary", "../../bin/harang", "the `program`")
	connectionsAt = flag.String("growth.connections", "1000,5000,10000,19000", "`numbers` of connections")
	listenersAt   = flag.String("growth.listeners", "1,10,100,1000,5000", "`numbers` of listeners of one feed")
	tenantsAt     = flag.String("growth.tenants", "10,100,1000,10000", "`numbers` of tenants")
	eventsAt      = flag.String("growth.events", "100000,1000000,10000000", "`numbers` of events in one tenant")
	limit         = flag.Duration("growth.limit", 9*time.Minute,
		"after this `time` no larger database is begun; the report says so")
)

const (
	// loadSeconds is how long each load lasts.
	loadSeconds = 5
	// rest is how long the connections of the tenants idle.
	rest = 5 * time.Second
	// roomOf is how many connections a tenant has in the first part.
	roomOf = 50
	// postingTenants is how many tenants get events at most.
	postingTenants = 100
)

// BenchmarkGrowth measures how cost grows, in the order connections, listeners,
// tenants, events, and writes the report. It is run once, by make growth.
func BenchmarkGrowth(b *testing.B) {
	began := time.Now()
	folder := b.TempDir()
	server := testserver.StartPostgres(b, "shared_buffers=512MB", "max_wal_size=2GB", "full_page_writes=off")
	b.Setenv("HARANG_SIGNING_KEY_FILE", filepath.Join(folder, "signing.key"))
	m := &measuring{tb: b, folder: folder, postgres: server, deadline: began.Add(*limit)}
	r := report{machine: m.machine()}
	for b.Loop() {
		r.connections = m.each("connections", *connectionsAt, m.connections)
		r.listeners = m.each("listeners", *listenersAt, m.listeners)
		r.tenants = m.each("tenants", *tenantsAt, m.tenants)
		r.events = m.events(numbers(b, *eventsAt))
	}
	r.lasted = time.Since(began)
	text := r.text()
	if *writeTo == "" {
		_, _ = fmt.Fprintln(os.Stdout, text)
		return
	}
	if err := writeBetween(*writeTo, text); err != nil {
		b.Fatal(err)
	}
}

// measuring is one run.
type measuring struct {
	tb       testing.TB
	folder   string
	postgres *testserver.PostgresServer
	deadline time.Time
	files    int
}

// numbers reads a list of numbers; an empty one leaves a part out.
func numbers(tb testing.TB, text string) []int {
	var all []int
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			tb.Fatalf("%q is no list of numbers", text)
		}
		all = append(all, n)
	}
	return all
}

// load is what one load showed.
type load struct {
	n int
	// sqlite and postgres are the results on each database; postgres is nil where only
	// SQLite was measured.
	sqlite, postgres *loadtest.Result
	// left says why it was not measured; "" when it was.
	left string
}

func (m *measuring) each(what, sizes string, measure func(n int) (load, error)) []load {
	var all []load
	for _, n := range numbers(m.tb, sizes) {
		fmt.Fprintf(os.Stderr, "%s: %d\n", what, n)
		l, err := measure(n)
		if l.n = n; err != nil {
			fmt.Fprintf(os.Stderr, "%s: %d: %v\n", what, n, err)
			l.left = err.Error()
		}
		all = append(all, l)
	}
	return all
}

// connections measures n connections in rooms of 50, and 200 events a second.
func (m *measuring) connections(n int) (l load, err error) {
	l.sqlite, err = m.run(m.newSQLite(), max(1, n/roomOf), loadtest.Options{Connections: n, Rate: 200})
	return l, err
}

// listeners measures one tenant with n listeners, and at most 20,000 deliveries a
// second.
func (m *measuring) listeners(n int) (l load, err error) {
	o := loadtest.Options{Connections: n, Rate: max(4, min(200, 20_000/n))}
	l.sqlite, err = m.run(m.newSQLite(), 1, o)
	return l, err
}

// tenants measures n tenants with one listener each: at rest, then with 200 events a
// second for the first hundred of them.
func (m *measuring) tenants(n int) (l load, err error) {
	o := loadtest.Options{Connections: n, Rest: rest, Rate: 200}
	if l.sqlite, err = m.run(m.newSQLite(), n, o); err != nil {
		return l, err
	}
	l.postgres, err = m.run(m.postgres.Database(m.tb), n, o)
	return l, err
}

func (m *measuring) newSQLite() string {
	m.files++
	return "sqlite:" + filepath.Join(m.folder, fmt.Sprintf("load-%d.db", m.files))
}

// run starts the program on a new database with so many tenants and loads it.
func (m *measuring) run(database string, tenants int, o loadtest.Options) (*loadtest.Result, error) {
	ctx := m.tb.Context()
	server, err := loadtest.StartServer(ctx, loadtest.ServerOptions{
		Binary: *binary, Database: database, ConnectionsPerTenant: max(roomOf, o.Connections/tenants),
		DrainTimeout: time.Second,
	})
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	o.URL, o.AdminURL, o.Namespace, o.Seconds = server.URL, server.AdminURL, gateway.Namespace, loadSeconds
	if o.Tenants, err = m.addTenants(ctx, database, tenants); err != nil {
		return nil, err
	}
	result, err := loadtest.Run(ctx, o)
	if err == nil && result.Failed > 0 {
		err = fmt.Errorf("%d events were refused or connections lost", result.Failed)
	}
	return result, err
}

// addTenants creates tenants, each with a token to listen. The first postingTenants
// have a key; the others share theirs, so that events go to the first only.
func (m *measuring) addTenants(ctx context.Context, database string, n int) ([]loadtest.Tenant, error) {
	db := config.DatabaseFlags{
		Database: database, SigningKeyFile: os.Getenv("HARANG_SIGNING_KEY_FILE"), DatabaseMaxConnections: 8,
	}
	service, st, err := db.Service(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = st.Close() }()
	all := make([]loadtest.Tenant, n)
	creating, ctx := errgroup.WithContext(ctx)
	creating.SetLimit(8)
	for i := range all {
		creating.Go(func() error {
			all[i], err = addTenant(ctx, service, st, fmt.Sprintf("t%05d", i), i < postingTenants)
			return err
		})
	}
	if err := creating.Wait(); err != nil {
		return nil, err
	}
	for i := postingTenants; i < n; i++ {
		all[i].Key = all[i%postingTenants].Key
	}
	return all, nil
}

func addTenant(
	ctx context.Context, service *auth.Service, st *store.Store, id string, withKey bool,
) (t loadtest.Tenant, err error) {
	if err := st.CreateTenant(ctx, harang.Tenant{ID: id, Name: id}); err != nil {
		return t, err
	}
	if withKey {
		admin := harang.Identity{Tenant: id, UserID: "cli:ADMIN", Name: "growth", Role: harang.RoleAdmin}
		if _, t.Key, err = service.CreateAPIKey(ctx, admin, auth.NewAPIKey{Name: "growth"}); err != nil {
			return t, err
		}
	}
	t.Token, err = service.IssueToken(ctx, id, harang.RoleStoreManager, "", time.Hour)
	return t, err
}

// eventFigures are the times of the operations on a database with so many events.
type eventFigures struct {
	n int64
	// times has for each of operations its times on SQLite and on PostgreSQL.
	times map[string][2]durations
	bytes int64 // of the SQLite file
	// left says why the numbers above were not measured; "" when they were.
	left string
}

// durations are the times of one operation.
type durations []time.Duration

func (d durations) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1)]
}

const (
	// warmUps and repeats are how often an operation is done before and while it is
	// measured.
	warmUps, repeats = 5, 41
	// starts is how often the program is started.
	starts = 3
)

// events fills a database of each engine with growing numbers of events and measures
// the operations after each step.
func (m *measuring) events(sizes []int) []eventFigures {
	path := filepath.Join(m.folder, "events.db")
	dsn := m.postgres.Database(m.tb)
	m.migrate(path, dsn)
	var all []eventFigures
	var pace time.Duration // for each event
	from := int64(0)
	for _, size := range sizes {
		n := int64(size)
		if need := time.Duration(n-from) * pace; time.Now().Add(need).After(m.deadline) {
			all = append(all, eventFigures{n: n, left: fmt.Sprintf(
				"filling the databases would have taken about %s, more than was left", need.Round(time.Second))})
			break
		}
		fmt.Fprintf(os.Stderr, "events: %d\n", n)
		began := time.Now()
		m.fillBoth(path, dsn, from, n)
		pace = time.Since(began) / time.Duration(n-from)
		from = n
		f := eventFigures{n: n, times: map[string][2]durations{}}
		if info, err := os.Stat(path); err == nil {
			f.bytes = info.Size()
		}
		for engine, database := range []string{"sqlite:" + path, dsn} {
			m.operate(database, n, func(name string, took time.Duration) {
				times := f.times[name]
				times[engine] = append(times[engine], took)
				f.times[name] = times
			})
		}
		all = append(all, f)
	}
	return all
}

func (m *measuring) migrate(path, dsn string) {
	m.tb.Helper()
	for _, database := range []string{"sqlite:" + path, dsn} {
		if err := m.open(database, time.Now).Close(); err != nil {
			m.tb.Fatal(err)
		}
	}
}

func (m *measuring) open(database string, clock func() time.Time) *store.Store {
	m.tb.Helper()
	open := sqlite.Open
	if strings.HasPrefix(database, "postgres") {
		open = postgres.Open
	}
	st, err := open(m.tb.Context(), database, store.Options{Clock: clock, NewID: config.NewID})
	if err != nil {
		m.tb.Fatal(err)
	}
	return st
}

// fillBoth fills both databases at the same time: there are two cores.
func (m *measuring) fillBoth(path, dsn string, from, to int64) {
	m.tb.Helper()
	filling, ctx := errgroup.WithContext(m.tb.Context())
	for driver, name := range map[string]string{
		"sqlite": "file:" + path + "?_pragma=busy_timeout(20000)&_pragma=synchronous(OFF)&_pragma=cache_size(-500000)",
		"pgx":    dsn,
	} {
		filling.Go(func() (err error) {
			db, err := sql.Open(driver, name)
			if err != nil {
				return err
			}
			db.SetMaxOpenConns(1)
			defer func() { err = errors.Join(err, db.Close()) }()
			if err := fill(ctx, db, from, to); err != nil {
				return err
			}
			if driver == "pgx" {
				_, err = db.ExecContext(ctx, "VACUUM ANALYZE") // as autovacuum does in time
			}
			return err
		})
	}
	if err := filling.Wait(); err != nil {
		m.tb.Fatal(err)
	}
}

// operation is what is measured on a database with n events.
type operation struct {
	name string
	run  func(ctx context.Context, on opened) error
}

// opened is a database in use.
type opened struct {
	*store.Store
	use *shop.UseCases
	n   int64
}

func (on opened) list(ctx context.Context, role harang.Role, user string, q harang.NotificationQuery) error {
	p, _, err := on.use.Notifications.List(ctx, as(role, user), q)
	if err == nil && len(p.Items) == 0 && q.Since.IsZero() {
		err = errors.New("the list is empty")
	}
	return err
}

func as(role harang.Role, user string) harang.Identity {
	return harang.Identity{Tenant: bigTenant, TenantName: "Big", UserID: user, Name: user, Role: role}
}

// operations are what is measured. The user "nobody" has read nothing, "picker" has
// read every second one of the newest 4,000 one by one.
var operations = []operation{
	{"commit of an event", func(ctx context.Context, on opened) error {
		e, err := harang.NewEvent(harang.RentalCreatedType, "", bigTenant, time.Time{}, harang.RentalCreated{
			RentalID: "r", PartnerID: "p", PartnerName: "Partner", EquipmentCount: 1, TotalValue: 1,
			Currency: harang.CurrencyHUF,
		})
		if err != nil {
			return err
		}
		_, err = on.AppendEvents(ctx, []harang.Event{e})
		return err
	}},
	{"notifications, newest 50, all unread", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleStoreManager, "nobody", harang.NotificationQuery{Limit: 50})
	}},
	{"the same of an operator", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleOperator, "nobody", harang.NotificationQuery{Limit: 50})
	}},
	{"notifications of a type", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleStoreManager, "nobody",
			harang.NotificationQuery{Type: "payment_error", Limit: 50})
	}},
	{"unread, 2,000 single reads", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleStoreManager, "picker", harang.NotificationQuery{Unread: true, Limit: 50})
	}},
	{"count alone, 2,000 single reads", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleOperator, "picker", harang.NotificationQuery{Limit: 1})
	}},
	{"`?since=` a time, half of all after it", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleStoreManager, "nobody",
			harang.NotificationQuery{Since: timeOf(on.n / 2), Limit: 50})
	}},
	{"`?since=` a minute ago", func(ctx context.Context, on opened) error {
		return on.list(ctx, harang.RoleOperator, "nobody",
			harang.NotificationQuery{Since: timeOf(on.n).Add(-time.Minute), Limit: 50})
	}},
	{"mark all as read", func(ctx context.Context, on opened) error {
		marker := as(harang.RoleStoreManager, "marker")
		p, _, err := on.use.Notifications.List(ctx, marker, harang.NotificationQuery{Limit: 1})
		if err != nil {
			return err
		}
		_, err = on.use.Notifications.MarkRead(ctx, marker, shop.ReadRequest{UpTo: p.Items[0].Event.ID})
		return err
	}},
	{"failed payments", func(ctx context.Context, on opened) error {
		failures, err := on.use.Payments.Failures(ctx, as(harang.RoleStoreManager, "nobody"), "")
		if err == nil && len(failures) == 0 {
			err = errors.New("the list is empty")
		}
		return err
	}},
	{"payments, newest 50", func(ctx context.Context, on opened) error {
		_, err := on.use.Payments.List(ctx, as(harang.RoleStoreManager, "nobody"), harang.PaymentQuery{Limit: 50})
		return err
	}},
	{"rentals, newest 50", func(ctx context.Context, on opened) error {
		_, err := on.use.Rentals.List(ctx, as(harang.RoleStoreManager, "nobody"), harang.RentalQuery{Limit: 50})
		return err
	}},
	{"summary of the dashboard", func(ctx context.Context, on opened) error {
		_, err := on.use.Dashboard.Summary(ctx, as(harang.RoleStoreManager, "nobody"), "")
		return err
	}},
	{"summary of one location", func(ctx context.Context, on opened) error {
		_, err := on.use.Dashboard.Summary(ctx, as(harang.RoleStoreManager, "nobody"), "l")
		return err
	}},
	{"replay of the newest 50", func(ctx context.Context, on opened) error {
		_, _, err := on.NewestEntries(ctx, harang.FeedID{Tenant: bigTenant, Audience: harang.AudienceOperators}, 50)
		return err
	}},
	{"relay of 50 after a number", func(ctx context.Context, on opened) error {
		_, err := on.EntriesAfter(ctx, harang.FeedID{Tenant: bigTenant, Audience: harang.AudienceManagers}, on.n/2, 50)
		return err
	}},
	{"sweep, nothing to delete", func(ctx context.Context, on opened) error { return on.Sweep(ctx) }},
}

// startOperation is the time from the program's start until it listens.
const startOperation = "start of the program"

// operate measures the operations on one database.
func (m *measuring) operate(database string, n int64, took func(name string, d time.Duration)) {
	m.tb.Helper()
	ctx := m.tb.Context()
	at := timeOf(n)
	clock := func() time.Time { return at }
	st := m.open(database, clock)
	on := opened{st, shop.New(shop.Options{Store: st, Clock: clock, NewID: config.NewID}), n}
	for _, op := range operations {
		for i := range warmUps + repeats {
			began := time.Now()
			if err := op.run(ctx, on); err != nil {
				m.tb.Fatalf("%s: %s: %v", database, op.name, err)
			}
			if i >= warmUps {
				took(op.name, time.Since(began))
			}
			at = at.Add(time.Millisecond)
		}
	}
	if err := st.Close(); err != nil {
		m.tb.Fatal(err)
	}
	for range starts {
		began := time.Now()
		server, err := loadtest.StartServer(ctx, loadtest.ServerOptions{
			Binary: *binary, Database: database, ConnectionsPerTenant: 50, DrainTimeout: time.Second,
		})
		if err != nil {
			m.tb.Fatal(err)
		}
		took(startOperation, time.Since(began))
		server.Stop()
	}
}
