//! procore
