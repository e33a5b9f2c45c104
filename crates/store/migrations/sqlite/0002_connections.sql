-- Connections to the vendors: pending authorisations, the connection and its tokens.

CREATE TABLE oauth_state (
    tenant_id      TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    state_digest   BLOB NOT NULL,
    system         TEXT NOT NULL,
    session        TEXT NOT NULL,
    pkce_verifier  TEXT,
    expires_at     TEXT NOT NULL,
    used_at        TEXT,
    PRIMARY KEY (tenant_id, state_digest)
);

CREATE TABLE connection (
    tenant_id     TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    system        TEXT NOT NULL,
    environment   TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    grant_type    TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('connected', 'needs_reconnect', 'disconnected')),
    reason        TEXT NOT NULL,
    resync_due    BIGINT NOT NULL CHECK (resync_due IN (0, 1)),
    changed_at    TEXT NOT NULL,
    PRIMARY KEY (tenant_id, system)
);

CREATE TABLE token (
    tenant_id           TEXT   NOT NULL,
    system              TEXT   NOT NULL,
    generation          BIGINT NOT NULL,
    access_token        TEXT   NOT NULL,
    refresh_token       TEXT,
    obtained_at         TEXT   NOT NULL,
    access_expires_at   TEXT   NOT NULL,
    refresh_expires_at  TEXT,
    refresh_started_at  TEXT,
    lease_holder        TEXT,
    lease_until         TEXT,
    PRIMARY KEY (tenant_id, system),
    FOREIGN KEY (tenant_id, system) REFERENCES connection (tenant_id, system)
);
