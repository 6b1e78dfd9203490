//! Whether a condition is known to have held as of a moment.
//!
//! What was done is known of any moment. A field, a link, a score is known from the moment since which it
//! has its present value; what it was before isn't kept. So of a moment a condition can be known to hold,
//! known not to, or neither: it holds where that follows from what is known.

use super::{field_since::LEADS_LEFT, former_accounts::account_at};
use crate::model::{
    Condition, CountTest, DatePart, Entity, FieldType, Operand, Part, Predicate, Reckoning, Records, Related,
    Subject, Value,
};
use crate::store::{
    Cell, StoreError,
    queue::focus::change_kind,
    sql::{
        as_of::of_account,
        predicate::{Printer, Scope, contact_key, key_in_scope},
    },
};

/// How the answer of a comparison depends on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Clock {
    /// It doesn't.
    Apart,
    /// It turns at the moment that a field holds, so many milliseconds away from it.
    Moments,
    /// It turns with the day, if it does.
    Days,
    /// It may turn at any time.
    Always,
}

impl Printer<'_> {
    /// The clause for whether a predicate, or its opposite when `negated`, is known to have held as of the
    /// moment of `as_of`, which has to be dated.
    pub(in crate::store) fn known(
        &mut self,
        predicate: &Predicate,
        negated: bool,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let all = |parts: Vec<String>, word: &str, none: &str| match parts.is_empty() {
            true => none.to_owned(),
            false => format!("({})", parts.join(word)),
        };
        match predicate {
            Predicate::Constant(holds) => {
                Ok(if *holds != negated { "(1 = 1)" } else { "(1 = 0)" }.to_owned())
            }
            Predicate::All(parts) | Predicate::Any(parts) => {
                let printed = parts.iter().map(|part| self.known(part, negated, scope));
                let printed = printed.collect::<Result<Vec<String>, _>>()?;
                Ok(match matches!(predicate, Predicate::All(_)) != negated {
                    true => all(printed, " AND ", "(1 = 1)"),
                    false => all(printed, " OR ", "(1 = 0)"),
                })
            }
            Predicate::Not(inner) => self.known(inner, !negated, scope),
            Predicate::Did(_) | Predicate::Subscribed { .. } => self.told(predicate, negated, scope),
            Predicate::InSegment { segment, holds, .. } => match self.condition_of(segment) {
                Some(condition) => self
                    .in_condition(condition, |printer| printer.known(&condition.predicate, negated, scope)),
                None => self.was_member(segment, *holds, negated, scope),
            },
            Predicate::Related(related) => self.known_related(related, negated, scope),
            leaf => {
                let told = self.told(leaf, negated, scope)?;
                let known = self.known_since(leaf, scope)?;
                Ok(match known.is_empty() {
                    true => told,
                    false => format!("({} AND {told})", known.join(" AND ")),
                })
            }
        }
    }

    /// The condition of a segment that is asked by it.
    pub(in crate::store) fn condition_of<'s>(&self, segment: &str) -> Option<&'s Condition>
    where
        Self: 's,
    {
        self.segments.and_then(|segments| segments.get(segment))
    }

    /// Prints a part of a segment's condition: in the segment's time zone, over everything that was ever done.
    pub(in crate::store) fn in_condition<T>(
        &mut self,
        condition: &Condition,
        print: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let zone = crate::calendar::Zone::named(&condition.timezone)
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?
            .with_holidays(&self.names.holidays);
        let zone = std::mem::replace(&mut self.zone, zone);
        let window = self.as_of.as_mut().and_then(|as_of| as_of.window.take());
        let printed = print(self);
        if let Some(as_of) = &mut self.as_of {
            as_of.window = window;
        }
        self.zone = zone;
        printed
    }

    fn told(&mut self, predicate: &Predicate, negated: bool, scope: &Scope) -> Result<String, StoreError> {
        let clause = self.predicate(predicate, scope)?;
        Ok(if negated { format!("(({clause}) IS NOT TRUE)") } else { clause })
    }

    fn as_of_moment(&self) -> Result<String, StoreError> {
        let moment = self.as_of.as_ref().map(|as_of| as_of.moment.clone());
        moment.ok_or_else(|| StoreError::Inconsistent("a condition is asked as of no moment".to_owned()))
    }

    /// The clauses for whether the fields, links and days are known that a comparison asks for.
    fn known_since(&mut self, leaf: &Predicate, scope: &Scope) -> Result<Vec<String>, StoreError> {
        let moment = self.as_of_moment()?;
        let mut known = Vec::new();
        for field in fields_of(leaf) {
            let since = self.operand_since(field, scope)?;
            known.push(format!("COALESCE({since}, {moment}) <= {moment}"));
        }
        match clock_of(leaf) {
            Clock::Apart | Clock::Moments => {}
            Clock::Days => {
                let earliest = self.days().last().map_or(i64::MIN, |(start, _)| *start);
                known.push(format!("{moment} >= {earliest}"));
            }
            Clock::Always => known.push(format!("{moment} >= {}", self.now)),
        }
        Ok(known)
    }

    fn was_member(
        &mut self,
        segment: &str,
        holds: Entity,
        negated: bool,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let (moment, key, subject) =
            (self.as_of_moment()?, self.names.segment_key(segment), key_in_scope(holds, scope)?);
        let member = format!(
            "COALESCE((SELECT h.joined FROM membership_change h WHERE h.segment_key = {key}
                AND h.subject_key = {subject} AND h.at <= {moment} ORDER BY h.at DESC LIMIT 1), 0)"
        );
        Ok(format!("({member} = {})", i64::from(!negated)))
    }

    fn known_related(
        &mut self,
        related: &Related,
        negated: bool,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let moment = self.as_of_moment()?;
        let alias = format!("q{}", self.alias());
        let (from, belongs, inner) = belonging(related, &alias, scope)?;
        let there = format!("{belongs} AND {}", self.there_at(related, &alias, &inner, scope, &moment)?);
        let count = |clause: &str| format!("(SELECT COUNT(*) FROM {from} WHERE {there} AND {clause})");
        // Those of whom it is known that they satisfy it, and those of whom it isn't known that they don't.
        let holds = |printer: &mut Self| printer.known(&related.condition, false, &inner);
        let fails = |printer: &mut Self| printer.known(&related.condition, true, &inner);
        let sure = |printer: &mut Self| holds(printer).map(|holds| count(&holds));
        let possible =
            |printer: &mut Self| fails(printer).map(|fails| count(&format!("(({fails}) IS NOT TRUE)")));
        let clause = match (related.count, negated) {
            (CountTest::AtLeast(1), false) => {
                format!("EXISTS (SELECT 1 FROM {from} WHERE {there} AND {})", holds(self)?)
            }
            (CountTest::AtLeast(number), false) => format!("({} >= {number})", sure(self)?),
            (CountTest::AtLeast(number), true) => format!("({} < {number})", possible(self)?),
            (CountTest::AtMost(number), false) => format!("({} <= {number})", possible(self)?),
            (CountTest::AtMost(number), true) => format!("({} > {number})", sure(self)?),
            (CountTest::Exactly(number), false) => {
                format!("({} >= {number} AND {} <= {number})", sure(self)?, possible(self)?)
            }
            (CountTest::Exactly(number), true) => {
                format!("({} > {number} OR {} < {number})", sure(self)?, possible(self)?)
            }
            (CountTest::All, false) => {
                let holds = holds(self)?;
                format!("({} = 0)", count(&format!("(({holds}) IS NOT TRUE)")))
            }
            (CountTest::All, true) => format!("({} > 0)", count(&fails(self)?)),
            (CountTest::AtLeastPercent(percent), _) => {
                let part = if negated { possible(self)? } else { sure(self)? };
                let percent = self.bind(Cell::Real(percent));
                let all = count("1 = 1");
                match negated {
                    false => format!("({all} > 0 AND 100.0 * {part} >= {percent} * {all})"),
                    true => format!("({all} = 0 OR 100.0 * {part} < {percent} * {all})"),
                }
            }
        };
        let asks_for_few = matches!(
            (related.count, negated),
            (CountTest::AtLeast(_), true)
                | (CountTest::AtMost(_) | CountTest::All | CountTest::Exactly(_), false)
                | (CountTest::AtLeastPercent(_), _)
        );
        // Which leads there were before one left isn't kept.
        Ok(match (related.records, asks_for_few) {
            (Records::Leads, true) => {
                format!("({clause} AND COALESCE({}, {moment}) <= {moment})", leads_left(related, scope)?)
            }
            _ => clause,
        })
    }

    /// The clause for whether a related record under an alias was there as of a moment, and belonged to whom it
    /// is asked of.
    fn there_at(
        &mut self,
        related: &Related,
        alias: &str,
        inner: &Scope,
        scope: &Scope,
        moment: &str,
    ) -> Result<String, StoreError> {
        Ok(match related.records {
            Records::Contacts => {
                let (account, since) =
                    (&scope.account_key, self.field_since(Subject::Contact, "account_id", inner)?);
                format!(
                    "({alias}.key = -{account} OR {} = {account}) AND (EXISTS (SELECT 1 FROM former_account f
                        WHERE f.contact_key = {alias}.key AND f.until > {moment})
                        OR COALESCE({since}, {moment}) <= {moment})",
                    account_at(alias, moment)
                )
            }
            Records::Leads => {
                let mut there = Vec::new();
                for link in ["contact_id", "account_id"] {
                    let since = self.field_since(Subject::Lead, link, inner)?;
                    there.push(format!("COALESCE({since}, {moment}) <= {moment}"));
                }
                there.join(" AND ")
            }
            Records::Activities => format!("{alias}.created_at <= {moment}"),
        })
    }

    /// Adds the moments at which related records under an alias came, and left.
    pub(in crate::store) fn belonging_points(
        &mut self,
        related: &Related,
        alias: &str,
        inner: &Scope,
        scope: &Scope,
    ) -> Result<Vec<String>, StoreError> {
        Ok(match related.records {
            Records::Contacts => vec![
                self.field_since(Subject::Contact, "account_id", inner)?,
                format!(
                    "(SELECT MAX(f.until) FROM former_account f
                      WHERE f.contact_key = {alias}.key AND f.account_key = {})",
                    scope.account_key
                ),
            ],
            Records::Leads => vec![
                self.field_since(Subject::Lead, "contact_id", inner)?,
                self.field_since(Subject::Lead, "account_id", inner)?,
            ],
            Records::Activities => vec![format!("{alias}.created_at")],
        })
    }
}

/// The expression for the latest moment at which a lead left the subject in scope.
pub(in crate::store) fn leads_left(related: &Related, scope: &Scope) -> Result<String, StoreError> {
    let of = |kind: Entity, key: &str| {
        format!(
            "SELECT f.since AS v FROM field_since f
             WHERE f.kind = {} AND f.subject_key = {key} AND f.field = '{LEADS_LEFT}'",
            change_kind(kind)
        )
    };
    Ok(match related.of {
        Subject::Account => format!(
            "(SELECT MAX(u.v) FROM ({} UNION ALL {}) u)",
            of(Entity::Account, &scope.account_key),
            format_args!(
                "SELECT f.since FROM contact k JOIN field_since f ON f.kind = {} AND f.subject_key = k.key
                    AND f.field = '{LEADS_LEFT}' WHERE k.account_key = {}",
                change_kind(Entity::Contact),
                scope.account_key
            )
        ),
        _ => format!("(SELECT MAX(u.v) FROM ({}) u)", of(Entity::Contact, contact_key(scope)?)),
    })
}

/// The records under an alias that belong to the subject in scope: tables, the clause, and their scope.
pub(in crate::store) fn belonging(
    related: &Related,
    alias: &str,
    scope: &Scope,
) -> Result<(String, String, Scope), StoreError> {
    let account = &scope.account_key;
    // Segments that are asked by their conditions may look at parents that the condition itself doesn't name.
    let account_of_it =
        format!(" LEFT JOIN account {alias}_account ON {alias}_account.key = {alias}.account_key");
    let through = |table: &str| {
        match related.of {
            // One list of keys, as PostgreSQL takes no index for an alternative that is a statement.
            Subject::Account => Ok(format!(
                "{alias}.key IN (SELECT r.key FROM {table} r WHERE r.account_key = {account} UNION ALL
                SELECT r.key FROM contact k JOIN {table} r ON r.contact_key = k.key WHERE {})",
                of_account("k", account)
            )),
            _ => contact_key(scope).map(|key| format!("{alias}.contact_key = {key}")),
        }
        .map(|clause| (table.to_owned(), clause))
    };
    Ok(match related.records {
        // Those who left belonged to it before.
        Records::Contacts => (
            format!("contact {alias}{account_of_it}"),
            format!(
                "{alias}.key IN (SELECT k.key FROM contact k WHERE {} UNION ALL
                    SELECT f.contact_key FROM former_account f WHERE f.account_key = {account})",
                of_account("k", account)
            ),
            Scope::contact(alias),
        ),
        Records::Leads => {
            let (table, clause) = through("lead")?;
            let contact =
                format!(" LEFT JOIN contact {alias}_contact ON {alias}_contact.key = {alias}.contact_key");
            (format!("{table} {alias}{contact}{account_of_it}"), clause, Scope::lead(alias))
        }
        Records::Activities => {
            let (table, clause) = through("activity")?;
            (format!("{table} {alias}"), clause, Scope::activity(alias))
        }
    })
}

/// The fields of the records in scope, and of those that they lead to, that a comparison asks for, each once.
pub(in crate::store) fn fields_of(leaf: &Predicate) -> Vec<&Operand> {
    fn visit<'p>(part: Part<'p>, found: &mut Vec<&'p Operand>) {
        match part {
            Part::Operand(Operand::Measure(_)) => {}
            Part::Operand(Operand::Field { subject: Subject::Interaction | Subject::Activity, .. }) => {}
            Part::Operand(
                field @ (Operand::Field { .. } | Operand::Since { .. } | Operand::Followed { .. }),
            ) => {
                if !found.contains(&field) {
                    found.push(field);
                }
            }
            other => other.below().into_iter().for_each(|part| visit(part, found)),
        }
    }
    let mut found = Vec::new();
    visit(Part::Predicate(leaf), &mut found);
    found
}

/// How a comparison depends on the clock.
pub(in crate::store) fn clock_of(leaf: &Predicate) -> Clock {
    if let Predicate::Compare { left, right, .. } = leaf
        && moments_of(left, right).or_else(|| moments_of(right, left)).is_some()
    {
        return Clock::Moments;
    }
    let mut clock = Clock::Apart;
    Part::Predicate(leaf).each(&mut |part| {
        let of_part = match part {
            Part::Operand(Operand::Today { .. } | Operand::Day(_)) => Clock::Days,
            Part::Operand(Operand::Moment(Reckoning::StartOf(..) | Reckoning::EndOf(..))) => Clock::Days,
            Part::Operand(Operand::OfDate { part: DatePart::Anniversary, .. }) => Clock::Days,
            Part::Operand(Operand::Now { .. } | Operand::Moment(_)) => Clock::Always,
            _ => Clock::Apart,
        };
        clock = clock.max(of_part);
    });
    clock
}

/// A field, attribute or literal that holds a moment, compared with one that lies a fixed time away from now: the
/// operand, and the moment it is compared with.
pub(in crate::store) fn moments_of<'p>(
    value: &'p Operand,
    moment: &'p Operand,
) -> Option<(&'p Operand, &'p Operand)> {
    let fixed =
        matches!(moment, Operand::Now { .. } | Operand::Moment(Reckoning::Ago(_) | Reckoning::Ahead(_)));
    let holds_one = matches!(
        value,
        Operand::Field { kind: FieldType::DateTime, .. }
            | Operand::Literal(Value::Time(_))
            | Operand::Since { .. }
    );
    (fixed && holds_one).then_some((value, moment))
}
