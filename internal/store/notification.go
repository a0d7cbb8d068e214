package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Every audience's list is in the order of the managers' number, above the floor
// ($4); $6 is 1 for unread ones only. An event was read at the instant of its row in
// reads, else of the lowest mark at or above it.
const (
	notificationColumns = `
		SELECT e.managers, e.id, e.type, e.at, e.data,
			coalesce(r.at, (SELECT m.at FROM read_marks m
				WHERE m.tenant_id = e.tenant_id AND m.user_id = $1 AND m.up_to >= e.managers ORDER BY m.up_to LIMIT 1)),
			c.user_id, c.user_name, c.at
		FROM events e
			LEFT JOIN reads r ON r.tenant_id = e.tenant_id AND r.user_id = $1 AND r.number = e.managers
			LEFT JOIN claims c ON c.tenant_id = e.tenant_id AND c.event_id = e.id
		WHERE e.tenant_id = $2 AND e.managers < $3 AND e.managers > $4 AND e.at > $5 AND ($6 = 0 OR r.at IS NULL)`
	notificationOrder = ` ORDER BY e.managers DESC LIMIT $7`
)

var (
	findNotifications = map[harang.Audience]*query{
		harang.AudienceManagers: define("find notifications of managers", notificationColumns+notificationOrder),
		harang.AudienceOperators: define("find notifications of operators", notificationColumns+`
			AND e.operators IS NOT NULL`+notificationOrder),
	}

	findNotificationsOfType = define("find notifications of a type", notificationColumns+`
		AND e.type = $7 ORDER BY e.managers DESC LIMIT $8`)

	// The lowest number after an instant.
	findFloorSince = define("find floor since", `
		SELECT min(managers) FROM events WHERE tenant_id = $1 AND at > $2 AND managers IS NOT NULL`)

	// The managers' number of the event at a position in the operators' feed.
	findFloorOperators = define("find floor of operators", `
		SELECT max(managers) FROM events WHERE tenant_id = $1 AND operators = (
			SELECT max(o.operators) FROM events o WHERE o.tenant_id = $1 AND o.operators <= $2)`)

	findReadUpTo = define("find read up to", `
		SELECT max(up_to) FROM read_marks WHERE tenant_id = $1 AND user_id = $2`)

	countReads = define("count reads", `
		SELECT count(*) FROM reads WHERE tenant_id = $1 AND user_id = $2 AND number > $3 AND number <= $4`)

	// The count ends at a head that was read before, so that head and count agree
	// whatever commits meanwhile. The operators' count begins above their last
	// number that the mark ($2) covers.
	countEvents = map[harang.Audience]*query{
		harang.AudienceManagers: define("count events of managers", `
			SELECT count(*) FROM events WHERE tenant_id = $1 AND managers > $2 AND managers <= $3`),
		harang.AudienceOperators: define("count events of operators", `
			SELECT count(*) FROM events WHERE tenant_id = $1 AND operators > coalesce((
				SELECT o.operators FROM events o
				WHERE o.tenant_id = $1 AND o.managers <= $2 AND o.operators IS NOT NULL
				ORDER BY o.managers DESC LIMIT 1), 0) AND operators <= $3`),
	}

	lockHeads = define("lock heads", `
		UPDATE heads SET control = control WHERE tenant_id = $1
		RETURNING tenant_id, epoch, `+numberColumns(""))

	findEvent = define("find event", `
		SELECT id, type, at, data, managers FROM events WHERE id = $1 AND tenant_id = $2 AND managers IS NOT NULL`)

	createRead = define("create read", `
		INSERT INTO reads (tenant_id, user_id, number, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, user_id, number) DO NOTHING`)

	createReadMark = define("create read mark", `
		INSERT INTO read_marks (tenant_id, user_id, up_to, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, user_id, up_to) DO NOTHING`)

	createClaim = define("create claim", `
		INSERT INTO claims (tenant_id, event_id, user_id, user_name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, event_id) DO NOTHING`)

	findClaim = define("find claim", `
		SELECT user_id, user_name, at FROM claims WHERE tenant_id = $1 AND event_id = $2`)

	deleteClaim = define("delete claim", `
		DELETE FROM claims WHERE tenant_id = $1 AND event_id = $2`)
)

// nullClaim is a claim of a left join.
type nullClaim struct {
	user, name sql.NullString
	at         sql.NullInt64
}

func (c *nullClaim) columns() []any { return []any{&c.user, &c.name, &c.at} }

func (c *nullClaim) claim(eventID string) *harang.Claim {
	if !c.user.Valid {
		return nil
	}
	return &harang.Claim{EventID: eventID, By: &harang.Person{ID: c.user.String, Name: c.name.String}, At: timeOf(c.at)}
}

// scanNull reads a number, NULL as 0.
func scanNull(r row) (int64, error) {
	var n sql.NullInt64
	err := r.Scan(&n)
	return n.Int64, err
}

// FindNotifications returns a page of a person's notifications, newest first,
// and the person's read state.
func (s *Store) FindNotifications(
	ctx context.Context, p harang.Reader, q harang.NotificationQuery,
) (harang.Page[harang.Notification], harang.ReadState, error) {
	var none harang.Page[harang.Notification]
	state, upTo, err := s.readState(ctx, p)
	if err != nil {
		return none, state, err
	}
	floor, err := s.floor(ctx, p, q, state.Head.Epoch)
	if err != nil {
		return none, state, err
	}
	onlyUnread := 0
	if q.Unread {
		onlyUnread, floor = 1, max(floor, upTo)
	}
	before := int64(math.MaxInt64)
	if err := decodeCursor("notifications", q.Cursor, &before); err != nil {
		return none, state, err
	}
	since := int64(math.MinInt64)
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	args := []any{p.UserID, p.Tenant, before, floor, since, onlyUnread}
	list := findNotifications[p.Audience]
	if q.Type != "" {
		if t, ok := harang.FindEventType(q.Type); !ok || !t.In(p.Audience) {
			return harang.Page[harang.Notification]{Items: []harang.Notification{}}, state, nil
		}
		list, args = findNotificationsOfType, append(args, q.Type)
	}
	rows, err := queryAll(ctx, s.reader(), list, func(r row) (harang.Notification, error) {
		var (
			n     harang.Notification
			at    int64
			data  string
			read  sql.NullInt64
			claim nullClaim
		)
		if err := r.Scan(append([]any{&n.Number, &n.Event.ID, &n.Event.Type, &at, &data, &read},
			claim.columns()...)...); err != nil {
			return n, err
		}
		n.Event.Tenant, n.Event.Time, n.Event.Data = p.Tenant, fromMillis(at), json.RawMessage(data)
		n.ReadAt, n.Claim = timeOf(read), claim.claim(n.Event.ID)
		return n, nil
	}, append(args, q.Limit+1)...)
	if err != nil {
		return none, state, err
	}
	page, err := pageOf("notifications", rows, q.Limit, func(n harang.Notification) harang.Notification { return n },
		func(n harang.Notification) any { return n.Number })
	return page, state, err
}

// floor returns the managers' number above which the list begins.
func (s *Store) floor(
	ctx context.Context, p harang.Reader, q harang.NotificationQuery, epoch harang.Epoch,
) (int64, error) {
	floor := int64(0)
	if q.After != nil && q.After.Epoch == epoch {
		floor = q.After.Number
		if q.After.Audience == harang.AudienceOperators {
			var err error
			if floor, err = queryOne(ctx, s.reader(), findFloorOperators, scanNull, p.Tenant,
				q.After.Number); err != nil {
				return 0, err
			}
		}
	}
	if q.Since.IsZero() {
		return floor, nil
	}
	first, err := queryOne(ctx, s.reader(), findFloorSince, scanNull, p.Tenant, q.Since.UnixMilli())
	if err != nil {
		return 0, err
	}
	if first == 0 {
		return math.MaxInt64, nil // no event after it
	}
	return max(floor, first-1), nil
}

// readState returns a person's number of unread events and their highest mark.
func (s *Store) readState(ctx context.Context, p harang.Reader) (harang.ReadState, int64, error) {
	heads, err := queryOne(ctx, s.reader(), findHeads, scanHeads, p.Tenant)
	if err != nil {
		return harang.ReadState{}, 0, err
	}
	return readStateAt(ctx, s.reader(), p, heads)
}

// LockReadState locks the tenant's numbers until the commit and returns a person's
// read state.
func (tx *Tx) LockReadState(ctx context.Context, p harang.Reader) (harang.ReadState, error) {
	heads, err := queryOne(ctx, tx, lockHeads, scanHeads, p.Tenant)
	if err != nil {
		return harang.ReadState{}, err
	}
	state, _, err := readStateAt(ctx, tx, p, heads)
	return state, err
}

// readStateAt counts the unread events up to the heads. It returns the highest mark,
// too.
func readStateAt(
	ctx context.Context, run runner, p harang.Reader, heads outbox.Heads,
) (harang.ReadState, int64, error) {
	state := harang.ReadState{
		Head:    heads.Position(p.Audience),
		Version: heads.Number(harang.AudienceControl),
	}
	count, ok := countEvents[p.Audience]
	if !ok {
		return state, 0, harang.Errorf(harang.CodeInternal, "audience %q has no notifications", p.Audience)
	}
	upTo, err := queryOne(ctx, run, findReadUpTo, scanNull, p.Tenant, p.UserID)
	if err != nil {
		return state, 0, err
	}
	events, err := queryOne(ctx, run, count, scanInt, p.Tenant, upTo, heads.Number(p.Audience))
	if err != nil {
		return state, 0, err
	}
	reads, err := queryOne(ctx, run, countReads, scanInt, p.Tenant, p.UserID, upTo,
		heads.Number(harang.AudienceManagers))
	state.UnreadCount = max(0, events-reads)
	return state, upTo, err
}

// FindEvent returns an event and its managers' number. NOT_FOUND when there is no
// such event or the person's audience does not receive it.
func (tx *Tx) FindEvent(ctx context.Context, p harang.Reader, eventID string) (harang.Event, int64, error) {
	var number int64
	e, err := queryOne(ctx, tx, findEvent, func(r row) (e harang.Event, err error) {
		var (
			at   int64
			data string
		)
		err = r.Scan(&e.ID, &e.Type, &at, &data, &number)
		e.Tenant, e.Time, e.Data = p.Tenant, fromMillis(at), json.RawMessage(data)
		return e, err
	}, eventID, p.Tenant)
	if err != nil {
		return e, 0, err
	}
	if t, ok := harang.FindEventType(e.Type); !ok || !t.In(p.Audience) {
		return harang.Event{}, 0, tx.s.fail(findEvent.name, sql.ErrNoRows)
	}
	return e, number, nil
}

// CreateRead marks one event as read and reports false when it was read already.
func (tx *Tx) CreateRead(ctx context.Context, p harang.Reader, number int64) (bool, error) {
	upTo, err := queryOne(ctx, tx, findReadUpTo, scanNull, p.Tenant, p.UserID)
	if err != nil || number <= upTo {
		return false, err
	}
	n, err := execute(ctx, tx, createRead, p.Tenant, p.UserID, number, tx.s.nowMillis())
	return n == 1, err
}

// CreateReadMark marks all events up to a managers' number as read and reports false
// when they were read already. A new user gets a mark at the head, so that older
// events are not unread.
func (tx *Tx) CreateReadMark(ctx context.Context, p harang.Reader, upTo int64) (bool, error) {
	present, err := queryOne(ctx, tx, findReadUpTo, scanNull, p.Tenant, p.UserID)
	if err != nil || upTo <= present {
		return false, err
	}
	n, err := execute(ctx, tx, createReadMark, p.Tenant, p.UserID, upTo, tx.s.nowMillis())
	return n == 1, err
}

// CreateClaim claims an event and reports false when it was claimed already.
func (tx *Tx) CreateClaim(ctx context.Context, tenant string, c harang.Claim) (bool, error) {
	n, err := execute(ctx, tx, createClaim, tenant, c.EventID, c.By.ID, c.By.Name, c.At.UnixMilli())
	return n == 1, err
}

// FindClaim returns an event's claim, NOT_FOUND when there is none.
func (tx *Tx) FindClaim(ctx context.Context, tenant, eventID string) (harang.Claim, error) {
	return queryOne(ctx, tx, findClaim, func(r row) (harang.Claim, error) {
		var c nullClaim
		if err := r.Scan(c.columns()...); err != nil {
			return harang.Claim{}, err
		}
		return *c.claim(eventID), nil
	}, tenant, eventID)
}

// DeleteClaim releases a claim.
func (tx *Tx) DeleteClaim(ctx context.Context, tenant, eventID string) error {
	_, err := execute(ctx, tx, deleteClaim, tenant, eventID)
	return err
}
