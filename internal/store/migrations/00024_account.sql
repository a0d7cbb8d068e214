-- +goose Up
-- language is the user's own choice. password_temporary is 1 while the password is one that
-- an administrator chose, which the user must replace. signed_in_at is the first login.
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN password_temporary BIGINT;
ALTER TABLE users ADD COLUMN signed_in_at BIGINT;

-- device is what the User-Agent header says, shortened; network the address prefix of the
-- last use, used_at its time, at most once a minute. confirmed_at is when the user last
-- proved the password in this session; null means at the login. new_device is 1 for a login
-- from a browser in which the account had not signed in before.
ALTER TABLE sessions ADD COLUMN device TEXT;
ALTER TABLE sessions ADD COLUMN network TEXT;
ALTER TABLE sessions ADD COLUMN used_at BIGINT;
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT;
ALTER TABLE sessions ADD COLUMN new_device BIGINT;
