package storetest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// dataOf returns the payload of an entry's body.
func dataOf[P any](t *testing.T, e outbox.Entry) P {
	t.Helper()
	var body struct{ Data P }
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Data
}

func alertOf(t *testing.T, e outbox.Entry) harang.StockAlert {
	t.Helper()
	return dataOf[harang.StockAlert](t, e)
}

// list reads all pages of a list and returns the events' ids.
func (env *Env) list(t *testing.T, caller harang.Identity, q harang.NotificationQuery) []string {
	t.Helper()
	ids := []string{}
	for {
		q.Limit = 2
		p, _, err := env.Notifications.List(t.Context(), caller, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Items {
			ids = append(ids, n.Event.ID)
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return ids
		}
	}
}

func testNotifications(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	manager, operator := As(harang.RoleStoreManager, "mari"), As(harang.RoleOperator, "kata")
	var ids []string // oldest first: alert, rental, alert, rental, alert
	var times []time.Time
	for i := range 5 {
		env.Clock.Move(time.Minute)
		e := Alert(t, "a")
		if i%2 == 1 {
			e = Rental(t, "a")
		}
		ids = append(ids, env.Append(t, e, Alert(t, "b"))[0].EventID)
		times = append(times, env.Clock.Now())
	}
	newest := slices.Clone(ids)
	slices.Reverse(newest)
	operators := []string{ids[4], ids[2], ids[0]}
	heads, err := env.Store.Heads(ctx, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(a harang.Audience, n int64) *harang.Position {
		return &harang.Position{Epoch: heads[0].Epoch, Audience: a, Number: n}
	}
	stale := at(harang.AudienceManagers, 4)
	stale.Epoch = harang.NewEpoch(Noon().Add(-time.Hour), 1, "")

	for _, tc := range []struct {
		name   string
		caller harang.Identity
		q      harang.NotificationQuery
		want   []string
	}{
		{"manager", manager, harang.NotificationQuery{}, newest},
		{"operator", operator, harang.NotificationQuery{}, operators},
		{"type", manager, harang.NotificationQuery{Type: "rental_created"}, []string{ids[3], ids[1]}},
		{"type alerts", operator, harang.NotificationQuery{Type: "stock_alert"}, operators},
		{"type not for operators", operator, harang.NotificationQuery{Type: "rental_created"}, []string{}},
		{"after a manager's position", manager, harang.NotificationQuery{After: at(harang.AudienceManagers, 3)},
			newest[:2]},
		{"after an operator's position", operator, harang.NotificationQuery{After: at(harang.AudienceOperators, 2)},
			operators[:1]},
		{"after position 0", operator, harang.NotificationQuery{After: at(harang.AudienceOperators, 0)}, operators},
		{"operator after a manager's position", operator,
			harang.NotificationQuery{After: at(harang.AudienceManagers, 3)}, operators[:1]},
		{"manager after an operator's position", manager,
			harang.NotificationQuery{After: at(harang.AudienceOperators, 2)}, newest[:2]},
		{"after another epoch's position", manager, harang.NotificationQuery{After: stale}, newest},
		{"since a time", manager, harang.NotificationQuery{Since: times[2]}, newest[:2]},
		{"since before all", operator, harang.NotificationQuery{Since: Noon()}, operators},
		{"since now", manager, harang.NotificationQuery{Since: times[4]}, []string{}},
		{"since and type", manager, harang.NotificationQuery{Since: times[1], Type: "rental_created"},
			[]string{ids[3]}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := env.list(t, tc.caller, tc.q); !slices.Equal(got, tc.want) {
				t.Errorf("listed %v, want %v", got, tc.want)
			}
		})
	}

	unread := func(caller harang.Identity, want int64) {
		t.Helper()
		_, s, err := env.Notifications.List(ctx, caller, harang.NotificationQuery{})
		if err != nil || s.UnreadCount != want {
			t.Errorf("%s: %d unread, %v, want %d", caller.UserID, s.UnreadCount, err, want)
		}
		if a := caller.Role.Audience(); s.Head.Audience != a || s.Head.Number != heads[0].Number(a) ||
			s.Head.Epoch != heads[0].Epoch {
			t.Errorf("head %s", s.Head)
		}
	}
	unread(manager, 5)
	unread(operator, 3)

	// An event, one of another audience, a foreign one, and an unknown id.
	state, err := env.Notifications.MarkRead(ctx, operator,
		shop.ReadRequest{EventIDs: []string{ids[2], ids[1], "e-000000", "x"}})
	if err != nil || state.UnreadCount != 2 || state.Version != 1 {
		t.Errorf("after reading one: %+v, %v", state, err)
	}
	control := env.Entries(t, harang.AudienceControl)
	read := dataOf[harang.Read](t, control[0])
	if want := (harang.Read{UserID: "kata", UnreadCount: 2, Head: state.Head.String()}); len(control) != 1 ||
		read != want || control[0].Number != state.Version {
		t.Errorf("control feed: %+v in %d entries, want %+v", read, len(control), want)
	}
	readAt := env.Clock.Now()
	env.Clock.Move(time.Minute)
	if again, err := env.Notifications.MarkRead(ctx, operator,
		shop.ReadRequest{EventIDs: []string{ids[2], "x"}}); err != nil || again != state {
		t.Errorf("reading it again: %+v, %v, want it unchanged: %+v", again, err, state)
	}
	if got := env.list(t, operator, harang.NotificationQuery{Unread: true}); !slices.Equal(got,
		[]string{ids[4], ids[0]}) {
		t.Errorf("unread are %v", got)
	}
	unread(manager, 5)

	state, err = env.Notifications.MarkRead(ctx, operator, shop.ReadRequest{UpTo: ids[2]})
	if err != nil || state.UnreadCount != 1 || state.Version != 2 {
		t.Errorf("after reading up to the third: %+v, %v", state, err)
	}
	p, _, err := env.Notifications.List(ctx, operator, harang.NotificationQuery{})
	if err != nil || len(p.Items) != 3 {
		t.Fatal(p, err)
	}
	if got := []time.Time{p.Items[0].ReadAt, p.Items[1].ReadAt, p.Items[2].ReadAt}; !got[0].IsZero() ||
		!got[1].Equal(readAt) || !got[2].Equal(env.Clock.Now()) {
		t.Errorf("read at %v", got)
	}
	for _, req := range []shop.ReadRequest{{UpTo: ids[0]}, {UpTo: ids[1]}, {UpTo: "x"}, {EventIDs: []string{ids[0]}},
		{EventIDs: []string{}}} {
		if same, err := env.Notifications.MarkRead(ctx, operator, req); err != nil || same != state {
			t.Errorf("%+v: %+v, %v, want no change", req, same, err)
		}
	}
	if state, err = env.Notifications.MarkRead(ctx, operator, shop.ReadRequest{UpTo: ids[4]}); err != nil ||
		state.UnreadCount != 0 {
		t.Errorf("after reading all: %+v, %v", state, err)
	}

	// Older events are read for a user who is promoted to a role with more events.
	promoted := As(harang.RoleStoreManager, "kata")
	unread(promoted, 0)
	// All events before a user's creation are read.
	if err := env.Store.CreateUser(ctx, auth.Credentials{User: harang.User{
		ID: "new", Tenant: "a", Name: "New", Email: "new@a.test", Role: harang.RoleStoreManager,
		Created: env.Clock.Now(),
	}}); err != nil {
		t.Fatal(err)
	}
	unread(As(harang.RoleStoreManager, "new"), 0)
	env.Append(t, Rental(t, "a"))
	heads[0].Advance(harang.AudienceManagers, 1)
	unread(As(harang.RoleStoreManager, "new"), 1)
	unread(As(harang.RoleOperator, "new"), 0)
	_, _, err = env.Notifications.List(ctx, manager, harang.NotificationQuery{Cursor: "*"})
	wantCode(t, err, harang.CodeInvalidRequest)
}

// testUnreadCounts: the count is that of the list of unread events, whoever reads
// what, however much was read one by one, and after a change of role.
func testUnreadCounts(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	var ids []string
	for range 12 {
		for _, r := range env.Append(t, Rental(t, "a"), Alert(t, "a"), Rental(t, "a")) {
			ids = append(ids, r.EventID)
		}
	}
	agree := func(when string, caller harang.Identity, want int64) {
		t.Helper()
		_, state, err := env.Notifications.List(ctx, caller, harang.NotificationQuery{})
		if listed := env.list(t, caller, harang.NotificationQuery{Unread: true}); err != nil ||
			state.UnreadCount != want || int64(len(listed)) != want {
			t.Errorf("%s, %s: count %d, listed %d, %v, want %d", when, caller.Role, state.UnreadCount, len(listed),
				err, want)
		}
	}
	manager, operator := As(harang.RoleStoreManager, "u"), As(harang.RoleOperator, "u")
	agree("at first", manager, 36)
	agree("at first", operator, 12)
	read := func(caller harang.Identity, req shop.ReadRequest) {
		t.Helper()
		if _, err := env.Notifications.MarkRead(ctx, caller, req); err != nil {
			t.Fatal(err)
		}
	}
	// Two rentals, which operators lack, and two alerts.
	read(manager, shop.ReadRequest{EventIDs: []string{ids[0], ids[2], ids[4], ids[34]}})
	agree("four read", manager, 32)
	agree("four read, of which two are alerts", operator, 10)
	read(operator, shop.ReadRequest{UpTo: ids[7]})
	agree("read up to the third alert", operator, 8)
	agree("read up to the third alert", manager, 27)
	read(manager, shop.ReadRequest{UpTo: ids[35]})
	agree("all read", manager, 0)
	agree("all read", operator, 0)

	// More ids than one statement takes, some of them twice, unknown or of other audiences.
	mixed := make([]harang.Event, 0, 300)
	for range cap(mixed) / 2 {
		mixed = append(mixed, Alert(t, "a"), Rental(t, "a"))
	}
	var some []string
	for i, r := range env.Append(t, mixed...) {
		if i%6 < 4 {
			some = append(some, r.EventID, "x"+strconv.Itoa(i), r.EventID)
		}
	}
	read(operator, shop.ReadRequest{EventIDs: some})
	agree("two of three alerts read", operator, 50)
	read(manager, shop.ReadRequest{EventIDs: some})
	agree("two of three events read", manager, 100)
	read(manager, shop.ReadRequest{EventIDs: some})
	agree("the same again", manager, 100)
	read(manager, shop.ReadRequest{UpTo: env.Append(t, Rental(t, "a"))[0].EventID})
	agree("all read again", manager, 0)

	// The newest MaxSingleReads are remembered; below them everything is read.
	many := make([]harang.Event, 0, 1000)
	var later []string
	for len(later) < store.MaxSingleReads+3 {
		many = many[:0]
		for range min(cap(many), store.MaxSingleReads+3-len(later)) {
			many = append(many, Alert(t, "a"))
		}
		for _, r := range env.Append(t, many...) {
			later = append(later, r.EventID)
		}
	}
	for batch := range slices.Chunk(later[2:store.MaxSingleReads+2], 1000) {
		read(operator, shop.ReadRequest{EventIDs: batch})
	}
	count := func(when string, want int64) {
		t.Helper()
		for _, caller := range []harang.Identity{manager, operator} {
			p, state, err := env.Notifications.List(ctx, caller, harang.NotificationQuery{Unread: true, Limit: 10})
			if err != nil || state.UnreadCount != want || int64(len(p.Items)) != want {
				t.Errorf("%s, %s: count %d, listed %d, %v, want %d", when, caller.Role, state.UnreadCount,
					len(p.Items), err, want)
			}
		}
	}
	count("as many single reads as are remembered", 3)
	env.Clock.Move(time.Minute)
	read(operator, shop.ReadRequest{EventIDs: later[store.MaxSingleReads+2:]})
	count("one more", 0)
	for q := (harang.NotificationQuery{Limit: harang.MaxPageLimit}); ; {
		p, _, err := env.Notifications.List(ctx, operator, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Items {
			if n.ReadAt.IsZero() {
				t.Fatalf("event %d is neither unread nor has a time at which it was read", n.Number)
			}
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
}

// testAtLocation: the list of a location has its events and those that are about none, in
// the same order, and the count is that of its unread ones, for both audiences.
func testAtLocation(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	alertAt := func(id string) harang.Event {
		alert := harang.StockAlert{ProductID: "p", ProductName: `"locationId":"north"`, CurrentQuantity: 1, Threshold: 3,
			LocationID: id, LocationName: id, Severity: harang.SeverityWarning}
		e, err := harang.NewEvent(harang.StockAlertType, "", "a", time.Time{}, alert)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	env.AddTenant(t, "b")
	foreign := alertAt("north")
	foreign.Tenant = "b"
	var ids []string
	for range 3 {
		env.Clock.Move(time.Minute)
		for _, r := range env.Append(t, alertAt("north"), Rental(t, "a"), alertAt("a_b%\"é"), foreign) {
			ids = append(ids, r.EventID)
		}
	}
	pick := func(indexes ...int) []string {
		picked := []string{}
		for _, i := range slices.Backward(indexes) {
			picked = append(picked, ids[i])
		}
		return picked
	}
	manager, operator := As(harang.RoleStoreManager, "m"), As(harang.RoleOperator, "o")
	type query = harang.NotificationQuery
	agree := func(when string, caller harang.Identity, q query, want []string) {
		t.Helper()
		if got := env.list(t, caller, q); !slices.Equal(got, want) {
			t.Errorf("%s, %s, %+v: %v, want %v", when, caller.Role, q, got, want)
		}
		if !q.Unread || q.Type != "" {
			return
		}
		n, err := env.Notifications.Unread(ctx, caller, harang.NotificationQuery{LocationID: q.LocationID})
		if err != nil || n != int64(len(want)) {
			t.Errorf("%s, %s: count at %q is %d, %v, want %d", when, caller.Role, q.LocationID, n, err, len(want))
		}
	}
	all := func(when string) {
		t.Helper()
		for _, unread := range []bool{false, true} {
			agree(when, manager, query{LocationID: "north", Unread: unread}, pick(0, 1, 4, 5, 8, 9))
			agree(when, operator, query{LocationID: "north", Unread: unread}, pick(0, 4, 8))
			agree(when, operator, query{LocationID: `a_b%"é`, Unread: unread}, pick(2, 6, 10))
			agree(when, manager, query{LocationID: "axb%", Unread: unread}, pick(1, 5, 9))
			agree(when, operator, query{LocationID: "elsewhere", Unread: unread}, pick())
		}
		agree(when, manager, query{LocationID: "north", Type: "stock_alert"}, pick(0, 4, 8))
		agree(when, manager, query{LocationID: "north", Type: "rental_created"}, pick(1, 5, 9))
		agree(when, operator, query{LocationID: "north", Type: "rental_created"}, pick())
		agree(when, manager, query{LocationID: "north", Since: Noon().Add(2 * time.Minute)}, pick(8, 9))
	}
	all("written by this version")
	if n, err := env.Store.UpdateEventLocations(ctx); err != nil || n != 0 {
		t.Errorf("%d events got a location, %v", n, err)
	}
	read := shop.ReadRequest{EventIDs: []string{ids[0], ids[5], ids[10]}}
	if _, err := env.Notifications.MarkRead(ctx, manager, read); err != nil {
		t.Fatal(err)
	}
	agree("three read", manager, query{LocationID: "north", Unread: true}, pick(1, 4, 8, 9))
	if _, err := env.Notifications.MarkRead(ctx, manager, shop.ReadRequest{UpTo: ids[6]}); err != nil {
		t.Fatal(err)
	}
	agree("read up to the seventh", manager, query{LocationID: "north", Unread: true}, pick(8, 9))

	// More than are counted.
	many := make([]harang.Event, store.MaxCounted+1)
	for i := range many {
		many[i] = alertAt("south")
	}
	env.Append(t, many...)
	south := query{LocationID: "south"}
	if n, err := env.Notifications.Unread(ctx, operator, south); err != nil || n != store.MaxCounted {
		t.Errorf("count of many: %d, %v", n, err)
	}
	if _, err := env.Notifications.Unread(ctx, harang.Identity{}, south); harang.ErrorCode(err) !=
		harang.CodeForbidden {
		t.Errorf("nobody: %v", err)
	}
}

// testByText: lists, counts and marks by severity and by words, however deep they lie.
func testByText(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	manager, operator := As(harang.RoleStoreManager, "m"), As(harang.RoleOperator, "o")
	type query = harang.NotificationQuery
	alert := func(product, location string, severity harang.Severity) harang.Event {
		e, err := harang.NewEvent(harang.StockAlertType, "", "a", time.Time{}, harang.StockAlert{ProductID: "p",
			ProductName: product, CurrentQuantity: 1, Threshold: 3, LocationID: location, LocationName: "Váci út",
			Severity: severity})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	failure, err := harang.NewEvent(harang.PaymentErrorType, "", "a", time.Time{}, harang.PaymentError{
		TransactionID: "t", ErrorCode: "x", ErrorMessage: "Lejárt", PartnerID: "p", PartnerName: "Érdi Építő Kft.",
		Amount: 18_900, Currency: "HUF",
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range env.Append(t, alert("Bontókalapács", "north", harang.SeverityCritical),
		alert("Fűkasza", "south", harang.SeverityWarning), failure, Rental(t, "a"),
		alert("Bontókalapács", "south", harang.SeverityWarning)) {
		ids = append(ids, r.EventID)
	}
	hammerNorth, mower, failed, rental, hammerSouth := ids[0], ids[1], ids[2], ids[3], ids[4]
	agree := func(caller harang.Identity, q query, want ...string) {
		t.Helper()
		if got := env.list(t, caller, q); !slices.Equal(got, want) {
			t.Errorf("%s, %+v: %v, want %v", caller.Role, q, got, want)
		}
		unread := q
		unread.Unread = true
		listed := env.list(t, caller, unread)
		if n, err := env.Notifications.Unread(ctx, caller, q); err != nil || n != int64(len(listed)) {
			t.Errorf("%s, %+v: %d unread, %v, want %d", caller.Role, q, n, err, len(listed))
		}
	}
	all := func() {
		t.Helper()
		agree(manager, query{Severity: "CRITICAL"}, failed, hammerNorth)
		agree(operator, query{Severity: "CRITICAL"}, hammerNorth)
		agree(manager, query{Severity: "WARNING"}, hammerSouth, mower)
		agree(manager, query{Severity: "INFO"}, rental)
		agree(manager, query{Search: "BONTOKALAPACS"}, hammerSouth, hammerNorth)
		agree(manager, query{Search: "kalapács vác"}, hammerSouth, hammerNorth)
		agree(manager, query{Search: "epito erdi"}, failed)
		agree(operator, query{Search: "epito erdi"})
		agree(manager, query{Search: "kalapács", Severity: "CRITICAL"}, hammerNorth)
		agree(manager, query{Search: "kalapács", Type: "payment_error"})
		agree(manager, query{Search: "bontókalapács", LocationID: "north"}, hammerNorth)
		agree(operator, query{Search: "%"})
	}
	all()
	// Behind more than one call examines: pages without an item lead there.
	many := make([]harang.Event, 1300)
	for i := range many {
		many[i] = alert("Létra", "south", harang.SeverityWarning)
	}
	env.Append(t, many...)
	ladders := shop.ReadRequest{Filter: &query{Search: "létra"}}
	if _, err := env.Notifications.MarkRead(ctx, manager, ladders); err != nil {
		t.Fatal(err)
	}
	for _, q := range []query{{Severity: "CRITICAL"}, {Search: "epito erdi"}} {
		page, _, err := env.Notifications.List(ctx, manager, q)
		if err != nil || len(page.Items) > 0 || page.Next == "" {
			t.Errorf("%+v behind many: %d items, next %q, %v", q, len(page.Items), page.Next, err)
		}
	}
	if got := env.list(t, manager, query{Search: "epito erdi"}); !slices.Equal(got, []string{failed}) {
		t.Errorf("behind many: %v", got)
	}
}

// testMarkFiltered: a filter marks what it lists and nothing else, and says when there may
// be more.
func testMarkFiltered(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	manager, operator := As(harang.RoleStoreManager, "m"), As(harang.RoleOperator, "o")
	type query = harang.NotificationQuery
	for range 3 {
		env.Append(t, Alert(t, "a"), Rental(t, "a"))
	}
	mark := func(caller harang.Identity, q query, unread int64, more bool) {
		t.Helper()
		done, err := env.Notifications.MarkRead(ctx, caller, shop.ReadRequest{Filter: &q})
		if err != nil || done.UnreadCount != unread || done.More != more {
			t.Errorf("%s, %+v: %+v, %v, want %d unread, more %v", caller.Role, q, done, err, unread, more)
		}
	}
	mark(manager, query{Search: "no such words"}, 6, false)
	mark(manager, query{Type: "rental_created"}, 3, false)
	if got := env.list(t, manager, query{Unread: true}); len(got) != 3 {
		t.Errorf("%d left unread, want the three alerts", len(got))
	}
	if got := env.list(t, operator, query{Unread: true}); len(got) != 3 {
		t.Errorf("%d left unread for another person", len(got))
	}
	mark(manager, query{LocationID: "elsewhere"}, 3, false)
	mark(operator, query{}, 0, false)
	many := make([]harang.Event, 1500)
	for i := range many {
		many[i] = Rental(t, "a")
	}
	env.Append(t, many...)
	mark(manager, query{Severity: "INFO"}, 503, true)
	mark(manager, query{Severity: "INFO"}, 3, false)
	mark(manager, query{}, 0, false)
	mark(manager, query{}, 0, false)
	for _, req := range []shop.ReadRequest{
		{}, {UpTo: "x", Filter: &query{}}, {EventIDs: []string{"x"}, Filter: &query{}},
		{Filter: &query{Type: "no type"}}, {Filter: &query{Type: "control.read"}},
	} {
		if _, err := env.Notifications.MarkRead(ctx, manager, req); harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%+v: %v", req, err)
		}
	}
}

func testClaims(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	kata, mari := As(harang.RoleOperator, "kata"), As(harang.RoleStoreManager, "mari")
	results := env.Append(t, Alert(t, "a"), Rental(t, "a"), Alert(t, "b"), Logout(t, "a"))
	alert, rental, foreign, control := results[0].EventID, results[1].EventID, results[2].EventID, results[3].EventID

	for _, id := range []string{rental, foreign, control, "x", ""} {
		_, err := env.Notifications.Claim(ctx, kata, id)
		wantCode(t, err, harang.CodeNotFound)
		_, err = env.Notifications.Unclaim(ctx, kata, id)
		wantCode(t, err, harang.CodeNotFound)
	}
	claim, err := env.Notifications.Claim(ctx, kata, alert)
	if err != nil || claim.By.ID != "kata" || !claim.At.Equal(env.Clock.Now()) {
		t.Fatalf("claim %+v, %v", claim, err)
	}
	env.Clock.Move(time.Minute)
	if again, err := env.Notifications.Claim(ctx, kata, alert); err != nil || !again.At.Equal(claim.At) ||
		again.By.ID != "kata" {
		t.Errorf("claimed again: %+v, %v, want %+v", again, err, claim)
	}
	_, err = env.Notifications.Claim(ctx, mari, alert)
	wantCode(t, err, harang.CodeAlreadyClaimed)
	_, err = env.Notifications.Unclaim(ctx, mari, alert)
	wantCode(t, err, harang.CodeAlreadyClaimed)
	if p, _, err := env.Notifications.List(ctx, mari, harang.NotificationQuery{Type: "stock_alert"}); err != nil ||
		p.Items[0].Claim == nil || p.Items[0].Claim.By.ID != "kata" {
		t.Errorf("list %+v, %v", p.Items, err)
	}
	released, err := env.Notifications.Unclaim(ctx, kata, alert)
	if err != nil || released.By != nil || released.EventID != alert {
		t.Errorf("released: %+v, %v", released, err)
	}
	if _, err := env.Notifications.Unclaim(ctx, mari, alert); err != nil {
		t.Errorf("releasing an unclaimed event: %v", err)
	}
	if _, err := env.Notifications.Claim(ctx, mari, rental); err != nil {
		t.Error(err)
	}
	var sent []harang.Claim
	for _, e := range env.Entries(t, harang.AudienceControl)[1:] {
		sent = append(sent, dataOf[harang.Claim](t, e))
	}
	if len(sent) != 3 || sent[0].By.ID != "kata" || sent[1].By != nil || sent[2].By.ID != "mari" {
		t.Fatalf("control feed: %+v", sent)
	}
	if both := []harang.Audience{harang.AudienceOperators, harang.AudienceManagers}; !slices.Equal(sent[0].Audiences,
		both) || !slices.Equal(sent[1].Audiences, both) {
		t.Errorf("an alert's claim is for %v", sent[0].Audiences)
	}
	if !slices.Equal(sent[2].Audiences, []harang.Audience{harang.AudienceManagers}) {
		t.Errorf("a rental's claim is for %v", sent[2].Audiences)
	}
}

// testConcurrentClaims: a claim that meets a release succeeds, and a release that comes twice
// never takes the claim that somebody else made in between.
func testConcurrentClaims(t *testing.T, open Open) {
	env := NewEnv(t, open)
	alert := env.Append(t, Alert(t, "a"))[0].EventID
	kata, mari := As(harang.RoleOperator, "kata"), As(harang.RoleStoreManager, "mari")
	expect := func(err error, codes ...harang.Code) {
		if err != nil && !slices.Contains(codes, harang.ErrorCode(err)) {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 40 {
				_, err := env.Notifications.Claim(context.Background(), kata, alert)
				expect(err, harang.CodeAlreadyClaimed)
				_, err = env.Notifications.Unclaim(context.Background(), kata, alert)
				expect(err, harang.CodeAlreadyClaimed)
			}
		})
	}
	wg.Go(func() {
		for range 160 {
			if _, err := env.Notifications.Claim(context.Background(), mari, alert); err != nil {
				expect(err, harang.CodeAlreadyClaimed)
				continue
			}
			_, err := env.Notifications.Claim(context.Background(), mari, alert) // it is still hers
			expect(err)
			_, err = env.Notifications.Unclaim(context.Background(), mari, alert)
			expect(err)
		}
	})
	wg.Wait()
}

// testLapsedClaims: the claim of a user who was disabled, or whose role does not receive
// the event any more, is in no list and keeps nobody from claiming or releasing it.
func testLapsedClaims(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	env.Provider.SetAnswers("bad", declined, declined)
	env.Create(t, env.NewCheckout(1, Card("bad")))
	env.appendForeignError(t, "foreign", "theirs")
	user := func(id string, role harang.Role, disabled bool) {
		t.Helper()
		err := env.Store.UpdateUser(ctx, "a", id, func(
			c *auth.Credentials, _ []harang.Session, _ auth.CountAdmins,
		) (auth.Trail, error) {
			c.Role, c.Disabled = role, disabled
			return auth.Trail{}, nil
		})
		if harang.ErrorCode(err) == harang.CodeNotFound {
			err = env.Store.CreateUser(ctx, auth.Credentials{User: harang.User{
				ID: id, Tenant: "a", Name: id, Email: id + "@a.test", Role: role, Disabled: disabled,
				Created: env.Clock.Now(),
			}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bela, dora := As(harang.RoleStoreManager, "bela"), As(harang.RoleStoreManager, "dora")
	kata, cli := As(harang.RoleOperator, "kata"), As(harang.RoleOperator, "cli:OPERATOR")
	user("bela", bela.Role, false)
	user("dora", dora.Role, false)
	user("kata", kata.Role, false)
	claimers := func(caller harang.Identity) string {
		t.Helper()
		p, _, err := env.Notifications.List(ctx, caller, harang.NotificationQuery{})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, n := range p.Items {
			by := "nobody"
			if n.Claim != nil {
				by = n.Claim.By.ID
			}
			all = append(all, n.Event.Type+" "+by)
		}
		return strings.Join(all, ", ")
	}
	want := func(when, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	shortage := func() string {
		t.Helper()
		p, err := env.Inventory.Alerts(ctx, kata, "", 10)
		if err != nil || len(p.Items) != 1 {
			t.Fatal(p.Items, err)
		}
		if p.Items[0].Claim == nil {
			return "nobody"
		}
		return p.Items[0].Claim.By.ID
	}
	failures := func() string {
		t.Helper()
		all, err := env.Payments.Failures(ctx, dora, "")
		if err != nil {
			t.Fatal(err)
		}
		var by []string
		for _, f := range all {
			by = append(by, "nobody")
			if f.Claim != nil {
				by[len(by)-1] = f.Claim.By.ID
			}
		}
		return strings.Join(by, ", ")
	}
	env.Adjust(t, "drill", "main", -env.AvailableDrills(t))
	ids := map[string]string{}
	p, _, err := env.Notifications.List(ctx, dora, harang.NotificationQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Items {
		ids[n.Event.Type] = n.Event.ID
		if _, err := env.Notifications.Claim(ctx, bela, n.Event.ID); err != nil {
			t.Fatal(err)
		}
	}
	alert, failure := ids["stock_alert"], ids["payment_error"]
	want("claimed", claimers(dora), "stock_alert bela, payment_error bela, payment_error bela")
	want("claimed", shortage()+", "+failures(), "bela, bela, bela")

	// An operator receives alerts only, so the other claims lapse.
	user("bela", harang.RoleOperator, false)
	want("demoted", claimers(dora), "stock_alert bela, payment_error nobody, payment_error nobody")
	want("demoted", shortage()+", "+failures(), "bela, nobody, nobody")
	_, err = env.Notifications.Claim(ctx, dora, alert)
	wantCode(t, err, harang.CodeAlreadyClaimed)
	user("bela", harang.RoleStoreManager, false)
	want("promoted again", failures(), "bela, bela")
	_, err = env.Notifications.Unclaim(ctx, dora, failure)
	wantCode(t, err, harang.CodeAlreadyClaimed)

	user("bela", harang.RoleStoreManager, true)
	want("disabled", claimers(dora), "stock_alert nobody, payment_error nobody, payment_error nobody")
	want("disabled", shortage()+", "+failures(), "nobody, nobody, nobody")
	env.Clock.Move(time.Minute)
	claim, err := env.Notifications.Claim(ctx, cli, alert)
	if err != nil || claim.By.ID != cli.UserID || !claim.At.Equal(env.Clock.Now()) {
		t.Errorf("claimed instead: %+v, %v", claim, err)
	}
	if claim, err := env.Notifications.Unclaim(ctx, dora, failure); err != nil || claim.By != nil {
		t.Errorf("released: %+v, %v", claim, err)
	}
	_, err = env.Notifications.Claim(ctx, kata, alert)
	wantCode(t, err, harang.CodeAlreadyClaimed) // a token without a user
	user("bela", harang.RoleStoreManager, false)
	want("enabled again", shortage(), cli.UserID)
	var sent []string
	for _, e := range env.Entries(t, harang.AudienceControl) {
		if e.Type == harang.ClaimType.Name {
			by := "nobody"
			if c := dataOf[harang.Claim](t, e); c.By != nil {
				by = c.By.ID
			}
			sent = append(sent, by)
		}
	}
	want("control feed", strings.Join(sent, ", "), "bela, bela, bela, cli:OPERATOR, nobody")
}
