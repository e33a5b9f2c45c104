-- What was changed about the company itself and by whom: settings, connections, jobs tried again.
-- Decisions about pairs, readings and releases from quarantine have rows of their own that stay.

CREATE TABLE audit_entry (
    tenant_id  TEXT   NOT NULL REFERENCES this_tenant (tenant_id),
    entry_no   BIGINT NOT NULL,
    at         TEXT   NOT NULL,
    -- The id of a person; nothing for what the program does by itself or the operator by hand.
    actor      TEXT,
    action     TEXT   NOT NULL,
    about      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, entry_no)
);

CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_entry_is_never_deleted BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
