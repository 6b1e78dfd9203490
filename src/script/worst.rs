//! The sandbox at its worst: every built-in function with the largest that a script can have, and every kind of
//! value as large and as deep as it gets.
//!
//! What is asked here is that each comes to an end, by an answer or by a limit, and does no more than the limits
//! count. Times and memory are measured by hand, since they depend on the machine.

use std::collections::BTreeSet;

use super::{
    Returned, ScriptError, ScriptValue, functions, limits,
    tests::{library, program},
    work,
};

/// What the rows below are called with.
fn largest() -> ScriptValue {
    let number = |number: usize| ScriptValue::Integer(i64::try_from(number).unwrap());
    let list = |length: usize, item: &dyn Fn(usize) -> ScriptValue| {
        ScriptValue::List((0..length).map(item).collect())
    };
    let numbers = list(3_000, &|at| number(at * 7_919 % 3_001));
    ScriptValue::map([
        ("list", numbers.clone()),
        ("same", numbers),
        ("ones", list(3_000, &|_| number(1))),
        ("lists", list(50, &|_| list(50, &|_| number(1)))),
        ("texts", list(6_000, &|_| "0123456789".into())),
        ("text", ScriptValue::Text("a".repeat(65_000))),
        ("half", ScriptValue::Text("a".repeat(32_000) + "b")),
        ("map", ScriptValue::map((0..2_000).map(|at| (format!("key {at}"), number(at))))),
        ("keys", ScriptValue::map((0..1_000).map(|at| (format!("{at}").repeat(60), number(at))))),
    ])
}

fn run(body: &str) -> Result<Returned, ScriptError> {
    let library = library("fn known(x) { x }");
    library.call(&program(&library, &format!("fn run(x) {{ {body} }}")), "run", &[largest()])
}

/// Built-in functions at their worst. Those of numbers and ranges, which cost the same whatever they are given,
/// aren't among them.
const FUNCTIONS: [(&str, &str); 78] = [
    ("all", "x.list.all(|i| i >= 0)"),
    ("append", "let a = []; a.append(x.list); a.len()"),
    ("bytes", "x.text.bytes()"),
    ("chars", "let n = 0; for c in x.text.chars() { if n > 99 { break; } n += 1; } n"),
    ("chop", "x.list.chop(5000); x.list.len()"),
    ("clear", "x.map.clear(); x.list.clear()"),
    ("concat", "(x.list + [1]).len()"),
    ("contains", "x.lists in x.lists"),
    ("contains", "x.list.contains(x.same)"),
    ("contains", "x.text.contains(x.half)"),
    ("contains", "x.map.contains(x.text)"),
    ("crop", "x.text.crop(20000, 30000); 1"),
    ("dedup", "x.ones.dedup(); x.lists.dedup(); x.texts.dedup(); 1"),
    ("dedup", "x.lists.dedup(|a, b| a == b); 1"),
    ("drain", "x.list.drain(|i| true).len()"),
    ("drain", "x.map.drain(|k| true).len()"),
    ("ends_with", "x.text.ends_with(x.half)"),
    ("extract", "x.list.extract(1).len()"),
    ("fill_with", "let m = #{}; m.fill_with(x.map); x.map.fill_with(m); m.len()"),
    ("filter", "x.list.filter(|i| true).len()"),
    ("filter", "x.map.filter(|k| true).len()"),
    ("find", "x.lists.find(|i| i == [])"),
    ("find_map", "x.list.find_map(|i| if i < 0 { 1 })"),
    ("for_each", "x.list.for_each(|i| i + 1)"),
    ("get", "x.list.get(2000) + x.map.get(\"key 5\")"),
    ("index_of", "x.list.index_of(x.same)"),
    ("index_of", "x.lists.index_of(x.lists)"),
    ("index_of", "x.text.index_of(x.half)"),
    ("index_of", "x.list.index_of(|i| i < 0)"),
    ("insert", "x.list.insert(0, 5); x.list.len()"),
    ("is_empty", "x.map.is_empty() || x.list.is_empty()"),
    ("keys", "x.keys.keys().len()"),
    ("len", "x.text.len() + x.list.len() + x.map.len()"),
    ("make_lower", "x.text.make_lower()"),
    ("make_upper", "x.text.make_upper()"),
    ("map", "x.list.map(|i| i).len()"),
    ("map", "x.map.map(|k, v| v).len()"),
    ("max", "max(x.text, x.half).len()"),
    ("min", "min(x.text, x.half).len()"),
    ("mixin", "let m = #{}; m.mixin(x.map); m.len()"),
    ("order", "x.list.order().len() + x.texts.order().len()"),
    ("order_by", "x.list.order_by(|a, b| a - b).len()"),
    ("order_desc", "x.list.order_desc().len()"),
    ("pad", "let a = []; a.pad(9999, \"text\"); let t = \"\"; t.pad(60000, \"ab\"); a.len() + t.len()"),
    ("parse_float", "parse_float(x.text)"),
    ("parse_int", "parse_int(x.text)"),
    ("pop", "x.text.pop(60000).len() + x.list.pop()"),
    ("push", "x.list.push(1); x.list.len()"),
    ("reduce", "x.list.reduce(|sum, i| sum + i, 0)"),
    ("reduce_rev", "x.list.reduce_rev(|sum, i| sum + i, 0)"),
    ("remove", "x.list.remove(0); x.text.remove(\"a\"); x.map.remove(x.text)"),
    ("replace", "x.text.replace(\"a\", x.half); 1"),
    ("replace", "x.text.replace('a', x.half); 1"),
    ("replace", "x.text.replace(\"\", x.half); 1"),
    ("retain", "x.list.retain(|i| false).len()"),
    ("retain", "x.map.retain(|k| false).len()"),
    ("reverse", "x.list.reverse()"),
    ("set", "x.list.set(5000, x.text); x.map.set(x.text, 1)"),
    ("shift", "x.list.shift()"),
    ("some", "x.lists.some(|i| i == [])"),
    ("sort", "x.list.sort(); x.texts.sort(); 1"),
    ("sort_by", "x.list.sort_by(|a, b| b - a); 1"),
    ("sort_desc", "x.list.sort_desc(); 1"),
    ("splice", "x.list.splice(1, 5000, x.ones.extract(0, 5000)); 1"),
    ("split", "x.text.split(\"a\").len()"),
    ("split", "x.text.split(\"\").len()"),
    ("split_rev", "x.text.split_rev(\"a\").len()"),
    ("starts_with", "x.text.starts_with(x.half)"),
    ("sub_string", "x.text.sub_string(20000, 30000).len()"),
    ("to_chars", "x.half.to_chars().len()"),
    ("to_debug", "x.texts.to_debug().len() + x.map.to_debug().len()"),
    ("to_json", "x.keys.to_json().len()"),
    ("to_lower", "x.text.to_lower().len()"),
    ("to_string", "x.texts.to_string().len()"),
    ("to_upper", "x.text.to_upper().len()"),
    ("trim", "x.text.trim()"),
    ("truncate", "x.list.truncate(1); x.text.truncate(1)"),
    ("zip", "x.list.zip(x.same, |a, b| a + b).len()"),
];

/// More of the same, of operators and our own functions.
const OPERATORS: [&str; 12] = [
    "x.list == x.same",
    "x.map == x.map && x.map != #{}",
    "x.lists == x.lists",
    "x.texts == x.texts",
    "x.text == x.half || x.text < x.half",
    "(x.text + x.half).len()",
    "(x.list + x.same).len()",
    "(x.map + x.map).len()",
    "`${x.list}${x.map}`.len()",
    "hash(x.list, x.map, x.text)",
    "x.values().len()",
    "let t = \"a\"; t.pad(100, \"\"); t.split_whitespace().len() + \"a b\".splitn(\" \", 2).len()",
];

#[test]
fn every_built_in_function_comes_to_an_end_at_its_worst() {
    for body in FUNCTIONS.iter().map(|(_, body)| body).chain(&OPERATORS) {
        let told = run(body).map_or_else(|error| error.message, |found| format!("{found:?}"));
        assert!(work::operations() <= 2 * limits::OPERATIONS, "{body}: {}", work::operations());
        assert!(!told.contains("Rhai can't go on"), "{body}: {told}");
    }
}

#[test]
fn no_built_in_function_that_takes_texts_lists_or_maps_is_left_out() {
    // Their arguments are numbers, letters or functions, or nothing that they look at as a whole.
    let small = "abs acos acosh asin asinh atan atanh call ceiling cos cosh end exp exclusive exp floor fraction hypot int \
        is_anonymous is_even is_exclusive is_finite is_inclusive is_infinite is_nan is_odd is_zero ln log name range round \
        round_down round_half_down round_half_up round_up sign sin sinh sqrt start tan tanh to_binary to_degrees to_float \
        to_hex to_int to_octal to_radians type_of Fn is_def_var is_def_fn is_shared E PI";
    let small: BTreeSet<&str> = small.split_whitespace().collect();
    let rows: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let bodies: String = OPERATORS.join(" ");
    let left = functions::RHAI.split_whitespace().filter(|name| {
        !small.contains(name) && !rows.contains(name) && !bodies.contains(&format!(".{name}("))
    });
    // Other names of those that have a row.
    let other = ["rsplit", "rsplitn", "split_at", "exclusive"];
    assert_eq!(left.filter(|name| !other.contains(name)).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn values_grow_neither_too_deep_nor_too_large() {
    const DEEP: &str = "more than 32 deep";
    const MUCH: &str = "hold too much together";
    const MADE: &str = "makes more than 24 MB";
    const LONG: &str = "the script takes more than 100000 operations";
    let cases = [
        // Deep ones.
        ("let a = []; for i in 0..9000 { a = [a]; } `${a}`", DEEP),
        ("let a = []; for i in 0..9000 { a = [a]; } a == a", DEEP),
        ("let a = #{}; for i in 0..9000 { a = #{ a: a }; } a.to_json()", DEEP),
        ("let a = []; for i in 0..9000 { let b = []; b.push(a); a = b; } 1", DEEP),
        ("let a = #{}; for i in 0..9000 { let b = #{}; b.a = a; a = b; } 1", DEEP),
        ("let m = #{ a: 1 }; loop { m.a = m; }", DEEP),
        ("let a = [1]; loop { a[0] = a; }", DEEP),
        ("x.list.reduce(|deep, i| [deep], [])", DEEP),
        ("x.list.map(|i| { let a = [i]; for j in 0..40 { a = [a]; } a })", DEEP),
        ("let a = []; for i in 0..31 { a = [a]; } `${a}`.len()", "Integer(64)"),
        // Large ones.
        ("let m = #{}; for i in 0..9000 { m[`k${i}`] = x.list; } m.len()", MUCH),
        ("let m = #{}; let i = 0; loop { i += 1; let t = x.text + i; m[`${i}`] = t; }", MUCH),
        ("let m = #{}; let i = 0; loop { i += 1; m[x.half + i] = i; }", MUCH),
        ("let m = #{}; let i = 0; loop { i += 1; m[`${i}`] = []; m[`${i}`].pad(9000, 1); }", MUCH),
        ("loop { [].pad(9000, 1); }", MADE),
        ("let m = #{}; let i = 0; loop { i += 1; m[`${i}`] = \"\"; m[`${i}`].pad(60000, \"b\"); }", MUCH),
        ("loop { let t = \"a\"; for j in 0..16 { t.replace(\"a\", \"aa\"); } }", MADE),
        ("let m = x.map; x.list.map(|i| m)", MUCH),
        ("let m = x.map; x.list.zip(x.same, |i, j| m)", MUCH),
        ("let a = x.list; x.map.map(|k, v| a)", MUCH),
        (
            "let all = #{}; let i = 0; loop { i += 1; all[`${i}`] = take(\"a\").note(x.text).message(\"s\", x.text); }",
            MUCH,
        ),
        ("let m = #{ a: [1] }; loop { m.b = m; m.c = m; m.d = m; }", ""),
        ("let a = take(\"a\"); for i in 0..9 { a = a.message(\"s\", x.half); } a", "take at most 128 KB"),
        // Long ones: what a closure does counts with the rest.
        ("x.list.map(|i| { let n = 0; while n < 10000 { n += 1; } n })", LONG),
        ("let a = x.list; let b = x.same; let c = x.ones; a.map(|i| b.map(|j| c.map(|k| i + j + k)))", LONG),
        ("x.list.sort(|a, b| { let n = 0; while n < 1000 { n += 1; } a - b }); 1", LONG),
        ("try { loop { } } catch { loop { } }", LONG),
        ("loop { try { x.list.map(|i| { loop { } }); } catch { } }", LONG),
        ("let a = x.list; let b = x.same; loop { a == b; }", "compares more than 5000000 values"),
    ];
    let wrong = cases.into_iter().filter_map(|(body, expected)| {
        let told = run(body).map_or_else(|error| error.to_string(), |found| format!("{found:?}"));
        (!told.contains(expected))
            .then(|| format!("{body}\n  gives {}", told.chars().take(200).collect::<String>()))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn functions_that_call_each_other_deep_in_expressions_fit_the_stack_of_a_thread() {
    let nested = format!("{}again(n - 1){}", "known(".repeat(20), ")".repeat(20));
    let source = format!("fn run(x) {{ again(14) }}\nfn again(n) {{ if n <= 1 {{ return 1; }} {nested} }}");
    let library = library("fn known(x) { x }");
    let told = library.call(&program(&library, &source), "run", &[ScriptValue::Nothing]);
    assert_eq!(told, Ok(Returned::Value(ScriptValue::Integer(1))));
}
