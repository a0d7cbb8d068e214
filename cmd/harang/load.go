package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
)

// load is a load program with its tenants.
type load struct {
	command *benchCommand
	http    *http.Client
	tenants []benchTenant
	clients []*listener

	heard  atomic.Int64
	failed atomic.Int64
}

type benchTenant struct{ key, token string }

// listener is one connection; its goroutine alone writes the samples.
type listener struct {
	client *sioclient.Client
	// afterCommit and afterPost are how long deliveries took.
	afterCommit, afterPost []time.Duration
}

// result is what was measured.
type result struct {
	connections       int
	connecting        time.Duration
	before, idle, end gauges
	sent, heard       int64
	failed            int64
	lasted            time.Duration
	posts             []time.Duration
	afterCommit       []time.Duration
	afterPost         []time.Duration
}

// run connects, loads, and measures.
func (l *load) run(ctx context.Context) (*result, error) {
	r := &result{connections: l.command.Connections}
	var err error
	if r.before, err = l.read(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := l.connect(ctx); err != nil {
		return nil, err
	}
	r.connecting = time.Since(began)
	listening, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for _, c := range l.clients {
		wg.Go(func() { l.listen(listening, c) })
	}
	defer func() {
		stop()
		for _, c := range l.clients {
			_ = c.client.Close()
		}
		wg.Wait()
	}()
	if r.idle, err = l.read(ctx); err != nil {
		return nil, err
	}
	began = time.Now()
	r.posts = l.send(ctx)
	r.lasted = time.Since(began)
	r.sent = int64(len(r.posts))
	l.settle(ctx, r.sent*int64(l.command.Connections/len(l.tenants)))
	if r.end, err = l.read(ctx); err != nil {
		return nil, err
	}
	stop()
	wg.Wait()
	for _, c := range l.clients {
		r.afterCommit = append(r.afterCommit, c.afterCommit...)
		r.afterPost = append(r.afterPost, c.afterPost...)
	}
	r.heard, r.failed = l.heard.Load(), l.failed.Load()
	return r, ctx.Err()
}

// connect opens the connections, a few at a time.
func (l *load) connect(ctx context.Context) error {
	l.clients = make([]*listener, l.command.Connections)
	errs := make([]error, len(l.clients))
	turns := make(chan struct{}, 32)
	var wg sync.WaitGroup
	for i := range l.clients {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			client, err := sioclient.Dial(ctx, l.command.URL)
			if err == nil {
				token := l.tenants[i%len(l.tenants)].token
				if err = client.Connect(ctx, gateway.Namespace, map[string]string{"token": token}); err == nil {
					l.clients[i] = &listener{client: client}
					return
				}
				_ = client.Close()
			}
			errs[i] = err
		})
	}
	wg.Wait()
	l.clients = slices.DeleteFunc(l.clients, func(c *listener) bool { return c == nil })
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("%d of %d connections failed: %w", len(errs)-len(l.clients), len(errs), err)
		}
	}
	return nil
}

var (
	commitMark = []byte(`"timestamp":"`)
	postMark   = []byte(`"rentalId":"`)
)

// listen reads what one connection gets until ctx ends.
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
		l.heard.Add(1)
		if at, ok := after(body, commitMark); ok {
			if committed, err := time.Parse(time.RFC3339, at); err == nil {
				c.afterCommit = append(c.afterCommit, now.Sub(committed))
			}
		}
		if at, ok := after(body, postMark); ok {
			if nanos, err := strconv.ParseInt(at, 10, 64); err == nil {
				c.afterPost = append(c.afterPost, now.Sub(time.Unix(0, nanos)))
			}
		}
	}
}

// after returns the text between a mark and the next quote.
func after(body, mark []byte) (string, bool) {
	i := bytes.Index(body, mark)
	if i < 0 {
		return "", false
	}
	body = body[i+len(mark):]
	end := bytes.IndexByte(body, '"')
	if end < 0 {
		return "", false
	}
	return string(body[:end]), true
}

// send posts events at the rate until the time is over and returns how long
// each answer took.
func (l *load) send(ctx context.Context) []time.Duration {
	total := l.command.Rate * l.command.Seconds
	if total == 0 {
		return nil
	}
	began := time.Now()
	var next atomic.Int64
	workers := min(64, max(4, l.command.Rate/20))
	took := make([][]time.Duration, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= total || ctx.Err() != nil {
					return
				}
				due := began.Add(time.Duration(n) * time.Second / time.Duration(l.command.Rate))
				if wait := time.Until(due); wait > 0 {
					timer := time.NewTimer(wait)
					select {
					case <-timer.C:
					case <-ctx.Done():
						timer.Stop()
						return
					}
				}
				at := time.Now()
				if err := l.post(ctx, l.tenants[n%len(l.tenants)].key, n, at); err != nil {
					l.failed.Add(1)
					continue
				}
				took[w] = append(took[w], time.Since(at))
			}
		})
	}
	wg.Wait()
	return slices.Concat(took...)
}

// post sends one event of about 330 bytes, its sending time inside.
func (l *load) post(ctx context.Context, key string, n int, at time.Time) error {
	body := `{"specversion":"1.0","id":"` + strconv.FormatInt(at.UnixNano(), 36) + "-" + strconv.Itoa(n) +
		`","source":"/bench","type":"rental_created","data":{"rentalId":"` + strconv.FormatInt(at.UnixNano(), 10) +
		`","partnerId":"alfa-epito","partnerName":"Alfa Építő és Felújító Kft.","equipmentCount":3,"totalValue":42000,"currency":"HUF"}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.command.URL+"/api/v1/events", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := l.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("%d: %s", answer.StatusCode, text)
	}
	return nil
}

// settle waits until everything that was expected has been heard, at most five
// seconds.
func (l *load) settle(ctx context.Context, expected int64) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range 250 {
		if l.heard.Load() >= expected {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// print writes the figures.
func (r *result) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	per := func(d time.Duration, n int64) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f µs", float64(d.Nanoseconds())/1000/float64(n))
	}
	line("connections", "%d in %.2f s", r.connections, r.connecting.Seconds())
	if r.connections > 0 {
		n := int64(r.connections)
		line("CPU per connection accepted", "%s", per(r.idle.cpu-r.before.cpu, n))
		line("memory per connection", "%.1f KB resident, %.1f KB heap and stacks",
			float64(r.idle.memory-r.before.memory)/1024/float64(n), float64(r.idle.heap-r.before.heap)/1024/float64(n))
	}
	if r.sent > 0 {
		cpu := r.end.cpu - r.idle.cpu
		line("events", "%d, %.0f a second", r.sent, float64(r.sent)/r.lasted.Seconds())
		line("deliveries", "%d, %.0f a second", r.heard, float64(r.heard)/r.lasted.Seconds())
		line("CPU per event", "%s (%.0f %% of one core)", per(cpu, r.sent), 100*cpu.Seconds()/r.lasted.Seconds())
		line("CPU per delivery", "%s", per(cpu, r.heard))
		line("POST answered", "%s", quantiles(r.posts))
		line("POST sent to client", "%s", quantiles(r.afterPost))
		line("commit to client", "%s (commit times have milliseconds, cut off)", quantiles(r.afterCommit))
	}
	if r.failed > 0 {
		line("failed", "%d", r.failed)
	}
	return w.Flush()
}

func quantiles(all []time.Duration) string {
	if len(all) == 0 {
		return "-"
	}
	slices.Sort(all)
	at := func(q float64) float64 { return all[int(q*float64(len(all)-1))].Seconds() * 1000 }
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, most %.1f ms", at(.5), at(.99), at(1))
}
