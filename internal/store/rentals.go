package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

const rentalColumns = `id, tenant_id, partner_id, partner_name, location_id, location_name, status,
	equipment_count, total_value, paid, pending, by_id, by_name, created_at, due_at, closed_at, rounding,
	refunded, refund_pending, first_due_at, number`

// owes is the condition of the index rentals_owing.
const owes = `status IN ('OPEN', 'OVERDUE', 'RETURNED') AND total_value + rounding + refund_pending > paid`

// millisRange are two instants as they are stored, zero ones as the limits of all.
func millisRange(from, to time.Time) (int64, int64) {
	first, last := int64(math.MinInt64), int64(math.MaxInt64)
	if !from.IsZero() {
		first = from.UnixMilli()
	}
	if !to.IsZero() {
		last = to.UnixMilli()
	}
	return first, last
}

var (
	findPartnerName = define("find partner", `
		SELECT `+partnerColumns+` FROM partners WHERE tenant_id = $1 AND id = $2`)
	findLocationName = define("find location", `
		SELECT `+locationColumns+` FROM locations WHERE tenant_id = $1 AND id = $2`)
	findProductPrice = define("find product", `
		SELECT `+productColumns+` FROM products WHERE tenant_id = $1 AND id = $2`)

	createRental = define("create rental", `
		INSERT INTO rentals (`+rentalColumns+`, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 1)`)
	createRentalLine = define("create rental line", `
		INSERT INTO rental_lines (rental_id, line, product_id, product_name, quantity, daily_price)
		VALUES ($1, $2, $3, $4, $5, $6)`)
	lockRental = define("lock rental", `
		UPDATE rentals SET version = version + 1 WHERE tenant_id = $1 AND id = $2 RETURNING `+rentalColumns)
	updateRental = define("update rental", `
		UPDATE rentals SET status = $1, paid = $2, pending = $3, closed_at = $4, rounding = $5, total_value = $6,
			due_at = $7, refunded = $8, refund_pending = $9, first_due_at = $10
		WHERE tenant_id = $11 AND id = $12`)
	returnRentalLine = define("return rental line", `
		UPDATE rental_lines SET quantity = quantity - $1, returned = returned + $1 WHERE rental_id = $2 AND line = $3`)
	findRental = define("find rental", `
		SELECT `+rentalColumns+` FROM rentals WHERE tenant_id = $1 AND id = $2`)
	findRentalLines = define("find rental lines", `
		SELECT product_id, product_name, quantity + returned, daily_price, returned FROM rental_lines WHERE rental_id = $1 ORDER BY line`)
	findRentals = define("find rentals", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4`)
	findRentalsByStatus = define("find rentals by status", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND status = $2 AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5`)
	findRentalsAtLocation = define("find rentals at location", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND location_id = $2 AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5`)
	findRentalsAtLocationByStatus = define("find rentals at location by status", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND location_id = $2 AND status = $3 AND (created_at, id) < ($4, $5)
		ORDER BY created_at DESC, id DESC LIMIT $6`)

	findRentalsOwed = define("find rentals that owe", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND `+owes+` AND ($2 = '' OR location_id = $2) AND (created_at, id) < ($3, $4)
		ORDER BY created_at DESC, id DESC LIMIT $5`)
	sumOwed = define("sum owed", `
		SELECT COALESCE(SUM(total_value + rounding + refund_pending - paid), 0) FROM rentals
		WHERE tenant_id = $1 AND `+owes+` AND ($2 = '' OR location_id = $2)`)

	findUnpaidRentals = define("find unpaid rentals", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE status = 'AWAITING_PAYMENT' AND created_at <= $1 AND `+notOf("$2")+`
		ORDER BY created_at LIMIT $3`)
	markOverdue = define("mark overdue rentals", `
		UPDATE rentals SET status = 'OVERDUE', version = version + 1
		WHERE status = 'OPEN' AND id IN (
			SELECT id FROM rentals WHERE status = 'OPEN' AND due_at <= $1 ORDER BY due_at LIMIT $2)`)
	// Three counts, each from an index alone.
	countRentals = define("count rentals", `
		SELECT
			(SELECT COUNT(*) FROM rentals WHERE tenant_id = $1 AND status IN ('OPEN', 'OVERDUE')),
			(SELECT COUNT(*) FROM rentals WHERE tenant_id = $1 AND status IN ('OPEN', 'OVERDUE') AND due_at >= $2
				AND due_at < $3),
			(SELECT COUNT(*) FROM rentals WHERE tenant_id = $1 AND status IN ('OPEN', 'OVERDUE') AND due_at <= $4)`)
	// The open rentals of one location are few enough to be read.
	countRentalsAtLocation = define("count rentals at location", `
		SELECT
			COUNT(*),
			COALESCE(SUM(CASE WHEN due_at >= $1 AND due_at < $2 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN due_at <= $3 THEN 1 ELSE 0 END), 0)
		FROM rentals WHERE tenant_id = $4 AND status IN ('OPEN', 'OVERDUE') AND location_id = $5`)
)

func scanRental(r row) (harang.Rental, error) {
	var v harang.Rental
	var created, due int64
	var closed, firstDue sql.NullInt64
	var number sql.NullString
	err := r.Scan(&v.ID, &v.Tenant, &v.PartnerID, &v.PartnerName, &v.LocationID, &v.LocationName, &v.Status,
		&v.EquipmentCount, &v.TotalValue, &v.Paid, &v.Pending, &v.By.ID, &v.By.Name, &created, &due, &closed,
		&v.Rounding, &v.Refunded, &v.RefundPending, &firstDue, &number)
	v.Number = number.String
	v.Created, v.Due, v.Closed, v.FirstDue = fromMillis(created), fromMillis(due), timeOf(closed), timeOf(firstDue)
	if !firstDue.Valid {
		v.FirstDue = v.Due
	}
	return v, err
}

// firstDue is the column first_due_at of a rental.
func firstDue(r harang.Rental) sql.NullInt64 {
	return sql.NullInt64{Int64: r.FirstDue.UnixMilli(), Valid: !r.FirstDue.Equal(r.Due)}
}

func scanRentalLine(r row) (harang.RentalLine, error) {
	var l harang.RentalLine
	err := r.Scan(&l.ProductID, &l.ProductName, &l.Quantity, &l.DailyPrice, &l.Returned)
	return l, err
}

// FindPartner returns a partner. NOT_FOUND when the tenant has no such one.
func (tx *Tx) FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error) {
	return findPartner(ctx, tx, tenant, id)
}

// FindPartner returns a partner. NOT_FOUND when the tenant has no such one.
func (s *Store) FindPartner(ctx context.Context, tenant, id string) (harang.Partner, error) {
	return findPartner(ctx, s.reader(), tenant, id)
}

func findPartner(ctx context.Context, r runner, tenant, id string) (harang.Partner, error) {
	return queryOne(ctx, r, findPartnerName, scanPartner, tenant, id)
}

// FindLocation returns a location. NOT_FOUND when the tenant has no such one.
func (tx *Tx) FindLocation(ctx context.Context, tenant, id string) (harang.Location, error) {
	return findLocation(ctx, tx, tenant, id)
}

// FindLocation returns a location. NOT_FOUND.
func (s *Store) FindLocation(ctx context.Context, tenant, id string) (harang.Location, error) {
	return findLocation(ctx, s.reader(), tenant, id)
}

func findLocation(ctx context.Context, r runner, tenant, id string) (harang.Location, error) {
	return queryOne(ctx, r, findLocationName, scanLocation, tenant, id)
}

// FindProduct returns a product. NOT_FOUND when the tenant has no such one.
func (tx *Tx) FindProduct(ctx context.Context, tenant, id string) (harang.Product, error) {
	return findProduct(ctx, tx, tenant, id)
}

// FindProduct returns a product. NOT_FOUND.
func (s *Store) FindProduct(ctx context.Context, tenant, id string) (harang.Product, error) {
	return findProduct(ctx, s.reader(), tenant, id)
}

func findProduct(ctx context.Context, r runner, tenant, id string) (harang.Product, error) {
	return queryOne(ctx, r, findProductPrice, scanProduct, tenant, id)
}

// CreateRental stores a new rental with its lines. CONFLICT when the id exists,
// NOT_FOUND when there is no such partner or location.
func (tx *Tx) CreateRental(ctx context.Context, r harang.Rental) error {
	_, err := execute(ctx, tx, createRental, r.ID, r.Tenant, r.PartnerID, r.PartnerName, r.LocationID, r.LocationName,
		string(r.Status), r.EquipmentCount, r.TotalValue, r.Paid, r.Pending, r.By.ID, r.By.Name,
		r.Created.UnixMilli(), r.Due.UnixMilli(), nullMillis(r.Closed), r.Rounding, r.Refunded,
		r.RefundPending, firstDue(r), sql.NullString{String: r.Number, Valid: r.Number != ""})
	if err != nil {
		return err
	}
	for i, l := range r.Lines {
		if _, err := execute(ctx, tx, createRentalLine, r.ID, int64(i), l.ProductID, l.ProductName, l.Quantity,
			l.DailyPrice); err != nil {
			return err
		}
	}
	return nil
}

// LockRental locks a rental until the commit and returns it with its lines.
// NOT_FOUND when the tenant has no such one.
func (tx *Tx) LockRental(ctx context.Context, tenant, id string) (harang.Rental, error) {
	r, err := queryOne(ctx, tx, lockRental, scanRental, tenant, id)
	if err != nil {
		return r, err
	}
	r.Lines, err = queryAll(ctx, tx, findRentalLines, scanRentalLine, id)
	return r, err
}

// UpdateRental updates status, price, sums, due instant and end of a locked rental.
func (tx *Tx) UpdateRental(ctx context.Context, r harang.Rental) error {
	_, err := execute(ctx, tx, updateRental, string(r.Status), r.Paid, r.Pending, nullMillis(r.Closed), r.Rounding,
		r.TotalValue, r.Due.UnixMilli(), r.Refunded, r.RefundPending, firstDue(r), r.Tenant, r.ID)
	return err
}

// ReturnRentalLine records that pieces of a line of a locked rental came back.
func (tx *Tx) ReturnRentalLine(ctx context.Context, rentalID string, line int, pieces int64) error {
	_, err := execute(ctx, tx, returnRentalLine, pieces, rentalID, int64(line))
	return err
}

// FindRental returns a rental with its lines. NOT_FOUND when the tenant has no such
// one.
func (s *Store) FindRental(ctx context.Context, tenant, id string) (harang.Rental, error) {
	r, err := queryOne(ctx, s.reader(), findRental, scanRental, tenant, id)
	if err != nil {
		return r, err
	}
	r.Lines, err = queryAll(ctx, s.reader(), findRentalLines, scanRentalLine, id)
	return r, err
}

// FindUnpaidRentals returns rentals of all tenants but some that have awaited their
// payment since an instant or longer, the longest first, without their lines.
func (s *Store) FindUnpaidRentals(
	ctx context.Context, since time.Time, without []string, limit int,
) ([]harang.Rental, error) {
	return queryAll(ctx, s.reader(), findUnpaidRentals, scanRental, since.UnixMilli(), listOf(without), limit)
}

// MarkOverdue marks at most limit open rentals of all tenants that are due at now as
// overdue and returns how many.
func (s *Store) MarkOverdue(ctx context.Context, now time.Time, limit int) (int64, error) {
	var marked int64
	err := s.within(ctx, func(tx *Tx) error {
		var err error
		marked, err = execute(ctx, tx, markOverdue, now.UnixMilli(), limit)
		return err
	})
	return marked, err
}

// CountRentals counts a tenant's open rentals, those due from day until before next,
// and those overdue at now, at one location or at all ("").
func (s *Store) CountRentals(
	ctx context.Context, tenant, locationID string, now, day, next time.Time,
) (shop.RentalCounts, error) {
	count, args := countRentals, []any{tenant, day.UnixMilli(), next.UnixMilli(), now.UnixMilli()}
	if locationID != "" {
		count, args = countRentalsAtLocation, []any{day.UnixMilli(), next.UnixMilli(), now.UnixMilli(), tenant,
			locationID}
	}
	return queryOne(ctx, s.reader(), count, func(r row) (c shop.RentalCounts, err error) {
		err = r.Scan(&c.Out, &c.DueToday, &c.Overdue)
		return c, err
	}, args...)
}
