//! The vendor's report grammar: columns, nested rows, string cells, the truncation sentinel.

use serde_json::{Map, Value, json};

use crate::quickbooks::money;

/// What the vendor writes when a report is too large; the status is 200 all the same.
pub(super) const SENTINEL: &str = "Unable to display more data. Please reduce the date range.";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) key: String,
}

impl Column {
    pub(super) fn new(title: &str, kind: &'static str, key: &str) -> Column {
        Column {
            title: title.to_owned(),
            kind,
            key: key.to_owned(),
        }
    }

    pub(super) fn money(title: &str, key: &str) -> Column {
        Column::new(title, "Money", key)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) value: String,
    pub(super) id: Option<String>,
}

impl Cell {
    pub(super) fn text(value: impl Into<String>) -> Cell {
        Cell {
            value: value.into(),
            id: None,
        }
    }

    pub(super) fn with_id(value: impl Into<String>, id: u64) -> Cell {
        Cell {
            value: value.into(),
            id: Some(id.to_string()),
        }
    }

    pub(super) fn money(cents: i64) -> Cell {
        Cell::text(money::plain(cents))
    }

    /// An amount, empty when it is zero.
    pub(super) fn money_or_blank(cents: i64) -> Cell {
        if cents == 0 {
            Cell::default()
        } else {
            Cell::money(cents)
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Data { cells: Vec<Cell>, typed: bool },
    Section(Section),
}

/// A section may have any subset of header, rows and summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) header: Option<Vec<Cell>>,
    pub(super) rows: Option<Vec<Row>>,
    pub(super) summary: Option<Vec<Cell>>,
    pub(super) group: Option<&'static str>,
}

impl Row {
    pub(super) fn data(cells: Vec<Cell>) -> Row {
        Row::Data { cells, typed: true }
    }

    /// A section that consists of its summary alone.
    pub(super) fn summary_only(cells: Vec<Cell>, group: Option<&'static str>) -> Row {
        Row::Section(Section {
            summary: Some(cells),
            group,
            ..Section::default()
        })
    }

    /// A total written as a header over no rows.
    pub(super) fn header_only(cells: Vec<Cell>) -> Row {
        Row::Section(Section {
            header: Some(cells),
            rows: Some(Vec::new()),
            ..Section::default()
        })
    }
}

/// First cell given, the others filled up to the width.
pub(super) fn padded(first: Cell, width: usize) -> Vec<Cell> {
    let mut cells = vec![first];
    cells.resize(width, Cell::default());
    cells
}

/// The `Columns` object.
pub(super) fn columns(columns: &[Column]) -> Value {
    let list: Vec<Value> = columns
        .iter()
        .map(|column| {
            json!({
                "ColTitle": column.title,
                "ColType": column.kind,
                "MetaData": [{"Name": "ColKey", "Value": column.key}],
            })
        })
        .collect();
    json!({"Column": list})
}

/// The `Rows` object; leaves beyond the cap are lost and the sentinel takes their place.
pub(super) fn rows(rows: Vec<Row>, width: usize, cell_cap: usize) -> Value {
    let mut left = cell_cap / width.max(1);
    let mut cut = false;
    let kept = truncate(rows, &mut left, &mut cut);
    let mut shown: Vec<Value> = kept.iter().map(row).collect();
    if cut {
        shown.push(row(&Row::data(padded(Cell::text(SENTINEL), width))));
    }
    if shown.is_empty() {
        json!({})
    } else {
        json!({"Row": shown})
    }
}

fn truncate(rows: Vec<Row>, left: &mut usize, cut: &mut bool) -> Vec<Row> {
    let mut kept = Vec::new();
    for row in rows {
        match row {
            Row::Data { .. } if *left == 0 => *cut = true,
            Row::Data { .. } => {
                *left -= 1;
                kept.push(row);
            }
            Row::Section(mut section) => {
                if *cut {
                    continue;
                }
                section.rows = section.rows.map(|inner| truncate(inner, left, cut));
                if *cut {
                    section.summary = None;
                }
                kept.push(Row::Section(section));
            }
        }
    }
    kept
}

fn row(row: &Row) -> Value {
    match row {
        Row::Data { cells: data, typed } => {
            let mut shown = Map::new();
            shown.insert("ColData".to_owned(), cells(data));
            if *typed {
                shown.insert("type".to_owned(), json!("Data"));
            }
            Value::Object(shown)
        }
        Row::Section(section) => {
            let mut shown = Map::new();
            if let Some(header) = &section.header {
                shown.insert("Header".to_owned(), json!({"ColData": cells(header)}));
            }
            match section.rows.as_deref() {
                Some([]) => {
                    shown.insert("Rows".to_owned(), json!({}));
                }
                Some(inner) => {
                    let inner: Vec<Value> = inner.iter().map(self::row).collect();
                    shown.insert("Rows".to_owned(), json!({"Row": inner}));
                }
                None => {}
            }
            if let Some(summary) = &section.summary {
                shown.insert("Summary".to_owned(), json!({"ColData": cells(summary)}));
            }
            shown.insert("type".to_owned(), json!("Section"));
            if let Some(group) = section.group {
                shown.insert("group".to_owned(), json!(group));
            }
            Value::Object(shown)
        }
    }
}

fn cells(cells: &[Cell]) -> Value {
    let list = cells.iter().map(|cell| match &cell.id {
        Some(id) => json!({"value": cell.value, "id": id}),
        None => json!({"value": cell.value}),
    });
    Value::Array(list.collect())
}
