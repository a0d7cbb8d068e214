-- +goose Up
-- Every event for people has a location, '' for none. These are still to get theirs: a
-- version that wrote it for alerts only, or not at all, has written them.
CREATE INDEX events_without_location ON events (tenant_id, managers)
    WHERE location_id IS NULL AND managers IS NOT NULL;
