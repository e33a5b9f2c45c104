//! Crews, their days, and the monthly payroll and burden journals.
//!
//! Wages by job are hours times the employee's cost rate; Procore holds the same amounts as
//! payroll direct costs, QuickBooks as one wage and one burden journal a month.

use super::books::{Books, Kind, Line, PairKind, Shift};
use super::calendar::{month_end, month_start, plus};
use super::chart::{ACCRUED, ACCUMULATED, DEPRECIATION, WAGES_PAYABLE};
use super::costs::direct_payroll;

/// Burden on wages in hundredths of a percent.
const BURDEN_BASIS_POINTS: i64 = 3_250;

/// Runs every month's payroll.
pub(crate) fn run(books: &mut Books) {
    let months = i64::try_from(books.plan.months).unwrap_or(24) + 1;
    for month in 0..months {
        let first = month_start(books.first_month, month);
        let last = month_end(first);
        if last > books.plan.as_of {
            break;
        }
        let mut wages = Vec::new();
        for job in 0..books.jobs.len() {
            if first >= books.jobs[job].start && first <= books.jobs[job].end {
                let amount = work_month(books, job, first);
                wages.push((job, amount));
            }
        }
        let label = last.strftime("%Y-%m").to_string();
        let burden: Vec<(usize, i64)> = wages
            .iter()
            .map(|&(job, amount)| (job, super::billing::share(amount, BURDEN_BASIS_POINTS)))
            .collect();
        journal(
            books,
            PairKind::Wages,
            &wages,
            last,
            &format!("Payroll wages {label}"),
            &format!("PR-{label}"),
        );
        journal(
            books,
            PairKind::Burden,
            &burden,
            last,
            &format!("Labor burden {label}"),
            &format!("BUR-{label}"),
        );
        depreciation(books, last, &label);
    }
}

/// One crew month on a job; gives the wages in cents.
fn work_month(books: &mut Books, job: usize, first: jiff::civil::Date) -> i64 {
    let crew = if books.plan.lean { 1 } else { 3 };
    let mut wages = 0;
    for n in 0..crew {
        let employee = (job * 2 + n) % books.employees.len();
        let mut hours = 0;
        let every = if books.plan.lean { 14 } else { 1 };
        for day in (0..28).step_by(every) {
            let date = plus(first, day);
            if date.weekday().to_monday_zero_offset() > 4 {
                continue;
            }
            let worked = if books.dice.chance(10) { 10 } else { 8 };
            hours += worked;
            let id = books.procore_id();
            books.shifts.push(Shift {
                id,
                job,
                employee,
                date,
                hours: worked,
            });
        }
        wages += hours * books.employees[employee].rate;
    }
    wages
}

fn journal(
    books: &mut Books,
    kind: PairKind,
    amounts: &[(usize, i64)],
    date: jiff::civil::Date,
    text: &str,
    number: &str,
) {
    if amounts.is_empty() {
        return;
    }
    let mut entry = books.blank(Kind::JournalEntry, date);
    entry.number = Some(number.to_string());
    entry.note = Some(text.to_string());
    let mut directs = Vec::new();
    let mut total = 0;
    for &(job, amount) in amounts {
        entry.lines.push(books.account_line(job, 53, amount, text));
        total += amount;
        directs.push(direct_payroll(books, job, date, amount, text));
    }
    entry.lines.push(Line {
        amount: -total,
        account: Some(if kind == PairKind::Wages {
            WAGES_PAYABLE
        } else {
            ACCRUED
        }),
        text: text.to_string(),
        ..Line::default()
    });
    let entry = books.post(entry);
    books.pair(kind, amounts[0].0, directs, vec![entry]);
}

fn depreciation(books: &mut Books, date: jiff::civil::Date, label: &str) {
    let mut entry = books.blank(Kind::JournalEntry, date);
    entry.number = Some(format!("DEP-{label}"));
    entry.note = Some("Monthly depreciation".to_string());
    for (account, amount) in [(DEPRECIATION, 315_000), (ACCUMULATED, -315_000)] {
        entry.lines.push(Line {
            amount,
            account: Some(account),
            text: "Monthly depreciation".to_string(),
            ..Line::default()
        });
    }
    books.post(entry);
}
