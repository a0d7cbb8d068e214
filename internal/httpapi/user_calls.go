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

// The limits of the calls of one user, on all devices together, and of one API key; each per node.
const (
	// maxUserCalls is how many of a user a node carries out at once, the sending of their answers included.
	maxUserCalls = 16
	// maxKeyCalls is that of an API key: programs post over many connections, and another key must find room.
	maxKeyCalls = 128
	// maxUserWaiting is how many more wait, first come, first served, and maxKeyWaiting how many of a key.
	maxUserWaiting = 256
	maxKeyWaiting  = 1024
	// userCallWait is how long each of them waits.
	userCallWait = 5 * time.Second
)

// userCalls bounds the calls of each user and API key. Tokens without a user are not bounded: programs share them.
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
	if strings.HasPrefix(caller.UserID, auth.CommandPrefix) {
		return none, false, nil
	}
	key := userKey{caller.Tenant, caller.UserID}
	atOnce, waiting := maxUserCalls, maxUserWaiting
	if caller.Role == harang.RoleService {
		atOnce, waiting = maxKeyCalls, maxKeyWaiting
	}
	slots := c.enter(key, atOnce, waiting)
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
func (c *userCalls) enter(key userKey, atOnce, waiting int) *userSlots {
	c.mu.Lock()
	defer c.mu.Unlock()
	slots := c.users[key]
	if slots == nil {
		slots = &userSlots{running: semaphore.NewWeighted(int64(atOnce))}
		c.users[key] = slots
	}
	if slots.calls == atOnce+waiting {
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
