//! The virtual clock that decides token life, link expiry, rate windows and `updated_at`.
//!
//! Nothing else in the server may ask the machine for the time of day. A frozen clock moves only
//! when a test says so, which is what makes a run reproducible.

use std::time::Instant;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Whether virtual time passes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// Time stands still until it is advanced: for tests.
    Frozen,
    /// Time passes at the speed of the machine, from the configured start: for a person at a desk.
    Running,
}

#[derive(Debug)]
pub(crate) struct Clock {
    at: Timestamp,
    since: Option<Instant>,
}

impl Clock {
    pub(crate) fn new(start: Timestamp, mode: ClockMode) -> Self {
        Self {
            at: start,
            since: (mode == ClockMode::Running).then(Instant::now),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = self.since.map_or(SignedDuration::ZERO, |since| {
            SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::ZERO)
        });
        self.at.checked_add(passed).unwrap_or(self.at)
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.at = self
            .at
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(self.at);
    }

    /// The vendor's timestamp form: UTC, whole seconds.
    pub(crate) fn stamp(&self) -> String {
        stamp(self.now())
    }

    /// The HTTP `Date` header, so that a client can relate `X-Rate-Limit-Reset` to our time.
    pub(crate) fn http_date(&self) -> String {
        self.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The calendar day in a project's time zone.
    pub(crate) fn today(&self, zone: &str) -> Date {
        self.now().to_zoned(time_zone(zone)).date()
    }
}

pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Procore stores Rails names or IANA names; an unknown one counts as UTC.
pub(crate) fn time_zone(name: &str) -> TimeZone {
    let iana = match name {
        "Eastern Time (US & Canada)" => "America/New_York",
        "Central Time (US & Canada)" => "America/Chicago",
        "Mountain Time (US & Canada)" => "America/Denver",
        "Arizona" => "America/Phoenix",
        "Pacific Time (US & Canada)" => "America/Los_Angeles",
        "Alaska" => "America/Anchorage",
        "Hawaii" => "Pacific/Honolulu",
        other => other,
    };
    TimeZone::get(iana).unwrap_or(TimeZone::UTC)
}

/// Seconds since the epoch for a vendor timestamp, or for the start of a calendar day.
pub(crate) fn parse_seconds(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    let day: Date = text.get(..10)?.parse().ok()?;
    day.to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp().as_second())
}

/// A calendar day as a number that sorts, `yyyymmdd`.
pub(crate) fn parse_day(text: &str) -> Option<i32> {
    let day: Date = text.get(..10)?.parse().ok()?;
    Some(day_number(day))
}

pub(crate) fn day_number(day: Date) -> i32 {
    i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_clock_moves_only_when_advanced() {
        let start: Timestamp = "2026-07-01T06:30:00Z".parse().unwrap();
        let mut clock = Clock::new(start, ClockMode::Frozen);
        assert_eq!(clock.stamp(), "2026-07-01T06:30:00Z");
        clock.advance(90);
        assert_eq!(clock.stamp(), "2026-07-01T06:31:30Z");
    }

    #[test]
    fn today_follows_the_time_zone_of_the_project() {
        let clock = Clock::new("2026-07-01T06:30:00Z".parse().unwrap(), ClockMode::Frozen);
        assert_eq!(clock.today("US/Pacific").to_string(), "2026-06-30");
        assert_eq!(
            clock.today("Pacific Time (US & Canada)").to_string(),
            "2026-06-30"
        );
        assert_eq!(clock.today("Nowhere/Nothing").to_string(), "2026-07-01");
    }
}
