package mypos

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"harang.dev/harang"
)

// The headers of a JSON webhook.
const (
	headerEvent     = "X-myPOS-Event"
	headerSignature = "X-myPOS-Signature"
)

// maxAhead is how far in the future a signature's time may be.
const maxAhead = 5 * time.Minute

// readJSON verifies and reads a JSON webhook.
func (m *Merchant) readJSON(body []byte, header http.Header, now time.Time) (notice, error) {
	if m.Webhook == nil {
		return notice{}, unauthenticated()
	}
	if !m.authentic(body, header.Get(headerSignature), now) {
		return notice{}, unauthenticated()
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil || d.More() {
		return notice{}, malformed("body", "must be a JSON object")
	}
	fields := m.Webhook.Fields
	event := header.Get(headerEvent)
	if named := pick(doc, fields.Event); named != "" && named != event {
		return notice{}, malformed(fields.Event, "is not what the header "+headerEvent+" says")
	}
	var n notice
	switch event {
	case "pos.payment.completed":
		n.Status = harang.PaymentSucceeded
	case "pos.payment.denied":
		n.Status = harang.PaymentDeclined
		n.ErrorCode = denialCode(fields, pick(doc, fields.Code))
		n.Message = pick(doc, fields.Message)
	case "pos.payment.reversed":
		n.Status = harang.PaymentReversed
	default:
		return notice{ignored: true}, nil
	}
	n.TransactionID = pick(doc, fields.OrderID)
	if detail := harang.CheckText(n.TransactionID, harang.MaxIDRunes); detail != "" {
		n.TransactionID = ""
		return n, malformed(fields.OrderID, detail)
	}
	if currency := pick(doc, fields.Currency); currency != "" && currency != harang.CurrencyHUF {
		return n, malformed(fields.Currency, "must be HUF")
	}
	if text := pick(doc, fields.Amount); text != "" {
		amount, err := parseAmount(text)
		if err != nil || amount == 0 {
			return n, malformed(fields.Amount, "must be a whole positive number of forints")
		}
		n.Amount = amount
	}
	n.Reference = pick(doc, fields.Reference)
	if len(n.Reference) > maxReference {
		return n, malformed(fields.Reference, "is too long")
	}
	n.Key = keyOf(kindJSON, body)
	if id := pick(doc, fields.EventID); id != "" {
		// With the event's name, because it is the header that says it.
		n.Key = keyOf(kindJSON, []byte(event+" "+id))
	}
	return n, nil
}

// denialCode puts a denial's code in its table. The codes of ISO 8583 have two
// digits.
func denialCode(fields Fields, code string) string {
	if harang.CheckText(code, 32) != "" {
		return "mypos:denied"
	}
	table := fields.CodeTable
	if table == "" {
		table = "iso"
	}
	if table == "iso" && len(code) == 1 {
		code = "0" + code
	}
	return table + ":" + code
}

// authentic checks the signature header "t=<unix seconds>,v1=<signature>" in
// the form that the merchant configured, in constant time.
//
// For "timestamp" two readings of the documentation are taken: the signature
// is the text "<t>.<HMAC of the body>", or the HMAC of that text.
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

// pick reads the value at a dotted path; "" when there is none, or when it is
// neither a text nor a number.
func pick(doc map[string]any, path string) string {
	if path == "" {
		return ""
	}
	var at any = doc
	for name := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = object[name]
	}
	switch v := at.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
