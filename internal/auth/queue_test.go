package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"harang.dev/harang"
)

// queued is one caller of a queue in a test, which has one slot.
type queued struct {
	name   string
	cancel context.CancelFunc
	result chan error
}

// enqueue starts a caller and returns when it waits. Its name is appended to order when it has the slot.
func enqueue(ctx context.Context, q *fairQueue, by requester, name string, order chan<- string) *queued {
	ctx, cancel := context.WithCancel(ctx)
	c := &queued{name: name, cancel: cancel, result: make(chan error, 1)}
	go func() {
		err := q.acquire(ctx, by)
		if err == nil {
			order <- name
		}
		c.result <- err
	}()
	synctest.Wait()
	return c
}

func waiting(q *fairQueue) int { return q.lanes[0].waiting + q.lanes[1].waiting }

func known(account, browser string) requester {
	return requester{trusted: true, network: account, host: browser}
}

func stranger(network, host string) requester { return requester{network: network, host: host} }

// drain releases the slot until nobody waits, and returns who got it in order.
func drain(q *fairQueue, order chan string) (names []string) {
	for {
		q.release()
		synctest.Wait()
		select {
		case name := <-order:
			names = append(names, name)
		default:
			return names
		}
	}
}

func TestQueue_TakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, order := newFairQueue(1), make(chan string, 100)
		if err := q.acquire(t.Context(), stranger("n0", "h0")); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			enqueue(t.Context(), q, stranger("n1", "h1"), fmt.Sprintf("n1.h1.%d", i), order)
		}
		enqueue(t.Context(), q, stranger("n1", "h2"), "n1.h2", order)
		enqueue(t.Context(), q, stranger("n2", "h3"), "n2.h3", order)
		enqueue(t.Context(), q, known("a", "b"), "known", order)
		want := []string{"known", "n1.h1.2", "n2.h3", "n1.h2", "n1.h1.1", "n1.h1.0"}
		if got := drain(q, order); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if err := q.acquire(t.Context(), stranger("n0", "h0")); err != nil || waiting(q) != 0 {
			t.Errorf("the slot is not free again: %v, %d wait", err, waiting(q))
		}
	})
}

// 150 strangers at once, of one host or of as many networks, do not keep others waiting: another host's login is served
// second, a known browser's first.
func TestQueue_Strangers(t *testing.T) {
	for name, of := range map[string]func(i int) requester{
		"one host":      func(int) requester { return stranger("n", "h") },
		"one network":   func(i int) requester { return stranger("n", fmt.Sprint("h", i)) },
		"many networks": func(i int) requester { return stranger(fmt.Sprint("n", i), fmt.Sprint("h", i)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, order := newFairQueue(1), make(chan string, 1000)
				if err := q.acquire(t.Context(), stranger("n0", "h0")); err != nil {
					t.Fatal(err)
				}
				refused := 0
				var strangers []*queued
				for i := range 150 {
					strangers = append(strangers, enqueue(t.Context(), q, of(i), "stranger", order))
				}
				good := enqueue(t.Context(), q, stranger("office", "desk"), "good", order)
				known := enqueue(t.Context(), q, known("a", "b"), "known", order)
				if got := q.lanes[1].waiting; got > maxWaitingPerSlot {
					t.Errorf("%d strangers wait", got)
				}
				served := drain(q, order)
				if at := slices.Index(served, "known"); at != 0 {
					t.Errorf("the known browser is served as number %d", at)
				}
				bound := 2
				if name == "many networks" {
					bound = maxWaitingPerSlot
				}
				if at := slices.Index(served, "good"); at < 0 || at > bound {
					t.Errorf("the good login is served as number %d of %d", at, len(served))
				}
				for _, s := range strangers {
					if err := <-s.result; err != nil {
						refused++
						if harang.ErrorCode(err) != harang.CodeRateLimited {
							t.Fatal(err)
						}
					}
				}
				if refused < 150-maxWaitingPerSlot {
					t.Errorf("%d refused", refused)
				}
				if <-good.result != nil || <-known.result != nil {
					t.Error("refused")
				}
			})
		})
	}
}

// The newest caller of a host is served, also when more come than are served.
func TestQueue_BurstOfOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, order := newFairQueue(1), make(chan string, 1000)
		if err := q.acquire(t.Context(), stranger("n", "h")); err != nil {
			t.Fatal(err)
		}
		for i := range 150 {
			enqueue(t.Context(), q, stranger("n", "h"), fmt.Sprint(i), order)
		}
		enqueue(t.Context(), q, stranger("n", "h"), "good", order)
		if got := drain(q, order); len(got) != maxWaitingPerHost || got[0] != "good" {
			t.Errorf("%v", got)
		}
	})
}

func TestQueue_CallersThatLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, order := newFairQueue(1), make(chan string, 100)
		if err := q.acquire(t.Context(), stranger("n", "h")); err != nil {
			t.Fatal(err)
		}
		// A caller that goes away leaves the queue at once.
		gone := enqueue(t.Context(), q, stranger("n", "h"), "gone", order)
		gone.cancel()
		if err := <-gone.result; !errors.Is(err, context.Canceled) || waiting(q) != 0 || len(q.lanes[1].networks) != 0 {
			t.Fatalf("%v, %d wait", err, waiting(q))
		}
		// A caller that is gone before gets no slot.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := newFairQueue(1).acquire(ctx, stranger("n", "h")); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// A caller that waits too long is refused.
		began := time.Now()
		late := enqueue(t.Context(), q, stranger("n", "h"), "late", order)
		if err := <-late.result; harang.ErrorCode(err) != harang.CodeRateLimited || time.Since(began) != maxWait {
			t.Fatalf("after %v: %v", time.Since(began), err)
		}
		// A slot that is given to a caller as it leaves goes to the next.
		first := enqueue(t.Context(), q, stranger("n", "h"), "first", order)
		second := enqueue(t.Context(), q, stranger("m", "h"), "second", order)
		q.release()
		first.cancel()
		synctest.Wait()
		if err := <-first.result; err != nil {
			q.release()
		} else {
			<-order
			q.release()
		}
		if err := <-second.result; err != nil {
			t.Fatal(err)
		}
		q.release()
		if q.free != 1 || waiting(q) != 0 {
			t.Errorf("%d free, %d wait", q.free, waiting(q))
		}
	})
}

// An account whose browsers sign in without a pause delays others, strangers and known browsers of other accounts, but
// does not keep them out.
func TestQueue_BusyKnownBrowsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, order := newFairQueue(1), make(chan string, 1000)
		if err := q.acquire(t.Context(), known("busy", "0")); err != nil {
			t.Fatal(err)
		}
		fill := func() {
			for i := range 2 * maxWaitingPerSlot {
				enqueue(t.Context(), q, known("busy", fmt.Sprint(i)), "busy", order)
			}
		}
		fill()
		enqueue(t.Context(), q, stranger("office", "desk"), "stranger", order)
		enqueue(t.Context(), q, known("other", "1"), "other", order)
		fill()
		if got := waiting(q); got != maxWaitingPerSlot+1 {
			t.Errorf("%d wait", got)
		}
		served := drain(q, order)
		if at := slices.Index(served, "other"); at != 1 {
			t.Errorf("another account's known browser is served as number %d of %v", at, served)
		}
		if at := slices.Index(served, "stranger"); at != trustedTurns {
			t.Errorf("the stranger is served as number %d of %v", at, served)
		}
	})
}
