package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
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
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/socketio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

const password = "a long enough password"

// house is the program from the store to the socket, with real sockets.
type house struct {
	testing.TB
	store    *store.Store
	auth     *auth.Service
	hub      *feed.Hub
	relay    *relay.Relay
	gateway  *gateway.Gateway
	server   *socketio.Server
	file     string
	url      string
	registry *prometheus.Registry
	logs     *logBuffer
	// offset is how far the house's clock is ahead of the real one.
	offset atomic.Int64
	// away has the source of feeds fail.
	away atomic.Bool
	// unjudged has the judgements of access tokens find no database; key signs
	// them.
	unjudged atomic.Bool
	key      *auth.Key
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

// settings are what a test changes about the house.
type settings struct {
	engine  socketio.Options
	gateway gateway.Options
	// authenticator wraps the real one.
	authenticator func(gateway.Authenticator) gateway.Authenticator
	// reading is called at the beginning of each reading of a feed.
	reading func()
}

// source is the store as feeds and relay see it, which can be away.
type source struct {
	*store.Store
	away    *atomic.Bool
	reading func()
}

var errAway = errors.New("the database is away")

func (s source) NewestEntries(ctx context.Context, id harang.FeedID, limit int) (harang.Heads, []harang.Entry, error) {
	s.reading()
	if s.away.Load() {
		return harang.Heads{}, nil, errAway
	}
	return s.Store.NewestEntries(ctx, id, limit)
}

// people is the store as the judging of tokens sees it, which can be away.
type people struct {
	*store.Store
	away *atomic.Bool
}

func (p people) FindSubject(ctx context.Context, tenant, user, session string, now time.Time) (harang.Subject, error) {
	if p.away.Load() {
		return harang.Subject{}, harang.Wrap(harang.CodeUnavailable, errAway, "the database is away")
	}
	return p.Store.FindSubject(ctx, tenant, user, session, now)
}

func (p people) FindTenantOfToken(ctx context.Context, tenant, token string) (harang.Tenant, bool, error) {
	if p.away.Load() {
		return harang.Tenant{}, false, harang.Wrap(harang.CodeUnavailable, errAway, "the database is away")
	}
	return p.Store.FindTenantOfToken(ctx, tenant, token)
}

// service judges by these books.
func (h *house) service(books auth.Books) *auth.Service {
	h.Helper()
	s, err := auth.New(books, h.key, auth.Options{
		Clock: h.now, NewID: newID,
		HashParams: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	h.must(err)
	return s
}

// node is the service of another node, whose database is never away.
func (h *house) node() *auth.Service { return h.service(h.store) }

func open(t testing.TB, change ...func(*settings)) *house {
	t.Helper()
	h := &house{TB: t, registry: prometheus.NewRegistry(), logs: new(logBuffer), users: map[string]string{}, seen: make(chan []string, 16)}
	logger := slog.New(slog.NewTextHandler(h.logs, nil))
	var err error
	h.file = "sqlite:" + filepath.Join(t.TempDir(), "harang.db")
	h.store, err = sqlite.Open(t.Context(), h.file, store.Options{Clock: h.now, Logger: logger})
	h.must(err)
	t.Cleanup(func() { _ = h.store.Close() })
	h.key, err = auth.NewKey()
	h.must(err)
	h.auth = h.service(people{h.store, &h.unjudged})
	for _, tenant := range []string{"budapest", "debrecen"} {
		h.must(h.store.CreateTenant(t.Context(), harang.Tenant{ID: tenant, Name: tenant}))
		for _, role := range harang.Roles() {
			u, err := h.auth.CreateUser(t.Context(), harang.Identity{Tenant: tenant, Role: harang.RoleAdmin}, auth.NewUser{
				Email: strings.ToLower(string(role)) + "@" + tenant + ".demo", Name: string(role), Role: role, Password: password,
			})
			h.must(err)
			h.users[tenant+"/"+string(role)] = u.ID
		}
	}

	s := settings{reading: func() {}}
	for _, c := range change {
		c(&s)
	}
	s.engine.Overflow = gateway.Overflow
	h.server = socketio.New(&s.engine)
	h.hub = feed.New(feed.Options{Source: source{h.store, &h.away, s.reading}, Clock: h.now, Logger: logger, Registry: h.registry})
	h.relay = relay.New(relay.Options{
		Source: h.store, Log: h.hub, Windows: h.hub, Version: h.store.DataVersion, Clock: h.now, Logger: logger, Registry: h.registry,
	})
	h.store.OnCommit(h.relay.Committed)
	o := s.gateway
	o.Server, o.Hub, o.Auth, o.Clock, o.Logger, o.Registry = h.server, h.hub, h.auth, h.now, logger, h.registry
	o.Seen = func(_, _ string, ids []string) { h.seen <- ids }
	if s.authenticator != nil {
		o.Auth = s.authenticator(h.auth)
	}
	h.gateway = gateway.New(o)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = h.relay.Run(ctx) })
	running.Go(func() { _ = h.gateway.Run(ctx) })
	listener := httptest.NewServer(h.server)
	h.url = listener.URL
	t.Cleanup(func() {
		_ = h.server.Close()
		listener.Close()
		stop()
		running.Wait()
		h.hub.Close()
	})
	return h
}

// reopen opens the same file as another process does.
func (h *house) reopen(o store.Options) *store.Store {
	h.Helper()
	other, err := sqlite.Open(h.Context(), h.file, o)
	h.must(err)
	h.Cleanup(func() { _ = other.Close() })
	return other
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.offset.Load())) }

func (h *house) advance(d time.Duration) { h.offset.Add(int64(d)) }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	h.Cleanup(cancel)
	return ctx
}

func (h *house) user(tenant string, role harang.Role) string { return h.users[tenant+"/"+string(role)] }

// token is an access token of the tenant's user with that role, from the command
// line.
func (h *house) token(tenant string, role harang.Role) string {
	h.Helper()
	return h.tokenFor(tenant, role, time.Hour)
}

func (h *house) tokenFor(tenant string, role harang.Role, ttl time.Duration) string {
	h.Helper()
	token, err := h.auth.IssueToken(h.Context(), tenant, role, h.user(tenant, role), ttl)
	h.must(err)
	return token
}

func (h *house) login(tenant string, role harang.Role) auth.Grant {
	h.Helper()
	g, err := h.auth.Login(h.Context(), strings.ToLower(string(role))+"@"+tenant+".demo", password, "127.0.0.1")
	h.must(err)
	return g
}

// commit appends events of a type, one transaction each, and returns when this
// node's windows have them.
func (h *house) commit(tenant string, t harang.EventType, n int) {
	h.Helper()
	for i := range n {
		h.append(tenant, t, payloadOf(t, i))
	}
	h.settled(tenant)
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

// append commits one event and leaves it to the relay to hear of it.
func (h *house) append(tenant string, t harang.EventType, payload harang.Payload) string {
	h.Helper()
	e, err := harang.NewEvent(t, newID(), tenant, h.now(), payload)
	h.must(err)
	h.must(h.store.Within(context.Background(), func(tx *store.Tx) error { tx.Append(e); return nil }))
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

// page is a connected client and what it was told first.
type page struct {
	*sioclient.Client
	h *house
	session
	// offset is what the stock client would come back with.
	offset string
	// replay are the replayed events' ids.
	replay []sioclient.Event
}

// handshake is a CONNECT payload.
type handshake struct {
	Token  any `json:"token,omitempty"`
	PID    any `json:"pid,omitempty"`
	Offset any `json:"offset,omitempty"`
}

// dial opens a transport that ends with the test.
func (h *house) dial() *sioclient.Client {
	h.Helper()
	c, err := sioclient.Dial(h.ctx(), h.url)
	h.must(err)
	h.Cleanup(func() { _ = c.Conn().Close() })
	return c
}

// try connects and returns what the server says.
func (h *house) try(auth any) (*page, error) {
	h.Helper()
	c := h.dial()
	if err := c.Connect(h.ctx(), gateway.Namespace, auth); err != nil {
		return nil, err
	}
	p := &page{Client: c, h: h}
	first := p.next()
	if first.Name != "session" || len(first.Args) != 2 {
		h.Fatalf("the first event is %s with %d arguments", first.Name, len(first.Args))
	}
	h.must(json.Unmarshal(first.Args[0], &p.session))
	if first.Offset() != p.Position {
		h.Errorf("session ends in %q, its position is %q", first.Offset(), p.Position)
	}
	for range p.Replayed {
		e := p.next()
		if _, ok := harang.FindEventType(e.Name); !ok {
			h.Fatalf("%s came within the replay", e.Name)
		}
		p.replay = append(p.replay, e)
	}
	return p, nil
}

func (h *house) connect(auth any) *page {
	h.Helper()
	p, err := h.try(auth)
	if err != nil {
		h.Fatalf("connect: %v", err)
	}
	return p
}

// next is the next event; its position must follow the one before.
func (p *page) next() sioclient.Event {
	p.h.Helper()
	e, err := p.Next(p.h.ctx())
	p.h.must(err)
	offset := e.Offset()
	if _, isFeed := harang.FindEventType(e.Name); !isFeed && e.Name != "session" {
		if offset != "" || len(e.Args) != 1 {
			p.h.Errorf("%s ends in a string: the stock client would take it for its offset", e.Name)
		}
		return e
	}
	after, ok := harang.ParsePosition(offset)
	if !ok {
		p.h.Fatalf("%s ends in %q, which is no position", e.Name, offset)
	}
	if before, ok := harang.ParsePosition(p.offset); ok && e.Name != "session" {
		if after.Epoch != before.Epoch || after.Audience != before.Audience || after.Number != before.Number+1 {
			p.h.Fatalf("%s follows %s", offset, p.offset)
		}
	}
	p.offset = offset
	return e
}

// expect reads events of these names.
func (p *page) expect(names ...string) []sioclient.Event {
	p.h.Helper()
	events := make([]sioclient.Event, len(names))
	for i, name := range names {
		if events[i] = p.next(); events[i].Name != name {
			p.h.Fatalf("event %d is %s, want %s", i, events[i].Name, name)
		}
	}
	return events
}

// silent fails if anything has reached the page: what was sent to it before is
// in front of the clock's acknowledgement.
func (p *page) silent() {
	p.h.Helper()
	_, err := p.EmitAck(p.h.ctx(), "clock", map[string]any{})
	p.h.must(err)
	if n := p.Queued(); n > 0 {
		e, _ := p.Next(p.h.ctx())
		p.h.Fatalf("%d events came, the first is %s", n, e.Name)
	}
}

// settled waits until the feed on this node stands where the database does.
func (h *house) settled(tenant string) {
	h.Helper()
	h.must(h.relay.Relay(h.ctx(), tenant))
}

// goodbye reads a goodbye and how the server then ends the connection.
func (p *page) goodbye(code string, reconnect bool) (retryAfterMs int64) {
	p.h.Helper()
	var said struct {
		Code         string
		Reconnect    bool
		RetryAfterMs int64
	}
	for {
		e, err := p.Next(p.h.ctx())
		p.h.must(err)
		if e.Name != "goodbye" {
			continue
		}
		p.h.must(json.Unmarshal(e.Args[0], &said))
		break
	}
	if said.Code != code || said.Reconnect != reconnect {
		p.h.Fatalf("goodbye %+v, want %s, reconnect %t", said, code, reconnect)
	}
	_, err := p.Next(p.h.ctx())
	var closed *sioclient.ClosedError
	switch {
	case reconnect && (!errors.As(err, &closed) || !closed.Clean):
		p.h.Fatalf("after %s: %v, want the WebSocket closed", code, err)
	case !reconnect && !errors.Is(err, sioclient.ErrDisconnected):
		p.h.Fatalf("after %s: %v, want the namespace left", code, err)
	}
	return said.RetryAfterMs
}

// ask sends an event and reads its acknowledgement.
func (p *page) ask(event string, args ...any) (answer struct {
	OK                                   bool
	Rooms                                []string
	Position, TokenExpiresAt, ServerTime string
	Error                                struct{ Code string }
}) {
	p.h.Helper()
	got, err := p.EmitAck(p.h.ctx(), event, args...)
	p.h.must(err)
	if len(got) != 1 {
		p.h.Fatalf("%s was acknowledged with %d arguments", event, len(got))
	}
	p.h.must(json.Unmarshal(got[0], &answer))
	return answer
}

// back is the CONNECT of a page that was here before.
func (p *page) back(token string) handshake {
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

// refused returns the code and data of a refusal.
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
func (h *house) metric(name string) float64 {
	h.Helper()
	families, err := h.registry.Gather()
	h.must(err)
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

// until polls for what only happens in the background of the server.
func (h *house) until(what string, is func() bool) {
	h.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); !is(); <-ticker.C {
		if time.Now().After(end) {
			h.Fatalf("%s did not come true", what)
		}
	}
}
