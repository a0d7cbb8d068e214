//go:build !race

package budget

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/engineio"
	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/feed/redislog"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
	"harang.dev/harang/socketio"
)

const tenant = "budapest"

var managers = harang.FeedID{Tenant: tenant, Audience: harang.AudienceManagers}

// step is one step of an event's way.
type step struct {
	name string
	// prepare returns the operation; database counts what it sends to the
	// database, redis what it sends to Redis, nil for nothing.
	prepare func(tb testing.TB) (operation func(), database, redis *counter)
}

var steps = []step{
	{"encode", prepareEncode},
	{"append on SQLite", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openSQLite(tb)
		return appendTo(tb, st), c, nil
	}},
	{"append on PostgreSQL", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openPostgres(tb)
		return appendTo(tb, st), c, nil
	}},
	{"fan-out to 50 connections", func(tb testing.TB) (func(), *counter, *counter) { return prepareFanOut(tb, 50) }},
	{"hand-over of 50 entries", prepareHandover},
	{"ingest", prepareIngest},
	{"connect and catch up on 50 entries, SQLite", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openSQLite(tb)
		return connectTo(tb, st), c, nil
	}},
	{"connect and catch up on 50 entries, PostgreSQL", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openPostgres(tb)
		return connectTo(tb, st), c, nil
	}},
	{"event from append to delivery, SQLite", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openSQLite(tb)
		return deliver(tb, st, nil), c, nil
	}},
	{"event from append to delivery, PostgreSQL and Redis", func(tb testing.TB) (func(), *counter, *counter) {
		st, c := openPostgres(tb)
		redis := new(counter)
		return deliver(tb, st, redis), c, redis
	}},
}

func alert(tb testing.TB) harang.Event {
	tb.Helper()
	e, err := harang.NewEvent(harang.StockAlertType, "", tenant, time.Time{}, harang.StockAlert{
		ProductID: "makita-hr2470", ProductName: "Makita HR2470 fúrókalapács", CurrentQuantity: 2, Threshold: 3,
		LocationID: "vaci-ut", LocationName: "Váci út", Severity: harang.SeverityCritical,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func entry(tb testing.TB, number int64) outbox.Entry {
	tb.Helper()
	e := alert(tb)
	e.ID, e.Time = uuid.Must(uuid.NewV7()).String(), time.Now()
	return outbox.Entry{Number: number, EventID: e.ID, Type: e.Type, Time: e.Time, Body: e.JSON()}
}

func prepareEncode(tb testing.TB) (func(), *counter, *counter) {
	encoder := gateway.NewEncoder(nil, nil)
	item := &feed.Item[*socketio.Frame]{Entry: entry(tb, 1), Feed: managers, Epoch: relaytest.EpochA}
	return func() {
		if encoder.Encode(item) == nil {
			tb.Fatal("nothing was encoded")
		}
	}, nil, nil
}

// openSQLite opens a database whose statements are counted.
func openSQLite(tb testing.TB) (*store.Store, *counter) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "harang.db")
	migrated, err := sqlite.Open(tb.Context(), path, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := migrated.Close(); err != nil {
		tb.Fatal(err)
	}
	registered, err := sql.Open("sqlite", "")
	if err != nil {
		tb.Fatal(err)
	}
	defer registered.Close()
	c := new(counter)
	db := sql.OpenDB(&countingDriver{
		driver: registered.Driver(), counter: c,
		name: "file:" + path + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)",
	})
	st := store.New(store.Engine{
		Name: "sqlite", Write: db, Read: db, SingleWriter: true,
		Classify: func(error) store.Class { return store.ClassOther },
	}, store.Options{})
	return open(tb, st), c
}

func openPostgres(tb testing.TB) (*store.Store, *counter) {
	tb.Helper()
	server, c := testserver.Postgres(tb), new(counter)
	url := server.Database(tb)
	address := url[strings.IndexByte(url, '@')+1 : strings.LastIndexByte(url, '/')]
	url = strings.Replace(url, address, c.proxy(tb, address, true), 1)
	st, err := postgres.Open(tb.Context(), url, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return open(tb, st), c
}

func open(tb testing.TB, st *store.Store) *store.Store {
	tb.Helper()
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := st.CreateTenant(tb.Context(), harang.Tenant{ID: tenant, Name: "Budapest"}); err != nil {
		tb.Fatal(err)
	}
	return st
}

func appendTo(tb testing.TB, st *store.Store) func() {
	e := alert(tb)
	return func() {
		if _, err := st.AppendEvents(context.Background(), []harang.Event{e}); err != nil {
			tb.Fatal(err)
		}
	}
}

// listener writes what it receives to a socket, as the gateway's connections do.
type listener struct{ socket *socketio.Socket }

func (listener) Feed() harang.FeedID { return managers }
func (listener) Reset()              {}
func (l listener) Deliver(r *feed.Run[*socketio.Frame]) {
	_ = l.socket.Deliver(r.Frame()) // a slow client is closed
}

// prepareFanOut appends an entry to a window with listeners on WebSockets.
func prepareFanOut(tb testing.TB, listeners int) (func(), *counter, *counter) {
	hub := feed.New(feed.Options[*socketio.Frame]{
		Source: relaytest.NewDatabase(relaytest.EpochA, tenant), Encoder: gateway.NewEncoder(nil, nil),
	})
	var joined sync.WaitGroup
	joined.Add(listeners)
	server := socketio.New(&socketio.Options{Engine: engineio.Options{QueueLimit: 64 << 20, QueueAge: time.Minute}})
	server.Namespace(gateway.Namespace, socketio.Handler{Connect: func(ctx context.Context, r *socketio.Request) {
		defer joined.Done()
		socket := r.Socket()
		if err := r.Accept(""); err != nil {
			tb.Error(err)
			return
		}
		if _, _, err := hub.Join(ctx, managers, feed.Start{}, listener{socket}); err != nil {
			tb.Error(err)
		}
	}})
	web := httptest.NewServer(server)
	var readers sinks
	for range listeners {
		client := enginetest.Dial(tb, web.URL+"/socket.io/?EIO=4&transport=websocket")
		client.Send("40" + gateway.Namespace + ",")
		readers.add(client.Conn)
	}
	joined.Wait()
	tb.Cleanup(func() {
		_ = server.Close()
		web.Close()
		readers.close()
		hub.Close()
	})
	number := int64(0)
	first := entry(tb, 1)
	return func() {
		number++
		next := first
		next.Number = number
		if _, _, err := hub.Append(context.Background(), managers, relaytest.EpochA, number,
			[]outbox.Entry{next}); err != nil {
			tb.Fatal(err)
		}
	}, nil, nil
}

// channelListener reports each delivery.
type channelListener chan int64

func (channelListener) Feed() harang.FeedID { return managers }
func (channelListener) Reset()              {}
func (l channelListener) Deliver(r *feed.Run[*socketio.Frame]) {
	_ = r.Frame()
	l <- r.Last()
}

// prepareHandover joins a window of 50 entries from the position before them.
func prepareHandover(tb testing.TB) (func(), *counter, *counter) {
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	hub := feed.New(feed.Options[*socketio.Frame]{Source: db, Encoder: gateway.NewEncoder(nil, nil)})
	tb.Cleanup(hub.Close)
	db.Commit(tenant, harang.FeedWindowEntries, harang.AudienceManagers)
	from := feed.Start{Resume: true, Readable: true,
		Position: harang.Position{Epoch: relaytest.EpochA, Audience: harang.AudienceManagers}}
	return func() {
		m, h, err := hub.Join(context.Background(), managers, from, channelListener(nil))
		if err != nil || len(h.Replay) != harang.FeedWindowEntries {
			tb.Fatalf("%d entries, %v", len(h.Replay), err)
		}
		for _, item := range h.Replay {
			_ = item.Frame()
		}
		m.Leave()
	}, nil, nil
}

// acceptAll is a store that keeps nothing.
type acceptAll struct{}

func (acceptAll) AppendEvents(_ context.Context, events []harang.Event) ([]ingest.Appended, error) {
	return make([]ingest.Appended, len(events)), nil
}

// prepareIngest reads and validates one CloudEvent.
func prepareIngest(tb testing.TB) (func(), *counter, *counter) {
	intake := ingest.New(acceptAll{}, func() string { return "0198f3a0-7c00-7000-8000-000000000001" })
	caller := harang.Identity{Tenant: tenant, Role: harang.RoleService, Scopes: harang.DefaultScopes}
	header := http.Header{"Content-Type": {"application/cloudevents+json"}}
	body := fmt.Appendf(nil, `{"specversion":"1.0","id":"s-1","source":"/till","type":"stock_alert","data":%s}`,
		alert(tb).Data)
	return func() {
		incoming, err := ingest.Parse(header, body)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := intake.Accept(context.Background(), caller, incoming); err != nil {
			tb.Fatal(err)
		}
	}, nil, nil
}

// deliver appends an event and returns when a listener has it, without sockets. A
// single node relays from its own commit; with Redis the log is shared.
func deliver(tb testing.TB, st *store.Store, redis *counter) func() {
	source, options := feed.Source(st), relay.Options{Source: st}
	var follower *redislog.Follower
	if redis != nil {
		server := testserver.StartRedis(tb)
		client, err := redislog.Dial(tb.Context(), "redis://"+redis.proxy(tb, server.Addr(), false))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(client.Close)
		log := redislog.NewLog(redislog.Options{Client: client})
		follower = redislog.NewFollower(log, st)
		source, options.SharedLog = follower, log
	}
	hub := feed.New(feed.Options[*socketio.Frame]{Source: source, Encoder: gateway.NewEncoder(nil, nil)})
	tb.Cleanup(hub.Close)
	options.Windows = hub
	if follower != nil {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = follower.Run(ctx, hub) })
		tb.Cleanup(func() { cancel(); running.Wait() })
	}
	st.OnCommit(relay.New(options).Committed)
	received := make(channelListener, 1)
	if _, _, err := hub.Join(tb.Context(), managers, feed.Start{}, received); err != nil {
		tb.Fatal(err)
	}
	add := appendTo(tb, st)
	return func() {
		add()
		testtime.Receive(tb, testtime.Limit, "the event", received)
	}
}
