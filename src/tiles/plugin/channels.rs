//! `.message("channel", …)`: which channels there are.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Problem, Problems, Span, did_you_mean};

/// What is said of a channel that isn't there.
pub(super) fn unknown(name: &str) -> String {
    format!("there is no channel `{name}` for messages in `tilework.yaml`")
}

/// Reports a channel that isn't there.
pub(super) fn check(name: &str, span: Span, known: &BTreeSet<String>, problems: &mut Problems) {
    if known.contains(name) {
        return;
    }
    let hint = match name {
        "email" => Some("Mails are sent by the tile `email`; take another channel for messages.".to_owned()),
        _ => did_you_mean(name, known.iter().map(String::as_str)),
    };
    let hint =
        hint.unwrap_or_else(|| format!("Write it under `channels:` there: `{name}: {{ transport: file }}`."));
    problems.push(Problem::error(Code::UnknownChannel, span, unknown(name)).hint(hint));
}
