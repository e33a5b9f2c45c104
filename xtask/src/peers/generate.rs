//! Two tables of documents with the usual noise between them, and the truth about which rows are
//! one document. The matcher never sees this file; its rates are stated here, once.
//!
//! A small trade world is made first: companies with names of the trade, jobs, number series that
//! each company keeps in its own style. Each document is then written down twice, the second time
//! by somebody else: another spelling, another number style, typing errors, net of retainage, with
//! tax, later, in parts, or not at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::noise;
use super::random::Random;

/// Rates of noise, per thousand documents.
pub(crate) mod rates {
    /// The second table spells the name otherwise.
    pub(crate) const NAME_VARIANT: u64 = 120;
    /// The second table writes the number otherwise.
    pub(crate) const NUMBER_VARIANT: u64 = 80;
    /// A typing error in the number, the name or the amount.
    pub(crate) const TYPING_ERROR: u64 = 30;
    /// The second table shows the amount net of retainage.
    pub(crate) const NET_OF_RETAINAGE: u64 = 100;
    /// The second table shows the amount with tax.
    pub(crate) const TAX_ADDED: u64 = 50;
    /// Documents that belong to a series of equal monthly bills.
    pub(crate) const RECURRING: u64 = 40;
    /// Documents that are several documents on the other side, either way.
    pub(crate) const SPLIT: u64 = 20;
    /// Documents that the other side lacks, for each side.
    pub(crate) const ONE_SIDED: u64 = 50;
    /// Another document of the same company with the same amount within days.
    pub(crate) const NEIGHBOUR: u64 = 10;
    /// The job is left out on the second side.
    pub(crate) const JOB_MISSING: u64 = 30;
    /// The second side names another job.
    pub(crate) const JOB_WRONG: u64 = 10;
}

/// A document as it really is, or as one side writes it down.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) vendor: String,
    pub(crate) number: String,
    pub(crate) cents: i64,
    /// Days since 2024-01-01.
    pub(crate) day: i64,
    pub(crate) job: String,
}

/// How a company numbers its invoices.
#[derive(Clone, Copy)]
enum Style {
    Plain,
    Prefixed,
    Dashed,
    Yearly,
    Lettered,
}

struct Company {
    name: String,
    style: Style,
    next: u64,
    stride: u64,
    jobs: Vec<String>,
    /// The typical amount, in cents.
    typical: i64,
    /// Whether it charges tax; retainage is held of the others.
    supplier: bool,
}

const FIRST: [&str; 72] = [
    "Smith",
    "Miller",
    "Alvarez",
    "Johnson",
    "Garcia",
    "Nguyen",
    "O'Brien",
    "Kowalski",
    "Peterson",
    "Hernandez",
    "Walker",
    "Brooks",
    "Hayes",
    "Sullivan",
    "Delgado",
    "Schmidt",
    "Bauer",
    "Romano",
    "Kim",
    "Patel",
    "Hill Country",
    "River City",
    "Lone Star",
    "Blue Ridge",
    "Gulf Coast",
    "Tri-County",
    "Capitol",
    "Summit",
    "Pioneer",
    "Heritage",
    "Precision",
    "Superior",
    "Premier",
    "Reliable",
    "Allied",
    "United",
    "Central",
    "Midwest",
    "Northern",
    "Southern",
    "Eastside",
    "Westlake",
    "Lakeview",
    "Bayside",
    "Valley",
    "Mesa",
    "Cedar",
    "Oak Hill",
    "Ironwood",
    "Granite",
    "Liberty",
    "Patriot",
    "Eagle",
    "Falcon",
    "Titan",
    "Apex",
    "Vertex",
    "Keystone",
    "Cornerstone",
    "Benchmark",
    "Metro",
    "Interstate",
    "Crossroads",
    "Frontier",
    "Redwood",
    "Sierra",
    "Cascade",
    "Delta",
    "Omega",
    "Alpha",
    "A-1",
    "Four Corners",
];
const SECOND: [&str; 14] = [
    "",
    "",
    "",
    "",
    "& Sons",
    "Brothers",
    "& Daughters",
    "Family",
    "Bay",
    "Creek",
    "Ridge",
    "Springs",
    "& Co",
    "Point",
];
const TRADE: [&str; 44] = [
    "Construction",
    "Electric",
    "Electrical",
    "Mechanical",
    "Plumbing",
    "Roofing",
    "Concrete",
    "Paving",
    "Excavating",
    "Steel",
    "Masonry",
    "Drywall",
    "Painting",
    "Flooring",
    "Glass",
    "Glazing",
    "Insulation",
    "Landscaping",
    "Fencing",
    "Demolition",
    "Heating & Cooling",
    "Fire Protection",
    "Elevator",
    "Waterproofing",
    "Supply",
    "Building Materials",
    "Lumber",
    "Equipment Rental",
    "Hardware",
    "Ready Mix",
    "Iron Works",
    "Sheet Metal",
    "Millwork",
    "Cabinets",
    "Tile & Stone",
    "Surveying",
    "Engineering",
    "Scaffolding",
    "Crane Service",
    "Trucking",
    "Waste Services",
    "Site Services",
    "Foundation Drilling",
    "Structural Steel",
];
const FORM: [&str; 8] = ["LLC", "Inc.", "Inc", "Co.", "Corp.", "Company", "Ltd.", ""];

/// Days that the documents span.
const SPAN: i64 = 730;

fn companies(random: &mut Random, count: usize, jobs: &[String]) -> Vec<Company> {
    let mut used = BTreeSet::new();
    let mut companies = Vec::with_capacity(count);
    while companies.len() < count {
        let base = match random.pick(&SECOND) {
            &"" => format!("{} {}", random.pick(&FIRST), random.pick(&TRADE)),
            second => format!("{} {second} {}", random.pick(&FIRST), random.pick(&TRADE)),
        };
        // Words in another order or form are one company to a reader; keep them apart here.
        let plain = base.replace("Electrical", "Electric").replace("& Co ", "");
        if !used.insert(plain.clone()) {
            continue;
        }
        let form = random.pick(&FORM);
        let name = if form.is_empty() {
            base
        } else {
            format!("{base} {form}")
        };
        let own = 1 + random.below(8) as usize;
        let style = [
            Style::Plain,
            Style::Prefixed,
            Style::Dashed,
            Style::Yearly,
            Style::Lettered,
        ];
        companies.push(Company {
            name,
            style: style[random.below(5) as usize],
            next: 100 + random.below(90_000),
            stride: 1 + random.below(6),
            jobs: (0..own).map(|_| random.pick(jobs).clone()).collect(),
            typical: 20_000 << random.below(9),
            supplier: random.per_mille(400),
        });
    }
    companies
}

impl Company {
    fn number(&mut self, random: &mut Random, day: i64) -> String {
        self.next += 1 + random.below(self.stride);
        let next = self.next;
        match self.style {
            Style::Plain => format!("{next}"),
            Style::Prefixed => format!("INV-{next:06}"),
            Style::Dashed => format!("{:02}-{:05}", 10 + next % 7, next),
            Style::Yearly => format!("{}-{next:05}", 2024 + day / 366),
            Style::Lettered => format!("{}{next}", char::from(b'A' + (next % 3) as u8)),
        }
    }

    fn amount(&self, random: &mut Random) -> i64 {
        let scale = 1 << random.below(6);
        let cents = self.typical / 8 + random.below((self.typical as u64) * scale) as i64;
        match random.below(10) {
            0 => (cents / 10_000).max(1) * 10_000,
            1 => (cents / 100_000).max(1) * 100_000,
            _ => cents.max(500),
        }
    }
}

/// The rows of both tables and which belong together, by position.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) left: Vec<Record>,
    pub(crate) right: Vec<Record>,
    pub(crate) truth: Vec<(u32, u32)>,
}

impl World {
    /// Both sides have about `rows` rows.
    pub(crate) fn new(rows: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let jobs: Vec<String> = (0..(rows / 500).max(8))
            .map(|at| format!("{}-{:04}", 22 + at % 4, 1_000 + at))
            .collect();
        let count = (rows / 250).clamp(20, 12_000);
        let mut companies = companies(&mut random, count, &jobs);
        let mut world = Self::default();
        // Companies grow in time order, so that their numbers ascend with their dates.
        let mut company = 0;
        while world.left.len().max(world.right.len()) < rows {
            // Few companies send most of the paper.
            let share = 60 + random.below(190) * (1 + 4 * u64::from(company % 10 == 0));
            let of_company = (share as usize).min(rows);
            let slot = company % count;
            world.documents(&mut companies[slot], of_company, &mut random, &jobs);
            company += 1;
        }
        world
    }

    fn documents(
        &mut self,
        company: &mut Company,
        count: usize,
        random: &mut Random,
        jobs: &[String],
    ) {
        let mut day = random.between(0, 30);
        let step = ((SPAN as usize) / count.max(1)).max(1) as i64;
        let mut made = 0;
        while made < count {
            day = (day + random.between(0, 2 * step)) % SPAN;
            let mut record = Record {
                vendor: company.name.clone(),
                number: company.number(random, day),
                cents: company.amount(random),
                day,
                job: random.pick(&company.jobs).clone(),
            };
            // A series holds nine bills on average.
            if random.below(9_000) < rates::RECURRING {
                made += self.series(record, company, random, jobs);
                continue;
            }
            if random.per_mille(rates::NEIGHBOUR) {
                self.write_down(&record, company, random, jobs);
                record.day += random.between(0, 6);
                record.number = company.number(random, day);
                made += 1;
            }
            self.write_down(&record, company, random, jobs);
            made += 1;
        }
    }

    /// Equal bills, a month apart; half of the series come without numbers.
    fn series(
        &mut self,
        first: Record,
        company: &mut Company,
        random: &mut Random,
        jobs: &[String],
    ) -> usize {
        let bills = random.between(6, 12);
        let numbered = random.per_mille(500);
        for month in 0..bills {
            let day = first.day + month * 61 / 2;
            let number = if numbered {
                company.number(random, day)
            } else {
                String::new()
            };
            let bill = Record {
                day,
                number,
                ..first.clone()
            };
            if random.per_mille(rates::ONE_SIDED) {
                self.left.push(bill);
            } else if random.per_mille(rates::ONE_SIDED) {
                self.right.push(bill);
            } else {
                let mut other = bill.clone();
                other.day += random.between(0, 6);
                noise::copy(&mut other, jobs, random);
                self.pair(bill, other);
            }
        }
        bills as usize
    }

    fn pair(&mut self, left: Record, right: Record) {
        self.truth
            .push((self.left.len() as u32, self.right.len() as u32));
        self.left.push(left);
        self.right.push(right);
    }

    fn write_down(
        &mut self,
        record: &Record,
        company: &Company,
        random: &mut Random,
        jobs: &[String],
    ) {
        if random.per_mille(rates::ONE_SIDED) {
            self.left.push(record.clone());
            return;
        }
        let mut other = record.clone();
        other.day += noise::delay(random);
        if random.per_mille(rates::ONE_SIDED) {
            noise::copy(&mut other, jobs, random);
            self.right.push(other);
            return;
        }
        noise::amount(&mut other, company.supplier, random);
        if random.per_mille(rates::SPLIT) && other.cents >= 20_000 {
            self.split(record, &other, random, jobs);
            return;
        }
        noise::copy(&mut other, jobs, random);
        self.pair(record.clone(), other);
    }

    /// One document on one side, two to four on the other.
    fn split(&mut self, record: &Record, other: &Record, random: &mut Random, jobs: &[String]) {
        let parts = noise::parts(other, random);
        let whole_left = random.per_mille(500);
        let mut whole = record.clone();
        if !whole_left {
            noise::copy(&mut whole, jobs, random);
        }
        let whole_at = if whole_left {
            self.left.len()
        } else {
            self.right.len()
        } as u32;
        let (wholes, others) = match whole_left {
            true => (&mut self.left, &mut self.right),
            false => (&mut self.right, &mut self.left),
        };
        wholes.push(whole);
        for mut part in parts {
            if whole_left {
                noise::spelling(&mut part, random);
            }
            let part_at = others.len() as u32;
            others.push(part);
            self.truth.push(if whole_left {
                (whole_at, part_at)
            } else {
                (part_at, whole_at)
            });
        }
    }

    /// Writes `a.csv`, `b.csv` and `truth.csv`, each side in an order of its own, with ids that
    /// say nothing.
    pub(crate) fn write(&self, folder: &Path, seed: u64) -> Result<()> {
        std::fs::create_dir_all(folder).context("failed to create the folder")?;
        let mut random = Random::new(seed ^ 0x5EED);
        let left = write_side(&self.left, "A", &folder.join("a.csv"), &mut random)?;
        let right = write_side(&self.right, "B", &folder.join("b.csv"), &mut random)?;
        let mut text = String::from("a_id,b_id\n");
        for (a, b) in &self.truth {
            writeln!(text, "A{},B{}", left[*a as usize], right[*b as usize])?;
        }
        std::fs::write(folder.join("truth.csv"), text).context("failed to write the truth")
    }
}

/// Writes the rows in random order; returns the number in each row's id.
fn write_side(rows: &[Record], side: &str, path: &Path, random: &mut Random) -> Result<Vec<u32>> {
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    random.shuffle(&mut order);
    let mut ids = vec![0; rows.len()];
    let mut text = String::with_capacity(rows.len() * 72);
    text.push_str("id,vendor,doc_no,amount_cents,date,job\n");
    for (at, row) in order.iter().enumerate() {
        let id = 1_000_001 + at as u32;
        ids[*row as usize] = id;
        let Record {
            vendor,
            number,
            cents,
            day,
            job,
        } = &rows[*row as usize];
        let comma = vendor.contains(',');
        let quote = if comma { "\"" } else { "" };
        let (year, month, day) = civil(*day);
        writeln!(
            text,
            "{side}{id},{quote}{vendor}{quote},{number},{cents},{year:04}-{month:02}-{day:02},{job}"
        )?;
    }
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(ids)
}

/// The date that many days after 2024-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let (mut year, mut rest) = (2024, days);
    let leap = |year: i64| year % 4 == 0;
    while rest >= 365 + i64::from(leap(year)) {
        rest -= 365 + i64::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + i64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    for (month, length) in (1..).zip(lengths) {
        if rest < length {
            return (year, month, rest + 1);
        }
        rest -= length;
    }
    (year, 12, 31)
}

#[cfg(test)]
mod tests {
    use super::{World, civil};

    #[test]
    fn the_same_seed_gives_the_same_world_and_another_seed_another() {
        let rows = |seed| {
            World::new(2_000, seed)
                .right
                .iter()
                .map(|row| row.number.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(7), rows(7));
        assert_ne!(rows(7), rows(8));
    }

    #[test]
    fn the_truth_names_rows_that_exist_and_most_rows_are_in_it() {
        let world = World::new(20_000, 3);
        assert!(world.truth.iter().all(|(a, b)| (*a as usize) < world.left.len() && (*b as usize) < world.right.len()));
        assert!(world.truth.len() > 17_000 && world.left.len() >= 18_000);
    }

    #[test]
    fn days_become_dates_across_the_leap_day() {
        assert_eq!(civil(0), (2024, 1, 1));
        assert_eq!(civil(59), (2024, 2, 29));
        assert_eq!(civil(366), (2025, 1, 1));
        assert_eq!(civil(730), (2025, 12, 31));
    }
}
