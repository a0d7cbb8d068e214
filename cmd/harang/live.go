package main

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/demo"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/relay"
)

// live is the way from a commit to the listeners of this node.
type live struct {
	hub    *feed.Hub
	relay  *relay.Relay
	socket http.Handler
}

// startLive builds the windows of this node and the relay that fills them, and
// wakes it after every commit.
func (p *program) startLive(ctx context.Context, registry prometheus.Registerer) (*live, error) {
	l := &live{}
	l.hub = feed.New(feed.Options{Source: p.store, Logger: p.log, Registry: registry})
	l.relay = relay.New(relay.Options{
		Source: p.store, Log: l.hub, Windows: l.hub, Version: p.store.DataVersion,
		Logger: p.log, Registry: registry,
	})
	p.store.OnCommit(l.relay.Wake)
	p.run(func() {
		if err := l.relay.Run(ctx); err != nil {
			p.fail(err)
		}
	})
	return l, nil
}

// drain lets nobody new in and says goodbye to who is connected.
func (l *live) drain(context.Context) {}

// close ends what is left.
func (l *live) close() error {
	l.hub.Close()
	return nil
}

// createDemo makes the demo tenants that are absent.
func (p *program) createDemo(ctx context.Context) error {
	return demo.Create(ctx, demo.Shop{Tenants: p.store, Auth: p.auth})
}
