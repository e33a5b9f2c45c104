//! Everything that looks random, drawn from the seed and a name, never from the machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::config::Sprinkle;
use super::store::{Body, integer};

/// A digest of the seed and some words, as lower-case hexadecimal.
pub(crate) fn token(seed: u64, words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_be_bytes());
    for word in words {
        hasher.update(word.as_bytes());
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A generator of its own for one purpose.
pub(crate) fn stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    let digest = Sha256::digest(format!("{seed}/{purpose}"));
    key.copy_from_slice(&digest);
    ChaCha8Rng::from_seed(key)
}

/// One throw of a die with a thousand sides.
pub(crate) fn per_mille(generator: &mut ChaCha8Rng, chance: u32) -> bool {
    chance > 0 && generator.random_range(0..1_000) < chance
}

/// Mixes an unknown key and an unknown enum value into a body. The same record always looks the
/// same, whichever route shows it.
pub(crate) fn sprinkle(seed: u64, rates: Sprinkle, kind: &str, body: &mut Body) {
    if rates == Sprinkle::default() {
        return;
    }
    let id = integer(body.get("id")).unwrap_or(0);
    let mut dice = stream(seed, &format!("sprinkle/{kind}/{id}"));
    if per_mille(&mut dice, rates.unknown_keys) {
        let key = format!("future_{:04x}", dice.random::<u16>());
        body.insert(key, json!({"enabled": true, "values": [1, "two", null]}));
    }
    if per_mille(&mut dice, rates.unknown_enums)
        && let Some(field) = open_enum(kind)
        && body.get(field).is_some_and(serde_json::Value::is_string)
    {
        body.insert(field.to_owned(), json!("unheard_of"));
    }
}

/// An enum of each collection whose values the vendor extends without notice.
fn open_enum(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "requisitions" => "erp_status",
        "budget_changes" => "erp_status",
        "line_item_types" => "base_type",
        "timecard_entries" => "approval_status",
        "observations" => "priority",
        "punch_items" => "workflow_status",
        "insurances" => "status",
        "rfis" | "submittals" => "translated_status",
        "work_order_contracts" | "purchase_order_contracts" | "prime_contracts" => {
            "accounting_method"
        }
        "payment_applications" => "description_type",
        "direct_costs" => "terms",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_record_is_sprinkled_in_the_same_way() {
        let rates = Sprinkle {
            unknown_keys: 500,
            unknown_enums: 500,
        };
        let bodies = || -> Vec<Body> {
            (0..100)
                .map(|id| {
                    let mut body = json!({"id": id, "erp_status": "synced"});
                    let body = body.as_object_mut().unwrap();
                    sprinkle(7, rates, "requisitions", body);
                    body.clone()
                })
                .collect()
        };
        let (first, second) = (bodies(), bodies());
        assert_eq!(first, second);
        let surprised = first.iter().filter(|body| body.len() > 2).count();
        assert!((30..70).contains(&surprised), "{surprised}");
        assert!(first.iter().any(|body| body["erp_status"] == "unheard_of"));
    }
}
