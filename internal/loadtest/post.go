package loadtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Poster posts events as another application does. It is safe for concurrent use.
type Poster struct {
	url    string
	client *http.Client
	posted atomic.Int64
}

// NewPoster returns a Poster for the server at url that keeps up to idle
// connections open.
func NewPoster(url string, idle int) *Poster {
	return &Poster{url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idle}}}
}

// Close closes the connections that are not in use.
func (p *Poster) Close() { p.client.CloseIdleConnections() }

// Post posts one rental_created event of about 330 bytes with an API key. Its
// rentalId is the time at in Unix nanoseconds. An answer other than 202 is an
// error.
func (p *Poster) Post(ctx context.Context, key string, at time.Time) error {
	sent := strconv.FormatInt(at.UnixNano(), 10)
	body := `{"specversion":"1.0","id":"` + sent + "-" + strconv.FormatInt(p.posted.Add(1), 36) +
		`","source":"/loadtest","type":"rental_created","data":{"rentalId":"` + sent +
		`","partnerId":"alfa-epito","partnerName":"Alfa Építő és Felújító Kft.","equipmentCount":3,"totalValue":42000,"currency":"HUF"}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/events", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("event refused with status %d: %.200s", answer.StatusCode, text)
	}
	return err
}

// Pace calls do for n = 0, 1, 2 … from several workers, each call when it is due
// at rate calls a second, until total calls have begun (0: no end) or ctx ends. A
// late call is made at once. It returns when the last call has.
func Pace(ctx context.Context, rate, total, workers int, do func(worker, n int)) {
	began := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			timer := time.NewTimer(0)
			defer timer.Stop()
			for {
				n := int(next.Add(1)) - 1
				if total > 0 && n >= total {
					return
				}
				due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
				timer.Reset(time.Until(due))
				select {
				case <-timer.C:
				case <-ctx.Done():
					return
				}
				do(worker, n)
			}
		})
	}
	wg.Wait()
}
