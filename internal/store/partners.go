package store

import (
	"context"
	"database/sql"
	"slices"

	"harang.dev/harang"
)

// accountsBatch is of how many partners one statement reads the accounts.
const accountsBatch = 50

var (
	// Each part reads the few rows of one index.
	findPartnerAccounts = define("find accounts of partners", `
		SELECT p.id,
			(SELECT COALESCE(SUM(total_value + rounding + refund_pending - paid), 0) FROM rentals r
				WHERE r.tenant_id = p.tenant_id AND r.partner_id = p.id AND `+owes+`),
			(SELECT MAX(r.created_at) FROM rentals r WHERE r.tenant_id = p.tenant_id AND r.partner_id = p.id)
		FROM partners p WHERE p.tenant_id = $1 AND p.id IN (`+parameters(2, accountsBatch)+`)`)
	findRentalsOfPartner = define("find rentals of partner", `
		SELECT `+rentalColumns+` FROM rentals
		WHERE tenant_id = $1 AND partner_id = $2 AND (created_at, id) < ($3, $4)
		ORDER BY created_at DESC, id DESC LIMIT $5`)
)

// FindPartnerAccounts returns what the rentals of partners come to, by the partners' ids.
func (s *Store) FindPartnerAccounts(
	ctx context.Context, tenant string, ids []string,
) (map[string]harang.PartnerAccount, error) {
	type accountOf struct {
		id      string
		account harang.PartnerAccount
	}
	accounts := make(map[string]harang.PartnerAccount, len(ids))
	for batch := range slices.Chunk(ids, accountsBatch) {
		args := []any{tenant}
		for i := range accountsBatch {
			args = append(args, batch[min(i, len(batch)-1)]) // the last partner fills the batch
		}
		rows, err := queryAll(ctx, s.reader(), findPartnerAccounts, func(r row) (v accountOf, err error) {
			var last sql.NullInt64
			err = r.Scan(&v.id, &v.account.Owed, &last)
			v.account.LastRental = timeOf(last)
			return v, err
		}, args...)
		if err != nil {
			return nil, err
		}
		for _, v := range rows {
			accounts[v.id] = v.account
		}
	}
	return accounts, nil
}

// FindRentalsOfPartner returns a page of a partner's rentals, newest first, with their lines. INVALID_REQUEST for a
// cursor of another list.
func (s *Store) FindRentalsOfPartner(
	ctx context.Context, tenant, partnerID, cursor string, limit int,
) (harang.Page[harang.Rental], error) {
	const name = "rentals of partner"
	after := newestFirst
	if err := decodeCursor(name, cursor, &after); err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	rows, err := queryAll(ctx, s.reader(), findRentalsOfPartner, scanRental, tenant, partnerID, after.At, after.ID,
		limit+1)
	if err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	return s.rentalPage(ctx, name, rows, limit, func(r harang.Rental) any {
		return timeKey{r.Created.UnixMilli(), r.ID}
	})
}

// rentalPage is the page of rows, with their lines. key is the position of a row.
func (s *Store) rentalPage(
	ctx context.Context, list string, rows []harang.Rental, limit int, key func(harang.Rental) any,
) (harang.Page[harang.Rental], error) {
	page, err := pageOf(list, rows, limit, func(r harang.Rental) harang.Rental { return r }, key)
	if err != nil {
		return page, err
	}
	fit, err := s.addLines(ctx, page.Items)
	if err == nil && fit < len(page.Items) {
		page.Items = page.Items[:fit]
		page.Next, err = encodeCursor(list, key(page.Items[fit-1]))
	}
	return page, err
}
