//! What people write who come from other systems, with what to write here.

use super::{paths::field_like, scan::tags};
use crate::{
    diagnostics::{Code, Problem, Problems, Text},
    model::{Catalog, Entity},
};

/// Signs of comparisons in other languages, with the helper that compares here; longer ones first.
const SIGNS: [(&str, &str); 9] = [
    ("===", "eq"),
    ("!==", "ne"),
    ("==", "eq"),
    ("!=", "ne"),
    (">=", "gte"),
    ("<=", "lte"),
    ("<>", "ne"),
    (">", "gt"),
    ("<", "lt"),
];

/// Names of Dynamics and others for the pages where people choose their mails, and for the sender's address.
const PREFERENCES: [&str; 4] =
    ["subscriptioncenter", "subscriptioncentre", "preferencecenter", "preferencecentre"];

/// Reports tags that are written as in other systems. Tells whether there is any that can't be parsed here.
pub(super) fn report(text: &Text, catalog: &Catalog, problems: &mut Problems) -> bool {
    let source = text.as_str();
    let mut wrong = false;
    let mut at = 0;
    for (start, end) in tags(source) {
        foreign_tags(text, at, start, catalog, problems);
        at = end;
        let inner = source[start..end].trim_matches(['{', '}', '~']).trim();
        if let Some((message, hint)) = other_syntax(inner).or_else(|| field_as_block(inner, catalog)) {
            let problem = Problem::error(Code::TemplateSyntax, text.span_at(start, end), message);
            problems.push(problem.hint(hint));
            wrong = true;
        }
    }
    foreign_tags(text, at, source.len(), catalog, problems);
    wrong
}

/// What is wrong with a tag that other templates have, and what to write.
fn other_syntax(inner: &str) -> Option<(String, String)> {
    if inner.starts_with('!') {
        return None;
    }
    if inner == "." {
        return Some(("`{{.}}` can't be used".to_owned(), "Write `{{this}}`.".to_owned()));
    }
    if let Some(rest) = inner.strip_prefix('^').map(str::trim)
        && !rest.is_empty()
    {
        let test = rest.strip_prefix("if ").unwrap_or(rest).trim();
        let hint = format!("Write `{{{{#unless {test}}}}}…{{{{/unless}}}}`.");
        return Some((format!("`{{{{^{rest}}}}}` starts no block"), hint));
    }
    let words = words(inner);
    let opening = ["#if", "#unless", "else if"]
        .into_iter()
        .find(|word| inner.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t', '\n'])))?;
    let test: Vec<&str> = words.into_iter().skip(opening.split(' ').count()).collect();
    let joined =
        test.iter().position(|word| matches!(*word, "and" | "or" | "&&" | "||")).filter(|at| *at > 0);
    if let Some(at) = joined {
        let helper = if matches!(test[at], "and" | "&&") { "and" } else { "or" };
        let side = |words: &[&str]| {
            compared(words)
                .unwrap_or_else(|| if words.len() == 1 { words[0].to_owned() } else { "…".to_owned() })
        };
        let all = format!("({helper} {} {})", side(&test[..at]), side(&test[at + 1..]));
        return Some((
            format!("`{}` can't stand between conditions", test[at]),
            format!("Write `{{{{{opening} {all}}}}}`."),
        ));
    }
    let (sign, _) = SIGNS.iter().find(|(sign, _)| test.get(1) == Some(sign))?;
    let all = compared(&test).unwrap_or_else(|| "(eq … \"…\")".to_owned());
    Some((format!("`{sign}` can't stand in a template"), format!("Write `{{{{{opening} {all}}}}}`.")))
}

/// A field where the name of a block is needed, as `{{#contact.is_child}}`.
fn field_as_block(inner: &str, catalog: &Catalog) -> Option<(String, String)> {
    let path = inner.strip_prefix('#')?.trim();
    let (root, name) = path.split_once('.')?;
    let entity = Entity::named(root).filter(|entity| *entity != Entity::Lead)?;
    catalog.field(entity, name)?;
    let hint = format!("Write `{{{{#if {path}}}}}…{{{{/if}}}}`.");
    Some((format!("there is no block `{path}`"), hint))
}

/// `a == 'b'` as a call of a helper.
fn compared(words: &[&str]) -> Option<String> {
    let [left, sign, right] = words else { return None };
    let (_, helper) = SIGNS.iter().find(|(known, _)| known == sign)?;
    let right = match right.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(text) if !text.contains('"') => format!("\"{text}\""),
        _ => (*right).to_owned(),
    };
    Some(format!("({helper} {left} {right})"))
}

/// The words of a tag; what stands in quotes or brackets is one.
fn words(inner: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote, mut depth) = (Vec::new(), None, None, 0_usize);
    for (at, letter) in inner.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) if letter.is_whitespace() && depth == 0 => {
                words.extend(start.take().map(|from: usize| &inner[from..at]));
                continue;
            }
            _ => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|from| &inner[from..]));
    words
}

/// What serves here for a name by which other systems give a page of preferences or the sender's address.
pub(super) fn other_name(path: &str) -> Option<String> {
    let plain: String = path.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    let hint = if PREFERENCES.iter().any(|name| plain.contains(name)) {
        "Write `{{links.preferences}}`, or `{{links.unsubscribe}}` for a link that leaves at once."
    } else if plain.contains("senderaddress")
        || plain.contains("addressmain")
        || plain.contains("companyaddress")
    {
        "Write `{{company.address}}`, and the address below `company:` in `tilework.yaml`."
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// Warns of tags of other systems in the text between two tags.
fn foreign_tags(text: &Text, from: usize, to: usize, catalog: &Catalog, problems: &mut Problems) {
    const KINDS: [(&str, &str); 5] =
        [("*|", "|*"), ("%%", "%%"), ("{!", "}"), ("[[", "]]"), ("%7b%7b", "%7d%7d")];
    let plain = text.as_str()[from..to].to_ascii_lowercase();
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (open, close) in KINDS {
        let mut at = 0;
        while let Some(start) = plain[at..].find(open).map(|start| at + start) {
            let name_at = start + open.len();
            let length = plain[name_at..].find(close).filter(|length| (1..=60).contains(length));
            let name = length.map(|length| &text.as_str()[from + name_at..from + name_at + length]);
            let is_name = |name: &&str| {
                let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' ' | ':' | '-');
                name.chars().all(letter) && name.starts_with(|c: char| c.is_ascii_alphabetic())
            };
            at = match name.filter(is_name) {
                Some(name) => {
                    let end = name_at + name.len() + close.len();
                    found.push((from + start, from + end, name.to_owned()));
                    end
                }
                None => name_at,
            };
        }
    }
    found.sort_unstable();
    for (start, end, name) in found {
        let written = &text.as_str()[start..end];
        let message = format!("`{written}` is a tag of another system, and is sent as it is");
        let hint = match field_like(&name, catalog) {
            Some(field) => format!("Write `{{{{{field}}}}}`."),
            None => "Write a field such as `{{contact.first_name}}`.".to_owned(),
        };
        problems.push(Problem::warning(Code::ForeignTag, text.span_at(start, end), message).hint(hint));
    }
}
