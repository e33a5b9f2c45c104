-- As migrations/sqlite/0008_quarantine.sql.

CREATE TABLE quarantine (
    tenant_id    TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    since        TEXT COLLATE "C" NOT NULL,
    backup_of    TEXT COLLATE "C" NOT NULL,
    released_at  TEXT COLLATE "C",
    released_by  TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, since),
    CHECK ((released_at IS NULL) = (released_by IS NULL))
);

ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantine FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON quarantine
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
