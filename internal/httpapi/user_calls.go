package httpapi

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// The limits of the calls of one user, on all devices together and per node.
const (
	// maxUserCalls is how many a node carries out at once, the sending of their answers
	// included.
	maxUserCalls = 16
	// maxUserWaiting is how many more wait, first come, first served.
	maxUserWaiting = 256
	// userCallWait is how long each of them waits.
	userCallWait = 5 * time.Second
)

// userCalls bounds the calls of each user. API keys and tokens without a user are not
// bounded: programs share them.
type userCalls struct {
	mu    sync.Mutex
	users map[userKey]*userSlots // those with calls
}

type userKey struct{ tenant, user string }

type userSlots struct {
	running *semaphore.Weighted
	calls   int // running and waiting; guarded by userCalls.mu
}

func newUserCalls() *userCalls { return &userCalls{users: map[userKey]*userSlots{}} }

// acquire waits until the caller may make a call, which ends with release; it is never nil.
// waited reports whether the call did not begin at once.
// RATE_LIMITED when too many others wait, or when none of them has ended in time.
func (c *userCalls) acquire(ctx context.Context, caller harang.Identity) (release func(), waited bool, err error) {
	none := func() {}
	if caller.Role == harang.RoleService || strings.HasPrefix(caller.UserID, auth.CommandPrefix) {
		return none, false, nil
	}
	key := userKey{caller.Tenant, caller.UserID}
	slots := c.enter(key)
	if slots == nil {
		return none, waited, tooManyCalls()
	}
	if waited = !slots.running.TryAcquire(1); waited {
		limited, cancel := context.WithTimeout(ctx, userCallWait)
		defer cancel()
		if slots.running.Acquire(limited, 1) != nil {
			c.leave(key)
			if err := ctx.Err(); err != nil {
				return none, waited, harang.Wrap(harang.CodeUnavailable, err, "the call was cancelled")
			}
			return none, waited, tooManyCalls()
		}
	}
	return func() {
		slots.running.Release(1)
		c.leave(key)
	}, waited, nil
}

// enter counts a call of a user and returns the user's slots, nil when too many wait.
func (c *userCalls) enter(key userKey) *userSlots {
	c.mu.Lock()
	defer c.mu.Unlock()
	slots := c.users[key]
	if slots == nil {
		slots = &userSlots{running: semaphore.NewWeighted(maxUserCalls)}
		c.users[key] = slots
	}
	if slots.calls == maxUserCalls+maxUserWaiting {
		return nil
	}
	slots.calls++
	return slots
}

func (c *userCalls) leave(key userKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slots := c.users[key]
	if slots.calls--; slots.calls == 0 {
		delete(c.users, key)
	}
}

func tooManyCalls() error {
	return &harang.Error{
		Code: harang.CodeRateLimited, RetryAfter: userCallWait,
		Message: "too many of your calls are being carried out; try again when some of them have ended",
	}
}
