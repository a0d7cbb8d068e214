// Package redislog is the log of feeds that several nodes share, in Redis (7 or
// newer) or Valkey.
//
// # Overview
//
// Log keeps, per feed, a head {epoch, number} and a stream of the newest 50
// entries; one script (append.lua) appends to both and publishes the new
// entries. It implements relay.Log. Follower appends published entries to the
// windows of this node: it subscribes to one channel per tenant. It is also the
// source of the windows, because the subscription must be confirmed before a
// window is read.
//
// # Invariants
//
//   - The database is authoritative. All data here can be lost at any moment; the
//     next relay of any node rebuilds it.
//   - Appending is idempotent: a later epoch replaces, an earlier one and a hole
//     change nothing, known numbers are skipped, and a known number with another
//     event is a fork. A published entry that contradicts a window is a fork, too:
//     the tenant begins a new epoch.
//   - A head outlives its stream, so that a quiet feed keeps its position.
//   - All keys of a tenant have its id as hash tag, so that a cluster keeps them
//     together: harang:{tenant}:head:m, harang:{tenant}:log:m, and the channel
//     harang:<number of the database>:{tenant}:live.
//   - A read of a window begins after the confirmation of its subscription. Every
//     later confirmation, every hole and every lost message heals the windows
//     that are behind the database.
//   - Foreign data (keys, fields and messages that this program did not write) is
//     skipped, counted and replaced from the database.
//
// # Concurrency
//
// Both types are safe for concurrent use. A subscription has one goroutine;
// messages wait in one queue per feed, which one goroutine drains while it is
// not empty, so that neither a slow window nor a read in progress delays Redis's
// connection or another feed.
//
// # Lifecycle
//
// NewLog and NewFollower start nothing. The follower subscribes when a window
// is first read; while Run works, a sweep ends the subscriptions of tenants
// without windows. Run returns nil after its last goroutine.
//
// # Failure
//
// While Redis is unavailable Append and Heads return UNAVAILABLE at once;
// windows are then read from the database alone, and the relay's loop heals them
// twice a second. While the database is unavailable windows are read from the
// log alone. A queue that overflows is emptied and its window is healed.
//
// # Dependencies
//
// rueidis, go-retry, Prometheus, the root package and outbox.
package redislog
