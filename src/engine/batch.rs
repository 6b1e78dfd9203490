//! One batch: claimed, loaded, decided, committed.

use super::{
    Engine, EngineError, LiveJourney, Phase, calls,
    convert::{self, Loaded},
    facts, question,
};
use crate::{
    compile::StepPlan,
    store::{AwaitedMails, Claim, IterationRow, Message, NextStep, Passage, Store},
    tiles::{Deciding, Outcomes, Uniform, Unit, Work},
};

/// The step at which a batch stands.
pub(super) struct Place<'a> {
    pub(super) journey: &'a LiveJourney<'a>,
    pub(super) iteration: &'a IterationRow,
    pub(super) step: &'a StepPlan,
    /// Mails on their way for which participants wait here.
    pub(super) awaited: Option<AwaitedMails>,
    pub(super) now: i64,
}

/// Does the work of a claim.
pub(super) fn work(
    engine: &Engine<'_>,
    store: &mut Store,
    place: &Place<'_>,
    claim: &Claim,
) -> Result<(), EngineError> {
    match &place.step.tile.work {
        Work::Uniform(uniform) => pass(engine, store, place, claim, uniform),
        Work::Each(tile) => decide(engine, store, place, claim, tile),
    }
}

/// The same for everyone: the store does it without anybody being loaded.
fn pass(
    engine: &Engine<'_>,
    store: &mut Store,
    place: &Place<'_>,
    claim: &Claim,
    uniform: &Uniform,
) -> Result<(), EngineError> {
    (engine.observe)(Phase::Decided);
    let content = uniform
        .mail
        .as_ref()
        .map(|mail| serde_json::json!({ "email": mail.email, "send_late": mail.send_late }).to_string());
    let message = uniform.mail.as_ref().zip(content.as_deref()).map(|(mail, content)| Message {
        channel: "email",
        content,
        hold: engine.plan.settings.email.hold,
        expires_after: mail.expires_after,
    });
    let passage = Passage {
        released_when_due: uniform.released_when_due,
        next: next_step(place, None),
        path: uniform.ends.as_ref().and_then(|result| result.as_deref()),
        message,
    };
    let blocks = &place.journey.plan.blocks;
    store.commit_passage(claim, &passage, blocks, place.journey.plan.zone.name(), place.now)?;
    Ok(())
}

/// Where a path leads, with how the step there looks at those who arrive.
pub(super) fn next_step(place: &Place<'_>, path: Option<&str>) -> Option<NextStep> {
    let to = place.step.leads_to(path)?;
    let look = place.journey.plan.steps.get(to)?.tile.look;
    Some(NextStep {
        step_key: place.journey.step_keys.get(to).copied()?,
        look_after: look.after,
        look_at: look.at,
    })
}

/// Participant by participant: loaded with what the tile asked for, decided by it, committed.
fn decide(
    engine: &Engine<'_>,
    store: &mut Store,
    place: &Place<'_>,
    claim: &Claim,
    tile: &Deciding,
) -> Result<(), EngineError> {
    let Deciding { unit, needs, .. } = tile;
    let answers = &*engine.plan.library;
    // An account that waits as one is decided as one, also for those of it who aren't due themselves.
    let whole_accounts =
        *unit == Unit::Account && (needs.question.is_some() || needs.decision || needs.keeps);
    let mut standing = store.load_batch(
        claim,
        place.now,
        &needs.contact,
        &needs.account,
        whole_accounts,
        place.awaited.as_ref(),
    )?;
    let given = match &needs.allotment {
        Some(allotment) => Some(facts::Given::read(store, claim, allotment, &mut standing)?),
        None => None,
    };
    let decisions = if whole_accounts { store.decisions(claim)? } else { Vec::new() };
    let mut loaded = convert::load(engine, place, standing, &decisions);
    if let Some(question) = &needs.question {
        question::answer(store, place, claim, question, answers, &mut loaded)?;
    }
    if let Some(given) = given {
        given.tell(&mut loaded);
    }
    facts::answer(store, place, &needs.conditions, answers, &mut loaded)?;
    calls::prepare(store, place, claim, needs, *unit == Unit::Account, &mut loaded)?;
    let Loaded { batch, .. } = &loaded;
    let mut out = Outcomes::of(batch);
    (tile.run)(batch, &mut out)?;
    let decided = out.finish(&place.step.tile_name, batch)?;
    (engine.observe)(Phase::Decided);
    let commit = convert::commit(engine, place, &loaded, decided, whole_accounts);
    let blocks = &place.journey.plan.blocks;
    store.commit_outcomes(claim, &commit, blocks, place.journey.plan.zone.name(), place.now)?;
    Ok(())
}
