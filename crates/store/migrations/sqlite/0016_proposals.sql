-- What is proposed to be done to the ledger, what becomes of it, and what was sent (gate::proposal).
-- The state is what the events make of it; the column only finds proposals. Versions, events, intents
-- and outcomes are only ever added. An intent is written before its request is sent, and its outcome
-- when it is known.

CREATE TABLE proposal (
    tenant_id   TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    proposal_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    department  TEXT NOT NULL,
    finding_id  TEXT,
    undoes      TEXT,
    party       TEXT,
    money_cents BIGINT NOT NULL CHECK (money_cents >= 0),
    sentence    TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'executing', 'executed', 'failed',
                    'unknown', 'undone', 'rejected', 'cleared', 'expired')),
    version_no  BIGINT NOT NULL,
    made_at     TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id)
);

-- A finding has one proposal that is not over, and so has the taking back of another.
CREATE UNIQUE INDEX proposal_one_for_a_finding ON proposal (tenant_id, finding_id)
    WHERE state IN ('proposed', 'approved', 'executing', 'unknown');
CREATE UNIQUE INDEX proposal_one_way_back ON proposal (tenant_id, undoes)
    WHERE state IN ('proposed', 'approved', 'executing', 'unknown');
CREATE INDEX proposal_by_state ON proposal (tenant_id, state, made_at);

CREATE TABLE proposal_version (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    version_no  BIGINT NOT NULL CHECK (version_no >= 1),
    maker       TEXT NOT NULL,
    at          TEXT NOT NULL,
    draft       TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, version_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE proposal_event (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    event_no    BIGINT NOT NULL CHECK (event_no >= 1),
    -- The id of a person; nothing for what the program does by itself.
    actor       TEXT,
    at          TEXT NOT NULL,
    event       TEXT NOT NULL,
    -- Why, where that is not part of the event.
    reason      TEXT,
    PRIMARY KEY (tenant_id, proposal_id, event_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE intent (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    step_no     BIGINT NOT NULL CHECK (step_no >= 0),
    request_id  TEXT NOT NULL,
    -- The version token that is sent along, and the record as it was read just before; nothing for
    -- a new record.
    token       TEXT,
    before      TEXT,
    at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, step_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE outcome (
    tenant_id   TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    step_no     BIGINT NOT NULL,
    -- The record that was made or changed; nothing when the vendor refused.
    record_id   TEXT,
    -- The record as the vendor answered; nothing when it is gone.
    kept        TEXT,
    -- What every record that it touched or named looked like after it, as JSON.
    after       TEXT NOT NULL,
    told        TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, step_no),
    FOREIGN KEY (tenant_id, proposal_id, step_no) REFERENCES intent (tenant_id, proposal_id, step_no)
);

CREATE TRIGGER proposal_version_is_never_changed BEFORE UPDATE ON proposal_version
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER proposal_version_is_never_deleted BEFORE DELETE ON proposal_version
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;

CREATE TRIGGER proposal_event_is_never_changed BEFORE UPDATE ON proposal_event
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER proposal_event_is_never_deleted BEFORE DELETE ON proposal_event
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;

CREATE TRIGGER intent_is_never_changed BEFORE UPDATE ON intent
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER intent_is_never_deleted BEFORE DELETE ON intent
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;

CREATE TRIGGER outcome_is_never_changed BEFORE UPDATE ON outcome
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
CREATE TRIGGER outcome_is_never_deleted BEFORE DELETE ON outcome
BEGIN SELECT RAISE(ABORT, 'what was decided and done is only added to'); END;
