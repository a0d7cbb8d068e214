package harang

import (
	"fmt"
	"time"
)

// RentalStatus is the state of a rental.
type RentalStatus string

// The statuses of a rental. RETURNED and CANCELLED are final: its pieces are back
// in stock.
const (
	// RentalAwaitingPayment: the pieces are reserved, a card payment is pending or
	// was declined.
	RentalAwaitingPayment RentalStatus = "AWAITING_PAYMENT"
	// RentalOpen: the pieces are with the partner.
	RentalOpen RentalStatus = "OPEN"
	// RentalOverdue: as open, and past its due instant.
	RentalOverdue   RentalStatus = "OVERDUE"
	RentalReturned  RentalStatus = "RETURNED"
	RentalCancelled RentalStatus = "CANCELLED"
)

// RentalStatuses are all statuses, in the order of a rental's life.
func RentalStatuses() []RentalStatus {
	return []RentalStatus{RentalAwaitingPayment, RentalOpen, RentalOverdue, RentalReturned, RentalCancelled}
}

// Valid reports whether s is a status of a rental.
func (s RentalStatus) Valid() bool {
	for _, v := range RentalStatuses() {
		if s == v {
			return true
		}
	}
	return false
}

// Closed reports whether the status is final.
func (s RentalStatus) Closed() bool { return s == RentalReturned || s == RentalCancelled }

// The limits of a rental.
const (
	// RentalPaymentWindow is how long a rental may be AWAITING_PAYMENT before it
	// is cancelled.
	RentalPaymentWindow = 30 * time.Minute
	// MaxRentalLines is the largest number of lines.
	MaxRentalLines = 100
	// MaxRentalDuration is how far in the future the due instant may be.
	MaxRentalDuration = 2 * 366 * 24 * time.Hour
)

// RentalSource is the source of Harang's own rental_created events. Their source id is the rental id, so there is one
// per rental.
const RentalSource = "harang:rentals"

// RentalLine is one product of a rental. Quantity is in pieces, DailyPrice in
// whole forints per piece and day, at the time of the checkout.
type RentalLine struct {
	ProductID   string `json:"productId"`
	ProductName string `json:"productName"`
	Quantity    int64  `json:"quantity"`
	DailyPrice  int64  `json:"dailyPrice"`
	// Returned is how many pieces came back before the rental was closed.
	Returned int64 `json:"returned"`
}

// Out is how many pieces are with the partner while the rental is not closed.
func (l RentalLine) Out() int64 { return l.Quantity - l.Returned }

// Rental is pieces of one location that a partner has until the due instant. Money
// is in whole forints.
type Rental struct {
	ID     string
	Tenant string
	// Number is what people call it by; "" for one that an older version has written, until
	// it gets a number.
	Number      string
	PartnerID   string
	PartnerName string
	// PartnerPhone is the partner's present phone number; "" for none, and where it was not read.
	PartnerPhone string
	LocationID   string
	LocationName string
	Status       RentalStatus
	// EquipmentCount is the sum of the lines' quantities.
	EquipmentCount int64
	// TotalValue is the price until the due instant.
	TotalValue int64
	// Paid is the sum of the payments that succeeded less that of the refunds that
	// did; Pending is the sum of the payments whose outcome is unknown.
	Paid    int64
	Pending int64
	// Refunded is the sum of the refunds that succeeded, RefundPending that of the
	// others: it will be given back and is still part of Paid.
	Refunded      int64
	RefundPending int64
	// Rounding is what cash payments settled more (positive) or less (negative)
	// than was owed, because cash is in steps of 5 Ft.
	Rounding int64
	Lines    []RentalLine
	// By is the person who made the checkout.
	By      Person
	Created time.Time
	Due     time.Time
	// FirstDue is the due instant of the checkout, which extensions do not move.
	FirstDue time.Time
	// Closed is when it was returned or cancelled; zero before.
	Closed time.Time
}

// Cancellable reports whether the rental can be cancelled: while its payment is awaited,
// and until the due instant of the checkout. Later it has been out for the time that was
// agreed, and is returned.
func (r Rental) Cancellable(now time.Time) bool {
	return r.Status == RentalAwaitingPayment || r.Status == RentalOpen && now.Before(r.FirstDue)
}

// Owed is the sum still to be paid; 0 for a cancelled rental. A card pays it exactly.
func (r Rental) Owed() int64 {
	if r.Status == RentalCancelled {
		return 0
	}
	return max(0, -r.Overpaid())
}

// Overpaid is what was paid beyond the price, or beyond 0 for a cancelled rental, and
// is not being refunded yet; negative for a debt.
func (r Rental) Overpaid() int64 {
	paid := r.Paid - r.RefundPending - r.Rounding
	if r.Status == RentalCancelled {
		return paid
	}
	return paid - r.TotalValue
}

// OwedCash is the sum that settles the rental in cash.
func (r Rental) OwedCash() int64 { return CashAmount(r.Owed()) }

// RentalYear is the year in which a rental is numbered: that of its checkout in Budapest.
func RentalYear(created time.Time) int { return created.In(Budapest).Year() }

// RentalNumber is the n-th number of a tenant's rentals of a year: B-2026-000123.
func RentalNumber(year int, n int64) string { return fmt.Sprintf("B-%04d-%06d", year, n) }

// RentalSort is an order of rentals.
type RentalSort string

// The orders of rentals.
const (
	RentalsNewestFirst  RentalSort = "-createdAt"
	RentalsOldestFirst  RentalSort = "createdAt"
	RentalsDueFirst     RentalSort = "dueAt"
	RentalsDueLastFirst RentalSort = "-dueAt"
	// RentalsOverdueFirst is what is out, the longest overdue first, then the rest, the newest
	// first.
	RentalsOverdueFirst RentalSort = "overdue"
)

// Valid reports whether s is an order of rentals.
func (s RentalSort) Valid() bool {
	switch s {
	case RentalsNewestFirst, RentalsOldestFirst, RentalsDueFirst, RentalsDueLastFirst, RentalsOverdueFirst:
		return true
	}
	return false
}

// RentalQuery selects a part of the rentals.
type RentalQuery struct {
	// Status narrows the list; "" for all.
	Status RentalStatus
	// LocationID narrows the list to one location; "" for all.
	LocationID string
	// Owed narrows the list to rentals that are out or returned and not paid in
	// full. Not together with Status.
	Owed bool
	// Out narrows the list to rentals that are OPEN or OVERDUE. Not together with
	// Status or Owed.
	Out bool
	// Search narrows the list to the rental with this number or id; when there is none, to
	// those whose partner, or one of whose products, has all of its words in its name or
	// id. The end of a number is one of this year, or else of the last one. "" for all.
	Search string
	// DueFrom and DueTo narrow the list to due instants from DueFrom until before
	// DueTo; zero for no limit.
	DueFrom, DueTo time.Time
	// Sort is the order; "" is RentalsNewestFirst.
	Sort RentalSort
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// RentalValue is the price of lines for a number of days, in whole forints.
// INVALID_REQUEST when it is more than MaxAmount.
func RentalValue(lines []RentalLine, days int64) (int64, error) {
	var total int64
	for i, l := range lines {
		if l.DailyPrice > 0 && l.Quantity > MaxAmount/l.DailyPrice/days {
			return 0, Invalid(FieldError{fmt.Sprintf("lines.%d.quantity", i), "costs more than a rental may"})
		}
		total += l.DailyPrice * l.Quantity * days
		if total > MaxAmount {
			return 0, Invalid(FieldError{"lines", "cost more than a rental may"})
		}
	}
	return total, nil
}
