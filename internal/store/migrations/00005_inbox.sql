-- +goose Up
-- Other applications leave events here, in their own transactions; a node takes
-- them out and makes them events. They are taken in the order of queued_at, any
-- number of the application that grows, then of source and id. What is refused
-- stays, with the reason, until the application deletes it or mends it and sets
-- refused_at to NULL.
CREATE TABLE event_inbox (
    tenant_id TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    queued_at BIGINT NOT NULL DEFAULT 0,
    refused_at BIGINT,
    problem TEXT,
    PRIMARY KEY (tenant_id, source, id)
);
CREATE INDEX event_inbox_waiting ON event_inbox (queued_at, source, id) WHERE refused_at IS NULL;
