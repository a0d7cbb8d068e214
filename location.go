package harang

import "strings"

// MaxTermsRunes is the length of the conditions of rentals.
const MaxTermsRunes = 4000

// Location is a site of a tenant with its own stock. The id is chosen by the shop.
type Location struct {
	ID   string
	Name string
	// Hours are nil when none are known.
	Hours *OpeningHours
	// RentalTerms are the conditions on the slips of its rentals, of one line or several;
	// "" for none.
	RentalTerms string
	// Archived means that nothing is rented there any more.
	Archived bool
}

// Check returns the errors in the fields.
func (l Location) Check() []FieldError {
	var c checker
	c.ownID("id", l.ID)
	c.name("name", l.Name)
	if l.Hours != nil {
		c = append(c, l.Hours.Check()...)
	}
	if l.RentalTerms != "" {
		if detail := CheckText(strings.ReplaceAll(l.RentalTerms, "\n", " "), MaxTermsRunes); detail != "" {
			c.add("rentalTerms", "%s", detail)
		}
	}
	return c
}
