package harang

import (
	"fmt"
	"time"
)

// RentalStatus is where a rental stands.
type RentalStatus string

// The statuses of a rental. RETURNED and CANCELLED are final: its pieces are
// back on the shelf.
const (
	// RentalAwaitingPayment: the pieces are taken, a card payment is asked.
	RentalAwaitingPayment RentalStatus = "AWAITING_PAYMENT"
	// RentalOpen: the pieces are with the partner.
	RentalOpen RentalStatus = "OPEN"
	// RentalOverdue: as open, and past its due instant.
	RentalOverdue   RentalStatus = "OVERDUE"
	RentalReturned  RentalStatus = "RETURNED"
	RentalCancelled RentalStatus = "CANCELLED"
)

// RentalStatuses are all of them, in the order of a rental's life.
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

// Closed reports whether the rental's pieces are back.
func (s RentalStatus) Closed() bool { return s == RentalReturned || s == RentalCancelled }

// The limits of a rental.
const (
	// RentalPaymentWindow is how long a rental waits for its payment before
	// its pieces are given back.
	RentalPaymentWindow = 30 * time.Minute
	// MaxRentalLines is how many lines a rental may have.
	MaxRentalLines = 100
	// MaxRentalDuration is how far away the due instant may be.
	MaxRentalDuration = 2 * 366 * 24 * time.Hour
)

// RentalSource is the source of our own rental_created events; with the rental
// id it makes one of them per rental.
const RentalSource = "harang:rentals"

// RentalLine is one product of a rental. Quantity is in pieces, DailyPrice in
// whole forints per piece and day, as it was at the checkout.
type RentalLine struct {
	ProductID   string `json:"productId"`
	ProductName string `json:"productName"`
	Quantity    int64  `json:"quantity"`
	DailyPrice  int64  `json:"dailyPrice"`
}

// Rental is a checkout: pieces of one place that a partner takes until an
// instant. Money is in whole forints.
type Rental struct {
	ID           string
	Tenant       string
	PartnerID    string
	PartnerName  string
	LocationID   string
	LocationName string
	Status       RentalStatus
	// EquipmentCount is the sum of the lines' quantities.
	EquipmentCount int64
	// TotalValue is what the rental costs until its due instant.
	TotalValue int64
	// Paid is the sum of the payments that succeeded, Pending that of those
	// whose outcome is unknown.
	Paid    int64
	Pending int64
	Lines   []RentalLine
	// By is who made the checkout.
	By      Person
	Created time.Time
	Due     time.Time
	// Closed is when the pieces came back; zero while they are out.
	Closed time.Time
}

// Owed is what is still to be paid.
func (r Rental) Owed() int64 {
	if r.Status == RentalCancelled {
		return 0
	}
	return max(0, r.TotalValue-r.Paid)
}

// RentalQuery asks for a part of the rentals, newest first.
type RentalQuery struct {
	// Status narrows the list; "" for all.
	Status RentalStatus
	// LocationID narrows the list to one place; "" for all.
	LocationID string
	// Cursor is Page.Next of the part before; "" for the first.
	Cursor string
	// Limit is how many items to return at most, from 1 to MaxPageLimit.
	Limit int
}

// RentalDays is how many days are charged between two instants: each begun 24
// hours, one at least.
func RentalDays(from, to time.Time) int64 {
	const day = 24 * time.Hour
	return max(1, int64((to.Sub(from)+day-1)/day))
}

// RentalValue is the price of lines for a number of days, in whole forints.
// Too much money for one rental is an INVALID_REQUEST.
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
