// Package relay moves committed entries from the database to the logs of their
// feeds.
//
// # Overview
//
// A Relay compares the head of a log with the database's and appends the entries
// that the log lacks. Wake and Committed do that at once for a tenant after a
// commit on this node; Run does it twice a second for all tenants that have
// listeners on this node. This loop makes up for lost wake-ups, dead nodes,
// emptied logs and writes by other processes.
//
// # Invariants
//
//   - No leader and no stored cursor. The log's own head is the cursor and Append
//     is idempotent, so any number of relays may relay the same feed at the same
//     time, even one that was paused for an hour.
//   - The log's head is read before the database's. Both only grow, so a log that
//     is then ahead of the database is a fork. The loop reads the heads of this
//     node's windows in the same order, because the log may have been emptied
//     when the database lost its newest entries.
//   - Each Append to a shared log begins with the log's last entry as the database
//     has it, so that a log with another entry under that number reports a fork.
//     This node's own windows get committed entries as they are, without a read,
//     and report a fork where the commits reach back to entries of the windows.
//   - A fork gives the tenant a new, later epoch in the database, and the log is
//     replaced: no event is ever dropped as a repeat of another one.
//
// # Concurrency
//
// One goroutine per tenant at a time, all new entries in one Append. A Wake
// during a pass makes it do one more round. Wake and Committed never block.
//
// # Lifecycle
//
// Run works until its context ends, then waits for the goroutines that it began.
// Wake works from New on; it does nothing after the end of Run.
//
// # Failure
//
// The loop retries a failed tenant even if the database's version has not
// changed. Nothing is lost: all entries are in the database.
//
// # Dependencies
//
// The root package, outbox and Prometheus. The store implements Source, the feed
// hub Windows (and thereby the log of a single node), redislog the shared log.
package relay
