//! The helpers of templates.

use handlebars::template::Parameter;

use super::{
    Root,
    compile::Compile,
    paths::{self, Typed},
    tree::Expr,
};
use crate::{
    calendar::{format_date, format_moment, parse_date, parse_moment},
    diagnostics::{Code, Span, did_you_mean},
    model::{
        Catalog, Comparison, Entity, FieldType, Language, Value, both_ways, counts_as, foreign_number,
        record_id,
    },
};

/// All helpers with how they are written.
pub(super) const HELPERS: [(&str, &str); 15] = [
    ("eq", "{{#if (eq account.status \"customer\")}}…{{/if}}"),
    ("ne", "{{#if (ne account.status \"customer\")}}…{{/if}}"),
    ("lt", "{{#if (lt account.employees 100)}}…{{/if}}"),
    ("lte", "{{#if (lte account.employees 100)}}…{{/if}}"),
    ("gt", "{{#if (gt account.employees 100)}}…{{/if}}"),
    ("gte", "{{#if (gte account.employees 100)}}…{{/if}}"),
    ("and", "{{#if (and contact.first_name contact.last_name)}}…{{/if}}"),
    ("or", "{{#if (or contact.phone contact.mobile_phone)}}…{{/if}}"),
    ("not", "{{#if (not contact.phone)}}…{{/if}}"),
    ("default", "{{default contact.first_name \"friend\"}}"),
    ("date", "{{date contact.created_on \"%d %B %Y\"}}"),
    ("number", "{{number account.revenue 2}}"),
    ("if", "{{#if contact.phone}}…{{else}}…{{/if}}"),
    ("each", "{{#each contact.interests}}{{this}}{{/each}}"),
    ("unless", "{{#unless contact.phone}}…{{/unless}}"),
];

/// Helpers that handlebars has and our templates don't.
pub(super) const REFUSED: [&str; 5] = ["lookup", "with", "log", "raw", "len"];

/// Most decimals that `number` writes.
const MOST_DECIMALS: i64 = 10;

/// A call of a helper that gives a value.
pub(super) fn call(
    word: &str,
    span: Span,
    parameters: &[Parameter],
    compile: &mut Compile<'_>,
) -> Option<Typed> {
    let read = |compile: &mut Compile<'_>| -> Vec<Option<Typed>> {
        parameters.iter().map(|parameter| compile.parameter(parameter)).collect()
    };
    let known = HELPERS.iter().any(|(helper, _)| *helper == word);
    let field = in_words(word, parameters, compile.scope.catalog).filter(|_| !known);
    if let Some(field) = field.filter(|field| paths::allows(field, compile)) {
        compile.quietly(read);
        let hint = Some(format!("Write `{{{{{field}}}}}`."));
        return compile.refuse(Code::TemplateSyntax, span, format!("there is no helper `{word}`"), hint);
    }
    let arguments = read(compile);
    if !known {
        return unknown(word, span, compile);
    }
    let arguments: Vec<Typed> = arguments.into_iter().collect::<Option<_>>()?;
    let typed = |expr, kind| Some(Typed { expr, kind, span, written: word.to_owned() });
    let exprs = |arguments: Vec<Typed>| arguments.into_iter().map(|argument| argument.expr).collect();
    let truth = Some(FieldType::Boolean);
    match (word, arguments.len()) {
        ("eq" | "ne" | "lt" | "lte" | "gt" | "gte", 2) => compare(word, span, arguments, compile),
        ("and", 2..) => typed(Expr::All(exprs(arguments)), truth),
        ("or", 2..) => {
            warn_of_unequal(&arguments, span, compile);
            typed(Expr::Any(exprs(arguments)), truth)
        }
        ("not", 1) => {
            let inner = arguments.into_iter().next()?;
            typed(Expr::Not(Box::new(inner.expr)), truth)
        }
        ("default", 2..) => {
            let kind = arguments.first().and_then(|first| first.kind.clone());
            let alike = arguments.iter().all(|argument| argument.kind == kind);
            let numeric = |argument: &Typed| argument.kind.as_ref().is_some_and(FieldType::is_numeric);
            let kind = if alike {
                kind
            } else if arguments.iter().all(numeric) {
                Some(FieldType::Number)
            } else {
                None
            };
            typed(Expr::Default(exprs(arguments)), kind)
        }
        ("date", 2) => date(span, arguments, compile),
        ("number", 2) => number(span, arguments, compile),
        _ => compile.usage(word, span),
    }
}

/// The field whose name was written in words of its own, as in `{{first name}}`.
fn in_words(word: &str, parameters: &[Parameter], catalog: &Catalog) -> Option<String> {
    let words = parameters.iter().map(|parameter| parameter.as_name().unwrap_or("?"));
    let together = std::iter::once(word).chain(words).collect::<Vec<_>>().join("_");
    paths::full_name(&together.to_lowercase(), catalog)
}

fn unknown<T>(word: &str, span: Span, compile: &mut Compile<'_>) -> Option<T> {
    if REFUSED.contains(&word) {
        let hint = "Name a field in full, as in `{{account.name}}`.".to_owned();
        return compile.refuse(Code::TemplateSyntax, span, format!("`{word}` can't be used"), Some(hint));
    }
    let hint = did_you_mean(word, HELPERS.iter().map(|(helper, _)| *helper)).or_else(|| {
        let all: Vec<String> = HELPERS.iter().map(|(helper, _)| format!("`{helper}`")).collect();
        Some(format!("There is: {}.", all.join(", ")))
    });
    compile.refuse(Code::TemplateSyntax, span, format!("there is no helper `{word}`"), hint)
}

/// What can be compared with what.
#[derive(PartialEq, Eq)]
enum Class {
    Numbers,
    Texts,
    Truths,
    Moments,
    Lists,
}

fn class(kind: &FieldType) -> Class {
    match kind {
        FieldType::Integer | FieldType::Number => Class::Numbers,
        FieldType::Boolean => Class::Truths,
        FieldType::DateTime => Class::Moments,
        FieldType::Choices(_) => Class::Lists,
        _ => Class::Texts,
    }
}

/// Brings a literal that is compared with an id into the form in which ids are kept.
fn as_kept(asked: &Typed, literal: &mut Typed) {
    let is_id =
        matches!(asked.kind, Some(FieldType::Account | FieldType::Contact)) || asked.written.ends_with(".id");
    if let (true, Expr::Literal(Value::Text(text))) = (is_id, &mut literal.expr) {
        *text = record_id(text).into_owned();
    }
}

fn compare(word: &str, span: Span, arguments: Vec<Typed>, compile: &mut Compile<'_>) -> Option<Typed> {
    let operator = match word {
        "eq" => Comparison::Equal,
        "ne" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        _ => Comparison::GreaterOrEqual,
    };
    let mut sides = arguments.into_iter();
    let (mut left, mut right) = (sides.next()?, sides.next()?);
    if let Some(blank) = with_blank(operator, &left, &right) {
        return Some(Typed { expr: blank, kind: Some(FieldType::Boolean), span, written: word.to_owned() });
    }
    as_kept(&left, &mut right);
    as_kept(&right, &mut left);
    dated(&left.kind.clone(), &mut right, compile)?;
    dated(&right.kind.clone(), &mut left, compile)?;
    if let (Some(a), Some(b)) = (&left.kind, &right.kind)
        && class(a) != class(b)
    {
        let hint = match (&right.expr, class(a), class(b)) {
            (Expr::Literal(Value::Text(text)), Class::Truths, _) => {
                let wanted = matches!(text.to_lowercase().as_str(), "true" | "yes" | "1");
                let no = wanted == (operator == Comparison::NotEqual);
                Some(match no {
                    true => format!("Write `(not {})`.", left.written),
                    false => format!("Write `{}` alone.", left.written),
                })
            }
            (Expr::Literal(Value::Text(text)), Class::Numbers, _) if number_hint(text).is_some() => {
                number_hint(text)
            }
            (Expr::Literal(Value::Text(text)), Class::Numbers, _) if text.parse::<f64>().is_ok() => {
                Some(format!("Write `{text}` without quotes."))
            }
            (Expr::Literal(_), Class::Texts, Class::Numbers) => {
                Some(format!("Write `\"{}\"` in quotes.", right.written))
            }
            _ => None,
        };
        let message =
            format!("{a} `{}` and {b} `{}` can't be compared", left.written, right.written.trim_matches('"'));
        return compile.refuse(Code::IncompatibleTypes, span, message, hint);
    }
    warn_of_padding(&left, compile);
    warn_of_padding(&right, compile);
    let truths = matches!((&left.kind, &right.kind), (Some(FieldType::Boolean), Some(FieldType::Boolean)));
    let side = |own: Typed, default: Option<Expr>| match default {
        Some(default) => Box::new(Expr::Default(vec![own.expr, default])),
        None if truths => Box::new(Expr::Truth(Box::new(own.expr))),
        None => Box::new(own.expr),
    };
    let (left_default, right_default) = (default_beside(&left, &right), default_beside(&right, &left));
    let expr = Expr::Compare { operator, left: side(left, left_default), right: side(right, right_default) };
    Some(Typed { expr, kind: Some(FieldType::Boolean), span, written: word.to_owned() })
}

/// `eq` or `ne` with an empty text or `null`, which asks whether a value is missing or blank.
fn with_blank(operator: Comparison, left: &Typed, right: &Typed) -> Option<Expr> {
    let is_blank = |side: &Typed| match &side.expr {
        Expr::Literal(Value::Missing) => true,
        Expr::Literal(Value::Text(text)) => text.trim().is_empty(),
        _ => false,
    };
    let asked = match (is_blank(left), is_blank(right)) {
        (_, true) => left,
        (true, false) => right,
        (false, false) => return None,
    };
    let blank = Expr::Blank(Box::new(asked.expr.clone()));
    match operator {
        Comparison::Equal => Some(blank),
        Comparison::NotEqual => Some(Expr::Not(Box::new(blank))),
        _ => None,
    }
}

/// The choice that a missing value of a field counts as, where the field is compared with a fixed text.
fn default_beside(field: &Typed, other: &Typed) -> Option<Expr> {
    let Expr::Field { root: Root::Contact, name } = &field.expr else { return None };
    matches!(other.expr, Expr::Literal(_))
        .then(|| counts_as(Entity::Contact, name))?
        .map(|default| Expr::Literal(Value::Text(default.to_owned())))
}

/// Warns of a text with space around it, which is compared as it is.
fn warn_of_padding(side: &Typed, compile: &mut Compile<'_>) {
    if let Expr::Literal(Value::Text(text)) = &side.expr
        && text.trim() != text
    {
        let message = format!("`\"{text}\"` starts or ends with white space, which is compared, too");
        let hint = format!("Write `\"{}\"`.", text.trim());
        compile.warn(Code::SurroundingSpace, side.span, message, hint);
    }
}

/// Warns of `or` with two `ne` of one value, one of which always holds.
fn warn_of_unequal(alternatives: &[Typed], span: Span, compile: &mut Compile<'_>) {
    let denied = |alternative: &Typed| match &alternative.expr {
        Expr::Compare { operator: Comparison::NotEqual, left, right } => match (&**left, &**right) {
            (value, Expr::Literal(literal)) | (Expr::Literal(literal), value) => {
                Some((value.clone(), literal.clone()))
            }
            _ => None,
        },
        _ => None,
    };
    let denied: Vec<_> = alternatives.iter().filter_map(denied).collect();
    let of_one = |at: usize| {
        denied[..at].iter().any(|(value, other)| *value == denied[at].0 && *other != denied[at].1)
    };
    if (0..denied.len()).any(of_one) {
        let hint = "Write `(and (ne …) (ne …))` for “neither”.".to_owned();
        compile.warn(Code::AlwaysHolds, span, "one of these `ne` always holds", hint);
    }
}

/// How to write a number that was written as in another country; numbers of templates have no signs between thousands.
pub(super) fn number_hint(written: &str) -> Option<String> {
    let hint = both_ways(written).or_else(|| foreign_number(written).map(|(_, _, hint)| hint))?;
    Some(match hint.split_once(": a point") {
        Some((start, _)) => format!("{}.", start.replace('_', "")),
        None => hint.replace('_', ""),
    })
}

/// Text beside a date or moment is read as one.
fn dated(kind: &Option<FieldType>, side: &mut Typed, compile: &mut Compile<'_>) -> Option<()> {
    let Expr::Literal(Value::Text(text)) = &side.expr else { return Some(()) };
    let read = match kind {
        Some(FieldType::DateTime) => parse_moment(text, compile.scope.zone).map(Value::Time),
        Some(FieldType::Date) => parse_date(text).map(Value::Date),
        _ => return Some(()),
    };
    match read {
        Ok(value) => {
            side.expr = Expr::Literal(value);
            side.kind.clone_from(kind);
            Some(())
        }
        Err(error) => compile.refuse(
            Code::InvalidTime,
            side.span,
            error.to_string(),
            Some("Write `\"2026-01-31\"` or `\"2026-01-31 08:00\"`.".to_owned()),
        ),
    }
}

fn date(span: Span, arguments: Vec<Typed>, compile: &mut Compile<'_>) -> Option<Typed> {
    let mut arguments = arguments.into_iter();
    let (value, format) = (arguments.next()?, arguments.next()?);
    if !matches!(value.kind, Some(FieldType::Date | FieldType::DateTime)) {
        let message = format!("`date` writes dates and moments, and `{}` is neither", value.written);
        return compile.refuse(Code::IncompatibleTypes, value.span, message, None);
    }
    let Expr::Literal(Value::Text(format)) = format.expr else { return compile.usage("date", span) };
    let sample = match value.kind {
        Some(FieldType::Date) => format_date("2000-01-01", &format, Language::English),
        _ => format_moment(0, &format, compile.scope.zone, Language::English),
    };
    if sample.is_err() {
        let hint = "Write `%d %B %Y` or `%Y-%m-%d %H:%M`, say.".to_owned();
        return compile.refuse(
            Code::InvalidTime,
            span,
            format!("`{format}` is not a date format"),
            Some(hint),
        );
    }
    let expr = Expr::Date { value: Box::new(value.expr), format };
    Some(Typed { expr, kind: Some(FieldType::Text), span, written: "date".to_owned() })
}

fn number(span: Span, arguments: Vec<Typed>, compile: &mut Compile<'_>) -> Option<Typed> {
    let mut arguments = arguments.into_iter();
    let (value, decimals) = (arguments.next()?, arguments.next()?);
    if !value.kind.as_ref().is_some_and(FieldType::is_numeric) {
        let message = format!("`number` writes numbers, and `{}` is none", value.written);
        return compile.refuse(Code::IncompatibleTypes, value.span, message, None);
    }
    match decimals.expr {
        Expr::Literal(Value::Integer(decimals)) if (0..=MOST_DECIMALS).contains(&decimals) => {
            let decimals = usize::try_from(decimals).unwrap_or(0);
            let expr = Expr::Number { value: Box::new(value.expr), decimals };
            Some(Typed { expr, kind: Some(FieldType::Text), span, written: "number".to_owned() })
        }
        _ => compile.usage("number", span),
    }
}
