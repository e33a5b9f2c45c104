//! Tokens as they are kept: digests that let nobody in.
//!
//! A token has at least 128 bits that nobody can guess, so one round of SHA-256 is enough. The
//! purpose is part of the digest: a token of one kind is none of another.

use sha2::{Digest, Sha256};

use crate::Secret;

/// The digest of a token for one purpose, in hexadecimal.
pub(super) fn digest(purpose: &str, token: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"plumbline.");
    hash.update(purpose.as_bytes());
    hash.update(b".v1\0");
    hash.update(token.expose().as_bytes());
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_one_kind_is_none_of_another() {
        let token = Secret::new("a".to_owned());
        assert_ne!(digest("session", &token), digest("api", &token));
        assert_eq!(digest("session", &token).len(), 64);
    }
}
