use super::*;
use crate::definitions::nodes::yaml;
use crate::diagnostics::Sources;

/// Reads a mapping with `read` and tells the problems as `code line:column message | hint`.
fn problems_of(source: &str, read: impl FnOnce(&mut Reader<'_>)) -> Vec<String> {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let file = sources.add("x.yaml", source);
    let nodes = yaml::parse(file, source, &mut problems);
    let mut reader = Reader::of(&nodes[0], "wait", &mut problems).unwrap();
    read(&mut reader);
    reader.finish();
    problems
        .sorted()
        .into_iter()
        .map(|problem| {
            let at = sources.position(problem.span);
            let hint = problem.hint.as_ref().map_or(String::new(), |hint| format!(" | {hint}"));
            format!("{} {}:{} {}{hint}", problem.code, at.line, at.column, problem.message)
        })
        .collect()
}

#[test]
fn a_value_of_the_right_type_is_read_with_its_place() {
    let found = problems_of(
        "email: 2026\nfor: 7 days\nactive: false\nsize: 1_000\nshare: 0.5\nof: [a, 1]\nbased_on: account\n",
        |reader| {
            assert_eq!(reader.required_text("email").unwrap().value, "2026");
            assert_eq!(reader.duration("for").unwrap().value.to_string(), "7 days");
            assert!(!reader.boolean("active").unwrap().value);
            assert_eq!(reader.integer("size").unwrap().value, 1000);
            assert_eq!(reader.number("share").unwrap().value, 0.5);
            let words: Vec<String> = reader.list_of_text("of").into_iter().map(|text| text.value).collect();
            assert_eq!(words, ["a", "1"]);
            assert_eq!(reader.choice("based_on", &[("contact", 1), ("account", 2)]).unwrap().value, 2);
            assert!(reader.text("absent").is_none());
        },
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_mistake_is_reported_and_none_hides_another() {
    let source =
        "email: [a]\nfor: three days\nactive: yes\nsize: big\nof: a\nbased_on: acount\nv: 1.50\nemial: x\n";
    let found = problems_of(source, |reader| {
        reader.text("email");
        reader.duration("for");
        reader.boolean("active");
        reader.integer("size");
        reader.list_of_text("of");
        reader.choice("based_on", &[("contact", 1), ("account", 2)]);
        reader.text("v");
        reader.required_text("when");
    });
    assert_eq!(
        found,
        [
            "missing-key 1:1 `wait` needs `when`",
            "wrong-type 1:8 expected text for `email`, found a list",
            "invalid-duration 2:6 `three days` is not a length of time | Write a whole number and a unit: `90 seconds`, `10 minutes`, `4 hours`, `30 days`, `2 weeks`, `3 months`, `1 year` or `5 business days`.",
            "wrong-type 3:9 expected `true` or `false` for `active`, found text | Write `true`.",
            "wrong-type 4:7 expected a whole number for `size`, found text",
            "wrong-type 5:5 expected a list for `of`, found text | Write `[a]`.",
            "invalid-value 6:11 `acount` is not a value of `based_on`: expected `contact` or `account` | Did you mean `account`?",
            "wrong-type 7:4 expected text for `v`, found a number | Put it in double quotes.",
            "unknown-key 8:1 unknown key `emial` in `wait` | Did you mean `email`?",
        ]
    );
}

#[test]
fn a_number_with_a_point_before_three_digits_draws_a_warning() {
    for (written, warned) in [
        ("100.000", true),
        ("1.500", true),
        ("-2.000", true),
        ("0.125", false),
        ("1.5", false),
        ("1000", false),
    ] {
        let found = problems_of(&format!("size: {written}"), |reader| {
            reader.number("size");
        });
        let is_warned = found.iter().any(|problem| problem.starts_with("ambiguous-number 1:7"));
        assert_eq!(is_warned, warned, "{written}: {found:?}");
    }
}

#[test]
fn what_the_language_has_and_this_version_has_not_is_said_so() {
    let found = problems_of("repeat: 3\n", |reader| {
        reader.not_available(&["repeat", "reentry"]);
    });
    assert_eq!(found, ["not-available 1:1 `repeat` is not available in this version"]);
}
