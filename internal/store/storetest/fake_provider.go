package storetest

import (
	"context"
	"errors"
	"maps"
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// FakeProvider is a payment provider with configured results. It counts what each
// transaction was charged.
type FakeProvider struct {
	mu sync.Mutex // guards the rest
	// charge and find are the results of charges and status calls, by card. Other
	// cards are accepted, and a charge that was not made is declined as
	// "bank:not_charged".
	charge, find map[string]shop.Settlement
	charged      map[string]int64  // by transaction
	refunded     map[string]int64  // by refund
	refundOf     map[string]string // the transaction of each refund
	// refund are the results of refunds, by card. Others are made.
	refund map[string]shop.Settlement
	// onCharge is called at the start of each charge, outside the lock.
	onCharge func(ctx context.Context, c shop.Charge)
	// offered are the cards that are listed for every partner.
	offered []harang.Card
}

// NewFakeProvider returns a provider that accepts every card.
func NewFakeProvider() *FakeProvider {
	return &FakeProvider{
		charge: map[string]shop.Settlement{}, find: map[string]shop.Settlement{},
		charged: map[string]int64{}, refunded: map[string]int64{}, refundOf: map[string]string{},
		refund:  map[string]shop.Settlement{},
		offered: []harang.Card{{Token: "good"}, {Token: "bad"}, {Token: "slow"}, {Token: "late"}},
	}
}

// SetAnswers sets the results of a card's charges and status calls.
func (p *FakeProvider) SetAnswers(card string, charge, find shop.Settlement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.charge[card], p.find[card] = charge, find
}

// OnCharge sets a function that is called at the start of each charge.
func (p *FakeProvider) OnCharge(fn func(ctx context.Context, c shop.Charge)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onCharge = fn
}

// Charged returns the sums that were charged and not refunded, by transaction.
func (p *FakeProvider) Charged() map[string]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	charged := maps.Clone(p.charged)
	for id, sum := range p.refunded {
		transaction := p.refundOf[id]
		if charged[transaction] -= sum; charged[transaction] == 0 {
			delete(charged, transaction)
		}
	}
	return charged
}

// Charge charges the card unless SetAnswers says otherwise. A second charge of a
// transaction adds to the first.
func (p *FakeProvider) Charge(ctx context.Context, c shop.Charge) (shop.Settlement, error) {
	p.mu.Lock()
	onCharge := p.onCharge
	p.mu.Unlock()
	if onCharge != nil {
		onCharge(ctx, c)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.charge[c.CardToken]; ok {
		if p.find[c.CardToken].Status == harang.PaymentSucceeded {
			p.charged[c.TransactionID] += c.Amount
		}
		return s, nil
	}
	p.charged[c.TransactionID] += c.Amount
	return shop.Settlement{Status: harang.PaymentSucceeded, Reference: "ref-" + c.TransactionID}, nil
}

// FindCharge returns the status of a charge.
func (p *FakeProvider) FindCharge(_ context.Context, c shop.Charge) (shop.Settlement, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.find[c.CardToken]; ok {
		return s, nil
	}
	if p.charged[c.TransactionID] > 0 {
		return shop.Settlement{Status: harang.PaymentSucceeded, Reference: "ref-" + c.TransactionID}, nil
	}
	return shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "bank:not_charged"}, nil
}

// SetRefund sets the result of the refunds of a card's charges; the zero Settlement
// makes them.
func (p *FakeProvider) SetRefund(card string, s shop.Settlement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refund[card] = s
}

// Refund refunds a charge or a part of it, unless SetRefund says otherwise. A second try
// of one refund changes nothing.
func (p *FakeProvider) Refund(_ context.Context, r shop.ChargeRefund) (shop.Settlement, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.refund[r.CardToken]; s.Status != "" {
		return s, nil
	}
	p.refunded[r.ID], p.refundOf[r.ID] = r.Sum, r.TransactionID
	return shop.Settlement{Status: harang.PaymentReversed}, nil
}

// FindProvider returns the provider, whose name is "bank", for every tenant.
func (p *FakeProvider) FindProvider(_ context.Context, _, name string) (string, shop.Provider, error) {
	if name != "" && name != "bank" {
		return "", nil, errors.New("there is no provider " + name)
	}
	return "bank", p, nil
}

// OfferedCards returns the configured cards.
func (p *FakeProvider) OfferedCards(context.Context, string) ([]harang.Card, error) {
	return p.offered, nil
}
