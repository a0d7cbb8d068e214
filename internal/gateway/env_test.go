package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
	"harang.dev/harang/internal/testtime"
	"harang.dev/harang/socketio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "a long enough password"

// testEnv is the program from the store to the socket, with real sockets.
type testEnv struct {
	testing.TB
	store    *store.Store
	auth     *auth.Service
	hub      *gateway.Hub
	relay    *relay.Relay
	gateway  *gateway.Gateway
	server   *socketio.Server
	file     string
	url      string
	registry *prometheus.Registry
	logs     *logBuffer
	// offset is how far the clock of the env is ahead of the real one.
	offset atomic.Int64
	// sourceDown makes the source of the feeds fail.
	sourceDown atomic.Bool
	// usersDown makes the authentication's database fail.
	usersDown atomic.Bool
	key       *auth.Key
	// users are ids by "tenant/ROLE".
	users map[string]string
	seen  chan []string
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// settings are what a test changes about the env.
type settings struct {
	engine  socketio.Options
	gateway gateway.Options
	// authenticator wraps the real one.
	authenticator func(gateway.Authenticator) gateway.Authenticator
	// reading is called before each reading of a feed.
	reading func()
}

// source is the store behind feeds and relay. It fails while down is set.
type source struct {
	*store.Store
	down    *atomic.Bool
	reading func()
}

var errUnavailable = errors.New("the database is unavailable")

func (s source) NewestEntries(ctx context.Context, id harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error) {
	s.reading()
	if s.down.Load() {
		return outbox.Heads{}, nil, errUnavailable
	}
	return s.Store.NewestEntries(ctx, id, limit)
}

// userStore is the store behind the authentication. It fails while down is set.
type userStore struct {
	*store.Store
	down *atomic.Bool
}

func (p userStore) FindSubject(ctx context.Context, tenant, user, session string, now time.Time) (auth.Subject,
	error) {
	if p.down.Load() {
		return auth.Subject{}, harang.Wrap(harang.CodeUnavailable, errUnavailable, "the database is unavailable")
	}
	return p.Store.FindSubject(ctx, tenant, user, session, now)
}

func (p userStore) FindTenantOfToken(ctx context.Context, tenant, token string) (harang.Tenant, bool, error) {
	if p.down.Load() {
		return harang.Tenant{}, false, harang.Wrap(harang.CodeUnavailable, errUnavailable,
			"the database is unavailable")
	}
	return p.Store.FindTenantOfToken(ctx, tenant, token)
}

// service is a new authentication over users, as another node or a restarted one has.
func (env *testEnv) service(users auth.UserStore) *auth.Service {
	env.Helper()
	s, err := auth.New(users, env.key, auth.Options{
		Clock: env.now, NewID: newID,
		HashParams: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	env.must(err)
	return s
}

// otherNode is the authentication of another node, whose database is always available.
func (env *testEnv) otherNode() *auth.Service { return env.service(env.store) }

func open(t testing.TB, change ...func(*settings)) *testEnv {
	t.Helper()
	env := &testEnv{TB: t, registry: prometheus.NewRegistry(), logs: new(logBuffer), users: map[string]string{},
		seen: make(chan []string, 16)}
	logger := slog.New(slog.NewTextHandler(env.logs, nil))
	var err error
	env.file = "sqlite:" + sqlitetest.File(t)
	env.store, err = sqlite.Open(t.Context(), env.file, store.Options{Clock: env.now, Logger: logger})
	env.must(err)
	t.Cleanup(func() { _ = env.store.Close() })
	env.key, err = auth.NewKey()
	env.must(err)
	env.auth = env.service(userStore{env.store, &env.usersDown})
	for _, tenant := range []string{"budapest", "debrecen"} {
		env.must(env.store.CreateTenant(t.Context(), harang.Tenant{ID: tenant, Name: tenant}))
		for _, role := range harang.Roles() {
			u, err := env.auth.CreateUser(t.Context(), harang.Identity{Tenant: tenant, Role: harang.RoleAdmin},
				auth.NewUser{
					Email: strings.ToLower(string(role)) + "@" + tenant + ".demo", Name: string(role), Role: role,
					Password: password,
				})
			env.must(err)
			env.users[tenant+"/"+string(role)] = u.ID
		}
	}

	s := settings{reading: func() {}}
	for _, c := range change {
		c(&s)
	}
	options := gateway.SocketOptions(s.engine)
	env.server = socketio.New(&options)
	encoder := gateway.NewEncoder(logger, env.registry)
	env.hub = feed.New(feed.Options[*socketio.Frame]{Source: source{env.store, &env.sourceDown, s.reading},
		Encoder: encoder,
		Clock:   env.now,
		Logger:  logger, Registry: env.registry})
	env.relay = relay.New(relay.Options{
		Source: env.store, Windows: env.hub, Version: env.store.DataVersion, Clock: env.now,
		Logger: logger, Registry: env.registry,
	})
	env.store.OnCommit(env.relay.Committed)
	o := s.gateway
	o.Encoder = encoder
	o.Server, o.Hub, o.Auth, o.Clock, o.Logger, o.Registry = env.server, env.hub, env.auth, env.now, logger,
		env.registry
	o.Seen = func(_, _ string, ids []string) { env.seen <- ids }
	if s.authenticator != nil {
		o.Auth = s.authenticator(env.auth)
	}
	env.gateway = gateway.New(o)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = env.relay.Run(ctx) })
	running.Go(func() { _ = env.gateway.Run(ctx) })
	listener := httptest.NewServer(env.server)
	env.url = listener.URL
	t.Cleanup(func() {
		_ = env.server.Close()
		listener.Close()
		stop()
		running.Wait()
		env.hub.Close()
	})
	return env
}

// reopen opens the same file as another process would.
func (env *testEnv) reopen(o store.Options) *store.Store {
	env.Helper()
	other, err := sqlite.Open(env.Context(), env.file, o)
	env.must(err)
	env.Cleanup(func() { _ = other.Close() })
	return other
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (env *testEnv) now() time.Time { return time.Now().Add(time.Duration(env.offset.Load())) }

func (env *testEnv) advance(d time.Duration) { env.offset.Add(int64(d)) }

func (env *testEnv) must(err error) {
	env.Helper()
	if err != nil {
		env.Fatal(err)
	}
}

func (env *testEnv) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testtime.Limit)
	env.Cleanup(cancel)
	return ctx
}

func (env *testEnv) user(tenant string, role harang.Role) string {
	return env.users[tenant+"/"+string(role)]
}

// token is an access token of the tenant's user with that role, made as the command line does.
func (env *testEnv) token(tenant string, role harang.Role) string {
	env.Helper()
	return env.tokenFor(tenant, role, time.Hour)
}

func (env *testEnv) tokenFor(tenant string, role harang.Role, ttl time.Duration) string {
	env.Helper()
	token, err := env.auth.IssueToken(env.Context(), tenant, role, env.user(tenant, role), ttl)
	env.must(err)
	return token
}

func (env *testEnv) login(tenant string, role harang.Role) auth.Grant {
	env.Helper()
	g, err := env.auth.Login(env.Context(), auth.LoginRequest{
		Email: strings.ToLower(string(role)) + "@" + tenant + ".demo", Password: password, Address: "127.0.0.1",
	})
	env.must(err)
	return g
}

// commit appends events of a type, one transaction each, and returns when this node's windows have them.
func (env *testEnv) commit(tenant string, t harang.EventType, n int) {
	env.Helper()
	for i := range n {
		env.append(tenant, t, payloadOf(t, i))
	}
	env.catchUp(tenant)
}

func payloadOf(t harang.EventType, i int) harang.Payload {
	switch t.Name {
	case harang.StockAlertType.Name:
		return harang.StockAlert{
			ProductID: fmt.Sprintf("product-%d", i), ProductName: "Fúrókalapács", CurrentQuantity: 1, Threshold: 3,
			LocationID: "vaci-ut", LocationName: "Váci út", Severity: harang.SeverityCritical,
		}
	case harang.PaymentErrorType.Name:
		return harang.PaymentError{
			TransactionID: fmt.Sprintf("payment-%d", i), ErrorCode: "iso:51", ErrorMessage: "Nincs fedezet",
			PartnerID: "partner", PartnerName: "Partner Kft.", Amount: 12000, Currency: harang.CurrencyHUF,
		}
	}
	return harang.RentalCreated{
		RentalID: fmt.Sprintf("rental-%d", i), PartnerID: "partner", PartnerName: "Partner Kft.",
		EquipmentCount: 2, TotalValue: 12000, Currency: harang.CurrencyHUF,
	}
}

// append commits one event without waiting for the relay.
func (env *testEnv) append(tenant string, t harang.EventType, payload harang.Payload) string {
	env.Helper()
	e, err := harang.NewEvent(t, newID(), tenant, env.now(), payload)
	env.must(err)
	env.must(env.store.Within(context.Background(), func(tx shop.Tx) error { tx.Append(e); return nil }))
	return e.ID
}

// session is the session event as a page reads it.
type session struct {
	ConnectionID, TenantID, Role, Position, Head string
	Rooms                                        []string
	Recovered                                    bool
	Replayed                                     int
	Gap                                          *struct {
		Reason string
		Missed *int64
	}
	Version        int64
	ServerTime     string
	TokenExpiresAt *string
}

// page is a connected client and the first events it received.
type page struct {
	*sioclient.Client
	env *testEnv
	session
	// offset is what the stock client would reconnect with.
	offset string
	// replay are the replayed events.
	replay []sioclient.Event
}

// handshake is a CONNECT payload.
type handshake struct {
	Token  any `json:"token,omitempty"`
	PID    any `json:"pid,omitempty"`
	Offset any `json:"offset,omitempty"`
}

// dial opens a transport that is closed when the test ends.
func (env *testEnv) dial() *sioclient.Client {
	env.Helper()
	c, err := sioclient.Dial(env.ctx(), env.url)
	env.must(err)
	env.Cleanup(func() { _ = c.Conn().Close() })
	return c
}

// tryConnect connects and reads session and the replay.
func (env *testEnv) tryConnect(auth any) (*page, error) {
	env.Helper()
	c := env.dial()
	if err := c.Connect(env.ctx(), gateway.Namespace, auth); err != nil {
		return nil, err
	}
	p := &page{Client: c, env: env}
	first := p.next()
	if first.Name != "session" || len(first.Args) != 2 {
		env.Fatalf("the first event is %s with %d arguments", first.Name, len(first.Args))
	}
	env.must(json.Unmarshal(first.Args[0], &p.session))
	if first.Offset() != p.Position {
		env.Errorf("session ends in %q, its position is %q", first.Offset(), p.Position)
	}
	for range p.Replayed {
		e := p.next()
		if _, ok := harang.FindEventType(e.Name); !ok {
			env.Fatalf("%s came within the replay", e.Name)
		}
		p.replay = append(p.replay, e)
	}
	return p, nil
}

func (env *testEnv) connect(auth any) *page {
	env.Helper()
	p, err := env.tryConnect(auth)
	if err != nil {
		env.Fatalf("connect: %v", err)
	}
	return p
}

// next reads the next event. A position must follow the one before.
func (p *page) next() sioclient.Event {
	p.env.Helper()
	e, err := p.Next(p.env.ctx())
	p.env.must(err)
	offset := e.Offset()
	if _, isFeed := harang.FindEventType(e.Name); !isFeed && e.Name != "session" {
		if offset != "" || len(e.Args) != 1 {
			p.env.Errorf("%s ends in a string: the stock client would take it for its offset", e.Name)
		}
		return e
	}
	after, ok := harang.ParsePosition(offset)
	if !ok {
		p.env.Fatalf("%s ends in %q, which is no position", e.Name, offset)
	}
	if before, ok := harang.ParsePosition(p.offset); ok && e.Name != "session" {
		if after.Epoch != before.Epoch || after.Audience != before.Audience || after.Number != before.Number+1 {
			p.env.Fatalf("%s follows %s", offset, p.offset)
		}
	}
	p.offset = offset
	return e
}

// expect reads events, which must have these names.
func (p *page) expect(names ...string) []sioclient.Event {
	p.env.Helper()
	events := make([]sioclient.Event, len(names))
	for i, name := range names {
		if events[i] = p.next(); events[i].Name != name {
			p.env.Fatalf("event %d is %s, want %s", i, events[i].Name, name)
		}
	}
	return events
}

// expectNothing fails if the page has received anything: the acknowledgement of clock comes behind what was sent
// before.
func (p *page) expectNothing() {
	p.env.Helper()
	_, err := p.EmitAck(p.env.ctx(), "clock", map[string]any{})
	p.env.must(err)
	if n := p.Queued(); n > 0 {
		e, _ := p.Next(p.env.ctx())
		p.env.Fatalf("%d events came, the first is %s", n, e.Name)
	}
}

// catchUp waits until the feeds on this node have everything that the database has.
func (env *testEnv) catchUp(tenant string) {
	env.Helper()
	env.must(env.relay.Relay(env.ctx(), tenant))
}

// goodbye skips to a goodbye, and checks how the server then ends the connection.
func (p *page) goodbye(code string, reconnect bool) (retryAfterMs int64) {
	p.env.Helper()
	var got struct {
		Code         string
		Reconnect    bool
		RetryAfterMs int64
	}
	for {
		e, err := p.Next(p.env.ctx())
		p.env.must(err)
		if e.Name != "goodbye" {
			continue
		}
		p.env.must(json.Unmarshal(e.Args[0], &got))
		break
	}
	if got.Code != code || got.Reconnect != reconnect {
		p.env.Fatalf("goodbye %+v, want %s, reconnect %t", got, code, reconnect)
	}
	_, err := p.Next(p.env.ctx())
	var closed *sioclient.ClosedError
	switch {
	case reconnect && (!errors.As(err, &closed) || !closed.Clean):
		p.env.Fatalf("after %s: %v, want the WebSocket closed", code, err)
	case !reconnect && !errors.Is(err, sioclient.ErrDisconnected):
		p.env.Fatalf("after %s: %v, want the namespace left", code, err)
	}
	return got.RetryAfterMs
}

// request sends an event and reads its acknowledgement.
func (p *page) request(event string, args ...any) (answer struct {
	OK                                   bool
	Rooms                                []string
	Position, TokenExpiresAt, ServerTime string
	Error                                struct{ Code string }
}) {
	p.env.Helper()
	got, err := p.EmitAck(p.env.ctx(), event, args...)
	p.env.must(err)
	if len(got) != 1 {
		p.env.Fatalf("%s was acknowledged with %d arguments", event, len(got))
	}
	p.env.must(json.Unmarshal(got[0], &answer))
	return answer
}

// reconnectWith is the CONNECT payload of the page's next connection.
func (p *page) reconnectWith(token string) handshake {
	return handshake{Token: token, PID: p.PID, Offset: p.offset}
}

// eventID is the id of a feed event.
func eventID(e sioclient.Event) string {
	var event struct{ EventID string }
	if json.Unmarshal(e.Args[0], &event) != nil {
		return ""
	}
	return event.EventID
}

// refused returns the code and data of a CONNECT_ERROR.
func refused(t *testing.T, err error) (code string, data map[string]any) {
	t.Helper()
	var ce *sioclient.ConnectError
	if !errors.As(err, &ce) {
		t.Fatalf("not refused: %v", err)
	}
	if e := json.Unmarshal(ce.Data, &data); e != nil {
		t.Fatal(e)
	}
	if data["code"] != ce.Message {
		t.Errorf("message %q, code %v", ce.Message, data["code"])
	}
	return ce.Message, data
}

func sorted(s []string) []string { slices.Sort(s); return s }

// metric is the sum of a metric's series.
func (env *testEnv) metric(name string) float64 {
	env.Helper()
	families, err := env.registry.Gather()
	env.must(err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// waitFor polls for what the server does in the background.
func (env *testEnv) waitFor(what string, is func() bool) {
	env.Helper()
	testtime.Eventually(env, testtime.Limit, what, is)
}
