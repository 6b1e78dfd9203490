//! The interactions that a scoring model looks at, gone through once.

use super::formula::faded;
use crate::model::{
    Bound, CountTest, Did, Entity, Operand, Part, Predicate, Subject,
    scoring::{Per, Points, ScoringModel},
};
use crate::store::{
    Cell, Store, StoreError,
    sql::{
        interactions_sql::by_profiled,
        predicate::{Printer, Scope, mentions},
    },
};

/// The moments within which interactions count for a `did`, the clauses apart.
fn window(printer: &Printer<'_>, did: &Did) -> (Option<i64>, i64) {
    let bound = |bound: &Bound| printer.bound(bound);
    let until = did.until.as_ref().map_or(printer.now, |until| bound(until).min(printer.now));
    (did.since.as_ref().map(bound), until)
}

/// Which interactions under an alias count for a `did`, of those that happened by now and not before `earliest`.
pub(in crate::store) fn matching(
    printer: &mut Printer<'_>,
    did: &Did,
    alias: &str,
    scope: &Scope,
    earliest: Option<i64>,
) -> Result<String, StoreError> {
    let mut clause = printer.counted(did, alias, scope)?;
    let (since, until) = window(printer, did);
    if let Some(since) = since.filter(|_| since != earliest) {
        clause = format!("{clause} AND {alias}.at >= {}", number(printer, since));
    }
    if until != printer.now {
        clause = format!("{clause} AND {alias}.at <= {}", number(printer, until));
    }
    Ok(clause)
}

/// A whole number as a parameter, each once, so that the text of a statement doesn't change with the time.
pub(in crate::store) fn number(printer: &mut Printer<'_>, number: i64) -> String {
    let cell = Cell::Integer(number);
    match printer.parameters.iter().position(|known| *known == cell) {
        Some(place) => format!("CAST(${} AS BIGINT)", place + 1),
        None => printer.bind(cell),
    }
}

/// The interactions that rules look at, each with its window, whatever number of them is asked for.
#[derive(Default)]
struct Facts {
    dids: Vec<Did>,
    /// The columns of each part.
    columns: Vec<Vec<String>>,
}

/// So many `did` are counted by one statement, whose columns databases limit. A model that asks for more is computed in
/// parts.
const DIDS_OF_A_PART: usize = 50;

/// The name of the part that counts the `did` with this number.
fn part_of(number: usize) -> String {
    part_named(number / DIDS_OF_A_PART)
}

/// The name of a part; the first is `b`.
pub(in crate::store) fn part_named(part: usize) -> String {
    if part == 0 { "b".to_owned() } else { format!("b{part}") }
}

impl Facts {
    fn number(&mut self, did: &Did) -> usize {
        let did = Did { count: CountTest::AtLeast(1), ..did.clone() };
        self.dids.iter().position(|known| *known == did).unwrap_or_else(|| {
            self.dids.push(did);
            self.dids.len() - 1
        })
    }

    /// Adds a column about the `did` with this number.
    fn column(&mut self, number: usize, column: String) {
        let part = number / DIDS_OF_A_PART;
        self.columns.resize_with(self.columns.len().max(part + 1), Vec::new);
        if let Some(columns) = self.columns.get_mut(part).filter(|columns| !columns.contains(&column)) {
            columns.push(column);
        }
    }

    /// Those of one part.
    fn part(&self, part: usize) -> Facts {
        let dids = self.dids.iter().skip(part * DIDS_OF_A_PART).take(DIDS_OF_A_PART);
        Facts { dids: dids.cloned().collect(), columns: Vec::new() }
    }
}

/// Whose points are asked for.
#[derive(Clone, Copy)]
pub(in crate::store) enum Whose<'a> {
    /// Everybody's. A large part of all interactions counts, or only a small one.
    All {
        /// Whether it is a large part.
        much: bool,
    },
    /// Those of the contacts or accounts that a statement gives, each once, in a column `base`: their own, or
    /// those of their leads.
    Of {
        /// The statement.
        bases: &'a str,
        /// The key of the only subject that is asked for, where it is one.
        only: Option<i64>,
    },
    /// Those of contacts or accounts, given likewise, of whom nothing changed but what they did and when: what
    /// steady rules gave them is kept with their scores. The model has the other rules alone.
    Moving {
        /// The statement.
        bases: &'a str,
    },
}

/// The statements that go through the interactions, with a row for each contact or account that is asked
/// for; of all, for each that has any, and none when no rule looks at any. There is one unless rules ask for a great
/// many. The printer finds their columns from here on, by the names of [`part_named`].
pub(in crate::store) fn aggregate(
    printer: &mut Printer<'_>,
    model: &ScoringModel,
    whose: Whose<'_>,
    scope: &Scope,
) -> Result<Vec<String>, StoreError> {
    let mut facts = Facts::default();
    for rule in &model.rules {
        collect(&rule.when, &mut facts);
    }
    let (_, earliest) = extent(printer, &facts);
    let mut clauses = Vec::new();
    for did in &facts.dids {
        clauses.push(matching(printer, did, "i", scope, earliest)?);
    }
    let known = facts.dids.iter().enumerate();
    let known = known.map(|(number, did)| (did.clone(), format!("{}.n{number}", part_of(number)))).collect();
    for (number, clause) in clauses.iter().enumerate() {
        facts.column(number, format!("COUNT(*) FILTER (WHERE {clause}) AS n{number}"));
    }
    for (place, rule) in model.rules.iter().enumerate() {
        let Some(did) = rule.per.did() else { continue };
        let number = facts.number(did);
        let Some(clause) = clauses.get(number) else {
            return Err(StoreError::Inconsistent("a rule counts what its condition doesn't ask".to_owned()));
        };
        match (&rule.per, &rule.points) {
            (Per::Latest { .. }, _) => {
                facts.column(number, format!("MAX(i.at) FILTER (WHERE {clause}) AS m{number}"));
            }
            (Per::Each { half_life: Some(half_life), .. }, Points::Fixed(points)) => {
                let faded = faded(printer, *points, *half_life, "i.at");
                let sum = format!("CAST(SUM({faded}) FILTER (WHERE {clause}) AS BIGINT) AS s{place}");
                facts.column(number, sum);
            }
            _ => {}
        }
    }
    printer.facts = Some((scope.contact.clone(), known));
    if facts.dids.is_empty() {
        return Ok(match whose {
            Whose::All { .. } => Vec::new(),
            Whose::Of { bases, .. } | Whose::Moving { bases } => {
                vec![format!("SELECT w.base AS key FROM ({bases}) w")]
            }
        });
    }
    let parts = facts.columns.iter().enumerate();
    let parts =
        parts.map(|(part, columns)| part_statement(printer, model, whose, &facts.part(part), columns));
    Ok(parts.collect())
}

/// The statement of one part.
fn part_statement(
    printer: &mut Printer<'_>,
    model: &ScoringModel,
    whose: Whose<'_>,
    facts: &Facts,
    columns: &[String],
) -> String {
    let counts = within(printer, facts, whose);
    let (of, counts) = match model.target.base() {
        Entity::Contact => ("i.contact_key", counts),
        _ => {
            let profiled = by_profiled(model.consent, "i");
            ("i.account_key", format!("i.account_key IS NOT NULL AND {counts} AND {profiled}"))
        }
    };
    let (group, rows) = match whose {
        Whose::All { .. } => (of, format!("interaction i WHERE {counts}")),
        Whose::Of { bases, .. } | Whose::Moving { bases } => {
            ("w.base", format!("({bases}) w LEFT JOIN interaction i ON {of} = w.base AND {counts}"))
        }
    };
    let columns = columns.join(", ");
    format!("SELECT {group} AS key, {columns} FROM {rows} GROUP BY {group}")
}

/// Which interactions `i` any rule can count at all.
fn within(printer: &mut Printer<'_>, facts: &Facts, whose: Whose<'_>) -> String {
    let (types, earliest) = extent(printer, facts);
    // Where a large part of all counts, they are best gone through contact by contact; and of a contact, it is
    // quicker to pass over those of other types than to look up each of several.
    let apart = match whose {
        Whose::All { much: true } => printer.dialect.apart_from_indexes(),
        Whose::Of { .. } | Whose::Moving { .. } if types.len() > FEW_TYPES => {
            printer.dialect.apart_from_indexes()
        }
        _ => "",
    };
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    let now = number(printer, printer.now);
    let earliest = earliest
        .map_or(String::new(), |earliest| format!(" AND {apart}i.at >= {}", number(printer, earliest)));
    format!("{apart}i.type_key IN ({}) AND {apart}i.at <= {now}{earliest}", types.join(", "))
}

/// The types of the interactions that are looked at, and the moment of the earliest, where there is one.
fn extent(printer: &Printer<'_>, facts: &Facts) -> (Vec<i64>, Option<i64>) {
    let mut types: Vec<i64> = facts.dids.iter().map(|did| printer.names.type_key(&did.interaction)).collect();
    types.sort_unstable();
    types.dedup();
    let windows: Vec<Option<i64>> = facts.dids.iter().map(|did| window(printer, did).0).collect();
    let earliest = windows.into_iter().collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().min());
    (types, earliest)
}

/// So many types of interactions are looked up one by one.
const FEW_TYPES: usize = 2;

/// Which part of all interactions is a large one: every twentieth.
const MUCH: i64 = 20;

impl Store {
    /// All subjects of a model, with whether a large part of all interactions counts for it.
    pub(in crate::store) fn everybody(
        &mut self,
        model: &ScoringModel,
        now: i64,
    ) -> Result<Whose<'static>, StoreError> {
        let printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        let mut facts = Facts::default();
        model.rules.iter().for_each(|rule| collect(&rule.when, &mut facts));
        if facts.dids.is_empty() {
            return Ok(Whose::All { much: false });
        }
        let (types, earliest) = extent(&printer, &facts);
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        let much = self.connection.number("SELECT COALESCE(MAX(key), 0) FROM interaction", &[])? / MUCH;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM interaction i
             WHERE i.type_key IN ({}) AND i.at >= $1 AND i.at <= $2 LIMIT $3) n",
            types.join(", ")
        );
        let parameters = [earliest.unwrap_or(i64::MIN).into(), now.into(), Cell::Integer(much.max(1))];
        Ok(Whose::All { much: self.connection.number(&sql, &parameters)? >= much })
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
pub(in crate::store) fn looks_around(model: &ScoringModel) -> bool {
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

/// The column of a kind (`n`, `m`) in which the interactions of a `did` were counted.
pub(in crate::store) fn column_of(printer: &Printer<'_>, did: &Did, kind: char) -> String {
    let number = number_of(printer, did);
    format!("{}.{kind}{number}", part_of(number))
}

/// The column with the sum of what fades of a rule that counts a `did`.
pub(in crate::store) fn sum_of(printer: &Printer<'_>, did: &Did, place: usize) -> String {
    format!("{}.s{place}", part_of(number_of(printer, did)))
}

fn number_of(printer: &Printer<'_>, did: &Did) -> usize {
    let wanted = Did { count: CountTest::AtLeast(1), ..did.clone() };
    let known = printer.facts.iter().flat_map(|(_, known)| known);
    known.map(|(did, _)| did).position(|did| *did == wanted).unwrap_or_default()
}
