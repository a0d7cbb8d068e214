package harang

// Partner is a customer who rents. The id is chosen by the shop.
type Partner struct {
	ID   string
	Name string
	// Archived means that nothing is rented to it any more.
	Archived bool
	// Erased means that its name was erased, for good.
	Erased bool
}

// Check returns the errors in the fields.
func (p Partner) Check() []FieldError {
	var c checker
	c.ownID("id", p.ID)
	c.name("name", p.Name)
	return c
}

// Card is a card that a payment provider stores for a partner. Only its token is
// stored here; a card number never enters the system.
type Card struct {
	// Token is the provider's identifier of the card.
	Token string `json:"token"`
	// Brand is the card's brand as named by the provider; may be "".
	Brand string `json:"brand"`
	// Last4 are the last digits of the number; may be "".
	Last4 string `json:"last4"`
	// Expires is "YYYY-MM"; may be "".
	Expires string `json:"expires"`
	// Label is shown to people; may be "".
	Label string `json:"label"`
}

// Name is shown to people: the label, else the brand and the last digits.
func (k Card) Name() string {
	switch {
	case k.Label != "":
		return k.Label
	case k.Last4 == "":
		return k.Brand
	case k.Brand == "":
		return "•••• " + k.Last4
	}
	return k.Brand + " •••• " + k.Last4
}

// Check returns the errors in the fields.
func (k Card) Check() []FieldError {
	var c checker
	c.text("token", k.Token, MaxIDRunes)
	for _, f := range []struct {
		name, value string
		most        int
	}{{"brand", k.Brand, 40}, {"last4", k.Last4, 4}, {"expires", k.Expires, 7}} {
		if f.value != "" {
			c.text(f.name, f.value, f.most)
		}
	}
	if k.Label != "" {
		c.name("label", k.Label)
	}
	return c
}
