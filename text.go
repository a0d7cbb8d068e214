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

// ownID checks an id that a shop chooses for something: a text in which every
// character can be seen, because people compare ids.
func (c *checker) ownID(field, value string) {
	detail := CheckText(value, MaxIDRunes)
	if detail == "" {
		detail = CheckVisible(value)
	}
	if detail != "" {
		c.add(field, "%s", detail)
	}
}

// name checks a name as CheckName does.
func (c *checker) name(field, value string) {
	if detail := CheckName(value); detail != "" {
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

// CheckName returns the error in a name of a person or a thing: whatever
// CheckText refuses, and whatever CheckVisible refuses. "" when it is valid.
func CheckName(value string) string {
	if detail := CheckText(value, MaxNameRunes); detail != "" {
		return detail
	}
	return CheckVisible(value)
}

// CheckVisible refuses texts that look like another text, or like nothing:
// characters that change the direction of writing or cannot be seen, and texts
// without a letter or digit. The joiners U+200C and U+200D are refused as well,
// although some scripts and emoji use them: two names that differ in them only
// cannot be distinguished. "" when the text is valid.
func CheckVisible(value string) string {
	for _, r := range value {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point) {
			return fmt.Sprintf("must not contain the invisible character U+%04X", r)
		}
	}
	if !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return "must contain a letter or digit"
	}
	return ""
}
