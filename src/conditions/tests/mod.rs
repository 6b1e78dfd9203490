//! Conditions from text to words, problems, and answers.
//!
//! In: expressions and conditions as they are written. Out: what they are told to mean, or what is wrong.

mod calls;
mod did;
mod evaluate;
mod expressions;
mod meaning;

use super::{KnownStep, Scope, check, explain};
use crate::{
    calendar::Zone,
    definitions::ConditionNode,
    diagnostics::{Code, FileId, Problems, Sources, Span, Text},
    model::{
        Catalog, Entity, Field, FieldType, FunctionShape, InteractionType, Predicate, TableColumn, TableShape,
    },
};

/// The standard catalog with a few fields, a type and segments of a workspace.
pub(super) fn catalog() -> Catalog {
    let field = |name: &str, kind| Field {
        name: name.to_owned(),
        kind,
        aliases: Vec::new(),
        description: String::new(),
        declared: true,
    };
    let mut catalog = Catalog::standard();
    let colours = vec!["red".to_owned(), "green".to_owned(), "blue".to_owned()];
    catalog.declare(Entity::Contact, field("colours", FieldType::Choices(colours)));
    catalog.declare(Entity::Contact, field("renewal", FieldType::Date));
    catalog.declare(
        Entity::Account,
        field("size", FieldType::Choice(vec!["Enterprise".to_owned(), "SMB".to_owned()])),
    );
    catalog.interactions.insert(
        "OrderPlaced".to_owned(),
        InteractionType {
            name: "OrderPlaced".to_owned(),
            attributes: vec![
                field("product", FieldType::Text),
                field("amount", FieldType::Number),
                field("paid", FieldType::Boolean),
                field("due", FieldType::Date),
            ],
            declared: true,
        },
    );
    for (name, holds) in
        [("readers", Entity::Contact), ("customers", Entity::Account), ("hot-leads", Entity::Lead)]
    {
        catalog.segments.insert(name.to_owned(), holds);
    }
    for (name, parameters) in [("region_of", vec!["contact"]), ("fit", vec!["record", "least"])] {
        let shape = FunctionShape {
            reads: vec![None; parameters.len()],
            parameters: parameters.into_iter().map(str::to_owned).collect(),
            version: String::new(),
        };
        catalog.functions.insert(name.to_owned(), shape);
    }
    let columns = ["country", "team", "share"].map(|name| TableColumn {
        name: name.to_owned(),
        no_number: (name != "share").then(|| "ann".to_owned()),
        no_boolean: Some("ann".to_owned()),
        no_date: Some("ann".to_owned()),
    });
    let table = TableShape { columns: columns.to_vec(), version: String::new() };
    catalog.tables.insert("territories".to_owned(), table);
    catalog
}

/// Text that stands nowhere.
pub(super) fn text(value: &str) -> Text {
    Text::file(FileId(0), value)
}

/// A place that nobody looks at.
pub(super) fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

pub(super) fn berlin() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

/// Checks a condition about a target, in Berlin, in a journey with the steps `invite` and `remind`.
pub(super) fn checked(target: Entity, node: &ConditionNode) -> Result<Predicate, Problems> {
    let zone = berlin();
    let step = |name: &str| (name.to_owned(), KnownStep { tile: "email".to_owned(), comes_before: true });
    let steps = ["invite", "remind"].map(step).into();
    let mut problems = Problems::default();
    let scope = Scope::new(target, &zone).in_journey(&steps);
    match check(node, &scope, &catalog(), &mut problems) {
        Some(predicate) => {
            assert!(!problems.has_errors(), "{problems:?}");
            Ok(predicate)
        }
        None => {
            assert!(problems.has_errors(), "nothing came out, and no problem says why");
            Err(problems)
        }
    }
}

/// The predicate of an expression about a target.
pub(super) fn predicate(target: Entity, source: &str) -> Predicate {
    checked(target, &ConditionNode::Expression(text(source)))
        .unwrap_or_else(|problems| panic!("{source}: {problems:?}"))
}

/// The explanation of a condition, or its problems as `code: message | hint`.
pub(super) fn told(target: Entity, node: &ConditionNode) -> String {
    match checked(target, node) {
        Ok(predicate) => explain(&predicate),
        Err(problems) => problems
            .sorted()
            .into_iter()
            .map(|problem| {
                format!("{}: {} | {}", problem.code, problem.message, problem.hint.as_deref().unwrap_or("-"))
            })
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// The problems of an expression, as `column code`.
pub(super) fn places(target: Entity, source: &str) -> Vec<(usize, Code)> {
    let mut sources = Sources::default();
    sources.add("x", source);
    match checked(target, &ConditionNode::Expression(text(source))) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .sorted()
            .into_iter()
            .map(|problem| (sources.position(problem.span).column, problem.code))
            .collect(),
    }
}
