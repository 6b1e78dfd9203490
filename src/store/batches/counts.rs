//! What tiles ask about contacts beside their fields: counts of interactions, and the account's others.

use super::claims::Claim;
use crate::store::{
    Cell, JsonRows, Store, StoreError,
    sql::predicate::{Printer, Scope, from_contact},
    tables::columns::{field_column, value},
};
use crate::{
    calendar::{self, Zone},
    model::{Bound, Did, Field, Value},
};

/// A participant of an account, wherever it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ColleagueRow {
    /// The account that it entered with; of a contact without account its own key, negative.
    pub account_key: i64,
    /// The contact.
    pub contact_key: i64,
    /// The contact's id.
    pub contact_id: String,
    /// The contact's values, in the order in which the fields were asked for.
    pub contact: Vec<Value>,
}

/// A contact whose interactions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedContact {
    /// The contact.
    pub contact_key: i64,
    /// The account in whose history they have to stand; nothing counts all that the contact did.
    pub account_key: Option<i64>,
    /// The moment up to which they count.
    pub moment: i64,
}

/// How often a contact did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRow {
    /// The contact.
    pub contact_key: i64,
    /// Which of the things that are counted, from 0.
    pub place: i64,
    /// How often; never 0.
    pub count: i64,
}

impl Store {
    /// All who entered with a claim's accounts and weren't stopped, by account and id.
    ///
    /// # Errors
    /// When the store fails.
    pub fn colleagues(&mut self, claim: &Claim, fields: &[Field]) -> Result<Vec<ColleagueRow>, StoreError> {
        let columns: String =
            fields.iter().map(|field| format!(", c.{}", field_column(&field.name))).collect();
        let order = self.dialect().order_text("c.id");
        let sql = format!(
            "SELECT p.account_key, p.contact_key, c.id{columns}
             FROM participant p JOIN contact c ON c.key = p.contact_key
             WHERE p.iteration_key = $1 AND p.account_key BETWEEN $2 AND $3 AND p.state IN (1, 2)
             ORDER BY p.account_key, {order}"
        );
        let parameters: [Cell; 3] =
            [claim.iteration_key.into(), claim.range.from.into(), claim.range.to.into()];
        let mut found = Vec::new();
        self.connection.query_each(&sql, &parameters, &mut |row| {
            let values = fields.iter().enumerate().map(|(at, field)| value(row.raw(3 + at)?, &field.kind));
            found.push(ColleagueRow {
                account_key: row.integer(0)?,
                contact_key: row.integer(1)?,
                contact_id: row.text(2)?,
                contact: values.collect::<Result<_, _>>()?,
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// How often each contact did each of several things, for one account or for any, up to a moment of its own;
    /// what it never did isn't among the rows. Windows end at that moment, calendar lengths count in the zone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_interactions(
        &mut self,
        counted: &[Did],
        asked: &[CountedContact],
        timezone: &str,
        now: i64,
    ) -> Result<Vec<CountRow>, StoreError> {
        if counted.is_empty() || asked.is_empty() {
            return Ok(Vec::new());
        }
        let zone = Zone::named(timezone).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        let mut json = JsonRows::default();
        for (place, did) in counted.iter().enumerate() {
            for CountedContact { contact_key, account_key, moment } in asked {
                let bound = |bound: &Bound| match bound {
                    Bound::At(at) => *at,
                    Bound::Ago(length) => calendar::before(*moment, *length, &zone).unwrap_or(i64::MIN),
                    // Only triggers ask from the entry.
                    Bound::Entry => i64::MIN,
                };
                let since = did.since.as_ref().map_or(i64::MIN, bound);
                let until = did.until.as_ref().map_or(*moment, bound).min(*moment);
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                json.push(&[
                    (*contact_key).into(),
                    place.into(),
                    since.into(),
                    until.into(),
                    (*account_key).into(),
                ]);
            }
        }
        let rows = self.dialect().rows("$1");
        self.connection.execute("DELETE FROM counting", &[])?;
        self.connection.execute(
            &format!(
                "INSERT INTO counting (contact_key, place, since, until, account_key)
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                    CAST(value ->> 3 AS BIGINT), CAST(value ->> 4 AS BIGINT)
                 FROM {rows}"
            ),
            &[json.finish()],
        )?;
        self.connection.analyze("counting", counted.len() * asked.len())?;
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let mut parts = Vec::new();
        for (place, did) in counted.iter().enumerate() {
            let clause = printer.counted(did, "i", &Scope::contact("c"))?;
            parts.push(format!(
                "SELECT k.contact_key, k.place, COUNT(*) FROM counting k CROSS JOIN interaction i, {}
                 WHERE k.place = {place} AND i.contact_key = k.contact_key AND c.key = k.contact_key
                   AND i.at >= k.since AND i.at <= k.until
                   AND (k.account_key IS NULL OR i.account_key = k.account_key) AND {clause}
                 GROUP BY k.contact_key, k.place",
                from_contact("c", &did.condition)
            ));
        }
        let sql = parts.join(" UNION ALL ");
        let rows = self.connection.query(&sql, &printer.parameters)?;
        rows.iter()
            .map(|row| {
                Ok(CountRow { contact_key: row.integer(0)?, place: row.integer(1)?, count: row.integer(2)? })
            })
            .collect()
    }
}
