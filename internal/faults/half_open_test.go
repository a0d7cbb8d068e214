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
	"harang.dev/harang/internal/testtime"
)

// connection is a connection with what a page needs to resume it.
type connection struct {
	conn        *sioclient.Client
	pid, offset string
}

// connect connects, anew or with the pid and offset of an earlier connection. It
// returns whether that was recovered.
func connect(ctx context.Context, base, token string, before *connection) (*connection, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, testtime.Limit)
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
	return &connection{c, c.PID, e.Offset()}, s.Recovered, nil
}

// TestHalfOpen_FullTenant: every connection of a full tenant becomes half open at once, unnoticed by
// the server. All return at once, to either node, and none is refused.
func TestHalfOpen_FullTenant(t *testing.T) {
	c := startCluster(t, nil) // heartbeats far apart: the server does not notice
	token := c.token(t, "STORE_MANAGER")
	const limit = 50
	connections := make([]*connection, limit)
	for i := range connections {
		var err error
		if connections[i], _, err = connect(t.Context(), c.nodes[i%2].base, token, nil); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, s := range connections {
			_ = s.conn.Cut()
		}
	}()
	var slowest time.Duration
	for round := range count(20, 100) {
		for _, n := range c.nodes {
			var refusal *sioclient.ConnectError
			_, _, err := connect(t.Context(), n.base, token, nil)
			if !errors.As(err, &refusal) || refusal.Message != "TENANT_CONNECTION_LIMIT" {
				t.Fatalf("round %d: one too many: %v", round, err)
			}
		}
		began := time.Now()
		back := make([]*connection, limit)
		var coming sync.WaitGroup
		for i := range connections {
			coming.Go(func() {
				s, recovered, err := connect(t.Context(), c.nodes[rand.IntN(2)].base, token, connections[i])
				switch {
				case err != nil:
					t.Errorf("round %d: client %d: %v", round, i, err)
				case !recovered || s.pid != connections[i].pid:
					t.Errorf("round %d: client %d: recovered %t", round, i, recovered)
				}
				back[i] = s
			})
		}
		coming.Wait()
		if t.Failed() {
			return
		}
		slowest = max(slowest, time.Since(began))
		for i := range connections {
			_ = connections[i].conn.Cut()
			connections[i] = back[i]
		}
	}
	t.Logf("%d half-open connections were resumed within %s", limit, slowest)
}
