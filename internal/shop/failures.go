package shop

import (
	"cmp"
	"context"
	"slices"
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
	// maxFailures is how many failures of each kind are searched, the newest.
	maxFailures = 1000
)

// Failures returns the failed card payments that still need attention, newest
// first, each with its claim (which may have been made for an earlier failure of
// the same rental or transaction). Our own are listed until the rental is paid or
// cancelled, one per rental; those reported by other applications for a day, one
// per transaction. Of each kind the newest maxFailures are searched. All of them
// stay among the notifications. With a location it is those of the rentals there, and
// those of other applications whose payment is unknown here: they may be of any location.
func (p *Payments) Failures(
	ctx context.Context, caller harang.Identity, locationID string,
) ([]harang.PaymentFailure, error) {
	if err := caller.Can(harang.ActionReadPayments); err != nil {
		return nil, err
	}
	now := p.now()
	reported, err := p.store.FindOwnFailures(ctx, caller.Tenant, locationID, now.Add(-ownFailureAge), maxFailures)
	if err != nil {
		return nil, err
	}
	others, err := p.otherFailures(ctx, caller.Tenant, now.Add(-otherFailureAge))
	if err != nil {
		return nil, err
	}
	reported = append(reported, others...)
	slices.SortFunc(reported, func(a, b ReportedFailure) int { return cmp.Compare(b.Number, a.Number) })
	failures := []harang.PaymentFailure{}
	seen := map[string]int{} // by subject: its position in failures from 1; 0 when nothing is left to do
	for _, reported := range reported {
		f := harang.PaymentFailure{
			EventID: reported.EventID, At: reported.At, Claim: reported.Claim, PaymentError: reported.Error,
		}
		open, subject := now.Sub(f.At) < otherFailureAge, "transaction "+f.TransactionID
		if pay := reported.Payment; pay != nil {
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
		if open && (locationID == "" || reported.Payment == nil || reported.Payment.LocationID == locationID) {
			failures = append(failures, f)
			seen[subject] = len(failures)
		}
	}
	return failures, nil
}

// otherFailures returns the failures since an instant that other applications have
// reported, newest first. They may be about payments made here.
func (p *Payments) otherFailures(ctx context.Context, tenant string, since time.Time) ([]ReportedFailure, error) {
	others, err := p.store.FindOtherFailures(ctx, tenant, since, maxFailures)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(others))
	for i, f := range others {
		ids[i] = f.Error.TransactionID
	}
	found, err := p.store.FindPaymentStates(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	states := make(map[string]*PaymentState, len(found))
	for i := range found {
		states[found[i].ID] = &found[i]
	}
	for i := range others {
		others[i].Payment = states[ids[i]]
	}
	return others, nil
}
