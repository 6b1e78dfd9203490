//! Text that can't do anything to a terminal or a spreadsheet, though names in it come from files.

use std::borrow::Cow;

/// A text in which control characters are shown as such: `␛` for escape, `\u{202e}` for what turns the order of letters
/// around. Line ends stay.
pub(in crate::cli) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| shown(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match shown(character) {
            Some(shown) => out.push_str(&shown),
            None => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// The same in one line.
pub(in crate::cli) fn in_one_line(text: &str) -> Cow<'_, str> {
    match printable(text) {
        text if text.contains('\n') => Cow::Owned(text.replace('\n', "␊")),
        text => text,
    }
}

fn shown(character: char) -> Option<String> {
    let code = u32::from(character);
    match character {
        '\n' => None,
        // Pictures of the control characters of ASCII.
        '\0'..='\x1f' => char::from_u32(0x2400 + code).map(String::from),
        '\x7f' => Some("␡".to_owned()),
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{2028}'
        | '\u{2029}' => Some(format!("\\u{{{code:x}}}")),
        _ => None,
    }
}

/// A text of a CSV file that people open: what a spreadsheet would take for a formula begins with an apostrophe
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). A number or a telephone number stays.
pub(in crate::cli) fn no_formula(text: &str) -> Cow<'_, str> {
    let harmless = |character: char| character.is_ascii_digit() || " +-./()".contains(character);
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !text.chars().all(harmless) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_do_nothing() {
        let cases = [
            ("Zoë & Söhne\n日本", "Zoë & Söhne\n日本"),
            ("a\x1b[2Jb\x07\0", "a␛[2Jb␇␀"),
            ("a\tb\r\n", "a␉b␍\n"),
            ("x\u{7f}\u{9b}31m", "x␡\\u{9b}31m"),
            ("abc\u{202e}gpj.exe", "abc\\u{202e}gpj.exe"),
        ];
        for (text, expected) in cases {
            assert_eq!(printable(text), expected, "{text:?}");
        }
        assert_eq!(in_one_line("a\nb"), "a␊b");
    }

    #[test]
    fn formulas_are_text_to_a_spreadsheet_and_numbers_stay_numbers() {
        let cases = [
            ("=HYPERLINK(\"http://evil.example\")", "'=HYPERLINK(\"http://evil.example\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3+cmd", "'-2+3+cmd"),
            ("\t=1", "'\t=1"),
            ("-12.5", "-12.5"),
            ("+31 (20) 123-45/6", "+31 (20) 123-45/6"),
            ("Acme =1", "Acme =1"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(no_formula(text), expected, "{text:?}");
        }
    }
}
