-- How the screens show the records that the newest result names, made when it is published: what a
-- tenant's pages need without reading the whole mirror again. One row for each tenant; one of another
-- form, or of another result, is made anew from the mirror.

CREATE TABLE result_cards (
    tenant_id TEXT NOT NULL,
    result_no BIGINT NOT NULL,
    form      BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (tenant_id),
    FOREIGN KEY (tenant_id, result_no) REFERENCES result (tenant_id, result_no)
);
