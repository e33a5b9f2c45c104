//! Snapshot folders.
