// Package engineio is an Engine.IO server: protocol 4 over HTTP long-polling and
// WebSocket, as an http.Handler.
//
// # Overview
//
// A Server answers handshakes and keeps Sessions. A Session sends Frames, which are
// encoded once and may be shared by any number of sessions, and hands the messages of
// its client to a Handler. It is on one Transport at a time and may move from polling
// to WebSocket. The WebSocket protocol (RFC 6455) is spoken here, without extensions:
// permessage-deflate would cost each connection more memory than everything else.
//
// A request's way through the files: server.go (the table of sessions, handshakes),
// error.go (refusals, origins, CORS), polling.go (GET and POST), upgrade.go (WebSocket
// handshakes, probes), conn.go (reading a WebSocket), wire.go (its frames), packet.go
// (Engine.IO packets), pending.go (how many may wait to prove themselves), session.go
// (life of a session, heartbeat), queue.go (sending), wheel.go (what is due when),
// direct_unix.go (reads and writes on the descriptor).
//
// # Invariants
//
// What waits for a client is kept in one form, whichever transport will take it: the
// bytes of WebSocket frames. So moving to another transport moves the queue as it is,
// and a message is neither lost, nor sent twice, nor overtaken during an upgrade.
//
// A session's frames leave in the order of the calls to Send, each as a whole or not at
// all, unless the connection breaks in the middle of one.
//
// Frames that did not fit are never passed over: a session that exceeds its queue is
// closed, and what follows the gap is Options.Overflow's farewell and nothing else.
//
// Handler.Open comes before everything else of a session, Handler.Message is called by
// one goroutine at a time, and Handler.Close is called exactly once.
//
// A close packet travels alone in its payload, after the poll before it was taken; a
// WebSocket gets at most one close frame.
//
// # Concurrency
//
// A WebSocket has one goroutine at a time, its reader. On plain TCP it waits for
// readiness without a buffer and with the smallest stack there is; buffers come from a
// pool and are held while data is handled. Send writes on the descriptor without
// waiting, if nothing is queued; what the kernel does not take is queued, and a writer
// goroutine lives while there is a backlog. On TLS and other connections everything is
// queued. There is no timer per session: one goroutine per Server turns a wheel on which
// every session has its next due time.
//
// Locks are taken in this order: Session.recv, Session.mu, then one of wheel.mu,
// pending.mu and Server.mu. No callback is called with any of them held but
// Handler.Message, which runs under recv.
//
// # Lifecycle
//
// A session is open, closing, or closed. Closing means that it is over for the
// application, which has been told, while what it was sent is still on its way; it
// lasts until the client took that and answered the closing, at most
// Options.CloseTimeout. Drain refuses new sessions with 503 and Retry-After; Close
// closes those there are and waits for all goroutines.
//
// # Failure
//
// Handshakes are answered 503 or 429 with Retry-After while too many sessions are
// pending (Options.PendingPerAddress). Requests that cannot be served are answered with
// the protocol's codes (CodeUnknownTransport and the others) as JSON. A client that
// breaks the rules of a transport or sends what is no packet loses its session: WebSocket
// close codes 1002, 1007 and 1009, status 400 or 413 on polling; so does one that does
// not read the answer to its poll within Options.CloseTimeout. Sending never blocks; it fails with ErrClosed or ErrSlowConsumer.
// Reasons that reach Handler.Close are the Reason constants.
//
// # Dependencies
//
// The standard library.
package engineio
