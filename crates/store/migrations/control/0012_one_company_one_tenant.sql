-- A company belongs to one tenant of an installation, from the first connecting until the tenant is
-- erased. Where two had connected the same one before this was so, the one that was made first keeps
-- it, an active one before others; nothing is taken from the other tenant's books, and `doctor`
-- names it.

DROP INDEX company_of_tenant;
ALTER TABLE company RENAME TO company_before;

CREATE TABLE company (
    system      TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    tenant_id   TEXT NOT NULL REFERENCES tenant (tenant_id),
    -- Whether the connection stands, so that announcements wake somebody.
    is_read     BIGINT NOT NULL CHECK (is_read IN (0, 1)),
    noted_at    TEXT NOT NULL,
    PRIMARY KEY (system, account_id)
);
CREATE INDEX company_of_tenant ON company (tenant_id);

INSERT INTO company (system, account_id, tenant_id, is_read, noted_at)
SELECT system, account_id, tenant_id, 1, created_at
  FROM (SELECT b.system, b.account_id, b.tenant_id, t.created_at,
               row_number() OVER (
                   PARTITION BY b.system, b.account_id
                   ORDER BY CASE t.state WHEN 'active' THEN 0 ELSE 1 END, t.created_at, b.tenant_id
               ) AS place
          FROM company_before b JOIN tenant t ON t.tenant_id = b.tenant_id
         WHERE t.state NOT IN ('erasing', 'erased')) AS ranked
 WHERE place = 1;

DROP TABLE company_before;
