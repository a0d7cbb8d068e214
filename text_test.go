package harang_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"harang.dev/harang"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{
		"Kovács és Társa Kft.", "Makita HR2470", "7", "Ⅳ. telephely", "Nagy–Kis (régi)", "日本", "Ödön 🔧", "e\u0301l",
		"Vágó ✂\ufe0f", strings.Repeat("ő", harang.MaxNameRunes),
	} {
		if detail := harang.CheckName(name); detail != "" {
			t.Errorf("%q is refused: %s", name, detail)
		}
	}
	for name, want := range map[string]string{
		"":                 "must not be empty",
		" \t ":             "must not be empty",
		"\xff":             "must be UTF-8",
		"a\nb":             "must not contain control characters",
		"a\u009fb":         "must not contain control characters",
		"Fúró\u202egpj":    "must not contain the invisible character U+202E",
		"\u2066Fúró\u2069": "must not contain the invisible character U+2066",
		"Fú\u200bró":       "must not contain the invisible character U+200B",
		"Fú\u200cró":       "must not contain the invisible character U+200C",
		"Fú\u200dró":       "must not contain the invisible character U+200D",
		"\ufeffFúró":       "must not contain the invisible character U+FEFF",
		"Fú\u00adró":       "must not contain the invisible character U+00AD",
		"Fú\u034fró":       "must not contain the invisible character U+034F",
		"Fú\u2028ró":       "must not contain the invisible character U+2028",
		"\u3164":           "must not contain the invisible character U+3164",
		"Fúró\U000e0041":   "must not contain the invisible character U+E0041",
		"...":              "must contain a letter or digit",
		"🔧":                "must contain a letter or digit",
		"\u2800":           "must contain a letter or digit",
		"\u0301":           "must contain a letter or digit",
		strings.Repeat("ő", harang.MaxNameRunes+1): "may have 200 characters at most",
	} {
		if detail := harang.CheckName(name); detail != want {
			t.Errorf("%q: %q, want %q", name, detail, want)
		}
	}
}

// TestCheckName_Properties: a valid name has no format or control character and
// something to see, and whatever people type on a keyboard is valid.
func TestCheckName_Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if harang.CheckName(name) != "" {
			return
		}
		visible := false
		for _, r := range name {
			if unicode.In(r, unicode.C, unicode.Bidi_Control, unicode.Join_Control) && !unicode.In(r, unicode.Co) {
				t.Fatalf("%q with %U is valid", name, r)
			}
			visible = visible || unicode.IsLetter(r) || unicode.IsNumber(r)
		}
		if !visible {
			t.Fatalf("%q is valid", name)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		name := "x" + rapid.StringMatching(`[ -~áéíóöőúüűÁÉÍÓÖŐÚÜŰ€„”–]{0,60}`).Draw(t, "name")
		if detail := harang.CheckName(name); detail != "" {
			t.Fatalf("%q is refused: %s", name, detail)
		}
	})
}

// TestCheck_Names: the names of partners, products and locations are checked;
// names in events are not, so that what was stored before can still be announced.
func TestCheck_Names(t *testing.T) {
	const hidden = "Fú\u202eró"
	for what, wrong := range map[string][]harang.FieldError{
		"partner":  harang.Partner{ID: "p", Name: hidden}.Check(),
		"product":  harang.Product{ID: "p", Name: hidden}.Check(),
		"location": harang.Location{ID: "l", Name: hidden}.Check(),
	} {
		if len(wrong) != 1 || wrong[0].Field != "name" {
			t.Errorf("%s: %v", what, wrong)
		}
	}
	alert := harang.StockAlert{
		ProductID: "p", ProductName: hidden, LocationID: "l", LocationName: hidden, Severity: harang.SeverityWarning,
	}
	if wrong := alert.Check(); len(wrong) > 0 {
		t.Errorf("stock_alert: %v", wrong)
	}
}

// TestCatalogue_IDs: ids that look like another one, or like nothing, are refused.
func TestCatalogue_IDs(t *testing.T) {
	for _, id := range []string{"\u202e", "a\u200bb", "p\u200d", "--", "\u00ad1"} {
		for kind, wrong := range map[string][]harang.FieldError{
			"product":  harang.Product{ID: id, Name: "P"}.Check(),
			"location": harang.Location{ID: id, Name: "L"}.Check(),
			"partner":  harang.Partner{ID: id, Name: "P"}.Check(),
		} {
			if len(wrong) != 1 || wrong[0].Field != "id" {
				t.Errorf("%s %q: %v", kind, id, wrong)
			}
		}
	}
	for _, id := range []string{"hr2470", "váci-út", "1", "A/1 b"} {
		if wrong := (harang.Product{ID: id, Name: "P"}).Check(); len(wrong) != 0 {
			t.Errorf("%q: %v", id, wrong)
		}
	}
}
