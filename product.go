package harang

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The limits of a product's barcodes.
const (
	// MaxBarcodes is how many barcodes a product may have.
	MaxBarcodes = 20
	// MaxBarcodeRunes is the length of a barcode.
	MaxBarcodeRunes = 64
)

// Product is something that can be rented. The id is chosen by the shop.
type Product struct {
	ID   string
	Name string
	// DailyPrice is in whole forints.
	DailyPrice int64
	// Barcodes are codes that a scanner reads from it. Each belongs to one product of
	// the tenant and is no other product's id.
	Barcodes []string
	// Archived means that it is not offered any more.
	Archived bool
}

// Check returns the errors in the fields.
func (p Product) Check() []FieldError {
	var c checker
	c.ownID("id", p.ID)
	c.name("name", p.Name)
	c.between("dailyPrice", p.DailyPrice, 0, MaxAmount)
	if len(p.Barcodes) > MaxBarcodes {
		c.add("barcodes", "may be %d at most", MaxBarcodes)
		return c
	}
	for i, code := range p.Barcodes {
		field := fmt.Sprintf("barcodes.%d", i)
		switch detail := CheckText(code, MaxBarcodeRunes); {
		case detail != "":
			c.add(field, "%s", detail)
		case CheckVisible(code) != "":
			c.add(field, "%s", CheckVisible(code))
		case strings.ContainsFunc(code, unicode.IsSpace) || strings.ContainsAny(code, ",;|"):
			c.add(field, "must not contain a space, comma, semicolon or bar")
		case slices.Contains(p.Barcodes[:i], code):
			c.add(field, "is there twice")
		}
	}
	return c
}
