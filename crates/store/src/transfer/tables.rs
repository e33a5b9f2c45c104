//! Every table with rows of a tenant, in an order in which each comes after what it refers to.
//!
//! `SELECT *` gives the columns in the order of the migrations, which is the same in both engines;
//! a test compares the list with what the engines say about themselves.

/// A table of tenants' rows.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Every row of a tenant, in the order of the key.
    pub(crate) select: &'static str,
    /// How many rows a tenant has.
    pub(crate) count: &'static str,
    /// Writes whole rows.
    pub(crate) insert: &'static str,
    /// Removes every row of a tenant.
    pub(crate) delete: &'static str,
    /// What each column holds: `t` text, `w` a whole number, `b` bytes.
    pub(crate) kinds: &'static str,
}

macro_rules! table {
    ($name:literal, $key:literal, $kinds:literal) => {
        Table {
            name: $name,
            select: concat!(
                "SELECT * FROM ",
                $name,
                " WHERE tenant_id = $1 ORDER BY ",
                $key
            ),
            count: concat!("SELECT count(*) FROM ", $name, " WHERE tenant_id = $1"),
            insert: concat!("INSERT INTO ", $name, " VALUES {rows}"),
            delete: concat!("DELETE FROM ", $name, " WHERE tenant_id = $1"),
            kinds: $kinds,
        }
    };
}

/// All of them.
#[rustfmt::skip]
pub(crate) const TABLES: [Table; 33] = [
    table!("cycle", "tenant_id, cycle_no", "twwtttt"),
    table!("cycle_system", "tenant_id, cycle_no, system", "twtttt"),
    table!("cycle_touched", "tenant_id, cycle_no, system, resource, project_id", "twttww"),
    table!("cycle_resource", "tenant_id, cycle_no, system, resource, reach, project_id", "twtttwttww"),
    table!("cycle_meter", "tenant_id, cycle_no, system, meter", "twttw"),
    table!("cursor", "tenant_id, system, resource, reach, project_id", "ttttwwt"),
    table!("record", "tenant_id, system, resource, project_id, parent_id, id_length, external_id", "tttwwwtwbww"),
    table!("record_version", "tenant_id, system, resource, project_id, parent_id, id_length, external_id, version", "tttwwwtwwwbt"),
    table!("oauth_state", "tenant_id, state_digest", "tbttttt"),
    table!("connection", "tenant_id, system", "tttttttwt"),
    table!("token", "tenant_id, system", "ttwtttttttt"),
    table!("decision", "tenant_id, decision_no", "twttttttt"),
    table!("publication", "tenant_id, publication_no", "twwttt"),
    table!("finding", "tenant_id, finding_id", "ttttwttwwwtwww"),
    table!("finding_event", "tenant_id, finding_id, publication_no", "ttwtw"),
    table!("result", "tenant_id, result_no", "twwtbtt"),
    table!("result_cards", "tenant_id", "twwt"),
    table!("figure", "tenant_id, figure_id, result_no", "ttwttt"),
    table!("settings", "tenant_id", "tt"),
    table!("secret", "tenant_id, name", "ttt"),
    table!("job", "tenant_id, job_id", "tttttttwwwttttt"),
    table!("schedule", "tenant_id, name", "ttt"),
    table!("hook_event", "tenant_id, system, event_id", "tttt"),
    table!("hook_wake", "tenant_id, system", "ttt"),
    table!("quarantine", "tenant_id, since", "ttttt"),
    table!("audit_entry", "tenant_id, entry_no", "twtttt"),
    table!("audit_link", "tenant_id, entry_no", "twt"),
    table!("proposal", "tenant_id, proposal_id", "tttttttwttwtt"),
    table!("proposal_version", "tenant_id, proposal_id, version_no", "ttwttt"),
    table!("proposal_event", "tenant_id, proposal_id, event_no", "ttwtttt"),
    table!("intent", "tenant_id, proposal_id", "tttttt"),
    table!("outcome", "tenant_id, proposal_id", "ttttttt"),
    table!("document", "tenant_id, document_id", "ttttwtbtt"),
];

/// What holds secrets, which never leave the installation: a copied refresh token would be used
/// twice, and the vendor would end the connection.
pub(crate) const SECRETS: [&str; 3] = ["oauth_state", "token", "secret"];
