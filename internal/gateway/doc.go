// Package gateway speaks Socket.IO to people's pages: the namespace
// /ws/dashboard. It authenticates, seats, resumes, delivers and ends
// connections.
//
// # Overview
//
// A CONNECT carries an access token. The gateway has the token judged, takes a
// seat of the tenant for the connection, hands it over into the one feed that
// its role may hear (package feed) and opens the socket with `session`, the
// replay and then what is live. The tenant's control feed tells it who logged
// out, was disabled, got another role, read or claimed something.
//
// # Invariants
//
//   - Tenant and role come from the judged token and from nowhere else.
//   - A tenant's control feed is followed from before a token of that tenant is
//     judged. A judgement that an entry of the control feed has overtaken is
//     made anew, so that no revocation falls between.
//   - `session` comes first, then the replay, then live events: the socket is
//     corked until all three are in order.
//   - Who was believed because the database was away is judged again when it is
//     back, and leaves with the goodbye that was missed.
//   - Only `session` and feed events end in a position string; every other
//     event ends in an object.
//   - A seat belongs to (tenant, user, pid). A connection that comes back with
//     its pid takes its seat over and closes the older connection.
//   - A changed role is a goodbye and a reconnect, never a move.
//
// # Concurrency
//
// A connection has no goroutine and no timer of its own. CONNECT runs in a
// goroutine of socketio; live events are written by the feed's deliverer;
// control entries are dealt with by the control feed's deliverer; expiry is one
// heap with one goroutine, and one more has those judged again who were believed
// (Run). Locks: a tenant's, then a connection's; neither is held while something
// is sent, closed or waited for.
//
// # Lifecycle
//
// New registers the namespace. Run ends what expires until its context ends.
// Drain turns newcomers away and says goodbye to everybody, spread over a few
// seconds. Closing the socketio server ends the rest.
//
// # Failure
//
// What waiting mends (database or feed away, draining) closes the transport, so
// that the stock client comes back by itself. What waiting does not mend is a
// CONNECT_ERROR with a code. Nothing that a client sends is an internal error.
//
// # Dependencies
//
// socketio, feed, the root package and Prometheus. Authenticator is implemented
// by auth, Seats by NewSeats here and by a shared store for several nodes.
package gateway
