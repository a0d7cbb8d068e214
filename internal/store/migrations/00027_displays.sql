-- +goose Up
-- Displays on the walls of shops. hash is the SHA-256 of the secret in a display's link, in
-- hex. screen_id is the newest opening of the link, network the one it came from: both ''
-- before the first. location_id is NULL for all locations.
CREATE TABLE displays (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    location_id TEXT,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    screen_id TEXT NOT NULL,
    network TEXT NOT NULL,
    FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id)
);
CREATE UNIQUE INDEX displays_hash ON displays (hash);
CREATE INDEX displays_tenant ON displays (tenant_id, id);
