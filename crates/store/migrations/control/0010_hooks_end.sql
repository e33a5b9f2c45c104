-- An address for Procore's announcements is ended, not deleted: who opened a way in, and who
-- closed it, must stay answerable. A tenant has any number of ended ones and at most one that
-- counts.

ALTER TABLE procore_hook RENAME TO procore_hook_before;

CREATE TABLE procore_hook (
    tenant_id             TEXT NOT NULL REFERENCES tenant (tenant_id),
    path_digest           TEXT NOT NULL PRIMARY KEY,
    authorization_digest  TEXT NOT NULL,
    created_at            TEXT NOT NULL,
    created_by            TEXT NOT NULL,
    ended_at              TEXT,
    ended_by              TEXT
);
CREATE UNIQUE INDEX procore_hook_of_tenant ON procore_hook (tenant_id) WHERE ended_at IS NULL;

INSERT INTO procore_hook (tenant_id, path_digest, authorization_digest, created_at, created_by)
SELECT tenant_id, path_digest, authorization_digest, created_at, created_by
  FROM procore_hook_before;

DROP TABLE procore_hook_before;
