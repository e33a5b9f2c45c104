//! Answers statements from the tables, a page at a time and without copying the rest.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::parse::{Condition, Operator, Statement, invalid, parse};
use crate::quickbooks::clock;
use crate::quickbooks::company::values::{flag, id_of};
use crate::quickbooks::company::{Company, Record};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::{Family, Kind};
use crate::quickbooks::money;

/// Properties that can be named in `where` and `orderby`; anything else is refused with 4001.
const QUERYABLE: &[&str] = &[
    "Id",
    "MetaData.CreateTime",
    "MetaData.LastUpdatedTime",
    "TxnDate",
    "DocNumber",
    "TotalAmt",
    "Balance",
    "DueDate",
    "CustomerRef",
    "VendorRef",
    "EmployeeRef",
    "Active",
    "Name",
    "DisplayName",
    "GivenName",
    "MiddleName",
    "FamilyName",
    "CompanyName",
    "PrintOnCheckName",
    "FullyQualifiedName",
    "ParentRef",
    "Job",
    "IsProject",
    "AccountType",
    "AccountSubType",
    "Classification",
    "AcctNum",
    "ProjectRef",
    "PaymentRefNum",
    "PaymentMethodRef",
    "Type",
    "Sku",
    "Level",
    "SubAccount",
    "CurrentBalance",
    "EntityRef",
    "AccountRef",
    "PaymentType",
    "DepositToAccountRef",
    "SalesTermRef",
    "DepartmentRef",
    "TxnStatus",
    "POStatus",
    "ExpirationDate",
    "EmailStatus",
    "PrintStatus",
    "FileName",
    "ContentType",
    "PayType",
    "AttachableRef.EntityRef.Type",
    "AttachableRef.EntityRef.value",
    "CompanyStartDate",
    "Country",
];

/// Runs one statement and returns the `QueryResponse` object.
pub(crate) fn answer(company: &Company, statement: &str) -> Result<Value, Fault> {
    let statement = parse(statement)?;
    let filters = filters(company, &statement)?;
    let order = order(&statement)?;
    if statement.count {
        let count = matching(company, &statement, &filters, false).count();
        return Ok(json!({"totalCount": count}));
    }
    let page = page(company, &statement, &filters, &order);
    let mut response = Map::new();
    if !page.is_empty() {
        let count = page.len();
        response.insert(statement.entity.name().to_owned(), Value::Array(page));
        response.insert("startPosition".to_owned(), json!(statement.start));
        response.insert("maxResults".to_owned(), json!(count));
    }
    Ok(Value::Object(response))
}

fn page(
    company: &Company,
    statement: &Statement,
    filters: &[Filter],
    order: &[(&'static str, bool)],
) -> Vec<Value> {
    let dress = |(id, record): (u64, &Record)| {
        company
            .dress(statement.entity, id, &record.body)
            .into_owned()
    };
    let skip = statement.start - 1;
    // Orders by Id are the order of the table; only others need sorting.
    match order {
        [] => {
            let rows = matching(company, statement, filters, true);
            rows.skip(skip).take(statement.max).map(dress).collect()
        }
        [("Id", descending)] => {
            let rows = matching(company, statement, filters, *descending);
            rows.skip(skip).take(statement.max).map(dress).collect()
        }
        keys => {
            let mut rows: Vec<(u64, &Record)> =
                matching(company, statement, filters, false).collect();
            rows.sort_by(|a, b| {
                keys.iter()
                    .map(|(property, descending)| {
                        let ordering = compare_rows(property, *a, *b);
                        if *descending {
                            ordering.reverse()
                        } else {
                            ordering
                        }
                    })
                    .find(|ordering| ordering.is_ne())
                    .unwrap_or_else(|| a.0.cmp(&b.0))
            });
            rows.into_iter()
                .skip(skip)
                .take(statement.max)
                .map(dress)
                .collect()
        }
    }
}

fn compare_rows(property: &str, a: (u64, &Record), b: (u64, &Record)) -> Ordering {
    match property {
        "Id" => a.0.cmp(&b.0),
        "MetaData.LastUpdatedTime" => a.1.updated.cmp(&b.1.updated),
        _ => {
            let (left, right) = (shown(property, &a.1.body), shown(property, &b.1.body));
            match (decimal_of(&left), decimal_of(&right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.to_lowercase().cmp(&right.to_lowercase()),
            }
        }
    }
}

fn decimal_of(text: &str) -> Option<rust_decimal::Decimal> {
    text.parse().ok()
}

/// One condition with its values read once.
struct Filter {
    property: &'static str,
    operator: Operator,
    texts: Vec<String>,
    ids: Vec<u64>,
    instants: Vec<Timestamp>,
    amounts: Vec<rust_decimal::Decimal>,
}

fn canonical(property: &str) -> Result<&'static str, Fault> {
    let wanted = property
        .strip_suffix(".value")
        .filter(|head| head.ends_with("Ref"));
    let wanted = match wanted {
        Some(head) if !head.contains("AttachableRef") => head,
        _ => property,
    };
    QUERYABLE
        .iter()
        .find(|known| known.eq_ignore_ascii_case(wanted))
        .copied()
        .ok_or_else(|| invalid(format!("property '{property}' is not queryable")))
}

fn filters(company: &Company, statement: &Statement) -> Result<Vec<Filter>, Fault> {
    let mut filters: Vec<Filter> = statement
        .conditions
        .iter()
        .map(|condition| filter(company, condition))
        .collect::<Result<_, _>>()?;
    let names_active = filters.iter().any(|filter| filter.property == "Active");
    if statement.entity.family() == Family::Name && !names_active {
        filters.push(Filter {
            property: "Active",
            operator: Operator::Equal,
            texts: vec!["true".to_owned()],
            ids: Vec::new(),
            instants: Vec::new(),
            amounts: Vec::new(),
        });
    }
    Ok(filters)
}

fn filter(company: &Company, condition: &Condition) -> Result<Filter, Fault> {
    let property = canonical(&condition.property)?;
    let mut filter = Filter {
        property,
        operator: condition.operator,
        texts: condition.values.clone(),
        ids: Vec::new(),
        instants: Vec::new(),
        amounts: condition
            .values
            .iter()
            .filter_map(|value| decimal_of(value))
            .collect(),
    };
    if property == "Id" && condition.operator != Operator::Like {
        for value in &condition.values {
            let id = value.trim().parse();
            filter
                .ids
                .push(id.map_err(|_| invalid(format!("Id '{value}' is not a number")))?);
        }
    }
    if property.starts_with("MetaData.") {
        for value in &condition.values {
            let instant = clock::parse(value, company.zone());
            filter
                .instants
                .push(instant.ok_or_else(|| invalid(format!("'{value}' is not a date or time")))?);
        }
    }
    Ok(filter)
}

fn order(statement: &Statement) -> Result<Vec<(&'static str, bool)>, Fault> {
    statement
        .order
        .iter()
        .map(|(property, descending)| Ok((canonical(property)?, *descending)))
        .collect()
}

fn matching<'a>(
    company: &'a Company,
    statement: &Statement,
    filters: &'a [Filter],
    descending: bool,
) -> Box<dyn Iterator<Item = (u64, &'a Record)> + 'a> {
    let Some(table) = company.table(statement.entity) else {
        return Box::new(std::iter::empty());
    };
    // A keyset page starts at its key, so a sweep of n rows costs n steps and not n squared.
    let from = filters
        .iter()
        .filter(|filter| filter.property == "Id")
        .filter_map(|filter| match (filter.operator, filter.ids.first()) {
            (Operator::Greater, Some(id)) => id.checked_add(1),
            (Operator::GreaterOrEqual | Operator::Equal, Some(id)) => Some(*id),
            _ => None,
        })
        .max()
        .unwrap_or(0);
    let to = filters
        .iter()
        .filter(|filter| filter.property == "Id")
        .filter_map(|filter| match (filter.operator, filter.ids.first()) {
            (Operator::Less | Operator::LessOrEqual | Operator::Equal, Some(id)) => Some(*id),
            _ => None,
        })
        .min()
        .unwrap_or(u64::MAX);
    if from > to {
        return Box::new(std::iter::empty());
    }
    let kind = statement.entity;
    let rows = table.rows.range(from..=to);
    let keep = move |(id, record): &(u64, &Record)| {
        filters
            .iter()
            .all(|filter| filter.accepts(company, kind, *id, record))
    };
    let rows = rows.map(|(id, record)| (*id, record));
    if descending {
        Box::new(rows.rev().filter(keep))
    } else {
        Box::new(rows.filter(keep))
    }
}

impl Filter {
    fn accepts(&self, company: &Company, kind: Kind, id: u64, record: &Record) -> bool {
        match self.property {
            "Id" if self.operator != Operator::Like => {
                self.ids.iter().any(|wanted| self.holds(id.cmp(wanted)))
            }
            "MetaData.LastUpdatedTime" => self
                .instants
                .iter()
                .any(|wanted| self.holds(record.updated.cmp(wanted))),
            "MetaData.CreateTime" => {
                let created = clock::parse(&shown(self.property, &record.body), company.zone());
                created.is_some_and(|created| {
                    self.instants
                        .iter()
                        .any(|wanted| self.holds(created.cmp(wanted)))
                })
            }
            "Active" | "Job" | "IsProject" | "SubAccount" => {
                let default = self.property == "Active";
                let is = flag(&record.body, self.property)
                    .unwrap_or(default)
                    .to_string();
                self.texts
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(&is))
            }
            "Balance" | "CurrentBalance" | "TotalAmt" => {
                let dressed = company.dress(kind, id, &record.body);
                let amount = dressed.get(self.property).and_then(money::decimal);
                amount.is_some_and(|amount| {
                    self.amounts
                        .iter()
                        .any(|wanted| self.holds(amount.cmp(wanted)))
                })
            }
            _ => self.accepts_text(&shown(self.property, &record.body)),
        }
    }

    fn accepts_text(&self, is: &str) -> bool {
        self.texts.iter().any(|wanted| {
            if wanted.trim().is_empty() && self.operator == Operator::Equal {
                return is.is_empty();
            }
            if self.operator == Operator::Like {
                return like(&is.to_lowercase(), &wanted.to_lowercase());
            }
            let by_number = self.property.ends_with("Ref") && self.operator != Operator::In;
            let ordering = match (is.parse::<u64>(), wanted.parse::<u64>()) {
                (Ok(is), Ok(wanted)) if by_number => is.cmp(&wanted),
                _ => is.to_lowercase().cmp(&wanted.to_lowercase()),
            };
            !is.is_empty() && self.holds(ordering)
        })
    }

    fn holds(&self, ordering: Ordering) -> bool {
        match self.operator {
            Operator::Equal | Operator::In | Operator::Like => ordering.is_eq(),
            Operator::Less => ordering.is_lt(),
            Operator::Greater => ordering.is_gt(),
            Operator::LessOrEqual => ordering.is_le(),
            Operator::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// A property's value as text: the id of references, the text or digits of others.
fn shown(property: &str, body: &Value) -> String {
    if let Some(member) = property.strip_prefix("AttachableRef.EntityRef.") {
        let reference = body
            .get("AttachableRef")
            .and_then(|refs| refs.get(0))
            .and_then(|first| first.get("EntityRef"));
        let member = if member == "Type" { "type" } else { "value" };
        return reference
            .and_then(|r| r.get(member))
            .map(plain_text)
            .unwrap_or_default();
    }
    let found = property
        .split('.')
        .try_fold(body, |at, member| at.get(member));
    match found {
        Some(reference) if property.ends_with("Ref") => reference
            .get("value")
            .and_then(id_of)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        Some(value) => plain_text(value),
        None => String::new(),
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `%` stands for any text; nothing else is special.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
