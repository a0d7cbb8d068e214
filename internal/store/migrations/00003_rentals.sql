-- +goose Up
-- A checkout. Names are copies from its day. paid and pending are the sums of its
-- payments, updated with each of them.
CREATE TABLE rentals (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    partner_name TEXT NOT NULL,
    location_id TEXT NOT NULL,
    location_name TEXT NOT NULL,
    status TEXT NOT NULL,
    equipment_count BIGINT NOT NULL,
    total_value BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    closed_at BIGINT,
    version BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id),
    FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id)
);
CREATE INDEX rentals_order ON rentals (tenant_id, created_at, id);
CREATE INDEX rentals_status ON rentals (tenant_id, status, created_at, id);
CREATE INDEX rentals_out ON rentals (tenant_id, due_at, status) WHERE status IN ('OPEN', 'OVERDUE');
CREATE INDEX rentals_due ON rentals (due_at) WHERE status = 'OPEN';
CREATE INDEX rentals_unpaid ON rentals (created_at) WHERE status = 'AWAITING_PAYMENT';

CREATE TABLE rental_lines (
    rental_id TEXT NOT NULL REFERENCES rentals (id),
    line BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    daily_price BIGINT NOT NULL,
    PRIMARY KEY (rental_id, line)
);

-- One attempt to pay. The row is committed before the provider is called; check_at is
-- the instant of the next status call, NULL when the payment is settled.
CREATE TABLE payments (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    rental_id TEXT NOT NULL REFERENCES rentals (id),
    partner_id TEXT NOT NULL,
    partner_name TEXT NOT NULL,
    amount BIGINT NOT NULL,
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT NOT NULL,
    error_message TEXT NOT NULL,
    card_token TEXT NOT NULL,
    provider TEXT NOT NULL,
    reference TEXT NOT NULL,
    refund_due BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    failed_at BIGINT,
    check_at BIGINT,
    checks BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX payments_order ON payments (tenant_id, created_at, id);
CREATE INDEX payments_status ON payments (tenant_id, status, created_at, id);
CREATE INDEX payments_rental ON payments (rental_id, created_at, id);
CREATE INDEX payments_settled ON payments (tenant_id, settled_at, amount) WHERE status = 'SUCCEEDED';
CREATE INDEX payments_failed ON payments (tenant_id, failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX payments_check ON payments (check_at) WHERE check_at IS NOT NULL;

-- Processed notifications of a payment provider, by which a repeated one is
-- recognized. raw is the body as received.
CREATE TABLE payment_notices (
    tenant_id TEXT NOT NULL,
    notice_key TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    raw TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, notice_key)
);
CREATE INDEX payment_notices_age ON payment_notices (at);

-- Cards that a provider stores for a partner: the provider's token, never a card
-- number.
CREATE TABLE partner_cards (
    tenant_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    expires TEXT NOT NULL,
    label TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, partner_id, token),
    FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id)
);

-- A tenant's payment provider. No row: the sandbox.
CREATE TABLE payment_settings (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id),
    provider TEXT NOT NULL,
    config_file TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Requests with an Idempotency-Key. status is NULL until the answer is stored.
CREATE TABLE requests (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    route TEXT NOT NULL,
    request_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    status BIGINT,
    body TEXT,
    leased_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, route, request_key)
);
CREATE INDEX requests_age ON requests (created_at);
