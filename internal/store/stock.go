package store

import (
	"context"
	"database/sql"
	"strings"

	"harang.dev/harang"
)

// severities are stored as their ranks.
var severities = [...]harang.Severity{harang.SeverityOK, harang.SeverityWarning, harang.SeverityCritical}

// notArchived is a condition on a stock row; $1 is the tenant.
const notArchived = `product_id NOT IN (SELECT id FROM products WHERE tenant_id = $1 AND archived_at IS NOT NULL)
	AND location_id NOT IN (SELECT id FROM locations WHERE tenant_id = $1 AND archived_at IS NOT NULL)`

// stockArchived is 1 when the product or the location of a row of stock is archived.
func stockArchived(stock string) string {
	return `CASE WHEN
		EXISTS (SELECT 1 FROM products p WHERE p.tenant_id = ` + stock + `.tenant_id
			AND p.id = ` + stock + `.product_id AND p.archived_at IS NOT NULL)
		OR EXISTS (SELECT 1 FROM locations l WHERE l.tenant_id = ` + stock + `.tenant_id
			AND l.id = ` + stock + `.location_id AND l.archived_at IS NOT NULL)
		THEN 1 ELSE 0 END`
}

// stockColumns are what a list of stock selects, with archived as given.
func stockColumns(archived string) string {
	return `s.product_id, s.location_id, p.name, l.name, s.quantity, s.warning, s.critical, s.alerted, s.since,
			s.event_id, s.expected_at, ` + archived
}

// stockListColumns are what the stock list selects of stock s, products p and locations l.
var stockListColumns = stockColumns(archivedByJoin) + `, p.daily_price, p.barcodes, p.sort_key, l.sort_key`

// stockFilter are the filters, the position and the order of the stock list.
const stockFilter = `
			AND p.search_key || ' ' || l.search_key LIKE $2 ESCAPE '\'
			AND p.search_key || ' ' || l.search_key LIKE $3 ESCAPE '\'
			AND p.search_key || ' ' || l.search_key LIKE $4 ESCAPE '\'
			AND s.severity >= $5 AND s.severity <= $6
			AND ($7 = '' OR s.location_id = $7)
			AND ` + archivedByJoin + ` = $8
			AND (p.sort_key, p.id) >= ($9, $10)
			AND (p.sort_key, p.id, l.sort_key, l.id) > ($9, $10, $11, $12)
		ORDER BY p.sort_key, p.id, l.sort_key, l.id LIMIT $13`

// archivedByJoin is stockArchived where products p and locations l are joined.
const archivedByJoin = `CASE WHEN p.archived_at IS NULL AND l.archived_at IS NULL THEN 0 ELSE 1 END`

// piecesOut counts the pieces of the rentals r that have not been closed, by product and location. Each status is
// looked up by itself, and version, which no index has, is asked for: otherwise the planners prefer an index that has
// all they need, and read every rental of the tenant from it.
func piecesOut(of string) string {
	lines := func(status string) string {
		return `
			SELECT l.product_id, r.location_id, l.quantity FROM rentals r CROSS JOIN rental_lines l
			WHERE ` + of + ` AND r.status = '` + status + `' AND r.version > 0 AND l.rental_id = r.id`
	}
	return `
		SELECT product_id, location_id, sum(quantity) FROM (` + lines("AWAITING_PAYMENT") + `
			UNION ALL` + lines("OPEN") + `
			UNION ALL` + lines("OVERDUE") + `) AS reserved
		GROUP BY product_id, location_id`
}

var (
	lockStock = define("lock stock", `
		UPDATE stock SET version = version + 1 WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3
		RETURNING (SELECT p.name FROM products p WHERE p.tenant_id = stock.tenant_id AND p.id = stock.product_id),
			(SELECT l.name FROM locations l WHERE l.tenant_id = stock.tenant_id AND l.id = stock.location_id),
			quantity, warning, critical, alerted, since, event_id, expected_at, `+stockArchived("stock"))

	findStockItem = define("find stock item", `
		SELECT `+stockListColumns+`
		FROM stock s
			JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
			JOIN locations l ON l.tenant_id = s.tenant_id AND l.id = s.location_id
		WHERE s.tenant_id = $1 AND s.product_id = $2 AND s.location_id = $3`)

	createStock = define("create stock", `
		INSERT INTO stock (tenant_id, product_id, location_id, quantity, warning, critical, severity, alerted, since,
			event_id, expected_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)
		ON CONFLICT (tenant_id, product_id, location_id) DO NOTHING`)

	updateStock = define("update stock", `
		UPDATE stock SET quantity = $1, warning = $2, critical = $3, severity = $4, alerted = $5, since = $6,
			event_id = $7, expected_at = $8
		WHERE tenant_id = $9 AND product_id = $10 AND location_id = $11`)

	createMovement = define("create movement", `
		INSERT INTO movements (id, tenant_id, product_id, location_id, delta, quantity, reason, user_id, user_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)

	countMovement = define("count movement", `
		SELECT count(*) FROM movements WHERE id = $1 AND tenant_id = $2`)

	findStockHistory = define("find stock history", `
		SELECT id, product_id, location_id, delta, quantity, reason, user_id, user_name, at FROM movements
		WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3 AND (at, id) < ($4, $5)
		ORDER BY at DESC, id DESC LIMIT $6`)

	findMovements = define("find movements", `
		SELECT id, product_id, location_id, delta, quantity, reason, user_id, user_name, at FROM movements
		WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3 ORDER BY at DESC, id DESC LIMIT $4`)

	sumMovements = define("sum movements", `
		SELECT coalesce(sum(delta), 0) FROM movements WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3`)

	// CROSS JOIN fixes SQLite's join order, in which the rows come sorted and a page
	// stops early; PostgreSQL's planner ignores it.
	findStock = define("find stock", `
		SELECT `+stockListColumns+`
		FROM products p CROSS JOIN stock s CROSS JOIN locations l
		WHERE p.tenant_id = $1 AND s.tenant_id = $1 AND s.product_id = p.id AND l.tenant_id = $1
			AND l.id = s.location_id`+stockFilter)
	// Short items are few, so they are found by their own index and sorted.
	findShortStock = define("find short stock", `
		SELECT `+stockListColumns+`
		FROM stock s CROSS JOIN products p CROSS JOIN locations l
		WHERE s.tenant_id = $1 AND s.severity > 0 AND p.tenant_id = $1 AND p.id = s.product_id AND l.tenant_id = $1
			AND l.id = s.location_id`+stockFilter)

	findStockByCode = define("find stock by code", `
		SELECT `+stockListColumns+`
		FROM stock s
			JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
			JOIN locations l ON l.tenant_id = s.tenant_id AND l.id = s.location_id
		WHERE s.tenant_id = $1
			AND s.product_id IN (
				SELECT id FROM products WHERE tenant_id = $1 AND id = $2
				UNION ALL SELECT product_id FROM product_barcodes WHERE tenant_id = $1 AND code = $2)
			AND s.severity >= $3 AND s.severity <= $4
			AND ($5 = '' OR s.location_id = $5)
			AND (p.sort_key, p.id, l.sort_key, l.id) > ($6, $7, $8, $9)
		ORDER BY p.sort_key, p.id, l.sort_key, l.id LIMIT $10`)

	// Open rentals are few beside all of them, and so are their lines.
	countOut           = define("count pieces out", piecesOut("r.tenant_id = $1"))
	countOutAtLocation = define("count pieces out of location", piecesOut("r.tenant_id = $1 AND r.location_id = $2"))
	// Sorted, because an index in the order of due instants has closed rentals too.
	findStockReturns = define("find stock returns", `
		SELECT r.id, r.partner_id, r.partner_name, r.status, l.quantity, r.due_at
		FROM rentals r CROSS JOIN rental_lines l
		WHERE r.tenant_id = $1 AND r.status IN ('OPEN', 'OVERDUE') AND r.location_id = $2 AND l.rental_id = r.id
			AND l.product_id = $3 AND l.quantity > 0 AND (r.due_at + 0, r.id) > ($4, $5)
		ORDER BY r.due_at + 0, r.id LIMIT $6`)

	findShortages = define("find shortages", `
		SELECT `+stockColumns("0")+`, `+claimColumns("1 = 0")+`
		FROM stock s
			JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id AND p.archived_at IS NULL
			JOIN locations l ON l.tenant_id = s.tenant_id AND l.id = s.location_id AND l.archived_at IS NULL
			LEFT JOIN claims c ON c.tenant_id = s.tenant_id AND c.event_id = s.event_id
		WHERE s.tenant_id = $1 AND s.severity > 0
			AND (-s.severity, coalesce(s.since, 0), s.product_id, s.location_id) > ($2, $3, $4, $5)
		ORDER BY -s.severity, coalesce(s.since, 0), s.product_id, s.location_id LIMIT $6`)

	// The newest first, at one location or at all ('').
	findNewestShortages = define("find newest shortages", `
		SELECT `+stockColumns("0")+`, `+claimColumns("1 = 0")+`
		FROM stock s
			JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id AND p.archived_at IS NULL
			JOIN locations l ON l.tenant_id = s.tenant_id AND l.id = s.location_id AND l.archived_at IS NULL
			LEFT JOIN claims c ON c.tenant_id = s.tenant_id AND c.event_id = s.event_id
		WHERE s.tenant_id = $1 AND s.severity > 0 AND ($2 = '' OR s.location_id = $2)
		ORDER BY coalesce(s.since, 0) DESC, s.severity DESC, s.product_id, s.location_id LIMIT $3`)

	// Three counts: all items from an index alone, and the short ones, which are few.
	countStock = define("count stock", `
		SELECT
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND `+notArchived+`),
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND severity > 0 AND severity = 1 AND `+notArchived+`),
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND severity > 0 AND severity = 2 AND `+notArchived+`)`)
	countStockAtLocation = define("count stock at location", `
		SELECT
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND location_id = $2 AND `+notArchived+`),
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND severity > 0 AND severity = 1 AND location_id = $2
				AND `+notArchived+`),
			(SELECT count(*) FROM stock WHERE tenant_id = $1 AND severity > 0 AND severity = 2 AND location_id = $2
				AND `+notArchived+`)`)
)

// stockRow is a stock item as it is stored.
type stockRow struct {
	item     harang.StockItem
	alerted  int64
	since    sql.NullInt64
	event    sql.NullString
	expected sql.NullInt64
	archived int64
}

// levelColumns are the destinations of quantity … expected_at, archived.
func (r *stockRow) levelColumns() []any {
	l := &r.item.Level
	return []any{&l.Quantity, &l.Thresholds.Warning, &l.Thresholds.Critical, &r.alerted, &r.since, &r.event,
		&r.expected, &r.archived}
}

// stockItem returns the scanned item.
func (r *stockRow) stockItem() harang.StockItem {
	r.item.Level.Alerted = severities[r.alerted]
	r.item.Since = timeOf(r.since)
	r.item.EventID = r.event.String
	r.item.ExpectedAt = timeOf(r.expected)
	r.item.Archived = r.archived != 0
	return r.item
}

// LockStock locks a stock item until the commit and returns it. NOT_FOUND when there
// is none.
func (tx *Tx) LockStock(ctx context.Context, tenant, productID, locationID string) (harang.StockItem, error) {
	return queryOne(ctx, tx, lockStock, func(r row) (harang.StockItem, error) {
		s := stockRow{item: harang.StockItem{ProductID: productID, LocationID: locationID}}
		if err := r.Scan(append([]any{&s.item.ProductName, &s.item.LocationName}, s.levelColumns()...)...); err != nil {
			return harang.StockItem{}, err
		}
		return s.stockItem(), nil
	}, tenant, productID, locationID)
}

// FindStockItem returns one stock item, without what is out. NOT_FOUND.
func (s *Store) FindStockItem(
	ctx context.Context, tenant, productID, locationID string,
) (harang.StockListItem, error) {
	found, err := queryOne(ctx, s.reader(), findStockItem, scanListedStock, tenant, productID, locationID)
	return found.item, err
}

// CreateStock creates a stock item and reports false when it exists already.
// NOT_FOUND when there is no such product or location.
func (tx *Tx) CreateStock(ctx context.Context, tenant string, i harang.StockItem) (bool, error) {
	n, err := execute(ctx, tx, createStock, append([]any{tenant, i.ProductID, i.LocationID}, stockValues(i)...)...)
	return n == 1, err
}

// UpdateStock updates a locked stock item.
func (tx *Tx) UpdateStock(ctx context.Context, tenant string, i harang.StockItem) error {
	_, err := execute(ctx, tx, updateStock, append(stockValues(i), tenant, i.ProductID, i.LocationID)...)
	return err
}

func stockValues(i harang.StockItem) []any {
	return []any{
		i.Level.Quantity, i.Level.Thresholds.Warning, i.Level.Thresholds.Critical,
		i.Severity().Rank(), i.Level.Alerted.Rank(),
		nullMillis(i.Since), sql.NullString{String: i.EventID, Valid: i.EventID != ""}, nullMillis(i.ExpectedAt),
	}
}

// HasMovement reports whether there is a movement with this id.
func (tx *Tx) HasMovement(ctx context.Context, tenant, id string) (bool, error) {
	n, err := queryOne(ctx, tx, countMovement, scanInt, id, tenant)
	return n == 1, err
}

// CreateMovement records a change of a quantity.
func (tx *Tx) CreateMovement(ctx context.Context, tenant string, m harang.StockMovement) error {
	_, err := execute(ctx, tx, createMovement,
		m.ID, tenant, m.ProductID, m.LocationID, m.Delta, m.Quantity, m.Reason, m.By.ID, m.By.Name, m.At.UnixMilli())
	return err
}

// FindMovements returns the newest movements of a stock item, newest first.
func (s *Store) FindMovements(
	ctx context.Context, tenant, productID, locationID string, limit int,
) ([]harang.StockMovement, error) {
	return queryAll(ctx, s.reader(), findMovements, scanMovement, tenant, productID, locationID, limit)
}

func scanMovement(r row) (m harang.StockMovement, err error) {
	var at int64
	err = r.Scan(&m.ID, &m.ProductID, &m.LocationID, &m.Delta, &m.Quantity, &m.Reason, &m.By.ID, &m.By.Name, &at)
	m.At = fromMillis(at)
	return m, err
}

// FindStockHistory returns a page of a stock item's movements, newest first. INVALID_REQUEST
// for a cursor of another list.
func (s *Store) FindStockHistory(
	ctx context.Context, tenant, productID, locationID, cursor string, limit int,
) (harang.Page[harang.StockMovement], error) {
	after := newestFirst
	if err := decodeCursor("movements", cursor, &after); err != nil {
		return harang.Page[harang.StockMovement]{}, err
	}
	rows, err := queryAll(ctx, s.reader(), findStockHistory, scanMovement, tenant, productID, locationID,
		after.At, after.ID, limit+1)
	if err != nil {
		return harang.Page[harang.StockMovement]{}, err
	}
	return pageOf("movements", rows, limit, func(m harang.StockMovement) harang.StockMovement { return m },
		func(m harang.StockMovement) any { return timeKey{m.At.UnixMilli(), m.ID} })
}

// SumMovements returns the sum of a stock item's movements, which its quantity must
// equal.
func (s *Store) SumMovements(ctx context.Context, tenant, productID, locationID string) (int64, error) {
	return queryOne(ctx, s.reader(), sumMovements, scanInt, tenant, productID, locationID)
}

// stockKey is the position of an item in the stock list. Rank is its severity's, in the list that has the worst first.
type stockKey struct {
	Rank                                     int
	Product, ProductID, Location, LocationID string
}

// listedStock is an item of the stock list with its position.
type listedStock struct {
	item harang.StockListItem
	key  stockKey
}

func scanListedStock(r row) (k listedStock, err error) {
	var (
		sr       stockRow
		barcodes string
	)
	columns := append([]any{&sr.item.ProductID, &sr.item.LocationID, &sr.item.ProductName, &sr.item.LocationName},
		sr.levelColumns()...)
	err = r.Scan(append(columns, &k.item.DailyPrice, &barcodes, &k.key.Product, &k.key.Location)...)
	k.item.StockItem, k.item.Barcodes = sr.stockItem(), strings.Fields(barcodes)
	k.key.ProductID, k.key.LocationID = sr.item.ProductID, sr.item.LocationID
	k.key.Rank = k.item.Severity().Rank()
	return k, err
}

// FindStock returns a page of a tenant's stock in the order of the query. INVALID_REQUEST for a cursor of another
// list or order.
func (s *Store) FindStock(
	ctx context.Context, tenant string, q harang.StockQuery,
) (harang.Page[harang.StockListItem], error) {
	none, list := harang.Page[harang.StockListItem]{}, "stock"
	if q.Sort == harang.StockWorstFirst && q.Code == "" {
		list = "stock, worst first"
	}
	after := stockKey{Rank: len(severities)}
	if err := decodeCursor(list, q.Cursor, &after); err != nil {
		return none, err
	}
	least, most := 0, len(severities)-1
	if q.Severity != "" {
		least, most = q.Severity.Rank(), q.Severity.Rank()
	}
	var (
		rows []listedStock
		err  error
	)
	switch {
	case q.Code != "":
		rows, err = queryAll(ctx, s.reader(), findStockByCode, scanListedStock, tenant, q.Code, least, most,
			q.LocationID, after.Product, after.ProductID, after.Location, after.LocationID, q.Limit+1)
	case list == "stock":
		rows, err = s.stockBetween(ctx, tenant, q, least, most, after, q.Limit+1)
	default:
		// One severity after the other, until the page is full.
		for rank := min(most, after.Rank); rank >= least && len(rows) <= q.Limit && err == nil; rank-- {
			from := after
			if rank != after.Rank {
				from = stockKey{}
			}
			var more []listedStock
			more, err = s.stockBetween(ctx, tenant, q, rank, rank, from, q.Limit+1-len(rows))
			rows = append(rows, more...)
		}
	}
	if err != nil {
		return none, err
	}
	if q.Out {
		if err := s.countOut(ctx, tenant, q.LocationID, rows); err != nil {
			return none, err
		}
	}
	return pageOf(list, rows, q.Limit, func(k listedStock) harang.StockListItem { return k.item },
		func(k listedStock) any { return k.key })
}

// stockBetween returns the items of the severities from least to most that follow a position by name.
func (s *Store) stockBetween(
	ctx context.Context, tenant string, q harang.StockQuery, least, most int, after stockKey, limit int,
) ([]listedStock, error) {
	find := findStock
	if least > 0 {
		find = findShortStock
	}
	like := likePatterns(q.Search)
	return queryAll(ctx, s.reader(), find, scanListedStock, tenant, like[0], like[1], like[2], least, most,
		q.LocationID, boolInt(q.Archived), after.Product, after.ProductID, after.Location, after.LocationID, limit)
}

// countOut sets how many pieces of each item are reserved or with partners.
func (s *Store) countOut(ctx context.Context, tenant, locationID string, items []listedStock) error {
	if len(items) == 0 {
		return nil
	}
	type slot struct{ product, location string }
	out := map[slot]int64{}
	count, args := countOut, []any{tenant}
	if locationID != "" {
		count, args = countOutAtLocation, append(args, locationID)
	}
	_, err := queryAll(ctx, s.reader(), count, func(r row) (struct{}, error) {
		var (
			at     slot
			pieces int64
		)
		err := r.Scan(&at.product, &at.location, &pieces)
		out[at] = pieces
		return struct{}{}, err
	}, args...)
	for i := range items {
		items[i].item.Out = out[slot{items[i].item.ProductID, items[i].item.LocationID}]
	}
	return err
}

// FindStockReturns returns a page of the rentals that are out with pieces of a stock item, in the order of their due
// instants. INVALID_REQUEST for a cursor of another list.
func (s *Store) FindStockReturns(
	ctx context.Context, tenant, productID, locationID, cursor string, limit int,
) (harang.Page[harang.StockReturn], error) {
	var after timeKey
	if err := decodeCursor("stock returns", cursor, &after); err != nil {
		return harang.Page[harang.StockReturn]{}, err
	}
	rows, err := queryAll(ctx, s.reader(), findStockReturns, func(r row) (v harang.StockReturn, err error) {
		var due int64
		err = r.Scan(&v.RentalID, &v.PartnerID, &v.PartnerName, &v.Status, &v.Quantity, &due)
		v.Due = fromMillis(due)
		return v, err
	}, tenant, locationID, productID, after.At, after.ID, limit+1)
	if err != nil {
		return harang.Page[harang.StockReturn]{}, err
	}
	return pageOf("stock returns", rows, limit, func(v harang.StockReturn) harang.StockReturn { return v },
		func(v harang.StockReturn) any { return timeKey{v.Due.UnixMilli(), v.RentalID} })
}

func scanShortage(r row) (harang.StockShortage, error) {
	var (
		sr    stockRow
		claim nullClaim
	)
	columns := append([]any{&sr.item.ProductID, &sr.item.LocationID, &sr.item.ProductName, &sr.item.LocationName},
		sr.levelColumns()...)
	if err := r.Scan(append(columns, claim.columns()...)...); err != nil {
		return harang.StockShortage{}, err
	}
	item := sr.stockItem()
	return harang.StockShortage{StockItem: item, Claim: claim.claim(item.EventID)}, nil
}

// FindNewestShortages returns a tenant's stock items that are not OK, the newest shortages first, at one location or at
// all ("").
func (s *Store) FindNewestShortages(
	ctx context.Context, tenant, locationID string, limit int,
) ([]harang.StockShortage, error) {
	return queryAll(ctx, s.reader(), findNewestShortages, scanShortage, tenant, locationID, limit)
}

// shortageKey is the position of an item in the list of shortages.
type shortageKey struct {
	Severity              int64
	Since                 int64
	ProductID, LocationID string
}

// FindShortages returns a page of a tenant's stock items that are not OK, critical
// ones first, then the longest short ones.
func (s *Store) FindShortages(
	ctx context.Context, tenant, cursor string, limit int,
) (harang.Page[harang.StockShortage], error) {
	after := shortageKey{Severity: -int64(len(severities))}
	if err := decodeCursor("shortages", cursor, &after); err != nil {
		return harang.Page[harang.StockShortage]{}, err
	}
	rows, err := queryAll(ctx, s.reader(), findShortages, scanShortage, tenant, after.Severity, after.Since,
		after.ProductID, after.LocationID, limit+1)
	if err != nil {
		return harang.Page[harang.StockShortage]{}, err
	}
	return pageOf("shortages", rows, limit, func(i harang.StockShortage) harang.StockShortage { return i },
		func(i harang.StockShortage) any {
			key := shortageKey{Severity: -int64(i.Severity().Rank()), ProductID: i.ProductID, LocationID: i.LocationID}
			if !i.Since.IsZero() {
				key.Since = i.Since.UnixMilli()
			}
			return key
		})
}

// CountStock counts a tenant's stock items by severity, at one location or at all
// ("").
func (s *Store) CountStock(ctx context.Context, tenant, locationID string) (harang.StockCounts, error) {
	count, args := countStock, []any{tenant}
	if locationID != "" {
		count, args = countStockAtLocation, append(args, locationID)
	}
	return queryOne(ctx, s.reader(), count, func(r row) (c harang.StockCounts, err error) {
		var all int64
		err = r.Scan(&all, &c.Warning, &c.Critical)
		c.OK = all - c.Warning - c.Critical
		return c, err
	}, args...)
}
