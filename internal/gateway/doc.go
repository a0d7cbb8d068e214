// Package gateway serves the dashboard's Socket.IO namespace /ws/dashboard: it authenticates, seats, resumes, delivers
// to and ends connections.
//
// # Overview
//
// A CONNECT carries an access token. The gateway authenticates it, takes one of the tenant's seats, joins the feed of
// the user's role (package feed) and sends session, the replay and then live events. The tenant's control feed says who
// logged out, was disabled, got another role, read a notification or claimed an event.
//
// # Invariants
//
//   - Tenant and role come from the authenticated token and from nowhere else.
//   - A tenant's control feed is followed before a token of that tenant is authenticated. If a control entry that may
//     revoke something arrives during the authentication, it is repeated, so that no revocation is lost.
//   - session is sent first, then the replay, then live events: the socket's queue is corked until they are in order.
//   - A connection that was accepted while the database was unavailable is verified when it is back, and ended with the
//     goodbye that it missed.
//   - Only session and feed events end in a position string; every other event ends in an object.
//   - A seat is named by tenant, user and pid. A client that reconnects with its pid takes its seat over, and the older
//     connection is closed.
//   - A role change ends the connection; it is never moved to another feed.
//
// # Concurrency
//
// A connection has no goroutine and no timer of its own. CONNECT runs in a goroutine of socketio, live events are
// written by the feed's deliverer, control entries are applied by the control feed's deliverer. Run has two goroutines
// for all connections: one for expiring tokens, one for unverified connections. Locks are taken in this order: the
// gateway's, a tenant's, the set of unverified connections, a connection's. None is held while something is sent,
// closed or waited for.
//
// # Lifecycle
//
// New registers the namespace. Run works until its context ends. Drain refuses new connections and ends the open ones
// over a few seconds. Closing the socketio server ends the rest.
//
// # Failure
//
// A temporary failure (database or feed unavailable, draining) closes the transport, so that the stock client
// reconnects by itself. A final one is a CONNECT_ERROR with a code. Nothing that a client sends is an internal error.
//
// # Dependencies
//
// socketio, feed, auth, the root package and Prometheus. auth implements Authenticator. NewSeats implements Seats for
// one node, package seat for several.
package gateway
