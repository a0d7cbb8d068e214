package store

import (
	"context"
	"database/sql"
	"time"

	"harang.dev/harang/internal/shop"
)

var (
	createRequest = define("create request", `
		INSERT INTO requests (tenant_id, user_id, route, request_key, fingerprint, resource_id, leased_until,
			created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
		ON CONFLICT (tenant_id, user_id, route, request_key) DO NOTHING`)
	lockRequest = define("lock request", `
		UPDATE requests SET version = version + 1
		WHERE tenant_id = $1 AND user_id = $2 AND route = $3 AND request_key = $4
		RETURNING fingerprint, resource_id, status, body, leased_until, created_at`)
	updateRequest = define("update request", `
		UPDATE requests SET fingerprint = $1, resource_id = $2, status = $3, body = $4, leased_until = $5,
			created_at = $6
		WHERE tenant_id = $7 AND user_id = $8 AND route = $9 AND request_key = $10`)
	deleteRequest = define("delete request", `
		DELETE FROM requests WHERE tenant_id = $1 AND user_id = $2 AND route = $3 AND request_key = $4 AND status IS NULL`)
	sweepRequests = define("delete old requests", `
		DELETE FROM requests WHERE (tenant_id, user_id, route, request_key) IN (
			SELECT tenant_id, user_id, route, request_key FROM requests WHERE created_at < $1 ORDER BY created_at LIMIT $2)`)
)

// CreateRequest stores a new request and reports false when its key was used before.
func (tx *Tx) CreateRequest(ctx context.Context, r shop.Request) (bool, error) {
	n, err := execute(ctx, tx, createRequest, r.Tenant, r.UserID, r.Route, r.Key, r.Fingerprint, r.ResourceID,
		r.LeasedUntil.UnixMilli(), r.Created.UnixMilli())
	return n == 1, err
}

// LockRequest locks a request until the commit and returns it. NOT_FOUND when the
// key was not used.
func (tx *Tx) LockRequest(ctx context.Context, k shop.RequestKey) (shop.Request, error) {
	return queryOne(ctx, tx, lockRequest, func(row row) (shop.Request, error) {
		r := shop.Request{RequestKey: k}
		var status sql.NullInt64
		var body sql.NullString
		var leased, created int64
		err := row.Scan(&r.Fingerprint, &r.ResourceID, &status, &body, &leased, &created)
		r.Status, r.Body = int(status.Int64), []byte(body.String)
		r.LeasedUntil, r.Created = fromMillis(leased), fromMillis(created)
		return r, err
	}, k.Tenant, k.UserID, k.Route, k.Key)
}

// UpdateRequest updates a locked request.
func (tx *Tx) UpdateRequest(ctx context.Context, r shop.Request) error {
	status := sql.NullInt64{Int64: int64(r.Status), Valid: r.Status != 0}
	body := sql.NullString{String: string(r.Body), Valid: r.Status != 0}
	_, err := execute(ctx, tx, updateRequest, r.Fingerprint, r.ResourceID, status, body,
		r.LeasedUntil.UnixMilli(), r.Created.UnixMilli(), r.Tenant, r.UserID, r.Route, r.Key)
	return err
}

// DeleteRequest deletes a request without an answer, so that its key may be used again.
func (tx *Tx) DeleteRequest(ctx context.Context, k shop.RequestKey) error {
	_, err := execute(ctx, tx, deleteRequest, k.Tenant, k.UserID, k.Route, k.Key)
	return err
}

// SweepRequests deletes at most limit requests begun before an instant and returns
// how many.
func (s *Store) SweepRequests(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.sweepRows(ctx, sweepRequests, before, limit)
}
