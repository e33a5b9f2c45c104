//! The company as the gate reaches it: one client that reads, one that takes orders.

use std::sync::Arc;

use connectors::http::Conditions;
use connectors::meter::Meter;
use connectors::oauth::Connection;
use connectors::quickbooks::client::{Client, Environment};
use connectors::quickbooks::write::Writer;

use figures::Date;
use figures::source::SourceRef;

use crate::desk::Desk;
use crate::reading::quickbooks_reached;

/// A company in QuickBooks.
pub struct Ledger {
    /// Looks.
    pub(crate) reader: Client,
    /// Sends what is ordered.
    pub(crate) writer: Writer,
}

impl Ledger {
    /// The company that the tenant is connected to.
    ///
    /// # Errors
    /// In whole sentences, when it is not connected or may not be used.
    pub async fn open(desk: &Desk) -> anyhow::Result<Self> {
        let meter = Arc::new(Meter::new());
        let reached = quickbooks_reached(desk, &meter).await?;
        let (environment, realm, conditions) =
            (reached.environment, reached.realm, reached.conditions);
        Self::of(&environment, &realm, reached.connection, conditions)
    }

    /// The company's number.
    #[must_use]
    pub fn company(&self) -> &str {
        self.reader.realm()
    }

    /// A record as it is now, as JSON text; nothing when it is gone.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn now(&self, record: &SourceRef) -> anyhow::Result<Option<String>> {
        let found = self.reader.record(record).await?;
        Ok(found.map(|found| found.body))
    }

    /// The day up to which the books are closed; nothing when they are open.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn closed_until(&self) -> anyhow::Result<Option<Date>> {
        Ok(self.reader.closed_until().await?)
    }

    /// Whether a record of an entity has this number already.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_number(&self, entity: &str, number: &str) -> anyhow::Result<bool> {
        Ok(!self.reader.numbered(entity, number).await?.is_empty())
    }

    /// A company that is reached like this.
    ///
    /// # Errors
    /// When its number or address may not be used.
    pub fn of(
        environment: &Environment,
        realm: &str,
        connection: Arc<Connection>,
        conditions: Conditions,
    ) -> anyhow::Result<Self> {
        let reader = Client::open(
            environment,
            realm,
            Arc::clone(&connection),
            conditions.clone(),
        )?;
        let writer = Writer::open(environment, realm, connection, conditions)?;
        Ok(Self { reader, writer })
    }
}
