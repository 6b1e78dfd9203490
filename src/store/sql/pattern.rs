//! Patterns in PostgreSQL's own syntax of regular expressions.
//!
//! The pattern is read as the crate `regex` reads it, and written anew from its tree: classes as ranges of characters,
//! so that neither locale nor collation play a part. SQLite asks the crate itself, by a function of ours.

use std::fmt::Write as _;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::store::StoreError;

/// A pattern as PostgreSQL has to be asked for it.
pub(in crate::store) fn for_postgres(pattern: &str) -> Result<String, StoreError> {
    let tree = regex_syntax::parse(pattern)
        .map_err(|error| StoreError::Inconsistent(format!("a pattern can't be read: {error}")))?;
    let mut written = String::new();
    write(&tree, &mut written);
    Ok(written)
}

fn write(tree: &Hir, into: &mut String) {
    match tree.kind() {
        HirKind::Empty => into.push_str("(?:)"),
        HirKind::Literal(literal) => {
            String::from_utf8_lossy(&literal.0).chars().for_each(|letter| character(letter, into));
        }
        HirKind::Class(class) => write_class(class, into),
        HirKind::Look(look) => write_look(*look, into),
        HirKind::Repetition(repetition) => {
            into.push_str("(?:");
            write(&repetition.sub, into);
            let _ = match repetition.max {
                Some(most) => write!(into, "){{{},{most}}}", repetition.min),
                None => write!(into, "){{{},}}", repetition.min),
            };
        }
        HirKind::Capture(capture) => {
            into.push_str("(?:");
            write(&capture.sub, into);
            into.push(')');
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, into)),
        HirKind::Alternation(parts) => {
            into.push_str("(?:");
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    into.push('|');
                }
                write(part, into);
            }
            into.push(')');
        }
    }
}

/// A character by its number, which means nothing else anywhere. No text has the character 0.
fn character(letter: char, into: &mut String) {
    let _ = write!(into, "\\U{:08X}", u32::from(letter).max(1));
}

fn write_class(class: &Class, into: &mut String) {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let ranges: Vec<_> = ranges.into_iter().filter(|(_, last)| *last > '\0').collect();
    // A class of nothing matches nothing.
    into.push_str(if ranges.is_empty() { "[^\\U00000001-\\U0010FFFF" } else { "[" });
    for (first, last) in ranges {
        character(first, into);
        into.push('-');
        character(last, into);
    }
    into.push(']');
}

fn write_look(look: Look, into: &mut String) {
    let word = |unicode: bool| {
        let class = if unicode { "\\w" } else { "(?-u:\\w)" };
        let mut written = String::new();
        if let Ok(tree) = regex_syntax::parse(class) {
            write(&tree, &mut written);
        }
        written
    };
    let boundary = |word: &str| format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))");
    let inside = |word: &str| format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))");
    let written = match look {
        Look::Start => "\\A".to_owned(),
        Look::End => "\\Z".to_owned(),
        Look::StartLF => "(?:\\A|(?<=\\U0000000A))".to_owned(),
        Look::EndLF => "(?:\\Z|(?=\\U0000000A))".to_owned(),
        Look::WordUnicode => boundary(&word(true)),
        Look::WordUnicodeNegate => inside(&word(true)),
        Look::WordAscii => boundary(&word(false)),
        // `Pattern` takes no others.
        _ => inside(&word(false)),
    };
    into.push_str(&written);
}
