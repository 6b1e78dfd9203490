//! Conditions as of a moment of their own.
//!
//! Tiles ask about each contact or account as of its arrival; triggers and segments ask since when a
//! condition has held, and so try it at each moment at which its answer can have changed. Interactions count
//! up to that moment. Everything is looked up by the subject's own key, so that a batch reads no more than
//! its own contacts and interactions.

use std::collections::BTreeMap;

use super::predicate::{Printer, Scope, contact_key, from_contact};
use crate::store::{Cell, StoreError};
use crate::{
    calendar,
    model::{Bound, CountTest, Did, Measure, Predicate, Subject, time::LAG_LIMIT},
};

/// As of which moment a condition is asked, and in which journey.
#[derive(Debug, Clone)]
pub(in crate::store) struct AsOf {
    /// An expression for the moment.
    pub(in crate::store) moment: String,
    pub(in crate::store) journey: String,
    pub(in crate::store) iteration: i64,
    /// Whether fields, links and the day are asked as of the moment, too, as far as their times are known;
    /// they are as they are now otherwise.
    pub(in crate::store) dated: bool,
    /// What opens the windows of a trigger; segments look at everything that was ever done.
    pub(in crate::store) window: Option<TriggerWindow>,
}

/// From when interactions count for a trigger. The subject asked is `s`: its columns are account_key,
/// contact_key, visit and since.
#[derive(Debug, Clone)]
pub(in crate::store) struct TriggerWindow {
    pub(in crate::store) iteration_key: i64,
    /// The keys of the steps that a `did` may refer to, by id.
    pub(in crate::store) steps: BTreeMap<String, i64>,
    /// The step that asks, when somebody is asked there who stood there before.
    pub(in crate::store) asked_again: Option<i64>,
    /// The frozen account for which alone interactions count, when the account decides.
    pub(in crate::store) own_account: bool,
}

impl TriggerWindow {
    /// The expression for the moment from which interactions of a contact count for a `did`: when the step
    /// that it refers to handled the contact, or when the contact entered, else when the subject's own window
    /// opened. What ended a former visit of the step that asks doesn't count again.
    pub(in crate::store) fn opened(&self, did: &Did, contact: &str) -> String {
        let left = |value: &str, contact: &str, step_key: i64, more: &str| {
            format!(
                "(SELECT MAX({value}) FROM history h WHERE h.iteration_key = {}
                    AND h.account_key = s.account_key AND h.contact_key = {contact}
                    AND h.step_key = {step_key}{more})",
                self.iteration_key
            )
        };
        let opens = match (&did.step, &did.since) {
            (Some(step), _) => {
                let step_key = self.steps.get(step).copied().unwrap_or(-1);
                format!("COALESCE({}, s.since)", left("h.left_at", contact, step_key, ""))
            }
            (None, Some(Bound::Entry)) => format!(
                "COALESCE((SELECT p.entered_at FROM participant p WHERE p.iteration_key = {}
                    AND p.account_key = s.account_key AND p.contact_key = {contact}), s.since)",
                self.iteration_key
            ),
            (None, _) => "s.since".to_owned(),
        };
        let Some(step_key) = self.asked_again else { return opens };
        let before = left("h.left_at + 1", "s.contact_key", step_key, " AND h.visit < s.visit");
        format!("(SELECT MAX(o.v) FROM (SELECT {opens} AS v UNION ALL SELECT {before}) o)")
    }
}

impl Printer<'_> {
    /// The present moment plus so many milliseconds: the subject's own, where it is asked as of one.
    pub(in crate::store) fn moment(&mut self, plus: i64) -> String {
        match &self.as_of {
            Some(as_of) => format!("({} + {plus})", as_of.moment),
            None => self.bind(Cell::Integer(self.now.saturating_add(plus))),
        }
    }

    /// The local days as of which a condition can be asked: the start of each, and a moment in it. They go
    /// back as far as a late run looks (semantics 11).
    pub(in crate::store) fn days(&self) -> Vec<(i64, i64)> {
        let mut days = vec![];
        let mut then = self.now;
        let earliest = self.now.saturating_sub(LAG_LIMIT);
        loop {
            let start = calendar::today(then, 0, &self.zone)
                .and_then(|day| calendar::start_of_day(&day, &self.zone))
                .unwrap_or(i64::MIN);
            days.push((start, then));
            if start <= earliest {
                return days;
            }
            then = start - 1;
        }
    }

    /// An expression that depends on the day: the one of the subject's moment, NULL where that lies too far
    /// back.
    pub(in crate::store) fn by_day(
        &mut self,
        print: &dyn Fn(&mut Self) -> Result<String, StoreError>,
    ) -> Result<String, StoreError> {
        let Some(moment) = self.as_of.as_ref().filter(|as_of| as_of.dated).map(|as_of| as_of.moment.clone())
        else {
            return print(self);
        };
        let now = self.now;
        let mut cases = String::new();
        for (start, then) in self.days() {
            self.now = then;
            let printed = print(self);
            self.now = now;
            cases = format!("{cases} WHEN {moment} >= {start} THEN {}", printed?);
        }
        Ok(format!("(CASE{cases} END)"))
    }

    /// The clause for whether a `did` held at the subject's moment.
    pub(in crate::store) fn did_as_of(
        &mut self,
        did: &Did,
        scope: &Scope,
        as_of: &AsOf,
    ) -> Result<String, StoreError> {
        let alias = format!("i{}", self.alias());
        let those = self.interactions_as_of(did, &alias, scope, as_of)?;
        let count = format!("(SELECT COUNT(*) FROM {those})");
        Ok(match did.count {
            CountTest::AtLeast(1) => format!("EXISTS (SELECT 1 FROM {those})"),
            CountTest::AtLeast(number) => format!("({count} >= {number})"),
            CountTest::AtMost(number) => format!("({count} <= {number})"),
            CountTest::Exactly(number) => format!("({count} = {number})"),
            CountTest::AtLeastPercent(_) | CountTest::All => {
                return Err(StoreError::Inconsistent("a `did` has no share to compare".to_owned()));
            }
        })
    }

    /// A measure as it was at the subject's moment.
    pub(in crate::store) fn measure_as_of(
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
        let moment = &as_of.moment;
        let (from, mut clause) = self.interactions_of(did, alias, scope, as_of)?;
        for (bound, sign) in [(&did.since, ">="), (&did.until, "<=")] {
            clause = match bound {
                // A trigger's window opens by the entry.
                None | Some(Bound::Entry) => clause,
                Some(Bound::At(at)) => format!("{clause} AND {alias}.at {sign} {at}"),
                // A length that depends on the calendar is as long as it is now.
                Some(bound @ Bound::Ago(_)) => {
                    let length = self.now.saturating_sub(self.bound(bound));
                    format!("{clause} AND {alias}.at {sign} {moment} - {length}")
                }
            };
        }
        Ok(format!("{from} WHERE {clause} AND {alias}.at <= {moment}"))
    }

    /// The interactions under an alias that a `did` looks at, whatever their time: tables, and a clause. In a
    /// trigger only those count that happened after its window opened.
    pub(in crate::store) fn interactions_of(
        &mut self,
        did: &Did,
        alias: &str,
        scope: &Scope,
        as_of: &AsOf,
    ) -> Result<(String, String), StoreError> {
        let mut clause = self.counted(did, alias, scope)?;
        if let Some(step) = &did.step {
            let (journey, step) = (self.bind(as_of.journey.as_str().into()), self.bind(step.as_str().into()));
            clause = format!(
                "{clause} AND {alias}.journey = {journey} AND {alias}.step = {step}
                 AND ({alias}.iteration IS NULL OR {alias}.iteration = {})",
                as_of.iteration
            );
        }
        Ok(match did.of {
            // A contact that entered without account is an account of its own, with all that it did.
            Subject::Account => (
                format!("interaction {alias}"),
                format!(
                    "({alias}.account_key = {0} OR {alias}.contact_key = -{0}) AND {clause}",
                    scope.account_key
                ),
            ),
            _ => {
                let contact = contact_key(scope)?;
                if let Some(window) = &as_of.window {
                    clause = format!("{clause} AND {alias}.at >= {}", window.opened(did, contact));
                    if window.own_account {
                        clause = format!(
                            "{clause} AND ({alias}.account_key = s.account_key OR {alias}.account_key IS NULL
                                OR s.account_key < 0)"
                        );
                    }
                }
                (format!("interaction {alias}"), format!("{alias}.contact_key = {contact} AND {clause}"))
            }
        })
    }

    /// The clause for whether a condition about an account's contacts held at the subject's moment.
    pub(in crate::store) fn contacts_as_of(
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
pub(in crate::store) fn of_account(contact: &str, account_key: &str) -> String {
    format!("({contact}.account_key = {account_key} OR {contact}.key = -{account_key})")
}
