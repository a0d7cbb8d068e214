package socketio

import (
	"encoding/json"
	"errors"
	"net/http"

	"harang.dev/harang/engineio"
)

// Request is a client that asks for a namespace.
type Request struct {
	// Auth is the CONNECT payload, a JSON object, nil when there is none.
	Auth json.RawMessage
	// PID and Offset are the recovery fields of the payload, "" when absent or no
	// strings. They are whatever the client says.
	PID, Offset string
	// Header is the header of the handshake request; see Options.KeepHeaders.
	Header http.Header
	// RemoteAddr is http.Request.RemoteAddr of the handshake request.
	RemoteAddr string

	socket *Socket
}

// ErrDecided is answered when a request was accepted, refused or dropped before.
var ErrDecided = errors.New("socketio: request is decided already")

// Socket is the socket the request is about. Until Accept what is delivered to it is
// held.
func (r *Request) Socket() *Socket { return r.socket }

// Transport is the session's present transport.
func (r *Request) Transport() engineio.Transport { return r.socket.conn.session.Transport() }

// Accept opens the socket: CONNECT with the socket's id and pid (left out when it is
// ""), then first, then everything that was delivered meanwhile, in one write. Nothing
// delivered from another goroutine can overtake it or fall between. It fails with
// ErrClosed when the session ended, and with ErrDecided; the socket is then not
// accepted, and Handler.Disconnect is not called.
func (r *Request) Accept(pid string, first ...*Frame) error {
	s := r.socket
	answer, err := json.Marshal(struct {
		SID string `json:"sid"`
		PID string `json:"pid,omitempty"`
	}{s.id, pid})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.decideLocked(); err != nil {
		return err
	}
	frames := make([]*Frame, 0, 1+len(first)+len(s.held))
	frames = append(frames, engineio.Text([]byte{typeConnect}, []byte(s.ns.prefix), answer))
	frames = append(append(frames, first...), s.held...)
	s.conn.settled()
	s.pid = pid
	s.ns.add(s)
	if err := s.conn.session.SendAll(frames...); err != nil {
		s.state.Store(stateClosed)
		s.ns.remove(s)
		return err
	}
	s.held, s.heldBytes, s.accepted = nil, 0, true
	s.state.Store(stateOpen)
	return nil
}

// Refuse answers CONNECT_ERROR with a message and data, nil for none. The session stays
// usable. It fails like Accept.
func (r *Request) Refuse(message string, data json.RawMessage) error {
	s := r.socket
	answer, err := json.Marshal(struct {
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data,omitempty"`
	}{message, data})
	if err != nil {
		return err
	}
	s.mu.Lock()
	if err := s.decideLocked(); err != nil {
		s.mu.Unlock()
		return err
	}
	s.closeLocked()
	s.mu.Unlock()
	err = s.conn.session.Send(engineio.Text([]byte{typeConnectError}, []byte(s.ns.prefix), answer))
	s.conn.idle()
	return err
}

// Drop closes the transport, so that the client comes back by itself after a while:
// the answer to passing trouble. It does nothing when the request was decided.
func (r *Request) Drop() {
	s := r.socket
	s.mu.Lock()
	if s.decideLocked() != nil {
		s.mu.Unlock()
		return
	}
	s.closeLocked()
	s.mu.Unlock()
	s.conn.session.Close()
}

func (r *Request) decided() bool {
	r.socket.mu.Lock()
	defer r.socket.mu.Unlock()
	return r.socket.decided
}

// decideLocked takes the one decision there is.
func (s *Socket) decideLocked() error {
	if s.decided {
		return ErrDecided
	}
	s.decided = true
	if s.state.Load() == stateClosed {
		return ErrClosed
	}
	return nil
}
