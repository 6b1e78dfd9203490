//! Conditions as written, from nodes.

use super::reader::{Reader, as_text, warn_of_ambiguous_number, wrong_type};
use super::{ConditionNode, ContactsNode, Content, CountKey, CountNode, DidNode, Located, Node, Quantifier};
use crate::diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean};

const GROUP_KEYS: [&str; 3] = ["all", "any", "none"];
const COUNT_KEYS: [(&str, CountKey); 3] =
    [("at_least", CountKey::AtLeast), ("at_most", CountKey::AtMost), ("exactly", CountKey::Exactly)];
const QUANTIFIERS: [(&str, Quantifier); 3] =
    [("any_contact", Quantifier::Any), ("all_contacts", Quantifier::All), ("no_contact", Quantifier::No)];
/// Keys by which a mapping is told to be a condition.
const LEADING_KEYS: [&str; 9] =
    ["all", "any", "none", "segment", "did", "did_not", "any_contact", "all_contacts", "no_contact"];
const NOT_AVAILABLE: [&str; 8] =
    ["subscribed", "any_lead", "all_leads", "no_lead", "sum", "avg", "min", "max"];

/// Reads a condition; when it can't be read, the problems are reported and there is none.
#[must_use]
pub fn read(node: &Node, problems: &mut Problems) -> Option<ConditionNode> {
    match &node.content {
        Content::Boolean(value) => Some(ConditionNode::Constant(Located { value: *value, span: node.span })),
        Content::Text(text) => expression(text, problems),
        Content::Mapping(entries) => mapping(entries, node.span, problems),
        Content::Null => {
            problems
                .push(Problem::error(Code::YamlTrap, node.span, "expected a condition, found nothing").hint(
                "Write a condition here. YAML takes what starts with `!` for a tag: write `not(…)` instead.",
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

fn expression(text: &Text, problems: &mut Problems) -> Option<ConditionNode> {
    let is_plain = text.span.end - text.span.start == text.value.len();
    let has_open_quote = text.value.matches('"').count() % 2 == 1;
    if is_plain && has_open_quote {
        let end = Span::new(text.span.file, text.span.start, text.span.end);
        problems.push(
            Problem::error(Code::YamlTrap, end, "a quote in this expression isn't closed").hint(
                "YAML starts a comment at ` #`: if the value is cut there, put the whole expression in single quotes.",
            ),
        );
        return None;
    }
    Some(ConditionNode::Expression(text.clone()))
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
        "segment" => {
            let mut reader = Reader::new(entries, span, "segment", problems);
            let name = reader.text("segment");
            finish(reader);
            name.map(ConditionNode::Segment)
        }
        "did" | "did_not" => did(entries, span, first == "did_not", problems),
        "any_contact" | "all_contacts" | "no_contact" => contacts(entries, span, problems),
        _ => group(entries, span, problems),
    }
}

fn finish(mut reader: Reader<'_>) {
    reader.not_available(&NOT_AVAILABLE);
    reader.finish();
}

fn group(entries: &[(Text, Node)], span: Span, problems: &mut Problems) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "condition", problems);
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
    finish(reader);
    complete.then_some(ConditionNode::Group { all, any, none, span })
}

fn did(
    entries: &[(Text, Node)],
    span: Span,
    negated: bool,
    problems: &mut Problems,
) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "did", problems);
    let interaction = reader.text(if negated { "did_not" } else { "did" });
    let has_condition = reader.has("where");
    let condition = reader.condition("where");
    let complete = condition.is_some() == has_condition;
    let within = reader.text("within");
    let since = reader.text("since");
    let until = reader.text("until");
    let step = reader.text("step");
    let count = count(&mut reader);
    if let (Some(within), Some(since)) = (&within, &since) {
        let message = "`within` and `since` both say where the window starts";
        let problem = Problem::error(Code::InvalidValue, since.span, message);
        reader.problems().push(problem.related(within.span, "the other one"));
    }
    reader.not_available(&NOT_AVAILABLE);
    let attributes = attributes(entries, problems);
    let node = DidNode {
        negated,
        interaction: interaction?,
        condition,
        attributes,
        within,
        since,
        until,
        step,
        count,
        span,
    };
    complete.then(|| ConditionNode::Did(Box::new(node)))
}

/// The keys of a `did` that aren't the language's own: attributes that have to equal a scalar.
fn attributes(entries: &[(Text, Node)], problems: &mut Problems) -> Vec<(Text, Node)> {
    const OWN: [&str; 9] =
        ["did", "did_not", "where", "within", "since", "until", "step", "at_least", "at_most"];
    let mut attributes = Vec::new();
    for (key, node) in entries {
        let is_own = OWN.contains(&key.value.as_str()) || key.value == "exactly";
        if is_own || NOT_AVAILABLE.contains(&key.value.as_str()) {
            continue;
        }
        if looks_like_expression(key) {
            problems.push(quoting(key));
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

fn contacts(entries: &[(Text, Node)], span: Span, problems: &mut Problems) -> Option<ConditionNode> {
    let mut reader = Reader::new(entries, span, "condition", problems);
    let found = QUANTIFIERS.iter().find_map(|(key, quantifier)| {
        let (name, node) = reader.entry(key)?;
        Some((Located { value: *quantifier, span: name.span }, node))
    });
    let (quantifier, node) = found?;
    let condition = read(node, reader.problems());
    let count = count(&mut reader);
    finish(reader);
    Some(ConditionNode::Contacts(Box::new(ContactsNode { quantifier, condition: condition?, count, span })))
}

fn count(reader: &mut Reader<'_>) -> Option<CountNode> {
    let mut found: Option<(CountNode, &Text)> = None;
    for (key, test) in COUNT_KEYS {
        let Some((name, node)) = reader.entry(key) else { continue };
        let Some(amount) = as_text(node, key, reader.problems()) else { continue };
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
    for (key, _) in entries {
        if looks_like_expression(key) {
            problems.push(quoting(key));
            said = true;
        } else if NOT_AVAILABLE.contains(&key.value.as_str()) {
            let message = format!("`{}` is not available in this version", key.value);
            problems.push(Problem::error(Code::NotAvailable, key.span, message));
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

fn quoting(key: &Text) -> Problem {
    Problem::error(Code::YamlTrap, key.span, "YAML takes this expression for a key with a value")
        .hint("Put the whole expression in single quotes, because of the `: ` in it.")
}
