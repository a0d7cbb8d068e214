package shop

import (
	"context"
	"encoding/json"
	"time"

	"harang.dev/harang"
)

// How long a payment that failed is shown as something to do.
const (
	// ownFailureAge is for our own: by then nobody expects the customer back.
	// Most leave earlier, when the rental is paid or cancelled.
	ownFailureAge = 7 * 24 * time.Hour
	// otherFailureAge is for those of other programs, which never tell how it
	// ended.
	otherFailureAge = 24 * time.Hour
	// maxFailures is how many payment_errors are looked through, the newest.
	maxFailures = 1000
)

// Failures returns the card payments that failed and still want something done,
// newest first, ours and those that other programs told of, each with who deals
// with it (a claim may be of an earlier failure of the same). Ours are there until
// the rental is paid or cancelled, one for a rental; those of others for a day,
// one for a transaction. They are looked for among the newest maxFailures of the
// last ownFailureAge. All of them stay among the notifications.
func (p *Payments) Failures(ctx context.Context, who harang.Identity) ([]harang.PaymentFailure, error) {
	if err := who.Can(harang.ActionReadPayments); err != nil {
		return nil, err
	}
	r, err := reader(who, harang.ActionReadNotifications)
	if err != nil {
		return nil, err
	}
	now := p.now()
	told, err := p.failuresTold(ctx, r, now.Add(-ownFailureAge))
	if err != nil {
		return nil, err
	}
	states, err := p.states(ctx, who.Tenant, told)
	if err != nil {
		return nil, err
	}
	failures, seen := []harang.PaymentFailure{}, map[string]int{} // where each is in the list, from 1; 0 when it is done
	for _, f := range told {
		open, about := now.Sub(f.At) < otherFailureAge, "transaction "+f.TransactionID
		if pay, ours := states[f.TransactionID]; ours {
			f.RentalID, f.Status, f.ErrorCode, f.ErrorMessage = pay.RentalID, pay.Status, pay.ErrorCode, pay.ErrorMessage
			open = pay.Owed > 0 && (pay.Status == harang.PaymentDeclined || pay.Status == harang.PaymentPending)
			about = "rental " + pay.RentalID
		}
		if at, again := seen[about]; again {
			// Who dealt with it before it failed once more still does.
			if at > 0 && failures[at-1].Claim == nil {
				failures[at-1].Claim = f.Claim
			}
			continue
		}
		seen[about] = 0
		if open {
			failures = append(failures, f)
			seen[about] = len(failures)
		}
	}
	return failures, nil
}

// failuresTold are the payment_errors since then as they were told, at most
// maxFailures, newest first.
func (p *Payments) failuresTold(ctx context.Context, r harang.Reader, since time.Time) (told []harang.PaymentFailure, err error) {
	q := harang.NotificationQuery{Type: harang.PaymentErrorType.Name, Since: since, Limit: harang.MaxPageLimit}
	for len(told) < maxFailures {
		page, _, err := p.store.FindNotifications(ctx, r, q)
		if err != nil {
			return nil, err
		}
		for _, n := range page.Items {
			f := harang.PaymentFailure{EventID: n.Event.ID, At: n.Event.Time, Claim: n.Claim}
			if err := json.Unmarshal(n.Event.Data, &f.PaymentError); err != nil {
				return nil, err
			}
			told = append(told, f)
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	return told, nil
}

// states is how our own payments stand among those told of, by id.
func (p *Payments) states(ctx context.Context, tenant string, told []harang.PaymentFailure) (map[string]PaymentState, error) {
	ids := make([]string, len(told))
	for i, f := range told {
		ids[i] = f.TransactionID
	}
	found, err := p.store.FindPaymentStates(ctx, tenant, ids)
	states := make(map[string]PaymentState, len(found))
	for _, s := range found {
		states[s.ID] = s
	}
	return states, err
}
