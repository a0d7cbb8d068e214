package mypos

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// field is one name and value of a form.
type field struct{ name, value string }

// form is a form whose fields keep their order.
type form []field

const (
	// signatureField is the name of the signature, always the last field.
	signatureField = "Signature"
	// signedSeparator is between the values in the text that is signed.
	signedSeparator = "-"
	// maxFields is how many fields a form may have. It is read before its signature
	// is verified.
	maxFields = 64
)

var errSignature = errors.New("signature invalid")

// add appends a field.
func (f *form) add(name, value string) { *f = append(*f, field{name, value}) }

// get returns a field's value; names are matched without regard to case,
// because myPOS writes them in several ways.
func (f form) get(name string) string {
	for _, x := range f {
		if strings.EqualFold(x.name, name) {
			return x.value
		}
	}
	return ""
}

// encode writes the form as application/x-www-form-urlencoded, in order.
func (f form) encode() string {
	var b strings.Builder
	for i, x := range f {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(x.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(x.value))
	}
	return b.String()
}

// parseForm reads application/x-www-form-urlencoded and keeps the order. A
// field that is repeated is an error: what is signed would differ from what is read.
func parseForm(body string) (form, error) {
	if strings.Count(body, "&") >= maxFields {
		return nil, fmt.Errorf("more than %d fields", maxFields)
	}
	var f form
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return nil, fmt.Errorf("field name: %w", err)
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		key := strings.ToLower(name)
		if seen[key] {
			return nil, fmt.Errorf("field %q is repeated", name)
		}
		seen[key] = true
		f.add(name, value)
	}
	return f, nil
}

// signed returns the text that is signed: the values in order, joined with "-", as
// Base64.
func (f form) signed() []byte {
	values := make([]string, 0, len(f))
	for _, x := range f {
		if !strings.EqualFold(x.name, signatureField) {
			values = append(values, x.value)
		}
	}
	return signedText(values)
}

func signedText(values []string) []byte {
	return []byte(base64.StdEncoding.EncodeToString([]byte(strings.Join(values, signedSeparator))))
}

// sign appends the signature.
func (f *form) sign(key *rsa.PrivateKey) error {
	sum := sha256.Sum256(f.signed())
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	f.add(signatureField, base64.StdEncoding.EncodeToString(signature))
	return nil
}

// verify checks the signature; it must be the last field.
func (f form) verify(key *rsa.PublicKey) error {
	if len(f) == 0 || !strings.EqualFold(f[len(f)-1].name, signatureField) {
		return errSignature
	}
	return verifyText(f.signed(), f[len(f)-1].value, key)
}

func verifyText(text []byte, signature string, key *rsa.PublicKey) error {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return errSignature
	}
	sum := sha256.Sum256(text)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) != nil {
		return errSignature
	}
	return nil
}
