//! What commercial mail has to have where it leaves for the world: a way out, and the sender's postal address
//! (semantics 33). Mail that ends in files reaches nobody, and may lack them.

use std::collections::BTreeMap;

use super::{EmailPlan, plan::Settings};
use crate::{
    definitions::{Definitions, Purpose, Transport},
    diagnostics::{Code, Problem, Problems, Text},
    templates::Template,
};

/// Reports what is missing.
pub(super) fn check(
    definitions: &Definitions,
    settings: &Settings,
    emails: &BTreeMap<String, EmailPlan>,
    problems: &mut Problems,
) {
    let channel = definitions.settings.email.as_ref();
    let Some(channel) = channel.filter(|channel| channel.transport.value == Transport::Smtp) else { return };
    let at = channel.transport.span;
    if !definitions.settings.live && settings.email.only_to.iter().all(Vec::is_empty) {
        problems.push(
            Problem::error(Code::InvalidSetting, at, "mail would go to anybody, and `live: true` isn't written").hint(
                "Write `live: true` for the environment that may write to customers, and `only_to:` with your own addresses for the others.",
            ),
        );
    }
    if channel.from.is_none() {
        problems.push(
            Problem::error(Code::InvalidSetting, at, "a mail server needs a sender")
                .hint("Write `from:` below `email:`, such as `from: \"Vendor <news@vendor.example>\"`."),
        );
    }
    let commercial: Vec<(&EmailPlan, &Text)> = definitions
        .emails
        .iter()
        .filter_map(|written| Some((emails.get(&written.header.name.value)?, &written.header.name)))
        .filter(|(email, _)| email.purpose == Purpose::Commercial)
        .collect();
    if !commercial.is_empty() && settings.public_url.is_none() {
        problems.push(
            Problem::error(Code::CommercialMail, at, "commercial mail has no address at which its readers can leave")
                .hint(
                    "Write `serve: { http: 127.0.0.1:8080, public_url: https://news.vendor.example }`, and run `tilework serve` behind it.",
                ),
        );
    }
    if !commercial.is_empty() && !settings.company.contains_key("address") {
        problems.push(
            Problem::error(Code::CommercialMail, at, "commercial mail needs the sender's postal address")
                .hint("Write `company: { name: Vendor Ltd, address: \"1 High Street, London\" }`."),
        );
    }
    for (email, name) in commercial {
        for (part, template) in [("HTML", email.html.as_ref()), ("text", email.text.as_ref())] {
            let Some(template) = template else { continue };
            report(template, part, name, problems);
        }
    }
}

fn report(template: &Template, part: &str, name: &Text, problems: &mut Problems) {
    let shows = |what: &str| template.needs().shown.contains(what);
    if !shows("links.unsubscribe") && !shows("links.preferences") {
        let message = format!("the {part} of the commercial e-mail `{}` shows no way out", name.value);
        problems.push(Problem::error(Code::CommercialMail, name.span, message).hint(
            "Show `{{links.unsubscribe}}` or `{{links.preferences}}`, such as `<a href=\"{{links.unsubscribe}}\">Unsubscribe</a>`; for business at hand write `purpose: transactional`.",
        ));
    }
    if !shows("company.address") {
        let message =
            format!("the {part} of the commercial e-mail `{}` doesn't show the postal address", name.value);
        problems.push(Problem::error(Code::CommercialMail, name.span, message).hint(
            "Show `{{company.address}}`, for instance in a file of `templates/` that all mails include.",
        ));
    }
}
