//! Which rows of a list are asked for, and the columns that all fields of a record take in it.

use crate::model::{Field, Value};
use crate::store::{
    Cell, StoreError,
    tables::columns::{field_column, value},
};

/// Which rows of a list are wanted: those that everything given applies to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Whose they are.
    pub owner: Option<String>,
    /// The id of the account that they belong to.
    pub account: Option<String>,
    /// The journey that made them, or that people entered.
    pub journey: Option<String>,
    /// From this moment on, in UTC milliseconds.
    pub since: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
    /// No more than so many.
    pub limit: Option<i64>,
}

impl ListFilter {
    /// Whether all rows are wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == ListFilter::default()
    }
}

/// The expressions by which a list is filtered.
pub(in crate::store) struct ListColumns<'a> {
    /// The owner.
    pub(in crate::store) owner: &'a str,
    /// The account's id.
    pub(in crate::store) account: &'a str,
    /// A clause with `{}` in place of the journey's name.
    pub(in crate::store) journey: &'a str,
    /// When it was made.
    pub(in crate::store) at: &'a str,
}

impl ListFilter {
    /// The clause for the rows that are wanted, and what stands behind `ORDER BY …`; what they are given is added to
    /// the parameters.
    pub(in crate::store) fn printed(
        &self,
        columns: &ListColumns<'_>,
        parameters: &mut Vec<Cell>,
    ) -> (String, String) {
        let mut clauses = vec!["1 = 1".to_owned()];
        let mut bound = |cell: Cell| {
            parameters.push(cell);
            format!("${}", parameters.len())
        };
        for (column, wanted) in [(columns.owner, &self.owner), (columns.account, &self.account)] {
            if let Some(wanted) = wanted {
                clauses.push(format!("{column} = {}", bound(wanted.as_str().into())));
            }
        }
        if let Some(journey) = &self.journey {
            clauses.push(columns.journey.replace("{}", &bound(journey.as_str().into())));
        }
        for (sign, moment) in [(">=", self.since), ("<", self.until)] {
            if let Some(moment) = moment {
                clauses.push(format!("{} {sign} {}", columns.at, bound(moment.into())));
            }
        }
        let limit = self.limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
        (clauses.join(" AND "), limit)
    }
}

/// The columns of fields of a record under an alias, each after a comma.
pub(in crate::store) fn more_columns(alias: &str, fields: &[&Field]) -> String {
    fields.iter().map(|field| format!(", {alias}.{}", field_column(&field.name))).collect()
}

/// The values in these columns, which begin at a place of a row.
pub(in crate::store) fn more_values(
    row: &crate::store::Row,
    first: usize,
    fields: &[&Field],
) -> Result<Vec<Value>, StoreError> {
    fields.iter().enumerate().map(|(at, field)| value(row.raw(first + at)?, &field.kind)).collect()
}
