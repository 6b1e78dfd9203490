//! What is wrong with an expression that Rhai can't parse, in words for those who write conditions.

use rhai::{LexError, ParseErrorType};

use super::places::{Places, is_word};
use crate::diagnostics::{Code, Problem, Text};

const ONE_EXPRESSION: &str = "A condition is one expression that is true or false; combine expressions \
     with `&&`, `||` and `not(…)`, or with `all`, `any` and `none` in YAML.";

/// The problem behind a parse error at a byte of the text.
pub(super) fn problem(text: &Text, places: &Places<'_>, error: &ParseErrorType, at: usize) -> Problem {
    if text.as_str().trim().is_empty() {
        return Problem::error(Code::ExpressionSyntax, text.span, "the expression is empty")
            .hint("Write a comparison such as `account.city == \"Chicago\"`, or `true` for everyone.");
    }
    slip(text, places, at).unwrap_or_else(|| plain(text, places, error, at))
}

/// A problem with what conditions don't allow, from `start` to `end` of the text.
pub(super) fn form(text: &Text, start: usize, end: usize, message: impl Into<String>) -> Problem {
    Problem::error(Code::ExpressionForm, text.span_at(start, end), message)
}

/// A block, a loop, an `if`: `word` is what it starts with.
pub(super) fn statement(text: &Text, start: usize, word: &str) -> Problem {
    form(text, start, start + word.len(), format!("`{word}` can't stand in a condition")).hint(ONE_EXPRESSION)
}

/// Text in anything but double quotes.
pub(super) fn quotes(text: &Text, start: usize, end: usize, content: &str) -> Problem {
    let hint = if content.is_empty() {
        "Write text in double quotes.".to_owned()
    } else {
        format!("Write `\"{content}\"`: text stands in double quotes.")
    };
    form(text, start, end, "text stands in double quotes only").hint(hint)
}

/// What people bring along from other languages.
fn slip(text: &Text, places: &Places<'_>, at: usize) -> Option<Problem> {
    let rest = places.after(at);
    let token = places.token(at);
    let said = |length: usize, message: &str, hint: &str| {
        Some(form(text, at, at + length, message).hint(hint.to_owned()))
    };
    if rest.starts_with("===") {
        return said(3, "`===` is no operator", "Write `==` to compare.");
    }
    if rest.starts_with("=<") {
        return said(2, "`=<` is no operator", "Write `<=` for “at most”.");
    }
    if rest.starts_with("=>") {
        return said(2, "`=>` is no operator", "Write `>=` for “at least”.");
    }
    if (rest.starts_with('=') && !rest.starts_with("==")) || rest.starts_with(":=") {
        let length = if rest.starts_with(':') { 2 } else { 1 };
        return said(length, "`=` assigns, and a condition compares", "Write `==` to compare.");
    }
    if rest.starts_with('>') && places.before(at).ends_with('<') {
        let problem = form(text, at - 1, at + 1, "`<>` is no operator");
        return Some(problem.hint("Write `!=` for “not equal”."));
    }
    if let Some(assignment) = ["+=", "-=", "*=", "/="].into_iter().find(|sign| rest.starts_with(sign)) {
        let message = format!("`{assignment}` assigns, and a condition compares");
        return said(2, &message, "Write `==` to compare.");
    }
    if rest.starts_with('\'') {
        let end = places.quoted_end(at);
        let content = places.slice(at + 1, end).trim_end_matches('\'');
        return Some(quotes(text, at, end, content));
    }
    if rest.starts_with(['“', '”', '„', '‘', '’', '«']) {
        return said(token.len(), "this quotation mark is not a straight one", "Write `\"` around text.");
    }
    if rest.starts_with(['{', ';']) {
        return Some(statement(text, at, token));
    }
    match token.to_lowercase().as_str() {
        "and" => return said(3, "`and` is no operator", "Write `&&` for “and”."),
        "or" => return said(2, "`or` is no operator", "Write `||` for “or”."),
        "is" => return said(2, "`is` is no operator", "Write `==`, or `is_blank(…)` for a missing value."),
        "equals" => return said(6, "`equals` is no operator", "Write `==` to compare."),
        "contains" => {
            return said(8, "`contains` is no operator", "Write `contains(contact.job_title, \"text\")`.");
        }
        "within" => {
            let hint =
                "Write `in_last(contact.created_on, \"30 days\")`, or `in_next(…)` for what lies ahead.";
            return said(6, "`within` is no operator", hint);
        }
        "like" => return said(4, "`like` is no operator", "Write `contains(contact.job_title, \"text\")`."),
        "between" => {
            return said(7, "`between` is no operator", "Write `x in 1..=5`; both ends belong to it.");
        }
        "null" | "nil" => {
            return said(
                token.len(),
                "conditions have no `null`",
                "Write `is_blank(…)` to ask for a missing value.",
            );
        }
        "let" | "const" | "return" | "throw" | "if" | "else" | "switch" | "while" | "loop" | "for" | "do"
        | "until" | "fn" | "private" | "import" | "export" | "try" | "catch" | "break" | "continue"
            if !places.before(at).trim_end().ends_with('.') =>
        {
            return Some(statement(text, at, token));
        }
        _ => {}
    }
    let before = places.before(at).trim_end();
    let word_start = before.rfind(|c: char| !is_word(c)).map_or(0, |found| found + found_len(before, found));
    if before[word_start..].eq_ignore_ascii_case("not") && before.len() < at {
        let problem = form(text, word_start, before.len(), "`not` needs parentheses");
        return Some(problem.hint("Write `not(…)` around what must not hold."));
    }
    None
}

fn found_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// The parser's own complaint.
fn plain(text: &Text, places: &Places<'_>, error: &ParseErrorType, at: usize) -> Problem {
    let token = places.token(at).trim();
    let problem =
        |message: String| Problem::error(Code::ExpressionSyntax, text.span_at(at, at + token.len()), message);
    let after_point = places.before(at).trim_end().ends_with('.');
    match error {
        ParseErrorType::UnexpectedEOF => problem("the expression ends too early".to_owned()),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            problem("the text isn't closed".to_owned()).hint("Close it with a double quote on the same line.")
        }
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(sequence)) => {
            problem(format!("`{sequence}` is no escape sequence")).hint("Write `\\\\` for a backslash.")
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(number)) => {
            problem(format!("`{number}` is not a number"))
        }
        ParseErrorType::BadInput(LexError::StringTooLong(_)) | ParseErrorType::LiteralTooLarge(..) => {
            problem("the text or list is too long".to_owned())
        }
        ParseErrorType::ExprTooDeep => problem("the expression is nested too deeply".to_owned())
            .hint("Split it up with `all`, `any` and `none`."),
        ParseErrorType::Reserved(_) | ParseErrorType::PropertyExpected
            if after_point && token.chars().all(is_word) && !token.is_empty() =>
        {
            Problem::error(
                Code::ExpressionForm,
                text.span_at(at, at + token.len()),
                format!("`{token}` is a reserved word, so no field can have this name"),
            )
            .hint("Choose another name for the field.")
        }
        ParseErrorType::PropertyExpected => problem("the name of a field is missing after `.`".to_owned()),
        ParseErrorType::Reserved(_) => problem(format!("`{token}` is reserved and can't be used here")),
        ParseErrorType::MissingToken(missing, _) if token.is_empty() => {
            problem(format!("`{missing}` is missing at the end"))
        }
        ParseErrorType::MissingToken(missing, _) => {
            problem(format!("`{missing}` was expected instead of `{token}`"))
        }
        _ if token.is_empty() => problem("the expression ends too early".to_owned()),
        _ => problem(format!("`{token}` was not expected here")),
    }
}
