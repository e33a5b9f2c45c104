-- Backups that were made of the whole installation, for `doctor`. A data folder notes its newest
-- in a file instead, because the process that makes it may not write here.

CREATE TABLE backup (
    made_at  TEXT   NOT NULL PRIMARY KEY,
    tenants  BIGINT NOT NULL,
    bytes    BIGINT NOT NULL
);
