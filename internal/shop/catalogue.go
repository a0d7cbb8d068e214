package shop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// reasonCatalogue is the reason of movements that loading a catalogue makes.
const reasonCatalogue = "catalogue"

// Catalogue is the use cases of locations, partners and products, and of
// loading them with their stock from elsewhere.
type Catalogue struct{ *service }

// anyName is a valid name, for the check of a change that keeps the name.
const anyName = "name"

// LocationChange creates a location or changes it. A nil field keeps its value; a new
// location needs a name.
type LocationChange struct {
	ID       string
	Name     *string
	Archived *bool
	// Hours replace the opening hours, nil removes them, when ChangeHours is set.
	Hours       *harang.OpeningHours
	ChangeHours bool
	// RentalTerms are removed by "".
	RentalTerms *string
}

// ChangeLocation creates or changes a location and returns it. Archiving one is
// allowed whatever is there: its rentals can be returned and paid, its stock is kept.
// INVALID_REQUEST naming the field.
func (c *Catalogue) ChangeLocation(
	ctx context.Context, caller harang.Identity, change LocationChange,
) (harang.Location, error) {
	var l harang.Location
	wrong := change.apply(harang.Location{Name: anyName}).Check()
	err := c.put(ctx, caller, harang.ActionPutCatalogue, wrong, func(tx Tx) (err error) {
		l, err = c.changeLocation(ctx, tx, caller, change)
		return err
	})
	return l, err
}

// PutLocation is ChangeLocation with a name only.
func (c *Catalogue) PutLocation(ctx context.Context, caller harang.Identity, l harang.Location) error {
	_, err := c.ChangeLocation(ctx, caller, LocationChange{ID: l.ID, Name: &l.Name})
	return err
}

func (change LocationChange) apply(l harang.Location) harang.Location {
	l.ID = change.ID
	set(&l.Name, change.Name)
	set(&l.Archived, change.Archived)
	set(&l.RentalTerms, trimmed(change.RentalTerms))
	if change.ChangeHours {
		l.Hours = change.Hours
	}
	return l
}

func (c *Catalogue) changeLocation(
	ctx context.Context, tx Tx, caller harang.Identity, change LocationChange,
) (harang.Location, error) {
	l, found, err := exists(tx.LockLocation(ctx, caller.Tenant, change.ID))
	if err == nil && !found {
		err = checkNewID(change.ID)
	}
	if err != nil {
		return l, err
	}
	before := locationState(l)
	l = change.apply(l)
	if wrong := l.Check(); len(wrong) > 0 {
		return l, harang.Invalid(wrong...)
	}
	if err := tx.PutLocation(ctx, caller.Tenant, l); err != nil {
		return l, err
	}
	return l, c.recordPut(ctx, tx, caller, found, harang.AuditLocationCreate, harang.AuditLocationUpdate,
		harang.AuditSubject{Kind: harang.AuditLocation, ID: l.ID, Name: l.Name}, before, locationState(l))
}

// PartnerChange creates a partner or changes it. A nil field keeps its value; a new
// partner needs a name.
type PartnerChange struct {
	ID   string
	Name *string
	// Phone, Email and Note are removed by "".
	Phone, Email, Note *string
	Archived           *bool
}

// CreatePartnerRoute is the route of requests that create partners.
const CreatePartnerRoute = "POST /partners"

// ChangePartner creates or changes a partner and returns it. Archiving one is allowed
// whatever it has: its rentals can be returned and paid. INVALID_REQUEST naming the
// field, ERASED for a partner whose data was erased.
func (c *Catalogue) ChangePartner(
	ctx context.Context, caller harang.Identity, change PartnerChange,
) (harang.Partner, error) {
	var p harang.Partner
	wrong := change.apply(harang.Partner{Name: anyName}).Check()
	err := c.put(ctx, caller, harang.ActionPutCatalogue, wrong, func(tx Tx) (err error) {
		p, err = c.changePartner(ctx, tx, caller, change)
		return err
	})
	return p, err
}

// CreatePartner creates a partner of a caller who chooses no id, and returns it. With the id of an earlier try it
// returns what that created. INVALID_REQUEST naming the field.
func (c *Catalogue) CreatePartner(
	ctx context.Context, caller harang.Identity, change PartnerChange,
) (harang.Partner, error) {
	if change.ID == "" {
		change.ID = c.newID()
	}
	var p harang.Partner
	wrong := change.apply(harang.Partner{}).Check()
	err := c.put(ctx, caller, harang.ActionWritePartners, wrong, func(tx Tx) (err error) {
		var found bool
		if p, found, err = exists(tx.LockPartner(ctx, caller.Tenant, change.ID)); err != nil || found {
			return err
		}
		p, err = c.changePartner(ctx, tx, caller, change)
		return err
	})
	return p, err
}

// EditPartner changes a partner that exists and returns it. NOT_FOUND, otherwise as ChangePartner.
func (c *Catalogue) EditPartner(
	ctx context.Context, caller harang.Identity, change PartnerChange,
) (harang.Partner, error) {
	var p harang.Partner
	wrong := change.apply(harang.Partner{Name: anyName}).Check()
	err := c.put(ctx, caller, harang.ActionWritePartners, wrong, func(tx Tx) (err error) {
		if _, err = tx.FindPartner(ctx, caller.Tenant, change.ID); err != nil {
			return notFound(err, "there is no such partner")
		}
		p, err = c.changePartner(ctx, tx, caller, change)
		return err
	})
	return p, err
}

// Partner returns one partner, archived or not. NOT_FOUND.
func (c *Catalogue) Partner(ctx context.Context, caller harang.Identity, id string) (harang.Partner, error) {
	if err := caller.Can(harang.ActionReadCatalogue); err != nil {
		return harang.Partner{}, err
	}
	p, err := c.store.FindPartner(ctx, caller.Tenant, id)
	return p, notFound(err, "there is no such partner")
}

// PartnerAccounts returns what the rentals of partners come to, by the partners' ids.
func (c *Catalogue) PartnerAccounts(
	ctx context.Context, caller harang.Identity, partners []harang.Partner,
) (map[string]harang.PartnerAccount, error) {
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return nil, err
	}
	ids := make([]string, len(partners))
	for i, p := range partners {
		ids[i] = p.ID
	}
	return c.store.FindPartnerAccounts(ctx, caller.Tenant, ids)
}

// RentalsOfPartner returns a part of a partner's rentals, newest first, those that are over as well. NOT_FOUND when
// there is no such partner.
func (c *Catalogue) RentalsOfPartner(
	ctx context.Context, caller harang.Identity, id, cursor string, limit int,
) (harang.Page[harang.Rental], error) {
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	limit, err := page(limit)
	if err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	if _, err := c.Partner(ctx, caller, id); err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	return c.store.FindRentalsOfPartner(ctx, caller.Tenant, id, cursor, limit)
}

// maxSamePhone is how many partners with the same phone number are pointed out.
const maxSamePhone = 5

// SamePhone returns other partners with the phone number of one, those that are archived left out: it may be the same
// customer. Callers who may not read partners get none.
func (c *Catalogue) SamePhone(ctx context.Context, caller harang.Identity, p harang.Partner) ([]harang.Partner, error) {
	mayRead := caller.Can(harang.ActionReadCatalogue) == nil
	if p.Phone == "" || !mayRead {
		return nil, nil
	}
	return c.store.FindPartnersByPhone(ctx, caller.Tenant, p.Phone, p.ID, false, maxSamePhone)
}

// PutPartner is ChangePartner with a name only.
func (c *Catalogue) PutPartner(ctx context.Context, caller harang.Identity, p harang.Partner) error {
	_, err := c.ChangePartner(ctx, caller, PartnerChange{ID: p.ID, Name: &p.Name})
	return err
}

func (change PartnerChange) apply(p harang.Partner) harang.Partner {
	p.ID = change.ID
	set(&p.Name, change.Name)
	set(&p.Phone, trimmed(change.Phone))
	set(&p.Email, trimmed(change.Email))
	p.Email = strings.ToLower(p.Email)
	set(&p.Note, trimmed(change.Note))
	set(&p.Archived, change.Archived)
	return p
}

// trimmed is a text without the spaces around it.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.TrimSpace(*text))
}

func (c *Catalogue) changePartner(
	ctx context.Context, tx Tx, caller harang.Identity, change PartnerChange,
) (harang.Partner, error) {
	p, found, err := exists(tx.LockPartner(ctx, caller.Tenant, change.ID))
	if err == nil && !found {
		err = checkNewID(change.ID)
	}
	if err != nil {
		return p, err
	}
	if p.Erased {
		return p, erased(p.ID)
	}
	before := partnerState(p)
	p = change.apply(p)
	if wrong := p.Check(); len(wrong) > 0 {
		return p, harang.Invalid(wrong...)
	}
	if err := tx.PutPartner(ctx, caller.Tenant, p); err != nil {
		return p, err
	}
	return p, c.recordPut(ctx, tx, caller, found, harang.AuditPartnerCreate, harang.AuditPartnerUpdate,
		harang.AuditSubject{Kind: harang.AuditPartner, ID: p.ID, Name: p.Name}, before, partnerState(p))
}

// ProductChange creates a product or changes it. A nil field keeps its value; a new
// product needs a name.
type ProductChange struct {
	ID         string
	Name       *string
	DailyPrice *int64
	Barcodes   *[]string
	Archived   *bool
}

// ChangeProduct creates or changes a product and returns it. Archiving one is allowed
// while pieces are out or in stock: they can be returned and counted, without alerts.
// BARCODE_TAKEN with "barcode", "productId" and "productName" when another product
// has a barcode, or has it as its id; INVALID_REQUEST naming the field.
func (c *Catalogue) ChangeProduct(
	ctx context.Context, caller harang.Identity, change ProductChange,
) (harang.Product, error) {
	var p harang.Product
	wrong := change.apply(harang.Product{Name: anyName}).Check()
	err := c.put(ctx, caller, harang.ActionPutCatalogue, wrong, func(tx Tx) (err error) {
		p, err = c.changeProduct(ctx, tx, caller, change)
		return err
	})
	return p, err
}

// PutProduct is ChangeProduct with a name and a price only.
func (c *Catalogue) PutProduct(ctx context.Context, caller harang.Identity, p harang.Product) error {
	_, err := c.ChangeProduct(ctx, caller, ProductChange{ID: p.ID, Name: &p.Name, DailyPrice: &p.DailyPrice})
	return err
}

func (change ProductChange) apply(p harang.Product) harang.Product {
	p.ID = change.ID
	set(&p.Name, change.Name)
	set(&p.DailyPrice, change.DailyPrice)
	set(&p.Barcodes, change.Barcodes)
	set(&p.Archived, change.Archived)
	return p
}

func (c *Catalogue) changeProduct(
	ctx context.Context, tx Tx, caller harang.Identity, change ProductChange,
) (harang.Product, error) {
	p, found, err := exists(tx.LockProduct(ctx, caller.Tenant, change.ID))
	if err == nil && !found {
		err = checkNewID(change.ID)
	}
	if err != nil {
		return p, err
	}
	before := p
	p = change.apply(p)
	if wrong := p.Check(); len(wrong) > 0 {
		return p, harang.Invalid(wrong...)
	}
	if err := tx.PutProduct(ctx, caller.Tenant, p); err != nil {
		return p, err
	}
	if err := c.recordPut(ctx, tx, caller, found, harang.AuditProductCreate, harang.AuditProductUpdate,
		harang.AuditSubject{Kind: harang.AuditProduct, ID: p.ID, Name: p.Name},
		productState(before), productState(p)); err != nil {
		return p, err
	}
	if !found {
		// Until setBarcodes its id is its barcode: whoever gives this code to another
		// product at the same moment waits for the commit, or is waited for.
		if err := createBarcode(ctx, tx, caller.Tenant, p.ID, p.ID); err != nil {
			return p, err
		}
	}
	if found && slices.Equal(before.Barcodes, p.Barcodes) {
		return p, nil
	}
	return p, setBarcodes(ctx, tx, caller.Tenant, p)
}

// setBarcodes gives a product its barcodes, and no others.
func setBarcodes(ctx context.Context, tx Tx, tenant string, p harang.Product) error {
	if err := tx.DeleteBarcodes(ctx, tenant, p.ID); err != nil {
		return err
	}
	for _, code := range slices.Sorted(slices.Values(p.Barcodes)) {
		if err := createBarcode(ctx, tx, tenant, code, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// createBarcode gives a product a barcode. BARCODE_TAKEN when another product has it, or
// has it as its id.
func createBarcode(ctx context.Context, tx Tx, tenant, code, productID string) error {
	created, err := tx.CreateBarcode(ctx, tenant, code, productID)
	if err == nil {
		err = checkCode(ctx, tx, tenant, code, productID)
	}
	if err == nil && !created { // its owner lost it at the same moment
		err = harang.Errorf(harang.CodeConflict, "barcode %s was changed at the same moment; try again", code)
	}
	return err
}

// checkCode returns BARCODE_TAKEN when another product has this id or barcode.
func checkCode(ctx context.Context, tx Tx, tenant, code, productID string) error {
	found, err := tx.FindProductsByCode(ctx, tenant, code)
	if err != nil {
		return err
	}
	for _, other := range found {
		if other.ID != productID {
			return &harang.Error{
				Code:    harang.CodeBarcodeTaken,
				Details: map[string]any{"barcode": code, "productId": other.ID, "productName": other.Name},
				Message: fmt.Sprintf("%s is a barcode or the id of %s", code, other.Name),
			}
		}
	}
	return nil
}

func locationState(l harang.Location) harang.AuditState {
	return harang.AuditState{
		"name": l.Name, "archived": l.Archived, "openingHours": l.Hours, "rentalTerms": l.RentalTerms,
	}
}

func partnerState(p harang.Partner) harang.AuditState {
	return harang.AuditState{
		"name": p.Name, "phone": p.Phone, "email": p.Email, "note": p.Note, "archived": p.Archived,
	}
}

func productState(p harang.Product) harang.AuditState {
	return harang.AuditState{
		"name": p.Name, "dailyPrice": p.DailyPrice, "barcodes": strings.Join(p.Barcodes, " "), "archived": p.Archived,
	}
}

// set sets a field unless there is no value for it.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// checkNewID refuses the id of something new that is valid otherwise: one with a space around it, or with letters that
// are not composed (Unicode's NFC). It could not be told from another one on the screen, and a spreadsheet would
// change it.
func checkNewID(id string) error {
	detail := ""
	switch {
	case strings.TrimSpace(id) != id:
		detail = "must not begin or end with a space"
	case !norm.NFC.IsNormalString(id):
		detail = "must be composed (Unicode NFC)"
	default:
		return nil
	}
	return harang.Invalid(harang.FieldError{Field: "id", Detail: detail})
}

func (c *Catalogue) put(
	ctx context.Context, caller harang.Identity, action harang.Action, wrong []harang.FieldError,
	fn func(tx Tx) error,
) error {
	if err := caller.Can(action); err != nil {
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
	err := c.put(ctx, caller, harang.ActionPutStock, wrong, func(tx Tx) error {
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
		if err := s.recordThresholds(ctx, tx, caller, item, harang.Thresholds{}, p.thresholds()); err != nil {
			return item, err
		}
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

// Partners returns a part of the tenant's partners, by name. INVALID_REQUEST for a search together with a phone
// number, and for a number that is none.
func (c *Catalogue) Partners(
	ctx context.Context, caller harang.Identity, q harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	detail := ""
	if q.Phone != "" {
		if detail = harang.CheckPhone(q.Phone); q.Search != "" {
			detail = "cannot be combined with search"
		}
	}
	if detail != "" {
		return harang.Page[harang.Partner]{}, harang.Invalid(harang.FieldError{Field: "phone", Detail: detail})
	}
	return list(ctx, caller, c.store.FindPartners, q)
}

// Products returns a part of the tenant's products, by name. INVALID_REQUEST for a
// search together with a code.
func (c *Catalogue) Products(
	ctx context.Context, caller harang.Identity, q harang.CatalogueQuery,
) (harang.Page[harang.Product], error) {
	if q.Code != "" && q.Search != "" {
		return harang.Page[harang.Product]{}, errSearchAndCode()
	}
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

func errSearchAndCode() error {
	return harang.Invalid(harang.FieldError{Field: "code", Detail: "cannot be combined with search"})
}
