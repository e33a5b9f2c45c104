-- What runs by itself: when a tenant's regular work is next due, and what vendors announced.

CREATE TABLE schedule (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    name       TEXT COLLATE "C" NOT NULL,
    next_at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- Ids only, so that an event that is sent twice is known; nothing that it says is kept.
CREATE TABLE hook_event (
    tenant_id    TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    system       TEXT COLLATE "C" NOT NULL,
    event_id     TEXT COLLATE "C" NOT NULL,
    received_at  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, system, event_id)
);
CREATE INDEX hook_event_by_age ON hook_event (tenant_id, received_at);

-- For when an announcement last asked for a reading.
CREATE TABLE hook_wake (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    system     TEXT COLLATE "C" NOT NULL,
    woke_at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, system)
);

ALTER TABLE schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedule FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON schedule
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE hook_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE hook_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hook_event
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE hook_wake ENABLE ROW LEVEL SECURITY;
ALTER TABLE hook_wake FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hook_wake
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
