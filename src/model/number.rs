//! Numbers as people of different countries write them.

/// Which sign stands before the decimals; the other one stands between thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalSign {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl DecimalSign {
    fn signs(self) -> (char, char) {
        match self {
            DecimalSign::Point => ('.', ','),
            DecimalSign::Comma => (',', '.'),
        }
    }
}

/// A number as programs write it, made from one with this decimal sign and maybe signs between thousands: `1.234,5` is
/// `1234.5`. Nothing when the signs stand elsewhere.
#[must_use]
pub fn plain_number(written: &str, sign: DecimalSign) -> Option<String> {
    let (decimal, between) = sign.signs();
    let (minus, digits) = match written.strip_prefix(['-', '+']) {
        Some(rest) => (if written.starts_with('-') { "-" } else { "" }, rest),
        None => ("", written),
    };
    let (whole, decimals) = match digits.split_once(decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let groups: Vec<&str> = whole.split([between, '\'', '’', ' ', '\u{a0}', '\u{202f}']).collect();
    let grouped =
        groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    if !grouped || !groups.iter().all(|group| is_digits(group)) || !decimals.is_none_or(is_digits) {
        return None;
    }
    let point = if decimals.is_some() { "." } else { "" };
    Some(format!("{minus}{}{point}{}", groups.concat(), decimals.unwrap_or("")))
}

/// Whether the point of a number may stand before decimals or between thousands, as in `250.000`.
#[must_use]
pub fn is_ambiguous(written: &str) -> bool {
    let digits = written.trim_start_matches(['-', '+']);
    digits.split_once('.').is_some_and(|(whole, decimals)| {
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (1..=3).contains(&whole.len())
            && !whole.starts_with('0')
            && decimals.len() == 3
            && all_digits(whole)
            && all_digits(decimals)
    })
}

/// How an ambiguous number such as `100.000` is written for either meaning.
#[must_use]
pub fn both_ways(written: &str) -> Option<String> {
    let (whole, decimals) = written.split_once('.').filter(|_| is_ambiguous(written))?;
    let short = match decimals.trim_end_matches('0') {
        "" => "0".to_owned(),
        all if all.len() == 3 => format!("{all}0"),
        fewer => fewer.to_owned(),
    };
    Some(format!("Write `{whole}_{decimals}` for thousands, or `{whole}.{short}` for decimals."))
}

/// The first number in a text that isn't written as the language takes it, with a currency sign or with signs between
/// thousands: where it starts and ends, and how to write it. What stands in double quotes isn't looked at.
#[must_use]
pub fn foreign_number(text: &str) -> Option<(usize, usize, String)> {
    let mut quoted = false;
    let mut before = ' ';
    let mut letters = text.char_indices();
    while let Some((start, letter)) = letters.next() {
        if letter == '"' {
            quoted = !quoted;
        }
        let begins = letter.is_ascii_digit() || is_currency(letter);
        if quoted || !begins || before.is_alphanumeric() || matches!(before, '_' | '.') {
            before = letter;
            continue;
        }
        let currency = if is_currency(letter) { letter.len_utf8() } else { 0 };
        let rest = &text[start + currency..];
        let gap = rest.len() - rest.trim_start_matches([' ', '\u{a0}']).len();
        let run = run_of(&rest[gap..]);
        let end = start + currency + if run.is_empty() { 0 } else { gap + run.len() };
        if let Some(hint) = rewritten(run, currency > 0) {
            return Some((start, end, hint));
        }
        before = letter;
        while letters.clone().next().is_some_and(|(at, _)| at < end) {
            before = letters.next().map_or(before, |(_, letter)| letter);
        }
    }
    None
}

fn is_currency(letter: char) -> bool {
    matches!(letter, '€' | '$' | '£' | '¥')
}

/// Digits with points, commas and apostrophes between them, at the start of a text.
fn run_of(text: &str) -> &str {
    let mut end = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let between = matches!(letter, '.' | ',' | '\'')
            && at > 0
            && letters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !letter.is_ascii_digit() && !between {
            break;
        }
        end = at + letter.len_utf8();
    }
    &text[..end]
}

/// How to write a number with signs between its thousands, or with a currency sign before it; nothing when it is
/// written as it has to be.
fn rewritten(run: &str, has_currency: bool) -> Option<String> {
    if has_currency && !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("Write `{run}`: an amount has no currency sign."));
    }
    let signs: Vec<char> = run.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    let parts: Vec<&str> = run.split(['.', ',', '\'']).collect();
    let thousands = |parts: &[&str]| {
        parts.len() > 1 && parts[0].len() <= 3 && parts[1..].iter().all(|part| part.len() == 3)
    };
    let (last, first) = (signs.last().copied()?, signs.first().copied()?);
    let plain = if signs.len() > 1 && first == last && thousands(&parts) {
        parts.join("_")
    } else if signs.len() > 1 && first != last && thousands(&parts[..parts.len() - 1]) {
        format!("{}.{}", parts[..parts.len() - 1].join("_"), parts[parts.len() - 1])
    } else if signs.len() == 1 && thousands(&parts) && (has_currency || last != '.') {
        return Some(format!(
            "Write `{}` for thousands, or `{}.{}` for decimals; an amount has no currency sign.",
            parts.join("_"),
            parts[0],
            parts[1].trim_end_matches('0').chars().next().map_or("0", |_| parts[1].trim_end_matches('0'))
        ));
    } else if signs.len() == 1 && (has_currency || last != '.') {
        format!("{}.{}", parts[0], parts[1])
    } else {
        return None;
    };
    Some(format!("Write `{plain}`: a point stands before decimals, `_` between thousands."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_by_the_sign_before_its_decimals() {
        let cases = [
            ("250.000", DecimalSign::Comma, Some("250000")),
            ("250.000", DecimalSign::Point, Some("250.000")),
            ("1.250.000,5", DecimalSign::Comma, Some("1250000.5")),
            ("-1,250,000.50", DecimalSign::Point, Some("-1250000.50")),
            ("1'250'000.5", DecimalSign::Point, Some("1250000.5")),
            ("1\u{202f}250,5", DecimalSign::Comma, Some("1250.5")),
            ("12.50", DecimalSign::Comma, None),
            ("1.2500,5", DecimalSign::Comma, None),
            ("1,5,5", DecimalSign::Comma, None),
            ("", DecimalSign::Comma, None),
            (",5", DecimalSign::Comma, None),
        ];
        for (written, sign, expected) in cases {
            assert_eq!(plain_number(written, sign).as_deref(), expected, "{written} {sign:?}");
        }
    }

    #[test]
    fn numbers_of_other_countries_are_found_with_what_to_write() {
        let hint =
            |text: &str| foreign_number(text).map(|(start, end, hint)| (text[start..end].to_owned(), hint));
        let cases = [
            ("a.b >= 1.250.000", Some(("1.250.000", "`1_250_000`"))),
            ("a.b >= €100.000", Some(("€100.000", "`100_000` for thousands, or `100.0`"))),
            ("a.b >= 100.000,00", Some(("100.000,00", "`100_000.00`"))),
            ("a.b >= $1,250.5", Some(("$1,250.5", "`1_250.5`"))),
            ("a.b >= 12,5", Some(("12,5", "`12.5`"))),
            ("a.b >= 1'250'000", Some(("1'250'000", "`1_250_000`"))),
            ("a.b >= 12.5", None),
            ("a1.000 >= 100_000", None),
            ("x == \"1.250.000\"", None),
        ];
        for (text, expected) in cases {
            let found = hint(text);
            match expected {
                None => assert_eq!(found, None, "{text}"),
                Some((number, part)) => {
                    let (at, hint) = found.unwrap_or_else(|| panic!("{text}"));
                    assert!(at == number && hint.contains(part), "{text}: {at} {hint}");
                }
            }
        }
    }
}
