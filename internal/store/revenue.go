package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"harang.dev/harang"
)

var (
	// A payment that a node of version 0.1.0 has reversed has no refund: it counts as
	// given back when it was received.
	sumReceived = define("sum received payments", `
		SELECT r.location_id, MAX(r.location_name), p.method, COUNT(*), SUM(p.amount),
			SUM(CASE WHEN p.status = 'REVERSED' AND p.refunded < p.amount THEN 1 ELSE 0 END),
			SUM(CASE WHEN p.status = 'REVERSED' THEN p.amount - p.refunded ELSE 0 END),
			SUM(CASE WHEN p.status = 'REVERSED' AND p.refunded < p.amount THEN 0 ELSE p.rounding END)
		FROM payments p JOIN rentals r ON r.id = p.rental_id
		WHERE p.tenant_id = $1 AND p.settled_at >= $2 AND p.settled_at < $3 AND ($4 = '' OR r.location_id = $4)
			AND p.status IN ('SUCCEEDED', 'REVERSED')
		GROUP BY r.location_id, p.method`)
	sumGivenBack = define("sum refunds", `
		SELECT f.location_id, MAX(r.location_name), f.method, 0, 0, COUNT(*), SUM(f.amount), SUM(f.rounding)
		FROM refunds f JOIN rentals r ON r.id = f.rental_id
		WHERE f.tenant_id = $1 AND f.settled_at >= $2 AND f.settled_at < $3 AND ($4 = '' OR f.location_id = $4)
		GROUP BY f.location_id, f.method`)
)

// SumRevenue returns the money of a time, of the rentals at one location or at all ("").
func (s *Store) SumRevenue(
	ctx context.Context, tenant, locationID string, from, to time.Time,
) (harang.Revenue, error) {
	out := harang.Revenue{From: from, To: to}
	for _, q := range []*query{sumReceived, sumGivenBack} {
		lines, err := queryAll(ctx, s.reader(), q, func(r row) (l harang.RevenueLine, err error) {
			err = r.Scan(&l.LocationID, &l.LocationName, &l.Method, &l.Payments, &l.Received, &l.Refunds, &l.Refunded,
				&l.Rounding)
			return l, err
		}, tenant, from.UnixMilli(), to.UnixMilli(), locationID)
		if err != nil {
			return out, err
		}
		for _, l := range lines {
			at := slices.IndexFunc(out.Lines, func(have harang.RevenueLine) bool {
				return have.LocationID == l.LocationID && have.Method == l.Method
			})
			if at < 0 {
				out.Lines = append(out.Lines, l)
				continue
			}
			sum := &out.Lines[at]
			sum.Payments += l.Payments
			sum.Received += l.Received
			sum.Refunds += l.Refunds
			sum.Refunded += l.Refunded
			sum.Rounding += l.Rounding
		}
	}
	slices.SortFunc(out.Lines, func(a, b harang.RevenueLine) int {
		return cmp.Or(cmp.Compare(a.LocationID, b.LocationID), cmp.Compare(b.Method, a.Method))
	})
	return out, nil
}
