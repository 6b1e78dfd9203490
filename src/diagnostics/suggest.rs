//! "Did you mean": one helper for every list of names.

use strsim::damerau_levenshtein;

/// The candidates that `name` was probably meant to be, best first, at most three.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let limit = match wanted.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => wanted.chars().count() / 3,
    };
    let mut close: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// A hint that names the likely candidates, or lists the few that there are; nothing when neither helps.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let close = suggest(name, candidates.iter().copied());
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match close.len() {
        0 if candidates.is_empty() || candidates.len() > 12 => None,
        0 => Some(format!("There is: {}.", quoted(&candidates))),
        _ => Some(format!("Did you mean {}?", quoted(&close).replace(", ", " or "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(suggest("finance-emae", ["finance-emea", "energy"]), ["finance-emea"]);
        assert_eq!(suggest("tmie", ["time", "wait"]), ["time"]);
        assert!(suggest("email", ["trigger", "wait"]).is_empty());
    }

    #[test]
    fn a_hint_names_what_is_close_or_the_few_there_are() {
        assert_eq!(did_you_mean("trigge", ["trigger", "wait"]).as_deref(), Some("Did you mean `trigger`?"));
        assert_eq!(did_you_mean("xyzzy", ["a", "b"]).as_deref(), Some("There is: `a`, `b`."));
        assert_eq!(did_you_mean("xyzzy", []), None);
    }
}
