package growth_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// The contents of a filled database.
const (
	// bigTenant is the tenant that grows.
	bigTenant = "big"
	// eventStep is the time between two of its events: ten million are 347 days.
	eventStep = 3 * time.Second
	// singleReads is how many events the user "picker" has read one by one, every
	// second one of the newest: as many as are remembered.
	singleReads = store.MaxSingleReads
	// fillBatch is how many events one statement inserts.
	fillBatch = 250_000
	// openRentals is how many of the newest rentals of a step are out.
	openRentals = 40
)

// firstEvent is the time of the first event: ten million fit into the retention time.
var firstEvent = time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, -350)

// timeOf is the commit time of the event with this number.
func timeOf(number int64) time.Time { return firstEvent.Add(time.Duration(number) * eventStep) }

func millis(number int64) int64 { return timeOf(number).UnixMilli() }

// fill makes a migrated database hold the events 1 to `to` of bigTenant, of which it
// has those up to from, with what a shop writes beside them: of 1,000 events 890 are
// rental_created, 100 stock_alert and 10 payment_error, one of these its own; ten
// rentals with a payment each, of which an older version has written every twentieth;
// 20 events for nodes, 50 single reads and ten read marks, by twenty users; and old
// sessions, tokens, requests, notifications of providers, claims and a refused event in
// the inbox. The newest openRentals rentals are out. What was written after the event
// from is deleted first.
func fill(ctx context.Context, db *sql.DB, from, to int64) error {
	run := func(text string) error {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(strings.Fields(text), " ")[:60], err)
		}
		return nil
	}
	if from == 0 {
		for _, text := range []string{
			`INSERT INTO tenants (id, name, created_at) VALUES ('big', 'Big', 0)`,
			`INSERT INTO heads (tenant_id, epoch, operators, managers, control)
				VALUES ('big', '` + string(harang.NewEpoch(firstEvent, 1, "")) + `', 0, 0, 0)`,
			`INSERT INTO locations (tenant_id, id, name, sort_key, search_key, updated_at)
				VALUES ('big', 'l', 'Bolt', 'bolt', 'bolt', 0)`,
			`INSERT INTO partners (tenant_id, id, name, sort_key, search_key, updated_at)
				VALUES ('big', 'p', 'Partner', 'partner', 'partner', 0)`,
			`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19)
			INSERT INTO users (id, tenant_id, email, name, role, disabled, password_hash, created_at, version)
			SELECT 'u' || i, 'big', 'u' || i || '@big.test', 'U', 'OPERATOR', 0, '', 0, 1 FROM n`,
		} {
			if err := run(text); err != nil {
				return err
			}
		}
	}
	for _, text := range []string{
		fmt.Sprintf(`DELETE FROM events WHERE tenant_id = 'big' AND managers > %d`, from),
		fmt.Sprintf(`DELETE FROM events WHERE tenant_id = 'big' AND control > %d`, from/50),
		`DELETE FROM read_marks WHERE tenant_id = 'big' AND user_id = 'marker'`,
	} {
		if err := run(text); err != nil {
			return err
		}
	}
	for first := from + 1; first <= to; first += fillBatch {
		if err := fillEvents(run, first, min(first+fillBatch-1, to)); err != nil {
			return err
		}
	}
	for _, text := range []string{
		`DELETE FROM reads WHERE tenant_id = 'big' AND user_id = 'picker'`,
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO reads (tenant_id, user_id, number, at)
			SELECT 'big', 'picker', %d - 2 * i, %d FROM n`, singleReads-1, to, millis(to)),
		fmt.Sprintf(`UPDATE rentals SET status = 'RETURNED', closed_at = due_at
			WHERE tenant_id = 'big' AND status = 'OPEN' AND created_at < %d`, millis(to-100*openRentals)),
		fmt.Sprintf(`UPDATE heads SET operators = %d, managers = %d, control = %d WHERE tenant_id = 'big'`,
			to/10, to, to/50),
	} {
		if err := run(text); err != nil {
			return err
		}
	}
	return nil
}

// fillEvents inserts the events first to last and the rows beside them.
func fillEvents(run func(text string) error, first, last int64) error {
	numbers := fmt.Sprintf(`WITH RECURSIVE n(i) AS (
		SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) `, first, last)
	at := fmt.Sprintf(`(%d + i * %d)`, firstEvent.UnixMilli(), eventStep.Milliseconds())
	for _, text := range []string{
		`INSERT INTO events (id, tenant_id, type, at, data, source, source_id, location_id, operators,
			managers, control)
		SELECT 'e' || (1000000000 + i), 'big',
			CASE WHEN i % 10 = 0 THEN 'stock_alert' WHEN i % 100 = 55 THEN 'payment_error'
				ELSE 'rental_created' END, ` + at + `,
			CASE WHEN i % 10 = 0 THEN '{"productId":"p","productName":"Fúrókalapács","locationId":"l",' ||
				'"locationName":"Bolt","currentQuantity":1,"threshold":3,"severity":"WARNING"}'
			WHEN i % 100 = 55 THEN '{"transactionId":"t' || i || '","errorCode":"iso:51",' ||
				'"errorMessage":"Nincs fedezet","partnerId":"p","partnerName":"Partner","amount":1000,"currency":"HUF"}'
			ELSE '{"rentalId":"r' || i || '","partnerId":"p","partnerName":"Partner","equipmentCount":2,' ||
				'"totalValue":4000,"currency":"HUF"}' END,
			CASE WHEN i % 1000 = 55 THEN 'harang:payments' WHEN i % 2 = 0 THEN 'urn:shop' END,
			CASE WHEN i % 1000 = 55 THEN 't' || i WHEN i % 2 = 0 THEN 'n' || (1000000000 + i) END,
			CASE WHEN i % 10 = 0 OR i % 1000 = 55 OR i % 50 = 1 THEN 'l' WHEN i % 100 IN (3, 55) THEN '' ELSE 'far' END,
			CASE WHEN i % 10 = 0 THEN i / 10 END, i, NULL
		FROM n`,
		`INSERT INTO events (id, tenant_id, type, at, data, control)
		SELECT 'c' || (1000000000 + i), 'big', 'read', ` + at + `, '{"userId":"u1","unreadCount":1,"head":""}', i / 50
		FROM n WHERE i % 50 = 0`,
		`INSERT INTO reads (tenant_id, user_id, number, at)
		SELECT 'big', 'u' || (i / 20 % 20), i, ` + at + ` FROM n WHERE i % 20 = 0`,
		`INSERT INTO rentals (id, tenant_id, partner_id, partner_name, location_id, location_name, status,
			equipment_count, total_value, paid, pending, by_id, by_name, created_at, due_at, closed_at, version)
		SELECT 'r' || i, 'big', 'p', 'Partner', 'l', 'Bolt', 'OPEN', 2, 4000,
			CASE WHEN i % 1000 = 55 THEN 0 ELSE 4000 END, 0, 'u1', 'U', ` + at + `, ` + at + ` + 86400000, NULL, 1
		FROM n WHERE i % 100 = 55`,
		`INSERT INTO audit (id, tenant_id, at, actor_id, actor_name, actor_role, address, action, subject_kind,
			subject_id, subject_name)
		SELECT 'a' || (1000000000 + i), 'big', ` + at + `, 'u' || (i % 20), 'U', 'OPERATOR', '192.0.2.1',
			CASE WHEN i % 4 = 3 THEN 'rental.cancel' ELSE 'stock.expect' END, 'rental', 'r' || (i / 1000), 'Partner'
		FROM n WHERE i % 10 = 3`,
		`INSERT INTO movements (id, tenant_id, product_id, location_id, delta, quantity, reason, user_id, user_name, at)
		SELECT 'm' || i, 'big', 'p', 'l', 1, i, 'count', 'u1', 'U', ` + at + ` FROM n WHERE i % 10 = 3`,
		`INSERT INTO rental_lines (rental_id, line, product_id, product_name, quantity, daily_price)
		SELECT 'r' || i, 0, 'p', 'Fúrókalapács', 2, 2000 FROM n WHERE i % 100 = 55`,
		`INSERT INTO payments (id, tenant_id, rental_id, partner_id, partner_name, amount, method, status, error_code,
			error_message, card_token, provider, reference, refund_due, created_at, settled_at, failed_at, checks,
			version, location_id)
		SELECT 't' || i, 'big', 'r' || i, 'p', 'Partner', 4000, 'CARD',
			CASE WHEN i % 1000 = 55 THEN 'DECLINED' ELSE 'SUCCEEDED' END,
			CASE WHEN i % 1000 = 55 THEN 'iso:51' ELSE '' END, '', '', 'sandbox', '', 0, ` + at + `,
			CASE WHEN i % 1000 <> 55 THEN ` + at + ` END, CASE WHEN i % 1000 = 55 THEN ` + at + ` END, 0, 1,
			CASE WHEN i % 2000 <> 155 THEN 'l' END
		FROM n WHERE i % 100 = 55`,
		`INSERT INTO read_marks (tenant_id, user_id, up_to, at)
		SELECT 'big', 'u' || (i / 100 % 20), i, ` + at + ` FROM n WHERE i % 100 = 0`,
		`INSERT INTO claims (tenant_id, event_id, user_id, user_name, at)
		SELECT 'big', 'e' || (1000000000 + i), 'u1', 'U', ` + at + ` FROM n WHERE i % 100 = 0`,
		`INSERT INTO sessions (id, tenant_id, user_id, generation, rotated_at, created_at, expires_at, ended_at, version)
		SELECT 's' || i, 'big', 'u' || (i / 50 % 20), 1, ` + at + `, ` + at + `, ` + at + ` + 1000,
			CASE WHEN i % 100 = 0 THEN ` + at + ` END, 1
		FROM n WHERE i % 50 = 0`,
		`INSERT INTO ended_tokens (id, tenant_id, expires_at) SELECT 'o' || i, 'big', ` + at + ` FROM n WHERE i % 200 = 0`,
		`INSERT INTO requests (tenant_id, user_id, route, request_key, fingerprint, resource_id, status, body, leased_until,
			created_at, version)
		SELECT 'big', 'u1', 'POST /rentals', 'k' || i, '', '', 201, '{}', 0, ` + at + `, 1 FROM n WHERE i % 100 = 0`,
		`INSERT INTO payment_notices (tenant_id, notice_key, payment_id, raw, at)
		SELECT 'big', 'k' || i, '', '', ` + at + ` FROM n WHERE i % 200 = 0`,
		`INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at, refused_at, problem)
		SELECT 'big', 'urn:shop', 'q' || i, 'x', '{}', i, ` + at + `, 'type: is not an event type'
			FROM n WHERE i % 1000 = 0`,
	} {
		if err := run(numbers + text); err != nil {
			return err
		}
	}
	return nil
}
