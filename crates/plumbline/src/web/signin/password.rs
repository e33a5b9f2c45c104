//! Passwords: which are refused, and how they are hashed.
//!
//! Argon2id with 64 MiB costs an attacker, and us: only a few hashes run at once, a few more
//! wait, and whoever comes then is told to come back. An account that does not exist costs the
//! same as one that does.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use store::Secret;
use tokio::sync::Semaphore;

/// The most used passwords and the words in them, from the lists of zxcvbn (MIT licence).
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The fewest characters.
pub const SHORTEST: usize = 12;
/// The most characters; more would only make the hash slower.
const LONGEST: usize = 256;

/// What is wrong with a password, in words for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 12 characters.
    TooShort,
    /// More than 256 characters.
    TooLong,
    /// One of those that are tried first, or one with digits around it.
    Common,
    /// A pattern: a run, or a part that is repeated.
    Pattern,
    /// Little more than the person's or the company's own name.
    OwnName,
}

impl fmt::Display for Weakness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::TooShort => "Use at least 12 characters. A few unrelated words are good.",
            Self::TooLong => "Use at most 256 characters.",
            Self::Common => {
                "This password is among those that are tried first. Use a few unrelated words."
            }
            Self::Pattern => "This is a pattern that is easy to guess. Use a few unrelated words.",
            Self::OwnName => {
                "This is little more than a name that others know. Use a few unrelated words."
            }
        })
    }
}

/// What is wrong with this password, given names that others know; nothing when it is fine. There
/// are no rules about kinds of characters.
#[must_use]
pub fn weakness(password: &str, names: &[&str]) -> Option<Weakness> {
    let count = password.chars().count();
    if count < SHORTEST {
        return Some(Weakness::TooShort);
    }
    if count > LONGEST {
        return Some(Weakness::TooLong);
    }
    let lower = password.to_lowercase();
    if is_pattern(&lower) {
        return Some(Weakness::Pattern);
    }
    if is_common(&lower) {
        return Some(Weakness::Common);
    }
    if is_own_name(&lower, names) {
        return Some(Weakness::OwnName);
    }
    None
}

/// A common one as it is, or one with digits and signs around it.
fn is_common(lower: &str) -> bool {
    let core = lower.trim_matches(|character: char| !character.is_alphabetic());
    COMMON.contains(lower) || COMMON.contains(core)
}

/// A run such as 1234… or abcd…, few different characters, or a short part repeated.
fn is_pattern(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    let different: HashSet<&char> = characters.iter().collect();
    let steps: HashSet<i64> = characters
        .windows(2)
        .map(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])))
        .collect();
    // 9 is followed by 0 in a run of digits.
    let is_run = steps.iter().all(|step| matches!(step, 1 | -9))
        || steps.iter().all(|step| matches!(step, -1 | 9));
    let repeats = (1..=characters.len() / 2).any(|length| {
        characters
            .iter()
            .zip(characters.iter().cycle().skip(length))
            .take(characters.len() - length)
            .all(|(one, other)| one == other)
    });
    different.len() < 5 || is_run || repeats
}

fn is_own_name(lower: &str, names: &[&str]) -> bool {
    const NEW_AT_LEAST: usize = 8;
    let mut rest = lower.to_owned();
    let words = names
        .iter()
        .flat_map(|name| name.split(|character: char| !character.is_alphanumeric()))
        .chain(["plumbline"]);
    for word in words.filter(|word| word.chars().count() >= 3) {
        rest = rest.replace(&word.to_lowercase(), "");
    }
    rest.len() < lower.len() && rest.chars().count() < NEW_AT_LEAST
}

/// How much a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// What is used: 64 MiB, three passes, one lane.
    pub const FULL: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
    };
    /// Next to nothing: for tests, and for nothing else.
    pub const FOR_TESTS: Self = Self {
        memory_kib: 8,
        passes: 1,
    };
}

/// So many hashes run at once.
const AT_ONCE: usize = 4;
/// So many more wait.
const WAITING: usize = 32;

/// Hashes passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    running: Arc<Semaphore>,
    /// Those that run and those that wait.
    admitted: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// A hash that no password has.
    decoy: Arc<Secret>,
}

/// A hash could not be made or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many others are signing in; come back in a moment.
    #[error("too many people are signing in at this moment; try again in a few seconds")]
    Crowded,
    /// The hash could not be computed, or the stored one not read.
    #[error("the password could not be compared")]
    Broken,
}

impl Hasher {
    /// A hasher; `decoy` are random bytes for the hash that no password has.
    ///
    /// # Errors
    /// When the cost is not possible.
    pub fn try_new(cost: Cost, decoy: [u8; 32]) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32))
            .map_err(|_| HashError::Broken)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // Made up rather than computed, so that a start does not wait for it: comparing with it
        // is the same work, and nobody knows a password with this outcome.
        let (salt, outcome) = (
            STANDARD_NO_PAD.encode(&decoy[..16]),
            STANDARD_NO_PAD.encode(decoy),
        );
        let Cost { memory_kib, passes } = cost;
        let decoy = format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${outcome}");
        PasswordHash::new(&decoy).map_err(|_| HashError::Broken)?;
        Ok(Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            admitted: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            argon2,
            decoy: Arc::new(Secret::new(decoy)),
        })
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// [`HashError::Crowded`].
    pub async fn hash(&self, password: Secret, salt: [u8; 16]) -> Result<Secret, HashError> {
        self.in_turn(move |argon2| hashed(argon2, password.expose().as_bytes(), &salt))
            .await
    }

    /// Whether this is the password of the stored hash. Without a stored hash the answer is no,
    /// after the same work.
    ///
    /// # Errors
    /// [`HashError::Crowded`].
    pub async fn is_right(
        &self,
        password: Secret,
        stored: Option<Secret>,
    ) -> Result<bool, HashError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| (*self.decoy).clone());
        let same = self
            .in_turn(move |argon2| {
                let hash = PasswordHash::new(stored.expose()).map_err(|_| HashError::Broken)?;
                let bytes = password.expose().as_bytes();
                Ok(argon2.verify_password(bytes, &hash).is_ok())
            })
            .await?;
        Ok(same && is_known)
    }

    async fn in_turn<T, F>(&self, work: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Argon2<'static>) -> Result<T, HashError> + Send + 'static,
    {
        let _admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| HashError::Crowded)?;
        // The permit goes with the work: a request that is dropped does not make room for more.
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| HashError::Broken)?;
        let argon2 = self.argon2.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _running = running;
            work(&argon2)
        });
        done.await.map_err(|_| HashError::Broken)?
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hasher")
    }
}

fn hashed(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<Secret, HashError> {
    argon2
        .hash_password_with_salt(password, salt)
        .map(|hash| Secret::new(hash.to_string()))
        .map_err(|_| HashError::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(password: &str) -> Option<Weakness> {
        weakness(
            password,
            &[
                "Dana Whitfield",
                "dana@ridgeline.example",
                "Ridgeline Builders LLC",
            ],
        )
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for (password, reason) in [
            ("elevenchars", Weakness::TooShort),
            ("password1234", Weakness::Common),
            ("Summer2026!!", Weakness::Common),
            ("123456789012", Weakness::Pattern),
            ("abcdefghijklmn", Weakness::Pattern),
            ("abcabcabcabc", Weakness::Pattern),
            ("aaaabbbbaaaa", Weakness::Pattern),
            ("PasswordPassword", Weakness::Pattern),
            ("ridgeline-2026", Weakness::OwnName),
            ("danawhitfield!", Weakness::OwnName),
            ("Plumbline2026", Weakness::OwnName),
        ] {
            assert_eq!(said(password), Some(reason), "{password}");
        }
        assert_eq!(said(&"ab".repeat(200)), Some(Weakness::TooLong));
    }

    #[test]
    fn good_passwords_of_any_kind_are_taken() {
        for password in [
            "correct horse battery",
            "sixty-two tons of gravel",
            "плотник и уровень",
            "7391 5520 1846",
        ] {
            assert_eq!(said(password), None, "{password}");
        }
        assert_eq!(
            said(&"gravel pump crane ".repeat(4)[..71]),
            Some(Weakness::Pattern)
        );
        assert_eq!(
            said("x7 gravel pump crane boom lift dozer truck saw level plumb bob and line 42"),
            None
        );
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_same_password_is_right_and_nobody_has_the_decoy() {
        let hasher = Hasher::try_new(Cost::FOR_TESTS, [7; 32]).unwrap();
        let stored = hasher
            .hash(secret("correct horse battery"), [1; 16])
            .await
            .unwrap();
        assert!(stored.expose().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        for (password, right) in [
            ("correct horse battery", true),
            ("correct horse batterz", false),
        ] {
            let answer = hasher
                .is_right(secret(password), Some(stored.clone()))
                .await;
            assert_eq!(answer, Ok(right));
        }
        assert_eq!(
            hasher.is_right(secret("correct horse battery"), None).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn the_full_cost_is_what_is_promised_with_and_without_an_account() {
        let hasher = Hasher::try_new(Cost::FULL, [7; 32]).unwrap();
        let stored = hasher.hash(secret("correct horse battery"), [1; 16]);
        let stored = stored.await.unwrap();
        for hash in [&stored, &*hasher.decoy] {
            assert!(hash.expose().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
            assert_eq!(hash.expose().len(), stored.expose().len());
        }
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away_before_it_takes_memory() {
        let hasher = Hasher::try_new(Cost::FOR_TESTS, [7; 32]).unwrap();
        let admitted = Arc::clone(&hasher.admitted);
        let all = u32::try_from(AT_ONCE + WAITING).unwrap();
        let crowd = admitted.acquire_many_owned(all).await.unwrap();
        let turned_away = hasher.is_right(secret("correct horse battery"), None).await;
        assert_eq!(turned_away, Err(HashError::Crowded));
        drop(crowd);
        assert_eq!(
            hasher.is_right(secret("correct horse battery"), None).await,
            Ok(false)
        );
    }
}
