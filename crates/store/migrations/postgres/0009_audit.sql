-- As migrations/sqlite/0009_audit.sql.

CREATE TABLE audit_entry (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    entry_no   BIGINT           NOT NULL,
    at         TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C",
    action     TEXT COLLATE "C" NOT NULL,
    about      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, entry_no)
);

CREATE TRIGGER audit_entry_is_only_added_to BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_is_never_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entry
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
