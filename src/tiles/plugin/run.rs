//! Calling a custom tile's script for a batch.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    CustomTile, ScriptKind,
    answer::{Answer, AnswerKind, NO_ACCOUNT, StepContext},
};
use crate::{
    calendar::{self, Zone},
    model::{Decision, Effect, Field, Outcome, TileState, Value, time::moment_of},
    script::{ScriptError, ScriptValue},
    tiles::{AccountGroup, Allotment, Batch, EffectSubject, Needs, Outcomes, Participant, TileError, Unit},
};

/// How often a script may ask to be tried again, on one visit.
pub(super) const RETRIES: i64 = 20;

/// A custom tile in a step.
pub(super) struct PlacedTile {
    pub(super) tile: Arc<CustomTile>,
    pub(super) parameters: ScriptValue,
    pub(super) unit: Unit,
    pub(super) step: String,
    pub(super) zone: Zone,
    pub(super) owner: Option<String>,
}

/// What a call came to.
struct Called {
    outcome: Outcome,
    note: Option<String>,
    answer: Option<Answer>,
    kept: Option<TileState>,
}

impl PlacedTile {
    /// Calls the script and checks its answer.
    fn ask(&self, item: ScriptValue, around: &StepContext<'_>) -> Result<Answer, ScriptError> {
        let arguments = self.tile.arguments(item, &self.parameters);
        let returned = self.tile.library.call(&self.tile.program, "run", &arguments)?;
        self.tile.answer(returned, around)
    }

    /// Turns an answer into an outcome, counted from the moment of the call (semantics 14).
    fn outcome(&self, answer: Result<Answer, ScriptError>, moment: i64, kept: &TileState) -> Called {
        let failed = |reason: String| Called {
            outcome: Outcome::Stop,
            note: Some(format!("failed: {reason}")),
            answer: None,
            kept: None,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return failed(error.to_string()),
        };
        let mut next = TileState {
            calls: kept.calls + 1,
            state: answer.state.clone().or_else(|| kept.state.clone()),
            until: None,
            reason: None,
            ..kept.clone()
        };
        let later = |length| calendar::after(moment, length, &self.zone);
        // What is set leaves no record but this.
        let set = answer.effects.iter().filter_map(|effect| match effect {
            Effect::Set { entity, field, value } => Some(match value {
                Value::Missing => format!("{entity}.{} cleared", field.name),
                value => format!("{entity}.{} set to {value}", field.name),
            }),
            _ => None,
        });
        let told: Vec<String> = set.chain(answer.note.clone()).collect();
        let note = (!told.is_empty()).then(|| told.join("; "));
        let (outcome, note) = match &answer.kind {
            AnswerKind::Take(path) => (Outcome::Go { path: path.clone(), moment }, note),
            AnswerKind::Stop(reason) => (Outcome::Stop, Some(reason.clone())),
            AnswerKind::Wait(length) => match later(*length) {
                Ok(until) => {
                    (next.until, next.reason) = (Some(until), note.clone());
                    (Outcome::Wait { until }, note)
                }
                Err(error) => return failed(format!("{}: {error}", self.tile.program.path())),
            },
            AnswerKind::Retry(_, reason) if kept.retries >= RETRIES => {
                return failed(format!("gave up after {RETRIES} tries: {reason}"));
            }
            AnswerKind::Retry(length, reason) => match later(*length) {
                Ok(at) => {
                    next.retries += 1;
                    let reason = format!("tried {} of {RETRIES} times: {reason}", next.retries);
                    (next.until, next.reason) = (Some(at), Some(reason.clone()));
                    (Outcome::Retry { at, reason: reason.clone() }, Some(reason))
                }
                Err(error) => return failed(format!("{}: {error}", self.tile.program.path())),
            },
        };
        Called { outcome, note, answer: Some(answer), kept: Some(next) }
    }

    fn around<'a>(
        &'a self,
        batch: &Batch,
        moment: i64,
        participant: Option<&Participant>,
    ) -> StepContext<'a> {
        let journey = batch.journey.get("name").map(ToString::to_string).unwrap_or_default();
        let (mut contact, mut account) = (BTreeMap::new(), BTreeMap::new());
        if let Some(participant) = participant {
            contact = texts(&self.tile.contact, &participant.contact);
            account = texts(&self.tile.account, &participant.account);
            contact.insert("id".to_owned(), participant.contact_id.clone());
            account.extend(participant.account_id.clone().map(|id| ("id".to_owned(), id)));
        }
        StepContext {
            zone: &self.zone,
            owner: self.owner.as_deref(),
            source: format!("{journey}/{}", self.step),
            moment,
            for_account: self.unit == Unit::Account,
            skips: self.unit == Unit::Account && participant.is_some_and(|one| one.account_id.is_none()),
            channels: Some(&self.tile.channels),
            contact,
            account,
        }
    }

    fn contacts(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, participant) in batch.participants.iter().enumerate() {
            let moment = moment_of(participant.due_at, batch.now);
            let item = self.tile.of_contact(participant, batch, &self.step, moment);
            let answer = self.ask(item, &self.around(batch, moment, Some(participant)));
            let called = self.outcome(answer, moment, &participant.state);
            let subject = EffectSubject::Participant(place);
            make(out, subject, moment, &called);
            if let (Some(kept), Outcome::Wait { .. } | Outcome::Retry { .. }) = (called.kept, &called.outcome)
            {
                out.keep(subject, kept);
            }
            out.noted(place, called.outcome, called.note);
        }
    }

    fn accounts(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, group) in batch.accounts.iter().enumerate() {
            self.account(place, group, batch, out);
        }
    }

    /// Calls the script once for an account, for all of it who stand here by then.
    fn account(&self, place: usize, group: &AccountGroup, batch: &Batch, out: &mut Outcomes) {
        let members = &batch.participants[group.members.clone()];
        if let Some((path, at)) = &group.decided {
            for (member, participant) in group.members.clone().zip(members) {
                let moment = moment_of(participant.arrived_at.max(*at), batch.now);
                let path = (!path.is_empty()).then(|| path.clone());
                out.noted(member, Outcome::Go { path, moment }, Some("as the account before".to_owned()));
            }
            return;
        }
        let due = group.due(&batch.participants).unwrap_or(batch.now);
        if due > batch.now {
            for member in group.members.clone() {
                out.participant(member, Outcome::Wait { until: due });
            }
            return;
        }
        let moment = moment_of(due, batch.now);
        let answer = match (self.tile.kind, &group.account_id) {
            (ScriptKind::Workflow, None) => Ok(Answer::nothing(Some(NO_ACCOUNT.to_owned()))),
            _ => {
                let item = self.tile.of_account(group, batch, &self.step, moment);
                self.ask(item, &self.around(batch, moment, members.first()))
            }
        };
        let called = self.outcome(answer, moment, &group.state);
        let subject = EffectSubject::Account(place);
        make(out, subject, moment, &called);
        match (&called.outcome, called.kept) {
            (Outcome::Go { path, moment }, _) => out.decide(
                place,
                Decision {
                    path: path.clone().unwrap_or_default(),
                    at: *moment,
                    because: called.note.clone().unwrap_or_default(),
                },
            ),
            (_, Some(kept)) => out.keep(subject, kept),
            _ => {}
        }
        for (member, participant) in group.members.clone().zip(members) {
            // Who arrives after the moment of this call isn't touched by it; their turn comes at once.
            match participant.arrived_at > moment {
                true => out.participant(member, Outcome::Wait { until: participant.due_at }),
                false => out.noted(member, called.outcome.clone(), called.note.clone()),
            }
        }
    }
}

fn make(out: &mut Outcomes, subject: EffectSubject, moment: i64, called: &Called) {
    for effect in called.answer.iter().flat_map(|answer| &answer.effects) {
        out.effect(subject, moment, effect.clone());
    }
}

fn texts(fields: &[Field], values: &[Value]) -> BTreeMap<String, String> {
    let named = fields.iter().zip(values).filter(|(_, value)| !value.is_missing());
    named.map(|(field, value)| (field.name.clone(), value.to_string())).collect()
}

impl PlacedTile {
    pub(super) fn needs(&self) -> Needs {
        Needs {
            contact: self.tile.contact.clone(),
            account: self.tile.account.clone(),
            counts: self.tile.counts.iter().map(|(_, did)| did.clone()).collect(),
            keeps: true,
            allotment: self.tile.turn.clone().map(|field| Allotment {
                of: self.unit,
                among: Some(field),
                counts: Vec::new(),
            }),
            colleagues: self.unit == Unit::Account,
            ..Needs::default()
        }
    }

    pub(super) fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        match self.unit {
            Unit::Contact => self.contacts(batch, out),
            Unit::Account => self.accounts(batch, out),
        }
        Ok(())
    }
}
