//! The reference page in Markdown.

use std::fmt::Write as _;

use super::{
    Names,
    explanation::explanation,
    words::{DAYS_AND_LASTS, FUNCTIONS, MISSING, OPERATORS},
};
use crate::{
    conditions::functions,
    definitions::{DID, Form, GROUP, KINDS, Key, MEMBERSHIP, PARTS, PEOPLE, SETTINGS, SUBSCRIPTION, WORDS},
    diagnostics::Code,
    model::{DurationUnit, Entity, Field, FieldType, common_attributes},
    tiles::TileDescription,
};

/// How moments are written; tested.
const MOMENTS: [(&str, &str); 3] = [
    ("2026-03-01 08:00", "in the time zone of the definition, else of the workspace"),
    ("2026-03-01", "the start of that day; after `until:` of a `did`, its end"),
    ("2026-03-01T08:00:00Z", "with the distance from UTC, as `+01:00`, or `Z` for UTC itself"),
];

/// The page: everything but the commands, which whoever knows them hands in as sections.
#[must_use]
pub fn page(names: &Names, commands: &str) -> String {
    let mut page = String::from(
        "# Reference\n\nWhat may be written in a workspace. This page is made by `tilework reference` from the tables that \
         the program works by; `tilework schema` makes a JSON Schema for editors from the same.\n",
    );
    kinds(&mut page);
    heading(&mut page, 2, "Settings");
    page.push_str("\n`tilework.yaml`:\n");
    keys(&mut page, SETTINGS.iter());
    page.push_str(
        "\n`${NAME}` and `${file:PATH}` stand for a variable of the environment and a file's content.\n",
    );
    conditions(&mut page);
    heading(&mut page, 2, "Tiles");
    for entry in &names.tiles {
        tile(&mut page, entry);
    }
    fields(&mut page, names);
    interactions(&mut page, names);
    page.push_str(commands);
    codes(&mut page);
    page
}

fn heading(page: &mut String, level: usize, text: &str) {
    let _ = write!(page, "\n{} {text}\n", "#".repeat(level));
}

/// A table; signs that mean something in Markdown are kept from it.
fn table(page: &mut String, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    page.push('\n');
    page.push_str(&line(&head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()));
    page.push_str(&line(&head.iter().map(|_| "---".to_owned()).collect::<Vec<_>>()));
    for row in rows {
        page.push_str(&line(&row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>()));
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

fn keys<'k>(page: &mut String, keys: impl Iterator<Item = &'k Key>) {
    let mut inner: Vec<&Key> = Vec::new();
    let rows: Vec<Vec<String>> = keys
        .map(|key| {
            if matches!(key.form, Form::Keys(_) | Form::KeysAndNames(..)) {
                inner.push(key);
            }
            let required = if key.required { " (required)" } else { "" };
            vec![code(key.name), format!("{}{required}", key.form.words()), key.description.to_owned()]
        })
        .collect();
    table(page, &["key", "holds", "for"], rows);
    for key in inner {
        if let Form::Keys(below) | Form::KeysAndNames(below, _) = key.form {
            let _ = write!(page, "\nBelow `{}`:\n", key.name);
            self::keys(page, below.iter());
        }
        if let Form::KeysAndNames(_, others) = key.form {
            let _ = write!(page, "\nBelow each other name in `{}`:\n", key.name);
            self::keys(page, others.iter());
        }
    }
}

fn example(page: &mut String, text: &str) {
    let _ = write!(page, "\n```yaml\n{}\n```\n", text.trim_end());
}

fn kinds(page: &mut String) {
    heading(page, 2, "Kinds");
    page.push_str(
        "\nEvery definition says what it is by `kind`. A file under `journeys/` holds any number of them, separated by \
         lines of `---`. Beside the keys below, each may say:\n",
    );
    keys(page, WORDS.iter());
    for kind in &KINDS {
        heading(page, 3, &format!("`{}`", kind.name));
        let _ = write!(page, "\n{}.\n", kind.summary);
        keys(page, kind.keys().filter(|key| WORDS.iter().all(|word| word.name != key.name)));
        if !kind.any_of.is_empty() {
            let _ =
                write!(page, "\nAt least one of {} has to be there.\n", quoted(kind.any_of.iter().copied()));
        }
        example(page, kind.example);
    }
    for (name, part) in PARTS {
        heading(page, 3, name);
        keys(page, part.iter());
    }
}

fn conditions(page: &mut String) {
    heading(page, 2, "Conditions");
    page.push_str(
        "\nA condition is `true` (everyone), an expression in text, or a mapping. In a contact's condition `account` is the \
         contact's account, and so is it of which `any_contact` asks; a condition about accounts asks their contacts by \
         `any_contact`, and its `did` asks the account's own history: what was done for it, whoever did it. A person who \
         changes the account leaves that history there, while `any_contact` with a `did` asks the present contacts for \
         all that they ever did. In a journey `account` is the one that the contact entered with: \
         `contact.account_id == account.id` tells whether the contact still belongs to it.\n",
    );
    for (about, table) in [
        ("Several conditions; these keys may stand together", GROUP),
        ("Who is in a segment", MEMBERSHIP),
        ("Who subscribed to a topic", SUBSCRIPTION),
        ("What happened. Any attribute of the interaction may stand beside these, for equality", DID),
        (
            "Contacts, leads and activities; one of those that start with `any`, `all` or `no`, and at most one of the others",
            PEOPLE,
        ),
    ] {
        let _ = write!(page, "\n{about}:\n");
        keys(page, table.iter());
    }
    heading(page, 3, "Signs");
    let row = |(sign, asks, example): &(&str, &str, &str)| {
        let signs: Vec<&str> = sign.split("  ").collect();
        vec![quoted(signs), (*asks).to_owned(), code(example)]
    };
    table(page, &["sign", "asks", "example"], OPERATORS.iter().map(row));
    heading(page, 3, "Functions");
    let meaning =
        |name: &str| FUNCTIONS.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words);
    let rows = functions()
        .into_iter()
        .map(|(name, example)| vec![code(name), meaning(name).to_owned(), code(example)]);
    table(page, &["function", "gives", "example"], rows);
    page.push_str(
        "\nFunctions of `scripts/*.rhai` stand in every condition, too, called with records in scope, fields and values: \
         `region_of(contact) == \"EMEA\"`. They have to give what they are compared or calculated with, and alone true or \
         false; anything else, or a failure, is missing. A function can't read the clock; hand it `today()`. Neither \
         they nor `lookup` can stand in the `where` of a `did`, in conditions about activities, or in another call.\n",
    );
    page.push_str(MISSING);
    page.push_str(DAYS_AND_LASTS);
    heading(page, 3, "Lengths of time");
    page.push_str("\nA whole number and a unit:\n");
    let rows = DurationUnit::WORDS.iter().map(|(unit, one, several)| {
        let comes_to = match unit {
            DurationUnit::Months | DurationUnit::Years => "on the calendar of the time zone",
            DurationUnit::BusinessDays => "without weekends and holidays",
            DurationUnit::Days => "24 hours each",
            DurationUnit::Weeks => "7 days each",
            _ => "",
        };
        vec![code(&format!("1 {one}")), code(&format!("2 {several}")), comes_to.to_owned()]
    });
    table(page, &["one", "several", "counted"], rows);
    heading(page, 3, "Times");
    table(
        page,
        &["written", "means"],
        MOMENTS.iter().map(|(text, words)| vec![code(text), (*words).to_owned()]),
    );
}

fn tile(page: &mut String, tile: &TileDescription) {
    heading(page, 3, &format!("`{}`", tile.name));
    let _ = write!(page, "\n{}.\n", tile.summary);
    let rows = tile.parameters.iter().map(|parameter| {
        let required = if parameter.required { " (required)" } else { "" };
        vec![
            code(&parameter.name),
            format!("{}{required}", parameter.holds.words()),
            parameter.description.clone(),
        ]
    });
    table(page, &["`with`", "holds", "for"], rows);
    let named = quoted(tile.paths.iter().map(String::as_str));
    let _ = match (tile.names_paths(), tile.paths.is_empty()) {
        (true, true) => write!(page, "\nPaths: those that it names.\n"),
        (true, false) => write!(page, "\nPaths: those that it names, {named}.\n"),
        (false, true) => write!(page, "\nNo paths: everyone goes on to the next step.\n"),
        (false, false) => write!(page, "\nPaths: {named}.\n"),
    };
    example(page, &tile.example);
}

fn kind_of(field: &Field) -> String {
    match &field.kind {
        FieldType::Choice(choices) | FieldType::Choices(choices) => {
            format!("{}: {}", field.kind, quoted(choices.iter().map(String::as_str)))
        }
        kind => kind.to_string(),
    }
}

fn fields(page: &mut String, names: &Names) {
    heading(page, 2, "Fields");
    page.push_str(
        "\nThe names that Dynamics gives them are accepted everywhere, too: in conditions, templates and the headers of \
         imports. `kind: fields` adds fields of your own.\n",
    );
    for entity in Entity::ALL {
        heading(page, 3, &format!("Of {}", entity.plural()));
        let rows = names.fields.get(&entity).into_iter().flatten().map(|field| {
            vec![
                code(&format!("{entity}.{}", field.name)),
                quoted(field.aliases.iter().map(String::as_str)),
                kind_of(field),
                field.description.clone(),
            ]
        });
        table(page, &["field", "in Dynamics", "type", "for"], rows);
    }
}

fn interactions(page: &mut String, names: &Names) {
    heading(page, 2, "Interactions");
    page.push_str("\nEvery interaction has:\n");
    let rows = common_attributes()
        .into_iter()
        .map(|field| vec![code(&field.name), kind_of(&field), field.description]);
    table(page, &["attribute", "type", "for"], rows);
    page.push_str("\nThese types are built in; `kind: interaction` adds types of your own.\n");
    let attribute = |field: &Field| match field.kind {
        FieldType::Text => code(&field.name),
        _ => format!("{} ({})", code(&field.name), kind_of(field)),
    };
    let rows = names.interactions.iter().map(|kind| {
        vec![code(&kind.name), kind.attributes.iter().map(attribute).collect::<Vec<_>>().join(", ")]
    });
    table(page, &["type", "attributes of its own"], rows);
}

/// The first sentence of a code's page.
fn first_sentence(page: &str) -> String {
    let text = page.split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
    text.split_once(". ").map_or(text.clone(), |(first, _)| format!("{first}."))
}

fn codes(page: &mut String) {
    heading(page, 2, "Codes of problems");
    page.push_str(
        "\n`check` names each problem by a code; `tilework explain CODE` has its page, with examples.\n",
    );
    let rows = Code::ALL.iter().map(|(known, name)| vec![code(name), first_sentence(&explanation(*known))]);
    table(page, &["code", "means"], rows);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{Zone, parse_moment},
        conditions::{Scope, check},
        definitions::ConditionNode,
        diagnostics::{FileId, Problems, Span, Text},
        model::{Catalog, TableColumn, TableShape},
    };

    #[test]
    fn every_example_of_a_sign_or_function_is_a_condition() {
        let (zone, catalog) = (Zone::utc(), Catalog::standard());
        let choices = Field {
            name: "interests".into(),
            kind: FieldType::Choices(vec!["a".into(), "b".into()]),
            aliases: Vec::new(),
            description: String::new(),
            declared: true,
        };
        let mut catalog = catalog;
        catalog.declare(Entity::Contact, choices);
        let column =
            |name: &str| TableColumn { name: name.into(), no_number: None, no_boolean: None, no_date: None };
        let territories =
            TableShape { columns: vec![column("country"), column("team")], version: String::new() };
        catalog.tables.insert("territories".into(), territories);
        let values: Vec<String> = functions()
            .into_iter()
            .map(|(name, example)| match name {
                "date" | "today" => format!("contact.birthdate < {example}"),
                "time" | "now" => format!("contact.created_on < {example}"),
                "days_since" | "days_until" | "month" => format!("{example} > 3"),
                "anniversary" => format!("{example} == today()"),
                "weekday" => format!("{example} == \"mon\""),
                _ => example.to_owned(),
            })
            .collect();
        let signs = OPERATORS.iter().map(|(_, _, example)| (*example).to_owned());
        for example in signs.chain(values) {
            let mut problems = Problems::default();
            let text = Text::verbatim(&example, Span::new(FileId(0), 0, 0));
            let scope = Scope::new(Entity::Contact, &zone);
            let checked = check(&ConditionNode::Expression(text), &scope, &catalog, &mut problems);
            assert!(checked.is_some(), "{example}: {problems:?}");
        }
    }

    #[test]
    fn every_function_is_described() {
        for (name, _) in functions() {
            assert!(FUNCTIONS.iter().any(|(known, _)| *known == name), "`{name}` has no description");
        }
    }

    #[test]
    fn times_are_written_as_the_page_says() {
        for (text, _) in MOMENTS {
            assert!(parse_moment(text, &Zone::utc()).is_ok(), "{text}");
        }
    }
}
