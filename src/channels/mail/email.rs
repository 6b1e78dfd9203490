//! What an e-mail becomes for a contact.

use std::collections::{BTreeMap, BTreeSet};

use lettre::Address;

use super::{
    mailbox::{address, sender},
    message::{Mail, compose},
};
use crate::{
    channels::{ChannelError, values},
    compile::{EmailPlan, Plan},
    definitions::{MailLanguage, Purpose},
    model::{Language, Value},
    templates::{Template, Values},
};

/// Fields that every mail needs, whatever its template shows.
const CONTACT_FIELDS: [&str; 7] =
    ["email", "first_name", "last_name", "full_name", "status", "timezone", "language"];

/// Names of the fields of contacts and accounts that any e-mail of the plan needs.
pub(in crate::channels) fn shown_fields(plan: &Plan) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let mut contact: BTreeSet<&str> = CONTACT_FIELDS.into();
    let mut account: BTreeSet<&str> = BTreeSet::new();
    for email in plan.emails.values() {
        for needs in email.templates().map(|template| template.needs()) {
            contact.extend(needs.contact.iter().map(String::as_str));
            account.extend(needs.account.iter().map(String::as_str));
        }
    }
    (contact, account)
}

/// Fills in an e-mail for a contact, in a journey by its name, as the effect with this key. `links` are those that it may
/// show, by name; `one_click` is the one behind which a single POST unsubscribes.
///
/// # Errors
/// When a template fails.
pub(in crate::channels) fn filled_in(
    plan: &Plan,
    email: &EmailPlan,
    (journey, key): (&str, &str),
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    links: &BTreeMap<String, Value>,
    now: i64,
) -> Result<Mail, ChannelError> {
    let (journey, settings) = values::journey_and_settings(plan, journey);
    let language = match (email.language, contact.get("language")) {
        (MailLanguage::Fixed(language), _) => language,
        (MailLanguage::Contact, Some(Value::Text(text))) => Language::of_field(text).unwrap_or_default(),
        (MailLanguage::Contact, _) => Language::default(),
    };
    let values =
        Values { contact, account, journey: &journey, settings: &settings, links, message: None, language };
    let render = |template: &Template| {
        template.render(&values).map_err(|error| ChannelError::Message(error.to_string()))
    };
    let show = |field: &str| contact.get(field).filter(|value| !value.is_missing()).map(ToString::to_string);
    let to_name = show("full_name").or_else(|| {
        let parts: Vec<String> = [show("first_name"), show("last_name")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    });
    // What is made of nothing but missing values is left to the channel.
    let own = |template: Option<&Template>| -> Result<Option<String>, ChannelError> {
        let made = template.map(render).transpose()?.map(|made| made.trim().to_owned());
        Ok(made.filter(|made| !made.is_empty()))
    };
    let channel = &plan.settings.email;
    let link = |name: &str| match links.get(name) {
        Some(Value::Text(link)) => Some(link.as_str()),
        _ => None,
    };
    // RFC 8058: one address that takes the whole mail's list away, by a POST alone.
    let mut headers = Vec::new();
    if let (Purpose::Commercial, Some(link)) = (email.purpose, link("one_click")) {
        headers.push(("List-Unsubscribe".to_owned(), format!("<{link}>")));
        headers.push(("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()));
    }
    if let Some((topic, _)) = &email.topic {
        let from = channel_domain(&channel.from);
        headers.push(("List-Id".to_owned(), format!("<{topic}.{from}>")));
    }
    Ok(Mail {
        key: key.to_owned(),
        from: own(email.from.as_ref())?.unwrap_or_else(|| channel.from.clone()),
        reply_to: own(email.reply_to.as_ref())?,
        to_address: show("email").unwrap_or_default().trim().to_owned(),
        to_name,
        subject: render(&email.subject)?.trim().to_owned(),
        html: email.html.as_ref().map(render).transpose()?,
        text: email.text.as_ref().map(render).transpose()?,
        at: now,
        headers,
    })
}

/// Makes the message of a mail.
///
/// # Errors
/// When an address isn't one, or the parts don't make a message.
pub(in crate::channels) fn made(mail: &Mail) -> Result<Made, ChannelError> {
    Ok(Made { content: compose(mail)?, from: sender(&mail.from)?.email, to: address(&mail.to_address)? })
}

/// A mail that was made.
pub(in crate::channels) struct Made {
    /// The message.
    pub content: Vec<u8>,
    /// The sender's address.
    pub from: Address,
    /// The recipient's.
    pub to: Address,
}

/// The domain of the channel's sender.
fn channel_domain(from: &str) -> String {
    sender(from).map_or_else(|_| "localhost".to_owned(), |from| from.email.domain().to_owned())
}
