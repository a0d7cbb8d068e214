package harang_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
)

type golden struct {
	EventID   string          `json:"eventId"`
	Timestamp string          `json:"timestamp"`
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"`
}

func readGolden(t *testing.T, name string) (golden, []byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("contract", "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		t.Fatal(err)
	}
	return g, compact.Bytes()
}

// TestEvent_Golden: each registered type decodes its golden payload and encodes
// the same bytes again, in the same order of fields.
func TestEvent_Golden(t *testing.T) {
	types := harang.EventTypes()
	if len(types) == 0 {
		t.Fatal("no event type is registered")
	}
	for _, typ := range types {
		t.Run(typ.Name, func(t *testing.T) {
			g, want := readGolden(t, typ.Name)
			payload, err := typ.Parse(g.Data)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, g.Timestamp)
			if err != nil {
				t.Fatal(err)
			}
			e, err := harang.NewEvent(typ, g.EventID, "budapest", at, payload)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(e.JSON())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEvent_Strict: a payload with an unknown field, a missing field or a field of
// the wrong type is refused with the name of the field.
func TestEvent_Strict(t *testing.T) {
	valid := map[string]any{
		"productId": "p", "productName": "Fúró", "currentQuantity": 1, "threshold": 3,
		"locationId": "l", "locationName": "Váci út", "severity": "CRITICAL",
	}
	for name, tc := range map[string]struct {
		change func(map[string]any)
		field  string
	}{
		"unknown field":     {func(m map[string]any) { m["colour"] = "red" }, "data.colour"},
		"missing name":      {func(m map[string]any) { delete(m, "productName") }, "data.productName"},
		"missing number":    {func(m map[string]any) { delete(m, "currentQuantity") }, "data.currentQuantity"},
		"null for a number": {func(m map[string]any) { m["threshold"] = nil }, "data.threshold"},
		"name in other case": {func(m map[string]any) { delete(m, "productId"); m["ProductID"] = "p" },
			"data.productId"},
		"wrong type":       {func(m map[string]any) { m["threshold"] = "three" }, "data.threshold"},
		"fraction":         {func(m map[string]any) { m["currentQuantity"] = 1.5 }, "data.currentQuantity"},
		"negative":         {func(m map[string]any) { m["currentQuantity"] = -1 }, "data.currentQuantity"},
		"unknown severity": {func(m map[string]any) { m["severity"] = "OK" }, "data.severity"},
		"over-long name": {func(m map[string]any) { m["productName"] = strings.Repeat("ő", 201) },
			"data.productName"},
		"control characters": {func(m map[string]any) { m["productName"] = "a\u0000b" }, "data.productName"},
		"blank id":           {func(m map[string]any) { m["productId"] = "   " }, "data.productId"},
	} {
		t.Run(name, func(t *testing.T) {
			m := map[string]any{}
			for k, v := range valid {
				m[k] = v
			}
			tc.change(m)
			data, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			_, err = harang.StockAlertType.Parse(data)
			if harang.ErrorCode(err) != harang.CodeInvalidRequest {
				t.Fatalf("got %v, want INVALID_REQUEST", err)
			}
			var refused *harang.Error
			if !errors.As(err, &refused) {
				t.Fatalf("got %T", err)
			}
			fields := refused.Fields
			if len(fields) != 1 || fields[0].Field != tc.field || fields[0].Detail == "" {
				t.Errorf("got fields %v, want one about %s", fields, tc.field)
			}
		})
	}
	for name, data := range map[string]string{"not JSON": "{", "an array": "[]", "two values": "{} {}", "nothing": ""} {
		if _, err := harang.StockAlertType.Parse(json.RawMessage(data)); harang.ErrorCode(
			err,
		) != harang.CodeInvalidRequest {
			t.Errorf("%s: got %v, want INVALID_REQUEST", name, err)
		}
	}
}

// TestEvent_TooLarge: the largest valid texts stay below the limit, and no event
// above it can be built.
func TestEvent_TooLarge(t *testing.T) {
	wide := strings.Repeat("\u2028", harang.MaxMessageRunes) // six bytes each in JSON
	id := strings.Repeat("\u2028", harang.MaxIDRunes)
	name := strings.Repeat("\u2028", harang.MaxNameRunes)
	p := harang.PaymentError{TransactionID: "a" + id[3:], ErrorCode: "b" + id[3:], ErrorMessage: "c" + wide[3:],
		PartnerID: "d" + id[3:], PartnerName: "e" + name[3:], Amount: 1, Currency: "HUF"}
	e, err := harang.NewEvent(harang.PaymentErrorType, "id", "budapest", time.UnixMilli(0), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.JSON()) > harang.MaxEventBytes {
		t.Errorf("an event of %d bytes was made", len(e.JSON()))
	}
	if _, err := harang.NewEvent(harang.PaymentErrorType, strings.Repeat("x", harang.MaxEventBytes), "budapest",
		time.UnixMilli(0), p); harang.ErrorCode(
		err,
	) != harang.CodeEventTooLarge {
		t.Errorf("got %v, want EVENT_TOO_LARGE", err)
	}
}

// TestEvent_Audiences: each type is appended to the feeds of its audiences, and
// control entries to no feed of people.
func TestEvent_Audiences(t *testing.T) {
	want := map[string][3]bool{ // operators, managers, control
		"stock_alert":    {true, true, false},
		"payment_error":  {false, true, false},
		"rental_created": {false, true, false},
		"control.logout": {false, false, true},
		"control.user":   {false, false, true},
		"control.read":   {false, false, true},
		"control.claim":  {false, false, true},

		"control.close_connection": {false, false, true},
		"control.key":              {false, false, true},
	}
	for name, in := range want {
		typ, ok := harang.FindEventType(name)
		if !ok {
			t.Errorf("%s is not registered", name)
			continue
		}
		got := [3]bool{
			typ.In(harang.AudienceOperators),
			typ.In(harang.AudienceManagers),
			typ.In(harang.AudienceControl),
		}
		if got != in {
			t.Errorf("%s is in %v, want %v", name, got, in)
		}
	}
	for _, typ := range harang.EventTypes() {
		if typ.Control() {
			t.Errorf("%s is offered to people", typ.Name)
		}
		if !typ.In(harang.AudienceManagers) {
			t.Errorf("%s has no managers' number, which is the order of all events", typ.Name)
		}
	}
}

func TestControl_Check(t *testing.T) {
	for name, p := range map[string]harang.Payload{
		"logout without session": harang.Logout{UserID: "u"},
		"user without a role":    harang.UserChanged{UserID: "u"},
		"read without a user":    harang.Read{},
		"claim without an event": harang.Claim{},
	} {
		if len(p.Check()) == 0 {
			t.Errorf("%s passes its check", name)
		}
	}
}
