// Package socketio is a Socket.IO server: protocol 5 on package engineio, as an
// http.Handler.
//
// # Overview
//
// A Server has Namespaces, each with a Handler. A client that asks for a namespace is a
// Request until the handler accepts it; from then on it is a Socket. Sockets are sent
// events by Emit, or Frames by Deliver: a Frame is an event encoded once for any number
// of sockets, and Join makes one write of several. Arguments are json.RawMessage both
// ways; what they mean is the application's. Rooms are sets of sockets of a namespace.
//
// Acknowledgements go both ways (Event.Ack, Socket.EmitAck), and so do binary
// attachments, for which Placeholder stands in the arguments. The recovery fields pid
// and offset of a returning client are handed to the application, which alone knows
// what was missed: Request.Accept sends its pid and whatever is to be replayed.
//
// A packet's way through the files: server.go, conn.go (what a session is here),
// packet.go (encoding), request.go (the decision), socket.go (sending, events),
// event.go (acknowledgements), namespace.go (frames, rooms).
//
// # Invariants
//
// What is delivered to a socket before Accept is held, and leaves behind CONNECT and
// what Accept was given, in one write. A frame that is delivered at the same moment
// from elsewhere neither overtakes that nor falls between. Cork and Uncork do the same
// later on.
//
// Frames reach a socket in the order of the calls to Deliver, none is passed over, and
// none is delivered to a socket that is refused, dropped or over.
//
// Handler.Event is called for one event of a socket at a time, in their order;
// Handler.Disconnect is called exactly once for each accepted socket, after its last
// event, and never for another.
//
// # Concurrency
//
// Connect runs in a goroutine of its own. Event and Disconnect run in a goroutine that
// lives while the socket has something in its inbox. A full inbox holds the client up:
// nothing more is read from it, and in the end its heartbeat fails.
//
// Deliver takes no lock of this package on an open socket. The locks are taken in this
// order: Socket.mu, then Namespace.mu or conn.mu, then those of engineio. No handler is
// called with any of them held.
//
// # Lifecycle
//
// A socket is held, open, or closed. It ends with its session, by DISCONNECT of either
// side, or, before it was accepted, by Refuse or Drop. Refuse leaves the session
// usable. A session without a socket is closed after Options.ConnectTimeout.
//
// # Failure
//
// A client that breaks the protocol loses its session with ReasonParseError: a packet
// that cannot be decoded, an event before CONNECT was answered, attachments out of
// place, a second CONNECT. An unknown namespace is CONNECT_ERROR "Invalid namespace".
// What arrives for a socket that has just ended is dropped. Sending fails with
// ErrClosed or ErrSlowConsumer. A panic in a handler is not recovered.
//
// # Dependencies
//
// Package engineio and the standard library.
package socketio
