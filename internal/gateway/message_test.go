package gateway

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestMessages_GoodbyeCodes: the documented codes are those that are sent.
func TestMessages_GoodbyeCodes(t *testing.T) {
	var sent []string
	for _, bye := range []goodbye{
		goodbyeLoggedOut, goodbyeDisabled, goodbyeTokenExpired, goodbyeRoleChanged, goodbyeSlow, goodbyeDraining,
		goodbyeRateLimited, goodbyeClosedByAdmin, goodbyeReset,
	} {
		sent = append(sent, string(bye.code))
	}
	field, ok := reflect.TypeFor[GoodbyeMessage]().FieldByName("Code")
	if !ok {
		t.Fatal("no Code")
	}
	if documented := strings.Split(field.Tag.Get("enum"), ","); !slices.Equal(documented, sent) {
		t.Errorf("documented %v, sent %v", documented, sent)
	}
}

// TestMessages_Described: every message has a name, a sender and a summary, and every member of its bodies a
// description.
func TestMessages_Described(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Messages() {
		if m.Name == "" || seen[m.Name] || !strings.HasSuffix(m.Summary, ".") {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		switch {
		case m.Sender == Server && (m.Body == nil || m.Answer != nil || m.Refusable):
			t.Errorf("%s: a message of the server has a body and no answer", m.Name)
		case m.Sender == Client && m.Answer == nil:
			t.Errorf("%s: a message of a client has an answer", m.Name)
		}
		for _, v := range []any{m.Body, m.Answer} {
			if v == nil {
				continue
			}
			for field := range reflect.TypeOf(v).Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name == "" || field.Tag.Get("doc") == "" && name != "ok" {
					t.Errorf("%s: %s is not described", m.Name, field.Name)
				}
			}
		}
	}
	for _, name := range []string{"session", "goodbye", "subscribe", "refresh", "clock", "seen"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
