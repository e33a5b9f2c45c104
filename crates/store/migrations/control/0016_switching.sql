-- Switching more on takes two people like giving somebody more: the same table holds it.
--
-- A rule of a table cannot be changed in a file, so the table is made again with every row.

ALTER TABLE proposed_raise RENAME TO proposed_raise_before;
CREATE TABLE proposed_raise (
    tenant_id    TEXT NOT NULL REFERENCES tenant (tenant_id),
    raise_no     BIGINT NOT NULL,
    -- A member who gets a role; nobody yet for an invitation, which has an address and a name.
    person_id    TEXT,
    mail         TEXT,
    name         TEXT,
    -- Names of roles, separated by spaces.
    roles        TEXT,
    -- Switches and limits, as gate writes what each was and becomes, and the same as it was told.
    steps        TEXT,
    told         TEXT,
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
    CHECK ((roles IS NULL) = (steps IS NOT NULL)),
    CHECK ((roles IS NULL) = (person_id IS NULL AND mail IS NULL)),
    CHECK (person_id IS NULL OR mail IS NULL),
    CHECK ((steps IS NULL) = (told IS NULL)),
    CHECK ((mail IS NULL) = (name IS NULL)),
    CHECK ((from_day IS NULL) = (until_day IS NULL)),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
INSERT INTO proposed_raise (tenant_id, raise_no, person_id, mail, name, roles, from_day, until_day,
                            proposed_by, proposed_at, lapses_at, ripe_at, outcome, ended_at,
                            ended_by)
    SELECT tenant_id, raise_no, person_id, mail, name, roles, from_day, until_day, proposed_by,
           proposed_at, lapses_at, ripe_at, outcome, ended_at, ended_by
    FROM proposed_raise_before;
DROP TABLE proposed_raise_before;
