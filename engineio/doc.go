// Package engineio is an Engine.IO server: protocol 4 over HTTP long-polling and WebSocket, as an http.Handler.
//
// # Overview
//
// A Server accepts handshakes and keeps a table of Sessions. A Session is one client on one Transport at a time; it
// may move from polling to WebSocket. It sends Frames, which are encoded once and can be shared by any number of
// sessions, and passes the client's messages to a Handler. The WebSocket protocol (RFC 6455) is implemented here,
// without extensions: permessage-deflate would cost each connection more memory than everything else.
//
// The files, in the order in which a request passes them:
//
//	server.go       the table of sessions, handshakes, query parameters
//	error.go        error responses and close reasons
//	cors.go         the Origin header, CORS
//	pending.go      the limit on sessions whose client has not proved itself
//	meter.go        the limit on received frames
//	budget.go       the limit on incomplete messages
//	polling.go      GET and POST of the polling transport
//	upgrade.go      WebSocket handshakes, upgrade probes
//	conn.go         reading a WebSocket
//	internal/ws     WebSocket handshake, frames and their assembly, without connections
//	packet.go       Engine.IO packets and payloads
//	frame.go        outgoing messages
//	session.go      the life of a session, heartbeat
//	outbox.go       the queue of outgoing data, without connections
//	queue.go        sending: direct writes, the writer goroutine, slow clients
//	wheel.go        the timing wheel: pings, timeouts
//	direct_unix.go  non-blocking reads and writes on the file descriptor
//
// # Invariants
//
// Outgoing data waits in one form, whichever transport sends it in the end: the bytes of WebSocket frames. A move to
// another transport moves the queue unchanged, so that an upgrade neither loses, repeats nor reorders a message.
//
// A session's frames are sent in the order of the calls to Send, each one whole or not at all, unless the connection
// breaks in the middle of one.
//
// A frame that does not fit into the queue is never skipped: the session is closed instead, and the only frame that
// can follow the gap is the one that Options.Overflow returns.
//
// Handler.Open returns before anything else happens to a session, Handler.Message is called by one goroutine at a
// time, and Handler.Close is called exactly once.
//
// On polling a close packet is sent alone in its payload, after the poll before it was answered. A WebSocket is sent
// at most one close frame.
//
// # Concurrency
//
// A WebSocket has one goroutine, its reader. On plain TCP the reader waits for readability without a buffer and with
// the smallest stack; it takes a buffer from a pool only while it handles data. Send writes to the file descriptor
// without blocking if the queue is empty. What the kernel does not accept is queued, and a writer goroutine lives
// while the queue is not empty. On TLS and other connections everything is queued. There is no timer per session: one
// goroutine per Server runs a timing wheel in which every session has its next due time.
//
// Locks are taken in this order: Session.recv, Session.mu, then one of wheel.mu, pending.mu and Server.mu. No lock is
// held during a callback, except Session.recv during Handler.Message.
//
// # Lifecycle
//
// A session passes through three states:
//
//	state    application         received messages  Send         WebSocket or poll
//	open     has the session     Handler.Message    writes or    open
//	                                                queues
//	closing  Handler.Close has   ignored            ErrClosed    drains the queue, then closes
//	         been called
//	closed   has forgotten it    none               ErrClosed    none
//
//	from     event                                          to       effect
//	         handshake accepted                             open     Handler.Open
//	open     Session.Close, Server.Close                    closing  a close packet or frame is queued last
//	open     Options.QueueLimit or QueueAge exceeded        closing  unsent frames are dropped; Options.Overflow's
//	                                                                 frame and a close frame (1008) are sent
//	open     Options.FrameRate exceeded                     closing  Options.RateLimited's frame and a close frame
//	                                                                 (1008) or packet are sent
//	open     WebSocket: protocol violation, invalid packet  closing  a close frame with the code, 1 s to read it
//	open     polling: invalid payload, overlapping request  closing  the response with the status, then at once closed
//	open     close packet, connection closed or broken,     closed
//	         ping timeout, Session.Expire, Session.Abort
//	closing  the client has read the close packet, has      closed
//	         answered the close frame or has disconnected
//	closing  Options.CloseTimeout                           closed   the connection is cut
//	closing  Options.FrameRate exceeded again               closed   at most 1 s and 1 MiB are discarded, then cut
//
// Handler.Close is called when a session leaves the state open.
//
// Drain refuses new sessions with 503 and Retry-After. Close closes all sessions and waits for all goroutines.
//
// # Failure
//
// A handshake is answered 503 or 429 with Retry-After while too many sessions are pending (Options.PendingLimit,
// Options.PendingPerAddress). A request that cannot be served is answered with one of the protocol's codes
// (CodeUnknownTransport and the others) as JSON. A client that violates the rules of its transport or sends an invalid
// packet loses its session: WebSocket close codes 1002, 1007 and 1009, status 400 or 413 on polling. So does one that
// does not read the response to its poll within Options.CloseTimeout, that exceeds Options.FrameRate, or whose
// incomplete message exceeds Options.BufferLimit together with those of all other clients (1013, or 503). A session
// whose client has not proved itself ends as well when a request of it is refused for its origin. Sending never
// blocks; it fails with ErrClosed or ErrSlowConsumer. Handler.Close receives one of the Reason constants or the reason
// given to Session.Abort or Session.Expire.
//
// # Dependencies
//
// The standard library.
package engineio
