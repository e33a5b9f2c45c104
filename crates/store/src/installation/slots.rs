//! Which tenants are open, and which one is closed when another is needed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sqlite::Check;
use crate::{Store, StoreError};

/// A place for each tenant that was ever opened by this process.
#[derive(Default)]
pub(super) struct Slots {
    places: Mutex<BTreeMap<String, Arc<Place>>>,
    /// Counts uses, so that the one of longest ago is known.
    uses: AtomicU64,
}

#[derive(Default)]
struct Place {
    /// Held while the tenant is opened or closed, so that it is never open twice.
    store: tokio::sync::Mutex<Option<Store>>,
    last_used: AtomicU64,
    /// Whether its file was looked through in this process.
    looked_through: std::sync::atomic::AtomicBool,
}

impl Slots {
    /// The opened store of a tenant; `open` opens it if it is closed.
    pub(super) async fn opened(
        &self,
        tenant_id: &str,
        most: usize,
        open: impl AsyncFnOnce(Check) -> Result<Store, StoreError>,
    ) -> Result<Store, StoreError> {
        let place = Arc::clone(self.places().entry(tenant_id.to_owned()).or_default());
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        place.last_used.store(now, Ordering::Relaxed);
        let mut held = place.store.lock().await;
        if let Some(store) = held.as_ref().filter(|store| !store.is_closed()) {
            return Ok(store.clone());
        }
        let check = if place.looked_through.load(Ordering::Relaxed) {
            Check::Done
        } else {
            Check::Quick
        };
        let store = open(check).await?;
        place.looked_through.store(true, Ordering::Relaxed);
        *held = Some(store.clone());
        drop(held);
        self.close_the_least_used(most).await;
        Ok(store)
    }

    /// Closes tenants that nobody uses, the one of longest ago first, until `most` are open.
    async fn close_the_least_used(&self, most: usize) {
        let mut places: Vec<(u64, Arc<Place>)> = self
            .places()
            .values()
            .map(|place| (place.last_used.load(Ordering::Relaxed), Arc::clone(place)))
            .collect();
        places.sort_by_key(|(used, _)| *used);
        let mut open = Vec::new();
        for (_, place) in places {
            // A place that is held is being opened, so it is used.
            if let Ok(held) = Arc::clone(&place).store.try_lock()
                && held.is_some()
            {
                open.push(Arc::clone(&place));
            }
        }
        let mut too_many = open.len().saturating_sub(most);
        for place in open {
            if too_many == 0 {
                return;
            }
            let mut held = place.store.lock().await;
            if held.as_ref().is_some_and(Store::is_unused)
                && let Some(store) = held.take()
            {
                store.close().await;
                too_many -= 1;
            }
        }
    }

    /// Closes a tenant for everybody who has it.
    pub(super) async fn close(&self, tenant_id: &str) {
        let place = self.places().get(tenant_id).map(Arc::clone);
        if let Some(place) = place
            && let Some(store) = place.store.lock().await.take()
        {
            store.close().await;
        }
    }

    /// Closes a tenant for everybody and keeps it closed until `work` has opened it again.
    pub(super) async fn while_closed(
        &self,
        tenant_id: &str,
        work: impl AsyncFnOnce() -> Result<Store, StoreError>,
    ) -> Result<(), StoreError> {
        let place = Arc::clone(self.places().entry(tenant_id.to_owned()).or_default());
        let mut held = place.store.lock().await;
        if let Some(store) = held.take() {
            store.close().await;
        }
        *held = Some(work().await?);
        Ok(())
    }

    /// Closes every tenant.
    pub(super) async fn close_all(&self) {
        let all: Vec<String> = self.places().keys().cloned().collect();
        for tenant_id in all {
            self.close(&tenant_id).await;
        }
    }

    /// How many tenants are open, apart from those that are being opened or closed.
    pub(super) fn open(&self) -> usize {
        let places: Vec<Arc<Place>> = self.places().values().map(Arc::clone).collect();
        let held = |place: &Arc<Place>| place.store.try_lock().is_ok_and(|store| store.is_some());
        places.iter().filter(|place| held(place)).count()
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Place>>> {
        // What is held stays usable after a panic elsewhere.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
