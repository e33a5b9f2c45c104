//! Signing in.

pub mod limits;
pub mod password;
pub mod qr;
pub mod totp;
