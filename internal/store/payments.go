package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

const paymentColumns = `id, tenant_id, rental_id, partner_id, partner_name, amount, method, status,
	error_code, error_message, card_token, provider, reference, refund_due,
	created_at, settled_at, failed_at, check_at, checks, rounding, refunded`

// stateColumns are those of a payment p and its rental r that a shop.PaymentState needs.
const stateColumns = `p.id, p.rental_id, p.status, p.error_code, p.error_message,
	r.status, r.total_value, r.paid, r.rounding, r.refund_pending, r.location_id`

var (
	createPayment = define("create payment", `
		INSERT INTO payments (`+paymentColumns+`, version, location_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 1,
			(SELECT r.location_id FROM rentals r WHERE r.id = $3))`)
	lockPayment = define("lock payment", `
		UPDATE payments SET version = version + 1 WHERE tenant_id = $1 AND id = $2 RETURNING `+paymentColumns)
	updatePayment = define("update payment", `
		UPDATE payments SET status = $1, error_code = $2, error_message = $3, reference = $4, refund_due = $5,
			settled_at = $6, failed_at = $7, check_at = $8, checks = $9, refunded = $10
		WHERE tenant_id = $11 AND id = $12`)
	findPayment = define("find payment", `
		SELECT `+paymentColumns+` FROM payments WHERE tenant_id = $1 AND id = $2`)
	findPayments = define("find payments", `
		SELECT `+paymentColumns+` FROM payments
		WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4`)
	findPaymentsByStatus = define("find payments by status", `
		SELECT `+paymentColumns+` FROM payments
		WHERE tenant_id = $1 AND status = $2 AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5`)
	// An own payment_error has the payment's id at its origin. CROSS JOIN fixes SQLite's
	// join order, so that only payments that failed since the instant are read.
	findOwnFailures = define("find own payment failures", `
		SELECT e.managers, e.id, e.at, e.data, `+claimColumns("1 = 1")+`, `+stateColumns+`
		FROM payments p CROSS JOIN rentals r CROSS JOIN events e
			LEFT JOIN claims c ON c.tenant_id = e.tenant_id AND c.event_id = e.id
		WHERE p.tenant_id = $1 AND p.failed_at > $2 AND r.id = p.rental_id
			AND r.status <> 'CANCELLED' AND r.total_value + r.rounding + r.refund_pending > r.paid
			AND ($3 = '' OR r.location_id = $3)
			AND e.tenant_id = p.tenant_id AND e.source = '`+harang.PaymentSource+`' AND e.source_id = p.id
		ORDER BY p.failed_at DESC LIMIT $4`)
	findOtherFailures = define("find other payment failures", `
		SELECT e.managers, e.id, e.at, e.data, `+claimColumns("1 = 1")+`
		FROM events e LEFT JOIN claims c ON c.tenant_id = e.tenant_id AND c.event_id = e.id
		WHERE e.tenant_id = $1 AND e.type = '`+harang.PaymentErrorType.Name+`' AND e.managers > $2 AND e.at > $3
			AND (e.source IS NULL OR e.source <> '`+harang.PaymentSource+`')
		ORDER BY e.managers DESC LIMIT $4`)
	// The tenant is no column of an index here: SQLite would read all of its payments.
	findPaymentStates = define("find payment states", `
		SELECT `+stateColumns+`
		FROM payments p JOIN rentals r ON r.id = p.rental_id
		WHERE p.tenant_id || '' = $1 AND p.id IN (`+parameters(2, statesBatch)+`)`)
	// With the instant of the rental's last payment.
	findResolutions = define("find resolutions of payments", `
		SELECT `+stateColumns+`, p.failed_at, p.settled_at, r.closed_at, (
			SELECT max(o.settled_at) FROM payments o WHERE o.rental_id = p.rental_id)
		FROM payments p JOIN rentals r ON r.id = p.rental_id
		WHERE p.tenant_id || '' = $1 AND p.id IN (`+parameters(2, statesBatch)+`)`)
	findRentalPayments = define("find payments of rental", `
		SELECT `+paymentColumns+` FROM payments WHERE tenant_id = $1 AND rental_id = $2 ORDER BY created_at, id`)
	countRentalPayments = define("count payments of rental", `
		SELECT COUNT(*) FROM payments WHERE tenant_id = $1 AND rental_id = $2`)
	findOpenPayments = define("find payments to check", `
		SELECT `+paymentColumns+` FROM payments
		WHERE check_at <= $1 AND `+notOf("$2")+` ORDER BY check_at LIMIT $3`)
	deferPayment = define("defer payment check", `
		UPDATE payments SET check_at = $1, checks = checks + 1, version = version + 1
		WHERE tenant_id = $2 AND id = $3 AND check_at = $4`)

	// Each day's sum reads its own part of the index.
	sumSettled = define("sum settled payments", "SELECT "+sumsByDay(2, func(from, to string) string {
		return `(SELECT COALESCE(SUM(amount - refunded), 0) FROM payments
			WHERE tenant_id = $1 AND status = 'SUCCEEDED' AND settled_at >= ` + from + ` AND settled_at < ` + to + `)`
	}))
	sumSettledAtLocation = define("sum settled payments at location", "SELECT "+sumsByDay(3, func(
		from, to string,
	) string {
		return `(SELECT COALESCE(SUM(amount - refunded), 0) FROM payments
			WHERE tenant_id = $1 AND location_id = $2 AND status = 'SUCCEEDED'
				AND settled_at >= ` + from + ` AND settled_at < ` + to + `)`
	}))
	// Payments that an older version has written have no location: their rental's is read
	// for each of them. As a subquery, because PostgreSQL would read all rentals for a join.
	findSettledWithoutLocation = define("find settled payments without location", `
		SELECT p.settled_at, p.amount - p.refunded FROM payments p
		WHERE p.tenant_id = $1 AND p.location_id IS NULL AND p.status = 'SUCCEEDED'
			AND p.settled_at >= $2 AND p.settled_at < $3
			AND (SELECT r.location_id FROM rentals r WHERE r.id = p.rental_id) = $4`)

	createNotice = define("create payment notice", `
		INSERT INTO payment_notices (tenant_id, notice_key, payment_id, raw, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, notice_key) DO NOTHING`)
	sweepNotices = define("delete old payment notices", `
		DELETE FROM payment_notices WHERE (tenant_id, notice_key) IN (
			SELECT tenant_id, notice_key FROM payment_notices WHERE at < $1 ORDER BY at LIMIT $2)`)

	putCard = define("put card", `
		INSERT INTO partner_cards (tenant_id, partner_id, token, brand, last4, expires, label, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id, partner_id, token) DO UPDATE SET brand = excluded.brand, last4 = excluded.last4,
			expires = excluded.expires, label = excluded.label, updated_at = excluded.updated_at`)
	putPendingCard = define("put pending card", `
		INSERT INTO pending_cards (payment_id, tenant_id, token, brand, last4, expires, label, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (payment_id) DO UPDATE SET token = excluded.token, brand = excluded.brand, last4 = excluded.last4,
			expires = excluded.expires, label = excluded.label, at = excluded.at`)
	takePendingCard = define("take pending card", `
		DELETE FROM pending_cards WHERE tenant_id = $1 AND payment_id = $2
		RETURNING token, brand, last4, expires, label`)
	recheckPendingCards = define("recheck payments with pending card", `
		UPDATE payments SET check_at = $1, checks = 0, version = version + 1
		WHERE check_at IS NULL AND id IN (SELECT payment_id FROM pending_cards)`)
	deleteCard = define("delete card", `
		DELETE FROM partner_cards WHERE tenant_id = $1 AND partner_id = $2 AND token = $3`)
	findCards = define("find cards", `
		SELECT token, brand, last4, expires, label FROM partner_cards
		WHERE tenant_id = $1 AND partner_id = $2 ORDER BY updated_at DESC, token LIMIT $3`)

	putPaymentSettings = define("put payment settings", `
		INSERT INTO payment_settings (tenant_id, provider, config_file, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id) DO UPDATE SET provider = excluded.provider, config_file = excluded.config_file,
			updated_at = excluded.updated_at`)
	findPaymentSettings = define("find payment settings", `
		SELECT COALESCE(p.provider, ''), COALESCE(p.config_file, '')
		FROM tenants t LEFT JOIN payment_settings p ON p.tenant_id = t.id WHERE t.id = $1`)
)

// figureDays is of how many days one statement sums the payments.
const figureDays = 14

// sumsByDay lists figureDays sums, each made by sum from the parameters of two
// consecutive instants, the first of which is numbered first.
func sumsByDay(first int, sum func(from, to string) string) string {
	days := make([]string, figureDays)
	for i := range days {
		days[i] = sum(parameters(first+i, 1), parameters(first+i+1, 1))
	}
	return strings.Join(days, ", ")
}

func scanPayment(r row) (harang.Payment, error) {
	var p harang.Payment
	var refund, created int64
	var settled, failed, check sql.NullInt64
	err := r.Scan(&p.ID, &p.Tenant, &p.RentalID, &p.PartnerID, &p.PartnerName, &p.Amount, &p.Method, &p.Status,
		&p.ErrorCode, &p.ErrorMessage, &p.CardToken, &p.Provider, &p.Reference, &refund,
		&created, &settled, &failed, &check, &p.Checks, &p.Rounding, &p.Refunded)
	p.RefundDue, p.Created = refund != 0, fromMillis(created)
	p.Settled, p.Failed, p.CheckAt = timeOf(settled), timeOf(failed), timeOf(check)
	return p, err
}

// CreatePayment stores a new payment. CONFLICT when the id exists.
func (tx *Tx) CreatePayment(ctx context.Context, p harang.Payment) error {
	_, err := execute(ctx, tx, createPayment, p.ID, p.Tenant, p.RentalID, p.PartnerID, p.PartnerName, p.Amount,
		string(p.Method), string(p.Status), p.ErrorCode, p.ErrorMessage, p.CardToken, p.Provider, p.Reference,
		boolInt(p.RefundDue), p.Created.UnixMilli(), nullMillis(p.Settled), nullMillis(p.Failed), nullMillis(p.CheckAt),
		p.Checks, p.Rounding, p.Refunded)
	return err
}

// LockPayment locks a payment until the commit and returns it. Its rental must be
// locked before. NOT_FOUND when the tenant has no such one.
func (tx *Tx) LockPayment(ctx context.Context, tenant, id string) (harang.Payment, error) {
	return queryOne(ctx, tx, lockPayment, scanPayment, tenant, id)
}

// UpdatePayment updates the mutable columns of a locked payment.
func (tx *Tx) UpdatePayment(ctx context.Context, p harang.Payment) error {
	_, err := execute(ctx, tx, updatePayment, string(p.Status), p.ErrorCode, p.ErrorMessage, p.Reference,
		boolInt(p.RefundDue),
		nullMillis(p.Settled), nullMillis(p.Failed), nullMillis(p.CheckAt), p.Checks, p.Refunded, p.Tenant,
		p.ID)
	return err
}

// FindPayment returns a payment. NOT_FOUND when the tenant has no such one.
func (tx *Tx) FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error) {
	return queryOne(ctx, tx, findPayment, scanPayment, tenant, id)
}

// FindPayment returns a payment. NOT_FOUND when the tenant has no such one.
func (s *Store) FindPayment(ctx context.Context, tenant, id string) (harang.Payment, error) {
	return queryOne(ctx, s.reader(), findPayment, scanPayment, tenant, id)
}

// statesBatch is how many payments one statement reads.
const statesBatch = 100

// stateRow is a row of stateColumns.
type stateRow struct {
	payment shop.PaymentState
	rental  harang.Rental
}

func (s *stateRow) columns() []any {
	p, r := &s.payment, &s.rental
	return []any{&p.ID, &p.RentalID, &p.Status, &p.ErrorCode, &p.ErrorMessage, &r.Status, &r.TotalValue, &r.Paid,
		&r.Rounding, &r.RefundPending, &p.LocationID}
}

func (s *stateRow) state() shop.PaymentState {
	s.payment.Owed = s.rental.Owed()
	return s.payment
}

// FindPaymentStates returns the states of the tenant's payments with these ids, in no
// order. Unknown ids are left out.
func (s *Store) FindPaymentStates(ctx context.Context, tenant string, ids []string) ([]shop.PaymentState, error) {
	return paymentStates(ctx, s.reader(), tenant, ids)
}

func paymentStates(ctx context.Context, run runner, tenant string, ids []string) ([]shop.PaymentState, error) {
	return queryByIDs(ctx, run, findPaymentStates, func(r row) (shop.PaymentState, error) {
		var s stateRow
		err := r.Scan(s.columns()...)
		return s.state(), err
	}, tenant, ids)
}

// queryByIDs runs q, whose parameters are a tenant and statesBatch ids, for any number of
// ids.
func queryByIDs[T any](
	ctx context.Context, run runner, q *query, scan func(row) (T, error), tenant string, ids []string,
) ([]T, error) {
	var all []T
	for batch := range slices.Chunk(ids, statesBatch) {
		args := make([]any, 1+statesBatch)
		args[0] = tenant
		for i := range statesBatch {
			args[1+i] = batch[min(i, len(batch)-1)] // the last id fills the batch
		}
		rows, err := queryAll(ctx, run, q, scan, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// FindResolutions returns since when nothing is left to do about those of the tenant's
// failed payments with these ids, by id: it succeeded after all, or its rental is
// cancelled, or paid otherwise. Others are left out.
func (s *Store) FindResolutions(ctx context.Context, tenant string, ids []string) (map[string]time.Time, error) {
	resolved := map[string]time.Time{}
	_, err := queryByIDs(ctx, s.reader(), findResolutions, func(r row) (none struct{}, err error) {
		var p stateRow
		var failed, settled, closed, paid sql.NullInt64
		if err := r.Scan(append(p.columns(), &failed, &settled, &closed, &paid)...); err != nil {
			return none, err
		}
		at := timeOf(settled)
		switch {
		case p.payment.Status == harang.PaymentSucceeded || p.payment.Status == harang.PaymentReversed:
		case p.rental.Status == harang.RentalCancelled:
			at = timeOf(closed)
		case p.rental.Owed() > 0:
			return none, nil
		default:
			// The last payment, or what a return took off the price.
			at = fromMillis(max(paid.Int64, failed.Int64))
		}
		resolved[p.payment.ID] = at
		return none, nil
	}, tenant, ids)
	return resolved, err
}

// FindOwnFailures returns the payment_errors of the tenant's payments that failed after
// an instant and whose rental, at one location or at any (""), still owes, at most
// limit, the newest first.
func (s *Store) FindOwnFailures(
	ctx context.Context, tenant, locationID string, since time.Time, limit int,
) ([]shop.ReportedFailure, error) {
	return queryAll(ctx, s.reader(), findOwnFailures, func(r row) (shop.ReportedFailure, error) {
		var payment stateRow
		f, err := scanFailure(r, payment.columns()...)
		state := payment.state()
		f.Payment = &state
		return f, err
	}, tenant, since.UnixMilli(), locationID, limit)
}

// FindOtherFailures returns the payment_errors that other applications have reported
// to the tenant after an instant, at most limit, the newest first.
func (s *Store) FindOtherFailures(
	ctx context.Context, tenant string, since time.Time, limit int,
) ([]shop.ReportedFailure, error) {
	floor, err := s.floorSince(ctx, tenant, since)
	if err != nil {
		return nil, err
	}
	return queryAll(ctx, s.reader(), findOtherFailures, func(r row) (shop.ReportedFailure, error) {
		return scanFailure(r)
	}, tenant, floor, since.UnixMilli(), limit)
}

// scanFailure reads an event, its claim, and the columns after them.
func scanFailure(r row, more ...any) (f shop.ReportedFailure, err error) {
	var (
		at    int64
		data  []byte
		claim nullClaim
	)
	if err := r.Scan(slices.Concat([]any{&f.Number, &f.EventID, &at, &data}, claim.columns(), more)...); err != nil {
		return f, err
	}
	f.At, f.Claim = fromMillis(at), claim.claim(f.EventID)
	return f, json.Unmarshal(data, &f.Error)
}

// FindRentalPayments returns the payments of a rental, oldest first.
func (tx *Tx) FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error) {
	return queryAll(ctx, tx, findRentalPayments, scanPayment, tenant, rentalID)
}

// CountRentalPayments counts a rental's payments of every status.
func (tx *Tx) CountRentalPayments(ctx context.Context, tenant, rentalID string) (int64, error) {
	return queryOne(ctx, tx, countRentalPayments, scanInt, tenant, rentalID)
}

// FindRentalPayments returns the payments of a rental, oldest first.
func (s *Store) FindRentalPayments(ctx context.Context, tenant, rentalID string) ([]harang.Payment, error) {
	return queryAll(ctx, s.reader(), findRentalPayments, scanPayment, tenant, rentalID)
}

// FindOpenPayments returns payments of all tenants but some whose status call is due at
// now, the longest due first.
func (s *Store) FindOpenPayments(
	ctx context.Context, now time.Time, without []string, limit int,
) ([]harang.Payment, error) {
	return queryAll(ctx, s.reader(), findOpenPayments, scanPayment, now.UnixMilli(), listOf(without), limit)
}

// DeferPayment moves a payment's status call to a later instant and reports whether
// this call did it: of several concurrent ones, one does.
func (s *Store) DeferPayment(ctx context.Context, p harang.Payment, until time.Time) (bool, error) {
	var n int64
	err := s.within(ctx, func(tx *Tx) error {
		var err error
		n, err = execute(ctx, tx, deferPayment, until.UnixMilli(), p.Tenant, p.ID, p.CheckAt.UnixMilli())
		return err
	})
	return n == 1, err
}

// SumPayments sums a tenant's payments: those settled on each day, which lasts from one
// of the instants until before the next, and those that failed on the last day, of the
// rentals at one location or at all ("").
func (s *Store) SumPayments(
	ctx context.Context, tenant, locationID string, days []time.Time,
) (shop.PaymentFigures, error) {
	var f shop.PaymentFigures
	sum, location := sumSettled, []any(nil)
	if locationID != "" {
		sum, location = sumSettledAtLocation, []any{locationID}
	}
	for first := 0; first < len(days)-1; first += figureDays {
		args := append([]any{tenant}, location...)
		for i := range figureDays + 1 { // the last instant fills the statement with empty days
			args = append(args, days[min(first+i, len(days)-1)].UnixMilli())
		}
		sums, err := queryOne(ctx, s.reader(), sum, scanSums, args...)
		if err != nil {
			return f, err
		}
		f.Days = append(f.Days, sums[:min(figureDays, len(days)-1-first)]...)
	}
	if locationID == "" || len(f.Days) == 0 {
		return f, nil
	}
	return f, s.addWithoutLocation(ctx, tenant, locationID, days, f.Days)
}

// addWithoutLocation adds the payments that have no location of their own to the sums of
// their days.
func (s *Store) addWithoutLocation(
	ctx context.Context, tenant, locationID string, days []time.Time, sums []int64,
) error {
	type settled struct{ at, amount int64 }
	payments, err := queryAll(ctx, s.reader(), findSettledWithoutLocation, func(r row) (p settled, err error) {
		err = r.Scan(&p.at, &p.amount)
		return p, err
	}, tenant, days[0].UnixMilli(), days[len(days)-1].UnixMilli(), locationID)
	for _, p := range payments {
		day, _ := slices.BinarySearchFunc(days, p.at+1, func(d time.Time, at int64) int {
			return cmp.Compare(d.UnixMilli(), at)
		})
		sums[day-1] += p.amount
	}
	return err
}

// scanSums reads the sums of figureDays days.
func scanSums(r row) ([]int64, error) {
	sums := make([]int64, figureDays)
	into := make([]any, figureDays)
	for i := range sums {
		into[i] = &sums[i]
	}
	return sums, r.Scan(into...)
}

// CreateNotice stores a notification of a payment provider and reports false when it
// was stored before.
func (tx *Tx) CreateNotice(ctx context.Context, tenant string, n shop.PaymentNotice, at time.Time) (bool, error) {
	raw := strings.ReplaceAll(strings.ToValidUTF8(string(n.Raw), "\uFFFD"), "\x00", "\uFFFD")
	created, err := execute(ctx, tx, createNotice, tenant, n.Key, n.TransactionID, raw, at.UnixMilli())
	return created == 1, err
}

// SweepNotices deletes at most limit notifications older than an instant and returns
// how many.
func (s *Store) SweepNotices(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.sweepRows(ctx, sweepNotices, before, limit)
}

// sweepRows runs q, whose parameters are an instant and a limit.
func (s *Store) sweepRows(ctx context.Context, q *query, before time.Time, limit int) (int64, error) {
	var n int64
	err := s.within(ctx, func(tx *Tx) error {
		var err error
		n, err = execute(ctx, tx, q, before.UnixMilli(), limit)
		return err
	})
	return n, err
}

// PutCard stores a partner's card or replaces the one with its token. NOT_FOUND when
// there is no such partner.
func (tx *Tx) PutCard(ctx context.Context, tenant, partnerID string, c harang.Card, at time.Time) error {
	_, err := execute(ctx, tx, putCard, tenant, partnerID, c.Token, c.Brand, c.Last4, c.Expires, c.Label,
		at.UnixMilli())
	return err
}

// PutPendingCard stores the card of a locked payment until the provider's answer about
// the payment. A later card replaces it.
func (tx *Tx) PutPendingCard(ctx context.Context, tenant, paymentID string, c harang.Card, at time.Time) error {
	_, err := execute(ctx, tx, putPendingCard, paymentID, tenant, c.Token, c.Brand, c.Last4, c.Expires, c.Label,
		at.UnixMilli())
	return err
}

// TakePendingCard deletes and returns the pending card of a locked payment. NOT_FOUND
// when there is none.
func (tx *Tx) TakePendingCard(ctx context.Context, tenant, paymentID string) (harang.Card, error) {
	return queryOne(ctx, tx, takePendingCard, scanCard, tenant, paymentID)
}

// RecheckPendingCards makes the status call due at now of every payment that has a
// pending card and no further check: a node of version 0.1.0 settles payments without
// their cards.
func (s *Store) RecheckPendingCards(ctx context.Context, now time.Time) error {
	return s.within(ctx, func(tx *Tx) error {
		_, err := execute(ctx, tx, recheckPendingCards, now.UnixMilli())
		return err
	})
}

// DeleteCard deletes a partner's card and reports whether there was one.
func (tx *Tx) DeleteCard(ctx context.Context, tenant, partnerID, token string) (bool, error) {
	n, err := execute(ctx, tx, deleteCard, tenant, partnerID, token)
	return n == 1, err
}

// FindCards returns at most limit of a partner's cards, the newest first.
func (s *Store) FindCards(ctx context.Context, tenant, partnerID string, limit int) ([]harang.Card, error) {
	return cardsOf(ctx, s.reader(), tenant, partnerID, limit)
}

// FindCards returns at most limit of a partner's cards, the newest first.
func (tx *Tx) FindCards(ctx context.Context, tenant, partnerID string, limit int) ([]harang.Card, error) {
	return cardsOf(ctx, tx, tenant, partnerID, limit)
}

func cardsOf(ctx context.Context, r runner, tenant, partnerID string, limit int) ([]harang.Card, error) {
	return queryAll(ctx, r, findCards, scanCard, tenant, partnerID, limit)
}

func scanCard(r row) (c harang.Card, err error) {
	err = r.Scan(&c.Token, &c.Brand, &c.Last4, &c.Expires, &c.Label)
	return c, err
}

// PutPaymentSettings sets a tenant's payment provider, and writes rows of the audit log.
// NOT_FOUND when there is no such tenant.
func (s *Store) PutPaymentSettings(
	ctx context.Context, tenant string, p harang.PaymentSettings, audit ...harang.AuditEntry,
) error {
	return s.within(ctx, func(tx *Tx) error {
		if _, err := execute(ctx, tx, putPaymentSettings, tenant, p.Provider, p.ConfigFile,
			s.nowMillis()); err != nil {
			return err
		}
		return tx.CreateAudit(ctx, tenant, audit...)
	})
}

// FindPaymentSettings returns a tenant's payment provider, the sandbox by default.
// NOT_FOUND when there is no such tenant.
func (s *Store) FindPaymentSettings(ctx context.Context, tenant string) (harang.PaymentSettings, error) {
	p, err := queryOne(ctx, s.reader(), findPaymentSettings, func(r row) (p harang.PaymentSettings, err error) {
		err = r.Scan(&p.Provider, &p.ConfigFile)
		return p, err
	}, tenant)
	if err == nil && p.Provider == "" {
		p.Provider = harang.ProviderSandbox
	}
	return p, err
}
