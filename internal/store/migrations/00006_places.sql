-- +goose Up
-- The rentals of one location, which may be few among many.
CREATE INDEX rentals_place ON rentals (tenant_id, location_id, created_at, id);
CREATE INDEX rentals_place_status ON rentals (tenant_id, location_id, status, created_at, id);
