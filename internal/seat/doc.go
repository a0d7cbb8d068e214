// Package seat counts the connections of tenants over several nodes, in Redis.
//
// # Overview
//
// A seat belongs to a tenant, a user and a pid. Redis holds, per tenant, a
// sorted set of seats by the end of their leases, and who sits on each. Take
// gives a seat to a connection; one that comes back with its pid takes its seat
// over, and the connection that had it is closed, on whichever node: that
// node is told through a channel of its own.
//
// # Invariants
//
//   - Leases are measured by Redis's clock alone; a node renews its own three
//     times within one.
//   - A known seat is taken over whatever the limit, so that ghosts never lock
//     a shop out.
//   - A node that finds another owner on a seat when it renews it closes its
//     connection: a lost message costs a third of a lease.
//   - All keys of a tenant carry its id as hash tag.
//
// # Concurrency
//
// All methods may be called from any goroutine. Nothing is locked while Redis
// is asked.
//
// # Lifecycle
//
// New starts nothing; Run renews and listens until its context ends.
//
// # Failure
//
// While Redis is away each node counts its own seats only, and says so once.
// When it is back the seats are brought back by the next renewal. The seats of
// a node that died are free again after a lease.
//
// # Dependencies
//
// rueidis, Prometheus, the root package.
package seat
