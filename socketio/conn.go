package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"harang.dev/harang/engineio"
)

// conn is the Socket.IO state of a session: its sockets, and the packet whose attachments are incomplete.
type conn struct {
	srv     *Server
	session *engineio.Session

	// Used by Handler.Message of engineio only, which is called by one goroutine at a time.
	pending     *packet  // the packet whose attachments are incomplete
	attachments [][]byte // those received so far
	size        int      // bytes of attachments

	mu             sync.Mutex
	closed         bool
	timeoutRunning bool        // guarded by mu; the connect timeout is running
	sockets        []*Socket   // guarded by mu; the latest one of each namespace, closed ones included
	kept           http.Header // guarded by mu; the headers of Options.KeepHeaders
}

// receive handles one message of the session. It fails when the client violates the protocol.
func (c *conn) receive(data []byte, binary bool) error {
	if binary {
		return c.addAttachment(data)
	}
	if c.pending != nil {
		return errPacket
	}
	p, err := decodePacket(data, c.srv.opts.MaxAttachments)
	if err != nil {
		return err
	}
	if c.srv.opts.RefuseBinary && (p.kind == typeBinaryEvent || p.kind == typeBinaryAck) {
		return errPacket
	}
	if p.attachments > 0 {
		// Attachments are buffered only for a socket that may send events.
		if s := c.socket(p.namespace); s == nil || s.undecided() {
			return errPacket
		}
		c.pending = &p
		return nil
	}
	return c.dispatch(&p, nil)
}

// addAttachment handles the next attachment of the pending packet.
func (c *conn) addAttachment(data []byte) error {
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

// dispatch handles a complete packet.
func (c *conn) dispatch(p *packet, attachments [][]byte) error {
	if p.kind == typeConnect {
		return c.connect(p)
	}
	s := c.socket(p.namespace)
	if s == nil {
		return errPacket
	}
	if p.kind == typeDisconnect {
		c.closeSocket(s, ReasonClientDisconnect)
		return nil
	}
	if s.undecided() {
		return errPacket // a packet before the answer to CONNECT
	}
	if p.kind == typeAck || p.kind == typeBinaryAck {
		s.handleAck(p, attachments)
		return nil
	}
	s.enqueue(&Event{
		Name: p.name, Args: p.args, Attachments: attachments,
		socket: s, id: p.id, wantsAck: p.hasID,
	})
	return nil
}

// socket returns the client's latest socket of a namespace, nil if there was none. It may be closed: packets that were
// in transit when it closed are no violation.
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

// allSockets returns a copy of sockets.
func (c *conn) allSockets() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Socket(nil), c.sockets...)
}

// close marks the session as closed and returns its sockets.
func (c *conn) close() []*Socket {
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
	index := -1
	for i, old := range c.sockets {
		if old.ns == ns {
			index = i
		}
	}
	switch {
	case index < 0:
		c.sockets = append(c.sockets, s)
	case c.sockets[index].state.Load() != stateClosed:
		c.mu.Unlock()
		cancel()
		return errPacket // already connected
	default:
		c.sockets[index] = s
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

// recovery returns the fields of connection state recovery in a CONNECT payload, "" for those that are not strings.
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

// closeSocket closes one socket of a session that stays open.
func (c *conn) closeSocket(s *Socket, reason string) {
	s.close(reason)
	c.startConnectTimeout()
}

// startConnectTimeout starts the connect timeout if the session has no socket. A running timeout is not restarted, so
// that repeated refused requests do not keep the session open.
func (c *conn) startConnectTimeout() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.state.Load() != stateClosed {
			return
		}
	}
	if !c.timeoutRunning {
		c.timeoutRunning = true
		c.session.Expire(c.srv.opts.ConnectTimeout, ReasonConnectTimeout)
	}
}

// stopConnectTimeout is called when a socket is accepted. It also releases the memory of the handshake's header.
func (c *conn) stopConnectTimeout() {
	c.mu.Lock()
	c.timeoutRunning = false
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
