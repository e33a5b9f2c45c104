//! Time and chance as arguments, so that waiting can be tested without waiting.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// A boxed future, for traits that are used as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clock, the waiting and the chance that the connectors use.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
    /// A random length from nothing up to `most`, so that clients do not come back in step.
    fn jitter(&self, most: Duration) -> Duration;
    /// Fills a buffer with bytes that nobody can guess.
    ///
    /// # Errors
    /// When the machine has no source of randomness; nothing may then be authorised.
    fn unguessable(&self, buffer: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The machine gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this machine gives no random numbers")]
pub struct NoRandomness;

/// The machine's own clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn jitter(&self, most: Duration) -> Duration {
        let mut bytes = [0_u8; 8];
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        match self.unguessable(&mut bytes) {
            Ok(()) => Duration::from_millis(u64::from_le_bytes(bytes) % most.saturating_add(1)),
            Err(NoRandomness) => Duration::from_millis(most),
        }
    }

    fn unguessable(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        let provider = rustls::crypto::ring::default_provider();
        provider
            .secure_random
            .fill(buffer)
            .map_err(|_| NoRandomness)
    }
}
