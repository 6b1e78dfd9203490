//! Scores and levels kept up to date.

use std::collections::BTreeMap;

use super::{
    failing::{Failing, MODEL},
    refresh::fields,
    score_turns::turned,
};
use crate::{
    calendar,
    compile::{ModelPlan, Plan, scores_of},
    model::{
        Entity, Part, Predicate, Records,
        scoring::{Levels, PROFILING, ScoringModel},
        time::HOUR,
    },
    store::{Changes, Fields, ModelState, Passed, Reach, Scored, Store, StoreError},
};

/// Computes the scores of every model that is new, was changed, or whose inputs can have changed, and
/// levels with them. A model whose computation the database refuses stays as it was, and so do those that ask
/// for segments that fail.
///
/// # Errors
/// When the store fails; models computed before stay computed.
pub fn refresh_scores(store: &mut Store, plan: &Plan, now: i64) -> Result<Scored, StoreError> {
    let mut done = Scored::default();
    let mut states = states(store)?;
    if plan.models.is_empty() && states.is_empty() {
        return Ok(done);
    }
    let models: Vec<&str> = plan.models.iter().map(|model| model.model.name.as_str()).collect();
    let levels: Vec<&str> = plan.levels.iter().map(|levels| levels.levels.name.as_str()).collect();
    store.keep_models(&models, &levels)?;
    let mut declared = false;
    for model in &plan.models {
        if states.get(&model.model.name).is_none_or(|state| state.hash != model.hash) {
            store.declare_model(&model.model, &model.hash)?;
            declared = true;
        }
    }
    if declared {
        states = self::states(store)?;
    }
    store.note_score_changes()?;
    let mut failing = Failing::read(store, plan)?;
    for model in &plan.models {
        let (name, dependencies) = (&model.model.name, &model.dependencies);
        let Some(state) = states.get(name) else { continue };
        if let Some(reason) = failing.needed(plan, &dependencies.segments, &dependencies.scores) {
            failing.failed(store, (MODEL, name), &reason, now)?;
            continue;
        }
        let scored = match refresh(store, plan, model, state, now) {
            Ok(scored) => scored,
            Err(error) if error.is_about_a_statement() => {
                failing.failed(store, (MODEL, name), &error.to_string(), now)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        failing.works(store, MODEL, name)?;
        done.computed += scored.computed;
        done.changed += scored.changed;
        done.ready += scored.ready;
        done.levels += scored.levels;
        tracing::debug!(
            model = model.model.name,
            computed = scored.computed,
            changed = scored.changed,
            ready = scored.ready,
            levels = scored.levels,
            "scores computed"
        );
    }
    // What a model that fails hasn't seen is kept for it.
    if !plan.models.iter().any(|model| failing.has(MODEL, &model.model.name)) {
        store.forget_score_changes()?;
    }
    Ok(done)
}

fn refresh(
    store: &mut Store,
    plan: &Plan,
    model: &ModelPlan,
    state: &ModelState,
    now: i64,
) -> Result<Scored, StoreError> {
    let of_model = plan.levels.iter().filter(|levels| levels.levels.model == model.model.name);
    let levels: Vec<&Levels> = of_model.clone().map(|levels| &levels.levels).collect();
    let dependents = dependents(plan, &model.model);
    let mut changed = 0;
    for plan in of_model {
        if store.declare_levels(&plan.levels.name, &plan.hash)? && state.scored_at.is_some() {
            changed += store.compute_levels(&plan.levels, now, &dependents)?;
        }
    }
    let scored = if !gives_scores(model, now) {
        store.remove_scores(&model.model, &levels, now, &dependents)?
    } else {
        let changes = match state.scored_at {
            None => None,
            // Another worker was here later, and did what there was to do.
            Some(before) if before > now => return Ok(Scored::default()),
            Some(before) => changes(plan, model, before, now),
        };
        store.compute_scores(&model.model, &levels, changes.as_ref(), now, &dependents, &*plan.library)?
    };
    Ok(Scored { levels: scored.levels + changed, ..scored })
}

/// Whether a model gives scores at a moment.
#[must_use]
pub fn gives_scores(model: &ModelPlan, now: i64) -> bool {
    model.active && model.start.is_none_or(|start| start <= now) && model.end.is_none_or(|end| now <= end)
}

/// What can have changed between two moments; nothing when it can be everybody.
fn changes(plan: &Plan, model: &ModelPlan, before: i64, now: i64) -> Option<Changes> {
    let mut passed = Vec::new();
    for edge in model.edges.iter().filter(|_| before < now) {
        let ago = |at: i64| match edge.window {
            None => at,
            Some(length) => calendar::before(at, length, &model.zone).unwrap_or(i64::MIN),
        };
        // On the calendar a window may open again over what fell out of it.
        let (first, last) = (ago(before), ago(now));
        passed.push(Passed {
            interaction: edge.interaction.clone(),
            from: first.min(last),
            to: first.max(last),
        });
    }
    let dependencies = &model.dependencies;
    if !dependencies.followed.is_empty() {
        // Whose rules lead to a record that changed isn't told apart.
        return None;
    }
    let base = model.model.target.base();
    let concerns = |entity: Entity| fields(dependencies, base, entity);
    let profiling = if base == Entity::Contact { Fields::of(PROFILING) } else { Fields::default() };
    let mut leads = false;
    Part::Predicate(&model.asked).each(&mut |part| {
        leads |= matches!(part, Part::Predicate(Predicate::Related(of)) if of.records == Records::Leads);
    });
    let segments = dependencies.segments.iter();
    Some(Changes {
        reach: Reach {
            contacts: concerns(Entity::Contact) | profiling,
            accounts: concerns(Entity::Account),
            leads: if leads { Fields::of(dependencies.fields(Entity::Lead)) } else { Fields::default() },
            interactions: dependencies.interactions.iter().cloned().collect(),
            account_interactions: dependencies.account_interactions.iter().cloned().collect(),
            profiling_in_history: base == Entity::Account,
            segments: Vec::new(),
            across: dependencies.across,
            primary_contacts: dependencies.primary_contacts,
            followed: Vec::new(),
            activities: dependencies.activities,
            passed,
        },
        segments: segments
            .filter_map(|name| Some((name.clone(), *plan.catalog.segments.get(name)?)))
            .collect(),
        turned: turned(&model.asked, &model.zone, before, now)?,
        since: before,
        faded: before.div_euclid(HOUR) != now.div_euclid(HOUR),
    })
}

/// The names of segments that ask for a model's scores or for levels made from them.
fn dependents(plan: &Plan, model: &ScoringModel) -> Vec<String> {
    let asked = scores_of(plan, &model.name);
    let asks = |segment: &&crate::compile::SegmentPlan| {
        segment.dependencies.scores.iter().any(|score| asked.contains(score))
    };
    plan.segments.iter().filter(asks).map(|segment| segment.name.clone()).collect()
}

/// The earliest moment after `now` at which a score changes though nothing comes in, on the workspace's
/// refresh schedule.
///
/// # Errors
/// When the store fails.
pub fn next_scores(store: &mut Store, plan: &Plan, now: i64) -> Result<Option<i64>, StoreError> {
    let mut next: Option<i64> = None;
    for model in &plan.models {
        let mut sooner = |at: i64| next = Some(next.map_or(at, |next| next.min(at)));
        for at in [model.start, model.end.map(|end| end.saturating_add(1))].into_iter().flatten() {
            if model.active && at > now {
                sooner(at);
            }
        }
        if !gives_scores(model, now) {
            continue;
        }
        for edge in &model.edges {
            match edge.window {
                None => {
                    if let Some(at) = store.next_interaction(&edge.interaction, now)? {
                        sooner(at);
                    }
                }
                Some(length) => {
                    let Ok(oldest) = calendar::before(now, length, &model.zone) else { continue };
                    if let Some(at) = store.next_interaction(&edge.interaction, oldest.saturating_sub(1))?
                        && let Ok(end) = calendar::after(at, length, &model.zone)
                    {
                        // A window includes its end: what happened falls out a millisecond later.
                        sooner(end.saturating_add(1).max(now + 1));
                    }
                }
            }
        }
        let fades = model.model.rules.iter().any(|rule| rule.per.half_life().is_some());
        if model.dependencies.clock || fades {
            sooner(now - now.rem_euclid(HOUR) + HOUR);
        }
        if model.dependencies.clock
            && let Ok(tomorrow) = calendar::today(now, 1, &model.zone)
            && let Ok(midnight) = calendar::start_of_day(&tomorrow, &model.zone)
        {
            sooner(midnight);
        }
    }
    Ok(next.and_then(|at| plan.settings.refresh.at_or_after(at.max(now + 1), &plan.settings.zone)))
}

fn states(store: &mut Store) -> Result<BTreeMap<String, ModelState>, StoreError> {
    Ok(store.model_states()?.into_iter().map(|state| (state.name.clone(), state)).collect())
}
