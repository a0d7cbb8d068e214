package harang

// Summary holds the figures of the dashboard's cards and charts. Days are days
// in Budapest.
type Summary struct {
	OpenRentals int64
	DueToday    int64
	Overdue     int64
	Stock       StockCounts
	// Figures are nil for roles that may not see money and payments.
	Figures *Figures
}

// Figures are the part of a summary about money, in whole forints.
type Figures struct {
	RevenueToday     int64
	RevenueYesterday int64
	// RevenueByDay are the last 14 days, the oldest first, today last.
	RevenueByDay []DayAmount
	// FailedPayments and FailedAmount are number and sum of the failed payments that
	// still need attention, FailedElsewhere how many of them other applications reported.
	FailedPayments  int64
	FailedAmount    int64
	FailedElsewhere int64
	// FailedPaymentsToday and FailedAmountToday are those of them that failed today.
	FailedPaymentsToday int64
	FailedAmountToday   int64
}

// DayAmount is the sum of one day.
type DayAmount struct {
	// Date is YYYY-MM-DD.
	Date   string
	Amount int64
}
