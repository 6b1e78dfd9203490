//! From a script's answer to an outcome and effects.

use std::collections::{BTreeMap, BTreeSet};

use super::{CustomTile, ScriptKind, channels, set};
use crate::{
    calendar::{self, Zone, parse_duration},
    diagnostics::did_you_mean,
    model::{Duration, Effect, Entity},
    script::{Action, ActionKind, Place, Returned, ScriptEffect, ScriptError, ScriptValue},
};

/// The reason for which an effect is skipped for a contact without account (semantics 7).
pub(super) const NO_ACCOUNT: &str = "no_account";

/// What a script answered, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) kind: AnswerKind,
    pub(super) effects: Vec<Effect>,
    /// What is kept for the next call, as JSON; what was kept before stays when there is nothing.
    pub(super) state: Option<String>,
    pub(super) note: Option<String>,
}

/// What becomes of the contact or the account.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AnswerKind {
    Take(Option<String>),
    Wait(Duration),
    Stop(String),
    Retry(Duration, String),
}

impl Answer {
    /// On it goes, without effects.
    pub(super) fn nothing(note: Option<String>) -> Answer {
        Answer { kind: AnswerKind::Take(None), effects: Vec::new(), state: None, note }
    }
}

/// What effects are made with.
pub(super) struct StepContext<'a> {
    pub(super) zone: &'a Zone,
    pub(super) owner: Option<&'a str>,
    /// The journey's name and the step's id, for the source of leads.
    pub(super) source: String,
    pub(super) moment: i64,
    pub(super) for_account: bool,
    /// Whether effects are skipped: an account that doesn't exist gets nothing (semantics 7).
    pub(super) skips: bool,
    /// The channels that messages may go to; any when nothing is known of them.
    pub(super) channels: Option<&'a BTreeSet<String>>,
    /// The contact's and the account's fields as text, for leads.
    pub(super) contact: BTreeMap<String, String>,
    pub(super) account: BTreeMap<String, String>,
}

impl CustomTile {
    /// Checks what `run` gave back.
    ///
    /// # Errors
    /// When it is no action, or one that the tile can't carry out; with its place in the script.
    pub(super) fn answer(&self, returned: Returned, around: &StepContext<'_>) -> Result<Answer, ScriptError> {
        let at = |place: Place, message: String| ScriptError {
            script: self.program.path().to_owned(),
            line: place.line,
            column: place.column,
            message,
        };
        let action = match returned {
            Returned::Action(action) => action,
            // A workflow with nothing to do needn't say so.
            Returned::Value(ScriptValue::Nothing) if self.kind == ScriptKind::Workflow => {
                return Ok(Answer::nothing(None));
            }
            Returned::Value(value) => {
                let path = self.paths.first().map(|path| format!("\"{path}\"")).unwrap_or_default();
                let message =
                    format!("`run` gave {}, expected an action such as `take({path})`", value.described());
                return Err(at(self.program.place("run"), message));
            }
        };
        let Action { kind, place, effects, state, note } = action;
        let takes = matches!(kind, ActionKind::Take(_));
        if self.kind == ScriptKind::Workflow && (!takes || state.is_some()) {
            let message = "a workflow answers with `take()` and effects: nobody waits for it".to_owned();
            return Err(at(place, message));
        }
        let kind = match kind {
            ActionKind::Take(path) => {
                AnswerKind::Take(self.path(path).map_err(|message| at(place, message))?)
            }
            ActionKind::Wait(length) => AnswerKind::Wait(length),
            ActionKind::Stop(reason) => AnswerKind::Stop(reason.chars().take(200).collect()),
            ActionKind::Retry(length, reason) => {
                AnswerKind::Retry(length, reason.chars().take(200).collect())
            }
        };
        if around.skips && !effects.is_empty() {
            let note = note.or_else(|| Some(NO_ACCOUNT.to_owned()));
            let state = state.map(|state| state.to_json().to_string());
            return Ok(Answer { kind, effects: Vec::new(), state, note });
        }
        let mut made = Vec::with_capacity(effects.len());
        for (effect, place) in effects {
            made.push(self.effect(effect, around).map_err(|message| at(place, message))?);
        }
        Ok(Answer { kind, effects: made, state: state.map(|state| state.to_json().to_string()), note })
    }

    fn path(&self, path: Option<String>) -> Result<Option<String>, String> {
        match path {
            None if self.paths.is_empty() => Ok(None),
            None => Err(format!("`take()` names no path; there is: {}", quoted(&self.paths))),
            Some(path) if self.paths.contains(&path) => Ok(Some(path)),
            Some(path) if self.paths.is_empty() => {
                let what = if self.kind == ScriptKind::Workflow { "a workflow" } else { "the tile" };
                Err(format!("{what} has no paths; write `take()` instead of `take(\"{path}\")`"))
            }
            Some(path) => Err(format!("the tile has no path `{path}`; there is: {}", quoted(&self.paths))),
        }
    }

    fn effect(&self, effect: ScriptEffect, around: &StepContext<'_>) -> Result<Effect, String> {
        match effect {
            ScriptEffect::Message { channel, body } => {
                if around.channels.is_some_and(|known| !known.contains(&channel)) {
                    return Err(channels::unknown(&channel));
                }
                Ok(Effect::Message { channel, content: body.to_json().to_string() })
            }
            ScriptEffect::Activity(fields) => activity(&fields, around),
            ScriptEffect::Lead(fields) => lead(&fields, around),
            ScriptEffect::Set { field: name, value } => {
                let (entity, field) = set::field(&name, &self.catalog)?;
                if around.for_account && entity == Entity::Contact {
                    return Err(format!(
                        "`{name}` can't be set here: the tile works for accounts, which have many contacts"
                    ));
                }
                let value = set::value(&name, &field, &value, around.zone)?;
                Ok(Effect::Set { entity, field, value })
            }
        }
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The texts of a map whose keys are known.
fn texts<const N: usize>(
    what: &str,
    fields: &ScriptValue,
    known: [&str; N],
) -> Result<[Option<String>; N], String> {
    let mut found = [const { None }; N];
    let ScriptValue::Map(entries) = fields else { return Ok(found) };
    for (key, value) in entries {
        let Some(place) = known.iter().position(|known| known == key) else {
            let hint = did_you_mean(key, known).unwrap_or_default();
            return Err(format!("`{what}` has no `{key}`. {}", hint.trim_end_matches('.')));
        };
        found[place] = match value {
            ScriptValue::Nothing => None,
            ScriptValue::Text(text) => Some(text.clone()),
            ScriptValue::Integer(_) | ScriptValue::Number(_) => Some(value.to_json().to_string()),
            other => return Err(format!("`{key}` of `{what}` is text, and this is {}", other.described())),
        };
    }
    Ok(found)
}

fn activity(fields: &ScriptValue, around: &StepContext<'_>) -> Result<Effect, String> {
    const TYPES: [&str; 3] = ["task", "phone_call", "appointment"];
    let [kind, subject, description, owner, due] =
        texts("activity", fields, ["type", "subject", "description", "owner", "due"])?;
    let kind = kind.unwrap_or_else(|| "task".to_owned());
    if !TYPES.contains(&kind.as_str()) {
        return Err(format!(
            "there is no type of activity `{kind}`; there is: `task`, `phone_call`, `appointment`"
        ));
    }
    let subject = subject.filter(|subject| !subject.trim().is_empty());
    let Some(subject) = subject else { return Err("an `activity` needs a `subject`".to_owned()) };
    let due_at = match due {
        Some(due) => {
            let length = parse_duration(&due).map_err(|error| format!("`due` of `activity`: {error}"))?;
            let at = calendar::after(around.moment, length, around.zone);
            Some(at.map_err(|error| format!("`due` of `activity`: {error}"))?)
        }
        None => None,
    };
    let owner = owner.or_else(|| around.owner.map(str::to_owned));
    Ok(Effect::Activity { kind, subject, description, owner, due_at })
}

fn lead(fields: &ScriptValue, around: &StepContext<'_>) -> Result<Effect, String> {
    let [topic, last_name, owner] = texts("lead", fields, ["topic", "last_name", "owner"])?;
    let Some(topic) = topic.filter(|topic| !topic.trim().is_empty()) else {
        return Err("a `lead` needs a `topic`".to_owned());
    };
    let contact = |field: &str| if around.for_account { None } else { around.contact.get(field).cloned() };
    let company = around.account.get("name").cloned();
    let last_name =
        last_name.or_else(|| if around.for_account { company.clone() } else { contact("last_name") });
    Ok(Effect::Lead {
        fields: vec![
            ("topic", Some(topic)),
            ("contact_id", contact("id")),
            ("account_id", if around.for_account { around.account.get("id").cloned() } else { None }),
            ("first_name", contact("first_name")),
            ("last_name", last_name),
            ("company", company),
            ("email", contact("email")),
            ("source", Some(around.source.clone())),
            ("stage", Some("inquiry".to_owned())),
            ("owner", owner.or_else(|| around.owner.map(str::to_owned))),
        ],
    })
}
