//! Predicates as SQL.
//!
//! SQL has three truth values, conditions have two. A printed predicate may come out as NULL where it
//! doesn't hold; `WHERE` and `CASE WHEN` take that as false, and every negation is printed as
//! `IS NOT TRUE`, so that NULL never gets out of a clause.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::as_of::AsOf;
use crate::store::{
    Cell, Dialect, JsonRows, StoreError,
    database::chains::chained,
    queue::focus,
    tables::columns::{Names, cell},
};
use crate::{
    calendar::Zone,
    model::{
        Comparison, Condition, Consent, DatePart, Did, Entity, FieldType, Operand, Part, Predicate, Subject,
        Value,
    },
};

/// What a predicate is printed with.
pub(in crate::store) struct Printer<'a> {
    pub(in crate::store) dialect: Dialect,
    pub(in crate::store) names: &'a Names,
    /// The present moment.
    pub(in crate::store) now: i64,
    pub(in crate::store) zone: Zone,
    /// What the statement is given so far; a parameter's number is its place.
    pub(in crate::store) parameters: Vec<Cell>,
    /// The moment of their own as of which subjects are asked, when it isn't the present one.
    pub(in crate::store) as_of: Option<AsOf>,
    /// Makes aliases unique.
    aliases: usize,
    /// Interactions that were counted already.
    pub(in crate::store) facts: Option<Counted>,
    /// The least consent of contacts whose interactions count for an account.
    pub(in crate::store) consent: Option<Consent>,
    /// When only the records in the `affected_…` tables are asked, so that nobody else has to be counted: the
    /// kinds of records whose table the statement looks at.
    pub(in crate::store) focus: Option<BTreeSet<Entity>>,
    /// The expression for the key of the records that are selected from `to_reevaluate`.
    own_key: Option<&'static str>,
    /// Whether it is asked of everybody, so that members of segments are best looked up all at once.
    pub(in crate::store) of_everybody: bool,
    /// The conditions of segments, where a segment is asked by its condition and not by its members.
    pub(in crate::store) segments: Option<&'a BTreeMap<String, Condition>>,
}

/// Interactions that were counted already: of the contact under this alias, or of the account when there is
/// none; by `did` of any number the column that holds how many.
pub(in crate::store) type Counted = (Option<String>, Vec<(Did, String)>);

/// The table aliases of the records in scope.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Scope {
    /// Alias of the contact, when it is joined.
    pub(in crate::store) contact: Option<String>,
    /// An expression for the contact's key, when one is in scope.
    pub(in crate::store) contact_key: Option<String>,
    /// Alias of the account, when it is joined.
    pub(in crate::store) account: Option<String>,
    /// An expression for the account's key.
    pub(in crate::store) account_key: String,
    /// Alias of the lead, when one is in scope.
    pub(in crate::store) lead: Option<String>,
    /// Alias of the interaction, inside a `did`.
    pub(in crate::store) interaction: Option<String>,
    /// Alias of the activity, when one is in scope.
    pub(in crate::store) activity: Option<String>,
}

impl Scope {
    /// A contact under an alias; its account is joined as the alias with `_account`.
    pub(in crate::store) fn contact(alias: &str) -> Scope {
        Scope {
            contact: Some(alias.to_owned()),
            contact_key: Some(format!("{alias}.key")),
            account: Some(format!("{alias}_account")),
            account_key: format!("{alias}.account_key"),
            ..Scope::default()
        }
    }

    /// An account under an alias.
    pub(in crate::store) fn account(alias: &str) -> Scope {
        Scope { account: Some(alias.to_owned()), account_key: format!("{alias}.key"), ..Scope::default() }
    }

    /// A lead under an alias; its parents are joined as the alias with `_contact` and `_account`.
    pub(in crate::store) fn lead(alias: &str) -> Scope {
        Scope {
            contact: Some(format!("{alias}_contact")),
            contact_key: Some(format!("{alias}.contact_key")),
            account: Some(format!("{alias}_account")),
            account_key: format!("{alias}.account_key"),
            lead: Some(alias.to_owned()),
            ..Scope::default()
        }
    }

    /// An activity under an alias.
    pub(in crate::store) fn activity(alias: &str) -> Scope {
        Scope { activity: Some(alias.to_owned()), account_key: "NULL".to_owned(), ..Scope::default() }
    }
}

/// `FROM` for contacts under an alias, with their accounts where the predicate looks at them.
pub(in crate::store) fn from_contact(alias: &str, predicate: &Predicate) -> String {
    let account = account_of(alias, predicate);
    format!("contact {alias}{account}")
}

/// The joins of a lead under an alias with those of its parents that the predicate looks at.
pub(in crate::store) fn parents_of_lead(alias: &str, predicate: &Predicate) -> String {
    let contact = match mentions(Part::Predicate(predicate), Subject::Contact) {
        true => format!(" LEFT JOIN contact {alias}_contact ON {alias}_contact.key = {alias}.contact_key"),
        false => String::new(),
    };
    format!("{contact}{}", account_of(alias, predicate))
}

fn account_of(alias: &str, predicate: &Predicate) -> String {
    match mentions_account(predicate) {
        true => format!(" LEFT JOIN account {alias}_account ON {alias}_account.key = {alias}.account_key"),
        false => String::new(),
    }
}

/// Whether a predicate looks at fields of the account in scope.
pub(in crate::store) fn mentions_account(predicate: &Predicate) -> bool {
    mentions(Part::Predicate(predicate), Subject::Account)
}

/// Whether a value is made from fields of the account in scope.
pub(in crate::store) fn operand_mentions_account(operand: &Operand) -> bool {
    mentions(Part::Operand(operand), Subject::Account)
}

/// Whether a part looks at fields of the record in scope.
pub(in crate::store) fn mentions(part: Part<'_>, wanted: Subject) -> bool {
    match part {
        Part::Operand(Operand::Field { subject, .. } | Operand::Since { subject, .. }) => {
            *subject == wanted || (*subject == Subject::PrimaryContact && wanted == Subject::Account)
        }
        // Related records have a scope of their own.
        Part::Predicate(Predicate::Related(_)) => false,
        other => other.below().into_iter().any(|part| mentions(part, wanted)),
    }
}

impl<'a> Printer<'a> {
    pub(in crate::store) fn new(
        dialect: Dialect,
        names: &'a Names,
        now: i64,
        timezone: &str,
    ) -> Result<Self, StoreError> {
        let zone = Zone::named(timezone).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        let zone = zone.with_holidays(&names.holidays);
        Ok(Printer {
            dialect,
            names,
            now,
            zone,
            parameters: Vec::new(),
            as_of: None,
            aliases: 0,
            facts: None,
            consent: None,
            focus: None,
            own_key: None,
            of_everybody: false,
            segments: None,
        })
    }

    /// Counts nobody but the records in `to_reevaluate`, which stand under their usual alias, and those in the
    /// `affected_…` tables.
    pub(in crate::store) fn focused(mut self, subjects: Entity) -> Self {
        self.focus = Some(BTreeSet::new());
        self.own_key = Some(match subjects {
            Entity::Contact => "c.key",
            Entity::Account => "a.key",
            Entity::Lead => "l.key",
        });
        self
    }

    /// What keeps a column to the keys of those in focus, to stand behind other clauses, where it is compared
    /// with a `key`: that of the records that are selected is one of the subjects anyway.
    pub(in crate::store) fn in_focus(&mut self, entity: Entity, column: &str, key: &str) -> String {
        match &mut self.focus {
            Some(_) if self.own_key == Some(key) => {
                format!(" AND {column} IN (SELECT key FROM to_reevaluate)")
            }
            Some(asked) => {
                asked.insert(entity);
                format!(" AND {column} IN (SELECT key FROM {})", focus::table(entity))
            }
            None => String::new(),
        }
    }

    /// Adds a parameter and tells its placeholder. The cast tells Postgres the type where the place
    /// doesn't; nothing at all is of whatever type the place has.
    pub(in crate::store) fn bind(&mut self, cell: Cell) -> String {
        let kind = match cell {
            Cell::Null => return "NULL".to_owned(),
            Cell::Integer(_) => "BIGINT",
            Cell::Real(_) => "DOUBLE PRECISION",
            Cell::Text(_) => "TEXT",
        };
        self.parameters.push(cell);
        format!("CAST(${} AS {kind})", self.parameters.len())
    }

    pub(in crate::store) fn alias(&mut self) -> usize {
        self.aliases += 1;
        self.aliases
    }

    fn negated(&mut self, predicate: &Predicate, scope: &Scope) -> Result<String, StoreError> {
        Ok(format!("(({}) IS NOT TRUE)", self.predicate(predicate, scope)?))
    }

    /// A predicate as a clause.
    pub(in crate::store) fn predicate(
        &mut self,
        predicate: &Predicate,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        Ok(match predicate {
            Predicate::Constant(true) => "(1 = 1)".to_owned(),
            Predicate::Constant(false) => "(1 = 0)".to_owned(),
            Predicate::All(parts) => self.joined(parts, " AND ", "(1 = 1)", scope)?,
            Predicate::Any(parts)
                if self.of_everybody && self.names.written.is_empty() && are_segments_of_one(parts) =>
            {
                // Several segments of one subject are looked up in one go, so that a database may start
                // from their members.
                let mut keys = Vec::new();
                let mut subject = String::new();
                for part in parts {
                    if let Predicate::InSegment { segment, holds, .. } = part {
                        keys.push(self.names.segment_key(segment).to_string());
                        subject = key_in_scope(*holds, scope)?;
                    }
                }
                in_segments(&subject, &keys.join(", "))
            }
            Predicate::Any(parts) if parts.len() > MANY => {
                self.joined(&with_lists(parts), " OR ", "(1 = 0)", scope)?
            }
            Predicate::Any(parts) => self.joined(parts, " OR ", "(1 = 0)", scope)?,
            Predicate::Not(inner) => self.negated(inner, scope)?,
            Predicate::Compare { left: Operand::Measure(measure), operator, right }
                if *operator != Comparison::NotEqual && is_fixed(right) && self.as_of.is_none() =>
            {
                self.measured_against(measure, *operator, right, scope)?
            }
            Predicate::Compare { left, operator, right } => {
                let ordered = matches!(
                    operator,
                    Comparison::Less
                        | Comparison::LessOrEqual
                        | Comparison::Greater
                        | Comparison::GreaterOrEqual
                );
                let as_text = ordered && is_textual(left) && is_textual(right);
                let (mut left, mut right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                if as_text {
                    left = self.dialect.order_text(&left);
                    right = self.dialect.order_text(&right);
                }
                match operator {
                    Comparison::NotEqual => format!("({left} IS DISTINCT FROM {right})"),
                    Comparison::Equal => format!("({left} = {right})"),
                    _ => format!("({left} {} {right})", operator.sign()),
                }
            }
            Predicate::IsTrue(Operand::Call(call)) => self.call_holds(call, scope)?,
            Predicate::IsTrue(operand) => format!("({} = 1)", self.operand(operand, scope)?),
            Predicate::OneOf { values, .. } if values.is_empty() => "(1 = 0)".to_owned(),
            Predicate::OneOf { operand, values } => {
                let operand = self.operand(operand, scope)?;
                let list = self.list(values);
                format!("({operand} IN ({list}))")
            }
            Predicate::TextTest { operand, test, needle } => {
                let (text, needle) = (self.operand(operand, scope)?, self.operand(needle, scope)?);
                self.dialect.text_test(*test, &text, &needle)
            }
            Predicate::Matches { operand, pattern } => {
                let text = self.operand(operand, scope)?;
                let pattern = match self.dialect {
                    Dialect::Sqlite => pattern.as_str().to_owned(),
                    Dialect::Postgres => super::pattern::for_postgres(pattern.as_str())?,
                };
                let pattern = self.bind(pattern.into());
                self.dialect.matches(&text, &pattern)
            }
            Predicate::Same { left, right } => {
                let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                format!("({} = {})", self.dialect.fold(&left), self.dialect.fold(&right))
            }
            Predicate::IsBlank(operand) => {
                let blank_text = match operand {
                    Operand::Field { kind: FieldType::Choices(_), .. }
                    | Operand::Followed { kind: FieldType::Choices(_), .. }
                    | Operand::Literal(Value::Choices(_)) => Some("[]"),
                    operand if is_textual(operand) => Some(""),
                    _ => None,
                };
                let operand = self.operand(operand, scope)?;
                match blank_text {
                    Some(blank) => {
                        format!("({operand} IS NULL OR {} = '{blank}')", self.dialect.trim(&operand))
                    }
                    None => format!("({operand} IS NULL)"),
                }
            }
            Predicate::HasChoices { choices, all, .. } if choices.is_empty() => {
                if *all { "(1 = 1)" } else { "(1 = 0)" }.to_owned()
            }
            Predicate::HasChoices { operand, choices, all } => {
                let column = self.operand(operand, scope)?;
                let parts: Vec<String> = choices
                    .iter()
                    .map(|choice| {
                        let choice = self.bind(choice.as_str().into());
                        let elements = self.dialect.elements(&column);
                        format!("EXISTS (SELECT 1 FROM {elements} WHERE value = {choice})")
                    })
                    .collect();
                format!("({})", parts.join(if *all { " AND " } else { " OR " }))
            }
            Predicate::InSegment { segment, holds, .. } => {
                let key = self.names.segment_key(segment);
                let subject = key_in_scope(*holds, scope)?;
                if let Some(clause) = self.in_written(segment, &subject)? {
                    return Ok(clause);
                }
                match self.of_everybody {
                    true => in_segments(&subject, &key.to_string()),
                    false => format!(
                        "EXISTS (SELECT 1 FROM membership m
                                 WHERE m.segment_key = {key} AND m.subject_key = {subject})"
                    ),
                }
            }
            Predicate::Did(did) => self.did(did, scope)?,
            Predicate::Subscribed { topic } => self.subscribed(topic, scope)?,
            Predicate::Related(related) => self.related(related, scope)?,
        })
    }

    /// Values to look for, between parentheses. Many are one parameter, since databases limit their number.
    fn list(&mut self, values: &[Value]) -> String {
        let cells: Vec<Cell> = values.iter().map(cell).collect();
        if cells.len() <= MANY {
            return cells.into_iter().map(|cell| self.bind(cell)).collect::<Vec<_>>().join(", ");
        }
        let kind = match cells.first() {
            Some(Cell::Integer(_)) => "BIGINT",
            Some(Cell::Real(_)) => "DOUBLE PRECISION",
            _ => "TEXT",
        };
        let kind =
            if cells.iter().any(|cell| matches!(cell, Cell::Real(_))) { "DOUBLE PRECISION" } else { kind };
        let mut json = JsonRows::default();
        cells.into_iter().for_each(|cell| json.push(&[cell]));
        let rows = self.bind(json.finish());
        format!("SELECT CAST(s.value ->> 0 AS {kind}) FROM {} AS s", self.dialect.rows(&rows))
    }

    fn joined(
        &mut self,
        parts: &[Predicate],
        word: &str,
        none: &str,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let parts =
            parts.iter().map(|part| self.predicate(part, scope)).collect::<Result<Vec<String>, _>>()?;
        Ok(if parts.is_empty() { none.to_owned() } else { format!("({})", chained(&parts, word)) })
    }
}

/// More alternatives or values than this are printed as lists.
const MANY: usize = 50;

/// Alternatives where those that compare one field with literals are a list.
fn with_lists(parts: &[Predicate]) -> Vec<Predicate> {
    let mut printed: Vec<Predicate> = Vec::new();
    let mut places: HashMap<(Subject, &str), usize> = HashMap::new();
    for part in parts {
        let (field, found) = match part {
            Predicate::Compare { left, operator: Comparison::Equal, right: Operand::Literal(value) }
            | Predicate::Compare {
                left: Operand::Literal(value),
                operator: Comparison::Equal,
                right: left,
            } if !value.is_missing() => (left, std::slice::from_ref(value)),
            Predicate::OneOf { operand, values } => (operand, values.as_slice()),
            other => {
                printed.push(other.clone());
                continue;
            }
        };
        let Operand::Field { subject, name, .. } = field else {
            printed.push(part.clone());
            continue;
        };
        match places.get(&(*subject, name.as_str())).and_then(|place| printed.get_mut(*place)) {
            Some(Predicate::OneOf { values, .. }) => values.extend(found.iter().cloned()),
            _ => {
                places.insert((*subject, name), printed.len());
                printed.push(Predicate::OneOf { operand: field.clone(), values: found.to_vec() });
            }
        }
    }
    printed
}

/// The alias of a record that has to be in scope.
pub(in crate::store) fn alias_of<'s>(alias: Option<&'s str>, what: &str) -> Result<&'s str, StoreError> {
    alias.ok_or_else(|| StoreError::Inconsistent(format!("a condition asks for {what} where there is none")))
}

/// The key of the record in scope that a segment may hold.
pub(in crate::store) fn key_in_scope(holds: Entity, scope: &Scope) -> Result<String, StoreError> {
    Ok(match holds {
        Entity::Account => scope.account_key.clone(),
        Entity::Lead => format!("{}.key", alias_of(scope.lead.as_deref(), "a lead")?),
        Entity::Contact => contact_key(scope)?.to_owned(),
    })
}

fn in_segments(subject: &str, keys: &str) -> String {
    format!("({subject} IN (SELECT m.subject_key FROM membership m WHERE m.segment_key IN ({keys})))")
}

/// Whether these are nothing but segments that hold the same kind of record.
fn are_segments_of_one(parts: &[Predicate]) -> bool {
    let holds = |part: &Predicate| match part {
        Predicate::InSegment { holds, .. } => Some(*holds),
        _ => None,
    };
    let first = parts.first().and_then(holds);
    first.is_some() && parts.iter().all(|part| holds(part) == first)
}

/// The key of the contact that has to be in scope.
pub(in crate::store) fn contact_key(scope: &Scope) -> Result<&str, StoreError> {
    alias_of(scope.contact_key.as_deref(), "a contact")
}

/// Whether an operand is the same for all records.
pub(in crate::store) fn is_fixed(operand: &Operand) -> bool {
    matches!(
        operand,
        Operand::Literal(_)
            | Operand::Now { .. }
            | Operand::Today { .. }
            | Operand::Moment(_)
            | Operand::Day(_)
    )
}

fn is_textual(operand: &Operand) -> bool {
    match operand {
        Operand::Field { kind, .. } | Operand::Followed { kind, .. } => {
            kind.is_textual() || *kind == FieldType::Date
        }
        Operand::Literal(value) => {
            matches!(value, Value::Text(_) | Value::Date(_))
        }
        Operand::Today { .. } | Operand::Day(_) => true,
        Operand::OfDate { part, .. } => *part != DatePart::Month,
        Operand::Measure(measure) => measure.kind == FieldType::Date,
        Operand::Call(call) => matches!(call.gives, FieldType::Text | FieldType::Date),
        Operand::LowerCase(_) => true,
        Operand::Now { .. } | Operand::Moment(_) | Operand::Since { .. } | Operand::Arithmetic { .. } => {
            false
        }
    }
}
