-- What runs by itself: when a tenant's regular work is next due, and what vendors announced.

CREATE TABLE schedule (
    tenant_id  TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    name       TEXT NOT NULL,
    next_at    TEXT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- Ids only, so that an event that is sent twice is known; nothing that it says is kept.
CREATE TABLE hook_event (
    tenant_id    TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    system       TEXT NOT NULL,
    event_id     TEXT NOT NULL,
    received_at  TEXT NOT NULL,
    PRIMARY KEY (tenant_id, system, event_id)
);
CREATE INDEX hook_event_by_age ON hook_event (tenant_id, received_at);

-- For when an announcement last asked for a reading.
CREATE TABLE hook_wake (
    tenant_id  TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    system     TEXT NOT NULL,
    woke_at    TEXT NOT NULL,
    PRIMARY KEY (tenant_id, system)
);
