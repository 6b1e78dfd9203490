//! Answers of functions of `scripts/`, which no database can run: they are found beforehand, for those
//! about whom they matter, and stand in a table of the connection's own while a condition is evaluated.

use super::{
    JsonRows, Store, StoreError,
    columns::{field_column, value},
    predicate::{Printer, Scope},
};
use crate::model::{Condition, Entity, Field, Value};

impl Store {
    /// The contacts or accounts to whom a condition applies, all of them without one, each with its
    /// values, and those of the contact's account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn script_subjects(
        &mut self,
        entity: Entity,
        only: Option<&Condition>,
        [contact, account]: [&[Field]; 2],
        now: i64,
        each: &mut dyn FnMut(i64, Vec<Value>, Vec<Value>),
    ) -> Result<(), StoreError> {
        let (from, key, of_account, scope) = match entity {
            Entity::Account => ("account a", "a", "a", Scope::account("a")),
            Entity::Contact | Entity::Lead => (
                "contact c LEFT JOIN account c_account ON c_account.key = c.account_key",
                "c",
                "c_account",
                Scope::contact("c"),
            ),
        };
        let contact = if entity == Entity::Account { &[][..] } else { contact };
        let timezone = only.map_or("UTC", |condition| condition.timezone.as_str());
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let clause = match only {
            Some(condition) => printer.predicate(&condition.predicate, &scope)?,
            None => "1 = 1".to_owned(),
        };
        let of_contact = contact.iter().map(|field| format!(", {key}.{}", field_column(&field.name)));
        let of_account = account.iter().map(|field| format!(", {of_account}.{}", field_column(&field.name)));
        let columns: String = of_contact.chain(of_account).collect();
        let sql = format!("SELECT {key}.key{columns} FROM {from} WHERE {clause}");
        self.connection.query_each(&sql, &printer.parameters, &mut |row| {
            let mut values = Vec::with_capacity(contact.len() + account.len());
            for (at, field) in contact.iter().chain(account).enumerate() {
                values.push(value(row.raw(1 + at)?, &field.kind)?);
            }
            let rest = values.split_off(contact.len());
            each(row.integer(0)?, values, rest);
            Ok(())
        })
    }

    /// Keeps, until the next time, about whom a call gave `true`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_script_answers(&mut self, call: &str, keys: &[i64]) -> Result<(), StoreError> {
        let mut json = JsonRows::default();
        keys.iter().for_each(|key| json.push(&[(*key).into()]));
        let rows = self.dialect().rows("$2");
        self.connection.execute("DELETE FROM script_answer WHERE script_call = $1", &[call.into()])?;
        self.connection.execute(
            &format!(
                "INSERT INTO script_answer (script_call, subject_key)
                 SELECT CAST($1 AS TEXT), CAST(value ->> 0 AS BIGINT) FROM {rows}"
            ),
            &[call.into(), json.finish()],
        )?;
        self.connection.analyze("script_answer", keys.len())
    }
}
