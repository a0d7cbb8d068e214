//go:build !race

package budget

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/socketio"
)

// visitor connects to a gateway over WebSocket with a position that is a full window
// behind.
type visitor struct {
	tb         testing.TB
	url, token string
	position   string
	dials      int
}

// connect returns the client when it has everything that it missed.
func (v *visitor) connect() *enginetest.Client {
	v.dials++
	client := enginetest.Dial(v.tb, v.url)
	client.Send(fmt.Sprintf(`40%s,{"token":%q,"pid":"visitor-%d","offset":%q}`,
		gateway.Namespace, v.token, v.dials, v.position))
	client.Next() // the transport's handshake
	if accepted := client.Next(); !strings.HasPrefix(accepted, "40"+gateway.Namespace) {
		v.tb.Fatal(accepted)
	}
	if session := client.Next(); !strings.Contains(session, fmt.Sprintf(`"replayed":%d`, harang.FeedWindowEntries)) {
		v.tb.Fatal(session)
	}
	for range harang.FeedWindowEntries {
		client.Next()
	}
	return client
}

// visit connects and ends the connection.
func (v *visitor) visit() {
	client := v.connect()
	client.SendFrame(true, enginetest.Close, nil)
	client.Closed()
	_ = client.Conn.Close()
}

// openGateway serves the feeds of a store with a full window.
func openGateway(tb testing.TB, st *store.Store) *visitor {
	tb.Helper()
	key, err := auth.NewKey()
	if err != nil {
		tb.Fatal(err)
	}
	service, err := auth.New(st, key, auth.Options{NewID: func() string { return uuid.Must(uuid.NewV7()).String() }})
	if err != nil {
		tb.Fatal(err)
	}
	add := appendTo(tb, st)
	for range harang.FeedWindowEntries {
		add()
	}
	heads, err := st.Heads(tb.Context(), []string{tenant})
	if err != nil {
		tb.Fatal(err)
	}
	v := &visitor{tb: tb, position: harang.Position{Epoch: heads[0].Epoch, Audience: managers.Audience}.String()}
	if v.token, err = service.IssueToken(tb.Context(), tenant, harang.RoleStoreManager, "", time.Hour); err != nil {
		tb.Fatal(err)
	}
	encoder := gateway.NewEncoder(nil, nil)
	hub := feed.New(feed.Options[*socketio.Frame]{Source: st, Encoder: encoder})
	options := gateway.SocketOptions(socketio.Options{})
	server := socketio.New(&options)
	g := gateway.New(gateway.Options{
		Server: server, Hub: hub, Auth: service, Encoder: encoder, ConnectionsPerTenant: 10_000,
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = g.Run(ctx) })
	web := httptest.NewServer(server)
	v.url = web.URL + "/socket.io/?EIO=4&transport=websocket"
	tb.Cleanup(func() {
		_ = server.Close()
		web.Close()
		stop()
		running.Wait()
		hub.Close()
	})
	return v
}

// connectTo is the way from the handshake of the WebSocket to the last of 50 entries that
// were missed, and the end of the connection. The client's memory is in it. Another
// connection stays, so that what the gateway keeps for a tenant is never released: whether
// the next visit comes before that would be a matter of time.
func connectTo(tb testing.TB, st *store.Store) func() {
	v := openGateway(tb, st)
	v.connect()
	return v.visit
}

// TestShape_Connections: a connection costs as much memory, and asks the database as
// often, beside many others as beside few.
func TestShape_Connections(t *testing.T) {
	const few, many = 10, 400
	st, statements := openSQLite(t)
	v := openGateway(t, st)
	grow := func(to int) cost {
		for range to {
			v.connect()
		}
		return measure(v.visit, statements, nil)
	}
	notGrown(t, "connecting", grow(few), grow(many))
}

// TestShape_Listeners: the event of a feed costs no more memory with many listeners.
func TestShape_Listeners(t *testing.T) {
	var costs []cost
	for _, listeners := range []int{10, 400} {
		t.Run(fmt.Sprint(listeners), func(t *testing.T) {
			operation, _, _ := prepareFanOut(t, listeners)
			costs = append(costs, measure(operation, nil, nil))
		})
	}
	notGrown(t, "an event", costs[0], costs[1])
}

// TestShape_Tenants: a node asks for the heads of all its tenants with one statement,
// however many they are.
func TestShape_Tenants(t *testing.T) {
	for name, open := range map[string]func(testing.TB) (*store.Store, *counter){
		"SQLite": openSQLite, "PostgreSQL": openPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			st, statements := open(t)
			var tenants []string
			for i := range 600 {
				id := fmt.Sprintf("t%04d", i)
				if err := st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: id}); err != nil {
					t.Fatal(err)
				}
				tenants = append(tenants, id)
			}
			for _, n := range []int{1, 20, 60, len(tenants)} {
				c := measure(func() {
					heads, err := st.Heads(context.Background(), tenants[:n])
					if err != nil || len(heads) != n {
						t.Fatalf("%d heads, %v", len(heads), err)
					}
				}, statements, nil)
				if c.Statements != 1 {
					t.Errorf("%d statements for the heads of %d tenants", c.Statements, n)
				}
			}
		})
	}
}

// notGrown fails the test when an operation beside many costs more than beside few: a
// tenth more memory, or one more statement.
func notGrown(t *testing.T, what string, few, many cost) {
	t.Helper()
	t.Logf("%s: %+v beside few, %+v beside many", what, few, many)
	if many.Allocations > few.Allocations+few.Allocations/10+2 || many.Bytes > few.Bytes+few.Bytes/10+512 ||
		many.Statements > few.Statements {
		t.Errorf("%s costs %+v beside few, %+v beside many", what, few, many)
	}
}
