package harang

import "fmt"

// RentalCreatedType: a rental was opened. For managers and administrators.
var RentalCreatedType = registerEvent[RentalCreated]("rental_created", AudienceManagers)

// RentalCreated is the payload of a rental_created.
type RentalCreated struct {
	RentalID    string `json:"rentalId"`
	PartnerID   string `json:"partnerId"`
	PartnerName string `json:"partnerName"`
	// EquipmentCount is the sum of the lines' quantities.
	EquipmentCount int64 `json:"equipmentCount"`
	// TotalValue is in whole forints.
	TotalValue int64  `json:"totalValue"`
	Currency   string `json:"currency" enum:"HUF"`
}

// Check returns the errors in the fields.
func (r RentalCreated) Check() []FieldError {
	var c checker
	c.text("rentalId", r.RentalID, MaxIDRunes)
	c.text("partnerId", r.PartnerID, MaxIDRunes)
	c.text("partnerName", r.PartnerName, MaxNameRunes)
	c.between("equipmentCount", r.EquipmentCount, 1, MaxQuantity)
	c.between("totalValue", r.TotalValue, 0, MaxAmount)
	c.oneOf("currency", r.Currency, CurrencyHUF)
	return c
}

// Text returns the rental in words.
func (p RentalCreated) Text(language Language) EventText {
	text := EventText{Severity: SeverityInfo, Detail: forints(language, p.TotalValue)}
	if language != English {
		text.Title = fmt.Sprintf("Új bérlés: %s - %d tétel", p.PartnerName, p.EquipmentCount)
		text.NextStep = "készítse elő a gépeket"
		return text
	}
	items := "items"
	if p.EquipmentCount == 1 {
		items = "item"
	}
	text.Title = fmt.Sprintf("New rental: %s - %d %s", p.PartnerName, p.EquipmentCount, items)
	text.NextStep = "get the machines ready"
	return text
}
