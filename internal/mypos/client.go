package mypos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// The limits of a call.
const (
	// CallLimit is how long one call may take, whatever the caller allows.
	CallLimit = 12 * time.Second
	// maxAnswer is the largest answer that is read, in bytes.
	maxAnswer = 1 << 20
	// notFoundAfter is how old a charge must be before "no such order" is
	// taken to mean that it was never made: younger ones may be in progress.
	notFoundAfter = 10 * time.Minute
)

// The methods of the Checkout API.
const (
	methodPurchase = "IPCIAPurchase"
	methodStatus   = "IPCGetPaymentStatus"
	methodReversal = "IPCReversal"
	methodRefund   = "IPCRefund"
)

// The status codes that decide something here; every other one is a decline
// with the code "ipc:<n>".
const (
	statusSuccess        = 0
	statusInternal       = 3
	statusParams         = 5
	statusDuplicate      = 20
	statusUndefined      = 99
	codeTimeout          = "ipc:timeout"
	codeUnreachable      = "ipc:unreachable"
	codeBadAnswer        = "ipc:bad_answer"
	codeNotCharged       = "ipc:not_charged"
	codeUnsuccessful     = "ipc:unsuccessful"
	codeCancelled        = "ipc:cancelled"
	paymentSuccessful    = "1"
	paymentPending       = "2"
	paymentUnsuccessful  = "3"
	paymentReversed      = "4"
	checkoutVersion      = "1.4"
	checkoutLanguage     = "HU"
	checkoutOutputFormat = "json"
)

// Options are what clients share. The zero value is ready to use.
type Options struct {
	// HTTP makes the calls. Nil means a client that follows no redirects.
	HTTP *http.Client
	// Clock returns the time. Nil means time.Now.
	Clock func() time.Time
	// Metrics counts the calls. Nil means none.
	Metrics *Metrics
}

// Client calls the Checkout API for one merchant. It is a payment provider.
type Client struct {
	merchant *Merchant
	http     *http.Client
	clock    func() time.Time
	metrics  *Metrics
}

// New builds a client of a merchant.
func New(m *Merchant, o Options) *Client {
	c := &Client{merchant: m, http: o.HTTP, clock: o.Clock, metrics: o.Metrics}
	if c.http == nil {
		c.http = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	return c
}

// Merchant returns the client's merchant.
func (c *Client) Merchant() *Merchant { return c.merchant }

// Charge charges a stored card (IPCIAPurchase). The settlement is valid also with an
// error: SUCCEEDED or DECLINED when myPOS says so in a signed answer,
// DECLINED with ipc:unreachable when nothing was sent, else PENDING with a
// code that says why the outcome is unknown. The error is for the log.
func (c *Client) Charge(ctx context.Context, ch shop.Charge) (shop.Settlement, error) {
	f := c.newForm(methodPurchase)
	f.add("OrderID", ch.TransactionID)
	f.add("Amount", formatAmount(ch.Amount))
	f.add("Currency", harang.CurrencyHUF)
	f.add("CardToken", ch.CardToken)
	f.add("OutputFormat", checkoutOutputFormat)
	f.add("CartItems", "1")
	f.add("Article_1", "Bérlés")
	f.add("Quantity_1", "1")
	f.add("Price_1", formatAmount(ch.Amount))
	f.add("Currency_1", harang.CurrencyHUF)
	f.add("Amount_1", formatAmount(ch.Amount))

	a, s, err := c.call(ctx, methodPurchase, f)
	if a == nil {
		return s, err
	}
	if id := a.get("OrderID"); id != "" && id != ch.TransactionID {
		return unknown(codeBadAnswer), fmt.Errorf("mypos: asked for order %s, answered for %s", ch.TransactionID, id)
	}
	code := ipcCode(a.status)
	switch a.status {
	case statusSuccess:
		if text := a.get("Amount"); text != "" {
			if n, err := parseAmount(text); err != nil || n != ch.Amount {
				return unknown(codeBadAnswer), fmt.Errorf("mypos: charged %q instead of %d", text, ch.Amount)
			}
		}
		return shop.Settlement{Status: harang.PaymentSucceeded, Reference: a.get("IPC_Trnref")}, nil
	case statusDuplicate, statusInternal, statusUndefined:
		// The card may have been charged, by this call or an earlier one.
		return shop.Settlement{Status: harang.PaymentPending, ErrorCode: code, Message: a.message()}, nil
	}
	return shop.Settlement{
		Status:    harang.PaymentDeclined,
		ErrorCode: code,
		Message:   a.message(),
		Reference: a.get("IPC_Trnref"),
	}, nil
}

// FindCharge asks for the outcome of a charge (IPCGetPaymentStatus). An order that
// myPOS does not know is DECLINED with ipc:not_charged once it is older than
// 10 minutes, and PENDING before.
func (c *Client) FindCharge(ctx context.Context, ch shop.Charge) (shop.Settlement, error) {
	f := c.newForm(methodStatus)
	f.add("OrderID", ch.TransactionID)
	f.add("OutputFormat", checkoutOutputFormat)
	f.add("get_declined_payments", "1")

	a, s, err := c.call(ctx, methodStatus, f)
	if a == nil {
		// No answer says nothing about the charge.
		return unknown(s.ErrorCode), err
	}
	code := ipcCode(a.status)
	switch a.status {
	case statusSuccess:
	case statusParams: // no such order
		if c.clock().Sub(ch.Created) > notFoundAfter {
			return shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: codeNotCharged}, nil
		}
		return unknown(code), nil
	default:
		return shop.Settlement{Status: harang.PaymentPending, ErrorCode: code, Message: a.message()},
			fmt.Errorf("mypos: %s answered status %d %s", methodStatus, a.status, a.message())
	}
	if id := a.get("OrderID"); id != "" && id != ch.TransactionID {
		return unknown(codeBadAnswer),
			fmt.Errorf("mypos: asked about order %s, answered about %s", ch.TransactionID, id)
	}
	reference := a.get("IPC_Trnref")
	switch state := a.get("PaymentStatus"); state {
	case paymentSuccessful:
		return shop.Settlement{Status: harang.PaymentSucceeded, Reference: reference}, nil
	case paymentPending:
		return shop.Settlement{Status: harang.PaymentPending, Reference: reference}, nil
	case paymentUnsuccessful:
		return shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: codeUnsuccessful, Reference: reference}, nil
	case paymentReversed:
		return shop.Settlement{Status: harang.PaymentReversed, Reference: reference}, nil
	default:
		return unknown(codeBadAnswer), fmt.Errorf("mypos: payment status %q", state)
	}
}

// Refund gives back a charge: by a reversal (IPCReversal), or, where that is no longer
// possible, by a refund (IPCRefund), which is also what gives back a part of it. For a
// whole charge the refund is requested only when myPOS says that the charge is still
// SUCCEEDED: a reversal whose answer was lost is refused the second time. The settlement
// is REVERSED when the money went back, DECLINED when myPOS refuses, PENDING when
// that is not known; the last two can be tried again.
func (c *Client) Refund(ctx context.Context, r shop.ChargeRefund) (shop.Settlement, error) {
	ch := r.Charge
	if ch.Reference == "" {
		s, err := c.FindCharge(ctx, ch)
		if s.Status == harang.PaymentReversed || s.Reference == "" {
			return s, err
		}
		ch.Reference = s.Reference
	}
	// All tries have one order id, so that a second one is a duplicate.
	order := "refund-" + r.ID
	if r.Whole() {
		order = "refund-" + ch.TransactionID
		f := c.newForm(methodReversal)
		f.add("IPC_Trnref", ch.Reference)
		f.add("OutputFormat", checkoutOutputFormat)
		a, s, err := c.call(ctx, methodReversal, f)
		if a == nil {
			return unknown(s.ErrorCode), err
		}
		if a.status == statusSuccess {
			return shop.Settlement{Status: harang.PaymentReversed, Reference: ch.Reference}, nil
		}
		if now, err := c.FindCharge(ctx, ch); now.Status != harang.PaymentSucceeded {
			return now, err
		}
	}
	f := c.newForm(methodRefund)
	f.add("IPC_Trnref", ch.Reference)
	f.add("OrderID", order)
	f.add("Amount", formatAmount(r.Sum))
	f.add("Currency", harang.CurrencyHUF)
	f.add("OutputFormat", checkoutOutputFormat)
	a, s, err := c.call(ctx, methodRefund, f)
	if a == nil {
		return unknown(s.ErrorCode), err
	}
	if a.status == statusSuccess || a.status == statusDuplicate {
		return shop.Settlement{Status: harang.PaymentReversed, Reference: ch.Reference}, nil
	}
	s = shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: ipcCode(a.status), Message: a.message()}
	if a.status == statusInternal || a.status == statusUndefined {
		s.Status = harang.PaymentPending // it may have been made
	}
	return s, fmt.Errorf("mypos: %s answered status %d %s", methodRefund, a.status, a.message())
}

func ipcCode(status int) string { return "ipc:" + strconv.Itoa(status) }

func unknown(code string) shop.Settlement {
	return shop.Settlement{Status: harang.PaymentPending, ErrorCode: code}
}

// newForm starts a form with the fields that every call has.
func (c *Client) newForm(method string) form {
	var f form
	f.add("IPCmethod", method)
	f.add("IPCVersion", checkoutVersion)
	f.add("IPCLanguage", checkoutLanguage)
	f.add("SID", c.merchant.SID)
	f.add("WalletNumber", c.merchant.WalletNumber)
	f.add("KeyIndex", strconv.Itoa(c.merchant.KeyIndex))
	return f
}

// call signs and sends a form and reads the signed answer. Without an answer the
// settlement says what is known.
func (c *Client) call(ctx context.Context, method string, f form) (*answer, shop.Settlement, error) {
	start := c.clock()
	a, s, err := c.send(ctx, f)
	outcome := s.ErrorCode
	if a != nil {
		outcome = ipcCode(a.status)
	}
	c.metrics.call(method, outcome, c.clock().Sub(start))
	if err != nil {
		err = fmt.Errorf("mypos: %s: %w", method, err)
	}
	return a, s, err
}

func (c *Client) send(ctx context.Context, f form) (*answer, shop.Settlement, error) {
	if err := f.sign(c.merchant.private); err != nil {
		return nil, shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: codeUnreachable}, err
	}
	ctx, cancel := context.WithTimeout(ctx, CallLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.merchant.URL, strings.NewReader(f.encode()))
	if err != nil {
		return nil, shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: codeUnreachable}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return nil, shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: codeUnreachable}, err
		}
		return nil, unknown(codeTimeout), err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, unknown(codeTimeout), err
	case res.StatusCode != http.StatusOK:
		return nil, unknown(codeBadAnswer), fmt.Errorf("HTTP status %d", res.StatusCode)
	}
	a, err := parseAnswer(body, c.merchant.public)
	if err != nil {
		return nil, unknown(codeBadAnswer), err
	}
	return a, shop.Settlement{}, nil
}
