//! What speaks for and against two rows being one document, its weight, and its sentence.
//!
//! Weights are tenths of a doubling of the odds: 100 points make a pairing a thousand times as
//! likely. They are constants of the trade, fitted to no data set.

use super::amount::AmountEvidence;
use super::document::Policy;
use super::number::NumberEvidence;

/// How the parties of two documents relate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PartyEvidence {
    /// The same party, or names equal in their normal form.
    Same,
    /// Names a typing error or a left-out word apart.
    Alike,
    /// At least one side does not say.
    Unknown,
    /// Different parties.
    Different,
}

/// How the jobs of two documents relate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JobEvidence {
    /// The same job.
    Same,
    /// At least one side does not say.
    Unknown,
    /// Different jobs.
    Different,
}

/// The evidence for one pairing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Evidence {
    /// How the numbers relate.
    pub number: NumberEvidence,
    /// Characters of the shorter number in its normal form.
    pub number_length: u8,
    /// How the amounts relate.
    pub amount: AmountEvidence,
    /// How the parties relate.
    pub party: PartyEvidence,
    /// How the jobs relate.
    pub job: JobEvidence,
    /// Days between the documents; nothing when a date is missing.
    pub days_apart: Option<u16>,
    /// Documents that together make up the other side's one; 1 when it is not a split.
    pub parts: u8,
}

/// Points and the scores they mean, both ascending.
const SCALE: [(i32, u16); 7] = [
    (0, 0),
    (100, 2_500),
    (160, 5_000),
    (200, 7_500),
    (300, 9_600),
    (350, 9_900),
    (400, 10_000),
];

impl Evidence {
    /// The weight of the evidence, in points.
    pub(crate) fn points(self, policy: &Policy) -> i32 {
        let number = match (self.number, self.number_length) {
            (NumberEvidence::Same, 0..=1) => 40,
            (NumberEvidence::Same, 2) => 60,
            (NumberEvidence::Same, 3) => 95,
            (NumberEvidence::Same, 4) => 115,
            (NumberEvidence::Same, _) => 130,
            (NumberEvidence::SameCore, 3) => 70,
            (NumberEvidence::SameCore, _) => 100,
            (NumberEvidence::Suffixed, 3) => 50,
            (NumberEvidence::Suffixed, _) => 75,
            (NumberEvidence::OneEdit, 3..=4) => 30,
            (NumberEvidence::OneEdit, _) => 45,
            // Equal bills with numbers in a row are two bills; nearly nobody mistypes just that.
            (NumberEvidence::LastDigit, _) => -80,
            (NumberEvidence::Missing, _) => 0,
            (NumberEvidence::Different, _) => -60,
        };
        let amount = match self.amount {
            AmountEvidence::Equal => 100,
            AmountEvidence::NetOfRetainage => 80,
            AmountEvidence::TaxAdded => 65,
            AmountEvidence::Cents => 75,
            AmountEvidence::Transposed => 60,
            AmountEvidence::OneDigit => 40,
            AmountEvidence::PossibleTax | AmountEvidence::SignReversed => 10,
            AmountEvidence::Near => 0,
            AmountEvidence::Zero => -10,
            AmountEvidence::Different => -60,
        };
        let party = match self.party {
            PartyEvidence::Same => 100,
            PartyEvidence::Alike => 70,
            PartyEvidence::Unknown => 0,
            PartyEvidence::Different => -80,
        };
        let job = match self.job {
            JobEvidence::Same => 30,
            JobEvidence::Unknown => 0,
            JobEvidence::Different => -30,
        };
        number + amount + party + job + self.date_points(policy)
    }

    fn date_points(self, policy: &Policy) -> i32 {
        match self.days_apart {
            None => 0,
            Some(days) if days > policy.date_window_days => -100,
            // Ever steeper, so that of equal bills in a row each takes the one of its own month.
            Some(days) => {
                let days = i32::from(days.min(100));
                40 - days - days * days / 20
            }
        }
    }

    /// One sentence for a person: what agrees, then what does not.
    pub fn sentence(self) -> String {
        let mut agree: Vec<&str> = Vec::new();
        let mut differ: Vec<&str> = Vec::new();
        match self.party {
            PartyEvidence::Same => agree.push("same party"),
            PartyEvidence::Alike => agree.push("party names alike"),
            PartyEvidence::Unknown => {}
            PartyEvidence::Different => differ.push("parties differ"),
        }
        match self.number {
            NumberEvidence::Same => agree.push("same number"),
            NumberEvidence::SameCore => agree.push("same number but for its prefix"),
            NumberEvidence::Suffixed => agree.push("same number but for its suffix"),
            NumberEvidence::OneEdit => agree.push("numbers one typing error apart"),
            NumberEvidence::LastDigit => differ.push("numbers differ in the last digit"),
            NumberEvidence::Missing => {}
            NumberEvidence::Different => differ.push("numbers differ"),
        }
        match self.amount {
            AmountEvidence::Equal => agree.push("equal amount"),
            AmountEvidence::NetOfRetainage => agree.push("amount net of usual retainage"),
            AmountEvidence::TaxAdded => agree.push("amount with tax added"),
            AmountEvidence::Cents => agree.push("amounts cents apart"),
            AmountEvidence::Transposed => agree.push("amount with two digits swapped"),
            AmountEvidence::OneDigit => agree.push("amount with one digit mistyped"),
            AmountEvidence::PossibleTax => agree.push("amounts apart by what may be tax"),
            AmountEvidence::SignReversed => differ.push("amount with the sign reversed"),
            AmountEvidence::Near => differ.push("amounts differ slightly"),
            AmountEvidence::Zero => {}
            AmountEvidence::Different => differ.push("amounts differ"),
        }
        match self.job {
            JobEvidence::Same => agree.push("same job"),
            JobEvidence::Unknown => {}
            JobEvidence::Different => differ.push("jobs differ"),
        }
        let mut sentence = String::with_capacity(96);
        if self.parts > 1 {
            sentence.push_str(&self.parts.to_string());
            sentence.push_str(" parts add up: ");
        }
        sentence.push_str(&agree.join(", "));
        if let Some(days) = self.days_apart {
            if !agree.is_empty() {
                sentence.push_str(", ");
            }
            match days {
                0 => sentence.push_str("same day"),
                1 => sentence.push_str("1 day apart"),
                _ => {
                    sentence.push_str(&days.to_string());
                    sentence.push_str(" days apart");
                }
            }
        }
        if !differ.is_empty() {
            sentence.push_str("; but ");
            sentence.push_str(&differ.join(", "));
        }
        sentence
    }
}

/// The score in basis points of a weight in points.
pub(crate) fn score(points: i32) -> u16 {
    let Some(above) = SCALE.iter().position(|(step, _)| points < *step) else {
        return 10_000;
    };
    if above == 0 {
        return 0;
    }
    let ((low, low_score), (high, high_score)) = (SCALE[above - 1], SCALE[above]);
    let risen = i32::from(high_score - low_score) * (points - low) / (high - low);
    low_score + u16::try_from(risen).unwrap_or(0)
}

/// The least weight in points that reaches a score.
pub(crate) fn points_for(wanted: u16) -> i32 {
    let (mut low, mut high) = (0, SCALE[SCALE.len() - 1].0);
    while low < high {
        let middle = (low + high) / 2;
        if score(middle) >= wanted {
            high = middle
        } else {
            low = middle + 1
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Evidence = Evidence {
        number: NumberEvidence::Same,
        number_length: 5,
        amount: AmountEvidence::Equal,
        party: PartyEvidence::Same,
        job: JobEvidence::Same,
        days_apart: Some(0),
        parts: 1,
    };

    #[test]
    fn more_evidence_never_lowers_the_score() {
        assert!((0..600).is_sorted_by_key(score));
        for wanted in [1, 2_500, 5_000, 7_500, 9_000, 10_000] {
            assert!(score(points_for(wanted)) >= wanted);
            assert!(score(points_for(wanted) - 1) < wanted);
        }
    }

    #[test]
    fn same_party_and_number_pair_although_the_amount_differs() {
        let policy = Policy::default();
        let evidence = Evidence {
            amount: AmountEvidence::Different,
            ..FULL
        };
        assert!(score(evidence.points(&policy)) >= policy.accept);
    }

    #[test]
    fn next_months_equal_bill_is_not_this_months() {
        let policy = Policy::default();
        let evidence = Evidence {
            number: NumberEvidence::Different,
            days_apart: Some(30),
            ..FULL
        };
        assert!(score(evidence.points(&policy)) < policy.accept);
    }

    #[test]
    fn the_sentence_names_what_agrees_and_what_does_not() {
        let evidence = Evidence {
            amount: AmountEvidence::NetOfRetainage,
            job: JobEvidence::Different,
            days_apart: Some(4),
            ..FULL
        };
        assert_eq!(
            evidence.sentence(),
            "same party, same number, amount net of usual retainage, 4 days apart; but jobs differ"
        );
    }
}
