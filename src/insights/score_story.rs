//! How a record came by its scores: every rule, what it counted, and what is missing to more.

use crate::{
    calendar,
    compile::{ModelPlan, Plan},
    conditions::explain,
    model::{
        Answers, Bound, Did, Entity, Part, Predicate,
        scoring::{Band, Points, ScoringRule, band_of, rounded},
        time::HOUR,
    },
    store::{CountedInteraction, Store, StoreError},
};

/// A record's score by one model, or why it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreStory {
    /// The model.
    pub model: String,
    /// The score now; nothing when the record isn't scored.
    pub score: Option<i64>,
    /// The sum of the rules' points, in millionths.
    pub points: i64,
    /// The grade now.
    pub grade: Option<String>,
    /// The rules, in the model's order; their points add up to `points`.
    pub rules: Vec<RuleStory>,
    /// The next higher grade and how many points are missing to it.
    pub next_grade: Option<(String, i64)>,
    /// How many points are missing until the lead is sales-ready; 0 when they are there.
    pub missing_to_ready: Option<i64>,
    /// How many contacts could count.
    pub contacts: i64,
    /// How many of them are left out: children, and those below the model's consent.
    pub left_out: i64,
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStory {
    /// The rule.
    pub name: String,
    /// Its condition in words.
    pub says: String,
    /// Whether it holds.
    pub holds: bool,
    /// Its points, in millionths.
    pub points: i64,
    /// After how many hours the points of an interaction have halved.
    pub half_life: Option<i64>,
    /// The interactions that it looks at, oldest first.
    pub counted: Vec<CountedStory>,
}

/// An interaction that a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedStory {
    /// The interaction.
    pub interaction: CountedInteraction,
    /// From when on it counts no more; nothing when it always will.
    pub until: Option<i64>,
}

/// The scores of a lead, an account or a contact at `now`, computed anew, so that the lines add up.
///
/// # Errors
/// When the store fails.
pub fn score_stories(
    store: &mut Store,
    plan: &Plan,
    entity: Entity,
    id: &str,
    now: i64,
) -> Result<Vec<ScoreStory>, StoreError> {
    let mut stories = Vec::new();
    let Some(key) = store.key_of(entity, id)? else { return Ok(stories) };
    for model in &plan.models {
        if model.model.target.subject() == entity && crate::audience::gives_scores(model, now) {
            stories.extend(story(store, model, key, now, &*plan.library)?);
        }
    }
    Ok(stories)
}

fn story(
    store: &mut Store,
    plan: &ModelPlan,
    key: i64,
    now: i64,
    answers: &dyn Answers,
) -> Result<Option<ScoreStory>, StoreError> {
    let model = &plan.model;
    let (contacts, left_out) = store.left_out(model, key)?;
    let Some(points) = store.points_of_rules(model, key, now, answers)? else {
        // A lead of the other kind is no concern of this model.
        let nobody_counts = model.target.base() == Entity::Contact && contacts > 0 && left_out == contacts;
        return Ok(nobody_counts.then(|| ScoreStory {
            model: model.name.clone(),
            score: None,
            points: 0,
            grade: None,
            rules: Vec::new(),
            next_grade: None,
            missing_to_ready: None,
            contacts,
            left_out,
        }));
    };
    let mut rules = Vec::new();
    for (rule, points) in model.rules.iter().zip(&points) {
        rules.push(RuleStory {
            name: rule.name.clone(),
            says: explain(&rule.when),
            holds: points.holds,
            points: points.points,
            half_life: rule.per.half_life(),
            counted: counted(store, plan, rule, key, now)?,
        });
    }
    let sum: i64 = points.iter().map(|points| points.points).sum();
    let score = rounded(sum);
    Ok(Some(ScoreStory {
        model: model.name.clone(),
        score: Some(score),
        points: sum,
        grade: band_of(&model.grades, score).map(|grade| grade.name.clone()),
        rules,
        next_grade: next_above(&model.grades, score),
        missing_to_ready: model.sales_ready.map(|ready| (ready - score).max(0)),
        contacts,
        left_out,
    }))
}

/// The next higher band, and how far it is.
fn next_above(bands: &[Band], score: i64) -> Option<(String, i64)> {
    let above = bands.iter().rev().find(|band| band.from.is_some_and(|from| from > score))?;
    Some((above.name.clone(), above.from? - score))
}

fn counted(
    store: &mut Store,
    plan: &ModelPlan,
    rule: &ScoringRule,
    key: i64,
    now: i64,
) -> Result<Vec<CountedStory>, StoreError> {
    let mut dids = Vec::new();
    collect(Part::Predicate(&rule.when), &mut dids);
    if let Points::Calculated(operand) = &rule.points {
        collect(Part::Operand(operand), &mut dids);
    }
    let mut stories: Vec<CountedStory> = Vec::new();
    for did in dids {
        for interaction in store.counted_interactions(&plan.model, rule, did, key, now)? {
            if stories.iter().any(|story| story.interaction.id == interaction.id) {
                continue;
            }
            let window = match &did.since {
                Some(Bound::Ago(length)) => calendar::after(interaction.at, *length, &plan.zone).ok(),
                _ => None,
            };
            // A window includes its end.
            let gone = rule.per.half_life().map(|hours| {
                interaction.at.saturating_add(crate::model::scoring::MOST_HALVINGS * hours * HOUR)
            });
            let until = [window.map(|end| end.saturating_add(1)), gone].into_iter().flatten().min();
            stories.push(CountedStory { interaction, until });
        }
    }
    stories.sort_by(|a, b| (a.interaction.at, &a.interaction.id).cmp(&(b.interaction.at, &b.interaction.id)));
    Ok(stories)
}

/// The interactions that a rule asks of the record itself, counted or measured.
fn collect<'p>(part: Part<'p>, dids: &mut Vec<&'p Did>) {
    match (part, part.did()) {
        (_, Some(did)) => dids.push(did),
        (Part::Predicate(Predicate::Related(_)), _) => {}
        (part, None) => part.below().into_iter().for_each(|part| collect(part, dids)),
    }
}
