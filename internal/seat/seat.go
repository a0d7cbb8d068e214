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
	//go:embed leave.lua
	leaveText string

	takeScript  = rueidis.NewLuaScript(takeText)
	renewScript = rueidis.NewLuaScript(renewText)
	leaveScript = rueidis.NewLuaScript(leaveText)
)

const (
	// callTimeout ends one call of Redis.
	callTimeout = time.Second
	// limitRetry is when one who found all seats taken should try again.
	limitRetry = 10 * time.Second
	// renewBatch is how many seats one call renews.
	renewBatch = 500
)

// Seat is one of a tenant's connections, as the limit counts them.
type Seat struct {
	Tenant, User, PID string
	// Connection is the socket's id.
	Connection string
}

// name is the seat among its tenant's. A pid has no colon.
func (s Seat) name() string { return s.PID + ":" + s.User }

// Options configure Seats.
type Options struct {
	// Client speaks to Redis; it stays the caller's. Required.
	Client rueidis.Client
	// Node is this node's name, unlike any other's. Required.
	Node string
	// Evict closes a connection of this node whose seat was taken over on
	// another one. It must not block. Required.
	Evict func(tenant, connection string)
	// Lease is how long a dead node's seats stay taken. Zero value means 15 s.
	Lease time.Duration
	// Logger gets the loss and the return of Redis. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means none.
	Registry prometheus.Registerer
}

// Seats are the seats of all tenants, as this node sees them.
type Seats struct {
	o       Options
	shared  prometheus.Gauge
	evicted prometheus.Counter
	// away: Redis did not answer the last call.
	away atomic.Bool

	// mu guards tenants: who of this node sits where.
	mu      sync.Mutex
	tenants map[string]map[string]string
}

// New builds Seats.
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
			Name: "harang_seats_shared", Help: "1 while seats are counted over all nodes, 0 while this node counts its own.",
		}),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_seats_evicted_total", Help: "Connections of this node whose seats were taken over on another one.",
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

// owner is a connection as other nodes know it.
func (s *Seats) owner(connection string) string { return s.o.Node + " " + connection }

// answered notes whether Redis answered. An error that came because the caller
// left says nothing of Redis.
func (s *Seats) answered(caller context.Context, err error) {
	switch {
	case err != nil && caller.Err() != nil:
	case err == nil && s.away.CompareAndSwap(true, false):
		s.shared.Set(1)
		s.o.Logger.Info("seats are counted over all nodes again")
	case err != nil && s.away.CompareAndSwap(false, true):
		s.shared.Set(0)
		s.o.Logger.Warn("Redis is away: each node counts its own connections until it is back", "err", err)
	}
}

// Take gives the seat to its connection. A seat that is known is taken over
// whatever the limit: the connection that had it is returned when it is on this
// node, and told to the other node when it is there. Code:
// TENANT_CONNECTION_LIMIT, with RetryAfter, when it is a new one and the tenant
// has limit seats already. When caller ends first nobody sits there, and its
// error is returned.
func (s *Seats) Take(caller context.Context, seat Seat, limit int) (older string, err error) {
	ctx, cancel := context.WithTimeout(caller, callTimeout)
	defer cancel()
	taken, before, err := s.takeShared(ctx, seat, limit)
	s.answered(caller, err)
	switch {
	case err != nil && caller.Err() != nil:
		s.leave(context.WithoutCancel(caller), seat, "") // Redis may have heard it all the same
		return "", caller.Err()
	case err != nil:
		return s.takeHere(seat, limit)
	}
	if !taken {
		return "", refused(limit)
	}
	s.mu.Lock()
	s.sitLocked(seat)
	s.mu.Unlock()
	node, connection, _ := strings.Cut(before, " ")
	switch {
	case connection == "" || connection == seat.Connection:
		return "", nil
	case node == s.o.Node:
		return connection, nil
	}
	// Not heard, the other node finds out when it renews.
	s.answered(caller, s.o.Client.Do(ctx, s.o.Client.B().Spublish().Channel(nodeChannel(node)).Message(seat.Tenant+" "+connection).Build()).Error())
	return "", nil
}

func (s *Seats) takeShared(ctx context.Context, seat Seat, limit int) (taken bool, before string, err error) {
	answer, err := takeScript.Exec(ctx, s.o.Client, keys(seat.Tenant), []string{
		seat.name(), s.owner(seat.Connection), strconv.Itoa(limit), s.lease(),
	}).ToArray()
	if err != nil || len(answer) != 2 {
		return false, "", errorOr(err)
	}
	ok, err := answer[0].AsInt64()
	if err != nil {
		return false, "", err
	}
	before, err = answer[1].ToString()
	return ok == 1, before, err
}

func (s *Seats) lease() string { return strconv.FormatInt(s.o.Lease.Milliseconds(), 10) }

func refused(limit int) error {
	return &harang.Error{
		Code: harang.CodeConnectionLimit, Message: "the tenant has no free connection",
		Details: map[string]any{"limit": limit}, RetryAfter: limitRetry,
	}
}

// takeHere counts this node's seats alone.
func (s *Seats) takeHere(seat Seat, limit int) (older string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	older, known := s.tenants[seat.Tenant][seat.name()]
	if !known && len(s.tenants[seat.Tenant]) >= limit {
		return "", refused(limit)
	}
	s.sitLocked(seat)
	return older, nil
}

func (s *Seats) sitLocked(seat Seat) {
	seats := s.tenants[seat.Tenant]
	if seats == nil {
		seats = make(map[string]string)
		s.tenants[seat.Tenant] = seats
	}
	seats[seat.name()] = seat.Connection
}

// standLocked forgets a seat of this node, if the connection has it.
func (s *Seats) standLocked(tenant, name, connection string) bool {
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

// Rename gives the seat another pid, if the connection still has it.
func (s *Seats) Rename(ctx context.Context, seat Seat, pid string) error {
	renamed := seat
	renamed.PID = pid
	s.mu.Lock()
	if s.standLocked(seat.Tenant, seat.name(), seat.Connection) {
		s.sitLocked(renamed)
	}
	s.mu.Unlock()
	s.leave(ctx, seat, renamed.name())
	return nil
}

// Release frees the seat, if the connection still has it.
func (s *Seats) Release(ctx context.Context, seat Seat) error {
	s.mu.Lock()
	s.standLocked(seat.Tenant, seat.name(), seat.Connection)
	s.mu.Unlock()
	s.leave(ctx, seat, "")
	return nil
}

// leave tells Redis. What it does not hear ends with the lease, and what it
// should know comes with the next renewal.
func (s *Seats) leave(caller context.Context, seat Seat, renamed string) {
	ctx, cancel := context.WithTimeout(caller, callTimeout)
	defer cancel()
	err := leaveScript.Exec(ctx, s.o.Client, keys(seat.Tenant), []string{seat.name(), s.owner(seat.Connection), renamed}).Error()
	s.answered(caller, err)
}

// Run renews this node's leases and listens for takeovers, until ctx ends.
func (s *Seats) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.listen(ctx) })
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

// renew prolongs every lease of this node.
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
		s.answered(ctx, err)
		if err != nil {
			return // the next round tries again
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

// evict closes a connection whose seat is another's now.
func (s *Seats) evict(tenant, name, connection string) {
	s.mu.Lock()
	had := s.standLocked(tenant, name, connection)
	s.mu.Unlock()
	if had {
		s.evicted.Inc()
		s.o.Evict(tenant, connection)
	}
}

// listen waits for takeovers on other nodes.
func (s *Seats) listen(ctx context.Context) {
	const least, most = 20 * time.Millisecond, time.Second
	pause := least
	for ctx.Err() == nil {
		began := time.Now()
		err := s.o.Client.Receive(ctx, s.o.Client.B().Ssubscribe().Channel(nodeChannel(s.o.Node)).Build(), func(m rueidis.PubSubMessage) {
			if tenant, connection, ok := strings.Cut(m.Message, " "); ok {
				s.takenOver(tenant, connection)
			}
		})
		if ctx.Err() != nil {
			return
		}
		s.o.Logger.Debug("the channel of this node broke; it is taken up again", "err", err)
		if time.Since(began) > most {
			pause = least
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, most)
	}
}

func (s *Seats) takenOver(tenant, connection string) {
	s.mu.Lock()
	found := ""
	for name, at := range s.tenants[tenant] {
		if at == connection {
			found = name
		}
	}
	s.mu.Unlock()
	if found != "" {
		s.evict(tenant, found, connection)
	}
}

// errorOr is err, or that the answer could not be read.
func errorOr(err error) error {
	if err != nil {
		return err
	}
	return harang.Errorf(harang.CodeUnavailable, "the answer of Redis cannot be read")
}
