//! `email` and `mail`: e-mails as contacts would get them.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{EmailCommand, Format, MailCommand},
    workspaces::workspace::{no_contact, one_contact},
};
use crate::{
    channels::{Edge, Mail, mail_can_leave, mail_fields, named, preview_mail, send_test},
    compile::{EmailPlan, Plan},
    diagnostics::did_you_mean,
    model::folded_address,
    store::{MailReaders, MailValues, Store},
};

/// Carries out `email`.
pub(in crate::cli) fn email(
    command: &EmailCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        EmailCommand::Show { name, contact, html } => {
            let mail = of_contact(name, contact, plan, store, now)?;
            if let Some(file) = html {
                let Some(html) = &mail.html else {
                    return Err(CliError::usage(format!("the e-mail `{name}` has no HTML")));
                };
                std::fs::write(file, html).map_err(|error| {
                    CliError::usage(format!("`{}` can't be written: {error}", file.display()))
                })?;
                output.remark(&format!("the HTML stands in {}", file.display()));
            }
            show(&mail, output)
        }
        EmailCommand::Check { name, segment } => check(name, segment, plan, store, now, output),
    }
}

/// Carries out `mail`.
pub(in crate::cli) fn mail(
    command: &MailCommand,
    root: &Path,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let MailCommand::SendTest { address, email, contact } = command;
    if folded_address(address).is_none() {
        return Err(CliError::usage(format!("`{address}` is not an e-mail address"))
            .hint("Write your own address, such as `ada@vendor.example`.".to_owned()));
    }
    let mail = of_contact(email, contact, plan, store, now)?;
    let place = send_test(plan, root, &Edge::default(), mail, address, now)
        .map_err(|reason| CliError::new(Exit::Rejects, format!("the test mail didn't leave: {reason}")))?;
    output.text(&format!("{email} for {contact} went to {address} by {place}; its links do nothing"))?;
    Ok(Exit::Done)
}

fn email_named<'p>(name: &str, plan: &'p Plan) -> Result<&'p EmailPlan, CliError> {
    plan.email(name).ok_or_else(|| {
        let hint = did_you_mean(name, plan.emails.keys().map(String::as_str));
        CliError::usage(format!("there is no e-mail `{name}`"))
            .hint(hint.unwrap_or_else(|| "`tilework check` says how many there are.".to_owned()))
    })
}

fn of_contact(name: &str, contact: &str, plan: &Plan, store: &mut Store, now: i64) -> Result<Mail, CliError> {
    let email = email_named(name, plan)?;
    let id = one_contact(store, contact)?;
    let key = store.link_key(None)?;
    let (contact_fields, account_fields) = mail_fields(plan);
    let mut values = None;
    store.mail_values(MailReaders::Contact(&id), &contact_fields, &account_fields, &mut |found| {
        values = Some(found);
        Ok(())
    })?;
    let Some(MailValues { contact, account, .. }) = values else {
        return Err(no_contact(&id));
    };
    let (contact, account) = (named(&contact_fields, &contact), named(&account_fields, &account));
    preview_mail(plan, email, &contact, &account, key.as_ref(), now).map_err(|reason| {
        CliError::new(Exit::Rejects, format!("the e-mail can't be made for {id}: {reason}"))
    })
}

fn show(mail: &Mail, output: &mut Output) -> Result<Exit, CliError> {
    if output.format() == Format::Json {
        output.json(&json!({
            "from": mail.from, "reply_to": mail.reply_to, "to": mail.to_address, "to_name": mail.to_name,
            "subject": mail.subject, "text": mail.text, "html": mail.html,
            "headers": mail.headers.iter().cloned().collect::<BTreeMap<String, String>>(),
        }))?;
        return Ok(Exit::Done);
    }
    let to = match &mail.to_name {
        Some(name) => format!("{name} <{}>", mail.to_address),
        None => mail.to_address.clone(),
    };
    output.text(&format!("From:    {}", mail.from))?;
    output.text(&format!("To:      {to}"))?;
    output.text(&format!("Subject: {}", mail.subject))?;
    output.text("")?;
    for line in mail.text.as_deref().unwrap_or_default().lines() {
        output.text(line)?;
    }
    if let Err(error) = mail_can_leave(mail) {
        output.remark(&format!("it can't leave: {error}"));
    }
    Ok(Exit::Done)
}

/// Makes an e-mail for everybody in a segment.
fn check(
    name: &str,
    segment: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let email = email_named(name, plan)?;
    let Some(found) = plan.segment(segment) else {
        let hint = did_you_mean(segment, plan.segments.iter().map(|segment| segment.name.as_str()));
        return Err(CliError::usage(format!("there is no segment `{segment}`"))
            .hint(hint.unwrap_or_else(|| "`tilework segment list` shows all.".to_owned())));
    };
    let key = store.link_key(None)?;
    let (contact_fields, account_fields) = mail_fields(plan);
    let (mut looked_at, mut failed) = (0_u64, 0_u64);
    let mut table = output.rows(&[("contact_id", "CONTACT"), ("reason", "REASON")]);
    let whose = MailReaders::Segment(segment, found.target);
    store.mail_values(whose, &contact_fields, &account_fields, &mut |values| {
        looked_at += 1;
        let contact = named(&contact_fields, &values.contact);
        let account = named(&account_fields, &values.account);
        let made = preview_mail(plan, email, &contact, &account, key.as_ref(), now)
            .and_then(|mail| mail_can_leave(&mail).map_err(|error| error.to_string()));
        if let Err(reason) = made {
            failed += 1;
            table.push(vec![json!(values.contact_id), json!(reason)]);
        }
        Ok(())
    })?;
    let nothing = format!("{name} can be made for all {looked_at} in {segment}.");
    table.end(&nothing)?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Found })
}
