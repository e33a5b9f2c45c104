//! AES-256-GCM with what it is bound to, and keys derived by purpose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// A value that cannot be sealed or opened: another key, another place, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open with this key in this place")]
pub(crate) struct Unsealable;

/// 256 bits, overwritten when dropped and never shown.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 32]>);

/// What a derived key is for. Each purpose has its own, so that no nonce is shared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// The encrypted file of a tenant.
    DatabaseFile,
    /// Tokens and other secrets in columns.
    Token,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::DatabaseFile => b"db",
            Self::Token => b"token",
        }
    }
}

impl Key {
    /// A new key from the operating system.
    pub(crate) fn random() -> Result<Self, Unsealable> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| Unsealable)?;
        Ok(Self(bytes))
    }

    /// The key in these bytes, if they are 32.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// As text, for the key file of the master key.
    pub(crate) fn as_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    /// As hexadecimal digits.
    pub(crate) fn as_hex(&self) -> Zeroizing<String> {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
        ];
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            text.push(DIGITS[usize::from(byte >> 4)]);
            text.push(DIGITS[usize::from(byte & 15)]);
        }
        text
    }

    /// The key for one purpose (HKDF-SHA-256).
    pub(crate) fn derived(&self, purpose: Purpose) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"plumbline.keys.v1");
        let filled = salt
            .extract(self.0.as_slice())
            .expand(&[purpose.label()], hkdf::HKDF_SHA256)
            .and_then(|material| material.fill(bytes.as_mut_slice()));
        // SHA-256 gives 32 bytes, always.
        assert!(
            filled.is_ok(),
            "a 256-bit key is derived from a 256-bit hash"
        );
        Self(bytes)
    }

    /// Nonce, ciphertext and tag of a text that is bound to `bound_to`.
    pub(crate) fn seal(&self, bound_to: &[u8], text: &str) -> Result<Vec<u8>, Unsealable> {
        self.seal_bytes(bound_to, text.as_bytes())
    }

    /// The same for a key, which this one wraps.
    pub(super) fn seal_key(&self, bound_to: &[u8], key: &Self) -> Result<Vec<u8>, Unsealable> {
        self.seal_bytes(bound_to, key.0.as_slice())
    }

    fn seal_bytes(&self, bound_to: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| Unsealable)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + 16);
        sealed.extend_from_slice(&nonce);
        let mut body = Zeroizing::new(plain.to_vec());
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to),
                &mut body,
            )
            .map_err(|_| Unsealable)?;
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Key::seal`] sealed with the same key and the same binding.
    pub(crate) fn open(
        &self,
        bound_to: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .cipher()?
            .open_in_place(nonce, Aad::from(bound_to), &mut body)
            .map_err(|_| Unsealable)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn cipher(&self) -> Result<LessSafeKey, Unsealable> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.as_slice()).map_err(|_| Unsealable)?;
        Ok(LessSafeKey::new(key))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Key(hidden)")
    }
}

/// The parts with their lengths, so that no other parts give the same bytes.
pub(crate) fn bound_to(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Bytes as text.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text, if it is base64.
pub(crate) fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(text).ok().map(Zeroizing::new)
}
