//! Money that did not reach what it pays.

use figures::model::{DocumentKind, LedgerDocument};
use figures::{Money, SmolStr};
use gate::correction::Correction;
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use super::words::capital;
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, ProjectUnit};

/// Invoices and what each takes.
type Parts<'d> = Vec<(&'d LedgerDocument, Money)>;

/// Applies what a payment leaves unapplied.
pub(super) fn unapplied(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let payment = desk.first(finding, &[DocumentKind::Payment])?;
    let receipts = desk.units_of(finding, Family::Receipt);
    let found = invoices(desk, payment, &receipts);
    let allowed = found.and_then(|to| allowed(desk, finding, payment, &receipts).map(|()| to));
    let to = match allowed {
        Ok(to) => to,
        Err(why) => return Some(by_hand(desk, finding, payment, &receipts, &why)),
    };
    let told: Vec<String> = to
        .iter()
        .map(|(invoice, amount)| format!("{amount} on {}", desk.name(invoice)))
        .collect();
    let sentence = format!(
        "{} is applied: {}.",
        capital(&desk.name(payment)),
        told.join(" and ")
    );
    Some(Advice {
        department: Department::Collections,
        correction: Correction::ApplyPayment {
            payment: payment.id.clone(),
            to: to
                .into_iter()
                .map(|(one, amount)| (one.id.clone(), amount))
                .collect(),
        },
        sentence,
        money: payment.unapplied,
        party: payment.customer.clone(),
    })
}

/// Nothing when the payment may be changed and nothing else is wrong with it.
fn allowed(
    desk: &Desk<'_>,
    finding: &Finding,
    payment: &LedgerDocument,
    receipts: &[&ProjectUnit<'_>],
) -> Result<(), String> {
    if desk.is_deposited(payment) {
        return Err("it lies in a bank deposit, and that is changed on the screen only".to_owned());
    }
    desk.open_period(payment.date)?;
    if let Some(twin) = twin_of(desk, payment) {
        return Err(format!(
            "{} is not applied either and may be the same",
            desk.name(twin)
        ));
    }
    let [receipt] = receipts else {
        return Err(match receipts {
            [] => "Procore has no receipt of it yet".to_owned(),
            _ => "Procore has it as several receipts".to_owned(),
        });
    };
    let moved: Money = finding.effects.iter().map(|effect| effect.amount).sum();
    if moved != payment.unapplied
        || !finding
            .effects
            .iter()
            .all(|one| one.project_id == receipt.job)
    {
        return Err(format!("Procore has it over {}", receipt.shown.gross));
    }
    if !desk.dates_agree(receipt.date, payment.date) {
        return Err(format!(
            "its date and Procore's, {}, differ",
            date_of(receipt)
        ));
    }
    Ok(())
}

/// Another payment of the same money that nothing is paid with either.
fn twin_of<'d>(desk: &Desk<'d>, payment: &LedgerDocument) -> Option<&'d LedgerDocument> {
    let root = |one: &LedgerDocument| {
        let customer = one.customer.as_deref();
        customer.map(|customer| SmolStr::new(desk.view.root_customer(customer)))
    };
    let own = root(payment);
    let same = desk
        .of_unapplied
        .get(&payment.unapplied)
        .into_iter()
        .flatten();
    let mut same = same.map(|place| desk.view.at(*place));
    same.find(|one| one.id != payment.id && root(one) == own)
}

/// The invoice that Procore's receipt names, else those that the payment pays exactly.
fn invoices<'d>(
    desk: &Desk<'d>,
    payment: &'d LedgerDocument,
    receipts: &[&ProjectUnit<'d>],
) -> Result<Parts<'d>, String> {
    let customer = payment.customer.as_deref().ok_or("it names no customer")?;
    let amount = payment.unapplied;
    let root = desk.view.root_customer(customer);
    let named = match receipts {
        [receipt] => receipt
            .pays
            .and_then(|place| desk.units.get(place as usize)),
        _ => None,
    };
    if let Some(invoice) = named.and_then(|unit| desk.partner(unit)) {
        let own = invoice
            .customer
            .as_deref()
            .map(|one| desk.view.root_customer(one));
        if own != Some(root) {
            return Err(format!("{} is of another customer", desk.name(invoice)));
        }
        if invoice.balance < amount {
            let open = invoice.balance;
            return Err(format!("only {open} is open on {}", desk.name(invoice)));
        }
        return Ok(vec![(invoice, amount)]);
    }
    let job = receipts.first().map(|receipt| receipt.job);
    let mut open = open_invoices(desk, root);
    open.retain(|one| {
        job.is_none() || one.customer.as_deref().and_then(|own| desk.job_of(own)) == job
    });
    let exact: Vec<&LedgerDocument> = open
        .iter()
        .copied()
        .filter(|one| one.balance == amount)
        .collect();
    if let [only] = exact.as_slice() {
        return Ok(vec![(only, amount)]);
    }
    let sum: Money = open.iter().map(|one| one.balance).sum();
    if exact.is_empty() && sum == amount {
        return Ok(open.into_iter().map(|one| (one, one.balance)).collect());
    }
    Err(match exact.len() {
        0 => format!("no open invoice is over exactly {amount}"),
        _ => format!("several open invoices are over {amount}"),
    })
}

/// Open invoices of a customer's tree, the oldest first.
fn open_invoices<'d>(desk: &Desk<'d>, root: &str) -> Vec<&'d LedgerDocument> {
    let customers = desk.view.lists.customers.iter();
    let tree = customers.filter(|one| desk.view.root_customer(&one.id) == root);
    let places = tree
        .filter_map(|one| desk.of_customer.get(one.id.as_str()))
        .flatten();
    let mut open: Vec<&LedgerDocument> = places
        .map(|place| desk.view.at(*place))
        .filter(|one| one.balance > Money::ZERO && !one.voided && one.date <= desk.view.as_of)
        .collect();
    open.sort_by_key(|one| (one.date, one.id.len(), one.id.clone()));
    open
}

fn date_of(unit: &ProjectUnit<'_>) -> String {
    unit.date
        .map_or("no date".to_owned(), |date| date.to_string())
}

fn by_hand(
    desk: &Desk<'_>,
    finding: &Finding,
    payment: &LedgerDocument,
    receipts: &[&ProjectUnit<'_>],
    why: &str,
) -> Advice {
    let customer = payment.customer.as_deref();
    let name = desk.name(payment);
    let sentence = format!(
        "{} leaves {} unapplied and is applied by hand, because {why}.",
        capital(&name),
        payment.unapplied
    );
    let open = customer.map(|id| open_invoices(desk, desk.view.root_customer(id)));
    let open: Vec<String> = open
        .into_iter()
        .flatten()
        .take(12)
        .map(|one| format!("{}, {} open", desk.name(one), one.balance))
        .collect();
    let mut steps = vec![
        format!("Why Plumbline does not apply it: {why}."),
        format!("In QuickBooks open Sales > Customers and in it {name}."),
        format!("Tick what it pays. Open are: {}.", open.join("; ")),
    ];
    if receipts.is_empty() {
        steps.push(format!(
            "Enter the receipt of {} in Procore.",
            payment.total
        ));
    }
    desk.instruct(finding, Department::Collections, sentence, steps)
}

/// A deposit that went straight to income or to receivables.
pub(super) fn astray(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let kinds = [DocumentKind::Deposit, DocumentKind::JournalEntry];
    let document = desk.first(finding, &kinds)?;
    let to_income = finding.code() == "R02";
    let amount = finding.amount;
    let line = document.lines.iter().find(|line| {
        let role = desk.view.role_of(line);
        line.amount == amount && (role.receivable || role.income)
    })?;
    let named = line.customer.as_deref();
    let root = named.map(|id| desk.view.root_customer(id));
    let open = root
        .map(|root| open_invoices(desk, root))
        .unwrap_or_default();
    let invoice = open.iter().find(|one| one.balance == amount);
    let pays = invoice.map_or("the invoice that it pays".to_owned(), |one| desk.name(one));
    let name = desk.name(document);
    let customer = named.map_or("its customer", |id| desk.customer_name(id));
    let sentence =
        format!("The line of {amount} in {name} is replaced by a payment of {customer} on {pays}.");
    let mut steps = vec![
        format!(
            "In QuickBooks choose + New, then Receive payment. Customer {customer}, date {}, amount \
             {amount}, deposit to Undeposited Funds; tick {pays}.",
            document.date
        ),
        format!("Open Transactions > Bank transactions or the register, and in it {name}."),
    ];
    steps.push(match (document.kind, to_income) {
        (DocumentKind::JournalEntry, _) => format!(
            "Change the line of {amount} from accounts receivable to Undeposited Funds, so that the \
             payment takes its place."
        ),
        (_, true) => format!(
            "Delete the line of {amount} on income and tick the new payment above it: the total of \
             the deposit stays."
        ),
        (_, false) => format!(
            "Delete the line of {amount} on accounts receivable and tick the new payment above it: \
             the total of the deposit stays."
        ),
    });
    Some(desk.instruct(finding, Department::Collections, sentence, steps))
}

/// A payment that waits in undeposited funds while its bank line was entered again.
pub(super) fn undeposited(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let payment = desk.first(finding, &[DocumentKind::Payment])?;
    let deposit = desk.first(finding, &[DocumentKind::Deposit])?;
    let (payment_name, deposit_name) = (desk.name(payment), desk.name(deposit));
    let sentence = format!(
        "{} takes the place of the line of {} in {deposit_name}.",
        capital(&payment_name),
        payment.total
    );
    let steps = vec![
        format!("In QuickBooks open the register of the bank account and in it {deposit_name}."),
        format!(
            "Tick {payment_name} in the list of payments above, and delete the line of {} that was \
             added by hand: the total of the deposit stays.",
            payment.total
        ),
    ];
    Some(desk.instruct(finding, Department::Collections, sentence, steps))
}

/// A check to two payees that was written past the bill.
pub(super) fn joint_check(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let check = desk.first(finding, &[DocumentKind::Purchase])?;
    let bill = desk.first(finding, &[DocumentKind::Bill])?;
    let (check_name, bill_name) = (desk.name(check), desk.name(bill));
    let sentence = format!("{} becomes a payment of {bill_name}.", capital(&check_name));
    let steps = vec![
        format!(
            "In QuickBooks choose + New, then Pay bills. Tick {bill_name}, pay {} on {} with number \
             {} from the same bank account.",
            check.total, check.date, check.number
        ),
        format!("Open Expenses and in it {check_name}; choose More, then Delete."),
        "If the bank line was matched with the check, match it with the new payment.".to_owned(),
    ];
    Some(desk.instruct(finding, Department::Payables, sentence, steps))
}

/// A payment that the bank settled and nobody entered.
pub(super) fn unrecorded(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let unit = desk.unit(finding.records.first()?)?;
    let paid = unit.pays.and_then(|place| desk.units.get(place as usize));
    let document = paid.and_then(|paid| desk.partner(paid));
    let pays = match (document, paid) {
        (Some(document), _) => desk.name(document),
        (None, Some(paid)) => desk.name_unit(paid),
        (None, None) => return None,
    };
    let record = &desk.view.records.contract_payments[unit.place as usize];
    let date = record.settled.or(record.date)?;
    let (screen, department) = match unit.family {
        Family::Receipt => ("Receive payment", Department::Collections),
        _ => ("Pay bills", Department::Payables),
    };
    let sentence = format!(
        "A payment of {} of {date} is entered in QuickBooks on {pays}: the bank settled it.",
        unit.shown.gross
    );
    let steps = vec![
        format!(
            "In QuickBooks choose + New, then {screen}. Date {date}, amount {}, reference {}; tick \
             {pays}.",
            unit.shown.gross,
            if record.bank_reference.is_empty() {
                &record.check_number
            } else {
                &record.bank_reference
            }
        ),
        "Match the bank line with it.".to_owned(),
    ];
    Some(desk.instruct(finding, department, sentence, steps))
}
