//! What runs by itself: announcements of the vendors, the clock, the daily letter.

mod clock;
mod hooks;
mod letter;
