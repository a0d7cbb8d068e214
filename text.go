package harang

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of texts and numbers that callers send.
const (
	// MaxIDRunes is the length of an id that a caller chooses.
	MaxIDRunes = 128
	// MaxNameRunes is the length of a name shown to people.
	MaxNameRunes = 200
	// MaxMessageRunes is the length of a sentence shown to people.
	MaxMessageRunes = 500
	// MaxAmount is the largest sum of money, in forints.
	MaxAmount = 1_000_000_000_000
	// MaxQuantity is the largest number of pieces.
	MaxQuantity = 1_000_000_000
)

// checker collects the errors in the fields of one value.
type checker []FieldError

func (c *checker) add(field, format string, args ...any) {
	*c = append(*c, FieldError{field, fmt.Sprintf(format, args...)})
}

// text checks a required text of limited length without control characters.
func (c *checker) text(field, value string, maxRunes int) {
	if detail := CheckText(value, maxRunes); detail != "" {
		c.add(field, "%s", detail)
	}
}

func (c *checker) between(field string, value, least, most int64) {
	if value < least || value > most {
		c.add(field, "must be from %d to %d", least, most)
	}
}

func (c *checker) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(field, "must be one of %s", strings.Join(allowed, ", "))
	}
}

// CheckText returns the error in a required text: empty or blank, longer than
// maxRunes, not UTF-8, or with control characters. "" when it is valid.
func CheckText(value string, maxRunes int) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "must not be empty"
	case !utf8.ValidString(value):
		return "must be UTF-8"
	case utf8.RuneCountInString(value) > maxRunes:
		return fmt.Sprintf("may have %d characters at most", maxRunes)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}
