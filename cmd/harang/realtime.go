package main

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/canary"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/socketio"
)

// realtime delivers what is committed to the browsers of this node.
type realtime struct {
	// cluster is nil on a single node.
	cluster *cluster
	hub     *gateway.Hub
	trace   *feed.DeliveryTrace
	relay   *relay.Relay
	socket  *socketio.Server
	gateway *gateway.Gateway
	canary  *canary.Canary[*socketio.Frame]
}

// startRealtime builds and runs the feeds' windows, the relay that fills them and
// the gateway that delivers from them, and wakes the relay after every commit. A
// single node's windows are also the log; several nodes share one in Redis.
func (p *program) startRealtime(ctx context.Context, registry prometheus.Registerer) (*realtime, error) {
	r := &realtime{trace: feed.NewDeliveryTrace(nil)}
	evict := func(tenant, connection string) { r.gateway.Evict(tenant, connection) }
	var err error
	if r.cluster, err = joinCluster(ctx, p.config, p.store, evict, p.log, registry); err != nil {
		return nil, err
	}
	var database relay.Source = p.store
	if p.watermark != nil {
		database = p.watermark.Source(p.store)
	}
	var source feed.Source = database
	if r.cluster != nil {
		p.onClose(func() error { r.cluster.client.Close(); return nil })
		source = r.cluster.follower
	}
	r.canary = canary.New[*socketio.Frame](canary.Options{Interval: p.config.CanaryInterval, NewID: config.NewID,
		Logger: p.log, Registry: registry})
	encoder := gateway.NewEncoder(p.log, registry)
	r.hub = feed.New(feed.Options[*socketio.Frame]{
		Source: r.canary.Source(source), Encoder: encoder, Logger: p.log, Registry: registry, Trace: r.trace,
	})
	var sharedLog relay.Log // nil on a single node
	var seats gateway.Seats
	if r.cluster != nil {
		sharedLog, seats = r.cluster.log, sharedSeats{r.cluster.seats}
	}
	r.relay = relay.New(relay.Options{
		Source: database, SharedLog: sharedLog, Windows: r.hub, Version: p.dataVersion(),
		Logger: p.log, Registry: registry,
	})
	r.socket = newSocket(p.config, p.origins, registry)
	r.gateway = gateway.New(gateway.Options{
		Server: r.socket, Hub: r.hub, Encoder: encoder, Auth: p.auth, Seats: seats,
		ConnectionsPerTenant: p.config.ConnectionsPerTenant,
		ConnectionsPerUser:   p.config.ConnectionsPerUser,
		Seen:                 r.trace.Seen,
		KeyChanged:           p.auth.ForgetKeys,
		Logger:               p.log, Registry: registry,
	})
	p.store.OnCommit(func(c outbox.Commit) {
		if p.watermark != nil {
			p.watermark.Committed(c.Heads)
		}
		r.relay.Committed(c)
	})
	p.run(r.relay.Run)
	p.run(r.gateway.Run)
	if p.config.CanaryInterval > 0 {
		p.run(func(ctx context.Context) error { return r.canary.Run(ctx, r.hub) })
	}
	if r.cluster != nil {
		p.run(func(ctx context.Context) error { return r.cluster.follower.Run(ctx, r.hub) })
		p.run(r.cluster.seats.Run)
	}
	return r, nil
}

// dataVersion returns SQLite's number that changes with every write; nil with
// PostgreSQL.
func (p *program) dataVersion() func(context.Context) (int64, error) {
	if p.store.Engine() != "sqlite" {
		return nil
	}
	return p.store.DataVersion
}

// drain refuses new connections, sends a goodbye to the open ones and closes the
// rest: mostly sessions without a login, whose waiting polls would delay the end.
func (r *realtime) drain(ctx context.Context) error {
	err := r.gateway.Drain(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the rest is cut off
	}
	return errors.Join(err, r.socket.Close())
}

// close closes all sessions and windows.
func (r *realtime) close() error {
	err := r.socket.Close()
	r.hub.Close()
	return err
}

// isolation are the facts of /readyz about the isolation of tenants on this node.
func (r *realtime) isolation() map[string]any {
	rounds, counts := r.canary.Status(), r.hub.Isolation()
	facts := map[string]any{
		"rounds": rounds.Rounds, "failures": rounds.Failures, "lastSuccess": nil,
		"checked": counts.Checked, "blocked": counts.Blocked,
	}
	if !rounds.LastSuccess.IsZero() {
		facts["lastSuccess"] = rounds.LastSuccess.UTC().Format(harang.TimeFormat)
	}
	return facts
}

// connections returns the tenant's open connections, as administrators see them.
func (p *program) connections(tenant string) []httpapi.Connection {
	open := p.realtime.gateway.Connections(tenant)
	shown := make([]httpapi.Connection, len(open))
	for i, c := range open {
		shown[i] = httpapi.Connection{
			ID: c.ID, User: harang.Person{ID: c.UserID, Name: c.Name}, Role: c.Role, Transport: c.Transport,
			Remote: c.Remote, Connected: c.Connected, Position: c.Position.String(),
		}
	}
	return shown
}

// connectedUsers returns the users of the tenant who have a connection, on several nodes on any of them.
func (p *program) connectedUsers(ctx context.Context, tenant string) map[string]bool {
	if c := p.realtime.cluster; c != nil {
		return c.seats.Users(ctx, tenant)
	}
	users := map[string]bool{}
	for _, c := range p.realtime.gateway.Connections(tenant) {
		users[c.UserID] = true
	}
	return users
}

// deliveryTrace is the delivery of an event by this node.
func (p *program) deliveryTrace(tenant, eventID string) (httpapi.DeliveryTrace, bool) {
	t, ok := p.realtime.trace.Find(tenant, eventID)
	return httpapi.DeliveryTrace{
		Type: t.Type, Committed: t.Committed, Relayed: t.Relayed, Sent: t.Sent, Seen: t.Seen,
		Listeners: t.Listeners, SeenBy: t.SeenBy,
	}, ok
}
