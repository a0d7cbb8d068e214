package store

import (
	"context"
	"encoding/json"

	"harang.dev/harang"
)

// placeBatch is how many events one transaction gives their locations.
const placeBatch = 200

var (
	findUnplaced = define("find events without location", `
		SELECT id, tenant_id, managers, data FROM events
		WHERE location_id IS NULL AND managers IS NOT NULL AND (tenant_id, managers) > ($1, $2)
		ORDER BY tenant_id, managers LIMIT $3`)
	placeEvent = define("set location of event", `
		UPDATE events SET location_id = $1 WHERE id = $2`)
	// The tenant is no column of an index here: SQLite would read all of its rentals. With a
	// column that no index has PostgreSQL does not read a whole index instead.
	findRentalLocations = define("find locations of rentals", `
		SELECT id, location_id, location_name FROM rentals
		WHERE tenant_id || '' = $1 AND id IN (`+parameters(2, statesBatch)+`)`)
)

// unplaced is an event that an older version has written.
type unplaced struct {
	id, tenant string
	managers   int64
	data       string
}

func scanUnplaced(r row) (e unplaced, err error) {
	err = r.Scan(&e.id, &e.tenant, &e.managers, &e.data)
	return e, err
}

// locationsOfEvents returns the locations of a tenant's events by their payloads, in their
// order: the location that a payload names, else that of the rental, else that of the rental
// of the payment it names. "" for none, and for a rental or payment that is unknown here.
func locationsOfEvents(ctx context.Context, run runner, tenant string, payloads []string) ([]string, error) {
	type subject struct{ LocationID, RentalID, TransactionID string }
	subjects := make([]subject, len(payloads))
	var rentals, payments []string
	for i, data := range payloads {
		about := &subjects[i]
		_ = json.Unmarshal([]byte(data), about) // unreadable: about none
		switch {
		case about.LocationID != "":
		case about.RentalID != "":
			rentals = append(rentals, about.RentalID)
		case about.TransactionID != "":
			payments = append(payments, about.TransactionID)
		}
	}
	type found struct{ id, location, name string }
	ofRentals, err := queryByIDs(ctx, run, findRentalLocations, func(r row) (f found, err error) {
		err = r.Scan(&f.id, &f.location, &f.name)
		return f, err
	}, tenant, rentals)
	if err != nil {
		return nil, err
	}
	ofPayments, err := paymentStates(ctx, run, tenant, payments)
	if err != nil {
		return nil, err
	}
	byRental, byPayment := map[string]string{}, map[string]string{}
	for _, f := range ofRentals {
		byRental[f.id] = f.location
	}
	for _, p := range ofPayments {
		byPayment[p.ID] = p.LocationID
	}
	locations := make([]string, len(payloads))
	for i, about := range subjects {
		switch {
		case about.LocationID != "":
			locations[i] = about.LocationID
		case about.RentalID != "":
			locations[i] = byRental[about.RentalID]
		default:
			locations[i] = byPayment[about.TransactionID]
		}
	}
	return locations, nil
}

// setLocations sets the locations of a tenant's events for people that have none yet.
func (tx *Tx) setLocations(ctx context.Context, tenant string, events []*harang.Event) error {
	var without []*harang.Event
	var payloads []string
	for _, e := range events {
		if t, ok := harang.FindEventType(e.Type); ok && !t.Control() && e.LocationID == "" {
			without, payloads = append(without, e), append(payloads, string(e.Data))
		}
	}
	locations, err := locationsOfEvents(ctx, tx, tenant, payloads)
	for i, location := range locations {
		without[i].LocationID = location
	}
	return err
}

// UpdateEventLocations writes the locations of events that an older version of the
// program has written, in small transactions, and returns how many.
func (s *Store) UpdateEventLocations(ctx context.Context) (int, error) {
	placed := 0
	for last := (unplaced{}); ; {
		events, err := queryAll(ctx, s.reader(), findUnplaced, scanUnplaced, last.tenant, last.managers, placeBatch)
		if err != nil || len(events) == 0 {
			return placed, err
		}
		last = events[len(events)-1]
		locations := make([]string, 0, len(events))
		for rest := events; len(rest) > 0; {
			var payloads []string
			for len(payloads) < len(rest) && rest[len(payloads)].tenant == rest[0].tenant {
				payloads = append(payloads, rest[len(payloads)].data)
			}
			found, err := locationsOfEvents(ctx, s.reader(), rest[0].tenant, payloads)
			if err != nil {
				return placed, err
			}
			locations, rest = append(locations, found...), rest[len(payloads):]
		}
		if err := s.within(ctx, func(tx *Tx) error {
			for i, e := range events {
				if _, err := execute(ctx, tx, placeEvent, locations[i], e.id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return placed, err
		}
		placed += len(events)
	}
}
