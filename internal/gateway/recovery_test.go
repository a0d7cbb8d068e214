package gateway_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/sioclient"
)

func isClosed(err error) bool {
	var closed *sioclient.ClosedError
	return errors.As(err, &closed)
}

// resumed is what a test compares of the session of a client that reconnected.
type resumed struct {
	Recovered bool
	Gap       string // the reason, "" for none
	Replayed  int
	NewPID    bool
}

func resumedOf(p *page, pidBefore string) resumed {
	r := resumed{Recovered: p.Recovered, Replayed: p.Replayed, NewPID: p.PID != pidBefore}
	if p.session.Gap != nil {
		r.Gap = p.session.Gap.Reason
	}
	return r
}

// wantGap checks the session of a client that reconnected with a gap.
func wantGap(t *testing.T, p *page, before string, reason string, missed, replayed int) {
	t.Helper()
	s := p.session
	if s.Gap == nil {
		t.Fatalf("session %+v has no gap", s)
	}
	if diff := cmp.Diff(resumed{Gap: reason, Replayed: replayed, NewPID: true}, resumedOf(p, before)); diff != "" {
		t.Fatalf("session (-want +got):\n%s", diff)
	}
	switch {
	case missed < 0 && s.Gap.Missed != nil:
		t.Fatalf("missed %d, want null", *s.Gap.Missed)
	case missed >= 0 && (s.Gap.Missed == nil || *s.Gap.Missed != int64(missed)):
		t.Fatalf("missed %v, want %d", s.Gap.Missed, missed)
	}
	if replayed == 0 && s.Position != s.Head {
		t.Fatalf("nothing is replayed, but the position is %s and the head %s", s.Position, s.Head)
	}
}

func TestRecovery_Replay(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleStoreManager)
	p := env.connect(handshake{Token: token})
	env.commit("budapest", harang.RentalCreatedType, 1)
	p.expect("rental_created")
	env.must(p.Cut())
	env.commit("budapest", harang.PaymentErrorType, 2)
	env.commit("budapest", harang.StockAlertType, 1)

	back := env.connect(p.reconnectWith(token))
	if diff := cmp.Diff(resumed{Recovered: true, Replayed: 3}, resumedOf(back, p.PID)); diff != "" {
		t.Fatalf("session (-want +got):\n%s", diff)
	}
	if back.Position != p.offset || back.SID == p.SID {
		t.Fatalf("position %s after %s, sid %s after %s", back.Position, p.offset, back.SID, p.SID)
	}
	if names := []string{back.replay[0].Name, back.replay[1].Name, back.replay[2].Name}; strings.Join(names,
		" ") != "payment_error payment_error stock_alert" {
		t.Errorf("%v", names)
	}
	env.commit("budapest", harang.StockAlertType, 1)
	back.expect("stock_alert")

	env.must(back.Cut())
	env.advance(time.Hour - time.Minute)
	late := env.connect(back.reconnectWith(token))
	if diff := cmp.Diff(resumed{Recovered: true}, resumedOf(late, p.PID)); diff != "" || late.Position != late.Head {
		t.Errorf("at the head, however long it took: %+v (-want +got):\n%s", late.session, diff)
	}
}

func TestRecovery_Overflow(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	env.must(p.Cut())
	env.commit("budapest", harang.StockAlertType, 60)
	back := env.connect(p.reconnectWith(token))
	wantGap(t, back, p.PID, "overflow", 10, 50)
	if at, _ := harang.ParsePosition(back.Position); at.Number != 10 {
		t.Errorf("the position is %s, want the place before the first replayed", back.Position)
	}
	env.commit("budapest", harang.StockAlertType, 1)
	back.expect("stock_alert")
	env.must(back.Cut())
	if again := env.connect(back.reconnectWith(token)); !again.Recovered || again.PID != back.PID {
		t.Errorf("%+v", again.session)
	}
}

// TestRecovery_FiftyFit: exactly as many events as the window holds were missed.
func TestRecovery_FiftyFit(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	env.must(p.Cut())
	env.commit("budapest", harang.StockAlertType, 50)
	if back := env.connect(p.reconnectWith(token)); !back.Recovered || back.Replayed != 50 || back.PID != p.PID {
		t.Errorf("%+v", back.session)
	}
}

func TestRecovery_Expired(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	env.must(p.Cut())
	env.commit("budapest", harang.StockAlertType, 3)
	env.advance(4 * time.Minute)
	env.commit("budapest", harang.StockAlertType, 2)
	env.advance(2 * time.Minute)
	wantGap(t, env.connect(p.reconnectWith(token)), p.PID, "expired", 3, 2)
	env.advance(4 * time.Minute)
	wantGap(t, env.connect(p.reconnectWith(token)), p.PID, "expired", 5, 0)
}

// TestRecovery_ExpiredRounds: the clock moves on while a client is offline, so that some of what it missed is too old
// and some is not. 50 rounds; 100 with HARANG_SOAK=1.
func TestRecovery_ExpiredRounds(t *testing.T) {
	rounds := 50
	if os.Getenv("HARANG_SOAK") != "" {
		rounds = 100
	}
	env := open(t)
	for range rounds {
		token := env.token("budapest", harang.RoleOperator)
		p := env.connect(handshake{Token: token})
		env.must(p.Cut())
		old, young := 1+rand.IntN(25), rand.IntN(25)
		env.commit("budapest", harang.StockAlertType, old)
		env.advance(harang.FeedWindowAge + time.Second)
		if young > 0 {
			env.commit("budapest", harang.StockAlertType, young)
		}
		back := env.connect(p.reconnectWith(env.token("budapest", harang.RoleOperator)))
		wantGap(t, back, p.PID, "expired", old, young)
		env.must(back.Cut())
	}
}

// TestRecovery_ClockStepped: a clock that is set an hour back or ahead between two events loses and repeats nothing. An
// hour ahead makes what came before too old, which the gap says.
func TestRecovery_ClockStepped(t *testing.T) {
	for name, step := range map[string]time.Duration{"Back": -time.Hour, "Ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			env := open(t)
			p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
			env.must(p.Cut())
			env.commit("budapest", harang.StockAlertType, 3)
			env.advance(step)
			env.commit("budapest", harang.StockAlertType, 2)
			back := env.connect(p.reconnectWith(env.token("budapest", harang.RoleOperator)))
			if step > 0 {
				wantGap(t, back, p.PID, "expired", 3, 2)
				return
			}
			if !back.Recovered || back.Replayed != 5 || back.Gap != nil || back.PID != p.PID {
				t.Errorf("%+v", back.session)
			}
		})
	}
}

// TestRecovery_AfterRestart: the window is rebuilt from the database, and a pid that this process has never seen is
// kept.
func TestRecovery_AfterRestart(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	env.commit("budapest", harang.StockAlertType, 4)
	heads, err := env.store.Heads(t.Context(), []string{"budapest"})
	env.must(err)
	at := harang.Position{Epoch: heads[0].Epoch, Audience: harang.AudienceOperators, Number: 1}
	p := env.connect(handshake{Token: token, PID: "given-before-the-restart", Offset: at.String()})
	if !p.Recovered || p.Replayed != 3 || p.PID != "given-before-the-restart" {
		t.Errorf("%+v, pid %s", p.session, p.PID)
	}
}

// TestRecovery_Unreadable: every pid and offset leads to one of the contract's answers.
func TestRecovery_Unreadable(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	other := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	manager := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	p := env.connect(handshake{Token: token})
	env.commit("budapest", harang.StockAlertType, 5)
	p.expect("stock_alert", "stock_alert", "stock_alert", "stock_alert", "stock_alert")
	at, _ := harang.ParsePosition(p.offset)
	control := at
	control.Audience = harang.AudienceControl
	older := at
	older.Epoch = "000000000000" + at.Epoch[12:]
	later := at
	later.Epoch = "ffffffffffff" + at.Epoch[12:]
	ahead := at
	ahead.Number += 3
	for name, c := range map[string]struct {
		offset any
		reason string
	}{
		"Missing":      {nil, "epoch"},
		"Empty":        {"", "epoch"},
		"Number":       {5, "epoch"},
		"Object":       {map[string]any{"a": 1}, "epoch"},
		"Garbage":      {"garbage", "epoch"},
		"Huge":         {strings.Repeat("9", 300_000), "epoch"},
		"HugeNumber":   {string(at.Epoch) + ":o:99999999999999999999", "epoch"},
		"Negative":     {string(at.Epoch) + ":o:-1", "epoch"},
		"NotCanonical": {string(at.Epoch) + ":o:05", "epoch"},
		"Signed":       {string(at.Epoch) + ":o:+5", "epoch"},
		"Trailing":     {p.offset + " ", "epoch"},
		"OtherTenant":  {other.offset, "epoch"},
		"OtherFeed":    {manager.offset, "epoch"},
		"Control":      {control.String(), "epoch"},
		"OlderEpoch":   {older.String(), "epoch"},
		"LaterEpoch":   {later.String(), "epoch"},
		"Ahead":        {ahead.String(), "ahead"},
		"FarAhead":     {string(at.Epoch) + ":o:9223372036854775807", "ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			before := env.connect(handshake{Token: token})
			defer before.Conn().Close()
			back := env.connect(handshake{Token: token, PID: before.PID, Offset: c.offset})
			defer back.Conn().Close()
			wantGap(t, back, before.PID, c.reason, -1, 0)
		})
	}
	for name, pid := range map[string]any{
		"Huge":     strings.Repeat("p", 300_000),
		"Colon":    "a:b",
		"Unicode":  "harangozó",
		"Controls": "a\x00b\n",
		"Script":   "<script>",
	} {
		t.Run("PID"+name, func(t *testing.T) {
			back := env.connect(handshake{Token: token, PID: pid, Offset: p.offset})
			defer back.Conn().Close()
			wantGap(t, back, pid.(string), "epoch", -1, 0)
		})
	}
	for name, pid := range map[string]any{"None": nil, "Empty": "", "Number": 7, "Array": []int{1}} {
		t.Run("Without"+name, func(t *testing.T) {
			first := env.connect(handshake{Token: token, PID: pid, Offset: p.offset})
			defer first.Conn().Close()
			if s := first.session; s.Recovered || s.Gap != nil || s.Replayed != 0 {
				t.Errorf("without a pid it is a first connection: %+v", s)
			}
		})
	}
	for name, pid := range map[string]string{"Forged": "forged", "OtherTenant": other.PID, "OtherUser": manager.PID} {
		t.Run("Foreign"+name, func(t *testing.T) {
			back := env.connect(handshake{Token: token, PID: pid, Offset: p.offset})
			defer back.Conn().Close()
			if !back.Recovered || back.PID != pid {
				t.Errorf("recovery depends on the position alone: %+v", back.session)
			}
		})
	}
	other.expectNothing()
	manager.expect("stock_alert", "stock_alert", "stock_alert", "stock_alert", "stock_alert")
	manager.expectNothing() // no connection of another user was taken over
}

// TestRecovery_RoleChangedWhileOffline: the replay is that of the present role.
func TestRecovery_RoleChangedWhileOffline(t *testing.T) {
	env := open(t)
	grant := env.login("budapest", harang.RoleStoreManager)
	p := env.connect(handshake{Token: grant.AccessToken})
	env.must(p.Cut())
	env.commit("budapest", harang.PaymentErrorType, 2)
	env.commit("budapest", harang.StockAlertType, 1)
	role := harang.RoleOperator
	env.update("budapest", harang.RoleStoreManager, &role, nil)
	back := env.connect(p.reconnectWith(grant.AccessToken))
	wantGap(t, back, p.PID, "epoch", -1, 0)
	if back.Role != "OPERATOR" || strings.Join(back.Rooms, " ") != "tenant:budapest:all tenant:budapest:operators" {
		t.Errorf("%+v", back.session)
	}
	env.commit("budapest", harang.PaymentErrorType, 1)
	env.catchUp("budapest")
	back.expectNothing()
}

// TestRecovery_Fork: a new epoch ends all connections, and the clients receive the gap.
func TestRecovery_Fork(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	other := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	env.commit("budapest", harang.StockAlertType, 1)
	p.expect("stock_alert")
	heads, err := env.store.Heads(t.Context(), []string{"budapest"})
	env.must(err)
	_, err = env.store.NewEpoch(t.Context(), "budapest", heads[0].Epoch)
	env.must(err)
	env.catchUp("budapest")
	p.expect("goodbye")
	if e, err := p.Next(env.ctx()); !isClosed(err) {
		t.Errorf("%v %v, want the transport closed", e.Name, err)
	}
	back := env.connect(p.reconnectWith(token))
	wantGap(t, back, p.PID, "epoch", -1, 0)
	env.commit("budapest", harang.StockAlertType, 1)
	back.expect("stock_alert")
	other.expectNothing()
}

// TestRecovery_RandomCuts: clients are cut at random while events commit; each receives every event once and in order.
func TestRecovery_RandomCuts(t *testing.T) {
	env := open(t)
	// No client may fall behind by more than the window holds: a batch is committed when all have the one before.
	const events, clients, batch = 120, 6, 20
	arrived := make(chan struct{}, clients*events)
	var work sync.WaitGroup
	var ids []string
	tokens := make([]string, clients)
	pages := make([]*page, clients)
	for i := range pages {
		tokens[i] = env.token("budapest", harang.RoleStoreManager)
		pages[i] = env.connect(handshake{Token: tokens[i]})
	}
	work.Go(func() {
		for i := range events {
			if i > 0 && i%batch == 0 {
				for range clients {
					select {
					case <-arrived:
					case <-env.ctx().Done():
						t.Error("a client does not arrive")
						return
					}
				}
			}
			ids = append(ids, env.append("budapest", harang.RentalCreatedType, payloadOf(harang.RentalCreatedType, i)))
		}
	})
	got := make([][]string, clients)
	for i := range clients {
		work.Go(func() {
			p := pages[i]
			take := func(e sioclient.Event) {
				if got[i] = append(got[i], eventID(e)); len(got[i])%batch == 0 {
					arrived <- struct{}{}
				}
			}
			for len(got[i]) < events {
				if rand.IntN(5) == 0 {
					if err := p.Cut(); err != nil {
						t.Error(err)
						return
					}
					back, err := env.tryConnect(p.reconnectWith(tokens[i]))
					if err != nil {
						t.Error(err)
						return
					}
					if !back.Recovered || back.PID != p.PID {
						t.Errorf("not recovered: %+v %+v", back.session, back.Gap)
						return
					}
					for _, e := range back.replay {
						take(e)
					}
					p = back
					continue
				}
				e, err := p.Next(env.ctx())
				if err != nil {
					t.Error(err)
					return
				}
				p.offset = e.Offset()
				take(e)
			}
		})
	}
	work.Wait()
	for i := range got {
		if strings.Join(got[i], " ") != strings.Join(ids, " ") {
			t.Errorf("client %d got other events than were committed", i)
		}
	}
}

// TestRecovery_Storm: all connections of a tenant are cut and reconnect at once; all recover without a database read.
func TestRecovery_Storm(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	pages := make([]*page, 50)
	for i := range pages {
		pages[i] = env.connect(handshake{Token: token})
	}
	for _, p := range pages {
		env.must(p.Cut())
	}
	env.commit("budapest", harang.StockAlertType, 20)
	before := env.metric("harang_feed_readings_total")
	var storm sync.WaitGroup
	for _, p := range pages {
		storm.Go(func() {
			back, err := env.tryConnect(p.reconnectWith(token))
			if err != nil || !back.Recovered || back.Replayed != 20 || back.PID != p.PID {
				t.Errorf("%+v %v", back, err)
			}
		})
	}
	storm.Wait()
	if n := env.metric("harang_feed_readings_total") - before; n > 0 {
		t.Errorf("the storm read the database %v times", n)
	}
}
