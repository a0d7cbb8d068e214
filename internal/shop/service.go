package shop

import (
	"context"
	"log/slog"
	"time"

	"harang.dev/harang"
)

// Options are what the use cases are built with.
type Options struct {
	// Store keeps the state. Required.
	Store Store
	// NewID makes ids. Required.
	NewID func() string
	// Providers take card payments. Nil means that no tenant can take cards.
	Providers Providers
	// Clock returns the time. Nil means time.Now.
	Clock func() time.Time
	// Logger gets failures of providers and of background work. Nil discards.
	Logger *slog.Logger
}

// UseCases are everything that people and other applications do with a shop.
type UseCases struct {
	Inventory     *Inventory
	Catalogue     *Catalogue
	Notifications *Notifications
	Dashboard     *Dashboard
	Counter       *Counter
	Rentals       *Rentals
	Payments      *Payments
	Requests      *Requests
	Exports       *Exports
	SelfCheck     *SelfCheck
	Connections   *Connections
	Audit         *Audit
	Erasures      *Erasures
	Housekeeper   *Housekeeper
}

// New builds the use cases.
func New(o Options) *UseCases {
	s := &service{store: o.Store, providers: o.Providers, clock: o.Clock, newID: o.NewID, log: o.Logger}
	erasures := &Erasures{service: s, wake: make(chan struct{}, 1)}
	if s.providers == nil {
		s.providers = noProviders{}
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	payments := &Payments{s}
	rentals := &Rentals{s, payments}
	inventory, catalogue := &Inventory{s}, &Catalogue{s}
	dashboard, notifications, audit := &Dashboard{s, payments}, &Notifications{s}, &Audit{s}
	return &UseCases{
		Inventory:     inventory,
		Catalogue:     catalogue,
		Notifications: notifications,
		Dashboard:     dashboard,
		Counter:       &Counter{s},
		Rentals:       rentals,
		Payments:      payments,
		Requests:      &Requests{s},
		Exports:       &Exports{s, inventory, catalogue, rentals, payments, dashboard, notifications, audit},
		SelfCheck:     &SelfCheck{service: s, sent: map[harang.Reader][]time.Time{}},
		Connections:   &Connections{s},
		Audit:         audit,
		Erasures:      erasures,
		Housekeeper:   &Housekeeper{service: s, rentals: rentals, payments: payments, erasures: erasures},
	}
}

// service is what all use cases share: the store and the rules that several of
// them apply inside a transaction.
type service struct {
	store     Store
	providers Providers
	clock     func() time.Time
	newID     func() string
	log       *slog.Logger
}

// now is the present instant to the millisecond, as it is stored.
func (s *service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// system is the identity of background work: expiry and late settlements.
func system(tenant string) harang.Identity {
	return harang.Identity{Tenant: tenant, UserID: "system", Name: "Harang"}
}

// page checks the limit of a list, 0 meaning the default.
func page(limit int) (int, error) {
	switch {
	case limit == 0:
		return harang.DefaultPageLimit, nil
	case limit < 1 || limit > harang.MaxPageLimit:
		return 0, harang.Invalid(harang.FieldError{Field: "limit", Detail: "must be from 1 to 200"})
	}
	return limit, nil
}

// noProviders refuses card payments.
type noProviders struct{}

func (noProviders) FindProvider(context.Context, string, string) (string, Provider, error) {
	return "", nil, harang.Errorf(harang.CodeUnavailable, "card payments are not set up")
}

func (noProviders) OfferedCards(context.Context, string) ([]harang.Card, error) { return nil, nil }
