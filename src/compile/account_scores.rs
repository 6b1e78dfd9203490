//! Journeys that decide about people by the score or level of their account, which others made (semantics 21).

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{JourneyPlan, SegmentPlan, StepPlan};
use crate::{
    conditions::{self, Dependencies},
    definitions::{Definitions, JourneyDefinition, StepDefinition},
    diagnostics::{Code, Problem, Problems, Span},
    model::{Asked, Catalog, Entity},
    tiles::{Deciding, Unit, Work},
};

/// What is known about scores of accounts.
struct Known<'a> {
    catalog: &'a Catalog,
    segments: &'a [SegmentPlan],
}

/// Warns of audiences and steps that decide about people by what their account's others did.
pub(super) fn warn(
    definitions: &Definitions,
    journeys: &[JourneyPlan],
    catalog: &Catalog,
    segments: &[SegmentPlan],
    problems: &mut Problems,
) {
    let known = Known { catalog, segments };
    for definition in &definitions.journeys {
        if definition.target.value == Entity::Contact {
            warn_of_audience(definition, &known, problems);
        }
        let name = &definition.header.name.value;
        let Some(journey) = journeys.iter().find(|journey| journey.name == *name) else { continue };
        let written: BTreeMap<&str, &StepDefinition> = super::flow::all_steps(definition)
            .into_iter()
            .map(|step| (step.id.value.as_str(), step))
            .collect();
        for step in &journey.steps {
            if let (Some((unit, score)), Some(written)) = (known.decides(step), written.get(step.id.as_str()))
            {
                warn_of_step(journey, step, unit, &score, place(written), problems);
            }
        }
    }
}

impl Known<'_> {
    /// The first score or level of an account that a condition depends on, segments included.
    fn account_score(&self, dependencies: &Dependencies) -> Option<String> {
        let of_account =
            |found: &Dependencies| found.scores.iter().find(|name| self.is_of_account(name)).cloned();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = dependencies.segments.iter().map(String::as_str).collect();
        let mut found = of_account(dependencies);
        while let (None, Some(name)) = (&found, next.pop()) {
            let Some(segment) = self.segments.iter().find(|segment| segment.name == name) else { continue };
            if seen.insert(&segment.name) {
                found = of_account(&segment.dependencies);
                next.extend(segment.dependencies.segments.iter().map(String::as_str));
            }
        }
        found
    }

    fn is_of_account(&self, name: &str) -> bool {
        self.catalog.measure(Entity::Account, name).is_some()
    }

    /// Whether a step decides by an account's score: about whom, and by which.
    fn decides(&self, step: &StepPlan) -> Option<(Unit, String)> {
        let Deciding { unit, needs, .. } = step.tile.deciding()?;
        let mut asked: Vec<(Unit, Dependencies)> = Vec::new();
        if let Some(question) = &needs.question {
            let unit = if question.asked == Asked::Contact { Unit::Contact } else { Unit::Account };
            asked.push((unit, conditions::dependencies(&question.predicate)));
        }
        asked.extend(
            needs.conditions.iter().map(|needed| (needed.of, conditions::dependencies(&needed.predicate))),
        );
        let decided =
            asked.iter().find_map(|(unit, dependencies)| Some((*unit, self.account_score(dependencies)?)));
        // A tile of one's own may look at the field.
        let field = || needs.account.iter().find(|field| self.is_of_account(&field.name));
        decided.or_else(|| field().map(|field| (*unit, field.name.clone())))
    }
}

fn warn_of_audience(definition: &JourneyDefinition, known: &Known<'_>, problems: &mut Problems) {
    let audience = &definition.audience;
    for name in audience.include.iter().chain(&audience.exclude).chain(&definition.suppress) {
        let named = Dependencies { segments: [name.value.clone()].into(), ..Dependencies::default() };
        let Some(score) = known.account_score(&named) else { continue };
        let message = format!(
            "the journey `{}` decides about people by `account.{score}`, which is made from what their colleagues did",
            definition.header.name.value
        );
        let hint = "Send accounts through it (`target: account`), or pick people by scores of their own: consent is each person's own.";
        problems.push(Problem::warning(Code::AccountScore, name.span, message).hint(hint));
    }
}

fn warn_of_step(
    journey: &JourneyPlan,
    step: &StepPlan,
    unit: Unit,
    score: &str,
    span: Span,
    problems: &mut Problems,
) {
    let behind = behind(journey, step);
    let named = |steps: &[&StepPlan]| {
        let names: Vec<String> =
            steps.iter().map(|step| format!("`{}` ({})", step.id, step.tile_name)).collect();
        names.join(", ")
    };
    let leads: Vec<&StepPlan> =
        behind.iter().copied().filter(|step| step.tile_name == "create_lead").collect();
    let (message, hint) = match unit {
        Unit::Contact => {
            let what = format!(
                "the step `{}` decides about people by `account.{score}`, which is made from what their colleagues did",
                step.id
            );
            let hint = match journey.target {
                Entity::Account => {
                    "Let it decide for accounts (`based_on: account`), or by scores of people's own: consent is each person's own."
                }
                _ => {
                    "Send accounts through the journey (`target: account`), or decide by scores of people's own: consent is each person's own."
                }
            };
            match behind.is_empty() {
                true => (what, hint),
                false => (format!("{what}; behind it, {} concern each of them", named(&behind)), hint),
            }
        }
        // What an account as a whole comes to is what its scores are for; a person's record isn't.
        Unit::Account if leads.is_empty() => return,
        Unit::Account => (
            format!(
                "behind the step `{}`, which decides by `account.{score}`, a lead is made of each person ({}) for what all of the account did",
                step.id,
                named(&leads)
            ),
            "Make one lead of the account (`for_each: account`), or decide by scores of people's own: consent is each person's own.",
        ),
    };
    problems.push(Problem::warning(Code::AccountScore, span, message).hint(hint));
}

/// The steps that can follow and concern each person by itself.
fn behind<'j>(journey: &'j JourneyPlan, step: &StepPlan) -> Vec<&'j StepPlan> {
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut next: Vec<usize> = step.next.iter().filter_map(|(_, to)| *to).collect();
    while let Some(place) = next.pop() {
        if reached.insert(place)
            && let Some(step) = journey.steps.get(place)
        {
            next.extend(step.next.iter().filter_map(|(_, to)| *to));
        }
    }
    let concerns_each = |step: &&StepPlan| match &step.tile.work {
        Work::Uniform(uniform) => uniform.mail.is_some(),
        Work::Each(deciding) => {
            let for_each = ["create_lead", "activity", "launch_workflow"].contains(&step.tile_name.as_str());
            deciding.unit == Unit::Contact && for_each
        }
    };
    reached.into_iter().filter_map(|place| journey.steps.get(place)).filter(concerns_each).collect()
}

/// Where a step says by what it decides.
fn place(step: &StepDefinition) -> Span {
    let condition = step.with.iter().find(|(key, _)| ["when", "cases"].contains(&key.value.as_str()));
    condition.map_or(step.id.span, |(key, _)| key.span)
}
