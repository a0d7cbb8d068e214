-- One text for both databases. On PostgreSQL every TEXT becomes TEXT COLLATE "C",
-- so that texts sort by their bytes as they do on SQLite.
-- Ids are TEXT from the program, instants BIGINT Unix milliseconds, money BIGINT
-- forints, payloads TEXT, flags BIGINT or a nullable instant.

-- +goose Up
CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The last number of each of a tenant's feeds. This row is locked from the first
-- append of a transaction to its commit.
CREATE TABLE heads (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id),
    epoch TEXT NOT NULL,
    operators BIGINT NOT NULL,
    managers BIGINT NOT NULL,
    control BIGINT NOT NULL
);

-- The outbox and the durable list of notifications. A number is NULL where the
-- audience does not receive the event. tenant_id has no foreign key: the row in
-- heads, updated in the same transaction, guarantees the tenant.
CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    type TEXT NOT NULL,
    at BIGINT NOT NULL,
    data TEXT NOT NULL,
    source TEXT,
    source_id TEXT,
    operators BIGINT,
    managers BIGINT,
    control BIGINT
);
CREATE UNIQUE INDEX events_managers ON events (tenant_id, managers) WHERE managers IS NOT NULL;
CREATE UNIQUE INDEX events_operators ON events (tenant_id, operators) WHERE operators IS NOT NULL;
CREATE UNIQUE INDEX events_control ON events (tenant_id, control) WHERE control IS NOT NULL;
CREATE UNIQUE INDEX events_source ON events (tenant_id, source, source_id) WHERE source IS NOT NULL;
CREATE INDEX events_type ON events (tenant_id, type, managers) WHERE managers IS NOT NULL;
CREATE INDEX events_at ON events (tenant_id, at, managers);

-- Read state. All events up to a mark's number are read; a row in reads is a single
-- read event above it. Both use the managers' number, which every event has.
CREATE TABLE read_marks (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    up_to BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, up_to)
);
CREATE TABLE reads (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, number)
);

-- The user who handles an event.
CREATE TABLE claims (
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX claims_event ON claims (event_id);

-- The catalogue. sort_key is in Hungarian order, search_key without case and accents.
CREATE TABLE locations (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX locations_order ON locations (tenant_id, sort_key, id);

CREATE TABLE partners (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX partners_order ON partners (tenant_id, sort_key, id);

CREATE TABLE products (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    daily_price BIGINT NOT NULL,
    sort_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX products_order ON products (tenant_id, sort_key, id);

-- Available pieces of a product at a location. severity is the present one and
-- alerted the last one with an alert (0 OK, 1 WARNING, 2 CRITICAL); since is the
-- instant at which severity began, event_id the last alert while not OK.
CREATE TABLE stock (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    warning BIGINT NOT NULL,
    critical BIGINT NOT NULL,
    severity BIGINT NOT NULL,
    alerted BIGINT NOT NULL,
    since BIGINT,
    event_id TEXT,
    expected_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id, location_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id)
);
CREATE INDEX stock_location ON stock (tenant_id, location_id);
CREATE INDEX stock_short ON stock (tenant_id, severity) WHERE severity > 0;

-- Every change of a quantity: the sum of a stock item's deltas is its quantity.
CREATE TABLE movements (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    delta BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX movements_stock ON movements (tenant_id, product_id, location_id, at);
