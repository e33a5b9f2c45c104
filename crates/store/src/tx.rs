//! The only door to a connection.
//!
//! Work runs in a task of its own, so that a caller who goes away cannot leave a connection
//! inside an open transaction (sqlx 0.9.0 does that when `begin` is dropped half-way); the pools'
//! `after_release` hook is the second lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::{Store, StoreError, TenantScope};

/// What a unit of work returns: a boxed future, because it borrows the transaction.
pub(crate) type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// One transaction of one tenant.
pub(crate) struct Tx {
    tenant_id: String,
    transaction: Transaction<'static, Sqlite>,
}

impl Tx {
    /// The tenant that every statement must name.
    pub(crate) fn tenant(&self) -> String {
        self.tenant_id.clone()
    }

    /// Where statements run.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

impl Store {
    /// Runs `work` in one writing transaction: committed when it returns `Ok`, else rolled back.
    pub(crate) async fn tx<T, F>(&self, scope: &TenantScope, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.check(scope)?;
        if self.inner.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        let result = spawned(&self.inner.writer, "BEGIN IMMEDIATE", scope, work).await;
        if result.as_ref().is_err_and(StoreError::is_of_the_disk) {
            self.inner.stopped.store(true, Ordering::Release);
        }
        result
    }

    /// Runs `work` on one unchanging view of the data; it cannot write.
    pub(crate) async fn read<T, F>(&self, scope: &TenantScope, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.check(scope)?;
        spawned(&self.inner.readers, "BEGIN", scope, work).await
    }

    fn check(&self, scope: &TenantScope) -> Result<(), StoreError> {
        if *scope == self.inner.scope {
            Ok(())
        } else {
            Err(StoreError::UnknownTenant)
        }
    }
}

async fn spawned<T, F>(
    pool: &SqlitePool,
    begin: &'static str,
    scope: &TenantScope,
    work: F,
) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
{
    let pool = pool.clone();
    let tenant_id = scope.tenant_id().to_owned();
    let task = tokio::spawn(async move {
        let transaction = pool.begin_with(begin).await?;
        let mut tx = Tx {
            tenant_id,
            transaction,
        };
        match work(&mut tx).await {
            Ok(value) => {
                tx.transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to report; the hook rolls back if this fails too.
                drop(tx.transaction.rollback().await);
                Err(error)
            }
        }
    });
    task.await.unwrap_or(Err(StoreError::Interrupted))
}
