//! Everything that happened with one account and its contacts, and what comes next.

use std::collections::BTreeMap;

use super::{
    JourneyFacts, NotCounted,
    flow::{Moved, in_order, merged},
    not_counted::{Moments, not_counted},
};
use crate::{
    compile::JourneyPlan,
    model::{Entity, Subject, Value, standard_fields},
    store::{
        AccountDecision, AccountParticipant, AccountVisit, AudienceCounts, MadeRow, MembershipRow, Store,
        StoreError,
    },
};

/// The story of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStory {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The salesperson who looks after it.
    pub owner: Option<String>,
    /// The ids of its present contacts.
    pub contacts: Vec<String>,
    /// Segments that it joined and left, oldest first.
    pub memberships: Vec<MembershipRow>,
    /// The iterations that any of its contacts entered for it, oldest first.
    pub journeys: Vec<AccountJourney>,
    /// The journeys that none of its contacts entered, and why.
    pub elsewhere: Vec<AccountElsewhere>,
}

/// An account's way through an iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountJourney {
    /// The journey.
    pub journey: String,
    /// The iteration's number.
    pub iteration: i64,
    /// Its contacts in it.
    pub participants: Vec<AccountParticipant>,
    /// The steps that any of them came to, or that decided for them, in order.
    pub steps: Vec<AccountStep>,
}

/// An account at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStep {
    /// The step's id.
    pub step: String,
    /// The step's tile; nothing when nobody has come to it yet.
    pub tile: Option<String>,
    /// Which arrival it was.
    pub visit: i64,
    /// The one decision of the account.
    pub decision: Option<AccountDecision>,
    /// Who came, and what became of them.
    pub visits: Vec<AccountVisit>,
    /// What was made, each with the contact that it was for; once for the account without one.
    pub made: Vec<(Option<String>, MadeRow)>,
    /// What its contacts in the journey did before, and doesn't count here, where it waits for that or took
    /// `else`; each with the contact.
    pub not_counted: Vec<(String, NotCounted)>,
}

/// A journey that nobody of an account entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountElsewhere {
    /// The journey.
    pub journey: String,
    /// How many of its contacts are in the audience.
    pub in_audience: i64,
    /// What keeps them out, and how many.
    pub kept_out: Vec<(String, i64)>,
    /// When the journey starts.
    pub starts_at: i64,
}

/// Tells the story of an account up to `now`; nothing when there is no such account.
///
/// # Errors
/// When the store fails.
pub fn account_story(
    store: &mut Store,
    account_id: &str,
    journeys: &[JourneyFacts<'_>],
    now: i64,
) -> Result<Option<AccountStory>, StoreError> {
    let mut fields = standard_fields(Entity::Account);
    fields.retain(|field| ["name", "owner"].contains(&field.name.as_str()));
    let Some(mut record) = store.record(Entity::Account, account_id, &fields)? else { return Ok(None) };
    let Some(key) = store.account_key(account_id)? else { return Ok(None) };
    let mut known = |name: &str| match record.remove(name) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    };
    let (name, owner) = (known("name"), known("owner"));

    let facts_of =
        |name: &str| journeys.iter().find(|facts| [Some(facts.name), facts.was].contains(&Some(name)));
    let mut stories: Vec<AccountJourney> = Vec::new();
    for participant in store.account_participants(key)? {
        let last = stories.last_mut().filter(|last| {
            last.participants.first().is_some_and(|one| one.iteration_key == participant.iteration_key)
        });
        match last {
            Some(last) => last.participants.push(participant),
            None => stories.push(AccountJourney {
                journey: participant.journey.clone(),
                iteration: participant.iteration,
                steps: steps(store, participant.iteration_key, key, facts_of(&participant.journey))?,
                participants: vec![participant],
            }),
        }
    }
    for story in &mut stories {
        if let Some(plan) = facts_of(&story.journey).and_then(|facts| facts.plan) {
            add_not_counted(store, plan, story, now)?;
        }
    }
    let mut elsewhere = Vec::new();
    for facts in journeys {
        let names = [Some(facts.name), facts.was];
        if stories.iter().any(|story| names.contains(&Some(story.journey.as_str()))) {
            continue;
        }
        let audience = facts.audience_of(Subject::Account, account_id);
        let AudienceCounts { all, kept_out, .. } =
            store.audience_counts(&audience, facts.blocks, None, facts.timezone, now)?;
        elsewhere.push(AccountElsewhere {
            journey: facts.name.to_owned(),
            in_audience: all,
            kept_out,
            starts_at: facts.starts_at,
        });
    }
    Ok(Some(AccountStory {
        id: account_id.to_owned(),
        name,
        owner,
        contacts: store.contacts_of_account(key)?,
        memberships: store.account_membership_history(key)?,
        journeys: stories,
        elsewhere,
    }))
}

/// Adds to each step what the contacts in the journey did before, where the step waits for that, or the
/// account or a contact took `else`.
fn add_not_counted(
    store: &mut Store,
    plan: &JourneyPlan,
    story: &mut AccountJourney,
    now: i64,
) -> Result<(), StoreError> {
    for step in &mut story.steps {
        let opened_at = step.decision.as_ref().map(|decision| decision.opened_at);
        let decided = step.decision.as_ref().and_then(|decision| decision.path.as_deref());
        let mut visits: BTreeMap<&str, &AccountVisit> = BTreeMap::new();
        for visit in &step.visits {
            visits.entry(&visit.contact_id).or_insert(visit);
        }
        for participant in story.participants.iter().filter(|participant| participant.state != 3) {
            let visit = visits.get(participant.contact_id.as_str()).copied();
            let path = decided.or(visit.and_then(|visit| visit.path.as_deref()));
            let waits = opened_at.is_some() || visit.is_some_and(|visit| visit.left_at.is_none());
            if !(path == Some("else") || path.is_none() && waits) {
                continue;
            }
            let moments = Moments {
                entered_at: participant.entered_at,
                arrived_at: visit.map(|visit| visit.arrived_at),
                opened_at,
            };
            let contact = &participant.contact_id;
            let earlier = not_counted(store, plan, &step.step, contact, moments, now)?;
            step.not_counted.extend(earlier.into_iter().map(|one| (contact.clone(), one)));
        }
    }
    Ok(())
}

fn steps(
    store: &mut Store,
    iteration_key: i64,
    account_key: i64,
    facts: Option<&JourneyFacts<'_>>,
) -> Result<Vec<AccountStep>, StoreError> {
    let mut steps: Vec<AccountStep> = Vec::new();
    fn at<'s>(steps: &'s mut Vec<AccountStep>, step: &str, visit: i64) -> &'s mut AccountStep {
        let place = steps.iter().position(|known| known.step == step && known.visit == visit);
        let place = place.unwrap_or_else(|| {
            steps.push(AccountStep {
                step: step.to_owned(),
                tile: None,
                visit,
                decision: None,
                visits: Vec::new(),
                made: Vec::new(),
                not_counted: Vec::new(),
            });
            steps.len() - 1
        });
        &mut steps[place]
    }
    let mut by_contact: BTreeMap<String, Vec<AccountVisit>> = BTreeMap::new();
    for visit in store.account_visits(iteration_key, account_key)? {
        by_contact.entry(visit.contact_id.clone()).or_default().push(visit);
    }
    let chains = by_contact.into_values().map(|visits| {
        in_order(visits, facts, |visit| Moved {
            step: &visit.step,
            path: visit.path.as_deref(),
            arrived_at: visit.arrived_at,
            left_at: visit.left_at,
        })
    });
    let place = |visit: &AccountVisit| (visit.step.clone(), visit.visit);
    for visit in merged(chains.collect(), |visit| visit.arrived_at, place) {
        let step = at(&mut steps, &visit.step, visit.visit);
        step.tile = Some(visit.tile.clone());
        step.visits.push(visit);
    }
    for decision in store.account_decisions(iteration_key, account_key)? {
        at(&mut steps, &decision.step, decision.visit).decision = Some(decision.clone());
    }
    for (contact, made) in store.account_made(iteration_key, account_key)? {
        at(&mut steps, &made.step, made.visit).made.push((contact, made.clone()));
    }
    Ok(steps)
}
