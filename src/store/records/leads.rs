//! Leads as they are listed and shown.

use crate::model::{Field, Stage, Value};
use crate::store::{
    ListFilter, Row, Store, StoreError,
    sql::listing::{ListColumns, more_columns, more_values},
};

/// A lead as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadRow {
    /// Its key, by which its scores are found.
    pub key: i64,
    /// Its id.
    pub id: String,
    /// What it is about.
    pub topic: Option<String>,
    /// The journey that made it.
    pub journey: Option<String>,
    /// The step that made it.
    pub step: Option<String>,
    /// The journey and step that made it, or where else it came from.
    pub source: Option<String>,
    /// Parent contact.
    pub contact_id: Option<String>,
    /// Parent account.
    pub account_id: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// How far it has come, as written.
    pub stage: String,
    /// Whether a scoring model found it ready for sales.
    pub sales_ready: bool,
    /// Since when.
    pub sales_ready_on: Option<i64>,
    /// When it was qualified.
    pub marketing_qualified_on: Option<i64>,
    /// When sales took it over.
    pub sales_accepted_on: Option<i64>,
    /// When it was given up.
    pub disqualified_on: Option<i64>,
    /// Why it was given up.
    pub disqualified_reason: Option<String>,
    /// When it was put back to the start.
    pub recycled_on: Option<i64>,
    /// When it was made.
    pub created_at: Option<i64>,
    /// The values of the fields that were asked for, in their order.
    pub values: Vec<Value>,
}

const COLUMNS: &str = "l.key, l.id, l.topic, j.name, s.id, l.source, l.contact_id, l.account_id, l.owner,
    COALESCE(l.stage, 'inquiry'), COALESCE(l.sales_ready, 0), l.sales_ready_on, l.marketing_qualified_on,
    l.sales_accepted_on, l.disqualified_on, l.disqualified_reason, l.recycled_on,
    COALESCE(l.created_at, l.created_on)";

const FROM: &str =
    "FROM lead l LEFT JOIN step s ON s.key = l.step_key LEFT JOIN journey j ON j.key = s.journey_key";

fn lead(row: &Row, fields: &[&Field]) -> Result<LeadRow, StoreError> {
    Ok(LeadRow {
        key: row.integer(0)?,
        id: row.text(1)?,
        topic: row.optional_text(2)?,
        journey: row.optional_text(3)?,
        step: row.optional_text(4)?,
        source: row.optional_text(5)?,
        contact_id: row.optional_text(6)?,
        account_id: row.optional_text(7)?,
        owner: row.optional_text(8)?,
        stage: row.text(9)?,
        sales_ready: row.integer(10)? == 1,
        sales_ready_on: row.optional_integer(11)?,
        marketing_qualified_on: row.optional_integer(12)?,
        sales_accepted_on: row.optional_integer(13)?,
        disqualified_on: row.optional_integer(14)?,
        disqualified_reason: row.optional_text(15)?,
        recycled_on: row.optional_integer(16)?,
        created_at: row.optional_integer(17)?,
        values: more_values(row, 18, fields)?,
    })
}

impl Store {
    /// Leads, oldest first, with the values of some fields: those that are sales-ready, or all; those of a stage, or
    /// of any.
    ///
    /// # Errors
    /// When the store fails.
    pub fn leads(
        &mut self,
        sales_ready: bool,
        stage: Option<Stage>,
        filter: &ListFilter,
        fields: &[&Field],
        each: &mut dyn FnMut(LeadRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let order = self.dialect().order_text("l.id");
        let ready = match sales_ready {
            true => "l.sales_ready = 1 AND COALESCE(l.stage, 'inquiry') <> 'disqualified'",
            false => "1 = 1",
        };
        let columns = ListColumns {
            owner: "l.owner",
            account: "COALESCE(l.account_id, (SELECT c.account_id FROM contact c WHERE c.key = l.contact_key))",
            journey: "j.name = {}",
            at: "COALESCE(l.created_at, l.created_on)",
        };
        let mut parameters = vec![stage.map_or("", Stage::name).into()];
        let (clause, limit) = filter.printed(&columns, &mut parameters);
        let sql = format!(
            "SELECT {COLUMNS}{} {FROM} WHERE {ready} AND ($1 = '' OR COALESCE(l.stage, 'inquiry') = $1) AND {clause}
             ORDER BY COALESCE(l.created_at, l.created_on, 0), {order}{limit}",
            more_columns("l", fields)
        );
        self.connection.query_each(&sql, &parameters, &mut |row| each(lead(&row, fields)?))
    }

    /// The lead with this id, with the values of some fields.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lead(&mut self, id: &str, fields: &[&Field]) -> Result<Option<LeadRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS}{} {FROM} WHERE l.id = $1", more_columns("l", fields));
        self.connection.query_first(&sql, &[id.into()])?.map(|row| lead(&row, fields)).transpose()
    }

    /// An id for a new lead that none has yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn free_lead_id(&mut self) -> Result<String, StoreError> {
        let mut number = self.connection.number("SELECT COALESCE(MAX(key), 0) FROM lead", &[])?;
        loop {
            number += 1;
            let id = format!("lead-{number}");
            let taken =
                self.connection.query_first("SELECT 1 FROM lead WHERE id = $1", &[id.as_str().into()])?;
            if taken.is_none() {
                return Ok(id);
            }
        }
    }
}
