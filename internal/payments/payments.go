// Package payments chooses the payment provider of each tenant. The settings are
// read at each payment, so a change by `harang tenant set` takes effect at once
// beside a running server.
package payments

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/mypos"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
)

// Settings is where the tenants' settings are stored.
type Settings interface {
	// FindPaymentSettings returns a tenant's settings. Code: NOT_FOUND for an
	// unknown tenant.
	FindPaymentSettings(ctx context.Context, tenant string) (harang.PaymentSettings, error)
}

// Providers are the payment providers of all tenants.
type Providers struct {
	settings Settings
	sandbox  *sandbox.Provider
	mypos    *mypos.Directory
	metrics  *mypos.Metrics
}

// New returns the providers of the tenants in settings.
func New(settings Settings, registry prometheus.Registerer) *Providers {
	metrics := mypos.NewMetrics(registry)
	return &Providers{
		settings: settings, metrics: metrics,
		sandbox: sandbox.New(nil), mypos: mypos.NewDirectory(mypos.Options{Metrics: metrics}),
	}
}

// FindProvider returns the tenant's provider of that name, or its present one
// when name is "", with its name. Codes: NOT_FOUND for an unknown tenant,
// UNAVAILABLE when the tenant's configuration cannot be used.
func (p *Providers) FindProvider(ctx context.Context, tenant, name string) (string, shop.Provider, error) {
	settings, err := p.settings.FindPaymentSettings(ctx, tenant)
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

func (p *Providers) client(settings harang.PaymentSettings) (*mypos.Client, error) {
	if settings.ConfigFile == "" {
		return nil, harang.Errorf(harang.CodeUnavailable, "card payments are not set up")
	}
	client, err := p.mypos.Client(settings.ConfigFile)
	if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, "card payments are configured incorrectly")
	}
	return client, nil
}

// OfferedCards returns the sandbox's cards when the tenant uses the sandbox, and
// none otherwise.
func (p *Providers) OfferedCards(ctx context.Context, tenant string) ([]harang.Card, error) {
	settings, err := p.settings.FindPaymentSettings(ctx, tenant)
	if err != nil || settings.Provider != harang.ProviderSandbox {
		return nil, err
	}
	return sandbox.Cards(), nil
}

// FindMerchant returns the merchant whose notifications the tenant takes. It
// stays after a change back to the sandbox, for earlier payments. Codes:
// NOT_FOUND for a tenant without myPOS, UNAVAILABLE when its configuration cannot
// be used.
func (p *Providers) FindMerchant(ctx context.Context, tenant string) (*mypos.Merchant, error) {
	settings, err := p.settings.FindPaymentSettings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if settings.ConfigFile == "" {
		return nil, harang.Errorf(harang.CodeNotFound, "this tenant takes no myPOS payments")
	}
	client, err := p.client(settings)
	if err != nil {
		return nil, err
	}
	return client.Merchant(), nil
}

// Webhook returns the handler of myPOS notifications.
func (p *Providers) Webhook(use *shop.Payments, log *slog.Logger) http.Handler {
	return mypos.NewWebhook(mypos.WebhookOptions{Merchants: p, Notices: use, Logger: log, Metrics: p.metrics})
}
