// Package socketio is a Socket.IO server: protocol 5 on package engineio, as an http.Handler.
//
// # Overview
//
// A Server has Namespaces, each with a Handler. A client that sends CONNECT for a namespace is a Request until the
// handler accepts it; then it is a Socket. Emit sends an event to a socket. Deliver sends a Frame: an event that was
// encoded once for any number of sockets; Join makes several frames one write. Arguments are json.RawMessage in both
// directions, the application encodes and decodes them. Rooms are sets of sockets of a namespace.
//
// Acknowledgements work in both directions (Event.Ack, Socket.EmitAck), and so do binary attachments, which
// Placeholder represents in the arguments. The recovery fields pid and offset of a returning client are passed to the
// application, which alone knows the missed events: Request.Accept sends the pid and the frames of a replay.
//
// The files, in the order in which a packet passes them:
//
//	server.go     the table of namespaces, the callbacks of engineio
//	conn.go       the sockets of a session, incoming packets, attachments
//	packet.go     decoding and encoding
//	request.go    CONNECT: accept, refuse, drop
//	socket.go     sending, the queue of incoming events
//	event.go      events, acknowledgements
//	namespace.go  frames, rooms, broadcasts
//
// # Invariants
//
// A frame delivered to a socket before Accept is corked: it is kept, and sent after CONNECT and the frames passed to
// Accept, in one write. A frame delivered concurrently can neither overtake these nor be sent between them. Cork and
// Uncork do the same at a later time.
//
// Frames are sent to a socket in the order of the calls to Deliver. None is skipped, and none is sent to a socket that
// was refused or dropped or has closed.
//
// Handler.Event is called for one event of a socket at a time, in order. Handler.Disconnect is called exactly once for
// each accepted socket, after its last event, and for no other socket.
//
// # Concurrency
//
// Handler.Connect runs in its own goroutine. Handler.Event and Handler.Disconnect run in a goroutine that lives while
// the socket's inbox is not empty. While the inbox is full nothing is read from the client; if that lasts, its
// heartbeat times out.
//
// Deliver takes no lock of this package on an open socket. Locks are taken in this order: Socket.mu, then
// Namespace.mu or conn.mu, then those of engineio. No lock is held during a callback.
//
// # Lifecycle
//
// A socket is corked, open or closed. It closes with its session, by a DISCONNECT packet of either side or, before it
// was accepted, by Request.Refuse or Request.Drop. After Refuse the client may send another CONNECT on the same
// session. A session without a socket is closed after Options.ConnectTimeout.
//
// # Failure
//
// A client that violates the protocol loses its session with ReasonParseError: an invalid packet, an event before the
// answer to CONNECT, a missing or unexpected attachment, a second CONNECT for a connected namespace. A CONNECT for an
// unknown namespace is answered CONNECT_ERROR "Invalid namespace"; one of more than 256 bytes is a violation. A packet
// for a socket that has closed in the
// meantime is ignored. With Options.RefuseBinary a binary packet is a violation, too. A client that exceeds
// Options.Engine.FrameRate loses its session with ReasonRateLimited. Sending fails with ErrClosed or ErrSlowConsumer.
// A panic in a handler is not recovered.
//
// # Dependencies
//
// Package engineio and the standard library.
package socketio
