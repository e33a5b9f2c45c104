-- A proposal sends one request, so its intent and its outcome are found by it alone. The column that
-- numbered several was 0 in every row.

ALTER TABLE outcome RENAME TO outcome_before;
ALTER TABLE intent RENAME TO intent_before;

CREATE TABLE intent (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    -- The version token that is sent along, and the record as it was read just before; nothing for
    -- a new record.
    token       TEXT,
    before      TEXT,
    at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE outcome (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    -- The record that was made or changed; nothing when the vendor refused.
    record_id   TEXT,
    -- The record as the vendor answered; nothing when it is gone.
    kept        TEXT,
    -- What every record that it touched or named looked like after it, as JSON.
    after       TEXT NOT NULL,
    told        TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES intent (tenant_id, proposal_id)
);

INSERT INTO intent (tenant_id, proposal_id, request_id, token, before, at)
    SELECT tenant_id, proposal_id, request_id, token, before, at FROM intent_before;
INSERT INTO outcome (tenant_id, proposal_id, record_id, kept, after, told, at)
    SELECT tenant_id, proposal_id, record_id, kept, after, told, at FROM outcome_before;

-- Their triggers go with them, which frees the names.
DROP TABLE outcome_before;
DROP TABLE intent_before;

CREATE TRIGGER intent_is_never_changed BEFORE UPDATE ON intent
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER intent_is_never_deleted BEFORE DELETE ON intent
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;

CREATE TRIGGER outcome_is_never_changed BEFORE UPDATE ON outcome
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER outcome_is_never_deleted BEFORE DELETE ON outcome
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
