//! Filling in values.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap};

use super::{
    Root,
    tree::{Escape, Expr, Part},
    urls,
};
use crate::{
    calendar::{CalendarError, Zone, format_date, format_moment},
    model::{Comparison, Language, Value},
};

/// Longest text that a template may become, in bytes.
const MAX_OUTPUT: usize = 1 << 20;

/// The values of one recipient, by the fields' own names. What isn't there is missing.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The contact's fields.
    pub contact: &'a BTreeMap<String, Value>,
    /// The fields of the account, which is the contact's in a text for a contact.
    pub account: &'a BTreeMap<String, Value>,
    /// `name`, `label` and `owner` of the journey.
    pub journey: &'a BTreeMap<String, Value>,
    /// `name` of the workspace and the texts that mails share, and `company.NAME` of who sends.
    pub settings: &'a BTreeMap<String, Value>,
    /// The links of a mail, by name.
    pub links: &'a BTreeMap<String, Value>,
    /// The text of a tile's message to a channel.
    pub message: Option<&'a Value>,
    /// The language of numbers and dates.
    pub language: Language,
}

/// Why a template couldn't be filled in for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text became too long.
    #[error("the text is longer than {MAX_OUTPUT} bytes")]
    TooLong,
    /// A date or moment can't be written.
    #[error("a date can't be written")]
    Date(#[from] CalendarError),
}

/// One turn of an `each`.
struct Turn<'a> {
    item: &'a str,
    index: usize,
    count: usize,
}

struct Render<'a> {
    values: &'a Values<'a>,
    zone: &'a Zone,
    turns: Vec<Turn<'a>>,
    output: String,
}

pub(super) fn render(parts: &[Part], values: &Values<'_>, zone: &Zone) -> Result<String, TemplateError> {
    let mut render = Render { values, zone, turns: Vec::new(), output: String::new() };
    render.parts(parts)?;
    Ok(render.output)
}

impl<'a> Render<'a> {
    fn parts(&mut self, parts: &'a [Part]) -> Result<(), TemplateError> {
        for part in parts {
            match part {
                Part::Text(text) => self.write(text)?,
                Part::Group(parts) => self.parts(parts)?,
                Part::Print { value, escape } => {
                    let value = self.value(value)?;
                    let text = match value.as_ref() {
                        Value::Text(text) | Value::Date(text) => Cow::Borrowed(text.as_str()),
                        other => Cow::Owned(other.to_string()),
                    };
                    match escape {
                        Escape::Html => self.write(&handlebars::html_escape(&text))?,
                        Escape::Query => self.write(&urls::encoded(&text))?,
                        Escape::Not => self.write(&text)?,
                    }
                }
                Part::If { test, then, otherwise } => {
                    let chosen = if holds(self.value(test)?.as_ref()) { then } else { otherwise };
                    self.parts(chosen)?;
                }
                Part::Each { list, body, otherwise } => self.each(list, body, otherwise)?,
            }
        }
        Ok(())
    }

    fn each(&mut self, list: &'a Expr, body: &'a [Part], otherwise: &'a [Part]) -> Result<(), TemplateError> {
        let items: &'a [String] = match list {
            Expr::Field { root, name } => match self.field(*root, name) {
                Some(Value::Choices(items)) => items,
                _ => &[],
            },
            _ => &[],
        };
        if items.is_empty() {
            return self.parts(otherwise);
        }
        for (index, item) in items.iter().enumerate() {
            self.turns.push(Turn { item, index, count: items.len() });
            let done = self.parts(body);
            self.turns.pop();
            done?;
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), TemplateError> {
        if self.output.len() + text.len() > MAX_OUTPUT {
            return Err(TemplateError::TooLong);
        }
        self.output.push_str(text);
        Ok(())
    }

    fn field(&self, root: Root, name: &str) -> Option<&'a Value> {
        match root {
            Root::Contact => self.values.contact.get(name),
            Root::Account => self.values.account.get(name),
            Root::Journey => self.values.journey.get(name),
            Root::Settings => self.values.settings.get(name),
            Root::Message => self.values.message,
            Root::Company => self.values.settings.get(&format!("company.{name}")),
            Root::Links => self.values.links.get(name),
        }
    }

    fn value(&self, expr: &'a Expr) -> Result<Cow<'a, Value>, TemplateError> {
        let truth = |answer: bool| Ok(Cow::Owned(Value::Boolean(answer)));
        let turn = |depth: usize| self.turns.get(depth);
        match expr {
            Expr::Literal(value) => Ok(Cow::Borrowed(value)),
            Expr::Field { root, name } => {
                Ok(self.field(*root, name).map_or(Cow::Owned(Value::Missing), Cow::Borrowed))
            }
            Expr::Item(depth) => {
                Ok(Cow::Owned(turn(*depth).map_or(Value::Missing, |turn| Value::Text(turn.item.to_owned()))))
            }
            Expr::Index(depth) => {
                let index = turn(*depth).and_then(|turn| i64::try_from(turn.index).ok());
                Ok(Cow::Owned(index.map_or(Value::Missing, Value::Integer)))
            }
            Expr::First(depth) => truth(turn(*depth).is_some_and(|turn| turn.index == 0)),
            Expr::Last(depth) => truth(turn(*depth).is_some_and(|turn| turn.index + 1 == turn.count)),
            Expr::Compare { operator, left, right } => {
                truth(compared(self.value(left)?.as_ref(), *operator, self.value(right)?.as_ref()))
            }
            Expr::Blank(inner) => truth(is_empty(self.value(inner)?.as_ref())),
            Expr::Truth(inner) => truth(*self.value(inner)?.as_ref() == Value::Boolean(true)),
            Expr::Not(inner) => truth(!holds(self.value(inner)?.as_ref())),
            Expr::All(parts) => {
                for part in parts {
                    if !holds(self.value(part)?.as_ref()) {
                        return truth(false);
                    }
                }
                truth(true)
            }
            Expr::Any(parts) => {
                for part in parts {
                    if holds(self.value(part)?.as_ref()) {
                        return truth(true);
                    }
                }
                truth(false)
            }
            Expr::Default(parts) => {
                let mut last = Cow::Owned(Value::Missing);
                for part in parts {
                    last = self.value(part)?;
                    if !is_empty(last.as_ref()) {
                        break;
                    }
                }
                Ok(last)
            }
            Expr::Date { value, format } => {
                let language = self.values.language;
                let text = match self.value(value)?.as_ref() {
                    Value::Date(date) => format_date(date, format, language)?,
                    Value::Time(at) => format_moment(*at, format, self.zone, language)?,
                    _ => return Ok(Cow::Owned(Value::Missing)),
                };
                Ok(Cow::Owned(Value::Text(text)))
            }
            Expr::Number { value, decimals } => {
                let number = number(self.value(value)?.as_ref());
                let text = number.map_or(Value::Missing, |number| {
                    Value::Text(grouped(number, *decimals, self.values.language))
                });
                Ok(Cow::Owned(text))
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Missing => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::Choices(choices) => choices.is_empty(),
        _ => false,
    }
}

/// What `if` takes for true: anything but nothing, blank text, zero and false.
fn holds(value: &Value) -> bool {
    match value {
        Value::Boolean(false) | Value::Integer(0) => false,
        Value::Number(number) => *number != 0.0,
        other => !is_empty(other),
    }
}

#[expect(clippy::cast_precision_loss, reason = "whole numbers lie within those of a double")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

/// Two-valued, as conditions are: with a missing side only `ne` can hold.
fn compared(left: &Value, operator: Comparison, right: &Value) -> bool {
    if left.is_missing() || right.is_missing() {
        return operator == Comparison::NotEqual && left.is_missing() != right.is_missing();
    }
    let order = match (left, right) {
        (Value::Text(a) | Value::Date(a), Value::Text(b) | Value::Date(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => None,
        },
    };
    match operator {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// `1234567.891` with two decimals is `1,234,567.89`.
fn grouped(number: f64, decimals: usize, language: Language) -> String {
    let (thousands, point) = language.signs();
    let written = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = match written.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (written.as_str(), None),
    };
    let mut text = String::new();
    if number < 0.0 && written.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(thousands);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(point);
        text.push_str(fraction);
    }
    text
}
