package harang

import "strings"

const (
	// MaxPhoneRunes is the length of a telephone number as it is written.
	MaxPhoneRunes = 40
	// minPhoneDigits and maxPhoneDigits are how many digits a number has, with those of the country (E.164).
	minPhoneDigits = 5
	maxPhoneDigits = 15

	// hungary is the country of numbers without one.
	hungary = "36"
	// phoneSigns are the characters of a written number beside its digits.
	phoneSigns = " +-/()."
)

// CheckPhone returns what is wrong with a telephone number; "" for 5 to 15 digits with phoneSigns between them.
func CheckPhone(phone string) string {
	if detail := CheckText(phone, MaxPhoneRunes); detail != "" {
		return detail
	}
	if strings.Trim(phone, "0123456789"+phoneSigns) != "" || strings.ContainsFunc(phone, notOfPhone) ||
		strings.LastIndexByte(phone, '+') > strings.IndexAny(phone, "0123456789") {
		return `must be one telephone number: digits, spaces and + - / ( ) .`
	}
	if n := len(PhoneKey(phone)); n < minPhoneDigits || n > maxPhoneDigits {
		return "must have 5 to 15 digits"
	}
	return ""
}

func notOfPhone(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune(phoneSigns, r) }

// PhoneKey returns the digits of a telephone number in its one form, which begins with the country: 36 when the number
// begins with +36, 0036 or 06, or has no country at all. Numbers are the same when their keys are. Only the digits
// of phone count, so that a number without its first 0, as spreadsheets write it, is found as well.
func PhoneKey(phone string) string {
	digits := phoneDigits(phone)
	switch {
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case strings.ContainsRune(phone, '+'):
	case strings.HasPrefix(digits, "06"):
		digits = hungary + digits[2:]
	case len(digits) == 9 && digits[0] == '6', len(digits) == 10 && digits[0] == '6' && isMobile(digits[1:]):
		digits = hungary + digits[1:]
	case len(digits) == 8, len(digits) == 9:
		return hungary + digits
	}
	return withoutTrunk(digits)
}

// isMobile reports whether a national number begins as those of mobile telephones do.
func isMobile(national string) bool {
	for _, prefix := range []string{"20", "30", "31", "50", "70"} {
		if strings.HasPrefix(national, prefix) {
			return true
		}
	}
	return false
}

// withoutTrunk drops the 06 or 0 that some people write after the country: +36 (06) 30 …
func withoutTrunk(digits string) string {
	national, ok := strings.CutPrefix(digits, hungary)
	if !ok {
		return digits
	}
	for _, trunk := range []string{"06", "0"} {
		if rest, ok := strings.CutPrefix(national, trunk); ok && (len(rest) == 8 || len(rest) == 9) {
			return hungary + rest
		}
	}
	return digits
}

func phoneDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// minPhoneSearch is how many digits are searched for in telephone numbers.
const minPhoneSearch = 3

// PhoneSearch returns the digits to look for in PhoneKeys when somebody searches for a text, and whether keys begin
// with them. "" when the text is no part of a number: it has other characters, or fewer than three digits.
func PhoneSearch(text string) (digits string, first bool) {
	text = strings.TrimSpace(text)
	digits = phoneDigits(text)
	if len(digits) < minPhoneSearch || strings.ContainsFunc(text, notOfPhone) {
		return "", false
	}
	switch {
	case strings.HasPrefix(digits, "00"):
		return withoutTrunk(digits[2:]), true
	case text[0] == '+':
		return withoutTrunk(digits), true
	case strings.HasPrefix(digits, "06"):
		return hungary + digits[2:], true
	}
	return digits, false
}
