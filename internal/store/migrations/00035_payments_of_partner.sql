-- +goose Up
-- The payments of one partner, which may be few among many.
CREATE INDEX payments_partner ON payments (tenant_id, partner_id, created_at, id);
