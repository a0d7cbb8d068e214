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
	r, err := reader(who, harang.ActionReadNotices)
	if err != nil {
		return nil, err
	}
	now := p.tools.now()
	told, err := p.failuresTold(ctx, r, now.Add(-ownFailureAge))
	if err != nil {
		return nil, err
	}
	failures, seen := []harang.PaymentFailure{}, map[string]int{} // where each is in the list, from 1; 0 when it is done
	for _, n := range told {
		f := harang.PaymentFailure{EventID: n.Event.ID, At: n.Event.Time, Claim: n.Claim}
		if err := json.Unmarshal(n.Event.Data, &f.PaymentError); err != nil {
			return nil, err
		}
		open, about, err := p.open(ctx, who.Tenant, &f, now)
		if err != nil {
			return nil, err
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

// failuresTold are the payment_errors since then, at most maxFailures, newest
// first.
func (p *Payments) failuresTold(ctx context.Context, r harang.Reader, since time.Time) (told []harang.Notification, err error) {
	q := harang.NotificationQuery{Type: harang.PaymentErrorType.Name, Since: since, Limit: harang.MaxPageLimit}
	for len(told) < maxFailures {
		page, _, err := p.tools.Ledger.FindNotifications(ctx, r, q)
		if err != nil {
			return nil, err
		}
		if told = append(told, page.Items...); page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	return told, nil
}

// open completes a failure from the books, when it is ours, and reports whether
// something is still to be done and what it is about: a rental, or another
// program's transaction.
func (p *Payments) open(ctx context.Context, tenant string, f *harang.PaymentFailure, now time.Time) (bool, string, error) {
	pay, err := p.tools.Ledger.FindPayment(ctx, tenant, f.TransactionID)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return now.Sub(f.At) < otherFailureAge, "transaction " + f.TransactionID, nil
	}
	if err != nil {
		return false, "", err
	}
	about := "rental " + pay.RentalID
	f.RentalID, f.Status, f.ErrorCode, f.ErrorMessage = pay.RentalID, pay.Status, pay.ErrorCode, pay.ErrorMessage
	if pay.Status != harang.PaymentDeclined && pay.Status != harang.PaymentPending {
		return false, about, nil
	}
	rental, err := p.tools.Ledger.FindRental(ctx, tenant, pay.RentalID)
	return err == nil && rental.Owed() > 0, about, err
}
