-- +goose Up
-- Lists, counts and deletions that read only the rows that they need.

-- The operators' events in the order of the managers' numbers, by which their list
-- is ordered and their read marks are kept.
CREATE INDEX events_operators_list ON events (tenant_id, managers, operators) WHERE operators IS NOT NULL;
-- Reads and marks of deleted events, of all users.
CREATE INDEX reads_number ON reads (tenant_id, number, user_id);
CREATE INDEX read_marks_number ON read_marks (tenant_id, up_to);
-- The sessions of a user that are not over.
CREATE INDEX sessions_live ON sessions (user_id, expires_at) WHERE ended_at IS NULL;
