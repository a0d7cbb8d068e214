package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/storetest"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

func open(tb testing.TB, dsn string) *store.Store {
	tb.Helper()
	st, err := Open(tb.Context(), dsn, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return st
}

func connect(tb testing.TB, dsn string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// BenchmarkImport measures checkouts beside an import.
func BenchmarkImport(b *testing.B) {
	storetest.BenchmarkImport(b, open(b, testserver.Postgres(b).Database(b)))
}

// openTwice opens a database as this version of the program and as another one.
func openTwice(t *testing.T, dsn string, o store.Options) (*store.Store, *sql.DB) {
	t.Helper()
	st, err := Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return st, db
}

// TestStore_SearchKeys: another version of the program works on the same database.
func TestStore_SearchKeys(t *testing.T) {
	st, db := openTwice(t, testserver.Postgres(t).Database(t), store.Options{})
	storetest.RunSearchKeys(t, st, db)
}

// TestStore_EventLocations: events of a version that writes no locations.
func TestStore_EventLocations(t *testing.T) {
	storetest.RunEventLocations(t, func(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
		return openTwice(t, testserver.Postgres(t).Database(t), o)
	})
}

// TestStore_LongRentalLists: lists that find little among many rentals.
func TestStore_LongRentalLists(t *testing.T) {
	storetest.RunLongRentalLists(t, func(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
		return openTwice(t, testserver.Postgres(t).Database(t), o)
	})
}

// TestStore_RentalNumbers: rentals of a version that writes no numbers.
func TestStore_RentalNumbers(t *testing.T) {
	storetest.RunRentalNumbers(t, func(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
		return openTwice(t, testserver.Postgres(t).Database(t), o)
	})
}

// TestStore_Erasures: the name of an erased person is in no table.
func TestStore_Erasures(t *testing.T) {
	storetest.RunErasures(t, func(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
		return openTwice(t, testserver.Postgres(t).Database(t), o)
	}, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`)
}

// TestStore_Inbox: another program queues events in the same database.
func TestStore_Inbox(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	st, db := openTwice(t, dsn, store.Options{})
	storetest.RunInbox(t, st, db)

	// A role of its own can queue events and nothing else.
	conn := connect(t, dsn)
	const queue = `INSERT INTO event_inbox (tenant_id, source, id, type, data) VALUES ('a', '/erp', 'role', 'stock_alert', '{}') ON CONFLICT DO NOTHING`
	for _, text := range []string{`CREATE ROLE erp`, `GRANT INSERT ON event_inbox TO erp`, `SET ROLE erp`, queue, queue} {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	for _, text := range []string{`SELECT * FROM event_inbox`, `DELETE FROM event_inbox`, `SELECT * FROM users`, `CREATE TABLE t (n int)`} {
		if _, err := conn.Exec(t.Context(), text); err == nil {
			t.Errorf("the role may %s", text)
		}
	}
	for _, text := range []string{`RESET ROLE`, `DROP OWNED BY erp`, `DROP ROLE erp`} { // roles belong to the whole server
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Errorf("%v: %s", err, text)
		}
	}
}

func TestInspect(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	readOnly := func() *store.Store {
		st, err := OpenReadOnly(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	if found, err := readOnly().Inspect(t.Context()); err != nil || found != (store.Inspection{}) {
		t.Errorf("foreign database: %+v, %v", found, err)
	}
	st := open(t, dsn)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	storetest.RunInspect(t, st, readOnly(), db)
}

// TestProbe_DiskFull: on a full disk the node's own row can still be written in place, but the node is not ready until
// a new page can be written. Triggers answer here as a server with a full disk does.
func TestProbe_DiskFull(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	st, db := openTwice(t, dsn, store.Options{})
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	const full = ` LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$`
	exec(`CREATE FUNCTION refuse_row() RETURNS trigger` + full)
	exec(`CREATE FUNCTION refuse_table() RETURNS event_trigger` + full)
	exec(`CREATE TRIGGER refuse BEFORE INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION refuse_row()`)
	exec(`CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION refuse_table()`)
	if err := st.Probe(t.Context(), "n1"); err != nil {
		t.Errorf("before a statement met the full disk: %v", err)
	}
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); harang.ErrorCode(err) !=
		harang.CodeUnavailable {
		t.Fatalf("a write to the full disk: %v", err)
	}
	for range 2 {
		if err := st.Probe(t.Context(), "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("probe of a full disk: %v", err)
		}
	}
	exec(`DROP EVENT TRIGGER refuse`)
	for range 2 {
		if err := st.Probe(t.Context(), "n1"); err != nil {
			t.Errorf("probe after room was made: %v", err)
		}
	}

	// A role that may create no tables stays ready, once the full disk is past.
	exec(`CREATE FUNCTION forbid_table() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE insufficient_privilege; END $$`)
	exec(`CREATE EVENT TRIGGER forbid ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION forbid_table()`)
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); harang.ErrorCode(err) !=
		harang.CodeUnavailable {
		t.Fatalf("a write to the full disk: %v", err)
	}
	if err := st.Probe(t.Context(), "n1"); err != nil {
		t.Errorf("probe by a role that may create no tables: %v", err)
	}
	exec(`DROP EVENT TRIGGER forbid`)
	exec(`DROP TRIGGER refuse ON tenants`)
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Error(err)
	}
	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_class WHERE relname = 'harang_space'`).Scan(
		&tables); err != nil || tables != 0 {
		t.Errorf("%d tables are left, %v", tables, err)
	}
}

func TestProbe(t *testing.T) {
	dsn, clock := testserver.Postgres(t).Database(t), storetest.NewClock(storetest.Noon())
	st, err := Open(t.Context(), dsn, store.Options{Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	readOnly, err := OpenReadOnly(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = readOnly.Close() }()
	if err := readOnly.Probe(t.Context(), "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("probe of a read-only database: %v", err)
	}
	storetest.RunProbe(t, st, clock, db)
}

// TestStore_Conformance runs the suite of all engines, each test on a copy of one migrated
// database.
func TestStore_Conformance(t *testing.T) {
	server := testserver.Postgres(t)
	migrated := server.Database(t)
	st, err := Open(t.Context(), migrated, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T, o store.Options) *store.Store {
		st, err := Open(t.Context(), server.Copy(t, migrated), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
		return st
	})
}

// TestQueries_Prepare prepares every query on the server.
func TestQueries_Prepare(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	open(t, dsn)
	conn := connect(t, dsn)
	queries := store.Queries()
	if len(queries) == 0 {
		t.Fatal("the store has no query")
	}
	for i, q := range queries {
		if _, err := conn.Prepare(t.Context(), fmt.Sprintf("q%d", i), q.Text); err != nil {
			t.Errorf("%s: %v\n%s", q.Name, err, q.Text)
		}
	}
}

// TestQueries_PlanOfPaymentStates: payment states are read by their ids, however many
// payments there are.
func TestQueries_PlanOfPaymentStates(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	st := open(t, dsn)
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	for _, fill := range []string{
		`INSERT INTO partners (tenant_id, id, name, search_key, sort_key, updated_at) VALUES ('a', 'p', 'P', 'p', 'p', 1)`,
		`INSERT INTO locations (tenant_id, id, name, search_key, sort_key, updated_at) VALUES ('a', 'l', 'L', 'l', 'l', 1)`,
		`INSERT INTO rentals SELECT 'r' || n, 'a', 'p', 'P', 'l', 'L', 'OPEN', 1, 1, 0, 0, 'u', 'U', n, n, NULL, 1 FROM generate_series(1, 50000) n`,
		`INSERT INTO payments SELECT 'p' || n, 'a', 'r' || n, 'p', 'P', 1, 'CARD', 'DECLINED', 'c', 'm', '', '', '', 0, n, NULL, NULL, NULL, 0, 1
			FROM generate_series(1, 50000) n`,
		`ANALYZE`,
		`SET plan_cache_mode = force_generic_plan`,
	} {
		if _, err := conn.Exec(t.Context(), fill); err != nil {
			t.Fatalf("%v: %s", err, fill)
		}
	}
	i := slices.IndexFunc(store.Queries(), func(q store.Query) bool { return q.Name == "find payment states" })
	q := store.Queries()[i].Text
	if _, err := conn.Prepare(t.Context(), "states", q); err != nil {
		t.Fatal(err)
	}
	args := strings.Repeat("'p', ", strings.Count(q, "$")-1) + "'p'"
	rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE states ("+args+")")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if text := strings.Join(plan, "\n"); err != nil || strings.Contains(text, "Seq Scan") ||
		!strings.Contains(text, "payments_pkey") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestColumns_Collate: texts sort by their bytes, whatever the database's collation.
func TestColumns_Collate(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	open(t, dsn)
	conn := connect(t, dsn)
	rows, err := conn.Query(t.Context(), `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("not COLLATE \"C\": %s", strings.Join(wrong, ", "))
	}
	var order []string
	rows, err = conn.Query(t.Context(), `SELECT id FROM (VALUES ('b'), ('B'), ('á'), ('c')) AS v (id) ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	if order, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	if slices.IsSorted(order) {
		t.Errorf("the test's database sorts by bytes itself (%v), so this test proves nothing", order)
	}
}

// TestOpen_Concurrent: nodes that start at the same time on an empty database migrate
// it once.
func TestOpen_Concurrent(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			st, err := Open(t.Context(), dsn, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(st.Ping(t.Context()), st.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
}

// TestOpen_NewerSchema: a schema that is newer than the program is refused and not
// changed.
func TestOpen_NewerSchema(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	open(t, dsn)
	conn := connect(t, dsn)
	if _, err := conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dsn, store.Options{})
	if harang.ErrorCode(err) != harang.CodeConflict || !strings.Contains(err.Error(), "99999") {
		t.Errorf("newer schema: %v", err)
	}
	var newest int64
	if err := conn.QueryRow(t.Context(), `SELECT max(version_id) FROM goose_db_version`).Scan(&newest); err != nil || newest != 99999 {
		t.Errorf("newer schema was changed: %d, %v", newest, err)
	}
}

// TestMigrate_Fails: a failing step does not change the schema.
func TestMigrate_Fails(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	config, err := parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	const text = "-- +goose Up\nCREATE TABLE a (id TEXT);\nCREATE TABLE a (id TEXT);\n"
	err = migrate(t.Context(), config, fstest.MapFS{"00001_bad.sql": {Data: []byte(text)}})
	if harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Fatalf("failing step: %v", err)
	}
	var there bool
	if err := connect(t, dsn).QueryRow(t.Context(), `SELECT to_regclass('a') IS NOT NULL`).Scan(&there); err != nil || there {
		t.Errorf("part of the step remained: %t, %v", there, err)
	}
}

func TestOpen_Unusable(t *testing.T) {
	server := testserver.Postgres(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused, postgres := l.Addr().String(), server.URL("postgres")
	_ = l.Close()
	for name, c := range map[string]struct {
		dsn  string
		code harang.Code
		says string
	}{
		"not an address":   {"mysql://u:s3cret@h/d", harang.CodeInvalidRequest, "postgres://"},
		"bad port":         {"postgres://u:s3cret@127.0.0.1:99999999/d", harang.CodeInvalidRequest, "port"},
		"bad escape":       {"postgres://u:s3cret%zz@127.0.0.1/d", harang.CodeInvalidRequest, "percent-encoded"},
		"no listener":      {"postgres://u:s3cret@" + unused + "/d", harang.CodeUnavailable, "refused"},
		"unknown database": {server.URL("absent"), harang.CodeUnavailable, `"absent" does not exist`},
		"no TLS":           {strings.Replace(postgres, "disable", "require", 1), harang.CodeUnavailable, "TLS"},
		"unknown user":     {strings.Replace(postgres, "postgres@", "nobody@", 1), harang.CodeUnavailable, "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			opens := []func(context.Context, string, store.Options) (*store.Store, error){Open, OpenReadOnly}
			for _, open := range opens {
				st, err := open(t.Context(), c.dsn, store.Options{})
				if err == nil {
					_ = st.Close()
					t.Fatal("opened")
				}
				if harang.ErrorCode(err) != c.code || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v: want %s and %q", err, c.code, c.says)
				}
				var coded *harang.Error
				if errors.As(err, &coded) && strings.Contains(coded.Message, "s3cret") {
					t.Errorf("the message contains the password: %s", coded.Message)
				}
			}
		})
	}
}

func TestOpen_WrongEncoding(t *testing.T) {
	server := testserver.Postgres(t)
	server.Exec(t, "postgres", `CREATE DATABASE latin ENCODING 'LATIN2' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`)
	_, err := Open(t.Context(), server.URL("latin"), store.Options{})
	if harang.ErrorCode(err) != harang.CodeInvalidRequest || !strings.Contains(err.Error(), "UTF8") {
		t.Errorf("database in LATIN2: %v", err)
	}
}

// TestStore_ServerStopped: while the server is stopped every call is UNAVAILABLE, and
// calls succeed again after its start.
func TestStore_ServerStopped(t *testing.T) {
	server := testserver.StartPostgres(t)
	st := open(t, server.Database(t))
	create := func(id string) error {
		return st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: id})
	}
	if err := create("before"); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(testing.TB){server.Stop, server.Kill} {
		end(t)
		if err := st.Ping(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("ping: %v", err)
		}
		if _, err := st.Heads(t.Context(), []string{"before"}); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("read: %v", err)
		}
		if err := st.Probe(t.Context(), "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("probe: %v", err)
		}
		if err := create("meanwhile"); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("write: %v", err)
		}
		server.Start(t)
		if heads, err := st.Heads(t.Context(), []string{"before", "meanwhile"}); err != nil || len(heads) != 1 {
			t.Errorf("after the start: %v, %v", heads, err)
		}
	}
	if err := errors.Join(create("after"), st.Probe(t.Context(), "n1")); err != nil {
		t.Error(err)
	}
}

// TestStore_StoppedNode: a node that is stopped inside a transaction loses its locks,
// and retries the transaction when it continues.
func TestStore_StoppedNode(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	stopped, other := open(t, dsn), open(t, dsn)
	ctx := t.Context()
	if err := other.CreateTenant(ctx, harang.Tenant{ID: "t", Name: "T"}); err != nil {
		t.Fatal(err)
	}
	before, err := other.Heads(ctx, []string{"t"})
	if err != nil {
		t.Fatal(err)
	}
	logout, err := harang.NewEvent(harang.LogoutType, "", "t", time.Now(), harang.Logout{SessionID: "s", UserID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	inside, wake := make(chan struct{}), make(chan struct{})
	conn := connect(t, dsn)
	// A transaction like that of a node after SIGSTOP: the row is locked and no
	// statement follows.
	config, err := parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close(context.Background()) }()
	if _, err := lock.Exec(ctx, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(ctx, "UPDATE heads SET managers = managers + 1 WHERE tenant_id = 't'"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := other.NewEpoch(ctx, "t", before[0].Epoch); err != nil {
		t.Fatal(err)
	}
	testtime.Promise(t, "another node waits for a stopped one", time.Since(began), 2*time.Second+500*time.Millisecond)
	_, err = lock.Exec(ctx, "COMMIT")
	if err == nil || classify(err) == store.ClassOther {
		t.Errorf("commit of the stopped node: %v", err)
	}
	// The same through the store: the second try succeeds.
	tries := 0
	var done sync.WaitGroup
	done.Go(func() {
		err := stopped.Within(ctx, func(tx shop.Tx) error {
			if tries++; tries == 1 {
				close(inside)
				<-wake
			}
			tx.Append(logout)
			return nil
		})
		if err != nil {
			t.Errorf("transaction of the continued node: %v", err)
		}
	})
	<-inside
	testtime.Eventually(t, testtime.Limit, "the database has ended the transaction", func() (ended bool) {
		if err := conn.QueryRow(ctx, `SELECT count(*) = 0 FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction'`).Scan(&ended); err != nil {
			t.Fatal(err)
		}
		return ended
	})
	close(wake)
	done.Wait()
	if tries != 2 {
		t.Errorf("%d tries, want 2", tries)
	}
}

func TestClassify(t *testing.T) {
	for code, want := range map[string]store.Class{
		"40001": store.ClassBusy, "40P01": store.ClassBusy, "25P03": store.ClassBusy, "23505": store.ClassDuplicate,
		"23503": store.ClassMissing, "53300": store.ClassNoConnection, "53100": store.ClassFull,
		"08006": store.ClassUnavailable,
		"57P01": store.ClassUnavailable, "42601": store.ClassOther, "23514": store.ClassOther, "": store.ClassOther,
	} {
		if got := classify(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s: class %d, want %d", code, got, want)
		}
	}
	if got := classify(errors.New("unknown")); got != store.ClassOther {
		t.Errorf("unknown error: %d", got)
	}
	if got := classify(&net.OpError{Op: "read", Err: errors.New("reset")}); got != store.ClassUnavailable {
		t.Errorf("broken connection: %d", got)
	}
}
