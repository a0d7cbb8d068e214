// Package feed keeps the recent past of feeds on this node and spreads what is
// new to the listeners of this node.
//
// # Overview
//
// A feed is (tenant, audience). A Hub has one window per feed that somebody
// here listens to: the newest 50 entries, of which those of the last five
// minutes are served. Join hands a listener over from the past (a replay) to
// the present (live entries) without a seam; Append takes new entries in and
// delivers them. The hub is also the log of a house with one node: it
// implements the relay's log and window ports.
//
// # Invariants
//
//   - Entries of a window are contiguous and end at its head. An entry that
//     would leave a hole is not taken: the caller reads on from the head.
//   - A listener gets every entry after its position once and in order, or it
//     is told the gap; what arrives while it joins is neither lost nor doubled.
//   - Recovery is judged by the position alone, in the order epoch, ahead,
//     expired, overflow. The clock decides how far back a replay goes, never
//     order or completeness.
//   - An entry is encoded once per feed, and what came since the last round is
//     one Run that all listeners share.
//   - Tenant and audience of listener and entry are compared before each
//     write; a mismatch is blocked, counted and logged as an error.
//
// # Concurrency
//
// Each window has one mutex. Under it are map and slice work only: no system
// call, no encoding, no callback. Delivery happens outside of it, by one
// goroutine per feed at a time (whoever appended first), over a listener list
// that is never changed once it has been handed to a round. Listeners must not
// block in Deliver.
//
// # Lifecycle
//
// A window begins with its first Join, as hydrating: the source is read once
// for all who wait. It ends five minutes after its last listener left. Close
// ends all readings and waits for them.
//
// # Failure
//
// When the source cannot be read, a Join that needs it fails with UNAVAILABLE
// and nothing is kept; a window that is already served goes on serving. A new
// epoch (a fork of the numbering) resets every listener, which then comes back
// and is told so.
//
// # Dependencies
//
// The root package and Prometheus.
package feed
