//! What a condition would come to, without writing anything.

use super::evaluation::select_members;
use crate::model::{Answers, Condition, Entity};
use crate::store::{Cell, Membership, Store, StoreError, sql::selection::Selection};

/// What a segment would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// How many would belong to it.
    pub count: i64,
    /// How many of them don't now.
    pub joining: i64,
    /// How many belong to it now and wouldn't any more.
    pub leaving: i64,
    /// The first of those who would, by id.
    pub sample: Vec<NamedRecord>,
}

/// A record with its names for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRecord {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its account's id.
    pub account_id: Option<String>,
    /// Its account's name.
    pub account_name: Option<String>,
}

/// The expressions for a record's name, its account's id and name, and the joins that they need; the
/// record is `r`.
pub(in crate::store) fn named(target: Entity) -> (&'static str, &'static str) {
    match target {
        Entity::Contact => (
            "COALESCE(r.full_name, NULLIF(TRIM(COALESCE(r.first_name, '') || ' ' || COALESCE(r.last_name, '')), '')),
             r.account_id, a.name",
            "LEFT JOIN account a ON a.key = r.account_key",
        ),
        Entity::Account => ("r.name, NULL, NULL", ""),
        Entity::Lead => (
            "COALESCE(r.topic, NULLIF(TRIM(COALESCE(r.first_name, '') || ' ' || COALESCE(r.last_name, '')), '')),
             r.account_id, a.name",
            "LEFT JOIN account a ON a.key = r.account_key",
        ),
    }
}

impl Store {
    /// What a segment would be at a moment, beside the members that it has under this name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn preview(
        &mut self,
        name: &str,
        membership: &Membership,
        target: Entity,
        now: i64,
        sample: usize,
        answers: &dyn Answers,
    ) -> Result<Preview, StoreError> {
        if let Membership::Where(condition) = membership {
            self.answer_with_segments(condition, now, answers)?;
        }
        let Selection { sql: select, mut parameters, .. } =
            select_members(self.dialect(), &self.names, membership, target, now, false)?;
        parameters.push(Cell::Integer(self.names.segment_key(name)));
        let segment = format!("CAST(${} AS BIGINT)", parameters.len());
        let numbers = format!(
            "WITH f AS MATERIALIZED ({select}), m AS (SELECT subject_key FROM membership WHERE segment_key = {segment})
             SELECT (SELECT COUNT(*) FROM f), (SELECT COUNT(*) FROM m),
                    (SELECT COUNT(*) FROM f WHERE key IN (SELECT subject_key FROM m))"
        );
        let Some(row) = self.connection.query_first(&numbers, &parameters)? else {
            return Ok(Preview::default());
        };
        let (count, members, both) = (row.integer(0)?, row.integer(1)?, row.integer(2)?);
        parameters.pop();
        let (columns, joins) = named(target);
        let order = self.dialect().order_text("r.id");
        let first = format!(
            "SELECT r.id, {columns} FROM {} r {joins} WHERE r.key IN ({select}) ORDER BY {order} LIMIT {sample}",
            target.name()
        );
        let rows = self.connection.query(&first, &parameters)?;
        let sample = rows
            .iter()
            .map(|row| {
                Ok(NamedRecord {
                    id: row.text(0)?,
                    name: row.optional_text(1)?,
                    account_id: row.optional_text(2)?,
                    account_name: row.optional_text(3)?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Preview { count, joining: count - both, leaving: members - both, sample })
    }

    /// The statement that finds who satisfies a condition, for people to read.
    ///
    /// # Errors
    /// When the condition can't be printed.
    pub fn statement_of(&mut self, condition: &Condition, now: i64) -> Result<String, StoreError> {
        let membership = Membership::Where(condition.clone());
        let Selection { sql, parameters, .. } =
            select_members(self.dialect(), &self.names, &membership, condition.target, now, false)?;
        let mut sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        for (at, cell) in parameters.iter().enumerate().rev() {
            let text = match cell {
                Cell::Null => "NULL".to_owned(),
                Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
                Cell::Integer(number) => number.to_string(),
                Cell::Real(number) => number.to_string(),
            };
            for kind in ["BIGINT", "TEXT", "DOUBLE PRECISION"] {
                sql = sql.replace(&format!("CAST(${} AS {kind})", at + 1), &text);
            }
        }
        Ok(sql)
    }
}
