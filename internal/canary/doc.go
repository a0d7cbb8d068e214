// Package canary proves, again and again while the program serves, that events
// of one tenant and audience reach no listener of another on this node.
//
// # Overview
//
// A round sends one marked entry through each of four feeds: two synthetic
// tenants, both audiences of people. It goes through the hub that
// serves real people, by the same join, append, comparison and hand-over. Each
// feed has a probe, and after the round each probe must have received its own
// mark, once, and no other. Then the round tries what must be blocked: a
// listener that asks for another tenant's feed, one that belongs to another
// tenant by the time of the delivery, and ones that return with a position of
// another feed.
//
// # Invariants
//
//   - The ids of the canary's tenants are none that a tenant can have
//     (harang.ValidTenantID): nobody can sign in to them, and neither the
//     database nor the shared log has anything of them.
//   - A round succeeds only if every mark arrived in its own feed and in no
//     other, and the hub's comparison blocked and counted each forbidden try.
//   - The canary's own tries raise no alarm: the hub counts what is blocked
//     between synthetic tenants separately. Between a synthetic and a real
//     tenant it is an alarm like any other.
//
// # Concurrency
//
// Run is one goroutine. Nobody else appends to the canary's feeds, so their
// deliveries have ended when Append returns. Status may be called at any time.
//
// # Lifecycle
//
// New, Source for the hub's Options, then Run with the hub until its context
// ends.
//
// # Failure
//
// A failed round is counted, logged as an error, and makes Check fail until a
// round succeeds.
//
// # Dependencies
//
// The root package, outbox, feed and Prometheus. A round does not include the
// sockets behind the hub.
package canary
