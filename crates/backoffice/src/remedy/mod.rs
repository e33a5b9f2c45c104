//! Remedies: what is to be done to the ledger about a finding, for a person to approve.
//!
//! [`remedies`] is the whole of it: books and what the reconciliation said of them in, corrections
//! out. It executes nothing. A correction is made only where the books say without doubt what is
//! right and where it leaves no other finding on the records that it touches; else a person is told
//! what to do, step by step. Accounts, items, classes and customers are never chosen, only taken
//! over from documents that are paired with Procore's (`precedent`).
//!
//! R13, R14 and R15 in a closed period stay instructions. R14 and R15 judge how a document is coded,
//! of which an entry beside it changes nothing; and what is paid on a bill follows the jobs of the
//! bill's own lines, so an entry that moved its cost would bring up the payment instead.
//!
//! | class | remedy |
//! |---|---|
//! | R01 | the payment is applied to the invoice that Procore's receipt names, else to the one open invoice, or to all open invoices of the job, that it pays exactly; an instruction where Procore has no such receipt, it lies in a deposit, or it would pay in part |
//! | R02, R03, R40 | instruction: no interface changes a line of a deposit safely |
//! | R04 | the bill is entered as earlier bills of the commitment, the vendor or the job were |
//! | R05, R06 | the document that Procore does not know is removed while nothing is paid on it; the other one where that one is paid; instruction where both are |
//! | R07 | the invoice is entered as earlier invoices of the contract or the job were |
//! | R09 | an entry that names the document books its retainage, in the open period and whether it is paid or not: against income or cost where it was entered net, against payables where a bill was entered gross; instruction where an invoice asks for the retainage as well, the office enters net, the entry could name another document too, or another entry names it |
//! | R10 | instruction to raise the estimate; nothing where Procore has to approve |
//! | R13 | the job of the lines is changed on bills and purchases; instruction for invoices, for lines without a job and where more than the job differs; nothing for payments, which follow what they pay, and for purchase orders |
//! | R14 | the class of the lines is changed on bills and purchases; instruction for locations, classes in the header and invoices |
//! | R15 | the account of the lines, or the item where they are entered by item, is changed to the one that documents of the cost code have; instruction where nothing tells it, some lines are by item and others are not, or the item is kept in stock |
//! | R16, R17 | instruction: the amount or the sign of a document is changed by hand |
//! | R21, R22 | what Procore no longer has is removed while nothing is paid on it; what was voided in the ledger is entered again as R04 or R07; instruction where Procore's own link names what is gone, because only a link that is set anew finds the new document; nothing for payments and commitments, where the books do not tell which side is right |
//! | R26 | as R04 for a vendor's invoice that is not paid; instruction for expenses, payroll and what is paid |
//! | R28, R46 | instruction: a payment is entered by whoever sees the bank |
//! | R31 | labor that went to another job, or to none, is moved by an entry on the same accounts; instruction where a person confirmed the pair; nothing where the amounts differ, because a timecard may be missing |
//! | R32, R33 | instruction to close or change the purchase order; nothing where the cure is in Procore |
//! | R35 | the release is entered as an invoice where only Procore has it; instruction where it was keyed as new work; nothing where only the ledger has it: the cure is in Procore |
//! | R45 | instruction to reactivate a customer or vendor; nothing for what is inactive in Procore |
//! | R08, R23, R25, R38 | nothing: Procore has to mirror it |
//! | R11, R12 | nothing: a person says which customer or company is meant, and that is a question of its own |
//! | R18 | nothing: the books do not say which tax code is right |
//! | R19, R27, R30, R34, R36, R37, R44 | nothing: either side may be right, and only a person knows |
//! | R20, R24 | nothing: both documents may be dated as they were issued, and an accrual is a judgement |
//! | R29, R39, R41, R42, R43 | nothing: no error in the ledger |
//! | T01 to T04 | nothing: it clears by itself |

mod bills;
mod coding;
mod desk;
mod guards;
mod habits;
mod invoices;
mod labor;
mod others;
mod payments;
mod precedent;
mod recode;
mod removal;
mod retainage;
#[cfg(test)]
mod tests;
mod words;

use figures::model::Books;
use figures::source::SourceRef;
use figures::{Money, SmolStr};
use gate::correction::Correction;
use gate::roles::Department;

use crate::reconcile::order;
use crate::reconcile::policy::Policy;
use crate::reconcile::result::{Finding, Reconciliation};
use desk::Desk;

/// What is to be done about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The finding that it settles.
    pub finding: SmolStr,
    /// Whose lead approves it; one of those whose action the correction can be.
    pub department: Department,
    /// What is done.
    pub correction: Correction,
    /// What will happen, in one sentence.
    pub sentence: String,
    /// The money that it moves, without a sign.
    pub money: Money,
    /// The vendor or customer in QuickBooks who is paid or pays; nothing when nobody does.
    pub party: Option<SmolStr>,
    /// The records that show why, the most telling first.
    pub evidence: Vec<SourceRef>,
}

/// What is done, before it is said for which finding.
pub(crate) struct Advice {
    department: Department,
    correction: Correction,
    sentence: String,
    money: Money,
    party: Option<SmolStr>,
}

/// What is to be done about findings, in their order, at most one remedy for each. `outcome` is
/// what the reconciliation says of these books, under this policy.
#[must_use]
pub fn remedies(books: &Books, outcome: &Reconciliation, policy: &Policy) -> Vec<Remedy> {
    let books = order::in_order(books);
    let (Some(project), Some(ledger)) = (&books.project, &books.ledger) else {
        return Vec::new();
    };
    let desk = Desk::new(project, ledger, outcome, policy);
    let found = outcome.findings.iter().filter_map(|finding| {
        let advice = advise(&desk, finding)?;
        Some(Remedy {
            finding: finding.id.clone(),
            department: advice.department,
            correction: advice.correction,
            sentence: advice.sentence,
            money: advice.money.abs(),
            party: advice.party,
            evidence: finding.records.clone(),
        })
    });
    found.collect()
}

fn advise(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    match finding.code() {
        "R01" => payments::unapplied(desk, finding),
        "R02" | "R03" => payments::astray(desk, finding),
        "R40" => payments::undeposited(desk, finding),
        "R28" => payments::joint_check(desk, finding),
        "R46" => payments::unrecorded(desk, finding),
        "R04" | "R26" => bills::missing(desk, finding),
        "R07" => invoices::missing(desk, finding),
        "R35" => invoices::release(desk, finding),
        "R05" | "R06" => removal::repeated(desk, finding),
        "R21" | "R22" => removal::one_sided(desk, finding),
        "R13" => recode::job(desk, finding),
        "R14" => coding::class(desk, finding),
        "R15" => coding::account(desk, finding),
        "R31" => labor::strayed(desk, finding),
        "R09" => retainage::missing(desk, finding),
        "R10" => others::estimate(desk, finding),
        "R16" => others::amount(desk, finding),
        "R17" => others::sign(desk, finding),
        "R32" => others::close_order(desk, finding),
        "R33" => others::order_value(desk, finding),
        "R45" => others::reactivate(desk, finding),
        _ => None,
    }
}
