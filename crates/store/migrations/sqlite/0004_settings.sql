-- What a tenant has set, and the secrets that only open with its key.

CREATE TABLE settings (
    tenant_id  TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- sealed: v1.<key version>.<base64>, bound to tenant, table, column, name and key version.
CREATE TABLE secret (
    tenant_id  TEXT NOT NULL REFERENCES this_tenant (tenant_id),
    name       TEXT NOT NULL,
    sealed     TEXT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
