//! Whom a condition holds for, as a statement.

use std::collections::BTreeSet;

use super::predicate::{Printer, Scope, from_contact, parents_of_lead};
use crate::model::{Condition, Entity, Predicate};
use crate::store::{Cell, Dialect, StoreError, tables::columns::Names};

/// A statement that selects keys.
pub(in crate::store) struct Selection {
    pub(in crate::store) sql: String,
    pub(in crate::store) parameters: Vec<Cell>,
    /// The kinds of records whose `affected_…` table it looks at.
    pub(in crate::store) focus: BTreeSet<Entity>,
}

/// The statement that selects the keys of all records that satisfy a condition, or of those in `to_reevaluate`
/// alone.
pub(in crate::store) fn select_keys(
    dialect: Dialect,
    names: &Names,
    condition: &Condition,
    now: i64,
    focused: bool,
) -> Result<Selection, StoreError> {
    let mut printer = Printer::new(dialect, names, now, &condition.timezone)?;
    if focused {
        printer = printer.focused(condition.target);
    }
    printer.of_everybody = !focused;
    let (alias, from, scope) = all_of(condition.target, &condition.predicate);
    let clause = printer.predicate(&condition.predicate, &scope)?;
    let sql = match focused {
        true if asks_for_key_alone(&from, alias) && asks_for_key_alone(&clause, alias) => {
            format!("SELECT {alias}.key AS key FROM to_reevaluate {alias} WHERE {clause}")
        }
        true => format!(
            "SELECT {alias}.key AS key FROM {from} WHERE {clause} AND {alias}.key IN (SELECT key FROM to_reevaluate)"
        ),
        false => format!("SELECT {alias}.key AS key FROM {from} WHERE {clause}"),
    };
    Ok(Selection { sql, parameters: printer.parameters, focus: printer.focus.unwrap_or_default() })
}

/// All records of a kind: their alias, what stands behind `FROM` where a predicate is asked of them, and its scope.
pub(in crate::store) fn all_of(target: Entity, predicate: &Predicate) -> (&'static str, String, Scope) {
    match target {
        Entity::Contact => ("c", from_contact("c", predicate), Scope::contact("c")),
        Entity::Account => ("a", "account a".to_owned(), Scope::account("a")),
        Entity::Lead => ("l", format!("lead l{}", parents_of_lead("l", predicate)), Scope::lead("l")),
    }
}

/// Whether a part of a statement asks of the record under an alias for nothing but its key, so that the record
/// needn't be read.
fn asks_for_key_alone(sql: &str, alias: &str) -> bool {
    let is_part_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    sql.match_indices(&format!("{alias}.")).all(|(at, found)| {
        let (before, after) = (&sql[..at], &sql[at + found.len()..]);
        let asked = after.strip_prefix("key").is_some_and(|rest| !rest.starts_with(is_part_of_name));
        before.ends_with(is_part_of_name) || asked
    })
}

#[cfg(test)]
mod tests {
    use super::asks_for_key_alone;

    #[test]
    fn a_clause_that_asks_for_the_key_alone_is_told_from_one_that_asks_for_more() {
        let cases = [
            ("contact c", true),
            ("contact c LEFT JOIN account x ON x.key = c.account_key", false),
            ("c.key IN (SELECT i1c.key FROM contact i1c WHERE i1c.account_key = 3)", true),
            ("EXISTS (SELECT 1 FROM membership m WHERE m.subject_key = c.key)", true),
            ("c.key IN (1) AND (c.\"city\" = $1)", false),
            ("c.\"field key\" = $1", false),
            ("c.key_account = 1", false),
            ("(c.consent IN ('marketing'))", false),
        ];
        for (sql, expected) in cases {
            assert_eq!(asks_for_key_alone(sql, "c"), expected, "{sql}");
        }
    }
}
