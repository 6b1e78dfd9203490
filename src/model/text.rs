//! Texts that are one: Unicode's forms and case.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text in Unicode's normal form C, in which all text is kept: `é` is one character, however it was typed.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// The form in which `same` compares texts: without surrounding white space and case. Case goes by Unicode's full
/// mappings, in which `ß` is `SS`: upper case first, then lower case, with one small sigma. The databases do the same.
#[must_use]
pub fn folded(text: &str) -> String {
    text.trim().to_uppercase().to_lowercase().replace('ς', "σ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_1_text_is_kept_in_normal_form_c() {
        assert_eq!(nfc("Cafe\u{301}"), "Café");
        assert_eq!(nfc("A\u{30a}ngstr\u{f6}m \u{212b}"), "Ångström Å");
        assert!(matches!(nfc("plain text"), Cow::Borrowed("plain text")));
    }

    #[test]
    fn folding_ignores_case_as_unicode_does() {
        let alike = [
            ("straße", "STRASSE"),
            (" Straße\t", "strasse"),
            ("ΟΔΟΣ", "οδος"),
            ("οδοσ", "οδος"),
            ("ﬁx", "FIX"),
            ("\u{212a}elvin", "kelvin"),
            ("Ärger", "äRGER"),
        ];
        for (left, right) in alike {
            assert_eq!(folded(left), folded(right), "{left} and {right}");
        }
        assert_ne!(folded("strase"), folded("straße"));
    }
}
