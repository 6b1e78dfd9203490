//! Segments asked as they are written, and not by the members that their last evaluation found: what a preview needs,
//! so that nested definitions that nobody evaluated yet count, too.

use std::collections::BTreeSet;

use crate::calendar::Zone;
use crate::model::{Answers, Condition, Entity, Part, Predicate, Subject};
use crate::store::{
    JsonRows, Membership, Store, StoreError, WrittenSegments,
    sql::{
        predicate::{Printer, Scope, from_contact, parents_of_lead},
        selection::all_of,
    },
};

impl Store {
    /// Lets what this store is asked from now on take segments as they are written.
    pub fn take_segments_as_written(&mut self, segments: WrittenSegments) {
        self.names.written = segments;
    }

    /// Finds the answers to all calls of a condition, and of those segments that it asks for as they are written.
    pub(in crate::store) fn answer_with_segments(
        &mut self,
        condition: &Condition,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<(), StoreError> {
        let mut open = segments_of(&condition.predicate);
        let mut needed: Vec<Condition> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if let Some((_, Membership::Where(nested))) = self.names.written.get(&name)
                && seen.insert(name)
            {
                open.extend(segments_of(&nested.predicate));
                needed.push(nested.clone());
            }
        }
        // Those found last are asked for by those found before.
        for nested in needed.iter().rev() {
            self.answer_condition(nested, now, false, answers)?;
        }
        self.answer_condition(condition, now, false, answers)
    }

    /// Those of some records, by id, that belong to a segment as it is written, or by its members where it isn't
    /// known how.
    ///
    /// # Errors
    /// When the store fails.
    pub fn members_among(
        &mut self,
        segment: &str,
        holds: Entity,
        ids: &BTreeSet<String>,
        zone: &Zone,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<BTreeSet<String>, StoreError> {
        let condition = Condition {
            target: holds,
            predicate: Predicate::InSegment { segment: segment.to_owned(), holds, of: Subject::of(holds) },
            timezone: zone.name().to_owned(),
        };
        self.answer_with_segments(&condition, now, answers)?;
        let mut printer = Printer::new(self.dialect(), &self.names, now, &condition.timezone)?;
        let mut json = JsonRows::default();
        ids.iter().for_each(|id| json.push(&[id.as_str().into()]));
        let among = printer.bind(json.finish());
        let (alias, from, scope) = all_of(holds, &condition.predicate);
        let clause = printer.predicate(&condition.predicate, &scope)?;
        let sql = format!(
            "SELECT {alias}.id FROM {from} WHERE {alias}.id IN (SELECT value ->> 0 FROM {}) AND {clause}",
            printer.dialect.rows(&among)
        );
        self.connection.query(&sql, &printer.parameters)?.iter().map(|row| row.text(0)).collect()
    }
}

/// The segments that a predicate names.
fn segments_of(predicate: &Predicate) -> Vec<String> {
    let mut names = Vec::new();
    Part::Predicate(predicate).each(&mut |part| {
        if let Part::Predicate(Predicate::InSegment { segment, .. }) = part {
            names.push(segment.clone());
        }
    });
    names
}

impl Printer<'_> {
    /// The clause for whether a record, by the expression for its key, belongs to a segment as it is written; nothing
    /// where members count.
    pub(in crate::store) fn in_written(
        &mut self,
        segment: &str,
        subject: &str,
    ) -> Result<Option<String>, StoreError> {
        let names = self.names;
        let Some((holds, membership)) = names.written.get(segment) else { return Ok(None) };
        let alias = format!("w{}", self.alias());
        let members = match membership {
            Membership::Static(ids) => {
                let mut json = JsonRows::default();
                ids.iter().for_each(|id| json.push(&[id.as_str().into()]));
                let listed = self.bind(json.finish());
                format!(
                    "SELECT {alias}.key FROM {} {alias} WHERE {alias}.id IN (SELECT value ->> 0 FROM {})",
                    holds.name(),
                    self.dialect.rows(&listed)
                )
            }
            Membership::Where(condition) => {
                let predicate = &condition.predicate;
                let (from, scope) = match holds {
                    Entity::Contact => (from_contact(&alias, predicate), Scope::contact(&alias)),
                    Entity::Account => (format!("account {alias}"), Scope::account(&alias)),
                    Entity::Lead => {
                        (format!("lead {alias}{}", parents_of_lead(&alias, predicate)), Scope::lead(&alias))
                    }
                };
                let clause = self.in_condition(condition, |printer| printer.predicate(predicate, &scope))?;
                format!("SELECT {alias}.key FROM {from} WHERE {clause}")
            }
        };
        Ok(Some(format!("({subject} IN ({members}))")))
    }
}
