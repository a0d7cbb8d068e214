package mypos

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// fakeSink has payments tx-1 and tx-2 of 18900 forints.
type fakeSink struct {
	mu    sync.Mutex
	seen  map[string]bool
	taken []shop.PaymentNotice
	fails error
}

func (l *fakeSink) ReceiveNotice(_ context.Context, tenant string, n shop.PaymentNotice) (shop.NoticeOutcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fails != nil:
		return "", l.fails
	case tenant != "budapest" || (n.TransactionID != "tx-1" && n.TransactionID != "tx-2"):
		return shop.NoticeUnknown, nil
	case n.Amount != 0 && n.Amount != 18900:
		return shop.NoticeMismatch, nil
	case l.seen[n.Key]:
		return shop.NoticeRepeated, nil
	}
	l.seen[n.Key] = true
	l.taken = append(l.taken, n)
	return shop.NoticeApplied, nil
}

type fakeMerchants struct{ m *Merchant }

func (f fakeMerchants) FindMerchant(_ context.Context, tenant string) (*Merchant, error) {
	if tenant != "budapest" {
		return nil, harang.Errorf(harang.CodeNotFound, "what is known of %s", tenant)
	}
	return f.m, nil
}

type webhookUnderTest struct {
	*testing.T
	m       *Merchant
	sink    *fakeSink
	log     bytes.Buffer
	handler http.Handler
	metrics *prometheus.Registry
	// verified is set for refused notifications whose signature is valid.
	verified bool
}

var webhookNow = time.Unix(1772456740, 0)

func newWebhookUnderTest(t *testing.T) *webhookUnderTest {
	u := &webhookUnderTest{
		T:       t,
		m:       load(t, "https://mypos.example/", nil),
		sink:    &fakeSink{seen: map[string]bool{}},
		metrics: prometheus.NewRegistry(),
	}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/payments/mypos/{tenant}", NewWebhook(WebhookOptions{
		Merchants: fakeMerchants{u.m}, Notices: u.sink, Clock: func() time.Time { return webhookNow },
		Logger: slog.New(slog.NewJSONHandler(&u.log, nil)), Metrics: NewMetrics(u.metrics),
	}))
	u.handler = mux
	return u
}

// post sends a notification and returns status and code. A verified one is one log
// line, others are none.
func (u *webhookUnderTest) post(tenant, media, body string, headers ...string) (int, string) {
	u.Helper()
	u.log.Reset()
	r := httptest.NewRequestWithContext(u.Context(), http.MethodPost, "/api/v1/payments/mypos/"+tenant,
		strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	u.handler.ServeHTTP(w, r)
	verified := w.Code == http.StatusOK || u.verified
	if lines := strings.Count(u.log.String(), "\n"); (lines > 0) != verified || lines > 2 {
		u.Errorf("%d log lines, verified %v: %s", lines, verified, u.log.String())
	}
	if w.Code == http.StatusOK {
		if w.Body.String() != "OK" {
			u.Errorf("answered %q", w.Body)
		}
		return w.Code, ""
	}
	var problem struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		u.Errorf("answered %q: %v", w.Body, err)
	}
	return w.Code, problem.Code
}

func (u *webhookUnderTest) form(members string) string {
	var f form
	for m := range strings.SplitSeq(members, "&") {
		name, value, _ := strings.Cut(m, "=")
		f.add(name, value)
	}
	signWithMyPOS(u, &f)
	return f.encode()
}

const mediaForm = "application/x-www-form-urlencoded; charset=UTF-8"

func TestWebhook_Form(t *testing.T) {
	u := newWebhookUnderTest(t)
	const start = "IPCmethod=IPCPurchaseNotify&SID=000000000000010&Amount=18900.00&Currency=HUF&OrderID=tx-1" +
		"&IPC_Trnref=813705"
	const times = "&RequestSTAN=000006&RequestDateTime=2026-03-02 13:05:40"
	const card = "&CardToken=tok-1&PAN=4828&ExpDate=2811&CardType=3"
	replace := func(old, by string) string { return strings.Replace(start+times+card, old, by, 1) }
	for _, tc := range []struct {
		name, tenant, members string
		status                int
		code                  string
		taken                 int
	}{
		{"notify", "budapest", start, 200, "", 1},
		{"its repeat", "budapest", start, 200, "", 1},
		{"with times", "budapest", start + times, 200, "", 2},
		{"with a card", "budapest", start + times + card, 200, "", 3},
		{"times the other way", "budapest", start + "&RequestDateTime=2026-03-02 13:05:40&RequestSTAN=000006" + card,
			200, "", 4},
		{"cancel", "budapest", "IPCmethod=IPCPurchaseCancel&Amount=18900&Currency=HUF&OrderID=tx-2", 200, "", 5},
		{"unknown order", "budapest", replace("tx-1", "tx-9"), 404, "NOT_FOUND", 5},
		{"another amount", "budapest", replace("18900.00", "1.00"), 422, "INVALID_REQUEST", 5},
		{"a fraction", "budapest", replace("18900.00", "18900.50"), 422, "INVALID_REQUEST", 5},
		{"another currency", "budapest", replace("HUF", "EUR"), 422, "INVALID_REQUEST", 5},
		{"another shop", "budapest", replace("010", "011"), 422, "INVALID_REQUEST", 5},
		{"the browser's redirect", "budapest", replace("Notify", "OK"), 422, "INVALID_REQUEST", 5},
		{"no order", "budapest", replace("OrderID=tx-1", "OrderID="), 422, "INVALID_REQUEST", 5},
		// The names are not signed: what verifies must not be read under other names.
		{"renamed", "budapest", strings.Replace(start, "IPC_Trnref", "CardToken", 1), 422, "INVALID_REQUEST", 5},
		{"renamed to a known name", "budapest", replace("PAN", "WalletNumber"), 422, "INVALID_REQUEST", 5},
		{"two names exchanged", "budapest", strings.Replace(replace("PAN", "X"), "ExpDate", "PAN", 1), 422,
			"INVALID_REQUEST", 5},
		{"an unknown name", "budapest", start + "&Note=x", 422, "INVALID_REQUEST", 5},
		{"a part of a card", "budapest", start + "&CardToken=tok&PAN=4828", 422, "INVALID_REQUEST", 5},
		{"another order of fields", "budapest", replace("Amount=18900.00&Currency=HUF", "Currency=HUF&Amount=18900.00"),
			422, "INVALID_REQUEST", 5},
		{"a separator that moved", "budapest", replace("OrderID=tx-1&IPC_Trnref=813705",
			"OrderID=tx&IPC_Trnref=1-813705"), 422, "INVALID_REQUEST", 5},
		{"a date that took a part", "budapest", replace("2026-03-02 13:05:40&CardToken=tok-1",
			"2026-03&CardToken=02 13:05:40-tok-1"), 422, "INVALID_REQUEST", 5},
		{"a card made of times", "budapest", start + "&CardToken=000006&PAN=2026&ExpDate=03&CardType=02 13:05:40",
			422, "INVALID_REQUEST", 5},
		{"a card made of times the other way", "budapest",
			start + "&CardToken=2026&PAN=03&ExpDate=02 13:05:40&CardType=000006", 422, "INVALID_REQUEST", 5},
		{"a card that took the times", "budapest",
			start + "&CardToken=000006-2026-03-02 13:05:40-tok-1&PAN=4828&ExpDate=2811&CardType=3", 422,
			"INVALID_REQUEST", 5},
		{"a cancel with a card", "budapest", replace("Notify", "Cancel"), 422, "INVALID_REQUEST", 5},
	} {
		u.verified = true
		status, code := u.post(tc.tenant, mediaForm, u.form(tc.members))
		if status != tc.status || code != tc.code || len(u.sink.taken) != tc.taken {
			t.Errorf("%s: %d %s, %d taken, want %d %s, %d", tc.name, status, code, len(u.sink.taken), tc.status,
				tc.code, tc.taken)
		}
	}
	// What anybody can send is counted, not logged.
	u.verified = false
	for _, tc := range []struct {
		name, tenant, body string
		status             int
		code               string
	}{
		{"wrong signature", "budapest", u.form(start) + "A", 401, "UNAUTHENTICATED"},
		{"a broken form", "budapest", "a=%zz", 422, "INVALID_REQUEST"},
		{"too large", "budapest", u.form(start + "&Note=" + strings.Repeat("x", 64<<10)), 413, "TOO_LARGE"},
		{"another tenant", "debrecen", u.form(start), 404, "NOT_FOUND"},
		{"no tenant's id", "BUDAPEST", u.form(start), 404, "NOT_FOUND"},
		{"a long path", strings.Repeat("x", 60<<10), "", 404, "NOT_FOUND"},
	} {
		if status, code := u.post(tc.tenant, mediaForm, tc.body); status != tc.status || code != tc.code ||
			len(u.sink.taken) != 5 {
			t.Errorf("%s: %d %s, %d taken", tc.name, status, code, len(u.sink.taken))
		}
	}
	if first := u.sink.taken[0]; first.Card != nil || !strings.Contains(string(first.Raw), "IPCPurchaseNotify") {
		t.Errorf("took %+v", first)
	}
	if third := u.sink.taken[2]; third.Card == nil || third.Card.Token != "tok-1" || third.Card.Expires != "2028-11" {
		t.Errorf("took %+v", third)
	}
	if n, err := testutil.GatherAndCount(u.metrics, "harang_mypos_notices_total"); err != nil || n < 4 {
		t.Errorf("%d kinds counted, %v", n, err)
	}
}

// TestWebhook_NoMerchant: strangers are not told which tenants there are.
func TestWebhook_NoMerchant(t *testing.T) {
	u := newWebhookUnderTest(t)
	answers := map[string]bool{}
	for _, tenant := range []string{"debrecen", "nobody", "NOBODY"} {
		w := httptest.NewRecorder()
		u.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost,
			"/api/v1/payments/mypos/"+tenant, strings.NewReader("{}")))
		answers[fmt.Sprint(w.Code, w.Header(), w.Body)] = true
	}
	if len(answers) != 1 {
		t.Errorf("different answers: %v", answers)
	}
}

func TestWebhook_JSON(t *testing.T) {
	u := newWebhookUnderTest(t)
	signed := func(body string) string {
		return fmt.Sprintf("t=%d,v1=%s", webhookNow.Unix(), hex.EncodeToString(u.m.mac([]byte(body))))
	}
	event := func(id, name, more string) string {
		return fmt.Sprintf(`{"id":%q,"event":%q,"data":{"order_id":"tx-1"%s}}`, id, name, more)
	}
	denied := event("e1", "pos.payment.denied",
		`,"amount":18900.00,"currency":"HUF","response_code":"51","message":"No money"`)
	for _, tc := range []struct {
		name, header, body string
		status             int
		code               string
		taken              int
	}{
		{"denied", "pos.payment.denied", denied, 200, "", 1},
		{"its repeat", "pos.payment.denied", denied, 200, "", 1},
		{"its repeat, otherwise written", "", event("e1", "pos.payment.denied", ""), 200, "", 1},
		{"without the header", "", event("e2", "pos.payment.completed", ""), 200, "", 2},
		{"failed", "pos.payment.failed", event("e3", "pos.payment.failed", ""), 200, "", 3},
		{"cancelled", "pos.payment.cancelled", event("e4", "pos.payment.cancelled", ""), 200, "", 4},
		{"reversed", "pos.payment.reversed", event("e5", "pos.payment.reversed", ""), 200, "", 5},
		{"another event in the header", "pos.payment.completed", event("e6", "pos.payment.denied", ""), 422,
			"INVALID_REQUEST", 5},
		{"no event in the body", "pos.payment.completed", `{"id":"e6","data":{"order_id":"tx-1"}}`, 422,
			"INVALID_REQUEST", 5},
		{"no id in the body", "pos.payment.completed", `{"event":"pos.payment.completed","data":{"order_id":"tx-1"}}`,
			422, "INVALID_REQUEST", 5},
		{"not about payments", "transfer.completed", `{"id":"e7","event":"transfer.completed"}`, 200, "", 5},
		{"unknown order", "", `{"id":"e8","event":"pos.payment.denied","data":{"order_id":"tx-9"}}`, 200, "", 5},
		{"no order", "", `{"id":"e9","event":"pos.payment.denied"}`, 422, "INVALID_REQUEST", 5},
		{"another currency", "", event("e10", "pos.payment.denied", `,"currency":"EUR"`), 422, "INVALID_REQUEST", 5},
		{"another amount", "", event("e10", "pos.payment.denied", `,"amount":1`), 422, "INVALID_REQUEST", 5},
		{"a fraction", "", event("e10", "pos.payment.denied", `,"amount":0.5`), 422, "INVALID_REQUEST", 5},
		{"a list", "", `[1]`, 422, "INVALID_REQUEST", 5},
		{"nothing", "", `null`, 422, "INVALID_REQUEST", 5},
		{"two orders", "", event("e11", "pos.payment.denied", `,"order_id":"tx-9"`), 422, "INVALID_REQUEST", 5},
		{"two orders, one escaped", "", event("e11", "pos.payment.denied", `,"order\u005fid":"tx-1"`), 422,
			"INVALID_REQUEST", 5},
		{"two amounts", "", event("e11", "pos.payment.denied", `,"amount":1,"amount":18900`), 422,
			"INVALID_REQUEST", 5},
		{"two events", "", strings.Replace(denied, `{"id"`, `{"event":"transfer.completed","id"`, 1), 422,
			"INVALID_REQUEST", 5},
		{"two members where nobody looks", "", event("e11", "pos.payment.denied", `,"x":[{"a":1,"a":1}]`), 422,
			"INVALID_REQUEST", 5},
		{"invalid UTF-8", "", event("e11", "pos.payment.denied", ",\"x\":\"\xff\""), 422, "INVALID_REQUEST", 5},
	} {
		u.verified = true
		status, code := u.post("budapest", "application/json", tc.body, "X-myPOS-Event", tc.header, "X-myPOS-Signature",
			signed(tc.body))
		if status != tc.status || code != tc.code || len(u.sink.taken) != tc.taken {
			t.Errorf("%s: %d %s, %d taken, want %d %s, %d", tc.name, status, code, len(u.sink.taken), tc.status,
				tc.code, tc.taken)
		}
	}
	u.verified = false
	for name, tc := range map[string]struct {
		body, signature string
		status          int
	}{
		"wrong signature": {denied, signed(denied + " x"), 401},
		"no signature":    {denied, "", 401},
		"two objects":     {denied + "{}", signed(denied + "{}"), 401},
		"too large":       {`{"x":"` + strings.Repeat("x", 64<<10) + `"}`, "", 413},
	} {
		status, _ := u.post("budapest", "application/json", tc.body, "X-myPOS-Event", "pos.payment.completed",
			"X-myPOS-Signature", tc.signature)
		if status != tc.status || len(u.sink.taken) != 5 {
			t.Errorf("%s: %d, %d taken", name, status, len(u.sink.taken))
		}
	}
	if first := u.sink.taken[0]; first.TransactionID != "tx-1" || first.Amount != 18900 || string(first.Raw) != denied {
		t.Errorf("took %+v", first)
	}
}

// An event pos.* that is not known is accepted, counted, and warned of once.
func TestWebhook_UnknownEvents(t *testing.T) {
	u := newWebhookUnderTest(t)
	warned := 0
	for i := range 100 {
		body := fmt.Sprintf(`{"id":"e%d","event":"pos.payment.unheard%d"}`, i, i%40)
		status, _ := u.post("budapest", "application/json", body, "X-myPOS-Signature",
			fmt.Sprintf("t=%d,v1=%s", webhookNow.Unix(), hex.EncodeToString(u.m.mac([]byte(body)))))
		if status != 200 || len(u.sink.taken) != 0 {
			t.Fatalf("%d, %d taken", status, len(u.sink.taken))
		}
		warned += strings.Count(u.log.String(), `"level":"WARN"`)
	}
	if warned != 16 {
		t.Errorf("%d warnings", warned)
	}
	if err := testutil.GatherAndCompare(u.metrics, strings.NewReader(`
# HELP harang_mypos_notices_total Notifications of myPOS, by kind and outcome.
# TYPE harang_mypos_notices_total counter
harang_mypos_notices_total{kind="json",outcome="unknown_event"} 100
`), "harang_mypos_notices_total"); err != nil {
		t.Error(err)
	}
}

// What anybody can send costs little: an answer of at most 16 KiB, and at most 16 times
// the body and 1 MiB of memory.
func TestWebhook_Hostile(t *testing.T) {
	u := newWebhookUnderTest(t)
	const n = 64<<10 - 1
	now := fmt.Sprint("t=", webhookNow.Unix(), ",v1=", strings.Repeat("ab", 32))
	for name, body := range map[string]string{
		"many fields":       strings.Repeat("a&", n/2),
		"one name repeated": strings.Repeat("a=1&", n/4),
		"escapes":           strings.Repeat("%61=%61&", n/8),
		"a long name":       strings.Repeat("x", n),
		"a long value":      "Signature=" + strings.Repeat("x", n-10),
		"a broken escape":   strings.Repeat("x", n-1) + "%",
		"nothing":           "",
		"deep":              strings.Repeat("[", n),
		"numbers":           "[" + strings.Repeat("1,", n/2-2) + "1]",
		"names":             "{" + strings.Repeat(`"a":1,`, n/6-2) + `"b":1}`,
		"a long text":       `"` + strings.Repeat("x", n-2) + `"`,
		"invalid UTF-8":     strings.Repeat("\xff", n),
	} {
		for _, media := range []string{mediaForm, "application/json", "text/plain"} {
			var before, after runtime.MemStats
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/payments/mypos/budapest",
				strings.NewReader(body))
			r.Header.Set("Content-Type", media)
			r.Header.Set("X-myPOS-Signature", now)
			w := httptest.NewRecorder()
			u.log.Reset()
			runtime.ReadMemStats(&before)
			u.handler.ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > uint64(16*len(body)+1<<20) {
				t.Errorf("%s as %s: %d bytes allocated", name, media, took)
			}
			if w.Code < 400 || w.Code >= 500 || w.Body.Len() > 16<<10 || u.log.Len() > 0 {
				t.Errorf("%s as %s: %d, %d bytes, logged %q", name, media, w.Code, w.Body.Len(), u.log.String())
			}
		}
	}
}

func TestWebhook_Other(t *testing.T) {
	u := newWebhookUnderTest(t)
	if status, code := u.post("budapest", "text/plain", "hello"); status != 422 || code != "INVALID_REQUEST" {
		t.Errorf("another content type: %d %s", status, code)
	}
	u.sink.fails = errors.New("the database is unavailable")
	u.verified = true
	body := u.form("IPCmethod=IPCPurchaseCancel&Amount=18900&Currency=HUF&OrderID=tx-2")
	if status, code := u.post("budapest", mediaForm, body); status != 503 || code != "UNAVAILABLE" {
		t.Errorf("database unavailable: %d %s", status, code)
	}
	if strings.Contains(u.log.String(), "Signature") {
		t.Error("the log holds the body")
	}
	for text, want := range map[string]string{"1": "Mastercard", "2": "Maestro", "3": "Visa", "4": "Visa Electron",
		"5": "VPay", "6": "JCB", "AMEX": "AMEX"} {
		if got := cardBrand(text); got != want {
			t.Errorf("card type %s is %s", text, got)
		}
	}
	if cardExpiry("2813") != "" || cardExpiry("28") != "" || cardExpiry("ab12") != "" {
		t.Error("an impossible expiry was kept")
	}
	if storedCard(form{{"CardToken", "x\x00"}}) != nil || storedCard(form{}) != nil {
		t.Error("a card without a fit token was kept")
	}
	if card := storedCard(form{{"CardToken", "x"}, {"PAN", "411111******1111"}}); card == nil || card.Last4 != "1111" {
		t.Errorf("kept %+v", card)
	}
}
