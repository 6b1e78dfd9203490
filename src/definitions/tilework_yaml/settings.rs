//! `tilework.yaml`.

use super::channels::{self, Channels};
use std::net::SocketAddr;

use super::consent;
use super::removals;
use super::variables::{self, Variables};
use crate::calendar::{CalendarError, Schedule, Zone, parse_date};
use crate::definitions::nodes::scalars::{as_text, wrong_type};
use crate::definitions::{
    Content, Node, Publish, Reader, Settings,
    disk::place,
    nodes::names,
    reading::{
        hints,
        settings_keys::{COMPANY, LIMITS, SERVE, SETTINGS},
    },
};
use crate::diagnostics::{Code, Problem, Problems, Text, did_you_mean};

/// Reads the settings with an environment laid over them. The other environments are checked for
/// their form, without variables, which needn't be there. `place` is the folder's file, when these are the
/// settings of a snapshot: it says where things run.
pub(in crate::definitions) fn read(
    documents: &[Node],
    environment: Option<&str>,
    place: Option<&Node>,
    variables: Variables<'_>,
    problems: &mut Problems,
) -> Settings {
    let Some(base) = documents.first() else {
        return Settings { is_read: !problems.has_errors(), ..Settings::default() };
    };
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
        && place.is_none()
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
    let mut present = place.map(|place| with_environment(place, environment));
    if let Some(present) = &mut present {
        let mut wrong = Problems::default();
        decode(present, &mut wrong);
        if !wrong.has_errors() {
            place::put(&mut chosen, present);
        }
        variables::fill(present, variables, &mut Problems::default());
    }
    if let Content::Mapping(entries) = &mut chosen.content {
        for (_, value) in entries.iter_mut().filter(|(key, _)| key.value != "environments") {
            variables::fill(value, variables, problems);
        }
    }
    let mut settings = decode(&chosen, problems);
    if let (Some(email), Some(present)) = (&mut settings.email, &present) {
        let present = decode(present, &mut Problems::default()).email;
        email.also_only_to = present.map(|present| present.only_to).unwrap_or_default();
    }
    settings
}

/// Settings with an environment laid over them, where they have it.
fn with_environment(settings: &Node, environment: Option<&str>) -> Node {
    let mut laid = settings.clone();
    if let Content::Mapping(entries) = &settings.content {
        let layers = environments(entries, &mut Problems::default());
        if let Some((_, layer)) = layers.iter().find(|(name, _)| environment == Some(name.value.as_str())) {
            lay_over(&mut laid, layer);
        }
    }
    laid
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

/// Texts that mails share.
fn texts(reader: &mut Reader<'_>) -> Vec<(Text, Text)> {
    let Some(node) = reader.node("texts") else { return Vec::new() };
    let Content::Mapping(entries) = &node.content else {
        reader.problems().push(wrong_type(node, "a mapping for `texts`"));
        return Vec::new();
    };
    let mut texts = Vec::new();
    for (name, value) in entries {
        let plain = name.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain || name.value == "name" || !name.value.starts_with(|c: char| c.is_ascii_lowercase()) {
            let message = format!("`{}` can't be the name of a text", name.value);
            let problem = Problem::error(Code::InvalidName, name.span, message);
            reader
                .problems()
                .push(problem.hint("Write small letters, digits and `_`; `name` is the workspace's own."));
            continue;
        }
        texts.extend(as_text(value, &name.value, reader.problems()).map(|text| (name.clone(), text)));
    }
    texts
}

fn decode(node: &Node, problems: &mut Problems) -> Settings {
    let Some(reader) = Reader::of(node, "tilework.yaml", problems) else { return Settings::default() };
    let mut reader = reader.described(&[SETTINGS]);
    reader.skip("environments");
    let name = reader.text("name");
    if let Some(name) = name.as_ref().filter(|name| !has_variable(name)) {
        names::check_name(name, reader.problems());
    }
    let texts = texts(&mut reader);
    let timezone = reader.text("timezone");
    let owner = reader.text("owner");
    let zone = |text: &str| Zone::named(text).map(drop);
    check(&mut reader, timezone.as_ref(), Code::InvalidTimezone, zone, hints::timezone_hint);
    let store = reader.text("store");
    if let Some(store) = store.as_ref().filter(|store| !has_variable(store)) {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|start| store.value.starts_with(start)) {
            let message = "a store of this kind isn't known";
            reader.problems().push(
                Problem::error(Code::InvalidSetting, store.span, message)
                    .hint("Write `sqlite:FILE` or `postgres://HOST/DATABASE`."),
            );
        }
    }
    let choices = [("automatic", Publish::Automatic), ("manual", Publish::Manual)];
    let publish = reader.choice("publish", &choices);
    if let Some(manual) = publish.as_ref().filter(|publish| publish.value == Publish::Manual) {
        let message = "publishing by hand is not available in this version";
        reader.problems().push(
            Problem::error(Code::NotAvailable, manual.span, message)
                .hint("Leave `publish` out: what changed is published when it is run."),
        );
    }
    let publish = publish.map(|publish| publish.value).unwrap_or_default();
    reader.not_available(&["tracking"]);
    let consent = consent::read(&mut reader);
    let holidays = holidays(&mut reader);
    let channels = channels::read(&mut reader);
    let messages_per_run = limits(&mut reader);
    let Serve { refresh, http, public_url } = serve(&mut reader);
    let company = company(&mut reader);
    let live = reader.boolean("live").is_some_and(|live| live.value);
    let removed = removals::read(&mut reader);
    reader.finish();
    let Channels { email, allow, messages: channels } = channels;
    Settings {
        is_read: true,
        name,
        texts,
        company,
        live,
        http,
        public_url,
        timezone,
        owner,
        store,
        publish,
        email,
        consent,
        allow,
        channels,
        messages_per_run,
        holidays,
        refresh,
        removed,
    }
}

/// Reads the dates of holidays; what isn't a date is reported.
fn holidays(reader: &mut Reader<'_>) -> Vec<Text> {
    let mut holidays = reader.list_of_text("holidays");
    holidays.retain(|date| match parse_date(&date.value) {
        Ok(_) => true,
        Err(error) => {
            let day = date.value.trim().get(..10).unwrap_or("");
            let is_day = day.len() == 10 && moment_of_day(day);
            let hint = match is_day {
                true => format!("The calendar has no day `{day}`."),
                false => "Write year, month and day, such as `2026-12-25`.".to_owned(),
            };
            reader
                .problems()
                .push(Problem::error(Code::InvalidTime, date.span, error.to_string()).hint(hint));
            false
        }
    });
    holidays
}

/// Whether a text has the form of a date, right or wrong.
fn moment_of_day(text: &str) -> bool {
    text.chars().enumerate().all(|(at, c)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() })
}

fn limits(outer: &mut Reader<'_>) -> Option<u64> {
    let (entries, span) = outer.mapping("limits")?;
    let mut reader = Reader::new(entries, span, "limits", outer.problems()).described(&[LIMITS]);
    let most = reader.integer("messages_per_run");
    if let Some(most) = most.as_ref().filter(|most| most.value < 1) {
        let message = format!("`{}` can't be a limit", most.value);
        reader.problems().push(
            Problem::error(Code::InvalidSetting, most.span, message)
                .hint("Write a whole number above 0, or leave it out: then there is no limit."),
        );
    }
    reader.finish();
    most.and_then(|most| u64::try_from(most.value).ok())
}

/// `serve:`.
#[derive(Default)]
struct Serve {
    refresh: Option<Text>,
    http: Option<Text>,
    public_url: Option<Text>,
}

/// `company:`.
fn company(outer: &mut Reader<'_>) -> Vec<(&'static str, Text)> {
    let Some((entries, span)) = outer.mapping("company") else { return Vec::new() };
    let mut reader = Reader::new(entries, span, "company", outer.problems()).described(&[COMPANY]);
    let read = COMPANY.iter().filter_map(|key| reader.text(key.name).map(|text| (key.name, text))).collect();
    reader.finish();
    read
}

/// Reads where the web server listens, and how others reach it.
fn addresses(reader: &mut Reader<'_>) -> (Option<Text>, Option<Text>) {
    let http = reader.text("http");
    if let Some(text) =
        http.as_ref().filter(|text| !has_variable(text) && text.value.parse::<SocketAddr>().is_err())
    {
        let message = format!("`{}` is not an address to listen at", text.value);
        reader.problems().push(
            Problem::error(Code::InvalidSetting, text.span, message)
                .hint("Write an IP address and a port, such as `127.0.0.1:8080`."),
        );
    }
    let public_url = reader.text("public_url");
    let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    if let Some(text) = public_url.as_ref().filter(|text| !has_variable(text) && !is_web(&text.value)) {
        let message = format!("`{}` is not a web address", text.value);
        reader.problems().push(
            Problem::error(Code::InvalidSetting, text.span, message)
                .hint("Write it whole, such as `https://news.vendor.example`."),
        );
    }
    (http, public_url)
}

fn serve(outer: &mut Reader<'_>) -> Serve {
    let Some((entries, span)) = outer.mapping("serve") else { return Serve::default() };
    let mut reader = Reader::new(entries, span, "serve", outer.problems()).described(&[SERVE]);
    let refresh = reader.text("refresh");
    if let Some(text) =
        refresh.as_ref().filter(|text| !has_variable(text) && Schedule::parse(&text.value).is_err())
    {
        let message = format!("`{}` is not a cron line", text.value);
        reader.problems().push(Problem::error(Code::InvalidSchedule, text.span, message).hint(
            "Write five fields: minute, hour, day of the month, month, day of the week; `*/5 * * * *` is every five minutes.",
        ));
    }
    let (http, public_url) = addresses(&mut reader);
    reader.finish();
    Serve { refresh, http, public_url }
}

/// Reports a text that can't be read; one with variables that aren't filled in is let pass.
pub(in crate::definitions) fn check(
    reader: &mut Reader<'_>,
    text: Option<&Text>,
    code: Code,
    read: impl Fn(&str) -> Result<(), CalendarError>,
    hint: impl Fn(&str) -> String,
) {
    let Some(text) = text.filter(|text| !has_variable(text)) else { return };
    if let Err(error) = read(&text.value) {
        reader.problems().push(Problem::error(code, text.span, error.to_string()).hint(hint(&text.value)));
    }
}

/// Whether it is `name@host`, or that in angle brackets behind a name.
pub(in crate::definitions) fn is_address(text: &str) -> bool {
    let text = text.trim();
    let address = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    let is_part =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>@,;".contains(c));
    address.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

pub(in crate::definitions) fn has_variable(text: &Text) -> bool {
    text.value.contains("${")
}

/// Reports passwords in addresses, wherever they stand, without repeating them.
pub(in crate::definitions) fn report_secrets(node: &Node, problems: &mut Problems) {
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
        Content::Mapping(entries) => entries.iter().for_each(|(key, value)| match &value.content {
            Content::Text(text) if key.value == "password" && !has_variable(text) => problems
                .push(Problem::error(Code::SecretInFile, text.span, "a password stands in the file").hint(
                    "Write `${NAME}` in its place and set the variable `NAME`, or use `${file:PATH}`.",
                )),
            _ => report_secrets(value, problems),
        }),
        _ => {}
    }
}

/// Where the password of `scheme://user:password@host` or `…?password=…` stands.
pub(in crate::definitions) fn password(address: &str) -> Option<(usize, usize)> {
    let is_literal = |secret: &str| {
        let secret = secret.trim();
        let is_variable = secret.starts_with("${") && secret.ends_with('}');
        !secret.is_empty() && !is_variable
    };
    let start = address.find("://").map(|at| at + 3);
    // PostgreSQL's other form, `host=… password=…`, isn't taken, but may be written all the same.
    if start.is_none() && !["host=", "user=", "dbname="].iter().any(|key| address.contains(key)) {
        return None;
    }
    let rest = start.map_or("", |start| &address[start..]);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    if let Some(start) = start
        && let Some((user, _)) = authority.rsplit_once('@')
        && let Some((name, secret)) = user.split_once(':')
        && is_literal(secret)
    {
        let from = start + name.len() + 1;
        return Some((from, from + secret.len()));
    }
    let query = address.find("password=")? + "password=".len();
    let end = address[query..].find(['&', ' ']).map_or(address.len(), |at| query + at);
    is_literal(&address[query..end]).then_some((query, end))
}

#[cfg(test)]
mod tests;
