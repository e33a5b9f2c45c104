-- The chain over the audit: the hash of each entry and of the one before (gate::chain). A table of
-- its own, because entries are never changed, also those that were written before there was a
-- chain; the next entry links them first.

CREATE TABLE audit_link (
    tenant_id  TEXT   NOT NULL,
    entry_no   BIGINT NOT NULL,
    hash       TEXT   NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (tenant_id, entry_no),
    FOREIGN KEY (tenant_id, entry_no) REFERENCES audit_entry (tenant_id, entry_no)
);

CREATE TRIGGER audit_link_is_never_changed BEFORE UPDATE ON audit_link
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_link_is_never_deleted BEFORE DELETE ON audit_link
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
