//! The mail server of `channels: email:`.

use super::settings::{has_variable, is_address};
use crate::definitions::{
    Content, DkimDefinition, MailEncryption, Node, Reader, SmtpDefinition, nodes::scalars::wrong_type,
    reading::settings_keys::DKIM,
};
use crate::diagnostics::{Code, Problem, Span, Text};
use crate::model::time::{MINUTE, SECOND};

/// The keys that only a mail server has.
const OWN: [&str; 9] =
    ["host", "port", "encryption", "username", "password", "connections", "rate", "return_path", "dkim"];

/// Reads the keys of a mail server; without one, those that stand there all the same are reported.
pub(in crate::definitions) fn read(reader: &mut Reader<'_>, is_smtp: bool) -> Option<SmtpDefinition> {
    let host = reader.text("host");
    let port = reader.integer("port");
    let encryption = reader.choice(
        "encryption",
        &[
            ("starttls", MailEncryption::StartTls),
            ("tls", MailEncryption::Tls),
            ("none", MailEncryption::None),
        ],
    );
    let (username, password) = (reader.text("username"), reader.text("password"));
    let connections = reader.integer("connections");
    let rate = reader.text("rate");
    let return_path = reader.text("return_path");
    let dkim = dkim(reader);
    if !is_smtp {
        for key in OWN {
            if let Some((name, _)) = reader.entry(key) {
                let message = format!("`{key}` belongs to `transport: smtp`");
                let problem = Problem::error(Code::UnknownKey, name.span, message);
                reader.problems().push(problem.hint("Write `transport: smtp`, or take it out."));
            }
        }
        return None;
    }
    let encryption = encryption.map_or(MailEncryption::StartTls, |encryption| encryption.value);
    let usual = if encryption == MailEncryption::Tls { 465 } else { 587 };
    let port = match port {
        None => usual,
        Some(port) => u16::try_from(port.value).unwrap_or_else(|_| {
            let message = format!("`{}` is not a port", port.value);
            reader.problems().push(
                Problem::error(Code::InvalidSetting, port.span, message)
                    .hint("Write a number from 1 to 65535, such as `587`."),
            );
            usual
        }),
    };
    if let Some(path) = return_path.as_ref().filter(|path| !has_variable(path) && !is_address(&path.value)) {
        let message = format!("`{}` is not an e-mail address", path.value);
        reader.problems().push(
            Problem::error(Code::InvalidSetting, path.span, message)
                .hint("Write an address, such as `bounces@vendor.example`."),
        );
    }
    let rate = rate.and_then(|text| per(&text, reader));
    let connections =
        connections.map_or(4, |connections| usize::try_from(connections.value).unwrap_or(1).clamp(1, 100));
    let Some(host) = host else {
        reader.missing("host", "Write the mail server, such as `host: smtp.vendor.example`.".to_owned());
        return None;
    };
    Some(SmtpDefinition { host, port, encryption, username, password, connections, rate, return_path, dkim })
}

/// `50 per second`: how many, in how many milliseconds.
fn per(text: &Text, reader: &mut Reader<'_>) -> Option<(u64, i64)> {
    if has_variable(text) {
        return None;
    }
    let words: Vec<&str> = text.value.split_whitespace().collect();
    let number = |word: &str| word.replace('_', "").parse::<u64>().ok().filter(|number| *number > 0);
    let read = match words[..] {
        [count, "per", "second"] => number(count).map(|count| (count, SECOND)),
        [count, "per", "minute"] => number(count).map(|count| (count, MINUTE)),
        _ => None,
    };
    if read.is_none() {
        let message = format!("`{}` is not a rate", text.value);
        reader.problems().push(
            Problem::error(Code::InvalidSetting, text.span, message)
                .hint("Write how many and in which time, such as `50 per second` or `600 per minute`."),
        );
    }
    read
}

/// The mappings of the list `dkim`; what isn't one is reported.
fn mappings<'a>(outer: &mut Reader<'a>) -> Vec<(&'a [(Text, Node)], Span)> {
    let mut found = Vec::new();
    for item in outer.list("dkim").unwrap_or_default() {
        match &item.content {
            Content::Mapping(entries) => found.push((entries.as_slice(), item.span)),
            _ => outer.problems().push(wrong_type(item, "a mapping with `domain`, `selector` and `key`")),
        }
    }
    found
}

fn dkim(outer: &mut Reader<'_>) -> Vec<DkimDefinition> {
    let mut keys = Vec::new();
    for (entries, span) in mappings(outer) {
        let mut reader = Reader::new(entries, span, "dkim", outer.problems()).described(&[DKIM]);
        let domain = reader.required_text("domain");
        let selector = reader.required_text("selector");
        let key = reader.required_text("key");
        reader.finish();
        if let (Some(domain), Some(selector), Some(key)) = (domain, selector, key) {
            keys.push(DkimDefinition { domain, selector, key });
        }
    }
    keys
}
