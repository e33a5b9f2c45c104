//! When the books are read by themselves: hours of the day where the company is.
//!
//! Pure: the moment and the time zone are arguments. An hour that the clock skips in spring runs
//! once after the gap; an hour that it repeats in autumn runs once, the first time.

use figures::Date;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// When the books are read each day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Hours of the day.
    pub at: Vec<Time>,
    /// Besides, every so many hours counted from midnight, so that an announcement that was lost
    /// does no harm; 0 is never.
    pub sweep_hours: i8,
}

impl Default for Schedule {
    /// Before the office opens, after lunch, and every four hours.
    fn default() -> Self {
        Self {
            at: vec![Time::constant(5, 30, 0, 0), Time::constant(12, 30, 0, 0)],
            sweep_hours: 4,
        }
    }
}

impl Schedule {
    /// The schedule in the words of a person: hours such as `5:30, 12:30`, and the hours between
    /// sweeps.
    ///
    /// # Errors
    /// A sentence that says what is not understood.
    pub fn parse(hours: &str, sweep_hours: &str) -> Result<Self, &'static str> {
        const MOST: usize = 12;
        let words = hours.split([',', ' ']).filter(|word| !word.is_empty());
        let at: Option<Vec<Time>> = words.map(time_of_day).collect();
        let mut at = at.ok_or(
            "The hours of reading are written as 5:30, 12:30, from 0:00 to 23:59. Nothing was \
             changed.",
        )?;
        at.sort();
        at.dedup();
        if at.len() > MOST {
            return Err(
                "The books are read at twelve hours of the day at most. Nothing was changed.",
            );
        }
        let sweep_hours = sweep_hours.trim().parse().ok();
        let sweep_hours = sweep_hours.filter(|hours| (0..=24).contains(hours)).ok_or(
            "The hours between readings are a whole number from 1 to 24, or 0 for none. Nothing \
             was changed.",
        )?;
        Ok(Self { at, sweep_hours })
    }

    /// The hours as a person writes them.
    #[must_use]
    pub fn hours(&self) -> String {
        let hours: Vec<String> = self.at.iter().map(|at| written(*at)).collect();
        hours.join(", ")
    }

    /// Every hour of a day at which the books are read, in order.
    fn times(&self) -> Vec<Time> {
        let mut times = self.at.clone();
        if self.sweep_hours > 0 {
            let sweeps = (0..24).step_by(usize::from(self.sweep_hours.unsigned_abs()));
            times.extend(sweeps.map(|hour| Time::constant(hour, 0, 0, 0)));
        }
        times.sort();
        times.dedup();
        times
    }
}

/// An hour of the day as a person writes it: `5:30`, `05:30`.
#[must_use]
pub fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    if minute.len() != 2 || hour.is_empty() || hour.len() > 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// The same, written.
#[must_use]
pub fn written(at: Time) -> String {
    format!("{}:{:02}", at.hour(), at.minute())
}

/// The next moment after `after` at which the schedule reads; none when it never does.
#[must_use]
pub fn next_run(after: Timestamp, zone: &TimeZone, schedule: &Schedule) -> Option<Timestamp> {
    next_of(after, zone, &schedule.times())
}

/// The next moment after `after` at which it is one of these hours of the day in a time zone.
#[must_use]
pub fn next_of(after: Timestamp, zone: &TimeZone, times: &[Time]) -> Option<Timestamp> {
    let today = after.to_zoned(zone.clone()).date();
    // An hour that the clock skips comes later than it says, and where the date line was moved a
    // whole day was skipped: the days around are looked at as well.
    (-1..=3)
        .filter_map(|days: i32| today.checked_add(days.days()).ok())
        .flat_map(|day| {
            times
                .iter()
                .filter_map(move |time| moment(day, *time, zone))
        })
        .filter(|at| *at > after)
        .min()
}

/// When it is this hour on this day. Of an hour that comes twice the first; for one that never
/// comes the moment just as long after the gap.
fn moment(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let at = zone.to_ambiguous_zoned(day.to_datetime(time)).compatible();
    at.ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 9] = [
        "America/Denver",
        "America/Phoenix",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Europe/London",
        "Asia/Kolkata",
        "Pacific/Apia",
        "UTC",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// The runs after a moment, as they are on the wall.
    fn runs(zone_name: &str, after: &str, hours: &str, sweep: &str, count: usize) -> Vec<String> {
        let (zone, schedule) = (zone(zone_name), Schedule::parse(hours, sweep).unwrap());
        let mut at: Timestamp = after.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = next_run(at, &zone, &schedule).unwrap();
            let wall = at.to_zoned(zone.clone());
            found.push(wall.strftime("%m-%d %H:%M %:z").to_string());
        }
        found
    }

    #[test]
    fn the_usual_hours_come_in_turn_where_the_company_is() {
        assert_eq!(
            runs(
                "America/Denver",
                "2026-11-23T12:30:00Z",
                "5:30, 12:30",
                "0",
                3
            ),
            [
                "11-23 12:30 -07:00",
                "11-24 05:30 -07:00",
                "11-24 12:30 -07:00"
            ]
        );
        assert_eq!(
            runs("Asia/Kolkata", "2026-11-23T12:30:00Z", "5:30", "12", 4),
            [
                "11-24 00:00 +05:30",
                "11-24 05:30 +05:30",
                "11-24 12:00 +05:30",
                "11-25 00:00 +05:30"
            ]
        );
    }

    #[test]
    fn an_hour_that_is_skipped_runs_once_after_the_gap() {
        assert_eq!(
            runs("America/Denver", "2027-03-14T08:00:00Z", "2:30", "0", 2),
            ["03-14 03:30 -06:00", "03-15 02:30 -06:00"]
        );
        // Half past three comes anyway, so both are one run.
        assert_eq!(
            runs(
                "America/Denver",
                "2027-03-14T08:00:00Z",
                "2:30 3:30",
                "0",
                2
            ),
            ["03-14 03:30 -06:00", "03-15 02:30 -06:00"]
        );
    }

    #[test]
    fn an_hour_that_comes_twice_runs_once() {
        assert_eq!(
            runs("America/Denver", "2026-11-01T06:00:00Z", "1:30", "0", 2),
            ["11-01 01:30 -06:00", "11-02 01:30 -07:00"]
        );
        // Seen from between the two, today's is over.
        assert_eq!(
            runs("America/Denver", "2026-11-01T07:45:00Z", "1:30", "0", 1),
            ["11-02 01:30 -07:00"]
        );
        assert_eq!(
            runs(
                "Australia/Lord_Howe",
                "2026-04-04T12:00:00Z",
                "1:45",
                "0",
                2
            ),
            ["04-05 01:45 +11:00", "04-06 01:45 +10:30"]
        );
    }

    #[test]
    fn a_day_that_a_country_left_out_is_passed_over() {
        let after = "2011-12-30T09:00:00Z";
        let found = runs("Pacific/Apia", after, "12:30", "0", 2);
        assert_eq!(found, ["12-31 12:30 +14:00", "01-01 12:30 +14:00"]);
    }

    #[test]
    fn a_schedule_without_hours_never_runs() {
        let never = Schedule::parse("", "0").unwrap();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(next_run(now, &TimeZone::UTC, &never), None);
    }

    #[test]
    fn what_a_person_writes_is_understood_or_refused() {
        let schedule = Schedule::parse(" 12:30,5:30  05:30 ", " 6 ").unwrap();
        assert_eq!(
            (schedule.hours().as_str(), schedule.sweep_hours),
            ("5:30, 12:30", 6)
        );
        for (hours, sweep) in [
            ("5", "0"),
            ("24:00", "0"),
            ("5:3", "0"),
            ("-5:30", "0"),
            ("5:30pm", "0"),
            ("5:30", "-1"),
            ("5:30", "25"),
            ("5:30", ""),
            (
                "0:01 0:02 0:03 0:04 0:05 0:06 0:07 0:08 0:09 0:10 0:11 0:12 0:13",
                "0",
            ),
        ] {
            assert!(Schedule::parse(hours, sweep).is_err(), "{hours} {sweep}");
        }
        assert_eq!(Schedule::default().hours(), "5:30, 12:30");
    }

    proptest! {
        #[test]
        fn each_day_has_each_hour_once_in_every_zone(
            zone_no in 0..ZONES.len(),
            second in 1_000_000_000_i64..2_200_000_000,
            minutes in proptest::collection::btree_set(0_i16..1_440, 1..4),
        ) {
            let zone = zone(ZONES[zone_no]);
            let at: Vec<Time> = minutes
                .iter()
                .map(|minute| Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).unwrap())
                .collect();
            let schedule = Schedule { at: at.clone(), sweep_hours: 0 };
            let begin = Timestamp::from_second(second).unwrap();
            // As many runs as a week has, whatever the clock does meanwhile.
            let mut last = begin;
            let mut days = std::collections::BTreeMap::<Date, usize>::new();
            for _ in 0..7 * at.len() {
                let next = next_run(last, &zone, &schedule).unwrap();
                prop_assert!(next > last);
                // Nothing lies between: asked from anywhere before, it is the next one.
                let halfway = Timestamp::from_second(
                    last.as_second().midpoint(next.as_second())).unwrap();
                prop_assert_eq!(next_run(halfway, &zone, &schedule), Some(next));
                *days.entry(next.to_zoned(zone.clone()).date()).or_default() += 1;
                last = next;
            }
            for count in days.values() {
                prop_assert!(*count <= at.len(), "{:?}", days);
            }
            let week = last.duration_since(begin).as_hours();
            prop_assert!((6 * 24 - 26..=8 * 24 + 26).contains(&week), "{}", week);
        }
    }
}
