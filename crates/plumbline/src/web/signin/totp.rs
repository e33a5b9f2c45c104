//! One-time codes after RFC 6238: SHA-1, six digits, thirty seconds, as every phone's app has it.
//!
//! Which codes are spent is the store's to know.

use jiff::Timestamp;
use ring::hmac;

/// How long a code counts.
const PERIOD_SECONDS: i64 = 30;
/// A phone's clock may be off by so many steps.
const DRIFT_STEPS: i64 = 1;
const DIGITS: u32 = 6;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step of a moment.
#[must_use]
pub fn step(now: Timestamp) -> i64 {
    now.as_second().div_euclid(PERIOD_SECONDS)
}

/// The code of a time step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let four = [
        bytes[offset] & 0x7f,
        bytes[offset + 1],
        bytes[offset + 2],
        bytes[offset + 3],
    ];
    let number = u32::from_be_bytes(four) % 10_u32.pow(DIGITS);
    format!("{number:06}")
}

/// The time step around this one whose code it is; none when it is no code of now.
#[must_use]
pub fn matching_step(secret: &[u8], typed: &str, now_step: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|it| !it.is_whitespace()).collect();
    let mut found = None;
    // Every step is compared whole, so that the time taken says nothing.
    for step in (now_step - DRIFT_STEPS)..=(now_step + DRIFT_STEPS) {
        if is_same(code(secret, step).as_bytes(), typed.as_bytes()) {
            found = Some(step);
        }
    }
    found
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

/// Bytes as people and phones take them: base 32 without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut padded = [0_u8; 8];
        padded[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(padded);
        let letters = (chunk.len() * 8).div_ceil(5);
        for position in 0..letters {
            let index = usize::try_from((bits >> (35 - 5 * position)) & 31).unwrap_or(0);
            text.push(char::from(ALPHABET[index]));
        }
    }
    text
}

/// The bytes of base 32; none when a character is none of it. Spaces and dashes are ignored.
#[must_use]
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for character in text.chars().filter(|it| !matches!(it, ' ' | '-')) {
        let letter = u8::try_from(character.to_ascii_uppercase()).ok()?;
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// The address that a phone's camera takes a factor from.
#[must_use]
pub fn address(mail: &str, base32_secret: &str) -> String {
    let mut account = String::new();
    for byte in mail.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            account.push(char::from(byte));
        } else {
            account.push_str(&format!("%{byte:02X}"));
        }
    }
    format!(
        "otpauth://totp/Plumbline:{account}?secret={base32_secret}&issuer=Plumbline&algorithm=SHA1\
         &digits={DIGITS}&period={PERIOD_SECONDS}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let at = Timestamp::from_second(seconds).unwrap();
            assert_eq!(code(SECRET, step(at)), eight_digits[2..], "{seconds}");
        }
    }

    #[test]
    fn one_step_of_drift_counts_and_two_do_not() {
        let typed = code(SECRET, 1_000);
        for (now, matched) in [
            (998, None),
            (999, Some(1_000)),
            (1_000, Some(1_000)),
            (1_001, Some(1_000)),
            (1_002, None),
        ] {
            assert_eq!(matching_step(SECRET, &typed, now), matched, "{now}");
        }
        let spaced = format!(" {} {}", &typed[..3], &typed[3..]);
        assert_eq!(matching_step(SECRET, &spaced, 1_000), Some(1_000));
        assert_eq!(matching_step(SECRET, "", 1_000), None);
        assert_eq!(matching_step(SECRET, &typed[..5], 1_000), None);
    }

    #[test]
    fn base_32_is_that_of_the_standard_and_is_read_back() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(from_base32(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(from_base32("mzxw 6ytb-oi").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(from_base32("MZXW1"), None);
    }

    #[test]
    fn an_address_cannot_be_broken_out_of() {
        let address = address("a&secret=x@b.example", "MZXW6");
        assert!(
            address.contains("a%26secret%3Dx%40b.example?secret=MZXW6&issuer="),
            "{address}"
        );
    }
}
