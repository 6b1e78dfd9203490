//! Conditions as written, from nodes.

use super::{
    keys::{DID, GROUP, MEMBERSHIP, PEOPLE, SUBSCRIPTION},
    kinds::Key,
};
use crate::definitions::nodes::scalars::{as_text, warn_of_ambiguous_number, wrong_type};
use crate::definitions::{
    ConditionNode, Content, CountKey, CountNode, DidNode, DidWord, Located, Node, Reader, RelatedNode,
};
use crate::diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean};
use crate::model::MeasureFunction;

const GROUP_KEYS: [&str; 3] = ["all", "any", "none"];
const COUNT_KEYS: [(&str, CountKey); 3] =
    [("at_least", CountKey::AtLeast), ("at_most", CountKey::AtMost), ("exactly", CountKey::Exactly)];
const MEASURES: [(&str, MeasureFunction); 4] = [
    ("sum", MeasureFunction::Sum),
    ("avg", MeasureFunction::Average),
    ("min", MeasureFunction::Least),
    ("max", MeasureFunction::Greatest),
];
/// Keys by which a mapping is told to be a condition.
const LEADING_KEYS: [&str; 18] = [
    "all",
    "any",
    "none",
    "segment",
    "subscribed",
    "did",
    "did_not",
    "first_did",
    "last_did",
    "any_contact",
    "all_contacts",
    "no_contact",
    "any_lead",
    "all_leads",
    "no_lead",
    "any_activity",
    "all_activities",
    "no_activity",
];

/// Reads a condition; when it can't be read, the problems are reported and there is none.
#[must_use]
pub fn read(node: &Node, problems: &mut Problems) -> Option<ConditionNode> {
    match &node.content {
        Content::Boolean(value) => Some(ConditionNode::Constant(Located { value: *value, span: node.span })),
        Content::Text(text) => Some(ConditionNode::Expression(text.clone())),
        Content::Mapping(entries) => mapping(entries, node.span, problems),
        Content::Null => {
            problems
                .push(Problem::error(Code::YamlTrap, node.span, "expected a condition, found nothing").hint(
                "Write a condition here, or `true` for everyone; YAML takes what starts with `!` for a tag, so write `not(…)` instead.",
            ));
            None
        }
        Content::List(_) => {
            problems.push(wrong_type(node, "a condition").hint(
                "Put `all:` above the list when every condition must hold, `any:` when one is enough.",
            ));
            None
        }
        Content::Integer(_) | Content::Number(_) => {
            problems.push(wrong_type(node, "a condition"));
            None
        }
    }
}

fn mapping(entries: &[(Text, Node)], span: Span, problems: &mut Problems) -> Option<ConditionNode> {
    let leading: Vec<&Text> =
        entries.iter().map(|(key, _)| key).filter(|key| LEADING_KEYS.contains(&key.value.as_str())).collect();
    let Some(first) = leading.first() else {
        report_unknown(entries, span, problems);
        return None;
    };
    let is_group = |key: &Text| GROUP_KEYS.contains(&key.value.as_str());
    if let Some(second) =
        leading.iter().find(|key| key.span != first.span && !(is_group(key) && is_group(first)))
    {
        problems.push(
            Problem::error(
                Code::UnknownKey,
                second.span,
                format!("`{}` and `{}` can't stand in one condition", first.value, second.value),
            )
            .hint("Make them two items of a list under `all:` or `any:`."),
        );
        return None;
    }
    let first = first.value.clone();
    match first.as_str() {
        "segment" => name(entries, span, ("segment", &[MEMBERSHIP]), problems).map(ConditionNode::Segment),
        "subscribed" => {
            name(entries, span, ("subscribed", &[SUBSCRIPTION]), problems).map(ConditionNode::Subscribed)
        }
        key => {
            if let Some((_, word)) = DidWord::KEYS.iter().find(|(known, _)| *known == key) {
                return did(entries, span, *word, problems);
            }
            match RelatedNode::KEYS.iter().find(|(known, _, _)| *known == key) {
                Some(_) => related(entries, span, problems),
                None => group(entries, span, problems),
            }
        }
    }
}

/// A mapping with nothing but a name.
fn name<'a>(
    entries: &'a [(Text, Node)],
    span: Span,
    (key, described): (&'a str, &'static [&'static [Key]]),
    problems: &'a mut Problems,
) -> Option<Text> {
    let mut reader = Reader::new(entries, span, key, problems).described(described);
    let name = reader.text(key);
    reader.finish();
    name
}

fn group(entries: &[(Text, Node)], span: Span, problems: &mut Problems) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "condition", problems).described(&[GROUP]);
    let mut complete = true;
    let mut part = |key: &'static str| -> Option<Vec<ConditionNode>> {
        reader.node(key)?;
        let items = reader.list(key);
        complete &= items.is_some();
        let read: Vec<_> = items?.iter().map(|item| read(item, reader.problems())).collect();
        complete &= read.iter().all(Option::is_some);
        Some(read.into_iter().flatten().collect())
    };
    let (all, any, none) = (part("all"), part("any"), part("none"));
    reader.finish();
    complete.then_some(ConditionNode::Group { all, any, none, span })
}

fn did(
    entries: &[(Text, Node)],
    span: Span,
    word: DidWord,
    problems: &mut Problems,
) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "did", problems).described(&[DID]);
    let interaction = reader.text(word.key());
    let has_condition = reader.has("where");
    let condition = reader.condition("where");
    let has_it_was = reader.has("it_was");
    let it_was = reader.condition("it_was");
    let complete = condition.is_some() == has_condition && it_was.is_some() == has_it_was;
    let within = reader.text("within");
    let since = reader.text("since");
    let until = reader.text("until");
    let step = reader.text("step");
    let measure = measure(&mut reader);
    let count = count(&mut reader, measure.is_some());
    let attributes = attributes(entries, problems);
    let node = DidNode {
        word,
        interaction: interaction?,
        condition,
        it_was,
        attributes,
        within,
        since,
        until,
        step,
        measure,
        count,
        span,
    };
    complete.then(|| ConditionNode::Did(Box::new(node)))
}

/// `sum: amount` and its like; only one of them can stand in a `did`.
fn measure(reader: &mut Reader<'_>) -> Option<(Located<MeasureFunction>, Text)> {
    let mut found: Option<(Located<MeasureFunction>, Text)> = None;
    for (key, function) in MEASURES {
        let Some((name, node)) = reader.entry(key) else { continue };
        let Some(attribute) = as_text(node, key, reader.problems()) else { continue };
        if let Some((first, _)) = &found {
            let message = "a `did` measures one thing";
            let problem = Problem::error(Code::InvalidValue, name.span, message);
            let problem = problem.related(first.span, "the other one");
            reader.problems().push(problem.hint("Write two conditions under `all:`."));
        } else {
            found = Some((Located { value: function, span: name.span }, attribute));
        }
    }
    found
}

/// Whether it is a key of the language beside `did`, so that no attribute can stand there under this name.
pub(in crate::definitions) fn is_key_of_did(key: &str) -> bool {
    const OWN: [&str; 9] =
        ["where", "it_was", "within", "since", "until", "step", "at_least", "at_most", "exactly"];
    OWN.contains(&key) || LEADING_KEYS.contains(&key) || MEASURES.iter().any(|(known, _)| *known == key)
}

/// The keys of a `did` that aren't the language's own: attributes that have to equal a scalar.
fn attributes(entries: &[(Text, Node)], problems: &mut Problems) -> Vec<(Text, Node)> {
    let mut attributes = Vec::new();
    for (key, node) in entries {
        if is_key_of_did(&key.value) {
            continue;
        }
        if looks_like_expression(key) {
            problems.push(quoting(key, node));
            continue;
        }
        match node.content {
            Content::Null | Content::List(_) | Content::Mapping(_) => {
                problems.push(
                    wrong_type(node, &format!("a value for the attribute `{}`", key.value))
                        .hint("Put tests other than equality under `where:`."),
                );
            }
            _ => {
                warn_of_ambiguous_number(node, problems);
                attributes.push((key.clone(), node.clone()));
            }
        }
    }
    attributes
}

fn related(entries: &[(Text, Node)], span: Span, problems: &mut Problems) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "condition", problems).described(&[PEOPLE]);
    let written: Vec<_> = RelatedNode::KEYS
        .iter()
        .filter_map(|(key, quantifier, records)| {
            let (name, node) = reader.entry(key)?;
            Some((Located { value: *quantifier, span: name.span }, *records, node))
        })
        .collect();
    let (quantifier, records, node) = written.into_iter().next()?;
    let condition = read(node, reader.problems());
    let count = count(&mut reader, false);
    reader.finish();
    let condition = condition?;
    Some(ConditionNode::Related(Box::new(RelatedNode { quantifier, records, condition, count, span })))
}

/// A number of times or records; of a measure, any number.
fn count(reader: &mut Reader<'_>, of_measure: bool) -> Option<CountNode> {
    let mut found: Option<(CountNode, &Text)> = None;
    for (key, test) in COUNT_KEYS {
        let Some((name, node)) = reader.entry(key) else { continue };
        let amount = match node.content {
            Content::Number(number) if of_measure => {
                warn_of_ambiguous_number(node, reader.problems());
                Some(Text::verbatim(number.to_string(), node.span))
            }
            _ => as_text(node, key, reader.problems()),
        };
        let Some(amount) = amount else { continue };
        match &found {
            None => found = Some((CountNode { test, amount }, name)),
            Some((_, first)) => {
                let message = format!("`{}` and `{key}` can't stand together", first.value);
                reader.problems().push(
                    Problem::error(Code::InvalidValue, name.span, message)
                        .hint("Write two conditions under `all:`."),
                );
            }
        }
    }
    found.map(|(count, _)| count)
}

fn report_unknown(entries: &[(Text, Node)], span: Span, problems: &mut Problems) {
    let Some((first, _)) = entries.first() else {
        problems.push(Problem::error(Code::MissingKey, span, "expected a condition, found an empty mapping"));
        return;
    };
    let mut said = false;
    for (key, node) in entries {
        if looks_like_expression(key) {
            problems.push(quoting(key, node));
            said = true;
        } else if MEASURES.iter().any(|(known, _)| *known == key.value) {
            let message = format!("`{}` stands without a `did`", key.value);
            problems.push(
                Problem::error(Code::UnknownKey, key.span, message)
                    .hint("Write `did: OrderPlaced` beside it, with the interaction type that is measured."),
            );
            said = true;
        }
    }
    if !said {
        let message = format!("`{}` doesn't start a condition", first.value);
        problems.push(
            Problem::error(Code::UnknownKey, first.span, message)
                .hint_if(did_you_mean(&first.value, LEADING_KEYS)),
        );
    }
}

fn looks_like_expression(key: &Text) -> bool {
    const SIGNS: [&str; 11] = ["==", "!=", "<", ">", "&&", "||", "(", "\"", "'", ".", " in "];
    SIGNS.iter().any(|sign| key.value.contains(sign))
}

fn quoting(key: &Text, value: &Node) -> Problem {
    let span = Span::new(key.span.file, key.span.start, value.span.end.max(key.span.end));
    Problem::error(Code::YamlTrap, span, "YAML takes this expression for a key with a value")
        .hint("Put the whole expression in single quotes, because of the `: ` in it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::testing::{load_files, problems_of};
    use crate::definitions::{Quantifier, SegmentDefinition, SegmentMembers};

    fn indented(condition: &str) -> String {
        let lines: Vec<String> = condition.lines().map(|line| format!("  {line}")).collect();
        format!("kind: segment\nname: a\ntarget: account\nwhere:\n{}\n", lines.join("\n"))
    }

    fn read_one(condition: &str) -> ConditionNode {
        let text = indented(condition);
        let (mut definitions, problems) =
            load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", &text)], None);
        assert!(problems.is_empty(), "{text}\n{problems:?}");
        let SegmentDefinition { members: SegmentMembers::Where(condition), .. } =
            definitions.segments.remove(0)
        else {
            panic!("a rule")
        };
        condition
    }

    #[test]
    fn every_form_of_condition_is_read() {
        let ConditionNode::Group { all: Some(all), any: None, none: Some(none), .. } = read_one(
            "all:\n  - account.city == \"Chicago\"\n  - 'contact.name == \"a: b #c\"'\n  - segment: readers\n  - did: \
             EmailClicked\n    where: interaction.link == \"landing\"\n    email: launch\n    amount: 5\n    within: 30 \
             days\n    until: 2026-01-01\n    step: invite\n    at_least: 2 times\n  - did_not: OrderPlaced\n    since: \
             2026-01-01\n  - any_contact:\n      did: EmailClicked\n    at_least: 50%\n  - no_contact: \
             contact.is_child\n  - any:\n      - true\nnone:\n  - false\n",
        ) else {
            panic!("a group")
        };
        assert_eq!(none.len(), 1);
        let [_, quoted, segment, did, did_not, contacts, no_contact, any] = all.as_slice() else {
            panic!("eight conditions, not {}", all.len())
        };
        assert!(
            matches!(quoted, ConditionNode::Expression(text) if text.value == "contact.name == \"a: b #c\"")
        );
        assert!(matches!(segment, ConditionNode::Segment(name) if name.value == "readers"));
        let ConditionNode::Did(did) = did else { panic!("did") };
        assert!(did.word == DidWord::Did && did.condition.is_some() && did.since.is_none());
        let keys: Vec<&str> = did.attributes.iter().map(|(key, _)| key.value.as_str()).collect();
        assert_eq!(keys, ["email", "amount"]);
        assert_eq!(did.within.as_ref().unwrap().value, "30 days");
        assert_eq!(did.step.as_ref().unwrap().value, "invite");
        let count = did.count.as_ref().unwrap();
        assert_eq!((count.test, count.amount.value.as_str()), (CountKey::AtLeast, "2 times"));
        assert!(
            matches!(did_not, ConditionNode::Did(did) if did.word == DidWord::DidNot && did.since.is_some())
        );
        let ConditionNode::Related(contacts) = contacts else { panic!("contacts") };
        assert_eq!(contacts.quantifier.value, Quantifier::Any);
        assert_eq!(contacts.count.as_ref().unwrap().amount.value, "50%");
        assert!(
            matches!(no_contact, ConditionNode::Related(node) if node.quantifier.value == Quantifier::No)
        );
        assert!(matches!(any, ConditionNode::Group { any: Some(any), .. } if any.len() == 1));
    }

    #[test]
    fn each_mistake_in_a_condition_has_its_place() {
        let table: &[(&str, &[&str])] = &[
            (
                "- contact.a",
                &[
                    "wrong-type 5:3 expected a condition, found a list | Put `all:` above the list when every condition \
                   must hold, `any:` when one is enough.",
                ],
            ),
            ("5", &["wrong-type 5:3 expected a condition, found a number"]),
            (
                "all:\n  - ~",
                &[
                    "yaml-trap 6:7 expected a condition, found nothing | Write a condition here, or `true` for everyone; YAML takes what starts with `!` for a tag, so write `not(…)` instead.",
                ],
            ),
            (
                "all:\n  - !contact.do_not_email",
                &[
                    "yaml-trap 6:7 YAML takes `!contact.do_not_email` for a tag | Write `not(contact.do_not_email)`.",
                ],
            ),
            (
                "all:\n  - account.name == \"a: b\"",
                &[
                    "yaml-trap 6:7 YAML takes this expression for a key with a value | Put the whole expression in \
                   single quotes, because of the `: ` in it.",
                ],
            ),
            (
                "account.name == \"we are #1\"",
                &[
                    "yaml-trap 5:3 YAML cuts this expression off at ` #`, where a comment starts | Put the whole \
                   expression in single quotes.",
                ],
            ),
            ("account.name == \"one\" # the first", &[]),
            ("al:\n  - account.a", &["unknown-key 5:3 `al` doesn't start a condition | Did you mean `all`?"]),
            (
                "all: account.a",
                &["wrong-type 5:8 expected a list for `all`, found text | Write `[account.a]`."],
            ),
            (
                "segment: a\ndid: B",
                &[
                    "unknown-key 6:3 `segment` and `did` can't stand in one condition | Make them two items of a list \
                   under `all:` or `any:`.",
                ],
            ),
            ("segment: a\nx: y", &["unknown-key 6:3 unknown key `x` in `segment` | There is: `segment`."]),
            (
                "sum: amount",
                &[
                    "unknown-key 5:3 `sum` stands without a `did` | Write `did: OrderPlaced` beside it, with the interaction type that is measured.",
                ],
            ),
            (
                "did: A\nsum: a\nmax: b",
                &["invalid-value 7:3 a `did` measures one thing | Write two conditions under `all:`."],
            ),
            ("did: [A, B]", &["wrong-type 5:8 expected text for `did`, found a list"]),
            (
                "did: A\nat_least: 1\nexactly: 2",
                &[
                    "invalid-value 7:3 `at_least` and `exactly` can't stand together | Write two conditions under \
                   `all:`.",
                ],
            ),
            (
                "did: A\nlink: [a, b]\namount: 100.000\ninteraction.x == \"a: b\"",
                &[
                    "wrong-type 6:9 expected a value for the attribute `link`, found a list | Put tests other than \
                     equality under `where:`.",
                    "ambiguous-number 7:11 the point in this number is a decimal point: it is 100 | Write `100000` \
                     when thousands are meant, or fewer decimals.",
                    "yaml-trap 8:3 YAML takes this expression for a key with a value | Put the whole expression in \
                     single quotes, because of the `: ` in it.",
                ],
            ),
            ("{}", &["missing-key 5:3 expected a condition, found an empty mapping"]),
        ];
        for (condition, expected) in table {
            assert_eq!(problems_of(&indented(condition)), *expected, "\n{condition}");
        }
    }
}
