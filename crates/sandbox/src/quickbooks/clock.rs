//! The server's own clock: it can run with the machine or stand until it is moved.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// How time passes in the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Time passes as on the machine, from the given start.
    Running,
    /// Time stands still until the admin area moves it, apart from one millisecond per request.
    Manual,
}

/// The virtual clock.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Timestamp,
    anchor: Instant,
    pace: Pace,
}

impl Clock {
    pub(crate) fn new(start: Timestamp, pace: Pace) -> Clock {
        Clock {
            base: start,
            anchor: Instant::now(),
            pace,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self.pace {
            Pace::Manual => self.base,
            Pace::Running => {
                let elapsed =
                    SignedDuration::try_from(self.anchor.elapsed()).unwrap_or(SignedDuration::ZERO);
                self.base.checked_add(elapsed).unwrap_or(self.base)
            }
        }
    }

    /// Called once per request, so that a manual clock still orders what happens.
    pub(crate) fn tick(&mut self) {
        if self.pace == Pace::Manual {
            self.advance(SignedDuration::from_millis(1));
        }
    }

    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.base = self.base.checked_add(by).unwrap_or(self.base);
    }
}

/// `2026-11-20T09:15:02-08:00`, as in `MetaData`.
pub(crate) fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// `2026-11-20T09:15:02.114-08:00`, as in envelopes.
pub(crate) fn stamp_millis(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// The civil day in the company's zone.
pub(crate) fn day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// Reads an instant, a local date-time or a date; a space before the offset stands for `+`.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    let text = match text.rfind(' ') {
        Some(at) if text[at + 1..].contains(':') && at > 10 => {
            format!("{}+{}", &text[..at], &text[at + 1..])
        }
        _ => text.to_owned(),
    };
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local = text
        .parse::<jiff::civil::DateTime>()
        .ok()
        .or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))?;
    local
        .to_zoned(zone.clone())
        .ok()
        .map(|zoned| zoned.timestamp())
}
