package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/mypos"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

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

// payments are the payment providers of all tenants.
type payments struct {
	providers *providers
	metrics   *mypos.Metrics
}

func newPayments(st *store.Store, registry prometheus.Registerer) payments {
	metrics := mypos.NewMetrics(registry)
	return payments{metrics: metrics, providers: &providers{
		store: st, sandbox: sandbox.New(nil), mypos: mypos.NewDirectory(mypos.Options{Metrics: metrics}),
	}}
}

// webhook answers myPOS notifications.
func (p payments) webhook(use *shop.Payments, log *slog.Logger) http.Handler {
	return mypos.NewWebhook(mypos.WebhookOptions{Merchants: p.providers, Ledger: use, Logger: log, Metrics: p.metrics})
}
