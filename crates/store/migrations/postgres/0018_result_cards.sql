-- How the screens show the records that the newest result names, made when it is published: what a
-- tenant's pages need without reading the whole mirror again. One row for each tenant; one of another
-- form, or of another result, is made anew from the mirror.

CREATE TABLE result_cards (
    tenant_id TEXT COLLATE "C" NOT NULL,
    result_no BIGINT NOT NULL,
    form      BIGINT NOT NULL,
    body      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id),
    FOREIGN KEY (tenant_id, result_no) REFERENCES result (tenant_id, result_no)
);

ALTER TABLE result_cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE result_cards FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON result_cards
    USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
