-- A proposal sends one request, so its intent and its outcome are found by it alone. The column that
-- numbered several was 0 in every row. Dropping it drops the keys that name it.

ALTER TABLE outcome DROP COLUMN step_no;
ALTER TABLE intent DROP COLUMN step_no CASCADE;
ALTER TABLE intent ADD PRIMARY KEY (tenant_id, proposal_id);
ALTER TABLE outcome ADD PRIMARY KEY (tenant_id, proposal_id);
ALTER TABLE outcome ADD FOREIGN KEY (tenant_id, proposal_id) REFERENCES intent (tenant_id, proposal_id);
