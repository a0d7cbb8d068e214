-- +goose Up
-- The location that an event is about: '' for none, NULL for a type that never has one,
-- and for an alert that an older version wrote.
ALTER TABLE events ADD COLUMN location_id TEXT;
-- A location's events of a type in the order of their list.
CREATE INDEX events_location ON events (tenant_id, location_id, type, managers) WHERE location_id IS NOT NULL;
-- The alerts whose location is still to be written.
CREATE INDEX events_unplaced ON events (tenant_id, managers) WHERE location_id IS NULL AND type = 'stock_alert';
