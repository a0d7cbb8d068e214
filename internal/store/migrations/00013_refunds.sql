-- +goose Up
-- Pieces of a line that came back while its rental stays open. quantity is what is
-- still out, so that a node of an older version puts no piece back twice.
ALTER TABLE rental_lines ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;

-- One sum of one payment that is given back: cash by a person at once, cards by the
-- provider. The row is committed before the provider is called; check_at is the instant
-- of the next try, NULL when the money is back. rounding is the change of the rental's.
CREATE TABLE refunds (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    rental_id TEXT NOT NULL REFERENCES rentals (id),
    payment_id TEXT NOT NULL REFERENCES payments (id),
    partner_id TEXT NOT NULL,
    partner_name TEXT NOT NULL,
    location_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    rounding BIGINT NOT NULL,
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT NOT NULL,
    error_message TEXT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    check_at BIGINT,
    checks BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX refunds_order ON refunds (tenant_id, created_at, id);
CREATE INDEX refunds_open ON refunds (tenant_id, created_at, id) WHERE status <> 'SUCCEEDED';
CREATE INDEX refunds_rental ON refunds (rental_id, created_at, id);
CREATE INDEX refunds_settled ON refunds (tenant_id, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX refunds_check ON refunds (check_at) WHERE check_at IS NOT NULL;

-- The sums of its refunds that were made, and of those that were not yet.
ALTER TABLE payments ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rentals ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rentals ADD COLUMN refund_pending BIGINT NOT NULL DEFAULT 0;
-- The rentals that are out or returned and not paid in full.
CREATE INDEX rentals_owing ON rentals (tenant_id, created_at, id)
    WHERE status IN ('OPEN', 'OVERDUE', 'RETURNED') AND total_value + rounding + refund_pending > paid;
