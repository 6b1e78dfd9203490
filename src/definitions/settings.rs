//! `tilework.yaml`.

use super::reader::wrong_type;
use super::variables::{self, Variables};
use super::{Content, EmailChannelDefinition, Located, Node, Publish, Reader, Settings, Transport};
use crate::calendar::{CalendarError, Schedule, Zone, parse_duration};
use crate::diagnostics::{Code, Problem, Problems, Text, did_you_mean};

/// Reads the settings with an environment laid over them. The other environments are checked for
/// their form, without variables, which needn't be there.
pub(super) fn read(
    documents: &[Node],
    environment: Option<&str>,
    variables: Variables<'_>,
    problems: &mut Problems,
) -> Settings {
    let Some(base) = documents.first() else { return Settings::default() };
    for other in &documents[1..] {
        let message = "`tilework.yaml` holds one document";
        let problem = Problem::error(Code::InvalidSetting, other.span, message);
        problems.push(problem.hint("Put definitions into files under `journeys/`."));
    }
    let Content::Mapping(entries) = &base.content else {
        problems.push(wrong_type(base, "a mapping of settings"));
        return Settings::default();
    };
    report_secrets(base, problems);
    let layers = environments(entries, problems);
    if let Some(wanted) = environment
        && !layers.iter().any(|(name, _)| name.value == wanted)
    {
        let message = format!("there is no environment `{wanted}`");
        let names = layers.iter().map(|(name, _)| name.value.as_str());
        problems.push(
            Problem::error(Code::InvalidSetting, base.span, message).hint_if(did_you_mean(wanted, names)),
        );
    }
    let mut chosen = base.clone();
    for (name, layer) in layers {
        let mut laid = base.clone();
        lay_over(&mut laid, layer);
        if environment == Some(name.value.as_str()) {
            chosen = laid;
        } else {
            decode(&laid, problems);
        }
    }
    if environment.is_some() {
        decode(base, problems);
    }
    if let Content::Mapping(entries) = &mut chosen.content {
        for (_, value) in entries.iter_mut().filter(|(key, _)| key.value != "environments") {
            variables::fill(value, variables, problems);
        }
    }
    decode(&chosen, problems)
}

fn environments<'a>(entries: &'a [(Text, Node)], problems: &mut Problems) -> &'a [(Text, Node)] {
    let Some((_, node)) = entries.iter().find(|(key, _)| key.value == "environments") else { return &[] };
    let Content::Mapping(layers) = &node.content else {
        problems.push(wrong_type(node, "a mapping for `environments`"));
        return &[];
    };
    for (name, layer) in layers {
        match &layer.content {
            Content::Mapping(keys) => {
                if let Some((key, _)) = keys.iter().find(|(key, _)| key.value == "environments") {
                    let message = "an environment has no environments of its own";
                    problems.push(Problem::error(Code::InvalidSetting, key.span, message));
                }
            }
            _ => problems.push(wrong_type(layer, &format!("a mapping for `{}`", name.value))),
        }
    }
    layers
}

/// Lays the keys of a mapping over those of another; mappings inside are laid over each other, too.
fn lay_over(base: &mut Node, layer: &Node) {
    match (&mut base.content, &layer.content) {
        (Content::Mapping(below), Content::Mapping(above)) => {
            for (key, value) in above.iter().filter(|(key, _)| key.value != "environments") {
                match below.iter_mut().find(|(name, _)| name.value == key.value) {
                    Some((name, node)) => {
                        *name = key.clone();
                        lay_over(node, value);
                    }
                    None => below.push((key.clone(), value.clone())),
                }
            }
        }
        (Content::Mapping(_), _) => {}
        _ => *base = layer.clone(),
    }
}

fn decode(node: &Node, problems: &mut Problems) -> Settings {
    let Some(mut reader) = Reader::of(node, "tilework.yaml", problems) else { return Settings::default() };
    reader.skip("environments");
    let name = if reader.has("name") { reader.required_name("name") } else { None };
    let timezone = reader.text("timezone");
    check(&mut reader, timezone.as_ref(), Code::InvalidTimezone, |text| Zone::named(text).map(drop));
    let store = reader.text("store");
    if let Some(store) = store.as_ref().filter(|store| !has_variable(store)) {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|start| store.value.starts_with(start)) {
            let message = "the store is none that is known";
            reader.problems().push(
                Problem::error(Code::InvalidSetting, store.span, message)
                    .hint("Write `sqlite:FILE` or `postgres://HOST/DATABASE`."),
            );
        }
    }
    let choices = [("automatic", Publish::Automatic), ("manual", Publish::Manual)];
    let publish = reader.choice("publish", &choices).map(|publish| publish.value).unwrap_or_default();
    reader.not_available(&["limits", "holidays", "tracking"]);
    let email = channels(&mut reader);
    let refresh = serve(&mut reader);
    reader.finish();
    Settings { name, timezone, store, publish, email, refresh }
}

fn channels(outer: &mut Reader<'_>) -> Option<EmailChannelDefinition> {
    let (entries, span) = outer.mapping("channels")?;
    let mut reader = Reader::new(entries, span, "channels", outer.problems());
    let email = reader.node("email").and_then(|node| email_channel(node, reader.problems()));
    reader.finish();
    email
}

fn email_channel(node: &Node, problems: &mut Problems) -> Option<EmailChannelDefinition> {
    let mut reader = Reader::of(node, "email", problems)?;
    let transport = reader.required_choice("transport", &[("file", Some(Transport::File)), ("smtp", None)]);
    if let Some(transport) = transport.as_ref().filter(|transport| transport.value.is_none()) {
        let message = "the transport `smtp` is not available in this version";
        let problem = Problem::error(Code::NotAvailable, transport.span, message);
        reader.problems().push(problem.hint("Write `transport: file`."));
    }
    let directory = reader.text("directory");
    let from = reader.text("from");
    let hold = reader.text("hold");
    check(&mut reader, hold.as_ref(), Code::InvalidDuration, |text| parse_duration(text).map(drop));
    let only_to = reader.list_of_text("only_to");
    reader.not_available(&["host", "port", "user", "password", "tls", "dkim"]);
    reader.finish();
    let span = transport.as_ref().map_or(node.span, |transport| transport.span);
    let transport = Located { value: Transport::File, span };
    Some(EmailChannelDefinition { span: node.span, transport, directory, from, hold, only_to })
}

fn serve(outer: &mut Reader<'_>) -> Option<Text> {
    let (entries, span) = outer.mapping("serve")?;
    let mut reader = Reader::new(entries, span, "serve", outer.problems());
    let refresh = reader.text("refresh");
    check(&mut reader, refresh.as_ref(), Code::InvalidSchedule, |text| Schedule::parse(text).map(drop));
    reader.finish();
    refresh
}

/// Reports a text that can't be read; one with variables that aren't filled in is let pass.
fn check(
    reader: &mut Reader<'_>,
    text: Option<&Text>,
    code: Code,
    read: impl Fn(&str) -> Result<(), CalendarError>,
) {
    let Some(text) = text.filter(|text| !has_variable(text)) else { return };
    if let Err(error) = read(&text.value) {
        reader.problems().push(Problem::error(code, text.span, error.to_string()));
    }
}

fn has_variable(text: &Text) -> bool {
    text.value.contains("${")
}

/// Reports passwords in addresses, wherever they stand, without repeating them.
fn report_secrets(node: &Node, problems: &mut Problems) {
    match &node.content {
        Content::Text(text) => {
            if let Some((start, end)) = password(&text.value) {
                problems.push(
                    Problem::error(
                        Code::SecretInFile,
                        text.span_at(start, end),
                        "a password stands in the file",
                    )
                    .hint("Write `${NAME}` in its place and set the variable `NAME`, or use `${file:PATH}`."),
                );
            }
        }
        Content::List(items) => items.iter().for_each(|item| report_secrets(item, problems)),
        Content::Mapping(entries) => entries.iter().for_each(|(_, value)| report_secrets(value, problems)),
        _ => {}
    }
}

/// Where the password of `scheme://user:password@host` or `…?password=…` stands.
fn password(address: &str) -> Option<(usize, usize)> {
    let start = address.find("://")? + 3;
    let is_literal = |secret: &str| {
        let secret = secret.trim();
        !secret.is_empty() && !(secret.starts_with("${") && secret.ends_with('}'))
    };
    let rest = &address[start..];
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    if let Some((user, _)) = authority.rsplit_once('@')
        && let Some((name, secret)) = user.split_once(':')
        && is_literal(secret)
    {
        let from = start + name.len() + 1;
        return Some((from, from + secret.len()));
    }
    let query = address.find("password=")? + "password=".len();
    let end = address[query..].find('&').map_or(address.len(), |at| query + at);
    is_literal(&address[query..end]).then_some((query, end))
}
