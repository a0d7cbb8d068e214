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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// fakeLedger knows payments tx-1 and tx-2 of 18900 forints.
type fakeLedger struct {
	mu    sync.Mutex
	seen  map[string]bool
	taken []shop.PaymentNotice
	fails error
}

func (l *fakeLedger) ApplyNotice(_ context.Context, tenant string, n shop.PaymentNotice) (shop.NoticeOutcome, error) {
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
		return nil, harang.Errorf(harang.CodeNotFound, "there is no such tenant")
	}
	return f.m, nil
}

type webhookUnderTest struct {
	*testing.T
	m       *Merchant
	ledger  *fakeLedger
	log     bytes.Buffer
	handler http.Handler
	metrics *prometheus.Registry
}

var webhookNow = time.Unix(1772456740, 0)

func newWebhookUnderTest(t *testing.T) *webhookUnderTest {
	u := &webhookUnderTest{T: t, m: load(t, "https://mypos.example/", nil),
		ledger: &fakeLedger{seen: map[string]bool{}}, metrics: prometheus.NewRegistry()}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/payments/mypos/{tenant}", NewWebhook(WebhookOptions{
		Merchants: fakeMerchants{u.m}, Ledger: u.ledger, Clock: func() time.Time { return webhookNow },
		Logger: slog.New(slog.NewJSONHandler(&u.log, nil)), Metrics: NewMetrics(u.metrics),
	}))
	u.handler = mux
	return u
}

// post sends a notification and returns status and code; it holds the answer
// to one log line.
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
	if lines := strings.Count(u.log.String(), "\n"); lines != 1 {
		u.Errorf("%d log lines: %s", lines, u.log.String())
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
	good := "IPCmethod=IPCPurchaseNotify&SID=000000000000010&Amount=18900.00&Currency=HUF&OrderID=tx-1" +
		"&IPC_Trnref=813705"
	for _, tc := range []struct {
		name, tenant, body string
		status             int
		code               string
		taken              int
	}{
		{"notify", "budapest", u.form(good), 200, "", 1},
		{"its repeat", "budapest", u.form(good), 200, "", 1},
		{"cancel", "budapest", u.form("IPCmethod=IPCPurchaseCancel&Amount=18900&Currency=HUF&OrderID=tx-2"),
			200, "", 2},
		{"wrong signature", "budapest", u.form(good) + "A", 401, "UNAUTHENTICATED", 2},
		{"unknown order", "budapest", u.form(strings.Replace(good, "tx-1", "tx-9", 1)), 404, "NOT_FOUND", 2},
		{"another amount", "budapest", u.form(strings.Replace(good, "18900.00", "1.00", 1)), 422, "INVALID_REQUEST", 2},
		{"a fraction", "budapest", u.form(strings.Replace(good, "18900.00", "18900.50", 1)), 422, "INVALID_REQUEST", 2},
		{"another currency", "budapest", u.form(strings.Replace(good, "HUF", "EUR", 1)), 422, "INVALID_REQUEST", 2},
		{"another shop", "budapest", u.form(strings.Replace(good, "010", "011", 1)), 422, "INVALID_REQUEST", 2},
		{"the browser's redirect", "budapest", u.form(strings.Replace(good, "Notify", "OK", 1)), 422,
			"INVALID_REQUEST", 2},
		{"no order", "budapest", u.form(strings.Replace(good, "OrderID=tx-1", "OrderID=", 1)), 422,
			"INVALID_REQUEST", 2},
		{"a long reference", "budapest", u.form(good + strings.Repeat("x", 200)), 422, "INVALID_REQUEST", 2},
		{"a broken form", "budapest", "a=%zz", 422, "INVALID_REQUEST", 2},
		{"too large", "budapest", u.form(good + "&Note=" + strings.Repeat("x", 64<<10)), 413, "TOO_LARGE", 2},
		{"another tenant", "debrecen", u.form(good), 404, "NOT_FOUND", 2},
		{"no tenant's id", "BUDAPEST", u.form(good), 404, "NOT_FOUND", 2},
	} {
		if status, code := u.post(tc.tenant, mediaForm, tc.body); status != tc.status || code != tc.code ||
			len(u.ledger.taken) != tc.taken {
			t.Errorf("%s: %d %s, %d taken, want %d %s, %d", tc.name, status, code, len(u.ledger.taken), tc.status,
				tc.code, tc.taken)
		}
	}
	if first := u.ledger.taken[0]; first.Status != harang.PaymentSucceeded ||
		!strings.Contains(string(first.Raw), "IPCPurchaseNotify") {
		t.Errorf("took %+v", first)
	}
	if second := u.ledger.taken[1]; second.Status != harang.PaymentDeclined || second.ErrorCode != "ipc:cancelled" {
		t.Errorf("took %+v", second)
	}
	if n, err := testutil.GatherAndCount(u.metrics, "harang_mypos_notices_total"); err != nil || n < 4 {
		t.Errorf("%d kinds counted, %v", n, err)
	}
}

func TestWebhook_JSON(t *testing.T) {
	u := newWebhookUnderTest(t)
	signed := func(body string) string {
		return fmt.Sprintf("t=%d,v1=%s", webhookNow.Unix(), hex.EncodeToString(u.m.mac([]byte(body))))
	}
	denied := `{"id":"e1","event":"pos.payment.denied","data":{"order_id":"tx-1","amount":18900.00,"currency":"HUF","response_code":"51","message":"No money"}}`
	for _, tc := range []struct {
		name, event, body, signature string
		status                       int
		code                         string
		taken                        int
	}{
		{"denied", "pos.payment.denied", denied, signed(denied), 200, "", 1},
		{"its repeat", "pos.payment.denied", denied, signed(denied), 200, "", 1},
		{"wrong signature", "pos.payment.denied", denied, signed(denied + " x"), 401, "UNAUTHENTICATED", 1},
		{"no signature", "pos.payment.denied", denied, "", 401, "UNAUTHENTICATED", 1},
		{"another event in the header", "pos.payment.completed", denied, signed(denied), 422, "INVALID_REQUEST", 1},
		{"not about payments", "transfer.completed", `{"id":"e2"}`, signed(`{"id":"e2"}`), 200, "", 1},
		{"unknown order", "pos.payment.denied", `{"id":"e3","data":{"order_id":"tx-9"}}`,
			signed(`{"id":"e3","data":{"order_id":"tx-9"}}`), 200, "", 1},
		{"no order", "pos.payment.denied", `{"id":"e4"}`, signed(`{"id":"e4"}`), 422, "INVALID_REQUEST", 1},
		{"another currency", "pos.payment.denied", `{"data":{"order_id":"tx-1","currency":"EUR"}}`,
			signed(`{"data":{"order_id":"tx-1","currency":"EUR"}}`), 422, "INVALID_REQUEST", 1},
		{"a fraction", "pos.payment.denied", `{"data":{"order_id":"tx-1","amount":0.5}}`,
			signed(`{"data":{"order_id":"tx-1","amount":0.5}}`), 422, "INVALID_REQUEST", 1},
		{"a list", "pos.payment.denied", `[1]`, signed(`[1]`), 422, "INVALID_REQUEST", 1},
		{"completed, by the body", "pos.payment.completed", `{"data":{"order_id":"tx-2","reference":"r"}}`,
			signed(`{"data":{"order_id":"tx-2","reference":"r"}}`), 200, "", 2},
		{"reversed", "pos.payment.reversed", `{"data":{"order_id":"tx-2"}}`, signed(`{"data":{"order_id":"tx-2"}}`),
			200, "", 3},
		{"denied without a code", "pos.payment.denied", `{"data":{"order_id":"tx-2", "response_code": 5}}`,
			signed(`{"data":{"order_id":"tx-2","response_code":5}}`), 200, "", 4},
		{"a long reference", "pos.payment.completed", `{"data":{"order_id":"tx-2","reference":"` +
			strings.Repeat("r", 200) + `"}}`, signed(`{"data":{"order_id":"tx-2","reference":"` +
			strings.Repeat("r", 200) + `"}}`), 422, "INVALID_REQUEST", 4},
		{"too large", "pos.payment.denied", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, "", 413, "TOO_LARGE", 4},
	} {
		status, code := u.post("budapest", "application/json", tc.body, "X-myPOS-Event", tc.event, "X-myPOS-Signature",
			tc.signature)
		if status != tc.status || code != tc.code || len(u.ledger.taken) != tc.taken {
			t.Errorf("%s: %d %s, %d taken, want %d %s, %d", tc.name, status, code, len(u.ledger.taken), tc.status,
				tc.code, tc.taken)
		}
	}
	first := u.ledger.taken[0]
	if first.ErrorCode != "iso:51" || first.Message != "No money" || first.Amount != 18900 ||
		string(first.Raw) != denied {
		t.Errorf("took %+v", first)
	}
	if u.ledger.taken[1].Status != harang.PaymentSucceeded || u.ledger.taken[2].Status != harang.PaymentReversed ||
		u.ledger.taken[3].ErrorCode != "iso:05" {
		t.Errorf("took %+v", u.ledger.taken[1:])
	}
}

func TestWebhook_Other(t *testing.T) {
	u := newWebhookUnderTest(t)
	if status, code := u.post("budapest", "text/plain", "hello"); status != 422 || code != "INVALID_REQUEST" {
		t.Errorf("another content type: %d %s", status, code)
	}
	u.ledger.fails = errors.New("the database is away")
	body := u.form("IPCmethod=IPCPurchaseCancel&Amount=18900&Currency=HUF&OrderID=tx-2")
	if status, code := u.post("budapest", mediaForm, body); status != 503 || code != "UNAVAILABLE" {
		t.Errorf("our database away: %d %s", status, code)
	}
	if strings.Contains(u.log.String(), "Signature") {
		t.Error("the log holds the body")
	}
	if got := denialCode(Fields{CodeTable: "mpr"}, "9"); got != "mpr:9" {
		t.Errorf("code %q", got)
	}
	if got := denialCode(Fields{}, ""); got != "mypos:denied" {
		t.Errorf("without a code %q", got)
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
