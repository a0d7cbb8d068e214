-- +goose Up
-- How a partner is reached, as it was written, and a note; NULL for none. phone_key is the number in its one form, by
-- which partners with the same number are found, email_key the search key of the address. An older node leaves all
-- five as they are.
ALTER TABLE partners ADD COLUMN phone TEXT;
ALTER TABLE partners ADD COLUMN email TEXT;
ALTER TABLE partners ADD COLUMN note TEXT;
ALTER TABLE partners ADD COLUMN phone_key TEXT;
ALTER TABLE partners ADD COLUMN email_key TEXT;
CREATE INDEX partners_phone ON partners (tenant_id, phone_key) WHERE phone_key IS NOT NULL;
-- The rentals of a partner, and those that owe (the condition of rentals_owing).
CREATE INDEX rentals_partner ON rentals (tenant_id, partner_id, created_at, id);
CREATE INDEX rentals_partner_owing ON rentals (tenant_id, partner_id)
    WHERE status IN ('OPEN', 'OVERDUE', 'RETURNED') AND total_value + rounding + refund_pending > paid;
-- What an older node left there when it erased a partner.
CREATE INDEX partners_erased_contact ON partners (tenant_id, id)
    WHERE erased_at IS NOT NULL AND (phone IS NOT NULL OR email IS NOT NULL OR note IS NOT NULL);
