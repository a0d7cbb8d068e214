package harang

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
