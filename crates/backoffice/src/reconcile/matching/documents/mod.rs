//! Document matching.
