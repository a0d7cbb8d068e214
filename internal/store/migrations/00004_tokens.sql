-- +goose Up
-- Access tokens without a user have no session. Those that were logged out are here
-- until they expire.
CREATE TABLE ended_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX ended_tokens_expiry ON ended_tokens (expires_at);
