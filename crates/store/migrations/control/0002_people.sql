-- People, what they may do, and how they are let in.
--
-- A person signs in once for all companies they belong to; roles belong to one company. Rows of
-- memberships and grants are ended, not deleted: who could do what on a day must stay answerable.
-- Every token is kept as a digest only, so that this file lets nobody in.

CREATE TABLE person (
    person_id         TEXT NOT NULL PRIMARY KEY,
    -- In lower case: the same address in other letters is the same person.
    mail              TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    password_hash     TEXT NOT NULL,
    created_at        TEXT NOT NULL,
    -- Sealed. The pending one becomes the other when a code of it was shown.
    factor_secret     TEXT,
    factor_pending    TEXT,
    -- The newest time step whose code was used; codes up to it are spent.
    factor_last_step  BIGINT NOT NULL DEFAULT -1,
    factor_try_step   BIGINT NOT NULL DEFAULT -1,
    factor_tries      BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
    person_id    TEXT NOT NULL REFERENCES person (person_id),
    code_digest  TEXT NOT NULL,
    used_at      TEXT,
    PRIMARY KEY (person_id, code_digest)
);

CREATE TABLE membership (
    tenant_id  TEXT NOT NULL REFERENCES tenant (tenant_id),
    person_id  TEXT NOT NULL REFERENCES person (person_id),
    joined_at  TEXT NOT NULL,
    ended_at   TEXT,
    ended_by   TEXT,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE INDEX membership_of_person ON membership (person_id);

CREATE TABLE role_grant (
    tenant_id   TEXT NOT NULL,
    grant_no    BIGINT NOT NULL,
    person_id   TEXT NOT NULL,
    role        TEXT NOT NULL,
    -- Cover has both days; a standing role has none.
    from_day    TEXT,
    until_day   TEXT,
    granted_at  TEXT NOT NULL,
    granted_by  TEXT NOT NULL,
    ended_at    TEXT,
    ended_by    TEXT,
    PRIMARY KEY (tenant_id, grant_no),
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id),
    CHECK ((from_day IS NULL) = (until_day IS NULL))
);
CREATE INDEX role_grant_of_person ON role_grant (tenant_id, person_id);

CREATE TABLE session (
    session_id     TEXT NOT NULL PRIMARY KEY,
    token_digest   TEXT NOT NULL UNIQUE,
    tenant_id      TEXT NOT NULL,
    person_id      TEXT NOT NULL,
    created_at     TEXT NOT NULL,
    seen_at        TEXT NOT NULL,
    -- When a second factor was last shown in this session.
    factor_at      TEXT,
    user_agent     TEXT NOT NULL,
    address        TEXT NOT NULL,
    ended_at       TEXT,
    ended_because  TEXT,
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id)
);
CREATE INDEX session_of_person ON session (person_id);

CREATE TABLE invitation (
    tenant_id      TEXT NOT NULL REFERENCES tenant (tenant_id),
    invitation_id  TEXT NOT NULL,
    token_digest   TEXT NOT NULL UNIQUE,
    mail           TEXT NOT NULL,
    name           TEXT NOT NULL,
    -- Names of roles, separated by spaces.
    roles          TEXT NOT NULL,
    invited_by     TEXT NOT NULL,
    invited_at     TEXT NOT NULL,
    expires_at     TEXT NOT NULL,
    -- Accepted or withdrawn: either way its token is spent.
    ended_at       TEXT,
    PRIMARY KEY (tenant_id, invitation_id)
);

CREATE TABLE password_reset (
    token_digest  TEXT NOT NULL PRIMARY KEY,
    person_id     TEXT NOT NULL REFERENCES person (person_id),
    asked_at      TEXT NOT NULL,
    expires_at    TEXT NOT NULL,
    used_at       TEXT
);

CREATE TABLE api_token (
    tenant_id     TEXT NOT NULL,
    api_token_id  TEXT NOT NULL,
    person_id     TEXT NOT NULL,
    token_digest  TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    scope         TEXT NOT NULL CHECK (scope IN ('read')),
    created_at    TEXT NOT NULL,
    expires_at    TEXT NOT NULL,
    used_at       TEXT,
    revoked_at    TEXT,
    PRIMARY KEY (tenant_id, api_token_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id)
);

-- Tries to sign in by account. The account is a digest, because it may be one that does not exist.
CREATE TABLE sign_in_attempt (
    account     TEXT NOT NULL PRIMARY KEY,
    failures    BIGINT NOT NULL,
    closed_until TEXT NOT NULL,
    day         TEXT NOT NULL,
    on_day      BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_by_end ON sign_in_attempt (closed_until);
