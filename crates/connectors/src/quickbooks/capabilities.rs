//! What a connection to QuickBooks can read.
