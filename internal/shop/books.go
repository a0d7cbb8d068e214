package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// Books is where the shop's state is kept. The store implements it.
type Books interface {
	// Within runs fn in one transaction that may run again, so fn touches
	// nothing outside. Events appended to it are written at its end.
	Within(ctx context.Context, fn func(tx Tx) error) error
	StockReader
	CatalogueReader
	NotificationReader
	SummaryReader
}

// Tx is one transaction.
type Tx interface {
	// Append adds events; an event without id and time gets them at the
	// commit.
	Append(events ...harang.Event) []*harang.Appended
	StockWriter
	CatalogueWriter
	NotificationWriter
}

// StockReader reads stock.
type StockReader interface {
	// FindStock returns a part of the stock list, by product and place.
	FindStock(ctx context.Context, tenant string, q harang.StockQuery) (harang.Page[harang.StockItem], error)
	// FindShortages returns a part of what is not OK, worst first, then the
	// longest short first.
	FindShortages(ctx context.Context, tenant, cursor string, limit int) (harang.Page[harang.StockShortage], error)
}

// StockWriter changes stock.
type StockWriter interface {
	// TakeStock locks a stock item until the commit and returns it. Several
	// are taken in the order of product and location id. NOT_FOUND.
	TakeStock(ctx context.Context, tenant, productID, locationID string) (harang.StockItem, error)
	// CreateStock creates a stock item and reports false when it is there
	// already. NOT_FOUND when the product or the location is not.
	CreateStock(ctx context.Context, tenant string, item harang.StockItem) (bool, error)
	// UpdateStock writes everything but names and ids of an item that was
	// taken.
	UpdateStock(ctx context.Context, tenant string, item harang.StockItem) error
	// CreateMovement writes down a change of a quantity.
	CreateMovement(ctx context.Context, tenant string, m harang.StockMovement) error
}

// CatalogueReader reads the catalogue.
type CatalogueReader interface {
	FindLocations(ctx context.Context, tenant, search, cursor string, limit int) (harang.Page[harang.Location], error)
	FindPartners(ctx context.Context, tenant, search, cursor string, limit int) (harang.Page[harang.Partner], error)
	FindProducts(ctx context.Context, tenant, search, cursor string, limit int) (harang.Page[harang.Product], error)
}

// CatalogueWriter creates and replaces entries of the catalogue.
type CatalogueWriter interface {
	PutLocation(ctx context.Context, tenant string, l harang.Location) error
	PutPartner(ctx context.Context, tenant string, p harang.Partner) error
	PutProduct(ctx context.Context, tenant string, p harang.Product) error
}

// NotificationReader reads what a person was told.
type NotificationReader interface {
	// FindNotifications returns a part of a person's list and the person's
	// read state.
	FindNotifications(ctx context.Context, r harang.Reader, q harang.NotificationQuery) (harang.Page[harang.Notification], harang.ReadState, error)
}

// NotificationWriter keeps read marks and claims.
type NotificationWriter interface {
	// TakeReadState locks the tenant's numbers until the commit and returns
	// the person's read state.
	TakeReadState(ctx context.Context, r harang.Reader) (harang.ReadState, error)
	// FindEvent returns an event that the person may see and its number; else
	// NOT_FOUND.
	FindEvent(ctx context.Context, r harang.Reader, eventID string) (harang.Event, int64, error)
	// CreateRead marks one event and CreateReadMark everything up to a number.
	// They report false when that was read already.
	CreateRead(ctx context.Context, r harang.Reader, number int64) (bool, error)
	CreateReadMark(ctx context.Context, r harang.Reader, upTo int64) (bool, error)
	// CreateClaim claims an event for who is named; false when it is claimed.
	CreateClaim(ctx context.Context, tenant string, c harang.Claim) (bool, error)
	// FindClaim returns an event's claim, NOT_FOUND when there is none.
	FindClaim(ctx context.Context, tenant, eventID string) (harang.Claim, error)
	// DeleteClaim gives a claim back.
	DeleteClaim(ctx context.Context, tenant, eventID string) error
}

// SummaryReader counts.
type SummaryReader interface {
	// CountStock counts the stock items by severity. This and the others count
	// one place, or all of them ("").
	CountStock(ctx context.Context, tenant, locationID string) (harang.StockCounts, error)
	// CountRentals counts the rentals that are out, those due from day until
	// before next, and those overdue at now.
	CountRentals(ctx context.Context, tenant, locationID string, now, day, next time.Time) (harang.RentalCounts, error)
	// SumPayments sums what came in on each day, a day being from one of the
	// instants until before the next, and what failed on the last of them.
	SumPayments(ctx context.Context, tenant, locationID string, days []time.Time) (harang.PaymentFigures, error)
}

// Tools are what every use case is built with.
type Tools struct {
	Books Books
	// Clock tells the time. Zero value means time.Now.
	Clock func() time.Time
	// NewID makes ids. It is needed.
	NewID func() string
}

// now is the present instant to the millisecond, as it is stored.
func (t Tools) now() time.Time {
	if t.Clock == nil {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return t.Clock().UTC().Truncate(time.Millisecond)
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
