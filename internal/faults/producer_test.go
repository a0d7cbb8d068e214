package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// producer sends events as another application does, again and again until
// each is accepted.
type producer struct {
	c    *cluster
	next atomic.Int64

	mu       sync.Mutex // guards accepted
	accepted map[string]string
}

func newProducer(c *cluster) *producer { return &producer{c: c, accepted: make(map[string]string)} }

// all is a copy of what was accepted: source id → event id.
func (p *producer) all() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]string, len(p.accepted))
	for k, v := range p.accepted {
		all[k] = v
	}
	return all
}

func (p *producer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.accepted)
}

// batch makes n new events.
func (p *producer) batch(n int) []map[string]any {
	events := make([]map[string]any, n)
	for i := range events {
		events[i] = map[string]any{
			"specversion": "1.0", "id": fmt.Sprintf("s-%06d", p.next.Add(1)), "source": "/faults",
			"type": "stock_alert",
			"data": map[string]any{
				"productId": "p", "productName": "Fúrógép", "currentQuantity": 1, "threshold": 2,
				"locationId": "l", "locationName": "Raktár", "severity": "CRITICAL",
			},
		}
	}
	return events
}

// send sends n events in one call, to the nodes in turn from first on, until
// they are accepted or ctx ends.
func (p *producer) send(ctx context.Context, first, n int) error {
	events := p.batch(n)
	return p.deliver(ctx, first, events)
}

func (p *producer) deliver(ctx context.Context, first int, events []map[string]any) error {
	body, err := json.Marshal(events)
	if err != nil {
		return err
	}
	bases := p.c.bases()
	for try := first; ; try++ {
		ids, err := p.post(ctx, bases[try%len(bases)], body)
		if err == nil {
			if len(ids) != len(events) {
				return fmt.Errorf("%d events were sent, %d accepted", len(events), len(ids))
			}
			return p.note(events, ids)
		}
		timer := time.NewTimer(10 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("never accepted: %w", err)
		case <-timer.C:
		}
	}
}

// note keeps what was accepted; an event always has the same id.
func (p *producer) note(events []map[string]any, ids []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range events {
		source := e["id"].(string)
		if known := p.accepted[source]; known != "" && known != ids[i] {
			return fmt.Errorf("%s was accepted as %s and as %s", source, known, ids[i])
		}
		p.accepted[source] = ids[i]
	}
	return nil
}

func (p *producer) post(ctx context.Context, base string, body []byte) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/events", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/cloudevents-batch+json")
	r.Header.Set("Authorization", "Bearer "+p.c.apiKey)
	answer, err := p.c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusAccepted {
		return nil, fmt.Errorf("%d %s", answer.StatusCode, text)
	}
	var result struct{ Accepted []struct{ EventID string } }
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, err
	}
	ids := make([]string, len(result.Accepted))
	for i, a := range result.Accepted {
		ids[i] = a.EventID
	}
	return ids, nil
}

// mustSend sends n events one by one and fails the test when they are not
// accepted in time.
func (p *producer) mustSend(t *testing.T, first, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	for range n {
		if err := p.send(ctx, first, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// accept sends one event and returns the id that it was accepted under.
func (p *producer) accept(t *testing.T, first int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	events := p.batch(1)
	if err := p.deliver(ctx, first, events); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted[events[0]["id"].(string)]
}

// stream sends single events without a pause between interval, until the
// returned function is called, which waits for the last one to be accepted.
func (p *producer) stream(t *testing.T, first int, interval time.Duration) (stop func()) {
	t.Helper()
	end := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
			}
			ctx, cancel := context.WithTimeout(context.Background(), testtime.Limit)
			if err := p.send(ctx, first, 1); err != nil {
				t.Error(err)
			}
			cancel()
		}
	})
	return func() { close(end); running.Wait() }
}
