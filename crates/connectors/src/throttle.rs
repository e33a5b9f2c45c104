//! Politeness: how fast we may ask, and how long we wait when told to.
//!
//! Every connection has its own throttle: a limit on calls under way, two smoothed rates, and the
//! pauses that the vendor itself demands (`Retry-After`, `X-Rate-Limit-Reset`). It must not know
//! what is being read.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::{Clock, Reply, http_date};

/// How a connection behaves towards its vendor.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Calls a minute, smoothed; nothing means that only the vendor's headers count.
    pub per_minute: Option<u32>,
    /// Calls a second, smoothed.
    pub per_second: Option<u32>,
    /// Calls under way at once.
    pub in_flight: usize,
    /// How often one call is made at most.
    pub attempts: u32,
    /// First pause after a failure; it doubles each time.
    pub first_pause: Duration,
    /// Longest pause that we choose ourselves.
    pub longest_pause: Duration,
    /// Longest pause that the vendor may choose; a longer one fails the read instead.
    pub patience: Duration,
}

impl Policy {
    /// QuickBooks: 300 a minute, 6 a second, 5 at once, well under its 500, 10 and 10.
    #[must_use]
    pub const fn quickbooks() -> Self {
        Self {
            per_minute: Some(300),
            per_second: Some(6),
            in_flight: 5,
            ..Self::procore()
        }
    }

    /// Procore publishes no dependable number: its headers are obeyed.
    #[must_use]
    pub const fn procore() -> Self {
        Self {
            per_minute: None,
            per_second: None,
            in_flight: 4,
            attempts: 5,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
            patience: Duration::from_secs(3_900),
        }
    }

    /// For a sandbox on this machine: no rate of our own and short pauses.
    #[must_use]
    pub const fn this_machine() -> Self {
        Self {
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(1),
            in_flight: 8,
            ..Self::procore()
        }
    }
}

/// What the vendor said about waiting, relative to its own clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The longer of `Retry-After` and the time until `X-Rate-Limit-Reset`.
    pub(crate) wait: Option<Duration>,
}

impl Told {
    /// Reads both headers. The vendor's own `Date` is the zero point, so that a wrong local clock
    /// does not turn into a wrong wait.
    pub(crate) fn read(reply: &Reply, now: Timestamp) -> Self {
        let now = reply.server_time().unwrap_or(now).as_second();
        let after = reply.header("retry-after").and_then(|text| {
            text.trim()
                .parse::<i64>()
                .ok()
                .or_else(|| Some(http_date(text)?.as_second() - now))
        });
        let reset = reply
            .header("x-rate-limit-reset")
            .and_then(|text| text.trim().parse::<i64>().ok());
        let seconds = [after, reset.map(|at| at - now)]
            .into_iter()
            .flatten()
            .max();
        Self {
            wait: seconds.map(|n| Duration::from_secs(u64::try_from(n).unwrap_or(0))),
        }
    }
}

/// The throttle of one connection.
#[derive(Debug)]
pub(crate) struct Throttle {
    policy: Policy,
    slots: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    minute: Rate,
    second: Rate,
    /// Milliseconds since the epoch before which nothing is sent.
    closed_until: i64,
}

/// A smoothed rate: the moment at which the next call is due if all calls came evenly.
#[derive(Debug, Default)]
struct Rate {
    due: i64,
}

impl Rate {
    /// Books one call and says how many milliseconds it has to wait.
    fn book(&mut self, now: i64, calls: u32, span: i64) -> i64 {
        let calls = i64::from(calls.max(1));
        let step = span / calls;
        let ahead = step * (calls / 2).max(1);
        let start = self.due.max(now);
        self.due = start + step;
        (start + step - ahead - now).max(0)
    }
}

impl Throttle {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            slots: Semaphore::new(policy.in_flight.max(1)),
            state: Mutex::default(),
        }
    }

    /// Waits for a place. Fails with the wait when the vendor demands more than our patience.
    pub(crate) async fn admit(
        &self,
        clock: &dyn Clock,
    ) -> Result<Option<SemaphorePermit<'_>>, Duration> {
        // The semaphore is never closed; without a permit the call merely is not counted.
        let permit = self.slots.acquire().await.ok();
        let now = clock.now().as_millisecond();
        let wait = {
            let mut state = self.state();
            let minute = self
                .policy
                .per_minute
                .map_or(0, |n| state.minute.book(now, n, 60_000));
            let second = self
                .policy
                .per_second
                .map_or(0, |n| state.second.book(now, n, 1_000));
            minute.max(second)
        };
        if wait > 0 {
            clock.sleep(millis(wait)).await;
        }
        loop {
            let now = clock.now().as_millisecond();
            let closed = self.state().closed_until - now;
            if closed <= 0 {
                return Ok(permit);
            }
            let closed = millis(closed);
            if closed > self.policy.patience {
                return Err(closed);
            }
            clock
                .sleep(closed + clock.jitter(self.policy.first_pause / 5))
                .await;
        }
    }

    /// Notes what an answer says about the rate limit: when nothing remains, everybody waits.
    pub(crate) fn note(&self, reply: &Reply, now: Timestamp) {
        let remaining = reply
            .header("x-rate-limit-remaining")
            .and_then(|n| n.trim().parse::<i64>().ok());
        let exhausted = remaining.is_some_and(|n| n <= 0);
        let told = (exhausted || reply.status == 429).then(|| Told::read(reply, now).wait);
        if let Some(wait) = told.flatten() {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            let until = now.as_millisecond().saturating_add(wait);
            let mut state = self.state();
            state.closed_until = state.closed_until.max(until);
        }
    }

    /// The pause before attempt number `attempt + 1`, or nothing when no attempt is left or the
    /// vendor demands more patience than we have.
    pub(crate) fn pause_before_retry(
        &self,
        attempt: u32,
        told: Told,
        clock: &dyn Clock,
    ) -> Option<Duration> {
        if attempt >= self.policy.attempts {
            return None;
        }
        let doubled = self
            .policy
            .first_pause
            .saturating_mul(1_u32 << (attempt - 1).min(16));
        let own = doubled.min(self.policy.longest_pause);
        let pause = match told.wait {
            Some(wait) if wait > self.policy.patience => return None,
            Some(wait) if !wait.is_zero() => wait,
            _ => own,
        };
        Some(pause + clock.jitter(own / 4))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is plain numbers: a panic elsewhere cannot leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(n: i64) -> Duration {
    Duration::from_millis(u64::try_from(n).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::http::{BoxFuture, NoRandomness};

    struct Standing(AtomicI64);

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
        }
        fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
            self.0
                .fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
            Box::pin(async {})
        }
        fn jitter(&self, _: Duration) -> Duration {
            Duration::ZERO
        }
        fn unguessable(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }

    fn reply(status: u16, headers: &[(&str, &str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Reply {
            status,
            headers: map,
            body: bytes::Bytes::new(),
        }
    }

    #[tokio::test]
    async fn quickbooks_never_sees_more_than_its_limits() {
        let clock = Standing(AtomicI64::new(1_000_000));
        let throttle = Throttle::new(Policy::quickbooks());
        let mut sent = Vec::new();
        for _ in 0..1_500 {
            drop(throttle.admit(&clock).await.unwrap());
            sent.push(clock.0.load(Ordering::SeqCst));
        }
        let most = |span: i64| {
            sent.iter()
                .map(|from| {
                    sent.iter()
                        .filter(|at| **at >= *from && **at < from + span)
                        .count()
                })
                .max()
        };
        assert!(most(1_000) <= Some(10), "{:?} in a second", most(1_000));
        assert!(most(60_000) <= Some(500), "{:?} in a minute", most(60_000));
        // And it is not needlessly slow: the rate is reached.
        assert!(sent.last().unwrap() - sent[0] <= 300_000);
    }

    #[tokio::test]
    async fn when_nothing_remains_everybody_waits_for_the_reset() {
        let clock = Standing(AtomicI64::new(1_000_000));
        let throttle = Throttle::new(Policy::procore());
        let headers = [
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1009"),
        ];
        throttle.note(&reply(200, &headers), clock.now());
        drop(throttle.admit(&clock).await.unwrap());
        assert_eq!(clock.0.load(Ordering::SeqCst), 1_009_000);
    }

    #[tokio::test]
    async fn a_wait_beyond_our_patience_is_an_error_and_not_a_silent_hour() {
        let clock = Standing(AtomicI64::new(1_000_000));
        let throttle = Throttle::new(Policy {
            patience: Duration::from_secs(60),
            ..Policy::procore()
        });
        throttle.note(&reply(429, &[("retry-after", "3600")]), clock.now());
        assert_eq!(
            throttle.admit(&clock).await.unwrap_err(),
            Duration::from_secs(3_600)
        );
    }

    #[test]
    fn the_longer_of_both_told_waits_counts_by_the_servers_own_clock() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let told = |headers: &[(&str, &str)]| Told::read(&reply(429, headers), now).wait;
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        // The server's clock is an hour behind ours; its reset is ten seconds ahead of its Date.
        let date = "Wed, 18 Nov 2026 09:00:00 GMT";
        let reset = http_date(date).unwrap().as_second() + 10;
        let both = [
            ("date", date),
            ("retry-after", "3"),
            ("x-rate-limit-reset", &reset.to_string()),
        ];
        assert_eq!(told(&both), Some(Duration::from_secs(10)));
        assert_eq!(told(&[("x-rate-limit-reset", "5")]), Some(Duration::ZERO));
    }

    #[test]
    fn pauses_double_up_to_a_cap_and_attempts_end() {
        let clock = Standing(AtomicI64::new(0));
        let throttle = Throttle::new(Policy {
            attempts: 7,
            ..Policy::procore()
        });
        let pauses: Vec<Option<u64>> = (1..=7)
            .map(|n| {
                throttle
                    .pause_before_retry(n, Told::default(), &clock)
                    .map(|p| p.as_millis() as u64)
            })
            .collect();
        assert_eq!(
            pauses,
            [
                Some(5_000),
                Some(10_000),
                Some(20_000),
                Some(40_000),
                Some(60_000),
                Some(60_000),
                None
            ]
        );
    }
}
