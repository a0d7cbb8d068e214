package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// notificationPage selects a page of the list of an audience's events, or of those of a
// type, in the order of the managers' number, from $3 to $4; $6 is 1 for unread ones
// only. An event was read at the instant of its row in reads, else of the lowest mark
// at or above it. The inner query alone decides what is read, so that no planner joins
// before it has limited: SQLite's takes the index of the type for BETWEEN, not for two
// comparisons, and the operators' for an order by both numbers; PostgreSQL's takes an
// absent read, as a join, for so rare that it reads all events, and without the sum
// the index of the times.
func notificationPage(condition, order, limit string) string {
	return notificationList(`
			SELECT tenant_id, managers, id, type, at, data, location_id FROM events
			WHERE ` + listed(condition) + `
			ORDER BY ` + order + ` LIMIT ` + limit)
}

// listed is the condition of the inner query of notificationPage.
func listed(condition string) string {
	return `tenant_id = $2 AND managers BETWEEN $3 AND $4 AND at + 0 > $5 AND ($6 = 0 OR (
				SELECT o.at FROM reads o
				WHERE o.tenant_id = events.tenant_id AND o.user_id = $1 AND o.number = events.managers) IS NULL)
				` + condition
}

// notificationList joins a person's reads and the claims with the events that a query
// selects.
func notificationList(events string) string {
	return `
		SELECT e.managers, e.id, e.type, e.at, e.data, e.location_id,
			coalesce(r.at, (SELECT m.at FROM read_marks m
				WHERE m.tenant_id = e.tenant_id AND m.user_id = $1 AND m.up_to >= e.managers ORDER BY m.up_to LIMIT 1)),
			` + claimColumns(`e.type NOT IN (`+operatorTypes()+`)`) + `
		FROM (` + events + `
		) AS e
			LEFT JOIN reads r ON r.tenant_id = e.tenant_id AND r.user_id = $1 AND r.number = e.managers
			LEFT JOIN claims c ON c.tenant_id = e.tenant_id AND c.event_id = e.id
		ORDER BY e.managers DESC`
}

// claimColumns are the columns of nullClaim of an outer join. The user is null when the
// claim has lapsed.
func claimColumns(forManagers string) string {
	return `CASE WHEN ` + lapsed("c", forManagers) + ` THEN NULL ELSE c.user_id END, c.user_name, c.at`
}

// lapsed is the condition that a claim does not count: that its user is disabled, or an
// operator and the event is for managers only. A claim by a token without a user counts.
// As a scalar subquery it is read for the rows of the result only.
func lapsed(claims, forManagers string) string {
	return `(SELECT 1 FROM users u WHERE u.id = ` + claims + `.user_id AND u.tenant_id || '' = ` + claims + `.tenant_id
				AND (u.disabled <> 0 OR u.role = '` + string(harang.RoleOperator) + `' AND ` + forManagers + `)) IS NOT NULL`
}

// operatorTypes are the quoted names of the types that operators receive.
func operatorTypes() string {
	var names []string
	for _, t := range harang.EventTypes() {
		if t.In(harang.AudienceOperators) {
			names = append(names, `'`+t.Name+`'`)
		}
	}
	return strings.Join(names, ", ")
}

// atLocation are the events of some types that are about a location or about none, each
// part in the order of an index. The location is $7, the length of each part $8. With
// unplaced they are $8 and $9, and the events that have no location in their row are among
// them: alerts when $7 finds it in their payload.
func atLocation(columns string, unplaced bool, types ...harang.EventType) string {
	location, limit := `$7`, `$8`
	if unplaced {
		location, limit = `$8`, `$9`
	}
	part := func(condition string) string {
		return `
			SELECT * FROM (SELECT ` + columns + ` FROM events WHERE ` + listed(condition) + `
			ORDER BY managers DESC LIMIT ` + limit + `) AS part`
	}
	var parts, names []string
	for _, t := range types {
		of := `AND type = '` + t.Name + `' AND location_id = `
		parts = append(parts, part(of+location), part(of+`''`))
		names = append(names, `'`+t.Name+`'`)
	}
	if unplaced {
		parts = append([]string{part(fmt.Sprintf(unplacedAt, strings.Join(names, ", ")))}, parts...)
	}
	return strings.Join(parts, ` UNION ALL `)
}

// unplacedAt selects the events of some types that have no location in their row and are
// about the location $8 or about none. $7 finds it in an alert's payload; our own events
// have the id of their rental or payment as their origin. The sums keep planners from the
// indexes of the type and the tenant.
var unplacedAt = `AND location_id IS NULL AND type || '' IN (%s) AND CASE type
				WHEN '` + harang.StockAlertType.Name + `' THEN data LIKE $7 ESCAPE '\'
				ELSE coalesce((
					SELECT r.location_id FROM rentals r
					WHERE events.source = '` + harang.RentalSource + `' AND r.id = events.source_id
						AND r.tenant_id || '' = events.tenant_id
				), (
					SELECT r.location_id FROM payments p JOIN rentals r ON r.id = p.rental_id
					WHERE events.source = '` + harang.PaymentSource + `' AND p.id = events.source_id
						AND p.tenant_id || '' = events.tenant_id
				), '') IN ('', $8) END`

// atLocationQueries are the list and the count of events at a location, the count up to
// $8. In each the second is for a tenant with events that have no location in their row:
// it may read all of them.
type atLocationQueries struct{ list, count [2]*query }

func defineAtLocation(name string, types ...harang.EventType) (q atLocationQueries) {
	for i, unplaced := range []bool{false, true} {
		suffix, limit := " at location", `$8`
		if unplaced {
			suffix, limit = suffix+", some without", `$9`
		}
		q.list[i] = define("find notifications of "+name+suffix, notificationList(
			atLocation("tenant_id, managers, id, type, at, data, location_id", unplaced, types...)+`
			ORDER BY managers DESC LIMIT `+limit))
		q.count[i] = define("count notifications of "+name+suffix, `
			SELECT CASE WHEN $1 = '' THEN 0 ELSE count(*) END FROM (
				SELECT 1 FROM (`+atLocation("managers", unplaced, types...)+`) AS e LIMIT `+limit+`) AS first`)
	}
	return q
}

// variant returns which of two queries of atLocationQueries finds a tenant's events at a
// location, and its last parameters.
func (s *Store) variant(ctx context.Context, tenant, locationID string, limit int) (int, []any, error) {
	first, err := queryAll(ctx, s.reader(), findUnplaced, scanUnplaced, tenant, 0, 1)
	if err == nil && len(first) > 0 && first[0].tenant == tenant {
		return 1, []any{locationPattern(locationID), locationID, limit}, nil
	}
	return 0, []any{locationID, limit}, err
}

// locationPattern finds a location in the payload of an event about it.
func locationPattern(id string) string {
	text, _ := json.Marshal(id) //nolint:errchkjson // a string always marshals
	return `%"locationId":` + escapeLike.Replace(string(text)) + `%`
}

const (
	newestReads = `SELECT tenant_id, number FROM reads
		WHERE tenant_id = $1 AND user_id = $2 AND number > $3 AND number <= $4 ORDER BY number DESC LIMIT $5`
)

const (
	// MaxSingleReads is how many events above a person's mark are remembered as read
	// one by one, the newest. Below them everything counts as read, so that neither
	// the count nor the list of unread events depends on how many were read.
	MaxSingleReads = 2000
	// floorEvents is how many events after an instant are searched for the lowest
	// number.
	floorEvents = 500
	// MaxCounted is the largest number of unread events at a location: more are not
	// counted.
	MaxCounted = 1000
)

var (
	findNotifications = map[harang.Audience]*query{
		harang.AudienceManagers: define("find notifications of managers",
			notificationPage("", "managers DESC", "$7")),
		harang.AudienceOperators: define("find notifications of operators",
			notificationPage("AND operators IS NOT NULL", "managers DESC, operators DESC", "$7")),
	}

	findNotificationsOfType = define("find notifications of a type",
		notificationPage("AND type = $7", "managers DESC", "$8"))

	findAtLocation = func() map[harang.Audience]atLocationQueries {
		all := map[harang.Audience]atLocationQueries{}
		for _, a := range []harang.Audience{harang.AudienceManagers, harang.AudienceOperators} {
			var types []harang.EventType
			for _, t := range harang.EventTypes() {
				if t.In(a) {
					types = append(types, t)
				}
			}
			all[a] = defineAtLocation(string(a), types...)
		}
		return all
	}()

	// By type.
	findTypeAtLocation = func() map[string]atLocationQueries {
		all := map[string]atLocationQueries{}
		for _, t := range harang.EventTypes() {
			all[t.Name] = defineAtLocation(t.Name, t)
		}
		return all
	}()

	// The lowest number after an instant, among the first floorEvents after it by time.
	// Numbers and times are in the same order unless a clock was set back.
	findFloorSince = define("find floor since", `
		SELECT min(managers) FROM (
			SELECT managers FROM events WHERE tenant_id = $1 AND at > $2 AND managers IS NOT NULL
			ORDER BY at LIMIT $3) AS first`)

	// The managers' number of the event at a position in the operators' feed.
	findFloorOperators = define("find floor of operators", `
		SELECT max(managers) FROM events WHERE tenant_id = $1 AND operators = (
			SELECT max(o.operators) FROM events o WHERE o.tenant_id = $1 AND o.operators <= $2)`)

	findReadUpTo = define("find read up to", `
		SELECT max(up_to) FROM read_marks WHERE tenant_id = $1 AND user_id = $2`)

	// The number in an audience's feed of its first event above a mark.
	findFirstAbove = map[harang.Audience]*query{
		harang.AudienceManagers: define("find first event of managers", `
			SELECT managers FROM events WHERE tenant_id = $1 AND managers > $2 ORDER BY managers LIMIT 1`),
		harang.AudienceOperators: define("find first event of operators", `
			SELECT operators FROM events WHERE tenant_id = $1 AND managers > $2 AND operators IS NOT NULL
			ORDER BY managers LIMIT 1`),
	}

	// The newest single reads above a mark: how many, the lowest, and how many are of
	// the audience.
	countReads = map[harang.Audience]*query{
		harang.AudienceManagers: define("count reads of managers", `
			SELECT count(*), min(n.number), count(*) FROM (`+newestReads+`) AS n`),
		harang.AudienceOperators: define("count reads of operators", `
			SELECT count(*), min(n.number), count(e.operators) FROM (`+newestReads+`) AS n
				LEFT JOIN events e ON e.tenant_id = n.tenant_id AND e.managers = n.number AND e.operators IS NOT NULL`),
	}

	findReadAt = define("find time of read", `
		SELECT at FROM reads WHERE tenant_id = $1 AND user_id = $2 AND number = $3`)

	lockHeads = define("lock heads", `
		UPDATE heads SET control = control WHERE tenant_id = $1
		RETURNING tenant_id, epoch, `+numberColumns(""))

	findEvent = define("find event", `
		SELECT id, type, at, data, managers FROM events WHERE id = $1 AND tenant_id = $2 AND managers IS NOT NULL`)

	createReads = map[harang.Audience]*query{
		harang.AudienceManagers:  define("create reads of managers", readsOf("managers")),
		harang.AudienceOperators: define("create reads of operators", readsOf("operators")),
	}

	createReadMark = define("create read mark", `
		INSERT INTO read_marks (tenant_id, user_id, up_to, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, user_id, up_to) DO NOTHING`)

	createClaim = define("create claim", `
		INSERT INTO claims (tenant_id, event_id, user_id, user_name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, event_id) DO NOTHING`)

	lockClaim = define("lock claim", `
		UPDATE claims SET at = at WHERE tenant_id = $1 AND event_id = $2 RETURNING user_id, user_name, at,
			CASE WHEN `+lapsed("claims", `(
				SELECT e.operators FROM events e WHERE e.id = claims.event_id) IS NULL`)+` THEN 1 ELSE 0 END`)

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
// and the person's read state. A query by text examines maxExamined of them at most: its
// page may have less than Limit items, and even none, although there is a next one.
func (s *Store) FindNotifications(
	ctx context.Context, p harang.Reader, q harang.NotificationQuery,
) (harang.Page[harang.Notification], harang.ReadState, error) {
	var none harang.Page[harang.Notification]
	state, read, err := s.readState(ctx, p)
	if err != nil {
		return none, state, err
	}
	find, err := s.notificationsOf(ctx, p, q, read, state.Head.Epoch)
	if err != nil {
		return none, state, err
	}
	before := int64(math.MaxInt64)
	if err := decodeCursor("notifications", q.Cursor, &before); err != nil {
		return none, state, err
	}
	found, examined, err := search(ctx, find, q, before)
	if err != nil {
		return none, state, err
	}
	page, err := pageOf("notifications", found, q.Limit, func(n harang.Notification) harang.Notification { return n },
		func(n harang.Notification) any { return n.Number })
	if err == nil && page.Next == "" && examined > 0 {
		page.Next, err = encodeCursor("notifications", examined)
	}
	return page, state, err
}

// CountUnread counts a person's unread notifications that FindNotifications returns for
// a query, up to MaxCounted; by text among the newest maxExamined of the others.
func (s *Store) CountUnread(ctx context.Context, p harang.Reader, q harang.NotificationQuery) (int64, error) {
	if q.LocationID != "" && q.Type == "" && !q.ByText() {
		return s.countUnreadAtLocation(ctx, p, q.LocationID)
	}
	state, read, err := s.readState(ctx, p)
	if err != nil {
		return 0, err
	}
	q.Unread, q.Limit = true, MaxCounted
	find, err := s.notificationsOf(ctx, p, q, read, state.Head.Epoch)
	if err != nil {
		return 0, err
	}
	found, _, err := search(ctx, find, q, math.MaxInt64)
	return int64(min(len(found), MaxCounted)), err
}

// findBefore returns at most limit notifications below a managers' number, newest first.
type findBefore func(ctx context.Context, before int64, limit int) ([]harang.Notification, error)

// notificationsOf returns how the notifications of a query are read, its words aside.
func (s *Store) notificationsOf(
	ctx context.Context, p harang.Reader, q harang.NotificationQuery, read readUpTo, epoch harang.Epoch,
) (findBefore, error) {
	floor, err := s.floor(ctx, p, q, epoch)
	if err != nil {
		return nil, err
	}
	onlyUnread := 0
	if q.Unread {
		onlyUnread, floor = 1, max(floor, read.upTo)
	}
	since := int64(math.MinInt64)
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	list := findNotifications[p.Audience]
	t, known := harang.FindEventType(q.Type)
	var queries atLocationQueries
	switch {
	case q.Type != "" && (!known || !t.In(p.Audience)):
		return func(context.Context, int64, int) ([]harang.Notification, error) { return nil, nil }, nil
	case q.LocationID != "" && q.Type != "":
		queries = findTypeAtLocation[q.Type]
	case q.LocationID != "":
		queries = findAtLocation[p.Audience]
	case q.Type != "":
		list = findNotificationsOfType
	}
	return func(ctx context.Context, before int64, limit int) ([]harang.Notification, error) {
		list, args := list, []any{p.UserID, p.Tenant, floor + 1, before - 1, since, onlyUnread}
		switch {
		case q.LocationID != "":
			variant, last, err := s.variant(ctx, p.Tenant, q.LocationID, limit)
			if err != nil {
				return nil, err
			}
			list, args = queries.list[variant], append(args, last...)
		case q.Type != "":
			args = append(args, q.Type, limit)
		default:
			args = append(args, limit)
		}
		return queryAll(ctx, s.reader(), list, func(r row) (harang.Notification, error) {
			n, err := scanNotification(r, p.Tenant)
			if n.ReadAt.IsZero() && n.Number <= read.upTo {
				n.ReadAt = read.at
			}
			return n, err
		}, args...)
	}, nil
}

func scanNotification(r row, tenant string) (n harang.Notification, err error) {
	var (
		at         int64
		data       string
		locationID sql.NullString
		readAt     sql.NullInt64
		claim      nullClaim
	)
	err = r.Scan(append([]any{&n.Number, &n.Event.ID, &n.Event.Type, &at, &data, &locationID, &readAt},
		claim.columns()...)...)
	n.Event.Tenant, n.Event.Time, n.Event.Data = tenant, fromMillis(at), json.RawMessage(data)
	n.Event.LocationID = locationID.String
	n.ReadAt, n.Claim = timeOf(readAt), claim.claim(n.Event.ID)
	return n, err
}

const (
	// maxExamined is how many notifications one query by text reads at most: it costs the
	// same, however many there are and however few are meant.
	maxExamined = 1000
	// examinedAtOnce is how many of them are read by one statement.
	examinedAtOnce = 250
)

// search returns the notifications below a number that a query means, one more than its
// limit when there are as many. For a query by text that ends before, examined is the
// number of the last one that it has read; else 0.
func search(
	ctx context.Context, find findBefore, q harang.NotificationQuery, before int64,
) (found []harang.Notification, examined int64, err error) {
	if !q.ByText() {
		found, err = find(ctx, before, q.Limit+1)
		return found, 0, err
	}
	meant := byText(q)
	for range maxExamined / examinedAtOnce {
		rows, err := find(ctx, before, examinedAtOnce)
		if err != nil {
			return nil, 0, err
		}
		for _, n := range rows {
			before = n.Number
			if meant(n.Event) {
				found = append(found, n)
			}
			if len(found) > q.Limit {
				return found, 0, nil
			}
		}
		if len(rows) < examinedAtOnce {
			return found, 0, nil
		}
	}
	return found, before, nil
}

// byText returns whether an event is of a query's severity and has its words.
func byText(q harang.NotificationQuery) func(e harang.Event) bool {
	words := strings.Fields(searchKey(q.Search))
	return func(e harang.Event) bool {
		text := e.Text(harang.Hungarian)
		if q.Severity != "" && text.Severity != q.Severity {
			return false
		}
		if len(words) == 0 {
			return true
		}
		english := e.Text(harang.English)
		key := searchKey(text.Title, text.Detail, english.Title, english.Detail)
		for _, word := range words {
			if !strings.Contains(key, word) {
				return false
			}
		}
		return true
	}
}

// countUnreadAtLocation counts a person's unread notifications at a location, up to
// MaxCounted, without reading them.
func (s *Store) countUnreadAtLocation(ctx context.Context, p harang.Reader, locationID string) (int64, error) {
	heads, err := queryOne(ctx, s.reader(), findHeads, scanHeads, p.Tenant)
	if err != nil {
		return 0, err
	}
	newest := heads.Number(harang.AudienceManagers)
	read, err := findRead(ctx, s.reader(), p, newest)
	if err != nil {
		return 0, err
	}
	onlyUnread := 1
	if read.single == 0 {
		onlyUnread = 0 // all above the mark are
	}
	variant, last, err := s.variant(ctx, p.Tenant, locationID, MaxCounted)
	if err != nil {
		return 0, err
	}
	return queryOne(ctx, s.reader(), findAtLocation[p.Audience].count[variant], scanInt, append([]any{p.UserID,
		p.Tenant, read.upTo + 1, newest, int64(math.MinInt64), onlyUnread}, last...)...)
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
	since, err := s.floorSince(ctx, p.Tenant, q.Since)
	return max(floor, since), err
}

// floorSince returns the managers' number above which the events after an instant
// are.
func (s *Store) floorSince(ctx context.Context, tenant string, since time.Time) (int64, error) {
	first, err := queryOne(ctx, s.reader(), findFloorSince, scanNull, tenant, since.UnixMilli(), floorEvents)
	if err == nil && first == 0 {
		return math.MaxInt64 - 1, nil // no event after it
	}
	return first - 1, err
}

// readUpTo is up to where everything is read by a person.
type readUpTo struct {
	// upTo is a managers' number: the highest mark, or the oldest of more than
	// MaxSingleReads single reads above it, which was read at the instant at. at is
	// zero for a mark.
	upTo int64
	at   time.Time
	// single is how many events above it were read one by one.
	single int64
}

// readState returns a person's number of unread events and up to where all are read.
func (s *Store) readState(ctx context.Context, p harang.Reader) (harang.ReadState, readUpTo, error) {
	heads, err := queryOne(ctx, s.reader(), findHeads, scanHeads, p.Tenant)
	if err != nil {
		return harang.ReadState{}, readUpTo{}, err
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

// findRead returns up to where everything is read by a person, of the events up to a
// head.
func findRead(ctx context.Context, run runner, p harang.Reader, head int64) (readUpTo, error) {
	mark, err := queryOne(ctx, run, findReadUpTo, scanNull, p.Tenant, p.UserID)
	if err != nil {
		return readUpTo{}, err
	}
	reads, err := newestReadsAbove(ctx, run, p, harang.AudienceManagers, mark, head)
	if err != nil || reads.all <= MaxSingleReads {
		return readUpTo{upTo: mark, single: reads.all}, err
	}
	at, err := queryOne(ctx, run, findReadAt, scanInt, p.Tenant, p.UserID, reads.lowest)
	return readUpTo{reads.lowest, fromMillis(at), MaxSingleReads}, err
}

// singleReads are a person's newest single reads above a mark, MaxSingleReads + 1 at
// most: how many, how many of them of an audience, and the lowest number.
type singleReads struct{ all, ofAudience, lowest int64 }

func newestReadsAbove(
	ctx context.Context, run runner, p harang.Reader, a harang.Audience, above, head int64,
) (singleReads, error) {
	return queryOne(ctx, run, countReads[a], func(r row) (n singleReads, err error) {
		var lowest sql.NullInt64
		err = r.Scan(&n.all, &lowest, &n.ofAudience)
		n.lowest = lowest.Int64
		return n, err
	}, p.Tenant, p.UserID, above, head, MaxSingleReads+1)
}

// readStateAt counts the unread events up to the heads, without reading them: numbers
// have no holes above the oldest event, so the number of events is the difference of
// two numbers, from which the single reads are subtracted.
func readStateAt(
	ctx context.Context, run runner, p harang.Reader, heads outbox.Heads,
) (harang.ReadState, readUpTo, error) {
	state := harang.ReadState{
		Head:    heads.Position(p.Audience),
		Version: heads.Number(harang.AudienceControl),
	}
	first, ok := findFirstAbove[p.Audience]
	if !ok {
		return state, readUpTo{}, harang.Errorf(harang.CodeInternal, "audience %q has no notifications", p.Audience)
	}
	newest := heads.Number(harang.AudienceManagers)
	read, err := findRead(ctx, run, p, newest)
	if err != nil {
		return state, read, err
	}
	oldest, err := queryOne(ctx, run, first, scanInt, p.Tenant, read.upTo)
	if exists, err := found(err); err != nil || !exists {
		return state, read, err
	}
	reads := read.single
	if reads > 0 && p.Audience != harang.AudienceManagers {
		// A person with another role before has read events that this list lacks.
		n, err := newestReadsAbove(ctx, run, p, p.Audience, read.upTo, newest)
		if err != nil {
			return state, read, err
		}
		reads = n.ofAudience
	}
	state.UnreadCount = max(0, heads.Number(p.Audience)-oldest+1-reads)
	return state, read, nil
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

// readsBatch is how many events one statement marks as read.
const readsBatch = 100

// readsOf marks events that have a number in a feed as read. coalesce keeps planners from
// other indexes than that of the ids: from a sum PostgreSQL concludes that the number is
// not null, and reads the index of those.
func readsOf(feed string) string {
	return `
		INSERT INTO reads (tenant_id, user_id, number, at)
		SELECT $1, $2, managers, $3 FROM events
		WHERE tenant_id || '' = $1 AND coalesce(managers, 0) > $4 AND coalesce(` + feed + `, 0) > 0
			AND id IN (` + parameters(5, readsBatch) + `)
		ON CONFLICT (tenant_id, user_id, number) DO NOTHING`
}

// CreateReads marks the events with these ids that the person may see as read and
// reports false when there are none that were unread.
func (tx *Tx) CreateReads(ctx context.Context, p harang.Reader, eventIDs []string) (bool, error) {
	q, ok := createReads[p.Audience]
	if !ok {
		return false, harang.Errorf(harang.CodeInternal, "audience %q has no notifications", p.Audience)
	}
	mark, err := queryOne(ctx, tx, findReadUpTo, scanNull, p.Tenant, p.UserID)
	if err != nil {
		return false, err
	}
	created := int64(0)
	for batch := range slices.Chunk(eventIDs, readsBatch) {
		args := append(make([]any, 0, 4+readsBatch), p.Tenant, p.UserID, tx.s.nowMillis(), mark)
		for i := range readsBatch {
			args = append(args, batch[min(i, len(batch)-1)]) // the last id fills the batch
		}
		n, err := execute(ctx, tx, q, args...)
		if err != nil {
			return false, err
		}
		created += n
	}
	return created > 0, nil
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

// LockClaim locks an event's claim until the commit and returns it and whether it has
// lapsed, NOT_FOUND when there is none.
func (tx *Tx) LockClaim(ctx context.Context, tenant, eventID string) (c harang.Claim, lapsed bool, err error) {
	c, err = queryOne(ctx, tx, lockClaim, func(r row) (harang.Claim, error) {
		var c nullClaim
		if err := r.Scan(append(c.columns(), &lapsed)...); err != nil {
			return harang.Claim{}, err
		}
		return *c.claim(eventID), nil
	}, tenant, eventID)
	return c, lapsed, err
}

// DeleteClaim releases a locked claim.
func (tx *Tx) DeleteClaim(ctx context.Context, tenant, eventID string) error {
	_, err := execute(ctx, tx, deleteClaim, tenant, eventID)
	return err
}
