//! How documents were entered before: the newest ones that are paired with Procore's say which
//! account, item, class, location and customer a new one gets. Where they disagree nothing is chosen.

use figures::model::{DocumentKind, LedgerDocument, LedgerLine, LineKind};
use figures::source::{SourceRef, System};
use figures::{Date, Money, SmolStr};
use gate::correction::Coding;
use rustc_hash::FxHashMap;

use super::desk::{Desk, lines};
use super::habits::{Habits, class_of};
use crate::reconcile::result::PairKind;
use crate::reconcile::units::{Family, ProjectUnit};

/// This many of the newest documents have to agree.
const NEWEST: usize = 3;

/// Pairs of one document with one, and what they vote for.
#[derive(Default)]
pub(super) struct Precedents<'d> {
    all: Vec<Precedent<'d>>,
    /// Costs and billings by contract or commitment, by vendor and by job, the newest first.
    of_contract: FxHashMap<i64, Vec<usize>>,
    of_vendor: FxHashMap<&'d str, Vec<usize>>,
    of_job: FxHashMap<(Family, i64), Vec<usize>>,
    pub(super) habits: Habits<'d>,
}

/// A document of Procore's and the ledger's.
#[derive(Clone, Copy)]
struct Precedent<'d> {
    document: &'d LedgerDocument,
    family: Family,
    job: i64,
}

/// What lines of cost are coded to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coded<'d> {
    Account(&'d str),
    Item(&'d str),
}

impl<'d> Coded<'d> {
    /// What a line is coded to; an item counts before its account.
    fn of(line: &'d LedgerLine) -> Option<Self> {
        let account = || line.account.as_deref().map(Self::Account);
        line.item.as_deref().map(Self::Item).or_else(account)
    }

    /// Whether a line is coded like this.
    pub(super) fn is_on(self, line: &LedgerLine) -> bool {
        match self {
            Self::Account(id) => line.account.as_deref() == Some(id),
            Self::Item(id) => line.item.as_deref() == Some(id),
        }
    }

    pub(super) fn coding(self) -> Coding {
        match self {
            Self::Account(id) => Coding::Account(id.into()),
            Self::Item(id) => Coding::Item(id.into()),
        }
    }

    pub(super) fn name(self, desk: &Desk<'d>) -> &'d str {
        match self {
            Self::Account(id) => desk.account_name(id),
            Self::Item(id) => desk.item_name(id),
        }
    }

    /// The account that it posts to.
    pub(super) fn account(self, desk: &Desk<'d>) -> Option<&'d str> {
        match self {
            Self::Account(id) => Some(id),
            Self::Item(id) => {
                let mut items = desk.view.lists.items.iter();
                let item = items.find(|one| one.id == id)?;
                item.expense_account.as_deref()
            }
        }
    }
}

/// How a bill is entered.
pub(super) struct BillCoding<'d> {
    pub(super) on: Coded<'d>,
    pub(super) customer: &'d str,
    pub(super) class: Option<SmolStr>,
    pub(super) location: Option<SmolStr>,
    pub(super) retainage: Option<&'d str>,
    pub(super) due_days: Option<i32>,
}

/// How an invoice is entered.
pub(super) struct InvoiceCoding<'d> {
    pub(super) customer: &'d str,
    pub(super) item: &'d str,
    pub(super) class: Option<SmolStr>,
    pub(super) location: Option<SmolStr>,
    pub(super) retainage: Option<&'d str>,
    pub(super) due_days: Option<i32>,
}

impl<'d> Precedents<'d> {
    pub(super) fn learn(desk: &Desk<'d>) -> Self {
        let mut found = Self {
            habits: Habits::knowing(desk),
            ..Self::default()
        };
        for pair in &desk.outcome.pairs {
            let [one] = pair.procore.as_slice() else {
                continue;
            };
            let record = SourceRef {
                system: System::Procore,
                kind: one.kind.clone(),
                id: one.id.clone(),
            };
            let unit = desk
                .unit(&record)
                .filter(|_| pair.kind == PairKind::Document);
            if let Some((unit, document)) = unit.zip(desk.only_document(pair)) {
                found.note(desk, unit, document);
            }
        }
        let newest = |places: &mut Vec<usize>| {
            places.sort_by_key(|place| {
                let document = found.all[*place].document;
                std::cmp::Reverse((document.date, document.id.len(), document.id.clone()))
            });
        };
        found.of_contract.values_mut().for_each(newest);
        found.of_vendor.values_mut().for_each(newest);
        found.of_job.values_mut().for_each(newest);
        found
    }

    fn note(&mut self, desk: &Desk<'d>, unit: &ProjectUnit<'d>, document: &'d LedgerDocument) {
        let costs = matches!(document.kind, DocumentKind::Bill | DocumentKind::Purchase);
        let fits = match unit.family {
            Family::Cost => costs && !document.is_refund,
            Family::Billing => document.kind == DocumentKind::Invoice,
            _ => false,
        };
        if !fits || document.voided {
            return;
        }
        self.habits.count(desk, unit, document);
        let place = self.all.len();
        let (family, job) = (unit.family, unit.job);
        self.all.push(Precedent {
            document,
            family,
            job,
        });
        if let Some(contract) = unit.contract {
            self.of_contract.entry(contract).or_default().push(place);
        }
        if let Some(vendor) = document.vendor.as_deref().filter(|_| costs) {
            self.of_vendor.entry(vendor).or_default().push(place);
        }
        self.of_job.entry((family, job)).or_default().push(place);
    }

    /// The newest of a list that pass.
    fn newest(
        &self,
        places: Option<&Vec<usize>>,
        keep: impl Fn(&Precedent<'d>) -> bool,
    ) -> Vec<Precedent<'d>> {
        let all = places.into_iter().flatten().map(|place| self.all[*place]);
        all.filter(|one| keep(one)).take(NEWEST).collect()
    }

    /// How a vendor's bill of a job is entered: as the newest of its commitment, else of the vendor
    /// on the job, else of the vendor, else of the job.
    pub(super) fn bill(
        &self,
        desk: &Desk<'d>,
        unit: &ProjectUnit<'d>,
        vendor: &str,
    ) -> Result<BillCoding<'d>, String> {
        let cost = |one: &Precedent<'d>| one.family == Family::Cost;
        let of_contract = unit.contract.and_then(|id| self.of_contract.get(&id));
        let of_vendor = self.of_vendor.get(vendor);
        let levels = [
            (self.newest(of_contract, cost), true),
            (
                self.newest(of_vendor, |one| cost(one) && one.job == unit.job),
                true,
            ),
            (self.newest(of_vendor, cost), false),
            (
                self.newest(self.of_job.get(&(Family::Cost, unit.job)), cost),
                true,
            ),
        ];
        let Some((before, on_job)) = levels.into_iter().find(|(found, _)| !found.is_empty()) else {
            return Err("no earlier bill of this vendor or job shows which account".to_owned());
        };
        if before
            .iter()
            .any(|one| one.document.kind != DocumentKind::Bill)
        {
            return Err("what came before was paid by check or card and not billed".to_owned());
        }
        let coded = |one: &Precedent<'d>| {
            let all = lines(one.document);
            let cost: Vec<&LedgerLine> = all.filter(|line| desk.view.role_of(line).cost).collect();
            same(cost.iter().map(|line| Coded::of(line)))?
        };
        let why = "earlier bills go to several accounts or items";
        let on = agree(before.iter().map(coded), why)?;
        let on = on.ok_or("earlier bills do not say which account")?;
        let account = on.account(desk);
        let account = account.ok_or("the item of earlier bills has no account")?;
        let (customer, class, location) = if on_job {
            let customer = |one: &Precedent<'d>| {
                let own = lines(one.document).filter_map(|line| line.customer.as_deref());
                same(own.filter(|own| desk.job_of(own) == Some(unit.job)))
            };
            let why = "earlier bills name several customers of the job";
            let customer = agree(before.iter().map(customer), why)?;
            let class = before.iter().map(|one| class_of(one.document));
            let class = agree(class, "earlier bills are in several classes")?;
            let location = before.iter().map(|one| one.document.department.clone());
            let location = agree(location, "earlier bills are in several locations")?;
            (
                customer.map_or_else(|| desk.customer_of(unit.job), Ok)?,
                class,
                location,
            )
        } else {
            if before.iter().any(|one| class_of(one.document).is_some()) {
                return Err("no earlier bill of this job shows which class".to_owned());
            }
            if before.iter().any(|one| one.document.department.is_some()) {
                return Err("no earlier bill of this job shows which location".to_owned());
            }
            (desk.customer_of(unit.job)?, None, None)
        };
        in_use(desk, Some(account), customer)?;
        let places = (class.as_deref(), location.as_deref());
        let says = on.says(desk, &self.habits);
        self.habits.fit(desk, unit, Some(&says), places)?;
        let retainage = self.retainage_account(desk, &before);
        let due = before.iter().map(|one| days_to_pay(one.document));
        Ok(BillCoding {
            on,
            customer,
            class,
            location,
            retainage,
            due_days: same(due).flatten(),
        })
    }

    /// The account on which these, else all bills of the office, withhold retainage.
    fn retainage_account(&self, desk: &Desk<'d>, before: &[Precedent<'d>]) -> Option<&'d str> {
        let own = same(before.iter().flat_map(|one| withheld_on(desk, one)));
        let none = before
            .iter()
            .all(|one| withheld_on(desk, one).next().is_none());
        if none {
            self.retainage_of(desk, Family::Cost)
        } else {
            own
        }
    }

    /// The account on which all documents of the office of a family withhold retainage.
    pub(super) fn retainage_of(&self, desk: &Desk<'d>, family: Family) -> Option<&'d str> {
        let own = self.all.iter().filter(|one| one.family == family);
        same(own.flat_map(|one| withheld_on(desk, one)))
    }

    /// How an invoice of a job is entered: as the newest of its contract, else of the job.
    pub(super) fn invoice(
        &self,
        desk: &Desk<'d>,
        unit: &ProjectUnit<'d>,
    ) -> Result<InvoiceCoding<'d>, String> {
        let billing = |one: &Precedent<'d>| one.family == Family::Billing;
        let of_contract = unit.contract.and_then(|id| self.of_contract.get(&id));
        let mut before = self.newest(of_contract, billing);
        if before.is_empty() {
            before = self.newest(self.of_job.get(&(Family::Billing, unit.job)), billing);
        }
        if before.is_empty() {
            return Err("no earlier invoice of this job shows which item".to_owned());
        }
        let mut lines = before.iter().flat_map(|one| &one.document.lines);
        if lines.any(|line| line.kind != LineKind::Sale || line.item.is_none()) {
            return Err("earlier invoices have lines without an item".to_owned());
        }
        let withheld = |line: &&'d LedgerLine| desk.view.role_of(line).retainage_receivable;
        let items = |one: &Precedent<'d>, retainage: bool| -> Vec<&'d str> {
            let lines = one.document.lines.iter();
            let lines = lines.filter(|line| withheld(line) == retainage);
            lines.filter_map(|line| line.item.as_deref()).collect()
        };
        let work = before.iter().flat_map(|one| items(one, false));
        let item = same(work).ok_or("earlier invoices are billed on several items")?;
        let customer = same(before.iter().map(|one| one.document.customer.as_deref()));
        let customer = customer
            .flatten()
            .ok_or("earlier invoices name several customers")?;
        if desk.job_of(customer) != Some(unit.job) {
            return Err("earlier invoices name a customer of another job".to_owned());
        }
        let class = before.iter().map(|one| class_of(one.document));
        let class = agree(class, "earlier invoices are in several classes")?;
        let location = before.iter().map(|one| one.document.department.clone());
        let location = agree(location, "earlier invoices are in several locations")?;
        in_use(desk, None, customer)?;
        let places = (class.as_deref(), location.as_deref());
        self.habits.fit(desk, unit, None, places)?;
        let own: Vec<&str> = before.iter().flat_map(|one| items(one, true)).collect();
        let office = || {
            let all = self.all.iter().filter(|one| billing(one));
            all.flat_map(|one| items(one, true)).collect()
        };
        let retainage = same(if own.is_empty() { office() } else { own }.into_iter());
        let due = before.iter().map(|one| days_to_pay(one.document));
        Ok(InvoiceCoding {
            customer,
            item,
            class,
            location,
            retainage,
            due_days: same(due).flatten(),
        })
    }
}

/// The accounts of the lines of a document that withhold retainage.
fn withheld_on<'f, 'd>(
    desk: &'f Desk<'d>,
    one: &Precedent<'d>,
) -> impl Iterator<Item = &'d str> + use<'f, 'd> {
    let held = lines(one.document).filter(|line| {
        let role = desk.view.role_of(line);
        role.retainage_payable || role.retainage_receivable
    });
    held.filter_map(|line| desk.view.account_of(line).map(SmolStr::as_str))
}

/// The value when there is one and all are the same.
pub(super) fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The value when all are the same, else why there is none.
fn agree<T: PartialEq>(values: impl Iterator<Item = T>, why: &str) -> Result<T, String> {
    same(values).ok_or_else(|| why.to_owned())
}

/// Nothing when the account and the customer are active.
fn in_use(desk: &Desk<'_>, account: Option<&str>, customer: &str) -> Result<(), String> {
    let mut accounts = desk.view.lists.accounts.iter();
    let resting = accounts.find(|one| Some(one.id.as_str()) == account && !one.active);
    if let Some(account) = resting {
        return Err(format!(
            "the account {} of earlier bills is inactive",
            account.full_name
        ));
    }
    match desk.view.customer(customer) {
        Some(one) if one.active => Ok(()),
        _ => Err(format!(
            "the customer {} is inactive",
            desk.customer_name(customer)
        )),
    }
}

fn days_to_pay(document: &LedgerDocument) -> Option<i32> {
    document
        .due
        .map(|due| figures::dates::days_between(document.date, due))
}

/// When a document of this day is due after so many days.
pub(super) fn due(date: Date, days: Option<i32>) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(days?)).ok()
}

/// The amount of the lines that pass.
pub(super) fn total<'l>(lines: impl Iterator<Item = &'l LedgerLine>) -> Money {
    lines.map(|line| line.amount).sum()
}
