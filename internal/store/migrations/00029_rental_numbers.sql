-- +goose Up
-- The number of a rental for people: B-2026-000123. NULL for a rental that an older version
-- has written, until it gets one.
ALTER TABLE rentals ADD COLUMN number TEXT;
CREATE UNIQUE INDEX rentals_number ON rentals (tenant_id, number) WHERE number IS NOT NULL;
-- The rentals that are still to get a number, of all tenants.
CREATE INDEX rentals_without_number ON rentals (created_at, id) WHERE number IS NULL;

-- The last number that a tenant's rentals of a year have taken. The row is locked until the
-- commit, so that no number is taken twice.
CREATE TABLE rental_numbers (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, year)
);
