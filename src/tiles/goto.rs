//! `goto`: goes to another step of the journey, forward or back, at most so many times.

use super::{
    Batch, CompileContext, Deciding, Look, Needs, Outcomes, Tile, TileError, TileKind, TileSpec, Unit, Wakes,
    context::unknown,
};
use crate::model::Outcome;
use crate::{
    definitions::{Content, Form, Key, StepDefinition},
    diagnostics::{Code, Problem, Span, Text},
    model::time::moment_of,
};

pub(super) struct GotoTile;

/// The path under which it is kept that somebody went to the other step.
pub const GOTO_PATH: &str = "goto";

/// The most that `at_most` may be.
const MOST: i64 = 1_000;

const PARAMETERS: &[Key] = &[
    Key::required("step", Form::Said(&Form::Text, "id of a step"), "Where it goes"),
    Key::optional(
        "at_most",
        Form::Said(&Form::Count(1), "number of times"),
        "How often each contact goes there; required when it goes back",
    ),
];

static SPEC: TileSpec = TileSpec {
    name: "goto",
    summary: "Goes to another step of the journey; each contact at most so many times, after which it goes on below",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: reminder\n  tile: email\n  with: { email: spring-reminder }\n- id: pause\n  tile: wait\n  with: { for: 7 days }\n- id: again\n  tile: goto\n  with: { step: reminder, at_most: 2 }\n",
};

/// Where a step of `tile: goto` goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goto<'a> {
    /// The other step, where it is written.
    pub step: &'a Text,
    /// Whether it goes there so many times at most, and then on with the next step of its list.
    pub limited: bool,
    /// Where the tile's name stands.
    pub span: Span,
}

/// Where a step goes by `tile: goto`; nothing for other tiles.
#[must_use]
pub fn goto_of(step: &StepDefinition) -> Option<Goto<'_>> {
    if step.tile.value != SPEC.name {
        return None;
    }
    let value = |key: &str| step.with.iter().find(|(name, _)| name.value == key).map(|(_, node)| node);
    match &value("step")?.content {
        Content::Text(text) => {
            Some(Goto { step: text, limited: value("at_most").is_some(), span: step.tile.span })
        }
        _ => None,
    }
}

impl TileKind for GotoTile {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let to = reader.required_text("step");
        let at_most = reader.integer("at_most");
        reader.finish();
        if let Some(at_most) = at_most.as_ref().filter(|at_most| !(1..=MOST).contains(&at_most.value)) {
            context.problems.push(
                Problem::error(
                    Code::InvalidValue,
                    at_most.span,
                    format!("`at_most: {}` isn't a number of times", at_most.value),
                )
                .hint(format!("Write a number from 1 to {MOST}, such as `at_most: 3`.")),
            );
        }
        let to = to?;
        if to.value == step.id.value {
            context.problems.push(
                Problem::error(Code::CircularSteps, to.span, format!("`{}` goes to itself", to.value))
                    .hint("Name an earlier step to do it again, or a later one to leave steps out; to let time pass, use a `wait`."),
            );
        } else if !context.steps.contains_key(&to.value) {
            let names = context.steps.keys().map(String::as_str);
            unknown(Code::UnknownStep, "step", &to.value, to.span, names, context.problems);
        }
        if context.problems.has_errors() {
            return None;
        }
        let tile = CompiledGoto { to: to.value, at_most: at_most.map(|at_most| at_most.value) };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Deciding::new(Unit::Contact, Needs::default(), move |batch, out| tile.run(batch, out))
                .into(),
            wakes: Wakes::default(),
        })
    }
}

struct CompiledGoto {
    to: String,
    at_most: Option<i64>,
}

impl CompiledGoto {
    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        for (place, participant) in batch.participants.iter().enumerate() {
            let moment = moment_of(participant.arrived_at, batch.now);
            let (path, note) = match self.at_most {
                None => (true, format!("to {}", self.to)),
                Some(most) if participant.visit <= most => {
                    (true, format!("to {}, {} of at most {most} times", self.to, participant.visit))
                }
                Some(most) => (false, format!("it went to {} {most} times, as often as it may", self.to)),
            };
            let path = path.then(|| GOTO_PATH.to_owned());
            out.noted(place, Outcome::Go { path, moment }, Some(note));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::Participant;

    #[test]
    fn each_contact_goes_as_often_as_it_may_and_then_on() {
        let cases = [(None, 7, true), (Some(2), 1, true), (Some(2), 2, true), (Some(2), 3, false)];
        for (at_most, visit, goes) in cases {
            let tile = CompiledGoto { to: "invite".to_owned(), at_most };
            let batch = Batch {
                participants: vec![Participant { visit, ..Participant::default() }],
                ..Batch::default()
            };
            let mut out = Outcomes::of(&batch);
            tile.run(&batch, &mut out).unwrap();
            let path = goes.then(|| GOTO_PATH.to_owned());
            let outcome = out.finish("goto", &batch).unwrap().outcomes.remove(0).0;
            assert_eq!(outcome, Outcome::Go { path, moment: 0 }, "visit {visit}, at most {at_most:?}");
        }
    }
}
