package harang

// Product is something that can be rented. The id is the shop's own.
type Product struct {
	ID   string
	Name string
	// DailyPrice is in whole forints.
	DailyPrice int64
}

// Check returns the fields that are wrong.
func (p Product) Check() []FieldError {
	var c checker
	c.text("id", p.ID, MaxIDRunes)
	c.text("name", p.Name, MaxNameRunes)
	c.between("dailyPrice", p.DailyPrice, 0, MaxAmount)
	return c
}
