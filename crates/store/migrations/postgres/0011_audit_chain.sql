-- As migrations/sqlite/0011_audit_chain.sql.

CREATE TABLE audit_link (
    tenant_id  TEXT COLLATE "C" NOT NULL,
    entry_no   BIGINT           NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (tenant_id, entry_no),
    FOREIGN KEY (tenant_id, entry_no) REFERENCES audit_entry (tenant_id, entry_no)
);

CREATE TRIGGER audit_link_is_only_added_to BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_link_is_never_emptied BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE audit_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_link FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_link
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
