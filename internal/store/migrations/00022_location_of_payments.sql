-- +goose Up
-- The location of a payment's rental; NULL for a payment that an older version has
-- written, whose rental has it.
ALTER TABLE payments ADD COLUMN location_id TEXT;
-- The sums of the payments that were received at a location, less what was given back.
CREATE INDEX payments_received_location ON payments (tenant_id, location_id, settled_at, amount, refunded)
    WHERE status = 'SUCCEEDED';
