//! Templates from text to text, and what is wrong with others.

use std::collections::BTreeMap;

mod anything;
mod mails;

use super::*;
use crate::{
    calendar::Zone,
    diagnostics::{Problems, Sources, Span, Text},
    model::{Catalog, Entity, Field, FieldType, Language, Value},
};

fn catalog() -> Catalog {
    let mut catalog = Catalog::standard();
    let kind = FieldType::Choices(vec!["boats".to_owned(), "cars".to_owned()]);
    catalog.declare(
        Entity::Contact,
        Field {
            name: "interests".to_owned(),
            kind,
            aliases: Vec::new(),
            description: String::new(),
            declared: true,
        },
    );
    catalog
}

/// Files of `templates/`.
fn partials() -> BTreeMap<String, Text> {
    let file = |name: &str, text: &str| (name.to_owned(), Text::file(crate::diagnostics::FileId(0), text));
    [
        file("footer.html", "<p>{{contact.first_name}} of {{> company}}</p>"),
        file("company.html", "{{account.name}}"),
        file("footer.txt", "{{#each contact.interests}}{{this}} {{/each}}"),
        file("egg.html", "{{> hen}}"),
        file("hen.html", "{{> egg}}"),
    ]
    .into()
}

fn compiled(source: &str, format: TemplateFormat, roots: &[Root]) -> (Option<Template>, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("x", source);
    let mut problems = Problems::default();
    let zone = Zone::named("Europe/Berlin").unwrap();
    let catalog = catalog();
    let partials = partials();
    let scope = TemplateScope { format, roots, catalog: &catalog, zone: &zone, partials: Some(&partials) };
    let template = Template::compile(&Text::file(file, source), &scope, &mut problems);
    let told = problems
        .sorted()
        .into_iter()
        .map(|problem| {
            let at = sources.position(problem.span);
            let hint = problem.hint.as_deref().unwrap_or("-");
            format!("{}:{} {}: {} | {hint}", at.line, at.column, problem.code, problem.message)
        })
        .collect();
    (template, told)
}

fn record(values: &[(&str, Value)]) -> BTreeMap<String, Value> {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn rendered(source: &str, format: TemplateFormat) -> Result<String, TemplateError> {
    let (template, problems) = compiled(source, format, &Root::ALL);
    let text = |text: &str| Value::Text(text.to_owned());
    let choices = Value::Choices(vec!["boats".to_owned(), "cars".to_owned()]);
    let contact = record(&[
        ("first_name", text("Zoë")),
        ("last_name", text("O'Neil <zoe>")),
        ("do_not_email", Value::Boolean(false)),
        ("created_on", Value::Time(0)),
        ("birthdate", Value::Date("2000-02-29".to_owned())),
        ("account_id", text("6c5e1a4b-9d7f-4a1b-8c2d-000000000001")),
        ("account_id:account.name", text("Present")),
        ("account_id:account.primary_contact_id:contact.first_name", text("Paul")),
        ("interests", choices),
        ("department", text(" ")),
    ]);
    let account = record(&[
        ("name", text("Müller & Söhne")),
        ("revenue", Value::Number(1_234_567.5)),
        ("employees", Value::Number(100.0)),
    ]);
    let journey = record(&[("name", text("spring")), ("label", text("Spring")), ("owner", text("ann"))]);
    let settings = record(&[("name", text("vendor"))]);
    let values = Values {
        contact: &contact,
        account: &account,
        journey: &journey,
        settings: &settings,
        links: &BTreeMap::new(),
        message: None,
        language: Language::English,
    };
    template.unwrap_or_else(|| panic!("{source}: {problems:?}")).render(&values)
}

#[test]
fn gaps_are_filled_with_values() {
    let cases = [
        ("Dear {{contact.first_name}},", "Dear Zoë,"),
        ("{{contact.firstname}} {{ account.name }}", "Zoë Müller & Söhne"),
        ("{{contact.account.name}} {{contact.contact_account_parentcustomerid.name}}", "Present Present"),
        ("{{contact.account.primary_contact.first_name}}", "Paul"),
        ("{{#each contact.interests~}}\n  {{this}} {{/each}}|", "boats cars |"),
        ("{{#if contact.first_name~}}\n{{contact.first_name}} {{/if}}and all", "Zoë and all"),
        ("a{{~! note ~}} b", "ab"),
        (
            "{{contact.first_name}}: https://v.example/?n={{contact.last_name}}&c={{account.name}} {{contact.city}}.",
            "Zoë: https://v.example/?n=O%27Neil%20%3Czoe%3E&c=M%C3%BCller%20%26%20S%C3%B6hne .",
        ),
        ("{{contact.parentcustomerid}}", "6c5e1a4b-9d7f-4a1b-8c2d-000000000001"),
        (
            "{{journey.name}} {{journey.label}} {{journey.owner}} {{settings.name}}",
            "spring Spring ann vendor",
        ),
        ("[{{contact.phone}}]", "[]"),
        ("{{account.employees}} {{account.revenue}}", "100 1234567.5"),
        (
            "{{contact.do_not_email}} {{contact.birthdate}} {{contact.created_on}}",
            "false 2000-02-29 1970-01-01T00:00:00Z",
        ),
        ("{{date contact.created_on \"%d %B %Y, %H:%M %Z\"}}", "01 January 1970, 01:00 CET"),
        ("{{date contact.birthdate \"%-d.%-m.%y\"}}{{date contact.modified_on \"%d\"}}", "29.2.00"),
        (
            "{{number account.revenue 2}} {{number account.employees 0}} {{number account.revenue 0}}",
            "1,234,567.50 100 1,234,568",
        ),
        ("{{number (default account.revenue 0) 1}}", "1,234,567.5"),
        ("{{default contact.phone \"none\"}} {{default contact.department contact.first_name}}", "none Zoë"),
        ("{{#if contact.phone}}yes{{else}}no{{/if}}{{#unless contact.phone}}!{{/unless}}", "no!"),
        ("{{#if (eq account.employees 100)}}a{{/if}}{{#if (gt account.revenue 1000000)}}b{{/if}}", "ab"),
        ("{{#if (lt account.employees 100)}}a{{else if (gte account.employees 100)}}b{{else}}c{{/if}}", "b"),
        ("{{#if (and (eq contact.first_name \"Zoë\") (not contact.phone))}}a{{/if}}", "a"),
        ("{{#if (or contact.phone (ne contact.phone \"1\"))}}a{{/if}}", "a"),
        ("{{eq contact.phone contact.mobile_phone}}", "false"),
        (
            "{{eq contact.account_id '{6C5E1A4B-9D7F-4A1B-8C2D-000000000001}'}} {{eq '6C5E1A4B-9D7F-4A1B-8C2D-000000000002' contact.account_id}}",
            "true false",
        ),
        // `department` is white space alone, `phone` missing, as are `is_child` and `status`.
        ("{{eq contact.phone ''}} {{ne contact.phone ''}} {{eq '' contact.department}}", "true false true"),
        (
            "{{eq contact.phone null}} {{ne contact.first_name null}} {{eq account.revenue ''}}",
            "true true false",
        ),
        ("{{#if contact.department}}a{{else}}b{{/if}}{{#if (not contact.department)}}c{{/if}}", "bc"),
        (
            "{{eq contact.is_child false}} {{ne contact.is_child true}} {{eq contact.is_child contact.do_not_email}}",
            "true true true",
        ),
        (
            "{{eq contact.status \"active\"}} {{ne contact.status \"active\"}} [{{contact.status}}]",
            "true false []",
        ),
        (
            "{{#if (gt contact.birthdate \"2000-01-01\")}}a{{/if}}{{#if (lt contact.created_on \"2000-01-01\")}}b{{/if}}",
            "ab",
        ),
        (
            "{{#each contact.interests}}{{@index}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}",
            "0boats, 1cars",
        ),
        (
            "{{#each contact.interests as |it n|}}{{n}}{{it}} {{../contact.first_name}} {{/each}}",
            "0boats Zoë 1cars Zoë ",
        ),
        ("{{#each contact.interests}}{{#if @first}}{{contact.first_name}}{{/if}}{{/each}}", "Zoë"),
        ("{{! a note }}a{{!-- }} --}}b \\{{contact.x}}", "ab {{contact.x}}"),
        ("a {{~ contact.first_name ~}} b", "aZoëb"),
        ("{{#if contact.first_name}}\n  hello\n{{/if}}\nbye", "  hello\nbye"),
        ("{{contact.interests}}", "boats, cars"),
        ("", ""),
        ("no gaps } here {", "no gaps } here {"),
    ];
    for (source, expected) in cases {
        assert_eq!(rendered(source, TemplateFormat::Text).unwrap(), expected, "{source}");
    }
}

#[test]
fn values_are_escaped_in_html_alone_and_the_template_never() {
    let source = "<b>{{contact.last_name}}</b>{{{contact.last_name}}}{{default contact.phone \"&\"}}";
    assert_eq!(
        rendered(source, TemplateFormat::Html).unwrap(),
        "<b>O&#x27;Neil &lt;zoe&gt;</b>O'Neil <zoe>&amp;"
    );
    assert_eq!(rendered(source, TemplateFormat::Text).unwrap(), "<b>O'Neil <zoe></b>O'Neil <zoe>&");
}

#[test]
fn what_is_wrong_is_said_at_its_line_and_column() {
    let cases = [
        (
            "é {{contact.frist_name}}",
            "1:5 template-field: contact has no field `frist_name` | Did you mean `first_name`?",
        ),
        (
            "a\n {{#if contact.phone}}\n é{{account.contact.citti}}{{/if}}",
            "3:5 template-field: `account` has no relation `contact` | Did you mean `primary_contact`?",
        ),
        (
            "{{! contact.citti }}\"contact.citti\" {{default \"contact.citti\" contact.citti}}",
            "1:63 template-field: contact has no field `citti` | Did you mean `city`?",
        ),
        (
            "{{#if contact.phone}}{{else if contact.nope}}{{/if}}",
            "1:32 template-field: contact has no field `nope` | Did you mean `role`?",
        ),
        (
            "{{contact.industry}}",
            "1:3 template-field: contact has no field `industry` | There is `account.industry`.",
        ),
        (
            "{{first_name}}",
            "1:3 template-field: `first_name` is not known here | Write `{{contact.first_name}}`.",
        ),
        (
            "{{contcat.first_name}}",
            "1:3 template-field: `contcat` is not known here | Did you mean `contact`?",
        ),
        (
            "{{contact}}",
            "1:3 template-field: `contact` has no text of its own | Name one of its fields, as in `{{contact.first_name}}`.",
        ),
        ("{{journey.nam}}", "1:3 template-field: journey has no field `nam` | Did you mean `name`?"),
        (
            "{{this}}",
            "1:3 template-field: `this` is known only within `each` | Write `{{#each contact.interests}}{{this}}{{/each}}` around it.",
        ),
        ("{{@key}}", "1:3 template-field: there is no `@key` | There is: `index`, `first`, `last`."),
        (
            "{{contact.contact_systemuser_owninguser.fullname}}",
            "1:3 template-field: `contact` has no relation `contact_systemuser_owninguser` | From a contact there is `contact.account`.",
        ),
        (
            "{{account.owner.name}}",
            "1:3 template-field: `account.owner` is text, and leads to no record | From an account there is `account.primary_contact`, `account.parent_account`.",
        ),
        ("a {{.}}", "1:3 template-syntax: `{{.}}` can't be used | Write `{{this}}`."),
        (
            "{{^if contact.first_name}}x{{/if}}",
            "1:1 template-syntax: `{{^if contact.first_name}}` starts no block | Write `{{#unless contact.first_name}}…{{/unless}}`.",
        ),
        (
            "{{#if contact.first_name == 'Ann'}}x{{/if}}",
            "1:1 template-syntax: `==` can't stand in a template | Write `{{#if (eq contact.first_name \"Ann\")}}`.",
        ),
        (
            "{{#if contact.do_not_email and contact.is_child}}x{{/if}}",
            "1:1 template-syntax: `and` can't stand between conditions | Write `{{#if (and contact.do_not_email contact.is_child)}}`.",
        ),
        (
            "{{#if contact.city == 'Rome' && contact.phone}}x{{/if}}",
            "1:1 template-syntax: `&&` can't stand between conditions | Write `{{#if (and (eq contact.city \"Rome\") contact.phone)}}`.",
        ),
        (
            "{{#if (eq contact.is_child 'true')}}x{{/if}}",
            "1:8 incompatible-types: boolean `contact.is_child` and text `true` can't be compared | Write `contact.is_child` alone.",
        ),
        (
            "{{#contact.is_child}}x{{/contact.is_child}}",
            "1:1 template-syntax: there is no block `contact.is_child` | Write `{{#if contact.is_child}}…{{/if}}`.",
        ),
        (
            "{{FirstName}}",
            "1:3 template-field: `FirstName` is not known here | Write `{{contact.first_name}}`.",
        ),
        (
            "{{msdyncrm_contentsettings.msdyncrm_subscriptioncenter}}",
            "1:3 template-field: `msdyncrm_contentsettings.msdyncrm_subscriptioncenter` is not known here | Write `{{links.preferences}}`, or `{{links.unsubscribe}}` for a link that leaves at once.",
        ),
        (
            "{{PreferenceCenter}}",
            "1:3 template-field: `PreferenceCenter` is not known here | Write `{{links.preferences}}`, or `{{links.unsubscribe}}` for a link that leaves at once.",
        ),
        (
            "{{#if (gt account.revenue '100.000')}}x{{/if}}",
            "1:8 incompatible-types: number `account.revenue` and text `100.000` can't be compared | Write `100000` for thousands, or `100.0` for decimals.",
        ),
        (
            "{{#each contact.phone}}{{this}}{{/each}}",
            "1:9 incompatible-types: `each` goes through several choices, and `contact.phone` has none | -",
        ),
        (
            "{{#with contact}}{{/with}}",
            "1:4 template-syntax: `with` can't be used | There is: `if`, `unless`, `each`.",
        ),
        (
            "{{lookup contact \"x\"}}",
            "1:3 template-syntax: `lookup` can't be used | Name a field in full, as in `{{account.name}}`.\n1:10 template-field: `contact` has no text of its own | Name one of its fields, as in `{{contact.first_name}}`.",
        ),
        (
            "{{log \"x\"}}",
            "1:3 template-syntax: `log` can't be used | Name a field in full, as in `{{account.name}}`.",
        ),
        (
            "{{uppercase contact.city}}",
            "1:3 template-syntax: there is no helper `uppercase` | There is: `eq`, `ne`, `lt`, `lte`, `gt`, `gte`, `and`, `or`, `not`, `default`, `date`, `number`, `if`, `each`, `unless`.",
        ),
        (
            "{{dat contact.birthdate \"%d\"}}",
            "1:3 template-syntax: there is no helper `dat` | Did you mean `date`?",
        ),
        (
            "{{> fotter}}",
            "1:1 template-syntax: there is no file `templates/fotter.html` | Did you mean `footer`?",
        ),
        (
            "{{date contact.birthdate \"%!\"}}",
            "1:3 invalid-time: `%!` is not a date format | Write `%d %B %Y` or `%Y-%m-%d %H:%M`, say.",
        ),
        (
            "{{date contact.city \"%d\"}}",
            "1:8 incompatible-types: `date` writes dates and moments, and `contact.city` is neither | -",
        ),
        (
            "{{number contact.city 2}}",
            "1:10 incompatible-types: `number` writes numbers, and `contact.city` is none | -",
        ),
        (
            "{{number account.revenue}}",
            "1:3 template-syntax: `number` isn't called this way | Write `{{number account.revenue 2}}`.",
        ),
        (
            "{{default contact.city other=\"x\"}}",
            "1:3 template-syntax: `default` isn't called this way | Write `{{default contact.first_name \"friend\"}}`.",
        ),
        (
            "{{eq}}",
            "1:3 template-syntax: `eq` isn't called this way | Write `{{#if (eq account.status \"customer\")}}…{{/if}}`.",
        ),
        (
            "{{#if (eq account.revenue \"100\")}}a{{/if}}",
            "1:8 incompatible-types: number `account.revenue` and text `100` can't be compared | Write `100` without quotes.",
        ),
        (
            "{{#if (gt contact.created_on \"soon\")}}a{{/if}}",
            "1:30 invalid-time: `soon` is not a date and time | Write `\"2026-01-31\"` or `\"2026-01-31 08:00\"`.",
        ),
        (
            "é\n{{#if contact.phone}}a{{/unless}}",
            "2:23 template-syntax: `if` is closed by `unless` | Write `{{/if}}`.",
        ),
    ];
    for (source, expected) in cases {
        let (template, problems) = compiled(source, TemplateFormat::Html, &Root::ALL);
        assert_eq!(problems.join("\n"), expected, "{source}");
        assert!(template.is_none(), "{source}");
    }
}

#[test]
fn a_template_that_does_not_parse_says_where() {
    for (source, place) in [
        ("a {{contact.city", "1:"),
        ("a\n{{#if contact.city}}b", "2:"),
        ("a\nb {{= x}}", "2:3"),
        ("{{}}", "1:1"),
    ] {
        let (_, problems) = compiled(source, TemplateFormat::Html, &Root::ALL);
        assert_eq!(problems.len(), 1, "{source}: {problems:?}");
        assert!(problems[0].starts_with(place), "{source}: {problems:?}");
        assert!(problems[0].contains("template-syntax"), "{source}: {problems:?}");
    }
}

#[test]
fn all_problems_of_a_template_are_reported() {
    let source = "{{contact.a}}{{#if contact.b}}{{contact.c}}{{else}}{{contact.d}}{{/if}}{{nope contact.e}}";
    let (_, problems) = compiled(source, TemplateFormat::Html, &Root::ALL);
    assert_eq!(problems.len(), 6, "{problems:?}");
}

#[test]
fn what_is_made_for_an_account_has_no_contact() {
    let (_, problems) =
        compiled("Call {{contact.phone}}", TemplateFormat::Text, &[Root::Account, Root::Journey]);
    assert_eq!(
        problems,
        [
            "1:8 template-field: there is no `contact` here | The text is made once for each account; use the fields of `account`."
        ]
    );
}

#[test]
fn places_in_a_yaml_value_are_places_in_the_file() {
    let file = "subject: \"\\u00e9 {{contact.nope}}\"\n";
    let value = "é {{contact.nope}}";
    let mut offsets: Vec<u32> = vec![10, 10];
    offsets.extend(16..=33);
    assert_eq!(offsets.len(), value.len() + 1);
    let mut sources = Sources::default();
    let id = sources.add("x", file);
    let text = Text::mapped(value, Span::new(id, 9, 34), offsets);
    let mut problems = Problems::default();
    let (catalog, zone) = (catalog(), Zone::utc());
    let scope = TemplateScope {
        format: TemplateFormat::Text,
        roots: &Root::ALL,
        catalog: &catalog,
        zone: &zone,
        partials: None,
    };
    assert!(Template::compile(&text, &scope, &mut problems).is_none());
    assert_eq!(sources.slice(problems.sorted()[0].span), "contact.nope");
}

#[test]
fn a_template_names_the_fields_that_it_needs() {
    let source =
        "{{contact.firstname}}{{contact.account.name}}{{#if account.revenue}}{{journey.name}}{{/if}}";
    let (template, _) = compiled(source, TemplateFormat::Html, &Root::ALL);
    let needs = template.unwrap().needs().clone();
    assert_eq!(needs.contact.into_iter().collect::<Vec<_>>(), ["account_id:account.name", "first_name"]);
    assert_eq!(needs.account.into_iter().collect::<Vec<_>>(), ["revenue"]);
}

#[test]
fn a_text_that_grows_too_long_is_refused() {
    let empty = BTreeMap::new();
    let many = Value::Choices(vec!["x".repeat(1_000); 1_100]);
    let contact = record(&[("interests", many)]);
    let values = Values {
        contact: &contact,
        account: &empty,
        journey: &empty,
        settings: &empty,
        links: &BTreeMap::new(),
        message: None,
        language: Language::English,
    };
    let (template, _) =
        compiled("{{#each contact.interests}}{{this}}{{/each}}", TemplateFormat::Html, &Root::ALL);
    assert_eq!(template.unwrap().render(&values), Err(TemplateError::TooLong));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    for source in [
        "{{#if contact.city}}".repeat(5_000),
        format!("{{{{#if {}", "(not ".repeat(5_000)),
        format!("{{{{eq {}", "[".repeat(5_000)),
        "{{{{raw}}}}".repeat(5_000),
        "{{#> x}}".repeat(5_000),
        "{{#*x}}".repeat(5_000),
        "{{^}}".repeat(5_000),
        "{{#if a}}{{else if b}}".repeat(30),
    ] {
        assert!(compiled(&source, TemplateFormat::Html, &Root::ALL).0.is_none());
    }
}

#[test]
fn a_template_may_not_know_what_a_record_holds() {
    let empty = BTreeMap::new();
    let values = Values {
        contact: &empty,
        account: &empty,
        journey: &empty,
        settings: &empty,
        links: &BTreeMap::new(),
        message: None,
        language: Language::English,
    };
    let (template, _) = compiled(
        "[{{contact.city}}{{date contact.created_on \"%d\"}}{{number account.revenue 1}}{{#each contact.interests}}x{{else}}none{{/each}}]",
        TemplateFormat::Html,
        &Root::ALL,
    );
    assert_eq!(template.unwrap().render(&values).unwrap(), "[none]");
}
