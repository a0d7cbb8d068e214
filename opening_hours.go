package harang

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // days must not depend on the machine's files
)

// Budapest is the time zone of the shops' days.
var Budapest = func() *time.Location {
	l, err := time.LoadLocation("Europe/Budapest")
	if err != nil {
		panic(err) // compiled in
	}
	return l
}()

// The limits of opening hours.
const (
	// MaxIntervals is the largest number of intervals of a day.
	MaxIntervals = 4
	// MaxClosedDays is the largest number of days on which a location is closed.
	MaxClosedDays = 400
)

// OpeningHours are the times at which a location is open, by the clock in Budapest.
type OpeningHours struct {
	Week Week `json:"week" doc:"the intervals of each weekday, by the clock in Budapest; a day without is closed"`
	// Closed are the days, YYYY-MM-DD, on which the location is closed whatever the
	// weekday.
	Closed []string `json:"closed" required:"false" nullable:"false" doc:"days (2026-12-24) on which it is closed whatever the weekday"`
}

// Week has the intervals of each weekday, in order; a day without intervals is closed.
type Week struct {
	Mon []Interval `json:"mon,omitempty" nullable:"false" maxItems:"4"`
	Tue []Interval `json:"tue,omitempty" nullable:"false" maxItems:"4"`
	Wed []Interval `json:"wed,omitempty" nullable:"false" maxItems:"4"`
	Thu []Interval `json:"thu,omitempty" nullable:"false" maxItems:"4"`
	Fri []Interval `json:"fri,omitempty" nullable:"false" maxItems:"4"`
	Sat []Interval `json:"sat,omitempty" nullable:"false" maxItems:"4"`
	Sun []Interval `json:"sun,omitempty" nullable:"false" maxItems:"4"`
}

// Interval is an opening and a closing time, HH:MM from 00:00 to 24:00.
type Interval [2]string

// Day returns the intervals of a weekday.
func (w Week) Day(d time.Weekday) []Interval {
	return [...][]Interval{w.Sun, w.Mon, w.Tue, w.Wed, w.Thu, w.Fri, w.Sat}[d]
}

// Check returns the errors in the fields: times that are none, intervals that end
// before they begin, overlap or are out of order, days that are none or repeated.
func (h OpeningHours) Check() []FieldError {
	var c checker
	for i, name := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
		c.intervals("openingHours.week."+name, h.Week.Day(time.Weekday(i)))
	}
	if len(h.Closed) > MaxClosedDays {
		c.add("openingHours.closed", "may have %d days at most", MaxClosedDays)
		return c
	}
	for i, day := range h.Closed {
		field := fmt.Sprintf("openingHours.closed.%d", i)
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.add(field, "must be a day (2026-12-24)")
		} else if slices.Contains(h.Closed[:i], day) {
			c.add(field, "is listed already")
		}
	}
	return c
}

func (c *checker) intervals(field string, day []Interval) {
	if len(day) > MaxIntervals {
		c.add(field, "may have %d intervals at most", MaxIntervals)
		return
	}
	last := 0
	for i, interval := range day {
		at := fmt.Sprintf("%s.%d", field, i)
		from, opens := minuteOfDay(interval[0])
		to, closes := minuteOfDay(interval[1])
		switch {
		case !opens || !closes:
			c.add(at, "must be two times from 00:00 to 24:00")
		case from >= to:
			c.add(at, "must end after it begins")
		case from < last:
			c.add(at, "must begin after the interval before it has ended")
		}
		last = to
	}
}

// minuteOfDay reads HH:MM from 00:00 to 24:00.
func minuteOfDay(text string) (int, bool) {
	if text == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == len("15:04")
}

// closingMinute is when the location closes for the last time on a day; false when it
// is closed all day.
func (h OpeningHours) closingMinute(day time.Time) (int, bool) {
	intervals := h.Week.Day(day.Weekday())
	if len(intervals) == 0 || slices.Contains(h.Closed, day.Format(time.DateOnly)) {
		return 0, false
	}
	return minuteOfDay(intervals[len(intervals)-1][1])
}

// ReturnAt is the default return instant of a rental that begins at an instant and is
// due on the day in Budapest that contains due: when its location closes on that day,
// or on the next one on which it is open, if that is after the beginning. Without
// opening hours (nil, or none within a year) it is the time of day at which the rental
// begins, because a day of rent is 24 hours; on the same day its last minute.
func ReturnAt(hours *OpeningHours, begins, due time.Time) time.Time {
	y, m, d := due.In(Budapest).Date()
	if hours != nil {
		for ahead := range 366 {
			minute, open := hours.closingMinute(time.Date(y, m, d+ahead, 12, 0, 0, 0, Budapest))
			if at := wallClock(y, m, d+ahead, minute); open && at.After(begins) {
				return at
			}
		}
	}
	begins = begins.In(Budapest)
	if fy, fm, fd := begins.Date(); fy == y && fm == m && fd == d {
		return wallClock(y, m, d, 24*60-1)
	}
	return wallClock(y, m, d, begins.Hour()*60+begins.Minute())
}

// wallClock is the instant at which clocks in Budapest show a minute of a day: the
// first of two, and the one an hour later for a minute that is skipped.
func wallClock(year int, month time.Month, day, minute int) time.Time {
	shown := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	_, before := shown.Add(-12 * time.Hour).In(Budapest).Zone()
	at := shown.Add(-time.Duration(before) * time.Second)
	_, offset := at.In(Budapest).Zone()
	if offset != before {
		// The clocks have been changed by then. A minute that exists once has the later
		// offset; a skipped one stays an hour later than it would be.
		if later := shown.Add(-time.Duration(offset) * time.Second); sameWall(later, shown) {
			at = later
		}
	}
	return at.UTC()
}

func sameWall(at, shown time.Time) bool {
	_, offset := at.In(Budapest).Zone()
	return at.Add(time.Duration(offset) * time.Second).Equal(shown)
}
