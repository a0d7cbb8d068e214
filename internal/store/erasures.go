package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
)

const (
	// copyPage is how many rows one statement of a pass reads, outside a transaction.
	copyPage = 1000
	// copyBatch is how many rows one of its transactions writes.
	copyBatch = 100
	// erasedText replaces texts of which nothing is kept.
	erasedText = "…"
)

const erasureColumns = `tenant_id, kind, subject_id, erased_at, passes, due_at`

// noContact removes what an erased partner could be reached by.
const noContact = `phone = NULL, email = NULL, note = NULL, phone_key = NULL, email_key = NULL`

var (
	findErasure = define("find erasure", `
		SELECT `+erasureColumns+` FROM erasures WHERE tenant_id = $1 AND kind = $2 AND subject_id = $3`)
	findAllErasures = define("find all erasures", `
		SELECT `+erasureColumns+` FROM erasures ORDER BY tenant_id, kind, subject_id`)
	findDueErasures = define("find due erasures", `
		SELECT `+erasureColumns+` FROM erasures WHERE due_at <= $1 ORDER BY due_at LIMIT $2`)
	createErasure = define("create erasure", `
		INSERT INTO erasures (tenant_id, kind, subject_id, erased_at, passes, due_at, renew)
		VALUES ($1, $2, $3, $4, 0, $5, 1)`)
	deferErasure = define("defer erasure", `
		UPDATE erasures SET due_at = $1 WHERE tenant_id = $2 AND kind = $3 AND subject_id = $4 AND due_at = $5`)
	requireRenewal = define("require renewal after erasure", `
		UPDATE erasures SET renew = 1 WHERE tenant_id = $1 AND kind = $2 AND subject_id = $3`)
	endErasurePass = define("end pass of erasure", `
		UPDATE erasures SET renew = 0, passes = passes + 1, due_at = $1
		WHERE tenant_id = $2 AND kind = $3 AND subject_id = $4`)
	mustRenew = define("find renewal after erasure", `
		SELECT renew FROM erasures WHERE tenant_id = $1 AND kind = $2 AND subject_id = $3`)

	erasePartner = define("erase partner", `
		UPDATE partners SET name = $1, sort_key = $2, search_key = $3, erased_at = $4, updated_at = $4,
			archived_at = coalesce(archived_at, $4), `+noContact+`
		WHERE tenant_id = $5 AND id = $6`)
	// An older node that erases a partner does not know of them.
	eraseContacts = define("erase contacts of erased partners", `
		UPDATE partners SET `+noContact+`
		WHERE erased_at IS NOT NULL AND (phone IS NOT NULL OR email IS NOT NULL OR note IS NOT NULL)`)
	eraseCards = define("erase cards", `
		DELETE FROM partner_cards WHERE tenant_id = $1 AND partner_id = $2`)
	// Each part reads the few rows of one index: rentals that are out, that wait for a payment, that owe, and those of
	// payments and refunds without an outcome.
	findUnfinishedRentals = define("find unfinished rentals of partner", `
		SELECT id FROM (
			SELECT id FROM rentals WHERE tenant_id = $1 AND status IN ('OPEN', 'OVERDUE') AND partner_id = $2
			UNION SELECT id FROM rentals WHERE tenant_id = $1 AND status = 'AWAITING_PAYMENT' AND partner_id = $2
			UNION SELECT id FROM rentals WHERE tenant_id = $1 AND `+owes+` AND partner_id = $2
			UNION SELECT rental_id FROM payments WHERE tenant_id = $1 AND status = 'PENDING' AND partner_id = $2
			UNION SELECT rental_id FROM refunds WHERE tenant_id = $1 AND status <> 'SUCCEEDED' AND partner_id = $2
		) AS unfinished ORDER BY id LIMIT $3`)

	findUserToErase = define("find user to erase", `
		UPDATE users SET version = version + 1 WHERE tenant_id = $1 AND id = $2
		RETURNING id, tenant_id, email, name, role, disabled, created_at, language, password_temporary, erased_at`)
	eraseUser = define("erase user", `
		UPDATE users SET name = $1, email = $2, password_hash = '', language = NULL, disabled = 1, sessions_from = $3,
			erased_at = $4
		WHERE tenant_id = $5 AND id = $6`)
	eraseSessions = define("erase sessions", `
		DELETE FROM sessions WHERE user_id = $1`)

	// The pages of a pass, each in the order of an index.
	pageRentals  = defineCopyPage("rentals", "by_id")
	pagePayments = defineCopyPage("payments", "''")
	pageRefunds  = defineCopyPage("refunds", "by_id")
	pageNotices  = define("page of payment notices", `
		SELECT n.notice_key, coalesce(p.partner_id, '')
		FROM payment_notices n LEFT JOIN payments p ON p.id = n.payment_id
		WHERE n.tenant_id = $1 AND n.notice_key > $2 ORDER BY n.notice_key LIMIT $3`)
	pageRequests = define("page of requests", `
		SELECT user_id, route, request_key, body FROM requests
		WHERE tenant_id = $1 AND (user_id, route, request_key) > ($2, $3, $4)
		ORDER BY user_id, route, request_key LIMIT $5`)
	// Other applications choose the keys, so a refused row may have empty ones.
	firstPageInbox = define("first page of event inbox", `
		SELECT source, id, data, coalesce(problem, '') FROM event_inbox
		WHERE tenant_id = $1 AND (source, id) >= ($2, $3) ORDER BY source, id LIMIT $4`)
	pageInbox = define("page of event inbox", `
		SELECT source, id, data, coalesce(problem, '') FROM event_inbox
		WHERE tenant_id = $1 AND (source, id) > ($2, $3) ORDER BY source, id LIMIT $4`)
	pageClaims = define("page of claims", `
		SELECT event_id, user_id FROM claims WHERE tenant_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3`)
	pageStock = define("page of stock", `
		SELECT product_id, location_id FROM stock
		WHERE tenant_id = $1 AND (product_id, location_id) > ($2, $3) ORDER BY product_id, location_id LIMIT $4`)
	findMovementsOfUser = define("find movements of user", `
		SELECT id FROM movements
		WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3 AND user_id = $4 AND user_name <> $5 LIMIT $6`)
	pageAuditOfActor = define("page of audit log of actor", `
		SELECT id, at, before_state, after_state FROM audit
		WHERE tenant_id || ' ' || actor_id = $1 AND (at, id) > ($2, $3) ORDER BY at, id LIMIT $4`)
	pageAuditOfSubject = define("page of audit log of subject", `
		SELECT id, at, before_state, after_state FROM audit
		WHERE tenant_id || ' ' || subject_kind || ' ' || subject_id = $1 AND (at, id) > ($2, $3)
		ORDER BY at, id LIMIT $4`)

	pageAuditOfAction = define("page of audit log of action", `
		SELECT id, at, before_state, after_state FROM audit
		WHERE tenant_id || ' ' || action = $1 AND (at, id) > ($2, $3) ORDER BY at, id LIMIT $4`)

	// What a pass writes. A row that has the value already stays as it is.
	eraseRentalPartner = define("erase partner of rental", `
		UPDATE rentals SET partner_name = $1 WHERE id = $2 AND partner_name <> $1`)
	eraseRentalUser = define("erase user of rental", `
		UPDATE rentals SET by_name = $1 WHERE id = $2 AND by_name <> $1`)
	erasePaymentPartner = define("erase partner of payment", `
		UPDATE payments SET partner_name = $1, card_token = '' WHERE id = $2 AND partner_name <> $1`)
	erasePendingCard = define("erase pending card", `
		DELETE FROM pending_cards WHERE payment_id = $1`)
	eraseRefundPartner = define("erase partner of refund", `
		UPDATE refunds SET partner_name = $1 WHERE id = $2 AND partner_name <> $1`)
	eraseRefundUser = define("erase user of refund", `
		UPDATE refunds SET by_name = $1 WHERE id = $2 AND by_name <> $1`)
	eraseNotice = define("erase payment notice", `
		UPDATE payment_notices SET raw = '' WHERE tenant_id = $1 AND notice_key = $2 AND raw <> ''`)
	eraseRequest = define("erase names in request", `
		UPDATE requests SET body = $1 WHERE tenant_id = $2 AND user_id = $3 AND route = $4 AND request_key = $5`)
	eraseInbox = define("erase names in event inbox", `
		UPDATE event_inbox SET data = $1, problem = CASE WHEN problem IS NULL THEN NULL ELSE $2 END
		WHERE tenant_id = $3 AND source = $4 AND id = $5`)
	eraseClaim = define("erase user of claim", `
		UPDATE claims SET user_name = $1 WHERE tenant_id = $2 AND event_id = $3 AND user_name <> $1`)
	eraseMovement = define("erase user of movement", `
		UPDATE movements SET user_name = $1 WHERE id = $2`)
	eraseEvent = define("erase names in event", `
		UPDATE events SET data = $1 WHERE id = $2`)
	eraseAuditActor = define("erase actor of audit entry", `
		UPDATE audit SET actor_name = $1, address = '' WHERE id = $2`)
	eraseAuditSubject = define("erase subject of audit entry", `
		UPDATE audit SET subject_name = $1, before_state = $2, after_state = $3,
			address = CASE WHEN actor_id = '' THEN '' ELSE address END
		WHERE id = $4`)
	eraseAuditSearch = define("erase search in audit log", `
		UPDATE audit SET after_state = $1 WHERE id = $2`)
	eraseAuditRental = define("erase partner of rental in audit log", `
		UPDATE audit SET subject_name = $1
		WHERE tenant_id || ' ' || subject_kind || ' ' || subject_id = $2 AND subject_name <> $1`)
	eraseReads = define("erase reads of user", `
		DELETE FROM reads WHERE (tenant_id, user_id, number) IN (
			SELECT tenant_id, user_id, number FROM reads
			WHERE tenant_id = $1 AND user_id = $2 ORDER BY number LIMIT $3)`)
	eraseReadMarks = define("erase read marks of user", `
		DELETE FROM read_marks WHERE tenant_id = $1 AND user_id = $2`)
)

// defineCopyPage defines the page of a table with copies of partners' and, in the column by, users' names.
func defineCopyPage(table, by string) *query {
	return define("page of "+table, `
		SELECT id, created_at, partner_id, `+by+` FROM `+table+`
		WHERE tenant_id = $1 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4`)
}

func scanErasure(r row) (e harang.Erasure, err error) {
	var at int64
	var due sql.NullInt64
	err = r.Scan(&e.Tenant, &e.Kind, &e.ID, &at, &e.Passes, &due)
	e.At, e.Due = fromMillis(at), timeOf(due)
	return e, err
}

// FindErasure returns the erasing of a person. NOT_FOUND.
func (tx *Tx) FindErasure(
	ctx context.Context, tenant string, kind harang.AuditKind, id string,
) (harang.Erasure, error) {
	return queryOne(ctx, tx, findErasure, scanErasure, tenant, string(kind), id)
}

// FindUnfinishedRentals returns rentals of a partner that are out, or have a payment or a refund to come, at most
// limit.
func (tx *Tx) FindUnfinishedRentals(ctx context.Context, tenant, partnerID string, limit int) ([]string, error) {
	return queryAll(ctx, tx, findUnfinishedRentals, scanText, tenant, partnerID, limit)
}

// EraseContacts erases phone, e-mail address and note of the partners that an older node has erased.
func (s *Store) EraseContacts(ctx context.Context) error {
	return s.within(ctx, func(tx *Tx) error {
		_, err := execute(ctx, tx, eraseContacts)
		return err
	})
}

// ErasePartner erases name, contacts, note and the cards of a locked partner, and archives it.
func (tx *Tx) ErasePartner(ctx context.Context, e harang.Erasure) error {
	if _, err := execute(ctx, tx, erasePartner, e.Name(), sortKey(e.Name()), searchKey(e.Name(), e.ID),
		e.At.UnixMilli(), e.Tenant, e.ID); err != nil {
		return err
	}
	if _, err := execute(ctx, tx, eraseCards, e.Tenant, e.ID); err != nil {
		return err
	}
	return tx.createErasure(ctx, e)
}

func (tx *Tx) createErasure(ctx context.Context, e harang.Erasure) error {
	_, err := execute(ctx, tx, createErasure, e.Tenant, string(e.Kind), e.ID, e.At.UnixMilli(), nullMillis(e.Due))
	return err
}

// EraseUser locks a user and erases name, address, password and sessions with the trail that decide returns, or
// returns the erasing of before. otherAdmins is as for UpdateUser. NOT_FOUND when the tenant has no such user.
func (s *Store) EraseUser(ctx context.Context, tenant, id string, decide func(
	u harang.User, otherAdmins auth.CountAdmins) (harang.Erasure, auth.Trail, error),
) (e harang.Erasure, err error) {
	err = s.within(ctx, func(tx *Tx) error {
		var erased sql.NullInt64
		u, err := queryOne(ctx, tx, findUserToErase, func(r row) (harang.User, error) {
			return scanUser(r, &erased)
		}, tenant, id)
		if err != nil {
			return err
		}
		if erased.Valid {
			e, err = tx.FindErasure(ctx, tenant, harang.AuditUser, id)
			return err
		}
		var trail auth.Trail
		if e, trail, err = decide(u, tx.countAdmins(ctx, tenant, id)); err != nil {
			return err
		}
		at := e.At.UnixMilli()
		if _, err := execute(ctx, tx, eraseUser, e.Name(), auth.ErasedEmail(id), at, at, tenant, id); err != nil {
			return err
		}
		if _, err := execute(ctx, tx, eraseSessions, id); err != nil {
			return err
		}
		if err := tx.createErasure(ctx, e); err != nil {
			return err
		}
		return tx.leave(ctx, tenant, trail)
	})
	return e, err
}

// AllErasures returns the erasures of all tenants, by tenant, kind and id.
func (s *Store) AllErasures(ctx context.Context) ([]harang.Erasure, error) {
	return queryAll(ctx, s.reader(), findAllErasures, scanErasure)
}

// FindDueErasures returns erasures of all tenants whose next pass is due, the longest due first.
func (s *Store) FindDueErasures(ctx context.Context, now time.Time, limit int) ([]harang.Erasure, error) {
	return queryAll(ctx, s.reader(), findDueErasures, scanErasure, now.UnixMilli(), limit)
}

// DeferErasure moves an erasure's next pass to a later instant and reports whether this call did.
func (s *Store) DeferErasure(ctx context.Context, e harang.Erasure, until time.Time) (bool, error) {
	var n int64
	err := s.within(ctx, func(tx *Tx) (err error) {
		n, err = execute(ctx, tx, deferErasure, until.UnixMilli(), e.Tenant, string(e.Kind), e.ID, e.Due.UnixMilli())
		return err
	})
	return n == 1, err
}

// EraseCopies makes one pass over the copies of a person's name. It reads whole tables of the tenant, page by page
// outside transactions, and writes in short ones. next is when another pass follows, zero for never. Rows come before
// their copies, so that what is written from a row meanwhile is found. At the end the feeds begin a new epoch when
// that is required: windows and logs are read anew.
func (s *Store) EraseCopies(ctx context.Context, e harang.Erasure, next time.Time) error {
	c := &copies{s: s, e: e, names: namesOf(e)}
	steps := []func(context.Context) error{
		c.eraseRentals, c.erasePayments, c.eraseRefunds, c.eraseNotices, c.eraseInbox,
		c.feed(harang.AudienceManagers), c.eraseRequests, c.eraseSearches,
	}
	if e.Kind == harang.AuditUser {
		steps = []func(context.Context) error{
			c.eraseRentals, c.eraseRefunds, c.eraseMovements, c.eraseClaims, c.feed(harang.AudienceControl),
			c.eraseRequests, c.eraseReads, c.eraseAuditOfActor,
		}
	}
	for _, step := range append(steps, c.eraseAuditOfSubject, s.EraseContacts) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return c.end(ctx, next)
}

// copies is one pass.
type copies struct {
	s     *Store
	e     harang.Erasure
	names names
}

func (c *copies) ofUser() bool { return c.e.Kind == harang.AuditUser }

// end ends the pass, with a new epoch of the feeds when that is required.
func (c *copies) end(ctx context.Context, next time.Time) error {
	var renewed []outbox.Commit
	err := c.s.within(ctx, func(tx *Tx) error {
		renewed = nil
		renew, err := queryOne(ctx, tx, mustRenew, scanInt, c.e.Tenant, string(c.e.Kind), c.e.ID)
		if err != nil {
			return err
		}
		if renew != 0 {
			present, err := queryOne(ctx, tx, lockEpoch, scanText, c.e.Tenant)
			if err != nil {
				return err
			}
			epoch := harang.NewEpoch(c.s.now(), rand.Uint32(), harang.Epoch(present))
			if _, err := execute(ctx, tx, updateEpoch, string(epoch), c.e.Tenant); err != nil {
				return err
			}
			heads, err := queryOne(ctx, tx, findHeads, scanHeads, c.e.Tenant)
			if err != nil {
				return err
			}
			renewed = []outbox.Commit{{Heads: heads}}
		}
		_, err = execute(ctx, tx, endErasurePass, nullMillis(next), c.e.Tenant, string(c.e.Kind), c.e.ID)
		return err
	})
	if err == nil {
		c.s.callHooks(renewed)
	}
	return err
}

// pages reads rows page by page; next reads those after a row, all of them from the zero row. each gets those of a
// page that match, a few at a time, in a transaction.
func pages[T any](
	ctx context.Context, s *Store, next func(ctx context.Context, after T) ([]T, error), match func(T) bool,
	each func(ctx context.Context, tx *Tx, row T) error,
) error {
	var after T
	for {
		page, err := next(ctx, after)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1]
		matching := page[:0]
		for _, row := range page {
			if match(row) {
				matching = append(matching, row)
			}
		}
		for len(matching) > 0 {
			batch := matching[:min(copyBatch, len(matching))]
			matching = matching[len(batch):]
			if err := s.within(ctx, func(tx *Tx) error {
				for _, row := range batch {
					if err := each(ctx, tx, row); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
}

// copyRow is a row with copies of names.
type copyRow struct {
	id          string
	at          int64
	partner, by string
}

// eraseIn erases the name in the rows of the person in a table with both kinds of copies.
func (c *copies) eraseIn(
	ctx context.Context, page *query, each func(ctx context.Context, tx *Tx, id string) error,
) error {
	first := copyRow{at: -1 << 62}
	return pages(ctx, c.s, func(ctx context.Context, after copyRow) ([]copyRow, error) {
		if after.id == "" {
			after = first
		}
		return queryAll(ctx, c.s.reader(), page, func(r row) (v copyRow, err error) {
			err = r.Scan(&v.id, &v.at, &v.partner, &v.by)
			return v, err
		}, c.e.Tenant, after.at, after.id, copyPage)
	}, func(v copyRow) bool {
		if c.ofUser() {
			return v.by == c.e.ID
		}
		return v.partner == c.e.ID
	}, func(ctx context.Context, tx *Tx, v copyRow) error { return each(ctx, tx, v.id) })
}

// replace executes statements with the new name and an id.
func (c *copies) replace(ctx context.Context, tx *Tx, q *query, id string) error {
	_, err := execute(ctx, tx, q, c.e.Name(), id)
	return err
}

func (c *copies) eraseRentals(ctx context.Context) error {
	return c.eraseIn(ctx, pageRentals, func(ctx context.Context, tx *Tx, id string) error {
		if c.ofUser() {
			return c.replace(ctx, tx, eraseRentalUser, id)
		}
		if err := c.replace(ctx, tx, eraseRentalPartner, id); err != nil {
			return err
		}
		return c.replace(ctx, tx, eraseAuditRental, c.e.Tenant+" "+string(harang.AuditRental)+" "+id)
	})
}

func (c *copies) erasePayments(ctx context.Context) error {
	return c.eraseIn(ctx, pagePayments, func(ctx context.Context, tx *Tx, id string) error {
		if _, err := execute(ctx, tx, erasePendingCard, id); err != nil {
			return err
		}
		return c.replace(ctx, tx, erasePaymentPartner, id)
	})
}

func (c *copies) eraseRefunds(ctx context.Context) error {
	return c.eraseIn(ctx, pageRefunds, func(ctx context.Context, tx *Tx, id string) error {
		if c.ofUser() {
			return c.replace(ctx, tx, eraseRefundUser, id)
		}
		return c.replace(ctx, tx, eraseRefundPartner, id)
	})
}

// eraseNotices empties the notifications about the partner's payments. What identifies them stays: their keys, and
// the payments' ids, amounts and references.
func (c *copies) eraseNotices(ctx context.Context) error {
	type notice struct{ key, partner string }
	return pages(ctx, c.s, func(ctx context.Context, after notice) ([]notice, error) {
		return queryAll(ctx, c.s.reader(), pageNotices, func(r row) (n notice, err error) {
			err = r.Scan(&n.key, &n.partner)
			return n, err
		}, c.e.Tenant, after.key, copyPage)
	}, func(n notice) bool { return n.partner == c.e.ID }, func(ctx context.Context, tx *Tx, n notice) error {
		_, err := execute(ctx, tx, eraseNotice, c.e.Tenant, n.key)
		return err
	})
}

func (c *copies) eraseRequests(ctx context.Context) error {
	type request struct{ user, route, key, body, erased string }
	return pages(ctx, c.s, func(ctx context.Context, after request) ([]request, error) {
		return queryAll(ctx, c.s.reader(), pageRequests, func(r row) (v request, err error) {
			var body sql.NullString
			err = r.Scan(&v.user, &v.route, &v.key, &body)
			v.body, v.erased = body.String, c.names.replace(body.String)
			if v.route == shop.CreatePartnerRoute {
				v.erased = c.erasePartnerAnswer(v.body)
			}
			return v, err
		}, c.e.Tenant, after.user, after.route, after.key, copyPage)
	}, func(v request) bool { return v.body != v.erased }, func(ctx context.Context, tx *Tx, v request) error {
		_, err := execute(ctx, tx, eraseRequest, v.erased, c.e.Tenant, v.user, v.route, v.key)
		return err
	})
}

// erasePartnerAnswer erases the partner, or one with the same phone number, in the answer to its creation.
func (c *copies) erasePartnerAnswer(body string) string {
	var answer any
	if c.ofUser() || !strings.Contains(body, c.e.ID) || json.Unmarshal([]byte(body), &answer) != nil {
		return body
	}
	changed := false
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				visit(item)
			}
		case map[string]any:
			if v["id"] == c.e.ID && v["name"] != c.e.Name() {
				changed = true
				v["name"] = c.e.Name()
				for _, member := range []string{"phone", "email", "note"} {
					if _, ok := v[member]; ok {
						v[member] = nil
					}
				}
			}
			for _, member := range v {
				visit(member)
			}
		}
	}
	visit(answer)
	text, err := json.Marshal(answer)
	if !changed || err != nil {
		return body
	}
	return string(text)
}

func (c *copies) eraseInbox(ctx context.Context) error {
	type event struct{ source, id, data, problem, erased string }
	page := firstPageInbox
	return pages(ctx, c.s, func(ctx context.Context, after event) ([]event, error) {
		q := page
		page = pageInbox
		return queryAll(ctx, c.s.reader(), q, func(r row) (v event, err error) {
			err = r.Scan(&v.source, &v.id, &v.data, &v.problem)
			v.erased = c.names.replace(v.data)
			return v, err
		}, c.e.Tenant, after.source, after.id, copyPage)
	}, func(v event) bool { return v.data != v.erased }, func(ctx context.Context, tx *Tx, v event) error {
		_, err := execute(ctx, tx, eraseInbox, v.erased, c.names.replace(v.problem), c.e.Tenant, v.source, v.id)
		return err
	})
}

// feed returns the step that erases the name in the events of a feed. No event is deleted or renumbered.
func (c *copies) feed(a harang.Audience) func(context.Context) error {
	type event struct {
		number       int64
		id           string
		data, erased string
	}
	return func(ctx context.Context) error {
		return pages(ctx, c.s, func(ctx context.Context, after event) ([]event, error) {
			return queryAll(ctx, c.s.reader(), entriesAfter[a], func(r row) (v event, err error) {
				var typ string
				var at int64
				err = r.Scan(&v.number, &v.id, &typ, &at, &v.data)
				v.erased = c.names.replace(v.data)
				return v, err
			}, c.e.Tenant, after.number, copyPage)
		}, func(v event) bool { return v.data != v.erased }, func(ctx context.Context, tx *Tx, v event) error {
			// In the same transaction: whatever interrupts the pass, the windows are read anew after it.
			if _, err := execute(ctx, tx, requireRenewal, c.e.Tenant, string(c.e.Kind), c.e.ID); err != nil {
				return err
			}
			_, err := execute(ctx, tx, eraseEvent, v.erased, v.id)
			return err
		})
	}
}

func (c *copies) eraseClaims(ctx context.Context) error {
	type claim struct{ event, user string }
	return pages(ctx, c.s, func(ctx context.Context, after claim) ([]claim, error) {
		return queryAll(ctx, c.s.reader(), pageClaims, func(r row) (v claim, err error) {
			err = r.Scan(&v.event, &v.user)
			return v, err
		}, c.e.Tenant, after.event, copyPage)
	}, func(v claim) bool { return v.user == c.e.ID }, func(ctx context.Context, tx *Tx, v claim) error {
		_, err := execute(ctx, tx, eraseClaim, c.e.Name(), c.e.Tenant, v.event)
		return err
	})
}

// eraseMovements erases the user in the movements of each stock item. Reasons stay as they were typed.
func (c *copies) eraseMovements(ctx context.Context) error {
	type item struct{ product, location string }
	var after item
	for {
		items, err := queryAll(ctx, c.s.reader(), pageStock, func(r row) (v item, err error) {
			err = r.Scan(&v.product, &v.location)
			return v, err
		}, c.e.Tenant, after.product, after.location, copyPage)
		if err != nil || len(items) == 0 {
			return err
		}
		after = items[len(items)-1]
		for _, v := range items {
			for full := true; full; {
				ids, err := queryAll(ctx, c.s.reader(), findMovementsOfUser, scanText, c.e.Tenant, v.product,
					v.location, c.e.ID, c.e.Name(), copyBatch)
				if err != nil {
					return err
				}
				if full = len(ids) == copyBatch; len(ids) == 0 {
					continue
				}
				if err := c.s.within(ctx, func(tx *Tx) error {
					for _, id := range ids {
						if err := c.replace(ctx, tx, eraseMovement, id); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					return err
				}
			}
		}
	}
}

// eraseReads deletes what the user has read.
func (c *copies) eraseReads(ctx context.Context) error {
	for removed := int64(1); removed > 0; {
		if err := c.s.within(ctx, func(tx *Tx) (err error) {
			removed, err = execute(ctx, tx, eraseReads, c.e.Tenant, c.e.ID, sweepBatch)
			return err
		}); err != nil {
			return err
		}
	}
	return c.s.within(ctx, func(tx *Tx) error {
		_, err := execute(ctx, tx, eraseReadMarks, c.e.Tenant, c.e.ID)
		return err
	})
}

// auditRow is a row of the audit log.
type auditRow struct {
	id            string
	at            int64
	before, after sql.NullString
}

func (c *copies) pageAudit(q *query, key string) func(context.Context, auditRow) ([]auditRow, error) {
	return func(ctx context.Context, after auditRow) ([]auditRow, error) {
		return queryAll(ctx, c.s.reader(), q, func(r row) (v auditRow, err error) {
			err = r.Scan(&v.id, &v.at, &v.before, &v.after)
			return v, err
		}, c.e.Tenant+" "+key, after.at, after.id, copyPage)
	}
}

func all[T any](T) bool { return true }

// eraseAuditOfActor erases name and addresses where the user did something.
func (c *copies) eraseAuditOfActor(ctx context.Context) error {
	return pages(ctx, c.s, c.pageAudit(pageAuditOfActor, c.e.ID), all,
		func(ctx context.Context, tx *Tx, v auditRow) error { return c.replace(ctx, tx, eraseAuditActor, v.id) })
}

// eraseAuditOfSubject erases the name where something was done to the person, with the texts of the states.
func (c *copies) eraseAuditOfSubject(ctx context.Context) error {
	return pages(ctx, c.s, c.pageAudit(pageAuditOfSubject, string(c.e.Kind)+" "+c.e.ID), all,
		func(ctx context.Context, tx *Tx, v auditRow) error {
			_, err := execute(ctx, tx, eraseAuditSubject, c.e.Name(), eraseState(v.before), eraseState(v.after), v.id)
			return err
		})
}

// searched matches the words that a list was searched for, after its first group.
var searched = regexp.MustCompile(`("search"\s*:\s*)` + jsonText)

// eraseSearches erases the words that saved lists were searched for, whoever they named.
func (c *copies) eraseSearches(ctx context.Context) error {
	const text = `${1}"` + erasedText + `"`
	return pages(ctx, c.s, c.pageAudit(pageAuditOfAction, string(harang.AuditExport)), func(v auditRow) bool {
		return searched.MatchString(v.after.String)
	}, func(ctx context.Context, tx *Tx, v auditRow) error {
		_, err := execute(ctx, tx, eraseAuditSearch, searched.ReplaceAllString(v.after.String, text), v.id)
		return err
	})
}

// eraseState replaces the texts of a state. Numbers, flags and roles stay.
func eraseState(state sql.NullString) sql.NullString {
	if !state.Valid {
		return state
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(state.String), &members); err != nil {
		return sql.NullString{}
	}
	for name, value := range members {
		switch value.(type) {
		case bool, float64, nil:
		default:
			if name != "role" {
				members[name] = erasedText
			}
		}
	}
	text, err := json.Marshal(members)
	return sql.NullString{String: string(text), Valid: err == nil}
}

// names finds a person in JSON that this program or another application has written.
type names struct {
	id string
	// subject matches the person's id, as its first group.
	subject *regexp.Regexp
	// name matches the name after its first group.
	name *regexp.Regexp
	// text is the new name as JSON.
	text string
}

const jsonText = `"(?:[^"\\]|\\.)*"`

var (
	partnerSubject = regexp.MustCompile(`"partnerId"\s*:\s*(` + jsonText + `)`)
	partnerName    = regexp.MustCompile(`("partnerName"\s*:\s*)` + jsonText)
	// userName also matches the device of a login, which is replaced as the name is.
	userName = regexp.MustCompile(`("(?:id|userId)"\s*:\s*(` + jsonText + `)\s*,\s*(?:"sessionId"\s*:\s*` + jsonText +
		`\s*,\s*"device"|"name")\s*:\s*)` + jsonText)
)

func namesOf(e harang.Erasure) names {
	text, _ := json.Marshal(e.Name()) // a constant
	n := names{id: e.ID, subject: partnerSubject, name: partnerName, text: string(text)}
	if e.Kind == harang.AuditUser {
		n.subject, n.name = nil, userName
	}
	return n
}

// replace returns a text with the new name in the place of the person's. A text about a partner is about one only.
func (n names) replace(text string) string {
	if !strings.Contains(text, n.id) && !strings.Contains(text, `\`) {
		return text // no escapes, so the id would be there as it is
	}
	if n.subject == nil {
		return n.name.ReplaceAllStringFunc(text, func(match string) string {
			groups := n.name.FindStringSubmatch(match)
			if !n.is(groups[2]) {
				return match
			}
			return groups[1] + n.text
		})
	}
	for _, found := range n.subject.FindAllStringSubmatch(text, -1) {
		if n.is(found[1]) {
			return n.name.ReplaceAllString(text, "${1}"+n.text)
		}
	}
	return text
}

// is reports whether a JSON text is the person's id.
func (n names) is(quoted string) bool {
	var id string
	return json.Unmarshal([]byte(quoted), &id) == nil && id == n.id
}
