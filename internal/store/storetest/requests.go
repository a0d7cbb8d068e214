package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

func testRequests(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	begin := func(caller harang.Identity, route, key, print string) (shop.Request, error) {
		return env.Requests.Begin(ctx, caller, route, key, print)
	}
	first, err := begin(Clerk(), "POST /rentals", "k", "f")
	if err != nil || first.Status != 0 || first.ResourceID == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := begin(Clerk(), "POST /rentals", "k", "f"); harang.ErrorCode(err) != harang.CodeIdempotencyInProgress ||
		applicationError(err).RetryAfter == 0 {
		t.Errorf("while it runs: %v", err)
	}
	if _, err := begin(Clerk(), "POST /rentals", "k", "g"); harang.ErrorCode(err) != harang.CodeIdempotencyKeyReused {
		t.Errorf("another request: %v", err)
	}
	// Another user, route or tenant is another key.
	otherTenant := Clerk()
	otherTenant.Tenant = "b"
	for name, try := range map[string]func() (shop.Request, error){
		"user":   func() (shop.Request, error) { return begin(Admin(), "POST /rentals", "k", "g") },
		"route":  func() (shop.Request, error) { return begin(Clerk(), "POST /payments", "k", "g") },
		"tenant": func() (shop.Request, error) { return begin(otherTenant, "POST /rentals", "k", "g") },
	} {
		if r, err := try(); err != nil || r.ResourceID == first.ResourceID {
			t.Errorf("another %s: %+v, %v", name, r, err)
		}
	}
	// A request of a crashed process continues under the same id.
	env.Clock.Move(31 * time.Second)
	second, err := begin(Clerk(), "POST /rentals", "k", "f")
	if err != nil || second.ResourceID != first.ResourceID || second.Status != 0 {
		t.Errorf("after a crash: %+v, %v", second, err)
	}
	if err := env.Requests.Release(ctx, second); err != nil {
		t.Fatal(err)
	}
	if second, err = begin(Clerk(), "POST /rentals", "k", "f"); err != nil || second.ResourceID != first.ResourceID {
		t.Errorf("released: %+v, %v", second, err)
	}
	if err := env.Requests.Finish(ctx, second, 201, []byte(`{"id":1}`)); err != nil {
		t.Fatal(err)
	}
	env.Clock.Move(6 * 24 * time.Hour)
	env.RunHousekeeping(t)
	if done, err := begin(Clerk(), "POST /rentals", "k", "f"); err != nil || done.Status != 201 || string(done.Body) != `{"id":1}` {
		t.Errorf("done: %+v, %v", done, err)
	}
	if err := env.Requests.Forget(ctx, second); err != nil { // it has an answer, so nothing happens
		t.Fatal(err)
	}
	if _, err := begin(Clerk(), "POST /rentals", "k", "g"); harang.ErrorCode(err) != harang.CodeIdempotencyKeyReused {
		t.Errorf("after an answer: %v", err)
	}
	env.Clock.Move(25 * time.Hour)
	if fresh, err := begin(Clerk(), "POST /rentals", "k", "g"); err != nil || fresh.Status != 0 ||
		fresh.ResourceID == first.ResourceID {
		t.Errorf("after seven days: %+v, %v", fresh, err)
	}
	env.RunHousekeeping(t)
	// A refused request does not use up its key.
	refused, err := begin(Clerk(), "POST /payments", "r", "f")
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Requests.Forget(ctx, refused); err != nil {
		t.Fatal(err)
	}
	if again, err := begin(Clerk(), "POST /payments", "r", "g"); err != nil || again.ResourceID == refused.ResourceID {
		t.Errorf("key of a refused request: %+v, %v", again, err)
	}
	for _, key := range []string{"", " ", strings.Repeat("k", 256), "a\nb"} {
		if _, err := begin(Clerk(), "POST /payments", key, "f"); harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

// testConcurrentRequests: of many concurrent requests with one key, one is executed.
func testConcurrentRequests(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			_, err := env.Requests.Begin(context.Background(), Clerk(), "POST /rentals", "k", "f")
			mu.Lock()
			defer mu.Unlock()
			switch harang.ErrorCode(err) {
			case "":
				won++
			case harang.CodeIdempotencyInProgress:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d were executed", won)
	}
}

// testRefusedRequests: requests with one key that are all refused are begun one after the other, or in progress.
func testRefusedRequests(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			for range 40 {
				r, err := env.Requests.Begin(context.Background(), Clerk(), "POST /rentals", "k", "f")
				switch harang.ErrorCode(err) {
				case "":
					if err := env.Requests.Forget(context.Background(), r); err != nil {
						t.Error(err)
					}
				case harang.CodeIdempotencyInProgress:
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
