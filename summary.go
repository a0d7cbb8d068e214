package harang

// Summary holds the figures of the dashboard's cards and charts. Days are days
// in Budapest.
type Summary struct {
	OpenRentals int64
	DueToday    int64
	Overdue     int64
	Stock       StockCounts
	// Figures are nil for who may not see money and payments.
	Figures *Figures
}

// Figures are the part of a summary that is about money, in whole forints.
type Figures struct {
	RevenueToday     int64
	RevenueYesterday int64
	// RevenueByDay are the last 14 days, the oldest first, today last.
	RevenueByDay []DayAmount
	// FailedPaymentsToday and FailedAmountToday tell of today's payments that
	// were declined or failed.
	FailedPaymentsToday int64
	FailedAmountToday   int64
}

// DayAmount is a sum on one day.
type DayAmount struct {
	// Date is YYYY-MM-DD.
	Date   string
	Amount int64
}
