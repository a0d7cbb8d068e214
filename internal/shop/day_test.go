package shop_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"harang.dev/harang/internal/shop"
)

// TestRentalDays: the page counts by the same table.
func TestRentalDays(t *testing.T) {
	text, err := os.ReadFile("../../contract/rental-days.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		From, To time.Time
		Days     int64
		About    string
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		if got := shop.RentalDays(c.From, c.To); got != c.Days {
			t.Errorf("%s: %d days, want %d", c.About, got, c.Days)
		}
	}
	if got := shop.RentalDays(cases[0].To, cases[0].From); got != 1 {
		t.Errorf("backwards: %d days, want 1", got)
	}
}
