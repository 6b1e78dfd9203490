//! What an e-mail becomes for a contact.

use std::collections::{BTreeMap, BTreeSet};

use super::message::{Mail, compose};
use crate::{
    channels::{ChannelError, values},
    compile::{EmailPlan, Plan},
    definitions::MailLanguage,
    model::{Language, Value},
    store::DueMessage,
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

/// Makes the message of an e-mail for a contact: its bytes.
///
/// # Errors
/// When a template fails, or the parts don't make a message.
pub(in crate::channels) fn rendered(
    plan: &Plan,
    email: &EmailPlan,
    message: &DueMessage,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    now: i64,
) -> Result<Vec<u8>, ChannelError> {
    let (journey, settings) = values::journey_and_settings(plan, &message.journey);
    let language = match (email.language, contact.get("language")) {
        (MailLanguage::Fixed(language), _) => language,
        (MailLanguage::Contact, Some(Value::Text(text))) => Language::of_field(text).unwrap_or_default(),
        (MailLanguage::Contact, _) => Language::default(),
    };
    let values = Values { contact, account, journey: &journey, settings: &settings, message: None, language };
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
    let mail = Mail {
        key: message.key.clone(),
        from: own(email.from.as_ref())?.unwrap_or_else(|| channel.from.clone()),
        reply_to: own(email.reply_to.as_ref())?,
        to_address: show("email").unwrap_or_default().trim().to_owned(),
        to_name,
        subject: render(&email.subject)?.trim().to_owned(),
        html: email.html.as_ref().map(render).transpose()?,
        text: email.text.as_ref().map(render).transpose()?,
        at: now,
        headers: Vec::new(),
    };
    compose(&mail)
}
