use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Severity, Sources};

/// The expression written out with parentheses, so that its structure can be seen.
fn shape(expression: &Expression) -> String {
    let list =
        |parts: &[Expression], between: &str| parts.iter().map(shape).collect::<Vec<_>>().join(between);
    match &expression.kind {
        ExpressionKind::Boolean(value) => value.to_string(),
        ExpressionKind::Integer(value) => value.to_string(),
        ExpressionKind::Number(value) => format!("{value:?}"),
        ExpressionKind::Text(value) => format!("{value:?}"),
        ExpressionKind::List(parts) => format!("[{}]", list(parts, ", ")),
        ExpressionKind::Range { start, end, inclusive } => {
            format!("{}..{}{}", shape(start), if *inclusive { "=" } else { "" }, shape(end))
        }
        ExpressionKind::Path(names) => {
            names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
        }
        ExpressionKind::Not(inner) => format!("!({})", shape(inner)),
        ExpressionKind::Negate(inner) => format!("-({})", shape(inner)),
        ExpressionKind::All(parts) => format!("({})", list(parts, " && ")),
        ExpressionKind::Any(parts) => format!("({})", list(parts, " || ")),
        ExpressionKind::Binary { left, operator, right } => {
            format!("({} {} {})", shape(left), operator.sign(), shape(right))
        }
        ExpressionKind::In { value, container } => format!("({} in {})", shape(value), shape(container)),
        ExpressionKind::Call { name, arguments } => format!("{}({})", name.text, list(arguments, ", ")),
    }
}

/// The problems of an expression that stands alone in a file, as `line:column code: message | hint`.
fn problems_of(source: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("x", source);
    let mut problems = Problems::default();
    let parsed = parse_expression(&Text::file(file, source), &mut problems);
    assert_eq!(parsed.is_none(), problems.has_errors(), "{source}");
    problems
        .sorted()
        .into_iter()
        .map(|problem| {
            let at = sources.position(problem.span);
            let hint = problem.hint.as_deref().unwrap_or("-");
            format!("{}:{} {}: {} | {hint}", at.line, at.column, problem.code, problem.message)
        })
        .collect()
}

fn parsed(source: &str) -> Expression {
    let mut problems = Problems::default();
    let text = Text::file(FileId(0), source);
    parse_expression(&text, &mut problems).unwrap_or_else(|| panic!("{source}: {problems:?}"))
}

#[test]
fn expressions_keep_the_structure_that_was_written() {
    let cases = [
        (r#"contact.a == "x" && b.c || d"#, r#"(((contact.a == "x") && b.c) || d)"#),
        ("a && b && c", "(a && b && c)"),
        (r#"contact.title in ["a", "b"]"#, r#"(contact.title in ["a", "b"])"#),
        ("x !in [1, -2]", "!((x in [1, -2]))"),
        ("!(x in y) && !z", "(!((x in y)) && !(z))"),
        ("x in 1..=3", "(x in 1..=3)"),
        ("x in -1..3", "(x in -1..3)"),
        (r#"contains(contact.a, "x")"#, r#"contains(contact.a, "x")"#),
        (r#"contact.a.contains("x")"#, r#"contains(contact.a, "x")"#),
        ("not(contact.do_not_email)", "not(contact.do_not_email)"),
        ("account.revenue >= 100_000", "(account.revenue >= 100000)"),
        ("a + b * 2 > 1.5", "((a + (b * 2)) > 1.5)"),
        ("-a < -5", "(-(a) < -5)"),
        ("account.primary_contact.city == \"x\"", "(account.primary_contact.city == \"x\")"),
        ("interaction.type == \"a\" // why", "(interaction.type == \"a\")"),
        ("days_since(contact.created_on) < 30", "(days_since(contact.created_on) < 30)"),
    ];
    for (source, expected) in cases {
        assert_eq!(shape(&parsed(source)), expected, "{source}");
    }
}

#[test]
fn what_conditions_do_not_allow_is_refused_with_a_way_out() {
    let cases = [
        (
            "",
            "1:1 expression-syntax: the expression is empty | Write a comparison such as `account.city == \"Chicago\"`, or `true` for everyone.",
        ),
        ("1 +", "1:4 expression-syntax: the expression ends too early | -"),
        ("(a && b", "1:8 expression-syntax: `)` is missing at the end | -"),
        ("a b", "1:3 expression-syntax: `b` was not expected here | -"),
        (
            "a.b == \"x",
            "1:8 expression-syntax: the text isn't closed | Close it with a double quote on the same line.",
        ),
        ("contact. == 1", "1:10 expression-syntax: the name of a field is missing after `.` | -"),
        ("a = 5", "1:3 expression-form: `=` assigns, and a condition compares | Write `==` to compare."),
        ("a === 5", "1:3 expression-form: `===` is no operator | Write `==` to compare."),
        ("a <> 5", "1:3 expression-form: `<>` is no operator | Write `!=` for “not equal”."),
        ("a => 5", "1:3 expression-form: `=>` is no operator | Write `>=` for “at least”."),
        ("a and b", "1:3 expression-form: `and` is no operator | Write `&&` for “and”."),
        ("a Equals b", "1:3 expression-form: `equals` is no operator | Write `==` to compare."),
        (
            "a contains \"b\"",
            "1:3 expression-form: `contains` is no operator | Write `contains(contact.job_title, \"text\")`.",
        ),
        (
            "a within \"3 days\"",
            "1:3 expression-form: `within` is no operator | Write `in_last(contact.created_on, \"30 days\")`, or `in_next(…)` for what lies ahead.",
        ),
        ("a OR b", "1:3 expression-form: `or` is no operator | Write `||` for “or”."),
        (
            "a && not b",
            "1:6 expression-form: `not` needs parentheses | Write `not(…)` around what must not hold.",
        ),
        ("a & b", "1:3 expression-form: `&` can't stand in a condition | Write `&&` for “and”."),
        (
            "a == 'xyz'",
            "1:6 expression-form: text stands in double quotes only | Write `\"xyz\"`: text stands in double quotes.",
        ),
        (
            "a == 'x'",
            "1:6 expression-form: text stands in double quotes only | Write `\"x\"`: text stands in double quotes.",
        ),
        ("a == `x`", "1:6 expression-form: text stands in double quotes only | Write text in double quotes."),
        (
            "a == “x”",
            "1:6 expression-form: this quotation mark is not a straight one | Write `\"` around text.",
        ),
        (
            "1 < x < 5",
            "1:7 expression-form: `<` follows another comparison | Write `1 < x && x < 5`, or `x in 1..=5`, where both ends belong to it.",
        ),
        ("a == b == c", "1:8 expression-form: `==` follows another comparison | Write `a == b && b == c`."),
        (
            "a.len() > 3",
            "1:3 expression-form: `len` can't be called on a field | Functions stand before their arguments, such as `is_blank(contact.email)`.",
        ),
        (
            "a?.b",
            "1:2 expression-form: `?.` can't stand in a condition | Write `.`: a comparison with a missing value is false, and never fails.",
        ),
        (
            "a ?? b",
            "1:3 expression-form: `??` can't stand in a condition | Write `is_blank(…)` to ask for a missing value.",
        ),
        (
            "if a { true } else { false }",
            "1:1 expression-form: `if` can't stand in a condition | A condition is one expression that is true or false; combine expressions with `&&`, `||` and `not(…)`, or with `all`, `any` and `none` in YAML.",
        ),
        (
            "let x = 1",
            "1:1 expression-form: `let` can't stand in a condition | A condition is one expression that is true or false; combine expressions with `&&`, `||` and `not(…)`, or with `all`, `any` and `none` in YAML.",
        ),
        ("|x| x", "1:1 expression-form: a function can't be written in a condition | -"),
        (
            "contact.with == 1",
            "1:9 expression-form: `with` is a reserved word, so no field can have this name | Choose another name for the field.",
        ),
        (
            "contact.in == 1",
            "1:9 expression-form: `in` is a reserved word, so no field can have this name | Choose another name for the field.",
        ),
        (
            "a > 99999999999999999999",
            "1:5 expression-form: the number `99999999999999999999` is too large | Numbers lie within ±9_007_199_254_740_992.",
        ),
        (
            "a > -9007199254740993",
            "1:6 expression-form: the number `9007199254740993` is too large | Numbers lie within ±9_007_199_254_740_992.",
        ),
        (
            "a > 100.000",
            "1:5 ambiguous-number: `100.000` is a number with three decimals | Write `100_000` for thousands, or `100.0` for decimals.",
        ),
        (
            "a > -1.500",
            "1:6 ambiguous-number: `1.500` is a number with three decimals | Write `1_500` for thousands, or `1.5` for decimals.",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(problems_of(source), [expected], "{source}");
    }
}

#[test]
fn all_problems_of_an_expression_are_reported() {
    assert_eq!(problems_of("a == 'x' && b ?? c && 1 < d < 2").len(), 3);
}

#[test]
fn numbers_with_decimals_are_not_doubted_without_need() {
    for source in ["a > 100.00", "a > 0.125", "a > 1000.000", "a > 9007199254740992"] {
        assert!(problems_of(source).is_empty(), "{source}");
    }
}

#[test]
fn every_part_knows_its_place() {
    let source = "e == \"éü\" &&\n  contains(contact.job_title, \"(\") && x in [1,\n  -2_000]";
    let slice = |part: &Expression| source[part.span.start..part.span.end].to_owned();
    let expression = parsed(source);
    assert_eq!(slice(&expression), source);
    let ExpressionKind::All(parts) = &expression.kind else { panic!("{expression:?}") };
    assert_eq!(
        parts.iter().map(slice).collect::<Vec<_>>(),
        ["e == \"éü\"", "contains(contact.job_title, \"(\")", "x in [1,\n  -2_000]"]
    );
    let ExpressionKind::Call { name, arguments } = &parts[1].kind else { panic!("{parts:?}") };
    assert_eq!(&source[name.span.start..name.span.end], "contains");
    let ExpressionKind::Path(names) = &arguments[0].kind else { panic!("{arguments:?}") };
    assert_eq!(&source[names[1].span.start..names[1].span.end], "job_title");
}

#[test]
fn places_within_a_block_scalar_are_places_in_the_file() {
    let file = "where: |\n    contact.city == 1\n    && contact.x = 2\n";
    let value = "contact.city == 1\n&& contact.x = 2\n";
    let mut offsets: Vec<u32> = Vec::new();
    offsets.extend(13..31);
    offsets.extend(35..52);
    offsets.push(52);
    let mut sources = Sources::default();
    let id = sources.add("journeys/x.yaml", file);
    let text = Text::mapped(value, Span::new(id, 7, 52), offsets);
    let mut problems = Problems::default();
    assert_eq!(parse_expression(&text, &mut problems), None);
    let found = problems.sorted()[0];
    let at = sources.position(found.span);
    assert_eq!((at.line, at.column, sources.slice(found.span)), (3, 18, "="));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    for source in [
        "(".repeat(4_000),
        format!("{}1{}", "(".repeat(500), ")".repeat(500)),
        "!".repeat(5_000),
        "[".repeat(3_000),
        vec!["1"; 4_000].join("+"),
        vec!["a"; 4_000].join("."),
        vec!["a"; 4_000].join("=="),
        format!("{}1", "1-".repeat(4_000)),
        "x".repeat(70_000),
    ] {
        let mut problems = Problems::default();
        assert_eq!(parse_expression(&Text::file(FileId(0), source.as_str()), &mut problems), None);
        assert!(problems.has_errors());
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_but_never_panics(source in "\\PC{0,60}") {
        let mut problems = Problems::default();
        let parsed = parse_expression(&Text::file(FileId(0), source.as_str()), &mut problems);
        prop_assert_eq!(parsed.is_none(), problems.count(Severity::Error) > 0);
    }

    #[test]
    fn any_sequence_of_signs_and_words_is_read_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "contact", ".", "city", "==", "<", "\"x\"", "'", "\"", "(", ")", "[", "]", "in", "!in", "!",
                "not", "1", "-", "..", "..=", "&&", "||", "{", "}", "#{", ":", ",", "|", "é", "\n", " ", "if",
                "contains", "?.", "??", "`", "${", "100.000", "1e400", "=", "//", "/*", "fn", "::", "\\",
            ]),
            0..25,
        ),
        spaced in any::<bool>(),
    ) {
        let source = words.join(if spaced { " " } else { "" });
        let mut problems = Problems::default();
        let parsed = parse_expression(&Text::file(FileId(0), source.as_str()), &mut problems);
        prop_assert_eq!(parsed.is_none(), problems.count(Severity::Error) > 0);
    }
}
