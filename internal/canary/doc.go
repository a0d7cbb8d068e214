// Package canary proves, again and again while the program serves, that what is
// of one tenant and audience reaches nobody else on this node.
//
// # Overview
//
// A round passes one marked entry through each of four feeds: two tenants that
// exist for this alone, both audiences of people. It goes through the hub that
// serves real people, by the same join, append, comparison and hand-over. A
// listener stands in each feed, and after the round each must have heard its own
// mark, once, and no other. Then it tries what must not work: a listener that
// asks for another tenant's feed, one that is of another tenant by the time of
// the delivery, and ones that come back with a position of another feed.
//
// # Invariants
//
//   - The ids of the canary's tenants are none that a tenant can have
//     (harang.ValidTenantID): nobody can sign in to them, the database and the
//     log that nodes share never hear of them.
//   - A round counts as a success only if every mark arrived where it belongs,
//     arrived nowhere else, and each forbidden try was stopped by the hub's
//     comparison and counted there.
//   - What the canary tries is in no alarm: the hub counts what is stopped
//     between synthetic tenants by itself. Between a synthetic and a real one it
//     is an alarm like any other.
//
// # Concurrency
//
// Run is one goroutine. Nobody else appends to the canary's feeds, so their
// deliveries have ended when Append returns. Status may be asked at any time.
//
// # Lifecycle
//
// New, Source for the hub's Options, then Run with the hub until its context
// ends.
//
// # Failure
//
// A round that fails is counted, logged as an error, and makes Check fail until
// a round succeeds.
//
// # Dependencies
//
// The root package, feed and Prometheus. The sockets behind the hub are not part
// of a round.
package canary
