//! Publication: what changed in the definitions becomes what runs (semantics 25 to 27).

use std::collections::BTreeMap;

use crate::{
    compile::{JourneyPlan, Plan, Removal, StepPlan, needs_of},
    definitions::Snapshot,
    engine::{BY_DELIVERY, LiveJourney},
    store::{Publication, PublishedStep, Removed, StepWakes, Store, StoreError, UndeclaredField},
    tiles::Wakes,
};

/// Why definitions can't be published. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// People stand on steps that are gone.
    #[error("{count} stand on step `{step}` of journey `{journey}`, which is no longer there")]
    StepRemoved {
        /// The journey.
        journey: String,
        /// The step that is gone.
        step: String,
        /// How many stand there.
        count: i64,
    },
    /// A journey with people in it is gone.
    #[error("{count} are in the journey `{journey}`, which is no longer defined")]
    JourneyRemoved {
        /// The journey.
        journey: String,
        /// How many are in it.
        count: i64,
    },
    /// A field that holds values is gone.
    #[error("{count} records have a value in the field `{field}`, which is no longer declared")]
    FieldRemoved {
        /// The field, with whose it is: `contact.region`.
        field: String,
        /// How many records have a value.
        count: i64,
    },
    /// A new journey has a name that another had before.
    #[error("`{name}` was the name of the journey `{now}`, and what that did and sent bears it")]
    JourneyNameTaken {
        /// The name.
        name: String,
        /// The present name of the journey that had it.
        now: String,
    },
    /// A new step has an id that another had before.
    #[error(
        "`{id}` was the id of the step `{now}` of journey `{journey}`, and what that did and sent bears it"
    )]
    StepIdTaken {
        /// The journey.
        journey: String,
        /// The id.
        id: String,
        /// The present id of the step that had it.
        now: String,
    },
}

/// What a publication takes along.
#[derive(Debug, Clone, Default)]
pub struct Publishing {
    /// The git revision of the definitions, where there is one.
    pub revision: Option<String>,
    /// The folder that is published; nothing where definitions don't come from one.
    pub snapshot: Option<Snapshot>,
}

impl PublishError {
    /// Whether the definitions are refused, as opposed to a store that fails.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, PublishError::Store(error) if !matches!(error, StoreError::FieldType { .. }))
    }
}

/// Asks whether definitions can be published. Nothing is changed.
///
/// # Errors
/// As [`publish`].
pub fn admit(store: &mut Store, plan: &Plan) -> Result<(), PublishError> {
    refuse_lost_people(store, plan)?;
    refuse_taken_names(store, plan)?;
    refuse_lost_values(plan, &store.undeclared_fields(&plan.catalog)?)?;
    store.refuse_changed_types(&plan.catalog)?;
    Ok(())
}

/// Publishes what changed since the last time and gives the journeys with their keys.
///
/// # Errors
/// When people stand on something that is gone without a word on what becomes of them, or the store
/// fails.
pub fn publish<'a>(
    store: &mut Store,
    plan: &'a Plan,
    publishing: &Publishing,
    now: i64,
) -> Result<Vec<LiveJourney<'a>>, PublishError> {
    let undeclared = store.undeclared_fields(&plan.catalog)?;
    admit(store, plan)?;
    rename(store, plan)?;
    for field in &undeclared {
        store.drop_field(field)?;
    }
    for name in &plan.settings.removed_journeys {
        let stopped = store.end_removed_journey(name, now)?;
        if stopped > 0 {
            tracing::info!(journey = name, stopped, "removed");
        }
    }
    store.declare(&plan.catalog)?;
    store.keep_holidays(plan.settings.zone.holidays())?;
    let known = store.published("journey")?;
    let mut live = Vec::new();
    for journey in &plan.journeys {
        let unchanged = known.get(&journey.name) == Some(&journey.hash);
        let row = match store.journey_row(&journey.name)? {
            Some(row) if unchanged => row,
            _ => {
                let (steps, removed) = (published_steps(journey), removed(journey));
                store.publish_journey(&journey.name, journey.target.name(), &steps, &removed, now)?
            }
        };
        let step_keys: Vec<i64> =
            journey.steps.iter().map(|step| row.steps.get(&step.id).copied().unwrap_or(-1)).collect();
        let origin = |key: &i64| row.step_origins.get(key).cloned().unwrap_or_default();
        let step_origins = step_keys.iter().map(origin).collect();
        let wakes: Vec<Wakes> = journey.steps.iter().map(|step| plan.wakes(&step.tile)).collect();
        let declared = step_keys.iter().copied().zip(wakes.iter().map(step_wakes)).collect::<Vec<_>>();
        store.declare_wakes(row.key, &declared, now)?;
        let published_at = if unchanged { store.published_at("journey", &journey.name)? } else { None };
        live.push(LiveJourney {
            plan: journey,
            key: row.key,
            step_keys,
            origin: row.origin,
            step_origins,
            wakes,
            needs: needs_of(journey),
            segments: &plan.conditions,
            published_at: published_at.unwrap_or(now),
        });
    }
    let changed = changed(store, plan, &known)?;
    if !changed.is_empty() {
        for publication in &changed {
            tracing::info!(kind = publication.kind, name = publication.name, "published");
        }
        store.publish(now, publishing.revision.as_deref(), &changed)?;
    }
    if let Some(snapshot) = &publishing.snapshot {
        store.keep_snapshot(&snapshot.files, publishing.revision.as_deref(), now)?;
    }
    Ok(live)
}

/// Keys of messages and records are made of names: a second journey or step of a name would seem to have
/// sent and made already what the first did.
fn refuse_taken_names(store: &mut Store, plan: &Plan) -> Result<(), PublishError> {
    for journey in &plan.journeys {
        let known = match (store.journey_row(&journey.name)?, &journey.was) {
            (Some(row), _) => Some(row),
            (None, Some(was)) => store.journey_row(was)?,
            (None, None) => None,
        };
        let Some(row) = known else {
            match store.journey_formerly(&journey.name)? {
                Some(now) => {
                    return Err(PublishError::JourneyNameTaken { name: journey.name.clone(), now });
                }
                None => continue,
            }
        };
        for (id, now) in store.former_steps(row.key)? {
            let new = |step: &&StepPlan| step.id == id && !row.steps.contains_key(&id);
            let back = |step: &StepPlan| step.was.as_ref() == Some(&now);
            if journey.steps.iter().find(new).is_some_and(|step| !back(step)) {
                return Err(PublishError::StepIdTaken { journey: journey.name.clone(), id, now });
            }
        }
    }
    Ok(())
}

fn refuse_lost_values(plan: &Plan, undeclared: &[UndeclaredField]) -> Result<(), PublishError> {
    let cleared = |field: &UndeclaredField| {
        plan.settings
            .removed_fields
            .iter()
            .any(|(entity, name)| (*entity, name) == (field.entity, &field.name))
    };
    match undeclared.iter().find(|field| field.values > 0 && !cleared(field)) {
        Some(field) => Err(PublishError::FieldRemoved {
            field: format!("{}.{}", field.entity.name(), field.name),
            count: field.values,
        }),
        None => Ok(()),
    }
}

fn rename(store: &mut Store, plan: &Plan) -> Result<(), StoreError> {
    for journey in &plan.journeys {
        if let Some(was) = &journey.was {
            store.rename("journey", was, &journey.name)?;
        }
    }
    for segment in &plan.segments {
        if let Some(was) = &segment.was {
            store.rename("segment", was, &segment.name)?;
        }
    }
    for model in &plan.models {
        if let Some(was) = &model.was {
            store.rename("scoring_model", was, &model.model.name)?;
        }
    }
    for levels in &plan.levels {
        if let Some(was) = &levels.was {
            store.rename("levels", was, &levels.levels.name)?;
        }
    }
    for email in plan.emails.values() {
        if let Some(was) = &email.was {
            store.rename("email", was, &email.name)?;
        }
    }
    for workflow in plan.workflows.values() {
        if let Some(was) = &workflow.was {
            store.rename("workflow", was, &workflow.name)?;
        }
    }
    for (was, name) in &plan.catalog.renamed_topics {
        store.rename("topic", was, name)?;
    }
    Ok(())
}

fn refuse_lost_people(store: &mut Store, plan: &Plan) -> Result<(), PublishError> {
    let known: Vec<String> = store.journeys()?.into_iter().map(|(name, _)| name).collect();
    for name in &known {
        let standing = store.standing(name)?;
        let renamed = |journey: &&JourneyPlan| {
            journey.was.as_deref() == Some(name.as_str()) && !known.contains(&journey.name)
        };
        let name = name.clone();
        let Some(journey) = plan.journeys.iter().find(renamed).or_else(|| plan.journey(&name)) else {
            let count: i64 = standing.values().sum();
            if count > 0 && !plan.settings.removed_journeys.contains(&name) {
                return Err(PublishError::JourneyRemoved { journey: name, count });
            }
            continue;
        };
        for (step, count) in standing {
            let stays = journey
                .steps
                .iter()
                .any(|planned| planned.id == step || planned.was.as_deref() == Some(step.as_str()));
            if !stays && !journey.removed.iter().any(|(id, _)| *id == step) {
                return Err(PublishError::StepRemoved { journey: name, step, count });
            }
        }
    }
    Ok(())
}

fn published_steps(journey: &JourneyPlan) -> Vec<PublishedStep> {
    journey
        .steps
        .iter()
        .map(|step| PublishedStep {
            id: step.id.clone(),
            was: step.was.clone(),
            tile: step.tile_name.clone(),
            look_after: step.tile.look.after,
            look_at: step.tile.look.at,
        })
        .collect()
}

fn step_wakes(wakes: &Wakes) -> StepWakes {
    let mails = BY_DELIVERY.iter().filter(|_| wakes.mails).map(|name| (*name).to_owned());
    StepWakes {
        interactions: wakes.interactions.iter().cloned().chain(mails).collect(),
        records: wakes.records,
        leads: wakes.leads,
        activities: wakes.activities,
        whole_account: wakes.whole_account,
        colleagues: wakes.colleagues,
    }
}

fn removed(journey: &JourneyPlan) -> Vec<(String, Removed)> {
    let fate = |removal: &Removal| match removal {
        Removal::Exit => Removed::Exit,
        Removal::To(step) => Removed::To(step.clone()),
    };
    journey.removed.iter().map(|(id, removal)| (id.clone(), fate(removal))).collect()
}

fn changed(
    store: &mut Store,
    plan: &Plan,
    journeys: &BTreeMap<String, String>,
) -> Result<Vec<Publication>, StoreError> {
    let (segments, emails) = (store.published("segment")?, store.published("email")?);
    let (models, levels) = (store.published("scoring_model")?, store.published("levels")?);
    let workflows = store.published("workflow")?;
    let mut changed = Vec::new();
    let mut compare =
        |known: &BTreeMap<String, String>, kind: &str, name: &str, hash: &str, content: &str| {
            if known.get(name).is_none_or(|former| former != hash) {
                changed.push(Publication {
                    kind: kind.to_owned(),
                    name: name.to_owned(),
                    hash: hash.to_owned(),
                    content: content.to_owned(),
                });
            }
        };
    for segment in &plan.segments {
        compare(&segments, "segment", &segment.name, &segment.hash, &segment.content);
    }
    for model in &plan.models {
        compare(&models, "scoring_model", &model.model.name, &model.hash, &model.content);
    }
    for set in &plan.levels {
        compare(&levels, "levels", &set.levels.name, &set.hash, &set.content);
    }
    for email in plan.emails.values() {
        compare(&emails, "email", &email.name, &email.hash, &email.content);
    }
    for workflow in plan.workflows.values() {
        compare(&workflows, "workflow", &workflow.name, &workflow.hash, &workflow.content);
    }
    for journey in &plan.journeys {
        compare(journeys, "journey", &journey.name, &journey.hash, &journey.content);
    }
    Ok(changed)
}
