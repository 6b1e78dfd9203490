//! Everything that happened with one contact, and what comes next.

use super::{
    JourneyFacts, NotCounted,
    flow::{Moved, in_order},
    not_counted::{Moments, not_counted},
};
use crate::{
    definitions::ReentryRule,
    model::{Entity, Subject, Value, standard_fields},
    store::{
        InteractionRow, KeptOutRow, MadeRow, MailStanding, MembershipRow, Participation, Store, StoreError,
        VisitRow,
    },
};

/// The story of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactStory {
    /// Its id.
    pub id: String,
    /// Its name, where one is known.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// Its present account.
    pub account_id: Option<String>,
    /// What decides whether it may be written to.
    pub mail: MailStanding,
    /// Segments that it, or its account, joined and left, oldest first.
    pub memberships: Vec<MembershipRow>,
    /// The iterations of journeys that it entered, oldest first.
    pub journeys: Vec<JourneyStory>,
    /// The journeys that it never entered, and why.
    pub elsewhere: Vec<Elsewhere>,
    /// What it did, oldest first.
    pub interactions: Vec<InteractionRow>,
}

/// A contact's way through an iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyStory {
    /// When it entered, how it stands, why it stopped.
    pub participation: Participation,
    /// The steps visited, in order, the present one last.
    pub visits: Vec<VisitStory>,
    /// What was made for its account by steps that it didn't come to.
    pub made_meanwhile: Vec<MadeRow>,
    /// Since when the journey is paused, with the contact in it.
    pub paused_at: Option<i64>,
    /// When the contact may enter the iteration again, if it may.
    pub may_enter_again_at: Option<i64>,
    /// Whether the contact, which is through with the iteration, enters it again when it comes into the audience
    /// anew.
    pub enters_on_joining: bool,
}

/// A contact at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitStory {
    /// When it came and left, and why.
    pub visit: VisitRow,
    /// What the step made, for it or once for its account.
    pub made: Vec<MadeRow>,
    /// What it did before, and doesn't count here, where it waits for that or took `else`.
    pub not_counted: Vec<NotCounted>,
}

/// A journey that a contact didn't enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The journey.
    pub journey: String,
    /// Whether the contact is in its audience.
    pub in_audience: bool,
    /// What keeps it out.
    pub kept_out_by: Option<String>,
    /// What kept it out when a run looked last, and since when that was seen.
    pub kept_out_before: Option<KeptOutRow>,
    /// When the journey starts.
    pub starts_at: i64,
    /// Since when it is paused.
    pub paused_at: Option<i64>,
}

/// Tells the story of a contact up to `now`; nothing when there is no such contact.
///
/// # Errors
/// When the store fails.
pub fn contact_story(
    store: &mut Store,
    contact_id: &str,
    journeys: &[JourneyFacts<'_>],
    now: i64,
) -> Result<Option<ContactStory>, StoreError> {
    let wanted = ["first_name", "last_name", "full_name", "email", "account_id"];
    let mut fields = standard_fields(Entity::Contact);
    fields.retain(|field| wanted.contains(&field.name.as_str()));
    let Some(mut record) = store.record(Entity::Contact, contact_id, &fields)? else { return Ok(None) };
    let mut known = |name: &str| match record.remove(name) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    };
    let names: Vec<String> = [known("first_name"), known("last_name")].into_iter().flatten().collect();
    let name = known("full_name").or_else(|| (!names.is_empty()).then(|| names.join(" ")));
    let (email, account_id) = (known("email"), known("account_id"));

    let pauses = store.pauses()?;
    let mut stories = Vec::new();
    for participation in store.participations(contact_id)? {
        let named = |facts: &&JourneyFacts<'_>| {
            [Some(facts.name), facts.was].contains(&Some(participation.journey.as_str()))
        };
        let facts = journeys.iter().find(named);
        let paused_at = pauses.of(&participation.journey).filter(|_| participation.state == 1);
        let may_enter_again_at = facts.and_then(|facts| enters_again_at(facts, &participation, now));
        let mut story = journey_story(store, contact_id, participation, facts, now)?;
        (story.paused_at, story.may_enter_again_at) = (paused_at, may_enter_again_at);
        story.enters_on_joining =
            facts.is_some_and(|facts| enters_on_joining(facts, &story.participation, now));
        stories.push(story);
    }
    let kept_out = store.kept_out(contact_id)?;
    let mut elsewhere = Vec::new();
    for facts in journeys {
        let names = [Some(facts.name), facts.was];
        if stories.iter().any(|story| names.contains(&Some(story.participation.journey.as_str()))) {
            continue;
        }
        let audience = facts.audience_of(Subject::Contact, contact_id);
        let audience = store.audience_counts(&audience, facts.blocks, None, facts.timezone, now)?;
        elsewhere.push(Elsewhere {
            journey: facts.name.to_owned(),
            in_audience: audience.all > 0,
            kept_out_by: audience.kept_out.into_iter().next().map(|(reason, _)| reason),
            kept_out_before: kept_out.iter().rfind(|row| names.contains(&Some(&row.journey))).cloned(),
            starts_at: facts.starts_at,
            paused_at: names.into_iter().flatten().find_map(|name| pauses.of(name)),
        });
    }
    Ok(Some(ContactStory {
        id: contact_id.to_owned(),
        name,
        email,
        account_id,
        mail: store.mail_standing(contact_id, now)?,
        memberships: store.membership_history(contact_id)?,
        journeys: stories,
        elsewhere,
        interactions: store.interactions_of(contact_id, now)?,
    }))
}

/// Whether a contact that is through with an iteration enters it again when it comes into the audience anew.
fn enters_on_joining(facts: &JourneyFacts<'_>, part: &Participation, now: i64) -> bool {
    let Some(plan) = facts.plan.filter(|plan| plan.reentry == Some(ReentryRule::OnJoining)) else {
        return false;
    };
    let over = [plan.iteration_start(part.iteration + 1), facts.ends_at].into_iter().flatten().min();
    part.ended_at.is_some() && part.entered_again_at.is_none() && over.is_none_or(|over| over > now)
}

/// When a contact may enter an iteration again that it is through with, as long as it goes on then.
fn enters_again_at(facts: &JourneyFacts<'_>, part: &Participation, now: i64) -> Option<i64> {
    let (plan, ended_at) = (facts.plan?, part.ended_at?);
    let at = crate::calendar::elapsed(ended_at, plan.reentry?.length()?, &plan.zone).ok()?;
    let newer = plan.iteration_start(part.iteration + 1);
    let over = [newer, facts.ends_at].into_iter().flatten().min();
    let goes_on = part.entered_again_at.is_none() && over.is_none_or(|over| over > at.max(now));
    goes_on.then_some(at)
}

fn journey_story(
    store: &mut Store,
    contact_id: &str,
    participation: Participation,
    facts: Option<&JourneyFacts<'_>>,
    now: i64,
) -> Result<JourneyStory, StoreError> {
    let visits = in_order(store.visits(contact_id, &participation)?, facts, |visit| Moved {
        step: &visit.step,
        path: visit.path.as_deref(),
        arrived_at: visit.arrived_at,
        left_at: visit.left_at,
    });
    let mut visits: Vec<VisitStory> = visits
        .into_iter()
        .map(|visit| VisitStory { visit, made: Vec::new(), not_counted: Vec::new() })
        .collect();
    for VisitStory { visit, not_counted: earlier, .. } in &mut visits {
        let unsatisfied = visit.left_at.is_none() || visit.path.as_deref() == Some("else");
        let Some(plan) = facts.and_then(|facts| facts.plan).filter(|_| unsatisfied && !visit.stopped) else {
            continue;
        };
        let moments = Moments {
            entered_at: participation.entered_at,
            arrived_at: Some(visit.arrived_at),
            opened_at: visit.opened_at,
        };
        *earlier = not_counted(store, plan, &visit.step, contact_id, moments, now)?;
    }
    let mut made_meanwhile = Vec::new();
    for made in store.made_for(contact_id, &participation)? {
        let here =
            visits.iter_mut().find(|story| story.visit.step == made.step && story.visit.visit == made.visit);
        match here {
            Some(story) => story.made.push(made),
            None => made_meanwhile.push(made),
        }
    }
    Ok(JourneyStory {
        participation,
        visits,
        made_meanwhile,
        paused_at: None,
        may_enter_again_at: None,
        enters_on_joining: false,
    })
}
