-- +goose Up
-- Who did what: written in the transaction of the change, never changed, deleted after 400
-- days. Names are those of that time. actor_id is '' for failed logins. before_state and
-- after_state are small JSON objects without secrets.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_role TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    before_state TEXT,
    after_state TEXT
);
-- The list, by each combination of its filters. An index is on the text that its query
-- asks for, so that no database can choose another one.
CREATE INDEX audit_order ON audit (tenant_id, at, id);
CREATE INDEX audit_actor ON audit ((tenant_id || ' ' || actor_id), at, id);
CREATE INDEX audit_action ON audit ((tenant_id || ' ' || action), at, id);
CREATE INDEX audit_actor_action ON audit ((tenant_id || ' ' || action || ' ' || actor_id), at, id);
CREATE INDEX audit_subject ON audit ((tenant_id || ' ' || subject_kind || ' ' || subject_id), at, id);
CREATE INDEX audit_subject_action ON audit
    ((tenant_id || ' ' || action || ' ' || subject_kind || ' ' || subject_id), at, id);

-- How many failed logins a row of the audit log stands for. Rows only count up.
CREATE TABLE audit_counts (
    audit_id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    count BIGINT NOT NULL
);
CREATE INDEX audit_counts_age ON audit_counts (at);
