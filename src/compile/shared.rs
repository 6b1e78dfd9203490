//! What several kinds of definitions are compiled with.

use sha2::{Digest, Sha256};

use crate::{
    calendar::{Zone, parse_duration},
    definitions,
    diagnostics::{Code, Problem, Problems, Text},
    model::{AllowedHosts, time::DAY},
};

/// A short hash of texts: the same texts, the same hash, on every machine.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The hosts that may be called.
pub(super) fn allowed(settings: &definitions::Settings) -> AllowedHosts {
    AllowedHosts::new(settings.allow.iter().map(|host| host.value.clone()))
}

/// Reads a time zone; a wrong one is reported and UTC stands in for it.
pub(super) fn zone(text: &Text, problems: &mut Problems) -> Zone {
    // A variable that isn't set was reported where it was read.
    if text.value.contains("${") {
        return Zone::utc();
    }
    Zone::named(&text.value).unwrap_or_else(|error| {
        problems.push(
            Problem::error(Code::InvalidTimezone, text.span, error.to_string())
                .hint(definitions::timezone_hint(&text.value)),
        );
        Zone::utc()
    })
}

/// A length of time in milliseconds; nothing when it isn't one, which was reported where it was read.
pub(super) fn length(text: &Text) -> Option<i64> {
    let length = parse_duration(&text.value).ok()?;
    crate::calendar::after(0, length, &Zone::utc()).ok()
}

/// Reads the hold of a channel; its form was checked where it was read.
pub(super) fn hold(text: &Text, problems: &mut Problems) -> i64 {
    match length(text) {
        Some(end) if end <= 30 * DAY => end,
        _ => {
            problems.push(
                Problem::error(Code::InvalidDuration, text.span, format!("`{}` can't be a hold", text.value))
                    .hint("Write at most 30 days, such as `10 minutes`."),
            );
            0
        }
    }
}
