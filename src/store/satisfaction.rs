//! When a condition came true: the time of the event that satisfied it, not of its discovery.
//!
//! A condition is asked of each participant within a window of its own: from the moment that opened it
//! up to the earlier of now and the deadline. A `did` is satisfied at the interaction that completes its
//! count; what has no event of its own (a field, a segment, the absence of something) counts from the
//! last time that it was looked at and found wanting, else from the start.

use super::{
    Cell, StoreError,
    predicate::{Printer, Scope},
};
use crate::model::{Bound, CountTest, Did, Predicate, Subject};

/// What surrounds the participants asked: the iteration they are in, and the steps by id.
pub(super) struct Surroundings<'a> {
    pub(super) iteration_key: i64,
    pub(super) iteration: i64,
    pub(super) journey: &'a str,
    /// The key of each step that a `did` may refer to.
    pub(super) step_key: &'a dyn Fn(&str) -> i64,
}

/// The expression for the moment at which a predicate was satisfied, NULL when it wasn't. It refers to
/// the columns of `s`: account_key, contact_key, since, upper, looked.
pub(super) fn satisfied_at(
    printer: &mut Printer<'_>,
    predicate: &Predicate,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    match predicate {
        Predicate::All(parts) if !parts.is_empty() => {
            let parts = union(printer, parts, scope, around)?;
            let count = parts.1;
            Ok(format!("(SELECT CASE WHEN COUNT(v) = {count} THEN MAX(v) END FROM ({}) u)", parts.0))
        }
        Predicate::Any(parts) if !parts.is_empty() => {
            let parts = union(printer, parts, scope, around)?;
            Ok(format!("(SELECT MIN(v) FROM ({}) u)", parts.0))
        }
        Predicate::Did(did) if has_event(did) => nth_event(printer, did, scope, around),
        _ => {
            let clause = printer.predicate(predicate, scope)?;
            Ok(format!("(CASE WHEN {clause} THEN COALESCE(s.looked, s.since) END)"))
        }
    }
}

/// The expression for the next moment after now at which an interaction happens that the predicate
/// looks at, NULL when there is none before `s.until`.
pub(super) fn next_event(
    printer: &mut Printer<'_>,
    predicate: &Predicate,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let mut dids = Vec::new();
    collect(predicate, &mut dids);
    let mut parts = Vec::new();
    for did in dids {
        let clause = event_clause(printer, did, scope, around)?;
        let now = printer.bind(Cell::Integer(printer.now));
        parts.push(format!(
            "SELECT MIN(e.at) AS v FROM interaction e WHERE {clause} AND e.at > {now} AND e.at <= s.until"
        ));
    }
    Ok(match parts.is_empty() {
        true => "CAST(NULL AS BIGINT)".to_owned(),
        false => format!("(SELECT MIN(v) FROM ({}) u)", parts.join(" UNION ALL ")),
    })
}

fn union(
    printer: &mut Printer<'_>,
    parts: &[Predicate],
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<(String, usize), StoreError> {
    let parts = parts
        .iter()
        .map(|part| Ok(format!("SELECT {} AS v", satisfied_at(printer, part, scope, around)?)))
        .collect::<Result<Vec<String>, StoreError>>()?;
    Ok((parts.join(" UNION ALL "), parts.len()))
}

fn has_event(did: &Did) -> bool {
    did.of == Subject::Contact && matches!(did.count, CountTest::AtLeast(count) if count > 0)
}

fn collect<'p>(predicate: &'p Predicate, dids: &mut Vec<&'p Did>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| collect(part, dids)),
        Predicate::Not(inner) => collect(inner, dids),
        Predicate::Did(did) if did.of == Subject::Contact => dids.push(did),
        _ => {}
    }
}

/// Which interactions of the participant count, their time apart.
fn event_clause(
    printer: &mut Printer<'_>,
    did: &Did,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let mut clause = format!("e.contact_key = s.contact_key AND {}", printer.counted(did, "e", scope)?);
    if let Some(step) = &did.step {
        let (journey, step) = (printer.bind(around.journey.into()), printer.bind(step.as_str().into()));
        clause = format!(
            "{clause} AND e.journey = {journey} AND e.step = {step}
             AND (e.iteration IS NULL OR e.iteration = {})",
            around.iteration
        );
    }
    Ok(clause)
}

fn nth_event(
    printer: &mut Printer<'_>,
    did: &Did,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let clause = event_clause(printer, did, scope, around)?;
    let since = match &did.step {
        None => "s.since".to_owned(),
        // The window opens when the step handled the participant.
        Some(step) => format!(
            "COALESCE((SELECT MAX(h.left_at) FROM history h WHERE h.iteration_key = {}
                AND h.account_key = s.account_key AND h.contact_key = s.contact_key AND h.step_key = {}), s.since)",
            around.iteration_key,
            (around.step_key)(step)
        ),
    };
    let mut window = format!("e.at >= {since} AND e.at <= s.upper");
    let mut moving = None;
    match &did.since {
        Some(Bound::At(at)) => window = format!("{window} AND e.at >= {at}"),
        Some(Bound::Ago(duration)) => moving = Some(*duration),
        None => {}
    }
    if let Some(until) = &did.until {
        window = format!("{window} AND e.at <= {}", printer.bound(until));
    }
    let count = match did.count {
        CountTest::AtLeast(count) => count,
        _ => 1,
    };
    let length = moving.filter(|_| count > 1).map(|duration| {
        let back = printer.bound(&Bound::Ago(duration));
        printer.now.saturating_sub(back)
    });
    Ok(match length {
        None => format!(
            "(SELECT e.at FROM interaction e WHERE {clause} AND {window} ORDER BY e.at LIMIT 1 OFFSET {})",
            count - 1
        ),
        // A moving window has to hold all of them: the first event that closes such a stretch.
        Some(length) => format!(
            "(SELECT MIN(w.at) FROM (SELECT e.at AS at, LAG(e.at, {}) OVER (ORDER BY e.at) AS first
                FROM interaction e WHERE {clause} AND {window}) w
              WHERE w.first IS NOT NULL AND w.at - w.first <= {length})",
            count - 1
        ),
    })
}
