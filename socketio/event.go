package socketio

import (
	"context"
	"encoding/json"
	"errors"
)

// Event is an event sent by a client.
type Event struct {
	Name string
	// Args are the arguments after the name, each valid JSON. The handler may keep them.
	Args []json.RawMessage
	// Attachments are the binary attachments. {"_placeholder":true,"num":n} in an argument represents Attachments[n];
	// n is in range.
	Attachments [][]byte

	socket   *Socket
	id       uint64
	wantsAck bool
	acked    bool
}

// ErrNoAck is the error of Event.Ack when the client requested no acknowledgement or has received it.
var ErrNoAck = errors.New("socketio: no acknowledgement requested")

// WantsAck reports whether the client requested an acknowledgement.
func (e *Event) WantsAck() bool { return e.wantsAck }

// Bytes returns the attachment that argument i represents.
func (e *Event) Bytes(i int) ([]byte, bool) { return attachment(e.Args, e.Attachments, i) }

func attachment(args []json.RawMessage, attachments [][]byte, i int) ([]byte, bool) {
	if i < 0 || i >= len(args) {
		return nil, false
	}
	n, ok := placeholder(args[i])
	if !ok || n < 0 || n >= len(attachments) {
		return nil, false
	}
	return attachments[n], true
}

// Ack acknowledges the event, once. It fails with ErrNoAck and like Socket.Emit. Only one goroutine may call Ack and
// AckBinary of an event.
func (e *Event) Ack(args ...json.RawMessage) error { return e.ack(nil, args) }

// AckBinary acknowledges the event with attachments, represented in args by Placeholder.
func (e *Event) AckBinary(attachments [][]byte, args ...json.RawMessage) error {
	return e.ack(attachments, args)
}

func (e *Event) ack(attachments [][]byte, args []json.RawMessage) error {
	if !e.wantsAck || e.acked {
		return ErrNoAck
	}
	f, err := e.socket.ns.encode(typeAck, e.id, true, "", attachments, args)
	if err != nil {
		return err
	}
	e.acked = true
	return e.socket.Deliver(f)
}

// Reply is a client's acknowledgement.
type Reply struct {
	Args        []json.RawMessage
	Attachments [][]byte
}

// Bytes returns the attachment that argument i represents.
func (r Reply) Bytes(i int) ([]byte, bool) { return attachment(r.Args, r.Attachments, i) }

// EmitAck sends an event and waits for its acknowledgement until ctx ends. It fails with ctx.Err, with ErrClosed when
// the socket closes first, and like Emit.
func (s *Socket) EmitAck(ctx context.Context, event string, args ...json.RawMessage) ([]json.RawMessage, error) {
	reply, err := s.emitAck(ctx, event, nil, args)
	return reply.Args, err
}

// EmitBinaryAck is EmitAck with attachments in both directions.
func (s *Socket) EmitBinaryAck(
	ctx context.Context, event string, attachments [][]byte, args ...json.RawMessage,
) (Reply, error) {
	return s.emitAck(ctx, event, attachments, args)
}

func (s *Socket) emitAck(
	ctx context.Context, event string, attachments [][]byte, args []json.RawMessage,
) (Reply, error) {
	replies := make(chan Reply, 1)
	s.mu.Lock()
	if s.state.Load() == stateClosed {
		s.mu.Unlock()
		return Reply{}, ErrClosed
	}
	if s.acks == nil {
		s.acks = map[uint64]chan<- Reply{}
	}
	id := s.lastAck
	s.lastAck++
	s.acks[id] = replies
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.acks, id)
		s.mu.Unlock()
	}()
	f, err := s.ns.encode(typeEvent, id, true, event, attachments, args)
	if err != nil {
		return Reply{}, err
	}
	if err := s.Deliver(f); err != nil {
		return Reply{}, err
	}
	select {
	case reply, ok := <-replies:
		if !ok {
			return Reply{}, ErrClosed
		}
		return reply, nil
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
}

// handleAck passes an acknowledgement to the waiting call of EmitAck. A late one is ignored.
func (s *Socket) handleAck(p *packet, attachments [][]byte) {
	if !p.hasID {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply, ok := s.acks[p.id]; ok {
		reply <- Reply{Args: p.args, Attachments: attachments}
		delete(s.acks, p.id)
	}
}
