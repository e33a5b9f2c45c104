//! What a connection to Procore can read.
