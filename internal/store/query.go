package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// query is one SQL text, valid on SQLite and PostgreSQL, its parameters $1,
// $2 … numbered by first appearance.
type query struct {
	name string
	text string
	// index is the query's position in the registry and in the caches of
	// prepared statements.
	index int
}

// parameters lists n parameters, the first one numbered first.
func parameters(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(all, ", ")
}

// notOf is the condition that tenant_id is not in a list, which listOf writes: taking its
// name out of the list leaves the list as it is. Both engines have it, for any number.
func notOf(list string) string {
	return "replace(" + list + ", ',' || tenant_id || ',', '') = " + list
}

// listOf is the value for notOf.
func listOf(tenants []string) string {
	return "," + strings.Join(tenants, ",,") + ","
}

// registry holds every query of the package, so that a test can prepare each
// one on both engines. It is filled by variable declarations only.
var registry []*query

// define registers a query. Its name appears in errors and tests.
func define(name, text string) *query {
	q := &query{name: name, text: text, index: len(registry)}
	registry = append(registry, q)
	return q
}

// Query is a registered SQL text, for tests.
type Query struct{ Name, Text string }

// Queries returns every query of the package, by name.
func Queries() []Query {
	all := make([]Query, len(registry))
	for i, q := range registry {
		all[i] = Query{Name: q.name, Text: q.text}
	}
	slices.SortFunc(all, func(a, b Query) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// runner runs queries: a *Tx inside a transaction, a reader outside.
type runner interface {
	// do calls fn with the prepared statement of q and gives its error a code. fn
	// may be called again.
	do(ctx context.Context, q *query, fn func(ctx context.Context, stmt *sql.Stmt) error) error
}

// row is what a scan function reads: *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

// queryAll runs q and reads every row with scan.
func queryAll[T any](ctx context.Context, r runner, q *query, scan func(row) (T, error), args ...any) ([]T, error) {
	var all []T
	err := r.do(ctx, q, func(ctx context.Context, stmt *sql.Stmt) error {
		all = nil
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return err
			}
			all = append(all, v)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// queryOne runs q and reads its one row with scan; NOT_FOUND when there is
// none.
func queryOne[T any](ctx context.Context, r runner, q *query, scan func(row) (T, error), args ...any) (T, error) {
	var found T
	err := r.do(ctx, q, func(ctx context.Context, stmt *sql.Stmt) (err error) {
		found, err = scan(stmt.QueryRowContext(ctx, args...))
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return found, nil
}

// execute runs q and returns how many rows it changed.
func execute(ctx context.Context, r runner, q *query, args ...any) (int64, error) {
	var changed int64
	err := r.do(ctx, q, func(ctx context.Context, stmt *sql.Stmt) error {
		result, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return err
		}
		changed, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// scanInt reads one number.
func scanInt(r row) (int64, error) {
	var n int64
	err := r.Scan(&n)
	return n, err
}

// scanText reads one text.
func scanText(r row) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}

// found reports whether a row was found. It returns any error but NOT_FOUND.
func found(err error) (bool, error) {
	switch {
	case err == nil:
		return true, nil
	case harang.ErrorCode(err) == harang.CodeNotFound && errors.Is(err, sql.ErrNoRows):
		return false, nil
	}
	return false, err
}

// PrepareAll prepares every query on every pool with several connections. A query
// that the engine does not understand fails here, and a transaction never waits for
// a second connection on which to prepare a query while it has its own.
func (s *Store) PrepareAll(ctx context.Context) error {
	pools := []*connections{s.read}
	if !s.engine.SingleWriter {
		pools = append(pools, s.write)
	}
	var errs []error
	for _, pool := range pools {
		for _, q := range registry {
			errs = append(errs, s.whileNoConnection(ctx, func(ctx context.Context) error {
				_, err := pool.statement(ctx, q)
				return s.fail(q.name, err)
			}))
		}
	}
	return errors.Join(errs...)
}
