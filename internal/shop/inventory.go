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

// maxReasonRunes is the length of an adjustment's reason.
const maxReasonRunes = 200

// Inventory is the use cases of stock.
type Inventory struct{ *service }

// Adjustment changes the quantity of one stock item.
type Adjustment struct {
	ProductID  string
	LocationID string
	// Delta is in pieces, not 0.
	Delta int64
	// Reason is 1 to 200 characters, for the books.
	Reason string
}

// Adjust changes the quantity of a stock item and returns it. NOT_FOUND for an
// unknown product or location, INSUFFICIENT_STOCK with "available" when more
// is taken than there is, INVALID_REQUEST naming the field.
func (v *Inventory) Adjust(ctx context.Context, who harang.Identity, a Adjustment) (harang.StockItem, error) {
	if err := who.Can(harang.ActionAdjustStock); err != nil {
		return harang.StockItem{}, err
	}
	wrong := checkIDs(a.ProductID, a.LocationID)
	if a.Delta == 0 || a.Delta > harang.MaxQuantity || a.Delta < -harang.MaxQuantity {
		wrong = append(wrong, harang.FieldError{Field: "delta", Detail: "must be a whole number of pieces, not 0"})
	}
	if detail := harang.CheckText(a.Reason, maxReasonRunes); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "reason", Detail: detail})
	}
	if len(wrong) > 0 {
		return harang.StockItem{}, harang.Invalid(wrong...)
	}
	var item harang.StockItem
	err := v.store.Within(ctx, func(tx Tx) error {
		items, err := v.move(ctx, tx, who, []Move{{a.ProductID, a.LocationID, a.Delta}}, a.Reason)
		if err == nil {
			item = items[0]
		}
		return err
	})
	return item, err
}

// LevelChange changes thresholds and the expected delivery of a stock item; a
// nil field stays as it is.
type LevelChange struct {
	WarningThreshold  *int64
	CriticalThreshold *int64
	// ExpectedAt is any instant of the day on which pieces are expected; today
	// or later. ClearExpected takes the expectation away instead.
	ExpectedAt    *time.Time
	ClearExpected bool
}

// SetLevel changes thresholds, which a STORE_MANAGER may, and the expected
// delivery, which everybody may, and returns the item. NOT_FOUND for an unknown
// product or location, INVALID_REQUEST naming the field.
func (v *Inventory) SetLevel(ctx context.Context, who harang.Identity, productID, locationID string, c LevelChange) (harang.StockItem, error) {
	thresholds := c.WarningThreshold != nil || c.CriticalThreshold != nil
	expectation := c.ExpectedAt != nil || c.ClearExpected
	if thresholds {
		if err := who.Can(harang.ActionSetThresholds); err != nil {
			return harang.StockItem{}, err
		}
	}
	if err := who.Can(harang.ActionExpectStock); err != nil {
		return harang.StockItem{}, err
	}
	wrong := checkIDs(productID, locationID)
	if !thresholds && !expectation {
		wrong = append(wrong, harang.FieldError{Field: "body", Detail: "must change warningThreshold, criticalThreshold or expectedAt"})
	}
	if c.ExpectedAt != nil && v.over(*c.ExpectedAt) {
		wrong = append(wrong, harang.FieldError{Field: "expectedAt", Detail: "must be today or later"})
	}
	if len(wrong) > 0 {
		return harang.StockItem{}, harang.Invalid(wrong...)
	}
	var item harang.StockItem
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		if item, err = take(ctx, tx, who.Tenant, productID, locationID); err != nil {
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
		switch {
		case c.ClearExpected:
			item.ExpectedAt = time.Time{}
		case c.ExpectedAt != nil:
			item.ExpectedAt = c.ExpectedAt.UTC().Truncate(time.Millisecond)
		}
		if err := v.cross(tx, who.Tenant, &item, item.Level.Quantity, next); err != nil {
			return err
		}
		return tx.UpdateStock(ctx, who.Tenant, item)
	})
	return item, err
}

// Stock returns a part of the stock list, by product and place.
func (v *Inventory) Stock(ctx context.Context, who harang.Identity, q harang.StockQuery) (harang.Page[harang.StockItem], error) {
	var none harang.Page[harang.StockItem]
	if err := who.Can(harang.ActionReadStock); err != nil {
		return none, err
	}
	switch q.Severity {
	case "", harang.SeverityOK, harang.SeverityWarning, harang.SeverityCritical:
	default:
		return none, harang.Invalid(harang.FieldError{Field: "severity", Detail: "must be one of OK, WARNING, CRITICAL"})
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return v.store.FindStock(ctx, who.Tenant, q)
}

// Alerts returns a part of the stock items that are not OK, worst first, then
// the longest short first.
func (v *Inventory) Alerts(ctx context.Context, who harang.Identity, cursor string, limit int) (harang.Page[harang.StockShortage], error) {
	var none harang.Page[harang.StockShortage]
	if err := who.Can(harang.ActionReadStock); err != nil {
		return none, err
	}
	limit, err := page(limit)
	if err != nil {
		return none, err
	}
	return v.store.FindShortages(ctx, who.Tenant, cursor, limit)
}

// Move is a change of one stock item's quantity by Delta pieces.
type Move struct {
	ProductID  string
	LocationID string
	Delta      int64
}

// move changes quantities, all or none, appends the alerts they cause and
// writes the movements down. Moves name different stock items; rows are taken
// in key order, whatever the order of the moves. It returns the items in the
// order of the moves. INSUFFICIENT_STOCK carries "available", and "line", the
// place of the move, when there are several.
func (s *service) move(ctx context.Context, tx Tx, who harang.Identity, moves []Move, reason string) ([]harang.StockItem, error) {
	order := make([]int, len(moves))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(strings.Compare(moves[a].ProductID, moves[b].ProductID), strings.Compare(moves[a].LocationID, moves[b].LocationID))
	})
	items := make([]harang.StockItem, len(moves))
	for _, i := range order {
		item, err := take(ctx, tx, who.Tenant, moves[i].ProductID, moves[i].LocationID)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	// The first line that lacks pieces is told, in the caller's order.
	for i, m := range moves {
		have := items[i].Level.Quantity
		if have+m.Delta < 0 {
			details := map[string]any{"available": have}
			if len(moves) > 1 {
				details["line"] = i
			}
			return nil, &harang.Error{Code: harang.CodeInsufficientStock, Details: details,
				Message: fmt.Sprintf("%s at %s: %d asked, %d available", items[i].ProductName, items[i].LocationName, -m.Delta, have)}
		}
		if have+m.Delta > harang.MaxQuantity {
			return nil, harang.Invalid(harang.FieldError{Field: "delta", Detail: fmt.Sprintf("would make more than %d pieces", harang.MaxQuantity)})
		}
	}
	for _, i := range order {
		if err := s.setQuantity(ctx, tx, who, &items[i], items[i].Level.Quantity+moves[i].Delta, items[i].Level.Thresholds, reason); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// setQuantity moves a taken item to a quantity and thresholds, writes it and
// its movement, and appends its alert.
func (s *service) setQuantity(ctx context.Context, tx Tx, who harang.Identity, item *harang.StockItem, quantity int64, th harang.Thresholds, reason string) error {
	delta := quantity - item.Level.Quantity
	if err := s.cross(tx, who.Tenant, item, quantity, th); err != nil {
		return err
	}
	if err := tx.UpdateStock(ctx, who.Tenant, *item); err != nil {
		return err
	}
	return s.recordMovement(ctx, tx, who, *item, delta, reason)
}

// recordMovement writes a movement down; nothing when nothing moved.
func (s *service) recordMovement(ctx context.Context, tx Tx, who harang.Identity, item harang.StockItem, delta int64, reason string) error {
	if delta == 0 {
		return nil
	}
	return tx.CreateMovement(ctx, who.Tenant, harang.StockMovement{
		ID: s.newID(), ProductID: item.ProductID, LocationID: item.LocationID,
		Delta: delta, Quantity: item.Level.Quantity, Reason: reason, By: person(who), At: s.now(),
	})
}

// cross moves the item's level in memory and appends the alert, if any.
func (s *service) cross(tx Tx, tenant string, item *harang.StockItem, quantity int64, th harang.Thresholds) error {
	before := item.Severity()
	silenced := !item.ExpectedAt.IsZero() && !s.over(item.ExpectedAt)
	var alert harang.Severity
	item.Level, alert = item.Level.Cross(quantity, th, silenced)
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

// over reports whether the day that holds at is over.
func (s *service) over(at time.Time) bool {
	_, end := Day(at)
	return !s.now().Before(end)
}

// take locks a stock item, with a sentence for who asked for one that is not
// there.
func take(ctx context.Context, tx Tx, tenant, productID, locationID string) (harang.StockItem, error) {
	item, err := tx.LockStock(ctx, tenant, productID, locationID)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return item, harang.Wrap(harang.CodeNotFound, err, "there is no such product at such a location")
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

// person is who an identity is to others.
func person(who harang.Identity) harang.Person {
	return harang.Person{ID: who.UserID, Name: cmp.Or(who.Name, who.UserID)}
}
