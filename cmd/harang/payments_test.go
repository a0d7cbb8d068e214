package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/testtime"
)

const myposKeys = "../../internal/mypos/testdata"

// bank is a fake myPOS server that answers charges by card.
type bank struct {
	t      *testing.T
	key    *rsa.PrivateKey
	server *httptest.Server

	mu sync.Mutex // guards the rest
	// charge and find are the answers to a card's charges and status calls.
	charge, find map[string]string
	cards        map[string]string // by order
	calls        []string
}

func newBank(t *testing.T) *bank {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(myposKeys, "mypos_private_key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{t: t, key: key.(*rsa.PrivateKey), charge: map[string]string{}, find: map[string]string{},
		cards: map[string]string{}}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// setFind sets the answer to status calls about a card.
func (b *bank) setFind(card, answer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.find[card] = answer
}

// signature signs values as myPOS does.
func (b *bank) signature(values ...string) string {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString([]byte(strings.Join(values, "-")))))
	s, err := rsa.SignPKCS1v15(rand.Reader, b.key, crypto.SHA256, sum[:])
	if err != nil {
		b.t.Error(err)
	}
	return base64.StdEncoding.EncodeToString(s)
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	method, order := r.PostFormValue("IPCmethod"), r.PostFormValue("OrderID")
	b.calls = append(b.calls, method)
	status, payment := "0", ""
	switch method {
	case "IPCIAPurchase":
		b.cards[order] = r.PostFormValue("CardToken")
		status = b.charge[b.cards[order]]
	case "IPCGetPaymentStatus":
		payment = b.find[b.cards[order]]
	}
	fmt.Fprintf(w,
		`{"Status":%q,"StatusMsg":"said","OrderID":%q,"PaymentStatus":%q,"IPC_Trnref":"8137","Signature":%q}`,
		status, order, payment, b.signature(status, "said", order, payment, "8137"))
}

// paymentsEnv is a running program whose tenant "acme" takes cards by the bank.
type paymentsEnv struct {
	*testing.T
	p     *program
	bank  *bank
	token string
}

func newPaymentsEnv(t *testing.T) *paymentsEnv {
	t.Helper()
	folder, ctx := t.TempDir(), t.Context()
	config := &serveCommand{
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", ConnectionsPerTenant: 50,
		PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second, DrainTimeout: 5 * time.Second,
	}
	config.Database = "sqlite:" + filepath.Join(folder, "harang.db")
	p, err := start(ctx, config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := &paymentsEnv{T: t, p: p, bank: newBank(t)}

	keys, err := filepath.Abs(myposKeys)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "mypos.json")
	text := fmt.Sprintf(
		`{"url":%q,"sid":"1","walletNumber":"2","keyIndex":1,"privateKeyFile":"%[2]s/store_private_key.pem","certificateFile":"%[2]s/mypos_certificate.pem",
		"webhook":{"secretFile":"%[2]s/webhook_secret","signature":"body","fields":{"event":"event","eventId":"id","orderId":"order"}}}`,
		c.bank.server.URL,
		keys,
	)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.store.CreateTenant(ctx, harang.Tenant{ID: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	// Beside the running server, as an operator does.
	set := &tenantSet{ID: "acme", Payments: "mypos", MyposConfig: file}
	set.Database = config.Database
	if err := set.Run(ctx); err != nil {
		t.Fatal(err)
	}
	admin := harang.Identity{Tenant: "acme", UserID: "admin", Role: harang.RoleAdmin}
	csv := "productId,productName,dailyPrice,locationId,locationName,partnerId,partnerName,quantity\n" +
		"drill,Drill,1000,main,Main,bela,Béla,10\n"
	if _, err := p.shop.Catalogue.ImportCSV(ctx, admin, strings.NewReader(csv)); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"good", "poor", "odd"} {
		if err := p.shop.Payments.PutCard(ctx, admin, "bela", harang.Card{Token: token}); err != nil {
			t.Fatal(err)
		}
	}
	if c.token, err = p.auth.IssueToken(ctx, "acme", harang.RoleAdmin, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	return c
}

// call sends a request and decodes the JSON of the answer, if any.
func (c *paymentsEnv) call(method, path, media, body string, header ...string) (int, map[string]any) {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), method, c.p.URL()+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	var answer map[string]any
	_ = json.NewDecoder(bytes.NewReader(raw)).Decode(&answer)
	return res.StatusCode, answer
}

// checkout rents a drill by a card and returns rental and transaction.
func (c *paymentsEnv) checkout(card, want string) (rental, transaction string) {
	c.Helper()
	due := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	status, r := c.call("POST", "/api/v1/rentals", "application/json", fmt.Sprintf(
		`{"partnerId":"bela","locationId":"main","dueAt":%q,"lines":[{"productId":"drill","quantity":1}],"payment":{"method":"CARD","cardToken":%q}}`,
		due,
		card,
	))
	if status != http.StatusCreated || r["status"] != want {
		c.Fatalf("%d %v, want %s", status, r, want)
	}
	return r["id"].(string), r["payment"].(map[string]any)["transactionId"].(string)
}

func (c *paymentsEnv) rental(id string) (status string) {
	c.Helper()
	_, r := c.call("GET", "/api/v1/rentals/"+id, "", "")
	return fmt.Sprint(r["status"])
}

// waitChecked makes rounds of housekeeping until a payment waits for no check any more:
// the running program may have begun the check itself.
func (c *paymentsEnv) waitChecked(transaction string) {
	c.Helper()
	testtime.Eventually(c, testtime.Limit, "the payment waits for no check",
		func() bool { return c.checkPayments(transaction).CheckAt.IsZero() })
}

// checkPayments makes a round of housekeeping and returns a payment.
func (c *paymentsEnv) checkPayments(transaction string) harang.Payment {
	c.Helper()
	if err := c.p.shop.Housekeeper.Round(c.Context()); err != nil {
		c.Fatal(err)
	}
	pay, err := c.p.store.FindPayment(c.Context(), "acme", transaction)
	if err != nil {
		c.Fatal(err)
	}
	return pay
}

// events returns the types of the managers' events.
func (c *paymentsEnv) events() string {
	c.Helper()
	entries, err := c.p.store.EntriesAfter(c.Context(),
		harang.FeedID{Tenant: "acme", Audience: harang.AudienceManagers}, 0, 100)
	if err != nil {
		c.Fatal(err)
	}
	var types []string
	for _, e := range entries {
		types = append(types, e.Type)
	}
	return strings.Join(types, " ")
}

// TestPayments_MyPOS: the whole program takes cards with a myPOS server: paid at
// once, declined, decided by a status call, which either kind of notice causes.
func TestPayments_MyPOS(t *testing.T) {
	c := newPaymentsEnv(t)
	c.bank.charge = map[string]string{"good": "0", "poor": "13", "odd": "3"}

	c.checkout("good", "OPEN")
	poor, _ := c.checkout("poor", "AWAITING_PAYMENT")
	if got, want := c.events(), "rental_created payment_error"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	_, list := c.call("GET", "/api/v1/payments?status=DECLINED", "", "")
	first := list["items"].([]any)[0].(map[string]any)
	if first["errorCode"] != "ipc:13" || first["errorMessage"] != "Nincs elég fedezet a kártyán" {
		t.Errorf("declined as %v", first)
	}
	// Paid with another card: PAYMENT_DECLINED first, then success.
	pay := fmt.Sprintf(`{"rentalId":%q,"amount":1000,"method":"CARD","cardToken":"%%s"}`, poor)
	if status, p := c.call("POST", "/api/v1/payments", "application/json",
		fmt.Sprintf(pay, "poor")); status != http.StatusPaymentRequired || p["errorCode"] != "ipc:13" {
		t.Errorf("%d %v", status, p)
	}
	if status, p := c.call("POST", "/api/v1/payments", "application/json",
		fmt.Sprintf(pay, "good")); status != http.StatusCreated || p["status"] != "SUCCEEDED" {
		t.Errorf("%d %v", status, p)
	}

	// Undecided: a form notice stores a card and has the bank asked, whose answer decides.
	form, order := c.checkout("odd", "AWAITING_PAYMENT")
	values := []string{"IPCPurchaseNotify", "1", "1000.00", "HUF", order, "8137", "stored-1", "4828", "2811", "3"}
	body := "IPCmethod=IPCPurchaseNotify&SID=1&Amount=1000.00&Currency=HUF&OrderID=" + order +
		"&IPC_Trnref=8137&CardToken=stored-1&PAN=4828&ExpDate=2811&CardType=3&Signature=" +
		url.QueryEscape(c.bank.signature(values...))
	const media = "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		body   string
		status int
	}{
		"wrong signature": {strings.Replace(body, "1000.00", "1000.0", 1), http.StatusUnauthorized},
		"renamed fields":  {strings.Replace(body, "SID=1", "Note=1", 1), http.StatusUnprocessableEntity},
		"too large":       {body + strings.Repeat("x", 64<<10), http.StatusRequestEntityTooLarge},
	} {
		if status, _ := c.call("POST", "/api/v1/payments/mypos/acme", media, tc.body); status != tc.status ||
			c.rental(form) != "AWAITING_PAYMENT" {
			t.Errorf("%s: %d, rental %s", name, status, c.rental(form))
		}
	}
	for range 2 {
		if status, _ := c.call("POST", "/api/v1/payments/mypos/acme", media, body); status != http.StatusOK ||
			c.rental(form) != "AWAITING_PAYMENT" {
			t.Errorf("notified: %d, rental %s", status, c.rental(form))
		}
	}
	if _, cards := c.call("GET", "/api/v1/partners/bela/cards", "", ""); len(cards["items"].([]any)) != 3 {
		t.Errorf("a notification stored its card: %v", cards)
	}
	c.bank.setFind("odd", "1")
	c.waitChecked(order)
	if c.rental(form) != "OPEN" {
		t.Errorf("the bank says paid, rental %s", c.rental(form))
	}
	if _, cards := c.call("GET", "/api/v1/partners/bela/cards", "", ""); len(cards["items"].([]any)) != 4 {
		t.Errorf("cards %v", cards)
	}

	// Undecided: the webhook says paid, the bank says unsuccessful. The event of the
	// failure exists already.
	hook, order := c.checkout("odd", "AWAITING_PAYMENT")
	completed := fmt.Sprintf(`{"id":"1","event":"pos.payment.completed","order":%q}`, order)
	secret, err := os.ReadFile(filepath.Join(myposKeys, "webhook_secret"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, bytes.TrimSpace(secret))
	mac.Write([]byte(completed))
	before := c.events()
	c.bank.setFind("odd", "3")
	status, _ := c.call("POST", "/api/v1/payments/mypos/acme", "application/json", completed,
		"X-myPOS-Event", "pos.payment.completed", "X-myPOS-Signature", fmt.Sprintf("t=%d,v1=%s", time.Now().Unix(),
			hex.EncodeToString(mac.Sum(nil))))
	c.waitChecked(order)
	if status != http.StatusOK || c.rental(hook) != "AWAITING_PAYMENT" || c.events() != before {
		t.Errorf("%d, rental %s, events %s", status, c.rental(hook), c.events())
	}
	c.bank.setFind("odd", "")

	// Undecided: a status call decides when the operator tries again.
	asked, order := c.checkout("odd", "AWAITING_PAYMENT")
	c.bank.setFind("odd", "1")
	status, p := c.call("POST", "/api/v1/payments", "application/json",
		strings.Replace(fmt.Sprintf(pay, "good"), poor, asked, 1))
	if status != http.StatusConflict || p["code"] != "PRICE_CHANGED" || p["actual"] != 0.0 ||
		c.rental(asked) != "OPEN" {
		t.Errorf("%d %v, rental %s", status, p, c.rental(asked))
	}
	// Cancelled: a reversal refunds the payment.
	if status, r := c.call("POST", "/api/v1/rentals/"+asked+"/cancel", "application/json",
		""); status != http.StatusOK {
		t.Errorf("%d %v", status, r)
	}
	// The program's own housekeeper may do the same round.
	testtime.Eventually(t, testtime.Limit, "the payment is refunded", func() bool {
		return c.checkPayments(order).Status == harang.PaymentReversed
	})
	c.bank.mu.Lock()
	defer c.bank.mu.Unlock()
	if calls := strings.Join(c.bank.calls, " "); !strings.HasSuffix(calls, "IPCReversal") {
		t.Errorf("calls %s", calls)
	}
}

// TestPayments_Settings: a change of the provider takes effect at the next payment,
// and a broken configuration stops card payments only.
func TestPayments_Settings(t *testing.T) {
	c := newPaymentsEnv(t)
	ctx := context.Background()
	admin := harang.Identity{Tenant: "acme", UserID: "u", Role: harang.RoleAdmin}
	find := func() (string, error) {
		_, err := c.p.shop.Payments.Cards(ctx, admin, "bela")
		if err != nil {
			return "", err
		}
		rental, err := c.p.shop.Rentals.Create(ctx, admin, shop.Checkout{
			PartnerID: "bela", LocationID: "main", Due: shop.DueAt{Time: time.Now().Add(time.Hour)},
			Lines:   []shop.CheckoutLine{{ProductID: "drill", Quantity: 1}},
			Payment: &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: "tok_ok"},
		})
		if err != nil {
			return "", err
		}
		return rental.Payment.Provider, nil
	}
	c.bank.charge["tok_ok"] = "0"
	// The sandbox's cards belong to nobody where real money moves.
	if _, err := find(); harang.ErrorCode(err) != harang.CodeCardUnknown {
		t.Errorf("a card that is not stored: %v", err)
	}
	if err := c.p.shop.Payments.PutCard(ctx, admin, "bela", harang.Card{Token: "tok_ok"}); err != nil {
		t.Fatal(err)
	}
	if name, err := find(); err != nil || name != "mypos" {
		t.Errorf("%s, %v", name, err)
	}
	settings, err := c.p.store.FindPaymentSettings(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	set := &tenantSet{ID: "acme", Payments: "sandbox"}
	set.Database = c.p.config.Database
	if err := set.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if name, err := find(); err != nil || name != "sandbox" {
		t.Errorf("%s, %v", name, err)
	}
	// Notices about earlier payments are still accepted.
	if status, _ := c.call("POST", "/api/v1/payments/mypos/acme", "application/x-www-form-urlencoded",
		"a=1"); status != http.StatusUnauthorized {
		t.Errorf("a notification after the change: %d", status)
	}
	set = &tenantSet{ID: "acme", Payments: "mypos", MyposConfig: settings.ConfigFile}
	set.Database = c.p.config.Database
	if err := set.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings.ConfigFile, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := find(); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("with a broken file: %v", err)
	}
	page, err := c.p.shop.Rentals.List(ctx, admin, harang.RentalQuery{})
	if err != nil || len(page.Items) != 2 {
		t.Errorf("%d rentals, %v", len(page.Items), err)
	}
}
