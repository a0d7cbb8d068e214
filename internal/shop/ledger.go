package shop

import (
	"context"
	"log/slog"
	"time"

	"harang.dev/harang"
)

// Ledger is where rentals and payments are kept. The store implements it.
type Ledger interface {
	// WithinLedger runs fn in one transaction, as Books.Within does.
	WithinLedger(ctx context.Context, fn func(tx LedgerTx) error) error

	FindRental(ctx context.Context, tenant, id string) (harang.Rental, error)
	FindRentals(ctx context.Context, tenant string, q harang.RentalQuery) (harang.Page[harang.Rental], error)
	// FindUnpaidRentals returns rentals of all tenants that have been waiting
	// for their payment since an instant or longer.
	FindUnpaidRentals(ctx context.Context, since time.Time, limit int) ([]harang.Rental, error)
	// MarkOverdue marks open rentals of all tenants whose due instant has come.
	MarkOverdue(ctx context.Context, now time.Time, limit int) (int64, error)

	FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	// FindPaymentStates returns how those of the payments stand that the tenant
	// has, in no order.
	FindPaymentStates(ctx context.Context, tenant string, ids []string) ([]harang.PaymentState, error)
	FindPayments(ctx context.Context, tenant string, q harang.PaymentQuery) (harang.Page[harang.Payment], error)
	FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error)
	// FindOpenPayments returns payments of all tenants whose check is due.
	FindOpenPayments(ctx context.Context, now time.Time, limit int) ([]harang.Payment, error)
	// DeferPayment moves a payment's check to a later instant and reports
	// whether this call did.
	DeferPayment(ctx context.Context, p harang.Payment, until time.Time) (bool, error)

	FindNotifications(ctx context.Context, r harang.Reader, q harang.NotificationQuery) (harang.Page[harang.Notification], harang.ReadState, error)

	FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error)
	FindCards(ctx context.Context, tenant, partnerID string, limit int) ([]harang.Card, error)

	// SweepNotices and SweepRequests forget what is older than an instant.
	SweepNotices(ctx context.Context, before time.Time, limit int) (int64, error)
	SweepRequests(ctx context.Context, before time.Time, limit int) (int64, error)
}

// LedgerTx is one transaction of the ledger. Rows are locked in this order:
// rental, payment, stock items by product and place.
type LedgerTx interface {
	Tx

	FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error)
	FindLocation(ctx context.Context, tenant, id string) (harang.Location, error)
	FindProduct(ctx context.Context, tenant, id string) (harang.Product, error)

	CreateRental(ctx context.Context, r harang.Rental) error
	// TakeRental locks a rental until the commit and returns it. NOT_FOUND.
	TakeRental(ctx context.Context, tenant, id string) (harang.Rental, error)
	// UpdateRental writes status, sums and end of a rental that was taken.
	UpdateRental(ctx context.Context, r harang.Rental) error

	CreatePayment(ctx context.Context, p harang.Payment) error
	// TakePayment locks a payment until the commit and returns it. NOT_FOUND.
	TakePayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	// UpdatePayment writes what may change of a payment that was taken.
	UpdatePayment(ctx context.Context, p harang.Payment) error
	// FindPayment returns a payment without locking it. NOT_FOUND.
	FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error)
	// CreateNotice remembers a provider's notification; false for a repeat.
	CreateNotice(ctx context.Context, tenant string, n harang.PaymentNotice, at time.Time) (bool, error)

	PutCard(ctx context.Context, tenant, partnerID string, c harang.Card, at time.Time) error
	DeleteCard(ctx context.Context, tenant, partnerID, token string) (bool, error)

	// CreateRequest keeps a request that begins; false when its key is used.
	CreateRequest(ctx context.Context, r harang.Request) (bool, error)
	TakeRequest(ctx context.Context, k harang.RequestKey) (harang.Request, error)
	UpdateRequest(ctx context.Context, r harang.Request) error
	DeleteRequest(ctx context.Context, k harang.RequestKey) error
}

// Provider takes card payments. Each method answers with what is known, and
// with an error for the log when something was in the way; the settlement holds
// either way. A provider never charges one transaction id twice, and returns
// soon after its context ends.
type Provider interface {
	// Charge charges a stored card.
	Charge(ctx context.Context, c harang.Charge) (harang.Settlement, error)
	// FindCharge asks what became of a charge, made or not.
	FindCharge(ctx context.Context, c harang.Charge) (harang.Settlement, error)
	// Refund gives the money of a charge back: REVERSED when done.
	Refund(ctx context.Context, c harang.Charge) (harang.Settlement, error)
}

// Providers knows the payment provider of each tenant.
type Providers interface {
	// FindProvider returns the named provider as the tenant has set it up; ""
	// is the one that it uses now, whose name is returned. UNAVAILABLE when it
	// is not set up rightly.
	FindProvider(ctx context.Context, tenant, name string) (string, Provider, error)
	// OfferedCards are cards that every partner of the tenant may use; none
	// where real money moves.
	OfferedCards(ctx context.Context, tenant string) ([]harang.Card, error)
}

// LedgerTools are what the use cases of rentals and payments are built with.
// Books is not needed.
type LedgerTools struct {
	Tools
	Ledger    Ledger
	Providers Providers
	// Logger gets what providers and workers have to say. Nil means silence.
	Logger *slog.Logger
}

func (t LedgerTools) log() *slog.Logger {
	if t.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Logger
}

// system is who acts when nobody does: expiry and late settlements.
func system(tenant string) harang.Identity {
	return harang.Identity{Tenant: tenant, UserID: "system", Name: "Harang"}
}
