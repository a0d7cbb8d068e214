-- +goose Up
-- Rentals in the order of their due instants.
CREATE INDEX rentals_due_order ON rentals (tenant_id, due_at, id);
-- The sums of payments that were received, less what was given back.
CREATE INDEX payments_received ON payments (tenant_id, settled_at, amount, refunded) WHERE status = 'SUCCEEDED';
-- The payments that were received in a time, given back since or not.
CREATE INDEX payments_settled_at ON payments (tenant_id, settled_at) WHERE settled_at IS NOT NULL;
