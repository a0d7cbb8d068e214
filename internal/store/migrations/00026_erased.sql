-- +goose Up
-- A person whose data was erased: names and addresses are replaced, the row stays.
ALTER TABLE partners ADD COLUMN erased_at BIGINT;
ALTER TABLE users ADD COLUMN erased_at BIGINT;

-- Erased persons. kind is 'partner' or 'user'. due_at is the instant of the next pass
-- over the copies of names in other tables, NULL after the last one. renew is 1 while
-- windows, logs and pages may have entries from before a pass.
CREATE TABLE erasures (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    passes BIGINT NOT NULL,
    due_at BIGINT,
    renew BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, subject_id)
);
CREATE INDEX erasures_due ON erasures (due_at) WHERE due_at IS NOT NULL;
