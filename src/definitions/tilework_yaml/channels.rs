//! `channels:` in `tilework.yaml`: e-mail, what may be called by HTTP, and channels for messages.

use super::settings::{check, has_variable, is_address};
use super::{http, smtp};
use crate::calendar::parse_duration;
use crate::definitions::nodes::scalars::wrong_type;
use crate::definitions::reading::settings_keys::EMAIL_CHANNEL;
use crate::definitions::{
    Content, EmailChannelDefinition, HttpDefinition, Located, Node, Reader, Transport, nodes::names,
    reading::hints,
};
use crate::diagnostics::{Code, Problem, Problems, Text};

/// A channel for messages of tiles: `channels: sales:`.
#[derive(Debug, Clone)]
pub struct ChannelDefinition {
    /// Its name.
    pub name: Text,
    /// How its messages leave.
    pub transport: MessageTransport,
    /// Time in which a message can still be dropped.
    pub hold: Option<Text>,
    /// After what time a message isn't sent any more.
    pub expires: Option<Text>,
}

/// How the messages of a channel leave.
#[derive(Debug, Clone)]
pub enum MessageTransport {
    /// A call for each.
    Http(HttpDefinition),
    /// A file of JSON for each.
    File {
        /// The folder; one of the channel's name when it isn't written.
        directory: Option<Text>,
        /// What stands in it: a mapping whose texts are templates.
        body: Option<Node>,
    },
}

/// Everything under `channels:`.
#[derive(Default)]
pub(in crate::definitions) struct Channels {
    pub(in crate::definitions) email: Option<EmailChannelDefinition>,
    pub(in crate::definitions) allow: Vec<Text>,
    pub(in crate::definitions) messages: Vec<ChannelDefinition>,
}

#[derive(Clone, Copy)]
enum Kind {
    Http,
    File,
}

/// Reads `channels:`.
pub(in crate::definitions) fn read(outer: &mut Reader<'_>) -> Channels {
    let Some((entries, _)) = outer.mapping("channels") else { return Channels::default() };
    let mut channels = Channels::default();
    for (key, node) in entries {
        match key.value.as_str() {
            "email" => channels.email = email(key, node, outer.problems()),
            "http" => channels.allow = allow(key, node, outer.problems()),
            _ => match message_channel(key, node, outer.problems()) {
                Some(channel) => channels.messages.push(channel),
                None => outer.problems().lose(&*key.value),
            },
        }
    }
    channels
}

/// `channels: http: allow:`.
fn allow(key: &Text, node: &Node, problems: &mut Problems) -> Vec<Text> {
    let Content::Mapping(entries) = &node.content else {
        problems.push(wrong_type(node, "a mapping for `http`"));
        return Vec::new();
    };
    let mut reader = Reader::new(entries, key.span, "http", problems);
    let hosts = reader.list_of_text("allow");
    for host in hosts.iter().filter(|host| !has_variable(host)) {
        let name = host.value.strip_prefix("*.").unwrap_or(&host.value);
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if name.is_empty() || !name.chars().all(is_part) || host.value.contains("//") {
            let message = format!("`{}` is not a host", host.value);
            reader.problems().push(Problem::error(Code::InvalidSetting, host.span, message).hint(
                "Write the host alone, such as `crm.vendor.example` or `\"*.vendor.example\"`, without `https://` or a path.",
            ));
        }
    }
    reader.finish_with(Some(
        "A channel for messages has another name, such as `sales`; here stands `allow` alone.",
    ));
    hosts
}

fn message_channel(key: &Text, node: &Node, problems: &mut Problems) -> Option<ChannelDefinition> {
    let Content::Mapping(entries) = &node.content else {
        problems.push(wrong_type(node, &format!("a mapping for `{}`", key.value)));
        return None;
    };
    names::check_name(key, problems);
    http::report_secrets(node, problems);
    let mut reader = Reader::new(entries, key.span, &key.value, problems);
    let transport = reader.required_choice("transport", &[("http", Kind::Http), ("file", Kind::File)]);
    let transport = match transport.map(|transport| transport.value) {
        Some(Kind::Http) => http::read(&mut reader).map(MessageTransport::Http),
        Some(Kind::File) => {
            let directory = reader.text("directory");
            let body = reader.node("body").cloned();
            if body.is_some() {
                reader.mapping_or(
                    "body",
                    "Write the keys of the JSON, such as `body: { text: \"{{message.text}}\" }`.",
                );
            }
            Some(MessageTransport::File { directory, body })
        }
        None => {
            // Nobody can say which keys belong to a transport that isn't known.
            for (name, _) in entries {
                reader.skip(&name.value);
            }
            None
        }
    };
    let hold = length(&mut reader, "hold");
    let expires = length(&mut reader, "expires");
    reader.finish();
    Some(ChannelDefinition { name: key.clone(), transport: transport?, hold, expires })
}

/// A length of time as it was written, checked for its form.
pub(in crate::definitions) fn length<'a>(reader: &mut Reader<'a>, key: &'a str) -> Option<Text> {
    let text = reader.text(key);
    let read = |text: &str| parse_duration(text).map(drop);
    check(reader, text.as_ref(), Code::InvalidDuration, read, hints::duration_hint);
    text
}

fn email(key: &Text, node: &Node, problems: &mut Problems) -> Option<EmailChannelDefinition> {
    let Content::Mapping(entries) = &node.content else {
        problems.push(wrong_type(node, "a mapping for `email`"));
        return None;
    };
    let mut reader = Reader::new(entries, key.span, "email", problems).described(&[EMAIL_CHANNEL]);
    let transport =
        reader.required_choice("transport", &[("file", Transport::File), ("smtp", Transport::Smtp)]);
    let is_smtp = transport.as_ref().is_some_and(|transport| transport.value == Transport::Smtp);
    let smtp = smtp::read(&mut reader, is_smtp);
    let directory = reader.text("directory");
    let from = reader.text("from");
    let hold = length(&mut reader, "hold");
    if let Some(from) = from.as_ref().filter(|from| !has_variable(from) && !is_address(&from.value)) {
        let message = format!("`{}` is not a sender", from.value);
        let problem = Problem::error(Code::InvalidSetting, from.span, message);
        reader.problems().push(problem.hint("Write an address, such as `\"Vendor <news@vendor.example>\"`."));
    }
    let only_to = reader.list_of_text("only_to");
    reader.finish();
    let transport = transport.unwrap_or(Located { value: Transport::File, span: node.span });
    Some(EmailChannelDefinition {
        span: node.span,
        transport,
        smtp,
        directory,
        from,
        hold,
        only_to,
        also_only_to: Vec::new(),
    })
}
