package growth_test

import (
	"slices"
	"strconv"
	"time"
)

// day is in milliseconds.
const day = int64(24 * time.Hour / time.Millisecond)

// statement is a query of package store with what it asks of a tenant with n events.
type statement struct {
	// query is its name in package store.
	query string
	// most is how many rows PostgreSQL may read for it, whatever n is.
	most int64
	args func(n int64) []any
}

// fixed are arguments that do not depend on the number of events.
func fixed(args ...any) func(int64) []any { return func(int64) []any { return args } }

// audit are the arguments of a page of the audit log with these filters.
func audit(filters ...any) func(int64) []any {
	return func(n int64) []any {
		return append(append([]any{}, filters...), int64(0), millis(n), "", 21)
	}
}

// statements are those behind every list, count, replay, sweep and round of the
// housekeeper: each reads as much of a big database as of a small one.
var statements = []statement{
	// A page of 50 notifications with the reads and marks of each.
	{"find notifications of managers", 300, func(n int64) []any {
		return []any{"u0", bigTenant, 1, n, int64(0), 0, 51}
	}},
	{"find notifications of operators", 300, func(n int64) []any {
		return []any{"u0", bigTenant, 1, n, int64(0), 0, 51}
	}},
	{"find notifications of a type", 300, func(n int64) []any {
		return []any{"u0", bigTenant, 1, n, int64(0), 0, "payment_error", 21}
	}},
	// Unread ones of a person who has read every second one: two thousand are passed over
	// at most.
	{"find notifications of managers", 500, func(n int64) []any {
		return []any{"picker", bigTenant, 1, n, int64(0), 1, 51}
	}},
	{"find notifications of operators", 1000, func(n int64) []any {
		return []any{"picker", bigTenant, 1, n, int64(0), 1, 51}
	}},
	{"find notifications of a type", 500, func(n int64) []any {
		return []any{"picker", bigTenant, 1, n, int64(0), 1, "payment_error", 21}
	}},
	// At a location: a page of each type and of none, and the count up to a limit.
	{"find notifications of managers at location", 700, atLocation("u0", 0, 51)},
	{"find notifications of operators at location", 500, atLocation("u0", 0, 51)},
	{"find notifications of stock_alert at location", 500, atLocation("u0", 0, 51)},
	{"find notifications of rental_created at location", 500, atLocation("u0", 0, 51)},
	{"find notifications of payment_error at location", 500, atLocation("u0", 0, 51)},
	{"find notifications of operators at location", 1000, atLocation("picker", 1, 51)},
	{"count notifications of managers at location", 600, atLocation("u0", 0, 500)},
	{"count notifications of rental_created at location", 300, atLocation("u0", 0, 100)},
	{"count notifications of payment_error at location", 150, atLocation("u0", 0, 40)},
	{"count notifications of operators at location", 5000, atLocation("picker", 1, 100)},
	{"find events without location", 1, fixed("", int64(0), 200)},
	{"find floor since", 520, func(n int64) []any { return []any{bigTenant, millis(n / 2), 500} }},
	{"find floor of operators", 4, func(n int64) []any { return []any{bigTenant, n / 20} }},
	{"find read up to", 2, fixed(bigTenant, "u0")},
	{"find first event of managers", 1, fixed(bigTenant, 0)},
	{"find first event of operators", 1, func(n int64) []any { return []any{bigTenant, n / 2} }},
	{"count reads of managers", 2 * (singleReads + 1), func(n int64) []any {
		return []any{bigTenant, "picker", 0, n, singleReads + 1}
	}},
	{"count reads of operators", 3 * (singleReads + 1), func(n int64) []any {
		return []any{bigTenant, "picker", 0, n, singleReads + 1}
	}},
	{"find time of read", 1, func(n int64) []any { return []any{bigTenant, "picker", n} }},
	{"create reads of managers", 400, func(n int64) []any {
		return append([]any{bigTenant, "u0", millis(n), 0}, someEvents(n)...)
	}},
	{"create reads of operators", 400, func(n int64) []any {
		return append([]any{bigTenant, "u0", millis(n), 0}, someEvents(n)...)
	}},
	{"find event", 1, func(n int64) []any { return []any{eventID(n / 2), bigTenant} }},

	{"find heads", 1, fixed(bigTenant)},
	{"find heads from", 1, fixed(bigTenant, 100)},
	{"managers newest entries", 160, fixed(bigTenant, 50)},
	{"operators newest entries", 160, fixed(bigTenant, 50)},
	{"control newest entries", 160, fixed(bigTenant, 50)},
	{"managers entries after", 100, func(n int64) []any { return []any{bigTenant, n / 2, 100} }},
	{"operators entries after", 100, func(n int64) []any { return []any{bigTenant, n / 20, 100} }},
	{"control entries after", 100, func(n int64) []any { return []any{bigTenant, n / 100, 50} }},
	{"find duplicate", 1, fixed(bigTenant, "urn:shop", "absent")},
	{"find duplicates", 50, fixed(append([]any{bigTenant}, slices.Repeat([]any{"urn:shop", "absent"}, 50)...)...)},

	// Three own failures, and 27 of others.
	{"find own payment failures", 20, func(n int64) []any { return []any{bigTenant, millis(n - 3000), "", 1000} }},
	{"find other payment failures", 90, func(n int64) []any {
		return []any{bigTenant, n - 3000, millis(n - 3000), 1000}
	}},
	{"find payment states", 120, func(n int64) []any { return append([]any{bigTenant}, somePayments(n)...) }},
	{"find resolutions of payments", 200, func(n int64) []any {
		return append([]any{bigTenant}, somePayments(n)...)
	}},
	{"find locations of rentals", 60, func(n int64) []any { return append([]any{bigTenant}, someRentals(n)...) }},
	{"find payments", 60, func(n int64) []any { return []any{bigTenant, millis(n / 2), "", 21} }},
	{"find payments by status", 60, func(n int64) []any { return []any{bigTenant, "DECLINED", millis(n), "", 5} }},
	{"find payments of rental", 1, fixed(bigTenant, "r55")},
	{"find payments to check", 1, func(n int64) []any { return []any{millis(n), ",", 100} }},
	// 40 payments in all, 36 of which were settled.
	{"sum settled payments", 60, func(n int64) []any { return append([]any{bigTenant}, lastDays(n)...) }},
	{"sum settled payments at location", 60, func(n int64) []any {
		return append([]any{bigTenant, "l"}, lastDays(n)...)
	}},

	// The audit log by each combination of its filters, of which two find nothing.
	{"find audit entries", 60, audit("big")},
	{"find audit entries of actor", 60, audit("big u3")},
	{"find audit entries of action", 60, audit("big rental.cancel")},
	{"find audit entries of actor of action", 60, audit("big rental.cancel u3")},
	{"find audit entries of actor of action", 1, audit("big user.role u3")},
	{"find audit entries of subject", 60, audit("big rental r2")},
	{"find audit entries of subject of action", 60, audit("big rental.cancel rental r2")},
	{"find audit entries of subject of action", 1, audit("big user.role rental r2")},
	{"find audit entries of subject of actor", 110, audit("big rental r2", "u3")},
	{"find audit entries of subject of actor of action", 110, audit("big rental.cancel rental r2", "u3")},
	{"find tenants to sweep audit log", 2, fixed("", int64(0), 500)},
	{"find stock history", 60, func(n int64) []any { return []any{bigTenant, "p", "l", millis(n / 2), "", 21} }},

	{"find rentals", 60, func(n int64) []any { return []any{bigTenant, millis(n / 2), "", 21} }},
	{"find rentals by status", 60, func(n int64) []any { return []any{bigTenant, "RETURNED", millis(n), "", 9} }},
	{"find rentals at location", 60, func(n int64) []any { return []any{bigTenant, "l", millis(n), "", 21} }},
	{"find rentals at location by status", 60, func(n int64) []any {
		return []any{bigTenant, "l", "RETURNED", millis(n), "", 9}
	}},
	{"count rentals", 3 * openRentals, func(n int64) []any {
		return []any{bigTenant, millis(n) - day, millis(n) + 2*day, millis(n)}
	}},
	{"count rentals at location", 2 * openRentals, func(n int64) []any {
		return []any{millis(n) - day, millis(n) + 2*day, millis(n), bigTenant, "l"}
	}},
	{"find partner phones", 60, fixed(append([]any{bigTenant}, slices.Repeat([]any{"p", "unknown"}, 25)...)...)},
	{"count pieces out", 3 * openRentals, fixed(bigTenant)},
	{"count pieces out of location", 3 * openRentals, fixed(bigTenant, "l")},
	{"find stock returns", 3 * openRentals, fixed(bigTenant, "l", "p", int64(0), "", 21)},
	{"find rentals that owe", 12, func(n int64) []any { return []any{bigTenant, "", millis(n), "", 5} }},
	{"find lines of rentals", 60, func(n int64) []any {
		ids := make([]any, 50)
		for i := range ids {
			ids[i] = "r" + strconv.FormatInt(n/2/1000*1000+55+100*int64(i%25), 10)
		}
		return ids
	}},
	{"find unpaid rentals", 1, func(n int64) []any { return []any{millis(n), ",", 100} }},
	{"mark overdue rentals", 4 * openRentals, func(n int64) []any { return []any{millis(n) + 2*day, 20} }},

	{"find live sessions", 1, func(n int64) []any { return []any{"u1", millis(n) + day, 0, 100} }},
	{"find tenants to sweep", 3, fixed("", int64(0), 500)},
	{"find oldest events", 500, fixed(bigTenant, 500)},
	{"sweep events", 200, fixed(bigTenant, 200)},
	{"sweep control events", 40, func(n int64) []any { return []any{bigTenant, 10, millis(n / 2)} }},
	{"sweep reads", 20, fixed(bigTenant, 200)},
	// Two marks, each compared with its user's last one.
	{"sweep read marks", 20, fixed(bigTenant, 200, 100)},
	{"sweep sessions", 40, func(n int64) []any { return []any{millis(n / 2), 10} }},
	{"sweep tokens", 40, func(n int64) []any { return []any{millis(n / 2), 10} }},
	{"sweep probes", 1, fixed(int64(0))},
	{"delete old requests", 40, func(n int64) []any { return []any{millis(n / 2), 10} }},
	{"delete old payment notices", 40, func(n int64) []any { return []any{millis(n / 2), 10} }},
	{"find first tenant with queued events", 1, fixed()},
	{"find next tenant with queued events", 1, fixed("")},
	{"take inbox", 1, fixed(bigTenant, 10)},
}

func eventID(number int64) string { return "e" + strconv.FormatInt(1_000_000_000+number, 10) }

// someEvents are a hundred ids.
func someEvents(n int64) []any {
	ids := make([]any, 100)
	for i := range ids {
		ids[i] = eventID(n/2 + 3*int64(i))
	}
	return ids
}

// somePayments are a hundred ids of 25 payments.
func somePayments(n int64) []any {
	ids := make([]any, 100)
	for i := range ids {
		ids[i] = "t" + strconv.FormatInt(n/2/1000*1000+55+100*int64(i%25), 10)
	}
	return ids
}

// someRentals are a hundred ids of 25 rentals.
func someRentals(n int64) []any {
	ids := somePayments(n)
	for i, id := range ids {
		ids[i] = "r" + id.(string)[1:]
	}
	return ids
}

// atLocation are the arguments of the queries of notifications at one of two locations.
func atLocation(user string, unread, limit int) func(int64) []any {
	return func(n int64) []any {
		return []any{user, bigTenant, 1, n, int64(0), unread, "l", limit}
	}
}

// lastDays are the 15 instants of the last fourteen days, of which the first twelve are
// empty and the last two have 2,000 events each.
func lastDays(n int64) []any {
	days := make([]any, 15)
	for i := range days {
		days[i] = millis(n - 4000 + 2000*int64(max(0, i-12)))
	}
	return days
}
