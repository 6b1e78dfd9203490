//! What contacts did, as SQL: counts, measures, subscriptions.

use super::predicate::{Printer, Scope, contact_key};
use crate::store::{StoreError, tables::columns::attribute_column_name};
use crate::{
    calendar,
    model::{
        Bound, Comparison, Consent, CountTest, Did, Entity, FieldType, Measure, MeasureFunction, Operand,
        Predicate, SUBSCRIPTIONS, Subject, Value,
    },
};

/// Where the interactions of a `did` are looked for.
struct Source {
    /// The key of the subject in scope.
    key: String,
    /// The expression that tells whose an interaction is.
    group: String,
    /// Which interactions count.
    clause: String,
}

impl Printer<'_> {
    /// The clauses that an interaction under an alias has to satisfy to count for a `did`, its time
    /// apart.
    pub(in crate::store) fn counted(
        &mut self,
        did: &Did,
        alias: &str,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let mut clause = format!("{alias}.type_key = {}", self.names.type_key(&did.interaction));
        if *did.condition != Predicate::Constant(true) {
            let scope = Scope { interaction: Some(alias.to_owned()), ..scope.clone() };
            let condition = self.predicate(&did.condition, &scope)?;
            clause = format!("{clause} AND {condition}");
        }
        Ok(clause)
    }

    /// The moment that a bound of a window means now.
    pub(in crate::store) fn bound(&self, bound: &Bound) -> i64 {
        match bound {
            Bound::At(at) => *at,
            Bound::Ago(duration) => calendar::before(self.now, *duration, &self.zone).unwrap_or(i64::MIN),
            // Only triggers ask from the entry, and open their windows by it (`satisfaction`).
            Bound::Entry => i64::MIN,
        }
    }

    fn source(&mut self, did: &Did, alias: &str, scope: &Scope) -> Result<Source, StoreError> {
        let mut clause = self.counted(did, alias, scope)?;
        let until = did.until.as_ref().map_or(self.now, |bound| self.bound(bound).min(self.now));
        if let Some(since) = &did.since {
            let since = self.bound(since);
            clause = format!("{clause} AND {alias}.at >= {}", self.bind(since.into()));
        }
        clause = format!("{clause} AND {alias}.at <= {}", self.bind(until.into()));
        let (key, group, of) = match did.of {
            Subject::Account => (scope.account_key.clone(), format!("{alias}.account_key"), Entity::Account),
            _ => (contact_key(scope)?.to_owned(), format!("{alias}.contact_key"), Entity::Contact),
        };
        clause.push_str(&self.in_focus(of, &group, &key));
        if let (Subject::Account, Some(least)) = (did.of, self.consent) {
            clause = format!("{clause} AND {}", by_profiled(least, alias));
        }
        Ok(Source { key, group, clause })
    }

    /// The column in which interactions of the record in scope were counted already.
    fn counted_already(&self, did: &Did, scope: &Scope) -> Option<String> {
        let (contact, known) = self.facts.as_ref()?;
        let wanted = Did { count: CountTest::AtLeast(1), ..did.clone() };
        let column = known.iter().find(|(did, _)| *did == wanted).map(|(_, column)| column.clone());
        column.filter(|_| *contact == scope.contact)
    }

    pub(in crate::store) fn did(&mut self, did: &Did, scope: &Scope) -> Result<String, StoreError> {
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
        let Source { key, group, clause } = self.source(did, &alias, scope)?;
        let those = |having: String| {
            format!(
                "({key} IN (SELECT {group} FROM interaction {alias} WHERE {clause} AND {group} IS NOT NULL {having}))"
            )
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

    /// A measure compared with what is the same for everybody: one pass over the interactions.
    pub(in crate::store) fn measured_against(
        &mut self,
        measure: &Measure,
        operator: Comparison,
        right: &Operand,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let alias = format!("i{}", self.alias());
        let Source { key, group, clause } = self.source(&measure.over, &alias, scope)?;
        let value = self.measured_value(measure, &alias, scope)?;
        let total = self.total(measure, &value);
        let right_side = self.operand(right, scope)?;
        let test = match measure.kind {
            FieldType::Date => {
                let (left, right) = (self.dialect.order_text(&total), self.dialect.order_text(&right_side));
                format!("{left} {} {right}", sql_sign(operator))
            }
            _ => format!("{total} {} {right_side}", sql_sign(operator)),
        };
        let those = |having: &str| {
            format!(
                "({key} IN (SELECT {group} FROM interaction {alias} WHERE {clause} AND {value} IS NOT NULL
                    AND {group} IS NOT NULL GROUP BY {group} HAVING {having}))"
            )
        };
        Ok(match measure.function == MeasureFunction::Sum && nothing_satisfies(operator, right) {
            true => format!("({} IS NOT TRUE)", those(&format!("({test}) IS NOT TRUE"))),
            false => those(&test),
        })
    }

    /// A measure as a value.
    pub(in crate::store) fn measure(
        &mut self,
        measure: &Measure,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        if let Some(as_of) = self.as_of.clone() {
            return self.measure_as_of(measure, scope, &as_of);
        }
        let alias = format!("i{}", self.alias());
        let Source { key, group, clause } = self.source(&measure.over, &alias, scope)?;
        let value = self.measured_value(measure, &alias, scope)?;
        let total = self.total(measure, &value);
        Ok(format!(
            "(SELECT {total} FROM interaction {alias} WHERE {group} = {key} AND {clause} AND {value} IS NOT NULL)"
        ))
    }

    /// The value that a measure takes of an interaction under an alias.
    pub(in crate::store) fn measured_value(
        &mut self,
        measure: &Measure,
        alias: &str,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let scope = Scope { interaction: Some(alias.to_owned()), ..scope.clone() };
        let field = Operand::Field {
            subject: Subject::Interaction,
            name: measure.attribute.clone(),
            kind: measure.kind.clone(),
        };
        self.operand(&field, &scope)
    }

    /// What a measure makes of values that are all present.
    pub(in crate::store) fn total(&self, measure: &Measure, value: &str) -> String {
        let text = || match measure.kind {
            FieldType::Date => self.dialect.order_text(value),
            _ => value.to_owned(),
        };
        let sum = self.dialect.exact_sum(value);
        match measure.function {
            MeasureFunction::Sum => sum,
            MeasureFunction::Average => {
                format!("(CASE WHEN COUNT(*) > 0 THEN {sum} / CAST(COUNT(*) AS DOUBLE PRECISION) END)")
            }
            MeasureFunction::Least => format!("MIN({})", text()),
            MeasureFunction::Greatest => format!("MAX({})", text()),
        }
    }

    pub(in crate::store) fn subscribed(&mut self, topic: &str, scope: &Scope) -> Result<String, StoreError> {
        let [yes, no] = SUBSCRIPTIONS.map(|name| self.names.type_key(name));
        let column = attribute_column_name("topic", &FieldType::Text);
        let topic = self.bind(topic.into());
        let key = contact_key(scope)?;
        // Asked as of moments of their own, subjects are looked up one by one.
        let own = match self.as_of {
            Some(_) => format!("AND u.contact_key = {key}"),
            None => String::new(),
        };
        let now = self.moment(0);
        let focus = self.in_focus(Entity::Contact, "u.contact_key", key);
        // Who leaves everything leaves this topic, too.
        let about =
            format!("(u.{column} = {topic} OR (u.type_key = {no} AND COALESCE(u.{column}, '') = ''))");
        Ok(format!(
            "({key} IN (SELECT u.contact_key FROM interaction u
                WHERE u.type_key IN ({yes}, {no}) AND u.at <= {now} AND {about} {own}{focus}
                GROUP BY u.contact_key
                HAVING COALESCE(MAX(CASE WHEN u.type_key = {yes} THEN u.at END)
                    > MAX(CASE WHEN u.type_key = {no} THEN u.at END),
                    MAX(CASE WHEN u.type_key = {yes} THEN u.at END) IS NOT NULL)))"
        ))
    }
}

/// The clause by which what a contact does may be counted in scores: it is no child, and meets a consent.
pub(in crate::store) fn profiled(least: Consent, alias: &str) -> String {
    let adult = format!("COALESCE({alias}.is_child, 0) = 0");
    if least == Consent::None {
        return adult;
    }
    let names: Vec<String> = least.at_least().into_iter().map(|name| format!("'{name}'")).collect();
    format!("{adult} AND {alias}.consent IN ({})", names.join(", "))
}

/// The clause by which an interaction may be counted in scores, by the contact that did it.
pub(in crate::store) fn by_profiled(least: Consent, interaction: &str) -> String {
    if least == Consent::None {
        // Children are few, so that the database looks them up once.
        return format!("{interaction}.contact_key NOT IN (SELECT key FROM contact WHERE is_child = 1)");
    }
    let by = format!("{interaction}k");
    let counts = profiled(least, &by);
    format!("EXISTS (SELECT 1 FROM contact {by} WHERE {by}.key = {interaction}.contact_key AND {counts})")
}

/// Whether the sum of nothing, 0, satisfies a comparison.
fn nothing_satisfies(operator: Comparison, right: &Operand) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "integers lie within the whole numbers of a double")]
    let right = match right {
        Operand::Literal(Value::Integer(number)) => *number as f64,
        Operand::Literal(Value::Number(number)) => *number,
        _ => return false,
    };
    match operator {
        Comparison::Equal => right == 0.0,
        Comparison::NotEqual => right != 0.0,
        Comparison::Less => 0.0 < right,
        Comparison::LessOrEqual => 0.0 <= right,
        Comparison::Greater => 0.0 > right,
        Comparison::GreaterOrEqual => 0.0 >= right,
    }
}

/// The sign of a comparison in SQL; `!=` only between values that are there.
pub(in crate::store) fn sql_sign(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        other => other.sign(),
    }
}
