package main

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/canary"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/socketio"
)

// live is the way from a commit to the browsers that this node serves.
type live struct {
	// nodes is what is shared with other nodes; nil when there are none.
	nodes   *nodes
	hub     *feed.Hub
	journey *feed.Journey
	relay   *relay.Relay
	socket  *socketio.Server
	gateway *gateway.Gateway
	canary  *canary.Canary
}

// startLive builds the windows of this node, the relay that fills them and the
// gateway that listens to them, and wakes the relay after every commit. On one
// node the log of the feeds is the windows themselves; several share one.
func (p *program) startLive(ctx context.Context, registry prometheus.Registerer) (*live, error) {
	l := &live{journey: feed.NewJourney(nil)}
	evict := func(tenant, connection string) { l.gateway.Evict(tenant, connection) }
	var err error
	if l.nodes, err = joinNodes(ctx, p.config, p.store, evict, p.log, registry); err != nil {
		return nil, err
	}
	var truth relay.Source = p.store
	if p.watermark != nil {
		truth = p.watermark.Source(p.store)
	}
	var source feed.Source = truth
	if l.nodes != nil {
		p.onClose(func() error { l.nodes.client.Close(); return nil })
		source = l.nodes.follower
	}
	l.canary = canary.New(canary.Options{Interval: p.config.CanaryInterval, NewID: newID, Logger: p.log, Registry: registry})
	l.hub = feed.New(feed.Options{Source: l.canary.Source(source), Logger: p.log, Registry: registry, Journey: l.journey})
	var log relay.Log = l.hub
	var seats gateway.Seats
	if l.nodes != nil {
		log, seats = l.nodes.log, sharedSeats{l.nodes.seats}
	}
	l.relay = relay.New(relay.Options{
		Source: truth, Log: log, Windows: l.hub, Version: p.dataVersion(),
		Logger: p.log, Registry: registry,
	})
	l.socket = newSocket(p.config, registry)
	l.gateway = gateway.New(gateway.Options{
		Server: l.socket, Hub: l.hub, Auth: p.auth, Seats: seats,
		ConnectionsPerTenant: p.config.ConnectionsPerTenant,
		Seen:                 l.journey.Seen,
		Logger:               p.log, Registry: registry,
	})
	p.store.OnCommit(func(c outbox.Commit) {
		if p.watermark != nil {
			p.watermark.Committed(c.Heads)
		}
		l.relay.Committed(c)
	})
	p.run(func() { p.failOn(l.relay.Run(ctx)) })
	p.run(func() { p.failOn(l.gateway.Run(ctx)) })
	if p.config.CanaryInterval > 0 {
		p.run(func() { p.failOn(l.canary.Run(ctx, l.hub)) })
	}
	if l.nodes != nil {
		p.run(func() { p.failOn(l.nodes.follower.Run(ctx, l.hub)) })
		p.run(func() { p.failOn(l.nodes.seats.Run(ctx)) })
	}
	return l, nil
}

// dataVersion is the number that changes with every write, where there is one.
func (p *program) dataVersion() func(context.Context) (int64, error) {
	if p.store.Engine() != "sqlite" {
		return nil
	}
	return p.store.DataVersion
}

// drain lets nobody new in, says goodbye to who is connected and closes what is
// left then: mostly sessions without a login, whose waiting polls would hold the
// end up.
func (l *live) drain(ctx context.Context) error {
	err := l.gateway.Drain(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // who has not left by then is cut off
	}
	return errors.Join(err, l.socket.Close())
}

// close ends what is left.
func (l *live) close() error {
	err := l.socket.Close()
	l.hub.Close()
	return err
}

// isolation is what /readyz says of the keeping apart of tenants on this node.
func (l *live) isolation() map[string]any {
	rounds, counts := l.canary.Status(), l.hub.Isolation()
	facts := map[string]any{
		"rounds": rounds.Rounds, "failures": rounds.Failures, "lastSuccess": nil,
		"checked": counts.Checked, "blocked": counts.Blocked,
	}
	if !rounds.LastSuccess.IsZero() {
		facts["lastSuccess"] = rounds.LastSuccess.UTC().Format(harang.TimeFormat)
	}
	return facts
}

// connections are the tenant's open connections, as administrators see them.
func (p *program) connections(tenant string) []httpapi.Connection {
	open := p.live.gateway.Connections(tenant)
	shown := make([]httpapi.Connection, len(open))
	for i, c := range open {
		shown[i] = httpapi.Connection{
			ID: c.ID, User: harang.Person{ID: c.UserID, Name: c.Name}, Role: c.Role, Transport: c.Transport,
			Remote: c.Remote, Connected: c.Connected, Position: c.Position.String(),
		}
	}
	return shown
}

// journey is the way of an event through this node.
func (p *program) journey(tenant, eventID string) (httpapi.DeliveryTrace, bool) {
	t, ok := p.live.journey.Find(tenant, eventID)
	return httpapi.DeliveryTrace{
		Type: t.Type, Committed: t.Committed, Relayed: t.Relayed, Sent: t.Sent, Seen: t.Seen,
		Listeners: t.Listeners, SeenBy: t.SeenBy,
	}, ok
}
