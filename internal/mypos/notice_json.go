package mypos

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"harang.dev/harang"
)

// The headers of a JSON webhook. The signature does not cover them.
const (
	headerEvent     = "X-myPOS-Event"
	headerSignature = "X-myPOS-Signature"
)

// maxAhead is how far in the future a signature's time may be.
const maxAhead = 5 * time.Minute

// paymentEvents are the events about a payment's outcome. Two documentations of myPOS
// name them differently.
var paymentEvents = []string{
	"pos.payment.completed", "pos.payment.denied", "pos.payment.reversed", "pos.payment.failed",
	"pos.payment.cancelled",
}

var errTrailing = errors.New("more than one value")

// posEvents begins the names of all events about payments.
const posEvents = "pos."

// readJSON verifies and reads a JSON webhook. The event and its id are those of the
// body, which is signed.
func (m *Merchant) readJSON(body []byte, header http.Header, now time.Time) (notice, error) {
	if m.Webhook == nil {
		return notice{}, unauthenticated()
	}
	if !m.authentic(body, header.Get(headerSignature), now) {
		return notice{}, unauthenticated()
	}
	n := notice{verified: true}
	doc, err := readObject(body)
	if err != nil {
		return n, err
	}
	fields := m.Webhook.Fields
	if n.event = pick(doc, fields.Event); n.event == "" {
		return n, invalid(fields.Event, "is missing")
	}
	if named := header.Get(headerEvent); named != "" && named != n.event {
		return n, invalid(fields.Event, "is not the event of the header "+headerEvent)
	}
	if !slices.Contains(paymentEvents, n.event) {
		n.ignored = true
		return n, nil
	}
	id := pick(doc, fields.EventID)
	if detail := harang.CheckText(id, harang.MaxIDRunes); detail != "" {
		return n, invalid(fields.EventID, detail)
	}
	n.Key = keyOf(kindJSON, []byte(n.event+" "+id))
	order := pick(doc, fields.OrderID)
	if detail := harang.CheckText(order, harang.MaxIDRunes); detail != "" {
		return n, invalid(fields.OrderID, detail)
	}
	n.TransactionID = order
	if currency := pick(doc, fields.Currency); currency != "" && currency != harang.CurrencyHUF {
		return n, invalid(fields.Currency, "must be HUF")
	}
	if text := pick(doc, fields.Amount); text != "" {
		amount, err := parseAmount(text)
		if err != nil || amount == 0 {
			return n, invalid(fields.Amount, "must be a whole positive number of forints")
		}
		n.Amount = amount
	}
	n.reason = strings.TrimSpace(pick(doc, fields.Code) + " " + pick(doc, fields.Message))
	return n, nil
}

// readObject reads a JSON object whose members have unique names on every level: of two
// values of one member nobody can say which one was meant. Numbers keep their text.
func readObject(body []byte) (map[string]any, error) {
	// Unlike encoding/json, jsontext refuses repeated names and invalid UTF-8.
	strict := jsontext.NewDecoder(bytes.NewReader(body))
	_, err := strict.ReadValue()
	if err == nil {
		if _, err = strict.ReadToken(); errors.Is(err, io.EOF) {
			err = nil
		} else {
			err = cmp.Or(err, errTrailing)
		}
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && errors.Is(err, jsontext.ErrDuplicateName) {
		name := string(syntax.JSONPointer)
		if len(name) > harang.MaxIDRunes {
			name = strings.ToValidUTF8(name[:harang.MaxIDRunes], "") + "…"
		}
		return nil, invalid("body", "has a member twice: "+name)
	}
	var doc map[string]any
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		err = d.Decode(&doc)
	}
	if err != nil || doc == nil {
		return nil, invalid("body", "must be a JSON object in UTF-8")
	}
	return doc, nil
}

// authentic checks the signature header "t=<unix seconds>,v1=<signature>" in the form
// that the merchant configured, in constant time.
//
// For "timestamp" two readings of the documentation are accepted: the signature is
// the text "<t>.<HMAC of the body>", or the HMAC of that text. For "body" the time is
// not signed: a repeat is recognised by the event's id.
func (m *Merchant) authentic(body []byte, header string, now time.Time) bool {
	var stamp, signature string
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			signature = value
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || signature == "" {
		return false
	}
	age := now.Sub(time.Unix(seconds, 0))
	if age > m.maxAge || age < -maxAhead {
		return false
	}
	if m.Webhook.Signature == signatureBody {
		var compact bytes.Buffer
		if json.Compact(&compact, body) != nil {
			return false
		}
		return equalMAC(signature, m.mac(compact.Bytes()))
	}
	text := stamp + "." + hex.EncodeToString(m.mac(body))
	literal := hmac.Equal([]byte(strings.ToLower(signature)), []byte(text))
	return equalMAC(signature, m.mac([]byte(text))) || literal
}

func (m *Merchant) mac(text []byte) []byte {
	h := hmac.New(sha256.New, m.secret)
	h.Write(text)
	return h.Sum(nil)
}

// equalMAC compares a signature, written as hex or Base64, in constant time.
func equalMAC(text string, want []byte) bool {
	got, err := hex.DecodeString(text)
	if err != nil || len(got) != len(want) {
		if got, err = base64.StdEncoding.DecodeString(text); err != nil {
			return false
		}
	}
	return hmac.Equal(got, want)
}

// pick returns the value at a dotted path; "" when there is none, or when it is
// neither a text nor a number.
func pick(doc map[string]any, path string) string {
	if path == "" {
		return ""
	}
	var value any = doc
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = object[name]
	}
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
