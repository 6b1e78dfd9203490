//! For which mails those who stand at a step wait.

use super::{LiveJourney, steps::BY_DELIVERY};
use crate::{compile::StepPlan, model::Part, store::AwaitedMails, tiles::Wakes};

/// The mails of which a step asks whether they were sent; nothing when it asks for none. Delivery comes after
/// the steps: a condition on what is due to leave at this moment is answered when it left.
pub(super) fn awaited(journey: &LiveJourney<'_>, step: &StepPlan, wakes: &Wakes) -> Option<AwaitedMails> {
    if !BY_DELIVERY.iter().any(|name| wakes.interactions.contains(*name)) {
        return None;
    }
    let step_keys = linked_steps(step).map(|ids| ids.iter().map(|id| journey.step_key(id)).collect());
    Some(AwaitedMails {
        step_keys: step_keys.unwrap_or_default(),
        whole_account: wakes.whole_account,
        colleagues: wakes.colleagues,
    })
}

/// The steps of whose mails a step asks; nothing when it asks for mails of any step.
fn linked_steps(step: &StepPlan) -> Option<Vec<String>> {
    // A segment may ask for mails of any journey.
    if !step.tile.wakes.segments.is_empty() {
        return None;
    }
    let question = step.tile.question()?;
    let mut asked: Vec<Option<String>> = Vec::new();
    Part::Predicate(&question.predicate).each(&mut |part| {
        if let Some(did) = part.did().filter(|did| BY_DELIVERY.contains(&did.interaction.as_str())) {
            asked.push(did.step.clone());
        }
    });
    asked.into_iter().collect()
}
