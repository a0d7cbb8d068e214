package faults

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
)

// seat is a connection with what a page needs to come back.
type seat struct {
	conn        *sioclient.Client
	pid, offset string
}

// sit connects, anew or with a seat's pid and offset.
func sit(ctx context.Context, base, token string, before *seat) (*seat, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	c, err := sioclient.Dial(ctx, base)
	if err != nil {
		return nil, false, err
	}
	auth := map[string]string{"token": token}
	if before != nil {
		auth["pid"], auth["offset"] = before.pid, before.offset
	}
	if err := c.Connect(ctx, "/ws/dashboard", auth); err != nil {
		return nil, false, errors.Join(err, c.Cut())
	}
	e, err := c.Next(ctx)
	if err != nil {
		return nil, false, errors.Join(err, c.Cut())
	}
	var s struct{ Recovered bool }
	if err := json.Unmarshal(e.Args[0], &s); err != nil {
		return nil, false, errors.Join(err, c.Cut())
	}
	return &seat{c, c.PID, e.Offset()}, s.Recovered, nil
}

// TestGhosts_FullTenant: every connection of a full tenant becomes a ghost at
// once: half open, the server still believes in it. All come back at once, to
// either node. None is refused.
func TestGhosts_FullTenant(t *testing.T) {
	c := startCluster(t, nil) // pings far apart: nobody finds the ghosts out
	token := c.token(t, "STORE_MANAGER")
	const limit = 50
	seats := make([]*seat, limit)
	for i := range seats {
		var err error
		if seats[i], _, err = sit(t.Context(), c.nodes[i%2].base, token, nil); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, s := range seats {
			_ = s.conn.Cut()
		}
	}()
	var slowest time.Duration
	for round := range count(50, 100) {
		for _, n := range c.nodes {
			var refusal *sioclient.ConnectError
			_, _, err := sit(t.Context(), n.base, token, nil)
			if !errors.As(err, &refusal) || refusal.Message != "TENANT_CONNECTION_LIMIT" {
				t.Fatalf("round %d: one too many: %v", round, err)
			}
		}
		began := time.Now()
		back := make([]*seat, limit)
		var coming sync.WaitGroup
		for i := range seats {
			coming.Go(func() {
				s, recovered, err := sit(t.Context(), c.nodes[rand.IntN(2)].base, token, seats[i])
				switch {
				case err != nil:
					t.Errorf("round %d: seat %d: %v", round, i, err)
				case !recovered || s.pid != seats[i].pid:
					t.Errorf("round %d: seat %d: recovered %t", round, i, recovered)
				}
				back[i] = s
			})
		}
		coming.Wait()
		if t.Failed() {
			return
		}
		slowest = max(slowest, time.Since(began))
		for i := range seats {
			_ = seats[i].conn.Cut()
			seats[i] = back[i]
		}
	}
	t.Logf("%d ghosts were back after %s at most", limit, slowest)
}
