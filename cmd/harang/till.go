package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/mypos"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// ledger lets the use cases of rentals and payments see the store through
// their own port.
type ledger struct{ *store.Store }

// WithinLedger runs a use case's transaction.
func (l ledger) WithinLedger(ctx context.Context, fn func(shop.LedgerTx) error) error {
	return l.Within(ctx, func(tx *store.Tx) error { return fn(tx) })
}

// providers knows how each tenant takes cards: what `tenant set` wrote, read at
// each payment, so that a change holds at once beside a running server.
type providers struct {
	store   *store.Store
	sandbox *sandbox.Provider
	mypos   *mypos.Directory
}

// FindProvider returns a tenant's payment provider.
func (p *providers) FindProvider(ctx context.Context, tenant, name string) (string, shop.Provider, error) {
	settings, err := p.store.FindPaymentSettings(ctx, tenant)
	if err != nil {
		return "", nil, err
	}
	if name == "" {
		name = settings.Provider
	}
	if name == harang.ProviderSandbox {
		return name, p.sandbox, nil
	}
	client, err := p.client(settings)
	if err != nil {
		return "", nil, err
	}
	return harang.ProviderMyPOS, client, nil
}

func (p *providers) client(settings harang.PaymentSettings) (*mypos.Client, error) {
	if settings.ConfigFile == "" {
		return nil, harang.Errorf(harang.CodeUnavailable, "card payments are not set up")
	}
	client, err := p.mypos.Client(settings.ConfigFile)
	if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, "card payments are not set up rightly")
	}
	return client, nil
}

// OfferedCards are the sandbox's cards, where a tenant has the sandbox.
func (p *providers) OfferedCards(ctx context.Context, tenant string) ([]harang.Card, error) {
	settings, err := p.store.FindPaymentSettings(ctx, tenant)
	if err != nil || settings.Provider != harang.ProviderSandbox {
		return nil, err
	}
	return sandbox.Cards(), nil
}

// FindMerchant returns whose notifications a tenant takes.
func (p *providers) FindMerchant(ctx context.Context, tenant string) (*mypos.Merchant, error) {
	settings, err := p.store.FindPaymentSettings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	// The file stays known after a change back to the sandbox, for what was
	// charged before.
	if settings.ConfigFile == "" {
		return nil, harang.Errorf(harang.CodeNotFound, "this tenant takes no myPOS payments")
	}
	client, err := p.client(settings)
	if err != nil {
		return nil, err
	}
	return client.Merchant(), nil
}

// till is what has to do with rentals and money.
type till struct {
	tools       shop.LedgerTools
	rentals     *shop.Rentals
	payments    *shop.Payments
	requests    *shop.Requests
	housekeeper *shop.Housekeeper
	webhook     http.Handler
}

func newTill(st *store.Store, log *slog.Logger, registry prometheus.Registerer) *till {
	metrics := mypos.NewMetrics(registry)
	known := &providers{
		store: st, sandbox: sandbox.New(nil), mypos: mypos.NewDirectory(mypos.Options{Metrics: metrics}),
	}
	tools := shop.LedgerTools{
		Tools: shop.Tools{Clock: time.Now, NewID: newID}, Ledger: ledger{st}, Providers: known, Logger: log,
	}
	t := &till{
		tools:   tools,
		rentals: shop.NewRentals(tools), payments: shop.NewPayments(tools),
		requests: shop.NewRequests(tools), housekeeper: shop.NewHousekeeper(tools),
	}
	t.webhook = mypos.NewWebhook(mypos.WebhookOptions{Merchants: known, Ledger: t.payments, Logger: log, Metrics: metrics})
	return t
}
