-- +goose Up
-- barcodes are a product's codes, separated by spaces; product_barcodes has each of
-- them with its product. Archived things are in no choices, lists, counts and alerts.
ALTER TABLE products ADD COLUMN barcodes TEXT NOT NULL DEFAULT '';
ALTER TABLE products ADD COLUMN archived_at BIGINT;
ALTER TABLE partners ADD COLUMN archived_at BIGINT;
ALTER TABLE locations ADD COLUMN archived_at BIGINT;
CREATE INDEX products_archived ON products (tenant_id, id) WHERE archived_at IS NOT NULL;
CREATE INDEX locations_archived ON locations (tenant_id, id) WHERE archived_at IS NOT NULL;

CREATE TABLE product_barcodes (
    tenant_id TEXT NOT NULL,
    code TEXT NOT NULL,
    product_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, code),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX product_barcodes_product ON product_barcodes (tenant_id, product_id);
