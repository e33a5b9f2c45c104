use super::*;

/// An entry that can be spoiled.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    number: i64,
    at: String,
    actor: Option<String>,
    action: String,
    about: String,
    hash: String,
}

impl Stored {
    fn link(&self) -> Link<'_> {
        Link {
            number: self.number,
            at: &self.at,
            actor: self.actor.as_deref(),
            action: &self.action,
            about: &self.about,
        }
    }
}

const TENANT: &str = "ten_1";

fn log(entries: i64) -> Vec<Stored> {
    let mut all: Vec<Stored> = Vec::new();
    for number in 1..=entries {
        let before = all.last().map_or_else(beginning, |last| last.hash.clone());
        let mut entry = Stored {
            number,
            at: format!("2026-11-28T09:{:02}:00Z", number % 60),
            actor: (number % 3 != 0).then(|| format!("psn_{}", number % 7)),
            action: "settings.changed".to_owned(),
            about: format!("the schedule, {number}"),
            hash: String::new(),
        };
        entry.hash = hash(TENANT, &before, entry.link()).to_string();
        all.push(entry);
    }
    all
}

fn verify(log: &[Stored], anchors: &[Anchor]) -> Result<Anchor, Broken> {
    let mut verifier = Verifier::new(TENANT, anchors);
    for entry in log {
        verifier.take(entry.link(), &entry.hash)?;
    }
    verifier.end()
}

/// Flips one bit of an entry. Returns false behind its last bit.
fn flip(entry: &mut Stored, bit: usize) -> bool {
    let spoil = |text: &mut String, bit: usize| {
        let mut bytes = std::mem::take(text).into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Bytes that are no text any more cannot be stored; they stand for themselves here.
        *text = bytes.into_iter().map(char::from).collect();
    };
    let mut bit = bit;
    if bit < 63 {
        entry.number ^= 1 << bit;
        return true;
    }
    bit -= 63;
    let Stored {
        at,
        actor,
        action,
        about,
        hash,
        ..
    } = entry;
    let texts = [
        Some(at),
        actor.as_mut(),
        Some(action),
        Some(about),
        Some(hash),
    ];
    for text in texts.into_iter().flatten() {
        if bit < text.len() * 8 {
            spoil(text, bit);
            return true;
        }
        bit -= text.len() * 8;
    }
    false
}

#[test]
fn a_whole_log_ends_in_its_anchor_and_continues_from_every_one_before() {
    let log = log(40);
    let anchors: Vec<Anchor> = (0..=40)
        .map(|entries| verify(&log[..entries], &[]).unwrap())
        .collect();
    assert_eq!(anchors[40].entries, 40);
    assert_eq!(anchors[0].hash, beginning());
    assert_eq!(verify(&log, &anchors).as_ref(), Ok(&anchors[40]));
}

#[test]
fn every_flipped_bit_is_found_at_its_entry() {
    let whole = log(10_000);
    let anchor = verify(&whole, &[]).unwrap();
    // A hundred entries end soon; `PLUMBLINE_AUDIT_EVERY=1` makes it the measurement.
    let asked = std::env::var("PLUMBLINE_AUDIT_EVERY").ok();
    let every = asked.map_or(101, |text| text.parse().unwrap());
    // What comes before an entry and is whole need not be checked again for each of its bits.
    for at in (0..whole.len()).step_by(every) {
        let before = at
            .checked_sub(1)
            .map_or_else(beginning, |it| whole[it].hash.clone());
        let mut bit = 0;
        loop {
            let mut spoilt = whole[at].clone();
            if !flip(&mut spoilt, bit) {
                break;
            }
            let mut verifier = Verifier {
                tenant_id: TENANT,
                anchors: std::slice::from_ref(&anchor),
                number: whole[at].number - 1,
                hash: before.clone(),
            };
            let found = verifier.take(spoilt.link(), &spoilt.hash);
            assert!(found.is_err(), "bit {bit} of entry {}", at + 1);
            bit += 1;
        }
        assert!(bit > 800, "only {bit} bits were flipped");
    }
}

#[test]
fn every_deletion_duplication_and_swap_is_found() {
    let whole = log(10_000);
    let anchor = [verify(&whole, &[]).unwrap()];
    let from = |at: usize, tail: &[&Stored]| {
        let mut verifier = Verifier {
            tenant_id: TENANT,
            anchors: &anchor,
            number: i64::try_from(at).unwrap(),
            hash: at
                .checked_sub(1)
                .map_or_else(beginning, |it| whole[it].hash.clone()),
        };
        for entry in tail {
            verifier.take(entry.link(), &entry.hash)?;
        }
        // Whatever comes later is as it was: an end here would be a cut.
        Ok::<_, Broken>(verifier)
    };
    for at in 0..whole.len() {
        let next = whole.get(at + 1);
        // Taken out: the next one comes in its place, or the log ends early.
        let out = match next {
            Some(next) => from(at, &[next]).map(|_| ()),
            None => from(at, &[]).unwrap().end().map(|_| ()),
        };
        assert!(out.is_err(), "entry {} was taken out", at + 1);
        assert!(from(at, &[&whole[at], &whole[at]]).is_err(), "doubled");
        // Each with a neighbour, and with one far away.
        for other in [at + 1, (at + 4_999) % whole.len()] {
            if other != at
                && let Some(other) = whole.get(other)
            {
                assert!(from(at, &[other]).is_err(), "swapped");
            }
        }
    }
}

#[test]
fn a_log_that_was_written_anew_is_found_by_an_anchor_from_before() {
    let whole = log(50);
    let anchor = [verify(&whole[..30], &[]).unwrap()];
    // Somebody who can write everything changes an entry and hashes all that follow again.
    let mut anew = whole.clone();
    anew[9].about = "nothing".to_owned();
    for at in 9..anew.len() {
        let before = anew[at - 1].hash.clone();
        anew[at].hash = hash(TENANT, &before, anew[at].link()).to_string();
    }
    assert!(verify(&anew, &[]).is_ok(), "the chain alone cannot know");
    assert_eq!(verify(&anew, &anchor), Err(Broken::Replaced { number: 30 }));
    let cut = Broken::CutOff {
        expected: 30,
        found: 29,
    };
    assert_eq!(verify(&whole[..29], &anchor), Err(cut));
}

#[test]
fn a_chain_of_another_tenant_does_not_pass_for_ours() {
    let log = log(3);
    let mut verifier = Verifier::new("ten_2", &[]);
    let found = verifier.take(log[0].link(), &log[0].hash);
    assert_eq!(found, Err(Broken::Hash { number: 1 }));
}
