//go:build !race

package budget

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// counter counts what goes to a server or database.
type counter struct{ statements, trips atomic.Int64 }

// proxy forwards connections to a server and counts their round trips: how often
// the client sends after the server did. With statements it reads PostgreSQL's
// messages and counts those that run a statement. It returns its address.
func (c *counter) proxy(tb testing.TB, server string, statements bool) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.forward(client, server, statements)
		}
	}()
	return listener.Addr().String()
}

func (c *counter) forward(client net.Conn, server string, statements bool) {
	defer client.Close()
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer upstream.Close()
	var answered atomic.Bool
	answered.Store(true)
	go func() {
		defer client.Close()
		_, _ = io.Copy(tap{client, func([]byte) { answered.Store(true) }}, upstream)
	}()
	var messages *messageReader
	if statements {
		messages = &messageReader{counter: c, startup: true}
	}
	_, _ = io.Copy(tap{upstream, func(b []byte) {
		if answered.Swap(false) {
			c.trips.Add(1)
		}
		if messages != nil {
			messages.read(b)
		}
	}}, client)
}

// tap calls see with everything before it is written.
type tap struct {
	io.Writer
	see func([]byte)
}

func (t tap) Write(b []byte) (int, error) {
	t.see(b)
	return t.Writer.Write(b)
}

// messageReader counts the messages of a PostgreSQL client that run a statement:
// Query and Execute. The startup message has no type.
type messageReader struct {
	counter *counter
	startup bool
	rest    []byte
}

func (m *messageReader) read(b []byte) {
	m.rest = append(m.rest, b...)
	for {
		header := 1
		if m.startup {
			header = 0
		}
		if len(m.rest) < header+4 {
			return
		}
		size := header + int(binary.BigEndian.Uint32(m.rest[header:]))
		if len(m.rest) < size {
			return
		}
		if kind := m.rest[0]; !m.startup && (kind == 'Q' || kind == 'E') {
			m.counter.statements.Add(1)
		}
		m.startup = false
		m.rest = append(m.rest[:0], m.rest[size:]...) // allocates nothing
	}
}

// countingDriver opens connections of another driver and counts the statements
// that run on them.
type countingDriver struct {
	driver  driver.Driver
	name    string
	counter *counter
}

func (d *countingDriver) Driver() driver.Driver { return d.driver }

func (d *countingDriver) Connect(context.Context) (driver.Conn, error) {
	conn, err := d.driver.Open(d.name)
	return &countingConn{conn, d.counter}, err
}

type countingConn struct {
	driver.Conn
	counter *counter
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return &countingStmt{stmt, c.counter}, err
}

func (c *countingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.counter.statements.Add(2) // and its end
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c *countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.counter.statements.Add(1)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.counter.statements.Add(1)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

type countingStmt struct {
	driver.Stmt
	counter *counter
}

func (s *countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.counter.statements.Add(1)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.counter.statements.Add(1)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// sinks read and drop what servers send.
type sinks struct {
	conns []net.Conn
	done  sync.WaitGroup
}

func (s *sinks) add(conn net.Conn) {
	s.conns = append(s.conns, conn)
	s.done.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
	})
}

func (s *sinks) close() {
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.done.Wait()
}
