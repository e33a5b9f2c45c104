//! Ledger documents as units, cut by job and by the document paid.

use figures::Money;
use figures::allocation::allocate;
use figures::model::{DocumentKind, LedgerDocument, LedgerLine, LineKind};
use figures::source::Rejection;

use super::{Family, LedgerUnit, Part, Share, Shown, Standing};
use crate::reconcile::matching::jobs::JobMap;
use crate::reconcile::matching::parties::PartyMap;
use crate::reconcile::view::{View, debit_less_credit};

/// Room for the parts of each bill that a payment pays, so that the parts of the others keep their
/// numbers when the bill is cut otherwise.
pub(crate) const PARTS_OF_A_BILL: u32 = 256;

/// Makes the units of all ledger documents, in order of the documents.
pub(crate) fn ledger_units<'a>(
    view: &View<'a>,
    jobs: &JobMap,
    parties: &PartyMap,
    rejections: &mut Vec<Rejection>,
) -> Vec<LedgerUnit<'a>> {
    let mut cutter = Cutter {
        view,
        jobs,
        parties,
        units: Vec::new(),
        next: 0,
        rejections,
    };
    for (place, document) in view.documents.iter().enumerate() {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let from = cutter.units.len();
        cutter.next = 0;
        match document.kind {
            DocumentKind::Invoice | DocumentKind::CreditMemo => cutter.billing(place, document),
            DocumentKind::Payment => cutter.receipt(place, document),
            DocumentKind::Deposit => cutter.deposit(place, document),
            DocumentKind::Bill | DocumentKind::Purchase | DocumentKind::VendorCredit => {
                cutter.cost(place, document);
            }
            DocumentKind::JournalEntry => cutter.journal(place, document),
            DocumentKind::BillPayment => cutter.bill_payment(place, document),
            DocumentKind::PurchaseOrder => cutter.purchase_order(place, document),
            DocumentKind::Estimate => cutter.estimate(place, document),
            DocumentKind::RefundReceipt | DocumentKind::SalesReceipt | DocumentKind::Transfer => {}
        }
        compare_parts(&mut cutter.units[from..]);
    }
    cutter.units
}

/// Notes of each part of a document whether it is the first, and whether they all are on one job.
fn compare_parts(parts: &mut [LedgerUnit<'_>]) {
    let one_job = parts.windows(2).all(|two| two[0].job == two[1].job);
    for part in &mut *parts {
        part.one_job = one_job;
    }
    if let Some(first) = parts.first_mut() {
        first.is_first = true;
    }
}

struct Cutter<'v, 'a> {
    view: &'v View<'a>,
    jobs: &'v JobMap,
    parties: &'v PartyMap,
    units: Vec<LedgerUnit<'a>>,
    /// Number of the next part of the document.
    next: u32,
    rejections: &'v mut Vec<Rejection>,
}

/// Amounts of one job's lines of a document that costs something.
#[derive(Default, Clone, Copy)]
struct Slice {
    cost: Money,
    retainage: Money,
    other: Money,
    /// Lines that belong to the sheet rather than the job: cash, receivables and payables.
    lines: u32,
}

impl<'a> Cutter<'_, 'a> {
    fn standing(&self, document: &LedgerDocument) -> Standing {
        match document {
            _ if document.voided => Standing::Void,
            _ if document.date <= self.view.as_of => Standing::Counted,
            _ => Standing::Later,
        }
    }

    fn job(&self, customer: Option<&str>) -> Option<i64> {
        self.jobs.project_of(customer?)
    }

    /// A unit of a document; its share counts only if the document does and a job is reached.
    fn push(&mut self, family: Family, place: u32, document: &'a LedgerDocument, cut: Cut) {
        let standing = cut.standing.unwrap_or_else(|| self.standing(document));
        let counts = standing == Standing::Counted && cut.job.is_some();
        let share = if counts { cut.share } else { Share::NONE };
        self.units.push(LedgerUnit {
            family,
            document: place,
            pays: cut.pays,
            job: cut.job,
            party: self.parties.vendor(document.vendor.as_deref()),
            party_name: self.view.payee(document),
            number: &document.number,
            date: Some(document.date),
            shown: cut.shown,
            standing,
            share,
            entered: share,
            part: cut.part,
            nth: self.next,
            is_first: false,
            one_job: true,
        });
        self.next += 1;
    }

    fn billing(&mut self, place: u32, document: &'a LedgerDocument) {
        let sign = |amount: Money| match document.kind {
            DocumentKind::CreditMemo => -amount,
            _ => amount,
        };
        let net = sign(document.total - document.tax);
        let withheld: Money = document
            .lines
            .iter()
            .filter(|line| self.view.role_of(line).retainage_receivable)
            .map(|line| -line.amount)
            .sum();
        let retainage = sign(withheld);
        let cut = Cut {
            job: self.job(document.customer.as_deref()),
            shown: Shown {
                gross: net + retainage,
                net,
                tax: sign(document.tax),
            },
            share: Share {
                main: net,
                retainage,
            },
            ..Cut::default()
        };
        self.push(Family::Billing, place, document, cut);
    }

    fn receipt(&mut self, place: u32, document: &'a LedgerDocument) {
        for line in &document.lines {
            for link in line.links.iter().filter(|link| link.kind == "Invoice") {
                let pays = self.view.document(DocumentKind::Invoice, &link.id);
                let customer = pays.and_then(|pays| self.view.at(pays).customer.as_deref());
                let cut = Cut {
                    job: self.job(customer),
                    pays,
                    shown: Shown::plain(line.amount),
                    share: Share {
                        main: line.amount,
                        retainage: Money::ZERO,
                    },
                    part: Part::Applied,
                    ..Cut::default()
                };
                self.push(Family::Receipt, place, document, cut);
            }
        }
        if document.voided {
            self.voided(Family::Receipt, place, document);
        }
        if document.unapplied > Money::ZERO {
            let cut = Cut {
                job: self.job(document.customer.as_deref()),
                shown: Shown::plain(document.unapplied),
                part: Part::Unapplied,
                ..Cut::default()
            };
            self.push(Family::Receipt, place, document, cut);
        }
    }

    fn deposit(&mut self, place: u32, document: &'a LedgerDocument) {
        for line in document
            .lines
            .iter()
            .filter(|line| line.kind == LineKind::Deposit)
        {
            let role = self.view.role_of(line);
            let part = match role {
                _ if role.receivable => Part::ToReceivable,
                _ if role.income => Part::ToIncome,
                _ => continue,
            };
            let cut = Cut {
                job: self.job(line.customer.as_deref()),
                shown: Shown::plain(line.amount),
                part,
                ..Cut::default()
            };
            self.push(Family::Receipt, place, document, cut);
        }
    }

    fn cost(&mut self, place: u32, document: &'a LedgerDocument) {
        let credit = document.kind == DocumentKind::VendorCredit || document.is_refund;
        let sign = |amount: Money| if credit { -amount } else { amount };
        let slices = self.slices(document, |line| sign(line.amount));
        let alone = slices.len() == 1;
        for (job, slice) in slices {
            let gross = slice.cost + slice.other;
            let net = gross - slice.retainage;
            let cut = Cut {
                job,
                shown: Shown {
                    gross,
                    net,
                    tax: if alone {
                        sign(document.tax)
                    } else {
                        Money::ZERO
                    },
                },
                share: Share {
                    main: slice.cost,
                    retainage: slice.retainage,
                },
                ..Cut::default()
            };
            self.push(Family::Cost, place, document, cut);
        }
    }

    /// A journal's lines on cost, retainage and receivable accounts, by job.
    fn journal(&mut self, place: u32, document: &'a LedgerDocument) {
        let balanced_by_cash = document.lines.iter().any(|line| {
            let role = self.view.role_of(line);
            role.cash && debit_less_credit(line) > Money::ZERO
        });
        for line in &document.lines {
            let role = self.view.role_of(line);
            let amount = debit_less_credit(line);
            let job = self.job(line.customer.as_deref());
            if role.retainage_receivable && job.is_some() {
                let cut = Cut {
                    job,
                    shown: Shown::plain(amount),
                    share: Share {
                        main: Money::ZERO,
                        retainage: amount,
                    },
                    part: Part::Retainage,
                    ..Cut::default()
                };
                self.push(Family::Billing, place, document, cut);
            }
            if role.receivable && balanced_by_cash && amount < Money::ZERO {
                let cut = Cut {
                    job,
                    shown: Shown::plain(-amount),
                    part: Part::ToReceivable,
                    ..Cut::default()
                };
                self.push(Family::Receipt, place, document, cut);
            }
        }
        for (job, slice) in self.slices(document, debit_less_credit) {
            // A part without a job moves no job's total, but it may be labor that lost its job.
            if slice.cost.is_zero() && (slice.retainage.is_zero() || job.is_none()) {
                continue;
            }
            let cut = Cut {
                job,
                shown: Shown {
                    gross: slice.cost,
                    net: slice.cost,
                    tax: Money::ZERO,
                },
                share: Share {
                    main: slice.cost,
                    retainage: slice.retainage,
                },
                ..Cut::default()
            };
            self.push(Family::Cost, place, document, cut);
        }
    }

    /// The lines of a document by job, in order of first appearance.
    fn slices(
        &self,
        document: &'a LedgerDocument,
        signed: impl Fn(&LedgerLine) -> Money,
    ) -> Vec<(Option<i64>, Slice)> {
        let mut slices: Vec<(Option<i64>, Slice)> = Vec::with_capacity(1);
        for line in document
            .lines
            .iter()
            .filter(|line| line.kind != LineKind::Applied)
        {
            let job = self.job(line.customer.as_deref());
            let at = slices
                .iter()
                .position(|(one, _)| *one == job)
                .unwrap_or_else(|| {
                    slices.push((job, Slice::default()));
                    slices.len() - 1
                });
            let (_, slice) = &mut slices[at];
            let role = self.view.role_of(line);
            let amount = signed(line);
            slice.lines += 1;
            if role.cost {
                slice.cost += amount;
            } else if role.retainage_payable {
                slice.retainage += -amount;
            } else {
                slice.other += amount;
            }
        }
        slices
    }

    /// A voided payment has lost its lines; what is left of it is its number, date and party.
    fn voided(&mut self, family: Family, place: u32, document: &'a LedgerDocument) {
        let cut = Cut {
            job: self.job(document.customer.as_deref()),
            part: Part::Applied,
            ..Cut::default()
        };
        self.push(family, place, document, cut);
    }

    fn bill_payment(&mut self, place: u32, document: &'a LedgerDocument) {
        if document.voided {
            self.voided(Family::Payment, place, document);
        }
        let links = document.lines.iter().flat_map(|line| {
            let bills = line.links.iter().filter(|link| link.kind == "Bill");
            bills.map(|link| (link, line.amount))
        });
        for ((link, paid), nth) in links.zip(0_u32..) {
            self.next = self.next.max(nth.saturating_mul(PARTS_OF_A_BILL));
            let Some(pays) = self.view.document(DocumentKind::Bill, &link.id) else {
                self.pay(place, document, None, None, paid);
                continue;
            };
            let bill = self.view.at(pays);
            for (job, share) in self.shares(bill, paid) {
                self.pay(place, document, Some(pays), job, share);
            }
        }
    }

    fn pay(
        &mut self,
        place: u32,
        document: &'a LedgerDocument,
        pays: Option<u32>,
        job: Option<i64>,
        amount: Money,
    ) {
        let cut = Cut {
            job,
            pays,
            shown: Shown::plain(amount),
            share: Share {
                main: amount,
                retainage: Money::ZERO,
            },
            part: Part::Applied,
            ..Cut::default()
        };
        self.push(Family::Payment, place, document, cut);
    }

    /// A payment of a bill, shared over the customers of the bill's lines and added up per job
    /// (measures.md, common rules).
    fn shares(&mut self, bill: &'a LedgerDocument, paid: Money) -> Vec<(Option<i64>, Money)> {
        let mut weights: Vec<(Option<&str>, i64)> = Vec::new();
        for line in bill
            .lines
            .iter()
            .filter(|line| line.kind != LineKind::Applied)
        {
            let customer = line.customer.as_deref();
            match weights.iter_mut().find(|(one, _)| *one == customer) {
                Some((_, weight)) => *weight += line.amount.cents(),
                None => weights.push((customer, line.amount.cents())),
            }
        }
        let cents: Vec<i64> = weights.iter().map(|(_, weight)| *weight).collect();
        let Some(parts) = allocate(paid, &cents) else {
            if !bill.voided {
                self.rejections.push(Rejection {
                    record: bill.source(),
                    place: None,
                    reason: "its lines sum to zero, so a payment of it cannot be shared over \
                             jobs; no share of the payment is shown"
                        .to_owned(),
                });
            }
            return Vec::new();
        };
        let mut shares: Vec<(Option<i64>, Money)> = Vec::with_capacity(1);
        for ((customer, _), part) in weights.into_iter().zip(parts) {
            let job = self.job(customer);
            match shares.iter_mut().find(|(one, _)| *one == job) {
                Some((_, share)) => *share += part,
                None => shares.push((job, part)),
            }
        }
        shares
    }

    fn purchase_order(&mut self, place: u32, document: &'a LedgerDocument) {
        let mut slices: Vec<(Option<i64>, Money)> = Vec::with_capacity(1);
        for line in &document.lines {
            let customer = line.customer.as_deref().or(document.customer.as_deref());
            let job = self.job(customer);
            match slices.iter_mut().find(|(one, _)| *one == job) {
                Some((_, total)) => *total += line.amount,
                None => slices.push((job, line.amount)),
            }
        }
        for (job, total) in slices {
            // Purchase orders count as they stand, whatever their date.
            let standing = if document.voided {
                Standing::Void
            } else {
                Standing::Counted
            };
            let cut = Cut {
                job,
                shown: Shown::plain(total),
                share: Share {
                    main: total,
                    retainage: Money::ZERO,
                },
                standing: Some(standing),
                ..Cut::default()
            };
            self.push(Family::Commitment, place, document, cut);
        }
    }

    fn estimate(&mut self, place: u32, document: &'a LedgerDocument) {
        let total = document.total - document.tax;
        let standing = match document.status.as_str() {
            _ if document.voided => Standing::Void,
            "Accepted" | "Closed" => Standing::Counted,
            "Rejected" => Standing::Void,
            _ => Standing::Draft,
        };
        let cut = Cut {
            job: self.job(document.customer.as_deref()),
            shown: Shown {
                gross: total,
                net: total,
                tax: document.tax,
            },
            share: Share {
                main: total,
                retainage: Money::ZERO,
            },
            standing: Some(standing),
            ..Cut::default()
        };
        self.push(Family::Contract, place, document, cut);
    }
}

/// What is particular to one unit of a document.
struct Cut {
    job: Option<i64>,
    pays: Option<u32>,
    shown: Shown,
    share: Share,
    standing: Option<Standing>,
    part: Part,
}

impl Default for Cut {
    fn default() -> Self {
        Self {
            job: None,
            pays: None,
            shown: Shown::default(),
            share: Share::NONE,
            standing: None,
            part: Part::Job,
        }
    }
}
