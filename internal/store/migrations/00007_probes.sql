-- +goose Up
-- One row per node, written and read back every few seconds: a database that
-- answers but cannot be written makes its node not ready.
CREATE TABLE probes (
    node TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX probes_age ON probes (at);
