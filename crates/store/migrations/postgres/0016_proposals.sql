-- As migrations/sqlite/0016_proposals.sql.

CREATE TABLE proposal (
    tenant_id   TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    proposal_id TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    department  TEXT COLLATE "C" NOT NULL,
    finding_id  TEXT COLLATE "C",
    undoes      TEXT COLLATE "C",
    party       TEXT COLLATE "C",
    money_cents BIGINT NOT NULL CHECK (money_cents >= 0),
    sentence    TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'approved', 'executing', 'executed', 'failed',
                    'unknown', 'undone', 'rejected', 'cleared', 'expired')),
    version_no  BIGINT NOT NULL,
    made_at     TEXT COLLATE "C" NOT NULL,
    changed_at  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id)
);
CREATE UNIQUE INDEX proposal_one_for_a_finding ON proposal (tenant_id, finding_id)
    WHERE state IN ('proposed', 'approved', 'executing', 'unknown');
CREATE UNIQUE INDEX proposal_one_way_back ON proposal (tenant_id, undoes)
    WHERE state IN ('proposed', 'approved', 'executing', 'unknown');
CREATE INDEX proposal_by_state ON proposal (tenant_id, state, made_at);

CREATE TABLE proposal_version (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    proposal_id TEXT COLLATE "C" NOT NULL,
    version_no  BIGINT NOT NULL CHECK (version_no >= 1),
    maker       TEXT COLLATE "C" NOT NULL,
    at          TEXT COLLATE "C" NOT NULL,
    draft       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, version_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE proposal_event (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    proposal_id TEXT COLLATE "C" NOT NULL,
    event_no    BIGINT NOT NULL CHECK (event_no >= 1),
    actor       TEXT COLLATE "C",
    at          TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, proposal_id, event_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE intent (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    proposal_id TEXT COLLATE "C" NOT NULL,
    step_no     BIGINT NOT NULL CHECK (step_no >= 0),
    request_id  TEXT COLLATE "C" NOT NULL,
    token       TEXT COLLATE "C",
    before      TEXT COLLATE "C",
    at          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, step_no),
    FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposal (tenant_id, proposal_id)
);

CREATE TABLE outcome (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    proposal_id TEXT COLLATE "C" NOT NULL,
    step_no     BIGINT NOT NULL,
    record_id   TEXT COLLATE "C",
    kept        TEXT COLLATE "C",
    after       TEXT COLLATE "C" NOT NULL,
    told        TEXT COLLATE "C" NOT NULL,
    at          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, proposal_id, step_no),
    FOREIGN KEY (tenant_id, proposal_id, step_no) REFERENCES intent (tenant_id, proposal_id, step_no)
);

CREATE TRIGGER proposal_version_is_only_added_to BEFORE UPDATE OR DELETE ON proposal_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_version_is_never_emptied BEFORE TRUNCATE ON proposal_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER proposal_event_is_only_added_to BEFORE UPDATE OR DELETE ON proposal_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_event_is_never_emptied BEFORE TRUNCATE ON proposal_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER intent_is_only_added_to BEFORE UPDATE OR DELETE ON intent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER intent_is_never_emptied BEFORE TRUNCATE ON intent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER outcome_is_only_added_to BEFORE UPDATE OR DELETE ON outcome
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcome_is_never_emptied BEFORE TRUNCATE ON outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON proposal
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE proposal_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal_version FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON proposal_version
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE proposal_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON proposal_event
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE intent ENABLE ROW LEVEL SECURITY;
ALTER TABLE intent FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON intent
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE outcome ENABLE ROW LEVEL SECURITY;
ALTER TABLE outcome FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outcome
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
