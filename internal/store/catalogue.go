package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"harang.dev/harang"
)

var (
	putLocation = define("put location", `
		INSERT INTO locations (tenant_id, id, name, sort_key, search_key, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, sort_key = excluded.sort_key,
			search_key = excluded.search_key, updated_at = excluded.updated_at`)

	setOpeningHours = define("set opening hours", `
		UPDATE locations SET opening_hours = $1 WHERE tenant_id = $2 AND id = $3`)

	putPartner = define("put partner", `
		INSERT INTO partners (tenant_id, id, name, sort_key, search_key, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, sort_key = excluded.sort_key,
			search_key = excluded.search_key, updated_at = excluded.updated_at`)

	putProduct = define("put product", `
		INSERT INTO products (tenant_id, id, name, daily_price, sort_key, search_key, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, daily_price = excluded.daily_price,
			sort_key = excluded.sort_key, search_key = excluded.search_key, updated_at = excluded.updated_at`)

	findLocations = define("find locations", `
		SELECT id, name, sort_key, opening_hours FROM locations
		WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\' AND search_key LIKE $3 ESCAPE '\'
			AND search_key LIKE $4 ESCAPE '\'
			AND (sort_key, id) > ($5, $6)
		ORDER BY sort_key, id LIMIT $7`)

	findPartners = define("find partners", `
		SELECT id, name, sort_key FROM partners
		WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\' AND search_key LIKE $3 ESCAPE '\'
			AND search_key LIKE $4 ESCAPE '\'
			AND (sort_key, id) > ($5, $6)
		ORDER BY sort_key, id LIMIT $7`)

	findProducts = define("find products", `
		SELECT id, name, sort_key, daily_price FROM products
		WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\' AND search_key LIKE $3 ESCAPE '\'
			AND search_key LIKE $4 ESCAPE '\'
			AND (sort_key, id) > ($5, $6)
		ORDER BY sort_key, id LIMIT $7`)
)

// PutLocation creates or replaces a location; its opening hours stay.
func (tx *Tx) PutLocation(ctx context.Context, tenant string, l harang.Location) error {
	_, err := execute(ctx, tx, putLocation, tenant, l.ID, l.Name, sortKey(l.Name), searchKey(l.Name, l.ID),
		tx.s.nowMillis())
	return err
}

// SetOpeningHours sets the opening hours of a location; nil for none.
func (tx *Tx) SetOpeningHours(ctx context.Context, tenant, id string, hours *harang.OpeningHours) error {
	var text sql.NullString
	if hours != nil {
		b, err := json.Marshal(hours)
		if err != nil {
			return harang.Wrap(harang.CodeInternal, err, "the opening hours cannot be written")
		}
		text = sql.NullString{String: string(b), Valid: true}
	}
	_, err := execute(ctx, tx, setOpeningHours, text, tenant, id)
	return err
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
	_, err := execute(ctx, tx, putPartner, tenant, p.ID, p.Name, sortKey(p.Name), searchKey(p.Name, p.ID),
		tx.s.nowMillis())
	return err
}

// PutProduct creates or replaces a product.
func (tx *Tx) PutProduct(ctx context.Context, tenant string, p harang.Product) error {
	_, err := execute(ctx, tx, putProduct, tenant, p.ID, p.Name, p.DailyPrice, sortKey(p.Name), searchKey(p.Name, p.ID),
		tx.s.nowMillis())
	return err
}

// nameKey is the position of a row in a list by name.
type nameKey struct{ Sort, ID string }

// named is a row of such a list.
type named[T any] struct {
	item T
	key  nameKey
}

// findNamed reads a page of a list by name.
func findNamed[T any](
	ctx context.Context, s *Store, list string, q *query, scan func(row) (named[T], error),
	tenant string, cq harang.CatalogueQuery,
) (harang.Page[T], error) {
	var after nameKey
	if err := decodeCursor(list, cq.Cursor, &after); err != nil {
		return harang.Page[T]{}, err
	}
	like := likePatterns(cq.Search)
	rows, err := queryAll(ctx, s.reader(), q, scan, tenant, like[0], like[1], like[2], after.Sort, after.ID, cq.Limit+1)
	if err != nil {
		return harang.Page[T]{}, err
	}
	return pageOf(list, rows, cq.Limit, func(n named[T]) T { return n.item }, func(n named[T]) any { return n.key })
}

// FindLocations returns a page of a tenant's locations by name.
func (s *Store) FindLocations(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Location], error) {
	return findNamed(ctx, s, "locations", findLocations, func(r row) (n named[harang.Location], err error) {
		var hours sql.NullString
		if err = r.Scan(&n.item.ID, &n.item.Name, &n.key.Sort, &hours); err == nil {
			n.item.Hours, err = readHours(hours)
		}
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q)
}

// FindPartners returns a page of a tenant's partners by name.
func (s *Store) FindPartners(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	return findNamed(ctx, s, "partners", findPartners, func(r row) (n named[harang.Partner], err error) {
		err = r.Scan(&n.item.ID, &n.item.Name, &n.key.Sort)
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q)
}

// FindProducts returns a page of a tenant's products by name.
func (s *Store) FindProducts(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Product], error) {
	return findNamed(ctx, s, "products", findProducts, func(r row) (n named[harang.Product], err error) {
		err = r.Scan(&n.item.ID, &n.item.Name, &n.key.Sort, &n.item.DailyPrice)
		n.key.ID = n.item.ID
		return n, err
	}, tenant, q)
}
