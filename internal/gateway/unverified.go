package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const (
	// verifyInterval is the time between two attempts while connections are unverified.
	verifyInterval = 250 * time.Millisecond
	// verifyTimeout bounds one check of one token.
	verifyTimeout = 400 * time.Millisecond
	// verifyWorkers is how many tokens are checked at once when the database is back.
	verifyWorkers = 8
)

// unverified are the open connections whose token was accepted without the database. The control entry that would have
// ended them may lie in the past of the control feed, so their tokens are checked again as soon as the database
// answers: by one goroutine for all, which sleeps while there are none.
type unverified struct {
	count prometheus.Gauge
	// wake has a value when the set may have become non-empty.
	wake chan struct{}

	// mu guards tokens: the newest token of each connection. It is taken before a connection's mutex.
	mu     sync.Mutex
	tokens map[*conn]string
}

type unverifiedConn struct {
	c     *conn
	token string
}

func newUnverified(count prometheus.Gauge) *unverified {
	return &unverified{count: count, wake: make(chan struct{}, 1), tokens: make(map[*conn]string)}
}

// update adds the connection when its newest token was accepted without the database, and removes it otherwise.
func (u *unverified) update(c *conn, caller harang.Identity, token string) {
	if !caller.Unverified {
		u.remove(c)
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if c.isEnded() { // else remove follows
		return
	}
	u.tokens[c] = token
	u.count.Set(float64(len(u.tokens)))
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

func (u *unverified) remove(c *conn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.tokens, c)
	u.count.Set(float64(len(u.tokens)))
}

// removeChecked removes x; false if its connection has another token by now, or is gone.
func (u *unverified) removeChecked(x unverifiedConn) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if token, ok := u.tokens[x.c]; !ok || token != x.token {
		return false
	}
	delete(u.tokens, x.c)
	u.count.Set(float64(len(u.tokens)))
	return true
}

// all returns the connections in no order.
func (u *unverified) all() []unverifiedConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := make([]unverifiedConn, 0, len(u.tokens))
	for c, token := range u.tokens {
		all = append(all, unverifiedConn{c, token})
	}
	return all
}

// run calls verify at every interval while there are connections, until ctx ends.
func (u *unverified) run(ctx context.Context, verify func(context.Context, []unverifiedConn)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.wake:
		}
		for all := u.all(); len(all) > 0; all = u.all() {
			timer.Reset(verifyInterval)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			verify(ctx, all)
		}
	}
}

// verifyAll checks the tokens of all. It stops at the first that the database does not answer, so that an attempt
// during an outage costs one check.
func (g *Gateway) verifyAll(ctx context.Context, all []unverifiedConn) {
	if !g.verify(ctx, all[0]) {
		return
	}
	var unavailable atomic.Bool
	var workers errgroup.Group
	workers.SetLimit(verifyWorkers)
	for _, x := range all[1:] {
		if unavailable.Load() {
			break
		}
		workers.Go(func() error {
			if !g.verify(ctx, x) {
				unavailable.Store(true)
			}
			return nil
		})
	}
	_ = workers.Wait() // no worker returns an error
}

// verify checks one token again and ends the connection when it is no longer good; false when the database does not
// answer. A later revocation arrives by the control feed, because the connection is registered.
func (g *Gateway) verify(ctx context.Context, x unverifiedConn) bool {
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	caller, err := g.authenticate(ctx, x.token)
	if err == nil && caller.Unverified {
		return false
	}
	var bye *goodbye
	switch _, final := connectErrorOf(err); {
	case err == nil && caller.Role == x.c.role:
	case err == nil, harang.ErrorCode(err) == harang.CodeForbidden,
		harang.ErrorCode(err) == harang.CodePasswordChangeRequired:
		bye = &goodbyeRoleChanged
	case !final:
		return false
	case errors.Is(err, auth.ErrDisabled):
		bye = &goodbyeDisabled
	case harang.ErrorCode(err) == harang.CodeTokenExpired:
		bye = &goodbyeTokenExpired
	default:
		bye = &goodbyeLoggedOut
	}
	if g.unverified.removeChecked(x) && bye != nil {
		x.c.end(*bye)
	}
	return true
}
