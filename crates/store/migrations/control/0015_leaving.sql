-- Who asked for a company to be erased, and who took that back. Once it is erased, these rows are
-- gone with it, and the ledger of erasures holds what they said.

CREATE TABLE erasure_request (
    tenant_id   TEXT NOT NULL REFERENCES tenant (tenant_id),
    request_no  BIGINT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    due_at      TEXT NOT NULL,
    ended_at    TEXT,
    ended_by    TEXT,
    PRIMARY KEY (tenant_id, request_no)
);
CREATE UNIQUE INDEX erasure_request_of_tenant ON erasure_request (tenant_id)
    WHERE ended_at IS NULL;
