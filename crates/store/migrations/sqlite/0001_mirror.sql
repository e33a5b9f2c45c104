-- The tenant of this file, the cycles and the mirror.
--
-- Every tenant table refers, directly or through a parent, to the only row of this_tenant: the
-- foreign key is the second lock against rows of another tenant. project_id and parent_id hold
-- the smallest 64-bit integer where a record has none, because a key column cannot be null.

CREATE TABLE this_tenant (
    tenant_id  TEXT   NOT NULL PRIMARY KEY,
    only_row   BIGINT NOT NULL UNIQUE CHECK (only_row = 1)
);

CREATE TRIGGER this_tenant_is_never_changed BEFORE UPDATE ON this_tenant
BEGIN SELECT RAISE(ABORT, 'the tenant of a file never changes'); END;
CREATE TRIGGER this_tenant_is_never_deleted BEFORE DELETE ON this_tenant
BEGIN SELECT RAISE(ABORT, 'the tenant of a file never changes'); END;

CREATE TABLE cycle (
    tenant_id    TEXT   NOT NULL REFERENCES this_tenant (tenant_id),
    cycle_no     BIGINT NOT NULL,
    run_no       BIGINT NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('open', 'finished', 'abandoned')),
    started_at   TEXT   NOT NULL,
    finished_at  TEXT,
    as_of        TEXT,
    PRIMARY KEY (tenant_id, cycle_no),
    CHECK ((state = 'finished') = (as_of IS NOT NULL)),
    CHECK ((state = 'open') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX cycle_open_once ON cycle (tenant_id) WHERE state = 'open';

CREATE TABLE cycle_system (
    tenant_id    TEXT   NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT   NOT NULL,
    account_id   TEXT   NOT NULL,
    captured_at  TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_touched (
    tenant_id    TEXT   NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT   NOT NULL,
    resource     TEXT   NOT NULL,
    project_id   BIGINT NOT NULL,
    run_no       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, resource, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_resource (
    tenant_id    TEXT   NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT   NOT NULL,
    resource     TEXT   NOT NULL,
    reach        TEXT   NOT NULL CHECK (reach IN ('everything', 'project')),
    project_id   BIGINT NOT NULL,
    outcome      TEXT   NOT NULL CHECK (outcome IN ('sweep', 'changes', 'incomplete', 'blind')),
    reason       TEXT   NOT NULL,
    present      BIGINT NOT NULL,
    removed      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, resource, reach, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cycle_meter (
    tenant_id    TEXT   NOT NULL,
    cycle_no     BIGINT NOT NULL,
    system       TEXT   NOT NULL,
    meter        TEXT   NOT NULL,
    count        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, cycle_no, system, meter),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE cursor (
    tenant_id    TEXT   NOT NULL,
    system       TEXT   NOT NULL,
    resource     TEXT   NOT NULL,
    reach        TEXT   NOT NULL,
    project_id   BIGINT NOT NULL,
    cycle_no     BIGINT NOT NULL,
    value        TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, reach, project_id),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

-- The newest version of each record, so that a page is compared without reading bodies.
CREATE TABLE record (
    tenant_id    TEXT   NOT NULL REFERENCES this_tenant (tenant_id),
    system       TEXT   NOT NULL,
    resource     TEXT   NOT NULL,
    project_id   BIGINT NOT NULL,
    parent_id    BIGINT NOT NULL,
    id_length    BIGINT NOT NULL,
    external_id  TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    digest       BLOB   NOT NULL,
    removed      BIGINT NOT NULL CHECK (removed IN (0, 1)),
    seen_run     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, project_id, parent_id, id_length, external_id)
) WITHOUT ROWID;

-- What the vendors returned, for ever. id_length stands before external_id so that the key order
-- of whole numbers is their numeric order.
CREATE TABLE record_version (
    tenant_id         TEXT   NOT NULL,
    system            TEXT   NOT NULL,
    resource          TEXT   NOT NULL,
    project_id        BIGINT NOT NULL,
    parent_id         BIGINT NOT NULL,
    id_length         BIGINT NOT NULL,
    external_id       TEXT   NOT NULL,
    version           BIGINT NOT NULL,
    first_seen_cycle  BIGINT NOT NULL,
    removed           BIGINT NOT NULL CHECK (removed IN (0, 1)),
    digest            BLOB   NOT NULL,
    body              TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, system, resource, project_id, parent_id, id_length, external_id, version),
    FOREIGN KEY (tenant_id, first_seen_cycle) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TRIGGER record_version_is_never_changed BEFORE UPDATE ON record_version
BEGIN SELECT RAISE(ABORT, 'versions of records are immutable'); END;
CREATE TRIGGER record_version_is_never_deleted BEFORE DELETE ON record_version
BEGIN SELECT RAISE(ABORT, 'versions of records are immutable'); END;
