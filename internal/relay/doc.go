// Package relay moves what is committed from the database into the logs of the
// feeds, from where it is spread.
//
// # Overview
//
// A Relay compares where a log stands with where the database stands and brings
// over what the log lacks. Wake does that at once for a tenant whose events this
// node has committed; Run does it twice a second for all tenants that this node
// has listeners of. That one loop is the guarantee behind every lost wake-up,
// dead node, emptied log and write by another process.
//
// # Invariants
//
//   - No leader and no marks. The log's own head is the cursor and appending is
//     idempotent, so any number of relays may relay the same feed at the same
//     time, even one that was paused for an hour.
//   - The log is asked for its head before the database is. Both only grow, so
//     a log that is then ahead of the database was ahead of it in truth: a fork.
//     The loop asks this node's windows in the same way, because the log may have
//     been emptied when the database lost its newest entries.
//   - Each hand-over to a shared log begins with the entry that the log has last,
//     as the database has it, so that a log that holds another entry under that
//     number notices. This node's own windows are given what it has just
//     committed as it is, without reading it again, and notice where the commits
//     themselves reach back to what the windows have.
//   - On a fork the tenant gets a new, later epoch in the database, and the log
//     is replaced: nothing is ever dropped as a repeat of something else.
//
// # Concurrency
//
// One goroutine per tenant at a time, everything that is new in one hand-over.
// A Wake that finds one at work has it look once more. Wake never blocks.
//
// # Lifecycle
//
// Run works until its context ends, then waits for the goroutines it has
// begun. Wakes count from New on; those after the end do nothing.
//
// # Failure
//
// A tenant whose relaying failed is tried again by the loop, which then does not
// rely on the database's change number. Nothing is lost: it is all in the
// database.
//
// # Dependencies
//
// The root package and Prometheus. Source is implemented by the store, Log by
// the feed hub (one node) or a shared log, Windows by the feed hub.
package relay
