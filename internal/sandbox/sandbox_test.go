package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
)

func TestProvider_Charge(t *testing.T) {
	p := sandbox.New(nil)
	for i, tc := range []struct {
		token, code string
		status      harang.PaymentStatus
	}{
		{"tok_ok", "", harang.PaymentSucceeded},
		{"tok_insufficient_funds", "sandbox:insufficient_funds", harang.PaymentDeclined},
		{"tok_expired_card", "sandbox:expired_card", harang.PaymentDeclined},
		{"tok_do_not_honour", "sandbox:do_not_honour", harang.PaymentDeclined},
		{"tok_nobody", "sandbox:unknown_card", harang.PaymentDeclined},
	} {
		charge := shop.Charge{Tenant: "a", TransactionID: fmt.Sprint("t", i), Amount: 100, CardToken: tc.token}
		got, err := p.Charge(t.Context(), charge)
		if err != nil || got.Status != tc.status || got.ErrorCode != tc.code {
			t.Errorf("%s: %+v, %v", tc.token, got, err)
		}
		found, err := p.FindCharge(t.Context(), charge)
		if err != nil || found != got {
			t.Errorf("%s: found %+v, %v, want %+v", tc.token, found, err, got)
		}
		charge.CardToken = "tok_ok"
		if again, _ := p.Charge(t.Context(), charge); again != got {
			t.Errorf("%s: charged a second time: %+v", tc.token, again)
		}
	}
}

func TestProvider_ChargeTimeout(t *testing.T) {
	fire := make(chan time.Time, 1)
	waited := make(chan time.Duration, 2)
	p := sandbox.New(func(d time.Duration) <-chan time.Time { waited <- d; return fire })
	charge := shop.Charge{TransactionID: "t", CardToken: sandbox.TokenTimeout}

	fire <- time.Time{}
	got, err := p.Charge(t.Context(), charge)
	if err != nil || got.Status != harang.PaymentPending || got.ErrorCode != "sandbox:timeout" ||
		<-waited != 5*time.Second {
		t.Errorf("after 5 s: %+v, %v", got, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = p.Charge(ctx, charge)
	if !errors.Is(err, context.Canceled) || got.Status != harang.PaymentPending {
		t.Errorf("a caller that cancels: %+v, %v", got, err)
	}

	got, err = p.FindCharge(t.Context(), charge)
	if err != nil || got.Status != harang.PaymentDeclined || got.ErrorCode != "sandbox:timeout" {
		t.Errorf("waited later: %+v, %v", got, err)
	}
}

func TestProvider_FindChargeUnknown(t *testing.T) {
	p := sandbox.New(nil)
	charge := shop.Charge{TransactionID: "of another process", CardToken: sandbox.TokenOK}
	if got, err := p.FindCharge(t.Context(), charge); err != nil || got.Status != harang.PaymentDeclined ||
		got.ErrorCode != "sandbox:not_charged" {
		t.Errorf("found %+v, %v", got, err)
	}
	// A reported outcome is final: the late charge takes nothing.
	if got, _ := p.Charge(t.Context(), charge); got.Status != harang.PaymentDeclined {
		t.Errorf("charged after not_charged was reported: %+v", got)
	}
}

func TestProvider_Refund(t *testing.T) {
	p := sandbox.New(nil)
	charge := shop.Charge{TransactionID: "t", CardToken: sandbox.TokenOK}
	if _, err := p.Charge(t.Context(), charge); err != nil {
		t.Fatal(err)
	}
	refund := shop.ChargeRefund{Charge: charge, Sum: charge.Amount}
	if got, err := p.Refund(t.Context(), refund); err != nil || got.Status != harang.PaymentReversed {
		t.Errorf("refund: %+v, %v", got, err)
	}
	if got, _ := p.FindCharge(t.Context(), charge); got.Status != harang.PaymentReversed {
		t.Errorf("after the refund: %+v", got)
	}
}

func TestProvider_OldestForgotten(t *testing.T) {
	p := sandbox.New(nil)
	for i := range 10_001 {
		charge := shop.Charge{TransactionID: fmt.Sprint(i), CardToken: sandbox.TokenOK}
		if _, err := p.Charge(t.Context(), charge); err != nil {
			t.Fatal(err)
		}
	}
	newest := shop.Charge{TransactionID: "10000", CardToken: sandbox.TokenOK}
	if got, _ := p.FindCharge(t.Context(), newest); got.Status != harang.PaymentSucceeded {
		t.Errorf("the newest is forgotten: %+v", got)
	}
	oldest := shop.Charge{TransactionID: "0", CardToken: sandbox.TokenOK}
	if got, _ := p.FindCharge(t.Context(), oldest); got.Status != harang.PaymentDeclined {
		t.Errorf("the oldest is still known: %+v", got)
	}
}

func TestCards(t *testing.T) {
	for _, c := range sandbox.Cards() {
		if wrong := c.Check(); wrong != nil {
			t.Errorf("%s: %v", c.Token, wrong)
		}
	}
}
