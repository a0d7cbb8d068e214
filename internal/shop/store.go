package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// Store is where the shop's state is kept: reads of single rows and lists, and
// transactions for everything that is decided and written. The package store
// implements it.
//
// Methods that find one thing return NOT_FOUND when there is none.
type Store interface {
	// Within runs fn in one transaction and commits when fn returns nil; any
	// error rolls everything back and is returned. fn may run again when
	// another transaction was in its way, so it touches nothing outside.
	Within(ctx context.Context, fn func(tx Tx) error) error

	StockReader
	CatalogueReader
	NotificationReader
	SummaryReader
	RentalReader
	PaymentReader
	RefundReader
	AuditReader
	Eraser
	Sweeper
}

// Tx is one transaction. Rows are locked in this order: rental, payment, refund,
// stock items by product and location id, rental number. What was locked stays so until the
// commit.
type Tx interface {
	// Append adds events, which are written at the end of the transaction. An
	// event without id and time gets them at the commit; an event whose source
	// and source id are known already is dropped.
	Append(events ...harang.Event)

	StockWriter
	CatalogueWriter
	NotificationWriter
	RentalWriter
	PaymentWriter
	RefundWriter
	RequestWriter
	AuditWriter
	ErasureWriter
}

// AuditReader reads the audit log.
type AuditReader interface {
	// FindAudit returns a part of a tenant's audit log, newest first.
	FindAudit(ctx context.Context, tenant string, q harang.AuditQuery) (harang.Page[harang.AuditEntry], error)
}

// Eraser replaces the copies of an erased person's name.
type Eraser interface {
	// FindDueErasures returns erasures of all tenants whose next pass is due, the longest due first.
	FindDueErasures(ctx context.Context, now time.Time, limit int) ([]harang.Erasure, error)
	// DeferErasure moves an erasure's next pass to a later instant and reports whether this call did.
	DeferErasure(ctx context.Context, e harang.Erasure, until time.Time) (bool, error)
	// EraseCopies makes one pass, in short transactions. After an interruption the next pass begins anew. next is
	// when another one follows, zero for never.
	EraseCopies(ctx context.Context, e harang.Erasure, next time.Time) error
	// EraseContacts erases phone, e-mail address and note of the partners that an older node has erased.
	EraseContacts(ctx context.Context) error
}

// ErasureWriter erases partners.
type ErasureWriter interface {
	// FindErasure returns the erasing of a person. NOT_FOUND.
	FindErasure(ctx context.Context, tenant string, kind harang.AuditKind, id string) (harang.Erasure, error)
	// FindUnfinishedRentals returns rentals of a partner that are out, or have a payment or a refund to come, at most
	// limit.
	FindUnfinishedRentals(ctx context.Context, tenant, partnerID string, limit int) ([]string, error)
	// ErasePartner erases the name and the cards of a locked partner. Its first pass is due at once.
	ErasePartner(ctx context.Context, e harang.Erasure) error
}

// AuditWriter adds to the audit log. Nothing in it changes, but for the names and addresses of erased persons.
type AuditWriter interface {
	CreateAudit(ctx context.Context, tenant string, entries ...harang.AuditEntry) error
}

// StockReader reads stock.
type StockReader interface {
	// FindStock returns a part of the stock list.
	FindStock(ctx context.Context, tenant string, q harang.StockQuery) (harang.Page[harang.StockListItem], error)
	// FindStockReturns returns a part of the open rentals with pieces of a stock item, the first due first.
	FindStockReturns(
		ctx context.Context, tenant, productID, locationID, cursor string, limit int,
	) (harang.Page[harang.StockReturn], error)
	FindStockItem(ctx context.Context, tenant, productID, locationID string) (harang.StockListItem, error)
	// FindStockHistory returns a part of the movements of a stock item, newest first.
	FindStockHistory(
		ctx context.Context, tenant, productID, locationID, cursor string, limit int,
	) (harang.Page[harang.StockMovement], error)
	// FindShortages returns a part of the stock items that are not OK, worst
	// first, then the longest short first.
	FindShortages(ctx context.Context, tenant, cursor string, limit int) (harang.Page[harang.StockShortage], error)
	// FindNewestShortages returns the stock items that are not OK, the newest shortages first, at one location or at
	// all ("").
	FindNewestShortages(ctx context.Context, tenant, locationID string, limit int) ([]harang.StockShortage, error)
}

// StockWriter changes stock.
type StockWriter interface {
	// LockStock locks a stock item and returns it. NOT_FOUND.
	LockStock(ctx context.Context, tenant, productID, locationID string) (harang.StockItem, error)
	// CreateStock creates a stock item and reports false when there is one
	// already. NOT_FOUND when the product or the location does not exist.
	CreateStock(ctx context.Context, tenant string, item harang.StockItem) (bool, error)
	// UpdateStock writes everything but names and ids of a locked item.
	UpdateStock(ctx context.Context, tenant string, item harang.StockItem) error
	// HasMovement reports whether there is a movement with this id.
	HasMovement(ctx context.Context, tenant, id string) (bool, error)
	// CreateMovement records a change of a quantity.
	CreateMovement(ctx context.Context, tenant string, m harang.StockMovement) error
}

// CatalogueReader reads the catalogue.
type CatalogueReader interface {
	// FindLocations, FindPartners and FindProducts return parts of the lists by name.
	FindLocations(ctx context.Context, tenant string, q harang.CatalogueQuery) (harang.Page[harang.Location], error)
	FindPartners(ctx context.Context, tenant string, q harang.CatalogueQuery) (harang.Page[harang.Partner], error)
	FindProducts(ctx context.Context, tenant string, q harang.CatalogueQuery) (harang.Page[harang.Product], error)
	FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error)
	// FindPartnersByPhone returns partners with a phone number, archived or not, but one (""), by id.
	FindPartnersByPhone(
		ctx context.Context, tenant, phone, except string, archived bool, limit int,
	) ([]harang.Partner, error)
	// FindPartnerAccounts returns what the rentals of partners come to, by the partners' ids.
	FindPartnerAccounts(ctx context.Context, tenant string, ids []string) (map[string]harang.PartnerAccount, error)
	// FindPartnerPhones returns the phone numbers of those partners who have one, by the partners' ids.
	FindPartnerPhones(ctx context.Context, tenant string, ids []string) (map[string]string, error)
	FindLocation(ctx context.Context, tenant, id string) (harang.Location, error)
	FindProduct(ctx context.Context, tenant, id string) (harang.Product, error)
	// FindProductsByCode returns the product with this id and the one with this
	// barcode, archived or not.
	FindProductsByCode(ctx context.Context, tenant, code string) ([]harang.Product, error)
}

// CatalogueWriter creates and replaces entries of the catalogue.
type CatalogueWriter interface {
	FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error)
	FindLocation(ctx context.Context, tenant, id string) (harang.Location, error)
	FindProduct(ctx context.Context, tenant, id string) (harang.Product, error)
	FindProductsByCode(ctx context.Context, tenant, code string) ([]harang.Product, error)
	// LockLocation, LockPartner and LockProduct lock an entry and return it. NOT_FOUND.
	LockLocation(ctx context.Context, tenant, id string) (harang.Location, error)
	LockPartner(ctx context.Context, tenant, id string) (harang.Partner, error)
	LockProduct(ctx context.Context, tenant, id string) (harang.Product, error)
	PutLocation(ctx context.Context, tenant string, l harang.Location) error
	PutPartner(ctx context.Context, tenant string, p harang.Partner) error
	// PutProduct writes a product; its barcodes are found by CreateBarcode only.
	PutProduct(ctx context.Context, tenant string, p harang.Product) error
	// CreateBarcode gives a barcode to a product; false when a product has it.
	CreateBarcode(ctx context.Context, tenant, code, productID string) (bool, error)
	// DeleteBarcodes takes all barcodes from a product.
	DeleteBarcodes(ctx context.Context, tenant, productID string) error
}

// NotificationReader reads the notifications of a user.
type NotificationReader interface {
	// FindNotifications returns a part of a user's list and the user's read
	// state.
	FindNotifications(
		ctx context.Context, r harang.Reader, q harang.NotificationQuery,
	) (harang.Page[harang.Notification], harang.ReadState, error)
	// CountUnread counts the unread ones that FindNotifications returns for a query, up to
	// 1000; of a query by text, among the newest 1000 of the others.
	CountUnread(ctx context.Context, r harang.Reader, q harang.NotificationQuery) (int64, error)
}

// NotificationWriter keeps read marks and claims.
type NotificationWriter interface {
	// LockReadState locks the tenant's feed numbers and returns the user's read
	// state.
	LockReadState(ctx context.Context, r harang.Reader) (harang.ReadState, error)
	// FindEvent returns an event that the user may see and its number; else
	// NOT_FOUND.
	FindEvent(ctx context.Context, r harang.Reader, eventID string) (harang.Event, int64, error)
	// CreateReads marks those of the events that the user may see, and CreateReadMark
	// everything up to a number. They report false when that was read already.
	CreateReads(ctx context.Context, r harang.Reader, eventIDs []string) (bool, error)
	CreateReadMark(ctx context.Context, r harang.Reader, upTo int64) (bool, error)
	// CreateClaim claims an event for c.By; false when it is claimed.
	CreateClaim(ctx context.Context, tenant string, c harang.Claim) (bool, error)
	// LockClaim locks a claim and returns it. lapsed reports that its user is disabled
	// or has a role that does not receive the event. NOT_FOUND.
	LockClaim(ctx context.Context, tenant, eventID string) (c harang.Claim, lapsed bool, err error)
	DeleteClaim(ctx context.Context, tenant, eventID string) error
}

// SummaryReader counts, for one location or for all of them ("").
type SummaryReader interface {
	// CountStock counts the stock items by severity.
	CountStock(ctx context.Context, tenant, locationID string) (harang.StockCounts, error)
	// CountRentals counts the rentals that are out, those due from day until
	// before next, and those overdue at now.
	CountRentals(ctx context.Context, tenant, locationID string, now, day, next time.Time) (RentalCounts, error)
	// SumPayments sums the revenue of each day, a day being from one of the
	// instants until before the next, and the failures of the last day.
	SumPayments(ctx context.Context, tenant, locationID string, days []time.Time) (PaymentFigures, error)
	// SumRevenue returns the payments received and the refunds given back in a time.
	SumRevenue(ctx context.Context, tenant, locationID string, from, to time.Time) (harang.Revenue, error)
}

// RentalCounts are the rentals of a tenant that are out. Overdue rentals and
// those due today are counted in Out, too.
type RentalCounts struct {
	Out      int64
	DueToday int64
	Overdue  int64
}

// PaymentFigures are sums over payments, in whole forints.
type PaymentFigures struct {
	// Days are the sums received, by day.
	Days []int64
}

// RentalReader reads rentals.
type RentalReader interface {
	FindRental(ctx context.Context, tenant, id string) (harang.Rental, error)
	FindRentals(ctx context.Context, tenant string, q harang.RentalQuery) (harang.Page[harang.Rental], error)
	// FindRentalsOfPartner returns a part of a partner's rentals, newest first.
	FindRentalsOfPartner(
		ctx context.Context, tenant, partnerID, cursor string, limit int,
	) (harang.Page[harang.Rental], error)
	// SumOwed returns what the rentals owe in all that FindRentals returns for Owed and
	// the other filters.
	SumOwed(ctx context.Context, tenant string, q harang.RentalQuery) (int64, error)
	// FindUnpaidRentals returns rentals of all tenants but some that have waited for
	// their payment since an instant or longer, the longest first.
	FindUnpaidRentals(ctx context.Context, since time.Time, without []string, limit int) ([]harang.Rental, error)
	// MarkOverdue marks open rentals of all tenants whose due instant has
	// passed, and returns how many.
	MarkOverdue(ctx context.Context, now time.Time, limit int) (int64, error)
}

// RentalWriter changes rentals.
type RentalWriter interface {
	// TakeRentalNumber returns the tenant's next number of a year, from 1. It locks the year's
	// last number: nothing but the feeds is locked after it.
	TakeRentalNumber(ctx context.Context, tenant string, year int) (int64, error)
	CreateRental(ctx context.Context, r harang.Rental) error
	// LockRental locks a rental and returns it. NOT_FOUND.
	LockRental(ctx context.Context, tenant, id string) (harang.Rental, error)
	// UpdateRental writes status, price, sums, due and closing time of a locked
	// rental.
	UpdateRental(ctx context.Context, r harang.Rental) error
	// ReturnRentalLine records that pieces of a line, by its index, of a locked
	// rental came back.
	ReturnRentalLine(ctx context.Context, rentalID string, line int, pieces int64) error
}

// PaymentReader reads payments and cards.
type PaymentReader interface {
	FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	// FindPaymentStates returns the states of those payments that the tenant
	// has, in no order.
	FindPaymentStates(ctx context.Context, tenant string, ids []string) ([]PaymentState, error)
	// FindResolutions returns since when nothing is left to do about those of the tenant's
	// failed payments with these ids, by id; others are left out.
	FindResolutions(ctx context.Context, tenant string, ids []string) (map[string]time.Time, error)
	// FindOwnFailures returns the payment_errors of payments made here that failed
	// since an instant and whose rental, at one location or at any (""), still owes, the
	// newest first, each with its payment.
	FindOwnFailures(
		ctx context.Context, tenant, locationID string, since time.Time, limit int,
	) ([]ReportedFailure, error)
	// FindOtherFailures returns the payment_errors of other applications since an
	// instant, the newest first.
	FindOtherFailures(ctx context.Context, tenant string, since time.Time, limit int) ([]ReportedFailure, error)
	FindPayments(ctx context.Context, tenant string, q harang.PaymentQuery) (harang.Page[harang.Payment], error)
	// SumFilteredPayments returns the figures of all payments that FindPayments
	// returns, on all pages.
	SumFilteredPayments(ctx context.Context, tenant string, q harang.PaymentQuery) (harang.PaymentTotals, error)
	FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error)
	// FindOpenPayments returns payments of all tenants but some whose check is due,
	// the longest due first.
	FindOpenPayments(ctx context.Context, now time.Time, without []string, limit int) ([]harang.Payment, error)
	// DeferPayment moves a payment's check to a later instant and reports
	// whether this call did.
	DeferPayment(ctx context.Context, p harang.Payment, until time.Time) (bool, error)
	// FindCards returns the cards stored for a partner, the newest first.
	FindCards(ctx context.Context, tenant, partnerID string, limit int) ([]harang.Card, error)
}

// ReportedFailure is a payment_error event.
type ReportedFailure struct {
	EventID string
	At      time.Time
	Error   harang.PaymentError
	// Number is the event's number in the managers' feed.
	Number int64
	// Claim is nil when nobody has claimed it.
	Claim *harang.Claim
	// Payment is the payment's present state; nil when it was not made here.
	Payment *PaymentState
}

// PaymentState is the present state of a payment and of its rental's debt.
type PaymentState struct {
	ID       string
	RentalID string
	// LocationID is the rental's.
	LocationID string
	Status     harang.PaymentStatus
	// ErrorCode and ErrorMessage are the payment's.
	ErrorCode    string
	ErrorMessage string
	// Owed is what is still to be paid for the rental, in whole forints.
	Owed int64
}

// PaymentWriter changes payments and cards.
type PaymentWriter interface {
	CreatePayment(ctx context.Context, p harang.Payment) error
	// LockPayment locks a payment and returns it. NOT_FOUND.
	LockPayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	// UpdatePayment writes what may change of a locked payment.
	UpdatePayment(ctx context.Context, p harang.Payment) error
	// FindPayment returns a payment without locking it. NOT_FOUND.
	FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error)
	FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error)
	// CountRentalPayments counts a rental's payments of every status.
	CountRentalPayments(ctx context.Context, tenant, rentalID string) (int64, error)
	// CreateNotice records a provider's notification; false for a repeat.
	CreateNotice(ctx context.Context, tenant string, n PaymentNotice, at time.Time) (bool, error)
	// FindCards returns the cards stored for a partner, the newest first.
	FindCards(ctx context.Context, tenant, partnerID string, limit int) ([]harang.Card, error)
	PutCard(ctx context.Context, tenant, partnerID string, c harang.Card, at time.Time) error
	DeleteCard(ctx context.Context, tenant, partnerID, token string) (bool, error)
	// PutPendingCard stores the card that a notification named with a locked
	// payment. A later one replaces it.
	PutPendingCard(ctx context.Context, tenant, paymentID string, c harang.Card, at time.Time) error
	// TakePendingCard deletes and returns the pending card of a locked payment.
	// NOT_FOUND.
	TakePendingCard(ctx context.Context, tenant, paymentID string) (harang.Card, error)
}

// RefundReader reads refunds.
type RefundReader interface {
	FindRefund(ctx context.Context, tenant, id string) (harang.Refund, error)
	FindRefunds(ctx context.Context, tenant string, q harang.RefundQuery) (harang.Page[harang.Refund], error)
	// FindRentalRefunds returns the refunds of a rental, oldest first.
	FindRentalRefunds(ctx context.Context, tenant, rentalID string) ([]harang.Refund, error)
	// FindDueRefunds returns refunds of all tenants but some whose next try is due,
	// the longest due first.
	FindDueRefunds(ctx context.Context, now time.Time, without []string, limit int) ([]harang.Refund, error)
	// DeferRefund moves a refund's next try to a later instant and reports whether
	// this call did.
	DeferRefund(ctx context.Context, f harang.Refund, until time.Time) (bool, error)
}

// RefundWriter changes refunds.
type RefundWriter interface {
	CreateRefund(ctx context.Context, f harang.Refund) error
	// LockRefund locks a refund and returns it. NOT_FOUND.
	LockRefund(ctx context.Context, tenant, id string) (harang.Refund, error)
	// UpdateRefund writes what may change of a locked refund.
	UpdateRefund(ctx context.Context, f harang.Refund) error
	// FindRentalRefunds returns the refunds of a rental, oldest first.
	FindRentalRefunds(ctx context.Context, tenant, rentalID string) ([]harang.Refund, error)
}

// RequestWriter keeps the requests that were sent with an Idempotency-Key.
type RequestWriter interface {
	// CreateRequest stores a request that begins; false when its key is used.
	CreateRequest(ctx context.Context, r Request) (bool, error)
	// LockRequest locks a request and returns it. NOT_FOUND.
	LockRequest(ctx context.Context, k RequestKey) (Request, error)
	UpdateRequest(ctx context.Context, r Request) error
	DeleteRequest(ctx context.Context, k RequestKey) error
}

// Sweeper finds what is left over. SweepX deletes what is older than an instant and
// reports how much, limit at most.
type Sweeper interface {
	SweepNotices(ctx context.Context, before time.Time, limit int) (int64, error)
	SweepRequests(ctx context.Context, before time.Time, limit int) (int64, error)
	// RecheckPendingCards makes the check due of each payment that has a pending
	// card and no further check.
	RecheckPendingCards(ctx context.Context, now time.Time) error
}
