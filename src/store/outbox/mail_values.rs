//! The values that mails are made with, for whoever wants to see one before it leaves.

use crate::model::{Entity, Field, Value};
use crate::store::{
    Cell, Store, StoreError,
    tables::columns::{readable_column, value},
};

/// A contact with the values that mails show.
#[derive(Debug, Clone, PartialEq)]
pub struct MailValues {
    /// The contact's id.
    pub contact_id: String,
    /// The contact's values, in the order in which the fields were asked for.
    pub contact: Vec<Value>,
    /// Those of its present account, likewise.
    pub account: Vec<Value>,
}

/// Whose values are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailReaders<'a> {
    /// The contact with this id.
    Contact(&'a str),
    /// The members of a segment of contacts, or the contacts of the members of one of accounts.
    Segment(&'a str, Entity),
}

impl Store {
    /// The values that mails to these contacts are made with, by id.
    ///
    /// # Errors
    /// When the store fails, or `each` does.
    pub fn mail_values(
        &mut self,
        whose: MailReaders<'_>,
        contact_fields: &[Field],
        account_fields: &[Field],
        each: &mut dyn FnMut(MailValues) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut columns = String::new();
        for (alias, fields) in [("c", contact_fields), ("a", account_fields)] {
            for field in fields {
                columns = format!("{columns}, {}", readable_column(alias, &field.name));
            }
        }
        let (clause, parameter): (&str, Cell) = match whose {
            MailReaders::Contact(id) => ("c.id = $1", id.into()),
            MailReaders::Segment(name, target) => {
                let column = match target {
                    Entity::Account => {
                        "c.account_key IN (SELECT subject_key FROM membership WHERE segment_key = $1)"
                    }
                    Entity::Contact | Entity::Lead => {
                        "c.key IN (SELECT subject_key FROM membership WHERE segment_key = $1)"
                    }
                };
                (column, self.names.segment_key(name).into())
            }
        };
        let order = self.dialect().order_text("c.id");
        let sql = format!(
            "SELECT c.id{columns} FROM contact c LEFT JOIN account a ON a.key = c.account_key
             WHERE {clause} ORDER BY {order}"
        );
        self.connection.query_each(&sql, &[parameter], &mut |row| {
            let mut values = Vec::with_capacity(contact_fields.len() + account_fields.len());
            for (at, field) in contact_fields.iter().chain(account_fields).enumerate() {
                values.push(value(row.raw(1 + at)?, &field.kind)?);
            }
            let account = values.split_off(contact_fields.len());
            each(MailValues { contact_id: row.text(0)?, contact: values, account })
        })
    }
}
