//! Deciding alone: where the single owner stands in for leads that there are not, and what was approved
//! like that.

use std::collections::BTreeMap;

use figures::Date;
use gate::alone::CoolingOff;
use gate::roles::Department;
use store::control::{Control, alone, people};
use store::{StoreError, TenantScope};

/// The departments that a person stands in for, with the delay of what they approve.
pub type StandsIn = BTreeMap<Department, CoolingOff>;

/// Where this person decides alone today.
///
/// # Errors
/// When the control data cannot be read.
pub async fn stands_in(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    on: Date,
) -> Result<StandsIn, StoreError> {
    let Some(mode) = alone::standing(control, scope).await? else {
        return Ok(StandsIn::new());
    };
    let members = people::members(control, scope).await?;
    let departments = Department::ALL.into_iter();
    let found = departments.filter_map(|department| {
        let (who, delay) = gate::alone::stands_in(Some(&mode), &members, department, on)?;
        (who == person_id).then_some((department, delay))
    });
    Ok(found.collect())
}
