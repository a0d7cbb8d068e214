package harang

// Location is a place of a tenant where pieces stand. The id is the shop's own.
type Location struct {
	ID   string
	Name string
}

// Check returns the fields that are wrong.
func (l Location) Check() []FieldError {
	var c checker
	c.text("id", l.ID, MaxIDRunes)
	c.text("name", l.Name, MaxNameRunes)
	return c
}
