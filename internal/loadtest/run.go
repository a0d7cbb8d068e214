package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"harang.dev/harang/internal/sioclient"
)

const (
	// connectors is how many connections are opened at the same time.
	connectors = 32
	// settleTime is how long the last deliveries may take.
	settleTime = 5 * time.Second
)

// Tenant is a tenant with an API key to post events and a token to listen.
type Tenant struct{ Key, Token string }

// Options describe a load.
type Options struct {
	URL, AdminURL string
	// Namespace is the Socket.IO namespace that listeners connect to.
	Namespace string
	// Connections and events are spread evenly over the tenants.
	Tenants     []Tenant
	Connections int
	// Rest is how long the connections idle before the first event.
	Rest time.Duration
	// Rate is in events a second, 0 for none.
	Rate, Seconds int
}

// Result is what Run measured.
type Result struct {
	Connections int
	Connecting  time.Duration
	// Before is without connections, Idle with them, Rested after Options.Rest, End
	// after the events.
	Before, Idle, Rested, End Gauges

	Sent, Delivered int64
	// Failed counts refused events and lost connections.
	Failed int64
	Lasted time.Duration
	// Posts are how long answers took, AfterPost and AfterCommit how long an
	// event took to a client since it was posted and committed.
	Posts, AfterPost, AfterCommit Latencies
}

// load is one Run.
type load struct {
	Options
	poster    *Poster
	listeners []*listener
	delivered atomic.Int64
	failed    atomic.Int64
}

// listener is one connection; its goroutine alone writes the latencies.
type listener struct {
	client                 *sioclient.Client
	afterCommit, afterPost Latencies
}

// Run opens the connections, posts events, waits for their delivery and returns
// what it measured.
func Run(ctx context.Context, o Options) (*Result, error) {
	workers := min(64, max(4, o.Rate/20))
	l := &load{Options: o, poster: NewPoster(o.URL, workers)}
	defer l.poster.Close()
	r := &Result{Connections: o.Connections}
	var err error
	if r.Before, err = ReadGauges(ctx, o.AdminURL); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := l.connect(ctx); err != nil {
		return nil, err
	}
	r.Connecting = time.Since(began)
	listening, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, c := range l.listeners {
		wg.Go(func() { l.listen(listening, c) })
	}
	defer func() {
		stop()
		wg.Wait()
		l.close()
	}()
	if r.Idle, err = ReadGauges(ctx, o.AdminURL); err != nil {
		return nil, err
	}
	if r.Rested, err = l.rest(ctx, r.Idle); err != nil {
		return nil, err
	}
	began = time.Now()
	r.Posts = l.send(ctx, workers)
	r.Lasted = time.Since(began)
	r.Sent = int64(len(r.Posts))
	l.settle(ctx, r.Sent*int64(o.Connections/len(o.Tenants)))
	if r.End, err = ReadGauges(ctx, o.AdminURL); err != nil {
		return nil, err
	}
	stop()
	wg.Wait()
	for _, c := range l.listeners {
		r.AfterCommit = append(r.AfterCommit, c.afterCommit...)
		r.AfterPost = append(r.AfterPost, c.afterPost...)
	}
	r.Delivered, r.Failed = l.delivered.Load(), l.failed.Load()
	return r, ctx.Err()
}

// rest waits for Options.Rest and reads the gauges again. No garbage is collected for
// it: the server's own work is measured.
func (l *load) rest(ctx context.Context, before Gauges) (Gauges, error) {
	if l.Rest == 0 {
		return before, nil
	}
	timer := time.NewTimer(l.Rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return before, ctx.Err()
	}
	return readGauges(ctx, l.AdminURL)
}

// connect opens the connections. It closes those that it opened when one fails.
func (l *load) connect(ctx context.Context) error {
	all := make([]*listener, l.Connections)
	group, connecting := errgroup.WithContext(ctx)
	group.SetLimit(connectors)
	for i := range all {
		group.Go(func() error {
			client, err := sioclient.Dial(connecting, l.URL)
			if err != nil {
				return err
			}
			token := l.Tenants[i%len(l.Tenants)].Token
			if err := client.Connect(connecting, l.Namespace, map[string]string{"token": token}); err != nil {
				return errors.Join(err, client.Close())
			}
			all[i] = &listener{client: client}
			return nil
		})
	}
	err := group.Wait()
	l.listeners = slices.DeleteFunc(all, func(c *listener) bool { return c == nil })
	if err != nil {
		l.close()
		return fmt.Errorf("connection failed, %d of %d were opened: %w", len(l.listeners), l.Connections, err)
	}
	return nil
}

func (l *load) close() {
	for _, c := range l.listeners {
		_ = c.client.Close()
	}
}

var (
	commitMark = []byte(`"timestamp":"`)
	postMark   = []byte(`"rentalId":"`)
)

// listen reads what one connection receives until ctx ends.
func (l *load) listen(ctx context.Context, c *listener) {
	for {
		kind, body, err := c.client.NextPacket(ctx)
		if err != nil {
			var closed *sioclient.ClosedError
			if ctx.Err() == nil && errors.As(err, &closed) {
				l.failed.Add(1)
			}
			return
		}
		now := time.Now()
		if kind != '2' || !bytes.HasPrefix(body, []byte(`["rental_created"`)) {
			continue
		}
		l.delivered.Add(1)
		if text, ok := quotedAfter(body, commitMark); ok {
			if committed, err := time.Parse(time.RFC3339, text); err == nil {
				c.afterCommit.Add(now.Sub(committed))
			}
		}
		if text, ok := quotedAfter(body, postMark); ok {
			if nanos, err := strconv.ParseInt(text, 10, 64); err == nil {
				c.afterPost.Add(now.Sub(time.Unix(0, nanos)))
			}
		}
	}
}

// quotedAfter returns the text between a mark and the next quote.
func quotedAfter(body, mark []byte) (string, bool) {
	_, rest, ok := bytes.Cut(body, mark)
	if !ok {
		return "", false
	}
	text, _, ok := bytes.Cut(rest, []byte{'"'})
	return string(text), ok
}

// send posts the events and returns how long each answer took.
func (l *load) send(ctx context.Context, workers int) Latencies {
	total := l.Rate * l.Seconds
	if total == 0 {
		return nil
	}
	took := make([]Latencies, workers)
	Pace(ctx, l.Rate, total, workers, func(worker, n int) {
		at := time.Now()
		if err := l.poster.Post(ctx, l.Tenants[n%len(l.Tenants)].Key, at); err != nil {
			l.failed.Add(1)
			return
		}
		took[worker].Add(time.Since(at))
	})
	return slices.Concat(took...)
}

// settle waits until all expected events were delivered, at most settleTime.
func (l *load) settle(ctx context.Context, expected int64) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for l.delivered.Load() < expected {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Print writes the result as a table.
func (r *Result) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	per := func(d time.Duration, n int64) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f µs", float64(d.Nanoseconds())/1000/float64(n))
	}
	line("connections", "%d in %.2f s", r.Connections, r.Connecting.Seconds())
	if n := int64(r.Connections); n > 0 {
		line("CPU per connection accepted", "%s", per(r.Idle.CPU-r.Before.CPU, n))
		line("memory per connection", "%.1f KB resident, %.1f KB heap and stacks",
			float64(r.Idle.Resident-r.Before.Resident)/1024/float64(n),
			float64(r.Idle.InUse-r.Before.InUse)/1024/float64(n))
	}
	if r.Sent > 0 {
		cpu := r.End.CPU - r.Rested.CPU
		line("events", "%d, %.0f a second", r.Sent, float64(r.Sent)/r.Lasted.Seconds())
		line("deliveries", "%d, %.0f a second", r.Delivered, float64(r.Delivered)/r.Lasted.Seconds())
		line("CPU per event", "%s (%.0f %% of one core)", per(cpu, r.Sent), 100*cpu.Seconds()/r.Lasted.Seconds())
		line("CPU per delivery", "%s", per(cpu, r.Delivered))
		line("POST answered", "%s", r.Posts.Summary())
		line("POST sent to client", "%s", r.AfterPost.Summary())
		line("commit to client", "%s (commit times are cut to milliseconds)", r.AfterCommit.Summary())
	}
	if r.Failed > 0 {
		line("failed", "%d", r.Failed)
	}
	return w.Flush()
}
