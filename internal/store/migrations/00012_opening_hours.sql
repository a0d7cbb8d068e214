-- +goose Up
-- JSON of the opening hours; NULL for a location without.
ALTER TABLE locations ADD COLUMN opening_hours TEXT;
