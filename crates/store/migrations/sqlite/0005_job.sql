-- Work to be done, written in the same transaction as what caused it.

CREATE TABLE job (
    tenant_id      TEXT   NOT NULL REFERENCES this_tenant (tenant_id),
    job_id         TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    payload        TEXT   NOT NULL,
    dedupe_key     TEXT,
    state          TEXT   NOT NULL CHECK (state IN ('waiting', 'leased', 'done', 'dead')),
    run_at         TEXT   NOT NULL,
    attempts       BIGINT NOT NULL,
    attempts_most  BIGINT NOT NULL,
    lease_no       BIGINT NOT NULL,
    lease_holder   TEXT,
    lease_until    TEXT,
    last_error     TEXT,
    enqueued_at    TEXT   NOT NULL,
    finished_at    TEXT,
    PRIMARY KEY (tenant_id, job_id),
    CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);

-- The same work waits once. While it is being done it may wait once more, because what asked for
-- it may have come too late for the run that is under way.
CREATE UNIQUE INDEX job_waits_once ON job (tenant_id, kind, dedupe_key) WHERE state = 'waiting';
CREATE INDEX job_due ON job (tenant_id, state, run_at);
