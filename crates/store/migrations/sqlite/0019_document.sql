-- Documents that people bring, such as the paper of a bill, byte for byte. They are evidence of what
-- was approved and attached, so they are only ever added.

CREATE TABLE document (
    tenant_id   TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    document_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    bytes       BIGINT NOT NULL CHECK (bytes > 0),
    -- SHA-256 of the content, in hexadecimal.
    digest      TEXT NOT NULL,
    content     BLOB NOT NULL,
    -- The id of a person.
    added_by    TEXT,
    at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, document_id)
);

CREATE TRIGGER document_is_never_changed BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'documents are only added to'); END;
CREATE TRIGGER document_is_never_deleted BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'documents are only added to'); END;
