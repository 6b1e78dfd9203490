//! One cell into one typed value, or the reason why not.

use serde_json::Value as Json;

use super::request::Notation;
use crate::calendar::{parse_date, parse_moment};
use crate::diagnostics::did_you_mean;
use crate::model::{DecimalSign, FieldType, Value, is_ambiguous, nfc, plain_number, record_id};

/// The largest whole number, and with a minus the smallest.
const LARGEST_INTEGER: i64 = 1 << 53;
/// How many characters an id may have.
const LONGEST_ID: usize = 200;

/// What a row holds for a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    /// A cell of CSV.
    Text(&'a str),
    /// A value of a JSON object.
    Json(&'a Json),
}

/// Reads a cell as a value of a type. An empty cell and `null` are missing.
pub(super) fn read_cell(cell: Cell<'_>, kind: &FieldType, notation: Notation<'_>) -> Result<Value, String> {
    let json = match cell {
        Cell::Text(text) => return read_text(text, kind, notation),
        Cell::Json(json) => json,
    };
    match (json, kind) {
        (Json::Null, _) => Ok(Value::Missing),
        (Json::String(text), _) => read_text(text, kind, notation),
        (Json::Number(number), _) => {
            let notation = Notation { decimal: Some(DecimalSign::Point), ..notation };
            read_text(&number.to_string(), kind, notation)
        }
        (Json::Bool(yes), FieldType::Boolean) => Ok(Value::Boolean(*yes)),
        (Json::Array(items), FieldType::Choices(choices)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            let texts = texts.ok_or("a list of texts was expected")?;
            several_choices(texts.into_iter(), choices)
        }
        (Json::Bool(_) | Json::Array(_) | Json::Object(_), _) => {
            let found = match json {
                Json::Bool(_) => "a boolean",
                Json::Array(_) => "a list",
                _ => "an object",
            };
            Err(format!("{found} was found where {} was expected", expected(kind)))
        }
    }
}

fn expected(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Date => "a date",
        FieldType::DateTime => "a date and time",
        FieldType::Choice(_) => "one of the choices",
        FieldType::Choices(_) => "a list of choices",
        FieldType::Account => "the id of an account",
        FieldType::Contact => "the id of a contact",
    }
}

fn read_text(text: &str, kind: &FieldType, notation: Notation<'_>) -> Result<Value, String> {
    if text.contains('\0') {
        return Err("the value holds a null character".to_owned());
    }
    let text = nfc(text);
    let word = text.trim();
    if word.is_empty() {
        return Ok(Value::Missing);
    }
    match kind {
        FieldType::Text => Ok(Value::Text(text.into_owned())),
        FieldType::Integer => integer(word, notation.decimal).map(Value::Integer),
        FieldType::Number => number(word, notation.decimal).map(Value::Number),
        FieldType::Boolean => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Value::Boolean(true)),
            "false" | "no" | "0" => Ok(Value::Boolean(false)),
            _ => Err(format!("`{}` is not true or false (also yes or no, 1 or 0)", shown(word))),
        },
        FieldType::Date => parse_date(word)
            .map(Value::Date)
            .map_err(|_| format!("`{}` is not a date such as 2026-03-01", shown(word))),
        FieldType::DateTime => parse_moment(word, notation.zone).map(Value::Time).map_err(|_| {
            format!(
                "`{}` is not a date and time such as 2026-03-01 08:00 or 2026-03-01T08:00:00Z",
                shown(word)
            )
        }),
        FieldType::Choice(choices) => choice(word, choices).map(Value::Text),
        FieldType::Choices(choices) => several_choices(word.split([';', '|']), choices),
        FieldType::Account | FieldType::Contact => id(word).map(Value::Text),
    }
}

/// Reads an id as it is kept: not empty, at most 200 characters, none of them a control character.
pub(super) fn id(text: &str) -> Result<String, String> {
    let word = record_id(text);
    if word.is_empty() {
        return Err("an id was expected, and there is none".to_owned());
    }
    if word.chars().any(char::is_control) {
        return Err(format!("`{}` holds a control character, which an id can't", shown(&word)));
    }
    if word.chars().count() > LONGEST_ID {
        return Err(format!("`{}` is longer than the {LONGEST_ID} characters an id may have", shown(&word)));
    }
    Ok(word.into_owned())
}

fn integer(word: &str, sign: Option<DecimalSign>) -> Result<i64, String> {
    let plain = sign.and_then(|sign| plain_number(word, sign)).unwrap_or_else(|| word.to_owned());
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if sign.is_none() && is_ambiguous(word) {
            return Err(ambiguous(word));
        }
        let hint = if number(word, sign).is_ok() {
            "; it has to be written without a point or exponent"
        } else {
            ""
        };
        return Err(format!("`{}` is not a whole number{hint}", shown(word)));
    }
    match plain.parse::<i64>() {
        Ok(number) if number.abs() <= LARGEST_INTEGER => Ok(number),
        _ => Err(format!("`{}` is too large; whole numbers go up to {LARGEST_INTEGER}", shown(word))),
    }
}

fn number(word: &str, sign: Option<DecimalSign>) -> Result<f64, String> {
    if sign.is_none() && is_ambiguous(word) {
        return Err(ambiguous(word));
    }
    let written = sign.and_then(|sign| plain_number(word, sign)).unwrap_or_else(|| word.to_owned());
    let plain = written.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    // With a comma before decimals a point that isn't between thousands means nothing.
    let plain = plain && (sign != Some(DecimalSign::Comma) || !word.contains('.') || written != word);
    match written.parse::<f64>() {
        // Adding zero turns minus zero into zero.
        Ok(number) if plain && number.is_finite() => Ok(number + 0.0),
        Ok(_) if plain => Err(format!("`{}` is too large for a number", shown(word))),
        _ if sign.is_none()
            && [DecimalSign::Point, DecimalSign::Comma]
                .iter()
                .any(|sign| plain_number(word, *sign).is_some()) =>
        {
            Err(format!(
                "`{}` is not a number as in 1234.5; say how numbers are written, with `--decimal point` or `--decimal comma`",
                shown(word)
            ))
        }
        _ => Err(format!("`{}` is not a number", shown(word))),
    }
}

/// The reason why a number such as `250.000` isn't read.
fn ambiguous(word: &str) -> String {
    let (decimals, thousands) = (word.trim_end_matches('0').trim_end_matches('.'), word.replacen('.', "", 1));
    format!(
        "`{}` may be {decimals} or {thousands}; say how numbers are written, with `--decimal point` or `--decimal comma`",
        shown(word)
    )
}

fn choice(word: &str, choices: &[String]) -> Result<String, String> {
    if choices.iter().any(|choice| choice == word) {
        return Ok(word.to_owned());
    }
    let hint = did_you_mean(word, choices.iter().map(String::as_str));
    let hint = hint.map(|hint| format!(". {hint}")).unwrap_or_default();
    Err(format!("`{}` is not one of the choices{hint}", shown(word)))
}

fn several_choices<'a>(words: impl Iterator<Item = &'a str>, choices: &[String]) -> Result<Value, String> {
    let mut found = Vec::new();
    for word in words.map(str::trim).filter(|word| !word.is_empty()) {
        let word = choice(&nfc(word), choices)?;
        if !found.contains(&word) {
            found.push(word);
        }
    }
    Ok(if found.is_empty() { Value::Missing } else { Value::Choices(found) })
}

/// A value as a reason shows it: the beginning of a long one, control characters made visible.
pub(super) fn shown(text: &str) -> String {
    const ROOM: usize = 60;
    let mut shown: String = text.chars().take(ROOM).flat_map(visible).collect();
    if text.chars().nth(ROOM).is_some() {
        shown.push('…');
    }
    shown
}

fn visible(character: char) -> impl Iterator<Item = char> {
    let escaped = character.is_control().then(|| character.escape_default());
    let plain = (!character.is_control()).then_some(character);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;
    use serde_json::json;

    fn choices() -> Vec<String> {
        vec!["Strategic".to_owned(), "Enterprise".to_owned(), "SMB".to_owned()]
    }

    fn texts(values: &[&str]) -> Value {
        Value::Choices(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn read(text: &str, kind: &FieldType) -> Result<Value, String> {
        let zone = Zone::named("Europe/Berlin").unwrap();
        read_cell(Cell::Text(text), kind, Notation { zone: &zone, decimal: None })
    }

    #[test]
    fn cells_become_values_of_the_declared_type() {
        use FieldType::{Account, Boolean, Choice, Choices, Date, DateTime, Integer, Number, Text};
        let cases = [
            (" kept as it is ", Text, Value::Text(" kept as it is ".into())),
            ("", Text, Value::Missing),
            ("  ", Integer, Value::Missing),
            ("12", Integer, Value::Integer(12)),
            (" -7 ", Integer, Value::Integer(-7)),
            ("9007199254740992", Integer, Value::Integer(1 << 53)),
            ("1e3", Number, Value::Number(1000.0)),
            (".5", Number, Value::Number(0.5)),
            ("12617.14", Number, Value::Number(12617.14)),
            ("Yes", Boolean, Value::Boolean(true)),
            ("0", Boolean, Value::Boolean(false)),
            ("2026-03-01", Date, Value::Date("2026-03-01".into())),
            ("2026-03-01 08:00", DateTime, Value::Time(1_772_348_400_000)),
            ("2026-03-01T08:00:00Z", DateTime, Value::Time(1_772_352_000_000)),
            ("SMB", Choice(choices()), Value::Text("SMB".into())),
            ("SMB; Strategic |SMB", Choices(choices()), texts(&["SMB", "Strategic"])),
            (";", Choices(choices()), Value::Missing),
            (" acc-1 ", Account, Value::Text("acc-1".into())),
        ];
        for (text, kind, expected) in cases {
            assert_eq!(read(text, &kind), Ok(expected), "{text} as {kind}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        use FieldType::{Account, Boolean, Choice, Date, DateTime, Integer, Number, Text};
        let long = "x".repeat(201);
        let cases = [
            ("12.0", Integer, "`12.0` is not a whole number; it has to be written without a point"),
            ("twelve", Integer, "`twelve` is not a whole number"),
            ("9007199254740993", Integer, "too large"),
            ("99999999999999999999", Integer, "too large"),
            (
                "1,5",
                Number,
                "`1,5` is not a number as in 1234.5; say how numbers are written, with `--decimal",
            ),
            ("250.000", Number, "`250.000` may be 250 or 250000; say how numbers are written"),
            ("1.500", Integer, "`1.500` may be 1.5 or 1500"),
            ("NaN", Number, "`NaN` is not a number"),
            ("inf", Number, "`inf` is not a number"),
            ("1e999", Number, "too large for a number"),
            ("maybe", Boolean, "`maybe` is not true or false"),
            ("01.03.2026", Date, "`01.03.2026` is not a date such as 2026-03-01"),
            ("2026-02-30", Date, "not a date"),
            ("2026-03-01 25:00", DateTime, "`2026-03-01 25:00` is not a date and time such as"),
            ("2026-03-0é+1", DateTime, "not a date and time"),
            ("smb", Choice(choices()), "`smb` is not one of the choices. Did you mean `SMB`?"),
            ("a\u{1}b", Account, "`a\\u{1}b` holds a control character"),
            (&long, Account, "longer than the 200 characters"),
            ("a\0b", Text, "null character"),
        ];
        for (text, kind, expected) in cases {
            let reason = read(text, &kind).unwrap_err();
            assert!(reason.contains(expected), "{text} as {kind}: {reason}");
        }
    }

    #[test]
    fn json_values_become_values_of_the_declared_type() {
        use FieldType::{Boolean, Choices, Integer, Number, Text};
        let cases = [
            (json!(null), Text, Ok(Value::Missing)),
            (json!("Acme"), Text, Ok(Value::Text("Acme".into()))),
            (json!(60606), Text, Ok(Value::Text("60606".into()))),
            (json!(12), Integer, Ok(Value::Integer(12))),
            (json!("12"), Integer, Ok(Value::Integer(12))),
            (json!(1.5), Number, Ok(Value::Number(1.5))),
            (json!(true), Boolean, Ok(Value::Boolean(true))),
            (json!(0), Boolean, Ok(Value::Boolean(false))),
            (json!(["SMB"]), Choices(choices()), Ok(texts(&["SMB"]))),
            (json!([1]), Choices(choices()), Err("a list of texts was expected".to_owned())),
            (json!(true), Text, Err("a boolean was found where text was expected".to_owned())),
            (json!({}), Integer, Err("an object was found where a whole number was expected".to_owned())),
            (json!([]), Number, Err("a list was found where a number was expected".to_owned())),
        ];
        for (value, kind, expected) in cases {
            let notation = Notation { zone: &Zone::utc(), decimal: None };
            assert_eq!(read_cell(Cell::Json(&value), &kind, notation), expected, "{value} as {kind}");
        }
    }
}
