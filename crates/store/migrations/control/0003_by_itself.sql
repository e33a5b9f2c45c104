-- What workers, webhooks and the daily letter need to know of all tenants at once.

-- When a worker should look at a tenant next. A hint: the jobs themselves lie with the tenant.
CREATE TABLE agenda (
    tenant_id  TEXT NOT NULL PRIMARY KEY REFERENCES tenant (tenant_id),
    due_at     TEXT NOT NULL
);

-- Which tenant reads which company.
CREATE TABLE company (
    system      TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    tenant_id   TEXT NOT NULL REFERENCES tenant (tenant_id),
    PRIMARY KEY (system, account_id, tenant_id)
);
CREATE INDEX company_of_tenant ON company (tenant_id);

-- Procore signs nothing: an address that nobody can guess, and a value that only it was told.
CREATE TABLE procore_hook (
    tenant_id             TEXT NOT NULL PRIMARY KEY REFERENCES tenant (tenant_id),
    path_digest           TEXT NOT NULL UNIQUE,
    authorization_digest  TEXT NOT NULL,
    created_at            TEXT NOT NULL,
    created_by            TEXT NOT NULL
);

-- Who said whether they want the daily letter. Without a word owners and leads get it.
CREATE TABLE digest_choice (
    tenant_id  TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    wanted     BIGINT NOT NULL CHECK (wanted IN (0, 1)),
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id)
);

-- Written before a letter is handed over, so that none is sent twice.
CREATE TABLE digest_letter (
    tenant_id   TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    day         TEXT NOT NULL,
    claimed_at  TEXT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('begun', 'sent', 'not taken')),
    PRIMARY KEY (tenant_id, person_id, day),
    FOREIGN KEY (tenant_id, person_id) REFERENCES membership (tenant_id, person_id)
);
