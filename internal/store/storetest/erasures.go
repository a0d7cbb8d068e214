package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// The persons of the erasure tests. A name's parts occur nowhere else, in whatever way it is written.
const (
	erasablePartner = `Kovácsik "Bt." <Zsófiácska>`
	erasableUser    = `Ilonka Rebekácska`
	erasableEmail   = `rebekacska@a.example`
	erasableAddress = `203.0.113.77`
	erasableCard    = `tok_eltakaritott_0042`
)

var (
	// TracesOfPartner are parts of what is erased with the partner.
	TracesOfPartner = []string{"Kovácsik", "kovacsik", "Zsófiácska", "zsofiacska", erasableCard,
		"30 777 8899", "36307778899", "zsofi@", "hátsó udvarban"}
	tracesOfUser = []string{"Rebekácska", "rebekacska", erasableAddress}
)

// ErasureEnv is a shop with two persons whose names are in every table that can have them.
type ErasureEnv struct {
	*RentalEnv
	Users *auth.Service
	// DB is another connection to the same database.
	DB *sql.DB
	// Tables lists the tables; a constant of the engine.
	Tables string
	// User is the erasable one.
	User harang.Identity
	// Unfinished is the partner's one rental that is out.
	Unfinished string
}

// NewErasureEnv opens a store and fills it. tables is the engine's query for the names of all tables.
func NewErasureEnv(
	t *testing.T, open func(*testing.T, store.Options) (*store.Store, *sql.DB), tables string,
) *ErasureEnv {
	t.Helper()
	env := &ErasureEnv{Tables: tables}
	env.RentalEnv = NewRentalEnv(t, func(t *testing.T, o store.Options) *store.Store {
		var st *store.Store
		st, env.DB = open(t, o)
		return st
	})
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := auth.NewKey()
	must(err)
	env.Users, err = auth.New(env.Store, key, auth.Options{Clock: env.Clock.Now, NewID: env.Options.NewID,
		HashParams: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	must(err)
	env.addTwin(t)

	// The user logs in, after somebody had a wrong password.
	u, err := env.Users.CreateUser(ctx, Admin(), auth.NewUser{
		Email: erasableEmail, Name: erasableUser, Role: harang.RoleAdmin, Password: "a long password",
	})
	must(err)
	must(env.Store.CountFailedLogins(ctx, []harang.FailedLogins{{
		Tenant: "a", User: harang.Person{ID: u.ID, Name: u.Name}, Network: erasableAddress, Hour: env.Clock.Now(),
		First: env.Clock.Now(), Count: 1,
	}}))
	grant, err := env.Users.Login(ctx, auth.LoginRequest{
		Email: erasableEmail, Password: "a long password", Address: erasableAddress,
	})
	must(err)
	env.User, err = env.Users.Authenticate(ctx, grant.AccessToken)
	must(err)
	ctx = harang.ForCall(ctx, "a", erasableAddress)

	// The partner has another name first, then rents from the user, pays, gets money back.
	for _, name := range []string{"Zsófiácska régen", erasablePartner} {
		_, err := env.Catalogue.ChangePartner(ctx, env.User, shop.PartnerChange{
			ID: "acme", Name: &name, Phone: new("+36 30 777 8899"), Email: new("zsofi@kovacsik.example"),
			Note: new("a kulcs\na hátsó udvarban"),
		})
		must(err)
	}
	must(env.Payments.PutCard(ctx, env.User, "acme", harang.Card{Token: erasableCard, Label: "Zsófiácska kártyája"}))
	refused := shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"}
	env.Provider.SetAnswers("bad", refused, refused)
	rent := func(p *shop.PaymentOrder) shop.CheckoutResult {
		t.Helper()
		out, err := env.Rentals.Create(ctx, env.User, env.NewCheckout(2, p))
		must(err)
		return out
	}
	declined, paid := rent(Card("bad")), rent(Card(erasableCard))
	out := rent(&shop.PaymentOrder{Method: harang.PaymentCash})
	_, err = env.Rentals.CancelRental(ctx, env.User, declined.Rental.ID, shop.Cancellation{})
	must(err)
	_, err = env.Rentals.CancelRental(ctx, env.User, paid.Rental.ID, shop.Cancellation{})
	must(err)
	env.Unfinished = out.Rental.ID
	env.RunHousekeeping(t) // makes the refund

	events := env.Entries(t, harang.AudienceManagers)
	_, err = env.Notifications.Claim(ctx, env.User, events[len(events)-1].EventID)
	must(err)
	_, err = env.Notifications.MarkRead(ctx, env.User, shop.ReadRequest{EventIDs: []string{events[0].EventID}})
	must(err)
	_, _, err = env.SelfCheck.SendTestAlert(ctx, env.User)
	must(err)
	must(env.Exports.Record(ctx, env.User, "rentals",
		map[string][]string{"search": {"Zsófiácska"}, "status": {"OPEN"}}))
	env.fillOthers(t, ctx, paid)
	return env
}

// addTwin adds a tenant with the same ids, which nothing may touch.
func (env *ErasureEnv) addTwin(t *testing.T) {
	t.Helper()
	env.AddTenant(t, "b")
	admin := harang.Identity{Tenant: "b", UserID: "admin", Name: "Twin admin", Role: harang.RoleAdmin}
	if err := env.Catalogue.PutPartner(t.Context(), admin, harang.Partner{ID: "acme", Name: "Twin"}); err != nil {
		t.Fatal(err)
	}
	e := Rental(t, "b")
	e.Data = []byte(strings.ReplaceAll(string(e.Data), `"partnerId":"p","partnerName":"P"`,
		`"partnerId":"acme","partnerName":"Twin"`))
	env.Append(t, e)
}

// fillOthers writes what other applications and providers send, and answers that are stored.
func (env *ErasureEnv) fillOthers(t *testing.T, ctx context.Context, paid shop.CheckoutResult) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	other := newEvent(t, harang.PaymentErrorType, "a", harang.PaymentError{
		TransactionID: "t-other", ErrorCode: "iso:51", ErrorMessage: "Nincs fedezet", PartnerID: "acme",
		PartnerName: erasablePartner, Amount: 9, Currency: harang.CurrencyHUF,
	})
	other.Source, other.SourceID = "/erp", "1"
	env.Append(t, other)
	body := fmt.Sprintf(`{"id":"r","partnerId":"acme","partnerName":%q,"by":{"id":%q,"name":%q},"total":4000}`,
		"Kovácsik", env.User.UserID, erasableUser)
	r, err := env.Requests.Begin(ctx, env.User, "POST /rentals", "k", "f")
	must(err)
	must(env.Requests.Finish(ctx, r, 201, []byte(body)))
	for key, body := range map[string]string{
		"created": `{"id":"acme","name":"Kovácsik","phone":"+36 30 777 8899","email":"zsofi@kovacsik.example",` +
			`"note":"a hátsó udvarban","archived":false,"samePhone":[]}`,
		"other": `{"id":"other","name":"Other","phone":"06 1 234 5678","email":null,"note":"stays","archived":false,` +
			`"samePhone":[{"id":"acme","name":"Kovácsik"}]}`,
	} {
		r, err := env.Requests.Begin(ctx, env.User, shop.CreatePartnerRoute, key, "f")
		must(err)
		must(env.Requests.Finish(ctx, r, 201, []byte(body)))
	}
	must(env.Store.Within(ctx, func(tx shop.Tx) error {
		_, err := tx.CreateNotice(ctx, "a", shop.PaymentNotice{
			Key: "n", Raw: []byte("customer=Zsófiácska&Amount=4000"), TransactionID: paid.Payment.ID,
		}, env.Clock.Now())
		return err
	}))
	for _, text := range []string{
		`INSERT INTO pending_cards (payment_id, tenant_id, token, brand, last4, expires, label, at)
			VALUES ('` + paid.Payment.ID + `', 'a', '` + erasableCard + `', '', '', '', 'Zsófiácska', 0)`,
		`INSERT INTO event_inbox (tenant_id, source, id, type, data, refused_at, problem) VALUES ('a', '/erp', '2',
			'payment_error', '{ "partnerName" : "Kov\u00e1csik Zsófiácska", "partnerId" : "\u0061cme" }', 1, 'amount is missing')`,
		`INSERT INTO event_inbox (tenant_id, source, id, type, data, refused_at, problem) VALUES ('a', '', '',
			'payment_error', '{"partnerName":"Kovácsik Zsófiácska","partnerId":"acme"}', 1, 'id must not be empty')`,
	} {
		_, err := env.DB.ExecContext(ctx, text)
		must(err)
	}
}

// Return ends the rental that is out.
func (env *ErasureEnv) Return(t *testing.T) {
	t.Helper()
	if _, err := env.Rentals.Return(t.Context(), env.User, env.Unfinished); err != nil {
		t.Fatal(err)
	}
}

// ErasePartner ends the rental that is out, and erases the partner.
func (env *ErasureEnv) ErasePartner(t *testing.T) {
	t.Helper()
	env.Return(t)
	if _, err := env.Erasures.Partner(t.Context(), Admin(), "acme"); err != nil {
		t.Fatal(err)
	}
	env.finish(t)
	if found := env.Traces(t, TracesOfPartner); len(found) > 0 {
		t.Errorf("the name is in %v", found)
	}
}

// Traces returns the tables with rows in which one of the texts is.
func (env *ErasureEnv) Traces(t *testing.T, texts []string) []string {
	t.Helper()
	tables := env.column(t, env.Tables)
	var found []string
	for _, table := range tables {
		rows, err := env.DB.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row := fmt.Sprintf("%s", values)
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(row, text) }) {
				found = append(found, table)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	return slices.Compact(found)
}

func (env *ErasureEnv) column(t *testing.T, query string) []string {
	t.Helper()
	rows, err := env.DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// count counts the rows of tenant "a" in the audit log by action.
func (env *ErasureEnv) count(t *testing.T, action harang.AuditAction) int {
	t.Helper()
	return len(env.audited(t, harang.AuditQuery{Action: action}))
}

// finish makes both passes.
func (env *ErasureEnv) finish(t *testing.T) {
	t.Helper()
	env.RunHousekeeping(t)
	env.Clock.Move(time.Minute)
	env.RunHousekeeping(t)
}

// shape is what must stay of a feed: number, id, type and time of each event.
func shape(entries []outbox.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintln(&b, e.Number, e.EventID, e.Type, e.Time)
	}
	return b.String()
}

// RunErasures erases a partner and a user, and looks for their names in all tables.
func RunErasures(
	t *testing.T, open func(*testing.T, store.Options) (*store.Store, *sql.DB), tables string,
) {
	t.Run("Partner", func(t *testing.T) { testErasePartner(t, NewErasureEnv(t, open, tables)) })
	t.Run("User", func(t *testing.T) { testEraseUser(t, NewErasureEnv(t, open, tables)) })
	t.Run("Interrupted", func(t *testing.T) { testEraseInterrupted(t, NewErasureEnv(t, open, tables)) })
	t.Run("OlderNode", func(t *testing.T) { testEraseByOlderNode(t, NewErasureEnv(t, open, tables)) })
	t.Run("Checkouts", func(t *testing.T) { testEraseDuringCheckouts(t, NewErasureEnv(t, open, tables)) })
}

func wantTables(t *testing.T, when string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s the name is in %v, want %v", when, got, want)
	}
}

func testErasePartner(t *testing.T, env *ErasureEnv) {
	ctx := t.Context()
	wantTables(t, "before", env.Traces(t, TracesOfPartner), "audit", "event_inbox", "events", "partner_cards",
		"partners", "payment_notices", "payments", "pending_cards", "refunds", "rentals", "requests")
	_, err := env.Erasures.Partner(ctx, Clerk(), "acme")
	wantCode(t, err, harang.CodeForbidden)
	_, err = env.Erasures.Partner(ctx, Admin(), "unknown")
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.Erasures.Partner(ctx, Admin(), "acme")
	wantCode(t, err, harang.CodeUnfinished)
	if ids := applicationError(err).Details["rentals"]; fmt.Sprint(ids) != "["+env.Unfinished+"]" {
		t.Errorf("unfinished are %v, want %s", ids, env.Unfinished)
	}
	env.Return(t)

	before := env.Entries(t, harang.AudienceManagers)
	heads, err := env.Store.Heads(ctx, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := env.Erasures.Partner(ctx, Admin(), "acme")
	if err != nil || first.Due.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	// At once: the row, and no use of it.
	checkout := env.NewCheckout(1, nil)
	_, err = env.Rentals.Create(ctx, Clerk(), checkout)
	wantCode(t, err, harang.CodeErased)
	wantCode(t, env.Catalogue.PutPartner(ctx, Admin(), harang.Partner{ID: "acme", Name: "Back"}), harang.CodeErased)
	wantCode(t, env.Payments.PutCard(ctx, Admin(), "acme", harang.Card{Token: "t"}), harang.CodeErased)
	_, err = env.Catalogue.ImportCSV(ctx, Admin(), strings.NewReader("partnerId;partnerName\nacme;Back\n"))
	wantCode(t, err, harang.CodeInvalidRequest)
	for _, archived := range []bool{false, true} {
		list, err := env.Catalogue.Partners(ctx, Clerk(), harang.CatalogueQuery{Archived: archived})
		if err != nil || len(list.Items) > 0 {
			t.Errorf("the list has %v, %v", list.Items, err)
		}
	}

	env.finish(t)
	wantTables(t, "after", env.Traces(t, TracesOfPartner))
	wantTables(t, "of another partner", env.Traces(t, []string{"06 1 234 5678"}), "requests")
	if again, err := env.Erasures.Partner(ctx, Admin(), "acme"); err != nil || !again.At.Equal(first.At) ||
		!again.Due.IsZero() {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n := env.count(t, harang.AuditPartnerErase); n != 1 {
		t.Errorf("%d rows in the audit log", n)
	}
	row := env.audited(t, harang.AuditQuery{Action: harang.AuditPartnerErase})[0]
	if row.Subject.Name != harang.ErasedPartnerName || row.Actor.ID != "admin" || row.Before != nil ||
		row.After != nil {
		t.Errorf("the row is %+v", row)
	}

	saved := env.audited(t, harang.AuditQuery{Action: harang.AuditExport})[0]
	if string(saved.After) != `{"search":"…","status":"OPEN"}` {
		t.Errorf("the row of the saved list has %s", saved.After)
	}

	// Events keep their numbers, ids and figures, and the feeds begin a new epoch.
	after := env.Entries(t, harang.AudienceManagers)
	if was, is := shape(before), shape(after); was != is {
		t.Errorf("the feed was\n%s\nis\n%s", was, is)
	}
	for _, e := range after {
		if strings.Contains(string(e.Body), "partnerName") &&
			!strings.Contains(string(e.Body), `"partnerId":"acme","partnerName":"`+harang.ErasedPartnerName+`"`) {
			t.Errorf("the event is %s", e.Body)
		}
	}
	renewed, err := env.Store.Heads(ctx, []string{"a"})
	if err != nil || renewed[0].Epoch <= heads[0].Epoch || renewed[0].Numbers != heads[0].Numbers {
		t.Errorf("the heads were %+v, are %+v, %v", heads, renewed, err)
	}
	list, err := env.Rentals.List(ctx, Clerk(), harang.RentalQuery{})
	if err != nil || len(list.Items) != 3 {
		t.Fatalf("%d rentals, %v", len(list.Items), err)
	}
	for _, r := range list.Items {
		if r.PartnerName != harang.ErasedPartnerName || r.PartnerID != "acme" || r.TotalValue != 4000 {
			t.Errorf("the rental is %+v", r)
		}
	}
	if found, err := env.Rentals.List(ctx, Clerk(), harang.RentalQuery{Search: "kovacsik"}); err != nil ||
		len(found.Items) > 0 {
		t.Errorf("the search finds %v, %v", found.Items, err)
	}
	wantTables(t, "of the other tenant", env.Traces(t, []string{"Twin"}), "audit", "events", "partners")
}

func testEraseUser(t *testing.T, env *ErasureEnv) {
	ctx := t.Context()
	env.Return(t)
	wantTables(t, "before", env.Traces(t, tracesOfUser),
		"audit", "claims", "events", "movements", "refunds", "rentals", "requests", "users")
	id := env.User.UserID
	_, err := env.Users.EraseUser(ctx, Clerk(), id)
	wantCode(t, err, harang.CodeForbidden)
	_, err = env.Users.EraseUser(ctx, env.User, id)
	wantCode(t, err, harang.CodeConflict)
	_, err = env.Users.EraseUser(ctx, Admin(), "unknown")
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.Users.EraseUser(ctx, Admin(), id)
	wantCode(t, err, harang.CodeLastAdmin)
	if _, err := env.Users.CreateUser(ctx, Admin(), auth.NewUser{
		Email: "other@a.example", Name: "Other", Role: harang.RoleAdmin, Password: "a long password",
	}); err != nil {
		t.Fatal(err)
	}
	twin := Admin()
	twin.Tenant = "b"
	_, err = env.Users.EraseUser(ctx, twin, id)
	wantCode(t, err, harang.CodeNotFound)

	before := env.Entries(t, harang.AudienceManagers)
	for range 2 {
		if e, err := env.Users.EraseUser(ctx, Admin(), id); err != nil || e.At.IsZero() {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if n := env.count(t, harang.AuditUserErase); n != 1 {
		t.Errorf("%d rows in the audit log", n)
	}
	_, err = env.Users.Login(ctx, auth.LoginRequest{Email: erasableEmail, Password: "a long password", Address: "::1"})
	wantCode(t, err, harang.CodeInvalidCredentials)
	on := false
	_, err = env.Users.UpdateUser(ctx, Admin(), id, auth.UserChange{Disabled: &on})
	wantCode(t, err, harang.CodeNotFound)
	users, err := env.Users.FindUsers(ctx, Admin(), "", 10)
	if err != nil || len(users) != 1 || users[0].Name != "Other" {
		t.Errorf("the users are %v, %v", users, err)
	}

	env.finish(t)
	wantTables(t, "after", env.Traces(t, tracesOfUser))
	if was, is := shape(before), shape(env.Entries(t, harang.AudienceManagers)); was != is {
		t.Errorf("the feed was\n%s\nis\n%s", was, is)
	}
	if logins := env.audited(t, harang.AuditQuery{ActorID: id, Action: harang.AuditSessionCreate}); len(logins) != 1 ||
		logins[0].Actor.Name != harang.ErasedUserName || logins[0].From != "" {
		t.Errorf("the login is %+v", logins)
	}
	created := env.audited(t, harang.AuditQuery{Action: harang.AuditUserCreate})[0]
	if string(created.After) != `{"email":"…","role":"ADMIN"}` {
		t.Errorf("the row of the creation has %s", created.After)
	}
	// The address is free.
	if _, err := env.Users.CreateUser(ctx, Admin(), auth.NewUser{
		Email: erasableEmail, Name: "New", Role: harang.RoleOperator, Password: "a long password",
	}); err != nil {
		t.Error(err)
	}
}

// testEraseInterrupted: a pass that ends in the middle is made again, and what was changed before is renewed.
func testEraseInterrupted(t *testing.T, env *ErasureEnv) {
	env.Return(t)
	if _, err := env.Erasures.Partner(t.Context(), Admin(), "acme"); err != nil {
		t.Fatal(err)
	}
	due, err := env.Store.FindDueErasures(t.Context(), env.Clock.Now(), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("due are %+v, %v", due, err)
	}
	// Of two nodes that find it one makes the pass.
	for _, want := range []bool{true, false} {
		if mine, err := env.Store.DeferErasure(t.Context(), due[0], env.Clock.Now().Add(time.Minute)); err != nil ||
			mine != want {
			t.Fatalf("%v, %v, want %v", mine, err, want)
		}
	}
	renewals := 0
	env.Store.OnCommit(func(outbox.Commit) { renewals++ })
	tries := 0
	for tries++; ; tries++ {
		ctx := &endingContext{Context: t.Context()}
		ctx.left.Store(int64(tries))
		if err := env.Store.EraseCopies(ctx, due[0], time.Time{}); err == nil {
			break
		}
		if renewals > 0 {
			t.Fatal("a pass that was interrupted has ended")
		}
	}
	if tries < 5 || renewals != 1 {
		t.Errorf("%d tries, %d renewals", tries, renewals)
	}
	wantTables(t, "after", env.Traces(t, TracesOfPartner))
}

// testEraseByOlderNode: what a node that does not know of contacts leaves when it erases is not shown, and is erased.
func testEraseByOlderNode(t *testing.T, env *ErasureEnv) {
	ctx := t.Context()
	if _, err := env.DB.ExecContext(ctx, `UPDATE partners SET name = 'Törölt partner', sort_key = '', search_key = '',
		erased_at = 1, archived_at = 1 WHERE tenant_id = 'a' AND id = 'acme'`); err != nil {
		t.Fatal(err)
	}
	contacts := []string{"30 777 8899", "36307778899", "zsofi@"}
	found := func(when string, want ...string) {
		t.Helper()
		var got []string
		for _, table := range env.Traces(t, contacts) {
			if table == "partners" {
				got = append(got, table)
			}
		}
		wantTables(t, when, got, want...)
	}
	found("after the older node", "partners")
	p, err := env.Catalogue.Partner(ctx, Clerk(), "acme")
	if err != nil || !p.Erased || p.Phone+p.Email+p.Note != "" {
		t.Errorf("%+v, %v", p, err)
	}
	if q := (harang.CatalogueQuery{Phone: "06307778899"}); env.findPartners(t, q) != "" {
		t.Error("the erased partner is found by its number")
	}
	env.RunHousekeeping(t)
	found("after the sweep")
}

// testEraseDuringCheckouts: a partner is either erased or rented to, however the calls meet.
func testEraseDuringCheckouts(t *testing.T, env *ErasureEnv) {
	for i := range 20 {
		checkout := env.NewCheckout(1, nil)
		checkout.PartnerID = fmt.Sprintf("meeting%d", i)
		if err := env.Catalogue.PutPartner(t.Context(), Admin(),
			harang.Partner{ID: checkout.PartnerID, Name: "Meeting"}); err != nil {
			t.Fatal(err)
		}
		var erased error
		rented := make([]shop.CheckoutResult, 4)
		refused := make([]error, len(rented))
		calls := []func(){func() {
			_, erased = env.Erasures.Partner(t.Context(), Admin(), checkout.PartnerID)
		}}
		for n := range rented {
			calls = append(calls, func() {
				rented[n], refused[n] = env.Rentals.Create(t.Context(), Clerk(), checkout)
			})
		}
		runConcurrently(calls)
		want := harang.CodeErased
		if erased != nil {
			wantCode(t, erased, harang.CodeUnfinished)
			want = ""
		}
		for n, err := range refused {
			switch {
			case err == nil && erased == nil:
				t.Fatalf("round %d: partner erased, and rented to", i)
			case err == nil:
				if _, err := env.Rentals.CancelRental(t.Context(), Clerk(), rented[n].Rental.ID,
					shop.Cancellation{}); err != nil {
					t.Fatal(err)
				}
			default:
				wantCode(t, err, want)
			}
		}
	}
}

// endingContext has ended when it was asked a number of times.
type endingContext struct {
	context.Context //nolint:containedctx // it is one itself

	left atomic.Int64
}

func (c *endingContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}
