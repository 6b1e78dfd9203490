//! The rules for names.

use crate::diagnostics::{Code, Problem, Problems, Text};

/// Words that Rhai keeps for itself: they can't stand after a dot in an expression.
const RESERVED: [&str; 63] = [
    "Fn",
    "as",
    "async",
    "await",
    "break",
    "call",
    "case",
    "catch",
    "const",
    "continue",
    "curry",
    "debug",
    "default",
    "do",
    "else",
    "eval",
    "exit",
    "export",
    "false",
    "fn",
    "for",
    "global",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "let",
    "loop",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "private",
    "protected",
    "public",
    "return",
    "shared",
    "spawn",
    "static",
    "super",
    "switch",
    "sync",
    "this",
    "thread",
    "throw",
    "true",
    "try",
    "type_of",
    "until",
    "use",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Checks the name of a definition, a step or a section: `[a-z][a-z0-9-]*`. Tells whether it is one.
pub fn check_name(name: &Text, problems: &mut Problems) -> bool {
    let right = name.value.starts_with(|c: char| c.is_ascii_lowercase())
        && name.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !right {
        let rule = "a name has small letters, digits and hyphens, and starts with a letter";
        report(name, rule, like_a_name(&name.value, '-'), problems);
    }
    right
}

/// Checks the name of a field or an attribute: `[a-z][a-z0-9_]{0,50}` and no reserved word of
/// expressions. Tells whether it is one.
pub fn check_field_name(name: &Text, problems: &mut Problems) -> bool {
    let right = name.value.starts_with(|c: char| c.is_ascii_lowercase())
        && name.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !right {
        let rule = "a field's name has small letters, digits and underscores, and starts with a letter";
        report(name, rule, like_a_name(&name.value, '_'), problems);
    } else if name.value.len() > 51 {
        report(name, "a field's name has at most 51 characters", None, problems);
        return false;
    } else if RESERVED.contains(&name.value.as_str()) {
        let other = Some(format!("{}_value", name.value));
        report(name, "it is a reserved word of expressions", other, problems);
        return false;
    }
    right
}

/// Checks the name of an interaction type: CamelCase. Tells whether it is one.
pub fn check_interaction_name(name: &Text, problems: &mut Problems) -> bool {
    let right = name.value.starts_with(|c: char| c.is_ascii_uppercase())
        && name.value.chars().all(|c| c.is_ascii_alphanumeric());
    if !right {
        let camel: String = name
            .value
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter_map(|word| {
                let first = word.chars().next()?.to_ascii_uppercase();
                Some(format!("{first}{}", &word[1..]))
            })
            .collect();
        let camel = Some(camel).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
        report(name, "interaction types are written in CamelCase", camel, problems);
    }
    right
}

/// Notes every word of a text that can't be read: any of them may be the name of a definition.
pub(in crate::definitions) fn lose_words(text: &str, problems: &mut Problems) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for word in text.split(|c| !is_part(c)).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
    {
        problems.lose(word);
    }
}

fn report(name: &Text, rule: &str, instead: Option<String>, problems: &mut Problems) {
    let message = format!("`{}` is not a valid name: {rule}", name.value);
    let hint = instead.map(|instead| format!("Write `{instead}`, for instance."));
    problems.push(Problem::error(Code::InvalidName, name.span, message).hint_if(hint));
}

fn like_a_name(name: &str, separator: char) -> Option<String> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let name = words.join(&separator.to_string());
    name.starts_with(|c: char| c.is_ascii_lowercase()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{FileId, Span};

    fn text(name: &str) -> Text {
        Text::verbatim(name, Span::new(FileId(0), 0, name.len()))
    }

    fn hint(check: fn(&Text, &mut Problems) -> bool, name: &str) -> Option<String> {
        let mut problems = Problems::default();
        assert!(!check(&text(name), &mut problems), "{name}");
        let all = problems.sorted();
        assert_eq!(all[0].code, Code::InvalidName);
        all[0].hint.clone()
    }

    #[test]
    fn a_wrong_name_is_shown_how_it_could_be_written() {
        let write = |name: &str| Some(format!("Write `{name}`, for instance."));
        assert_eq!(hint(check_name, "Finance EMEA"), write("finance-emea"));
        assert_eq!(hint(check_name, "order_placed"), write("order-placed"));
        assert_eq!(hint(check_name, "2026"), None);
        assert_eq!(hint(check_name, ""), None);
        assert_eq!(hint(check_field_name, "Lifetime Sales"), write("lifetime_sales"));
        assert_eq!(hint(check_field_name, &"a".repeat(52)), None);
        assert_eq!(hint(check_interaction_name, "order_placed"), write("OrderPlaced"));
        assert_eq!(hint(check_interaction_name, "ötrÜ"), write("Tr"));
    }

    #[test]
    fn right_names_pass() {
        let mut problems = Problems::default();
        assert!(check_name(&text("finance-emea-2"), &mut problems));
        assert!(check_field_name(&text(&"a".repeat(51)), &mut problems));
        assert!(check_interaction_name(&text("OrderPlaced2"), &mut problems));
        assert!(problems.is_empty());
    }
}
