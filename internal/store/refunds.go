package store

import (
	"context"
	"database/sql"
	"time"

	"harang.dev/harang"
)

const refundColumns = `id, tenant_id, rental_id, payment_id, partner_id, partner_name, location_id, amount, rounding,
	method, status, error_code, error_message, by_id, by_name, created_at, settled_at, check_at, checks`

var (
	createRefund = define("create refund", `
		INSERT INTO refunds (`+refundColumns+`, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)`)
	lockRefund = define("lock refund", `
		UPDATE refunds SET version = version + 1 WHERE tenant_id = $1 AND id = $2 RETURNING `+refundColumns)
	updateRefund = define("update refund", `
		UPDATE refunds SET status = $1, error_code = $2, error_message = $3, settled_at = $4, check_at = $5
		WHERE tenant_id = $6 AND id = $7`)
	findRefund = define("find refund", `
		SELECT `+refundColumns+` FROM refunds WHERE tenant_id = $1 AND id = $2`)
	findRentalRefunds = define("find refunds of rental", `
		SELECT `+refundColumns+` FROM refunds WHERE tenant_id = $1 AND rental_id = $2 ORDER BY created_at, id`)
	findRefunds = define("find refunds", `
		SELECT `+refundColumns+` FROM refunds
		WHERE tenant_id = $1 AND ($2 = '' OR location_id = $2) AND (created_at, id) < ($3, $4)
		ORDER BY created_at DESC, id DESC LIMIT $5`)
	findUnsettledRefunds = define("find unsettled refunds", `
		SELECT `+refundColumns+` FROM refunds
		WHERE tenant_id = $1 AND status <> 'SUCCEEDED' AND ($2 = '' OR location_id = $2) AND (created_at, id) < ($3, $4)
		ORDER BY created_at DESC, id DESC LIMIT $5`)
	findDueRefunds = define("find refunds to make", `
		SELECT `+refundColumns+` FROM refunds
		WHERE check_at <= $1 AND `+notOf("$2")+` ORDER BY check_at LIMIT $3`)
	deferRefund = define("defer refund", `
		UPDATE refunds SET check_at = $1, checks = checks + 1, version = version + 1
		WHERE tenant_id = $2 AND id = $3 AND check_at = $4`)
)

func scanRefund(r row) (harang.Refund, error) {
	var f harang.Refund
	var created int64
	var settled, check sql.NullInt64
	err := r.Scan(&f.ID, &f.Tenant, &f.RentalID, &f.PaymentID, &f.PartnerID, &f.PartnerName, &f.LocationID, &f.Amount,
		&f.Rounding, &f.Method, &f.Status, &f.ErrorCode, &f.ErrorMessage, &f.By.ID, &f.By.Name, &created, &settled,
		&check, &f.Checks)
	f.Created, f.Settled, f.CheckAt = fromMillis(created), timeOf(settled), timeOf(check)
	return f, err
}

// CreateRefund stores a new refund.
func (tx *Tx) CreateRefund(ctx context.Context, f harang.Refund) error {
	_, err := execute(ctx, tx, createRefund, f.ID, f.Tenant, f.RentalID, f.PaymentID, f.PartnerID, f.PartnerName,
		f.LocationID, f.Amount, f.Rounding, string(f.Method), string(f.Status), f.ErrorCode, f.ErrorMessage,
		f.By.ID, f.By.Name, f.Created.UnixMilli(), nullMillis(f.Settled), nullMillis(f.CheckAt), f.Checks)
	return err
}

// LockRefund locks a refund until the commit and returns it. Its rental and payment must
// be locked before. NOT_FOUND when the tenant has no such one.
func (tx *Tx) LockRefund(ctx context.Context, tenant, id string) (harang.Refund, error) {
	return queryOne(ctx, tx, lockRefund, scanRefund, tenant, id)
}

// UpdateRefund updates the mutable columns of a locked refund.
func (tx *Tx) UpdateRefund(ctx context.Context, f harang.Refund) error {
	_, err := execute(ctx, tx, updateRefund, string(f.Status), f.ErrorCode, f.ErrorMessage, nullMillis(f.Settled),
		nullMillis(f.CheckAt), f.Tenant, f.ID)
	return err
}

// FindRefund returns a refund. NOT_FOUND when the tenant has no such one.
func (s *Store) FindRefund(ctx context.Context, tenant, id string) (harang.Refund, error) {
	return queryOne(ctx, s.reader(), findRefund, scanRefund, tenant, id)
}

// FindRentalRefunds returns the refunds of a rental, oldest first.
func (s *Store) FindRentalRefunds(ctx context.Context, tenant, rentalID string) ([]harang.Refund, error) {
	return queryAll(ctx, s.reader(), findRentalRefunds, scanRefund, tenant, rentalID)
}

// FindRentalRefunds returns the refunds of a rental, oldest first.
func (tx *Tx) FindRentalRefunds(ctx context.Context, tenant, rentalID string) ([]harang.Refund, error) {
	return queryAll(ctx, tx, findRentalRefunds, scanRefund, tenant, rentalID)
}

// FindRefunds returns a page of a tenant's refunds, newest first. INVALID_REQUEST for a
// cursor of another list.
func (s *Store) FindRefunds(
	ctx context.Context, tenant string, q harang.RefundQuery,
) (harang.Page[harang.Refund], error) {
	after := newestFirst
	if err := decodeCursor("refunds", q.Cursor, &after); err != nil {
		return harang.Page[harang.Refund]{}, err
	}
	list := findRefunds
	if q.Open {
		list = findUnsettledRefunds
	}
	rows, err := queryAll(ctx, s.reader(), list, scanRefund, tenant, q.LocationID, after.At, after.ID, q.Limit+1)
	if err != nil {
		return harang.Page[harang.Refund]{}, err
	}
	return pageOf("refunds", rows, q.Limit, func(f harang.Refund) harang.Refund { return f },
		func(f harang.Refund) any { return timeKey{f.Created.UnixMilli(), f.ID} })
}

// FindDueRefunds returns refunds of all tenants but some that are to be made at now, the
// longest due first.
func (s *Store) FindDueRefunds(
	ctx context.Context, now time.Time, without []string, limit int,
) ([]harang.Refund, error) {
	return queryAll(ctx, s.reader(), findDueRefunds, scanRefund, now.UnixMilli(), listOf(without), limit)
}

// DeferRefund moves a refund's next try to a later instant and reports whether this call
// did it: of several concurrent ones, one does.
func (s *Store) DeferRefund(ctx context.Context, f harang.Refund, until time.Time) (bool, error) {
	var n int64
	err := s.within(ctx, func(tx *Tx) error {
		var err error
		n, err = execute(ctx, tx, deferRefund, until.UnixMilli(), f.Tenant, f.ID, f.CheckAt.UnixMilli())
		return err
	})
	return n == 1, err
}
