//! `launch_workflow`: launches a workflow for each contact or once for each account, and lets everybody
//! go on at once: what becomes of the workflow doesn't hold them up.

use std::collections::BTreeMap;

use super::{
    Batch, CompileContext, Deciding, KnownWorkflow, Look, Needs, Outcomes, Tile, TileError, TileKind,
    TileSpec, Unit, Wakes,
    context::{unit, unknown},
    shared::for_each,
};
use crate::model::Effect;
use crate::{
    definitions::{Form, Key, Referred, StepDefinition},
    diagnostics::{Code, Problem},
    script::ScriptValue,
};

/// What the name of a workflow's channel starts with in the outbox.
pub const WORKFLOW: &str = "workflow:";

pub(super) struct LaunchWorkflow;

const PARAMETERS: &[Key] = &[
    Key::optional(
        "for_each",
        Form::Choice(&["contact", "account"]),
        "Whether it is launched for each contact, or once for the account; required in account journeys",
    ),
    Key::required("workflow", Form::Reference(Referred::Workflow), "The workflow that is launched"),
];

static SPEC: TileSpec = TileSpec {
    name: "launch_workflow",
    summary: "Launches a workflow, which learns of the contact or the account; nobody waits for it",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: tell\n  tile: launch_workflow\n  with: { for_each: account, workflow: tell-crm }\n",
};

impl TileKind for LaunchWorkflow {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let unit = unit("for_each", context.target, &mut reader);
        let workflow = reader.required_text("workflow");
        reader.finish();
        let workflow = workflow?;
        let Some(known) = context.names.workflows.get(&workflow.value) else {
            let names = context.names.workflows.keys().map(String::as_str);
            unknown(
                Code::UnknownWorkflow,
                "workflow",
                &workflow.value,
                workflow.span,
                names,
                context.problems,
            );
            return None;
        };
        let unit = unit?;
        let of_contact = match known {
            KnownWorkflow::Call { shows_contact } => shows_contact.then_some("shows"),
            KnownWorkflow::Script(script) => script.sets_contact().then_some("sets"),
        };
        if let (Some(does), Unit::Account) = (of_contact, unit) {
            let message =
                format!("the workflow `{}` {does} fields of a contact, and there is none", workflow.value);
            context
                .problems
                .push(Problem::error(Code::InvalidValue, workflow.span, message).hint(
                    "Write `for_each: contact`, or use the fields of `account` alone in the workflow.",
                ));
            return None;
        }
        match known {
            KnownWorkflow::Call { .. } => {
                let tile = CompiledLaunch { unit, workflow: workflow.value };
                Some(Tile {
                    look: Look::ON_ARRIVAL,
                    paths: Vec::new(),
                    work: Deciding::new(unit, Needs::default(), move |batch, out| tile.run(batch, out))
                        .into(),
                    wakes: Wakes::default(),
                })
            }
            KnownWorkflow::Script(script) => {
                Some(script.tile(unit, ScriptValue::Map(BTreeMap::new()), step, context))
            }
        }
    }
}

/// The launch of a call. A script is carried out by the step itself, as a custom tile is.
struct CompiledLaunch {
    unit: Unit,
    workflow: String,
}

impl CompiledLaunch {
    fn all(&self, batch: &Batch, out: &mut Outcomes) {
        let effect = Effect::Message {
            channel: format!("{WORKFLOW}{}", self.workflow),
            content: serde_json::json!({ "workflow": self.workflow }).to_string(),
        };
        for_each(self.unit, batch, out, &|_, _| Ok(effect.clone()));
    }
}

impl CompiledLaunch {
    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        self.all(batch, out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Outcome,
        tiles::{AccountGroup, Decided, EffectSubject, Participant},
    };

    #[test]
    fn rule_7_a_contact_without_account_passes_with_a_note() {
        let people = |id: &str, arrived_at| Participant {
            contact_id: id.into(),
            arrived_at,
            due_at: arrived_at,
            ..Participant::default()
        };
        let batch = Batch {
            participants: vec![people("ada", 3), people("bob", 2), people("cy", 1)],
            accounts: vec![
                AccountGroup { account_id: Some("acme".into()), members: 0..2, ..AccountGroup::default() },
                AccountGroup { account_id: None, members: 2..3, ..AccountGroup::default() },
            ],
            now: 10,
            ..Batch::default()
        };
        let run = |unit| {
            let mut out = Outcomes::of(&batch);
            CompiledLaunch { unit, workflow: "tell-crm".into() }.all(&batch, &mut out);
            out.finish("launch_workflow", &batch).unwrap()
        };
        let Decided { outcomes, effects, .. } = run(Unit::Account);
        let notes: Vec<Option<&str>> = outcomes.iter().map(|(_, note)| note.as_deref()).collect();
        assert_eq!(notes, [None, None, Some("no_account")]);
        assert!(outcomes.iter().all(|(outcome, _)| matches!(outcome, Outcome::Go { .. })));
        let Effect::Message { channel, content } = &effects[0].2 else { panic!("{effects:?}") };
        assert_eq!((effects.len(), effects[0].0, effects[0].1), (1, EffectSubject::Account(0), 2));
        assert_eq!((&**channel, &**content), ("workflow:tell-crm", r#"{"workflow":"tell-crm"}"#));
        assert_eq!(run(Unit::Contact).effects.len(), 3);
    }
}
