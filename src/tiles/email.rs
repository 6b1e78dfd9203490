//! `email`: sends a mail to each contact that arrives and lets it go on at once.

use super::{
    CompileContext, Look, Mail, Parameter, Tile, TileKind, TileSpec, Uniform, Wakes, Work, context::unknown,
    shared::milliseconds,
};
use crate::{
    definitions::StepDefinition,
    diagnostics::{Code, Problem},
};

pub(super) struct Email;

static SPEC: TileSpec = TileSpec {
    name: "email",
    summary: "Sends an e-mail to each contact; a mail that can't be sent doesn't hold the contact up",
    parameters: &[
        Parameter::required("email", "name of an e-mail", "The e-mail that is sent"),
        Parameter::optional("expires", "duration", "How long after the step's moment the mail is still sent"),
        Parameter::optional(
            "if_late",
            "send or skip",
            "What becomes of a mail that expired; `skip` when not written",
        ),
    ],
    paths: &[],
    example: "- id: invite\n  tile: email\n  with: { email: spring-invite }\n",
};

impl TileKind for Email {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(context.problems);
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
