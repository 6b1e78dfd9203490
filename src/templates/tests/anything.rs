//! Any text is a template, or is refused.

use proptest::prelude::*;

use super::*;

fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let pieces = vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{{{",
        "}}}}",
        "{{#if ",
        "{{/if}}",
        "{{else}}",
        "{{else if ",
        "{{~else~}}",
        "{{#each ",
        "{{/each}}",
        "{{#unless ",
        "{{^}}",
        "{{!",
        "{{!--",
        "--}}",
        "{{> ",
        "{{#> ",
        "{{*",
        "{{#*",
        "{{&",
        "contact.city",
        "contact.interests",
        "this",
        "@index",
        "../",
        "as |a b|",
        "(",
        ")",
        "eq ",
        "1",
        "\"x\"",
        "'",
        "\"",
        "\\",
        "é",
        " ",
        "\n",
        "~",
        "date ",
        "=",
        "|",
        "[",
        "]",
        ".",
        "/",
        "a=1",
        "null",
        "{{else ",
        "{{/",
        "{{#",
        "-1.5E9",
        "true",
        "not ",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..22)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_a_template_or_refused(source in "\\PC{0,80}") {
        let (template, problems) = compiled(&source, TemplateFormat::Html, &Root::ALL);
        prop_assert_eq!(template.is_none(), !problems.is_empty());
    }

    #[test]
    fn any_sequence_of_tags_is_a_template_or_refused(pieces in pieces()) {
        let source = pieces.concat();
        let (template, problems) = compiled(&source, TemplateFormat::Text, &Root::ALL);
        prop_assert_eq!(template.is_none(), !problems.is_empty());
        if template.is_some() {
            prop_assert!(rendered(&source, TemplateFormat::Html).is_ok());
        }
    }
}
