//! The moments at which the answer of a condition can change: when something was done, fell out of a window,
//! a field got its value, a day turned.

use super::known::{Clock, belonging, clock_of, fields_of, leads_left, moments_of};
use crate::model::{
    Bound, Did, Operand, Part, Predicate, Reckoning, Records, SUBSCRIPTIONS, Subject, time::HOUR,
};
use crate::store::{
    StoreError,
    sql::predicate::{Printer, Scope, key_in_scope},
};

/// Moments that a statement can select: `at` and so many milliseconds after it, from the rows of `from` that
/// satisfy `clause`. Both are empty where `at` is about the subject itself.
#[derive(Debug, Clone)]
pub(in crate::store) struct TurningPoints {
    pub(in crate::store) from: String,
    pub(in crate::store) clause: String,
    pub(in crate::store) at: String,
    pub(in crate::store) after: i64,
    /// Whether such moments may lie in the future.
    pub(in crate::store) ahead: bool,
}

impl TurningPoints {
    fn own(at: String, after: i64, ahead: bool) -> TurningPoints {
        TurningPoints { from: String::new(), clause: String::new(), at, after, ahead }
    }

    /// The statement that selects those after a moment and up to another; both are expressions.
    pub(in crate::store) fn between(&self, after: &str, until: &str) -> String {
        let TurningPoints { from, clause, at, .. } = self;
        let shift = match self.after {
            0 => String::new(),
            shift if shift > 0 => format!(" - {shift}"),
            shift => format!(" + {}", -shift),
        };
        let value = match self.after {
            0 => at.clone(),
            shift => format!("{at} + {shift}"),
        };
        let window = |at: &str| format!("{at} > {after}{shift} AND {at} <= {until}{shift}");
        match from.is_empty() {
            true => format!(
                "SELECT o.v AS at FROM (SELECT {value} AS v) o WHERE o.v > {after} AND o.v <= {until}"
            ),
            false => format!("SELECT {value} AS at FROM {from} WHERE {clause} AND {}", window(at)),
        }
    }
}

impl Printer<'_> {
    /// Adds the moments at which the answer of a predicate can change.
    pub(in crate::store) fn turning_points(
        &mut self,
        predicate: &Predicate,
        scope: &Scope,
        found: &mut Vec<TurningPoints>,
    ) -> Result<(), StoreError> {
        match predicate {
            Predicate::Constant(_) => {}
            Predicate::All(parts) | Predicate::Any(parts) => {
                for part in parts {
                    self.turning_points(part, scope, found)?;
                }
            }
            Predicate::Not(inner) => self.turning_points(inner, scope, found)?,
            Predicate::Did(did) => self.interaction_points(did, scope, found)?,
            Predicate::Subscribed { topic } => {
                let said = |kind: &str| self.names.type_key(kind).to_string();
                let types = SUBSCRIPTIONS.map(said).join(", ");
                let alias = format!("e{}", self.alias());
                let (contact, topic) = (
                    crate::store::sql::predicate::contact_key(scope)?.to_owned(),
                    self.bind(topic.as_str().into()),
                );
                found.push(TurningPoints {
                    from: format!("interaction {alias}"),
                    clause: format!(
                        "{alias}.contact_key = {contact} AND {alias}.type_key IN ({types})
                         AND {alias}.\"topic_text\" = {topic}"
                    ),
                    at: format!("{alias}.at"),
                    after: 0,
                    ahead: true,
                });
            }
            Predicate::InSegment { segment, holds, .. } => match self.condition_of(segment) {
                Some(condition) => self.in_condition(condition, |printer| {
                    printer.turning_points(&condition.predicate, scope, found)
                })?,
                None => {
                    let (key, subject) = (self.names.segment_key(segment), key_in_scope(*holds, scope)?);
                    let alias = format!("h{}", self.alias());
                    found.push(TurningPoints {
                        from: format!("membership_change {alias}"),
                        clause: format!("{alias}.segment_key = {key} AND {alias}.subject_key = {subject}"),
                        at: format!("{alias}.at"),
                        after: 0,
                        ahead: false,
                    });
                }
            },
            Predicate::Related(related) => {
                let alias = format!("q{}", self.alias());
                let (from, belongs, inner) = belonging(related, &alias, scope)?;
                let mut points = Vec::new();
                self.turning_points(&related.condition, &inner, &mut points)?;
                for at in self.belonging_points(related, &alias, &inner, scope)? {
                    points.push(TurningPoints::own(at, 0, false));
                }
                found.extend(points.into_iter().map(|point| TurningPoints {
                    from: match point.from.is_empty() {
                        true => from.clone(),
                        false => format!("{from} CROSS JOIN {}", point.from),
                    },
                    clause: match point.clause.is_empty() {
                        true => belongs.clone(),
                        false => format!("{belongs} AND {}", point.clause),
                    },
                    ..point
                }));
                if related.records == Records::Leads {
                    found.push(TurningPoints::own(leads_left(related, scope)?, 0, false));
                }
            }
            leaf => self.comparison_points(leaf, scope, found)?,
        }
        Ok(())
    }

    fn comparison_points(
        &mut self,
        leaf: &Predicate,
        scope: &Scope,
        found: &mut Vec<TurningPoints>,
    ) -> Result<(), StoreError> {
        if let Predicate::Compare { left, right, .. } = leaf {
            for side in [left, right] {
                if let Operand::Measure(measure) = side {
                    self.interaction_points(&measure.over, scope, found)?;
                }
            }
        }
        let fields = fields_of(leaf);
        for field in &fields {
            found.push(TurningPoints::own(self.operand_since(field, scope)?, 0, false));
        }
        if fields.iter().any(|field| matches!(field, Operand::Followed { .. })) {
            // A change of a record that others lead to wakes nobody.
            self.hourly_points(found);
        }
        match clock_of(leaf) {
            Clock::Apart => {}
            Clock::Moments => {
                let Predicate::Compare { left, right, .. } = leaf else { return Ok(()) };
                let Some((field, moment)) = moments_of(left, right).or_else(|| moments_of(right, left))
                else {
                    return Ok(());
                };
                let away = self.away(moment);
                let at = self.operand(field, scope)?;
                // Equal turns into past a millisecond later.
                found.push(TurningPoints::own(at.clone(), -away, true));
                found.push(TurningPoints::own(at, 1_i64.saturating_sub(away), true));
            }
            Clock::Days => self.day_points(found),
            Clock::Always => self.hourly_points(found),
        }
        Ok(())
    }

    /// The present moment, and the one in an hour.
    fn hourly_points(&self, found: &mut Vec<TurningPoints>) {
        for at in [self.now, self.now.saturating_add(HOUR)] {
            found.push(TurningPoints::own(format!("CAST({at} AS BIGINT)"), 0, true));
        }
    }

    /// The starts of the days as of which a condition can be asked, and of the next one.
    fn day_points(&self, found: &mut Vec<TurningPoints>) {
        let days = self.days();
        let tomorrow = crate::calendar::today(self.now, 1, &self.zone)
            .and_then(|day| crate::calendar::start_of_day(&day, &self.zone));
        let starts = days.iter().map(|(start, _)| *start).chain(tomorrow.ok());
        found.extend(starts.map(|start| TurningPoints::own(format!("CAST({start} AS BIGINT)"), 0, true)));
    }

    /// How many milliseconds from now a moment lies.
    fn away(&self, moment: &Operand) -> i64 {
        match moment {
            Operand::Now { plus } => *plus,
            Operand::Moment(reckoning @ (Reckoning::Ago(_) | Reckoning::Ahead(_))) => {
                crate::calendar::reckoned_moment(*reckoning, self.now, &self.zone).saturating_sub(self.now)
            }
            _ => 0,
        }
    }

    /// When something is done that counts for a `did`, and when it falls out of its window, a millisecond after
    /// it is as old as the window is long.
    fn interaction_points(
        &mut self,
        did: &Did,
        scope: &Scope,
        found: &mut Vec<TurningPoints>,
    ) -> Result<(), StoreError> {
        let Some(as_of) = self.as_of.clone() else {
            return Err(StoreError::Inconsistent("a condition is asked as of no moment".to_owned()));
        };
        // Which interactions count may turn with the day: then all of the type are looked at, and each day.
        let of_any_day = Did { condition: Box::new(Predicate::Constant(true)), ..did.clone() };
        let did = match depends_on_clock(&did.condition) {
            true => {
                self.day_points(found);
                &of_any_day
            }
            false => did,
        };
        let out = self.window_length(did.since.as_ref()).map(|length| length.saturating_add(1));
        let into = self.window_length(did.until.as_ref()).unwrap_or(0);
        for after in [Some(into), out].into_iter().flatten() {
            let alias = format!("e{}", self.alias());
            let (from, clause) = self.interactions_of(did, &alias, scope, &as_of)?;
            found.push(TurningPoints { from, clause, at: format!("{alias}.at"), after, ahead: true });
        }
        Ok(())
    }

    /// The length of a moving window, in milliseconds; one that depends on the calendar is as long as it is
    /// now.
    pub(in crate::store) fn window_length(&self, bound: Option<&Bound>) -> Option<i64> {
        match bound {
            Some(bound @ Bound::Ago(_)) => Some(self.now.saturating_sub(self.bound(bound))),
            _ => None,
        }
    }
}

/// Whether a comparison looks at the subject's own interactions.
pub(in crate::store) fn measures(leaf: &Predicate) -> bool {
    let measured = |operand: &Operand| matches!(operand, Operand::Measure(measure) if measure.over.of != Subject::Interaction);
    matches!(leaf, Predicate::Compare { left, right, .. } if measured(left) || measured(right))
}

/// Whether a condition has a comparison that depends on the clock.
fn depends_on_clock(condition: &Predicate) -> bool {
    let mut depends = false;
    Part::Predicate(condition).each(&mut |part| {
        if let Part::Predicate(leaf) = part {
            depends |= clock_of(leaf) != Clock::Apart;
        }
    });
    depends
}
