//! `tilework why account`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    why::{
        called, does_not_count, line, made_json, next_look, not_counted_json, said, state, what_next, words,
    },
    why_lead::Scored,
};
use crate::cli::{
    CliError, Exit, Output,
    face::cells::{moment, optional},
    workspaces::workspace::only_one,
};
use crate::{
    compile::Plan,
    insights::{AccountElsewhere, AccountJourney, AccountStep, AccountStory, JourneyFacts, account_story},
    model::{Entity, time::rfc3339},
    store::{AccountVisit, Store},
};

/// How many contacts are named before the others are counted.
const NAMED: usize = 4;

/// Tells the story of the account with this id or name.
pub(in crate::cli) fn why_account(
    id: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let found = only_one(store.find_accounts(id)?, "accounts have the name", id)?;
    let facts: Vec<JourneyFacts<'_>> = plan.journeys.iter().map(JourneyFacts::of).collect();
    let story = match found {
        Some(id) => account_story(store, &id, &facts, now)?,
        None => None,
    };
    let Some(story) = story else {
        return Err(CliError::usage(format!("no account has the id or name `{id}`"))
            .hint("Ids are exact, upper and lower case included; names are not.".to_owned()));
    };
    let scored = Scored { entity: Entity::Account, id: &story.id, plan, now };
    scored.tell(store, output, || as_json(&story, plan), || tell(&story, plan, now))
}

fn as_json(story: &AccountStory, plan: &Plan) -> Json {
    let segments = story
        .memberships
        .iter()
        .map(|row| json!({ "segment": row.segment, "at": rfc3339(row.at), "joined": row.joined }));
    let elsewhere = story.elsewhere.iter().map(|row| {
        let kept_out: BTreeMap<&str, i64> =
            row.kept_out.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        json!({
            "journey": row.journey,
            "in_audience": row.in_audience,
            "kept_out_by": kept_out,
            "starts_at": rfc3339(row.starts_at),
        })
    });
    json!({
        "id": story.id,
        "name": optional(story.name.clone()),
        "owner": optional(story.owner.clone()),
        "contacts": story.contacts,
        "segments": segments.collect::<Vec<_>>(),
        "journeys": story.journeys.iter().map(|journey| journey_json(journey, plan)).collect::<Vec<_>>(),
        "not_in": elsewhere.collect::<Vec<_>>(),
    })
}

fn journey_json(story: &AccountJourney, plan: &Plan) -> Json {
    let participants = story.participants.iter().map(|one| {
        json!({
            "contact_id": one.contact_id,
            "entered_at": rfc3339(one.entered_at),
            "state": state(one.state),
            "ended_at": moment(one.ended_at),
            "reason": optional(one.reason.clone()),
        })
    });
    let steps = story.steps.iter().map(|step| {
        let decision = step.decision.as_ref().map(|decision| {
            json!({
                "opened_at": rfc3339(decision.opened_at),
                "path": optional(decision.path.clone()),
                "decided_at": moment(decision.decided_at),
                "because": optional(decision.because.clone()),
            })
        });
        let visits = step.visits.iter().map(|visit| {
            json!({
                "contact_id": visit.contact_id,
                "arrived_at": rfc3339(visit.arrived_at),
                "left_at": moment(visit.left_at),
                "due_at": moment(visit.due_at),
                "path": optional(visit.path.clone()),
                "stopped": visit.stopped,
                "reason": optional(visit.reason.clone()),
                "calls": visit.calls,
                "state": optional(visit.state.clone()),
            })
        });
        let made = step.made.iter().map(|(contact, made)| {
            let mut object = made_json(made);
            object["contact_id"] = optional(contact.clone());
            object
        });
        let not_counted = step.not_counted.iter().map(|(contact, earlier)| {
            let mut object = not_counted_json(earlier);
            object["contact_id"] = contact.clone().into();
            object
        });
        let stands = step.visits.iter().any(|visit| visit.left_at.is_none());
        let next = stands.then(|| what_next(plan, &story.journey, &step.step)).flatten();
        json!({
            "step": step.step,
            "tile": optional(step.tile.clone()),
            "visit": step.visit,
            "decision": decision,
            "contacts": visits.collect::<Vec<_>>(),
            "made": made.collect::<Vec<_>>(),
            "not_counted": not_counted.collect::<Vec<_>>(),
            "next": optional(next),
        })
    });
    json!({
        "journey": story.journey,
        "iteration": story.iteration,
        "participants": participants.collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
    })
}

/// `ada, bob and 3 others`.
fn named(contacts: &[&str]) -> String {
    match contacts {
        [.., last] if contacts.len() <= NAMED => match &contacts[..contacts.len() - 1] {
            [] => (*last).to_owned(),
            before => format!("{} and {last}", before.join(", ")),
        },
        _ => format!("{} and {} others", contacts[..NAMED - 1].join(", "), contacts.len() + 1 - NAMED),
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 contact".to_owned() } else { format!("{count} contacts") }
}

fn tell(story: &AccountStory, plan: &Plan, now: i64) -> Vec<String> {
    let name = story.name.as_deref().unwrap_or_default();
    let owner = story.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
    let contacts: Vec<&str> = story.contacts.iter().map(String::as_str).collect();
    let people = match contacts.len() {
        0 => "no contacts".to_owned(),
        count => format!("{}: {}", counted(count), named(&contacts)),
    };
    let mut lines = vec![
        format!("{} {name}", story.id).trim_end().to_owned(),
        format!("an account with {people}{owner}"),
        "\nSegments".to_owned(),
    ];
    for row in &story.memberships {
        let verb = if row.joined { "joined" } else { "left" };
        lines.push(line(Some(row.at), &format!("{verb} {}", row.segment)));
    }
    if story.memberships.is_empty() {
        lines.push("  Never in any segment of accounts.".to_owned());
    }
    for journey in &story.journeys {
        tell_journey(journey, plan, now, &mut lines);
    }
    if !story.elsewhere.is_empty() {
        lines.push("\nOther journeys".to_owned());
        lines.extend(story.elsewhere.iter().map(|row| format!("  {}: {}", row.journey, why_not(row, now))));
    }
    lines
}

fn why_not(row: &AccountElsewhere, now: i64) -> String {
    let kept: Vec<String> =
        row.kept_out.iter().map(|(reason, count)| format!("{count} kept out: {}", words(reason))).collect();
    let who = usize::try_from(row.in_audience).unwrap_or(0);
    match (who, kept.is_empty()) {
        (0, _) => "nobody of it is in the audience".to_owned(),
        (_, false) => format!("{} in its audience, {}", counted(who), kept.join(", ")),
        (_, true) if row.starts_at > now => {
            format!("{} in its audience; it starts at {}", counted(who), rfc3339(row.starts_at))
        }
        (_, true) => format!("{} in its audience, not let in yet", counted(who)),
    }
}

fn tell_journey(story: &AccountJourney, plan: &Plan, now: i64, lines: &mut Vec<String>) {
    let iteration =
        if story.iteration > 1 { format!(", iteration {}", story.iteration) } else { String::new() };
    let counts = [1, 2, 3]
        .map(|wanted| (state(wanted), story.participants.iter().filter(|one| one.state == wanted).count()));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    lines.push(format!("\nJourney {}{iteration}: {}", story.journey, counts.join(", ")));
    for (at, who) in grouped(&story.participants, |one| one.entered_at, |one| &one.contact_id) {
        lines.push(line(Some(at), &format!("{} entered", named(&who))));
    }
    for step in &story.steps {
        tell_step(step, lines);
    }
    let left_outside = story.participants.iter().filter(|one| one.state == 2);
    for (at, who) in
        grouped(left_outside, |one| one.ended_at.unwrap_or(one.entered_at), |one| &one.contact_id)
    {
        lines.push(line(Some(at), &format!("{} finished the journey", named(&who))));
    }
    for step in &story.steps {
        tell_standing(story, step, plan, now, lines);
    }
}

/// Contacts by something that they have in common, in its order.
fn grouped<'a, T: 'a, K: Ord>(
    all: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&T) -> K,
    contact: impl Fn(&'a T) -> &'a String,
) -> BTreeMap<K, Vec<&'a str>> {
    let mut groups: BTreeMap<K, Vec<&str>> = BTreeMap::new();
    for one in all {
        groups.entry(key(one)).or_default().push(contact(one).as_str());
    }
    groups
}

fn tell_step(step: &AccountStep, lines: &mut Vec<String>) {
    let again = if step.visit > 1 { format!(", visit {}", step.visit) } else { String::new() };
    let tile = step.tile.as_ref().map(|tile| format!(" ({tile}{again})")).unwrap_or_default();
    for (at, who) in grouped(&step.visits, |visit| visit.arrived_at, |visit| &visit.contact_id) {
        lines.push(line(Some(at), &format!("{} came to {}{tile}", named(&who), step.step)));
    }
    let mut later: Vec<(i64, String)> = Vec::new();
    if let Some(decision) = &step.decision
        && let (Some(path), Some(at)) = (&decision.path, decision.decided_at)
    {
        let because = decision.because.as_ref().map(|why| format!(": {}", words(why))).unwrap_or_default();
        later.push((at, format!("the account decided for {path} at {}{because}", step.step)));
    }
    let mut made: BTreeMap<(i64, String, &str), Vec<&str>> = BTreeMap::new();
    for (contact, one) in &step.made {
        let link = if one.kind == "message" { "to" } else { "about" };
        made.entry((one.created_at, said(one), link)).or_default().extend(contact.as_deref());
    }
    for ((at, text, link), whom) in made {
        let whom = if whom.is_empty() { String::new() } else { format!(" {link} {}", named(&whom)) };
        later.push((at, format!("{text}{whom}")));
    }
    let left = step.visits.iter().filter(|visit| visit.left_at.is_some());
    let decided = step.decision.as_ref().and_then(|decision| decision.because.as_ref());
    let how = |visit: &AccountVisit| {
        let why = visit.reason.as_ref().map(|why| format!(": {}", words(why))).unwrap_or_default();
        let did = match (&visit.path, visit.stopped) {
            (_, true) => format!("stopped at {}{why}", step.step),
            // The decision was told before.
            (Some(path), false) if visit.reason.as_ref() == decided => format!("took {path}"),
            (Some(path), false) => format!("took {path}{why}"),
            (None, false) if visit.left_at != Some(visit.arrived_at) || !why.is_empty() => {
                format!("went on from {}{why}", step.step)
            }
            (None, false) => String::new(),
        };
        (visit.left_at.unwrap_or(visit.arrived_at), did)
    };
    for ((at, did), who) in grouped(left, how, |visit| &visit.contact_id) {
        if !did.is_empty() {
            later.push((at, format!("{} {did}", named(&who))));
        }
    }
    later.sort_by_key(|(at, _)| *at);
    lines.extend(later.into_iter().map(|(at, text)| line(Some(at), &text)));
    if step.visits.iter().all(|visit| visit.left_at.is_some()) {
        tell_not_counted(step, lines);
    }
}

fn tell_not_counted(step: &AccountStep, lines: &mut Vec<String>) {
    let told = step.not_counted.iter();
    lines.extend(
        told.map(|(contact, earlier)| line(None, &format!("{contact}: {}", does_not_count(earlier)))),
    );
}

fn tell_standing(story: &AccountJourney, step: &AccountStep, plan: &Plan, now: i64, lines: &mut Vec<String>) {
    let standing = || step.visits.iter().filter(|visit| visit.left_at.is_none());
    let groups = grouped(standing(), |visit| visit.due_at, |visit| &visit.contact_id);
    let mut firsts: BTreeMap<Option<i64>, &AccountVisit> = BTreeMap::new();
    for visit in standing() {
        firsts.entry(visit.due_at).or_insert(visit);
    }
    let stands = !groups.is_empty();
    for (due_at, who) in groups {
        let next = next_look(plan, &story.journey, &step.step, due_at, now);
        let of = firsts.get(&due_at);
        let reason = of.and_then(|visit| visit.reason.as_ref());
        let reason = reason.map(|reason| format!(": {}", words(reason))).unwrap_or_default();
        lines.push(format!("  {:<20}  at {}, {}: {next}{reason}", "now", step.step, named(&who)));
        let called = of.and_then(|visit| called(visit.calls, visit.state.as_deref()));
        lines.extend(called.map(|called| line(None, &called)));
    }
    if let Some(next) = what_next(plan, &story.journey, &step.step).filter(|_| stands) {
        lines.push(line(None, &next));
    }
    if stands {
        tell_not_counted(step, lines);
    }
}
