//! How Procore writes amounts: as text, as padded text, as a number, or with a percent sign.
//!
//! One table names the style of every money, hour and percent field that is served. Records are
//! brought into their declared style when they enter the store, so that a list and a show cannot
//! disagree. No amount passes through floating point.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::store::Body;

/// The written form of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text without padding but with at least one decimal: `"7396144.0"`, `"343.85"`.
    Plain,
    /// Text with exactly two decimals: `"7300.00"`.
    Cents,
    /// Text with two decimals and a percent sign: `"52.37%"`.
    Percent,
    /// A JSON number.
    Number,
}

use Style::{Cents, Number as Numeric, Percent, Plain};

/// Collection, container (`""` for the record itself, `x` for an object, `x[]` for rows), fields.
type Rule = (
    &'static [&'static str],
    &'static str,
    Style,
    &'static [&'static str],
);

const APPLICATIONS: &[&str] = &["payment_applications"];
const REQUISITIONS: &[&str] = &["requisitions"];
const SUMMARY: &[&str] = &[
    "original_contract_sum",
    "net_change_by_change_orders",
    "contract_sum_to_date",
    "total_completed_and_stored_to_date",
    "completed_work_retainage_percent",
    "completed_work_retainage_amount",
    "stored_materials_retainage_percent",
    "stored_materials_retainage_amount",
    "total_retainage",
    "total_earned_less_retainage",
    "less_previous_certificates_for_payment",
    "current_payment_due",
    "balance_to_finish_including_retainage",
    "tax_applicable_to_this_payment",
    "positive_change_order_item_total",
    "negative_change_order_item_total",
    "positive_new_change_order_item_total",
    "negative_new_change_order_item_total",
    "positive_previous_change_order_item_total",
    "negative_previous_change_order_item_total",
    "new_materials",
    "stored_materials",
];
const BILLING_ROW: &[&str] = &[
    "scheduled_value",
    "work_completed_from_previous_application",
    "work_completed_this_period",
    "materials_presently_stored",
    "total_completed_and_stored_to_date",
    "total_completed_and_stored_to_date_percent",
    "balance_to_finish",
    "work_completed_retainage_currently_retained",
    "work_completed_retainage_from_previous_application",
    "work_completed_retainage_retained_this_period",
    "work_completed_retainage_released_this_period",
    "work_completed_retainage_percent_this_period",
    "materials_stored_retainage_currently_retained",
    "materials_stored_retainage_from_previous_application",
    "materials_stored_retainage_retained_this_period",
    "materials_stored_retainage_released_this_period",
    "materials_stored_retainage_percent_this_period",
    "total_retainage_currently_retained",
    "total_retainage_from_previous_application",
    "materials_moved",
    "materials_retainage_retained_moved",
    "subcontractor_claimed_amount",
    "gross_amount",
    "net_amount",
];
const CONTRACT: &[&str] = &[
    "retainage_percent",
    "grand_total",
    "approved_change_orders",
    "pending_change_orders",
    "pending_change_orders_amount",
    "draft_change_orders_amount",
    "revised_contract_amount",
    "pending_revised_contract_amount",
    "revised_contract",
    "pending_revised_contract",
    "owner_invoices_amount",
    "total_payments",
    "total_requisitions_amount",
    "total_draw_requests_amount",
    "outstanding_balance",
    "remaining_balance_outstanding",
    "percentage_paid",
    "line_items_total",
    "line_items_extended_total",
];
const LINE: &[&str] = &[
    "amount",
    "extended_amount",
    "total_amount",
    "quantity",
    "unit_cost",
];

const RULES: &[Rule] = &[
    (
        &["projects"],
        "",
        Plain,
        &["total_value", "estimated_value"],
    ),
    (
        &[
            "prime_contracts",
            "work_order_contracts",
            "purchase_order_contracts",
        ],
        "",
        Plain,
        CONTRACT,
    ),
    (
        &[
            "prime_contract_line_items",
            "commitment_line_items",
            "direct_cost_line_items",
        ],
        "",
        Plain,
        LINE,
    ),
    (
        &[
            "prime_change_orders",
            "commitment_change_orders",
            "change_order_packages",
            "potential_change_orders",
            "change_order_requests",
        ],
        "",
        Plain,
        &["grand_total"],
    ),
    (
        APPLICATIONS,
        "",
        Cents,
        &["total_amount_paid", "total_amount_accrued_this_period"],
    ),
    (APPLICATIONS, "", Percent, &["percent_complete"]),
    (APPLICATIONS, "g702", Cents, SUMMARY),
    (APPLICATIONS, "g703[]", Cents, BILLING_ROW),
    (REQUISITIONS, "", Cents, &["total_claimed_amount"]),
    (REQUISITIONS, "", Percent, &["percent_complete"]),
    (REQUISITIONS, "summary", Cents, SUMMARY),
    (REQUISITIONS, "items[]", Cents, BILLING_ROW),
    (&["contract_payments"], "", Plain, &["amount"]),
    (&["direct_costs"], "", Plain, &["amount", "grand_total"]),
    (&["direct_costs"], "line_items[]", Plain, LINE),
    (
        &["budget_detail_rows"],
        "",
        Plain,
        &[
            "original_budget_amount",
            "budget_modifications",
            "Committed Costs",
            "Direct Costs",
            "Job to Date Costs",
            "Estimated Cost at Completion",
        ],
    ),
    (
        &["budget_detail_rows"],
        "budget_forecast",
        Plain,
        &["amount", "manual_amount", "automatic_amount"],
    ),
    (&["budget_changes"], "", Numeric, &["amount"]),
    (
        &["budget_changes"],
        "adjustment_line_items[]",
        Numeric,
        &["amount", "unit_cost"],
    ),
    (&["timecard_entries"], "", Plain, &["hours"]),
    (&["manpower_logs"], "", Plain, &["num_hours", "man_hours"]),
    (&["rfis"], "cost_impact", Numeric, &["value"]),
];

/// The fields of a collection that hold amounts, with container and style: for tests.
pub fn declared(collection: &str) -> impl Iterator<Item = (&'static str, Style, &'static str)> {
    RULES
        .iter()
        .filter(move |rule| rule.0.contains(&collection))
        .flat_map(|(_, container, style, fields)| {
            fields.iter().map(move |field| (*container, *style, *field))
        })
}

/// Whether a served value has the written form; null and absent always do.
pub fn conforms(style: Style, value: &Value) -> bool {
    match (style, value) {
        (_, Value::Null) | (Style::Number, Value::Number(_)) => true,
        (Style::Plain, Value::String(text)) => is_plain(text),
        (Style::Cents, Value::String(text)) => is_cents(text),
        (Style::Percent, Value::String(text)) => text.strip_suffix('%').is_some_and(is_cents),
        _ => false,
    }
}

fn digits_around_point(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.strip_prefix('-').unwrap_or(text).split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole) && digits(fraction)).then_some((whole, fraction))
}

fn is_plain(text: &str) -> bool {
    digits_around_point(text)
        .is_some_and(|(_, fraction)| fraction.len() == 1 || !fraction.ends_with('0'))
}

fn is_cents(text: &str) -> bool {
    digits_around_point(text).is_some_and(|(_, fraction)| fraction.len() == 2)
}

/// Rewrites the amounts of one record into their declared styles.
pub(crate) fn normalise(collection: &str, body: &mut Body) {
    for (names, container, style, fields) in RULES {
        if !names.contains(&collection) {
            continue;
        }
        if container.is_empty() {
            restyle(body, *style, fields);
        } else if let Some(key) = container.strip_suffix("[]") {
            let rows = body.get_mut(key).and_then(Value::as_array_mut);
            for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
                restyle(row, *style, fields);
            }
        } else if let Some(inner) = body.get_mut(*container).and_then(Value::as_object_mut) {
            restyle(inner, *style, fields);
        }
    }
}

fn restyle(body: &mut Body, style: Style, fields: &[&str]) {
    for field in fields {
        let Some(value) = body.get_mut(*field) else {
            continue;
        };
        if conforms(style, value) {
            continue;
        }
        if let Some(written) = decimal(value).and_then(|amount| write(style, amount)) {
            *value = written;
        }
    }
}

/// Reads an amount in any of the written forms.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.trim_end_matches('%').parse().ok(),
        Value::Number(number) => {
            let text = number.to_string();
            text.parse()
                .or_else(|_| Decimal::from_scientific(&text))
                .ok()
        }
        _ => None,
    }
}

pub(crate) fn plain(amount: Decimal) -> String {
    let mut text = amount.normalize().to_string();
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

pub(crate) fn cents(amount: Decimal) -> String {
    let mut rounded = amount.round_dp(2);
    rounded.rescale(2);
    rounded.to_string()
}

fn write(style: Style, amount: Decimal) -> Option<Value> {
    Some(match style {
        Style::Plain => Value::String(plain(amount)),
        Style::Cents => Value::String(cents(amount)),
        Style::Percent => Value::String(format!("{}%", cents(amount))),
        Style::Number => Value::Number(plain(amount).parse::<Number>().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_enter_in_any_form_and_leave_in_their_declared_one() {
        let mut body = json!({"grand_total": 1250000, "percentage_paid": "41.590"});
        normalise("prime_contracts", body.as_object_mut().unwrap());
        assert_eq!(
            body,
            json!({"grand_total": "1250000.0", "percentage_paid": "41.59"})
        );
        let mut body = json!({"percent_complete": "52.4", "g702": {"total_retainage": 68000.5}});
        normalise("payment_applications", body.as_object_mut().unwrap());
        assert_eq!(
            body,
            json!({"percent_complete": "52.40%", "g702": {"total_retainage": "68000.50"}})
        );
    }

    #[test]
    fn written_forms_are_told_apart() {
        assert!(conforms(Style::Plain, &json!("0.0")));
        assert!(!conforms(Style::Plain, &json!("10.00")));
        assert!(!conforms(Style::Plain, &json!("10")));
        assert!(conforms(Style::Cents, &json!("-7300.00")));
        assert!(!conforms(Style::Cents, &json!(7300.00)));
        assert!(conforms(Style::Percent, &json!("96.36%")));
        assert!(conforms(Style::Number, &json!(84000.0)));
    }
}
