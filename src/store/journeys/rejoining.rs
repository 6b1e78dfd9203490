//! Who came into a journey's audience anew, as far as the history of memberships tells (semantics 8).

use std::collections::BTreeSet;

use super::enrolment::admission;
use crate::model::{Block, Entity, Predicate};
use crate::store::{
    Store, StoreError,
    since::former_accounts::account_at,
    sql::predicate::{Printer, Scope, from_contact},
};

impl Printer<'_> {
    /// The expression for the moment at which the contact `c` last came into an audience after another moment, an
    /// expression, by a fact or the clock; NULL when it didn't. Who joined because a definition changed didn't.
    pub(in crate::store) fn joined_anew(
        &mut self,
        audience: &Predicate,
        after: &str,
    ) -> Result<String, StoreError> {
        let mut segments = BTreeSet::new();
        named(audience, &mut segments);
        let now = self.now;
        let mut points = Vec::new();
        for (segment, of_accounts) in &segments {
            let key = self.names.segment_key(segment);
            let subjects = match of_accounts {
                false => "= c.key".to_owned(),
                true => "IN (SELECT c.account_key UNION ALL SELECT f.account_key FROM former_account f
                             WHERE f.contact_key = c.key)"
                    .to_owned(),
            };
            points.push(format!(
                "SELECT h.at FROM membership_change h WHERE h.segment_key = {key} AND h.subject_key {subjects}
                   AND h.at > {after} AND h.at <= {now} AND h.by_definition = 0"
            ));
        }
        if segments.iter().any(|(_, of_accounts)| *of_accounts) {
            points.push(format!(
                "SELECT f.until FROM former_account f
                 WHERE f.contact_key = c.key AND f.until > {after} AND f.until <= {now}"
            ));
        }
        if points.is_empty() {
            return Ok("CAST(NULL AS BIGINT)".to_owned());
        }
        let (within, before) = (self.was_in(audience, "m.at")?, self.was_in(audience, "(m.at - 1)")?);
        Ok(format!(
            "(SELECT MAX(m.at) FROM ({}) m WHERE {within} AND NOT {before})",
            points.join(" UNION ALL ")
        ))
    }

    /// The clause for whether the contact `c` was in an audience at a moment.
    fn was_in(&mut self, audience: &Predicate, moment: &str) -> Result<String, StoreError> {
        let (parts, word, of_none) = match audience {
            Predicate::All(parts) => (parts, " AND ", "(1 = 1)"),
            Predicate::Any(parts) => (parts, " OR ", "(1 = 0)"),
            Predicate::Not(inner) => return Ok(format!("(NOT {})", self.was_in(inner, moment)?)),
            Predicate::InSegment { segment, holds, .. } => {
                let subject = match holds {
                    Entity::Account => account_at("c", moment),
                    Entity::Contact | Entity::Lead => "c.key".to_owned(),
                };
                return Ok(format!(
                    "(COALESCE((SELECT h.joined FROM membership_change h WHERE h.segment_key = {}
                        AND h.subject_key = {subject} AND h.at <= {moment} ORDER BY h.at DESC LIMIT 1), 0) = 1)",
                    self.names.segment_key(segment)
                ));
            }
            _ => return Err(StoreError::Inconsistent("an audience asks for more than segments".to_owned())),
        };
        let parts = parts.iter().map(|part| self.was_in(part, moment)).collect::<Result<Vec<_>, _>>()?;
        Ok(match parts.is_empty() {
            true => of_none.to_owned(),
            false => format!("({})", parts.join(word)),
        })
    }
}

/// The segments that an audience names, each with whether it holds accounts.
fn named(audience: &Predicate, segments: &mut BTreeSet<(String, bool)>) {
    match audience {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| named(part, segments));
        }
        Predicate::Not(inner) => named(inner, segments),
        Predicate::InSegment { segment, holds, .. } => {
            segments.insert((segment.clone(), *holds == Entity::Account));
        }
        _ => {}
    }
}

impl Store {
    /// Whether anybody whose participation in an iteration ended after a moment, and who isn't blocked, came into
    /// the audience anew since that participation began.
    ///
    /// # Errors
    /// When the store fails.
    pub fn anybody_joined_anew(
        &mut self,
        iteration_key: i64,
        audience: &Predicate,
        blocks: &[Block],
        ended_after: i64,
        timezone: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let scope = Scope::contact("c");
        let (clause, all) = admission(&mut printer, audience, blocks, &scope)?;
        let joined = printer.joined_anew(audience, "former.entered_at")?;
        let sql = format!(
            "SELECT 1 FROM participant former CROSS JOIN {}
             WHERE former.iteration_key = {iteration_key} AND former.ended_at > {ended_after}
               AND former.ended_at <= {now} AND former.state <> 1 AND c.key = former.contact_key
               AND {clause} AND {joined} IS NOT NULL LIMIT 1",
            from_contact("c", &all)
        );
        Ok(self.connection.query_first(&sql, &printer.parameters)?.is_some())
    }
}
