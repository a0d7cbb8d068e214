package harang_test

import (
	"encoding/json"
	"strings"
	"testing"

	"harang.dev/harang"
)

// TestReadControl_OtherVersions: entries of newer and older versions are read as
// far as this version knows them, and a revocation is never overlooked.
func TestReadControl_OtherVersions(t *testing.T) {
	for name, c := range map[string]struct {
		eventType, body string
		payload         harang.Payload // nil for unreadable
		revoking        bool
	}{
		"own": {
			"control.logout", `{"data":{"sessionId":"s","userId":"u"}}`,
			harang.Logout{SessionID: "s", UserID: "u"}, true,
		},
		"unknown member of a revocation": {
			"control.logout", `{"data":{"sessionId":"s","userId":"u","device":"d"}}`,
			harang.Logout{SessionID: "s", UserID: "u"}, true,
		},
		"unknown member": {
			"control.read", `{"v":2,"data":{"userId":"u","unreadCount":1,"head":"","folded":2}}`,
			harang.Read{UserID: "u", UnreadCount: 1}, false,
		},
		"missing member": {"control.claim", `{"data":{"eventId":"e"}}`, harang.Claim{EventID: "e"}, false},
		"known type that revokes now": {
			"control.read", `{"data":{"userId":"u","revoking":true}}`, harang.Read{UserID: "u"}, true,
		},
		"unknown type":                {"control.snooze", `{"data":{"until":"x"}}`, nil, false},
		"unknown revoking type":       {"control.session_closed", `{"data":{"revoking":true}}`, nil, true},
		"unreadable flag":             {"control.snooze", `{"data":{"revoking":"yes"}}`, nil, true},
		"a type of people's feeds":    {"stock_alert", `{"data":{}}`, nil, false},
		"unreadable revocation":       {"control.user", `{"data":{"userId":"u","role":"AUDITOR"}}`, nil, true},
		"unreadable, revokes nothing": {"control.read", `{"data":{"userId":7}}`, nil, false},
		"no JSON":                     {"control.read", `no json`, nil, true},
		"no data":                     {"control.read", `{}`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			payload, revoking, err := harang.ReadControl(c.eventType, []byte(c.body))
			if (err != nil) != (c.payload == nil) || revoking != c.revoking {
				t.Fatalf("%+v, revoking %t, %v", payload, revoking, err)
			}
			got, _ := json.Marshal(payload)
			want, _ := json.Marshal(c.payload)
			if string(got) != string(want) {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestEventType_ParseStored: a stored payload may have unknown members and lack
// known ones; one from outside may not.
func TestEventType_ParseStored(t *testing.T) {
	data := json.RawMessage(`{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l",` +
		`"locationName":"L","severity":"WARNING","barcode":"599"}`)
	payload, err := harang.StockAlertType.ParseStored(data)
	if alert, ok := payload.(harang.StockAlert); err != nil || !ok || alert.ProductID != "p" {
		t.Errorf("%+v, %v", payload, err)
	}
	if _, err := harang.StockAlertType.Parse(data); harang.ErrorCode(err) != harang.CodeInvalidRequest {
		t.Errorf("accepted from outside: %v", err)
	}
}

// TestControl_RevokingMember: a node of an older version, which does not know a
// type, sees from a member of its payload that it revokes a right. The types of
// version 0.1.0 are known to every version.
func TestControl_RevokingMember(t *testing.T) {
	for _, eventType := range harang.ControlTypes() {
		if eventType.Name == "control.logout" || eventType.Name == "control.user" {
			if !eventType.Revoking() {
				t.Errorf("%s does not revoke", eventType.Name)
			}
			continue
		}
		data, err := json.Marshal(eventType.Payload())
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(data), `"revoking":true`); has != eventType.Revoking() {
			t.Errorf("%s: revoking is %t, its payload is %s", eventType.Name, eventType.Revoking(), data)
		}
	}
}
