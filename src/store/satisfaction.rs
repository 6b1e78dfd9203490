//! When a condition came true: the time of the event that satisfied it, not of its discovery.
//!
//! A condition is asked of each participant within a window of its own: from the moment that opened it
//! up to the earlier of now and the deadline; only what happened in it counts. A `did` is satisfied at
//! the interaction that completes its count. What can become untrue again, such as the absence of
//! something, or what happened within the last days, is looked at at each moment at which an answer can
//! have changed, and the first at which all holds is the one. What has no event of its own (a field, a
//! segment) counts from the last time that it was looked at and found wanting, else from the start.

use super::{
    StoreError,
    happened::sql_sign,
    predicate::{Printer, Scope, is_fixed},
};
use crate::model::{Bound, Comparison, CountTest, Did, Measure, Operand, Predicate, Subject};

/// What surrounds the participants asked: the iteration they are in, and the steps by id.
pub(super) struct Surroundings<'a> {
    pub(super) iteration_key: i64,
    pub(super) iteration: i64,
    pub(super) journey: &'a str,
    /// The key of each step that a `did` may refer to.
    pub(super) step_key: &'a dyn Fn(&str) -> i64,
    /// The step that asks, when somebody is asked there who stood there before.
    pub(super) asked_again: Option<i64>,
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
        Predicate::All(parts) if !parts.is_empty() && parts.iter().all(lasts) => {
            let parts = union(printer, parts, scope, around)?;
            let count = parts.1;
            Ok(format!("(SELECT CASE WHEN COUNT(v) = {count} THEN MAX(v) END FROM ({}) u)", parts.0))
        }
        Predicate::Any(parts) if !parts.is_empty() => {
            let parts = union(printer, parts, scope, around)?;
            Ok(format!("(SELECT MIN(v) FROM ({}) u)", parts.0))
        }
        Predicate::Did(did) if comes_true_by_an_event(did) => nth_event(printer, did, scope, around),
        _ if dids_of(predicate).is_empty() => {
            let clause = printer.predicate(predicate, scope)?;
            Ok(format!("(CASE WHEN {clause} THEN COALESCE(s.looked, s.since) END)"))
        }
        _ => first_moment(printer, predicate, scope, around),
    }
}

/// The expression for the next moment after now at which an interaction happens that the predicate
/// looks at, or falls out of its window, NULL when there is none before `s.until`.
pub(super) fn next_event(
    printer: &mut Printer<'_>,
    predicate: &Predicate,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let mut parts = Vec::new();
    for did in dids_of(predicate) {
        let clause = event_clause(printer, did, scope, around)?;
        let now = printer.now;
        for after in changes(printer, did) {
            let mut window = format!("e.at > {} AND e.at <= s.until - {after}", now.saturating_sub(after));
            if after > 0 {
                window = format!("{window} AND e.at >= {}", opened(did, around));
            }
            parts.push(format!(
                "SELECT MIN(e.at) + {after} AS v FROM interaction e WHERE {clause} AND {window}"
            ));
        }
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

/// Whether a `did` becomes true by an interaction, and not by there being none, or too many.
fn comes_true_by_an_event(did: &Did) -> bool {
    did.of == Subject::Contact
        && matches!(did.count, CountTest::AtLeast(count) if count > 0)
        && !matches!(did.until, Some(Bound::Ago(_)))
}

/// Whether a predicate stays true once events have made it so. What has no events is taken as it is.
fn lasts(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().all(lasts),
        Predicate::Did(did) if comes_true_by_an_event(did) => !matches!(did.since, Some(Bound::Ago(_))),
        other => dids_of(other).is_empty(),
    }
}

/// The interactions of the contact that a predicate looks at.
fn dids_of(predicate: &Predicate) -> Vec<&Did> {
    fn collect<'p>(predicate: &'p Predicate, dids: &mut Vec<&'p Did>) {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().for_each(|part| collect(part, dids));
            }
            Predicate::Not(inner) => collect(inner, dids),
            Predicate::Did(did) if did.of == Subject::Contact => dids.push(did),
            other => dids.extend(measured_by(other).map(|(measure, _, _)| &measure.over)),
        }
    }
    let mut dids = Vec::new();
    collect(predicate, &mut dids);
    dids
}

/// A comparison of a measure of the contact's interactions with what is the same for everybody.
fn measured_by(predicate: &Predicate) -> Option<(&Measure, Comparison, &Operand)> {
    match predicate {
        Predicate::Compare { left: Operand::Measure(measure), operator, right }
            if measure.over.of == Subject::Contact && is_fixed(right) =>
        {
            Some((measure, *operator, right))
        }
        _ => None,
    }
}

/// How long after an interaction the answer of a `did` can change: at once, and a millisecond after it
/// is as old as the window is long, which includes its end.
fn changes(printer: &Printer<'_>, did: &Did) -> Vec<i64> {
    let out = length(printer, did.since.as_ref()).map(|length| length.saturating_add(1));
    let into = length(printer, did.until.as_ref()).unwrap_or(0);
    [Some(into), out].into_iter().flatten().collect()
}

/// The length of a moving window, in milliseconds; one that depends on the calendar is as long as it is
/// now.
fn length(printer: &Printer<'_>, bound: Option<&Bound>) -> Option<i64> {
    match bound {
        Some(bound @ Bound::Ago(_)) => Some(printer.now.saturating_sub(printer.bound(bound))),
        _ => None,
    }
}

/// The first moment at which a predicate holds whose answer can come and go.
fn first_moment(
    printer: &mut Printer<'_>,
    predicate: &Predicate,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    // Fields and segments are known as they are now, and so only since they were last looked at.
    let start = if only_dids(predicate) { "s.since" } else { "COALESCE(s.looked, s.since)" };
    let mut moments = vec![format!("SELECT {start} AS at")];
    for did in dids_of(predicate) {
        let clause = event_clause(printer, did, scope, around)?;
        let opened = opened(did, around);
        for after in changes(printer, did) {
            moments.push(format!(
                "SELECT e.at + {after} FROM interaction e WHERE {clause} AND e.at >= {opened}
                 AND e.at + {after} >= {start} AND e.at + {after} <= s.upper"
            ));
        }
    }
    let holds = holds_at(printer, predicate, scope, around)?;
    Ok(format!("(SELECT MIN(m.at) FROM ({}) m WHERE {holds})", moments.join(" UNION ALL ")))
}

fn only_dids(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().all(only_dids),
        Predicate::Not(inner) => only_dids(inner),
        Predicate::Did(did) => did.of == Subject::Contact,
        Predicate::Constant(_) => true,
        other => measured_by(other).is_some(),
    }
}

/// The clause for whether a predicate held at the moment `m.at`.
fn holds_at(
    printer: &mut Printer<'_>,
    predicate: &Predicate,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let (parts, word) = match predicate {
        Predicate::All(parts) if !parts.is_empty() => (parts, " AND "),
        Predicate::Any(parts) if !parts.is_empty() => (parts, " OR "),
        Predicate::Not(inner) => {
            return Ok(format!("(({}) IS NOT TRUE)", holds_at(printer, inner, scope, around)?));
        }
        Predicate::Did(did) if did.of == Subject::Contact => return did_at(printer, did, scope, around),
        other => match measured_by(other) {
            Some((measure, operator, right)) => {
                let (clause, window) = within_at(printer, &measure.over, scope, around)?;
                let value = printer.measured_value(measure, "e", scope)?;
                let total = printer.total(measure, &value);
                let right = printer.operand(right, scope)?;
                return Ok(format!(
                    "((SELECT {total} FROM interaction e WHERE {clause} AND {window} AND {value} IS NOT NULL)
                      {} {right})",
                    sql_sign(operator)
                ));
            }
            None => return printer.predicate(other, scope),
        },
    };
    let parts = parts
        .iter()
        .map(|part| holds_at(printer, part, scope, around))
        .collect::<Result<Vec<String>, StoreError>>()?;
    Ok(format!("({})", parts.join(word)))
}

/// The clause for whether a `did` held at the moment `m.at`.
fn did_at(
    printer: &mut Printer<'_>,
    did: &Did,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let test = match did.count {
        CountTest::AtLeast(count) => format!(">= {count}"),
        CountTest::AtMost(count) => format!("<= {count}"),
        CountTest::Exactly(count) => format!("= {count}"),
        CountTest::AtLeastPercent(_) | CountTest::All => {
            return Err(StoreError::Inconsistent("a `did` has no share to compare".to_owned()));
        }
    };
    let (clause, window) = within_at(printer, did, scope, around)?;
    Ok(format!("((SELECT COUNT(*) FROM interaction e WHERE {clause} AND {window}) {test})"))
}

/// Which interactions count for a `did` at the moment `m.at`: the clause, and that for their time.
fn within_at(
    printer: &mut Printer<'_>,
    did: &Did,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<(String, String), StoreError> {
    let clause = event_clause(printer, did, scope, around)?;
    let mut window = format!("e.at >= {} AND e.at <= m.at", opened(did, around));
    for (bound, sign) in [(&did.since, ">="), (&did.until, "<=")] {
        window = match (bound, length(printer, bound.as_ref())) {
            (_, Some(length)) => format!("{window} AND e.at {sign} m.at - {length}"),
            (Some(bound), None) => format!("{window} AND e.at {sign} {}", printer.bound(bound)),
            (None, None) => window,
        };
    }
    Ok((clause, window))
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

/// The expression for the moment at which the window of a `did` opens: when the step that it refers to
/// handled the participant, else with the participant's own. What ended a former visit of the step that
/// asks doesn't count again.
fn opened(did: &Did, around: &Surroundings<'_>) -> String {
    let left = |value: &str, step_key: i64, more: &str| {
        format!(
            "(SELECT MAX({value}) FROM history h WHERE h.iteration_key = {}
                AND h.account_key = s.account_key AND h.contact_key = s.contact_key
                AND h.step_key = {step_key}{more})",
            around.iteration_key
        )
    };
    let opens = match &did.step {
        None => "s.since".to_owned(),
        Some(step) => format!("COALESCE({}, s.since)", left("h.left_at", (around.step_key)(step), "")),
    };
    let Some(step_key) = around.asked_again else { return opens };
    let before = left("h.left_at + 1", step_key, " AND h.visit < s.visit");
    format!("(SELECT MAX(o.v) FROM (SELECT {opens} AS v UNION ALL SELECT {before}) o)")
}

fn nth_event(
    printer: &mut Printer<'_>,
    did: &Did,
    scope: &Scope,
    around: &Surroundings<'_>,
) -> Result<String, StoreError> {
    let clause = event_clause(printer, did, scope, around)?;
    let mut window = format!("e.at >= {} AND e.at <= s.upper", opened(did, around));
    if let Some(Bound::At(at)) = &did.since {
        window = format!("{window} AND e.at >= {at}");
    }
    if let Some(until) = &did.until {
        window = format!("{window} AND e.at <= {}", printer.bound(until));
    }
    let count = match did.count {
        CountTest::AtLeast(count) => count,
        _ => 1,
    };
    Ok(match length(printer, did.since.as_ref()).filter(|_| count > 1) {
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
