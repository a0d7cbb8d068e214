package auth

import (
	"slices"
	"strings"
	"testing"
)

func TestCanonicalEmail(t *testing.T) {
	const canonical = "bolt@műhely.example"
	for _, email := range []string{
		canonical, " Bolt@MŰHELY.Example ", "bolt@xn--mhely-mgb.example", "BOLT@XN--MHELY-MGB.EXAMPLE",
		"bolt@mu\u030bhely.example", "bolt@műhely。example",
	} {
		if got := CanonicalEmail(email); got != canonical {
			t.Errorf("%q: %q", email, got)
		}
	}
	for email, want := range map[string]string{
		"Operator@Budapest.demo": "operator@budapest.demo",
		"o\u0301ra@x.hu":         "óra@x.hu",
		"a@xn--broken-ß.hu":      "a@xn--broken-ß.hu", // no domain name: stays as it is
		"a\x00@b.hu":             "a\x00@b.hu",
		" No Address":            "no address",
		"":                       "",
		"a@b@x.hu":               "a@b@x.hu",
	} {
		got := CanonicalEmail(email)
		if got != want {
			t.Errorf("%q: %q, want %q", email, got, want)
		}
		if again := CanonicalEmail(got); again != got {
			t.Errorf("%q: %q, again %q", email, got, again)
		}
	}
}

func TestStoredForms(t *testing.T) {
	if got := storedForms(" Operator@Budapest.demo"); !slices.Equal(got, []string{"operator@budapest.demo"}) {
		t.Errorf("%q", got)
	}
	// Whatever version 0.1.0 stored for one way of writing the address is found by the others.
	written := []string{"bólt@műhely.example", "bólt@xn--mhely-mgb.example", "bo\u0301lt@mu\u030bhely.example"}
	for _, stored := range written {
		for _, typed := range written {
			if !slices.Contains(storedForms(typed), stored) {
				t.Errorf("%q does not find %q: %q", typed, stored, storedForms(typed))
			}
		}
	}
	if first := storedForms(written[1])[0]; first != written[1] {
		t.Errorf("%q is looked up first", first)
	}
}

func TestCheckEmail(t *testing.T) {
	for _, good := range []string{"a@b.hu", "bolt@műhely.example", "kiss.éva+x@budapest.demo"} {
		if detail := CheckEmail(CanonicalEmail(good)); detail != "" {
			t.Errorf("%q: %s", good, detail)
		}
	}
	for name, bad := range map[string]string{
		"empty": "", "no domain": "a@", "no local part": "@b.hu", "space": "a b@c.hu", "name": "A <a@b.hu>",
		"bidi override": "a\u202eb@c.hu", "zero width": "a\u200bb@c.hu", "control": "a\x01@c.hu",
		"not UTF-8": "a\xff@c.hu", "long": strings.Repeat("a", 250) + "@b.hu",
		"bidi override in the domain": "a@b\u202e.hu", "broken label": "a@xn--broken-ß.hu",
		"no-break space": "a\u00a0b@c.hu",
	} {
		if CheckEmail(CanonicalEmail(bad)) == "" {
			t.Errorf("%s: %q is accepted", name, bad)
		}
	}
}
