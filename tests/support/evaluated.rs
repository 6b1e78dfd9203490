//! Evaluating a segment over everybody, with somebody who answers calls.

use tilework::{
    model::{Answers, Entity},
    store::{Evaluation, Membership, Store, StoreError},
};

/// Evaluates a segment that was declared.
pub fn evaluate(
    store: &mut Store,
    name: &str,
    membership: &Membership,
    target: Entity,
    now: i64,
    answers: &dyn Answers,
) -> Result<(), StoreError> {
    let states = store.segment_states()?;
    let evaluations = states.iter().find(|state| state.name == name).map_or(0, |state| state.evaluations);
    store.evaluate(&Evaluation {
        name,
        membership,
        target,
        now,
        next_evaluation_at: None,
        dependents: &[],
        reach: None,
        evaluations,
        answers,
        real_now: &|| 0,
        started: 0,
    })?;
    Ok(())
}
