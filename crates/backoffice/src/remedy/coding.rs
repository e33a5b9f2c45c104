//! Lines in the wrong class or on the wrong account.

use figures::SmolStr;
use figures::model::LedgerDocument;
use gate::correction::Recoding;
use gate::roles::Department;

use super::Advice;
use super::desk::Desk;
use super::habits::{class_of, single_account};
use super::precedent::total;
use super::recode::{agree, amounts, both, changeable, clean, department, recode};
use super::words::capital;
use crate::reconcile::result::Finding;
use crate::reconcile::units::ProjectUnit;

/// Puts lines into the class that the job usually has.
pub(super) fn class(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (document, unit) = both(desk, finding)?;
    let name = desk.name(document);
    let usual = desk.precedents.habits.class_of(desk, unit.job);
    let used = class_of(document);
    let to = usual.filter(|usual| used.as_ref().is_some_and(|used| used != usual));
    let Some((from, to)) = used.zip(to) else {
        let sentence = format!(
            "{} gets the location of the other documents of its job.",
            capital(&name)
        );
        let steps = vec![
            format!("In QuickBooks open {name}."),
            format!("Change its location: {}.", finding.what),
        ];
        return Some(desk.instruct(finding, department(document), sentence, steps));
    };
    let on_lines = document
        .lines
        .iter()
        .any(|line| line.class.as_ref() == Some(&from));
    let change = changeable(desk, document).and_then(|()| {
        if !on_lines {
            return Err("its class stands in the header".to_owned());
        }
        if !agree(desk, unit, amounts(desk, document, |_| true)) {
            return Err("its amounts differ from Procore's as well".to_owned());
        }
        clean(
            desk,
            (document, unit),
            (single_account(desk, document), Some(&to)),
        )
    });
    let (from_name, to_name) = (desk.class_name(&from), desk.class_name(&to));
    if let Err(why) = change {
        let sentence = format!(
            "{} goes from class {from_name} to {to_name} by hand, because {why}.",
            capital(&name)
        );
        let steps = vec![
            format!("Why Plumbline does not do it: {why}."),
            format!("In QuickBooks open {name}."),
            format!("Change its class from {from_name} to {to_name}, and save it."),
        ];
        return Some(desk.instruct(finding, department(document), sentence, steps));
    }
    let lines = document
        .lines
        .iter()
        .filter(|line| line.class.as_ref() == Some(&from));
    let money = total(lines);
    let sentence =
        format!("The lines of {name} go from class {from_name} to {to_name}, as on its job.");
    Some(recode(
        document,
        Recoding::Class {
            from: Some(from),
            to,
        },
        sentence,
        money,
    ))
}

/// Puts lines on the account that their cost code has.
pub(super) fn account(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (document, unit) = both(desk, finding)?;
    let name = desk.name(document);
    let found = right_account(desk, document, unit).and_then(|(from, to)| {
        changeable(desk, document)?;
        if !agree(desk, unit, amounts(desk, document, |_| true)) {
            return Err("its amounts differ from Procore's as well".to_owned());
        }
        clean(
            desk,
            (document, unit),
            (Some(to), class_of(document).as_deref()),
        )?;
        Ok((from, to))
    });
    let code = desk
        .precedents
        .habits
        .code(desk, unit)
        .unwrap_or("of Procore's");
    match found {
        Ok((from, to)) => {
            let sentence = format!(
                "The lines of {name} go from {} to {}, where cost code {code} belongs.",
                desk.account_name(from),
                desk.account_name(to)
            );
            let lines = document.lines.iter();
            let money = total(lines.filter(|line| line.account.as_deref() == Some(from)));
            let change = Recoding::Account {
                from: SmolStr::new(from),
                to: SmolStr::new(to),
            };
            Some(recode(document, change, sentence, money))
        }
        Err(why) => {
            let sentence = format!(
                "{} is coded to cost code {code} by hand, because {why}.",
                capital(&name)
            );
            let steps = vec![
                format!("Why Plumbline does not do it: {why}."),
                format!("In QuickBooks open {name}."),
                format!("Change the account or item of its lines to the one of cost code {code}."),
            ];
            Some(desk.instruct(finding, Department::Financial, sentence, steps))
        }
    }
}

/// The account that the lines have and the one that their cost code has.
fn right_account<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    unit: &ProjectUnit<'d>,
) -> Result<(&'d str, &'d str), String> {
    if document.lines.iter().any(|line| line.item.is_some()) {
        return Err("its lines are entered by item".to_owned());
    }
    let from = single_account(desk, document).ok_or("its lines are on several accounts")?;
    let code = desk
        .precedents
        .habits
        .code(desk, unit)
        .ok_or("Procore has several cost codes for it")?;
    let accounts = desk
        .view
        .lists
        .accounts
        .iter()
        .filter(|one| one.active && desk.precedents.habits.code_in(&one.name) == Some(code));
    let named: Vec<&str> = accounts.map(|one| one.id.as_str()).collect();
    let to = match named.as_slice() {
        [only] => only,
        [] => desk
            .precedents
            .habits
            .account_of(desk, code)
            .ok_or_else(|| format!("nothing shows the account of cost code {code}"))?,
        _ => return Err(format!("several accounts are named for cost code {code}")),
    };
    if from == to {
        return Err("its account is right and its item is not".to_owned());
    }
    Ok((from, to))
}
