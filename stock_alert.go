package harang

// StockAlertType: a product's stock at a location fell below a threshold. For all
// roles.
var StockAlertType = registerEvent[StockAlert]("stock_alert", AudienceOperators, AudienceManagers)

// StockAlert is the payload of a stock_alert. Quantities are pieces.
type StockAlert struct {
	ProductID       string `json:"productId"`
	ProductName     string `json:"productName"`
	CurrentQuantity int64  `json:"currentQuantity"`
	// Threshold is the critical threshold for CRITICAL, the warning threshold for
	// WARNING.
	Threshold    int64    `json:"threshold"`
	LocationID   string   `json:"locationId"`
	LocationName string   `json:"locationName"`
	Severity     Severity `json:"severity" enum:"CRITICAL,WARNING"`
}

// Location is the location of the stock.
func (a StockAlert) Location() string { return a.LocationID }

// Check returns the errors in the fields.
func (a StockAlert) Check() []FieldError {
	var c checker
	c.text("productId", a.ProductID, MaxIDRunes)
	c.text("productName", a.ProductName, MaxNameRunes)
	c.between("currentQuantity", a.CurrentQuantity, 0, MaxQuantity)
	c.between("threshold", a.Threshold, 0, MaxQuantity)
	c.text("locationId", a.LocationID, MaxIDRunes)
	c.text("locationName", a.LocationName, MaxNameRunes)
	c.oneOf("severity", string(a.Severity), string(SeverityCritical), string(SeverityWarning))
	return c
}
