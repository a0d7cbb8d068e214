// Package feed keeps the recent entries of feeds on this node and delivers new
// entries to the listeners of this node.
//
// # Overview
//
// A feed is (tenant, audience). A Hub has one window per feed that has
// listeners on this node: the newest 50 entries, of which those of the last five
// minutes are replayed. Join replays what a listener missed and adds it to the
// feed in one step (the hand-over), so that no entry in between is lost or
// repeated; Append adds new entries and delivers them. On a single node the hub
// is also the log: it implements the relay's Windows, which include a Log.
//
// A Hub is generic in F, the frame that listeners write to their connections.
// An Encoder makes the frames.
//
// # Invariants
//
//   - Entries of a window are contiguous and end at its head. Append refuses
//     entries that would leave a hole; the caller then reads on from the head.
//   - A listener gets every entry after its position once and in order, or its
//     Handover names the gap. An entry that arrives during Join is neither lost
//     nor repeated.
//   - Recovery depends on the position alone, checked in the order epoch, ahead,
//     expired, overflow. The clock limits how far back a replay goes; it never
//     decides order or completeness.
//   - An entry is encoded once per feed. All entries that came since the last
//     round are one Run, which all listeners share.
//   - Tenant and audience of listener and entry are compared before each
//     delivery; a mismatch is blocked, counted and logged as an error.
//
// # Concurrency
//
// Each window has one mutex. Only map and slice operations happen under it: no
// system call, no encoding, no callback. Each feed has at most one deliverer at
// a time: the first goroutine that appends. It delivers outside the mutex, over
// a listener list that never changes once a round has it. Listeners must not
// block in Deliver.
//
// # Lifecycle
//
// A window begins with its first Join and is hydrating until the source has been
// read, once for all joins that wait. It ends five minutes after its last
// listener left.
// Close cancels all reads and waits for them.
//
// # Failure
//
// When the source cannot be read, a Join that needs it fails with UNAVAILABLE
// and keeps no window; a window that was read before continues to serve. A new
// epoch (a fork of the numbering) resets every listener; its next Join reports
// the gap.
//
// # Dependencies
//
// The root package, outbox and Prometheus.
package feed
