// Package seat limits the connections of tenants across several nodes, in Redis.
//
// # Overview
//
// A seat is one connection of a tenant, as its connection limit counts it. It is identified by tenant, user and pid,
// not by the connection, so that a client which reconnects with its pid keeps its seat. For each tenant Redis has a
// sorted set of seats by the end of their leases and a hash of their owners. Take assigns a seat to a connection. If
// the seat has an owner, that connection is closed on whichever node it is: each node subscribes to a channel of its
// own.
//
// # Invariants
//
//   - Leases are measured by Redis's clock only. A node renews its leases three times during one.
//   - A known seat is taken over whatever the limit, so that dead connections never lock a tenant out.
//   - A node that finds another owner when it renews a seat closes its own connection. A lost message therefore delays
//     the close by a third of a lease, no more.
//   - All keys of a tenant have its id as hash tag, so that they are on one shard of a Redis Cluster.
//
// # Concurrency
//
// All methods may be called from any goroutine. No lock is held during a call to Redis.
//
// # Lifecycle
//
// New starts no goroutine. Run renews leases and receives takeovers until its context ends, and returns nil then.
//
// # Failure
//
// While Redis is unreachable each node counts only its own seats and logs that once. The first renewal after Redis is
// back restores them. The seats of a node that has died are free after one lease. When the clock of Redis is set ahead,
// leases end at once and the next renewal restores those of living nodes; when it is set back, leases that would last a
// minute longer are shortened.
//
// # Dependencies
//
// rueidis, Prometheus, the root package.
package seat
