//! What each transaction posts (reference, section 13.19) and what it points at.

use serde_json::Value;

use super::Company;
use super::ledger::{Entry, Link, Posting, Side};
use super::values::{date, detail, flag, flat_lines, lines, linked, party, ref_id, text};
use crate::quickbooks::kind::{Key, Kind};
use crate::quickbooks::money::{decimal, member_cents, round_to_cents};

/// Accounts that the vendor makes by itself when a posting needs one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SystemAccount {
    Receivable,
    Payable,
    Undeposited,
    Income,
    Discounts,
    SalesTax,
    Expense,
}

impl SystemAccount {
    pub(crate) const ALL: [SystemAccount; 7] = [
        SystemAccount::Receivable,
        SystemAccount::Payable,
        SystemAccount::Undeposited,
        SystemAccount::Income,
        SystemAccount::Discounts,
        SystemAccount::SalesTax,
        SystemAccount::Expense,
    ];

    /// Name, account type and sub-type.
    pub(crate) fn definition(self) -> (&'static str, &'static str, &'static str) {
        match self {
            SystemAccount::Receivable => (
                "Accounts Receivable (A/R)",
                "Accounts Receivable",
                "AccountsReceivable",
            ),
            SystemAccount::Payable => (
                "Accounts Payable (A/P)",
                "Accounts Payable",
                "AccountsPayable",
            ),
            SystemAccount::Undeposited => (
                "Undeposited Funds",
                "Other Current Asset",
                "UndepositedFunds",
            ),
            SystemAccount::Income => ("Services", "Income", "ServiceFeeIncome"),
            SystemAccount::Discounts => ("Discounts given", "Income", "DiscountsRefundsGiven"),
            SystemAccount::SalesTax => (
                "Sales Tax Payable",
                "Other Current Liability",
                "SalesTaxPayable",
            ),
            SystemAccount::Expense => (
                "Uncategorized Expense",
                "Expense",
                "OtherMiscellaneousServiceCost",
            ),
        }
    }
}

/// The parts of a posting that come from the header.
struct Header {
    party: Option<Key>,
    customer: Option<u64>,
    class: Option<u64>,
    department: Option<u64>,
}

impl Header {
    fn side(&self, account: u64, cents: i64) -> Posting {
        Posting {
            account,
            cents,
            line: None,
            party: self.party,
            customer: self.customer,
            class: None,
            department: self.department,
            item: None,
        }
    }

    fn line(&self, account: u64, cents: i64, at: usize, detail: &Value) -> Posting {
        Posting {
            line: Some(at),
            customer: ref_id(detail, "CustomerRef").or(self.customer),
            class: ref_id(detail, "ClassRef").or(self.class),
            item: ref_id(detail, "ItemRef"),
            ..self.side(account, cents)
        }
    }
}

impl Company {
    /// The entry that follows from a body; `None` for what never posts.
    ///
    /// # Errors
    /// The system account that has to exist first.
    pub(super) fn entry_of(
        &self,
        kind: Kind,
        body: &Value,
    ) -> Result<Option<Entry>, SystemAccount> {
        let header = header_of(kind, body);
        let mut postings = match kind {
            Kind::Invoice => self.post_sale(body, &header, 1, self.receivable(body)?)?,
            Kind::CreditMemo => self.post_sale(body, &header, -1, self.receivable(body)?)?,
            Kind::SalesReceipt => self.post_sale(body, &header, 1, self.deposit_to(body)?)?,
            Kind::RefundReceipt => self.post_sale(body, &header, -1, self.deposit_to(body)?)?,
            Kind::Payment => {
                let total = member_cents(body, "TotalAmt");
                vec![
                    header.side(self.deposit_to(body)?, total),
                    header.side(self.receivable(body)?, -total),
                ]
            }
            Kind::Bill => self.post_cost(body, &header, 1, self.payable(body)?)?,
            Kind::VendorCredit => self.post_cost(body, &header, -1, self.payable(body)?)?,
            Kind::Purchase => {
                let account = match ref_id(body, "AccountRef") {
                    Some(account) => account,
                    None => self.system_account(SystemAccount::Expense)?,
                };
                let sign = if flag(body, "Credit") == Some(true) {
                    -1
                } else {
                    1
                };
                self.post_cost(body, &header, sign, account)?
            }
            Kind::BillPayment => {
                let total = member_cents(body, "TotalAmt");
                let bank = body
                    .get("CheckPayment")
                    .and_then(|part| ref_id(part, "BankAccountRef"))
                    .or_else(|| {
                        body.get("CreditCardPayment")
                            .and_then(|part| ref_id(part, "CCAccountRef"))
                    });
                let bank = match bank {
                    Some(bank) => bank,
                    None => self.system_account(SystemAccount::Expense)?,
                };
                vec![
                    header.side(self.payable(body)?, total),
                    header.side(bank, -total),
                ]
            }
            Kind::Deposit => self.post_deposit(body, &header)?,
            Kind::JournalEntry => self.post_journal(body, &header)?,
            Kind::Transfer => two_accounts(body, &header, "ToAccountRef", "FromAccountRef"),
            Kind::CreditCardPayment => {
                two_accounts(body, &header, "CreditCardAccountRef", "BankAccountRef")
            }
            _ => return Ok(None),
        };
        postings.retain(|posting| posting.cents != 0);
        let date = date(body, "TxnDate").unwrap_or(jiff::civil::Date::constant(1970, 1, 1));
        Ok(Some(Entry { date, postings }))
    }

    /// Sales forms: the control or money account against income, tax and discounts.
    fn post_sale(
        &self,
        body: &Value,
        header: &Header,
        sign: i64,
        against: u64,
    ) -> Result<Vec<Posting>, SystemAccount> {
        let mut postings = Vec::new();
        for (at, line) in flat_lines(body).into_iter().enumerate() {
            let cents = member_cents(line, "Amount") * sign;
            match text(line, "DetailType") {
                "SalesItemLineDetail" => {
                    let detail = detail(line).unwrap_or(&Value::Null);
                    let account = match ref_id(detail, "ItemAccountRef")
                        .or_else(|| self.item_account(detail, "IncomeAccountRef"))
                    {
                        Some(account) => account,
                        None => self.system_account(SystemAccount::Income)?,
                    };
                    postings.push(header.line(account, -cents, at, detail));
                    postings.extend(self.post_stock(header, detail, at, sign));
                }
                "DiscountLineDetail" => {
                    let detail = detail(line).unwrap_or(&Value::Null);
                    let account = match ref_id(detail, "DiscountAccountRef") {
                        Some(account) => account,
                        None => self.system_account(SystemAccount::Discounts)?,
                    };
                    postings.push(header.line(account, cents, at, detail));
                }
                _ => {}
            }
        }
        let tax = tax_of(body) * sign;
        if tax != 0 {
            postings.push(header.side(self.system_account(SystemAccount::SalesTax)?, -tax));
        }
        let total: i64 = sale_total(body) * sign;
        postings.insert(0, header.side(against, total));
        let paid = member_cents(body, "Deposit") * sign;
        if paid != 0 {
            postings.push(header.side(self.deposit_to(body)?, paid));
            postings.push(header.side(against, -paid));
        }
        Ok(postings)
    }

    /// Selling stock also moves its cost; the entity itself does not show that.
    fn post_stock(&self, header: &Header, detail: &Value, at: usize, sign: i64) -> Vec<Posting> {
        let Some(item) = ref_id(detail, "ItemRef").and_then(|id| self.get(Kind::Item, id)) else {
            return Vec::new();
        };
        let (Some(asset), Some(expense)) = (
            ref_id(item, "AssetAccountRef"),
            ref_id(item, "ExpenseAccountRef"),
        ) else {
            return Vec::new();
        };
        let quantity = detail
            .get("Qty")
            .and_then(decimal)
            .unwrap_or(rust_decimal::Decimal::ONE);
        let cost = item
            .get("PurchaseCost")
            .and_then(decimal)
            .unwrap_or_default();
        let cents = quantity
            .checked_mul(cost)
            .and_then(round_to_cents)
            .unwrap_or(0)
            * sign;
        vec![
            header.line(expense, cents, at, detail),
            header.line(asset, -cents, at, detail),
        ]
    }

    /// Expense forms: line accounts against a payable, bank or card account.
    fn post_cost(
        &self,
        body: &Value,
        header: &Header,
        sign: i64,
        against: u64,
    ) -> Result<Vec<Posting>, SystemAccount> {
        let mut postings = Vec::new();
        for (at, line) in flat_lines(body).into_iter().enumerate() {
            let cents = member_cents(line, "Amount") * sign;
            let Some(detail) = detail(line) else { continue };
            let account = match text(line, "DetailType") {
                "AccountBasedExpenseLineDetail" => ref_id(detail, "AccountRef"),
                "ItemBasedExpenseLineDetail" => self
                    .item_account(detail, "AssetAccountRef")
                    .or_else(|| self.item_account(detail, "ExpenseAccountRef")),
                _ => continue,
            };
            let account = match account {
                Some(account) => account,
                None => self.system_account(SystemAccount::Expense)?,
            };
            postings.push(header.line(account, cents, at, detail));
        }
        let tax = tax_of(body) * sign;
        if tax != 0 {
            postings.push(header.side(self.system_account(SystemAccount::SalesTax)?, tax));
        }
        let total: i64 = postings.iter().map(|posting| posting.cents).sum();
        postings.insert(0, header.side(against, -total));
        Ok(postings)
    }

    fn post_deposit(&self, body: &Value, header: &Header) -> Result<Vec<Posting>, SystemAccount> {
        let mut postings = Vec::new();
        for (at, line) in lines(body).iter().enumerate() {
            let cents = member_cents(line, "Amount");
            let detail = line.get("DepositLineDetail").unwrap_or(&Value::Null);
            let source = linked(line).first().copied();
            let account = match source {
                Some((kind, id)) => self
                    .get(kind, id)
                    .and_then(|from| ref_id(from, "DepositToAccountRef"))
                    .map_or_else(|| self.system_account(SystemAccount::Undeposited), Ok)?,
                None => match ref_id(detail, "AccountRef") {
                    Some(account) => account,
                    None => self.system_account(SystemAccount::Income)?,
                },
            };
            let mut posting = header.line(account, -cents, at, detail);
            let entity = detail.get("Entity").unwrap_or(&Value::Null);
            posting.party = party(
                line,
                text(entity, "type"),
                entity.get("value").and_then(super::values::id_of),
            )
            .or_else(|| source.and_then(|(kind, id)| self.party_of(kind, id)));
            posting.customer = posting
                .party
                .filter(|party| party.0 == Kind::Customer)
                .map(|party| party.1);
            postings.push(posting);
        }
        let total: i64 = -postings.iter().map(|posting| posting.cents).sum::<i64>();
        let back = body.get("CashBack").unwrap_or(&Value::Null);
        let back_cents = member_cents(back, "Amount");
        if back_cents != 0 {
            let account = match ref_id(back, "AccountRef") {
                Some(account) => account,
                None => self.system_account(SystemAccount::Expense)?,
            };
            postings.push(header.side(account, back_cents));
        }
        postings.insert(0, header.side(self.deposit_to(body)?, total - back_cents));
        Ok(postings)
    }

    fn post_journal(&self, body: &Value, header: &Header) -> Result<Vec<Posting>, SystemAccount> {
        let mut postings = Vec::new();
        for (at, line) in lines(body).iter().enumerate() {
            let Some(detail) = line.get("JournalEntryLineDetail") else {
                continue;
            };
            let account = match ref_id(detail, "AccountRef") {
                Some(account) => account,
                None => self.system_account(SystemAccount::Expense)?,
            };
            let cents = member_cents(line, "Amount");
            let sign = if text(detail, "PostingType") == "Credit" {
                -1
            } else {
                1
            };
            let mut posting = header.line(account, sign * cents, at, detail);
            let entity = detail.get("Entity").unwrap_or(&Value::Null);
            posting.party = party(line, text(entity, "Type"), ref_id(entity, "EntityRef"));
            posting.customer = posting
                .party
                .filter(|party| party.0 == Kind::Customer)
                .map(|party| party.1)
                .or(posting.customer);
            posting.department = ref_id(detail, "DepartmentRef");
            postings.push(posting);
        }
        Ok(postings)
    }

    fn receivable(&self, body: &Value) -> Result<u64, SystemAccount> {
        ref_id(body, "ARAccountRef")
            .map_or_else(|| self.system_account(SystemAccount::Receivable), Ok)
    }

    fn payable(&self, body: &Value) -> Result<u64, SystemAccount> {
        ref_id(body, "APAccountRef").map_or_else(|| self.system_account(SystemAccount::Payable), Ok)
    }

    fn deposit_to(&self, body: &Value) -> Result<u64, SystemAccount> {
        ref_id(body, "DepositToAccountRef")
            .map_or_else(|| self.system_account(SystemAccount::Undeposited), Ok)
    }

    fn item_account(&self, detail: &Value, member: &str) -> Option<u64> {
        let item = ref_id(detail, "ItemRef")?;
        ref_id(self.get(Kind::Item, item)?, member)
    }

    /// The customer, vendor or employee of a stored transaction.
    pub(crate) fn party_of(&self, kind: Kind, id: u64) -> Option<Key> {
        header_of(kind, self.get(kind, id)?).party
    }
}

fn two_accounts(body: &Value, header: &Header, debit: &str, credit: &str) -> Vec<Posting> {
    let cents = member_cents(body, "Amount");
    match (ref_id(body, debit), ref_id(body, credit)) {
        (Some(debit), Some(credit)) => {
            vec![header.side(debit, cents), header.side(credit, -cents)]
        }
        _ => Vec::new(),
    }
}

fn header_of(kind: Kind, body: &Value) -> Header {
    let customer = ref_id(body, "CustomerRef");
    let vendor = ref_id(body, "VendorRef").map(|id| (Kind::Vendor, id));
    let entity = body.get("EntityRef").unwrap_or(&Value::Null);
    let named = party(body, text(entity, "type"), ref_id(body, "EntityRef"));
    let sale = kind.is_sales_form() || kind == Kind::Payment;
    Header {
        party: customer
            .filter(|_| sale)
            .map(|id| (Kind::Customer, id))
            .or(vendor)
            .or(named),
        // On expense forms the header never decides the job (reference, section 17.2).
        customer: customer.filter(|_| sale),
        class: ref_id(body, "ClassRef"),
        department: ref_id(body, "DepartmentRef"),
    }
}

pub(crate) fn tax_of(body: &Value) -> i64 {
    body.get("TxnTaxDetail")
        .map_or(0, |tax| member_cents(tax, "TotalTax"))
}

/// Total of a sales form: item lines less discounts plus tax.
pub(crate) fn sale_total(body: &Value) -> i64 {
    let of_lines: i64 = flat_lines(body)
        .into_iter()
        .map(|line| match text(line, "DetailType") {
            "SalesItemLineDetail" => member_cents(line, "Amount"),
            "DiscountLineDetail" => -member_cents(line, "Amount"),
            _ => 0,
        })
        .sum();
    of_lines + tax_of(body)
}

/// The total that the server computes; `None` where it is an input or does not exist.
pub(crate) fn computed_total(kind: Kind, body: &Value) -> Option<i64> {
    let sum = |body: &Value| -> i64 {
        flat_lines(body)
            .into_iter()
            .map(|line| member_cents(line, "Amount"))
            .sum()
    };
    match kind {
        kind if kind.is_sales_form() => Some(sale_total(body)),
        Kind::Bill | Kind::VendorCredit | Kind::Purchase | Kind::PurchaseOrder => {
            Some(sum(body) + tax_of(body))
        }
        Kind::Deposit => {
            let back = body
                .get("CashBack")
                .map_or(0, |back| member_cents(back, "Amount"));
            Some(sum(body) - back)
        }
        Kind::JournalEntry => Some(
            lines(body)
                .iter()
                .filter(|line| {
                    line.get("JournalEntryLineDetail")
                        .is_some_and(|detail| text(detail, "PostingType") == "Debit")
                })
                .map(|line| member_cents(line, "Amount"))
                .sum(),
        ),
        _ => None,
    }
}

/// What a body points at.
pub(crate) fn links_of(kind: Kind, body: &Value) -> Vec<Link> {
    let mut links = Vec::new();
    for line in lines(body) {
        let cents = member_cents(line, "Amount");
        for target in linked(line) {
            links.push(match kind {
                Kind::Payment => Link::Applies {
                    target,
                    cents,
                    side: Side::Receivable,
                },
                Kind::BillPayment => Link::Applies {
                    target,
                    cents,
                    side: Side::Payable,
                },
                Kind::Deposit => Link::Deposits { target },
                _ => Link::Cites { target },
            });
        }
    }
    let cites = |target: Key| {
        matches!(
            (kind, target.0),
            (Kind::Invoice, Kind::Estimate)
                | (Kind::Invoice, Kind::TimeActivity)
                | (Kind::Bill, Kind::PurchaseOrder)
                | (Kind::Purchase, Kind::PurchaseOrder)
        )
    };
    for target in linked(body).into_iter().filter(|target| cites(*target)) {
        if !links.iter().any(|link| link.target() == target) {
            links.push(Link::Cites { target });
        }
    }
    links
}
