package harang

// Product is something that can be rented. The id is chosen by the shop.
type Product struct {
	ID   string
	Name string
	// DailyPrice is in whole forints.
	DailyPrice int64
}

// Check returns the errors in the fields.
func (p Product) Check() []FieldError {
	var c checker
	c.ownID("id", p.ID)
	c.name("name", p.Name)
	c.between("dailyPrice", p.DailyPrice, 0, MaxAmount)
	return c
}
