//! `kind: scoring_model` and `kind: levels`.

use crate::definitions::nodes::scalars::{as_text, warn_of_ambiguous_number, wrong_type};
use crate::definitions::reading::keys::{BAND, RULE};
use crate::definitions::{
    BandDefinition, Content, LevelsDefinition, Located, Node, PointsNode, Reader, RuleDefinition,
    ScoringModelDefinition, reading::header,
};
use crate::diagnostics::{Code, Problem, Problems, Span};
use crate::model::{Consent, Entity, foreign_number, scoring::ScoringTarget};

/// Reads `kind: scoring_model`. A model with a name is kept even when a part of it can't be read.
pub(in crate::definitions) fn read(mut reader: Reader<'_>) -> Option<ScoringModelDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let target = reader.required_choice("target", &ScoringTarget::ALL.map(|target| (target.name(), target)));
    let consent = reader.choice("consent", &Consent::ALL.map(|level| (level.name(), level)));
    let active = reader.boolean("active").is_none_or(|active| active.value);
    let timezone = reader.text("timezone");
    let start = reader.text("start");
    let end = reader.text("end");
    let has_rules = reader.required_node("rules").is_some();
    let items = if has_rules { reader.list("rules").unwrap_or_default() } else { &[] };
    let rules: Vec<RuleDefinition> = items.iter().filter_map(|item| rule(item, reader.problems())).collect();
    if let (true, Some(node)) = (has_rules && items.is_empty(), reader.node("rules"))
        && matches!(node.content, Content::List(_))
    {
        let problem =
            Problem::error(Code::InvalidValue, node.span, "a scoring model needs at least one rule");
        reader.problems().push(problem);
    }
    let grades = bands(&mut reader, "grades");
    let sales_ready = reader.integer("sales_ready");
    let problems = reader.finish();
    if let (Some(header), None) = (&header, &target) {
        problems.lose(&*header.name.value);
    }
    let rules_unreadable = rules.len() < items.len();
    Some(ScoringModelDefinition {
        header: header?,
        target: target?,
        consent: consent.map(|consent| consent.value),
        active,
        timezone,
        start,
        end,
        rules,
        rules_unreadable,
        grades,
        sales_ready,
    })
}

fn rule(node: &Node, problems: &mut Problems) -> Option<RuleDefinition> {
    let mut reader = Reader::of(node, "rule", problems)?.described(&[RULE]);
    let name = reader.required_text("name");
    let when = match reader.required_node("when") {
        Some(_) => reader.condition("when"),
        None => None,
    };
    let points = reader.required_node("points").map(|node| (node, node.span));
    let points = points.and_then(|(node, span)| read_points(node, span, reader.problems()));
    let per = reader.choice("per", &[("once", false), ("each", true)]);
    let half_life = reader.duration("half_life");
    let at_least = reader.number("at_least");
    let at_most = reader.number("at_most");
    reader.finish();
    Some(RuleDefinition { name: name?, when: when?, points: points?, per, half_life, at_least, at_most })
}

fn read_points(node: &Node, span: Span, problems: &mut Problems) -> Option<PointsNode> {
    warn_of_ambiguous_number(node, problems);
    #[expect(clippy::cast_precision_loss, reason = "points that large are refused")]
    match &node.content {
        Content::Integer(value) => Some(PointsNode::Number(Located { value: *value as f64, span })),
        Content::Number(value) => Some(PointsNode::Number(Located { value: *value, span })),
        Content::Text(text) => {
            if let Some((0, end, hint)) = foreign_number(text.as_str())
                && end == text.as_str().len()
            {
                problems.push(wrong_type(node, "a number for `points`").hint(hint));
                return None;
            }
            as_text(node, "points", problems).map(PointsNode::Expression)
        }
        _ => {
            problems.push(wrong_type(node, "a number or an expression for `points`").hint(
                "Write a number such as `5` or `-15`, or a calculation such as `account.employees / 100`.",
            ));
            None
        }
    }
}

/// The grades or levels under a key, in the order of the file (semantics 23).
fn bands(reader: &mut Reader<'_>, key: &'static str) -> Vec<BandDefinition> {
    let items = reader.list(key).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let mut reader = Reader::of(item, key, reader.problems())?.described(&[BAND]);
            let name = reader.required_text("name");
            let from = reader.integer("from");
            reader.finish();
            Some(BandDefinition { name: name?, from, span: item.span })
        })
        .collect()
}

/// Reads `kind: levels`.
pub(in crate::definitions) fn read_levels(mut reader: Reader<'_>) -> Option<LevelsDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let entities = [Entity::Account, Entity::Contact];
    let of = reader.required_choice("of", &entities.map(|entity| (entity.name(), entity)));
    let model = reader.required_text("model");
    let primary = reader.boolean("primary");
    reader.required_node("levels");
    let levels = bands(&mut reader, "levels");
    let problems = reader.finish();
    let complete = of.is_some() && model.is_some();
    if let (Some(header), false) = (&header, complete) {
        problems.lose(&*header.name.value);
    }
    Some(LevelsDefinition { header: header?, of: of?, model: model?, primary, levels })
}
