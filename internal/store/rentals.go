package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

const rentalColumns = `id, tenant_id, partner_id, partner_name, location_id, location_name, status,
	equipment_count, total_value, paid, pending, by_id, by_name, created_at, due_at, closed_at, rounding,
	refunded, refund_pending, first_due_at, number`

// owes is the condition of the index rentals_owing.
const owes = `status IN ('OPEN', 'OVERDUE', 'RETURNED') AND total_value + rounding + refund_pending > paid`

// rentalFilter is the condition of lists with further filters.
const rentalFilter = `tenant_id = $1 AND ($2 = '' OR status = $2) AND ($3 = '' OR location_id = $3)
	AND due_at >= $4 AND due_at < $5
	AND ($6 = '' OR id = $6 OR partner_id IN (
		SELECT p.id FROM partners p WHERE p.tenant_id = $1 AND p.search_key LIKE $7 ESCAPE '\'
			AND p.search_key LIKE $8 ESCAPE '\' AND p.search_key LIKE $9 ESCAPE '\'))
	AND ($10 = '' OR $10 = 'out' AND status IN ('OPEN', 'OVERDUE') OR $10 = 'owed' AND ` + owes + `)`

// rentalFilterOf are the parameters of rentalFilter.
func rentalFilterOf(tenant string, q harang.RentalQuery) []any {
	like, kind := likePatterns(q.Search), ""
	switch {
	case q.Out:
		kind = "out"
	case q.Owed:
		kind = "owed"
	}
	from, to := millisRange(q.DueFrom, q.DueTo)
	return []any{tenant, string(q.Status), q.LocationID, from, to, strings.TrimSpace(q.Search), like[0], like[1],
		like[2], kind}
}

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
	findLinesOfRentals = define("find lines of rentals", `
		SELECT rental_id, product_id, product_name, quantity + returned, daily_price, returned FROM rental_lines
		WHERE rental_id IN (`+parameters(1, linesBatch)+`) ORDER BY rental_id, line`)
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
	// The lists with further filters or in another order.
	filteredRentals = map[harang.RentalSort]*query{
		harang.RentalsNewestFirst: define("find filtered rentals, newest first", `
			SELECT `+rentalColumns+` FROM rentals WHERE `+rentalFilter+` AND (created_at, id) < ($11, $12)
			ORDER BY created_at DESC, id DESC LIMIT $13`),
		harang.RentalsOldestFirst: define("find filtered rentals, oldest first", `
			SELECT `+rentalColumns+` FROM rentals WHERE `+rentalFilter+` AND (created_at, id) > ($11, $12)
			ORDER BY created_at, id LIMIT $13`),
		harang.RentalsDueFirst: define("find filtered rentals, due first", `
			SELECT `+rentalColumns+` FROM rentals WHERE `+rentalFilter+` AND (due_at, id) > ($11, $12)
			ORDER BY due_at, id LIMIT $13`),
		harang.RentalsDueLastFirst: define("find filtered rentals, due last first", `
			SELECT `+rentalColumns+` FROM rentals WHERE `+rentalFilter+` AND (due_at, id) < ($11, $12)
			ORDER BY due_at DESC, id DESC LIMIT $13`),
	}
	sumFilteredOwed = define("sum owed by filtered rentals", `
		SELECT COALESCE(SUM(total_value + rounding + refund_pending - paid), 0) FROM rentals WHERE `+rentalFilter)
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

// FindRentals returns a page of a tenant's rentals, newest first, with their lines.
// INVALID_REQUEST for a cursor of another list.
func (s *Store) FindRentals(
	ctx context.Context, tenant string, q harang.RentalQuery,
) (harang.Page[harang.Rental], error) {
	sort := cmp.Or(q.Sort, harang.RentalsNewestFirst)
	byDue := sort == harang.RentalsDueFirst || sort == harang.RentalsDueLastFirst
	after, name := newestFirst, "rentals"
	if sort == harang.RentalsDueFirst || sort == harang.RentalsOldestFirst {
		after.At = math.MinInt64
	}
	if sort != harang.RentalsNewestFirst {
		name += string(sort)
	}
	if err := decodeCursor(name, q.Cursor, &after); err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	list, args := findRentals, []any{tenant}
	switch {
	case q.Out || q.Search != "" || !q.DueFrom.IsZero() || !q.DueTo.IsZero() || sort != harang.RentalsNewestFirst:
		list, args = filteredRentals[sort], rentalFilterOf(tenant, q)
	case q.Owed:
		list, args = findRentalsOwed, append(args, q.LocationID)
	case q.Status != "" && q.LocationID != "":
		list, args = findRentalsAtLocationByStatus, append(args, q.LocationID, string(q.Status))
	case q.Status != "":
		list, args = findRentalsByStatus, append(args, string(q.Status))
	case q.LocationID != "":
		list, args = findRentalsAtLocation, append(args, q.LocationID)
	}
	rows, err := queryAll(ctx, s.reader(), list, scanRental, append(args, after.At, after.ID, q.Limit+1)...)
	if err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	key := func(r harang.Rental) any {
		if byDue {
			return timeKey{r.Due.UnixMilli(), r.ID}
		}
		return timeKey{r.Created.UnixMilli(), r.ID}
	}
	return s.rentalPage(ctx, name, rows, q.Limit, key)
}

// maxPageLines bounds the lines of all rentals of a page, which then has fewer rentals
// than its limit: a rental may have a hundred lines with long names.
const maxPageLines = 2000

// linesBatch is of how many rentals one statement reads the lines.
const linesBatch = 50

// addLines reads the lines of rentals and returns how many of the rentals have maxPageLines
// together; the others are to be left out. Lines may be of a later snapshot than the
// rentals: in a list, pieces that came back since do no harm.
func (s *Store) addLines(ctx context.Context, rentals []harang.Rental) (fit int, err error) {
	type rentalLine struct {
		rental string
		line   harang.RentalLine
	}
	read := 0
	for batch := range slices.Chunk(rentals, linesBatch) {
		args := make([]any, linesBatch)
		byID := make(map[string]*harang.Rental, len(batch))
		for i := range args {
			r := &batch[min(i, len(batch)-1)] // the last rental fills the batch
			args[i], byID[r.ID] = r.ID, r
		}
		lines, err := queryAll(ctx, s.reader(), findLinesOfRentals, func(r row) (l rentalLine, err error) {
			err = r.Scan(&l.rental, &l.line.ProductID, &l.line.ProductName, &l.line.Quantity, &l.line.DailyPrice,
				&l.line.Returned)
			return l, err
		}, args...)
		if err != nil {
			return fit, err
		}
		for _, l := range lines {
			r := byID[l.rental]
			r.Lines = append(r.Lines, l.line)
		}
		for _, r := range batch {
			if read += len(r.Lines); read > maxPageLines && fit > 0 {
				return fit, nil
			}
			fit++
		}
	}
	return fit, nil
}

// SumOwed returns what the rentals that FindRentals returns for Owed and the other
// filters owe in all.
func (s *Store) SumOwed(ctx context.Context, tenant string, q harang.RentalQuery) (int64, error) {
	if q.Search == "" && q.DueFrom.IsZero() && q.DueTo.IsZero() {
		return queryOne(ctx, s.reader(), sumOwed, scanInt, tenant, q.LocationID)
	}
	q.Owed = true
	return queryOne(ctx, s.reader(), sumFilteredOwed, scanInt, rentalFilterOf(tenant, q)...)
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

// timeKey is the position of a row in a list that is ordered by instant and id.
type timeKey struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

// newestFirst is the position before the first row of such a list.
var newestFirst = timeKey{At: math.MaxInt64}
