package gateway

import (
	"context"
	"sync"
	"time"

	"harang.dev/harang"
)

// Seat is one of a tenant's connections, as the limit counts them. It belongs
// to Tenant, User and PID; Connection is who sits on it now.
type Seat struct {
	Tenant, User, PID string
	// Connection is the socket's id.
	Connection string
}

// Seats counts connections per tenant, on this node or over several.
type Seats interface {
	// Take gives the seat to its connection. A seat that is known is taken over
	// whatever the limit: the connection that had it is returned, for the
	// caller to close when it is on this node; "" when there was none. Code:
	// TENANT_CONNECTION_LIMIT, with RetryAfter, when it is a new one and the
	// tenant has limit seats already.
	Take(ctx context.Context, s Seat, limit int) (older string, err error)
	// Rename gives the seat another pid, if the connection still has it.
	Rename(ctx context.Context, s Seat, pid string) error
	// Release frees the seat, if the connection still has it.
	Release(ctx context.Context, s Seat) error
}

// limitRetry is when one who found all seats taken should try again.
const limitRetry = 10 * time.Second

// memorySeats are the seats of a house with one node.
type memorySeats struct {
	// mu guards tenants: per tenant, who sits where.
	mu      sync.Mutex
	tenants map[string]map[seatKey]string
}

type seatKey struct{ user, pid string }

// NewSeats returns seats that are counted on this node alone.
func NewSeats() Seats { return &memorySeats{tenants: make(map[string]map[seatKey]string)} }

func (m *memorySeats) Take(_ context.Context, s Seat, limit int) (older string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seats := m.tenants[s.Tenant]
	key := seatKey{s.User, s.PID}
	older, known := seats[key]
	if !known && len(seats) >= limit {
		return "", &harang.Error{
			Code: harang.CodeConnectionLimit, Message: "the tenant has no free connection",
			Details: map[string]any{"limit": limit}, RetryAfter: limitRetry,
		}
	}
	if seats == nil {
		seats = make(map[seatKey]string)
		m.tenants[s.Tenant] = seats
	}
	seats[key] = s.Connection
	return older, nil
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
