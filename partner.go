package harang

import (
	"net/mail"
	"strings"
	"time"
)

const (
	// MaxEmailBytes is the length of a partner's e-mail address (RFC 5321).
	MaxEmailBytes = 254
	// MaxNoteRunes is the length of a note about a partner.
	MaxNoteRunes = 1000
)

// Partner is a customer who rents. The id is chosen by the shop.
type Partner struct {
	ID   string
	Name string
	// Phone and Email are as they were written; "" for none.
	Phone string
	Email string
	// Note is what the shop wants to remember, of several lines maybe; "" for none.
	Note string
	// Archived means that nothing is rented to it any more.
	Archived bool
	// Erased means that its name, contacts and note were erased, for good.
	Erased bool
}

// PartnerAccount is what the rentals of a partner come to.
type PartnerAccount struct {
	// Owed is the sum still to be paid, in whole forints.
	Owed int64
	// LastRental is when the last one was made; zero for none.
	LastRental time.Time
}

// Check returns the errors in the fields.
func (p Partner) Check() []FieldError {
	var c checker
	c.ownID("id", p.ID)
	c.name("name", p.Name)
	for _, f := range []struct {
		name, value string
		check       func(string) string
	}{{"phone", p.Phone, CheckPhone}, {"email", p.Email, checkContactEmail}, {"note", p.Note, checkNote}} {
		if f.value == "" {
			continue
		}
		if detail := f.check(f.value); detail != "" {
			c.add(f.name, "%s", detail)
		}
	}
	return c
}

// checkContactEmail returns the error in an address that is only written to.
func checkContactEmail(email string) string {
	if detail := CheckVisible(email); detail != "" {
		return detail
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > MaxEmailBytes ||
		strings.ContainsAny(email, " \"") {
		return "must be an e-mail address like name@example.com"
	}
	return ""
}

// checkNote returns the error in a text of one line or several.
func checkNote(note string) string {
	if detail := CheckText(strings.ReplaceAll(note, "\n", " "), MaxNoteRunes); detail != "" {
		return detail
	}
	return CheckVisible(strings.ReplaceAll(note, "\n", " "))
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
