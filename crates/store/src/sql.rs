//! Statements: one text for both engines.
//!
//! A [`Query`] holds a fixed text and its values until it is run on whichever [`Connection`] the
//! transaction has. This is also the one place where SQL is put together at run time: only
//! placeholders are added to a fixed text ([`over_rows`]), so nothing that was read can become SQL.

use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Decode, Encode, FromRow, Postgres, Row as _, SqlSafeStr, SqlStr,
    Sqlite, Type, TypeInfo, ValueRef,
};

use crate::StoreError;
use crate::tx::Connection;

/// A value that is bound to a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Option<String>),
    /// The same text in many rows.
    Shared(Arc<str>),
    Whole(Option<i64>),
    Bytes(Vec<u8>),
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $made:expr;)+) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        })+
    };
}

value_from! {
    String => |text| Self::Text(Some(text));
    &String => |text| Self::Text(Some(text.clone()));
    &str => |text| Self::Text(Some(text.to_owned()));
    Option<String> => |text| Self::Text(text);
    &Option<String> => |text| Self::Text(text.clone());
    Option<&str> => |text| Self::Text(text.map(str::to_owned));
    Arc<str> => |text| Self::Shared(text);
    i64 => |number| Self::Whole(Some(number));
    Option<i64> => |number| Self::Whole(number);
    Vec<u8> => |bytes| Self::Bytes(bytes);
}

/// A row that can be read from either engine.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// A single value that can be read from either engine.
pub(crate) trait Single:
    for<'r> Decode<'r, Sqlite>
    + Type<Sqlite>
    + for<'r> Decode<'r, Postgres>
    + Type<Postgres>
    + Send
    + Unpin
{
}

impl<T> Single for T where
    T: for<'r> Decode<'r, Sqlite>
        + Type<Sqlite>
        + for<'r> Decode<'r, Postgres>
        + Type<Postgres>
        + Send
        + Unpin
{
}

/// A statement and its values.
pub(crate) struct Query {
    text: Text,
    values: Vec<Value>,
}

enum Text {
    Whole(&'static str),
    /// Where the engines have no common words.
    PerEngine {
        sqlite: &'static str,
        postgres: &'static str,
    },
    OverRows(OverRows),
}

/// A statement with this text.
pub(crate) fn query(text: &'static str) -> Query {
    Query {
        text: Text::Whole(text),
        values: Vec::new(),
    }
}

/// A statement for which the engines have no common words.
pub(crate) fn per_engine(sqlite: &'static str, postgres: &'static str) -> Query {
    Query {
        text: Text::PerEngine { sqlite, postgres },
        values: Vec::new(),
    }
}

/// A statement over many rows. `{rows}` in the template stands for `rows` groups of `columns`
/// placeholders, `{1}`, `{2}`, … for the placeholders after those. Bind the values row by row,
/// then the others.
pub(crate) fn over_rows(template: &'static str, columns: usize, rows: usize) -> Query {
    Query {
        text: Text::OverRows(OverRows {
            template,
            columns,
            rows,
        }),
        values: Vec::new(),
    }
}

/// How the placeholders of rows are written.
#[derive(Clone, Copy)]
enum Placeholders {
    /// SQLite searches its list of named ones for every value that is bound.
    Nameless,
    /// PostgreSQL knows no others.
    Numbered,
}

impl Text {
    fn written(self, placeholders: Placeholders) -> SqlStr {
        match self {
            Self::Whole(text) => text.into_sql_str(),
            Self::PerEngine { sqlite, postgres } => match placeholders {
                Placeholders::Nameless => sqlite.into_sql_str(),
                Placeholders::Numbered => postgres.into_sql_str(),
            },
            Self::OverRows(text) => AssertSqlSafe(text.written(placeholders)).into_sql_str(),
        }
    }
}

/// Runs sqlx's function of the same name on the engine of the connection.
macro_rules! on_engine {
    ($query:expr, $connection:expr, $start:ident::<$row:ty>, $fetch:ident) => {
        match $connection {
            Connection::Sqlite(connection) => {
                let arguments = bound::<SqliteArguments>($query.values)?;
                let text = $query.text.written(Placeholders::Nameless);
                sqlx::$start::<Sqlite, $row, _>(text, arguments)
                    .$fetch(connection)
                    .await?
            }
            Connection::Postgres(connection) => {
                let arguments = bound::<PgArguments>($query.values)?;
                let text = $query.text.written(Placeholders::Numbered);
                sqlx::$start::<Postgres, $row, _>(text, arguments)
                    .$fetch(connection)
                    .await?
            }
        }
    };
}

impl Query {
    /// Binds the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the statement; returns the number of rows that it wrote.
    pub(crate) async fn execute(self, connection: Connection<'_>) -> Result<u64, StoreError> {
        Ok(match connection {
            Connection::Sqlite(connection) => {
                let arguments = bound::<SqliteArguments>(self.values)?;
                let text = self.text.written(Placeholders::Nameless);
                sqlx::query_with::<Sqlite, _>(text, arguments)
                    .execute(connection)
                    .await?
                    .rows_affected()
            }
            Connection::Postgres(connection) => {
                let arguments = bound::<PgArguments>(self.values)?;
                let text = self.text.written(Placeholders::Numbered);
                sqlx::query_with::<Postgres, _>(text, arguments)
                    .execute(connection)
                    .await?
                    .rows_affected()
            }
        })
    }

    /// Every row.
    pub(crate) async fn rows<R: Row>(
        self,
        connection: Connection<'_>,
    ) -> Result<Vec<R>, StoreError> {
        Ok(on_engine!(self, connection, query_as_with::<R>, fetch_all))
    }

    /// The one row.
    pub(crate) async fn row<R: Row>(self, connection: Connection<'_>) -> Result<R, StoreError> {
        Ok(on_engine!(self, connection, query_as_with::<R>, fetch_one))
    }

    /// The row, if there is one.
    pub(crate) async fn row_if_any<R: Row>(
        self,
        connection: Connection<'_>,
    ) -> Result<Option<R>, StoreError> {
        Ok(on_engine!(
            self,
            connection,
            query_as_with::<R>,
            fetch_optional
        ))
    }

    /// Hands over every row as it is, one after the other.
    pub(crate) async fn each(
        self,
        connection: Connection<'_>,
        take: impl FnMut(Vec<Value>) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        self.each_into(connection, &mut AtOnce(take)).await
    }

    /// The same to something that may have to wait before it takes the next row.
    pub(crate) async fn each_into(
        self,
        connection: Connection<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), StoreError> {
        match connection {
            Connection::Sqlite(connection) => {
                let arguments = bound::<SqliteArguments>(self.values)?;
                let text = self.text.written(Placeholders::Nameless);
                let mut rows =
                    sqlx::query_as_with::<Sqlite, AnyRow, _>(text, arguments).fetch(connection);
                while let Some(row) = rows.try_next().await? {
                    sink.take(row.0).await?;
                }
            }
            Connection::Postgres(connection) => {
                let arguments = bound::<PgArguments>(self.values)?;
                let text = self.text.written(Placeholders::Numbered);
                let mut rows =
                    sqlx::query_as_with::<Postgres, AnyRow, _>(text, arguments).fetch(connection);
                while let Some(row) = rows.try_next().await? {
                    sink.take(row.0).await?;
                }
            }
        }
        Ok(())
    }

    /// The one value of the one row.
    pub(crate) async fn value<T: Single>(
        self,
        connection: Connection<'_>,
    ) -> Result<T, StoreError> {
        Ok(self.row::<(T,)>(connection).await?.0)
    }

    /// The value, if there is a row.
    pub(crate) async fn value_if_any<T: Single>(
        self,
        connection: Connection<'_>,
    ) -> Result<Option<T>, StoreError> {
        let row: Option<(T,)> = self.row_if_any(connection).await?;
        Ok(row.map(|row| row.0))
    }
}

fn bound<A>(values: Vec<Value>) -> Result<A, StoreError>
where
    A: Arguments,
    Option<String>: for<'t> Encode<'t, A::Database> + Type<A::Database>,
    Arc<str>: for<'t> Encode<'t, A::Database> + Type<A::Database>,
    Option<i64>: for<'t> Encode<'t, A::Database> + Type<A::Database>,
    Vec<u8>: for<'t> Encode<'t, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        let added = match value {
            Value::Text(text) => arguments.add(text),
            Value::Shared(text) => arguments.add(text),
            Value::Whole(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// What rows go into, one after the other.
pub(crate) trait Sink: Send {
    /// Takes a row.
    fn take(&mut self, row: Vec<Value>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

struct AtOnce<F>(F);

impl<F: FnMut(Vec<Value>) -> Result<(), StoreError> + Send> Sink for AtOnce<F> {
    async fn take(&mut self, row: Vec<Value>) -> Result<(), StoreError> {
        (self.0)(row)
    }
}

/// A row of whatever columns.
struct AnyRow(Vec<Value>);

macro_rules! any_row_from {
    ($row:ty) => {
        impl FromRow<'_, $row> for AnyRow {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                let value = |column: usize| {
                    let raw = row.try_get_raw(column)?;
                    if raw.is_null() {
                        return Ok(Value::Text(None));
                    }
                    let name = raw.type_info().name().to_owned();
                    match name.as_str() {
                        "TEXT" => Ok(Value::Text(row.try_get(column)?)),
                        "INTEGER" | "INT8" => Ok(Value::Whole(row.try_get(column)?)),
                        "BLOB" | "BYTEA" => Ok(Value::Bytes(row.try_get(column)?)),
                        other => Err(sqlx::Error::TypeNotFound {
                            type_name: other.to_owned(),
                        }),
                    }
                };
                (0..row.len())
                    .map(value)
                    .collect::<Result<_, _>>()
                    .map(Self)
            }
        }
    };
}

any_row_from!(SqliteRow);
any_row_from!(PgRow);

/// The sizes in which rows are written. Few sizes keep the prepared statements reusable.
const SIZES: [usize; 4] = [512, 64, 8, 1];

struct OverRows {
    template: &'static str,
    columns: usize,
    rows: usize,
}

impl OverRows {
    fn written(&self, placeholders: Placeholders) -> String {
        let mut text = self.template.to_owned();
        for constant in 1..=9 {
            let placeholder = format!("${}", self.rows * self.columns + constant);
            text = text.replace(&format!("{{{constant}}}"), &placeholder);
        }
        let mut groups = String::new();
        for row in 0..self.rows {
            groups.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..self.columns {
                if column > 0 {
                    groups.push(',');
                }
                match placeholders {
                    Placeholders::Nameless => groups.push('?'),
                    Placeholders::Numbered => {
                        groups.push('$');
                        groups.push_str(&(row * self.columns + column + 1).to_string());
                    }
                }
            }
            groups.push(')');
        }
        // Last, because this is what makes the text long.
        text.replace("{rows}", &groups)
    }
}

/// A statement over rows, asking SQLite how it would go about it.
#[cfg(test)]
pub(crate) fn explained(
    template: &'static str,
    columns: usize,
    rows: usize,
) -> AssertSqlSafe<String> {
    let text = OverRows {
        template,
        columns,
        rows,
    };
    let text = text.written(Placeholders::Nameless);
    AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"))
}

/// Splits rows into batches of the sizes that are kept prepared.
pub(crate) fn batches<T>(mut rows: Vec<T>) -> Vec<Vec<T>> {
    let mut batches = Vec::new();
    while !rows.is_empty() {
        let size = SIZES
            .into_iter()
            .find(|size| *size <= rows.len())
            .unwrap_or(1);
        let rest = rows.split_off(size);
        batches.push(rows);
        rows = rest;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_numbered_after_the_values_of_the_rows() {
        let text = OverRows {
            template: "SELECT {1} FROM (VALUES {rows}) WHERE {2}",
            columns: 3,
            rows: 2,
        };
        assert_eq!(
            text.written(Placeholders::Nameless),
            "SELECT $7 FROM (VALUES (?,?,?),(?,?,?)) WHERE $8"
        );
        assert_eq!(
            text.written(Placeholders::Numbered),
            "SELECT $7 FROM (VALUES ($1,$2,$3),($4,$5,$6)) WHERE $8"
        );
    }

    #[test]
    fn batches_keep_every_row_in_order() {
        let batches = batches((0..1_165).collect());
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [512, 512, 64, 64, 8, 1, 1, 1, 1, 1]);
        assert_eq!(batches.concat(), (0..1_165).collect::<Vec<_>>());
    }
}
