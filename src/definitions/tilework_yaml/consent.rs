//! `consent:` of `tilework.yaml`: what an unrecorded consent counts as.

use crate::definitions::{Reader, reading::settings_keys::CONSENT};
use crate::model::{Consent, ConsentSetting};

/// Reads `consent:`. Without `unrecorded` it is reported as missing, and counts as none.
pub(in crate::definitions) fn read(outer: &mut Reader<'_>) -> Option<ConsentSetting> {
    let levels = Consent::ALL.map(|level| (level.name(), level));
    let (entries, span) = outer.mapping("consent")?;
    let mut reader = Reader::new(entries, span, "consent", outer.problems()).described(&[CONSENT]);
    let unrecorded = reader.required_choice("unrecorded", &levels);
    let mut countries = Vec::new();
    if let Some((entries, span)) = reader.mapping("in") {
        let mut inner = Reader::new(entries, span, "in", reader.problems());
        for (country, _) in entries {
            let level = inner.choice(&country.value, &levels);
            countries.extend(level.map(|level| (country.value.clone(), level.value)));
        }
    }
    reader.finish();
    Some(ConsentSetting { unrecorded: unrecorded.map_or(Consent::None, |level| level.value), countries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::testing::{listed, load_files};

    #[test]
    fn what_an_unrecorded_consent_counts_as_is_read_with_its_countries() {
        let text = "consent:\n  unrecorded: none\n  in: { US: marketing, NO: subscriptions }\n";
        let (definitions, problems) = load_files(&[("tilework.yaml", text)], None);
        assert!(problems.is_empty(), "{problems:?}");
        let countries =
            vec![("US".to_owned(), Consent::Marketing), ("NO".to_owned(), Consent::Subscriptions)];
        let expected = ConsentSetting { unrecorded: Consent::None, countries };
        assert_eq!(definitions.settings.consent, Some(expected));
    }

    #[test]
    fn each_mistake_in_it_has_its_place() {
        let cases = [
            ("consent: marketing\n", "wrong-type tilework.yaml:1:10"),
            ("consent: {}\n", "missing-key tilework.yaml:1:10"),
            ("consent: { unrecorded: yes }\n", "invalid-value tilework.yaml:1:24"),
            ("consent: { unrecorded: none, in: { US: all } }\n", "invalid-value tilework.yaml:1:40"),
            ("consent: { unrecorded: none, US: none }\n", "unknown-key tilework.yaml:1:30"),
        ];
        for (text, expected) in cases {
            let (definitions, problems) = load_files(&[("tilework.yaml", text)], None);
            let found = listed(&definitions, &problems);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
    }
}
