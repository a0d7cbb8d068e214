package harang

import "time"

// Severity is how short a product is at a location.
type Severity string

// The severities; on the page: rendben, alacsony, kritikus.
const (
	SeverityOK       Severity = "OK"
	SeverityWarning  Severity = "WARNING"
	SeverityCritical Severity = "CRITICAL"
)

// Rank orders severities: OK 0, WARNING 1, CRITICAL 2; higher is worse.
func (s Severity) Rank() int {
	switch s {
	case SeverityWarning:
		return 1
	case SeverityCritical:
		return 2
	}
	return 0
}

// Thresholds are the limits of one stock item, in pieces. A threshold of 0
// never alerts. Warning is 0 or at least Critical.
type Thresholds struct {
	Warning  int64
	Critical int64
}

// Check returns the errors in the fields.
func (t Thresholds) Check() []FieldError {
	var c checker
	c.between("warningThreshold", t.Warning, 0, MaxQuantity)
	c.between("criticalThreshold", t.Critical, 0, MaxQuantity)
	if len(c) == 0 && t.Warning != 0 && t.Warning < t.Critical {
		c.add("warningThreshold", "must be 0 or at least the critical threshold")
	}
	return c
}

// Severity is the severity of a quantity: CRITICAL below the critical threshold, else
// WARNING below the warning threshold, else OK.
func (t Thresholds) Severity(quantity int64) Severity {
	switch {
	case quantity < t.Critical:
		return SeverityCritical
	case quantity < t.Warning:
		return SeverityWarning
	}
	return SeverityOK
}

// Of returns the threshold of the level s; 0 for OK.
func (t Thresholds) Of(s Severity) int64 {
	switch s {
	case SeverityCritical:
		return t.Critical
	case SeverityWarning:
		return t.Warning
	}
	return 0
}

// Level is a stock item's quantity with its thresholds and the severity that was last announced.
type Level struct {
	Quantity   int64
	Thresholds Thresholds
	// Alerted is the last announced severity, or a better one when the stock has recovered since. It is never worse
	// than the present severity, and equal to it unless the item was silenced when its severity got worse.
	Alerted Severity
}

// NewLevel is the level of a new stock item. Loading a catalogue is not a change,
// so the shortage of a new item counts as known and causes no alert.
func NewLevel(quantity int64, t Thresholds) Level {
	return Level{Quantity: quantity, Thresholds: t, Alerted: t.Severity(quantity)}
}

// Severity is the present severity.
func (l Level) Severity() Severity { return l.Thresholds.Severity(l.Quantity) }

// Change returns the level with another quantity and thresholds, and the severity to announce, "" for none.
//
// The new severity is announced when it is worse than Alerted, the item is not silenced, and the change is not an
// improvement (a better severity, or more pieces under the same thresholds). Alerted follows an improving severity, so
// that the next deterioration is announced again. Without silencing, a change is therefore announced exactly when the
// severity gets worse. A severity that got worse while the item was silenced is announced by the first later change
// that is not an improvement, never by the end of the silencing itself.
func (l Level) Change(quantity int64, t Thresholds, silenced bool) (Level, Severity) {
	next := Level{Quantity: quantity, Thresholds: t, Alerted: l.Alerted}
	if quantity == l.Quantity && t == l.Thresholds {
		return next, ""
	}
	before, after := l.Severity(), next.Severity()
	better := after.Rank() < before.Rank() || (t == l.Thresholds && quantity > l.Quantity)
	if after.Rank() <= l.Alerted.Rank() {
		next.Alerted = after
		return next, ""
	}
	if silenced || better {
		return next, ""
	}
	next.Alerted = after
	return next, after
}

// StockItem is a product at a location.
type StockItem struct {
	ProductID    string
	ProductName  string
	LocationID   string
	LocationName string
	Level        Level
	// ExpectedAt is the day on which ordered pieces are expected ("már
	// megrendelve"), any instant of it; zero when nothing is ordered.
	ExpectedAt time.Time
	// Since is when the present severity began; zero while it is OK.
	Since time.Time
	// EventID is the last alert of this shortage; "" while OK or not announced.
	EventID string
	// Archived means that the product or the location is archived: no alerts.
	Archived bool
}

// Severity is the item's present severity.
func (i StockItem) Severity() Severity { return i.Level.Severity() }

// StockShortage is a stock item that is not OK, with the claim of its alert.
type StockShortage struct {
	StockItem
	// Claim is nil when nobody has claimed the alert.
	Claim *Claim
}

// StockListItem is a stock item in a list, with what a shop wants to know beside its quantity.
type StockListItem struct {
	StockItem
	// DailyPrice is in whole forints.
	DailyPrice int64
	Barcodes   []string
	// Out is how many pieces of it are reserved or with partners; 0 unless StockQuery.Out.
	Out int64
}

// StockSort is an order of stock items.
type StockSort string

// The orders of stock items. Items of equal severity are by name.
const (
	StockByName     StockSort = "name"
	StockWorstFirst StockSort = "-severity"
)

// StockReturn is an open rental with pieces of one stock item.
type StockReturn struct {
	RentalID    string
	PartnerID   string
	PartnerName string
	Status      RentalStatus
	// Quantity is how many pieces are still out.
	Quantity int64
	Due      time.Time
}

// StockQuery selects a part of the stock list.
type StockQuery struct {
	// Search finds words in names and ids, ignoring accents; "" finds all.
	Search string
	// Code finds the items of the products with this id or barcode exactly, archived
	// ones too; "" finds all. Not together with Search.
	Code string
	// Severity and LocationID narrow the list; "" for all.
	Severity   Severity
	LocationID string
	// Archived finds items whose product or location is archived, instead of the others.
	Archived bool
	// Out counts the pieces that are out, which reads all open rentals of the tenant or of LocationID.
	Out bool
	// Sort is the order; "" is StockByName, which is also the order of items found by Code.
	Sort StockSort
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// StockMovement is one change of a quantity: the sum of an item's movements is
// its quantity.
type StockMovement struct {
	ID         string
	ProductID  string
	LocationID string
	Delta      int64
	// Quantity is the item's quantity after it.
	Quantity int64
	Reason   string
	// By is the person who caused it.
	By Person
	At time.Time
}

// StockCounts are the stock items of a tenant by severity.
type StockCounts struct {
	Critical int64
	Warning  int64
	OK       int64
}
