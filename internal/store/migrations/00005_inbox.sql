-- +goose Up
-- Other applications queue events here, in their own transactions; a node deletes
-- them and appends them as events, in the order of queued_at (any growing number of
-- the application), then of source and id. A refused row stays, with the reason,
-- until the application deletes it, or corrects it and sets refused_at to NULL.
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
