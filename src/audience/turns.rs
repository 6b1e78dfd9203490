//! When the mere passing of time changes who belongs to a segment.

use crate::{
    calendar::{self, Zone},
    compile::{Edge, Members, SegmentPlan},
    model::{Duration, DurationUnit, Entity, FieldType, Operand, Predicate, Subject, time::DAY, time::HOUR},
    store::{Passed, Store, StoreError},
};

/// How a predicate depends on the present moment, windows of interactions apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// It asks for the day: it turns at midnight.
    pub(super) days: bool,
    /// It compares fields with a moment so many milliseconds from now: it turns when one is reached.
    pub(super) moments: Vec<(Entity, String, i64)>,
    /// It asks for the moment in another way: it may turn at any time.
    pub(super) always: bool,
}

impl Turns {
    /// How a segment depends on the present moment.
    pub(super) fn of(segment: &SegmentPlan) -> Turns {
        let mut turns = Turns::default();
        if let Members::Where(condition) = &segment.members
            && segment.turns_with_clock
        {
            turns.visit(&condition.predicate);
        }
        turns
    }

    /// Whether it turns without anything coming in.
    pub(super) fn with_clock(&self) -> bool {
        self.days || self.always || !self.moments.is_empty()
    }

    fn visit(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Constant(_) | Predicate::InSegment { .. } => {}
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| self.visit(part)),
            Predicate::Not(inner) => self.visit(inner),
            Predicate::Compare { left, right, .. } => match (left, right) {
                (Operand::Field { subject, name, kind: FieldType::DateTime }, Operand::Now { plus })
                | (Operand::Now { plus }, Operand::Field { subject, name, kind: FieldType::DateTime }) => {
                    match entity(*subject) {
                        Some(entity) => self.moments.push((entity, name.clone(), *plus)),
                        None => self.always = true,
                    }
                }
                (left, right) => {
                    self.operand(left);
                    self.operand(right);
                }
            },
            Predicate::Same { left, right } | Predicate::TextTest { operand: left, needle: right, .. } => {
                self.operand(left);
                self.operand(right);
            }
            Predicate::IsTrue(value)
            | Predicate::IsBlank(value)
            | Predicate::OneOf { operand: value, .. }
            | Predicate::HasChoices { operand: value, .. } => self.operand(value),
            Predicate::Did(did) => self.visit(&did.condition),
            Predicate::Contacts { condition, .. } => self.visit(condition),
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Field { .. } | Operand::Literal(_) => {}
            Operand::Today { .. } => self.days = true,
            Operand::Now { .. } => self.always = true,
            Operand::Arithmetic { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
        }
    }
}

fn entity(subject: Subject) -> Option<Entity> {
    match subject {
        Subject::Contact => Some(Entity::Contact),
        Subject::Account => Some(Entity::Account),
        Subject::Lead => Some(Entity::Lead),
        Subject::Interaction => None,
    }
}

/// When a segment changes next though nothing comes in: an interaction dated later happens, one falls
/// out of a window, a field's moment is reached, a day turns.
pub(super) fn next_evaluation(
    store: &mut Store,
    segment: &SegmentPlan,
    turns: &Turns,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    if !segment.active {
        return Ok(None);
    }
    let mut next: Option<i64> = turns.always.then(|| now.saturating_add(1));
    let mut sooner = |at: i64| next = Some(next.map_or(at, |next| next.min(at)));
    for edge in &segment.edges {
        let at = match edge.window {
            None => store.next_interaction(&edge.interaction, now)?,
            Some(length) => next_edge(store, edge, length, &segment.zone, now)?,
        };
        at.into_iter().for_each(&mut sooner);
    }
    for (entity, name, plus) in &turns.moments {
        // Equal turns into past a millisecond later.
        let reached = now.saturating_add(*plus);
        if let Some(at) = store.next_field_moment(*entity, name, reached)? {
            sooner(if at == reached { now.saturating_add(1) } else { at.saturating_sub(*plus) });
        }
    }
    if turns.days {
        midnight(now, &segment.zone).into_iter().for_each(&mut sooner);
    }
    Ok(next)
}

/// When the next interaction falls out of a window.
fn next_edge(
    store: &mut Store,
    edge: &Edge,
    length: Duration,
    zone: &Zone,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let Ok(opens) = calendar::before(now, length, zone) else { return Ok(None) };
    // A window includes its end: what happened falls out a millisecond later.
    let falls_out = |at: i64| at.saturating_add(now - opens).saturating_add(1);
    let next = store.next_interaction(&edge.interaction, opens.saturating_sub(1))?.map(falls_out);
    let fixed = !matches!(
        length.unit,
        DurationUnit::Months | DurationUnit::Years | DurationUnit::BusinessDays
    );
    if fixed {
        return Ok(next);
    }
    // On the calendar a window keeps its length within a day alone, and at the end of a month it may
    // open again over what fell out of it.
    if store.next_interaction(&edge.interaction, opens.saturating_sub(7 * DAY))?.is_none() {
        return Ok(None);
    }
    let turn = match is_whole_day(now, zone) && is_whole_day(opens, zone) {
        true => midnight(now, zone),
        false => Some(now - now.rem_euclid(HOUR / 2) + HOUR / 2),
    };
    Ok([next, turn].into_iter().flatten().min())
}

/// The start of the next local day.
fn midnight(now: i64, zone: &Zone) -> Option<i64> {
    calendar::start_of_day(&calendar::today(now, 1, zone).ok()?, zone).ok()
}

/// Whether no clock is changed on the local day of a moment.
fn is_whole_day(at: i64, zone: &Zone) -> bool {
    let start = calendar::today(at, 0, zone).and_then(|day| calendar::start_of_day(&day, zone));
    match (start, midnight(at, zone)) {
        (Ok(start), Some(end)) => end - start == DAY,
        _ => false,
    }
}

/// The interactions that happened or fell out of a window between two moments; nothing when that can't be
/// told.
pub(super) fn passed(segment: &SegmentPlan, before: i64, now: i64) -> Option<Vec<Passed>> {
    let mut passed = Vec::new();
    if before == now {
        return Some(passed);
    }
    for edge in &segment.edges {
        let (first, last) = match edge.window {
            None => (before.saturating_add(1), now),
            Some(length) => (
                calendar::before(before, length, &segment.zone).ok()?,
                calendar::before(now, length, &segment.zone).ok()?,
            ),
        };
        passed.push(Passed {
            interaction: edge.interaction.clone(),
            from: first.min(last),
            to: first.max(last),
        });
    }
    Some(passed)
}
