//! A field that may be declared can be used everywhere; one that can't is refused where it is declared.

use std::fs;

use tilework::diagnostics::{Code, render_human};

use super::{check, workspace};
use crate::support::files::repository;

/// Words that mean something to Rhai, to handlebars, to YAML, to databases, or to nobody.
const WORDS: &str = "Fn _ as async await break call case catch const continue curry debug default do else eval exit \
    export false fn for global go goto if import in is is_def_fn is_def_var is_shared let loop match module new nil \
    no_closure no_function no_module null package print private protected public return shared spawn static super \
    switch sync this thread throw true try type_of until use var void while with yield each unless lookup log eq ne \
    lt lte gt gte and or not date number yes no on off y n contains starts_with ends_with same is_blank today now \
    days_since select from where order group user table index primary key limit offset values union contact account \
    lead interaction journey settings segment did first_name_2 size a x9 contains_any int float string char map array";

/// What is wrong when a field of this name is declared and used in every way.
fn codes(word: &str) -> (Vec<Code>, String) {
    let text = format!(
        "kind: fields\nof: contact\nfields:\n  {word}: {{ type: text }}\n---\n\
         kind: interaction\nname: Happened\nattributes:\n  {word}: {{ type: text }}\n---\n\
         kind: segment\nname: wanted\ntarget: contact\nwhere:\n  all:\n    - contact.{word} == \"x\"\n    \
         - did: Happened\n      where: interaction.{word} == \"x\"\n    - did: Happened\n      {word}: x\n---\n\
         kind: email\nname: welcome\nsubject: \"{{{{contact.{word}}}}}\"\ntext: Good day.\n"
    );
    let folder = workspace(&[("journeys/x.yaml", text.as_bytes())]);
    let (problems, sources) = check(folder.path());
    let codes = problems.sorted().iter().map(|problem| problem.code).collect();
    (codes, render_human(&problems, &sources, false))
}

#[test]
fn a_name_is_refused_where_it_is_declared_or_works_everywhere() {
    let mut refused = 0;
    for word in WORDS.split_whitespace() {
        let (codes, report) = codes(word);
        let is_about_the_name = |code: &Code| {
            matches!(code, Code::InvalidName | Code::WrongType) || matches!(code, Code::DuplicateName)
        };
        if codes.is_empty() {
            continue;
        }
        refused += 1;
        let declared_at = |line: &str| line.contains("x.yaml:4:") || line.contains("x.yaml:9:");
        assert!(report.lines().any(declared_at), "`{word}` may be declared:\n{report}");
        assert!(is_about_the_name(&codes[0]), "{report}");
    }
    assert!(refused > 50, "{refused} of the words are reserved");
}

#[test]
fn whatever_column_the_store_keeps_for_itself_is_no_field() {
    let sql = fs::read_to_string(repository().join("src/store/tables/migrations/0001_start.sql")).unwrap();
    for entity in ["account", "contact", "lead"] {
        let start = sql.find(&format!("CREATE TABLE {entity} (")).unwrap();
        let table = &sql[start..start + sql[start..].find(");").unwrap()];
        let (_, columns) = table.split_once('(').unwrap();
        let columns = columns.split(',').filter_map(|column| column.split_whitespace().next());
        for column in columns.filter(|column| column.chars().all(|c| c.is_ascii_lowercase() || c == '_')) {
            let text = format!("kind: fields\nof: {entity}\nfields:\n  {column}: {{ type: text }}\n");
            let folder = workspace(&[("journeys/x.yaml", text.as_bytes())]);
            let (problems, _) = check(folder.path());
            let codes: Vec<Code> = problems.sorted().iter().map(|problem| problem.code).collect();
            assert!(
                matches!(codes[..], [Code::InvalidName | Code::DuplicateName]),
                "{entity}.{column}: {codes:?}"
            );
        }
    }
}
