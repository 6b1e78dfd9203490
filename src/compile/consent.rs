//! What an unrecorded consent counts as has to be said where it decides about mail.

use crate::{
    definitions::{Definitions, Purpose},
    diagnostics::{Code, Problem, Problems},
    model::Consent,
};

/// Warns once when there is commercial mail, or a journey that asks for consent, and the settings don't say
/// what an unrecorded consent counts as.
pub(super) fn warn(definitions: &Definitions, problems: &mut Problems) {
    if definitions.settings.consent.is_some() {
        return;
    }
    let mail = definitions.emails.iter().find(|email| email.purpose == Purpose::Commercial);
    let asks = |level: Option<Consent>| level.is_some_and(|level| level != Consent::None);
    let journey = definitions.journeys.iter().find(|journey| asks(journey.consent));
    let (span, what) = match (mail, journey) {
        (Some(email), _) => (email.header.name.span, "this e-mail is commercial"),
        (None, Some(journey)) => (journey.header.name.span, "this journey asks for consent"),
        (None, None) => return,
    };
    let message = format!("{what}, and `tilework.yaml` doesn't say what an unrecorded consent counts as");
    problems.push(
        Problem::warning(Code::ConsentNotSet, span, message).hint(
            "Write `consent: { unrecorded: none }`, which is what is assumed, or another level, there.",
        ),
    );
}
