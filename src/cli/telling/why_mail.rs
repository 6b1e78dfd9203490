//! The part of `why contact` that tells whether a contact may be written to.

use serde_json::{Value as Json, json};

use super::why::{line, words};
use crate::cli::face::cells::optional;
use crate::{model::time::rfc3339, store::MailStanding};

pub(in crate::cli) fn as_json(mail: &MailStanding) -> Json {
    let consent: serde_json::Map<String, Json> =
        mail.consent.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    let suppressed =
        mail.suppressed.iter().map(|(reason, since)| json!({ "reason": reason, "since": rfc3339(*since) }));
    let unsubscribed = mail.unsubscribed.iter().map(|said| {
        json!({
            "topic": optional(said.topic.clone()), "contact_id": optional(said.contact_id.clone()),
            "reason": optional(said.reason.clone()), "at": rfc3339(said.at),
        })
    });
    json!({
        "consent": consent,
        "suppressed": suppressed.collect::<Vec<_>>(),
        "unsubscribed_by_others": unsubscribed.collect::<Vec<_>>(),
        "address_shared_with": mail.shared_with,
    })
}

/// The lines about it; none where nothing is recorded.
pub(in crate::cli) fn tell(mail: &MailStanding) -> Vec<String> {
    let mut lines = Vec::new();
    let value =
        |wanted: &str| mail.consent.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.as_str());
    if !mail.consent.is_empty() {
        let mut text = format!("consent {}", value("consent").unwrap_or("unrecorded"));
        for (word, name) in
            [("since", "consent_since"), ("until", "consent_until"), ("from", "consent_source")]
        {
            text.extend(value(name).map(|value| format!(", {word} {value}")));
        }
        text.extend(value("consent_basis").map(|basis| format!(", {}", words(basis))));
        text.extend(value("consent_text").map(|agreed| format!(": \"{agreed}\"")));
        lines.push(format!("  {text}"));
    }
    for (reason, since) in &mail.suppressed {
        lines.push(line(Some(*since), &format!("address suppressed: {reason}")));
    }
    for said in &mail.unsubscribed {
        let what = said.topic.as_deref().unwrap_or("all commercial mail");
        let by = said.contact_id.as_ref().map(|contact| format!(" by {contact}")).unwrap_or_default();
        let reason = said.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push(line(Some(said.at), &format!("address unsubscribed from {what}{by}{reason}")));
    }
    if !mail.shared_with.is_empty() {
        lines.push(format!("  address shared with {}", mail.shared_with.join(", ")));
    }
    if !lines.is_empty() {
        lines.insert(0, "\nMail".to_owned());
    }
    lines
}
