-- +goose Up
-- Tenants take turns in the inbox. Nodes of version 0.1.0 read event_inbox_waiting.
CREATE INDEX event_inbox_turns ON event_inbox (tenant_id, queued_at, source, id) WHERE refused_at IS NULL;
