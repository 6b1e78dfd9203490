//! Functions of `scripts/`, and `lookup`, in conditions. What they have to give is told by what they are
//! compared or calculated with.

use std::collections::BTreeSet;

use super::{
    Scope,
    context::{self, Check},
    functions::{self, LOOKUP},
    operand::operand,
    record::{in_scope, reached},
    typed::Typed,
};
use crate::{
    diagnostics::{Code, Problem, Span, did_you_mean},
    model::{
        Argument, Call, Callee, Entity, FieldType, FunctionShape, Input, Operand, Part, RecordField,
        TableShape,
    },
    script::{Expression, ExpressionKind, Name},
};

/// A call of which nobody said yet what it has to give.
#[derive(Debug, Clone)]
pub(super) struct OpenCall {
    callee: Callee,
    arguments: Vec<Argument>,
    version: String,
    span: Span,
    written: String,
}

/// Whether a function is one of `scripts/`, or `lookup`.
pub(super) fn is_call(name: &str, check: &Check<'_>) -> bool {
    name == LOOKUP || check.catalog.functions.contains_key(name)
}

/// A call of a function of `scripts/`, or of `lookup`.
pub(super) fn open(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<OpenCall> {
    context::refuse_inside(&name.text, name.span, scope, check)?;
    match check.catalog.functions.get(&name.text).cloned() {
        Some(shape) => script(name, &shape, arguments, span, scope, check),
        None => lookup(name, arguments, span, scope, check),
    }
}

impl OpenCall {
    /// The call where a value of this type is wanted.
    pub(super) fn giving(&self, wanted: &FieldType, check: &mut Check<'_>) -> Option<Typed> {
        let gives = match (wanted, &self.callee) {
            (FieldType::Integer | FieldType::Number, _) => FieldType::Number,
            (FieldType::Boolean, _) => FieldType::Boolean,
            (FieldType::Date, _) | (FieldType::DateTime, Callee::Lookup { .. }) => FieldType::Date,
            (FieldType::DateTime, Callee::Script(_)) => FieldType::DateTime,
            _ => FieldType::Text,
        };
        if let Callee::Lookup { table, column } = &self.callee {
            self.holds(table, column, &gives, check)?;
        }
        let call = Call {
            callee: self.callee.clone(),
            arguments: self.arguments.clone(),
            gives: gives.clone(),
            version: self.version.clone(),
        };
        let operand = Operand::Call(Box::new(call));
        Some(Typed { operand, kind: gives, span: self.span, written: self.written.clone() })
    }

    /// Reports a column that holds something else than what is asked of it.
    fn holds(&self, table: &str, column: &str, wanted: &FieldType, check: &mut Check<'_>) -> Option<()> {
        let shape = check.catalog.tables.get(table)?;
        let column = shape.columns.iter().find(|known| known.name == column)?;
        let wrong = match wanted {
            FieldType::Number => &column.no_number,
            FieldType::Boolean => &column.no_boolean,
            FieldType::Date => &column.no_date,
            _ => &None,
        };
        let Some(cell) = wrong else { return Some(()) };
        let message = format!(
            "a {wanted} is needed, and the column `{}` of `tables/{table}.csv` has `{cell}`",
            column.name
        );
        let hint = "Compare it with text in double quotes, or fix the table.";
        check.refuse(Code::IncompatibleTypes, self.span, message, hint)
    }

    /// Reports that nothing tells what the call has to give.
    pub(super) fn untold<T>(&self, check: &mut Check<'_>) -> Option<T> {
        let message = format!("nothing here tells what `{}` has to give", self.written);
        let hint = format!("Compare it with a value, as in `{} == \"…\"`.", self.written);
        check.refuse(Code::ExpressionForm, self.span, message, &hint)
    }

    /// Reports two calls that are compared with each other.
    pub(super) fn beside_another<T>(&self, other: &OpenCall, check: &mut Check<'_>) -> Option<T> {
        let message = format!(
            "nothing tells what `{}` and `{}` have to give: each is compared with a call",
            self.written, other.written
        );
        let hint = "Compare each of them with a field or a value, or both in a function of `scripts/`.";
        check.refuse(Code::ExpressionForm, other.span, message, hint)
    }
}

fn script(
    name: &Name,
    shape: &FunctionShape,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<OpenCall> {
    let written = format!("{}({})", name.text, shape.parameters.join(", "));
    if arguments.len() != shape.parameters.len() {
        let message = functions::wrong_count(&name.text, shape.parameters.len(), arguments.len());
        return check.refuse(Code::UnknownFunction, span, message, &format!("Write `{written}`."));
    }
    let read: Vec<Option<Argument>> = arguments
        .iter()
        .enumerate()
        .map(|(place, argument)| self::argument(place, argument, &name.text, shape, scope, check))
        .collect();
    Some(OpenCall {
        callee: Callee::Script(name.text.clone()),
        arguments: read.into_iter().collect::<Option<_>>()?,
        version: shape.version.clone(),
        span,
        written,
    })
}

fn argument(
    place: usize,
    expression: &Expression,
    function: &str,
    shape: &FunctionShape,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Argument> {
    if let ExpressionKind::Path(names) = &expression.kind {
        let words: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        // A reference is a value, too: its own name is that of a field.
        let is_field = words.len() > 1 && {
            let before = reached(&words[..words.len() - 1], scope, check.catalog);
            before.is_ok_and(|record| check.catalog.field(record.entity, words[words.len() - 1]).is_some())
        };
        if let (false, Ok(record)) = (is_field, reached(&words, scope, check.catalog)) {
            let (entity, of) = (record.entity, record.subject);
            in_scope(names, of, None, expression.span, scope, check)?;
            let read = shape.reads.get(place).cloned().flatten();
            fields_exist(read.as_ref(), function, entity, expression.span, check)?;
            let wanted = |name: &str| read.as_ref().is_none_or(|read| read.contains(name));
            let known = check.catalog.fields(entity).iter();
            let fields = known.filter_map(|field| {
                let names: Vec<String> =
                    std::iter::once(&field.name).chain(&field.aliases).cloned().collect();
                let kind = field.kind.clone();
                let operand = record.field(field);
                names
                    .iter()
                    .any(|name| wanted(name))
                    .then_some(RecordField { names, input: Input { operand, kind } })
            });
            return Some(Argument::Record { of, fields: fields.collect() });
        }
    }
    value(expression, "a function of `scripts/`", scope, check).map(Argument::Value)
}

/// Reports fields that a function reads of a record which has none of that name.
fn fields_exist(
    read: Option<&BTreeSet<String>>,
    function: &str,
    entity: Entity,
    span: Span,
    check: &mut Check<'_>,
) -> Option<()> {
    let Some(unknown) = read.into_iter().flatten().find(|name| check.catalog.field(entity, name).is_none())
    else {
        return Some(());
    };
    let message = format!("`{function}` reads `{unknown}` of this, which is no field of {}", entity.plural());
    let known = check.catalog.fields(entity).iter().map(|field| field.name.as_str());
    check.report(Problem::error(Code::UnknownField, span, message).hint_if(did_you_mean(unknown, known)));
    None
}

/// A value that something is called with.
fn value(expression: &Expression, what: &str, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Input> {
    if let ExpressionKind::Call { name, .. } = &expression.kind
        && is_call(&name.text, check)
    {
        let message = format!("{what} can't be called with what another call gives");
        let hint = "Call the one in the other: functions of `scripts/` may call each other, and `lookup`.";
        return check.refuse(Code::ExpressionForm, expression.span, message, hint);
    }
    let value = operand(expression, scope, check)?;
    let mut fixed = true;
    Part::Operand(&value.operand).each(&mut |part| {
        let turns = matches!(
            part,
            Part::Operand(Operand::Measure(_) | Operand::Call(_) | Operand::Now { .. } | Operand::Moment(_))
        );
        fixed &= !turns;
    });
    if fixed {
        return Some(Input { operand: value.operand, kind: value.kind });
    }
    let message = format!("{what} takes a record, a field or a value");
    let hint = "Write `contact`, `account`, a field such as `contact.role`, `today()`, or a text or number.";
    check.refuse(Code::ExpressionForm, expression.span, message, hint)
}

fn lookup(
    name: &Name,
    arguments: &[Expression],
    span: Span,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<OpenCall> {
    functions::expect_count(name, arguments, span, check)?;
    let [table, key, column] = arguments else { return None };
    let key = self::key(key, scope, check);
    let table_name = literal(table, check);
    let column_name = literal(column, check);
    let (table_name, column_name) = (table_name?, column_name?);
    let Some(shape) = check.catalog.tables.get(&table_name).cloned() else {
        let message = format!("there is no table `tables/{table_name}.csv`");
        let hint = did_you_mean(&table_name, check.catalog.tables.keys().map(String::as_str));
        check.report(Problem::error(Code::FileNotFound, table.span, message).hint_if(hint));
        return None;
    };
    column_of(&shape, &table_name, &column_name, column.span, check)?;
    let key = key?;
    let shown = match &key.operand {
        Operand::Field { .. } => super::explain::words(&key.operand),
        _ => "…".to_owned(),
    };
    Some(OpenCall {
        written: format!("lookup(\"{table_name}\", {shown}, \"{column_name}\")"),
        callee: Callee::Lookup { table: table_name, column: column_name },
        arguments: vec![Argument::Value(key)],
        version: shape.version,
        span,
    })
}

fn column_of(shape: &TableShape, table: &str, column: &str, span: Span, check: &mut Check<'_>) -> Option<()> {
    if shape.columns.iter().any(|known| known.name == column) {
        return Some(());
    }
    let message = format!("the table `{table}` has no column `{column}`");
    let hint = did_you_mean(column, shape.columns.iter().map(|known| known.name.as_str()));
    check.report(Problem::error(Code::UnknownField, span, message).hint_if(hint));
    None
}

/// The key of a row.
fn key(expression: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Input> {
    let key = value(expression, "`lookup`", scope, check)?;
    if !matches!(key.kind, FieldType::Number | FieldType::Choices(_)) {
        return Some(key);
    }
    let message = format!("`lookup` takes text or a whole number as its key, and this is {}", key.kind);
    check.refuse(
        Code::IncompatibleTypes,
        expression.span,
        message,
        "Name a field that is a key of the table.",
    )
}

fn literal(expression: &Expression, check: &mut Check<'_>) -> Option<String> {
    if let ExpressionKind::Text(text) = &expression.kind {
        return Some(text.clone());
    }
    let message = "the table and the column of `lookup` are text in double quotes";
    let hint = "Write `lookup(\"territories\", account.country, \"team\")`.";
    check.refuse(Code::ExpressionForm, expression.span, message, hint)
}
