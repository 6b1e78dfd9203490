//! Calls whose answers no database can work out: functions of `scripts/`, and tables.
//!
//! What a call gives depends on its inputs alone, so answers stand by call and inputs in a table of the
//! connection's own, where statements look them up. Before a statement runs, the inputs that it can come
//! upon and that have no answer yet are selected, each once, and answered: for one call that is two
//! statements, however many records there are. Answers stay for the statements that follow; a call whose
//! function was changed is another call.

use super::{
    as_of::AsOf,
    predicate::{Printer, Scope, contact_key, from_contact, parents_of_lead},
    selection::all_of,
};
use crate::model::{
    Answers, Call, Condition, Entity, FieldType, Operand, Part, Predicate, Records, Related, Subject, Value,
    scoring::{Points, ScoringModel, ScoringTarget},
};
use crate::store::{JsonRows, Store, StoreError, tables::columns::value};

/// So many answers may stay for later statements.
const MOST_KEPT: u64 = 200_000;

/// So many inputs are held in memory, and so many answers found, at a time.
const INPUTS_AT_A_TIME: usize = 500_000;
const ANSWERS_AT_A_TIME: usize = 100_000;

/// Where the records in scope come from.
#[derive(Clone)]
pub(in crate::store) struct Source {
    /// What stands behind `FROM`: everything that the calls' inputs are read from.
    pub(in crate::store) from: String,
    /// Which of them.
    pub(in crate::store) clause: String,
    /// Their aliases.
    pub(in crate::store) scope: Scope,
}

/// Calls that a statement is about to ask.
#[derive(Clone)]
pub(in crate::store) struct Asking<'a> {
    /// What they stand in.
    pub(in crate::store) part: Part<'a>,
    /// What holds of all records about whom they are asked; nothing keeps others away.
    pub(in crate::store) only: Option<Predicate>,
    pub(in crate::store) now: i64,
    pub(in crate::store) timezone: &'a str,
    /// The moment as of which records are asked.
    pub(in crate::store) as_of: Option<AsOf>,
    /// When only the records in `to_reevaluate` are asked, and those in the `affected_…` tables: which the former are.
    pub(in crate::store) focused: Option<Entity>,
    pub(in crate::store) answers: &'a dyn Answers,
}

/// A call, and the questions about related records that it stands in, outermost first.
type Found<'a> = (&'a Call, Vec<&'a Related>);

fn calls_of<'a>(part: Part<'a>, within: &mut Vec<&'a Related>, found: &mut Vec<Found<'a>>) {
    match part {
        Part::Operand(Operand::Call(call)) => {
            if !found.iter().any(|(known, of)| **known == **call && of == within) {
                found.push((call, within.clone()));
            }
        }
        Part::Predicate(Predicate::Related(related)) => {
            within.push(related);
            calls_of(Part::Predicate(&related.condition), within, found);
            within.pop();
        }
        other => other.below().into_iter().for_each(|part| calls_of(part, within, found)),
    }
}

fn has_calls(part: Part<'_>) -> bool {
    let mut any = false;
    part.each(&mut |part| any |= matches!(part, Part::Operand(Operand::Call(_))));
    any
}

/// What holds at least of everybody to whom a predicate may apply, whatever calls give; with
/// `interactions` also by what they did.
fn relaxed(predicate: &Predicate, interactions: bool, holds: bool) -> Predicate {
    let each = |parts: &[Predicate]| parts.iter().map(|part| relaxed(part, interactions, holds)).collect();
    match predicate {
        Predicate::All(parts) => Predicate::All(each(parts)),
        Predicate::Any(parts) => Predicate::Any(each(parts)),
        Predicate::Not(inner) => Predicate::Not(Box::new(relaxed(inner, interactions, !holds))),
        other => {
            let mut unknown = false;
            Part::Predicate(other).each(&mut |part| {
                unknown |= matches!(part, Part::Operand(Operand::Call(_)));
                unknown |= !interactions
                    && (part.did().is_some()
                        || matches!(
                            part,
                            Part::Predicate(Predicate::Subscribed { .. } | Predicate::Related(_))
                        ));
            });
            if unknown { Predicate::Constant(holds) } else { other.clone() }
        }
    }
}

impl Printer<'_> {
    /// What a call gives.
    pub(in crate::store) fn call(&mut self, call: &Call, scope: &Scope) -> Result<String, StoreError> {
        let inputs = self.inputs(call, scope)?;
        let (inputs, call_key) = (self.dialect.digest(&inputs), call.key());
        let answer = match call.gives {
            FieldType::Number => "answer.number",
            FieldType::Boolean | FieldType::DateTime => "CAST(answer.number AS BIGINT)",
            _ => "answer.written",
        };
        Ok(format!(
            "(SELECT {answer} FROM call_answer answer
              WHERE answer.call_key = {call_key} AND answer.inputs = {inputs})"
        ))
    }

    /// The clause for whether a call gives `true`.
    pub(in crate::store) fn call_holds(&mut self, call: &Call, scope: &Scope) -> Result<String, StoreError> {
        let inputs = self.inputs(call, scope)?;
        Ok(format!(
            "EXISTS (SELECT 1 FROM call_answer answer
                     WHERE answer.call_key = {} AND answer.inputs = {} AND answer.number = 1)",
            call.key(),
            self.dialect.digest(&inputs)
        ))
    }

    /// The expressions for the inputs of a call, with their types.
    fn inputs(&mut self, call: &Call, scope: &Scope) -> Result<Vec<(String, FieldType)>, StoreError> {
        let inputs = call.inputs().into_iter();
        inputs.map(|input| Ok((self.operand(&input.operand, scope)?, input.kind.clone()))).collect()
    }

    /// Where the records come from that belong to those of another source.
    fn related_source(&mut self, outer: &Source, related: &Related) -> Result<Source, StoreError> {
        let alias = format!("q{}", self.alias());
        let keys = |key: &str| format!("(SELECT {key} FROM {} WHERE {})", outer.from, outer.clause);
        let accounts = keys(&outer.scope.account_key);
        let contacts = match related.of {
            Subject::Account => format!("(SELECT k.key FROM contact k WHERE k.account_key IN {accounts})"),
            _ => keys(contact_key(&outer.scope)?),
        };
        Ok(match related.records {
            Records::Contacts => Source {
                from: from_contact(&alias, &related.condition),
                clause: match self.as_of {
                    // A contact that entered without account is its own.
                    Some(_) => {
                        format!("({alias}.account_key IN {accounts} OR -{alias}.key IN {accounts})")
                    }
                    None => format!("{alias}.account_key IN {accounts}"),
                },
                scope: Scope::contact(&alias),
            },
            Records::Leads => Source {
                from: format!("lead {alias}{}", parents_of_lead(&alias, &related.condition)),
                clause: match related.of {
                    Subject::Account => {
                        format!("({alias}.account_key IN {accounts} OR {alias}.contact_key IN {contacts})")
                    }
                    _ => format!("{alias}.contact_key IN {contacts}"),
                },
                scope: Scope::lead(&alias),
            },
            Records::Activities => {
                return Err(StoreError::Inconsistent("a call is asked of an activity".to_owned()));
            }
        })
    }
}

impl Store {
    /// Finds the answers to all calls of a condition, about all its records or about those in `to_reevaluate`.
    pub(in crate::store) fn answer_condition(
        &mut self,
        condition: &Condition,
        now: i64,
        focused: bool,
        answers: &dyn Answers,
    ) -> Result<(), StoreError> {
        let predicate = &condition.predicate;
        let asking = Asking {
            part: Part::Predicate(predicate),
            only: Some(relaxed(predicate, true, true)),
            now,
            timezone: &condition.timezone,
            as_of: None,
            focused: focused.then_some(condition.target),
            answers,
        };
        let (alias, from, scope) = all_of(condition.target, predicate);
        let clause = match focused {
            true => format!("{alias}.key IN (SELECT key FROM to_reevaluate)"),
            false => "1 = 1".to_owned(),
        };
        self.answer_calls(&asking, &Source { from, clause, scope })
    }

    /// Finds the answers to all calls of a model's rules, and of an outcome beside them, about all its
    /// subjects or about those whose `key` a statement gives.
    pub(in crate::store) fn answer_model(
        &mut self,
        model: &ScoringModel,
        outcome: Option<&Predicate>,
        driver: Option<&str>,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<(), StoreError> {
        const ACCOUNT: &str = "LEFT JOIN account c_account ON c_account.key = c.account_key";
        let (key, from, mut scope) = match model.target {
            ScoringTarget::ContactLeads => (
                "l.key",
                format!("lead l JOIN contact c ON c.key = l.contact_key {ACCOUNT}"),
                Scope::contact("c"),
            ),
            ScoringTarget::AccountLeads => {
                ("l.key", "lead l JOIN account a ON a.key = l.account_key".to_owned(), Scope::account("a"))
            }
            ScoringTarget::Contacts => ("c.key", format!("contact c {ACCOUNT}"), Scope::contact("c")),
            ScoringTarget::Accounts => ("a.key", "account a".to_owned(), Scope::account("a")),
        };
        if model.target.subject() == Entity::Lead {
            scope.lead = Some("l".to_owned());
        }
        let clause = match driver {
            Some(driver) => format!("{key} IN (SELECT d.key FROM ({driver}) d)"),
            None => "1 = 1".to_owned(),
        };
        let source = Source { from, clause, scope };
        let rules = model.rules.iter().flat_map(|rule| {
            let only = relaxed(&rule.when, false, true);
            let points = match &rule.points {
                Points::Calculated(operand) => Some((Part::Operand(operand), Some(only.clone()))),
                Points::Fixed(_) => None,
            };
            [Some((Part::Predicate(&rule.when), Some(only))), points]
        });
        let outcome = outcome.map(|outcome| (Part::Predicate(outcome), None));
        for (part, only) in rules.flatten().chain(outcome) {
            let timezone = &model.timezone;
            let asking = Asking { part, only, now, timezone, as_of: None, focused: None, answers };
            self.answer_calls(&asking, &source)?;
        }
        Ok(())
    }

    /// Finds the answers to all calls of a part, about the records of a source.
    pub(in crate::store) fn answer_calls(
        &mut self,
        asking: &Asking<'_>,
        source: &Source,
    ) -> Result<(), StoreError> {
        if !has_calls(asking.part) {
            return Ok(());
        }
        if self.answers_kept > MOST_KEPT {
            self.connection.execute("DELETE FROM call_answer", &[])?;
            self.answers_kept = 0;
        }
        let mut found = Vec::new();
        calls_of(asking.part, &mut Vec::new(), &mut found);
        for (call, within) in found {
            let mut printer = Printer::new(self.dialect(), &self.names, asking.now, asking.timezone)?;
            printer.as_of = asking.as_of.clone();
            if let Some(subjects) = asking.focused {
                printer = printer.focused(subjects);
            }
            let mut place = source.clone();
            if let Some(only) = &asking.only {
                place.clause = format!("{} AND {}", place.clause, printer.predicate(only, &place.scope)?);
            }
            for related in within {
                place = printer.related_source(&place, related)?;
            }
            let inputs = printer.inputs(call, &place.scope)?;
            let at_a_time = (INPUTS_AT_A_TIME / inputs.len().max(1)).clamp(1, ANSWERS_AT_A_TIME);
            let columns: String =
                inputs.iter().enumerate().map(|(at, (input, _))| format!(", {input} AS v{at}")).collect();
            let sql = format!(
                "SELECT d.* FROM (SELECT DISTINCT {} AS inputs{columns} FROM {} WHERE {}) d
                 WHERE NOT EXISTS (SELECT 1 FROM call_answer x WHERE x.call_key = {} AND x.inputs = d.inputs)
                 LIMIT {at_a_time}",
                printer.dialect.digest(&inputs),
                place.from,
                place.clause,
                call.key()
            );
            let parameters = std::mem::take(&mut printer.parameters);
            while self.answer_call(call, &sql, &parameters, asking.answers)? == at_a_time {}
        }
        Ok(())
    }

    /// Answers a call with all inputs that a statement gives; tells how many there are.
    fn answer_call(
        &mut self,
        call: &Call,
        sql: &str,
        parameters: &[crate::store::Cell],
        answers: &dyn Answers,
    ) -> Result<usize, StoreError> {
        let inputs = call.inputs();
        let mut found: Vec<(String, Vec<Value>)> = Vec::new();
        self.connection.query_each(sql, parameters, &mut |row| {
            let values = inputs.iter().enumerate();
            let values = values.map(|(at, input)| value(row.raw(1 + at)?, &input.kind));
            found.push((row.text(0)?, values.collect::<Result<_, _>>()?));
            Ok(())
        })?;
        // No transaction is open while scripts run.
        let (count, mut json, mut failures) = (found.len(), JsonRows::default(), Vec::new());
        for (digest, values) in found {
            let given = answers.answer(call, &values).unwrap_or_else(|failure| {
                failures.push(failure);
                Value::Missing
            });
            json.push(&cells(digest, given));
        }
        if let Some(first) = failures.first() {
            tracing::warn!(failures = failures.len(), "a call in a condition has no answer: {first}");
        }
        if count == 0 {
            return Ok(0);
        }
        let rows = self.dialect().rows("$1");
        self.connection.execute(
            &format!(
                "INSERT INTO call_answer (call_key, inputs, number, written)
                 SELECT {}, value ->> 0, CAST(value ->> 1 AS DOUBLE PRECISION), value ->> 2 FROM {rows}
                 WHERE 1 = 1 ON CONFLICT DO NOTHING",
                call.key()
            ),
            &[json.finish()],
        )?;
        self.connection.analyze("call_answer", count)?;
        self.answers_kept += count as u64;
        Ok(count)
    }
}

/// The cells of an answer: the inputs, and a number or a text.
fn cells(inputs: String, given: Value) -> [crate::store::Cell; 3] {
    use crate::store::Cell::{Integer, Null, Real, Text};
    let (number, written) = match given {
        Value::Boolean(yes) => (Integer(i64::from(yes)), Null),
        Value::Integer(number) | Value::Time(number) => (Integer(number), Null),
        Value::Number(number) => (Real(number), Null),
        Value::Text(text) | Value::Date(text) => (Null, Text(text)),
        Value::Missing | Value::Choices(_) => (Null, Null),
    };
    [Text(inputs), number, written]
}
