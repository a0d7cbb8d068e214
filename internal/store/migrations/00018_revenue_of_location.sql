-- +goose Up
-- The payments that were received, with the rental that says at which location.
CREATE INDEX payments_received_rental ON payments (tenant_id, settled_at, rental_id, amount, refunded)
    WHERE status = 'SUCCEEDED';
