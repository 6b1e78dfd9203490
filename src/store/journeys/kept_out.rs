//! Who was in a journey's audience and was kept out, and why: kept, so that it can be told when the reason is gone.

use crate::model::{Block, Predicate};
use crate::store::{
    Cell, Enrolment, Store, StoreError,
    sql::predicate::{Printer, Scope, from_contact},
};

/// Somebody who was kept out of an iteration and never entered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOutRow {
    /// The journey.
    pub journey: String,
    /// Its iteration, from 1.
    pub iteration: i64,
    /// What kept the contact out.
    pub reason: String,
    /// When a run saw that first, in UTC milliseconds.
    pub at: i64,
}

/// The statement that notes who is kept out of an iteration now; nothing where nothing keeps out.
pub(in crate::store) fn noting(
    printer: &mut Printer<'_>,
    enrolment: &Enrolment<'_>,
    scope: &Scope,
    now: i64,
) -> Result<Option<(String, Vec<Cell>)>, StoreError> {
    if enrolment.blocks.is_empty() {
        return Ok(None);
    }
    printer.parameters.clear();
    let case = printer.first_block(enrolment.blocks, scope, "")?;
    let clause = printer.predicate(enrolment.audience, scope)?;
    let mut parts = vec![enrolment.audience.clone()];
    parts.extend(enrolment.blocks.iter().filter_map(Block::predicate).cloned());
    let from = from_contact("c", &Predicate::All(parts));
    let mut reasons = String::new();
    for (place, block) in enrolment.blocks.iter().enumerate() {
        let reason = printer.bind(block.reason.as_str().into());
        reasons.push_str(&format!(" WHEN {} THEN {reason}", place + 1));
    }
    let iteration = enrolment.iteration_key;
    let sql = format!(
        "INSERT INTO kept_out (iteration_key, contact_key, reason, at)
         SELECT {iteration}, f.key, CASE f.why{reasons} END, {now}
         FROM (SELECT c.key AS key, {case} AS why FROM {from} WHERE {clause}) f
         WHERE f.why > 0 AND NOT EXISTS (SELECT 1 FROM participant p
            WHERE p.iteration_key = {iteration} AND p.contact_key = f.key)
         ON CONFLICT (iteration_key, contact_key) DO UPDATE SET reason = excluded.reason, at = excluded.at
         WHERE kept_out.reason <> excluded.reason"
    );
    Ok(Some((sql, std::mem::take(&mut printer.parameters))))
}

/// Those of `kept_out` under `k` who never entered.
const NEVER_ENTERED: &str = "NOT EXISTS (SELECT 1 FROM participant p
    WHERE p.iteration_key = k.iteration_key AND p.contact_key = k.contact_key)";

impl Store {
    /// What kept a contact out of iterations that it never entered, as the last run that looked saw it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn kept_out(&mut self, contact_id: &str) -> Result<Vec<KeptOutRow>, StoreError> {
        let order = self.dialect().order_text("j.name");
        let sql = format!(
            "SELECT j.name, t.number, k.reason, k.at FROM contact c JOIN kept_out k ON k.contact_key = c.key
             JOIN iteration t ON t.key = k.iteration_key JOIN journey j ON j.key = t.journey_key
             WHERE c.id = $1 AND {NEVER_ENTERED} ORDER BY {order}, t.number"
        );
        let rows = self.connection.query(&sql, &[contact_id.into()])?;
        rows.iter()
            .map(|row| {
                Ok(KeptOutRow {
                    journey: row.text(0)?,
                    iteration: row.integer(1)?,
                    reason: row.text(2)?,
                    at: row.integer(3)?,
                })
            })
            .collect()
    }

    /// How many were kept out of a journey and never entered, by what kept them out when a run looked last; of one
    /// iteration, or each of all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn kept_out_in_all(
        &mut self,
        journey_key: i64,
        iteration_key: Option<i64>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let only = iteration_key.map_or(String::new(), |key| format!("AND t.key = {key}"));
        let order = self.dialect().order_text("k.reason");
        let sql = format!(
            "SELECT k.reason, COUNT(*) FROM iteration t JOIN kept_out k ON k.iteration_key = t.key
             WHERE t.journey_key = $1 {only} AND {NEVER_ENTERED} GROUP BY k.reason ORDER BY {order}"
        );
        let rows = self.connection.query(&sql, &[journey_key.into()])?;
        rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
    }
}
