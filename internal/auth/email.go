package auth

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// MaxEmailBytes is the length of the longest e-mail address (RFC 5321), in UTF-8.
const MaxEmailBytes = 254

// domains maps domain names as a browser does before a look-up: UTS #46, without transitional processing.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false))

// CanonicalEmail returns the one form in which an address is stored and shown: trimmed, lower case, the local part in
// Unicode's NFC, the domain in Unicode (IDNA), never in Punycode. What is no address is returned trimmed and in lower
// case.
func CanonicalEmail(email string) string {
	local, domain, ok := splitEmail(email)
	if !ok {
		return simpleEmail(email)
	}
	unicodeDomain, err := domains.ToUnicode(domain)
	if err != nil {
		unicodeDomain = norm.NFC.String(domain)
	}
	return norm.NFC.String(local) + "@" + unicodeDomain
}

// simpleEmail is the form in which version 0.1.0 stored addresses.
func simpleEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func splitEmail(email string) (local, domain string, ok bool) {
	email = simpleEmail(email)
	at := strings.LastIndexByte(email, '@')
	if at < 0 || !isText(email) {
		return "", "", false
	}
	return email[:at], email[at+1:], true
}

// storedForms returns the forms under which an address may be stored, most likely first: the address as it was
// written, the canonical one, and those that version 0.1.0 stored for other ways of writing it.
func storedForms(email string) []string {
	canonical := CanonicalEmail(email)
	forms := []string{simpleEmail(email), canonical}
	if local, domain, ok := splitEmail(canonical); ok {
		decomposed := norm.NFD.String(local)
		forms = append(forms, norm.NFD.String(canonical), decomposed+"@"+domain)
		if ascii, err := domains.ToASCII(domain); err == nil {
			forms = append(forms, local+"@"+ascii, decomposed+"@"+ascii)
		}
	}
	var distinct []string
	for _, form := range forms {
		if !slices.Contains(distinct, form) {
			distinct = append(distinct, form)
		}
	}
	return distinct
}

// CheckEmail returns what is wrong with an address in canonical form; "" for a bare address of at most MaxEmailBytes
// without invisible characters, and with a domain name that can be looked up.
func CheckEmail(email string) string {
	if detail := harang.CheckVisible(email); email != "" && detail != "" {
		return detail
	}
	parsed, err := mail.ParseAddress(email)
	_, domain, ok := splitEmail(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > MaxEmailBytes || !ok {
		return "must be an e-mail address like name@example.com"
	}
	if _, err := domains.ToASCII(domain); err != nil {
		return "must have a valid domain name after the @"
	}
	return ""
}

// isText reports whether s is UTF-8 with nothing but visible characters.
func isText(s string) bool {
	for _, r := range s {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) || unicode.IsSpace(r) {
			return false
		}
	}
	return true
}
