// Package harang defines the domain: tenants, roles, users, stock, rentals,
// payments, events, the feeds that carry them, and the one error type.
//
// It has values, rules and their limits only: no database, no network and no
// clock. It imports the standard library only, and every other package may import
// it.
//
// An event type is one file (stock_alert.go, payment_error.go,
// rental_created.go): its payload, its limits and the audiences that may see
// it. The file registers the type, so no other Go file changes for a new one.
package harang
