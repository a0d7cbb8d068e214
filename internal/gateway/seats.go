package gateway

import (
	"context"
	"sync"
	"time"

	"harang.dev/harang"
)

// Seat is what the connection limit counts. It is named by Tenant, User and PID, and belongs to one connection at a
// time.
type Seat struct {
	Tenant, User, PID string
	// Connection is the id of the socket that has the seat.
	Connection string
}

// Limits are how many seats may be taken.
type Limits struct {
	// Tenant is for all users of the tenant together.
	Tenant int
	// User is for the seat's user alone; 0 means no such limit.
	User int
}

// Seats counts connections per tenant, on this node or over several.
type Seats interface {
	// Take gives the seat to s.Connection. A seat that exists is taken over whatever the limits, and older is the
	// connection that had it, for the caller to close if it is on this node; "" for none. A new seat beyond a limit is
	// refused with USER_CONNECTION_LIMIT or TENANT_CONNECTION_LIMIT, with Details["limit"] and RetryAfter.
	Take(ctx context.Context, s Seat, limits Limits) (older string, err error)
	// Rename gives the seat another pid if s.Connection still has it.
	Rename(ctx context.Context, s Seat, pid string) error
	// Release frees the seat if s.Connection still has it.
	Release(ctx context.Context, s Seat) error
}

// limitRetry is how long a client that found no free seat should wait.
const limitRetry = 10 * time.Second

// memorySeats counts on one node.
type memorySeats struct {
	// mu guards tenants: the connection of each seat, by tenant.
	mu      sync.Mutex
	tenants map[string]map[seatKey]string
}

type seatKey struct{ user, pid string }

// NewSeats returns Seats that count on this node alone.
func NewSeats() Seats { return &memorySeats{tenants: make(map[string]map[seatKey]string)} }

func (m *memorySeats) Take(_ context.Context, s Seat, limits Limits) (older string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seats := m.tenants[s.Tenant]
	key := seatKey{s.User, s.PID}
	older, known := seats[key]
	if !known {
		if limits.User > 0 && countUser(seats, s.User) >= limits.User {
			return "", &harang.Error{
				Code: harang.CodeUserConnectionLimit, Message: "all connections of the user are in use",
				Details: map[string]any{"limit": limits.User}, RetryAfter: limitRetry,
			}
		}
		if len(seats) >= limits.Tenant {
			return "", &harang.Error{
				Code: harang.CodeConnectionLimit, Message: "all connections of the tenant are in use",
				Details: map[string]any{"limit": limits.Tenant}, RetryAfter: limitRetry,
			}
		}
	}
	if seats == nil {
		seats = make(map[seatKey]string)
		m.tenants[s.Tenant] = seats
	}
	seats[key] = s.Connection
	return older, nil
}

func countUser(seats map[seatKey]string, user string) (n int) {
	for key := range seats {
		if key.user == user {
			n++
		}
	}
	return n
}

func (m *memorySeats) Rename(_ context.Context, s Seat, pid string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	seats, key := m.tenants[s.Tenant], seatKey{s.User, s.PID}
	if seats[key] == s.Connection {
		delete(seats, key)
		seats[seatKey{s.User, pid}] = s.Connection
	}
	return nil
}

func (m *memorySeats) Release(_ context.Context, s Seat) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	seats, key := m.tenants[s.Tenant], seatKey{s.User, s.PID}
	if seats[key] == s.Connection {
		delete(seats, key)
	}
	if len(seats) == 0 {
		delete(m.tenants, s.Tenant)
	}
	return nil
}
