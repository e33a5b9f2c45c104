-- A restored tenant keeps to itself until somebody releases it: nothing is read from a vendor, no
-- token is refreshed and no job is taken. Released rows stay, as evidence.

CREATE TABLE quarantine (
    tenant_id    TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    since        TEXT NOT NULL,
    backup_of    TEXT NOT NULL,
    released_at  TEXT,
    released_by  TEXT,
    PRIMARY KEY (tenant_id, since),
    CHECK ((released_at IS NULL) = (released_by IS NULL))
);
