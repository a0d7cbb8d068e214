package harang

import "time"

// Revenue is the money of a time, from From until before To. Amounts are whole forints.
type Revenue struct {
	From, To time.Time
	// Lines are one for each location and method with money, by location and method.
	Lines []RevenueLine
}

// RevenueLine is the money of one location and method. A payment counts when it was
// received, a refund when it was given back.
type RevenueLine struct {
	LocationID   string
	LocationName string
	Method       PaymentMethod
	Payments     int64
	Received     int64
	Refunds      int64
	Refunded     int64
	// Rounding is what the payments and refunds settled more (positive) or less
	// (negative) than was owed, because cash is in steps of 5 Ft.
	Rounding int64
}

// Net is what was received less what was given back.
func (l RevenueLine) Net() int64 { return l.Received - l.Refunded }

// Total is the sum of the lines, without a location and method.
func (r Revenue) Total() RevenueLine {
	var t RevenueLine
	for _, l := range r.Lines {
		t.Payments += l.Payments
		t.Received += l.Received
		t.Refunds += l.Refunds
		t.Refunded += l.Refunded
		t.Rounding += l.Rounding
	}
	return t
}
