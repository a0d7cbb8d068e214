package shop

import (
	"time"
	_ "time/tzdata" // days must not depend on the machine's files

	"harang.dev/harang"
)

// budapest is the time zone of the shops' days.
var budapest = func() *time.Location {
	l, err := time.LoadLocation("Europe/Budapest")
	if err != nil {
		panic(err) // compiled in
	}
	return l
}()

// Day returns the first instant of t's day in Budapest and that of the next.
func Day(t time.Time) (start, end time.Time) {
	y, m, d := t.In(budapest).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, budapest), time.Date(y, m, d+1, 0, 0, 0, 0, budapest)
}

// ParseDay reads a day as callers write it: YYYY-MM-DD, a day in Budapest, or
// an RFC 3339 time, the day in Budapest that holds it. INVALID_REQUEST naming
// the field for anything else.
func ParseDay(field, value string) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, value, budapest); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil || t.Year() < 2000 || t.Year() > 9999 {
		return time.Time{}, harang.Invalid(
			harang.FieldError{Field: field, Detail: "must be a day (2026-03-02) or an RFC 3339 time"},
		)
	}
	return t.UTC(), nil
}

// RentalDays is the number of days charged between two instants: each started 24 hours of the shops' wall clock, at
// least one. When the clocks change, a day has 23 or 25 hours and is one day all the same.
func RentalDays(from, to time.Time) int64 {
	const day = 24 * time.Hour
	return max(1, int64((wall(to).Sub(wall(from))+day-1)/day))
}

// wall is what clocks in Budapest show at an instant, as if it were UTC.
func wall(t time.Time) time.Time {
	t = t.In(budapest)
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
