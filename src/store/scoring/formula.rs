//! Scoring models as SQL.
//!
//! All interactions that rules look at are gone through once, grouped by contact or account, with a
//! column for each `did`; the rules are expressions over these columns and the record's fields. Points
//! are whole millionths throughout, so that both databases come to the same, in any order.

use super::{
    facts::{Whose, aggregate, column_of, number, part_named, sum_of},
    time_independent_points::{asks_records, is_steady},
};
use crate::model::{
    Entity,
    scoring::{MILLIONTHS, MOST_HALVINGS, Per, Points, ScoringModel, ScoringRule, ScoringTarget},
    time::HOUR,
};
use crate::store::{
    Dialect, StoreError,
    database::chains::chained,
    sql::{
        interactions_sql::profiled,
        predicate::{Printer, Scope, mentions_account, operand_mentions_account},
    },
};

/// A model printed for a statement.
pub(in crate::store) struct Formula {
    /// The score that is there, where only some are computed; NULL where there is none.
    was: String,
    /// The points of all steady rules, in millionths; never NULL.
    steady: String,
    /// The points of all others, in millionths; never NULL.
    moving: String,
    /// The expression for the subject's key.
    pub(in crate::store) key: String,
    /// What stands behind `FROM`.
    pub(in crate::store) from: String,
    /// What has to hold for a subject to be scored.
    pub(in crate::store) clause: String,
    /// The points of each rule, in millionths; never NULL.
    pub(in crate::store) rules: Vec<String>,
    /// Whether each rule gives points at all.
    pub(in crate::store) holds: Vec<String>,
    /// How much the points fall at most with each hour that turns, and how much they rise, in millionths.
    pub(in crate::store) fades: (String, String),
    /// The records in scope, for further conditions.
    pub(in crate::store) scope: Scope,
}

impl Formula {
    /// The points of all rules together.
    pub(in crate::store) fn points(&self) -> String {
        format!("{} + {}", self.steady, self.moving)
    }

    /// The statement that gives key, former score, points, and how they fade, of every subject.
    pub(in crate::store) fn select(&self) -> String {
        let Formula { key, was, steady, moving, fades: (falls, rises), from, clause, .. } = self;
        format!(
            "SELECT {key} AS key, {was} AS was, {steady} AS steady, {moving} AS moving, {falls} AS falls,
                {rises} AS rises FROM {from} WHERE {clause}"
        )
    }
}

/// What is left of points in millionths at the age of an interaction.
pub(in crate::store) fn faded(printer: &mut Printer<'_>, points: i64, half_life: i64, at: &str) -> String {
    let hour = number(printer, printer.now / HOUR);
    let age = format!("({hour} - {at} / {HOUR})");
    format!(
        "(CASE WHEN {age} > {} THEN 0 ELSE CAST({points} AS BIGINT)
             * (SELECT f.factor FROM half_life f WHERE f.hours = {half_life} AND f.age = {age} % {half_life})
             / (CAST({MILLIONTHS} AS BIGINT) << CAST({age} / {half_life} AS INTEGER)) END)",
        MOST_HALVINGS * half_life
    )
}

/// How much faded points lose at most in an hour: the natural logarithm of two by the half-life, and what
/// whole numbers make of it, which is less than two millionths of the points and of each interaction.
fn lost(points: &str, half_life: i64, interactions: &str) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand hours")]
    let share = 0.693_148 / half_life as f64 + 0.000_002_1;
    format!("(abs(COALESCE({points}, 0)) * {share:.9} + 2 * COALESCE({interactions}, 0))")
}

/// Prints a model.
pub(in crate::store) fn formula(
    printer: &mut Printer<'_>,
    model: &ScoringModel,
    whose: Whose<'_>,
) -> Result<Formula, StoreError> {
    let mut scope = match model.target.base() {
        Entity::Contact => Scope::contact("c"),
        _ => Scope::account("a"),
    };
    if model.target.subject() == Entity::Lead {
        scope.lead = Some("l".to_owned());
    }
    printer.consent = Some(model.consent);
    let counted = aggregate(printer, model, whose, &scope)?;
    let (mut rules, mut holds) = (Vec::new(), Vec::new());
    let (mut steady, mut moving) = (Vec::new(), Vec::new());
    let (mut falls, mut rises) = (Vec::new(), Vec::new());
    for (number, rule) in model.rules.iter().enumerate() {
        let when = printer.predicate(&rule.when, &scope)?;
        let points = points(printer, rule, number, &scope)?;
        if let (Points::Fixed(each), Some(half_life), Some(did)) =
            (&rule.points, rule.per.half_life(), rule.per.did())
        {
            let counted = column_of(printer, did, 'n');
            let lost = match rule.per {
                Per::Latest { .. } => lost(&points, half_life, "1"),
                _ => lost(&sum_of(printer, did, number), half_life, &counted),
            };
            if *each > 0 { falls.push(lost) } else { rises.push(lost) }
        }
        let points = format!("(CASE WHEN {when} THEN {points} ELSE 0 END)");
        let kind = if is_steady(rule) { &mut steady } else { &mut moving };
        kind.push(points.clone());
        rules.push(points);
        holds.push(when);
    }
    (printer.facts, printer.consent) = (None, None);
    let total = |parts: Vec<String>| match parts.is_empty() {
        true => "CAST(0 AS BIGINT)".to_owned(),
        false => chained(&parts, " + "),
    };
    let sum = |parts: Vec<String>| match parts.is_empty() {
        true => "CAST(NULL AS DOUBLE PRECISION)".to_owned(),
        false => format!("CAST({} AS DOUBLE PRECISION)", chained(&parts, " + ")),
    };
    let source = source(printer, model, whose, &counted);
    Ok(Formula {
        was: source.was,
        steady: source.steady.unwrap_or_else(|| total(steady)),
        moving: total(moving),
        key: source.key,
        from: source.from,
        clause: source.clauses.join(" AND "),
        rules,
        holds,
        fades: (sum(falls), sum(rises)),
        scope,
    })
}

/// Where the subjects come from.
struct Source {
    key: String,
    from: String,
    clauses: Vec<String>,
    /// The score that is there.
    was: String,
    /// The points of steady rules, where they are kept.
    steady: Option<String>,
}

/// Joined in one order, whatever a planner thinks: all from the records to their parents, and to what was
/// counted (`counted`); some from what was counted to the records.
fn source(printer: &Printer<'_>, model: &ScoringModel, whose: Whose<'_>, counted: &[String]) -> Source {
    let (parent, base) = match model.target.base() {
        Entity::Contact => (format!("contact c{}", joined(model)), "c.key"),
        _ => ("account a".to_owned(), "a.key"),
    };
    let lead = model.target.subject() == Entity::Lead;
    let of_score = |key: &str| {
        format!("z.model_key = {} AND z.subject_key = {key}", printer.names.model_key(&model.name))
    };
    if let Whose::Moving { .. } = whose {
        // Whom it scores hasn't changed: the score that is there tells.
        let key = if lead { "l.key" } else { "b.key" };
        let (mut from, mut clauses) = joined_parts(counted);
        clauses.push(of_score(key));
        if asks_records(model) {
            from = format!("{from} CROSS JOIN {parent}");
            clauses.push(format!("{base} = b.key"));
        }
        if lead {
            from = format!("{from} CROSS JOIN lead l");
            clauses.push(format!("l.{}_key = b.key", model.target.base().name()));
        }
        return Source {
            key: key.to_owned(),
            from: format!("{from} CROSS JOIN score z"),
            clauses,
            was: "z.score".to_owned(),
            steady: Some("z.steady".to_owned()),
        };
    }
    let (key, condition) = match model.target {
        ScoringTarget::ContactLeads => ("l.key", "c.key = l.contact_key"),
        ScoringTarget::AccountLeads => {
            ("l.key", "a.key = l.account_key AND l.contact_key IS NULL AND COALESCE(l.contact_id, '') = ''")
        }
        ScoringTarget::Contacts | ScoringTarget::Accounts => (base, "1 = 1"),
    };
    let mut clauses = vec![condition.to_owned()];
    if model.target.base() == Entity::Contact {
        clauses.push(profiled(model.consent, "c"));
    }
    let (from, was) = if let Whose::Of { only, .. } = whose {
        let (from, parts) = joined_parts(counted);
        clauses.extend(parts);
        clauses.push(format!("{base} = b.key"));
        clauses.extend(only.map(|only| format!("{key} = {only}")));
        let lead = if lead { " CROSS JOIN lead l" } else { "" };
        (
            format!("{from} CROSS JOIN {parent}{lead}"),
            format!("(SELECT z.score FROM score z WHERE {})", of_score(key)),
        )
    } else {
        let lead = if lead { "lead l CROSS JOIN " } else { "" };
        let parts = counted.iter().enumerate().map(|(part, counted)| {
            let name = part_named(part);
            format!(" LEFT JOIN ({counted}) {name} ON {name}.key = {base}")
        });
        let counted: String = parts.collect();
        (format!("{lead}{parent}{counted}"), "CAST(NULL AS BIGINT)".to_owned())
    };
    Source { key: key.to_owned(), from, clauses, was, steady: None }
}

/// The parts of what was counted, each with a row for everybody who is asked for, and how they belong together.
fn joined_parts(counted: &[String]) -> (String, Vec<String>) {
    let parts = counted.iter().enumerate();
    let from: Vec<String> =
        parts.map(|(part, counted)| format!("({counted}) {}", part_named(part))).collect();
    let same = (1..counted.len()).map(|part| format!("{}.key = b.key", part_named(part)));
    (from.join(" CROSS JOIN "), same.collect())
}

fn joined(model: &ScoringModel) -> &'static str {
    let looks = model.rules.iter().any(|rule| {
        mentions_account(&rule.when)
            || matches!(&rule.points, Points::Calculated(operand) if operand_mentions_account(operand))
    });
    if looks { " LEFT JOIN account c_account ON c_account.key = c.account_key" } else { "" }
}

/// The points of a rule whose condition holds.
fn points(
    printer: &mut Printer<'_>,
    rule: &ScoringRule,
    place: usize,
    scope: &Scope,
) -> Result<String, StoreError> {
    let dialect = printer.dialect;
    Ok(match (&rule.points, &rule.per) {
        (Points::Fixed(points), Per::Once) => format!("CAST({points} AS BIGINT)"),
        (Points::Fixed(points), Per::Latest { did, half_life }) => {
            let latest = column_of(printer, did, 'm');
            format!("COALESCE({}, 0)", faded(printer, *points, *half_life, &latest))
        }
        (Points::Fixed(points), Per::Each { did, half_life: None }) => {
            let counted = column_of(printer, did, 'n');
            bounded(dialect, rule, format!("CAST({points} AS BIGINT) * COALESCE({counted}, 0)"))
        }
        (Points::Fixed(_), Per::Each { did, half_life: Some(_) }) => {
            bounded(dialect, rule, format!("COALESCE({}, 0)", sum_of(printer, did, place)))
        }
        (Points::Calculated(operand), _) => {
            let points = printer.operand(operand, scope)?;
            let points = format!("(CAST({points} AS DOUBLE PRECISION) * {MILLIONTHS}.0)");
            // Bounded before it is made a whole number, so that none is too large for one.
            let points = bounded(dialect, rule, format!("COALESCE({points}, 0)"));
            let half = format!("(CASE WHEN {points} < 0 THEN -0.5 ELSE 0.5 END)");
            dialect.whole(&format!("{points} + {half}"))
        }
    })
}

/// Points within the rule's bounds, where it has any.
fn bounded(dialect: Dialect, rule: &ScoringRule, points: String) -> String {
    let mut points = points;
    if let Some(most) = rule.at_most {
        points = dialect.least(&points, &most.to_string());
    }
    if let Some(least) = rule.at_least {
        points = dialect.greatest(&points, &least.to_string());
    }
    points
}
