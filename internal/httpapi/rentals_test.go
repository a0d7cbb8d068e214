package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// rentalEnv is a handler with the system's clock and a tenant "a": 10 drills at
// the location "main" for 1000 forints a day, critical below 3, and the partner
// "acme". Tenant "b" is empty.
type rentalEnv struct {
	*service
	t   testing.TB
	key string
	// waiting gets a value when a charge of tok_timeout begins to wait, and
	// release ends the wait.
	waiting chan struct{}
	release chan time.Time
	tokens  sync.Map
}

func newRentalEnv(t testing.TB) *rentalEnv {
	t.Helper()
	s := &rentalEnv{t: t, waiting: make(chan struct{}, 8), release: make(chan time.Time, 8)}
	s.service = newService(t, fixture{
		clock: time.Now,
		newID: func() string { return uuid.Must(uuid.NewV7()).String() },
		wait: func(time.Duration) <-chan time.Time {
			s.waiting <- struct{}{}
			return s.release
		},
	})
	var err error
	for _, tenant := range []string{"a", "b"} {
		if err := s.store.CreateTenant(t.Context(), harang.Tenant{ID: tenant, Name: tenant}); err != nil {
			t.Fatal(err)
		}
	}
	admin := harang.Identity{Tenant: "a", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
	if _, s.key, err = s.auth.CreateAPIKey(t.Context(), admin, auth.NewAPIKey{Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/partners/acme": `{"name":"Acme Kft."}`, "/locations/main": `{"name":"Main"}`,
		"/products/drill": `{"name":"Drill","dailyPrice":1000}`,
	} {
		s.put(path, body)
	}
	s.put("/inventory/stock/drill/main", `{"quantity":10,"warningThreshold":3,"criticalThreshold":3}`)
	return s
}

func (s *rentalEnv) put(path, body string) {
	s.t.Helper()
	if res := s.call("PUT", "/api/v1"+path, s.key, json.RawMessage(body), nil); res.status != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, res.status, res.body)
	}
}

// login makes a user with a role in tenant "a" and returns the access token of a login.
func (s *rentalEnv) login(role harang.Role) string {
	s.t.Helper()
	email := strings.ToLower(string(role)) + "@a.example"
	if _, err := s.auth.CreateUser(s.t.Context(), harang.Identity{Tenant: "a", UserID: "cli:ADMIN",
		Role: harang.RoleAdmin}, auth.NewUser{Email: email, Name: string(role), Role: role,
		Password: password}); err != nil {
		s.t.Fatal(err)
	}
	g, err := s.auth.Login(s.t.Context(), auth.LoginRequest{Email: email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return g.AccessToken
}

// token is an access token of a role in tenant "a".
func (s *rentalEnv) token(role harang.Role) string { return s.tokenIn("a", role) }

func (s *rentalEnv) tokenIn(tenant string, role harang.Role) string {
	s.t.Helper()
	if t, ok := s.tokens.Load(tenant + string(role)); ok {
		return t.(string)
	}
	token, err := s.auth.IssueToken(s.t.Context(), tenant, role, "", time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tokens.Store(tenant+string(role), token)
	return token
}

type response struct {
	status int
	header http.Header
	body   []byte
}

func (r response) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(r.body, &p)
	return p.Code
}

// call makes a call with a credential; a nil body is none.
func (s *rentalEnv) call(method, path, credential string, body json.RawMessage, header map[string]string) response {
	reader := strings.NewReader(string(body))
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if _, err := describe(s.t, s.handler).check(r, body, w.Code, w.Header(), w.Body.Bytes()); err != nil {
		s.t.Error(err)
	}
	return response{w.Code, w.Header(), w.Body.Bytes()}
}

func decode[T any](t testing.TB, r response) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

type paymentView struct {
	TransactionID, Status, ErrorCode, ErrorMessage, NextStep string
	Retry                                                    *bool
}

type rentalView struct {
	ID, PartnerID, PartnerName, Currency, Status string
	EquipmentCount, TotalValue, PaidAmount       int64
	Lines                                        []struct {
		ProductID, ProductName string
		Quantity, DailyPrice   int64
	}
	Payment *paymentView
}

type problemView struct {
	Code, TransactionID, ErrorCode, ErrorMessage, NextStep, PaymentStatus string
	Line, Available                                                       *int64
	Errors                                                                []struct{ Field, Detail string }
}

// checkout is the body of a checkout of drills for a day.
func (s *rentalEnv) checkout(pieces int64, more string) json.RawMessage {
	due := time.Now().Add(23 * time.Hour).UTC().Format(time.RFC3339)
	return json.RawMessage(
		fmt.Sprintf(
			`{"partnerId":"acme","locationId":"main","dueAt":%q,"lines":[{"productId":"drill","quantity":%d}]%s}`, due,
			pieces, more,
		),
	)
}

func payment(rental string, amount int64, card string) json.RawMessage {
	return json.RawMessage(
		fmt.Sprintf(`{"rentalId":%q,"amount":%d,"method":"CARD","cardToken":%q}`, rental, amount, card),
	)
}

// drills returns how many drills are in stock.
func (s *rentalEnv) drills() int64 {
	s.t.Helper()
	list := decode[struct{ Items []struct{ Quantity int64 } }](s.t,
		s.call("GET", "/api/v1/inventory/stock", s.token(harang.RoleOperator), nil, nil))
	return list.Items[0].Quantity
}

func TestRentals_Life(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	res := s.call("POST", "/api/v1/rentals", clerk, s.checkout(2, ""), nil)
	made := decode[rentalView](t, res)
	if res.status != http.StatusCreated || len(made.Lines) != 1 || made.Payment != nil {
		t.Fatalf("%d %s", res.status, res.body)
	}
	want := []any{"OPEN", int64(2), int64(2000), "HUF", "Acme Kft.", "Drill"}
	if diff := cmp.Diff(want, []any{
		made.Status, made.EquipmentCount, made.TotalValue, made.Currency, made.PartnerName, made.Lines[0].ProductName,
	}); diff != "" {
		t.Fatalf("rental (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/api/v1/rentals?status=OPEN", "/api/v1/rentals?limit=1"} {
		list := decode[struct{ Items []rentalView }](t, s.call("GET", path, clerk, nil, nil))
		if len(list.Items) != 1 || list.Items[0].ID != made.ID {
			t.Errorf("%s: %v", path, list)
		}
	}
	if one := decode[rentalView](t, s.call("GET", "/api/v1/rentals/"+made.ID, clerk, nil, nil)); one.ID != made.ID {
		t.Errorf("found %+v", one)
	}
	if res := s.call("GET", "/api/v1/rentals/"+made.ID,
		s.tokenIn("b", harang.RoleAdmin), nil, nil); res.status != http.StatusNotFound {
		t.Errorf("another tenant: %d", res.status)
	}
	if res := s.call("POST", "/api/v1/rentals/"+made.ID+"/return", clerk, nil, nil); res.status != http.StatusOK ||
		decode[rentalView](t, res).Status != "RETURNED" ||
		s.drills() != 10 {
		t.Errorf("return: %d %s", res.status, res.body)
	}
	for _, verb := range []string{"return", "cancel"} {
		if res := s.call("POST", "/api/v1/rentals/"+made.ID+"/"+verb, clerk, nil,
			nil); res.status != http.StatusConflict ||
			res.code() != "ALREADY_RETURNED" {
			t.Errorf("%s again: %d %s", verb, res.status, res.body)
		}
	}
	// Clients of 0.1.0, whose calls took no body, may send null.
	if res := s.call("POST", "/api/v1/rentals/"+made.ID+"/return", clerk, json.RawMessage(" null\n"),
		nil); res.code() != "ALREADY_RETURNED" {
		t.Errorf("return with the body null: %d %s", res.status, res.body)
	}
	cash := decode[rentalView](t,
		s.call("POST", "/api/v1/rentals", clerk, s.checkout(1, `,"payment":{"method":"CASH"}`), nil))
	if cash.Status != "OPEN" || cash.PaidAmount != 1000 || cash.Payment == nil || cash.Payment.Status != "SUCCEEDED" {
		t.Errorf("cash: %+v", cash)
	}
	if res := s.call("POST", "/api/v1/rentals/"+cash.ID+"/cancel", clerk, nil, nil); res.status != http.StatusOK ||
		decode[rentalView](t, res).Status != "CANCELLED" {
		t.Errorf("cancel: %d %s", res.status, res.body)
	}
}

func TestRentals_Refused(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	for name, tc := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"no lines": {strings.Replace(string(s.checkout(1, "")), `[{"productId":"drill","quantity":1}]`, "[]",
			1), 422, "INVALID_REQUEST", "lines"},
		"repeated lines": {strings.Replace(string(s.checkout(1, "")), `}]`, `},{"productId":"drill","quantity":1}]`,
			1), 422, "INVALID_REQUEST", "lines.1.productId"},
		"zero":     {string(s.checkout(0, "")), 422, "INVALID_REQUEST", "lines.0.quantity"},
		"negative": {string(s.checkout(-3, "")), 422, "INVALID_REQUEST", "lines.0.quantity"},
		"a fraction": {strings.Replace(string(s.checkout(1, "")), `"quantity":1`, `"quantity":1.5`, 1), 422,
			"INVALID_REQUEST", "lines.0.quantity"},
		"past":    {`{"partnerId":"acme","locationId":"main","dueAt":"2020-01-01T00:00:00Z","lines":[{"productId":"drill","quantity":1}]}`, 422, "INVALID_REQUEST", "dueAt"},
		"no time": {`{"partnerId":"acme","locationId":"main","dueAt":"tomorrow","lines":[{"productId":"drill","quantity":1}]}`, 422, "INVALID_REQUEST", "dueAt"},
		"unknown method": {string(s.checkout(1, `,"payment":{"method":"CHECK"}`)), 422, "INVALID_REQUEST",
			"payment.method"},
		"card, no token": {string(s.checkout(1, `,"payment":{"method":"CARD"}`)), 422, "INVALID_REQUEST",
			"payment.cardToken"},
		"a card number": {string(s.checkout(1, `,"payment":{"method":"CARD","cardNumber":"4111"}`)), 422,
			"INVALID_REQUEST", "payment.cardNumber"},
		"unknown partner":  {strings.Replace(string(s.checkout(1, "")), "acme", "nobody", 1), 404, "NOT_FOUND", ""},
		"unknown place":    {strings.Replace(string(s.checkout(1, "")), "main", "moon", 1), 404, "NOT_FOUND", ""},
		"unknown product":  {strings.Replace(string(s.checkout(1, "")), "drill", "saw", 1), 404, "NOT_FOUND", ""},
		"malformed":        {`{"partnerId":`, 422, "INVALID_REQUEST", ""},
		"more than enough": {string(s.checkout(11, "")), 422, "INSUFFICIENT_STOCK", ""},
	} {
		res := s.call("POST", "/api/v1/rentals", clerk, json.RawMessage(tc.body), nil)
		p := decode[problemView](t, res)
		if res.status != tc.status || p.Code != tc.code ||
			(tc.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != tc.field)) {
			t.Errorf("%s: %d %s", name, res.status, res.body)
		}
		if tc.code == "INSUFFICIENT_STOCK" &&
			(p.Line == nil || *p.Line != 0 || p.Available == nil || *p.Available != 10) {
			t.Errorf("%s: %s", name, res.body)
		}
	}
	if s.drills() != 10 {
		t.Errorf("%d drills", s.drills())
	}
	// Another tenant's things are not there.
	if res := s.call("POST", "/api/v1/rentals", s.tokenIn("b", harang.RoleAdmin),
		s.checkout(1, ""), nil); res.status != http.StatusNotFound {
		t.Errorf("another tenant's catalogue: %d %s", res.status, res.body)
	}
}

func TestPayments_Declined(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	made := decode[rentalView](
		t,
		s.call("POST", "/api/v1/rentals", clerk,
			s.checkout(1, `,"payment":{"method":"CARD","cardToken":"tok_insufficient_funds"}`), nil),
	)
	if made.Status != "AWAITING_PAYMENT" || made.Payment == nil {
		t.Fatalf("%+v %+v", made, made.Payment)
	}
	declined := made.Payment
	if diff := cmp.Diff(
		[]any{"DECLINED", "sandbox:insufficient_funds", "Nincs elég fedezet a kártyán", "Kérjen másik kártyát", false},
		[]any{declined.Status, declined.ErrorCode, declined.ErrorMessage, declined.NextStep, *declined.Retry},
	); diff != "" {
		t.Fatalf("payment (-want +got):\n%s", diff)
	}
	res := s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_expired_card"), nil)
	p := decode[problemView](t, res)
	if res.status != http.StatusPaymentRequired || p.Code != "PAYMENT_DECLINED" || p.TransactionID == "" {
		t.Errorf("%d %s", res.status, res.body)
	}
	if p.ErrorCode != "sandbox:expired_card" || p.ErrorMessage != "A kártya lejárt" {
		t.Errorf("the provider's error is %s: %s", p.ErrorCode, p.ErrorMessage)
	}
	for name, body := range map[string]string{
		"zero":      string(payment(made.ID, 0, "tok_ok")),
		"fraction":  strings.Replace(string(payment(made.ID, 1000, "tok_ok")), "1000", "999.5", 1),
		"no method": fmt.Sprintf(`{"rentalId":%q,"amount":1}`, made.ID),
	} {
		if res := s.call("POST", "/api/v1/payments", clerk,
			json.RawMessage(body), nil); res.status != http.StatusUnprocessableEntity ||
			res.code() != "INVALID_REQUEST" {
			t.Errorf("%s: %d %s", name, res.status, res.body)
		}
	}
	if res := s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1001, "tok_ok"),
		nil); res.status != http.StatusConflict || res.code() != "PRICE_CHANGED" {
		t.Errorf("too much: %d %s", res.status, res.body)
	}
	if res := s.call("POST", "/api/v1/payments", clerk,
		payment("nothing", 1, "tok_ok"), nil); res.status != http.StatusNotFound {
		t.Errorf("an unknown rental: %d %s", res.status, res.body)
	}
	res = s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_ok"), nil)
	if done := decode[paymentView](t, res); res.status != http.StatusCreated || done.Status != "SUCCEEDED" ||
		done.TransactionID == "" {
		t.Errorf("%d %s", res.status, res.body)
	}
	list := decode[struct{ Items []paymentView }](t,
		s.call("GET", "/api/v1/payments?status=DECLINED", s.token(harang.RoleStoreManager), nil, nil))
	if len(list.Items) != 2 || list.Items[0].ErrorCode != "sandbox:expired_card" || list.Items[0].NextStep == "" {
		t.Errorf("%+v", list)
	}
	list = decode[struct{ Items []paymentView }](t,
		s.call("GET", "/api/v1/payments?status=SUCCEEDED", s.token(harang.RoleStoreManager), nil, nil))
	if len(list.Items) != 1 || list.Items[0].ErrorCode != "" {
		t.Errorf("%+v", list)
	}
}

// TestPayments_Timeout: a provider that does not answer makes a 504 with a
// payment that waits; the same request again has the same answer and takes
// nothing more.
func TestPayments_Timeout(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	made := decode[rentalView](
		t,
		s.call("POST", "/api/v1/rentals", clerk,
			s.checkout(1, `,"payment":{"method":"CARD","cardToken":"tok_do_not_honour"}`), nil),
	)
	key := map[string]string{"Idempotency-Key": `"5f1c"`}
	answered := make(chan response, 1)
	go func() {
		answered <- s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_timeout"), key)
	}()
	<-s.waiting
	// While it is under way the same request waits for nothing.
	if res := s.call("POST", "/api/v1/payments", clerk,
		payment(made.ID, 1000, "tok_timeout"), key); res.status != http.StatusConflict ||
		res.code() != "IDEMPOTENCY_IN_PROGRESS" {
		t.Errorf("while it is under way: %d %s", res.status, res.body)
	}
	s.release <- time.Time{}
	res := <-answered
	p := decode[problemView](t, res)
	if res.status != http.StatusGatewayTimeout || p.Code != "PAYMENT_TIMEOUT" || p.TransactionID == "" {
		t.Errorf("%d %s", res.status, res.body)
	}
	if p.ErrorCode != "sandbox:timeout" || p.PaymentStatus != "PENDING" {
		t.Errorf("error %s, payment %s", p.ErrorCode, p.PaymentStatus)
	}
	again := s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_timeout"),
		map[string]string{"Idempotency-Key": "5f1c"})
	if again.status != http.StatusGatewayTimeout || decode[problemView](t, again).TransactionID != p.TransactionID ||
		string(again.body) != string(res.body) {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	list := decode[struct{ Items []paymentView }](t,
		s.call("GET", "/api/v1/payments?status=PENDING", s.token(harang.RoleAdmin), nil, nil))
	if len(list.Items) != 1 || list.Items[0].TransactionID != p.TransactionID {
		t.Errorf("%+v", list)
	}
	errors := decode[struct{ Items []json.RawMessage }](t,
		s.call("GET", "/api/v1/notifications?type=payment_error", s.token(harang.RoleAdmin), nil, nil))
	if len(errors.Items) != 2 { // the decline at the checkout, and this
		t.Errorf("%d notifications", len(errors.Items))
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	key := func(k string) map[string]string { return map[string]string{"Idempotency-Key": k} }
	body := s.checkout(1, "")
	first := s.call("POST", "/api/v1/rentals", clerk, body, key("k1"))
	// The same content in another order and with other spaces is the same request.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	respelled, err := json.MarshalIndent(members, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, again := range map[string]json.RawMessage{"again": body, "respelled": respelled} {
		res := s.call("POST", "/api/v1/rentals", clerk, again, key("k1"))
		if res.status != http.StatusCreated || string(res.body) != string(first.body) {
			t.Errorf("%s: %d %s, first %s", name, res.status, res.body, first.body)
		}
	}
	if res := s.call("POST", "/api/v1/rentals", clerk, s.checkout(2, ""),
		key("k1")); res.status != http.StatusUnprocessableEntity ||
		res.code() != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another request: %d %s", res.status, res.body)
	}
	for _, empty := range []string{"", " ", `""`, `" "`} {
		res := s.call("POST", "/api/v1/rentals", clerk, s.checkout(1, ""), key(empty))
		if res.status != http.StatusUnprocessableEntity || !strings.Contains(string(res.body), "Idempotency-Key") {
			t.Errorf("the key %q: %d %s", empty, res.status, res.body)
		}
	}
	// After the rental went on, the answer is still the first one.
	made := decode[rentalView](t, first)
	s.call("POST", "/api/v1/rentals/"+made.ID+"/return", clerk, nil, nil)
	if res := s.call("POST", "/api/v1/rentals", clerk, body, key("k1")); string(res.body) != string(first.body) {
		t.Errorf("later: %s", res.body)
	}
	// Another user's key is another key.
	if res := s.call("POST", "/api/v1/rentals", s.token(harang.RoleAdmin), s.checkout(2, ""),
		key("k1")); res.status != http.StatusCreated {
		t.Errorf("another user: %d %s", res.status, res.body)
	}
	// A refused request frees its key.
	if res := s.call("POST", "/api/v1/rentals", clerk, s.checkout(99, ""),
		key("k2")); res.status != http.StatusUnprocessableEntity {
		t.Errorf("refused: %d %s", res.status, res.body)
	}
	res := s.call("POST", "/api/v1/rentals", clerk,
		s.checkout(1, `,"payment":{"method":"CARD","cardToken":"tok_expired_card"}`), key("k2"))
	made = decode[rentalView](t, res)
	if res.status != http.StatusCreated {
		t.Fatalf("freed: %d %s", res.status, res.body)
	}
	// A decline is an answer: it is stored.
	declined := s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_expired_card"), key("k3"))
	again := s.call("POST", "/api/v1/payments", clerk, payment(made.ID, 1000, "tok_expired_card"), key("k3"))
	if declined.status != http.StatusPaymentRequired || again.status != declined.status ||
		string(again.body) != string(declined.body) {
		t.Errorf("declined: %d %s, again %d %s", declined.status, declined.body, again.status, again.body)
	}
	for _, bad := range []string{strings.Repeat("k", 256), " "} {
		if res := s.call("POST", "/api/v1/rentals", clerk, body, key(bad)); bad != " " &&
			res.status != http.StatusUnprocessableEntity {
			t.Errorf("a key of %d characters: %d", len(bad), res.status)
		}
	}
}

// TestIdempotencyKey_Concurrent: many at once with one key make one rental.
func TestIdempotencyKey_Concurrent(t *testing.T) {
	s := newRentalEnv(t)
	clerk, body := s.token(harang.RoleOperator), s.checkout(1, "")
	answers := make([]response, 10)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = s.call("POST", "/api/v1/rentals", clerk, body, map[string]string{"Idempotency-Key": "k"})
		})
	}
	wg.Wait()
	made := map[string]bool{}
	for _, res := range answers {
		switch {
		case res.status == http.StatusCreated:
			made[decode[rentalView](t, res).ID] = true
		case res.status == http.StatusConflict && res.code() == "IDEMPOTENCY_IN_PROGRESS" &&
			res.header.Get("Retry-After") != "":
		default:
			t.Errorf("%d %s", res.status, res.body)
		}
	}
	if len(made) != 1 || s.drills() != 9 {
		t.Errorf("%d rentals, %d drills", len(made), s.drills())
	}
}

func TestCards(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	s.put("/partners/acme/cards/tok-1", `{"brand":"Visa","last4":"4828","expires":"2028-11"}`)
	list := decode[struct {
		Items []struct{ Token, Label string }
	}](t, s.call("GET", "/api/v1/partners/acme/cards", clerk, nil, nil))
	if len(list.Items) != 6 || list.Items[0].Token != "tok-1" || list.Items[0].Label != "Visa •••• 4828" ||
		list.Items[1].Token != "tok_ok" {
		t.Errorf("%+v", list)
	}
	for path, body := range map[string]string{
		"/partners/acme/cards/tok-1": `{"last4":"48281"}`, "/partners/acme/cards/tok-2": `{"expires":"11/28"}`,
		"/partners/acme/cards/tok-3": `{"number":"4111111111111111"}`,
	} {
		if res := s.call("PUT", "/api/v1"+path, s.key,
			json.RawMessage(body), nil); res.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", body, res.status, res.body)
		}
	}
	if res := s.call("DELETE", "/api/v1/partners/acme/cards/tok-1",
		s.token(harang.RoleAdmin), nil, nil); res.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", res.status, res.body)
	}
	if res := s.call("GET", "/api/v1/partners/nobody/cards", clerk, nil, nil); res.status != http.StatusNotFound {
		t.Errorf("an unknown partner: %d", res.status)
	}
}

func TestSummary(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	s.call("POST", "/api/v1/rentals", clerk, s.checkout(1, `,"payment":{"method":"CASH"}`), nil)
	s.call("POST", "/api/v1/rentals", clerk,
		s.checkout(2, `,"payment":{"method":"CARD","cardToken":"tok_expired_card"}`), nil)
	type summary struct {
		OpenRentals                                                            int64
		RevenueToday, RevenueYesterday, FailedPaymentsToday, FailedAmountToday *int64
		RevenueByDay                                                           []struct {
			Date   string
			Amount int64
		}
	}
	got := decode[summary](t, s.call("GET", "/api/v1/dashboard/summary", s.token(harang.RoleStoreManager), nil, nil))
	if got.OpenRentals != 1 || len(got.RevenueByDay) != 14 || got.RevenueToday == nil || *got.RevenueToday != 1000 {
		t.Errorf("a manager sees %+v", got)
	}
	if *got.FailedPaymentsToday != 1 || *got.FailedAmountToday != 2000 {
		t.Errorf("a manager sees %d failed payments of %d", *got.FailedPaymentsToday, *got.FailedAmountToday)
	}
	got = decode[summary](t, s.call("GET", "/api/v1/dashboard/summary", clerk, nil, nil))
	if diff := cmp.Diff(summary{OpenRentals: 1}, got); diff != "" {
		t.Errorf("a clerk sees (-want +got):\n%s", diff)
	}
}
