//! One side's documents as rows of machine words: numbers packed, names interned, dates as days.

use super::amount::{self, AmountEvidence};
use super::document::{Document, JobKey, UNKNOWN};
use super::evidence::{Evidence, JobEvidence, PartyEvidence};
use super::number::{Number, NumberEvidence};
use super::parties::Names;
use super::texts::{Interner, Texts};

/// A day that is not known.
pub(crate) const NO_DAY: i32 = i32::MIN;
/// An alternative amount that is not stated.
const NO_AMOUNT: i64 = i64::MIN;

/// A document as the matcher sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) number: Number,
    /// The primary amount in cents.
    pub(crate) amount: i64,
    /// Days since 1970-01-01, or [`NO_DAY`].
    pub(crate) day: i32,
    /// The party: first as the caller resolved it, then as a rank over both sides.
    pub(crate) party: u32,
    /// The name: first by order of appearance, then as a rank over both sides.
    pub(crate) name: u32,
    pub(crate) job: u32,
}

/// The documents of one side.
#[derive(Debug, Default)]
pub struct Table {
    pub(crate) rows: Vec<Row>,
    ids: Texts,
    /// Net of retainage and with tax; empty when no document states either.
    alternatives: Vec<[i64; 2]>,
    /// Distinct names as written.
    pub(crate) names: Interner,
    /// How often each name appears.
    pub(crate) name_counts: Vec<u32>,
}

impl Table {
    /// An empty table with room for that many documents.
    pub fn with_capacity(documents: usize) -> Self {
        Self {
            rows: Vec::with_capacity(documents),
            ids: Texts::with_capacity(documents * 10),
            ..Self::default()
        }
    }

    /// Adds a document; its position is the number of documents before it.
    ///
    /// # Panics
    /// When the table would exceed two thousand million documents.
    pub fn push(&mut self, document: Document) {
        assert!(
            self.rows.len() < i32::MAX as usize,
            "more documents than a table can hold"
        );
        let name = self.names.number(document.party_name);
        if name as usize == self.name_counts.len() {
            self.name_counts.push(0);
        }
        self.name_counts[name as usize] += 1;
        let amounts = document.amounts;
        if amounts.net_of_retainage.is_some() || amounts.with_tax.is_some() {
            self.alternatives.resize(self.rows.len(), [NO_AMOUNT; 2]);
            self.alternatives.push([
                amounts.net_of_retainage.unwrap_or(NO_AMOUNT),
                amounts.with_tax.unwrap_or(NO_AMOUNT),
            ]);
        }
        self.rows.push(Row {
            number: Number::pack(document.number),
            amount: amounts.primary,
            day: document.date.map_or(NO_DAY, day_of),
            party: document.party,
            name,
            job: document.job,
        });
        self.ids.push(document.id);
    }

    /// Replaces each known job by what the list says at its place.
    pub fn relabel_jobs(&mut self, keys: &[JobKey]) {
        for row in self.rows.iter_mut().filter(|row| row.job != UNKNOWN) {
            row.job = keys[row.job as usize];
        }
    }

    /// The id of the document at a position.
    pub fn id(&self, row: u32) -> &str {
        self.ids.get(row)
    }

    /// All ids, one after the other: to see whether any holds a certain character.
    pub fn joined_ids(&self) -> &str {
        self.ids.joined()
    }

    /// Documents in the table.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the table has no documents.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every amount that a document states, the primary one first.
    pub(crate) fn stated(&self, row: u32) -> impl Iterator<Item = i64> {
        let primary = self.rows[row as usize].amount;
        let others = self
            .alternatives(row)
            .into_iter()
            .filter(|amount| *amount != NO_AMOUNT);
        std::iter::once(primary).chain(others)
    }

    /// The amounts other than the primary one that a document states.
    fn alternatives(&self, row: u32) -> [i64; 2] {
        self.alternatives
            .get(row as usize)
            .copied()
            .unwrap_or([NO_AMOUNT; 2])
    }
}

impl<'a> FromIterator<Document<'a>> for Table {
    fn from_iter<I: IntoIterator<Item = Document<'a>>>(documents: I) -> Self {
        let documents = documents.into_iter();
        let mut table = Self::with_capacity(documents.size_hint().0);
        documents.for_each(|document| table.push(document));
        table
    }
}

/// How the amounts of two rows relate, whichever of their amounts agree best.
pub(crate) fn relate_amounts(
    sides: (&Table, &Table),
    rows: (u32, u32),
    primary: (i64, i64),
) -> AmountEvidence {
    let mut best = amount::compare(primary.0, primary.1);
    if best == AmountEvidence::Equal
        || (sides.0.alternatives.is_empty() && sides.1.alternatives.is_empty())
    {
        return best;
    }
    let [left_net, left_tax] = sides.0.alternatives(rows.0);
    let [right_net, right_tax] = sides.1.alternatives(rows.1);
    for (left, right, meaning) in [
        (left_net, primary.1, AmountEvidence::NetOfRetainage),
        (primary.0, right_net, AmountEvidence::NetOfRetainage),
        (left_net, right_net, AmountEvidence::Equal),
        (left_tax, primary.1, AmountEvidence::TaxAdded),
        (primary.0, right_tax, AmountEvidence::TaxAdded),
        (left_tax, right_tax, AmountEvidence::Equal),
    ] {
        if left != NO_AMOUNT && left == right && left != 0 {
            best = best.min(meaning);
        }
    }
    best
}

/// Days between two days; nothing when one is not known.
pub(crate) fn days_apart(left: i32, right: i32) -> Option<u16> {
    if left == NO_DAY || right == NO_DAY {
        return None;
    }
    Some(u16::try_from(left.abs_diff(right)).unwrap_or(u16::MAX))
}

/// Weighs two rows whose number and amount have been compared.
pub(crate) fn weigh(
    left: &Row,
    right: &Row,
    (number, amount): (NumberEvidence, AmountEvidence),
    names: &Names,
) -> Evidence {
    let job = if left.job == UNKNOWN || right.job == UNKNOWN {
        JobEvidence::Unknown
    } else if left.job == right.job {
        JobEvidence::Same
    } else {
        JobEvidence::Different
    };
    Evidence {
        number,
        number_length: left.number.length().min(right.number.length()) as u8,
        amount,
        party: relate_parties(left, right, names),
        job,
        days_apart: days_apart(left.day, right.day),
        parts: 1,
    }
}

/// How the parties of two rows relate.
pub(crate) fn relate_parties(left: &Row, right: &Row, names: &Names) -> PartyEvidence {
    if left.party == UNKNOWN || right.party == UNKNOWN {
        return PartyEvidence::Unknown;
    }
    if left.party == right.party {
        // A party that the caller resolved needs no name; one found by its name is as sure as that.
        let same = left.name == right.name || names.is_resolved(left.party);
        return if same {
            PartyEvidence::Same
        } else {
            PartyEvidence::Alike
        };
    }
    if names.is_resolved(left.party) && names.is_resolved(right.party) {
        return PartyEvidence::Different;
    }
    if names.alike(left.name, right.name) {
        PartyEvidence::Alike
    } else {
        PartyEvidence::Different
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn day_of(date: jiff::civil::Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::day_of;
    use jiff::civil::date;

    #[test]
    fn days_are_counted_from_1970_across_leap_years() {
        assert_eq!(day_of(date(1970, 1, 1)), 0);
        assert_eq!(day_of(date(2000, 3, 1)), 11_017);
        assert_eq!(day_of(date(2024, 2, 29)), 19_782);
        assert_eq!(day_of(date(1969, 12, 31)), -1);
    }
}
