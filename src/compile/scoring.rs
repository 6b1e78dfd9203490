//! Scoring models.

use std::collections::BTreeMap;

use super::{
    plan::ModelPlan,
    scoring_rule::{self, RuleContext, reach},
    segments::collect_edges,
    shared::hash,
    shared::zone,
};
use crate::{
    calendar::{self, Zone},
    conditions,
    definitions::{BandDefinition, Definitions, ScoringModelDefinition, moment_hint},
    diagnostics::{Code, Problem, Problems, Span, Text},
    model::{
        Catalog, Consent, Entity, Field, FieldType, Predicate,
        scoring::{Band, Points, ScoringModel, ScoringRule, expression_name, rounded},
    },
};

/// Makes scores, grades and levels known to conditions.
pub(super) fn declare(definitions: &Definitions, catalog: &mut Catalog) {
    let measure = |name: String, kind| Field {
        name,
        kind,
        aliases: Vec::new(),
        description: String::new(),
        declared: true,
    };
    let names = |bands: &[BandDefinition]| {
        FieldType::Choice(bands.iter().map(|band| band.name.value.clone()).collect())
    };
    for model in &definitions.scoring_models {
        let (subject, name) = (model.target.value.subject(), expression_name(&model.header.name.value));
        catalog.add_measure(subject, measure(format!("score.{name}"), FieldType::Integer));
        catalog.add_measure(subject, measure(format!("grade.{name}"), names(&model.grades)));
    }
    for levels in &definitions.levels {
        let name = format!("levels.{}", expression_name(&levels.header.name.value));
        catalog.add_measure(levels.of.value, measure(name.clone(), names(&levels.levels)));
        if levels.primary.as_ref().is_some_and(|primary| primary.value) {
            catalog.set_primary_levels(levels.of.value, &name);
        }
    }
}

/// Checks all models.
pub(super) fn models(
    definitions: &Definitions,
    catalog: &Catalog,
    workspace_zone: &Zone,
    problems: &mut Problems,
) -> Vec<ModelPlan> {
    let mut plans: BTreeMap<String, ModelPlan> = BTreeMap::new();
    for definition in &definitions.scoring_models {
        let own = definition.timezone.as_ref().map(|text| zone(text, problems));
        let zone = own.unwrap_or_else(|| workspace_zone.clone());
        if let Some(plan) = model(definition, definitions, catalog, &zone, problems) {
            plans.entry(plan.model.name.clone()).or_insert(plan);
        }
    }
    plans.into_values().collect()
}

/// The most rules of a model. Databases compute it in parts, but one part may have a column for each rule, and
/// PostgreSQL takes 1,664 columns.
const MOST_RULES: usize = 1_500;

fn model(
    definition: &ScoringModelDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> Option<ModelPlan> {
    let header = &definition.header;
    let target = definition.target.value;
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut rules = Vec::new();
    let consent = definition.consent.unwrap_or(Consent::None);
    let context = RuleContext { target, consent, zone, catalog };
    for rule in &definition.rules {
        if let Some(first) = seen.insert(&rule.name.value, rule.name.span) {
            let message = format!("the model has a rule `{}` already", rule.name.value);
            let problem = Problem::error(Code::DuplicateName, rule.name.span, message);
            problems
                .push(problem.related(first, "first defined here").hint("Give one of them another name."));
        }
        rules.push(scoring_rule::compile(rule, &context, problems));
    }
    let grades = bands(&definition.grades, "grade", header.name.span, problems);
    if let (Some(ready), false) = (&definition.sales_ready, target.subject() == Entity::Lead) {
        let message = format!("only leads become sales-ready, and this model scores {}", target.name());
        let hint = "Leave it out, or score `contact_leads` or `account_leads`.";
        problems.push(Problem::error(Code::InvalidValue, ready.span, message).hint(hint));
    }
    let start = definition.start.as_ref().map(|text| moment(text, zone, problems));
    let end = definition.end.as_ref().map(|text| moment(text, zone, problems));
    if let (Some(Some(start)), Some(Some(end)), Some(text)) = (start, end, &definition.end)
        && end <= start
    {
        let problem = Problem::error(Code::EndBeforeStart, text.span, "the model ends before it starts");
        problems.push(problem.hint("Write a later `end`, or leave it out: without one, the model goes on."));
    }
    let rules: Vec<ScoringRule> = rules.into_iter().collect::<Option<_>>()?;
    if rules.len() > MOST_RULES {
        let message =
            format!("the model has {} rules, and databases compute no more than {MOST_RULES}", rules.len());
        let hint =
            "Split it into several models, or give points by a calculation with `lookup(…)` in a table.";
        problems.push(Problem::error(Code::InvalidValue, header.name.span, message).hint(hint));
        return None;
    }
    let grades = grades?;
    if !definition.rules_unreadable {
        warn_of_what_no_score_reaches(definition, &rules, &grades, problems);
    }
    let asked = asked(&rules);
    let edges = collect_edges(&asked);
    let dependencies = conditions::dependencies(&asked);
    let model = ScoringModel {
        name: header.name.value.clone(),
        target,
        consent,
        timezone: zone.name().to_owned(),
        rules,
        grades,
        sales_ready: definition.sales_ready.as_ref().map(|ready| ready.value),
    };
    let mut meaning = format!("{model:?}");
    if meaning.contains("BusinessDays") {
        meaning.push_str(&format!("{:?}", zone.holidays()));
    }
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    Some(ModelPlan {
        was: text(&header.was),
        label: text(&header.label),
        description: text(&header.description),
        active: definition.active,
        start: match start {
            Some(start) => Some(start?),
            None => None,
        },
        end: match end {
            Some(end) => Some(end?),
            None => None,
        },
        zone: zone.clone(),
        edges,
        dependencies,
        asked,
        span: header.name.span,
        hash: hash(&[&meaning]),
        content: definitions.written(header).to_owned(),
        model,
    })
}

fn moment(text: &Text, zone: &Zone, problems: &mut Problems) -> Option<i64> {
    calendar::parse_moment(&text.value, zone)
        .map_err(|error| {
            let problem = Problem::error(Code::InvalidTime, text.span, error.to_string());
            problems.push(problem.hint(moment_hint(&text.value)));
        })
        .ok()
}

/// All that rules ask, as one condition.
fn asked(rules: &[ScoringRule]) -> Predicate {
    let mut all: Vec<Predicate> = Vec::new();
    for rule in rules {
        all.push(rule.when.clone());
        if let Points::Calculated(operand) = &rule.points {
            all.push(Predicate::IsBlank(operand.clone()));
        }
    }
    Predicate::All(all)
}

/// Sorts bands, highest first, and checks that they cover everything (semantics 23).
pub(super) fn bands(
    definitions: &[BandDefinition],
    what: &str,
    span: Span,
    problems: &mut Problems,
) -> Option<Vec<Band>> {
    let mut right = true;
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let mut starts: BTreeMap<Option<i64>, Span> = BTreeMap::new();
    for band in definitions {
        if let Some(first) = names.insert(&band.name.value, band.name.span) {
            let message = format!("there is a {what} `{}` already", band.name.value);
            let problem = Problem::error(Code::DuplicateName, band.name.span, message);
            problems.push(problem.related(first, "first defined here"));
            right = false;
        }
        let from = band.from.as_ref().map(|from| from.value);
        if let Some(first) = starts.insert(from, band.name.span) {
            let message = match from {
                Some(from) => format!("two {what}s start from {from}"),
                None => format!("two {what}s have no `from`"),
            };
            let hint = format!("Each {what} starts where the one below ends; only the lowest has no `from`.");
            let problem = Problem::error(Code::InvalidValue, band.name.span, message);
            problems.push(problem.related(first, "the other one").hint(hint));
            right = false;
        }
    }
    if !definitions.is_empty() && !starts.contains_key(&None) {
        let span = definitions.last().map_or(span, |band| band.name.span);
        let message = format!("the {what}s don't cover everything: none is without `from`");
        let hint = format!("Leave `from` out of the lowest {what}; it holds whatever lies below the others.");
        problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
        right = false;
    }
    let mut bands: Vec<Band> = definitions
        .iter()
        .map(|band| Band { name: band.name.value.clone(), from: band.from.as_ref().map(|from| from.value) })
        .collect();
    bands.sort_by_key(|band| std::cmp::Reverse(band.from));
    right.then_some(bands)
}

/// The lowest and the highest score that rules can come to; nothing where there is no end.
pub(super) fn score_range(rules: &[ScoringRule]) -> (Option<i64>, Option<i64>) {
    let sum = |end: &dyn Fn(&ScoringRule) -> Option<i64>| {
        rules.iter().map(end).try_fold(0_i64, |sum, end| Some(sum.saturating_add(end?))).map(rounded)
    };
    (sum(&|rule| reach(rule).0), sum(&|rule| reach(rule).1))
}

fn warn_of_what_no_score_reaches(
    definition: &ScoringModelDefinition,
    rules: &[ScoringRule],
    grades: &[Band],
    problems: &mut Problems,
) {
    let range = score_range(rules);
    warn_of_bands(&definition.grades, grades, "grade", range, problems);
    if let (Some(ready), Some(highest)) = (&definition.sales_ready, range.1)
        && ready.value > highest
    {
        let message = format!("no lead ever becomes sales-ready: the highest possible score is {highest}");
        let hint = format!("Write at most {highest}, or let the rules give more points.");
        problems.push(Problem::warning(Code::UnreachableScore, ready.span, message).hint(hint));
    }
}

pub(super) fn warn_of_bands(
    definitions: &[BandDefinition],
    bands: &[Band],
    what: &str,
    (lowest, highest): (Option<i64>, Option<i64>),
    problems: &mut Problems,
) {
    for (at, band) in bands.iter().enumerate() {
        let above = at.checked_sub(1).and_then(|above| bands.get(above)).and_then(|above| above.from);
        let problem = if let (Some(from), Some(highest)) = (band.from, highest)
            && from > highest
        {
            format!("no score reaches the {what} `{}`: the highest possible one is {highest}", band.name)
        } else if let (Some(above), Some(lowest)) = (above, lowest)
            && above <= lowest
        {
            format!("no score is so low as the {what} `{}`: the lowest possible one is {lowest}", band.name)
        } else {
            continue;
        };
        let span = definitions.iter().find(|definition| definition.name.value == band.name);
        if let Some(definition) = span {
            let problem = Problem::warning(Code::UnreachableScore, definition.name.span, problem);
            problems.push(problem.hint(format!(
                "Change its `from`, or let the rules give other points, or leave the {what} out."
            )));
        }
    }
}
