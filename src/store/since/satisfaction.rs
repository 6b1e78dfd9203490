//! Since when a condition has held: the time of the event that made it hold, not of its discovery.
//!
//! A condition is tried at each moment at which its answer can have changed, up to the earlier of now and the
//! deadline. For a trigger the first at which all holds is the one: it waits for something to happen. A
//! segment or an audience counts from the last moment on since which all has held without a break.

use super::{
    known::{Clock, clock_of, fields_of},
    turning_points::{TurningPoints, measures},
};
use crate::model::{Bound, CountTest, Did, Predicate, Subject};
use crate::store::{
    StoreError,
    sql::predicate::{Printer, Scope, key_in_scope},
};

impl Printer<'_> {
    /// The expression for the moment at which a predicate was satisfied within a trigger's window, NULL when it
    /// wasn't. It refers to the columns of `s`: account_key, contact_key, since, upper.
    pub(in crate::store) fn satisfied_at(
        &mut self,
        predicate: &Predicate,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        self.first_moment(predicate, false, scope)
    }

    /// The expression for the next moment after now at which the answer of a predicate can change, NULL when
    /// there is none before `s.until`.
    pub(in crate::store) fn next_turn(
        &mut self,
        predicate: &Predicate,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let mut points = Vec::new();
        self.turning_points(predicate, scope, &mut points)?;
        let now = self.now.to_string();
        let ahead = points.iter().filter(|point| point.ahead);
        let ahead: Vec<String> = ahead.map(|point| point.between(&now, "s.until")).collect();
        Ok(match ahead.is_empty() {
            true => "CAST(NULL AS BIGINT)".to_owned(),
            false => format!("(SELECT MIN(u.at) FROM ({}) u)", ahead.join(" UNION ALL ")),
        })
    }

    /// The first moment of the window at which a predicate, or its opposite, held.
    fn first_moment(
        &mut self,
        predicate: &Predicate,
        negated: bool,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let all_of = |parts: &[String]| {
            let count = parts.len();
            format!(
                "(SELECT CASE WHEN COUNT(u.v) = {count} THEN MAX(u.v) END FROM ({}) u)",
                parts.join(" UNION ALL ")
            )
        };
        match predicate {
            Predicate::Not(inner) => self.first_moment(inner, !negated, scope),
            Predicate::All(parts) | Predicate::Any(parts) if !parts.is_empty() => {
                let every = matches!(predicate, Predicate::All(_)) != negated;
                if every && !parts.iter().all(|part| stays(part, negated)) {
                    return self.first_of_turning_points(predicate, negated, scope);
                }
                let parts = parts
                    .iter()
                    .map(|part| Ok(format!("SELECT {} AS v", self.first_moment(part, negated, scope)?)))
                    .collect::<Result<Vec<String>, StoreError>>()?;
                Ok(match every {
                    true => all_of(&parts),
                    false => format!("(SELECT MIN(u.v) FROM ({}) u)", parts.join(" UNION ALL ")),
                })
            }
            Predicate::Did(did) if !negated && comes_true_by_an_event(did) => self.nth_event(did, scope),
            leaf if is_of_fields(leaf) => {
                let clause = self.predicate(leaf, scope)?;
                let clause = if negated { format!("({clause}) IS NOT TRUE") } else { clause };
                let mut moments = vec!["SELECT s.since AS v".to_owned()];
                for field in fields_of(leaf) {
                    moments.push(format!("SELECT {} AS v", self.operand_since(field, scope)?));
                }
                Ok(format!(
                    "(CASE WHEN {clause} THEN (SELECT CASE WHEN MAX(u.v) <= s.upper THEN MAX(u.v) END FROM ({}) u) END)",
                    moments.join(" UNION ALL ")
                ))
            }
            other => self.first_of_turning_points(other, negated, scope),
        }
    }

    fn first_of_turning_points(
        &mut self,
        predicate: &Predicate,
        negated: bool,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let mut points = Vec::new();
        self.turning_points(predicate, scope, &mut points)?;
        let mut moments = vec!["SELECT s.since AS at".to_owned()];
        moments.extend(points.iter().map(|point| point.between("s.since", "s.upper")));
        let holds = self.known(predicate, negated, scope)?;
        Ok(format!("(SELECT MIN(m.at) FROM ({}) m WHERE {holds})", moments.join(" UNION ALL ")))
    }

    /// The expression for the moment since which a predicate, or its opposite, which holds now, has held without
    /// a break: `earliest` when it has since then or longer, NULL when that can't be told.
    pub(in crate::store) fn held_since(
        &mut self,
        predicate: &Predicate,
        negated: bool,
        scope: &Scope,
        earliest: i64,
    ) -> Result<String, StoreError> {
        let mut points: Vec<TurningPoints> = Vec::new();
        self.turning_points(predicate, scope, &mut points)?;
        let (first, now) = (earliest.to_string(), self.now.to_string());
        let mut moments = vec![format!("SELECT CAST({earliest} AS BIGINT) AS at")];
        moments.extend(points.iter().map(|point| point.between(&first, &now)));
        let holds = self.known(predicate, negated, scope)?;
        // Without the `LIMIT` SQLite merges the two inner statements, and then doesn't find the moment.
        Ok(format!(
            "(SELECT MIN(x.at) FROM (
                SELECT t.at, t.holds, MAX(CASE WHEN t.holds = 0 THEN t.at END) OVER () AS broke FROM (
                    SELECT m.at, CASE WHEN {holds} THEN 1 ELSE 0 END AS holds FROM ({}) m LIMIT 1000000000) t) x
              WHERE x.holds = 1 AND (x.broke IS NULL OR x.at > x.broke))",
            moments.join(" UNION ALL ")
        ))
    }

    /// The expression for the moment since which a predicate that is made of segments and fields, and holds now,
    /// has held, as far as that is known: of several that must hold the latest, of alternatives the earliest.
    pub(in crate::store) fn standing_since(
        &mut self,
        predicate: &Predicate,
        negated: bool,
        scope: &Scope,
    ) -> Result<Option<String>, StoreError> {
        Ok(match predicate {
            Predicate::Not(inner) => self.standing_since(inner, !negated, scope)?,
            Predicate::All(parts) | Predicate::Any(parts) => {
                let every = matches!(predicate, Predicate::All(_)) != negated;
                let mut moments = Vec::new();
                for part in parts {
                    let since = self.standing_since(part, negated, scope)?;
                    if every {
                        moments.extend(since.map(|since| format!("SELECT {since} AS v")));
                        continue;
                    }
                    // Of the alternatives only those count that hold.
                    let clause = self.predicate(part, scope)?;
                    let clause = if negated { format!("({clause}) IS NOT TRUE") } else { clause };
                    let since = since.map_or_else(|| "0".to_owned(), |since| format!("COALESCE({since}, 0)"));
                    moments.push(format!("SELECT CASE WHEN {clause} THEN {since} END AS v"));
                }
                let of = if every { "MAX" } else { "MIN" };
                match moments.is_empty() {
                    true => None,
                    false => Some(format!("(SELECT {of}(u.v) FROM ({}) u)", moments.join(" UNION ALL "))),
                }
            }
            Predicate::InSegment { segment, holds, .. } => {
                let (key, subject) = (self.names.segment_key(segment), key_in_scope(*holds, scope)?);
                let joined = i64::from(!negated);
                let mut since = format!(
                    "(SELECT MAX(h.at) FROM membership_change h
                      WHERE h.segment_key = {key} AND h.subject_key = {subject} AND h.joined = {joined})"
                );
                if *holds == crate::model::Entity::Account && scope.contact.is_some() {
                    // A contact is in its account's segment since it belongs to the account.
                    let belongs = self.field_since(Subject::Contact, "account_id", scope)?;
                    since =
                        format!("(SELECT MAX(u.v) FROM (SELECT {since} AS v UNION ALL SELECT {belongs}) u)");
                }
                Some(since)
            }
            leaf if is_of_fields(leaf) => {
                let mut moments = Vec::new();
                for field in fields_of(leaf) {
                    moments.push(format!("SELECT {} AS v", self.operand_since(field, scope)?));
                }
                match moments.is_empty() {
                    true => None,
                    false => Some(format!("(SELECT MAX(u.v) FROM ({}) u)", moments.join(" UNION ALL "))),
                }
            }
            _ => None,
        })
    }

    fn nth_event(&mut self, did: &Did, scope: &Scope) -> Result<String, StoreError> {
        let Some(as_of) = self.as_of.clone() else {
            return Err(StoreError::Inconsistent("a condition is asked as of no moment".to_owned()));
        };
        let (from, clause) = self.interactions_of(did, "e", scope, &as_of)?;
        let mut window = "e.at <= s.upper".to_owned();
        if as_of.window.is_none() {
            window.push_str(" AND e.at >= s.since");
        }
        if let Some(Bound::At(at)) = &did.since {
            window = format!("{window} AND e.at >= {at}");
        }
        if let Some(until) = &did.until {
            window = format!("{window} AND e.at <= {}", self.bound(until));
        }
        let count = match did.count {
            CountTest::AtLeast(count) => count,
            _ => 1,
        };
        Ok(match self.window_length(did.since.as_ref()).filter(|_| count > 1) {
            None => format!(
                "(SELECT e.at FROM {from} WHERE {clause} AND {window} ORDER BY e.at LIMIT 1 OFFSET {})",
                count - 1
            ),
            // A moving window has to hold all of them: the first event that closes such a stretch.
            Some(length) => format!(
                "(SELECT MIN(w.at) FROM (SELECT e.at AS at, LAG(e.at, {}) OVER (ORDER BY e.at) AS first
                    FROM {from} WHERE {clause} AND {window}) w
                  WHERE w.first IS NOT NULL AND w.at - w.first <= {length})",
                count - 1
            ),
        })
    }
}

/// Whether a `did` becomes true by an interaction, and not by there being none, or too many.
fn comes_true_by_an_event(did: &Did) -> bool {
    did.of == Subject::Contact
        && matches!(did.count, CountTest::AtLeast(count) if count > 0)
        && !matches!(did.until, Some(Bound::Ago(_)))
}

/// Whether a predicate, or its opposite, stays true once it is.
fn stays(predicate: &Predicate, negated: bool) -> bool {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().all(|part| stays(part, negated)),
        Predicate::Not(inner) => stays(inner, !negated),
        Predicate::Did(did) => {
            !negated && comes_true_by_an_event(did) && !matches!(did.since, Some(Bound::Ago(_)))
        }
        leaf => is_of_fields(leaf),
    }
}

/// Whether a predicate compares nothing but fields with what is always the same: their present values are all
/// that is known of it.
fn is_of_fields(predicate: &Predicate) -> bool {
    let is_leaf = !matches!(
        predicate,
        Predicate::All(_)
            | Predicate::Any(_)
            | Predicate::Not(_)
            | Predicate::Did(_)
            | Predicate::Subscribed { .. }
            | Predicate::InSegment { .. }
            | Predicate::Related(_)
    );
    is_leaf && clock_of(predicate) == Clock::Apart && !measures(predicate)
}
