//! Mails that nobody gets: shown, tried out, or sent to somebody who tries them.

use std::{collections::BTreeMap, path::Path};

use super::{
    email::{self, filled_in},
    letter::letter,
    links::links,
    message::{Mail, text_of},
};
use crate::{
    channels::{
        ChannelError, Edge,
        transports::{file, parcel::Answer, smtp::Mailer},
        values,
    },
    compile::{EmailPlan, Plan},
    model::{Field, LinkKey, MailLink, Value},
};

/// The fields of a contact and its account that any e-mail needs.
#[must_use]
pub fn mail_fields(plan: &Plan) -> (Vec<Field>, Vec<Field>) {
    let (contact, account) = email::shown_fields(plan);
    values::fields(plan, contact, account)
}

/// An e-mail as a contact would get it. Its links are inert: they lead to a page that says so (semantics 34).
///
/// # Errors
/// Why it can't be made.
pub fn preview_mail(
    plan: &Plan,
    email: &EmailPlan,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    key: Option<&LinkKey>,
    now: i64,
) -> Result<Mail, String> {
    let link = MailLink { contact_key: 0, address_key: 0, topic: String::new(), inert: true };
    let links = links(plan, key, &link);
    let place = ("", "preview");
    let mut mail =
        filled_in(plan, email, place, contact, account, &links, now).map_err(|error| error.to_string())?;
    if mail.text.is_none()
        && let Some(html) = &mail.html
    {
        mail.text = Some(text_of(html).map_err(|error| error.to_string())?);
    }
    Ok(mail)
}

/// Whether a mail can be made of what was filled in.
///
/// # Errors
/// Why not.
pub fn mail_can_leave(mail: &Mail) -> Result<(), ChannelError> {
    email::made(mail).map(drop)
}

/// Sends a mail to an address that somebody who tries it out has: by the mail server, or into the folder for mails. Tells
/// where it went.
///
/// # Errors
/// Why it didn't get there.
pub fn send_test(
    plan: &Plan,
    root: &Path,
    edge: &Edge,
    mail: Mail,
    address: &str,
    now: i64,
) -> Result<String, String> {
    let key = format!("test/{now}/{address}");
    let mail = Mail { to_address: address.to_owned(), to_name: None, key: key.clone(), ..mail };
    let made = email::made(&mail).map_err(|error| error.to_string())?;
    let channel = &plan.settings.email;
    let Some(smtp) = &channel.smtp else {
        let path = file::write(&root.join(&channel.directory), &key, "eml", &made.content)
            .map_err(|error| error.to_string())?;
        return Ok(format!("`{}`", path.display()));
    };
    let letter = letter(smtp, &key, made, now)?;
    let mailer = Mailer::new(smtp, letter.from.domain());
    let handle = edge.handle().map_err(|error| error.to_string())?;
    match handle.block_on(mailer.send(letter)) {
        Answer::Taken => Ok(format!("`{}:{}`", smtp.host, smtp.port)),
        Answer::Refused(reason)
        | Answer::Later { reason, .. }
        | Answer::Bounced { reason, .. }
        | Answer::Unknown(reason) => Err(plan.secrets.hide(&reason)),
        Answer::Postponed | Answer::Left | Answer::Unwritable(_) => Err("it wasn't handed over".to_owned()),
    }
}
