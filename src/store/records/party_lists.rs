//! Contacts and accounts as they are listed.

use crate::model::{Entity, Field, Value};
use crate::store::{
    ListFilter, Store, StoreError,
    sql::listing::{ListColumns, more_columns, more_values},
};

/// A contact or account as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct PartyRow {
    /// Its key, by which its scores are found.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// A contact's address, an account's industry.
    pub about: Option<String>,
    /// A contact's account.
    pub account_id: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// The values of the fields that were asked for, in their order.
    pub values: Vec<Value>,
}

impl Store {
    /// Contacts or accounts, by id, with the values of some fields.
    ///
    /// # Errors
    /// When the store fails.
    pub fn parties(
        &mut self,
        entity: Entity,
        filter: &ListFilter,
        fields: &[&Field],
        each: &mut dyn FnMut(PartyRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let order = self.dialect().order_text("r.id");
        let (columns, account, key) = match entity {
            Entity::Account => ("r.name, r.industry, NULL, r.owner", "r.id", "account_key"),
            Entity::Contact | Entity::Lead => (
                "COALESCE(r.full_name, TRIM(COALESCE(r.first_name, '') || ' ' || COALESCE(r.last_name, ''))), r.email,
                 r.account_id, r.owner",
                "r.account_id",
                "contact_key",
            ),
        };
        let journey = format!(
            "EXISTS (SELECT 1 FROM participant p JOIN iteration t ON t.key = p.iteration_key
                     JOIN journey j ON j.key = t.journey_key WHERE p.{key} = r.key AND j.name = {{}})"
        );
        let at = "COALESCE(r.created_on, r.known_since)";
        let mut parameters = Vec::new();
        let (clause, limit) = filter
            .printed(&ListColumns { owner: "r.owner", account, journey: &journey, at }, &mut parameters);
        let sql = format!(
            "SELECT r.key, r.id, {columns}{} FROM {} r WHERE {clause} ORDER BY {order}{limit}",
            more_columns("r", fields),
            entity.name()
        );
        self.connection.query_each(&sql, &parameters, &mut |row| {
            each(PartyRow {
                key: row.integer(0)?,
                id: row.text(1)?,
                name: row.optional_text(2)?,
                about: row.optional_text(3)?,
                account_id: row.optional_text(4)?,
                owner: row.optional_text(5)?,
                values: more_values(&row, 6, fields)?,
            })
        })
    }
}
