//! Scoring models as SQL.
//!
//! All interactions that rules look at are gone through once, grouped by contact or account, with a
//! column for each `did`; the rules are expressions over these columns and the record's fields. Points
//! are whole millionths throughout, so that both databases come to the same, in any order.

use super::{
    Cell, Dialect, Store, StoreError, happened,
    predicate::{Printer, Scope, mentions, mentions_account, operand_mentions_account},
};
use crate::model::{
    Bound, CountTest, Did, Entity, Operand, Part, Predicate, Subject,
    scoring::{MILLIONTHS, MOST_HALVINGS, Per, Points, ScoringModel, ScoringRule, ScoringTarget},
    time::HOUR,
};

/// A model printed for a statement.
pub(super) struct Formula {
    /// The expression for the subject's key.
    pub(super) key: String,
    /// What stands behind `FROM`.
    pub(super) from: String,
    /// What has to hold for a subject to be scored.
    pub(super) clause: String,
    /// The points of each rule, in millionths; never NULL.
    pub(super) rules: Vec<String>,
    /// Whether each rule gives points at all.
    pub(super) holds: Vec<String>,
    /// How much the points fall at most with each hour that turns, and how much they rise, in millionths.
    pub(super) fades: (String, String),
    /// The records in scope, for further conditions.
    pub(super) scope: Scope,
}

impl Formula {
    /// The points of all rules together.
    pub(super) fn points(&self) -> String {
        if self.rules.is_empty() { "CAST(0 AS BIGINT)".to_owned() } else { self.rules.join(" + ") }
    }

    /// The statement that gives key, points, and how they fade, of every subject.
    pub(super) fn select(&self) -> String {
        let (falls, rises) = &self.fades;
        format!(
            "SELECT {} AS key, {} AS points, {falls} AS falls, {rises} AS rises FROM {} WHERE {}",
            self.key,
            self.points(),
            self.from,
            self.clause
        )
    }
}

/// The moments within which interactions count for a `did`, the clauses apart.
fn window(printer: &Printer<'_>, did: &Did) -> (Option<i64>, i64) {
    let bound = |bound: &Bound| printer.bound(bound);
    let until = did.until.as_ref().map_or(printer.now, |until| bound(until).min(printer.now));
    (did.since.as_ref().map(bound), until)
}

/// Which interactions under an alias count for a `did`.
pub(super) fn matching(
    printer: &mut Printer<'_>,
    did: &Did,
    alias: &str,
    scope: &Scope,
) -> Result<String, StoreError> {
    let clause = printer.counted(did, alias, scope)?;
    let (since, until) = window(printer, did);
    let since = since.map_or(String::new(), |since| format!(" AND {alias}.at >= {}", number(printer, since)));
    Ok(format!("{clause}{since} AND {alias}.at <= {}", number(printer, until)))
}

/// A whole number as a parameter, each once, so that the text of a statement doesn't change with the time.
fn number(printer: &mut Printer<'_>, number: i64) -> String {
    let cell = Cell::Integer(number);
    match printer.parameters.iter().position(|known| *known == cell) {
        Some(place) => format!("CAST(${} AS BIGINT)", place + 1),
        None => printer.bind(cell),
    }
}

/// What is left of points in millionths at the age of an interaction.
pub(super) fn faded(printer: &mut Printer<'_>, points: i64, half_life: i64, at: &str) -> String {
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
    let share = 0.693_148 / half_life as f64 + 0.000_002;
    format!("(abs(COALESCE({points}, 0)) * {share:.9} + 2 * COALESCE({interactions}, 0))")
}

/// The interactions that rules look at, each with its window, whatever number of them is asked for.
#[derive(Default)]
struct Facts {
    dids: Vec<Did>,
    columns: Vec<String>,
}

impl Facts {
    fn number(&mut self, did: &Did) -> usize {
        let did = Did { count: CountTest::AtLeast(1), ..did.clone() };
        self.dids.iter().position(|known| *known == did).unwrap_or_else(|| {
            self.dids.push(did);
            self.dids.len() - 1
        })
    }

    fn column(&mut self, column: String) {
        if !self.columns.contains(&column) {
            self.columns.push(column);
        }
    }
}

/// Whose points are asked for.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Everybody's. A large part of all interactions counts, or only a small one.
    All {
        /// Whether it is a large part.
        much: bool,
    },
    /// Those of the subjects that a statement gives, with the columns `key` and `base`.
    Of(&'a str),
}

/// Prints a model.
pub(super) fn formula(
    printer: &mut Printer<'_>,
    model: &ScoringModel,
    whose: Whose<'_>,
) -> Result<Formula, StoreError> {
    let (mut scope, base) = match model.target.base() {
        Entity::Contact => (Scope::contact("c"), "c.key"),
        _ => (Scope::account("a"), "a.key"),
    };
    if model.target.subject() == Entity::Lead {
        scope.lead = Some("l".to_owned());
    }
    printer.consent = model.consent;
    let aggregate = aggregate(printer, model, whose, &scope)?;
    let mut rules = Vec::new();
    let mut holds = Vec::new();
    let (mut falls, mut rises) = (Vec::new(), Vec::new());
    for (number, rule) in model.rules.iter().enumerate() {
        let when = printer.predicate(&rule.when, &scope)?;
        let points = points(printer, rule, number, &scope)?;
        if let (Points::Fixed(each), Some(half_life), Some(did)) =
            (&rule.points, rule.per.half_life(), rule.per.did())
        {
            let counted = format!("b.n{}", column_of(printer, did));
            let lost = match rule.per {
                Per::Latest { .. } => lost(&points, half_life, "1"),
                _ => lost(&format!("b.s{number}"), half_life, &counted),
            };
            if *each > 0 { falls.push(lost) } else { rises.push(lost) }
        }
        rules.push(format!("(CASE WHEN {when} THEN {points} ELSE 0 END)"));
        holds.push(when);
    }
    (printer.facts, printer.consent) = (None, None);
    let sum = |parts: Vec<String>| match parts.is_empty() {
        true => "CAST(NULL AS DOUBLE PRECISION)".to_owned(),
        false => format!("CAST({} AS DOUBLE PRECISION)", parts.join(" + ")),
    };
    let joined = joined(model);
    // Joined in this order, whatever a planner thinks: from the records to their parents.
    let (key, records, condition) = match model.target {
        ScoringTarget::ContactLeads => {
            ("l.key", format!("lead l CROSS JOIN contact c{joined}"), "c.key = l.contact_key")
        }
        ScoringTarget::AccountLeads => (
            "l.key",
            "lead l CROSS JOIN account a".to_owned(),
            "a.key = l.account_key AND l.contact_key IS NULL AND COALESCE(l.contact_id, '') = ''",
        ),
        ScoringTarget::Contacts => ("c.key", format!("contact c{joined}"), "1 = 1"),
        ScoringTarget::Accounts => ("a.key", "account a".to_owned(), "1 = 1"),
    };
    let mut clauses = vec![condition.to_owned()];
    let records = match whose {
        Whose::All { .. } => records,
        Whose::Of(subjects) => {
            clauses.push(format!("{key} = d.key"));
            format!("({subjects}) d CROSS JOIN {records}")
        }
    };
    let aggregate =
        aggregate.map_or(String::new(), |aggregate| format!(" LEFT JOIN ({aggregate}) b ON b.key = {base}"));
    if model.target.base() == Entity::Contact {
        clauses.extend(consenting(model, "c"));
    }
    Ok(Formula {
        key: key.to_owned(),
        from: format!("{records}{aggregate}"),
        clause: clauses.join(" AND "),
        rules,
        holds,
        fades: (sum(falls), sum(rises)),
        scope,
    })
}

/// The clause by which a contact meets the model's consent, where it has one.
pub(super) fn consenting(model: &ScoringModel, alias: &str) -> Option<String> {
    model.consent.and_then(|least| happened::consenting(least, alias))
}

fn joined(model: &ScoringModel) -> &'static str {
    let looks = model.rules.iter().any(|rule| {
        mentions_account(&rule.when)
            || matches!(&rule.points, Points::Calculated(operand) if operand_mentions_account(operand))
    });
    if looks { " LEFT JOIN account c_account ON c_account.key = c.account_key" } else { "" }
}

/// The statement that goes through the interactions, a row for each contact or account; nothing when
/// no rule looks at any. The printer finds its columns from here on.
fn aggregate(
    printer: &mut Printer<'_>,
    model: &ScoringModel,
    whose: Whose<'_>,
    scope: &Scope,
) -> Result<Option<String>, StoreError> {
    let mut facts = Facts::default();
    for rule in &model.rules {
        collect(&rule.when, &mut facts);
    }
    let mut clauses = Vec::new();
    for did in facts.dids.clone() {
        clauses.push(matching(printer, &did, "i", scope)?);
    }
    let known = facts.dids.iter().enumerate();
    let known = known.map(|(number, did)| (did.clone(), format!("b.n{number}"))).collect();
    for (number, clause) in clauses.iter().enumerate() {
        facts.column(format!("COUNT(CASE WHEN {clause} THEN 1 END) AS n{number}"));
    }
    for (place, rule) in model.rules.iter().enumerate() {
        let Some(did) = rule.per.did() else { continue };
        let number = facts.number(did);
        let Some(clause) = clauses.get(number) else {
            return Err(StoreError::Inconsistent("a rule counts what its condition doesn't ask".to_owned()));
        };
        match (&rule.per, &rule.points) {
            (Per::Latest { .. }, _) => {
                facts.column(format!("MAX(CASE WHEN {clause} THEN i.at END) AS m{number}"));
            }
            (Per::Each { half_life: Some(half_life), .. }, Points::Fixed(points)) => {
                let faded = faded(printer, *points, *half_life, "i.at");
                facts.column(format!(
                    "CAST(SUM(CASE WHEN {clause} THEN {faded} ELSE 0 END) AS BIGINT) AS s{place}"
                ));
            }
            _ => {}
        }
    }
    printer.facts = Some((scope.contact.clone(), known));
    if facts.dids.is_empty() {
        return Ok(None);
    }
    let (types, earliest) = extent(printer, &facts);
    let (from, joined) = match (model.target.base(), whose) {
        (Entity::Contact, Whose::All { .. }) => ("interaction i".to_owned(), ""),
        (Entity::Contact, Whose::Of(subjects)) => {
            (format!("{} CROSS JOIN interaction i", bases(subjects)), "i.contact_key = w.base AND ")
        }
        (_, Whose::All { much: true }) => {
            ("contact k CROSS JOIN interaction i".to_owned(), "i.contact_key = k.key AND ")
        }
        (_, Whose::All { much: false }) => {
            ("interaction i CROSS JOIN contact k".to_owned(), "k.key = i.contact_key AND ")
        }
        (_, Whose::Of(subjects)) => (
            format!("{} CROSS JOIN contact k CROSS JOIN interaction i", bases(subjects)),
            "k.account_key = w.base AND i.contact_key = k.key AND ",
        ),
    };
    let group = if model.target.base() == Entity::Contact { "i.contact_key" } else { "k.account_key" };
    // Where a large part of all counts, they are best gone through contact by contact.
    let apart = match whose {
        Whose::All { much: true } => printer.dialect.apart_from_indexes(),
        _ => "",
    };
    let now = number(printer, printer.now);
    let earliest = earliest
        .map_or(String::new(), |earliest| format!(" AND {apart}i.at >= {}", number(printer, earliest)));
    let consent = match model.target.base() {
        Entity::Contact => None,
        _ => consenting(model, "k"),
    };
    let consent = consent.map_or(String::new(), |clause| format!(" AND {clause}"));
    Ok(Some(format!(
        "SELECT {group} AS key, {} FROM {from}
         WHERE {joined}{apart}i.type_key IN ({types}) AND {apart}i.at <= {now}{earliest}{consent} GROUP BY {group}",
        facts.columns.join(", "),
    )))
}

/// The contacts or accounts of subjects, each once.
fn bases(subjects: &str) -> String {
    format!("(SELECT DISTINCT x.base AS base FROM ({subjects}) x WHERE x.base IS NOT NULL) w")
}

/// The types of the interactions that are looked at, and the moment of the earliest, where there is one.
fn extent(printer: &Printer<'_>, facts: &Facts) -> (String, Option<i64>) {
    let mut types: Vec<i64> = facts.dids.iter().map(|did| printer.names.type_key(&did.interaction)).collect();
    types.sort_unstable();
    types.dedup();
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    let windows: Vec<Option<i64>> = facts.dids.iter().map(|did| window(printer, did).0).collect();
    let earliest = windows.into_iter().collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().min());
    (types.join(", "), earliest)
}

/// Which part of all interactions is a large one: every twentieth.
const MUCH: i64 = 20;

impl Store {
    /// All subjects of a model, with whether a large part of all interactions counts for it.
    pub(super) fn everybody(&mut self, model: &ScoringModel, now: i64) -> Result<Whose<'static>, StoreError> {
        let printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        let mut facts = Facts::default();
        model.rules.iter().for_each(|rule| collect(&rule.when, &mut facts));
        if facts.dids.is_empty() {
            return Ok(Whose::All { much: false });
        }
        let (types, earliest) = extent(&printer, &facts);
        let row = self.connection.query_first("SELECT COALESCE(MAX(key), 0) FROM interaction", &[])?;
        let much = row.map_or(Ok(0), |row| row.integer(0))? / MUCH;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM interaction i
             WHERE i.type_key IN ({types}) AND i.at >= $1 AND i.at <= $2 LIMIT $3) n"
        );
        let parameters = [earliest.unwrap_or(i64::MIN).into(), now.into(), Cell::Integer(much.max(1))];
        let row = self.connection.query_first(&sql, &parameters)?;
        Ok(Whose::All { much: row.map_or(Ok(0), |row| row.integer(0))? >= much })
    }
}

/// The records that may be in scope beside an interaction.
const RECORDS: [Subject; 3] = [Subject::Contact, Subject::Account, Subject::Lead];

/// Gathers the interactions that a condition asks of the record itself.
fn collect(predicate: &Predicate, facts: &mut Facts) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| collect(part, facts)),
        Predicate::Not(inner) => collect(inner, facts),
        // What asks for the record itself, too, can't be told from the interactions alone.
        Predicate::Did(did) if !RECORDS.iter().any(|of| mentions(Part::Predicate(&did.condition), *of)) => {
            facts.number(did);
        }
        _ => {}
    }
}

/// Whether rules ask for more than the record itself, its account, and what was counted: then those whom
/// that can concern have to be in focus.
pub(super) fn looks_around(model: &ScoringModel) -> bool {
    let mut facts = Facts::default();
    model.rules.iter().for_each(|rule| collect(&rule.when, &mut facts));
    let around = |part: Part<'_>| {
        let mut around = false;
        part.each(&mut |part| {
            around |= match part {
                Part::Predicate(Predicate::Did(did)) => {
                    !facts.dids.contains(&Did { count: CountTest::AtLeast(1), ..did.clone() })
                }
                Part::Predicate(Predicate::Related(_) | Predicate::Subscribed { .. }) => true,
                Part::Operand(Operand::Measure(_)) => true,
                _ => false,
            };
        });
        around
    };
    model.rules.iter().any(|rule| {
        let points = match &rule.points {
            Points::Calculated(operand) => around(Part::Operand(operand)),
            Points::Fixed(_) => false,
        };
        points || around(Part::Predicate(&rule.when))
    })
}

/// The number of the columns in which the interactions of a `did` were counted.
fn column_of(printer: &Printer<'_>, did: &Did) -> usize {
    let wanted = Did { count: CountTest::AtLeast(1), ..did.clone() };
    let known = printer.facts.iter().flat_map(|(_, known)| known);
    known.map(|(did, _)| did).position(|did| *did == wanted).unwrap_or_default()
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
            let latest = format!("b.m{}", column_of(printer, did));
            format!("COALESCE({}, 0)", faded(printer, *points, *half_life, &latest))
        }
        (Points::Fixed(points), Per::Each { did, half_life: None }) => {
            let number = column_of(printer, did);
            bounded(dialect, rule, format!("CAST({points} AS BIGINT) * COALESCE(b.n{number}, 0)"))
        }
        (Points::Fixed(_), Per::Each { half_life: Some(_), .. }) => {
            bounded(dialect, rule, format!("COALESCE(b.s{place}, 0)"))
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
