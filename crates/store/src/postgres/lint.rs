//! What row security does not cover, found before it matters.
//!
//! Keys and foreign keys are checked past row security, views run with their owner's rights,
//! a forgotten table has no policy at all. Each rule answers with what breaks it.

use crate::Installation;
use crate::StoreError;
use crate::sql::query;

/// Each answers with the names of what breaks the rule.
const RULES: [(&str, &str); 9] = [
    (
        "is a table without row security, or not forced on its owner",
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'plumbline'::regnamespace AND relkind IN ('r', 'p')
           AND relname <> '_sqlx_migrations' AND NOT (relrowsecurity AND relforcerowsecurity)",
    ),
    (
        "is a table without exactly the one policy that names the tenant",
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'plumbline'::regnamespace AND relkind IN ('r', 'p')
           AND relname <> '_sqlx_migrations'
           AND (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) <> 1
            OR EXISTS (
               SELECT 1 FROM pg_policy
               WHERE polrelid = pg_class.oid
                 AND relnamespace = 'plumbline'::regnamespace
                 AND (polcmd <> '*' OR NOT polpermissive OR polroles <> '{0}'
                      OR pg_get_expr(polqual, polrelid) IS DISTINCT FROM
                         '(tenant_id = NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))'
                      OR pg_get_expr(polwithcheck, polrelid) IS DISTINCT FROM
                         '(tenant_id = NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))'))",
    ),
    (
        "is a unique index that does not begin with the tenant",
        "SELECT pg_class.relname::text FROM pg_index
         JOIN pg_class ON pg_class.oid = indexrelid
         LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
         WHERE pg_class.relnamespace = 'plumbline'::regnamespace
           AND pg_class.relname <> '_sqlx_migrations_pkey' AND indisunique
           AND attname IS DISTINCT FROM 'tenant_id'",
    ),
    (
        "is a foreign key that does not begin with the tenant on both sides",
        "SELECT conname::text FROM pg_constraint
         JOIN pg_attribute AS mine ON mine.attrelid = conrelid AND mine.attnum = conkey[1]
         JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]
         WHERE connamespace = 'plumbline'::regnamespace AND contype = 'f'
           AND (mine.attname <> 'tenant_id' OR theirs.attname <> 'tenant_id')",
    ),
    (
        "is a view, and views are not part of the schema",
        "SELECT relname::text FROM pg_class
         WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'plumbline%')
           AND relkind IN ('v', 'm', 'f')",
    ),
    (
        "is a sequence, and sequences count over all tenants",
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'plumbline'::regnamespace AND relkind = 'S'",
    ),
    (
        "is a function that runs with its owner's rights or leaks, or is not known",
        "SELECT proname::text FROM pg_proc
         WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'plumbline%')
           AND (prosecdef OR proleakproof OR proname <> 'refuse_change')",
    ),
    (
        "is a table that its owner could not have made",
        "SELECT relname::text FROM pg_class
         WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'plumbline%')
           AND relkind IN ('r', 'p') AND pg_get_userbyid(relowner) <> 'plumbline_owner'",
    ),
    (
        "is open to every role",
        "SELECT nspname::text FROM pg_namespace
         WHERE nspname LIKE 'plumbline%'
           AND EXISTS (SELECT 1 FROM aclexplode(nspacl) WHERE grantee = 0)",
    ),
];

/// Everything in the schema that row security does not cover; empty when all is well. On the
/// embedded engine there is nothing of the kind.
///
/// # Errors
/// When the database cannot be read.
pub async fn lint(installation: &Installation) -> Result<Vec<String>, StoreError> {
    if !installation.is_on_a_server() {
        return Ok(Vec::new());
    }
    installation
        .control()
        .read(|mut tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for (rule, statement) in RULES {
                    let names: Vec<(String,)> = query(statement).rows(tx.connection()).await?;
                    found.extend(names.into_iter().map(|(name,)| format!("{name} {rule}")));
                }
                Ok(found)
            })
        })
        .await
}
