-- The tenants of an installation.
--
-- One text for both engines: TEXT and BIGINT only, digests in hexadecimal, no triggers.

CREATE TABLE tenant (
    tenant_id   TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL
        CHECK (state IN ('preparing', 'active', 'suspended', 'erasing', 'erased')),
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
);
