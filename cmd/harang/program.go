package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/inflight"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/payments"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/watermark"
	"harang.dev/harang/web"
)

// program is a running server. Tests start it exactly as serve does, on port 0.
type program struct {
	config *serveCommand
	log    *slog.Logger
	page   fs.FS

	store     *store.Store
	watermark *watermark.File // nil with PostgreSQL
	auth      *auth.Service
	payments  *payments.Providers
	options   shop.Options
	shop      *shop.UseCases
	intake    *ingest.Intake
	realtime  *realtime
	public    *http.Server
	admin     *http.Server
	listener  net.Listener
	adminAt   net.Listener

	requests *inflight.Requests
	draining atomic.Bool
	failed   chan struct{}
	failure  error
	failOnce sync.Once

	background sync.WaitGroup
	cancel     context.CancelFunc
	closers    []func() error // in the order of opening
}

// start opens everything and returns when the server listens. What it opened
// before a failure is closed again.
func start(ctx context.Context, c *serveCommand, log *slog.Logger) (_ *program, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &program{config: c, log: log, failed: make(chan struct{}), requests: inflight.New()}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	if path != "" {
		release, err := sqlite.Lock(path)
		if harang.ErrorCode(err) == harang.CodeConflict {
			return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).Cure("stop it, or name another file")
		}
		if err != nil {
			return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).Cure("name a folder that can be written")
		}
		p.onClose(release)
	}
	// A taken port is told before anything is changed.
	if p.listener, err = p.listen(ctx, "--listen", c.Listen); err != nil {
		return nil, err
	}
	if p.adminAt, err = p.listen(ctx, "--admin-listen", c.AdminListen); err != nil {
		return nil, err
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.store, err = c.open(ctx, log, registry); err != nil {
		return nil, err
	}
	p.onClose(p.store.Close)
	if p.auth, err = auth.New(p.store, key, auth.Options{NewID: newID, Registry: registry}); err != nil {
		return nil, err
	}
	p.payments = payments.New(p.store, registry)
	p.options = shop.Options{Store: p.store, Providers: p.payments, Clock: time.Now, NewID: newID, Logger: log}
	p.shop = shop.New(p.options)
	p.intake = ingest.New(p.store, newID)
	if path != "" {
		p.watermark = watermark.New(path, p.store, log)
		p.onClose(p.watermark.Close)
		if err := p.watermark.Check(ctx); err != nil {
			return nil, err
		}
	}
	if c.Demo {
		if err := p.createDemo(ctx); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	if p.realtime, err = p.startRealtime(running, registry); err != nil {
		return nil, err
	}
	if page, ok := web.FS(); ok {
		p.page = page
	}
	handler, err := httpapi.New(p.api(registry)) //nolint:contextcheck,nolintlint // calls have their own contexts; whether it sees that depends on its cache
	if err != nil {
		return nil, err
	}
	// What migrations and demo data needed is not needed any more.
	debug.FreeOSMemory()
	p.serve(handler, registry)
	if p.watermark != nil {
		p.run(func() { p.failOn(p.watermark.Run(running)) })
	}
	p.run(func() { p.sweep(running) })
	p.run(func() { p.failOn(ingest.NewInboxWorker(p.intake, p.store, log, registry).Run(running)) })
	p.run(func() { p.failOn(p.shop.Housekeeper.Run(running)) })
	log.Info("listening", "url", p.URL(), "admin", "http://"+p.adminAt.Addr().String(), "version", buildVersion())
	return p, nil
}

// api is what the interface is built from.
func (p *program) api(registry *prometheus.Registry) httpapi.Options {
	trusted, _ := p.config.proxies() // checked at the beginning
	return httpapi.Options{
		Auth:           p.auth,
		Inventory:      p.shop.Inventory,
		Catalogue:      p.shop.Catalogue,
		Notifications:  p.shop.Notifications,
		Dashboard:      p.shop.Dashboard,
		SelfCheck:      p.shop.SelfCheck,
		Intake:         p.intake,
		Rentals:        p.shop.Rentals,
		Payments:       p.shop.Payments,
		Requests:       p.shop.Requests,
		Webhooks:       map[string]http.Handler{"POST /api/v1/payments/mypos/{tenant}": p.payments.Webhook(p.shop.Payments, p.log)},
		Dependencies:   p.dependencies(),
		Draining:       p.draining.Load,
		Page:           p.page,
		PagePolicy:     web.ContentSecurityPolicy,
		AllowedOrigins: p.config.AllowedOrigin,
		TrustedProxies: trusted,
		Socket:         p.realtime.socket,
		SocketMessages: socketMessages(),
		Connections:    p.connections,
		DeliveryTrace:  p.journey,
		Logger:         p.log,
		Registry:       registry,
		Version:        harang.Version,
		Build:          buildVersion(),
	}
}

// dependencies are what /readyz asks.
func (p *program) dependencies() []httpapi.Dependency {
	all := []httpapi.Dependency{{Name: "database", Check: p.store.Ping}}
	if p.realtime.cluster != nil {
		all = append(all, httpapi.Dependency{Name: "redis", Check: p.realtime.cluster.log.Ping})
	}
	return append(all, httpapi.Dependency{Name: "isolation", Check: p.realtime.canary.Check, Facts: p.realtime.isolation})
}

// URL is where the server listens.
func (p *program) URL() string { return "http://" + p.listener.Addr().String() }

// Failed is closed when the server ends by itself.
func (p *program) Failed() <-chan struct{} { return p.failed }

func (p *program) fail(err error) {
	p.failOnce.Do(func() {
		p.failure = err
		close(p.failed)
	})
}

// failOn ends the server when a part that works until the end ended with an
// error.
func (p *program) failOn(err error) {
	if err != nil {
		p.fail(err)
	}
}

func (p *program) onClose(f func() error) { p.closers = append(p.closers, f) }

// listen takes a port. A taken or impossible one is wrong configuration.
func (p *program) listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if err := listenAddress(flag, address); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, cli.Usagef(flag, "%s is taken", address).Cure("stop what listens there, or choose another port")
	case err != nil:
		return nil, cli.Usagef(flag, "cannot listen at %s: %w", address, err).Cure("choose an address of this machine and a port that this user may take")
	}
	p.onClose(func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return l, nil
}

// serve begins to answer on both listeners.
func (p *program) serve(handler http.Handler, registry *prometheus.Registry) {
	errorLog := slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)
	p.public = &http.Server{
		Handler: p.requests.Wrap(handler), ErrorLog: errorLog,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	p.admin = &http.Server{Handler: mux, ErrorLog: errorLog, ReadHeaderTimeout: 10 * time.Second}
	for server, listener := range map[*http.Server]net.Listener{p.public: p.listener, p.admin: p.adminAt} {
		p.run(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				p.fail(err)
			}
		})
	}
}

// run starts a goroutine that Stop waits for.
func (p *program) run(f func()) { p.background.Go(f) }

// sweep deletes, a little at a time, what is kept for a while only.
func (p *program) sweep(ctx context.Context) {
	const keptAfterEnd = 30 * 24 * time.Hour
	ticker := time.NewTicker(10 * time.Minute)
	defer ticker.Stop()
	for {
		_, sessions := p.store.SweepSessions(ctx, time.Now().Add(-keptAfterEnd), 500)
		if err := errors.Join(sessions, p.store.Sweep(ctx)); err != nil && ctx.Err() == nil {
			p.log.Warn("what is over could not be swept; it will be tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Stop ends the server: connections are told goodbye, who comes now is told that
// it ends, calls under way are answered, then everything is closed. It returns the
// reason when the server ended by itself.
func (p *program) Stop() error {
	p.draining.Store(true)
	p.log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), p.config.DrainTimeout)
	defer cancel()
	answered := p.requests.Drain()
	goodbyes := p.realtime.drain(ctx)
	select {
	case <-answered:
	case <-ctx.Done():
	}
	err := p.public.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		p.log.Warn("some calls were cut off; a longer --drain-timeout lets them end")
		err = p.public.Close()
	}
	return errors.Join(p.failure, goodbyes, err, p.close())
}

// close closes what start opened, the last first.
func (p *program) close() error {
	var errs []error
	if p.admin != nil {
		errs = append(errs, p.admin.Close())
	}
	if p.public != nil {
		errs = append(errs, p.public.Close())
	}
	if p.cancel != nil {
		p.cancel()
	}
	if p.realtime != nil {
		errs = append(errs, p.realtime.close())
	}
	p.background.Wait()
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}
