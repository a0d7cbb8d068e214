package shop

import (
	"context"
	"fmt"
	"slices"
	"time"

	"harang.dev/harang"
)

// The time limits of card payments. Together they stay below the 15 s within
// which a caller gets an answer.
const (
	// ChargeTimeout is how long a provider may take to charge a card.
	ChargeTimeout = 9 * time.Second
	// FindTimeout is how long a provider may take to answer for all earlier
	// charges of a rental before another one is made.
	FindTimeout = 3 * time.Second
	// grace is how much longer a provider may take to report its own timeout.
	grace = time.Second
	// firstCheck is how long after the charge the housekeeper checks for the
	// first time; longer than any charge takes.
	firstCheck = 30 * time.Second
	// reportAfter is how long a payment may stay pending before it is reported
	// as failed.
	reportAfter = 2 * time.Minute
	// lastCheck is the longest time between two checks of the housekeeper.
	lastCheck = 6 * time.Hour
)

// MaxRentalPayments and MaxRentalRefunds are how many payments and refunds a rental may have, failed ones included,
// before only what settles or closes it is possible: all of them are read and answered at once, and a cancellation
// refunds each in one transaction.
const (
	MaxRentalPayments = 200
	MaxRentalRefunds  = 200
)

// Payments is the use cases of payments.
type Payments struct{ *service }

// PaymentOrder is the way in which a payment is to be made.
type PaymentOrder struct {
	Method harang.PaymentMethod
	// CardToken is the stored card; needed for CARD, not allowed for CASH.
	CardToken string
}

func (o PaymentOrder) check(prefix string) []harang.FieldError {
	if !o.Method.Valid() {
		return []harang.FieldError{{Field: prefix + "method", Detail: "must be one of CASH, CARD"}}
	}
	switch {
	case o.Method == harang.PaymentCash && o.CardToken != "":
		return []harang.FieldError{{Field: prefix + "cardToken", Detail: "is allowed with method CARD only"}}
	case o.Method == harang.PaymentCard:
		if detail := harang.CheckText(o.CardToken, harang.MaxIDRunes); detail != "" {
			return []harang.FieldError{{Field: prefix + "cardToken", Detail: detail}}
		}
	}
	return nil
}

// NewPayment is a payment to be made for a rental.
type NewPayment struct {
	// ID is the transaction id to be used; "" for a new one. When a payment
	// with this id exists, its outcome is returned and nothing is charged.
	ID       string
	RentalID string
	// Amount is in whole forints: by card from 1 to what is owed, in cash a
	// multiple of 5 up to OwedCash, which settles the rental. It is 0 when a
	// debt of 1 or 2 Ft is settled in cash.
	Amount int64
	PaymentOrder
}

// Pay makes a payment for a rental and returns it when it has succeeded. A
// successful payment opens a rental that is AWAITING_PAYMENT.
//
// PAYMENT_DECLINED with "transactionId", "errorCode", "errorMessage",
// "nextStep" and "retry" when no money was taken; PAYMENT_TIMEOUT with the same
// when the outcome is unknown: the payment stays PENDING and the housekeeper
// finds out. NOT_FOUND for an unknown rental; INVALID_REQUEST naming the field,
// CARD_UNKNOWN for a card that Cards does not return for the rental's partner;
// PRICE_CHANGED with "expected" and "actual" for more than is owed; CONFLICT for
// a cancelled rental, while another card payment of the rental is pending and might cover the amount, and
// for one of MaxRentalPayments payments, unless it settles the rental in cash.
func (p *Payments) Pay(ctx context.Context, caller harang.Identity, n NewPayment) (harang.Payment, error) {
	var none harang.Payment
	if err := caller.Can(harang.ActionPay); err != nil {
		return none, err
	}
	wrong := n.check("")
	if detail := harang.CheckText(n.RentalID, harang.MaxIDRunes); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "rentalId", Detail: detail})
	}
	if n.Amount < 0 || n.Amount > harang.MaxAmount || n.Amount == 0 && n.Method != harang.PaymentCash {
		detail := fmt.Sprintf("must be from 1 to %d forints", int64(harang.MaxAmount))
		wrong = append(wrong, harang.FieldError{Field: "amount", Detail: detail})
	}
	if len(wrong) > 0 {
		return none, harang.Invalid(wrong...)
	}
	if n.ID == "" {
		n.ID = p.newID()
	} else if found, err := p.findResult(ctx, caller.Tenant, n.ID); err != nil || found.ID != "" {
		if err != nil {
			return none, err
		}
		return found, outcome(found)
	}
	if err := p.checkRental(ctx, caller.Tenant, n.RentalID); err != nil {
		return none, err
	}
	plan, err := p.planPayment(ctx, caller.Tenant, n.ID, n.Amount, n.PaymentOrder)
	if err != nil {
		return none, err
	}
	err = p.store.Within(ctx, func(tx Tx) error {
		rental, err := tx.LockRental(ctx, caller.Tenant, n.RentalID)
		if err != nil {
			return notFound(err, "there is no such rental")
		}
		if rental.Status == harang.RentalCancelled {
			return harang.Errorf(harang.CodeConflict, "the rental is cancelled, nothing is owed")
		}
		if err := p.checkCard(ctx, tx, plan, rental.PartnerID); err != nil {
			return err
		}
		pay := plan.Payment
		if err := checkAmount(&pay, rental); err != nil {
			return err
		}
		count, err := tx.CountRentalPayments(ctx, rental.Tenant, rental.ID)
		if err != nil {
			return err
		}
		settles := pay.Method == harang.PaymentCash && pay.Amount == rental.OwedCash()
		if count >= MaxRentalPayments && !settles {
			return harang.Errorf(harang.CodeConflict,
				"the rental has %d payments already: settle it in cash, or cancel it", count)
		}
		pay.RentalID, pay.PartnerID, pay.PartnerName = rental.ID, rental.PartnerID, rental.PartnerName
		return p.createPayment(ctx, tx, &rental, pay)
	})
	if err != nil {
		return none, err
	}
	return p.charge(ctx, plan.Payment, plan.provider)
}

// checkAmount compares a payment with the debt of its locked rental, and sets the
// rounding of the cash payment that settles it. PRICE_CHANGED for more than is owed,
// INVALID_REQUEST for another amount that cannot be paid; CONFLICT while a pending
// payment might cover it.
func checkAmount(pay *harang.Payment, rental harang.Rental) error {
	owed, most := rental.Owed(), rental.Owed()
	invalid := func(format string, sum int64) error {
		return harang.Invalid(harang.FieldError{Field: "amount", Detail: fmt.Sprintf(format, sum)})
	}
	if pay.Method == harang.PaymentCash {
		most = rental.OwedCash()
		if pay.Amount%harang.CashStep != 0 {
			return invalid("cash is paid in steps of 5 forints; %d settles the rental", most)
		}
	}
	switch {
	case pay.Amount > most:
		return &harang.Error{
			Code: harang.CodePriceChanged, Details: map[string]any{"expected": pay.Amount, "actual": most},
			Message: fmt.Sprintf("%d is owed, not %d: show it and ask again", most, pay.Amount),
		}
	case pay.Amount == 0 && (owed == 0 || most > 0):
		return invalid("must be positive; %d is owed", owed)
	case rental.Pending > 0 && pay.Amount > owed-rental.Pending:
		return &harang.Error{Code: harang.CodeConflict, RetryAfter: firstCheck,
			Message: "another card payment of this rental is pending, try again in a moment"}
	case pay.Method == harang.PaymentCash && pay.Amount == most && rental.Pending == 0:
		pay.Rounding = most - owed
	}
	return nil
}

// plannedPayment is a payment that is not stored yet.
type plannedPayment struct {
	harang.Payment
	// provider charges the card; nil for cash.
	provider Provider
	// offered are the cards that every partner may use.
	offered []harang.Card
}

// planPayment builds a payment and finds its provider. Cash has succeeded at once.
func (p *Payments) planPayment(
	ctx context.Context, tenant, id string, amount int64, o PaymentOrder,
) (plannedPayment, error) {
	now := p.now()
	plan := plannedPayment{Payment: harang.Payment{
		ID: id, Tenant: tenant, Amount: amount, Method: o.Method, Created: now,
	}}
	if o.Method == harang.PaymentCash {
		plan.Status, plan.Settled = harang.PaymentSucceeded, now
		return plan, nil
	}
	name, provider, err := p.providers.FindProvider(ctx, tenant, "")
	if err != nil {
		return plan, err
	}
	plan.Status, plan.CardToken, plan.Provider = harang.PaymentPending, o.CardToken, name
	plan.CheckAt, plan.provider = now.Add(firstCheck), provider
	plan.offered, err = p.providers.OfferedCards(ctx, tenant)
	return plan, err
}

// checkCard refuses a card that Cards does not return for the partner:
// CARD_UNKNOWN. Otherwise any stored card could be charged for any rental.
func (s *service) checkCard(ctx context.Context, tx Tx, plan plannedPayment, partnerID string) error {
	if plan.Method != harang.PaymentCard {
		return nil
	}
	isIt := func(c harang.Card) bool { return c.Token == plan.CardToken }
	if slices.ContainsFunc(plan.offered, isIt) {
		return nil
	}
	cards, err := tx.FindCards(ctx, plan.Tenant, partnerID, maxCards)
	if err != nil || slices.ContainsFunc(cards, isIt) {
		return err
	}
	return harang.Errorf(harang.CodeCardUnknown, "this is not a card of the partner, choose one of the partner's cards")
}

// charge charges a card payment that is stored as pending, outside of any
// transaction, and returns the stored outcome. It continues when the caller
// cancels: the card may have been charged by then.
func (p *Payments) charge(ctx context.Context, pay harang.Payment, provider Provider) (harang.Payment, error) {
	if provider == nil {
		return p.store.FindPayment(ctx, pay.Tenant, pay.ID)
	}
	ctx = context.WithoutCancel(ctx)
	limited, cancel := context.WithTimeout(ctx, ChargeTimeout)
	defer cancel()
	s, err := callWithin(limited, provider.Charge, chargeOf(pay))
	p.logProvider(ctx, "charge", pay, s, err)
	if s.Status == harang.PaymentPending && s.ErrorCode == "" {
		s.ErrorCode = harang.TimeoutCode(pay.Provider)
	}
	if err := p.applySettlement(ctx, pay.Tenant, pay.ID, s); err != nil {
		return pay, err
	}
	stored, err := p.store.FindPayment(ctx, pay.Tenant, pay.ID)
	if err != nil {
		return pay, err
	}
	return stored, outcome(stored)
}

// callWithin calls a provider and returns soon after the context ends, whatever
// the provider does. A later answer is dropped; the housekeeper checks again.
func callWithin[C any](
	ctx context.Context, call func(context.Context, C) (Settlement, error), c C,
) (Settlement, error) {
	type answer struct {
		s   Settlement
		err error
	}
	done := make(chan answer, 1)
	go func() {
		s, err := call(ctx, c)
		done <- answer{s, err}
	}()
	select {
	case d := <-done:
		return d.s, d.err
	case <-ctx.Done():
	}
	// A provider that obeys its context reports its own error code.
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case d := <-done:
		return d.s, d.err
	case <-timer.C:
		return Settlement{Status: harang.PaymentPending}, ctx.Err()
	}
}

func (s *service) logProvider(ctx context.Context, call string, pay harang.Payment, got Settlement, err error) {
	if err != nil {
		s.log.WarnContext(ctx, "payment provider call failed",
			"call", call, "tenant", pay.Tenant, "transaction", pay.ID, "provider", pay.Provider,
			"status", string(got.Status), "code", got.ErrorCode, "err", err)
	}
}

// outcome is the error of a payment that has not succeeded; nil for one that
// has.
func outcome(pay harang.Payment) error {
	code := harang.CodePaymentDeclined
	switch pay.Status {
	case harang.PaymentSucceeded:
		return nil
	case harang.PaymentPending:
		code = harang.CodePaymentTimeout
	case harang.PaymentReversed:
		return harang.Errorf(harang.CodeConflict, "the payment was refunded")
	}
	advice := pay.Advice(harang.Hungarian)
	return &harang.Error{Code: code, Message: pay.ErrorMessage, Details: map[string]any{
		"transactionId": pay.ID, "paymentStatus": string(pay.Status),
		"errorCode": pay.ErrorCode, "errorMessage": pay.ErrorMessage,
		"nextStep": advice.NextStep, "retry": advice.Retry,
	}}
}

// List returns a part of the payments, newest first.
func (p *Payments) List(
	ctx context.Context, caller harang.Identity, q harang.PaymentQuery,
) (harang.Page[harang.Payment], error) {
	var none harang.Page[harang.Payment]
	if err := caller.Can(harang.ActionReadPayments); err != nil {
		return none, err
	}
	if q.Status != "" && !q.Status.Valid() {
		return none, harang.Invalid(
			harang.FieldError{Field: "status", Detail: "must be one of PENDING, DECLINED, SUCCEEDED, REVERSED"},
		)
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return p.store.FindPayments(ctx, caller.Tenant, q)
}

// Totals returns the figures of all payments that List returns, on all pages.
func (p *Payments) Totals(
	ctx context.Context, caller harang.Identity, q harang.PaymentQuery,
) (harang.PaymentTotals, error) {
	if err := caller.Can(harang.ActionReadPayments); err != nil {
		return harang.PaymentTotals{}, err
	}
	return p.store.SumFilteredPayments(ctx, caller.Tenant, q)
}

// maxCards is how many stored cards of a partner are listed.
const maxCards = 50

// Cards returns the cards that may be charged for a partner: those stored for
// the partner, the newest first, and those that the tenant's provider offers to
// everybody. NOT_FOUND for an unknown partner.
func (p *Payments) Cards(ctx context.Context, caller harang.Identity, partnerID string) ([]harang.Card, error) {
	if err := caller.Can(harang.ActionPay); err != nil {
		return nil, err
	}
	if _, err := p.store.FindPartner(ctx, caller.Tenant, partnerID); err != nil {
		return nil, notFound(err, "there is no such partner")
	}
	cards, err := p.store.FindCards(ctx, caller.Tenant, partnerID, maxCards)
	if err != nil {
		return nil, err
	}
	offered, err := p.providers.OfferedCards(ctx, caller.Tenant)
	return append(cards, offered...), err
}

// PutCard stores a card of a partner, by the provider's token. NOT_FOUND for an
// unknown partner, ERASED for an erased one, INVALID_REQUEST naming the field.
func (p *Payments) PutCard(ctx context.Context, caller harang.Identity, partnerID string, c harang.Card) error {
	if err := caller.Can(harang.ActionPutCatalogue); err != nil {
		return err
	}
	if wrong := c.Check(); len(wrong) > 0 {
		return harang.Invalid(wrong...)
	}
	return p.store.Within(ctx, func(tx Tx) error {
		partner, err := tx.LockPartner(ctx, caller.Tenant, partnerID) // its erasing waits, or was before
		if err != nil {
			return notFound(err, "there is no such partner")
		}
		if partner.Erased {
			return erased(partnerID)
		}
		if err := tx.PutCard(ctx, caller.Tenant, partnerID, c, p.now()); err != nil {
			return err
		}
		return p.record(ctx, tx, caller, harang.AuditCardPut,
			harang.AuditSubject{Kind: harang.AuditPartner, ID: partnerID, Name: partner.Name}, nil,
			harang.AuditState{"card": harang.MaskToken(c.Token), "label": c.Label, "last4": c.Last4})
	})
}

// DeleteCard deletes a card of a partner. NOT_FOUND when there is no such card.
func (p *Payments) DeleteCard(ctx context.Context, caller harang.Identity, partnerID, token string) error {
	if err := caller.Can(harang.ActionPutCatalogue); err != nil {
		return err
	}
	return p.store.Within(ctx, func(tx Tx) error {
		deleted, err := tx.DeleteCard(ctx, caller.Tenant, partnerID, token)
		if err == nil && !deleted {
			err = harang.Errorf(harang.CodeNotFound, "there is no such card")
		}
		if err != nil {
			return err
		}
		partner, err := tx.FindPartner(ctx, caller.Tenant, partnerID)
		if err != nil {
			return err
		}
		return p.record(ctx, tx, caller, harang.AuditCardDelete,
			harang.AuditSubject{Kind: harang.AuditPartner, ID: partnerID, Name: partner.Name},
			harang.AuditState{"card": harang.MaskToken(token)}, nil)
	})
}

// notFound gives a NOT_FOUND error a sentence for the caller.
func notFound(err error, sentence string) error {
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return harang.Wrap(harang.CodeNotFound, err, sentence)
	}
	return err
}
