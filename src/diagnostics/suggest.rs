//! "Did you mean": one helper for every list of names.

use strsim::damerau_levenshtein;

/// The candidates that `name` was probably meant to be: those that are closest to it, at most three;
/// else those that it is a whole part of, between hyphens and the like, or that are such a part of it.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let limit = match length {
        0..=2 => 1,
        3..=5 => 2,
        _ => length / 3,
    };
    let mut close: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        let known = candidate.to_lowercase();
        if are_opposites(&wanted, &known) {
            continue;
        }
        let distance = damerau_levenshtein(&wanted, &known);
        let is_part =
            length >= 4 && known.len() >= 4 && (has_part(&known, &wanted) || has_part(&wanted, &known));
        if distance <= limit {
            close.push((distance, candidate));
        } else if is_part {
            close.push((usize::MAX, candidate));
        }
    }
    close.sort_unstable();
    close.dedup();
    let best = close.first().map_or(0, |(distance, _)| *distance);
    close.into_iter().take_while(|(distance, _)| *distance == best).take(3).map(|(_, name)| name).collect()
}

/// Whether one of two names in lower case says the contrary of the other, such as `unsubscribe` and `subscribed`.
fn are_opposites(one: &str, other: &str) -> bool {
    const NEGATIONS: [&str; 6] = ["un", "in", "non", "not_", "no_", "dis"];
    let negates = |name: &str, other: &str, negation: &str| {
        let contrary = format!("{negation}{other}");
        let rest = name.strip_prefix(negation).filter(|_| !other.starts_with(negation));
        let nearer = rest
            .is_some_and(|rest| damerau_levenshtein(rest, other) < damerau_levenshtein(name, other).min(2));
        nearer || (other.len() >= 4 && name.contains(&contrary))
    };
    let ends = |name: &str, other: &str| name.ends_with("_in") && other.ends_with("_out");
    NEGATIONS.iter().any(|negation| negates(one, other, negation) || negates(other, one, negation))
        || ends(one, other)
        || ends(other, one)
}

/// Whether a name has another in it, between its ends and signs that are no letters.
fn has_part(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        !is_letter(name[..at].chars().next_back()) && !is_letter(name[at + part.len()..].chars().next())
    })
}

/// A hint that names the likely candidates, or lists the few that there are; nothing when neither helps.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    let mut seen = std::collections::BTreeSet::new();
    candidates.retain(|candidate| seen.insert(*candidate));
    let close = suggest(name, candidates.iter().copied());
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match close.len() {
        0 if candidates.is_empty() || candidates.len() > 12 => None,
        0 => Some(format!("There is: {}.", quoted(&candidates))),
        1 => Some(format!("Did you mean {}?", quoted(&close))),
        several => Some(format!(
            "Did you mean {} or {}?",
            quoted(&close[..several - 1]),
            quoted(&close[several - 1..])
        )),
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
    fn the_contrary_is_never_offered() {
        for (name, candidates) in [
            ("Unsubscribe", &["Subscribed", "EmailSent"][..]),
            ("SegmentUnsubscribed", &["Subscribed"]),
            ("inactiv", &["active"]),
            ("opted_in", &["opted_out"]),
            ("not_email", &["email"]),
            ("subscribd", &["unsubscribed"]),
        ] {
            assert!(suggest(name, candidates.iter().copied()).is_empty(), "{name}");
        }
        assert_eq!(suggest("Unsubscribe", ["Subscribed", "Unsubscribed"]), ["Unsubscribed"]);
        assert_eq!(suggest("inqiry", ["inquiry"]), ["inquiry"]);
        assert_eq!(suggest("industri", ["industry"]), ["industry"]);
    }

    #[test]
    fn only_the_closest_names_are_offered() {
        assert_eq!(suggest("fist_name", ["first_name", "last_name", "full_name"]), ["first_name"]);
        assert_eq!(suggest("a1", ["a2", "a3", "a4", "a5"]), ["a2", "a3", "a4"]);
    }

    #[test]
    fn a_part_of_a_name_is_understood_when_nothing_is_closer() {
        assert_eq!(suggest("newsletter", ["newsletter-readers", "customers"]), ["newsletter-readers"]);
        assert_eq!(suggest("customers-emea", ["newsletter-readers", "customers"]), ["customers"]);
        assert!(suggest("statecode", ["state", "country"]).is_empty(), "the whole name has to fit");
        assert!(suggest("vip", ["advipment"]).is_empty(), "three letters are part of too many names");
    }

    #[test]
    fn a_hint_names_what_is_close_or_the_few_there_are() {
        assert_eq!(did_you_mean("trigge", ["trigger", "wait"]).as_deref(), Some("Did you mean `trigger`?"));
        assert_eq!(did_you_mean("ab", ["ac", "ad"]).as_deref(), Some("Did you mean `ac` or `ad`?"));
        assert_eq!(did_you_mean("xyzzy", ["a", "b"]).as_deref(), Some("There is: `a`, `b`."));
        assert_eq!(did_you_mean("xyzzy", []), None);
    }
}
