-- Documents that people bring, such as the paper of a bill, byte for byte. They are evidence of what
-- was approved and attached, so they are only ever added.

CREATE TABLE document (
    tenant_id   TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    document_id TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    media_type  TEXT COLLATE "C" NOT NULL,
    bytes       BIGINT NOT NULL CHECK (bytes > 0),
    digest      TEXT COLLATE "C" NOT NULL,
    content     BYTEA NOT NULL,
    added_by    TEXT COLLATE "C",
    at          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, document_id)
);

CREATE TRIGGER document_is_only_added_to BEFORE UPDATE OR DELETE ON document
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_is_never_emptied BEFORE TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE document ENABLE ROW LEVEL SECURITY;
ALTER TABLE document FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON document
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
