//! `tilework why`.

use serde_json::{Value as Json, json};

use super::{
    why_account::why_account,
    why_lead::{Scored, why_lead},
    why_mail, why_segment,
};
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::WhyCommand,
    face::cells::{moment, optional},
    workspaces::workspace::{no_contact, one_contact},
};
use crate::{
    compile::{JourneyPlan, Plan, StepPlan},
    conditions::explain,
    insights::{ContactStory, Elsewhere, JourneyFacts, JourneyStory, NotCounted, VisitStory, contact_story},
    model::{
        Asked, Entity,
        time::{NEVER, rfc3339},
    },
    store::{MadeRow, Store},
    tiles::Question,
};

/// How many interactions are told to people; programs get all.
const INTERACTIONS: usize = 20;

/// Carries out `why`.
///
/// # Errors
/// When there is nobody of that id, or several have the address or name, or the store fails.
pub fn why(
    command: &WhyCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let id = match command {
        WhyCommand::Contact { id } => id,
        WhyCommand::Account { id } => return why_account(id, plan, store, now, output),
        WhyCommand::Lead { id } => return why_lead(id, plan, store, now, output),
        WhyCommand::Segment { name, id } => return why_segment::why(name, id, plan, store, now, output),
    };
    let found = one_contact(store, id)?;
    let facts: Vec<JourneyFacts<'_>> = plan.journeys.iter().map(JourneyFacts::of).collect();
    let story = contact_story(store, &found, &facts, now)?.ok_or_else(|| no_contact(id))?;
    let scored = Scored { entity: Entity::Contact, id: &story.id, plan, now };
    scored.tell(store, output, || as_json(&story, plan), || tell(&story, plan, now))
}

/// The word for a participant's state.
pub(in crate::cli) fn state(state: i64) -> &'static str {
    match state {
        1 => "active",
        2 => "finished",
        _ => "stopped",
    }
}

fn step_of<'p>(plan: &'p Plan, journey: &str, step: &str) -> Option<(&'p JourneyPlan, &'p StepPlan)> {
    let journey =
        plan.journeys.iter().find(|plan| plan.name == journey || plan.was.as_deref() == Some(journey))?;
    Some((journey, journey.step(step)?))
}

/// What a step waits for, and where its paths lead.
pub(in crate::cli) fn what_next(plan: &Plan, journey: &str, step: &str) -> Option<String> {
    let (journey, step) = step_of(plan, journey, step)?;
    let mut parts = Vec::new();
    if let Some(Question { predicate, asked, .. }) = step.tile.question() {
        let whose = match asked {
            Asked::Contact => "",
            Asked::Participants => "one of the account's participants satisfies: ",
            Asked::AllContacts => "one of the account's contacts satisfies: ",
        };
        parts.push(format!("waits until {whose}{}", explain(predicate)));
    }
    for (path, to) in &step.next {
        let to = to.and_then(|to| journey.steps.get(to)).map_or("the end of the journey", |step| &step.id);
        parts.push(match path {
            Some(path) => format!("{path} → {to}"),
            None => format!("then {to}"),
        });
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn as_json(story: &ContactStory, plan: &Plan) -> Json {
    let segments = story.memberships.iter().map(|row| {
        json!({
            "segment": row.segment,
            "of": row.target,
            "at": rfc3339(row.at),
            "joined": row.joined,
        })
    });
    let elsewhere = story.elsewhere.iter().map(|row| {
        json!({
            "journey": row.journey,
            "in_audience": row.in_audience,
            "kept_out_by": optional(row.kept_out_by.clone()),
            "kept_out_before": row.kept_out_before.as_ref().map(|kept| json!({
                "iteration": kept.iteration, "reason": kept.reason, "at": rfc3339(kept.at),
            })),
            "starts_at": rfc3339(row.starts_at),
            "paused_at": moment(row.paused_at),
        })
    });
    let interactions = story.interactions.iter().map(|row| {
        let (journey, step) = row.caused_by.clone().unzip();
        json!({
            "id": row.id,
            "type": row.kind,
            "at": rfc3339(row.at),
            "account_id": optional(row.account_id.clone()),
            "journey": optional(journey),
            "step": optional(step),
        })
    });
    json!({
        "id": story.id,
        "name": optional(story.name.clone()),
        "email": optional(story.email.clone()),
        "mail": why_mail::as_json(&story.mail),
        "account_id": optional(story.account_id.clone()),
        "segments": segments.collect::<Vec<_>>(),
        "journeys": story.journeys.iter().map(|journey| journey_json(journey, plan)).collect::<Vec<_>>(),
        "not_in": elsewhere.collect::<Vec<_>>(),
        "interactions": interactions.collect::<Vec<_>>(),
    })
}

fn journey_json(story: &JourneyStory, plan: &Plan) -> Json {
    let part = &story.participation;
    let steps = story.visits.iter().map(|VisitStory { visit, made, not_counted }| {
        let next = visit.left_at.is_none().then(|| what_next(plan, &part.journey, &visit.step)).flatten();
        json!({
            "step": visit.step,
            "tile": visit.tile,
            "visit": visit.visit,
            "arrived_at": rfc3339(visit.arrived_at),
            "left_at": moment(visit.left_at),
            "due_at": moment(visit.due_at),
            "path": optional(visit.path.clone()),
            "stopped": visit.stopped,
            "reason": optional(visit.reason.clone()),
            "because": optional(visit.because.clone()),
            "calls": visit.calls,
            "state": optional(visit.state.clone()),
            "made": made.iter().map(made_json).collect::<Vec<_>>(),
            "not_counted": not_counted.iter().map(not_counted_json).collect::<Vec<_>>(),
            "next": optional(next),
        })
    });
    json!({
        "journey": part.journey,
        "iteration": part.iteration,
        "entry": part.entry,
        "account_id": optional(part.account_id.clone()),
        "entered_at": rfc3339(part.entered_at),
        "state": state(part.state),
        "ended_at": moment(part.ended_at),
        "reason": optional(part.reason.clone()),
        "paused_at": moment(story.paused_at),
        "may_enter_again_at": moment(story.may_enter_again_at),
        "enters_on_joining": story.enters_on_joining,
        "steps": steps.collect::<Vec<_>>(),
        "made_for_account": story.made_meanwhile.iter().map(made_json).collect::<Vec<_>>(),
    })
}

pub(in crate::cli) fn not_counted_json(earlier: &NotCounted) -> Json {
    json!({
        "type": earlier.interaction,
        "at": rfc3339(earlier.at),
        "was_before": earlier.before.words(),
    })
}

/// "OrderPlaced at 2026-03-02T08:00:00Z was before the arrival and doesn't count here"
pub(in crate::cli) fn does_not_count(earlier: &NotCounted) -> String {
    let NotCounted { interaction, at, before } = earlier;
    format!("{interaction} at {} was before {} and doesn't count here", rfc3339(*at), before.words())
}

pub(in crate::cli) fn made_json(made: &MadeRow) -> Json {
    json!({
        "kind": made.kind,
        "id": made.id,
        "step": made.step,
        "about": optional(about(made)),
        "detail": optional(made.detail.clone()),
        "created_at": rfc3339(made.created_at),
        "once_for_account": made.for_account,
    })
}

/// What something is about; of a message the name of what is sent.
fn about(made: &MadeRow) -> Option<String> {
    let text = made.about.clone()?;
    if made.kind != "message" {
        return Some(text);
    }
    Some(mail_of(&text).unwrap_or(text))
}

/// The e-mail of a message that is a mail.
fn mail_of(about: &str) -> Option<String> {
    let content: Json = serde_json::from_str(about).ok()?;
    content.get("email").and_then(Json::as_str).map(str::to_owned)
}

fn once(made: &MadeRow) -> &'static str {
    if made.for_account { ", once for the account" } else { "" }
}

/// A line with its moment in front; without one, under the line above.
pub(in crate::cli) fn line(at: Option<i64>, text: &str) -> String {
    format!("  {:<20}  {text}", at.map(rfc3339).unwrap_or_default())
}

/// Reasons that are one word of the language, such as `no_account`, as people write them.
pub(in crate::cli) fn words(reason: &str) -> String {
    if reason.contains(' ') { reason.to_owned() } else { reason.replace('_', " ") }
}

fn tell(story: &ContactStory, plan: &Plan, now: i64) -> Vec<String> {
    let mut lines = Vec::new();
    let address = story.email.as_ref().map(|email| format!("<{email}>"));
    let who: Vec<&str> = [story.name.as_deref(), address.as_deref()].into_iter().flatten().collect();
    let account = match &story.account_id {
        Some(account) => format!("of account {account}"),
        None => "without account".to_owned(),
    };
    lines.push(format!("{} {}", story.id, who.join(" ")).trim_end().to_owned());
    lines.push(format!("a contact {account}"));

    lines.extend(why_mail::tell(&story.mail));
    lines.push("\nSegments".to_owned());
    for row in &story.memberships {
        let verb = if row.joined { "joined" } else { "left" };
        let whose = if row.target == "account" { " (as an account)" } else { "" };
        lines.push(line(Some(row.at), &format!("{verb} {}{whose}", row.segment)));
    }
    if story.memberships.is_empty() {
        lines.push("  Never in any segment.".to_owned());
    }
    for journey in &story.journeys {
        tell_journey(journey, plan, now, &mut lines);
    }
    if !story.elsewhere.is_empty() {
        lines.push("\nOther journeys".to_owned());
        lines.extend(story.elsewhere.iter().map(|row| format!("  {}: {}", row.journey, why_not(row, now))));
    }
    let hidden = story.interactions.len().saturating_sub(INTERACTIONS);
    if !story.interactions.is_empty() {
        lines.push("\nInteractions".to_owned());
    }
    if hidden > 0 {
        lines.push(line(None, &format!("{hidden} earlier ones (`--format json` has them all)")));
    }
    for row in story.interactions.iter().skip(hidden) {
        let cause = match &row.caused_by {
            Some((journey, step)) => format!(", by {journey}, {step}"),
            None => String::new(),
        };
        let account = row.account_id.as_ref().filter(|_| row.elsewhere);
        let account = account.map_or(String::new(), |account| format!(", for {account}"));
        lines.push(line(Some(row.at), &format!("{}{account}{cause}", row.kind)));
    }
    lines
}

fn why_not(row: &Elsewhere, now: i64) -> String {
    let present = why_not_now(row, now);
    // What keeps out now says it already.
    let before = row.kept_out_before.as_ref().filter(|kept| row.kept_out_by.as_ref() != Some(&kept.reason));
    match before {
        Some(kept) => format!("{present}; it was kept out at {}: {}", rfc3339(kept.at), words(&kept.reason)),
        None => present,
    }
}

fn why_not_now(row: &Elsewhere, now: i64) -> String {
    let paused = row.paused_at.map(|at| format!("in its audience; it is paused since {}", rfc3339(at)));
    match (row.in_audience, &row.kept_out_by) {
        (true, None) if row.starts_at <= now && paused.is_some() => paused.unwrap_or_default(),
        (false, _) => "not in its audience".to_owned(),
        (true, Some(reason)) => format!("in its audience, but kept out: {}", words(reason)),
        (true, None) if row.starts_at > now => {
            format!("in its audience; it starts at {}", rfc3339(row.starts_at))
        }
        (true, None) => "in its audience, not let in yet".to_owned(),
    }
}

fn tell_journey(story: &JourneyStory, plan: &Plan, now: i64, lines: &mut Vec<String>) {
    let part = &story.participation;
    let iteration =
        if part.iteration > 1 { format!(", iteration {}", part.iteration) } else { String::new() };
    let entry = if part.entry > 1 { format!(", entry {}", part.entry) } else { String::new() };
    lines.push(format!("\nJourney {}{iteration}{entry}: {}", part.journey, state(part.state)));
    let account = part.account_id.as_ref().map(|id| format!(" for account {id}")).unwrap_or_default();
    lines.push(line(Some(part.entered_at), &format!("entered{account}")));
    for VisitStory { visit, made, not_counted } in &story.visits {
        let again = if visit.visit > 1 { format!(", visit {}", visit.visit) } else { String::new() };
        lines.push(line(Some(visit.arrived_at), &format!("came to {} ({}{again})", visit.step, visit.tile)));
        lines.extend(made.iter().map(|made| line(Some(made.created_at), &said(made))));
        let Some(left_at) = visit.left_at else {
            match story.paused_at {
                Some(at) => lines.push(paused(&part.journey, at)),
                None => tell_standing(visit, &part.journey, plan, now, lines),
            }
            lines.extend(not_counted.iter().map(|earlier| line(None, &does_not_count(earlier))));
            continue;
        };
        // A decision of the account is also the reason of those who stood there.
        let own = visit.reason.as_ref().filter(|reason| visit.because.as_ref() != Some(reason));
        let reasons = visit.because.iter().chain(own).map(|reason| words(reason));
        let why = reasons.collect::<Vec<_>>().join("; ");
        let why = if why.is_empty() { why } else { format!(": {why}") };
        match (&visit.path, visit.stopped) {
            (_, true) => lines.push(line(Some(left_at), &format!("stopped{why}"))),
            (Some(path), false) => lines.push(line(Some(left_at), &format!("took {path}{why}"))),
            (None, false) if left_at != visit.arrived_at || !why.is_empty() => {
                lines.push(line(Some(left_at), &format!("went on{why}")));
            }
            (None, false) => {}
        }
        lines.extend(not_counted.iter().map(|earlier| line(None, &does_not_count(earlier))));
    }
    for made in &story.made_meanwhile {
        lines.push(line(Some(made.created_at), &format!("meanwhile, at {}: {}", made.step, said(made))));
    }
    if part.state == 2 {
        lines.push(line(part.ended_at, "finished the journey"));
    }
    if story.enters_on_joining {
        lines.push(line(None, "enters again when it comes into the audience anew"));
    }
    if let Some(at) = story.may_enter_again_at {
        lines.push(line(
            None,
            &format!("may enter again from {} on, if it is in the audience then", rfc3339(at)),
        ));
    }
}

fn paused(journey: &str, at: i64) -> String {
    let at = rfc3339(at);
    format!("  {:<20}  paused: {journey} since {at}; `tilework resume` resumes it", "now")
}

fn tell_standing(
    visit: &crate::store::VisitRow,
    journey: &str,
    plan: &Plan,
    now: i64,
    lines: &mut Vec<String>,
) {
    let next = next_look(plan, journey, &visit.step, visit.due_at, now);
    let reason = visit.reason.as_ref().map(|reason| format!(": {}", words(reason))).unwrap_or_default();
    lines.push(format!("  {:<20}  {next}{reason}", "now"));
    lines.extend(called(visit.calls, visit.state.as_deref()).map(|called| line(None, &called)));
    if let Some(next) = what_next(plan, journey, &visit.step) {
        lines.push(line(None, &next));
    }
}

/// How often a script was called for somebody who waits, and what it remembers.
pub(in crate::cli) fn called(calls: Option<i64>, state: Option<&str>) -> Option<String> {
    let times = match calls? {
        1 => "once".to_owned(),
        calls => format!("{calls} times"),
    };
    let state = state.map(|state| format!(", remembers {state}")).unwrap_or_default();
    Some(format!("was called {times}{state}"))
}

/// When those who stand at a step are looked at next, and what wakes them before.
pub(in crate::cli) fn next_look(
    plan: &Plan,
    journey: &str,
    step: &str,
    due_at: Option<i64>,
    now: i64,
) -> String {
    let known = step_of(plan, journey, step);
    let wakes =
        known.map(|(_, step)| step.tile.wakes.interactions.iter().cloned().collect::<Vec<_>>().join(", "));
    let wakes = wakes.filter(|wakes| !wakes.is_empty());
    let end = known.and_then(|(journey, _)| journey.end).filter(|end| *end > now);
    let end = end.map(|end| format!("; the journey ends at {}", rfc3339(end))).unwrap_or_default();
    let next = match (due_at, wakes) {
        (Some(due), _) if due <= now => {
            return format!("has been due since {}; the next `tilework run` continues", rfc3339(due));
        }
        (None | Some(NEVER), None) => "waits with no end".to_owned(),
        (None | Some(NEVER), Some(wakes)) => format!("is looked at when this comes in: {wakes}"),
        (Some(due), None) => format!("waits until {}", rfc3339(due)),
        (Some(due), Some(wakes)) => {
            format!("is looked at again at {}, or when this comes in: {wakes}", rfc3339(due))
        }
    };
    format!("{next}{end}")
}

/// "lead for ann, once for the account: Acme took the offer"
pub(in crate::cli) fn said(made: &MadeRow) -> String {
    let about = about(made).unwrap_or_default();
    match made.kind.as_str() {
        "message" => {
            let is_mail = made.about.as_deref().is_some_and(|about| mail_of(about).is_some());
            let (kind, once) = match (is_mail, about.split_once(':')) {
                (true, _) => (format!("mail {about}"), ""),
                (false, Some((kind, name))) => (format!("{kind} {name}"), once(made)),
                (false, None) => (format!("message to {about}"), once(made)),
            };
            // The reason of a call may quote its server, whose words stay as they are.
            let detail = made.detail.as_deref().unwrap_or_default();
            let detail = if is_mail { words(detail) } else { detail.to_owned() };
            format!("{kind}{once}, {detail}")
        }
        kind => {
            let owner =
                made.detail.as_ref().map_or("without owner".to_owned(), |owner| format!("for {owner}"));
            format!("{kind} {owner}{}: {about}", once(made))
        }
    }
}
