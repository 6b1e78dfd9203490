//! Random calls of functions of scripts, and of tables, and the library that answers them.

use std::sync::Arc;

use proptest::{prelude::*, sample::select};
use tilework::{
    definitions::{ScriptDefinition, TableDefinition},
    diagnostics::{FileId, Problems, Span, Text},
    model::{Argument, Call, Callee, FieldType, Input, Operand, RecordField, Subject, Value},
    script::Library,
};

use super::facts::{integers, numbers, texts};

/// Functions that look at one or two values of any type: some give another type than is wanted, or fail.
const SCRIPT: &str = r#"
fn same_value(value) { value }
fn as_text(value, other) { if type_of(value) == "array" { value.len() } else { `${value}|${other}` } }
fn size(value) {
    switch type_of(value) {
        "string" | "array" => value.len(),
        "i64" | "f64" => value * 2 + 0.1,
        "()" => -1,
        "map" => value.keys().len(),
        _ => throw "no size"
    }
}
fn is_long(value) { if type_of(value) == "string" { value.len() > 5 } else { value } }
fn is_known(record, other) { record.city != () && record.created_on != () && other != () }
fn words(record) {
    let words = "";
    for (value, at) in record.values() { if at < 4 { words += `${value};`; } }
    words
}
fn first_day(value) { if type_of(value) == "string" && value.len() > 9 { value.sub_string(0, 10) } else { () } }
"#;

const ONE: [&str; 5] = ["same_value", "size", "is_long", "words", "first_day"];
const TWO: [&str; 2] = ["as_text", "is_known"];

pub fn library() -> Arc<Library> {
    let text = Text::verbatim(SCRIPT, Span::new(FileId(0), 0, SCRIPT.len()));
    let script = ScriptDefinition { path: "scripts/any.rhai".to_owned(), text };
    let row = |key: &str, cells: [&str; 4]| (key.to_owned(), cells.map(str::to_owned).to_vec());
    let table = TableDefinition {
        name: "places".to_owned(),
        columns: ["key", "text", "number", "day"].map(str::to_owned).to_vec(),
        rows: [
            row("Chicago", ["Chicago", "z", "0.1", "2024-02-29"]),
            row("Straße", ["Straße", "日本語", "-3", "0001-02-28"]),
            row("1", ["1", "a'b", "", "9999-12-31"]),
            row("true", ["true", "", "1e23", "2026-03-29"]),
            row("acme", ["acme", "Ümlaut", "4.35", ""]),
        ]
        .into(),
        content: String::new(),
    };
    let mut problems = Problems::default();
    let library = Library::new(&[script], &[table], &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.sorted());
    Arc::new(library)
}

/// A call that has to give a type, with arguments from these fields.
pub fn call(fields: Vec<Operand>, gives: FieldType) -> BoxedStrategy<Operand> {
    let input = |operand: &Operand| match operand {
        Operand::Field { kind, .. } | Operand::Followed { kind, .. } => {
            Input { operand: operand.clone(), kind: kind.clone() }
        }
        _ => unreachable!("only fields are handed in"),
    };
    let inputs: Vec<Input> = fields.iter().map(input).collect();
    let subjects: Vec<Subject> = [Subject::Contact, Subject::Account, Subject::Lead, Subject::PrimaryContact]
        .into_iter()
        .filter(|subject| fields.iter().any(|field| is_of(field, *subject)))
        .collect();
    let record = select(subjects).prop_map(move |of| {
        let own = inputs.iter().filter(|input| is_of(&input.operand, of)).cloned();
        let fields = own.map(|input| match &input.operand {
            Operand::Field { name, .. } => RecordField { names: vec![name.clone()], input },
            _ => unreachable!("only fields are handed in"),
        });
        Argument::Record { of, fields: fields.collect() }
    });
    let field = select(fields).prop_map(move |field| Argument::Value(input(&field)));
    let literal = prop_oneof![
        texts().prop_map(|text| (Value::Text(text), FieldType::Text)),
        integers().prop_map(|number| (Value::Integer(number), FieldType::Integer)),
        numbers().prop_map(|number| (Value::Number(number), FieldType::Number)),
        any::<bool>().prop_map(|yes| (Value::Boolean(yes), FieldType::Boolean)),
    ]
    .prop_map(|(value, kind)| Argument::Value(Input { operand: Operand::Literal(value), kind }));
    let argument = prop_oneof![2 => record, 3 => field.clone(), 1 => literal].boxed();
    let script = prop_oneof![
        (select(ONE.to_vec()), argument.clone()).prop_map(|(name, one)| (name, vec![one])),
        (select(TWO.to_vec()), argument.clone(), argument)
            .prop_map(|(name, one, other)| (name, vec![one, other])),
    ]
    .prop_map(|(name, arguments)| (Callee::Script(name.to_owned()), arguments));
    let lookup = (select(vec!["text", "number", "day"]), field).prop_map(|(column, key)| {
        let callee = Callee::Lookup { table: "places".to_owned(), column: column.to_owned() };
        (callee, vec![key])
    });
    prop_oneof![3 => script, 1 => lookup]
        .prop_map(move |(callee, arguments)| {
            let version = String::new();
            Operand::Call(Box::new(Call { callee, arguments, gives: gives.clone(), version }))
        })
        .boxed()
}

fn is_of(field: &Operand, wanted: Subject) -> bool {
    matches!(field, Operand::Field { subject, .. } if *subject == wanted)
}
