-- What people decided, what the checks found, and the runs that said so.

CREATE TABLE decision (
    tenant_id    TEXT   NOT NULL REFERENCES this_tenant (tenant_id),
    decision_no  BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    verdict      TEXT   NOT NULL CHECK (verdict IN ('confirmed', 'refused', 'withdrawn')),
    procore      TEXT   NOT NULL,
    quickbooks   TEXT   NOT NULL,
    decided_by   TEXT,
    decided_at   TEXT   NOT NULL,
    note         TEXT,
    PRIMARY KEY (tenant_id, decision_no)
);
CREATE INDEX decision_by_pair ON decision (tenant_id, kind, procore, quickbooks, decision_no);

CREATE TRIGGER decision_is_never_changed BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are only added to'); END;
CREATE TRIGGER decision_is_never_deleted BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are only added to'); END;

CREATE TABLE publication (
    tenant_id       TEXT   NOT NULL,
    publication_no  BIGINT NOT NULL,
    cycle_no        BIGINT NOT NULL,
    as_of           TEXT   NOT NULL,
    proof           TEXT   NOT NULL,
    published_at    TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, publication_no),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE finding (
    tenant_id     TEXT   NOT NULL,
    finding_id    TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('open', 'cleared')),
    check_code    TEXT   NOT NULL,
    project_id    BIGINT,
    also_touches  TEXT   NOT NULL,
    customer_id   TEXT,
    amount_cents  BIGINT,
    severity      BIGINT NOT NULL,
    position      BIGINT NOT NULL,
    body          TEXT   NOT NULL,
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
    tenant_id       TEXT   NOT NULL,
    finding_id      TEXT   NOT NULL,
    publication_no  BIGINT NOT NULL,
    event           TEXT   NOT NULL CHECK (event IN ('opened', 'changed', 'cleared', 'reopened')),
    amount_cents    BIGINT,
    PRIMARY KEY (tenant_id, finding_id, publication_no),
    FOREIGN KEY (tenant_id, finding_id) REFERENCES finding (tenant_id, finding_id),
    FOREIGN KEY (tenant_id, publication_no) REFERENCES publication (tenant_id, publication_no)
);

CREATE TRIGGER finding_event_is_never_changed BEFORE UPDATE ON finding_event
BEGIN SELECT RAISE(ABORT, 'the history of an item is only added to'); END;
CREATE TRIGGER finding_event_is_never_deleted BEFORE DELETE ON finding_event
BEGIN SELECT RAISE(ABORT, 'the history of an item is only added to'); END;

CREATE TABLE result (
    tenant_id    TEXT   NOT NULL,
    result_no    BIGINT NOT NULL,
    cycle_no     BIGINT NOT NULL,
    as_of        TEXT   NOT NULL,
    digest       BLOB   NOT NULL,
    body         TEXT   NOT NULL,
    produced_at  TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, result_no),
    UNIQUE (tenant_id, cycle_no, digest),
    FOREIGN KEY (tenant_id, cycle_no) REFERENCES cycle (tenant_id, cycle_no)
);

CREATE TABLE figure (
    tenant_id   TEXT   NOT NULL,
    figure_id   TEXT   NOT NULL,
    result_no   BIGINT NOT NULL,
    definition  TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    inputs      TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, figure_id, result_no),
    FOREIGN KEY (tenant_id, result_no) REFERENCES result (tenant_id, result_no)
);

CREATE TRIGGER result_is_never_changed BEFORE UPDATE ON result
BEGIN SELECT RAISE(ABORT, 'results are immutable'); END;
CREATE TRIGGER result_is_never_deleted BEFORE DELETE ON result
BEGIN SELECT RAISE(ABORT, 'results are immutable'); END;
CREATE TRIGGER figure_is_never_changed BEFORE UPDATE ON figure
BEGIN SELECT RAISE(ABORT, 'receipts are immutable'); END;
CREATE TRIGGER figure_is_never_deleted BEFORE DELETE ON figure
BEGIN SELECT RAISE(ABORT, 'receipts are immutable'); END;
