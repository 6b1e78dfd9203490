//! Parameters of custom tiles, as a step, a default or a case writes them.

use std::collections::BTreeSet;

use super::{CustomParameter, channels};
use crate::{
    calendar::{Zone, parse_date, parse_moment},
    definitions::{ParameterType, Reader, moment_hint},
    diagnostics::{Code, Problem},
    model::time::rfc3339,
    script::ScriptValue,
};

/// Reads the parameters. Gives nothing when one is wrong or missing, which is reported; as is one that names
/// a channel which isn't there, where channels are known.
pub(super) fn read<'a>(
    parameters: &'a [CustomParameter],
    reader: &mut Reader<'a>,
    zone: &Zone,
    known_channels: Option<&BTreeSet<String>>,
) -> Option<ScriptValue> {
    let mut values = Vec::new();
    let mut whole = true;
    for parameter in parameters {
        let key = parameter.name.as_str();
        if reader.has(key) {
            match value(key, &parameter.kind, reader, zone) {
                Some(value) => {
                    let span = reader.entry(key).map(|(_, node)| node.span);
                    if let (true, Some(known), Some(span), ScriptValue::Text(name)) =
                        (parameter.is_channel, known_channels, span, &value)
                    {
                        channels::check(name, span, known, reader.problems());
                    }
                    values.push((key, value));
                }
                None => whole = false,
            }
        } else if parameter.required {
            let what = match &parameter.kind {
                ParameterType::Choice(choices) => format!("one of {}", choices.join(", ")),
                kind => format!("a value of type `{}`", kind.name()),
            };
            let description = parameter.description.as_ref();
            let hint = match description {
                Some(description) => format!("Write `{key}: …`, {what}: {description}."),
                None => format!("Write `{key}: …`, {what}."),
            };
            reader.missing(key, hint);
            whole = false;
        } else {
            values.push((key, parameter.default.clone()));
        }
    }
    whole.then(|| ScriptValue::map(values))
}

/// Reads one value; what is wrong with it is reported.
pub(super) fn value<'a>(
    key: &'a str,
    kind: &ParameterType,
    reader: &mut Reader<'a>,
    zone: &Zone,
) -> Option<ScriptValue> {
    match kind {
        ParameterType::Text => {
            let text = reader.text(key)?;
            if text.value.contains("{{") {
                reader.problems().push(
                    Problem::error(
                        Code::InvalidValue,
                        text.span,
                        format!("`{key}` is a plain text, without `{{{{…}}}}`"),
                    )
                    .hint("A custom tile's script makes its texts of `item`; parameters aren't filled in."),
                );
                return None;
            }
            Some(ScriptValue::Text(text.value))
        }
        ParameterType::Integer => reader.integer(key).map(|number| ScriptValue::Integer(number.value)),
        ParameterType::Number => reader.number(key).map(|number| ScriptValue::Number(number.value)),
        ParameterType::Boolean => reader.boolean(key).map(|yes| ScriptValue::Boolean(yes.value)),
        ParameterType::Duration => {
            reader.duration(key).map(|length| ScriptValue::Text(length.value.to_string()))
        }
        ParameterType::Choice(choices) => {
            let choices: Vec<(&str, &str)> =
                choices.iter().map(|choice| (choice.as_str(), choice.as_str())).collect();
            reader.choice(key, &choices).map(|choice| ScriptValue::Text(choice.value.to_owned()))
        }
        ParameterType::List => {
            reader.list(key)?;
            let items = reader.list_of_text(key);
            Some(ScriptValue::List(items.into_iter().map(|item| ScriptValue::Text(item.value)).collect()))
        }
        ParameterType::Date | ParameterType::DateTime => {
            let text = reader.text(key)?;
            let read = match kind {
                ParameterType::Date => parse_date(&text.value),
                _ => parse_moment(&text.value, zone).map(rfc3339),
            };
            match read {
                Ok(value) => Some(ScriptValue::Text(value)),
                Err(error) => {
                    let hint = match kind {
                        ParameterType::Date => "Write year, month and day, such as `2026-03-01`.".to_owned(),
                        _ => moment_hint(&text.value),
                    };
                    reader
                        .problems()
                        .push(Problem::error(Code::InvalidTime, text.span, error.to_string()).hint(hint));
                    None
                }
            }
        }
    }
}
