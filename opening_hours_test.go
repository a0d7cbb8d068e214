package harang_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"harang.dev/harang"
)

// TestReturnAt: the page finds the same instants by the same table.
func TestReturnAt(t *testing.T) {
	text, err := os.ReadFile("contract/return-instants.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Hours map[string]harang.OpeningHours
		Cases []struct {
			About, Day       string
			Hours            *string
			Begins, ReturnAt time.Time
		}
	}
	if err := json.Unmarshal(text, &table); err != nil || len(table.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(table.Cases), err)
	}
	for _, c := range table.Cases {
		var hours *harang.OpeningHours
		if c.Hours != nil {
			hours = new(table.Hours[*c.Hours])
			if wrong := hours.Check(); len(wrong) > 0 {
				t.Errorf("%s: %v", *c.Hours, wrong)
			}
		}
		day, err := time.ParseInLocation(time.DateOnly, c.Day, harang.Budapest)
		if err != nil {
			t.Fatal(err)
		}
		for _, due := range []time.Time{day, day.Add(22*time.Hour + 59*time.Minute)} {
			if got := harang.ReturnAt(hours, c.Begins, due); !got.Equal(c.ReturnAt) {
				t.Errorf("%s: %v, want %v", c.About, got.In(harang.Budapest), c.ReturnAt)
			}
		}
	}
}

func TestOpeningHours_Check(t *testing.T) {
	many := make([]string, harang.MaxClosedDays+1)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	day := func(intervals ...harang.Interval) harang.OpeningHours {
		return harang.OpeningHours{Week: harang.Week{Tue: intervals}}
	}
	for field, hours := range map[string]harang.OpeningHours{
		"":                        day(harang.Interval{"00:00", "12:00"}, harang.Interval{"12:00", "24:00"}),
		"openingHours.week.tue.0": day(harang.Interval{"17:00", "07:00"}),
		"openingHours.week.tue.1": day(harang.Interval{"07:00", "12:00"}, harang.Interval{"11:00", "17:00"}),
		"openingHours.week.tue.2": day(harang.Interval{"07:00", "08:00"}, harang.Interval{"09:00", "10:00"},
			harang.Interval{"9:00", "17:00"}),
		"openingHours.week.tue": day(make([]harang.Interval, harang.MaxIntervals+1)...),
		"openingHours.closed.1": {Closed: []string{"2028-02-29", "2027-02-29"}},
		"openingHours.closed.2": {Closed: []string{"2026-12-24", "2026-12-25", "2026-12-24"}},
		"openingHours.closed":   {Closed: many},
	} {
		wrong := hours.Check()
		if field == "" && len(wrong) > 0 || field != "" && (len(wrong) != 1 || wrong[0].Field != field) {
			t.Errorf("%s: %v", field, wrong)
		}
	}
	for _, text := range []string{"", "25:00", "24:01", "12:60", "07:00:00", "7", "-1:00"} {
		if wrong := day(harang.Interval{"00:00", text}).Check(); len(wrong) != 1 {
			t.Errorf("%q: %v", text, wrong)
		}
	}
	if wrong := day(harang.Interval{"08:00", "08:00"}).Check(); len(wrong) != 1 {
		t.Errorf("an empty interval: %v", wrong)
	}
}
