//! When the mere passing of time changes who belongs to a segment.

use crate::{
    calendar::{self, Zone},
    compile::{Edge, Members, SegmentPlan},
    model::{
        DatePart, Duration, DurationUnit, Entity, FieldType, Operand, Part, Predicate, Reckoning,
        time::{DAY, HOUR, MINUTE, SECOND},
    },
    store::{Passed, Store, StoreError},
};

/// How a predicate depends on the present moment, windows of interactions apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// It asks for the day: it turns at midnight.
    pub(super) days: bool,
    /// It compares fields with a moment so many milliseconds from now: it turns when one is reached.
    pub(super) moments: Vec<(Entity, String, i64)>,
    /// It asks whether fields have been as they are for so many milliseconds, negative: it turns when one has been.
    pub(super) changes: Vec<(Entity, String, i64)>,
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
            turns.visit(Part::Predicate(&condition.predicate));
        }
        turns
    }

    /// Whether it turns without anything coming in.
    pub(super) fn with_clock(&self) -> bool {
        self.days || self.always || !self.moments.is_empty() || !self.changes.is_empty()
    }

    fn visit(&mut self, part: Part<'_>) {
        if let Part::Predicate(Predicate::Compare { left, right, .. }) = part {
            for (value, moment) in [(left, right), (right, left)] {
                if let Some(plus) = away(moment)
                    && let Operand::Field { subject, name, kind: FieldType::DateTime } = value
                    && let Some(entity) = subject.entity()
                {
                    self.moments.push((entity, name.clone(), plus));
                    return;
                }
                if let Some(plus) = away(moment)
                    && let Operand::Since { subject, name } = value
                    && let Some(entity) = subject.entity()
                {
                    self.changes.push((entity, name.clone(), plus));
                    return;
                }
                // When it falls out of the window that this is, is known by the segment's edges.
                if let (Operand::Measure(_), Operand::Moment(Reckoning::Ago(_))) = (value, moment) {
                    self.visit(Part::Operand(value));
                    return;
                }
            }
        }
        match part {
            Part::Operand(Operand::Today { .. } | Operand::Day(_)) => self.days = true,
            Part::Operand(Operand::Moment(Reckoning::StartOf(..) | Reckoning::EndOf(..))) => self.days = true,
            Part::Operand(Operand::OfDate { part: DatePart::Anniversary, .. }) => self.days = true,
            Part::Operand(Operand::Now { .. } | Operand::Moment(_)) => self.always = true,
            _ => {}
        }
        part.below().into_iter().for_each(|part| self.visit(part));
    }
}

/// How many milliseconds from now a moment always is.
fn away(moment: &Operand) -> Option<i64> {
    let unit = |length: &Duration| match length.unit {
        DurationUnit::Seconds => Some(SECOND),
        DurationUnit::Minutes => Some(MINUTE),
        DurationUnit::Hours => Some(HOUR),
        DurationUnit::Days => Some(DAY),
        DurationUnit::Weeks => Some(7 * DAY),
        DurationUnit::Months | DurationUnit::Years | DurationUnit::BusinessDays => None,
    };
    match moment {
        Operand::Now { plus } => Some(*plus),
        Operand::Moment(Reckoning::Ahead(length)) => length.amount.checked_mul(unit(length)?),
        Operand::Moment(Reckoning::Ago(length)) => length.amount.checked_mul(-unit(length)?),
        _ => None,
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
    for (entity, name, plus) in &turns.changes {
        if let Some(at) = store.next_change(*entity, name, now.saturating_add(*plus).saturating_add(1))? {
            sooner(at.saturating_sub(*plus));
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
    let fixed =
        !matches!(length.unit, DurationUnit::Months | DurationUnit::Years | DurationUnit::BusinessDays);
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
