//! What every engine of the store must do, run once per engine by [`contract_for`].
//!
//! The suite speaks only through the public functions. What concerns the file of an engine is
//! tested beside that engine.

pub(crate) mod connections;
pub(crate) mod decisions;
pub(crate) mod mirror;
pub(crate) mod results;
pub(crate) mod worklist;

use figures::source::{RawRecord, System};
use jiff::Timestamp;

use crate::{Installation, MasterKeySource, Store};

/// Makes one test of each function of the suite. `$open` gives an opened store and whatever must
/// live as long as it does.
macro_rules! contract_for {
    ($open:path: $($area:ident { $($name:ident),+ $(,)? })+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $name() {
                let (store, kept) = $open().await;
                crate::contract::$area::$name(&store).await;
                kept.close().await;
            })+
        })+
    };
}
pub(crate) use contract_for;

/// A tenant of a new installation in a folder of its own, and what must live as long.
pub(crate) async fn opened() -> (Store, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(folder).await;
    let tenant = kept.installation.create_tenant("Ridgeline", at(0)).await;
    let store = kept.installation.store(&tenant.unwrap().id).await.unwrap();
    (store, kept)
}

/// An installation and the folder that it is in.
pub(crate) struct Kept {
    pub(crate) installation: Installation,
    pub(crate) folder: tempfile::TempDir,
}

impl Kept {
    pub(crate) async fn open(folder: tempfile::TempDir) -> Self {
        let data = folder.path().join("data");
        let source = MasterKeySource::BesideTheData;
        let installation = Installation::open(&data, &source, at(0)).await.unwrap();
        Self {
            installation,
            folder,
        }
    }

    /// Closes everything. Whoever does not may crash at the end of the process.
    pub(crate) async fn close(self) {
        self.installation.close().await;
    }

    /// Closes everything and opens it again, as the next process would.
    pub(crate) async fn again(self) -> Self {
        self.installation.close().await;
        let folder = self.folder;
        drop(self.installation);
        Self::open(folder).await
    }
}

/// A moment on a day in November, by hour.
pub(crate) fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_793_500_000 + hour * 3_600).expect("within the calendar")
}

pub(crate) fn day(text: &str) -> figures::Date {
    text.parse().expect("a date in a test")
}

pub(crate) fn bill(id: &str, body: &str) -> RawRecord {
    RawRecord {
        system: System::QuickBooks,
        resource: "Bill".into(),
        external_id: id.into(),
        project_id: None,
        parent_id: None,
        body: body.to_owned(),
    }
}

pub(crate) fn requisition(project_id: i64, parent_id: i64, id: &str, body: &str) -> RawRecord {
    RawRecord {
        system: System::Procore,
        resource: "requisitions".into(),
        external_id: id.into(),
        project_id: Some(project_id),
        parent_id: Some(parent_id),
        body: body.to_owned(),
    }
}
