//! Random books of an office with a history, in which some documents went wrong.

use std::fmt::Write;

use figures::Money;

/// A linear congruential generator: the same books for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.below(7);
        dice
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn money(&mut self) -> Money {
        let cents = 100_000 + self.below(3_000_000);
        Money::from_cents(i64::try_from(cents).unwrap_or(100_000))
    }
}

const CLASSES: [&str; 2] = ["North", "South"];
const NAMES: [&str; 2] = ["HC", "ML"];

/// An office being written.
struct Office {
    text: String,
    dice: Dice,
    id: u64,
    net: bool,
    /// What direct costs are coded to: a word for the account, or an item.
    steel: &'static str,
}

impl Office {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a text takes any line");
        self.text.push('\n');
    }

    fn next(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    /// The lines of the ledger's side: gross with retainage, or net.
    fn amounts(&self, word: &str, gross: Money) -> String {
        let tenth = Money::from_cents(gross.cents() / 10);
        if self.net {
            format!("{word} {}", gross - tenth)
        } else {
            format!("{word} {gross} retainage {tenth}")
        }
    }
}

/// One document on both sides, and how to leave one out or change it.
#[derive(Clone)]
struct Both {
    procore: String,
    ledger: String,
}

impl Office {
    fn requisition(&mut self, job: u64, vendor: u64, day: &str) -> (u64, Both) {
        let (id, gross, commitment) = (self.next(), self.dice.money(), 10 * job + vendor);
        let tenth = Money::from_cents(gross.cents() / 10);
        let class = CLASSES[job as usize - 1];
        let lines = self.amounts("cost", gross);
        let both = Both {
            procore: format!(
                "P requisition {id} on {commitment} no {id} \"B-{id}\" {day} gross {gross} \
                 retainage {tenth}"
            ),
            ledger: format!("vendor 7{vendor} \"B-{id}\" {day} class {class} job {job} {lines}"),
        };
        (id, both)
    }

    fn application(&mut self, job: u64, day: &str) -> (u64, Money, Both) {
        let (id, gross) = (self.next(), self.dice.money());
        let tenth = Money::from_cents(gross.cents() / 10);
        let (class, name) = (CLASSES[job as usize - 1], NAMES[job as usize - 1]);
        let lines = self.amounts("income", gross);
        let both = Both {
            procore: format!(
                "P application {id} on {job} no {id} \"{name}-{id}\" {day} gross {gross} retainage \
                 {tenth}"
            ),
            ledger: format!("job {job} \"{name}-{id}\" {day} class {class} {lines}"),
        };
        (id, gross - tenth, both)
    }

    fn cost(&mut self, job: u64, day: &str) -> (u64, Money, Both) {
        let (id, amount) = (self.next(), self.dice.money());
        let class = CLASSES[job as usize - 1];
        let both = Both {
            procore: format!(
                "P cost {id} job {job} vendor 9 \"S-{id}\" {day} {amount} code {}",
                2 + job
            ),
            ledger: format!(
                "vendor 79 \"S-{id}\" {day} class {class} job {job} {} {amount}",
                self.steel
            ),
        };
        (id, amount, both)
    }

    fn history(&mut self) {
        for job in 1..=2 {
            for month in 5..=8 {
                for vendor in [7, 8] {
                    let (id, both) = self.requisition(job, vendor, &format!("2026-0{month}-04"));
                    self.line(format_args!("{}", both.procore));
                    self.line(format_args!("Q bill {id} {}", both.ledger));
                }
                let (id, net, both) = self.application(job, &format!("2026-0{month}-05"));
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q invoice {id} {}", both.ledger));
                let paid = self.next();
                let day = format!("2026-0{month}-25");
                self.line(format_args!(
                    "P payment {paid} on {job} {net} {day} \"C-{paid}\""
                ));
                self.line(format_args!(
                    "Q payment {paid} job {job} \"C-{paid}\" {day} pays {id} {net}"
                ));
                let (id, _, both) = self.cost(job, &format!("2026-0{month}-11"));
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q bill {id} {}", both.ledger));
            }
        }
    }

    /// Something that goes wrong in September or October.
    fn plant(&mut self, kind: u64) {
        let job = 1 + self.dice.below(2);
        let other = 3 - job;
        let vendor = 7 + self.dice.below(2);
        let day = match self.dice.below(2) {
            0 => format!("2026-09-{:02}", 2 + self.dice.below(28)),
            _ => format!("2026-10-{:02}", 1 + self.dice.below(20)),
        };
        let day = day.as_str();
        let class = CLASSES[job as usize - 1];
        match kind {
            // Never entered, voided or deleted in the ledger.
            0 => {
                let (id, both) = self.requisition(job, vendor, day);
                self.line(format_args!("{}", both.procore));
                if self.dice.below(3) == 0 {
                    self.line(format_args!("Q bill {id} {} voided", both.ledger));
                }
            }
            1 => {
                let (id, net, both) = self.application(job, day);
                self.line(format_args!("{}", both.procore));
                match self.dice.below(5) {
                    0 => self.line(format_args!("Q invoice {id} {} voided", both.ledger)),
                    1 => {
                        let paid = self.next();
                        self.line(format_args!(
                            "P payment {paid} on {job} {net} {day} for \"{}-{id}\"",
                            NAMES[job as usize - 1]
                        ));
                    }
                    _ => {}
                }
            }
            2 => {
                let id = self.next();
                self.line(format_args!(
                    "P application {id} on {job} no {id} \"{}-{id}\" {day} gross 0.00 retainage \
                     -1,234.56",
                    NAMES[job as usize - 1]
                ));
            }
            3 => {
                let (_, _, both) = self.cost(job, day);
                let kind = ["", "", "expense", "paid 2026-10-12"][self.dice.below(4) as usize];
                self.line(format_args!("{} {kind}", both.procore));
            }
            // Entered twice.
            4 => {
                let (id, both) = self.requisition(job, vendor, day);
                let again = self.next();
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q bill {id} {}", both.ledger));
                self.line(format_args!("Q bill {again} {}", both.ledger));
                if self.dice.below(3) == 0 {
                    let paid = self.next();
                    let which = if self.dice.below(2) == 0 { id } else { again };
                    self.line(format_args!(
                        "Q bill_payment {paid} vendor 7{vendor} {day} pays {which} 500.00"
                    ));
                }
            }
            5 => {
                let (id, net, both) = self.application(job, day);
                let again = self.next();
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q invoice {id} {}", both.ledger));
                self.line(format_args!("Q invoice {again} {}", both.ledger));
                if self.dice.below(3) == 0 {
                    let paid = self.next();
                    let which = if self.dice.below(2) == 0 { id } else { again };
                    self.line(format_args!("P payment {paid} on {job} {net} {day}"));
                    self.line(format_args!(
                        "Q payment {paid} job {job} {day} pays {which} {net}"
                    ));
                }
            }
            6 => {
                let (id, _, both) = self.cost(job, day);
                let again = self.next();
                self.line(format_args!("{} expense", both.procore));
                self.line(format_args!("Q charge {id} {}", both.ledger));
                self.line(format_args!("Q charge {again} {}", both.ledger));
            }
            // Received and not applied.
            7 => {
                let (id, net, both) = self.application(job, "2026-09-01");
                let paid = self.next();
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q invoice {id} {}", both.ledger));
                let named = match self.dice.below(4) {
                    0 => format!("for \"{}-{id}\"", NAMES[job as usize - 1]),
                    _ => String::new(),
                };
                if self.dice.below(6) > 0 {
                    self.line(format_args!(
                        "P payment {paid} on {job} {net} {day} \"C-{paid}\" {named}"
                    ));
                }
                self.line(format_args!(
                    "Q payment {paid} job {job} \"C-{paid}\" {day} unapplied {net} in undeposited"
                ));
                if self.dice.below(5) == 0 {
                    let deposit = self.next();
                    self.line(format_args!(
                        "Q deposit {deposit} {day} deposits {paid} {net}"
                    ));
                }
            }
            // Coded otherwise.
            8 => {
                let (id, both) = self.requisition(job, vendor, day);
                self.line(format_args!("{}", both.procore));
                let class = CLASSES[self.dice.below(2) as usize];
                let ledger = both
                    .ledger
                    .replace(&format!("job {job}"), &format!("job {other}"));
                let ledger = ledger.replace("class North", "class South");
                let ledger = ledger.replace("class South", &format!("class {class}"));
                self.line(format_args!("Q bill {id} {ledger}"));
            }
            9 => {
                let (id, _, both) = self.cost(job, day);
                self.line(format_args!("{}", both.procore));
                let class = CLASSES[other as usize - 1];
                let ledger = both.ledger.replace("class North", "class South");
                let ledger = ledger.replace("class South", &format!("class {class}"));
                self.line(format_args!("Q bill {id} {ledger}"));
            }
            10 => {
                let (id, _, both) = self.cost(job, day);
                self.line(format_args!("{}", both.procore));
                let wrong = match (self.steel, self.dice.below(3)) {
                    ("materials", _) => "equipment",
                    (_, 0) => "item 6",
                    (_, 1) => "item 9",
                    _ => "equipment",
                };
                let ledger = both.ledger.replace(self.steel, wrong);
                self.line(format_args!("Q bill {id} {ledger}"));
            }
            // Gone in Procore.
            11 => {
                let (id, _, both) = self.cost(job, day);
                let gone = ["deleted", "void"][self.dice.below(2) as usize];
                self.line(format_args!("{} {gone}", both.procore));
                self.line(format_args!("Q bill {id} {}", both.ledger));
                if self.dice.below(3) == 0 {
                    let paid = self.next();
                    self.line(format_args!(
                        "Q bill_payment {paid} vendor 79 {day} pays {id} 500.00"
                    ));
                }
            }
            12 => {
                let (id, _, both) = self.application(job, day);
                self.line(format_args!("{} deleted", both.procore));
                self.line(format_args!("Q invoice {id} {}", both.ledger));
            }
            // Labor that strayed.
            13 => {
                let (id, amount) = (self.next(), self.dice.money());
                self.line(format_args!("P cost {id} job {job} payroll {day} {amount}"));
                let to = match self.dice.below(3) {
                    0 => "none".to_owned(),
                    _ => other.to_string(),
                };
                self.line(format_args!(
                    "Q journal {id} {day} note \"Payroll\" job {to} debit labor {amount} job none \
                     credit payroll {amount}"
                ));
            }
            // Money that went elsewhere, and what only a person can do.
            14 => {
                let (id, net, both) = self.application(job, "2026-09-01");
                let deposit = self.next();
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q invoice {id} {}", both.ledger));
                self.line(format_args!("P payment {deposit} on {job} {net} {day}"));
                let account = ["income", "receivable"][self.dice.below(2) as usize];
                self.line(format_args!(
                    "Q deposit {deposit} {day} job {job} {account} {net}"
                ));
            }
            15 => {
                let (id, gross) = (self.next(), self.dice.money());
                let tenth = Money::from_cents(gross.cents() / 10);
                self.line(format_args!(
                    "P requisition {id} on {} no {id} \"B-{id}\" {day} gross {gross} retainage \
                     {tenth}",
                    10 * job + vendor
                ));
                self.line(format_args!(
                    "Q bill {id} vendor 7{vendor} \"B-{id}\" {day} class {class} job {job} cost \
                     {gross}"
                ));
            }
            // Without its retainage.
            16 => {
                let (id, net, both) = self.application(job, day);
                self.line(format_args!("{}", both.procore));
                let gross = Money::from_cents(net.cents() * 10 / 9);
                let asked = if self.dice.below(3) == 0 { gross } else { net };
                let ledger = both.ledger.split(" income").next().unwrap_or_default();
                self.line(format_args!("Q invoice {id} {ledger} income {asked}"));
                if self.dice.below(3) == 0 {
                    let paid = self.next();
                    self.line(format_args!("P payment {paid} on {job} {net} 2026-10-24"));
                    self.line(format_args!(
                        "Q payment {paid} job {job} 2026-10-24 pays {id} {net}"
                    ));
                }
            }
            17 => {
                let (id, both) = self.requisition(job, vendor, day);
                self.line(format_args!("{}", both.procore));
                let words: Vec<&str> = both.procore.split(' ').collect();
                let amount = |word: &str| {
                    let at = words
                        .iter()
                        .position(|one| *one == word)
                        .unwrap_or_default();
                    Money::parse(&words[at + 1].replace(',', "")).unwrap_or_default()
                };
                let net = amount("gross") - amount("retainage");
                let ledger = both.ledger.split(" cost").next().unwrap_or_default();
                self.line(format_args!("Q bill {id} {ledger} cost {net}"));
                if self.dice.below(3) == 0 {
                    let (paid, commitment) = (self.next(), 10 * job + vendor);
                    self.line(format_args!(
                        "P payment {paid} on {commitment} pays {id} {net} 2026-10-24 \"K-{paid}\""
                    ));
                    self.line(format_args!(
                        "Q bill_payment {paid} vendor 7{vendor} \"K-{paid}\" 2026-10-24 pays {id} \
                         {net}"
                    ));
                }
            }
            // A purchase on the wrong job.
            18 => {
                let (id, _, both) = self.cost(job, day);
                let (kind, noun) =
                    [("", "bill"), (" expense", "charge")][self.dice.below(2) as usize];
                self.line(format_args!("{}{kind}", both.procore));
                let ledger = both
                    .ledger
                    .replace(&format!("job {job}"), &format!("job {other}"));
                self.line(format_args!("Q {noun} {id} {ledger}"));
            }
            _ => {
                let (id, _, both) = self.cost(job, day);
                self.line(format_args!("{}", both.procore));
                self.line(format_args!("Q vendor_credit {id} {}", both.ledger));
            }
        }
    }
}

/// Kinds of things that go wrong.
const KINDS: u64 = 20;

/// The books of one seed, in the form of a scenario.
pub(super) fn planted(seed: u64) -> String {
    let mut office = Office {
        text: String::new(),
        dice: Dice::new(seed),
        id: 100,
        net: seed % 5 == 4,
        steel: ["materials", "item 5", "item 7"][(seed % 3) as usize],
    };
    if office.net {
        office.line(format_args!("office none"));
    }
    if office.dice.below(6) == 0 {
        office.line(format_args!("closing 2026-09-30"));
    }
    office.text.push_str(
        "job 1 \"Harbor Clinic\" 1042 = 61\n\
         job 2 \"Mill Street Lofts\" 1043 = 62\n\
         vendor 7 \"Brightline Electric LLC\" = 77\n\
         vendor 8 \"Summit Concrete Co\" = 78\n\
         vendor 9 \"Prairie Steel Supply\" = 79\n\
         P code 3 job 1 \"05-120\" \"Structural Steel\"\n\
         P code 4 job 2 \"05-120\" \"Structural Steel\"\n\
         P code 5 job 1 \"01-540\" \"Equipment\"\n\
         P contract 1 job 1 9,000,000.00\nP contract 2 job 2 9,000,000.00\n\
         P subcontract 17 job 1 vendor 7 900,000.00\nP subcontract 18 job 1 vendor 8 900,000.00\n\
         P subcontract 27 job 2 vendor 7 900,000.00\nP subcontract 28 job 2 vendor 8 900,000.00\n",
    );
    office.history();
    for _ in 0..=office.dice.below(4) {
        let kind = office.dice.below(KINDS);
        office.plant(kind);
    }
    office.text
}
