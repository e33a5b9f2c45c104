//! The mirror: every version of every record that a vendor ever returned to us.
//!
//! A cycle reads the vendors ([`begin_cycle`], [`record_page`], [`finish_resource`],
//! [`finish_cycle`]). A page writes a new version only where the body differs from the newest one;
//! otherwise it only notes that the record is still there. A cycle that was killed is begun again
//! and goes on where it was: nothing is lost and nothing is written twice. Any past cycle can be
//! read again as it was ([`read_as_of`]), because versions are never changed or deleted and a
//! finished cycle gets no more of them.
//!
//! The mirror does not look into bodies. Normalising them is the connectors' business.

mod cycle;
mod history;
mod key;
mod meter;
mod page;
mod read;
mod resource;

pub use cycle::{
    Begun, Captured, Cycle, CycleState, OpenCycle, abandon_cycle, begin_cycle, captured, cycle,
    cycle_as_of, cycles, finish_cycle, note_capture,
};
pub(crate) use cycle::{moment, read_moment};
pub use history::{RecordVersion, history};
pub(crate) use key::system_from;
pub use key::{Reach, ResourceKey};
pub use meter::{MeterReading, add_calls, meter_readings};
pub use page::{PageReport, record_page};
pub use read::{RecordStream, read_as_of, read_resource_as_of, record_as_of};
pub use resource::{
    Completeness, Cursor, Outcome, ResourceReport, completeness, cursors, finish_resource,
    forget_cursors,
};
