-- +goose Up
-- The conditions that the slips of a location's rentals have; NULL for none.
ALTER TABLE locations ADD COLUMN rental_terms TEXT;
