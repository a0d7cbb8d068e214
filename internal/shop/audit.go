package shop

import (
	"context"
	"strings"
	"time"

	"harang.dev/harang"
)

// Audit is the use cases of the audit log.
type Audit struct{ *service }

// List returns a part of the audit log, newest first. An ADMIN reads all of it, a STORE_MANAGER that of one stock item,
// product or rental. Codes: FORBIDDEN, INVALID_REQUEST.
func (a *Audit) List(
	ctx context.Context, caller harang.Identity, q harang.AuditQuery,
) (harang.Page[harang.AuditEntry], error) {
	var none harang.Page[harang.AuditEntry]
	if err := canReadAudit(caller, q.Subject.Kind); err != nil {
		return none, err
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && q.Until.Before(q.Since) {
		return none, harang.Invalid(harang.FieldError{Field: "until", Detail: "must not be before since"})
	}
	if strings.Contains(string(q.Action)+string(q.Subject.Kind), " ") { // no row has such ones
		return harang.Page[harang.AuditEntry]{Items: []harang.AuditEntry{}}, nil
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return a.store.FindAudit(ctx, caller.Tenant, q)
}

func canReadAudit(caller harang.Identity, subject harang.AuditKind) error {
	switch subject {
	case harang.AuditStock, harang.AuditProduct, harang.AuditRental:
		return caller.Can(harang.ActionReadHistory)
	}
	return caller.Can(harang.ActionReadAudit)
}

// record writes a row of the audit log in the transaction of the change; none when the states are equal.
func (s *service) record(
	ctx context.Context, tx Tx, caller harang.Identity, action harang.AuditAction, subject harang.AuditSubject,
	before, after harang.AuditState,
) error {
	e, changed := harang.NewAuditEntry(ctx, caller, s.now(), action, subject, before, after)
	if !changed {
		return nil
	}
	return tx.CreateAudit(ctx, caller.Tenant, e)
}

// recordPut is record for something that was created, when it was not found, or changed.
func (s *service) recordPut(
	ctx context.Context, tx Tx, caller harang.Identity, found bool, created, updated harang.AuditAction,
	subject harang.AuditSubject, before, after harang.AuditState,
) error {
	if !found {
		return s.record(ctx, tx, caller, created, subject, nil, after)
	}
	return s.record(ctx, tx, caller, updated, subject, before, after)
}

// stockSubject is a stock item in the audit log.
func stockSubject(i harang.StockItem) harang.AuditSubject {
	name := i.ProductName
	if i.LocationName != "" {
		name += ", " + i.LocationName
	}
	return harang.AuditSubject{
		Kind: harang.AuditStock, ID: harang.StockAuditID(i.ProductID, i.LocationID), Name: name,
	}
}

// recordThresholds records the change of a stock item's thresholds.
func (s *service) recordThresholds(
	ctx context.Context, tx Tx, caller harang.Identity, item harang.StockItem, before, after harang.Thresholds,
) error {
	if before == after {
		return nil
	}
	return s.record(ctx, tx, caller, harang.AuditStockThresholds, stockSubject(item),
		thresholdState(before), thresholdState(after))
}

func thresholdState(t harang.Thresholds) harang.AuditState {
	return harang.AuditState{"warningThreshold": t.Warning, "criticalThreshold": t.Critical}
}

// dayState is the day of an expected delivery, null for none.
func dayState(at time.Time) harang.AuditState {
	if at.IsZero() {
		return harang.AuditState{"expectedAt": nil}
	}
	day, _ := Day(at)
	return harang.AuditState{"expectedAt": day.Format(time.DateOnly)}
}

// rentalSubject is a rental in the audit log, under its partner's name.
func rentalSubject(r harang.Rental) harang.AuditSubject {
	return harang.AuditSubject{Kind: harang.AuditRental, ID: r.ID, Name: r.PartnerName}
}
