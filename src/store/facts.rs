//! Conditions of tiles, answered for a whole batch by one statement.
//!
//! Each contact or account is asked as of a moment of its own, its arrival: what it did later doesn't
//! count, so that the rhythm of ticks changes nothing. Everything is looked up by the subject's own key,
//! so that a batch reads no more than its own contacts and interactions. An account is the one frozen at
//! entry; a contact without account is an account of its own, whose key is the contact's, negative.

use super::{
    Cell, JsonRows, Store, StoreError,
    calls::{Asking, Source},
    columns::value,
    predicate::{Printer, Scope, contact_key, from_contact},
};
use crate::model::{Answers, Bound, CountTest, Did, Entity, Measure, Part, Predicate, Subject, Value};

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

/// Whether a predicate holds for a subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactAnswer {
    /// Whether it holds.
    pub holds: bool,
    /// What each of its [`Predicate::own_calls`] gives.
    pub given: Vec<Value>,
}

/// As of which moment interactions count, and in which journey.
#[derive(Debug, Clone)]
pub(super) struct AsOf {
    /// An expression for the moment.
    moment: String,
    journey: String,
    iteration: i64,
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
    ) -> Result<Vec<Vec<FactAnswer>>, StoreError> {
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
        self.connection.execute("DELETE FROM fact_asked", &[])?;
        self.connection.execute(
            &format!(
                "INSERT INTO fact_asked (place, account_key, contact_key, moment)
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                    CAST(value ->> 3 AS BIGINT)
                 FROM {rows}"
            ),
            &[json.finish()],
        )?;
        self.connection.analyze("fact_asked", subjects.len())?;
        let as_of = AsOf {
            moment: "s.moment".to_owned(),
            journey: facts.journey.to_owned(),
            iteration: facts.iteration,
        };
        let (mut scope, from, clause) = match facts.of {
            Entity::Account => {
                (Scope::account("a"), "fact_asked s LEFT JOIN account a ON a.key = s.account_key", "1 = 1")
            }
            Entity::Contact | Entity::Lead => (
                Scope::contact("c"),
                "fact_asked s CROSS JOIN contact c LEFT JOIN account c_account ON c_account.key = s.account_key",
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
        let mut answers = vec![vec![FactAnswer::default(); facts.predicates.len()]; subjects.len()];
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

impl Printer<'_> {
    /// The present moment plus so many milliseconds: the subject's own, where it is asked as of one.
    pub(super) fn moment(&mut self, plus: i64) -> String {
        match &self.as_of {
            Some(as_of) => format!("({} + {plus})", as_of.moment),
            None => self.bind(Cell::Integer(self.now.saturating_add(plus))),
        }
    }

    /// The clause for whether a `did` held at the subject's moment.
    pub(super) fn did_as_of(&mut self, did: &Did, scope: &Scope, as_of: &AsOf) -> Result<String, StoreError> {
        let alias = format!("i{}", self.alias());
        let those = self.interactions_as_of(did, &alias, scope, as_of)?;
        let count = format!("(SELECT COUNT(*) FROM {those})");
        Ok(match did.count {
            CountTest::AtLeast(number) => format!("({count} >= {number})"),
            CountTest::AtMost(number) => format!("({count} <= {number})"),
            CountTest::Exactly(number) => format!("({count} = {number})"),
            CountTest::AtLeastPercent(_) | CountTest::All => {
                return Err(StoreError::Inconsistent("a `did` has no share to compare".to_owned()));
            }
        })
    }

    /// A measure as it was at the subject's moment.
    pub(super) fn measure_as_of(
        &mut self,
        measure: &Measure,
        scope: &Scope,
        as_of: &AsOf,
    ) -> Result<String, StoreError> {
        let alias = format!("i{}", self.alias());
        let those = self.interactions_as_of(&measure.over, &alias, scope, as_of)?;
        let value = self.measured_value(measure, &alias, scope)?;
        let total = self.total(measure, &value);
        Ok(format!("(SELECT {total} FROM {those} AND {value} IS NOT NULL)"))
    }

    /// `FROM` and `WHERE` for the interactions under an alias that count up to the subject's moment.
    fn interactions_as_of(
        &mut self,
        did: &Did,
        alias: &str,
        scope: &Scope,
        as_of: &AsOf,
    ) -> Result<String, StoreError> {
        let mut clause = self.counted(did, alias, scope)?;
        let moment = &as_of.moment;
        for (bound, sign) in [(&did.since, ">="), (&did.until, "<=")] {
            clause = match bound {
                None => clause,
                Some(Bound::At(at)) => format!("{clause} AND {alias}.at {sign} {at}"),
                // A length that depends on the calendar is as long as it is now.
                Some(bound @ Bound::Ago(_)) => {
                    let length = self.now.saturating_sub(self.bound(bound));
                    format!("{clause} AND {alias}.at {sign} {moment} - {length}")
                }
            };
        }
        if let Some(step) = &did.step {
            let (journey, step) = (self.bind(as_of.journey.as_str().into()), self.bind(step.as_str().into()));
            clause = format!(
                "{clause} AND {alias}.journey = {journey} AND {alias}.step = {step}
                 AND ({alias}.iteration IS NULL OR {alias}.iteration = {})",
                as_of.iteration
            );
        }
        let from = match did.of {
            Subject::Account => format!(
                "contact {alias}c CROSS JOIN interaction {alias}
                 WHERE {} AND {alias}.contact_key = {alias}c.key",
                of_account(&format!("{alias}c"), &scope.account_key)
            ),
            _ => {
                format!("interaction {alias} WHERE {alias}.contact_key = {}", contact_key(scope)?)
            }
        };
        Ok(format!("{from} AND {clause} AND {alias}.at <= {moment}"))
    }

    /// The clause for whether a condition about an account's contacts held at the subject's moment.
    pub(super) fn contacts_as_of(
        &mut self,
        condition: &Predicate,
        count: CountTest,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let alias = format!("q{}", self.alias());
        let those =
            format!("{} WHERE {}", from_contact(&alias, condition), of_account(&alias, &scope.account_key));
        let condition = self.predicate(condition, &Scope::contact(&alias))?;
        let counted = |clause: &str| format!("(SELECT COUNT(*) FROM {those} AND {clause})");
        Ok(match count {
            CountTest::AtLeast(number) => format!("({} >= {number})", counted(&condition)),
            CountTest::AtMost(number) => format!("({} <= {number})", counted(&condition)),
            CountTest::Exactly(number) => format!("({} = {number})", counted(&condition)),
            CountTest::All => format!("({} = 0)", counted(&format!("(({condition}) IS NOT TRUE)"))),
            CountTest::AtLeastPercent(percent) => {
                let percent = self.bind(Cell::Real(percent));
                format!(
                    "((SELECT CASE WHEN COUNT(*) > 0
                        AND 100.0 * SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) >= {percent} * COUNT(*)
                        THEN 1 ELSE 0 END FROM {those}) = 1)"
                )
            }
        })
    }
}

/// The clause for whether a contact belongs to an account; a contact that entered without one is its own.
fn of_account(contact: &str, account_key: &str) -> String {
    format!("({contact}.account_key = {account_key} OR {contact}.key = -{account_key})")
}
