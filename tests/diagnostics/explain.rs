//! The pages of `explain`: their examples are real.

use tilework::{
    compile, definitions,
    diagnostics::{Code, Problems, explanation, render_human},
};

use super::workspace;

/// Codes whose pages can't show the mistake, with the reason.
const WITHOUT_MISTAKE: [(Code, &str); 8] = [
    (Code::CommercialMail, "it takes settings and an e-mail"),
    (Code::UnusedSegment, "only the command looks for it"),
    (Code::ValueNotFound, "it needs a store"),
    (Code::MemberNotFound, "it needs a store"),
    (Code::ConsentNotSet, "the settings that all examples share say it"),
    (Code::NobodySubscribed, "it needs a store"),
    (Code::StepRemoved, "`check` doesn't look at the store"),
    (Code::UnreadableFile, "a page is text, and the mistake is that a file is none"),
];
/// Codes whose pages have nothing to show that is right.
const WITHOUT_REMEDY: [(Code, &str); 2] = [
    (Code::MissingVariable, "the remedy lies outside of the workspace"),
    (Code::UnreadableFile, "the remedy lies in the editor"),
];

/// The lines below `Wrong:` or `Right:`, without their indentation.
fn example(page: &str, heading: &str) -> Option<String> {
    let below = page.split_once(&format!("\n\n{heading}:\n\n"))?.1;
    let lines = below.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix("    ").unwrap_or("")).collect();
    Some(text.join("\n").trim_end().to_owned() + "\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The file and the text that an example stands for: whole definitions, settings, steps, the rule of a
/// segment, or a part of a journey.
fn completed(example: &str) -> (&'static str, String) {
    const JOURNEY: &str = "kind: journey\nname: spring\ntarget: account\n";
    const STEPS: &str = "steps:\n  - id: invite\n    tile: email\n    with: { email: spring-invite }\n";
    const AUDIENCE: &str = "audience:\n  include: [finance-emea]\n";
    const START: &str = "start: 2026-03-01 08:00\n";
    let begins = |start: &str| example.starts_with(start);
    if begins("# tilework.yaml\n") {
        return ("tilework.yaml", format!("name: vendor\n{example}"));
    }
    if begins("# plugins/") || begins("# tables/") {
        let (path, text) = example.split_once('\n').unwrap_or_default();
        let path =
            if path.starts_with("# plugins/") { "plugins/sort/tile.rhai" } else { "tables/territories.csv" };
        return (path, text.to_owned());
    }
    let text = if begins("kind:") {
        example.to_owned()
    } else if begins("where:") {
        format!("kind: segment\nname: wanted\ntarget: contact\n{example}")
    } else if begins("target:") {
        format!("kind: segment\nname: wanted\n{example}")
    } else if begins("- id:") {
        format!("{JOURNEY}{START}{AUDIENCE}steps:\n{}", indented(example))
    } else {
        let parts = [("start:", START), ("audience:", AUDIENCE), ("steps:", STEPS)];
        let missing = parts.iter().filter(|(key, _)| !example.contains(key)).map(|(_, part)| *part);
        format!("{JOURNEY}{}{example}", missing.collect::<String>())
    };
    ("journeys/x.yaml", text)
}

fn check(example: &str, variable: Option<&str>) -> (Vec<Code>, String) {
    let (path, text) = completed(example);
    let tile = "kind: tile\nname: sort\nsummary: Sorts\nfor: contact\npaths: [done]\n".as_bytes();
    let folder = match path.starts_with("plugins/") {
        true => workspace(&[(path, text.as_bytes()), ("plugins/sort/tile.yaml", tile)]),
        false => workspace(&[(path, text.as_bytes())]),
    };
    let mut problems = Problems::default();
    let look_up = |_: &str| variable.map(str::to_owned);
    let definitions = definitions::load(folder.path(), None, &look_up, &mut problems).unwrap();
    compile::compile(&definitions, &mut problems);
    let codes = problems.sorted().iter().map(|problem| problem.code).collect();
    (codes, render_human(&problems, &definitions.sources, false))
}

#[test]
fn the_example_of_a_page_draws_its_code_and_no_other() {
    for (code, name) in Code::ALL {
        let Some(wrong) = example(explanation(code), "Wrong") else {
            assert!(WITHOUT_MISTAKE.iter().any(|(known, _)| *known == code), "{name} shows no mistake");
            continue;
        };
        let (codes, report) = check(&wrong, None);
        assert!(!codes.is_empty() && codes.iter().all(|found| *found == code), "{name}:\n{wrong}\n{report}");
    }
}

#[test]
fn what_a_page_says_to_write_instead_is_right() {
    for (code, name) in Code::ALL {
        let Some(right) = example(explanation(code), "Right") else {
            assert!(WITHOUT_REMEDY.iter().any(|(known, _)| *known == code), "{name} shows no remedy");
            continue;
        };
        let (codes, report) = check(&right, Some("secret"));
        assert!(codes.is_empty(), "{name}:\n{right}\n{report}");
    }
}
