package shop

import (
	"context"
	"encoding/json"
	"time"

	"harang.dev/harang"
)

// How long a failed payment is listed as something to do.
const (
	// ownFailureAge is for payments made here: by then nobody expects the customer
	// back. Most are removed earlier, when the rental is paid or cancelled.
	ownFailureAge = 7 * 24 * time.Hour
	// otherFailureAge is for payments of other applications, which never report
	// how it ended.
	otherFailureAge = 24 * time.Hour
	// maxFailures is how many of the newest payment_errors are searched.
	maxFailures = 1000
)

// Failures returns the failed card payments that still need attention, newest
// first, each with its claim (which may have been made for an earlier failure of
// the same rental or transaction). Our own are listed until the rental is paid or
// cancelled, one per rental; those reported by other applications for a day, one
// per transaction. Only the newest maxFailures of the last ownFailureAge are
// searched. All of them stay among the notifications.
func (p *Payments) Failures(ctx context.Context, caller harang.Identity) ([]harang.PaymentFailure, error) {
	if err := caller.Can(harang.ActionReadPayments); err != nil {
		return nil, err
	}
	r, err := reader(caller, harang.ActionReadNotifications)
	if err != nil {
		return nil, err
	}
	now := p.now()
	reported, err := p.reportedFailures(ctx, r, now.Add(-ownFailureAge))
	if err != nil {
		return nil, err
	}
	states, err := p.paymentStates(ctx, caller.Tenant, reported)
	if err != nil {
		return nil, err
	}
	failures := []harang.PaymentFailure{}
	seen := map[string]int{} // by subject: its position in failures from 1; 0 when nothing is left to do
	for _, f := range reported {
		open, subject := now.Sub(f.At) < otherFailureAge, "transaction "+f.TransactionID
		if pay, own := states[f.TransactionID]; own {
			f.RentalID, f.Status = pay.RentalID, pay.Status
			f.ErrorCode, f.ErrorMessage = pay.ErrorCode, pay.ErrorMessage
			open = pay.Owed > 0 && (pay.Status == harang.PaymentDeclined || pay.Status == harang.PaymentPending)
			subject = "rental " + pay.RentalID
		}
		if index, again := seen[subject]; again {
			// A claim of an earlier failure is still valid.
			if index > 0 && failures[index-1].Claim == nil {
				failures[index-1].Claim = f.Claim
			}
			continue
		}
		seen[subject] = 0
		if open {
			failures = append(failures, f)
			seen[subject] = len(failures)
		}
	}
	return failures, nil
}

// reportedFailures returns the payment_errors since an instant as they were
// announced, at most maxFailures, newest first.
func (p *Payments) reportedFailures(
	ctx context.Context, r harang.Reader, since time.Time,
) ([]harang.PaymentFailure, error) {
	var reported []harang.PaymentFailure
	q := harang.NotificationQuery{Type: harang.PaymentErrorType.Name, Since: since, Limit: harang.MaxPageLimit}
	for len(reported) < maxFailures {
		page, _, err := p.store.FindNotifications(ctx, r, q)
		if err != nil {
			return nil, err
		}
		for _, n := range page.Items {
			f := harang.PaymentFailure{EventID: n.Event.ID, At: n.Event.Time, Claim: n.Claim}
			if err := json.Unmarshal(n.Event.Data, &f.PaymentError); err != nil {
				return nil, err
			}
			reported = append(reported, f)
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	return reported, nil
}

// paymentStates returns the states of those payments that were made here, by id.
func (p *Payments) paymentStates(
	ctx context.Context, tenant string, reported []harang.PaymentFailure,
) (map[string]PaymentState, error) {
	ids := make([]string, len(reported))
	for i, f := range reported {
		ids[i] = f.TransactionID
	}
	found, err := p.store.FindPaymentStates(ctx, tenant, ids)
	states := make(map[string]PaymentState, len(found))
	for _, s := range found {
		states[s.ID] = s
	}
	return states, err
}
