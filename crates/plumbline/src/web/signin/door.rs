//! The door: everything that letting people in needs, and the small secrets that it hands out.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use connectors::http::{Clock, NoRandomness};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::control::Control;
use store::{Installation, Secret};

use super::cookie::Cookie;
use super::limits::Sources;
use super::password::{Cost, Hasher};
use super::totp;
use crate::mail::{Letter, Mailer};
use crate::work::digest::Post;

/// Whether a second factor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Factors {
    /// Of everybody whose role needs one.
    #[default]
    Required,
    /// Of those only who set one up. The demo alone says so, for its own process, on this machine;
    /// no data folder can carry it.
    Optional,
}

/// How the door is built.
pub struct DoorSettings {
    /// Where people find us, such as `https://books.example`.
    pub origin: String,
    /// So many proxies of our own are between people and us.
    pub proxies: usize,
    /// What a hash of a password costs.
    pub cost: Cost,
    /// Whether a second factor is asked for.
    pub factors: Factors,
    /// How mail is sent, if it is.
    pub mailer: Option<Mailer>,
}

/// Who knocks, as far as the connection shows.
#[derive(Debug, Clone)]
pub struct Knocking {
    /// Their address.
    pub address: IpAddr,
    /// What their browser calls itself, cut short.
    pub user_agent: String,
}

/// Lets people in.
pub struct Door {
    pub(super) installation: Installation,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: Hasher,
    pub(super) sources: Sources,
    pub(super) mailer: Option<Mailer>,
    pub(super) factors: Factors,
    origin: String,
    proxies: usize,
    /// The digest of the token that makes the first owner, until it is used.
    setup: Mutex<Option<[u8; 32]>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Door(at {})", self.origin)
    }
}

impl Door {
    /// A door to this installation.
    ///
    /// # Errors
    /// When the machine has no randomness or cannot hash at this cost.
    pub fn try_new(
        installation: Installation,
        clock: Arc<dyn Clock>,
        settings: DoorSettings,
    ) -> anyhow::Result<Self> {
        let mut decoy = [0; 32];
        clock.unguessable(&mut decoy)?;
        Ok(Self {
            installation,
            hasher: Hasher::try_new(settings.cost, decoy)?,
            clock,
            sources: Sources::default(),
            mailer: settings.mailer,
            factors: settings.factors,
            origin: settings.origin,
            proxies: settings.proxies,
            setup: Mutex::default(),
        })
    }

    /// People, sessions, tenants.
    #[must_use]
    pub fn control(&self) -> &Control {
        self.installation.control()
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The session's cookie.
    #[must_use]
    pub fn cookie(&self) -> Cookie {
        Cookie::for_origin(&self.origin)
    }

    /// An address of ours as a link in a letter.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// What sends the daily letter, if mail is sent at all.
    #[must_use]
    pub fn post(&self) -> Option<Post> {
        let mailer = self.mailer.clone()?;
        let origin = Some(self.origin.clone());
        Some(Post { mailer, origin })
    }

    /// Whether letters can be sent.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Whether a second factor is asked of everybody whose role needs one.
    #[must_use]
    pub fn factors(&self) -> Factors {
        self.factors
    }

    /// So many proxies of our own are between people and us.
    #[must_use]
    pub fn proxies(&self) -> usize {
        self.proxies
    }

    /// A token of 256 bits.
    pub(crate) fn token(&self) -> Result<Secret, NoRandomness> {
        Ok(Secret::new(hexadecimal(&self.bytes::<32>()?)))
    }

    /// An id that nobody has, such as `psn_9f…`.
    pub(crate) fn id(&self, prefix: &str) -> Result<String, NoRandomness> {
        Ok(format!("{prefix}_{}", hexadecimal(&self.bytes::<16>()?)))
    }

    /// A recovery code of 128 bits, in groups that can be typed.
    pub(crate) fn recovery_code(&self) -> Result<String, NoRandomness> {
        let letters = totp::base32(&self.bytes::<16>()?).to_lowercase();
        let groups: Vec<&str> = letters
            .as_bytes()
            .chunks(5)
            .filter_map(|group| std::str::from_utf8(group).ok())
            .collect();
        Ok(groups.join("-"))
    }

    pub(super) fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.clock.unguessable(&mut bytes)?;
        Ok(bytes)
    }

    /// Makes the token that lets the first owner in; it is to be printed in the terminal, once.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn open_for_setup(&self) -> Result<Secret, NoRandomness> {
        let token = self.token()?;
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(token.expose()));
        Ok(token)
    }

    /// Whether this is the token that lets the first owner in.
    pub(super) fn is_setup_token(&self, token: &str) -> bool {
        let expected = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        // Digests are compared, so the time it takes says nothing about the token.
        expected.is_some_and(|expected| expected == digest(token.trim()))
    }

    /// The first owner is in; the token ends.
    pub(super) fn close_setup(&self) {
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Hands a letter over in the background, so that the answer takes as long as without one.
    pub(crate) fn send(&self, letter: Letter) {
        let (Some(mailer), now) = (self.mailer.clone(), self.now()) else {
            return;
        };
        tokio::spawn(async move {
            if let Err(error) = mailer.send(letter, now).await {
                tracing::error!(%error, "a letter was not sent");
            }
        });
    }
}

/// What a form of this session must send back: it follows from the token and is of no use for
/// anything else.
#[must_use]
pub fn csrf_of(session_token: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"plumbline.csrf.v1\0");
    hash.update(session_token.expose().as_bytes());
    hexadecimal(&hash.finalize())
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
