//! Conditions of tiles, answered for a whole batch by one statement.
//!
//! Each contact or account is asked as of a moment of its own, its arrival: what it did later doesn't
//! count, so that the rhythm of ticks changes nothing. Everything is looked up by the subject's own key,
//! so that a batch reads no more than its own contacts and interactions. An account is the one frozen at
//! entry; a contact without account is an account of its own, whose key is the contact's, negative.

use crate::model::{Answers, ConditionAnswer, Entity, Part, Predicate};
use crate::store::{
    JsonRows, Store, StoreError,
    sql::{
        as_of::AsOf,
        calls::{Asking, Source},
        predicate::{Printer, Scope},
    },
    tables::columns::value,
};

/// A contact or an account, asked as of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactSubject {
    /// The frozen account; of a contact without account its own key, negative.
    pub account_key: i64,
    /// The contact; nothing when the account is asked.
    pub contact_key: Option<i64>,
    /// The moment up to which interactions count.
    pub moment: i64,
}

/// What is asked of a batch.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Whether the predicates are about contacts or accounts.
    pub of: Entity,
    /// What is asked.
    pub predicates: Vec<&'a Predicate>,
    /// The journey's name.
    pub journey: &'a str,
    /// The iteration's number.
    pub iteration: i64,
    /// IANA zone in which calendar lengths count.
    pub timezone: &'a str,
    /// Who answers calls of functions.
    pub answers: &'a dyn Answers,
}

impl Store {
    /// Whether each predicate holds for each subject, in their order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn facts(
        &mut self,
        facts: &Facts<'_>,
        subjects: &[FactSubject],
        now: i64,
    ) -> Result<Vec<Vec<ConditionAnswer>>, StoreError> {
        if subjects.is_empty() || facts.predicates.is_empty() {
            return Ok(vec![Vec::new(); subjects.len()]);
        }
        let mut json = JsonRows::default();
        for (place, subject) in subjects.iter().enumerate() {
            json.push(&[
                i64::try_from(place).unwrap_or(i64::MAX).into(),
                subject.account_key.into(),
                subject.contact_key.into(),
                subject.moment.min(now).into(),
            ]);
        }
        let rows = self.dialect().rows("$1");
        self.connection.execute("DELETE FROM condition_subject", &[])?;
        self.connection.execute(
            &format!(
                "INSERT INTO condition_subject (place, account_key, contact_key, moment)
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                    CAST(value ->> 3 AS BIGINT)
                 FROM {rows}"
            ),
            &[json.finish()],
        )?;
        self.connection.analyze("condition_subject", subjects.len())?;
        let as_of = AsOf {
            moment: "s.moment".to_owned(),
            journey: facts.journey.to_owned(),
            iteration: facts.iteration,
            dated: false,
            window: None,
        };
        let (mut scope, from, clause) = match facts.of {
            Entity::Account => (
                Scope::account("a"),
                "condition_subject s LEFT JOIN account a ON a.key = s.account_key",
                "1 = 1",
            ),
            Entity::Contact | Entity::Lead => (
                Scope::contact("c"),
                "condition_subject s CROSS JOIN contact c LEFT JOIN account c_account ON c_account.key = s.account_key",
                "c.key = s.contact_key",
            ),
        };
        scope.account_key = "s.account_key".to_owned();
        let source = Source { from: from.to_owned(), clause: clause.to_owned(), scope: scope.clone() };
        for predicate in &facts.predicates {
            let asking = Asking {
                part: Part::Predicate(predicate),
                only: None,
                now,
                timezone: facts.timezone,
                as_of: Some(as_of.clone()),
                focused: None,
                answers: facts.answers,
            };
            self.answer_calls(&asking, &source)?;
        }
        let mut printer = Printer::new(self.dialect(), &self.names, now, facts.timezone)?;
        printer.as_of = Some(as_of);
        let mut columns = String::new();
        for predicate in &facts.predicates {
            columns.push_str(&format!(
                ", CASE WHEN {} THEN 1 ELSE 0 END",
                printer.predicate(predicate, &scope)?
            ));
            for call in predicate.own_calls() {
                columns.push_str(&format!(", {}", printer.call(call, &scope)?));
            }
        }
        let sql = format!("SELECT s.place{columns} FROM {from} WHERE {clause}");
        let mut answers = vec![vec![ConditionAnswer::default(); facts.predicates.len()]; subjects.len()];
        self.connection.query_each(&sql, &printer.parameters, &mut |row| {
            let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
            let mut at = 1;
            for (answer, predicate) in answers.get_mut(place).into_iter().flatten().zip(&facts.predicates) {
                answer.holds = row.integer(at)? != 0;
                let calls = predicate.own_calls().into_iter().zip(at + 1..);
                answer.given =
                    calls.map(|(call, at)| value(row.raw(at)?, &call.gives)).collect::<Result<_, _>>()?;
                at += 1 + answer.given.len();
            }
            Ok(())
        })?;
        Ok(answers)
    }
}
