package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/gateway"
)

func TestConnect_Session(t *testing.T) {
	env := open(t)
	env.commit("budapest", harang.StockAlertType, 2)
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleStoreManager)})
	s := p.session
	if p.SID == "" || p.PID == "" || p.SID == p.PID || s.ConnectionID != p.SID {
		t.Errorf("sid %q, pid %q, connectionId %q", p.SID, p.PID, s.ConnectionID)
	}
	want := []string{"tenant:budapest:all", "tenant:budapest:managers"}
	if diff := cmp.Diff(want, sorted(s.Rooms)); diff != "" {
		t.Error(diff)
	}
	if s.TenantID != "budapest" || s.Role != "STORE_MANAGER" || s.Position != s.Head {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff(resumed{}, resumedOf(p, p.PID)); diff != "" {
		t.Errorf("a first session (-want +got):\n%s", diff)
	}
	if head, ok := harang.ParsePosition(s.Head); !ok || head.Number != 2 || head.Audience != harang.AudienceManagers {
		t.Errorf("head %q", s.Head)
	}
	for what, at := range map[string]string{"serverTime": s.ServerTime, "tokenExpiresAt": *s.TokenExpiresAt} {
		if _, err := time.Parse(harang.TimeFormat, at); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.expectNothing()
}

// TestConnect_Roles is the matrix of what each role receives, live and replayed.
func TestConnect_Roles(t *testing.T) {
	receives := map[harang.Role][]string{
		harang.RoleOperator:     {"stock_alert"},
		harang.RoleStoreManager: {"payment_error", "stock_alert", "rental_created"},
		harang.RoleAdmin:        {"payment_error", "stock_alert", "rental_created"},
	}
	env := open(t)
	pages := map[harang.Role]*page{}
	others := map[harang.Role]*page{}
	for role := range receives {
		pages[role] = env.connect(handshake{Token: env.token("budapest", role)})
		others[role] = env.connect(handshake{Token: env.token("debrecen", role)})
	}
	commitAll := func() {
		env.commit("budapest", harang.PaymentErrorType, 1)
		env.commit("budapest", harang.StockAlertType, 1)
		env.commit("budapest", harang.RentalCreatedType, 1)
		env.catchUp("budapest")
	}
	commitAll()
	for role, names := range receives {
		pages[role].expect(names...)
		pages[role].expectNothing()
		others[role].expectNothing()
		env.must(pages[role].Cut())
	}
	commitAll()
	for role, names := range receives {
		p := env.connect(pages[role].reconnectWith(env.token("budapest", role)))
		var replayed []string
		for _, e := range p.replay {
			replayed = append(replayed, e.Name)
		}
		if diff := cmp.Diff(names, replayed); diff != "" {
			t.Errorf("%s: replay (-want +got):\n%s", role, diff)
		}
	}
}

func TestConnect_Tokens(t *testing.T) {
	env := open(t)
	stranger := func() string {
		key, err := auth.NewKey()
		env.must(err)
		other, err := auth.New(env.store, key, auth.Options{NewID: newID,
			HashParams: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
		env.must(err)
		token, err := other.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
		env.must(err)
		return token
	}
	good := env.token("budapest", harang.RoleAdmin)
	short := env.tokenFor("budapest", harang.RoleAdmin, time.Minute)
	env.advance(2 * time.Minute)
	for name, c := range map[string]struct {
		auth any
		code string
	}{
		"NoPayload":   {nil, "UNAUTHENTICATED"},
		"NoToken":     {handshake{}, "UNAUTHENTICATED"},
		"Empty":       {handshake{Token: ""}, "UNAUTHENTICATED"},
		"Number":      {handshake{Token: 42}, "UNAUTHENTICATED"},
		"Object":      {handshake{Token: map[string]any{"token": good}}, "UNAUTHENTICATED"},
		"Garbage":     {handshake{Token: "garbage"}, "UNAUTHENTICATED"},
		"NotBare":     {handshake{Token: "Bearer " + good}, "UNAUTHENTICATED"},
		"Huge":        {handshake{Token: strings.Repeat("a", 500_000)}, "UNAUTHENTICATED"},
		"Zero":        {handshake{Token: "\x00\u2028\U0001F514"}, "UNAUTHENTICATED"},
		"Tampered":    {handshake{Token: good[:len(good)-6] + "AAAAAA"}, "UNAUTHENTICATED"},
		"AnotherKey":  {handshake{Token: stranger()}, "UNAUTHENTICATED"},
		"Expired":     {handshake{Token: short}, "TOKEN_EXPIRED"},
		"ExpiredBack": {handshake{Token: short, PID: "pid", Offset: "offset"}, "TOKEN_EXPIRED"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := env.tryConnect(c.auth)
			code, data := refused(t, err)
			if code != c.code || len(data) != 1 {
				t.Errorf("refused with %s %v, want %s", code, data, c.code)
			}
		})
	}
	env.connect(handshake{Token: good})
}

// TestConnect_AfterRefusal: the transport stays usable after a refusal.
func TestConnect_AfterRefusal(t *testing.T) {
	env := open(t)
	c := env.dial()
	_, _ = refused(t, c.Connect(env.ctx(), gateway.Namespace, handshake{Token: "no"}))
	env.must(c.Connect(env.ctx(), gateway.Namespace, handshake{Token: env.token("budapest", harang.RoleOperator)}))
}

func TestConnect_Limit(t *testing.T) {
	env := open(t, func(s *settings) { s.gateway.ConnectionsPerTenant = 3 })
	token := env.token("budapest", harang.RoleOperator)
	pages := make([]*page, 3)
	for i := range pages {
		pages[i] = env.connect(handshake{Token: token})
	}
	_, err := env.tryConnect(handshake{Token: token})
	code, data := refused(t, err)
	if code != "TENANT_CONNECTION_LIMIT" || data["limit"] != 3.0 || data["retryAfterMs"].(float64) <= 0 {
		t.Fatalf("%s %v", code, data)
	}
	env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)}) // the other tenant has seats of its own

	// An unknown pid, and the pid of another user, name no seat.
	for _, back := range []handshake{
		{Token: token, PID: "never-given", Offset: pages[0].offset},
		{Token: env.token("budapest", harang.RoleAdmin), PID: pages[0].PID, Offset: pages[0].offset},
	} {
		_, err := env.tryConnect(back)
		if code, _ := refused(t, err); code != "TENANT_CONNECTION_LIMIT" {
			t.Fatal(code)
		}
	}

	// All half-open connections reconnect and take their seats over.
	for i, ghost := range pages {
		pages[i] = env.connect(ghost.reconnectWith(token))
		if !pages[i].Recovered || pages[i].PID != ghost.PID {
			t.Errorf("%+v", pages[i].session)
		}
		if e, err := ghost.Next(env.ctx()); err == nil {
			t.Errorf("the older connection got %s", e.Name)
		}
	}
	if n := env.metric("harang_gateway_takeovers_total"); n != 3 {
		t.Errorf("%v takeovers", n)
	}
	env.commit("budapest", harang.StockAlertType, 1)
	for _, p := range pages {
		p.expect("stock_alert")
	}

	// A closed connection frees its seat.
	env.must(pages[0].Close())
	env.waitFor("the seat is free", func() bool { return env.metric("harang_gateway_connections") == 3 })
	env.connect(handshake{Token: token})
	if _, err := env.tryConnect(handshake{Token: token}); err == nil {
		t.Error("one more than the limit")
	}
}

// TestConnect_UserLimit: a user's new connections beyond the limit are refused, known ones take their seats over, and
// callers without a user are not limited.
func TestConnect_UserLimit(t *testing.T) {
	env := open(t, func(s *settings) { s.gateway.ConnectionsPerUser = 2 })
	token := env.token("budapest", harang.RoleOperator)
	first, second := env.connect(handshake{Token: token}), env.connect(handshake{Token: token})
	_, err := env.tryConnect(handshake{Token: token})
	code, data := refused(t, err)
	if code != "USER_CONNECTION_LIMIT" || data["limit"] != 2.0 || data["retryAfterMs"].(float64) <= 0 {
		t.Fatalf("%s %v", code, data)
	}
	env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	if back := env.connect(first.reconnectWith(token)); !back.Recovered {
		t.Errorf("%+v", back.session)
	}
	command := env.commandToken()
	for range 5 {
		env.connect(handshake{Token: command})
	}
	env.must(second.Close())
	env.waitFor("the seat is free", func() bool { return env.metric("harang_gateway_connections") == 7 })
	env.connect(handshake{Token: token})
}

// TestConnect_TakeoverWithAGap: a client with a gap takes its seat over too, and the seat gets the new pid.
func TestConnect_TakeoverWithAGap(t *testing.T) {
	env := open(t, func(s *settings) { s.gateway.ConnectionsPerTenant = 1 })
	token := env.token("budapest", harang.RoleOperator)
	ghost := env.connect(handshake{Token: token})
	p := env.connect(handshake{Token: token, PID: ghost.PID, Offset: "nonsense"})
	if p.Recovered || p.PID == ghost.PID {
		t.Errorf("%+v", p.session)
	}
	again := env.connect(p.reconnectWith(token))
	if !again.Recovered || again.PID != p.PID {
		t.Errorf("%+v", again.session)
	}
	if _, err := env.tryConnect(ghost.reconnectWith(token)); err == nil {
		t.Error("the earlier pid still has a seat")
	}
}

// hookedAuthenticator calls during after each authentication, before its result is used.
type hookedAuthenticator struct {
	gateway.Authenticator
	calls  atomic.Int64
	during func(call int64)
}

func (j *hookedAuthenticator) Authenticate(ctx context.Context, token string) (harang.Identity, error) {
	id, err := j.Authenticator.Authenticate(ctx, token)
	j.during(j.calls.Add(1))
	return id, err
}

// TestConnect_RevocationOvertakes: a logout commits and reaches this node between the authentication and the
// registration.
func TestConnect_RevocationOvertakes(t *testing.T) {
	var env *testEnv
	var overtake func()
	var once sync.Once
	env = open(t, func(s *settings) {
		s.authenticator = func(real gateway.Authenticator) gateway.Authenticator {
			return &hookedAuthenticator{Authenticator: real, during: func(int64) {
				if overtake != nil {
					once.Do(overtake)
				}
			}}
		}
	})
	first := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)}) // its control feed is followed now
	grant := env.login("budapest", harang.RoleOperator)
	overtake = func() {
		env.must(env.auth.Logout(t.Context(), grant.Identity))
		env.catchUp("budapest")
	}
	p, err := env.tryConnect(handshake{Token: grant.AccessToken})
	if err == nil {
		p.goodbye("LOGGED_OUT", false) // it was applied after CONNECT
	} else if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Errorf("%s", code)
	}
	first.expectNothing()
}

// TestConnect_RevocationBeforeFollowing: a tenant's first token is authenticated again once the control feed is
// followed.
func TestConnect_RevocationBeforeFollowing(t *testing.T) {
	var env *testEnv
	var grant auth.Grant
	env = open(t, func(s *settings) {
		s.authenticator = func(real gateway.Authenticator) gateway.Authenticator {
			return &hookedAuthenticator{Authenticator: real, during: func(call int64) {
				if call == 1 {
					env.must(env.auth.Logout(t.Context(), grant.Identity))
				}
			}}
		}
	})
	grant = env.login("budapest", harang.RoleOperator)
	_, err := env.tryConnect(handshake{Token: grant.AccessToken})
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Errorf("%s", code)
	}
}

func TestConnect_SourceUnavailable(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	env.sourceDown.Store(true)
	c := env.dial()
	if err := c.Connect(env.ctx(), gateway.Namespace, handshake{Token: token}); !isClosed(err) {
		t.Errorf("%v, want the transport closed, so that the client comes back", err)
	}
	env.sourceDown.Store(false)
	p := env.connect(handshake{Token: token})
	env.sourceDown.Store(true)
	again := env.connect(p.reconnectWith(token)) // from the window
	if !again.Recovered {
		t.Errorf("%+v", again.session)
	}
	if n := env.metric("harang_gateway_connections"); n < 1 {
		t.Errorf("%v connections", n)
	}
}

// TestConnect_AuthUnavailable: an unavailable database signs nobody out.
func TestConnect_AuthUnavailable(t *testing.T) {
	env := open(t, func(s *settings) {
		s.authenticator = func(gateway.Authenticator) gateway.Authenticator { return broken{} }
	})
	if err := env.dial().Connect(env.ctx(), gateway.Namespace, handshake{Token: "x"}); !isClosed(err) {
		t.Errorf("%v", err)
	}
	if !strings.Contains(env.logs.String(), "connect failed") {
		t.Error("nothing in the log")
	}
}

type broken struct{}

func (broken) Authenticate(context.Context, string) (harang.Identity, error) {
	return harang.Identity{}, harang.Wrap(harang.CodeUnavailable, errUnavailable, "the database is unavailable")
}

// TestConnect_Service: a role without a feed is refused.
func TestConnect_Service(t *testing.T) {
	env := open(t, func(s *settings) {
		s.authenticator = func(gateway.Authenticator) gateway.Authenticator { return service{} }
	})
	_, err := env.tryConnect(handshake{Token: "x"})
	if code, _ := refused(t, err); code != "FORBIDDEN" {
		t.Error(code)
	}
}

type service struct{}

func (service) Authenticate(context.Context, string) (harang.Identity, error) {
	return harang.Identity{Tenant: "budapest", UserID: "key:1", Role: harang.RoleService}, nil
}

func TestConnect_Connections(t *testing.T) {
	env := open(t)
	a := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	b := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	env.connect(handshake{Token: env.token("debrecen", harang.RoleAdmin)})
	env.commit("budapest", harang.StockAlertType, 1)
	a.expect("stock_alert")
	b.expect("stock_alert")
	var list []gateway.Connection
	env.waitFor("both have position 1", func() bool {
		list = env.gateway.Connections("budapest")
		return len(list) == 2 && list[0].Position.Number == 1 && list[1].Position.Number == 1
	})
	for i, p := range []*page{a, b} {
		if c := list[i]; c.ID != p.SID || c.Role != harang.Role(p.Role) || c.Transport != "websocket" ||
			c.Position.String() != p.offset {
			t.Errorf("%+v, want %s at %s", c, p.SID, p.offset)
		}
	}
	if got := env.gateway.Connections("nowhere"); got != nil {
		t.Errorf("%+v", got)
	}
	env.gateway.Evict("nowhere", a.SID)
	env.gateway.Evict("debrecen", a.SID) // another tenant's connection is not found
	a.expectNothing()
	env.gateway.Evict("budapest", a.SID) // its seat was taken over on another node
	if _, err := a.Next(env.ctx()); err == nil {
		t.Error("the evicted connection is still open")
	}
	b.expectNothing()
}

func TestSeats_Memory(t *testing.T) {
	s := gateway.NewSeats()
	ctx := t.Context()
	seat := func(user, pid, connection string) gateway.Seat {
		return gateway.Seat{Tenant: "budapest", User: user, PID: pid, Connection: connection}
	}
	take := func(seat gateway.Seat, want string) {
		t.Helper()
		if older, err := s.Take(ctx, seat, gateway.Limits{Tenant: 2}); err != nil || older != want {
			t.Fatalf("Take(%+v) = %q, %v; want %q", seat, older, err, want)
		}
	}
	full := func(seat gateway.Seat) {
		t.Helper()
		if _, err := s.Take(ctx, seat, gateway.Limits{Tenant: 2}); harang.ErrorCode(err) != harang.CodeConnectionLimit {
			t.Fatalf("Take(%+v): %v", seat, err)
		}
	}
	take(seat("anna", "p1", "c1"), "")
	take(seat("anna", "p2", "c2"), "")
	full(seat("bela", "p1", "c3"))
	take(seat("anna", "p1", "c4"), "c1")
	if err := s.Release(ctx, seat("anna", "p1", "c1")); err != nil {
		t.Fatal(err)
	}
	full(seat("bela", "p3", "c5")) // the end of the older connection frees no seat
	if err := s.Rename(ctx, seat("anna", "p1", "c1"), "p9"); err != nil {
		t.Fatal(err)
	}
	take(seat("anna", "p1", "c6"), "c4")
	if err := s.Rename(ctx, seat("anna", "p1", "c6"), "p7"); err != nil {
		t.Fatal(err)
	}
	full(seat("anna", "p1", "c7"))
	take(seat("anna", "p7", "c8"), "c6")
	for _, of := range []gateway.Seat{seat("anna", "p7", "c8"), seat("anna", "p2", "c2")} {
		if err := s.Release(ctx, of); err != nil {
			t.Fatal(err)
		}
	}
	take(seat("bela", "p1", "c9"), "")
}

// TestSeats_Concurrent: concurrent callers never take more seats than the limit.
func TestSeats_Concurrent(t *testing.T) {
	s := gateway.NewSeats()
	var taken, full atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			id := fmt.Sprint(i)
			_, err := s.Take(t.Context(),
				gateway.Seat{Tenant: "budapest", User: "u", PID: id, Connection: id}, gateway.Limits{Tenant: 50})
			if err == nil {
				taken.Add(1)
			} else {
				full.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 50 || full.Load() != 150 {
		t.Errorf("%d taken, %d refused", taken.Load(), full.Load())
	}
}

// TestConnect_ListedWhenConnected: a client that has session is listed already.
func TestConnect_ListedWhenConnected(t *testing.T) {
	env := open(t)
	for n := range 50 {
		env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
		if got := len(env.gateway.Connections("budapest")); got != n+1 {
			t.Fatalf("%d listed of %d connections", got, n+1)
		}
	}
}
