//! What keeps a correction from being made: each says nothing when it may be, else why not, in words
//! that finish "it is done by hand, because …".

use figures::model::{DocumentKind, LedgerDocument, LedgerLine};
use figures::source::{SourceRef, System};
use figures::{Date, Measure, Money};

use super::desk::{Desk, lines};
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::result::Finding;
use crate::reconcile::units::ProjectUnit;

impl Desk<'_> {
    /// Nothing when the period of a day is open; else why it cannot be changed.
    pub(super) fn open_period(&self, date: Date) -> Result<(), String> {
        match self.view.lists.closing_date {
            Some(closed) if date <= closed => {
                Err(format!("the period up to {closed} is closed in QuickBooks"))
            }
            _ => Ok(()),
        }
    }

    /// Nothing when no question about a record is open.
    pub(super) fn settled(&self, record: &SourceRef) -> Result<(), String> {
        let asked = self
            .outcome
            .questions
            .iter()
            .find(|one| one.about == *record);
        match asked.and_then(|question| question.candidates.first()) {
            Some(other) => Err(format!(
                "a question is open first, whether it is the same as {} {}",
                other.record.kind, other.record.id
            )),
            None => Ok(()),
        }
    }

    /// Nothing when no other document of the vendor or customer that nothing is paired with lies
    /// near, on whatever job: it may be the one that is meant.
    pub(super) fn alone(&self, date: Date, document: &LedgerDocument) -> Result<(), String> {
        let others = match document.kind {
            DocumentKind::Invoice => document
                .customer
                .as_deref()
                .and_then(|id| self.of_customer.get(id)),
            _ => document
                .vendor
                .as_deref()
                .and_then(|id| self.of_vendor.get(id)),
        };
        self.lone_near(others, date, |_| true)
    }

    /// Nothing when none of these documents stands alone near a day, with a line for such a job.
    pub(super) fn lone_near(
        &self,
        places: Option<&Vec<u32>>,
        date: Date,
        of_job: impl Fn(Option<i64>) -> bool,
    ) -> Result<(), String> {
        let documents = places
            .into_iter()
            .flatten()
            .map(|place| self.view.at(*place));
        let mut near = documents.filter(|one| {
            let days = figures::dates::days_between(one.date, date).abs();
            !one.voided
                && days <= self.view.policy.duplicate_window_days
                && self.pair(&one.source()).is_none()
                && lines(one).any(|line| of_job(self.job_on(line)))
        });
        match near.next() {
            Some(other) => Err(format!(
                "{} may be the same and has no partner",
                self.name(other)
            )),
            None => Ok(()),
        }
    }

    /// The job of a line.
    fn job_on(&self, line: &LedgerLine) -> Option<i64> {
        line.customer
            .as_deref()
            .and_then(|customer| self.job_of(customer))
    }

    /// Nothing when no link of Procore's ties a document to what is gone or void: only a link that
    /// is set anew finds another one.
    pub(super) fn unlinked(&self, finding: &Finding, unit: &ProjectUnit<'_>) -> Result<(), String> {
        let gone = |record: &&SourceRef| {
            record.system == System::QuickBooks && self.document(record).is_none()
        };
        if let Some(gone) = finding.records.iter().find(gone) {
            return Err(format!(
                "Procore's link names {} {}, which is gone",
                gone.kind, gone.id
            ));
        }
        if finding.code() == "R22" && !unit.origin_id.is_empty() {
            return Err("Procore's link names the one that was voided".to_owned());
        }
        Ok(())
    }

    /// Nothing when what was voided is this document by its number: another one may be meant else.
    pub(super) fn voided_is(&self, finding: &Finding, number: &str) -> Result<(), String> {
        let documents = finding.records.iter().filter_map(|one| self.document(one));
        let mut voided = documents.filter(|one| one.voided);
        match voided.find(|one| compact(&one.number) != compact(number)) {
            Some(other) => Err(format!(
                "{} was voided and has another number",
                self.name(other)
            )),
            None => Ok(()),
        }
    }

    /// Nothing when a finding moves exactly these amounts on the job and nothing else.
    pub(super) fn moves(
        &self,
        finding: &Finding,
        job: i64,
        wanted: &[(Measure, Money)],
    ) -> Result<(), String> {
        let kept = |measure| {
            self.outcome
                .not_kept
                .iter()
                .all(|one| one.measure != measure)
        };
        let is_wanted = |measure, amount| wanted.contains(&(measure, amount));
        let all = wanted
            .iter()
            .filter(|(measure, amount)| !amount.is_zero() && kept(*measure))
            .all(|(measure, amount)| {
                let mut effects = finding.effects.iter();
                effects.any(|one| (one.measure, one.amount) == (*measure, *amount))
            });
        let mut effects = finding.effects.iter();
        if effects.any(|one| matches!(one.measure, Measure::Paid | Measure::Received)) {
            return Err("its payment is missing in QuickBooks as well".to_owned());
        }
        let mut effects = finding.effects.iter();
        if all && effects.all(|one| one.project_id == job && is_wanted(one.measure, one.amount)) {
            Ok(())
        } else {
            Err("more than this one document differs".to_owned())
        }
    }

    /// Whether the two dates of a document give no cause for a finding of their own.
    pub(super) fn dates_agree(&self, one: Option<Date>, other: Date) -> bool {
        let Some(one) = one else { return false };
        let policy = self.view.policy;
        let apart = figures::dates::days_between(one, other).abs();
        let closed = self.view.lists.closing_date;
        let over = |day: Date| (one <= day) != (other <= day);
        let late = apart > policy.grace_days && closed.is_some_and(over);
        let far = apart > policy.date_window_days && figures::dates::same_month(one, other);
        !over(self.view.as_of) && !late && !far
    }
}
