package shop

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
)

// The longest time until an expected delivery, in days of Budapest. It is limited
// because an expected delivery silences alerts.
const (
	maxExpectedDays         = 90
	maxExpectedDaysOperator = 14
)

// maxReasonRunes is the length of an adjustment's reason.
const maxReasonRunes = 200

// Inventory is the use cases of stock.
type Inventory struct{ *service }

// Adjustment changes the quantity of one stock item.
type Adjustment struct {
	// ID is the id of the movement; "" for a new one. When a movement with this
	// id exists, the adjustment was made and is not made again.
	ID         string
	ProductID  string
	LocationID string
	// Delta is in pieces, not 0.
	Delta int64
	// Reason is 1 to 200 characters, stored with the movement.
	Reason string
}

// Adjust changes the quantity of a stock item and returns it. NOT_FOUND for an
// unknown product or location, INSUFFICIENT_STOCK with "available" when fewer
// pieces are there than are taken, INVALID_REQUEST naming the field.
func (v *Inventory) Adjust(ctx context.Context, caller harang.Identity, a Adjustment) (harang.StockItem, error) {
	if err := caller.Can(harang.ActionAdjustStock); err != nil {
		return harang.StockItem{}, err
	}
	wrong := checkIDs(a.ProductID, a.LocationID)
	if a.Delta == 0 || a.Delta > harang.MaxQuantity || a.Delta < -harang.MaxQuantity {
		detail := fmt.Sprintf("must be from -%[1]d to %[1]d pieces, not 0", int64(harang.MaxQuantity))
		wrong = append(wrong, harang.FieldError{Field: "delta", Detail: detail})
	}
	if detail := harang.CheckText(a.Reason, maxReasonRunes); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "reason", Detail: detail})
	}
	if len(wrong) > 0 {
		return harang.StockItem{}, harang.Invalid(wrong...)
	}
	var item harang.StockItem
	err := v.store.Within(ctx, func(tx Tx) error {
		if a.ID != "" {
			made, err := tx.HasMovement(ctx, caller.Tenant, a.ID)
			if err != nil {
				return err
			}
			if made {
				item, err = lockStock(ctx, tx, caller.Tenant, a.ProductID, a.LocationID)
				return err
			}
		}
		change := stockChange{a.ProductID, a.LocationID, a.Delta}
		items, err := v.changeStock(ctx, tx, caller, []stockChange{change}, movement{a.ID, a.Reason})
		if err != nil {
			return err
		}
		item = items[0]
		if a.Delta > 0 && item.Level.Quantity > harang.MaxQuantity {
			detail := fmt.Sprintf("must not raise the quantity over %d pieces", harang.MaxQuantity)
			return harang.Invalid(harang.FieldError{Field: "delta", Detail: detail})
		}
		return nil
	})
	return item, err
}

// Item returns the stock of one product at one location. NOT_FOUND.
func (v *Inventory) Item(
	ctx context.Context, caller harang.Identity, productID, locationID string,
) (harang.StockListItem, error) {
	if err := caller.Can(harang.ActionReadStock); err != nil {
		return harang.StockListItem{}, err
	}
	return v.store.FindStockItem(ctx, caller.Tenant, productID, locationID)
}

// Movements returns a part of the movements of a stock item, newest first; none for an
// unknown one.
func (v *Inventory) Movements(
	ctx context.Context, caller harang.Identity, productID, locationID, cursor string, limit int,
) (harang.Page[harang.StockMovement], error) {
	if err := caller.Can(harang.ActionReadStock); err != nil {
		return harang.Page[harang.StockMovement]{}, err
	}
	limit, err := page(limit)
	if err != nil {
		return harang.Page[harang.StockMovement]{}, err
	}
	return v.store.FindStockHistory(ctx, caller.Tenant, productID, locationID, cursor, limit)
}

// LevelChange changes thresholds and the expected delivery of a stock item; a
// nil field stays as it is.
type LevelChange struct {
	WarningThreshold  *int64
	CriticalThreshold *int64
	// ExpectedAt is any instant of the day on which pieces are expected: today
	// or at most 90 days ahead, 14 for an OPERATOR. ClearExpected removes the
	// expectation instead.
	ExpectedAt    *time.Time
	ClearExpected bool
}

// SetLevel changes thresholds (STORE_MANAGER and ADMIN) and the expected delivery
// (all roles), and returns the item. NOT_FOUND for an unknown
// product or location, INVALID_REQUEST naming the field.
func (v *Inventory) SetLevel(
	ctx context.Context, caller harang.Identity, productID, locationID string, c LevelChange,
) (harang.StockItem, error) {
	thresholds := c.WarningThreshold != nil || c.CriticalThreshold != nil
	expectation := c.ExpectedAt != nil || c.ClearExpected
	if thresholds {
		if err := caller.Can(harang.ActionSetThresholds); err != nil {
			return harang.StockItem{}, err
		}
	}
	if err := caller.Can(harang.ActionExpectStock); err != nil {
		return harang.StockItem{}, err
	}
	wrong := checkIDs(productID, locationID)
	if !thresholds && !expectation {
		wrong = append(wrong,
			harang.FieldError{Field: "body", Detail: "must change warningThreshold, criticalThreshold or expectedAt"})
	}
	if c.ExpectedAt != nil {
		if detail := v.checkExpected(caller, *c.ExpectedAt); detail != "" {
			wrong = append(wrong, harang.FieldError{Field: "expectedAt", Detail: detail})
		}
	}
	if len(wrong) > 0 {
		return harang.StockItem{}, harang.Invalid(wrong...)
	}
	var item harang.StockItem
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		if item, err = lockStock(ctx, tx, caller.Tenant, productID, locationID); err != nil {
			return err
		}
		next := item.Level.Thresholds
		if c.WarningThreshold != nil {
			next.Warning = *c.WarningThreshold
		}
		if c.CriticalThreshold != nil {
			next.Critical = *c.CriticalThreshold
		}
		if wrong := next.Check(); len(wrong) > 0 {
			return harang.Invalid(wrong...)
		}
		before := item
		switch {
		case c.ClearExpected:
			item.ExpectedAt = time.Time{}
		case c.ExpectedAt != nil:
			item.ExpectedAt = c.ExpectedAt.UTC().Truncate(time.Millisecond)
		}
		if err := v.recordThresholds(ctx, tx, caller, item, before.Level.Thresholds, next); err != nil {
			return err
		}
		if expectation {
			if err := v.record(ctx, tx, caller, harang.AuditStockExpect, stockSubject(item),
				dayState(before.ExpectedAt), dayState(item.ExpectedAt)); err != nil {
				return err
			}
		}
		if err := v.changeLevel(tx, caller.Tenant, &item, item.Level.Quantity, next); err != nil {
			return err
		}
		return tx.UpdateStock(ctx, caller.Tenant, item)
	})
	return item, err
}

// Returns returns a part of the open rentals with pieces of a stock item, the first due first; none for an unknown one.
func (v *Inventory) Returns(
	ctx context.Context, caller harang.Identity, productID, locationID, cursor string, limit int,
) (harang.Page[harang.StockReturn], error) {
	for _, action := range []harang.Action{harang.ActionReadStock, harang.ActionReadRentals} {
		if err := caller.Can(action); err != nil {
			return harang.Page[harang.StockReturn]{}, err
		}
	}
	limit, err := page(limit)
	if err != nil {
		return harang.Page[harang.StockReturn]{}, err
	}
	return v.store.FindStockReturns(ctx, caller.Tenant, productID, locationID, cursor, limit)
}

// Stock returns a part of the stock list.
func (v *Inventory) Stock(
	ctx context.Context, caller harang.Identity, q harang.StockQuery,
) (harang.Page[harang.StockListItem], error) {
	var none harang.Page[harang.StockListItem]
	if err := caller.Can(harang.ActionReadStock); err != nil {
		return none, err
	}
	switch q.Severity {
	case "", harang.SeverityOK, harang.SeverityWarning, harang.SeverityCritical:
	default:
		return none, harang.Invalid(
			harang.FieldError{Field: "severity", Detail: "must be one of OK, WARNING, CRITICAL"},
		)
	}
	switch q.Sort {
	case "", harang.StockByName, harang.StockWorstFirst:
	default:
		return none, harang.Invalid(harang.FieldError{Field: "sort", Detail: "must be one of name, -severity"})
	}
	if q.Code != "" && q.Search != "" {
		return none, errSearchAndCode()
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return v.store.FindStock(ctx, caller.Tenant, q)
}

// Alerts returns a part of the stock items that are not OK, worst first, then
// the longest short first.
func (v *Inventory) Alerts(
	ctx context.Context, caller harang.Identity, cursor string, limit int,
) (harang.Page[harang.StockShortage], error) {
	var none harang.Page[harang.StockShortage]
	if err := caller.Can(harang.ActionReadStock); err != nil {
		return none, err
	}
	limit, err := page(limit)
	if err != nil {
		return none, err
	}
	return v.store.FindShortages(ctx, caller.Tenant, cursor, limit)
}

// stockChange changes one stock item's quantity by Delta pieces.
type stockChange struct {
	ProductID  string
	LocationID string
	Delta      int64
}

// movement is the reason of movements to be recorded, and the id of the first, "" for a
// new one.
type movement struct{ id, reason string }

// changeStock changes quantities, all or none, appends the alerts they cause and
// records the movements. The changes are of different stock items; rows are
// locked in key order, whatever the order of the changes. It returns the items
// in the order of the changes. INSUFFICIENT_STOCK carries "available", and
// "line", the index of the change, when there are several. A quantity may rise
// over MaxQuantity here: pieces that come back are never refused.
func (s *service) changeStock(
	ctx context.Context, tx Tx, caller harang.Identity, changes []stockChange, m movement,
) ([]harang.StockItem, error) {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(
			strings.Compare(changes[a].ProductID, changes[b].ProductID),
			strings.Compare(changes[a].LocationID, changes[b].LocationID),
		)
	})
	items := make([]harang.StockItem, len(changes))
	for _, i := range order {
		item, err := lockStock(ctx, tx, caller.Tenant, changes[i].ProductID, changes[i].LocationID)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	// The first change that lacks pieces is reported, in the caller's order.
	for i, c := range changes {
		have := items[i].Level.Quantity
		if have+c.Delta < 0 {
			details := map[string]any{"available": have}
			if len(changes) > 1 {
				details["line"] = i
			}
			return nil, &harang.Error{Code: harang.CodeInsufficientStock, Details: details,
				Message: fmt.Sprintf("%s at %s: %d requested, %d available", items[i].ProductName,
					items[i].LocationName, -c.Delta, have)}
		}
	}
	for _, i := range order {
		item, quantity := &items[i], items[i].Level.Quantity+changes[i].Delta
		if err := s.setQuantity(ctx, tx, caller, item, quantity, item.Level.Thresholds, m); err != nil {
			return nil, err
		}
		m.id = "" // it names the first movement
	}
	return items, nil
}

// setQuantity gives a locked item a quantity and thresholds, writes it, its movement and
// the change of the thresholds, and appends its alert.
func (s *service) setQuantity(
	ctx context.Context, tx Tx, caller harang.Identity, item *harang.StockItem, quantity int64, th harang.Thresholds,
	m movement,
) error {
	if err := s.recordThresholds(ctx, tx, caller, *item, item.Level.Thresholds, th); err != nil {
		return err
	}
	delta := quantity - item.Level.Quantity
	if err := s.changeLevel(tx, caller.Tenant, item, quantity, th); err != nil {
		return err
	}
	if err := tx.UpdateStock(ctx, caller.Tenant, *item); err != nil {
		return err
	}
	return s.recordMovement(ctx, tx, caller, *item, delta, m)
}

// recordMovement records a movement unless delta is 0.
func (s *service) recordMovement(
	ctx context.Context, tx Tx, caller harang.Identity, item harang.StockItem, delta int64, m movement,
) error {
	if delta == 0 {
		return nil
	}
	if m.id == "" {
		m.id = s.newID()
	}
	return tx.CreateMovement(ctx, caller.Tenant, harang.StockMovement{
		ID: m.id, ProductID: item.ProductID, LocationID: item.LocationID,
		Delta: delta, Quantity: item.Level.Quantity, Reason: m.reason, By: person(caller), At: s.now(),
	})
}

// changeLevel changes the item's level in memory and appends the alert, if any.
func (s *service) changeLevel(
	tx Tx, tenant string, item *harang.StockItem, quantity int64, th harang.Thresholds,
) error {
	before := item.Severity()
	silenced := item.Archived || !item.ExpectedAt.IsZero() && !s.dayEnded(item.ExpectedAt)
	var alert harang.Severity
	item.Level, alert = item.Level.Change(quantity, th, silenced)
	switch after := item.Severity(); {
	case after == before:
	case after == harang.SeverityOK:
		item.Since, item.EventID, item.ExpectedAt = time.Time{}, "", time.Time{}
	default:
		item.Since = s.now()
	}
	if alert == "" {
		return nil
	}
	e, err := harang.NewEvent(harang.StockAlertType, s.newID(), tenant, time.Time{}, harang.StockAlert{
		ProductID: item.ProductID, ProductName: item.ProductName,
		CurrentQuantity: quantity, Threshold: th.Of(alert),
		LocationID: item.LocationID, LocationName: item.LocationName, Severity: alert,
	})
	if err != nil {
		return err
	}
	item.EventID = e.ID
	tx.Append(e)
	return nil
}

// checkExpected returns the error in the day of an expected delivery; "" when it
// is valid.
func (s *service) checkExpected(caller harang.Identity, at time.Time) string {
	days := maxExpectedDays
	if caller.Role == harang.RoleOperator {
		days = maxExpectedDaysOperator
	}
	today, _ := Day(s.now())
	day, _ := Day(at)
	switch y, m, d := today.Date(); {
	case day.Before(today):
		return "must be today or later"
	case day.After(time.Date(y, m, d+days, 0, 0, 0, 0, budapest)):
		return fmt.Sprintf("must be at most %d days ahead", days)
	}
	return ""
}

// dayEnded reports whether the day in Budapest that contains at has ended.
func (s *service) dayEnded(at time.Time) bool {
	_, end := Day(at)
	return !s.now().Before(end)
}

// lockStock locks a stock item. NOT_FOUND with a sentence for the caller.
func lockStock(ctx context.Context, tx Tx, tenant, productID, locationID string) (harang.StockItem, error) {
	item, err := tx.LockStock(ctx, tenant, productID, locationID)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return item, harang.Wrap(harang.CodeNotFound, err, "there is no such product at this location")
	}
	return item, err
}

// checkIDs checks the ids that name a stock item.
func checkIDs(productID, locationID string) []harang.FieldError {
	var wrong []harang.FieldError
	if detail := harang.CheckText(productID, harang.MaxIDRunes); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "productId", Detail: detail})
	}
	if detail := harang.CheckText(locationID, harang.MaxIDRunes); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "locationId", Detail: detail})
	}
	return wrong
}

// person is the caller as others see them.
func person(caller harang.Identity) harang.Person {
	return harang.Person{ID: caller.UserID, Name: cmp.Or(caller.Name, caller.UserID)}
}
