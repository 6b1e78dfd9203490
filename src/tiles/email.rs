//! `email`: sends a mail to each contact that arrives and lets it go on at once.

use super::{
    CompileContext, Look, Mail, Tile, TileKind, TileSpec, Uniform, Wakes, Work, context::unknown,
    shared::milliseconds,
};
use crate::{
    definitions::{Form, Key, Referred, StepDefinition},
    diagnostics::{Code, Problem},
};

pub(super) struct Email;

const PARAMETERS: &[Key] = &[
    Key::required("email", Form::Reference(Referred::Email), "The e-mail that is sent"),
    Key::optional("expires", Form::Duration, "How long after the step's moment the mail is still sent"),
    Key::optional(
        "if_late",
        Form::Choice(&["send", "skip"]),
        "What becomes of a mail that expired; `skip` when not written",
    ),
];

static SPEC: TileSpec = TileSpec {
    name: "email",
    summary: "Sends an e-mail to each contact; a mail that can't be sent doesn't hold the contact up",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: invite\n  tile: email\n  with: { email: spring-invite }\n",
};

impl TileKind for Email {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let email = reader.required_text("email");
        let expires = reader.duration("expires");
        let late = reader.choice("if_late", &[("send", true), ("skip", false)]);
        reader.finish();
        if let (None, Some(late)) = (&expires, &late) {
            context.problems.push(
                Problem::error(Code::MissingKey, late.span, "`if_late` without `expires`")
                    .hint("Write `expires:` too, such as `expires: 4 hours`."),
            );
        }
        let email = email?;
        if !context.names.emails.contains(&email.value) {
            let names = context.names.emails.iter().map(String::as_str);
            unknown(Code::UnknownEmail, "e-mail", &email.value, email.span, names, context.problems);
            return None;
        }
        let expires_after = match expires {
            Some(expires) => Some(milliseconds(expires.value, expires.span, context.problems)?),
            None => None,
        };
        let mail = Mail { email: email.value, expires_after, send_late: late.is_some_and(|late| late.value) };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Work::Uniform(Uniform { mail: Some(mail), ..Uniform::default() }),
            wakes: Wakes::default(),
        })
    }
}
