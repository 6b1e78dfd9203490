//! Patterns of text: regular expressions whose answers don't depend on who runs them.

use std::fmt;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind, Look};

/// Longest pattern, in characters.
const LONGEST: usize = 500;
/// Most times that `{…}` may repeat something: PostgreSQL counts no further.
const MOST_REPEATED: u32 = 255;
/// Most parts of a pattern, those that are repeated counted as often: all databases take so many.
const MOST_PARTS: u64 = 2_000;

/// A regular expression that memory and both databases answer the same, in the syntax of the crate `regex`.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Why a text isn't a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is longer than the limit.
    #[error("the pattern is longer than {LONGEST} characters")]
    TooLong,
    /// It can't be read; what is wrong, and where, in bytes from its start.
    #[error("the pattern can't be read: {what}")]
    Syntax {
        /// What is wrong.
        what: String,
        /// The byte at which it is wrong.
        at: usize,
    },
    /// It repeats something too often, or has too many parts.
    #[error(
        "the pattern is too large: `{{…}}` counts up to {MOST_REPEATED}, and a pattern has at most {MOST_PARTS} parts"
    )]
    TooLarge,
    /// It asks for something that not every database knows.
    #[error("the pattern has `{0}`, which can't be used here")]
    NotKnown(&'static str),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it isn't one, is too large, or can't be answered the same everywhere.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        if text.chars().count() > LONGEST {
            return Err(PatternError::TooLong);
        }
        let tree = regex_syntax::parse(text).map_err(|error| syntax(&error))?;
        if parts(&tree)? > MOST_PARTS {
            return Err(PatternError::TooLarge);
        }
        let regex = RegexBuilder::new(text).build().map_err(|_| PatternError::TooLarge)?;
        Ok(Pattern { text: text.to_owned(), regex })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether any part of a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

fn syntax(error: &regex_syntax::Error) -> PatternError {
    match error {
        regex_syntax::Error::Parse(error) => {
            PatternError::Syntax { what: error.kind().to_string(), at: error.span().start.offset }
        }
        regex_syntax::Error::Translate(error) => {
            PatternError::Syntax { what: error.kind().to_string(), at: error.span().start.offset }
        }
        _ => PatternError::Syntax { what: "it isn't a regular expression".to_owned(), at: 0 },
    }
}

/// How many parts a pattern has, each as often as it is repeated.
fn parts(tree: &Hir) -> Result<u64, PatternError> {
    let of_all = |all: &[Hir]| all.iter().try_fold(1_u64, |sum, part| Ok(sum.saturating_add(parts(part)?)));
    match tree.kind() {
        HirKind::Empty | HirKind::Class(_) => Ok(1),
        HirKind::Literal(literal) => Ok(literal.0.len() as u64),
        HirKind::Look(look) => match look {
            Look::Start
            | Look::End
            | Look::StartLF
            | Look::EndLF
            | Look::WordUnicode
            | Look::WordUnicodeNegate
            | Look::WordAscii
            | Look::WordAsciiNegate => Ok(1),
            Look::StartCRLF | Look::EndCRLF => Err(PatternError::NotKnown("(?R)")),
            _ => Err(PatternError::NotKnown("\\b{…}")),
        },
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min);
            if repetition.min > MOST_REPEATED || most > MOST_REPEATED {
                return Err(PatternError::TooLarge);
            }
            Ok(parts(&repetition.sub)?.saturating_mul(u64::from(most.max(1))))
        }
        HirKind::Capture(capture) => parts(&capture.sub),
        HirKind::Concat(all) | HirKind::Alternation(all) => of_all(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_any_part_of_a_text_unless_it_is_tied_to_its_ends() {
        let matches = |pattern: &str, text: &str| Pattern::parse(pattern).unwrap().matches(text);
        assert!(matches("[0-9]{5}", "D-50667 Köln"));
        assert!(!matches("^[0-9]{5}$", "D-50667 Köln"));
        assert!(matches("(?i)köln$", "D-50667 KÖLN"));
    }

    #[test]
    fn what_not_every_database_answers_the_same_is_no_pattern() {
        let error = |pattern: &str| Pattern::parse(pattern).unwrap_err();
        assert_eq!(error("a{256}"), PatternError::TooLarge);
        assert_eq!(error("((a{200}){200}){200}"), PatternError::TooLarge);
        assert_eq!(error("(?Rm)^a$"), PatternError::NotKnown("(?R)"));
        assert_eq!(error(&"a".repeat(501)), PatternError::TooLong);
        assert!(matches!(error("a(b"), PatternError::Syntax { at: 1, .. }));
        assert!(matches!(error("(?=a)"), PatternError::Syntax { .. }));
    }
}
