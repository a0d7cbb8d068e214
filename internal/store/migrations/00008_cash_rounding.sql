-- +goose Up
-- Cash is paid in steps of 5 Ft: what payments settled more (positive) or less
-- (negative) than was owed.
ALTER TABLE payments ADD COLUMN rounding BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rentals ADD COLUMN rounding BIGINT NOT NULL DEFAULT 0;
-- The rentals that are out or returned and not paid in full.
CREATE INDEX rentals_owed ON rentals (tenant_id, created_at, id)
    WHERE status IN ('OPEN', 'OVERDUE', 'RETURNED') AND total_value + rounding > paid;
