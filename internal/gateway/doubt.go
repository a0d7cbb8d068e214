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
	// doubtInterval is how often it is tried whether the database is back, while
	// there are doubts.
	doubtInterval = 250 * time.Millisecond
	// doubtPatience is how long one judgement may take until it is given up for
	// this round.
	doubtPatience = 400 * time.Millisecond
	// doubtWorkers is how many tokens are judged at once when it is back.
	doubtWorkers = 8
)

// doubts are the open connections whose users were believed because the
// database was away. What would have ended them may lie in the past of the
// control feed, so their tokens are judged again as soon as the database
// answers: one goroutine for all, which does nothing while there are none.
type doubts struct {
	count prometheus.Gauge
	// wake tells the goroutine that there are some.
	wake chan struct{}

	// mu guards tokens: the token each connection was believed with. It is taken
	// before a connection's mutex.
	mu     sync.Mutex
	tokens map[*conn]string
}

// doubt is one of them.
type doubt struct {
	c     *conn
	token string
}

func newDoubts(count prometheus.Gauge) *doubts {
	return &doubts{count: count, wake: make(chan struct{}, 1), tokens: make(map[*conn]string)}
}

// note takes in what a judgement of the connection's newest token was worth.
func (d *doubts) note(c *conn, id harang.Identity, token string) {
	if !id.Unconfirmed {
		d.remove(c)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.isEnded() { // or else remove is still to come
		return
	}
	d.tokens[c] = token
	d.count.Set(float64(len(d.tokens)))
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// remove forgets a connection that is confirmed, or gone.
func (d *doubts) remove(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tokens, c)
	d.count.Set(float64(len(d.tokens)))
}

// settle removes a doubt; false if the connection has another token by now, or
// is gone.
func (d *doubts) settle(x doubt) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if token, ok := d.tokens[x.c]; !ok || token != x.token {
		return false
	}
	delete(d.tokens, x.c)
	d.count.Set(float64(len(d.tokens)))
	return true
}

// all returns the doubts, in no order.
func (d *doubts) all() []doubt {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]doubt, 0, len(d.tokens))
	for c, token := range d.tokens {
		all = append(all, doubt{c, token})
	}
	return all
}

// run calls round every now and then while there are doubts, until ctx ends.
func (d *doubts) run(ctx context.Context, round func(context.Context, []doubt)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		for all := d.all(); len(all) > 0; all = d.all() {
			timer.Reset(doubtInterval)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			round(ctx, all)
		}
	}
}

// clear has those judged who were believed. As long as the database is away,
// that is one judgement.
func (g *Gateway) clear(ctx context.Context, all []doubt) {
	if !g.rejudge(ctx, all[0]) {
		return
	}
	var away atomic.Bool
	var workers errgroup.Group
	workers.SetLimit(doubtWorkers)
	for _, x := range all[1:] {
		if away.Load() {
			break
		}
		workers.Go(func() error {
			if !g.rejudge(ctx, x) {
				away.Store(true)
			}
			return nil
		})
	}
	_ = workers.Wait() // none returns an error
}

// rejudge has one judged again and ends the connection when it does not hold.
// False: the database cannot tell. What is revoked after this judgement comes
// by the control feed, because the connection is registered.
func (g *Gateway) rejudge(ctx context.Context, x doubt) bool {
	ctx, cancel := context.WithTimeout(ctx, doubtPatience)
	defer cancel()
	id, err := g.authenticate(ctx, x.token)
	if err == nil && id.Unconfirmed {
		return false
	}
	var f *farewell
	switch _, final := refusalOf(err); {
	case err == nil && id.Role == x.c.role:
	case err == nil, harang.ErrorCode(err) == harang.CodeForbidden:
		f = &farewellRoleChanged
	case !final:
		return false
	case errors.Is(err, auth.ErrDisabled):
		f = &farewellDisabled
	case harang.ErrorCode(err) == harang.CodeTokenExpired:
		f = &farewellTokenExpired
	default:
		f = &farewellLoggedOut
	}
	if g.doubts.settle(x) && f != nil {
		x.c.end(*f)
	}
	return true
}
