// Package sandbox is the payment provider of the demo and of tests: it moves
// no money, and each of its cards always has the same outcome.
package sandbox

import (
	"context"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// TimeoutAfter is how long a charge of the card "tok_timeout" takes. It ends
// without an outcome.
const TimeoutAfter = 5 * time.Second

// The tokens of the sandbox's cards.
const (
	TokenOK                = "tok_ok"
	TokenInsufficientFunds = "tok_insufficient_funds"
	TokenExpiredCard       = "tok_expired_card"
	TokenDoNotHonour       = "tok_do_not_honour"
	TokenTimeout           = "tok_timeout"
)

// The error codes of the sandbox.
const (
	codeInsufficientFunds = "sandbox:insufficient_funds"
	codeExpiredCard       = "sandbox:expired_card"
	codeDoNotHonour       = "sandbox:do_not_honour"
	codeTimeout           = "sandbox:timeout"
	codeUnknownCard       = "sandbox:unknown_card"
	codeNotCharged        = "sandbox:not_charged"
)

// maxOutcomes is how many charges are remembered for FindCharge.
const maxOutcomes = 10_000

// Provider is the sandbox. It is safe for concurrent use.
type Provider struct {
	after func(time.Duration) <-chan time.Time

	mu sync.Mutex // guards outcomes and order
	// outcomes are the charges of this process by transaction id, so that none is
	// made twice; order has their ids, the oldest first.
	outcomes map[string]shop.Settlement
	order    []string
}

// New builds a sandbox. after is the clock that tok_timeout waits on; nil is
// time.After.
func New(after func(time.Duration) <-chan time.Time) *Provider {
	if after == nil {
		after = time.After //nolint:forbidigo // the injected clock
	}
	return &Provider{after: after, outcomes: map[string]shop.Settlement{}}
}

// Cards are the sandbox's cards, offered for every partner.
func Cards() []harang.Card {
	card := func(token, last4, label string) harang.Card {
		return harang.Card{Token: token, Brand: "SANDBOX", Last4: last4, Expires: "2030-12", Label: label}
	}
	return []harang.Card{
		card(TokenOK, "0000", "Próbakártya: sikeres"),
		card(TokenInsufficientFunds, "0051", "Próbakártya: nincs fedezet"),
		{Token: TokenExpiredCard, Brand: "SANDBOX", Last4: "0054", Expires: "2020-01", Label: "Próbakártya: lejárt"},
		card(TokenDoNotHonour, "0005", "Próbakártya: a bank elutasítja"),
		card(TokenTimeout, "0068", "Próbakártya: nem jön válasz"),
	}
}

// Charge has the outcome of the card's token. A transaction that was charged
// before has the same outcome again. The card tok_timeout takes TimeoutAfter, or
// until ctx ends, and then the outcome is unknown (PENDING, sandbox:timeout).
func (p *Provider) Charge(ctx context.Context, c shop.Charge) (shop.Settlement, error) {
	if s, known := p.find(c.TransactionID); known {
		return s, nil
	}
	switch c.CardToken {
	case TokenOK:
		return p.keep(c, shop.Settlement{Status: harang.PaymentSucceeded, Reference: "sandbox-" + c.TransactionID}), nil
	case TokenInsufficientFunds:
		return p.keep(c, declined(codeInsufficientFunds)), nil
	case TokenExpiredCard:
		return p.keep(c, declined(codeExpiredCard)), nil
	case TokenDoNotHonour:
		return p.keep(c, declined(codeDoNotHonour)), nil
	case TokenTimeout:
		unknown := shop.Settlement{Status: harang.PaymentPending, ErrorCode: codeTimeout}
		select {
		case <-p.after(TimeoutAfter):
			return unknown, nil
		case <-ctx.Done():
			return unknown, ctx.Err()
		}
	}
	return p.keep(c, declined(codeUnknownCard)), nil
}

// FindCharge returns the outcome of a charge. One that this process does not
// know took no money: the card tok_timeout is declined as sandbox:timeout,
// any other as sandbox:not_charged.
func (p *Provider) FindCharge(_ context.Context, c shop.Charge) (shop.Settlement, error) {
	if s, known := p.find(c.TransactionID); known {
		return s, nil
	}
	if c.CardToken == TokenTimeout {
		return p.keep(c, declined(codeTimeout)), nil
	}
	return p.keep(c, declined(codeNotCharged)), nil
}

// Refund gives back a charge, or a part of it.
func (p *Provider) Refund(_ context.Context, r shop.ChargeRefund) (shop.Settlement, error) {
	done := shop.Settlement{Status: harang.PaymentReversed, Reference: "sandbox-" + r.TransactionID}
	if !r.Whole() {
		return done, nil
	}
	p.mu.Lock()
	delete(p.outcomes, r.TransactionID)
	p.mu.Unlock()
	return p.keep(r.Charge, done), nil
}

func declined(code string) shop.Settlement {
	return shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: code}
}

func (p *Provider) find(transaction string) (shop.Settlement, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.outcomes[transaction]
	return s, known
}

// keep remembers an outcome and returns it, or the outcome of an earlier call of
// the same transaction.
func (p *Provider) keep(c shop.Charge, s shop.Settlement) shop.Settlement {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, known := p.outcomes[c.TransactionID]; known {
		return first
	}
	p.outcomes[c.TransactionID] = s
	p.order = append(p.order, c.TransactionID)
	if len(p.order) > maxOutcomes {
		delete(p.outcomes, p.order[0])
		p.order = p.order[1:]
	}
	return s
}
