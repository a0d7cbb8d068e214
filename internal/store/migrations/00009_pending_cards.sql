-- +goose Up
-- The card that a notification named with a payment, until the provider's own answer
-- about that payment: it becomes the partner's card, or is dropped.
CREATE TABLE pending_cards (
    payment_id TEXT NOT NULL PRIMARY KEY REFERENCES payments (id),
    tenant_id TEXT NOT NULL,
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    expires TEXT NOT NULL,
    label TEXT NOT NULL,
    at BIGINT NOT NULL
);
