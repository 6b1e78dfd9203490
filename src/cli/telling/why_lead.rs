//! `tilework why lead`, and the scores in the stories of accounts and contacts.

use serde_json::{Value as Json, json};

use super::why::line;
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::Format,
    face::cells::{links_json, moment, optional},
    looking::score_cells::{level_sets, story_json, tell},
};
use crate::{
    audience::LeadError,
    compile::Plan,
    insights::{ScoreStory, score_stories},
    model::{Entity, Stage},
    store::{LeadRow, Store},
};

/// Tells the story of a lead: where it came from, its stages, and every point of its scores.
pub(in crate::cli) fn why_lead(
    id: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let lead = store.lead(id, &[])?.ok_or_else(|| LeadError::Unknown(id.to_owned()))?;
    let stories = score_stories(store, plan, Entity::Lead, id, now)?;
    if output.format() == Format::Json {
        output.json(&json!({
            "id": lead.id,
            "topic": optional(lead.topic.clone()),
            "contact_id": optional(lead.contact_id.clone()),
            "account_id": optional(lead.account_id.clone()),
            "owner": optional(lead.owner.clone()),
            "source": optional(lead.source.clone()),
            "stage": lead.stage,
            "sales_ready": lead.sales_ready,
            "sales_ready_on": moment(lead.sales_ready_on),
            "created_at": moment(lead.created_at),
            "waits_for": optional(stories.iter().find_map(|story| waits_for(&lead, story))),
            "scores": stories.iter().map(story_json).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    for line in tell_lead(&lead) {
        output.text(&line)?;
    }
    for line in stories.iter().flat_map(tell) {
        output.text(&line)?;
    }
    for text in stories.iter().filter_map(|story| waits_for(&lead, story)) {
        output.text(&format!("\n{text}"))?;
    }
    if stories.is_empty() {
        output.text(&format!("\n{}", why_no_score(&lead, plan)))?;
    }
    Ok(Exit::Done)
}

fn tell_lead(lead: &LeadRow) -> Vec<String> {
    let topic = lead.topic.as_ref().map(|topic| format!(": {topic}")).unwrap_or_default();
    let mut lines = vec![format!("{}{topic}", lead.id)];
    let parents = match (&lead.contact_id, &lead.account_id) {
        (Some(contact), Some(account)) => {
            format!("a lead of contact {contact} (and of account {account}, which doesn't count for scores)")
        }
        (Some(contact), None) => format!("a lead of contact {contact}"),
        (None, Some(account)) => format!("a lead of account {account}"),
        (None, None) => "a lead of nobody yet".to_owned(),
    };
    let owner = lead.owner.as_ref().map_or("without owner".to_owned(), |owner| format!("of owner {owner}"));
    lines.push(format!("{parents}, {owner}, {}", lead.stage.replace('_', " ")));
    lines.push(String::new());
    let from = lead.source.as_ref().map(|source| format!(" by {source}")).unwrap_or_default();
    let steps = [
        (lead.created_at, format!("made{from}")),
        (lead.marketing_qualified_on, "marketing qualified".to_owned()),
        (lead.sales_ready_on, "became sales-ready".to_owned()),
        (lead.sales_accepted_on, "accepted by sales".to_owned()),
        (lead.disqualified_on, {
            let reason = lead.disqualified_reason.as_ref();
            format!("disqualified{}", reason.map(|reason| format!(": {reason}")).unwrap_or_default())
        }),
        (lead.recycled_on, "put back to the start".to_owned()),
    ];
    lines.extend(steps.into_iter().filter(|(at, _)| at.is_some()).map(|(at, text)| line(at, &text)));
    lines
}

/// What a lead waits for that was put back to the start while its score reached the threshold: it has to reach it anew
/// (semantics 22).
fn waits_for(lead: &LeadRow, story: &ScoreStory) -> Option<String> {
    let waits = lead.recycled_on.is_some()
        && !lead.sales_ready
        && lead.stage != Stage::Disqualified.name()
        && story.missing_to_ready == Some(0);
    waits.then(|| {
        format!(
            "Its score by {} was high enough already when it was put back to the start. It becomes sales-ready again when \
             the score falls below what is needed, and reaches it anew; `tilework lead accept {}` takes it over as it is.",
            story.model, lead.id
        )
    })
}

fn why_no_score(lead: &LeadRow, plan: &Plan) -> String {
    if lead.contact_id.is_none() && lead.account_id.is_none() {
        return "It isn't scored: a lead without contact and account never is. `tilework lead link` gives it one.".to_owned();
    }
    let any = plan.models.iter().any(|model| model.model.target.subject() == Entity::Lead);
    match (any, lead.contact_id.is_some()) {
        (false, _) => "No model scores leads.".to_owned(),
        (true, true) => "It isn't scored: no active model scores leads with a contact.".to_owned(),
        (true, false) => "It isn't scored: no active model scores leads of an account alone.".to_owned(),
    }
}

/// A contact or account whose story is told with its scores and levels.
pub(in crate::cli) struct Scored<'a> {
    pub(in crate::cli) entity: Entity,
    pub(in crate::cli) id: &'a str,
    pub(in crate::cli) plan: &'a Plan,
    pub(in crate::cli) now: i64,
}

impl Scored<'_> {
    /// Tells the story as the output asks for it, and the scores after it.
    pub(in crate::cli) fn tell(
        &self,
        store: &mut Store,
        output: &mut Output,
        as_json: impl FnOnce() -> Json,
        lines: impl FnOnce() -> Vec<String>,
    ) -> Result<Exit, CliError> {
        let Scored { entity, id, plan, now } = *self;
        if output.format() == Format::Json {
            let mut told = as_json();
            told["dangling_links"] = links_json(&store.dangling_links(&plan.catalog, Some((entity, id)))?);
            if let Some((scores, levels)) = scores_json(entity, id, plan, store, now)? {
                told["scores"] = scores;
                told["levels"] = levels;
            }
            output.json(&told)?;
        } else {
            let scores = tell_scores(entity, id, plan, store, now)?;
            let links = store.dangling_links(&plan.catalog, Some((entity, id)))?;
            let links = links.into_iter().map(|links| {
                let (field, id, to) = (links.field, links.first_refers_to, links.to.name());
                format!("Its `{field}` is `{id}`, and no {to} in the store has this id.")
            });
            for line in lines().into_iter().chain(links).chain(scores) {
                output.text(&line)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// The scores and levels of an account or contact, for programs; nothing where no model could give any.
fn scores_json(
    entity: Entity,
    id: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
) -> Result<Option<(Json, Json)>, CliError> {
    if plan.models.is_empty() {
        return Ok(None);
    }
    let stories = score_stories(store, plan, entity, id, now)?;
    let mut levels = serde_json::Map::new();
    if let Some(key) = store.key_of(entity, id)? {
        for set in level_sets(plan, entity) {
            let changes = store.level_changes(set, key)?.into_iter().map(|(at, from, to)| {
                json!({ "at": moment(Some(at)), "from": optional(from), "to": optional(to) })
            });
            levels.insert(set.to_owned(), Json::Array(changes.collect()));
        }
    }
    Ok(Some((Json::Array(stories.iter().map(story_json).collect()), Json::Object(levels))))
}

/// The scores and levels of an account or contact, for people.
fn tell_scores(
    entity: Entity,
    id: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
) -> Result<Vec<String>, CliError> {
    let mut lines: Vec<String> = score_stories(store, plan, entity, id, now)?.iter().flat_map(tell).collect();
    let Some(key) = store.key_of(entity, id)? else { return Ok(lines) };
    for set in level_sets(plan, entity) {
        let changes = store.level_changes(set, key)?;
        if !changes.is_empty() {
            lines.push(format!("\nLevels {set}"));
        }
        for (at, from, to) in changes {
            let (from, to) = (from.unwrap_or("none".to_owned()), to.unwrap_or("none".to_owned()));
            lines.push(line(Some(at), &format!("{from} -> {to}")));
        }
    }
    Ok(lines)
}
