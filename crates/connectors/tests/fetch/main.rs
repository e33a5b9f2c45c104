//! Reading from the vendors: whole worlds, every fault, and companies that page badly.

mod paging;
mod procore_faults;
mod quickbooks_faults;
mod support;
mod whole;
