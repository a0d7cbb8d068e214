package store_test

import (
	"encoding/json"
	"os"
	"testing"

	"harang.dev/harang/internal/store"
)

// TestSearchKey_Cases: a text has one key however it is typed. The page's normalizeSearch has the same cases.
func TestSearchKey_Cases(t *testing.T) {
	text, err := os.ReadFile("../../contract/search-keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Text, Key, About string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 20 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, tc := range cases {
		if got := store.SearchKey(tc.Text); got != tc.Key {
			t.Errorf("%s: the key of %q is %q, want %q", tc.About, tc.Text, got, tc.Key)
		}
	}
}
