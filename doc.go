// Package harang holds the words of the business: tenants, roles, events, the
// feeds that carry them, positions in a feed, stock, and the one error type.
//
// It knows no database, no network and no clock of its own; it imports the
// standard library only, and every other package may import it. What stands
// here is pure: values, rules and their limits.
//
// An event type is one file (stock_alert.go, payment_error.go,
// rental_created.go): its payload, its limits and the audiences that may see
// it. The file registers the type, so nothing else has to be told about it.
package harang
