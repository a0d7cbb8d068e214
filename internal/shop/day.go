package shop

import (
	"time"

	"harang.dev/harang"
)

// budapest is the time zone of the shops' days.
var budapest = harang.Budapest

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

// ParseRange reads the days or times of two parameters as callers write them, "" for no
// limit: from the first instant of the day from, until before to, or until the end of
// the day to. INVALID_REQUEST naming the field.
func ParseRange(fromField, from, toField, to string) (first, end time.Time, err error) {
	if from != "" {
		if first, err = ParseDay(fromField, from); err != nil {
			return first, end, err
		}
	}
	if to != "" {
		if end, err = ParseDay(toField, to); err == nil && len(to) == len(time.DateOnly) {
			_, end = Day(end)
		}
		if err == nil && end.Before(first) {
			err = harang.Invalid(harang.FieldError{Field: toField, Detail: "must not be before " + fromField})
		}
	}
	return first, end, err
}

// DueAt is when a rental is to be returned.
type DueAt struct {
	time.Time
	// Day means that Time is any instant of a day in Budapest, whose default return
	// instant is meant: harang.ReturnAt.
	Day bool
}

// ParseDueAt reads a return instant as callers write it: an RFC 3339 time, or a day
// (YYYY-MM-DD) for its default return instant. INVALID_REQUEST naming the field
// dueAt for anything else.
func ParseDueAt(value string) (DueAt, error) {
	t, err := ParseDay("dueAt", value)
	return DueAt{t.Truncate(time.Millisecond), len(value) == len(time.DateOnly)}, err
}

// instant is the return instant of a rental that begins at an instant at a location
// with these opening hours.
func (d DueAt) instant(hours *harang.OpeningHours, begins time.Time) time.Time {
	if !d.Day {
		return d.UTC().Truncate(time.Millisecond)
	}
	return harang.ReturnAt(hours, begins, d.Time)
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
