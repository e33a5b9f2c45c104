//! How many calls a cycle made, by system and meter. Reads of QuickBooks cost money.

use figures::source::System;

use super::cycle::{OpenCycle, require_open};
use super::key::system_from;
use crate::sql::query;
use crate::{Store, StoreError, TenantScope};

/// One meter of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReading {
    /// The system that was called.
    pub system: System,
    /// What is counted, such as `query` or `throttled`.
    pub meter: String,
    /// How often, over all runs of the cycle.
    pub count: u64,
}

/// Adds calls to a meter of the cycle.
///
/// # Errors
/// [`Refusal::CycleNotOpen`](crate::Refusal::CycleNotOpen) when the cycle is no longer this run's.
pub async fn add_calls(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    reading: MeterReading,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                query(
                    "INSERT INTO cycle_meter (tenant_id, cycle_no, system, meter, count)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (tenant_id, cycle_no, system, meter)
                     DO UPDATE SET count = cycle_meter.count + excluded.count",
                )
                .bind(tx.tenant())
                .bind(cycle.number)
                .bind(reading.system.name())
                .bind(reading.meter)
                .bind(i64::try_from(reading.count).unwrap_or(i64::MAX))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// The meters of a cycle.
///
/// # Errors
/// When the store cannot be read.
pub async fn meter_readings(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
) -> Result<Vec<MeterReading>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, i64)> = query(
                    "SELECT system, meter, count FROM cycle_meter
                     WHERE tenant_id = $1 AND cycle_no = $2 ORDER BY system, meter",
                )
                .bind(tx.tenant())
                .bind(cycle)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(system, meter, count)| {
                        let system = system_from(&system)?;
                        Ok(MeterReading {
                            system,
                            meter,
                            count: count.unsigned_abs(),
                        })
                    })
                    .collect()
            })
        })
        .await
}
