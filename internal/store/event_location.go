package store

import (
	"context"
	"encoding/json"
)

// placeBatch is how many events one transaction gives their locations.
const placeBatch = 200

var (
	findUnplaced = define("find events without location", `
		SELECT id, tenant_id, managers, data FROM events
		WHERE location_id IS NULL AND type = 'stock_alert' AND (tenant_id, managers) > ($1, $2)
		ORDER BY tenant_id, managers LIMIT $3`)
	placeEvent = define("set location of event", `
		UPDATE events SET location_id = $1 WHERE id = $2`)
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

// UpdateEventLocations writes the locations of alerts that an older version of the
// program has written, in small transactions, and returns how many.
func (s *Store) UpdateEventLocations(ctx context.Context) (int, error) {
	placed := 0
	for last := (unplaced{}); ; {
		events, err := queryAll(ctx, s.reader(), findUnplaced, scanUnplaced, last.tenant, last.managers, placeBatch)
		if err != nil || len(events) == 0 {
			return placed, err
		}
		if err := s.within(ctx, func(tx *Tx) error {
			for _, e := range events {
				var about struct{ LocationID string }
				_ = json.Unmarshal([]byte(e.data), &about) // unreadable: about none
				if _, err := execute(ctx, tx, placeEvent, about.LocationID, e.id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return placed, err
		}
		placed, last = placed+len(events), events[len(events)-1]
	}
}
