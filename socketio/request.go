package socketio

import (
	"encoding/json"
	"errors"
	"net/http"

	"harang.dev/harang/engineio"
)

// Request is a client's CONNECT for a namespace (Socket.IO protocol 5, "Connection to a namespace").
type Request struct {
	// Auth is the payload of CONNECT, a JSON object, nil if there is none.
	Auth json.RawMessage
	// PID and Offset are the recovery fields of the payload, "" if absent or not strings. They are not verified.
	PID, Offset string
	// Header is the header of the handshake request; see Options.KeepHeaders.
	Header http.Header
	// RemoteAddr is http.Request.RemoteAddr of the handshake request.
	RemoteAddr string

	socket *Socket
}

// ErrDecided is the error of a second decision: the request was accepted, refused or dropped before.
var ErrDecided = errors.New("socketio: request was already decided")

// Socket returns the socket that Accept opens. It is corked until then.
func (r *Request) Socket() *Socket { return r.socket }

// Transport returns the session's current transport.
func (r *Request) Transport() engineio.Transport { return r.socket.conn.session.Transport() }

// Accept opens the socket: it sends CONNECT with the socket's id and, unless it is "", the pid, then the frames of
// first, then the corked frames, in one write. A frame delivered concurrently is sent after it. It fails with
// ErrClosed when the session has ended, and with ErrDecided; the socket is then not accepted, and Handler.Disconnect
// is not called.
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
	frames := make([]*Frame, 0, 1+len(first)+len(s.corked))
	frames = append(frames, engineio.Text([]byte{typeConnect}, []byte(s.ns.prefix), answer))
	frames = append(append(frames, first...), s.corked...)
	s.conn.stopConnectTimeout()
	s.pid = pid
	s.ns.add(s)
	if err := s.conn.session.SendAll(frames...); err != nil {
		s.state.Store(stateClosed)
		s.ns.remove(s)
		return err
	}
	s.corked, s.corkedBytes, s.accepted = nil, 0, true
	s.state.Store(stateOpen)
	return nil
}

// Refuse answers CONNECT_ERROR with a message and data, nil for none. The session stays open for another CONNECT. It
// fails like Accept.
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
	s.conn.startConnectTimeout()
	return err
}

// Drop closes the transport, after which the official client reconnects by itself: the answer to a temporary failure.
// It does nothing if the request was decided before.
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

// decideLocked marks the request as decided. It fails with ErrDecided or ErrClosed.
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
