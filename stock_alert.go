package harang

import "fmt"

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

// Text returns the alert in words.
func (a StockAlert) Text(language Language) EventText {
	text := EventText{
		Severity: string(a.Severity),
		Title:    "Alacsony készlet: " + a.ProductName,
		Detail:   fmt.Sprintf("%s · %d / %d db", a.LocationName, a.CurrentQuantity, a.Threshold),
		NextStep: "rendeljen utánpótlást",
	}
	if a.Severity == SeverityCritical {
		text.Title = "Kritikus készlethiány: " + a.ProductName
	}
	if a.CurrentQuantity == 0 {
		text.NextStep = "elfogyott, ne ígérje ki"
	}
	if language != English {
		return text
	}
	text.Title = "Low stock: " + a.ProductName
	text.Detail = fmt.Sprintf("%s · %d of %d", a.LocationName, a.CurrentQuantity, a.Threshold)
	text.NextStep = "order more"
	if a.Severity == SeverityCritical {
		text.Title = "Critical shortage: " + a.ProductName
	}
	if a.CurrentQuantity == 0 {
		text.NextStep = "none left, do not promise it"
	}
	return text
}
