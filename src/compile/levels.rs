//! Levels, and how scores are used by other definitions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    plan::{LevelsPlan, ModelPlan, SegmentPlan},
    scoring::{bands, score_range, warn_of_bands},
    shared::hash,
};
use crate::{
    definitions::{Definitions, LevelsDefinition},
    diagnostics::{Code, Problem, Problems, Span, did_you_mean},
    model::{
        Entity,
        scoring::{Levels, ScoringTarget},
    },
};

/// Checks all levels.
pub(super) fn compile(
    definitions: &Definitions,
    models: &[ModelPlan],
    problems: &mut Problems,
) -> Vec<LevelsPlan> {
    let mut plans: BTreeMap<String, LevelsPlan> = BTreeMap::new();
    let mut primary: BTreeMap<Entity, Span> = BTreeMap::new();
    for definition in &definitions.levels {
        if let Some(span) =
            definition.primary.as_ref().filter(|primary| primary.value).map(|primary| primary.span)
            && let Some(first) = primary.insert(definition.of.value, span)
        {
            let message =
                format!("two sets of levels are the primary one of {}", definition.of.value.plural());
            let problem = Problem::error(Code::DuplicateName, span, message).related(first, "the other one");
            problems
                .push(problem.hint(format!("`{}.level` can only mean one of them.", definition.of.value)));
        }
        if let Some(plan) = levels_plan(definition, definitions, models, problems) {
            plans.entry(plan.levels.name.clone()).or_insert(plan);
        }
    }
    plans.into_values().collect()
}

fn levels_plan(
    definition: &LevelsDefinition,
    definitions: &Definitions,
    models: &[ModelPlan],
    problems: &mut Problems,
) -> Option<LevelsPlan> {
    let header = &definition.header;
    let levels = bands(&definition.levels, "level", header.name.span, problems);
    let wanted = match definition.of.value {
        Entity::Contact => ScoringTarget::Contacts,
        Entity::Account | Entity::Lead => ScoringTarget::Accounts,
    };
    let name = &definition.model.value;
    let written = definitions.scoring_models.iter().find(|model| model.header.name.value == *name);
    match written {
        None => {
            let known = definitions.scoring_models.iter().map(|model| model.header.name.value.as_str());
            let problem = Problem::error(
                Code::UnknownModel,
                definition.model.span,
                format!("there is no scoring model `{name}`"),
            );
            problems.push(problem.hint_if(did_you_mean(name, known)));
            return None;
        }
        Some(model) if model.target.value != wanted => {
            let message = format!(
                "the model `{name}` scores {}, and these levels are of {}",
                model.target.value.name(),
                definition.of.value.plural()
            );
            let hint = format!("Name a model with `target: {}`.", wanted.name());
            problems.push(Problem::error(Code::InvalidValue, definition.model.span, message).hint(hint));
            return None;
        }
        Some(_) => {}
    }
    let levels = levels?;
    if let Some(model) = models.iter().find(|model| model.model.name == *name) {
        warn_of_bands(&definition.levels, &levels, "level", score_range(&model.model.rules), problems);
    }
    let levels = Levels {
        name: header.name.value.clone(),
        of: definition.of.value,
        model: name.clone(),
        primary: definition.primary.as_ref().is_some_and(|primary| primary.value),
        levels,
    };
    Some(LevelsPlan {
        was: header.was.as_ref().map(|text| text.value.clone()),
        hash: hash(&[&format!("{levels:?}")]),
        content: definitions.written(header).to_owned(),
        levels,
    })
}

/// Reports segments that ask for the scores of a model which asks for them in turn.
pub(super) fn report_circles(models: &[ModelPlan], segments: &[SegmentPlan], problems: &mut Problems) {
    for model in models {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = model.dependencies.segments.iter().map(String::as_str).collect();
        while let Some(name) = next.pop() {
            let Some(segment) = segments.iter().find(|segment| segment.name == name) else { continue };
            if !seen.insert(name) {
                continue;
            }
            if let Some(score) = segment.dependencies.scores.first() {
                let message = format!(
                    "the model `{}` asks for the segment `{name}`, which is made from scores (`{score}`)",
                    model.model.name
                );
                let hint =
                    "Let the segment ask for fields or interactions, or write its condition into the rule.";
                problems.push(Problem::error(Code::CircularScores, model.span, message).hint(hint));
                break;
            }
            next.extend(segment.dependencies.segments.iter().map(String::as_str));
        }
    }
}
