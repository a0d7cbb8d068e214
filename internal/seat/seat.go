package seat

import (
	"context"
	_ "embed"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"harang.dev/harang"
)

var (
	//go:embed take.lua
	takeText string
	//go:embed renew.lua
	renewText string
	//go:embed release.lua
	releaseText string
	//go:embed users.lua
	usersText string

	takeScript    = rueidis.NewLuaScript(takeText)
	renewScript   = rueidis.NewLuaScript(renewText)
	releaseScript = rueidis.NewLuaScript(releaseText)
	usersScript   = rueidis.NewLuaScript(usersText)
)

const (
	// callTimeout limits one call to Redis.
	callTimeout = time.Second
	// limitRetry is RetryAfter of TENANT_CONNECTION_LIMIT and USER_CONNECTION_LIMIT.
	limitRetry = 10 * time.Second
	// renewBatch is the number of seats that one call renews.
	renewBatch = 500
)

// Seat is one connection of a tenant, as its connection limit counts it.
type Seat struct {
	Tenant, User, PID string
	// Connection is the id of the socket that has the seat.
	Connection string
}

// name identifies the seat within its tenant. A pid contains no colon.
func (s Seat) name() string { return s.PID + ":" + s.User }

// Limits are how many seats may be taken.
type Limits struct {
	// Tenant is for all users of the tenant together.
	Tenant int
	// User is for the seat's user alone; 0 means no such limit.
	User int
}

// Options configure Seats.
type Options struct {
	// Client is the connection to Redis. Seats does not close it. Required.
	Client rueidis.Client
	// Node is the unique name of this node, without spaces. Required.
	Node string
	// Evict closes a connection of this node whose seat was taken over on another node. It must not block. Required.
	Evict func(tenant, connection string)
	// Lease is how long the seats of a node that has died stay occupied. Zero value means 15 s.
	Lease time.Duration
	// Logger receives one line when Redis becomes unreachable and one when it is back. Zero value means none.
	Logger *slog.Logger
	// Registry receives the metrics. Zero value means none.
	Registry prometheus.Registerer
}

// Seats are the seats of all tenants.
type Seats struct {
	o       Options
	shared  prometheus.Gauge
	evicted prometheus.Counter
	// unreachable is true while calls to Redis fail.
	unreachable atomic.Bool

	mu sync.Mutex
	// tenants has this node's connections, by tenant and name of the seat. Guarded by mu.
	tenants map[string]map[string]string
}

// New returns Seats that have no connection yet. The caller must call Run.
func New(o Options) *Seats {
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Seats{
		o: o, tenants: make(map[string]map[string]string),
		shared: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_seats_shared",
			Help: "1 while seats are counted across all nodes, 0 while this node counts its own.",
		}),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_seats_evicted_total",
			Help: "Connections of this node that were closed because their seat was taken over on another node.",
		}),
	}
	s.shared.Set(1)
	if o.Registry != nil {
		o.Registry.MustRegister(s.shared, s.evicted)
	}
	return s
}

func keys(tenant string) []string {
	return []string{"harang:{" + tenant + "}:seats", "harang:{" + tenant + "}:owners"}
}

func nodeChannel(node string) string { return "harang:node:{" + node + "}" }

// owner is the value of a seat in the hash of owners.
func (s *Seats) owner(connection string) string { return s.o.Node + " " + connection }

// noteResult records whether a call to Redis succeeded. It ignores an error after the end of the caller's ctx.
func (s *Seats) noteResult(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() != nil:
	case err == nil && s.unreachable.CompareAndSwap(true, false):
		s.shared.Set(1)
		s.o.Logger.Info("Redis reachable again; seats are counted across all nodes")
	case err != nil && s.unreachable.CompareAndSwap(false, true):
		s.shared.Set(0)
		s.o.Logger.Warn("Redis unreachable; each node counts its own seats", "err", err)
	}
}

// Take assigns the seat to its connection. A seat that has an owner is taken over whatever the limits: the previous
// connection is returned if it is on this node, and closed by its own node otherwise. Codes: USER_CONNECTION_LIMIT and
// TENANT_CONNECTION_LIMIT, with RetryAfter, when the seat is new and its user or tenant has as many seats as allowed.
// When ctx ends first the seat is not taken, and its error is returned.
func (s *Seats) Take(ctx context.Context, seat Seat, limits Limits) (older string, err error) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	taken, previous, err := s.takeShared(call, seat, limits)
	s.noteResult(ctx, err)
	switch {
	case err != nil && ctx.Err() != nil:
		s.releaseShared(context.WithoutCancel(ctx), seat, "") // Redis may have executed the call
		return "", ctx.Err()
	case err != nil:
		return s.takeLocal(seat, limits)
	}
	if !taken {
		if previous == "user" {
			return "", userLimitError(limits)
		}
		return "", tenantLimitError(limits)
	}
	s.mu.Lock()
	s.addLocked(seat)
	s.mu.Unlock()
	node, connection, _ := strings.Cut(previous, " ")
	switch {
	case connection == "" || connection == seat.Connection:
		return "", nil
	case node == s.o.Node:
		return connection, nil
	}
	// If the message is lost, the other node notices the takeover at its next renewal.
	message := s.o.Client.B().Spublish().Channel(nodeChannel(node)).Message(seat.Tenant + " " + connection).Build()
	s.noteResult(ctx, s.o.Client.Do(call, message).Error())
	return "", nil
}

// takeShared returns the previous owner of the seat, or whose limit, "tenant" or "user", is reached.
func (s *Seats) takeShared(ctx context.Context, seat Seat, limits Limits) (taken bool, previous string, err error) {
	reply, err := takeScript.Exec(ctx, s.o.Client, keys(seat.Tenant), []string{
		seat.name(), s.owner(seat.Connection), strconv.Itoa(limits.Tenant), s.lease(), seat.User,
		strconv.Itoa(limits.User),
	}).ToArray()
	if err != nil || len(reply) != 2 {
		return false, "", replyError(err)
	}
	ok, err := reply[0].AsInt64()
	if err != nil {
		return false, "", err
	}
	previous, err = reply[1].ToString()
	return ok == 1, previous, err
}

func (s *Seats) lease() string { return strconv.FormatInt(s.o.Lease.Milliseconds(), 10) }

func tenantLimitError(l Limits) error {
	return &harang.Error{
		Code: harang.CodeConnectionLimit, Message: "connection limit of the tenant reached",
		Details: map[string]any{"limit": l.Tenant}, RetryAfter: limitRetry,
	}
}

func userLimitError(l Limits) error {
	return &harang.Error{
		Code: harang.CodeUserConnectionLimit, Message: "connection limit of the user reached",
		Details: map[string]any{"limit": l.User}, RetryAfter: limitRetry,
	}
}

// takeLocal is Take with this node's seats only.
func (s *Seats) takeLocal(seat Seat, limits Limits) (older string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	older, known := s.tenants[seat.Tenant][seat.name()]
	switch {
	case known:
	case limits.User > 0 && s.countLocked(seat.Tenant, seat.User) >= limits.User:
		return "", userLimitError(limits)
	case len(s.tenants[seat.Tenant]) >= limits.Tenant:
		return "", tenantLimitError(limits)
	}
	s.addLocked(seat)
	return older, nil
}

// countLocked counts the user's seats on this node.
func (s *Seats) countLocked(tenant, user string) (n int) {
	for name := range s.tenants[tenant] {
		if _, of, _ := strings.Cut(name, ":"); of == user {
			n++
		}
	}
	return n
}

func (s *Seats) addLocked(seat Seat) {
	seats := s.tenants[seat.Tenant]
	if seats == nil {
		seats = make(map[string]string)
		s.tenants[seat.Tenant] = seats
	}
	seats[seat.name()] = seat.Connection
}

// removeLocked removes a seat of this node and reports true, if the connection is its owner.
func (s *Seats) removeLocked(tenant, name, connection string) bool {
	seats := s.tenants[tenant]
	if seats[name] != connection {
		return false
	}
	delete(seats, name)
	if len(seats) == 0 {
		delete(s.tenants, tenant)
	}
	return true
}

// Rename gives the seat another pid, if its connection is still the owner. The error is always nil.
func (s *Seats) Rename(ctx context.Context, seat Seat, pid string) error {
	renamed := seat
	renamed.PID = pid
	s.mu.Lock()
	if s.removeLocked(seat.Tenant, seat.name(), seat.Connection) {
		s.addLocked(renamed)
	}
	s.mu.Unlock()
	s.releaseShared(ctx, seat, renamed.name())
	return nil
}

// Release frees the seat, if its connection is still the owner. The error is always nil.
func (s *Seats) Release(ctx context.Context, seat Seat) error {
	s.mu.Lock()
	s.removeLocked(seat.Tenant, seat.name(), seat.Connection)
	s.mu.Unlock()
	s.releaseShared(ctx, seat, "")
	return nil
}

// releaseShared frees the seat in Redis, or renames it if newName is not "". If the call fails, the old seat ends with
// its lease, and the next renewal adds the new one.
func (s *Seats) releaseShared(ctx context.Context, seat Seat, newName string) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	args := []string{seat.name(), s.owner(seat.Connection), newName}
	s.noteResult(ctx, releaseScript.Exec(call, s.o.Client, keys(seat.Tenant), args).Error())
}

// Users returns the users of a tenant who have a seat on any node; while Redis is unreachable, on this one.
func (s *Seats) Users(ctx context.Context, tenant string) map[string]bool {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	names, err := usersScript.Exec(call, s.o.Client, keys(tenant), nil).AsStrSlice()
	s.noteResult(ctx, err)
	s.mu.Lock()
	for name := range s.tenants[tenant] {
		names = append(names, name)
	}
	s.mu.Unlock()
	users := make(map[string]bool, len(names))
	for _, name := range names {
		_, user, _ := strings.Cut(name, ":")
		users[user] = true
	}
	return users
}

// Run renews this node's leases and receives takeovers until ctx ends. It always returns nil.
func (s *Seats) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.receiveTakeovers(ctx) })
	ticker := time.NewTicker(s.o.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.renew(ctx)
		}
	}
}

// renew extends all leases of this node.
func (s *Seats) renew(ctx context.Context) {
	type batch struct {
		tenant string
		args   []string
	}
	var batches []batch
	s.mu.Lock()
	for tenant, seats := range s.tenants {
		b := batch{tenant, []string{s.lease()}}
		for name, connection := range seats {
			if len(b.args) > 2*renewBatch {
				batches = append(batches, b)
				b = batch{tenant, []string{s.lease()}}
			}
			b.args = append(b.args, name, s.owner(connection))
		}
		batches = append(batches, b)
	}
	s.mu.Unlock()
	for _, b := range batches {
		if ctx.Err() != nil {
			return
		}
		call, cancel := context.WithTimeout(ctx, callTimeout)
		lost, err := renewScript.Exec(call, s.o.Client, keys(b.tenant), b.args).AsStrSlice()
		cancel()
		s.noteResult(ctx, err)
		if err != nil {
			return // retried at the next tick
		}
		for _, name := range lost {
			for i := 1; i < len(b.args); i += 2 {
				if b.args[i] == name {
					_, connection, _ := strings.Cut(b.args[i+1], " ")
					s.evict(b.tenant, name, connection)
				}
			}
		}
	}
}

// evict closes a connection that is no longer the owner of its seat.
func (s *Seats) evict(tenant, name, connection string) {
	s.mu.Lock()
	removed := s.removeLocked(tenant, name, connection)
	s.mu.Unlock()
	if removed {
		s.evicted.Inc()
		s.o.Evict(tenant, connection)
	}
}

// receiveTakeovers subscribes to this node's channel, again after each error, until ctx ends.
func (s *Seats) receiveTakeovers(ctx context.Context) {
	const minPause, maxPause = 20 * time.Millisecond, time.Second
	pause := minPause
	for ctx.Err() == nil {
		start := time.Now()
		subscribe := s.o.Client.B().Ssubscribe().Channel(nodeChannel(s.o.Node)).Build()
		err := s.o.Client.Receive(ctx, subscribe, func(m rueidis.PubSubMessage) {
			if tenant, connection, ok := strings.Cut(m.Message, " "); ok {
				s.handleTakeover(tenant, connection)
			}
		})
		if ctx.Err() != nil {
			return
		}
		s.o.Logger.Debug("subscription of the node channel failed; retrying", "err", err)
		if time.Since(start) > maxPause {
			pause = minPause
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, maxPause)
	}
}

// handleTakeover evicts a connection whose seat was taken over on another node.
func (s *Seats) handleTakeover(tenant, connection string) {
	s.mu.Lock()
	found := ""
	for name, current := range s.tenants[tenant] {
		if current == connection {
			found = name
		}
	}
	s.mu.Unlock()
	if found != "" {
		s.evict(tenant, found, connection)
	}
}

// replyError returns err, or an error about an unexpected reply if err is nil.
func replyError(err error) error {
	if err != nil {
		return err
	}
	return harang.Errorf(harang.CodeUnavailable, "unexpected reply of Redis")
}
