-- The tables of all tenants, as migrations/sqlite has them for one, and the walls between them.
--
-- tenant_id stands first in every key, because keys and foreign keys are checked past row security.
-- Text is compared byte by byte, so that both engines give the same order.

CREATE TABLE this_tenant (
    tenant_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY
);

CREATE TABLE cycle (
    tenant_id    TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    cycle_no     BIGINT NOT NULL,
    run_no       BIGINT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'finished', 'abandoned')),
    started_at   TEXT COLLATE "C" NOT NULL,
    finished_at  TEXT COLLATE "C",
    as_of        TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, cycle_no),
    CHECK ((state = 'finished') = (as_of IS NOT NULL)),
    CHECK ((state = 'open') = (finished_at IS NULL))
);

CREATE UNIQUE INDEX cycle_open_once ON cycle (tenant_id) WHERE state = 'open';

CREATE TABLE cycle_system (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT COLLATE "C" NOT NULL,
    account_id   TEXT COLLATE "C" NOT NULL,
    captured_at  TEXT COLLATE "C" NOT NULL,
    detail       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_touched (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    project_id   BIGINT NOT NULL,
    run_no       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, resource, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_resource (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    reach        TEXT COLLATE "C" NOT NULL CHECK (reach IN ('everything', 'project')),
    project_id   BIGINT NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('sweep', 'changes', 'incomplete', 'blind')),
    reason       TEXT COLLATE "C" NOT NULL,
    present      BIGINT NOT NULL,
    removed      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, resource, reach, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_meter (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT COLLATE "C" NOT NULL,
    meter        TEXT COLLATE "C" NOT NULL,
    count        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, meter),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cursor (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    system       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    reach        TEXT COLLATE "C" NOT NULL,
    project_id   BIGINT NOT NULL,
    cycle_no     BIGINT NOT NULL,
    value        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, reach, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

-- The newest version of each record, so that a page is compared without reading bodies.
CREATE TABLE record (
    tenant_id    TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    system       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    project_id   BIGINT NOT NULL,
    parent_id    BIGINT NOT NULL,
    id_length    BIGINT NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    digest       BYTEA NOT NULL,
    removed      BIGINT NOT NULL CHECK (removed IN (0, 1)),
    seen_run     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, project_id, parent_id, id_length, external_id)
);

-- What the vendors returned, for ever. id_length stands before external_id so that the key order
-- of whole numbers is their numeric order.
CREATE TABLE record_version (
    tenant_id         TEXT COLLATE "C" NOT NULL,
    system            TEXT COLLATE "C" NOT NULL,
    resource          TEXT COLLATE "C" NOT NULL,
    project_id        BIGINT NOT NULL,
    parent_id         BIGINT NOT NULL,
    id_length         BIGINT NOT NULL,
    external_id       TEXT COLLATE "C" NOT NULL,
    version           BIGINT NOT NULL,
    first_seen_cycle  BIGINT NOT NULL,
    removed           BIGINT NOT NULL CHECK (removed IN (0, 1)),
    digest            BYTEA NOT NULL,
    body              TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, project_id, parent_id, id_length, external_id, version),
    FOREIGN KEY (tenant_id, first_seen_cycle) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE oauth_state (
    tenant_id      TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    state_digest   BYTEA NOT NULL,
    system         TEXT COLLATE "C" NOT NULL,
    session        TEXT COLLATE "C" NOT NULL,
    pkce_verifier  TEXT COLLATE "C",
    expires_at     TEXT COLLATE "C" NOT NULL,
    used_at        TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, state_digest)
);

CREATE TABLE connection (
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    system        TEXT COLLATE "C" NOT NULL,
    environment   TEXT COLLATE "C" NOT NULL,
    account_id    TEXT COLLATE "C" NOT NULL,
    grant_type    TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('connected', 'needs_reconnect', 'disconnected')),
    reason        TEXT COLLATE "C" NOT NULL,
    resync_due    BIGINT NOT NULL CHECK (resync_due IN (0, 1)),
    changed_at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, system)
);

CREATE TABLE token (
    tenant_id           TEXT COLLATE "C" NOT NULL,
    system              TEXT COLLATE "C" NOT NULL,
    generation          BIGINT NOT NULL,
    access_token        TEXT COLLATE "C" NOT NULL,
    refresh_token       TEXT COLLATE "C",
    obtained_at         TEXT COLLATE "C" NOT NULL,
    access_expires_at   TEXT COLLATE "C" NOT NULL,
    refresh_expires_at  TEXT COLLATE "C",
    refresh_started_at  TEXT COLLATE "C",
    lease_holder        TEXT COLLATE "C",
    lease_until         TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, system),
    FOREIGN KEY (tenant_id, system) REFERENCES connection (tenant_id, system)
);

CREATE TABLE decision (
    tenant_id    TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    decision_no  BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    verdict      TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('confirmed', 'refused', 'withdrawn')),
    procore      TEXT COLLATE "C" NOT NULL,
    quickbooks   TEXT COLLATE "C" NOT NULL,
    decided_by   TEXT COLLATE "C",
    decided_at   TEXT COLLATE "C" NOT NULL,
    note         TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, decision_no)
);

CREATE INDEX decision_by_pair ON decision (tenant_id, kind, procore, quickbooks, decision_no);

CREATE TABLE publication (
    tenant_id       TEXT COLLATE "C" NOT NULL,
    publication_no  BIGINT NOT NULL,
    cycle_no        BIGINT NOT NULL,
    as_of           TEXT COLLATE "C" NOT NULL,
    proof           TEXT COLLATE "C" NOT NULL,
    published_at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, publication_no),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE finding (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    finding_id    TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'cleared')),
    check_code    TEXT COLLATE "C" NOT NULL,
    project_id    BIGINT,
    also_touches  TEXT COLLATE "C" NOT NULL,
    customer_id   TEXT COLLATE "C",
    amount_cents  BIGINT,
    severity      BIGINT NOT NULL,
    position      BIGINT NOT NULL,
    body          TEXT COLLATE "C" NOT NULL,
    opened_in     BIGINT NOT NULL,
    last_seen_in  BIGINT NOT NULL,
    cleared_in    BIGINT,
    PRIMARY KEY (tenant_id, finding_id),
    FOREIGN KEY (tenant_id, opened_in) REFERENCES publication (tenant_id, publication_no),
    FOREIGN KEY (tenant_id, last_seen_in) REFERENCES publication (tenant_id, publication_no),
    FOREIGN KEY (tenant_id, cleared_in) REFERENCES publication (tenant_id, publication_no),
    CHECK ((state = 'cleared') = (cleared_in IS NOT NULL))
);

CREATE INDEX finding_by_severity ON finding (tenant_id, state, severity, position, finding_id);

CREATE TABLE finding_event (
    tenant_id       TEXT COLLATE "C" NOT NULL,
    finding_id      TEXT COLLATE "C" NOT NULL,
    publication_no  BIGINT NOT NULL,
    event           TEXT COLLATE "C" NOT NULL CHECK (event IN ('opened', 'changed', 'cleared', 'reopened')),
    amount_cents    BIGINT,
    PRIMARY KEY (tenant_id, finding_id, publication_no),
    FOREIGN KEY (tenant_id, finding_id) REFERENCES finding (tenant_id, finding_id),
    FOREIGN KEY (tenant_id, publication_no) REFERENCES publication (tenant_id, publication_no)
);

CREATE TABLE result (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    result_no    BIGINT NOT NULL,
    cycle_no     BIGINT NOT NULL,
    as_of        TEXT COLLATE "C" NOT NULL,
    digest       BYTEA NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    produced_at  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, result_no),
    UNIQUE (tenant_id, cycle_no, digest),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE figure (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    figure_id   TEXT COLLATE "C" NOT NULL,
    result_no   BIGINT NOT NULL,
    definition  TEXT COLLATE "C" NOT NULL,
    value       TEXT COLLATE "C" NOT NULL,
    inputs      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, figure_id, result_no),
    FOREIGN KEY (tenant_id, result_no) REFERENCES result (tenant_id, result_no)
);

CREATE TABLE settings (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    body       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- sealed: v1.<key version>.<base64>, bound to tenant, table, column, name and key version.
CREATE TABLE secret (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    name       TEXT COLLATE "C" NOT NULL,
    sealed     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- Work to be done, written in the same transaction as what caused it.
CREATE TABLE job (
    tenant_id      TEXT COLLATE "C" NOT NULL REFERENCES this_tenant (tenant_id),
    job_id         TEXT COLLATE "C" NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL,
    payload        TEXT COLLATE "C" NOT NULL,
    dedupe_key     TEXT COLLATE "C",
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'leased', 'done', 'dead')),
    run_at         TEXT COLLATE "C" NOT NULL,
    attempts       BIGINT NOT NULL,
    attempts_most  BIGINT NOT NULL,
    lease_no       BIGINT NOT NULL,
    lease_holder   TEXT COLLATE "C",
    lease_until    TEXT COLLATE "C",
    last_error     TEXT COLLATE "C",
    enqueued_at    TEXT COLLATE "C" NOT NULL,
    finished_at    TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, job_id),
    CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);

-- The same work waits once. While it is being done it may wait once more, because what asked for
-- it may have come too late for the run that is under way.
CREATE UNIQUE INDEX job_waits_once ON job (tenant_id, kind, dedupe_key) WHERE state = 'waiting';
CREATE INDEX job_due ON job (tenant_id, state, run_at);

-- What is only added to. The application role may not update or delete there either.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only the owner may delete, when a tenant is erased; nobody can log in as the owner.
    IF TG_OP = 'DELETE' AND current_user = 'plumbline_owner' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER record_version_is_only_added_to BEFORE UPDATE OR DELETE ON record_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER record_version_is_never_emptied BEFORE TRUNCATE ON record_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER decision_is_only_added_to BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_is_never_emptied BEFORE TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER finding_event_is_only_added_to BEFORE UPDATE OR DELETE ON finding_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER finding_event_is_never_emptied BEFORE TRUNCATE ON finding_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER result_is_only_added_to BEFORE UPDATE OR DELETE ON result
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER result_is_never_emptied BEFORE TRUNCATE ON result
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER figure_is_only_added_to BEFORE UPDATE OR DELETE ON figure
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER figure_is_never_emptied BEFORE TRUNCATE ON figure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The wall: a transaction sees and writes the rows of the tenant that it has set, and no
-- others. Without a tenant the setting is null or empty, and then there are none.

ALTER TABLE this_tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE this_tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON this_tenant
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cycle ENABLE ROW LEVEL SECURITY;
ALTER TABLE cycle FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cycle
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cycle_system ENABLE ROW LEVEL SECURITY;
ALTER TABLE cycle_system FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cycle_system
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cycle_touched ENABLE ROW LEVEL SECURITY;
ALTER TABLE cycle_touched FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cycle_touched
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cycle_resource ENABLE ROW LEVEL SECURITY;
ALTER TABLE cycle_resource FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cycle_resource
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cycle_meter ENABLE ROW LEVEL SECURITY;
ALTER TABLE cycle_meter FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cycle_meter
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE cursor FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cursor
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE record ENABLE ROW LEVEL SECURITY;
ALTER TABLE record FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON record
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE record_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE record_version FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON record_version
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE oauth_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_state FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON oauth_state
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE connection ENABLE ROW LEVEL SECURITY;
ALTER TABLE connection FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON connection
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE token ENABLE ROW LEVEL SECURITY;
ALTER TABLE token FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON token
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON decision
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE publication ENABLE ROW LEVEL SECURITY;
ALTER TABLE publication FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publication
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE finding FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON finding
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE finding_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE finding_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON finding_event
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE result ENABLE ROW LEVEL SECURITY;
ALTER TABLE result FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON result
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE figure ENABLE ROW LEVEL SECURITY;
ALTER TABLE figure FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON figure
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON settings
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secret
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));

ALTER TABLE job ENABLE ROW LEVEL SECURITY;
ALTER TABLE job FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON job
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
