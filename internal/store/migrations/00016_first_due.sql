-- +goose Up
-- The due instant of the checkout, of a rental that was extended; NULL for others.
ALTER TABLE rentals ADD COLUMN first_due_at BIGINT;
