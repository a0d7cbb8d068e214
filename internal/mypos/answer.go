package mypos

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// answer is a verified answer of the Checkout API.
type answer struct {
	form
	status int
}

// message returns myPOS's text for the status.
func (a *answer) message() string { return a.get("StatusMsg") }

// maxDepth is how deep an answer's JSON may be.
const maxDepth = 32

// parseAnswer reads an answer's JSON, keeps the order of its values (those of
// nested objects and lists included: they are signed too) and verifies the
// signature.
func parseAnswer(body []byte, key *rsa.PublicKey) (*answer, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var r answerReader
	if err := r.object(d); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("answer: data after the JSON")
	}
	if r.signature == "" {
		return nil, errSignature
	}
	if err := verifyText(signedText(r.values), r.signature, key); err != nil {
		return nil, err
	}
	a := &answer{form: r.top}
	status, err := strconv.Atoi(a.get("Status"))
	if err != nil {
		return nil, errors.New("answer: no status")
	}
	a.status = status
	return a, nil
}

type answerReader struct {
	top       form
	values    []string
	signature string
}

func (r *answerReader) object(d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("is not a JSON object")
	}
	return r.members(d, '{', 1)
}

// members reads what follows a '{' or '[' until its end. Names and values of
// the outermost object are kept; of everything inside it the values only.
func (r *answerReader) members(d *json.Decoder, open json.Delim, depth int) error {
	if depth > maxDepth {
		return errors.New("is nested too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		name := ""
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ = t.(string)
			if seen[strings.ToLower(name)] {
				return fmt.Errorf("member %q is repeated", name)
			}
			seen[strings.ToLower(name)] = true
		}
		t, err := d.Token()
		if err != nil {
			return err
		}
		if inner, ok := t.(json.Delim); ok {
			if err := r.members(d, inner, depth+1); err != nil {
				return err
			}
			continue
		}
		text := scalar(t)
		switch {
		case depth == 1 && strings.EqualFold(name, signatureField):
			r.signature = text
			continue
		case depth == 1:
			r.top.add(name, text)
		}
		r.values = append(r.values, text)
	}
	_, err := d.Token()
	return err
}

// scalar returns a value as it is signed: texts and numbers as written, null and false
// as "", true as "1".
func scalar(t json.Token) string {
	switch v := t.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "1"
		}
	}
	return ""
}
