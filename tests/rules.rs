//! Each rule of the semantics that can be tested has a test that bears its number.

use std::{collections::BTreeMap, fs, path::Path};

use crate::support::files::repository;

/// The rules up to this one have tests; of later ones those that are kept already.
const RULES: usize = 30;

/// The last rule that there is.
const LAST: usize = 72;

/// Rules without a test that bears their number, each with the reason.
const WITHOUT_TEST: [(usize, &str); 0] = [];

fn count(folder: &Path, found: &mut BTreeMap<usize, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for (at, _) in text.match_indices(concat!("fn ", "rule_")) {
                let number: String = text[at + 8..].chars().take_while(char::is_ascii_digit).collect();
                *found.entry(number.parse().unwrap()).or_default() += 1;
            }
        }
    }
}

#[test]
fn every_rule_has_a_test_that_bears_its_number_or_a_reason_why_not() {
    let mut found = BTreeMap::new();
    for folder in ["src", "tests"] {
        count(&repository().join(folder), &mut found);
    }
    for rule in 1..=RULES {
        let reason = WITHOUT_TEST.iter().find(|(number, _)| *number == rule);
        assert!(found.contains_key(&rule) != reason.is_some(), "rule {rule}: {reason:?}");
    }
    assert_eq!(found.keys().find(|number| **number > LAST), None, "there is no such rule");
}
