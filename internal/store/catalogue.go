package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"harang.dev/harang"
)

// The columns of one entry of the catalogue, as scanLocation, scanPartner and
// scanProduct read them.
const (
	locationColumns = `id, name, opening_hours, archived_at, rental_terms`
	partnerColumns  = `id, name, archived_at, erased_at, phone, email, note`
	productColumns  = `id, name, daily_price, barcodes, archived_at`
)

// archivedAt sets archived_at in an update: a later archiving keeps the first instant.
func archivedAt(table string) string {
	return `archived_at = CASE WHEN excluded.archived_at IS NULL THEN NULL
			ELSE coalesce(` + table + `.archived_at, excluded.archived_at) END`
}

// isArchived is 1 for an archived entry.
const isArchived = `CASE WHEN archived_at IS NULL THEN 0 ELSE 1 END`

var (
	putLocation = define("put location", `
		INSERT INTO locations (tenant_id, id, name, opening_hours, archived_at, sort_key, search_key, updated_at,
			rental_terms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, opening_hours = excluded.opening_hours,
			`+archivedAt("locations")+`, rental_terms = excluded.rental_terms,
			sort_key = excluded.sort_key, search_key = excluded.search_key, updated_at = excluded.updated_at`)

	putPartner = define("put partner", `
		INSERT INTO partners (tenant_id, id, name, archived_at, sort_key, search_key, updated_at, phone, email, note,
			phone_key, email_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, `+archivedAt("partners")+`,
			sort_key = excluded.sort_key, search_key = excluded.search_key, updated_at = excluded.updated_at,
			phone = excluded.phone, email = excluded.email, note = excluded.note, phone_key = excluded.phone_key,
			email_key = excluded.email_key`)

	putProduct = define("put product", `
		INSERT INTO products (tenant_id, id, name, daily_price, barcodes, archived_at, sort_key, search_key, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, daily_price = excluded.daily_price,
			barcodes = excluded.barcodes, `+archivedAt("products")+`,
			sort_key = excluded.sort_key, search_key = excluded.search_key, updated_at = excluded.updated_at`)

	lockLocation = define("lock location", `
		UPDATE locations SET updated_at = updated_at WHERE tenant_id = $1 AND id = $2 RETURNING `+locationColumns)
	lockPartner = define("lock partner", `
		UPDATE partners SET updated_at = updated_at WHERE tenant_id = $1 AND id = $2 RETURNING `+partnerColumns)
	lockProduct = define("lock product", `
		UPDATE products SET updated_at = updated_at WHERE tenant_id = $1 AND id = $2 RETURNING `+productColumns)

	createBarcode = define("create barcode", `
		INSERT INTO product_barcodes (tenant_id, code, product_id) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, code) DO NOTHING`)
	deleteBarcodes = define("delete barcodes", `
		DELETE FROM product_barcodes WHERE tenant_id = $1 AND product_id = $2`)

	findLocations = define("find locations", `
		SELECT `+locationColumns+`, sort_key FROM locations
		WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\' AND search_key LIKE $3 ESCAPE '\'
			AND search_key LIKE $4 ESCAPE '\' AND `+isArchived+` = $5
			AND (sort_key, id) > ($6, $7)
		ORDER BY sort_key, id LIMIT $8`)

	findPartners = define("find partners", `
		SELECT `+partnerColumns+`, sort_key FROM partners
		WHERE tenant_id = $1 AND `+partnerMatches("$2", "$3", "$4", "$5")+` AND `+isArchived+` = $6
			AND erased_at IS NULL AND (sort_key, id) > ($7, $8)
		ORDER BY sort_key, id LIMIT $9`)

	findPartnerPhones = define("find partner phones", `
		SELECT id, phone FROM partners WHERE tenant_id = $1 AND id IN (`+parameters(2, phonesBatch)+`)
			AND phone IS NOT NULL`)
	findPartnersByPhone = define("find partners by phone", `
		SELECT `+partnerColumns+` FROM partners
		WHERE tenant_id = $1 AND phone_key = $2 AND phone_key IS NOT NULL AND id <> $3 AND `+isArchived+` = $4
			AND erased_at IS NULL
		ORDER BY id LIMIT $5`)

	findProducts = define("find products", `
		SELECT `+productColumns+`, sort_key FROM products
		WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\' AND search_key LIKE $3 ESCAPE '\'
			AND search_key LIKE $4 ESCAPE '\' AND `+isArchived+` = $5
			AND (sort_key, id) > ($6, $7)
		ORDER BY sort_key, id LIMIT $8`)

	// The product with an id, and the one with a barcode.
	findProductsByCode = define("find products by code", `
		SELECT `+productColumns+` FROM products
		WHERE tenant_id = $1 AND id IN (
			SELECT id FROM products WHERE tenant_id = $1 AND id = $2
			UNION ALL SELECT product_id FROM product_barcodes WHERE tenant_id = $1 AND code = $2)
		ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, id`)
)

func scanLocation(r row) (harang.Location, error) { return scanLocationAnd(r) }

// scanLocationAnd reads the columns of a location and more after them.
func scanLocationAnd(r row, more ...any) (l harang.Location, err error) {
	var hours, terms sql.NullString
	var archived sql.NullInt64
	if err = r.Scan(append([]any{&l.ID, &l.Name, &hours, &archived, &terms}, more...)...); err == nil {
		l.Hours, err = readHours(hours)
	}
	l.Archived, l.RentalTerms = archived.Valid, terms.String
	return l, err
}

func scanPartner(r row) (harang.Partner, error) { return scanPartnerAnd(r) }

func scanPartnerAnd(r row, more ...any) (p harang.Partner, err error) {
	var archived, erased sql.NullInt64
	var phone, email, note sql.NullString
	err = r.Scan(append([]any{&p.ID, &p.Name, &archived, &erased, &phone, &email, &note}, more...)...)
	p.Archived, p.Erased = archived.Valid, erased.Valid
	if !p.Erased { // an older node that erases leaves them
		p.Phone, p.Email, p.Note = phone.String, email.String, note.String
	}
	return p, err
}

func scanProduct(r row) (harang.Product, error) { return scanProductAnd(r) }

func scanProductAnd(r row, more ...any) (p harang.Product, err error) {
	var barcodes string
	var archived sql.NullInt64
	err = r.Scan(append([]any{&p.ID, &p.Name, &p.DailyPrice, &barcodes, &archived}, more...)...)
	p.Barcodes, p.Archived = strings.Fields(barcodes), archived.Valid
	return p, err
}

// archivedSince is archived_at of an entry that is written now.
func (s *Store) archivedSince(archived bool) sql.NullInt64 {
	return sql.NullInt64{Int64: s.nowMillis(), Valid: archived}
}

// PutLocation creates or replaces a location.
func (tx *Tx) PutLocation(ctx context.Context, tenant string, l harang.Location) error {
	hours, err := writeHours(l.Hours)
	if err != nil {
		return err
	}
	_, err = execute(ctx, tx, putLocation, tenant, l.ID, l.Name, hours, tx.s.archivedSince(l.Archived),
		sortKey(l.Name), searchKey(l.Name, l.ID), tx.s.nowMillis(), nullText(l.RentalTerms))
	return err
}

// writeHours writes opening hours as they are stored, nil as NULL.
func writeHours(hours *harang.OpeningHours) (sql.NullString, error) {
	if hours == nil {
		return sql.NullString{}, nil
	}
	b, err := json.Marshal(hours)
	if err != nil {
		return sql.NullString{}, harang.Wrap(harang.CodeInternal, err, "the opening hours cannot be written")
	}
	return sql.NullString{String: string(b), Valid: true}, nil
}

// readHours reads stored opening hours, NULL as nil.
func readHours(text sql.NullString) (*harang.OpeningHours, error) {
	if !text.Valid {
		return nil, nil //nolint:nilnil // a location without opening hours
	}
	hours := new(harang.OpeningHours)
	return hours, json.Unmarshal([]byte(text.String), hours)
}

// PutPartner creates or replaces a partner.
func (tx *Tx) PutPartner(ctx context.Context, tenant string, p harang.Partner) error {
	_, err := execute(ctx, tx, putPartner, tenant, p.ID, p.Name, tx.s.archivedSince(p.Archived), sortKey(p.Name),
		searchKey(p.Name, p.ID), tx.s.nowMillis(), nullText(p.Phone), nullText(p.Email), nullText(p.Note),
		nullText(harang.PhoneKey(p.Phone)), nullText(searchKey(p.Email)))
	return err
}

// PutProduct creates or replaces a product. Its barcodes are found only after
// CreateBarcode.
func (tx *Tx) PutProduct(ctx context.Context, tenant string, p harang.Product) error {
	_, err := execute(ctx, tx, putProduct, tenant, p.ID, p.Name, p.DailyPrice, strings.Join(p.Barcodes, " "),
		tx.s.archivedSince(p.Archived), sortKey(p.Name), searchKey(p.Name, p.ID), tx.s.nowMillis())
	return err
}

// LockLocation locks a location until the commit and returns it. NOT_FOUND.
func (tx *Tx) LockLocation(ctx context.Context, tenant, id string) (harang.Location, error) {
	return queryOne(ctx, tx, lockLocation, scanLocation, tenant, id)
}

// LockPartner locks a partner until the commit and returns it. NOT_FOUND.
func (tx *Tx) LockPartner(ctx context.Context, tenant, id string) (harang.Partner, error) {
	return queryOne(ctx, tx, lockPartner, scanPartner, tenant, id)
}

// LockProduct locks a product until the commit and returns it. NOT_FOUND.
func (tx *Tx) LockProduct(ctx context.Context, tenant, id string) (harang.Product, error) {
	return queryOne(ctx, tx, lockProduct, scanProduct, tenant, id)
}

// CreateBarcode gives a barcode to a product and reports false when a product of the
// tenant has it.
func (tx *Tx) CreateBarcode(ctx context.Context, tenant, code, productID string) (bool, error) {
	n, err := execute(ctx, tx, createBarcode, tenant, code, productID)
	return n == 1, err
}

// DeleteBarcodes takes all barcodes from a product.
func (tx *Tx) DeleteBarcodes(ctx context.Context, tenant, productID string) error {
	_, err := execute(ctx, tx, deleteBarcodes, tenant, productID)
	return err
}

// FindProductsByCode returns the product with this id and the one with this barcode,
// archived or not.
func (tx *Tx) FindProductsByCode(ctx context.Context, tenant, code string) ([]harang.Product, error) {
	return queryAll(ctx, tx, findProductsByCode, scanProduct, tenant, code)
}

// FindProductsByCode is the same outside a transaction.
func (s *Store) FindProductsByCode(ctx context.Context, tenant, code string) ([]harang.Product, error) {
	return queryAll(ctx, s.reader(), findProductsByCode, scanProduct, tenant, code)
}

// nameKey is the position of a row in a list by name.
type nameKey struct {
	Sort, ID string
	// First are the ids that the first page had before the list.
	First []string `json:",omitempty"`
}

// named is a row of such a list.
type named[T any] struct {
	item T
	key  nameKey
}

// findNamed reads a page of a list by name, on the first page after the entries first. patterns are those of the
// search.
func findNamed[T any](
	ctx context.Context, s *Store, list string, q *query, scan func(row) (named[T], error),
	tenant string, cq harang.CatalogueQuery, patterns []any, first []named[T],
) (harang.Page[T], error) {
	var after nameKey
	if err := decodeCursor(list, cq.Cursor, &after); err != nil {
		return harang.Page[T]{}, err
	}
	first = first[:min(len(first), cq.Limit)]
	if cq.Cursor != "" {
		first = nil
	}
	for _, n := range first {
		after.First = append(after.First, n.key.ID)
	}
	args := append(append([]any{tenant}, patterns...), boolInt(cq.Archived), after.Sort, after.ID,
		cq.Limit+1+len(after.First))
	rows, err := queryAll(ctx, s.reader(), q, scan, args...)
	if err != nil {
		return harang.Page[T]{}, err
	}
	rows = slices.DeleteFunc(rows, func(n named[T]) bool { return slices.Contains(after.First, n.key.ID) })
	for i := range first {
		first[i].key = nameKey{} // the list begins after it
	}
	rows = append(first, rows...)
	return pageOf(list, rows, cq.Limit, func(n named[T]) T { return n.item }, func(n named[T]) any {
		n.key.First = after.First
		return n.key
	})
}

// FindLocations returns a page of a tenant's locations by name.
func (s *Store) FindLocations(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Location], error) {
	return findNamed(ctx, s, "locations", findLocations, func(r row) (n named[harang.Location], err error) {
		n.item, err = scanLocationAnd(r, &n.key.Sort)
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q, namePatterns(q.Search), nil)
}

// FindPartners returns a page of a tenant's partners by name. With a phone number it returns only those that have it.
func (s *Store) FindPartners(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	if q.Phone != "" {
		found, err := s.FindPartnersByPhone(ctx, tenant, q.Phone, "", q.Archived, q.Limit)
		return harang.Page[harang.Partner]{Items: append([]harang.Partner{}, found...)}, err
	}
	return findNamed(ctx, s, "partners", findPartners, func(r row) (n named[harang.Partner], err error) {
		n.item, err = scanPartnerAnd(r, &n.key.Sort)
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q, partnerPatterns(q.Search), nil)
}

// phonesBatch is of how many partners one statement reads the phone numbers.
const phonesBatch = 50

// FindPartnerPhones returns the phone numbers of those partners who have one, by the partners' ids.
func (s *Store) FindPartnerPhones(ctx context.Context, tenant string, ids []string) (map[string]string, error) {
	phones := map[string]string{}
	for batch := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), phonesBatch) {
		args := []any{tenant}
		for i := range phonesBatch {
			args = append(args, batch[min(i, len(batch)-1)]) // the last one fills the batch
		}
		_, err := queryAll(ctx, s.reader(), findPartnerPhones, func(r row) (struct{}, error) {
			var id, phone string
			err := r.Scan(&id, &phone)
			phones[id] = phone
			return struct{}{}, err
		}, args...)
		if err != nil {
			return nil, err
		}
	}
	return phones, nil
}

// FindPartnersByPhone returns partners with a phone number but one (""), by id.
func (s *Store) FindPartnersByPhone(
	ctx context.Context, tenant, phone, except string, archived bool, limit int,
) ([]harang.Partner, error) {
	return queryAll(ctx, s.reader(), findPartnersByPhone, scanPartner, tenant, harang.PhoneKey(phone), except,
		boolInt(archived), limit)
}

// FindProducts returns a page of a tenant's products by name. Those whose id or barcode
// is the search itself come first. With a code it returns only those that have it.
func (s *Store) FindProducts(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Product], error) {
	if q.Code != "" {
		found, err := s.FindProductsByCode(ctx, tenant, q.Code)
		return harang.Page[harang.Product]{Items: append([]harang.Product{}, found...)}, err
	}
	var first []named[harang.Product]
	if code := strings.TrimSpace(q.Search); code != "" && q.Cursor == "" {
		exact, err := s.FindProductsByCode(ctx, tenant, code)
		if err != nil {
			return harang.Page[harang.Product]{}, err
		}
		for _, p := range exact {
			if p.Archived == q.Archived {
				first = append(first, named[harang.Product]{p, nameKey{ID: p.ID}})
			}
		}
	}
	return findNamed(ctx, s, "products", findProducts, func(r row) (n named[harang.Product], err error) {
		n.item, err = scanProductAnd(r, &n.key.Sort)
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q, namePatterns(q.Search), first)
}
