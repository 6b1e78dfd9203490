//! Predicates as SQL.
//!
//! SQL has three truth values, conditions have two. A printed predicate may come out as NULL where it
//! doesn't hold; `WHERE` and `CASE WHEN` take that as false, and every negation is printed as
//! `IS NOT TRUE`, so that NULL never gets out of a clause.

use super::{
    Cell, Dialect, StoreError,
    columns::{Names, attribute_column_name, cell, field_column},
    facts::AsOf,
};
use crate::{
    calendar::{self, Zone},
    model::{
        Arithmetic, Bound, Comparison, Condition, CountTest, Did, Entity, FieldType, Operand, Predicate,
        Subject, TextTest, Value,
    },
};

/// What a predicate is printed with.
pub(super) struct Printer<'a> {
    pub(super) dialect: Dialect,
    pub(super) names: &'a Names,
    /// The present moment.
    pub(super) now: i64,
    pub(super) zone: Zone,
    /// What the statement is given so far; a parameter's number is its place.
    pub(super) parameters: Vec<Cell>,
    /// The moment of their own as of which subjects are asked, when it isn't the present one.
    pub(super) as_of: Option<AsOf>,
    /// Makes aliases unique.
    aliases: usize,
    /// Where interactions were counted already: of the contact under this alias, or of the account when
    /// there is none, by `did` of any number the column that holds how many.
    pub(super) facts: Option<(Option<String>, Vec<(Did, String)>)>,
}

/// The table aliases of the records in scope.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// Alias of the contact, when one is in scope.
    pub(super) contact: Option<String>,
    /// Alias of the account, when it is joined.
    pub(super) account: Option<String>,
    /// An expression for the account's key.
    pub(super) account_key: String,
    /// Alias of the interaction, inside a `did`.
    pub(super) interaction: Option<String>,
    /// Alias of the lead, when one is in scope.
    pub(super) lead: Option<String>,
}

impl Scope {
    /// A contact under an alias; its account is joined as the alias with `_account`.
    pub(super) fn contact(alias: &str) -> Scope {
        Scope {
            contact: Some(alias.to_owned()),
            account: Some(format!("{alias}_account")),
            account_key: format!("{alias}.account_key"),
            interaction: None,
            lead: None,
        }
    }

    /// An account under an alias.
    pub(super) fn account(alias: &str) -> Scope {
        Scope {
            contact: None,
            account: Some(alias.to_owned()),
            account_key: format!("{alias}.key"),
            interaction: None,
            lead: None,
        }
    }
}

/// `FROM` for contacts under an alias, with their accounts where the predicate looks at them.
pub(super) fn from_contact(alias: &str, predicate: &Predicate) -> String {
    if mentions_account(predicate) {
        format!(
            "contact {alias} LEFT JOIN account {alias}_account ON {alias}_account.key = {alias}.account_key"
        )
    } else {
        format!("contact {alias}")
    }
}

/// Whether a value is made from fields of the account in scope.
pub(super) fn operand_mentions_account(operand: &Operand) -> bool {
    match operand {
        Operand::Field { subject, name, .. } => *subject == Subject::Account && !name.contains('.'),
        Operand::Arithmetic { left, right, .. } => {
            operand_mentions_account(left) || operand_mentions_account(right)
        }
        Operand::Literal(_) | Operand::Now { .. } | Operand::Today { .. } => false,
    }
}

/// Whether a predicate looks at fields of the account in scope.
pub(super) fn mentions_account(predicate: &Predicate) -> bool {
    use operand_mentions_account as looks;
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(mentions_account),
        Predicate::Not(inner) => mentions_account(inner),
        Predicate::Compare { left, right, .. } | Predicate::Same { left, right } => {
            looks(left) || looks(right)
        }
        Predicate::TextTest { operand, needle, .. } => looks(operand) || looks(needle),
        Predicate::IsTrue(operand)
        | Predicate::IsBlank(operand)
        | Predicate::OneOf { operand, .. }
        | Predicate::HasChoices { operand, .. } => looks(operand),
        Predicate::Did(did) => mentions_account(&did.condition),
        Predicate::Constant(_)
        | Predicate::InSegment { .. }
        | Predicate::Contacts { .. }
        | Predicate::Script(_) => false,
    }
}

impl<'a> Printer<'a> {
    pub(super) fn new(
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
        })
    }

    /// Adds a parameter and tells its placeholder. The cast tells Postgres the type where the place
    /// doesn't; nothing at all is of whatever type the place has.
    pub(super) fn bind(&mut self, cell: Cell) -> String {
        let kind = match cell {
            Cell::Null => return "NULL".to_owned(),
            Cell::Integer(_) => "BIGINT",
            Cell::Real(_) => "DOUBLE PRECISION",
            Cell::Text(_) => "TEXT",
        };
        self.parameters.push(cell);
        format!("CAST(${} AS {kind})", self.parameters.len())
    }

    pub(super) fn alias(&mut self) -> usize {
        self.aliases += 1;
        self.aliases
    }

    fn negated(&mut self, predicate: &Predicate, scope: &Scope) -> Result<String, StoreError> {
        Ok(format!("(({}) IS NOT TRUE)", self.predicate(predicate, scope)?))
    }

    /// A predicate as a clause.
    pub(super) fn predicate(&mut self, predicate: &Predicate, scope: &Scope) -> Result<String, StoreError> {
        Ok(match predicate {
            Predicate::Constant(true) => "(1 = 1)".to_owned(),
            Predicate::Constant(false) => "(1 = 0)".to_owned(),
            Predicate::All(parts) => self.joined(parts, " AND ", "(1 = 1)", scope)?,
            Predicate::Any(parts) => self.joined(parts, " OR ", "(1 = 0)", scope)?,
            Predicate::Not(inner) => self.negated(inner, scope)?,
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
            Predicate::IsTrue(operand) => format!("({} = 1)", self.operand(operand, scope)?),
            Predicate::OneOf { values, .. } if values.is_empty() => "(1 = 0)".to_owned(),
            Predicate::OneOf { operand, values } => {
                let operand = self.operand(operand, scope)?;
                let values: Vec<String> = values.iter().map(|value| self.bind(cell(value))).collect();
                format!("({operand} IN ({}))", values.join(", "))
            }
            Predicate::TextTest { operand, test, needle } => {
                let (text, needle) = (self.operand(operand, scope)?, self.operand(needle, scope)?);
                match test {
                    TextTest::Contains => format!("({} > 0)", self.dialect.position_of(&needle, &text)),
                    TextTest::StartsWith => format!("(substr({text}, 1, length({needle})) = {needle})"),
                    TextTest::EndsWith => format!(
                        "(length({text}) >= length({needle})
                          AND substr({text}, length({text}) - length({needle}) + 1) = {needle})"
                    ),
                }
            }
            Predicate::Same { left, right } => {
                let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                format!("({} = {})", self.dialect.fold(&left), self.dialect.fold(&right))
            }
            Predicate::IsBlank(operand) => {
                let blank_text = match operand {
                    Operand::Field { kind: FieldType::Choices(_), .. }
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
            Predicate::InSegment { segment, holds, of } => {
                let key = self.names.segment_key(segment);
                let subject = match (holds, of) {
                    (Entity::Account, _) => scope.account_key.clone(),
                    _ => format!("{}.key", self.contact_alias(scope)?),
                };
                format!(
                    "EXISTS (SELECT 1 FROM membership m
                             WHERE m.segment_key = {key} AND m.subject_key = {subject})"
                )
            }
            Predicate::Did(did) => self.did(did, scope)?,
            Predicate::Contacts { condition, count } => self.contacts(condition, *count, scope)?,
            Predicate::Script(call) => {
                let subject = match call.about {
                    Subject::Account => scope.account_key.clone(),
                    _ => format!("{}.key", self.contact_alias(scope)?),
                };
                let call = self.bind(Cell::Text(call.key()));
                format!(
                    "EXISTS (SELECT 1 FROM script_answer x
                             WHERE x.script_call = {call} AND x.subject_key = {subject})"
                )
            }
        })
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
        Ok(if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(word)) })
    }

    pub(super) fn contact_alias<'s>(&self, scope: &'s Scope) -> Result<&'s str, StoreError> {
        scope.contact.as_deref().ok_or_else(|| {
            StoreError::Inconsistent("a condition asks for a contact where there is none".to_owned())
        })
    }

    fn lead_alias<'s>(&self, scope: &'s Scope) -> Result<&'s str, StoreError> {
        scope.lead.as_deref().ok_or_else(|| {
            StoreError::Inconsistent("a condition asks for a lead where there is none".to_owned())
        })
    }

    /// The column in which interactions of the record in scope were counted already.
    fn counted_already(&self, did: &Did, scope: &Scope) -> Option<String> {
        let (contact, known) = self.facts.as_ref()?;
        let wanted = Did { count: CountTest::AtLeast(1), ..did.clone() };
        let column = known.iter().find(|(did, _)| *did == wanted).map(|(_, column)| column.clone());
        column.filter(|_| *contact == scope.contact)
    }

    /// An operand as an expression.
    pub(super) fn operand(&mut self, operand: &Operand, scope: &Scope) -> Result<String, StoreError> {
        Ok(match operand {
            Operand::Literal(value) => self.bind(cell(value)),
            Operand::Now { plus } => self.moment(*plus),
            Operand::Today { plus } => {
                let today = calendar::today(self.now, *plus, &self.zone).unwrap_or_default();
                self.bind(Cell::Text(today))
            }
            Operand::Arithmetic { left, operator, right } => {
                let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                let left = format!("CAST({left} AS DOUBLE PRECISION)");
                let right = format!("CAST({right} AS DOUBLE PRECISION)");
                match operator {
                    Arithmetic::Add => format!("({left} + {right})"),
                    Arithmetic::Subtract => format!("({left} - {right})"),
                    Arithmetic::Multiply => format!("({left} * {right})"),
                    Arithmetic::Divide => format!("({left} / NULLIF({right}, 0))"),
                }
            }
            Operand::Field { subject, name, .. } if name.contains('.') => {
                let key = match subject {
                    Subject::Account => scope.account_key.clone(),
                    Subject::Lead => format!("{}.key", self.lead_alias(scope)?),
                    _ => format!("{}.key", self.contact_alias(scope)?),
                };
                self.names.measure(name, &key)?
            }
            Operand::Field { subject, name, kind } => match subject {
                Subject::Lead => format!("{}.{}", self.lead_alias(scope)?, field_column(name)),
                Subject::Contact => format!("{}.{}", self.contact_alias(scope)?, field_column(name)),
                Subject::Account => {
                    let alias = scope.account.as_deref().ok_or_else(|| {
                        StoreError::Inconsistent(
                            "a condition asks for an account where there is none".to_owned(),
                        )
                    })?;
                    format!("{alias}.{}", field_column(name))
                }
                Subject::Interaction => {
                    let alias = scope.interaction.as_deref().unwrap_or("i");
                    match name.as_str() {
                        "type" => {
                            format!("(SELECT name FROM interaction_type t WHERE t.key = {alias}.type_key)")
                        }
                        "contact_id" => {
                            format!("(SELECT id FROM contact k WHERE k.key = {alias}.contact_key)")
                        }
                        "account_id" => {
                            format!("(SELECT id FROM account k WHERE k.key = {alias}.account_key)")
                        }
                        _ => format!("{alias}.{}", attribute_column_name(name, kind)),
                    }
                }
            },
        })
    }

    /// The clauses that an interaction under an alias has to satisfy to count for a `did`, its time
    /// apart.
    pub(super) fn counted(&mut self, did: &Did, alias: &str, scope: &Scope) -> Result<String, StoreError> {
        let mut clause = format!("{alias}.type_key = {}", self.names.type_key(&did.interaction));
        if *did.condition != Predicate::Constant(true) {
            let scope = Scope { interaction: Some(alias.to_owned()), ..scope.clone() };
            let condition = self.predicate(&did.condition, &scope)?;
            clause = format!("{clause} AND {condition}");
        }
        Ok(clause)
    }

    /// The moment that a bound of a window means now.
    pub(super) fn bound(&self, bound: &Bound) -> i64 {
        match bound {
            Bound::At(at) => *at,
            Bound::Ago(duration) => calendar::before(self.now, *duration, &self.zone).unwrap_or(i64::MIN),
        }
    }

    fn did(&mut self, did: &Did, scope: &Scope) -> Result<String, StoreError> {
        // A parameter that no clause uses would be refused: what always holds binds none.
        if did.count == CountTest::AtLeast(0) {
            return Ok("(1 = 1)".to_owned());
        }
        if let Some(column) = self.counted_already(did, scope) {
            let test = match did.count {
                CountTest::AtLeast(count) => format!(">= {count}"),
                CountTest::AtMost(count) => format!("<= {count}"),
                CountTest::Exactly(count) => format!("= {count}"),
                CountTest::AtLeastPercent(_) | CountTest::All => {
                    return Err(StoreError::Inconsistent("a `did` has no share to compare".to_owned()));
                }
            };
            return Ok(format!("(COALESCE({column}, 0) {test})"));
        }
        if let Some(as_of) = self.as_of.clone() {
            return self.did_as_of(did, scope, &as_of);
        }
        let alias = format!("i{}", self.alias());
        let mut clause = self.counted(did, &alias, scope)?;
        let until = did.until.as_ref().map_or(self.now, |bound| self.bound(bound).min(self.now));
        if let Some(since) = &did.since {
            let since = self.bound(since);
            clause = format!("{clause} AND {alias}.at >= {}", self.bind(since.into()));
        }
        clause = format!("{clause} AND {alias}.at <= {}", self.bind(until.into()));
        let (key, from, group) = match did.of {
            Subject::Account => (
                scope.account_key.clone(),
                format!("interaction {alias} JOIN contact {alias}c ON {alias}c.key = {alias}.contact_key"),
                format!("{alias}c.account_key"),
            ),
            _ => (
                format!("{}.key", self.contact_alias(scope)?),
                format!("interaction {alias}"),
                format!("{alias}.contact_key"),
            ),
        };
        let those = |having: String| {
            format!("({key} IN (SELECT {group} FROM {from} WHERE {clause} AND {group} IS NOT NULL {having}))")
        };
        let grouped = |test: String| those(format!("GROUP BY {group} HAVING COUNT(*) {test}"));
        Ok(match did.count {
            CountTest::AtLeast(1) => those(String::new()),
            CountTest::AtLeast(count) => grouped(format!(">= {count}")),
            CountTest::Exactly(0) | CountTest::AtMost(0) => format!("({} IS NOT TRUE)", those(String::new())),
            CountTest::Exactly(count) => grouped(format!("= {count}")),
            CountTest::AtMost(count) => format!("({} IS NOT TRUE)", grouped(format!("> {count}"))),
            CountTest::AtLeastPercent(_) | CountTest::All => {
                return Err(StoreError::Inconsistent("a `did` has no share to compare".to_owned()));
            }
        })
    }

    fn contacts(
        &mut self,
        condition: &Predicate,
        count: CountTest,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        if count == CountTest::AtLeast(0) {
            return Ok("(1 = 1)".to_owned());
        }
        if self.as_of.is_some() {
            return self.contacts_as_of(condition, count, scope);
        }
        let alias = format!("q{}", self.alias());
        let from = from_contact(&alias, condition);
        let inner = Scope::contact(&alias);
        let key = scope.account_key.clone();
        let group = format!("{alias}.account_key");
        let condition = self.predicate(condition, &inner)?;
        let those = |clause: &str, having: String| {
            format!("({key} IN (SELECT {group} FROM {from} WHERE {group} IS NOT NULL AND {clause} {having}))")
        };
        let grouped = |test: String| those(&condition, format!("GROUP BY {group} HAVING COUNT(*) {test}"));
        Ok(match count {
            CountTest::AtLeast(1) => those(&condition, String::new()),
            CountTest::AtLeast(count) => grouped(format!(">= {count}")),
            CountTest::Exactly(0) | CountTest::AtMost(0) => {
                format!("({} IS NOT TRUE)", those(&condition, String::new()))
            }
            CountTest::Exactly(count) => grouped(format!("= {count}")),
            CountTest::AtMost(count) => format!("({} IS NOT TRUE)", grouped(format!("> {count}"))),
            CountTest::All => {
                format!("({} IS NOT TRUE)", those(&format!("(({condition}) IS NOT TRUE)"), String::new()))
            }
            CountTest::AtLeastPercent(percent) => {
                let percent = self.bind(Cell::Real(percent));
                those(
                    "1 = 1",
                    format!(
                        "GROUP BY {group}
                         HAVING 100.0 * SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) >= {percent} * COUNT(*)"
                    ),
                )
            }
        })
    }
}

fn is_textual(operand: &Operand) -> bool {
    match operand {
        Operand::Field { kind, .. } => kind.is_textual() || *kind == FieldType::Date,
        Operand::Literal(value) => {
            matches!(value, Value::Text(_) | Value::Date(_))
        }
        Operand::Today { .. } => true,
        Operand::Now { .. } | Operand::Arithmetic { .. } => false,
    }
}

/// The statement that selects the keys of all records that satisfy a condition, with its parameters.
pub(super) fn select_keys(
    dialect: Dialect,
    names: &Names,
    condition: &Condition,
    now: i64,
) -> Result<(String, Vec<Cell>), StoreError> {
    let mut printer = Printer::new(dialect, names, now, &condition.timezone)?;
    let sql = match condition.target {
        Entity::Contact => {
            let clause = printer.predicate(&condition.predicate, &Scope::contact("c"))?;
            format!("SELECT c.key AS key FROM {} WHERE {clause}", from_contact("c", &condition.predicate))
        }
        Entity::Account => {
            let clause = printer.predicate(&condition.predicate, &Scope::account("a"))?;
            format!("SELECT a.key AS key FROM account a WHERE {clause}")
        }
        Entity::Lead => {
            return Err(StoreError::Inconsistent("segments of leads aren't evaluated yet".to_owned()));
        }
    };
    Ok((sql, printer.parameters))
}
