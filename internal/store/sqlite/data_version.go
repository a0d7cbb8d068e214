package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// dataVersion reads PRAGMA data_version on a connection of its own: the numbers of
// two connections cannot be compared.
type dataVersion struct {
	db *sql.DB

	mu     sync.Mutex // guards the rest; locked while reading
	conn   *sql.Conn
	stmt   *sql.Stmt
	closed bool
}

func (d *dataVersion) get(ctx context.Context) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, sql.ErrConnDone
	}
	if d.stmt == nil {
		if err := d.open(ctx); err != nil {
			return 0, err
		}
	}
	var version int64
	err := d.stmt.QueryRowContext(ctx).Scan(&version)
	return version, err
}

func (d *dataVersion) open(ctx context.Context) error {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	stmt, err := conn.PrepareContext(ctx, "PRAGMA data_version")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	d.conn, d.stmt = conn, stmt
	return nil
}

func (d *dataVersion) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.conn == nil {
		return nil
	}
	return errors.Join(d.stmt.Close(), d.conn.Close())
}
