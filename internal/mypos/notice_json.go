package mypos

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil || d.More() {
		return n, invalid("body", "must be a JSON object")
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
