package harang_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
)

// TestEvent_Text: the page has the same sentences by the same table, which has every type.
func TestEvent_Text(t *testing.T) {
	text, err := os.ReadFile("contract/event-texts.json")
	if err != nil {
		t.Fatal(err)
	}
	type words struct{ Title, Detail, Next string }
	var cases []struct {
		About, Type, Severity string
		Data                  json.RawMessage
		HU, EN                words
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, c := range cases {
		e := harang.Event{Type: c.Type, Data: c.Data}
		for language, want := range map[harang.Language]words{harang.Hungarian: c.HU, harang.English: c.EN} {
			got := e.Text(language)
			if diff := cmp.Diff(harang.EventText{
				Severity: c.Severity, Title: want.Title, Detail: want.Detail, NextStep: want.Next,
			}, got); diff != "" {
				t.Errorf("%s, %s: %s", c.About, language, diff)
			}
		}
		said[c.Type] = said[c.Type] || c.HU.Detail != ""
	}
	for _, typ := range harang.EventTypes() {
		if !said[typ.Name] {
			t.Errorf("%s has no sentence, or no case", typ.Name)
		}
	}
}
