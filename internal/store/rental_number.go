package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"harang.dev/harang"
)

// numberBatch is how many rentals one transaction numbers.
const numberBatch = 200

var (
	takeRentalNumbers = define("take rental numbers", `
		INSERT INTO rental_numbers (tenant_id, year, last) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, year) DO UPDATE SET last = rental_numbers.last + excluded.last
		RETURNING last`)
	// Every instant is above 0: the index is read from its beginning.
	lockUnnumbered = define("lock rentals without number", `
		UPDATE rentals SET version = version + 1
		WHERE number IS NULL AND id IN (
			SELECT id FROM rentals WHERE number IS NULL AND created_at > $1 ORDER BY created_at, id LIMIT $2)
		RETURNING id, tenant_id, created_at`)
	numberRental = define("number rental", `
		UPDATE rentals SET number = $1 WHERE id = $2`)
)

// TakeRentalNumber returns the tenant's next number of a year, from 1, and locks the year's last number until the
// commit.
func (tx *Tx) TakeRentalNumber(ctx context.Context, tenant string, year int) (int64, error) {
	return queryOne(ctx, tx, takeRentalNumbers, scanInt, tenant, year, 1)
}

// unnumbered is a rental that an older version has written.
type unnumbered struct {
	id, tenant string
	created    time.Time
}

func scanUnnumbered(r row) (u unnumbered, err error) {
	var created int64
	err = r.Scan(&u.id, &u.tenant, &created)
	u.created = fromMillis(created)
	return u, err
}

// UpdateRentalNumbers numbers the rentals that an older version of the program has written,
// the oldest first, in small transactions, and returns how many.
func (s *Store) UpdateRentalNumbers(ctx context.Context) (int, error) {
	for numbered := 0; ; {
		n := 0
		err := s.within(ctx, func(tx *Tx) error {
			rentals, err := queryAll(ctx, tx, lockUnnumbered, scanUnnumbered, 0, numberBatch)
			n = len(rentals)
			if err != nil {
				return err
			}
			return tx.numberRentals(ctx, rentals)
		})
		if err != nil || n == 0 {
			return numbered, err
		}
		numbered += n
	}
}

// numberRentals numbers locked rentals of several tenants.
func (tx *Tx) numberRentals(ctx context.Context, rentals []unnumbered) error {
	slices.SortFunc(rentals, func(a, b unnumbered) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), a.created.Compare(b.created), cmp.Compare(a.id, b.id))
	})
	for len(rentals) > 0 {
		tenant, year := rentals[0].tenant, harang.RentalYear(rentals[0].created)
		n := slices.IndexFunc(rentals, func(u unnumbered) bool {
			return u.tenant != tenant || harang.RentalYear(u.created) != year
		})
		if n < 0 {
			n = len(rentals)
		}
		last, err := queryOne(ctx, tx, takeRentalNumbers, scanInt, tenant, year, n)
		if err != nil {
			return err
		}
		for i, u := range rentals[:n] {
			number := harang.RentalNumber(year, last-int64(n-1-i))
			if _, err := execute(ctx, tx, numberRental, number, u.id); err != nil {
				return err
			}
		}
		rentals = rentals[n:]
	}
	return nil
}
