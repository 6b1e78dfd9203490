//! `kind: journey`.

use std::collections::HashMap;

use super::repetition;
use crate::definitions::nodes::scalars::wrong_type;
use crate::definitions::{
    AtEnd, AudienceDefinition, Content, JourneyDefinition, Located, Matching, Node, PathDefinition, Purpose,
    Reader, StepDefinition,
    nodes::names,
    reading::{
        header,
        keys::{AUDIENCE, STEP},
    },
};
use crate::diagnostics::{Code, Problem, Problems, Span, Text};
use crate::model::{Consent, Entity};

/// Reads `kind: journey`. What is missing is reported and replaced, so that the rest can be checked.
pub(in crate::definitions) fn read(mut reader: Reader<'_>) -> Option<JourneyDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let targets = [("contact", Entity::Contact), ("account", Entity::Account)];
    let target = reader.required_choice("target", &targets);
    let timezone = reader.text("timezone");
    let start = reader.text("start");
    if !reader.has("start") {
        reader.missing("start", "Write when it begins, such as `start: 2026-03-01 08:00`.".to_owned());
    }
    let end = reader.text("end");
    let at_end = reader.choice("at_end", &[("stop", AtEnd::Stop), ("finish", AtEnd::Finish)]);
    let repeat = repetition::repeat(&mut reader);
    let reentry = repetition::reentry(&mut reader);
    reader.not_available(&["goals", "exits"]);
    let audience = audience(&mut reader);
    let suppress = reader.list_of_text("suppress");
    let consent = reader.choice("consent", &Consent::ALL.map(|level| (level.name(), level)));
    let purposes = [("commercial", Purpose::Commercial), ("transactional", Purpose::Transactional)];
    let purpose = reader.choice("purpose", &purposes).map(|purpose| purpose.value).unwrap_or_default();
    if !reader.has("audience") {
        reader.missing(
            "audience",
            "Write `audience:`, and below it `include: [segment]` with who enters.".to_owned(),
        );
    }
    if !reader.has("steps") {
        reader.missing(
            "steps",
            "Write `steps:`, and below it a list of what happens, from the top.".to_owned(),
        );
    }
    let steps = match reader.entry("steps") {
        Some((key, node)) => first_steps(key, node, reader.problems()),
        None => Vec::new(),
    };
    let sections = sections(&mut reader);
    let removed = removed(&mut reader);
    report_duplicate_ids(&steps, &sections, reader.problems());
    reader.finish();
    Some(JourneyDefinition {
        header: header?,
        target_unreadable: target.is_none(),
        target: target.unwrap_or(Located { value: Entity::Account, span }),
        timezone,
        start: start.unwrap_or_else(|| Text::verbatim("1970-01-01 00:00", span)),
        end,
        at_end: at_end.map(|at_end| at_end.value).unwrap_or_default(),
        repeat,
        reentry,
        audience,
        suppress,
        consent: consent.map(|consent| consent.value),
        purpose,
        steps,
        sections,
        removed,
    })
}

fn audience(outer: &mut Reader<'_>) -> AudienceDefinition {
    let nobody =
        |span| AudienceDefinition { include: Vec::new(), matching: Matching::Any, exclude: Vec::new(), span };
    let Some((key, node)) = outer.entry("audience") else { return nobody(outer.span()) };
    if let Content::List(_) | Content::Text(_) = node.content {
        let found = node.found();
        outer.problems().push(
            Problem::error(
                Code::WrongType,
                node.span,
                format!("expected a mapping for `audience`, found {found}"),
            )
            .hint("Write the segments as a list under `include:`."),
        );
        return nobody(node.span);
    }
    let Content::Mapping(entries) = &node.content else {
        outer.problems().push(wrong_type(node, "a mapping for `audience`"));
        return nobody(node.span);
    };
    let mut reader = Reader::new(entries, key.span, "audience", outer.problems()).described(&[AUDIENCE]);
    let include = reader.list_of_text("include");
    match reader.node("include").map(|node| (&node.content, node.span)) {
        Some((Content::List(items), span)) if items.is_empty() => {
            let problem =
                Problem::error(Code::InvalidValue, span, "the list is empty, so nobody would enter");
            reader.problems().push(problem.hint("Name at least one segment."));
        }
        Some(_) => {}
        None => {
            reader.missing("include", "Write `include: [segment]`, with the segments that enter.".to_owned())
        }
    }
    let matching = reader.choice("match", &[("any", Matching::Any), ("all", Matching::All)]);
    let exclude = reader.list_of_text("exclude");
    reader.finish();
    let matching = matching.map(|matching| matching.value).unwrap_or_default();
    AudienceDefinition { include, matching, exclude, span: node.span }
}

/// The steps with which a journey starts: there has to be one.
fn first_steps(key: &Text, node: &Node, problems: &mut Problems) -> Vec<StepDefinition> {
    if matches!(&node.content, Content::List(items) if items.is_empty()) {
        let problem = Problem::error(Code::MissingKey, key.span, "the journey has no steps");
        problems.push(problem.hint("Write at least one step, which starts with `- id: …`."));
    }
    steps(node, &key.value, problems)
}

fn steps(node: &Node, what: &str, problems: &mut Problems) -> Vec<StepDefinition> {
    let Content::List(items) = &node.content else {
        let problem = wrong_type(node, &format!("a list of steps for `{what}`"));
        problems.push(problem.hint("Start each step with `- id: …`, and write the rest below its `id`."));
        return Vec::new();
    };
    items.iter().filter_map(|item| step(item, problems)).collect()
}

fn step(node: &Node, problems: &mut Problems) -> Option<StepDefinition> {
    let mut reader = Reader::of(node, "step", problems)?.described(&[STEP]);
    let id = reader.required_name("id");
    let was = reader.text("was");
    let tile = reader.required_text("tile");
    let has_with = reader.has("with");
    let hint = "Write the tile's parameters as keys with values, such as `with: { for: 7 days }`.";
    let with = reader.mapping_or("with", hint);
    let with_unreadable = has_with && with.is_none();
    let paths = paths(&mut reader);
    // What was written beside `with` is reported, and taken for what was meant to stand under it.
    let beside = reader.unknown().cloned();
    let with = with.unwrap_or_default().iter().cloned().chain(beside).collect();
    reader.finish_with(Some("The parameters of a tile stand under `with:`."));
    if let (Some(id), None) = (&id, &tile) {
        problems.lose(&*id.value);
    }
    Some(StepDefinition { id: id?, was, tile: tile?, with, with_unreadable, paths, span: node.span })
}

fn paths(reader: &mut Reader<'_>) -> Vec<(Text, PathDefinition)> {
    let Some((entries, _)) = reader.mapping("paths") else { return Vec::new() };
    let mut paths = Vec::with_capacity(entries.len());
    for (name, node) in entries {
        let path = match &node.content {
            Content::Text(section) => PathDefinition::Section(section.clone()),
            Content::List(_) => PathDefinition::Steps(steps(node, &name.value, reader.problems())),
            _ => {
                let message = format!("expected a list of steps or a section's name, found {}", node.found());
                let problem = Problem::error(Code::WrongType, node.span, message);
                let is_step = matches!(node.content, Content::Mapping(_));
                let hint = "Write the step as an item of a list, with `- ` before its first key.";
                reader.problems().push(problem.hint_if(is_step.then(|| hint.to_owned())));
                PathDefinition::Steps(Vec::new())
            }
        };
        paths.push((name.clone(), path));
    }
    paths
}

fn sections(reader: &mut Reader<'_>) -> Vec<(Text, Vec<StepDefinition>)> {
    let Some((entries, _)) = reader.mapping("sections") else { return Vec::new() };
    let mut sections = Vec::with_capacity(entries.len());
    for (name, node) in entries {
        names::check_name(name, reader.problems());
        sections.push((name.clone(), steps(node, &name.value, reader.problems())));
    }
    sections
}

fn removed(reader: &mut Reader<'_>) -> Vec<(Text, Text)> {
    let Some((entries, span)) = reader.mapping("removed") else { return Vec::new() };
    let mut inner = Reader::new(entries, span, "removed", reader.problems());
    entries.iter().filter_map(|(step, _)| Some((step.clone(), inner.text(&step.value)?))).collect()
}

fn report_duplicate_ids(
    steps: &[StepDefinition],
    sections: &[(Text, Vec<StepDefinition>)],
    problems: &mut Problems,
) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut open: Vec<&StepDefinition> = Vec::new();
    open.extend(sections.iter().rev().flat_map(|(_, steps)| steps.iter().rev()));
    open.extend(steps.iter().rev());
    while let Some(step) = open.pop() {
        if let Some(first) = seen.get(step.id.value.as_str()) {
            let message = format!("the step id `{}` is taken", step.id.value);
            problems.push(
                Problem::error(Code::DuplicateName, step.id.span, message)
                    .related(*first, "first defined here")
                    .hint("Every step of a journey needs an id of its own, in its sections too."),
            );
        } else {
            seen.insert(&step.id.value, step.id.span);
        }
        for (_, path) in step.paths.iter().rev() {
            if let PathDefinition::Steps(steps) = path {
                open.extend(steps.iter().rev());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::definitions::testing::problems_of;

    const HEAD: &str =
        "kind: journey\nname: a\ntarget: account\nstart: 2023-03-01 08:00\naudience: { include: [b] }\n";

    fn after_head(rest: &str) -> Vec<String> {
        problems_of(&format!("{HEAD}{rest}"))
    }

    #[test]
    fn what_a_journey_needs_is_asked_for() {
        assert_eq!(
            problems_of("kind: journey\nname: a\n"),
            [
                "missing-key 1:1 `journey` needs `audience` | Write `audience:`, and below it `include: [segment]` with \
                 who enters.",
                "missing-key 1:1 `journey` needs `start` | Write when it begins, such as `start: 2026-03-01 08:00`.",
                "missing-key 1:1 `journey` needs `steps` | Write `steps:`, and below it a list of what happens, from \
                 the top.",
                "missing-key 1:1 `journey` needs `target` | Write `target: contact` or `target: account`.",
            ]
        );
        assert_eq!(
            problems_of("kind: journey\nname: a\ntarget: lead\nstart: x\naudience: [b]\nsteps: []\n"),
            [
                "invalid-value 3:9 `lead` is not a value of `target`: expected `contact` or `account`",
                "wrong-type 5:11 expected a mapping for `audience`, found a list | Write the segments as a list under \
                 `include:`.",
                "missing-key 6:1 the journey has no steps | Write at least one step, which starts with `- id: …`.",
            ]
        );
    }

    #[test]
    fn what_is_not_there_yet_is_said_so() {
        assert_eq!(
            after_head("steps: [{ id: a, tile: end }]\ngoals: []\nexits: []\n"),
            [
                "not-available 7:1 `goals` is not available in this version",
                "not-available 8:1 `exits` is not available in this version",
            ]
        );
    }

    #[test]
    fn each_mistake_in_the_settings_of_a_journey_has_its_place() {
        assert_eq!(
            after_head(
                "consent: marketting\nat_end: go\nsuppress: b\nremoved: { old: [x] }\naudiance: x\nsteps: [{ id: a, tile: end }]\n"
            ),
            [
                "invalid-value 6:10 `marketting` is not a value of `consent`: expected `none`, `consent`, \
                 `transactional`, `subscriptions`, `marketing` or `profiling` | Did you mean `marketing`?",
                "invalid-value 7:9 `go` is not a value of `at_end`: expected `stop` or `finish`",
                "wrong-type 8:11 expected a list for `suppress`, found text | Write `[b]`.",
                "wrong-type 9:17 expected text for `old`, found a list",
                "unknown-key 10:1 unknown key `audiance` in `journey` | Did you mean `audience`?",
            ]
        );
    }

    #[test]
    fn each_mistake_in_a_step_has_its_place() {
        assert_eq!(
            after_head(
                "steps:\n  - id: One\n    tile: wait\n    for: 7 days\n    wiht: {}\n  - tile: wait\n  - id: x\n    tile: \
                 trigger\n    with: [a]\n    paths:\n      then: { id: y, tile: end }\n      else:\n  - wait\n"
            ),
            [
                "invalid-name 7:9 `One` is not a valid name: a name has small letters, digits and hyphens, and starts \
                 with a letter | Write `one`, for instance.",
                "unknown-key 9:5 unknown key `for` in `step` | The parameters of a tile stand under `with:`.",
                "unknown-key 10:5 unknown key `wiht` in `step` | Did you mean `with`?",
                "missing-key 11:5 `step` needs `id` | Write `id: …`, by which others refer to it.",
                "wrong-type 14:11 expected a mapping for `with`, found a list | Write the tile's parameters as keys with values, such as `with: { for: 7 days }`.",
                "wrong-type 16:13 expected a list of steps or a section's name, found a mapping | Write the step as \
                 an item of a list, with `- ` before its first key.",
                "wrong-type 17:11 expected a list of steps or a section's name, found nothing",
                "wrong-type 18:5 expected a mapping for `step`, found text",
            ]
        );
    }

    #[test]
    fn a_step_id_is_taken_anywhere_in_the_journey() {
        assert_eq!(
            after_head(
                "steps:\n  - id: a\n    tile: trigger\n    paths:\n      then:\n        - { id: b, tile: end }\n  - { id: \
                 b, tile: end }\nsections:\n  later: [{ id: a, tile: end }]\n  Soon: []\n  later: []\n"
            ),
            [
                "duplicate-name 12:11 the step id `b` is taken | Every step of a journey needs an id of its own, in its sections too.",
                "duplicate-name 14:17 the step id `a` is taken | Every step of a journey needs an id of its own, in its sections too.",
                "invalid-name 15:3 `Soon` is not a valid name: a name has small letters, digits and hyphens, and \
                 starts with a letter | Write `soon`, for instance.",
                "duplicate-key 16:3 `later` stands here twice | Keep one of them.",
            ]
        );
    }
}
