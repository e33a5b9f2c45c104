//! contractor
