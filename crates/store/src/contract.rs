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

/// Makes one test of each function of the suite. `$open` gives an opened store and whatever must
/// live as long as it does.
macro_rules! contract_for {
    ($open:path: $($area:ident { $($name:ident),+ $(,)? })+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $name() {
                let (store, _keep) = $open().await;
                crate::contract::$area::$name(&store).await;
                store.close().await;
            })+
        })+
    };
}
pub(crate) use contract_for;

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
