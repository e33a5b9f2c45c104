//! How people call what is done, and instructions to them.

use figures::SmolStr;
use figures::model::LedgerDocument;
use gate::correction::Correction;
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use crate::reconcile::result::Finding;
use crate::reconcile::units::{ProjectKind, ProjectUnit};

/// The last step of every instruction.
const NOTICE: &str = "Nothing has to be ticked off here: Plumbline reads QuickBooks again, and the \
                      next reading no longer shows this.";

impl<'d> Desk<'d> {
    /// An instruction; the last step says how it is noticed.
    pub(super) fn instruct(
        &self,
        finding: &Finding,
        department: Department,
        sentence: String,
        mut steps: Vec<String>,
    ) -> Advice {
        steps.push(NOTICE.to_owned());
        Advice {
            department,
            correction: Correction::Instruct(steps),
            sentence,
            money: finding.amount,
            party: self.party(finding),
        }
    }

    /// The vendor or customer of the first ledger document of a finding that names one.
    fn party(&self, finding: &Finding) -> Option<SmolStr> {
        let documents = finding.records.iter().filter_map(|one| self.document(one));
        let mut named = documents.filter_map(|one| one.vendor.as_ref().or(one.customer.as_ref()));
        named.next().or(finding.customer_id.as_ref()).cloned()
    }

    /// A document as people speak of it: `bill BE-2217 of Brightline Electric over 25,000.00, dated
    /// 2026-10-06`.
    pub(super) fn name(&self, document: &LedgerDocument) -> String {
        let kind = document.kind.noun();
        let number = if document.number.is_empty() {
            "without a number"
        } else {
            document.number.as_str()
        };
        let customer = document
            .customer
            .as_deref()
            .map(|id| self.customer_name(id));
        let vendor = document
            .vendor
            .as_deref()
            .map(|id| self.view.ledger_vendor(id));
        let payee = match document.payee_name.as_str() {
            "" => vendor.unwrap_or_default(),
            printed => printed,
        };
        let party = match (payee, customer) {
            ("", None) => String::new(),
            ("", Some(customer)) => format!(" of {customer}"),
            (payee, _) => format!(" of {payee}"),
        };
        format!(
            "{kind} {number}{party} over {}, dated {}",
            document.total, document.date
        )
    }

    /// A document of Procore's as people speak of it.
    pub(super) fn name_unit(&self, unit: &ProjectUnit<'_>) -> String {
        let kind = match unit.kind {
            ProjectKind::PrimeContract => "prime contract",
            ProjectKind::PayApplication => "pay application",
            ProjectKind::ContractPayment => "payment",
            ProjectKind::Commitment => "commitment",
            ProjectKind::SubcontractorInvoice => "subcontractor invoice",
            ProjectKind::DirectCost => "direct cost",
        };
        let number = if unit.number.is_empty() {
            format!("without a number (id {})", unit.id)
        } else {
            unit.number.to_owned()
        };
        let party = if unit.party_name.is_empty() {
            String::new()
        } else {
            format!(" of {}", unit.party_name)
        };
        let date = unit
            .date
            .map_or(String::new(), |date| format!(", dated {date}"));
        format!("{kind} {number}{party}{date}")
    }

    pub(super) fn job_name(&self, job: i64) -> String {
        let mut projects = self.view.company.projects.iter();
        match projects.find(|one| one.id == job) {
            Some(project) => project.name.to_string(),
            None => format!("project {job}"),
        }
    }

    pub(super) fn customer_name(&self, id: &str) -> &'d str {
        self.view
            .customer(id)
            .map_or("an unknown customer", |one| &one.full_name)
    }

    pub(super) fn account_name(&self, id: &str) -> &'d str {
        let mut accounts = self.view.lists.accounts.iter();
        accounts
            .find(|one| one.id == *id)
            .map_or("an unknown account", |one| &one.full_name)
    }

    pub(super) fn item_name(&self, id: &str) -> &'d str {
        let mut items = self.view.lists.items.iter();
        items
            .find(|one| one.id == *id)
            .map_or("an unknown item", |one| &one.name)
    }

    pub(super) fn class_name(&self, id: &str) -> SmolStr {
        let mut classes = self.view.lists.classes.iter();
        classes
            .find(|one| one.id == *id)
            .map_or(SmolStr::new(id), |one| one.name.clone())
    }
}

/// A sentence begins with a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
