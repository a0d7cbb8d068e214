package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
	"harang.dev/harang/internal/admin"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/demo"
	"harang.dev/harang/internal/descriptors"
	"harang.dev/harang/internal/health"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/inflight"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/origin"
	"harang.dev/harang/internal/payments"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/watermark"
	"harang.dev/harang/web"
)

// program is a running server. Tests start it as serve does, on port 0.
type program struct {
	config *serveCommand
	log    *slog.Logger
	page   fs.FS

	lock      *sqlite.FileLock // nil with PostgreSQL
	store     *store.Store
	watermark *watermark.File // nil with PostgreSQL
	auth      *auth.Service
	payments  *payments.Providers
	options   shop.Options
	shop      *shop.UseCases
	intake    *ingest.Intake
	realtime  *realtime
	health    *health.Monitor
	origins   *origin.Policy
	public    *http.Server
	admin     *http.Server
	listener  net.Listener
	adminAt   net.Listener

	requests *inflight.Requests
	draining atomic.Bool

	workers *errgroup.Group
	failed  context.Context //nolint:containedctx // it ends when a worker fails
	running context.Context //nolint:containedctx // it ends when the workers have to
	cancel  context.CancelFunc
	closers []func() error // in the order of opening
}

// start opens everything and returns when the server listens. What it opened
// before a failure is closed again.
func start(ctx context.Context, c *serveCommand, log *slog.Logger) (_ *program, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &program{config: c, log: log, requests: inflight.New()}
	p.workers, p.failed = errgroup.WithContext(context.WithoutCancel(ctx))
	p.running, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	path, err := c.DatabasePath()
	if err != nil {
		return nil, err
	}
	if !c.NewDatabase {
		if err := c.CheckLost(); err != nil {
			return nil, err
		}
	}
	if path != "" {
		p.lock, err = sqlite.Lock(path)
		if harang.ErrorCode(err) == harang.CodeConflict {
			return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).Cure("stop it, or name another file")
		}
		if err != nil {
			return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).Cure("name a folder that can be written")
		}
		p.onClose(p.lock.Release)
	}
	// A taken port is reported before anything is changed.
	if p.listener, err = p.listen(ctx, "--listen", c.Listen); err != nil {
		return nil, err
	}
	if p.adminAt, err = p.listen(ctx, "--admin-listen", c.AdminListen); err != nil {
		return nil, err
	}
	key, err := c.Key()
	if err != nil {
		return nil, err
	}
	adminToken, err := c.adminToken()
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.store, err = c.OpenOrCreate(ctx, log, registry); err != nil {
		return nil, err
	}
	p.onClose(p.store.Close)
	if p.auth, err = auth.New(p.store, key, auth.Options{NewID: config.NewID, Registry: registry}); err != nil {
		return nil, err
	}
	p.payments = payments.New(p.store, registry)
	p.options = shop.Options{Store: p.store, Providers: p.payments, Clock: time.Now, NewID: config.NewID, Logger: log}
	p.shop = shop.New(p.options)
	p.intake = ingest.New(p.store, config.NewID)
	if path != "" {
		p.watermark = watermark.New(path, p.store, log)
		p.onClose(p.watermark.Close)
		if err := p.watermark.Check(ctx); err != nil {
			return nil, err
		}
	}
	if c.Demo {
		err := demo.Create(ctx, demo.Options{Tenants: p.store, Auth: p.auth, UseCases: p.options})
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	trusted, _ := config.TrustedProxies(c.TrustedProxy) // check has read it
	if p.origins, err = origin.New(origin.Options{
		Allowed: c.AllowedOrigin, TrustedProxies: trusted, Logger: log, Registry: registry,
	}); err != nil {
		return nil, err
	}
	if p.realtime, err = p.startRealtime(ctx, registry); err != nil {
		return nil, err
	}
	p.health = p.newHealth(registry)
	p.health.Check(ctx)
	if page, ok := web.FS(); ok {
		p.page = page
	}
	handler, err := httpapi.New(p.api(registry)) //nolint:contextcheck,nolintlint // requests have their own contexts
	if err != nil {
		return nil, err
	}
	// Give back the memory that migrations and demo data took.
	debug.FreeOSMemory()
	if err := p.serve(handler, adminToken, registry); err != nil {
		return nil, err
	}
	if p.watermark != nil {
		p.run(p.watermark.Run)
	}
	p.run(p.warn)
	p.run(p.health.Run)
	p.run(p.store.RunSweeps)
	p.run(p.auth.Run)
	p.run(ingest.NewInboxWorker(p.intake, p.store, log, registry).Run)
	p.run(p.shop.Housekeeper.Run)
	log.Info("listening", "url", p.URL(), "admin", "http://"+p.adminAt.Addr().String(), "version", buildVersion())
	return p, nil
}

// api returns the options of the HTTP interface.
func (p *program) api(registry *prometheus.Registry) httpapi.Options {
	public, _ := publicOrigin(p.config.PublicURL) // check has read it
	return httpapi.Options{
		Auth:            p.auth,
		Inventory:       p.shop.Inventory,
		Catalogue:       p.shop.Catalogue,
		Notifications:   p.shop.Notifications,
		Dashboard:       p.shop.Dashboard,
		Counter:         p.shop.Counter,
		SelfCheck:       p.shop.SelfCheck,
		Exports:         p.shop.Exports,
		Audit:           p.shop.Audit,
		Erasures:        p.shop.Erasures,
		Intake:          p.intake,
		Rentals:         p.shop.Rentals,
		Payments:        p.shop.Payments,
		Requests:        p.shop.Requests,
		Webhooks:        map[string]http.Handler{myposWebhook: p.payments.Webhook(p.shop.Payments, p.log)},
		Health:          p.health,
		Draining:        p.draining.Load,
		Page:            p.page,
		PagePolicy:      web.ContentSecurityPolicy,
		Origins:         p.origins,
		Socket:          p.realtime.socket,
		SocketMessages:  socketMessages(),
		Connections:     p.connections,
		ConnectedUsers:  p.connectedUsers,
		PublicURL:       public,
		CloseConnection: p.shop.Connections.Close,
		DeliveryTrace:   p.deliveryTrace,
		Logger:          p.log,
		Registry:        registry,
		Version:         harang.Version,
		Build:           buildVersion(),
	}
}

// newHealth returns the checks of /readyz. Database and Redis are written to: one that
// only answers may be full, read-only or damaged.
func (p *program) newHealth(registry *prometheus.Registry) *health.Monitor {
	node := config.NewID()
	all := []health.Dependency{{
		Name: "database", Check: func(ctx context.Context) error {
			if p.lock != nil {
				if err := p.lock.Verify(); err != nil {
					return err
				}
			}
			return p.store.Probe(ctx, node)
		},
	}}
	if p.realtime.cluster != nil {
		all = append(all, health.Dependency{Name: "redis", Check: p.realtime.cluster.log.Probe, Optional: true})
	}
	all = append(all, health.Dependency{
		Name: "integrity", Check: func(context.Context) error { return p.store.Damage() }, Optional: true,
	}, health.Dependency{
		Name: "isolation", Check: p.realtime.canary.Check, Facts: p.realtime.isolation,
	})
	return health.New(health.Options{Dependencies: all, Logger: p.log, Registry: registry})
}

// URL is where the server listens.
func (p *program) URL() string { return "http://" + p.listener.Addr().String() }

// Failed is closed when a worker has failed. Stop returns its error.
func (p *program) Failed() <-chan struct{} { return p.failed.Done() }

func (p *program) onClose(f func() error) { p.closers = append(p.closers, f) }

// listen opens a listener that close closes.
func (p *program) listen(ctx context.Context, flag, address string) (net.Listener, error) {
	l, err := config.Listen(ctx, flag, address)
	if err != nil {
		return nil, err
	}
	p.onClose(func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return l, nil
}

// serve starts both HTTP servers.
func (p *program) serve(handler http.Handler, adminToken string, registry *prometheus.Registry) error {
	public, err := descriptors.Limit(p.listener, p.log, registry)
	if err != nil {
		return err
	}
	errorLog := slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)
	p.public = &http.Server{
		Handler: p.requests.Wrap(handler), ErrorLog: errorLog,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	p.admin = &http.Server{
		Handler: admin.New(admin.Options{
			Metrics: registry, Loopback: admin.IsLoopback(p.config.AdminListen), Token: adminToken,
		}),
		ErrorLog: errorLog, ReadHeaderTimeout: 10 * time.Second,
	}
	for server, listener := range map[*http.Server]net.Listener{p.public: public, p.admin: p.adminAt} {
		p.run(func(context.Context) error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	return nil
}

// run starts a worker. It returns nil when its context ends; an error ends the
// server.
func (p *program) run(worker func(context.Context) error) {
	p.workers.Go(func() error { return worker(p.running) })
}

// warn logs risky settings, once.
func (p *program) warn(ctx context.Context) error {
	settings := p.config.settings()
	if !settings.Demo {
		var err error
		if settings.DemoUsers, err = demo.FindPasswords(ctx, p.store); err != nil && ctx.Err() == nil {
			p.log.Warn("search for demo passwords failed", "err", err)
		}
	}
	for _, w := range settings.Warnings() {
		p.log.Warn("risky setting", "subject", w.Subject, "state", w.State, "cure", w.Cure)
	}
	return nil
}

// Stop drains and closes the server: new work is refused, connections get a
// goodbye, requests in flight are answered within --drain-timeout, then everything
// is closed. It returns the error of a worker that failed.
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
		p.log.Warn("requests cut off at the drain timeout; raise --drain-timeout to let them end")
		err = p.public.Close()
	}
	return errors.Join(goodbyes, err, p.close())
}

// close ends the workers and closes what start opened, the last first.
func (p *program) close() error {
	var errs []error
	if p.admin != nil {
		errs = append(errs, p.admin.Close())
	}
	if p.public != nil {
		errs = append(errs, p.public.Close())
	}
	p.cancel()
	if p.realtime != nil {
		errs = append(errs, p.realtime.close())
	}
	errs = append(errs, p.workers.Wait())
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}
