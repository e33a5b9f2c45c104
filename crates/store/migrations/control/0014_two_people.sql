-- What takes two people: giving somebody more. And the mode of an office that has one.
--
-- Rows are ended, not deleted: who proposed what for whom, and who said yes, must stay answerable.

CREATE TABLE proposed_raise (
    tenant_id    TEXT NOT NULL REFERENCES tenant (tenant_id),
    raise_no     BIGINT NOT NULL,
    -- A member who gets a role; nobody yet for an invitation, which has an address and a name.
    person_id    TEXT,
    mail         TEXT,
    name         TEXT,
    -- Names of roles, separated by spaces.
    roles        TEXT NOT NULL,
    -- Cover has both days; a standing role has none.
    from_day     TEXT,
    until_day    TEXT,
    proposed_by  TEXT NOT NULL,
    proposed_at  TEXT NOT NULL,
    lapses_at    TEXT NOT NULL,
    -- When its delay is over, where there was no other owner and everybody was told.
    ripe_at      TEXT,
    outcome      TEXT CHECK (outcome IN
                     ('confirmed', 'ripened', 'refused', 'withdrawn', 'lapsed', 'void')),
    ended_at     TEXT,
    ended_by     TEXT,
    PRIMARY KEY (tenant_id, raise_no),
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id),
    CHECK ((person_id IS NULL) = (mail IS NOT NULL)),
    CHECK ((mail IS NULL) = (name IS NULL)),
    CHECK ((from_day IS NULL) = (until_day IS NULL)),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

-- Sole approver mode, once for each time that it was switched on or given another delay.
CREATE TABLE sole_approver (
    tenant_id          TEXT NOT NULL REFERENCES tenant (tenant_id),
    mode_no            BIGINT NOT NULL,
    since              TEXT NOT NULL,
    person_id          TEXT NOT NULL,
    reason             TEXT NOT NULL,
    cooling_off_hours  BIGINT NOT NULL CHECK (cooling_off_hours >= 24),
    ended_at           TEXT,
    ended_by           TEXT,
    PRIMARY KEY (tenant_id, mode_no)
);
CREATE UNIQUE INDEX sole_approver_of_tenant ON sole_approver (tenant_id) WHERE ended_at IS NULL;
