// Package redislog is the log of feeds that several nodes share, in Redis (7 or
// newer) or Valkey.
//
// # Overview
//
// Log keeps, per feed, a head {epoch, number} and a stream of the newest 50
// entries; one script (append.lua) appends to both and publishes what it took.
// It implements the relay's Log. Follower brings what is published to the
// windows of this node: it subscribes to one channel per tenant, and it is the
// source that windows are read from, because a window must be subscribed before
// it is read.
//
// # Invariants
//
//   - The database is the truth. Everything here can be lost at any moment and
//     is then rebuilt by whoever relays next.
//   - Appending is idempotent: a later epoch replaces, an earlier one and a hole
//     are not taken, known numbers are skipped, and a known number with another
//     event is a fork. What is published and contradicts a window is one, too: the
//     tenant begins a new epoch.
//   - A head outlives its stream, so that a quiet feed keeps its place.
//   - All keys of a tenant carry its id as hash tag, so that a cluster keeps
//     them together: harang:{tenant}:head:m, harang:{tenant}:log:m,
//     and the channel harang:<number of the database>:{tenant}:live.
//   - A reading of a window begins after the confirmation of its subscription.
//     Every later confirmation, every hole and every lost message has the
//     windows that are behind the database read again.
//   - What is not ours (foreign keys, fields, messages) is skipped, counted and
//     replaced out of the database.
//
// # Concurrency
//
// Both types may be used from any goroutine. A subscription has one goroutine;
// messages wait in one box per feed and are handed on by one goroutine per feed
// that lives while its box is not empty, so that neither a slow window nor a
// reading under way holds up Redis's connection or another feed.
//
// # Lifecycle
//
// NewLog and NewFollower start nothing. The follower subscribes when a window
// is first read, and lets go of tenants without windows now and then while Run
// works. Run returns after its last goroutine.
//
// # Failure
//
// While Redis is away Append and Heads answer UNAVAILABLE at once; windows are
// then read from the database alone, and the relay's loop heals them twice a
// second. When the database is away a window is read from the log alone. A box
// that overflows is emptied and its windows are healed.
//
// # Dependencies
//
// rueidis, Prometheus, the root package.
package redislog
