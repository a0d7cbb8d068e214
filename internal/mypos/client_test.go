package mypos

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeMyPOS answers as the test says and signs like myPOS.
type fakeMyPOS struct {
	t      testing.TB
	server *httptest.Server
	// answers are the members of the answer by method, in order.
	answers map[string]string
	forms   chan form
}

func newFake(t testing.TB) *fakeMyPOS {
	f := &fakeMyPOS{t: t, answers: map[string]string{}, forms: make(chan form, 16)}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeMyPOS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sent, err := parseForm(string(body))
	if err != nil {
		f.t.Errorf("sent %q: %v", body, err)
	}
	public, _ := os.ReadFile("testdata/store_public_key.pem")
	key, err := parsePublicKey(public)
	if err != nil || sent.verify(key) != nil {
		f.t.Errorf("sent without a right signature: %q", body)
	}
	f.forms <- sent
	text := f.answers[sent.get("IPCmethod")]
	if raw, ok := strings.CutPrefix(text, "raw "); ok {
		_, _ = io.WriteString(w, raw)
		return
	}
	if text == "500" {
		http.Error(w, "away", http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, signAnswer(f.t, text))
}

// signAnswer makes a signed JSON answer of "name=value" members.
func signAnswer(t testing.TB, members string) string {
	var f form
	var b strings.Builder
	b.WriteByte('{')
	for m := range strings.SplitSeq(members, "&") {
		name, value, _ := strings.Cut(m, "=")
		f.add(name, value)
		fmt.Fprintf(&b, "%q:%q,", name, value)
	}
	signWithMyPOS(t, &f)
	fmt.Fprintf(&b, "%q:%q}", "Signature", f[len(f)-1].value)
	return b.String()
}

func signWithMyPOS(t testing.TB, f *form) {
	raw, err := os.ReadFile("testdata/mypos_private_key.pem")
	if err != nil {
		t.Error(err)
		return
	}
	key, err := parsePrivateKey(raw)
	if err != nil {
		t.Error(err)
		return
	}
	if err := f.sign(key); err != nil {
		t.Error(err)
	}
}

var created = time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)

func (f *fakeMyPOS) client(now time.Time) *Client {
	transport := &http.Transport{}
	f.t.Cleanup(transport.CloseIdleConnections)
	return New(load(f.t, f.server.URL, nil), Options{
		HTTP: &http.Client{Transport: transport}, Clock: func() time.Time { return now },
	})
}

var charge = shop.Charge{
	Tenant:        "budapest",
	TransactionID: "tx-1",
	Amount:        18900,
	CardToken:     "card-1",
	Created:       created,
}

func TestClient_Charge(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		want   shop.Settlement
		fails  bool
	}{
		"success": {"IPCmethod=IPCIAPurchase&Status=0&StatusMsg=Success&OrderID=tx-1&Amount=18900.00" +
			"&IPC_Trnref=813705", shop.Settlement{Status: harang.PaymentSucceeded, Reference: "813705"}, false},
		"not sufficient funds": {"Status=13&StatusMsg=E_NOT_SUFFICIENT_FUNDS&OrderID=tx-1",
			shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "ipc:13",
				Message: "E_NOT_SUFFICIENT_FUNDS"}, false},
		"declined": {"Status=21&StatusMsg=E_TRANSACTION_DECLINED",
			shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "ipc:21",
				Message: "E_TRANSACTION_DECLINED"}, false},
		"unheard of": {"Status=77&StatusMsg=E_NEW", shop.Settlement{Status: harang.PaymentDeclined,
			ErrorCode: "ipc:77", Message: "E_NEW"}, false},
		"internal error": {"Status=3&StatusMsg=E_IPC_ERROR", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:3", Message: "E_IPC_ERROR"}, false},
		"charged before": {"Status=20&StatusMsg=E_DUPLICATE_TRANSMISSION",
			shop.Settlement{Status: harang.PaymentPending, ErrorCode: "ipc:20",
				Message: "E_DUPLICATE_TRANSMISSION"}, false},
		"another order": {"Status=0&OrderID=tx-2", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"another amount": {"Status=0&OrderID=tx-1&Amount=1.00", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"no status": {"OrderID=tx-1", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"unsigned": {`raw {"Status":0}`, shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"signed by someone": {`raw {"Status":0,"Signature":"AAAA"}`, shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"a page instead": {"raw <html>", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"an error of the server": {"500", shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answers["IPCIAPurchase"] = tc.answer
			got, err := f.client(created).Charge(t.Context(), charge)
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("%+v, %v, want %+v", got, err, tc.want)
			}
			sent := <-f.forms
			var names []string
			for _, x := range sent[:10] {
				names = append(names, x.name+"="+x.value)
			}
			want := "IPCmethod=IPCIAPurchase IPCVersion=1.4 IPCLanguage=HU SID=000000000000010 " +
				"WalletNumber=61938166610 KeyIndex=1 OrderID=tx-1 Amount=18900.00 Currency=HUF CardToken=card-1"
			if strings.Join(names, " ") != want || sent[len(sent)-1].name != "Signature" {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestClient_ChargeUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	c := New(load(t, "http://"+address, nil), Options{})
	got, err := c.Charge(t.Context(), charge)
	if err == nil || got.Status != harang.PaymentDeclined || got.ErrorCode != "ipc:unreachable" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = c.FindCharge(t.Context(), charge); err == nil || got.Status != harang.PaymentPending {
		t.Errorf("a question that reached nobody: %+v, %v", got, err)
	}
	got, err = c.Refund(t.Context(), shop.ChargeRefund{Charge: charge, Sum: charge.Amount})
	if err == nil || got.Status != harang.PaymentPending {
		t.Errorf("a refund that reached nobody: %+v, %v", got, err)
	}
}

// TestClient_ChargeHangs: a provider that takes the request and says nothing
// is interrupted when the caller's context ends, and the charge stays pending.
func TestClient_ChargeHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	registry := prometheus.NewRegistry()
	c := New(load(t, server.URL, nil), Options{Metrics: NewMetrics(registry)})
	got, err := c.Charge(ctx, charge)
	if err == nil || got.Status != harang.PaymentPending || got.ErrorCode != "ipc:timeout" {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := testutil.GatherAndCount(registry, "harang_mypos_call_seconds"); err != nil || n != 1 {
		t.Errorf("%d calls measured, %v", n, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestClient_FindCharge(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		age    time.Duration
		want   shop.Settlement
		fails  bool
	}{
		"successful": {"Status=0&OrderID=tx-1&PaymentStatus=1&IPC_Trnref=8", 0,
			shop.Settlement{Status: harang.PaymentSucceeded, Reference: "8"}, false},
		"pending": {"Status=0&PaymentStatus=2", 0, shop.Settlement{Status: harang.PaymentPending}, false},
		"unsuccessful": {"Status=0&PaymentStatus=3", 0, shop.Settlement{Status: harang.PaymentDeclined,
			ErrorCode: "ipc:unsuccessful"}, false},
		"reversed": {"Status=0&PaymentStatus=4&IPC_Trnref=8", 0, shop.Settlement{Status: harang.PaymentReversed,
			Reference: "8"}, false},
		"neither": {"Status=0&PaymentStatus=9", 0, shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"another order": {"Status=0&PaymentStatus=1&OrderID=tx-2", 0, shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
		"not yet known": {"Status=5&StatusMsg=E_INVALID_PARAMS", time.Minute,
			shop.Settlement{Status: harang.PaymentPending, ErrorCode: "ipc:5"}, false},
		"never known": {"Status=5&StatusMsg=E_INVALID_PARAMS", 11 * time.Minute,
			shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "ipc:not_charged"}, false},
		"our own fault": {"Status=2&StatusMsg=E_SIGNATURE_FAILED", time.Hour,
			shop.Settlement{Status: harang.PaymentPending, ErrorCode: "ipc:2", Message: "E_SIGNATURE_FAILED"}, true},
		"unsigned": {`raw {"Status":0,"PaymentStatus":1}`, 0, shop.Settlement{Status: harang.PaymentPending,
			ErrorCode: "ipc:bad_answer"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answers["IPCGetPaymentStatus"] = tc.answer
			got, err := f.client(created.Add(tc.age)).FindCharge(t.Context(), charge)
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("%+v, %v, want %+v", got, err, tc.want)
			}
			if sent := <-f.forms; sent.get("OrderID") != "tx-1" || sent.get("get_declined_payments") != "1" {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestClient_Refund(t *testing.T) {
	for name, tc := range map[string]struct {
		reference                string
		status, reversal, refund string
		want                     harang.PaymentStatus
		methods                  string
	}{
		"reversed": {"8", "", "Status=0", "", harang.PaymentReversed, "IPCReversal"},
		"too late to reverse": {"8", "Status=0&PaymentStatus=1&IPC_Trnref=8", "Status=14", "Status=0",
			harang.PaymentReversed, "IPCReversal IPCGetPaymentStatus IPCRefund"},
		"refunded before": {"8", "Status=0&PaymentStatus=1&IPC_Trnref=8", "Status=14", "Status=20",
			harang.PaymentReversed, "IPCReversal IPCGetPaymentStatus IPCRefund"},
		"neither": {"8", "Status=0&PaymentStatus=1&IPC_Trnref=8", "Status=14", "Status=3",
			harang.PaymentPending, "IPCReversal IPCGetPaymentStatus IPCRefund"},
		"refused": {"8", "Status=0&PaymentStatus=1&IPC_Trnref=8", "Status=14", "Status=9",
			harang.PaymentDeclined, "IPCReversal IPCGetPaymentStatus IPCRefund"},
		"no answer": {"8", "Status=0&PaymentStatus=1&IPC_Trnref=8", "Status=14", "500", harang.PaymentPending,
			"IPCReversal IPCGetPaymentStatus IPCRefund"},
		"its answer was lost": {"8", "Status=0&PaymentStatus=4&IPC_Trnref=8", "Status=14", "Status=0",
			harang.PaymentReversed, "IPCReversal IPCGetPaymentStatus"},
		"nobody knows": {"8", "500", "Status=14", "Status=0", harang.PaymentPending,
			"IPCReversal IPCGetPaymentStatus"},
		"reference asked for": {"", "Status=0&PaymentStatus=1&IPC_Trnref=9", "Status=0", "", harang.PaymentReversed,
			"IPCGetPaymentStatus IPCReversal"},
		"reversed already": {"", "Status=0&PaymentStatus=4", "", "", harang.PaymentReversed, "IPCGetPaymentStatus"},
		"nothing known":    {"", "Status=0&PaymentStatus=2", "", "", harang.PaymentPending, "IPCGetPaymentStatus"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answers = map[string]string{
				"IPCGetPaymentStatus": tc.status,
				"IPCReversal":         tc.reversal,
				"IPCRefund":           tc.refund,
			}
			ch := charge
			ch.Reference = tc.reference
			got, err := f.client(created).Refund(t.Context(), shop.ChargeRefund{Charge: ch, ID: "f", Sum: ch.Amount})
			if got.Status != tc.want {
				t.Errorf("%+v, %v", got, err)
			}
			var methods []string
			for len(f.forms) > 0 {
				methods = append(methods, (<-f.forms).get("IPCmethod"))
			}
			if strings.Join(methods, " ") != tc.methods {
				t.Errorf("called %v, want %s", methods, tc.methods)
			}
		})
	}
}

// TestClient_RefundPart: a part is refunded, never reversed, under the refund's own order
// id, so that a second try is a duplicate.
func TestClient_RefundPart(t *testing.T) {
	for answer, want := range map[string]harang.PaymentStatus{
		"Status=0": harang.PaymentReversed, "Status=20": harang.PaymentReversed, "Status=9": harang.PaymentDeclined,
		"Status=99": harang.PaymentPending, "500": harang.PaymentPending,
	} {
		f := newFake(t)
		f.answers = map[string]string{"IPCRefund": answer}
		ch := charge
		ch.Reference = "8"
		got, err := f.client(created).Refund(t.Context(), shop.ChargeRefund{Charge: ch, ID: "f", Sum: ch.Amount - 1})
		if got.Status != want {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
		form := <-f.forms
		if form.get("IPCmethod") != "IPCRefund" || form.get("OrderID") != "refund-f" ||
			form.get("Amount") != formatAmount(ch.Amount-1) || len(f.forms) != 0 {
			t.Errorf("%s: sent %v and %d others", answer, form, len(f.forms))
		}
	}
}
