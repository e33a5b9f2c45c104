//! What stands before the API: limits, metering and the store of answered request ids.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::config::Throttle;
use super::fault::Fault;
use super::response::Reply;

/// Calls of one request as they are metered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) reads: u64,
    pub(super) writes: u64,
}

/// Metered calls of the current month, over all companies of the app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Meter {
    /// Month as `2026-11`.
    pub month: String,
    /// Data in: creates, updates, deletes. Free.
    pub core: u64,
    /// Data out: reads, queries, change data capture, reports.
    pub core_plus: u64,
    /// Reads allowed per month.
    pub limit: u64,
    /// Whether the app is blocked until the next month.
    pub blocked: bool,
}

#[derive(Debug, Default)]
struct Window {
    requests: VecDeque<Timestamp>,
    batches: VecDeque<Timestamp>,
    in_flight: usize,
}

/// Limits and counters.
#[derive(Debug, Default)]
pub(super) struct Gateway {
    windows: BTreeMap<String, Window>,
    meter: Meter,
    replays: BTreeMap<(String, String), Reply>,
}

impl Gateway {
    /// Lets a request in or refuses it with 429.
    pub(super) fn admit(
        &mut self,
        limits: &Throttle,
        realm: &str,
        batch: bool,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let window = self.windows.entry(realm.to_owned()).or_default();
        let minute_ago = now
            .checked_sub(SignedDuration::from_secs(60))
            .unwrap_or(now);
        let second_ago = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
        for times in [&mut window.requests, &mut window.batches] {
            while times.front().is_some_and(|at| *at <= minute_ago) {
                times.pop_front();
            }
        }
        let last_second = window
            .requests
            .iter()
            .rev()
            .take_while(|at| **at > second_ago)
            .count();
        let over = |limit: usize, used: usize| limit != 0 && used >= limit;
        if over(limits.per_minute, window.requests.len())
            || over(limits.per_second, last_second)
            || (limits.concurrent != 0 && window.in_flight > limits.concurrent)
            || (batch && over(limits.batches_per_minute, window.batches.len()))
        {
            return Err(Fault::throttled());
        }
        window.requests.push_back(now);
        if batch {
            window.batches.push_back(now);
        }
        Ok(())
    }

    pub(super) fn enter(&mut self, realm: &str) {
        self.windows.entry(realm.to_owned()).or_default().in_flight += 1;
    }

    pub(super) fn leave(&mut self, realm: &str) {
        if let Some(window) = self.windows.get_mut(realm) {
            window.in_flight = window.in_flight.saturating_sub(1);
        }
    }

    /// Starts a new month when it has come and reports the counters.
    pub(super) fn meter(&mut self, limit: u64, now: Timestamp) -> Meter {
        let month = now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
        if self.meter.month != month {
            self.meter = Meter {
                month,
                ..Meter::default()
            };
        }
        self.meter.limit = limit;
        self.meter.blocked = self.meter.core_plus >= limit;
        self.meter.clone()
    }

    pub(super) fn count(&mut self, usage: Usage) {
        self.meter.core += usage.writes;
        self.meter.core_plus += usage.reads;
    }

    pub(super) fn replay(&self, realm: &str, request_id: &str) -> Option<Reply> {
        self.replays
            .get(&(realm.to_owned(), request_id.to_owned()))
            .cloned()
    }

    pub(super) fn remember(&mut self, realm: &str, request_id: &str, reply: &Reply) {
        self.replays
            .insert((realm.to_owned(), request_id.to_owned()), reply.clone());
    }
}
