package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"harang.dev/harang/engineio"
)

// conn is what a session is to Socket.IO: its sockets, and the packet whose
// attachments are still to come.
type conn struct {
	srv     *Server
	session *engineio.Session

	// Of the session's reader, which comes one at a time.
	pending     *packet
	attachments [][]byte
	size        int

	mu      sync.Mutex
	closed  bool
	waiting bool        // guarded by mu; the connect timeout runs
	sockets []*Socket   // guarded by mu; one for each namespace ever asked for
	kept    http.Header // guarded by mu; what Options.KeepHeaders named
}

// receive handles one message of the session. An error means that the client broke the
// protocol.
func (c *conn) receive(data []byte, binary bool) error {
	if binary {
		return c.attach(data)
	}
	if c.pending != nil {
		return errPacket
	}
	p, err := decodePacket(data, c.srv.opts.MaxAttachments)
	if err != nil {
		return err
	}
	if p.attachments > 0 {
		// Attachments are kept for those only who may send an event at all.
		if s := c.socket(p.namespace); s == nil || s.pending() {
			return errPacket
		}
		c.pending = &p
		return nil
	}
	return c.dispatch(&p, nil)
}

// attach takes one attachment of the pending packet.
func (c *conn) attach(data []byte) error {
	if c.pending == nil {
		return errPacket
	}
	if c.size += len(data); c.size > 4*c.srv.opts.Engine.MaxPayload {
		return errPacket
	}
	c.attachments = append(c.attachments, bytes.Clone(data))
	if len(c.attachments) < c.pending.attachments {
		return nil
	}
	p, attachments := c.pending, c.attachments
	c.pending, c.attachments, c.size = nil, nil, 0
	return c.dispatch(p, attachments)
}

func (c *conn) dispatch(p *packet, attachments [][]byte) error {
	if p.kind == typeConnect {
		return c.connect(p)
	}
	s := c.socket(p.namespace)
	if s == nil {
		return errPacket
	}
	if p.kind == typeDisconnect {
		c.leave(s, ReasonClientDisconnect)
		return nil
	}
	if s.pending() {
		return errPacket // an event before CONNECT was answered
	}
	if p.kind == typeAck || p.kind == typeBinaryAck {
		s.acknowledged(p, attachments)
		return nil
	}
	s.enqueue(&Event{
		Name: p.name, Args: p.args, Attachments: attachments,
		socket: s, id: p.id, wantsAck: p.hasID,
	})
	return nil
}

// socket is the client's socket in a namespace, one that has ended included: what was
// on its way when it ended is no offence.
func (c *conn) socket(namespace string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == namespace {
			return s
		}
	}
	return nil
}

// all answers a copy of the sockets.
func (c *conn) all() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Socket(nil), c.sockets...)
}

// end marks the session as over and answers the sockets it had.
func (c *conn) end() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return c.sockets
}

// connect handles CONNECT.
func (c *conn) connect(p *packet) error {
	ns := c.srv.find(p.namespace)
	if ns == nil {
		prefix := ""
		if p.namespace != "/" {
			prefix = p.namespace + ","
		}
		c.session.Send(engineio.Text([]byte("4"+prefix), []byte(`{"message":"Invalid namespace"}`)))
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.opts.ConnectTimeout)
	s := &Socket{ns: ns, conn: c, id: c.srv.opts.Engine.NewID(), cancelConnect: cancel}
	r := &Request{Auth: p.auth, RemoteAddr: c.session.RemoteAddr(), socket: s}
	r.PID, r.Offset = recovery(p.auth)
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		cancel()
		return nil
	}
	if r.Header = c.session.Header(); r.Header == nil {
		r.Header = c.kept.Clone()
	}
	at := -1
	for i, old := range c.sockets {
		if old.ns == ns {
			at = i
		}
	}
	switch {
	case at < 0:
		c.sockets = append(c.sockets, s)
	case c.sockets[at].state.Load() != stateClosed:
		c.mu.Unlock()
		cancel()
		return errPacket // connected already
	default:
		c.sockets[at] = s
	}
	c.mu.Unlock()
	started := c.srv.start(func() {
		defer cancel()
		if ns.handler.Connect == nil {
			r.Accept("")
			return
		}
		ns.handler.Connect(ctx, r)
		if !r.decided() {
			r.Drop()
		}
	})
	if !started {
		cancel()
	}
	return nil
}

// recovery reads the fields of a connection state recovery out of a CONNECT payload.
func recovery(auth json.RawMessage) (pid, offset string) {
	if len(auth) == 0 {
		return "", ""
	}
	var v struct {
		PID    any `json:"pid"`
		Offset any `json:"offset"`
	}
	if json.Unmarshal(auth, &v) != nil {
		return "", ""
	}
	pid, _ = v.PID.(string)
	offset, _ = v.Offset.(string)
	return pid, offset
}

// leave ends one socket of a session that goes on.
func (c *conn) leave(s *Socket, reason string) {
	s.end(reason)
	c.idle()
}

// idle starts the connect timeout when no socket is open, unless it runs: who is
// refused again and again gains no time.
func (c *conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.state.Load() != stateClosed {
			return
		}
	}
	if !c.waiting {
		c.waiting = true
		c.session.Expire(c.srv.opts.ConnectTimeout, ReasonConnectTimeout)
	}
}

// settled is called once a socket was accepted.
func (c *conn) settled() {
	c.mu.Lock()
	c.waiting = false
	c.session.Expire(0, "")
	c.mu.Unlock()
	header := c.session.Header()
	if header == nil {
		return
	}
	var kept http.Header
	for _, name := range c.srv.opts.KeepHeaders {
		if v := header.Values(name); len(v) > 0 {
			if kept == nil {
				kept = http.Header{}
			}
			kept[http.CanonicalHeaderKey(name)] = v
		}
	}
	c.mu.Lock()
	c.kept = kept
	c.mu.Unlock()
	c.session.ForgetHeader()
}
