//! The two rate windows, counted on the virtual clock.

use super::config::RateLimits;

const HOUR: i64 = 3_600;
const SPIKE: i64 = 10;

#[derive(Debug, Default)]
pub(crate) struct Limiter {
    hour: Window,
    spike: Window,
}

#[derive(Debug, Default)]
struct Window {
    /// Absent until the first request opens the window.
    start: Option<i64>,
    used: u32,
}

/// What the headers say, and whether the request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) allowed: bool,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset: i64,
}

impl Limiter {
    /// Counts one request. A refused request uses nothing up.
    pub(crate) fn count(&mut self, now: i64, limits: &RateLimits) -> Standing {
        self.hour.roll(now, HOUR);
        self.spike.roll(now, SPIKE);
        let allowed = self.hour.used < limits.hourly && self.spike.used < limits.spike;
        if allowed {
            self.hour.used += 1;
            self.spike.used += 1;
        }
        let hour = self.hour.standing(allowed, limits.hourly, HOUR);
        let spike = self.spike.standing(allowed, limits.spike, SPIKE);
        // The headers report the window that is nearer to exhaustion.
        if hour.remaining < spike.remaining {
            hour
        } else {
            spike
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Window {
    fn roll(&mut self, now: i64, length: i64) {
        if self.start.is_none_or(|start| now >= start + length) {
            self.start = Some(now);
            self.used = 0;
        }
    }

    fn standing(&self, allowed: bool, limit: u32, length: i64) -> Standing {
        Standing {
            allowed,
            limit,
            remaining: limit.saturating_sub(self.used),
            reset: self.start.unwrap_or(0) + length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_report_the_window_nearer_to_exhaustion() {
        let limits = RateLimits {
            hourly: 6,
            spike: 4,
            ..RateLimits::default()
        };
        let mut limiter = Limiter::default();
        let first = limiter.count(1_000, &limits);
        assert_eq!((first.limit, first.remaining, first.reset), (4, 3, 1_010));
        for _ in 0..3 {
            assert!(limiter.count(1_001, &limits).allowed);
        }
        assert!(!limiter.count(1_009, &limits).allowed);
        let next = limiter.count(1_010, &limits);
        assert!(next.allowed);
        assert_eq!((next.limit, next.remaining, next.reset), (6, 1, 4_600));
    }
}
