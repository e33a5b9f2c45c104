//! Lines in the wrong class, or on the wrong account or item.

use figures::SmolStr;
use figures::model::LedgerDocument;
use gate::correction::Recoding;
use gate::roles::Department;

use super::Advice;
use super::desk::{Desk, lines};
use super::habits::{Says, class_of, is_stocked, single_account, single_item};
use super::precedent::{Coded, total};
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
            (&Says::of(desk, document), Some(&to)),
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

/// Puts lines on the account, or the item, that their cost code has.
pub(super) fn account(desk: &Desk<'_>, finding: &Finding) -> Option<Advice> {
    let (document, unit) = both(desk, finding)?;
    let name = desk.name(document);
    let found = right_coding(desk, document, unit).and_then(|right| {
        changeable(desk, document)?;
        if !agree(desk, unit, amounts(desk, document, |_| true)) {
            return Err("its amounts differ from Procore's as well".to_owned());
        }
        clean(
            desk,
            (document, unit),
            (
                &right.to().says(desk, &desk.precedents.habits),
                class_of(document).as_deref(),
            ),
        )?;
        Ok(right)
    });
    let code = desk
        .precedents
        .habits
        .code(desk, unit)
        .unwrap_or("of Procore's");
    match found {
        Ok(right) => {
            let sentence = format!(
                "The lines of {name} go from {} to {}, where cost code {code} belongs.",
                right.from().name(desk),
                right.to().name(desk)
            );
            let money = total(
                document
                    .lines
                    .iter()
                    .filter(|line| right.from().is_on(line)),
            );
            Some(recode(document, right.change(), sentence, money))
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

/// What lines are coded to, and what they are to be coded to: both items, or both accounts.
struct Right<'d> {
    from: &'d str,
    to: &'d str,
    as_coded: fn(&'d str) -> Coded<'d>,
}

impl<'d> Right<'d> {
    fn from(&self) -> Coded<'d> {
        (self.as_coded)(self.from)
    }

    fn to(&self) -> Coded<'d> {
        (self.as_coded)(self.to)
    }

    fn change(&self) -> Recoding {
        let (from, to) = (SmolStr::new(self.from), SmolStr::new(self.to));
        match self.to() {
            Coded::Account(_) => Recoding::Account { from, to },
            Coded::Item(_) => Recoding::Item { from, to },
        }
    }
}

/// What the lines are coded to and what their cost code has: items where they are entered by item,
/// else accounts.
fn right_coding<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    unit: &ProjectUnit<'d>,
) -> Result<Right<'d>, String> {
    let code = desk
        .precedents
        .habits
        .code(desk, unit)
        .ok_or("Procore has several cost codes for it")?;
    let by_item = lines(document).any(|line| line.item.is_some());
    let ((from, to), as_coded): (_, fn(&'d str) -> Coded<'d>) = if by_item {
        (right_item(desk, document, code)?, Coded::Item)
    } else {
        (right_account(desk, document, code)?, Coded::Account)
    };
    Ok(Right { from, to, as_coded })
}

/// The item that the lines have and the one that documents of their cost code have.
fn right_item<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    code: &str,
) -> Result<(&'d str, &'d str), String> {
    let from = single_item(desk, document)?;
    if is_stocked(desk, from) {
        return Err(format!("{} is kept in stock", desk.item_name(from)));
    }
    let to = desk.precedents.habits.item_of(desk, code)?;
    if from == to {
        return Err("its item is the one of the cost code already".to_owned());
    }
    Ok((from, to))
}

/// The account that the lines have and the one that their cost code has.
fn right_account<'d>(
    desk: &Desk<'d>,
    document: &'d LedgerDocument,
    code: &str,
) -> Result<(&'d str, &'d str), String> {
    let from = single_account(desk, document).ok_or("its lines are on several accounts")?;
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
        return Err("its account is the one of the cost code already".to_owned());
    }
    Ok((from, to))
}
