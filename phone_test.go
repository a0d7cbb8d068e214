package harang_test

import (
	"strings"
	"testing"

	"harang.dev/harang"
)

func TestPhoneKey(t *testing.T) {
	for key, written := range map[string][]string{
		"36301234567": {
			"+36301234567", "+36 30 123 4567", "06 30 123 4567", "06-30/123-4567", "0036 30 123-4567", "30 123 4567",
			"36301234567", "(06) 30 1234567",
			"+36 (06) 30 123 4567", "+36 (0) 30 123 4567", "6301234567", "(30) 123.4567",
		},
		"3612345678": {"+36 1 234 5678", "06 1 234 5678", "1 234 5678", "612345678", "+36 (06) 1 234 5678"},
		"3662123456": {"06 62 123 456", "62/123-456", "+36 62 123456", "+36 (0) 62 123456"},
		"3636123456": {"36 123 456", "06 36 123 456"}, // Eger
		"436601234567": {
			"+43 660 1234567", "0043 660 1234567", "436601234567",
		},
		"12025550123": {"+1 202 555 0123"},
	} {
		for _, phone := range written {
			if got := harang.PhoneKey(phone); got != key {
				t.Errorf("%q: %s, want %s", phone, got, key)
			}
			if detail := harang.CheckPhone(phone); detail != "" {
				t.Errorf("%q: %s", phone, detail)
			}
		}
	}
}

func TestCheckPhone_Refused(t *testing.T) {
	for name, phone := range map[string]string{
		"empty": "", "blank": " ", "letters": "no phone", "few digits": "1234", "many digits": "+36301234567890123",
		"two numbers": "06301234567, 06201234567", "other digits": "٠٦٣٠١٢٣٤٥٦٧", "bidi": "\u202a+36301234567\u202c",
		"zero width": "0630\u200b1234567", "line break": "06301234567\n", "plus inside": "0630+1234567",
		"long":      "06301234567" + strings.Repeat(" ", 40),
		"not UTF-8": "06301234567\xff", "extension": "06301234567 m. 12",
	} {
		if harang.CheckPhone(phone) == "" {
			t.Errorf("%s: %q is accepted", name, phone)
		}
	}
}

// TestPhoneSearch: a number is found by each part of it, however it is written, and by no other text.
func TestPhoneSearch(t *testing.T) {
	key := harang.PhoneKey("+36 30 123 4567")
	for text, want := range map[string]bool{
		"06 30": true, "0630123": true, "+36 30": true, "+36 (06) 30 123 4567": true, "0036 30 1": true,
		"30 123": true, "30/123-4567": true,
		"4567": true, "36301234567": true, "301234567": true, "123": true,
		"06 20": false, "45": false, "+4567": false, "064567": false, "4568": false, "Kovács 4567": false, "": false,
		"x": false, "123 db": false, "%": false,
	} {
		digits, first := harang.PhoneSearch(text)
		found := digits != "" && strings.Contains(key, digits)
		if first {
			found = digits != "" && strings.HasPrefix(key, digits)
		}
		if found != want {
			t.Errorf("%q looks for %q (first: %v): found %v, want %v", text, digits, first, found, want)
		}
	}
}
