//! Random small worlds, written in the form of scenarios: documents of all kinds, missing,
//! repeated, changed and misplaced on either side.

mod procore;
mod quickbooks;

use figures::{Date, Money};
use proptest::prelude::*;

use super::reader::World;

/// What happened to a document on its way into the other book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Both,
    OnlyProcore,
    OnlyQuickBooks,
    Twice,
    OffBy(i64),
    OtherJob,
    NoJob,
    TwoJobs,
    Reversed,
    Voided,
    Draft,
    Deleted,
    Late(u8),
    OtherVendor,
    WithoutRetainage,
    Linked,
    /// It is on the other job, and a person said that it is the same.
    Confirmed,
    /// A person said that it is not the same.
    Refused,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Application,
    Requisition,
    Bill,
    Charge,
    Received,
    Paid,
    /// One payment of several bills.
    CheckRun,
    /// A check to two payees that is applied to no bill.
    JointCheck,
    Order,
    Change,
    Payroll,
    Deposit,
}

/// A document of a random world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    kind: Kind,
    fate: Fate,
    job: i64,
    vendor: i64,
    cents: i64,
    /// Days after 1 September 2026.
    day: u8,
    numbered: bool,
    /// Whether it holds retainage; of a payment, whether it uses a credit or waits to be deposited.
    retained: bool,
    /// Which of the documents before it a payment pays.
    pays: prop::sample::Index,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Both),
        1 => Just(Fate::Linked),
        1 => Just(Fate::Confirmed),
        1 => Just(Fate::Refused),
        2 => Just(Fate::OnlyProcore),
        2 => Just(Fate::OnlyQuickBooks),
        2 => Just(Fate::Twice),
        2 => (-30_000_i64..30_000).prop_map(Fate::OffBy),
        1 => (-2_i64..=2).prop_map(Fate::OffBy),
        1 => Just(Fate::OtherJob),
        2 => Just(Fate::NoJob),
        1 => Just(Fate::TwoJobs),
        1 => Just(Fate::Reversed),
        1 => Just(Fate::Voided),
        1 => Just(Fate::Draft),
        1 => Just(Fate::Deleted),
        2 => (1_u8..25).prop_map(Fate::Late),
        1 => Just(Fate::OtherVendor),
        1 => Just(Fate::WithoutRetainage),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Application),
        Just(Kind::Requisition),
        Just(Kind::Bill),
        Just(Kind::Charge),
        Just(Kind::Received),
        Just(Kind::Paid),
        Just(Kind::CheckRun),
        Just(Kind::JointCheck),
        Just(Kind::Order),
        Just(Kind::Change),
        Just(Kind::Payroll),
        Just(Kind::Deposit),
    ]
}

/// Any document.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    // Few amounts, so that many documents look alike.
    let cents = prop_oneof![
        Just(100_000_i64),
        Just(145_025),
        Just(2_500_000),
        1_i64..4_000_000
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<prop::sample::Index>());
    (kind(), fate(), 1_i64..=2, 7_i64..=8, cents, 0_u8..65, flags).prop_map(
        |(kind, fate, job, vendor, cents, day, (numbered, retained, pays))| Plan {
            kind,
            fate,
            job,
            vendor,
            cents,
            day,
            numbered,
            retained,
            pays,
        },
    )
}

/// Labor above all, so that crews, journals and jobs look alike.
pub(crate) fn labor() -> impl Strategy<Value = Plan> {
    let kind = prop_oneof![9 => Just(Kind::Payroll), 1 => Just(Kind::Charge)];
    let cents = prop_oneof![Just(0_i64), Just(50_000), Just(100_000), Just(150_000)];
    alike(kind, cents, (0_u8..3).prop_map(|week| 6 * week))
}

/// Bills, what pays them and credits that payments use up: what is wrong with one explains others.
pub(crate) fn payables() -> impl Strategy<Value = Plan> {
    of_two_amounts(prop_oneof![
        3 => Just(Kind::Requisition),
        2 => Just(Kind::Bill),
        4 => Just(Kind::Paid),
        1 => Just(Kind::CheckRun),
        1 => Just(Kind::JointCheck),
    ])
}

/// Applications, what is received for them, and deposits.
pub(crate) fn receivables() -> impl Strategy<Value = Plan> {
    of_two_amounts(prop_oneof![
        3 => Just(Kind::Application),
        4 => Just(Kind::Received),
        2 => Just(Kind::Deposit),
    ])
}

/// Commitments, their changes and what is billed on them.
pub(crate) fn commitments() -> impl Strategy<Value = Plan> {
    of_two_amounts(prop_oneof![
        3 => Just(Kind::Order),
        2 => Just(Kind::Change),
        1 => Just(Kind::Requisition),
        1 => Just(Kind::Charge),
    ])
}

fn of_two_amounts(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Plan> {
    let cents = prop_oneof![Just(100_000_i64), Just(145_025)];
    alike(kind, cents, (0_u8..4).prop_map(|day| 2 * day))
}

/// Documents of few kinds, amounts and days, without numbers.
fn alike(
    kind: impl Strategy<Value = Kind>,
    cents: impl Strategy<Value = i64>,
    day: impl Strategy<Value = u8>,
) -> impl Strategy<Value = Plan> {
    (plan(), kind, cents, day).prop_map(|(plan, kind, cents, day)| Plan {
        kind,
        cents,
        day,
        numbered: false,
        ..plan
    })
}

/// The other of the two jobs.
const fn other(job: i64) -> i64 {
    3 - job
}

/// A plan beside those before it.
struct Draft<'p> {
    at: usize,
    plan: &'p Plan,
    before: &'p [Plan],
}

impl Draft<'_> {
    /// The id of the document in both books.
    const fn own(&self) -> usize {
        100 + self.at
    }

    /// The days of September 2026 and after, so many later than planned.
    fn day(&self, late: u8) -> Date {
        let days = i64::from(self.plan.day) + i64::from(late);
        Date::constant(2026, 9, 1).saturating_add(jiff::Span::new().days(days))
    }

    fn number(&self) -> String {
        if self.plan.numbered {
            format!("\"N-{}\"", 700 + self.at)
        } else {
            String::new()
        }
    }

    fn amount(&self) -> Money {
        Money::from_cents(self.plan.cents)
    }

    fn keeps_retainage(&self) -> bool {
        let keeps = matches!(self.plan.kind, Kind::Application | Kind::Requisition);
        self.plan.retained && keeps
    }

    fn retainage(&self) -> Money {
        Money::from_cents(if self.keeps_retainage() {
            self.plan.cents / 10
        } else {
            0
        })
    }

    /// Places of the documents before this one that fit, beginning with the one that is paid.
    fn paid(&self, fits: impl Fn(&Plan) -> bool) -> Vec<usize> {
        let mut fit: Vec<usize> = (0..self.before.len())
            .filter(|at| fits(&self.before[*at]))
            .collect();
        if !fit.is_empty() {
            let first = self.plan.pays.index(fit.len());
            fit.rotate_left(first);
        }
        fit
    }

    /// The id of the bill that is paid.
    fn bill(&self) -> Option<usize> {
        let bills = self.paid(|plan| matches!(plan.kind, Kind::Requisition | Kind::Bill));
        bills.first().map(|at| 100 + at)
    }

    /// Id, amount and commitment of the bills that a check run pays.
    fn bills(&self) -> Vec<(usize, Money, i64)> {
        let mut bills = self.paid(|plan| matches!(plan.kind, Kind::Requisition | Kind::Bill));
        bills.truncate(2 + usize::from(self.plan.day % 3));
        let bills = bills.into_iter().map(|at| {
            let bill = &self.before[at];
            let commitment = 10 * bill.job + bill.vendor;
            (100 + at, Money::from_cents(bill.cents), commitment)
        });
        bills.collect()
    }
}

/// A world of these documents on two jobs with two vendors.
pub(crate) fn world(plans: &[Plan]) -> Result<World, String> {
    World::read(&text(plans)?)
}

/// The scenario of such a world.
pub(crate) fn text(plans: &[Plan]) -> Result<String, String> {
    // Where the first document holds no retainage, the office enters net.
    let office = if plans.first().is_none_or(|plan| plan.retained) {
        ""
    } else {
        "office none\n"
    };
    let mut text = format!(
        "{office}job 1 \"Harbor Clinic\" 1042 = 61\n\
         job 2 \"Mill Street Lofts\" 1043 = 62\n\
         vendor 7 \"Brightline Electric LLC\" = 77\n\
         vendor 8 \"Summit Concrete Co\" = 78\n\
         P contract 1 job 1 500,000.00\nP contract 2 job 2 300,000.00\n\
         P subcontract 17 job 1 vendor 7 90,000.00\nP subcontract 18 job 1 vendor 8 90,000.00\n\
         P subcontract 27 job 2 vendor 7 90,000.00\nP subcontract 28 job 2 vendor 8 90,000.00\n\
         Q estimate 11 job 1 500,000.00\nQ estimate 12 job 2 300,000.00\n",
    );
    for (at, plan) in plans.iter().enumerate() {
        let before = &plans[..at];
        let draft = Draft { at, plan, before };
        let written = procore::write(&draft, &mut text);
        let written = written.and_then(|()| quickbooks::write(&draft, &mut text));
        written.map_err(|error| error.to_string())?;
    }
    Ok(text)
}
