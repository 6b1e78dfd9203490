//! The sandbox: what scripts can't do, and what they may cost.

use super::{Library, Program, Returned, ScriptError, ScriptValue};
use crate::{
    definitions::{ScriptDefinition, TableDefinition},
    diagnostics::{FileId, Problems, Span, Text},
};

fn text(source: &str) -> Text {
    Text::verbatim(source, Span::new(FileId(0), 0, source.len()))
}

pub(super) fn library(shared: &str) -> Library {
    let mut problems = Problems::default();
    let scripts = [ScriptDefinition { path: "scripts/shared.rhai".to_owned(), text: text(shared) }];
    let table = TableDefinition {
        name: "territories".to_owned(),
        columns: vec!["country".to_owned(), "owner".to_owned()],
        rows: [("DE".to_owned(), vec!["DE".to_owned(), "ann@vendor.example".to_owned()])].into(),
        content: String::new(),
    };
    let library = Library::new(&scripts, &[table], &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.sorted());
    library
}

pub(super) fn program(library: &Library, source: &str) -> Program {
    let mut problems = Problems::default();
    let program = library.program("plugins/x/tile.rhai", &text(source), &mut problems);
    program.unwrap_or_else(|| panic!("{:?}", problems.sorted()))
}

fn run(source: &str) -> Result<Returned, ScriptError> {
    let library = library("fn broken(x) {\n    throw \"it broke\";\n}");
    library.call(&program(&library, source), "run", &[ScriptValue::Integer(3)])
}

/// What `check` says of a script, as `code message`.
fn refused(source: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let library = library("fn known(a, b) { a + b }");
    assert!(library.program("plugins/x/tile.rhai", &text(source), &mut problems).is_none(), "{source}");
    problems.sorted().iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()
}

#[test]
fn every_limit_ends_the_script_with_its_place() {
    let cases = [
        (
            "fn run(x) {\n  loop { }\n}",
            "1:4: the script takes more than 100000 operations; does a loop never end?",
        ),
        ("fn run(x) {\n  while true { x += 1; }\n}", "the script takes more than 100000 operations"),
        (
            "fn run(x) {\n  for i in 0..99999999999 { x += i; }\n}",
            "the script takes more than 100000 operations",
        ),
        ("fn run(x) {\n  run(x)\n}", "functions call each other more than 16 deep; does one call itself?"),
        (
            "fn run(x) {\n  let s = \"abc\";\n  loop { s += s; }\n}",
            "a text, or the texts of a list together, grew beyond 64 KB",
        ),
        (
            "fn run(x) {\n  let s = \"a\";\n  s.pad(100000000, \"b\");\n}",
            "a text, or the texts of a list together, grew beyond 64 KB",
        ),
        ("fn run(x) {\n  let a = [1];\n  loop { a += a; }\n}", "a list grew beyond 10000 items"),
        ("fn run(x) {\n  let a = [];\n  a.pad(100000000, 0);\n}", "a list grew beyond 10000 items"),
        ("fn run(x) {\n  let a = [\"abcdefgh\"];\n  loop { a += a; }\n}", "grew beyond"),
        (
            "fn run(x) {\n  let m = #{ a: [1, 2, 3] };\n  loop { m.a += m.a; }\n}",
            "a list grew beyond 10000 items",
        ),
        (
            "fn run(x) {\n  let m = #{};\n  let part = #{};\n  for i in 0..9000 { part[`k${i}`] = i; }\n  for i in 0..99 { m[`p${i}`] = part; }\n}",
            "the variables hold too much together",
        ),
        (
            "fn run(x) {\n  let long = [];\n  long.pad(9999, 1);\n  let m = #{};\n  loop { x += 1; m[`k${x}`] = long; }\n}",
            "the variables hold too much together",
        ),
        (
            "fn run(x) {\n  let text = \"a\";\n  text.pad(60000, \"b\");\n  let m = #{};\n  loop { x += 1; m[`k${x}`] = text + x; }\n}",
            "the variables hold too much together",
        ),
        (
            "fn run(x) {\n  let m = #{};\n  for i in 0..9000 { m[`k${i}`] = i; }\n  let n = #{};\n  for i in 0..20 { n.mixin(#{ `p`: 1 }); n[`p${i}`] = m; }\n  n + #{}\n}",
            "a map grew beyond 100000 entries",
        ),
        ("fn run(x) {\n  let a = [[]];\n  loop { a.push([1]); }\n}", "a list grew beyond 10000 items"),
        (
            "fn run(x) {\n  let text = \"0123456789\";\n  let a = [];\n  loop { a.push(`${text}${a.len()}`); }\n}",
            "a text, or the texts of a list together, grew beyond 64 KB",
        ),
        ("fn run(x) {\n  throw \"no budget\";\n}", "2:3: no budget"),
        ("fn run(x) {\n  throw #{ code: 7 };\n}", "2:3: the script threw {\"code\":7}"),
        ("fn run(x) {\n  x / 0\n}", "2:5: division by zero"),
        ("fn run(x) {\n  9223372036854775807 + x\n}", "addition overflow"),
        ("fn run(x) {\n  let y = x;\n  broken(y)\n}", "scripts/shared.rhai:2:5: it broke"),
        ("fn run(x) {\n  [1, 2].map(|i| broken(i))\n}", "scripts/shared.rhai:2:5: it broke"),
        ("fn run(x) {\n  [1, 2].map(|i| i / 0)\n}", "2:20: division by zero"),
        (
            "fn run(x) {\n  let m = #{ a: 1 };\n  m.b\n}",
            "there is no `b` here; fields have to stand under `needs`",
        ),
        ("fn run(x) {\n  let f = Fn(\"curry\");\n  f.call(f, f)\n}", "`curry` is a reserved keyword"),
        (
            "fn run(x) {\n  let a = [1];\n  a.push(Fn(\"run\"));\n  a\n}",
            "a list or a map can't hold a function",
        ),
        // Whatever leads to what was left out, it isn't there.
        ("fn run(x) {\n  let f = Fn(\"eval\");\n  f.call(\"1\")\n}", "`eval` is a reserved keyword"),
        ("fn run(x) {\n  let f = Fn(\"timestamp\");\n  f.call()\n}", "there is no function `timestamp"),
        ("fn run(x) {\n  let f = Fn(\"print\");\n  f.call(\"1\")\n}", "`print` is a reserved keyword"),
        ("fn run(x) {\n  [1][5]\n}", "2:7: array index 5 out of bounds"),
        ("fn run(x) {\n  take(5)\n}", "2:3: `take` takes the name of a path as text, and got a whole number"),
        ("fn run(x) {\n  wait(\"soon\")\n}", "`wait` takes a length of time such as `1 day`, and got `soon`"),
        ("fn run(x) {\n  wait(\"0 days\")\n}", "`wait` waits at least a minute, and got `0 days`"),
        ("fn run(x) {\n  stop(\"failed again\")\n}", "a reason to stop can't start with `failed`"),
        (
            "fn run(x) {\n  take(\"a\").message(\"sales\", 5)\n}",
            "2:13: the body of a `message` is text or a map, and this is a whole number",
        ),
        (
            "fn run(x) {\n  take(\"a\").activity(\"call\")\n}",
            "`activity` takes a map such as `#{ subject: \"Call\" }`, and got text",
        ),
        (
            "fn run(x) {\n  let a = take(\"a\");\n  for i in 0..99 { a = a.note(\"x\").message(\"s\", \"m\"); }\n  a\n}",
            "an action has at most 20 effects",
        ),
        (
            "fn run(x) {\n  take(\"a\").remember(#{ text: \"\".sub_string(0), long: [1] + [2] }).remember(3)\n}",
            "`remember` takes a map",
        ),
        (
            "fn run(x) {\n  let s = \"abcdefgh\";\n  for i in 0..10 { s += s; }\n  wait(\"1 day\").remember(#{ s: s })\n}",
            "4:17: what is remembered takes 8200 bytes, and at most 4096 are kept",
        ),
    ];
    let wrong = cases.into_iter().filter_map(|(source, expected)| {
        let told = run(source).map_or_else(|error| error.to_string(), |found| format!("{found:?}"));
        let right = told.contains(expected) && told.contains(".rhai:");
        (!right).then(|| format!("{source}\n  gives {told}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

/// A hundred and one of something, one a line.
fn many(line: impl Fn(usize) -> String) -> String {
    (0..101).map(|number| line(number) + "\n").collect()
}

#[test]
fn a_script_has_so_many_variables_at_a_time() {
    // The parameter is one, too.
    let variables = |count: usize| {
        let lines: String = (1..count).map(|number| format!("let v{number} = {number};\n")).collect();
        run(&format!("fn run(x) {{\n{lines}x\n}}"))
    };
    assert!(variables(100).is_ok());
    assert!(variables(101).unwrap_err().to_string().contains("more than 100 variables at a time"));
}

#[test]
fn what_scripts_may_not_do_is_refused_before_anything_runs() {
    let deep = format!("fn run(x) {{ {}x{} }}", "(".repeat(60), ")".repeat(60));
    let blocks = format!("fn run(x) {{ {}x{} }}", "if true {".repeat(60), "}".repeat(60));
    let functions = many(|number| format!("fn f{number}() {{ {number} }}")) + "fn run(x) { x }";
    let cases = [
        (deep.as_str(), "script-syntax expression exceeds maximum complexity"),
        (blocks.as_str(), "script-syntax expression exceeds maximum complexity"),
        (functions.as_str(), "script-syntax number of functions defined exceeds maximum limit"),
        ("fn run(x) { eval }", "script-syntax"),
        ("fn run(x) { export x; }", "script-syntax"),
        ("fn run(x) { other::f(x) }", "script-syntax undefined module: other"),
        ("fn run(x) { eval(\"1\") }", "script-syntax"),
        ("import \"other\" as o;\nfn run(x) { 1 }", "script-syntax"),
        ("fn run(x) { print(\"x\"); 1 }", "script-syntax"),
        ("fn run(x) { debug(\"x\"); 1 }", "script-syntax"),
        ("fn run(x) { timestamp() }", "unknown-function there is no function `timestamp`"),
        ("fn run(x) { sleep(5) }", "unknown-function there is no function `sleep`"),
        ("fn run(x) { open_file(\"x\") }", "unknown-function there is no function `open_file`"),
        (
            "let y = 1;\nfn run(x) { 1 }",
            "script-form a script holds functions, and this stands outside of one",
        ),
        ("fn run(x) { y }", "script-syntax"),
        ("fn run(x) { known(1) }", "unknown-function `known` takes 2 arguments, and here are 1"),
        ("fn run(x) { knwon(1, 2) }", "unknown-function there is no function `knwon`"),
        ("fn run(x) { note(\"looked\") }", "unknown-function `note` can't be called like this"),
        (
            "fn run(x) { take(\"a\").message(\"sales\") }",
            "unknown-function `message` can't be called like this",
        ),
        ("fn run(x) { x.map(|y| y).curry(1) }", "unknown-function there is no function `curry`"),
        ("fn run(x) { let f = |y| y; 1 }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { let f = |y| y + x; 1 }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { x.f = |y| y; 1 }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { |y| y + x }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { [x, |y| y] }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { [|y| y] }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { #{ f: |y| y + x } }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { x.push(|y| y) }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { known(|y| y, 1) }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { x.reduce(|a, b| a, |y| y) }", "script-form a closure can't be kept or handed on"),
        ("fn run(x) { x.for_each(|| this.role) }", "script-form scripts have no `this`"),
        ("fn take(x) { 1 }", "duplicate-name the function `take` is a function of every script"),
        (
            "fn known(a, b) { 1 }",
            "duplicate-name the function `known` is there already, in `scripts/shared.rhai`",
        ),
        (
            "fn run(x) { lookup(\"teritories\", x, \"owner\") }",
            "file-not-found there is no table `tables/teritories.csv`",
        ),
        (
            "fn run(x) { lookup(\"territories\", x, \"ower\") }",
            "unknown-field the table `territories` has no column `ower`",
        ),
        ("fn run(x) {", "script-syntax"),
    ];
    for (source, expected) in cases {
        let found = refused(source);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{source}\n{found:?}");
    }
}

#[test]
fn scripts_calculate_look_up_and_hash() {
    let library = library("fn twice(x) { 2 * x }");
    let cases: [(&str, ScriptValue); 8] = [
        ("twice(x)", ScriptValue::Integer(6)),
        ("lookup(\"territories\", \" DE\", \"owner\")", "ann@vendor.example".into()),
        ("lookup(\"territories\", \"FR\", \"owner\")", ScriptValue::Nothing),
        ("lookup(\"territories\", (), \"owner\") ?? \"nobody\"", "nobody".into()),
        ("hash(\"a\", 1) == hash(\"a\", 1) && hash(\"a\") != hash(\"b\")", ScriptValue::Boolean(true)),
        ("days_between(\"2026-03-01\", \"2026-03-03T12:00:00Z\")", ScriptValue::Number(2.5)),
        ("missing(())", ScriptValue::Boolean(true)),
        ("`${[1, 2].len()} of ${#{ a: \"b\" }.a}`", "2 of b".into()),
    ];
    for (body, expected) in cases {
        let program = program(&library, &format!("fn run(x) {{ {body} }}"));
        let found = library.call(&program, "run", &[ScriptValue::Integer(3)]).unwrap();
        assert_eq!(found, Returned::Value(expected), "{body}");
    }
}

#[test]
fn the_fields_that_a_function_reads_are_found() {
    let library = library(
        "fn senior(contact) { contact.role == \"x\" && contact.job_title != () }\n\
         fn other(contact) { contact.city == \"y\" || senior(contact) }\n\
         fn both(contact, account) { contact.role == account.name }\n\
         fn round(contact, left) { left > 0 && (other(contact) || round(contact, left - 1)) }\n\
         fn any(contact) { type_of(contact) == \"map\" }\nfn through(contact) { contact.role == () || any(contact) }",
    );
    let reads = |name: &str| library.function(name).unwrap().reads.clone();
    let fields = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(reads("senior"), [fields(&["role", "job_title"])]);
    assert_eq!(
        reads("other"),
        [fields(&["city", "role", "job_title"])],
        "and those of whom it hands it on to"
    );
    assert_eq!(reads("round")[0], fields(&["city", "role", "job_title"]));
    assert_eq!([reads("any"), reads("through")], [[None], [None]]);
    assert_eq!(reads("both"), [fields(&["role"]), fields(&["name"])]);
}

#[test]
fn rule_1_a_missing_value_equals_the_empty_text_in_scripts() {
    let library = library("fn told(x) { [x == \"\", x != \"\", \"\" == x, x == \"a\", x != \"a\"] }");
    let told =
        |value: ScriptValue| library.call(&program(&library, "fn run(x) { `${told(x)}` }"), "run", &[value]);
    let text = |text: &str| Ok(Returned::Value(ScriptValue::Text(text.to_owned())));
    assert_eq!(told(ScriptValue::Nothing), text("[true, false, true, false, true]"));
    assert_eq!(told(ScriptValue::Text("a".to_owned())), text("[false, true, false, true, false]"));
}
