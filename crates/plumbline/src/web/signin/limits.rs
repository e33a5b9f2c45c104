//! How often one source may knock: ten times at once, then three times a minute.
//!
//! In memory only: a restart forgives. Accounts are counted in the store, which does not.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

const BURST: i64 = 10;
const EVERY_MS: i64 = 20_000;
/// More sources than this at one time are no office; newcomers wait then.
const MOST_SOURCES: usize = 65_536;

/// When each source will have paid for its knocks.
#[derive(Debug, Default)]
pub struct Sources {
    paid_at_ms: Mutex<HashMap<IpAddr, i64>>,
}

/// Come back after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// Whole seconds, at least one.
    pub seconds: i64,
}

impl Sources {
    /// Counts a knock, or refuses it.
    ///
    /// # Errors
    /// [`TooOften`]; what is refused is not counted.
    pub fn knock(&self, address: IpAddr, now: Timestamp) -> Result<(), TooOften> {
        let now_ms = now.as_millisecond();
        let mut sources = self
            .paid_at_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let source = source_of(address);
        if sources.len() >= MOST_SOURCES && !sources.contains_key(&source) {
            sources.retain(|_, paid_at| *paid_at > now_ms);
            if sources.len() >= MOST_SOURCES {
                return Err(TooOften { seconds: 20 });
            }
        }
        let paid_at = sources.get(&source).copied().unwrap_or(now_ms).max(now_ms) + EVERY_MS;
        let over = paid_at - now_ms - BURST * EVERY_MS;
        if over > 0 {
            return Err(TooOften {
                seconds: (over + 999) / 1_000,
            });
        }
        sources.insert(source, paid_at);
        Ok(())
    }
}

/// A network of one customer counts as one source: IPv6 addresses are handed out by 64 bits.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// Who asks, behind so many proxies of our own: each appends the address that it saw, so the
/// one that counts is that many from the end. Anything before it may be made up.
#[must_use]
pub fn client_address(peer: IpAddr, forwarded_for: Option<&str>, proxies: usize) -> IpAddr {
    let Some(position) = proxies.checked_sub(1) else {
        return peer;
    };
    forwarded_for
        .and_then(|list| list.rsplit(',').nth(position))
        .and_then(|address| address.trim().parse().ok())
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_793_500_000 + seconds).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ten_knocks_at_once_then_three_a_minute() {
        let sources = Sources::default();
        let office = address("203.0.113.7");
        for knock in 0..10 {
            assert_eq!(sources.knock(office, at(0)), Ok(()), "{knock}");
        }
        assert_eq!(sources.knock(office, at(0)), Err(TooOften { seconds: 20 }));
        assert_eq!(sources.knock(office, at(19)), Err(TooOften { seconds: 1 }));
        let in_a_minute = (20..80).filter(|second| sources.knock(office, at(*second)).is_ok());
        assert_eq!(in_a_minute.count(), 3);
        assert_eq!(sources.knock(address("203.0.113.8"), at(0)), Ok(()));
    }

    #[test]
    fn a_network_of_64_bits_is_one_source_and_a_mapped_address_is_the_old_one() {
        let sources = Sources::default();
        for host in 0..10 {
            let neighbour = address(&format!("2001:db8:1:2::{host}"));
            assert_eq!(sources.knock(neighbour, at(0)), Ok(()));
        }
        assert!(
            sources
                .knock(address("2001:db8:1:2:ffff::1"), at(0))
                .is_err()
        );
        assert!(sources.knock(address("2001:db8:1:3::1"), at(0)).is_ok());
        assert_eq!(
            source_of(address("::ffff:203.0.113.7")),
            address("203.0.113.7")
        );
    }

    #[test]
    fn a_made_up_address_does_not_count() {
        let peer = address("10.0.0.1");
        for (list, proxies, counts) in [
            (Some("1.1.1.1"), 0, "10.0.0.1"),
            (Some("6.6.6.6, 203.0.113.7"), 1, "203.0.113.7"),
            (Some("6.6.6.6, 203.0.113.7, 10.0.0.2"), 2, "203.0.113.7"),
            (Some("6.6.6.6, nonsense"), 1, "10.0.0.1"),
            (None, 1, "10.0.0.1"),
        ] {
            assert_eq!(
                client_address(peer, list, proxies),
                address(counts),
                "{list:?}"
            );
        }
    }
}
