-- +goose Up
-- What an API key may do, separated by spaces. NULL for the keys of older versions,
-- which have events:write, catalogue:write and stock:write.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
-- NULL for a key that does not end by itself.
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT;
-- When the key was last used, to the minute; NULL before.
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;
-- Calls a minute on each node; NULL for any number.
ALTER TABLE api_keys ADD COLUMN rate_limit BIGINT;
