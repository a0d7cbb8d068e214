package httpapi

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"harang.dev/harang"
)

// TestUserCalls: a user and an API key have a bounded number of calls at once, further ones wait in turn
// and are refused after some time or when too many wait. Others are not delayed.
func TestUserCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newUserCalls()
		user := harang.Identity{Tenant: "a", UserID: "u", Role: harang.RoleAdmin}
		var releases []func()
		begin := func(caller harang.Identity) {
			t.Helper()
			began := time.Now()
			release, _, err := calls.acquire(t.Context(), caller)
			if err != nil || time.Since(began) != 0 {
				t.Fatalf("%s waited %s: %v", caller.UserID, time.Since(began), err)
			}
			releases = append(releases, release)
		}
		refused := func(ctx context.Context, when string, after time.Duration, code harang.Code) {
			t.Helper()
			began := time.Now()
			_, _, err := calls.acquire(ctx, user)
			if harang.ErrorCode(err) != code || time.Since(began) != after {
				t.Errorf("%s: %v after %s, want %s after %s", when, err, time.Since(began), code, after)
			}
			var coded *harang.Error
			if code == harang.CodeRateLimited && (!errors.As(err, &coded) || coded.RetryAfter == 0) {
				t.Errorf("%s: no time to try again: %v", when, err)
			}
		}
		for range maxUserCalls {
			begin(user)
		}
		refused(t.Context(), "one more", userCallWait, harang.CodeRateLimited)
		left, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		refused(left, "one that goes away", time.Second, harang.CodeUnavailable)
		for _, other := range []harang.Identity{
			{Tenant: "a", UserID: "v", Role: harang.RoleOperator}, {Tenant: "b", UserID: "u", Role: harang.RoleAdmin},
		} {
			begin(other)
		}
		for range 2 * (maxUserCalls + maxUserWaiting) {
			begin(harang.Identity{Tenant: "a", UserID: "cli:ADMIN", Role: harang.RoleAdmin})
		}
		for range maxKeyCalls {
			begin(harang.Identity{Tenant: "a", UserID: "key:1", Role: harang.RoleService})
		}
		began := make(chan int, maxUserWaiting)
		_, _, err := calls.acquire(t.Context(), harang.Identity{Tenant: "a", UserID: "key:1", Role: harang.RoleService})
		if harang.ErrorCode(err) != harang.CodeRateLimited {
			t.Errorf("one more call of a key: %v", err)
		}
		begin(harang.Identity{Tenant: "a", UserID: "key:2", Role: harang.RoleService})

		for i := range maxUserWaiting {
			go func() {
				release, _, err := calls.acquire(t.Context(), user)
				if err != nil {
					t.Error(err)
					return
				}
				began <- i
				release()
			}()
			synctest.Wait()
		}
		refused(t.Context(), "when many wait", 0, harang.CodeRateLimited)
		releases[0]()
		synctest.Wait()
		for i := range maxUserWaiting {
			if got := <-began; got != i {
				t.Fatalf("call %d began as number %d", got, i)
			}
		}
		for _, release := range releases[1:] {
			release()
		}
		if len(calls.users) != 0 {
			t.Errorf("%d users remain without a call", len(calls.users))
		}
	})
}
