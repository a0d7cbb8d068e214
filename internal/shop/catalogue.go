package shop

import (
	"context"

	"harang.dev/harang"
)

// reasonCatalogue is the reason of movements that loading a catalogue makes.
const reasonCatalogue = "catalogue"

// Catalogue is the use cases of locations, partners and products, and of
// loading them with their stock from elsewhere.
type Catalogue struct{ *service }

// PutLocation creates a location or replaces the one with its id; its opening hours
// stay. INVALID_REQUEST naming the field.
func (c *Catalogue) PutLocation(ctx context.Context, caller harang.Identity, l harang.Location) error {
	_, err := c.ReplaceLocation(ctx, caller, l, false)
	return err
}

// ReplaceLocation creates a location or replaces the one with its id, and returns it.
// Its opening hours stay unless withHours; then nil removes them. INVALID_REQUEST naming
// the field.
func (c *Catalogue) ReplaceLocation(
	ctx context.Context, caller harang.Identity, l harang.Location, withHours bool,
) (harang.Location, error) {
	stored := l
	err := c.put(ctx, caller, l.Check(), func(tx Tx) error {
		if err := tx.PutLocation(ctx, caller.Tenant, l); err != nil {
			return err
		}
		if withHours {
			return tx.SetOpeningHours(ctx, caller.Tenant, l.ID, l.Hours)
		}
		var err error
		stored, err = tx.FindLocation(ctx, caller.Tenant, l.ID)
		return err
	})
	return stored, err
}

// PutPartner creates a partner or replaces the one with its id.
// INVALID_REQUEST naming the field.
func (c *Catalogue) PutPartner(ctx context.Context, caller harang.Identity, p harang.Partner) error {
	return c.put(ctx, caller, p.Check(), func(tx Tx) error { return tx.PutPartner(ctx, caller.Tenant, p) })
}

// PutProduct creates a product or replaces the one with its id.
// INVALID_REQUEST naming the field.
func (c *Catalogue) PutProduct(ctx context.Context, caller harang.Identity, p harang.Product) error {
	return c.put(ctx, caller, p.Check(), func(tx Tx) error { return tx.PutProduct(ctx, caller.Tenant, p) })
}

func (c *Catalogue) put(
	ctx context.Context, caller harang.Identity, wrong []harang.FieldError, fn func(tx Tx) error,
) error {
	if err := caller.Can(harang.ActionPutCatalogue); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return harang.Invalid(wrong...)
	}
	return c.store.Within(ctx, fn)
}

// StockPut is the wanted state of a stock item.
type StockPut struct {
	Quantity          int64
	WarningThreshold  int64
	CriticalThreshold int64
}

// Check returns the fields that are wrong.
func (p StockPut) Check() []harang.FieldError {
	wrong := p.thresholds().Check()
	if p.Quantity < 0 || p.Quantity > harang.MaxQuantity {
		wrong = append(wrong, harang.FieldError{Field: "quantity", Detail: "must be from 0 to 1000000000"})
	}
	return wrong
}

func (p StockPut) thresholds() harang.Thresholds {
	return harang.Thresholds{Warning: p.WarningThreshold, Critical: p.CriticalThreshold}
}

// PutStock creates a stock item or replaces its quantity and thresholds, and
// returns it. Replacing is a change and may cause an alert; creating is not. An expected
// delivery stays. NOT_FOUND when the product or the location does not exist,
// INVALID_REQUEST naming the field.
func (c *Catalogue) PutStock(
	ctx context.Context, caller harang.Identity, productID, locationID string, p StockPut,
) (harang.StockItem, error) {
	var item harang.StockItem
	wrong := append(checkIDs(productID, locationID), p.Check()...)
	err := c.put(ctx, caller, wrong, func(tx Tx) error {
		var err error
		item, err = c.putStock(ctx, tx, caller, productID, locationID, p)
		return err
	})
	return item, err
}

func (s *service) putStock(
	ctx context.Context, tx Tx, caller harang.Identity, productID, locationID string, p StockPut,
) (harang.StockItem, error) {
	initial := harang.StockItem{
		ProductID:  productID,
		LocationID: locationID,
		Level:      harang.NewLevel(p.Quantity, p.thresholds()),
	}
	if initial.Severity() != harang.SeverityOK {
		initial.Since = s.now()
	}
	created, err := tx.CreateStock(ctx, caller.Tenant, initial)
	if err != nil {
		if harang.ErrorCode(err) == harang.CodeNotFound {
			return initial, harang.Wrap(harang.CodeNotFound, err, "there is no such product or no such location")
		}
		return initial, err
	}
	item, err := lockStock(ctx, tx, caller.Tenant, productID, locationID)
	if err != nil {
		return item, err
	}
	if created {
		return item, s.recordMovement(ctx, tx, caller, item, p.Quantity, movement{reason: reasonCatalogue})
	}
	return item, s.setQuantity(ctx, tx, caller, &item, p.Quantity, p.thresholds(), movement{reason: reasonCatalogue})
}

// Product returns one product. NOT_FOUND.
func (c *Catalogue) Product(ctx context.Context, caller harang.Identity, id string) (harang.Product, error) {
	if err := caller.Can(harang.ActionReadCatalogue); err != nil {
		return harang.Product{}, err
	}
	return c.store.FindProduct(ctx, caller.Tenant, id)
}

// Locations returns a part of the tenant's locations, by name.
func (c *Catalogue) Locations(
	ctx context.Context, caller harang.Identity, q harang.CatalogueQuery,
) (harang.Page[harang.Location], error) {
	return list(ctx, caller, c.store.FindLocations, q)
}

// Partners returns a part of the tenant's partners, by name.
func (c *Catalogue) Partners(
	ctx context.Context, caller harang.Identity, q harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	return list(ctx, caller, c.store.FindPartners, q)
}

// Products returns a part of the tenant's products, by name.
func (c *Catalogue) Products(
	ctx context.Context, caller harang.Identity, q harang.CatalogueQuery,
) (harang.Page[harang.Product], error) {
	return list(ctx, caller, c.store.FindProducts, q)
}

func list[T any](ctx context.Context, caller harang.Identity,
	find func(ctx context.Context, tenant string, q harang.CatalogueQuery) (harang.Page[T], error),
	q harang.CatalogueQuery,
) (harang.Page[T], error) {
	if err := caller.Can(harang.ActionReadCatalogue); err != nil {
		return harang.Page[T]{}, err
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return harang.Page[T]{}, err
	}
	return find(ctx, caller.Tenant, q)
}
