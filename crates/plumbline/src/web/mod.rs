//! The web application.

pub mod signin;
