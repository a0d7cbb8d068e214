package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// The lists of payments with a search, days or a location, newest first, read in parts and steps as those of rentals.

var (
	// paymentFilter is the condition of these lists, sumFilter that of their sums, which are read by their days.
	paymentFilter = newPaymentFilter("tenant_id", "created_at + 0")
	sumFilter     = newPaymentFilter("tenant_id", "created_at")
	// paymentFilterByID is for rows whose ids are known: the tenant is no column of an index here, or SQLite could read
	// all of its payments.
	paymentFilterByID = newPaymentFilter("tenant_id || ''", "created_at + 0")
)

// newPaymentFilter is a filter with these terms. A payment's location is its rental's; a scalar subquery, because
// PostgreSQL could read all rentals for an EXISTS.
func newPaymentFilter(tenant, created string) string {
	return tenant + ` = $1 AND ($2 = '' OR status = $2) AND ` + created + ` >= $3 AND ` + created + ` < $4
		AND ($5 = '' OR $5 = (SELECT r.location_id FROM rentals r WHERE r.id = rental_id))`
}

// paymentList are the queries of a part of a tenant's payments: a page, the sums of all pages, and the end of a step;
// nil for a part that is small.
type paymentList struct {
	page, sum, end *query
	// step is how many rows a step has.
	step int
}

var (
	allPayments       = definePayments("all payments", "", listStep)
	paymentsOfPartner = definePayments("payments of partner", "partner_id", partnerStep)
	paymentsOfStatus  = definePayments("payments of status", "status", partnerStep)
	paymentsOfRental  = definePayments("payments of one rental", "rental_id", 0)
	paymentByID       = definePayments("payment", "id", 0)
	// By words: the partners are looked up once, and all payments are read.
	paymentsByWords = paymentList{
		page: define("find filtered payments by words", `
			SELECT `+paymentColumns+` FROM payments WHERE `+paymentFilter+` AND `+ofPartners+`
				AND (created_at, id) < ($10, $11) AND (created_at, id) >= ($12, $13)
			ORDER BY created_at DESC, id DESC LIMIT $14`),
		sum: defineSum("payments by words", " AND "+ofPartners), end: allPayments.end, step: listStep,
	}
	ofPartners = `partner_id IN (
		SELECT p.id FROM partners p WHERE p.tenant_id = $1 AND ` + partnerMatches("$6", "$7", "$8", "$9") + `)`

	findRentalNumbers = define("find numbers of rentals", `
		SELECT id, number FROM rentals WHERE tenant_id || '' = $1 AND id IN (`+parameters(2, statesBatch)+`)`)
)

// definePayments defines the list of a part: the rows with one value of a column, or all with "".
func definePayments(name, column string, step int) paymentList {
	next := 6 // the next parameter after those of paymentFilter
	parameter := func() string { next++; return "$" + strconv.Itoa(next-1) }
	position := func() string { return "(" + parameter() + ", " + parameter() + ")" }
	const newest = " ORDER BY created_at DESC, id DESC LIMIT "
	filter, where := paymentFilter, ""
	if column != "" {
		where = " AND " + column + " = " + parameter()
	}
	l := paymentList{sum: defineSum(name, where), step: step}
	if where += " AND (created_at, id) < " + position(); step > 0 {
		where += " AND (created_at, id) >= " + position()
	}
	if column != "" {
		// As a subquery, which the part's index has all columns for, or SQLite could read all payments in their order.
		filter, where = paymentFilterByID, " AND id IN (SELECT id FROM payments WHERE tenant_id = $1"+where+")"
	}
	l.page = define("find filtered "+name,
		"SELECT "+paymentColumns+" FROM payments WHERE "+filter+where+newest+parameter())
	if step > 0 {
		where, next = "", 2
		if column != "" {
			where = " AND " + column + " = " + parameter()
		}
		l.end = define("find end of filtered "+name, "SELECT created_at, id FROM payments WHERE tenant_id = $1"+where+
			" AND (created_at, id) < "+position()+newest+"1 OFFSET "+parameter())
	}
	return l
}

func defineSum(name, where string) *query {
	return define("sum filtered "+name, `
		SELECT COUNT(*), COALESCE(SUM(CASE WHEN status IN ('SUCCEEDED', 'REVERSED') THEN amount ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN status = 'REVERSED' THEN amount ELSE refunded END), 0)
		FROM payments WHERE `+sumFilter+where)
}

// paymentPart is the smallest part that has all payments of a query, with the arguments of its page and of its end.
type paymentPart struct {
	list paymentList
	by   []any
	// ofAll: the end is that of all payments, and has no arguments.
	ofAll bool
	// none: nothing can match.
	none bool
}

// partOfPayments returns the part to read for a query. A search is a payment or a rental by its id or number; when
// there is none, words of a partner.
func (s *Store) partOfPayments(ctx context.Context, tenant string, q harang.PaymentQuery) (p paymentPart, err error) {
	text := strings.TrimSpace(q.Search)
	if text == "" {
		if q.Status != "" {
			return paymentPart{list: paymentsOfStatus, by: []any{string(q.Status)}}, nil
		}
		return paymentPart{list: allPayments}, nil
	}
	isPayment, err := isFound(queryOne(ctx, s.reader(), findPayment, scanPayment, tenant, text))
	if err != nil || isPayment {
		return paymentPart{list: paymentByID, by: []any{text}}, err
	}
	rental, whole, err := s.searchRental(ctx, tenant, text)
	if err != nil || rental != "" || whole {
		return paymentPart{list: paymentsOfRental, by: []any{rental}, none: rental == ""}, err
	}
	patterns := partnerPatterns(text)
	partner, some, err := s.searchPartner(ctx, tenant, patterns)
	if partner != "" {
		return paymentPart{list: paymentsOfPartner, by: []any{partner}}, err
	}
	return paymentPart{list: paymentsByWords, by: patterns, ofAll: true, none: !some}, err
}

// isFound reports whether queryOne found a row.
func isFound[T any](_ T, err error) (bool, error) { return found(err) }

// paymentFilterOf are the parameters of paymentFilter.
func paymentFilterOf(tenant string, q harang.PaymentQuery) []any {
	from, to := millisRange(q.From, q.To)
	return []any{tenant, string(q.Status), from, to, q.LocationID}
}

// FindPayments returns a page of a tenant's payments with the numbers of their rentals, newest first. A page may have
// fewer payments than q.Limit, or none, and a next one. INVALID_REQUEST for a cursor of another list.
func (s *Store) FindPayments(
	ctx context.Context, tenant string, q harang.PaymentQuery,
) (none harang.Page[harang.Payment], err error) {
	after := newestFirst
	if !q.To.IsZero() {
		after = timeKey{At: q.To.UnixMilli()}
	}
	if err := decodeCursor("payments", q.Cursor, &after); err != nil {
		return none, err
	}
	var rows []harang.Payment
	var end *timeKey
	switch {
	case q.LocationID != "" || q.Search != "" || !q.From.IsZero() || !q.To.IsZero():
		rows, end, err = s.findFilteredPayments(ctx, tenant, q, after)
	case q.Status != "":
		rows, err = queryAll(ctx, s.reader(), findPaymentsByStatus, scanPayment, tenant, string(q.Status), after.At,
			after.ID, q.Limit+1)
	default:
		rows, err = queryAll(ctx, s.reader(), findPayments, scanPayment, tenant, after.At, after.ID, q.Limit+1)
	}
	if err != nil {
		return none, err
	}
	page, err := pageOf("payments", rows, q.Limit, func(p harang.Payment) harang.Payment { return p },
		func(p harang.Payment) any { return timeKey{p.Created.UnixMilli(), p.ID} })
	if err == nil && page.Next == "" && end != nil {
		page.Next, err = encodeCursor("payments", *end)
	}
	if err != nil {
		return page, err
	}
	return page, s.addRentalNumbers(ctx, tenant, page.Items)
}

// findFilteredPayments returns rows, one more than a page has, and the end of the step that was read; nil when there is
// nothing after it.
func (s *Store) findFilteredPayments(
	ctx context.Context, tenant string, q harang.PaymentQuery, after timeKey,
) ([]harang.Payment, *timeKey, error) {
	part, err := s.partOfPayments(ctx, tenant, q)
	if err != nil || part.none {
		return nil, nil, err
	}
	args := append(append(paymentFilterOf(tenant, q), part.by...), after.At, after.ID)
	var end *timeKey
	if part.list.end != nil {
		from, _ := millisRange(q.From, q.To)
		last, endArgs := timeKey{At: from}, []any{tenant}
		if !part.ofAll {
			endArgs = append(endArgs, part.by...)
		}
		ends, err := queryAll(ctx, s.reader(), part.list.end, scanTimeKey,
			append(endArgs, after.At, after.ID, part.list.step-1)...)
		if err != nil {
			return nil, nil, err
		}
		if len(ends) == 1 && ends[0].At >= last.At {
			end, last = &ends[0], ends[0]
		}
		args = append(args, last.At, last.ID)
	}
	rows, err := queryAll(ctx, s.reader(), part.list.page, scanPayment, append(args, q.Limit+1)...)
	return rows, end, err
}

// addRentalNumbers sets the numbers of the payments' rentals.
func (s *Store) addRentalNumbers(ctx context.Context, tenant string, payments []harang.Payment) error {
	ids := make([]string, len(payments))
	for i, p := range payments {
		ids[i] = p.RentalID
	}
	numbers := make(map[string]string, len(ids))
	_, err := queryByIDs(ctx, s.reader(), findRentalNumbers, func(r row) (none struct{}, err error) {
		var id string
		var number sql.NullString
		err = r.Scan(&id, &number)
		numbers[id] = number.String
		return none, err
	}, tenant, ids)
	for i := range payments {
		payments[i].RentalNumber = numbers[payments[i].RentalID]
	}
	return err
}

// SumFilteredPayments returns the figures of all payments that FindPayments returns, on
// all pages.
func (s *Store) SumFilteredPayments(
	ctx context.Context, tenant string, q harang.PaymentQuery,
) (none harang.PaymentTotals, err error) {
	part, err := s.partOfPayments(ctx, tenant, q)
	if err != nil || part.none {
		return none, err
	}
	return queryOne(ctx, s.reader(), part.list.sum, func(r row) (t harang.PaymentTotals, err error) {
		err = r.Scan(&t.Count, &t.Paid, &t.Refunded)
		return t, err
	}, append(paymentFilterOf(tenant, q), part.by...)...)
}
