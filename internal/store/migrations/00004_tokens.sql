-- +goose Up
-- Access tokens that name no user have no session. Those that were logged out
-- stand here until they would have ended by themselves.
CREATE TABLE ended_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX ended_tokens_expiry ON ended_tokens (expires_at);
