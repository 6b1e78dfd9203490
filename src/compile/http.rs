//! Calls by HTTP: where they may go, and what they send.

use super::shared::length;
use crate::{
    calendar::Zone,
    definitions::{Content, HttpDefinition, HttpMethod, Located, Node, warn_of_ambiguous_number},
    diagnostics::{Code, Problem, Problems, Text},
    model::{AllowedHosts, Catalog, Duration, WebAddress, is_private, time::SECOND},
    templates::{Root, Template, TemplateFormat, TemplateScope},
};

/// How long an answer is waited for when nothing is written, in milliseconds.
const TIMEOUT: i64 = 10 * SECOND;
/// The longest time that an answer may be waited for, in milliseconds.
const LONGEST_TIMEOUT: i64 = 60 * SECOND;
/// How often a call is tried again when nothing is written.
const RETRIES: u32 = 5;

/// A call by HTTP. It holds secrets, and so can't be shown by `Debug`.
#[derive(Clone)]
pub struct HttpPlan {
    /// Where it goes.
    pub address: WebAddress,
    /// How it is made.
    pub method: HttpMethod,
    /// Headers beside those that every call has.
    pub headers: Vec<(String, String)>,
    /// What is sent, when it isn't what is sent by default.
    pub body: Option<Body>,
    /// How long an answer is waited for, in milliseconds.
    pub timeout: u64,
    /// How often it is tried again.
    pub retries: u32,
}

/// JSON whose texts are templates.
#[derive(Clone)]
pub enum Body {
    /// `null`, `true`, `false` or a number.
    Plain(serde_json::Value),
    /// A text.
    Text(Template),
    /// A list.
    List(Vec<Body>),
    /// A mapping, in the order of the file.
    Mapping(Vec<(String, Body)>),
}

impl Body {
    /// Visits every template.
    pub fn templates<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        match self {
            Body::Plain(_) => {}
            Body::Text(template) => visit(template),
            Body::List(items) => items.iter().for_each(|item| item.templates(visit)),
            Body::Mapping(entries) => entries.iter().for_each(|(_, value)| value.templates(visit)),
        }
    }
}

/// What a call is checked against.
pub(super) struct HttpScope<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) zone: &'a Zone,
    pub(super) allow: &'a AllowedHosts,
    /// What templates may start from.
    pub(super) roots: &'a [Root],
}

/// Checks a call.
pub(super) fn compile(
    definition: &HttpDefinition,
    scope: &HttpScope<'_>,
    problems: &mut Problems,
) -> Option<HttpPlan> {
    check_host(&definition.url, scope.allow, problems);
    let body = definition.body.as_ref().map(|node| body(node, scope, problems));
    let timeout = definition.timeout.as_ref().map_or(TIMEOUT, |written| timeout(written, problems));
    Some(HttpPlan {
        address: definition.url.value.clone(),
        method: definition.method,
        headers: definition.headers.clone(),
        body: body.map_or(Some(None), |body| body.map(Some))?,
        timeout: u64::try_from(timeout).unwrap_or_default(),
        retries: definition.retries.unwrap_or(RETRIES),
    })
}

fn timeout(written: &Located<Duration>, problems: &mut Problems) -> i64 {
    let text = Text::verbatim(written.value.to_string(), written.span);
    match length(&text).filter(|length| (SECOND..=LONGEST_TIMEOUT).contains(length)) {
        Some(length) => length,
        None => {
            let message = format!("`{}` can't be a timeout", written.value);
            problems.push(
                Problem::error(Code::InvalidDuration, written.span, message)
                    .hint("Write 1 to 60 seconds; `10 seconds` when not written."),
            );
            TIMEOUT
        }
    }
}

fn check_host(url: &Located<WebAddress>, allow: &AllowedHosts, problems: &mut Problems) {
    let host = &url.value.host;
    let problem =
        |message: String, hint: String| Problem::error(Code::HostNotAllowed, url.span, message).hint(hint);
    if !allow.permits(host) {
        problems.push(problem(
            format!("the host `{host}` is not among those that may be called"),
            format!("Add `{host}` to `channels: http: allow:` in `tilework.yaml`."),
        ));
        return;
    }
    let local = host == "localhost" || host.ends_with(".localhost");
    if !allow.names(host) && (local || host.parse().is_ok_and(is_private)) {
        problems.push(problem(
            format!("`{host}` is an address of this machine or its own network"),
            format!("If it is meant, add `{host}` to `channels: http: allow:` in `tilework.yaml`."),
        ));
    }
}

/// Checks what is sent. All problems are reported; with an error there is nothing.
pub(super) fn body(node: &Node, scope: &HttpScope<'_>, problems: &mut Problems) -> Option<Body> {
    Some(match &node.content {
        Content::Null => Body::Plain(serde_json::Value::Null),
        Content::Boolean(value) => Body::Plain((*value).into()),
        Content::Integer(value) => Body::Plain((*value).into()),
        Content::Number(value) => {
            warn_of_ambiguous_number(node, problems);
            Body::Plain((*value).into())
        }
        Content::Text(text) => {
            let scope = TemplateScope {
                format: TemplateFormat::Text,
                roots: scope.roots,
                catalog: scope.catalog,
                zone: scope.zone,
                partials: None,
            };
            Body::Text(Template::compile(text, &scope, problems)?)
        }
        Content::List(items) => {
            let items: Vec<Option<Body>> = items.iter().map(|item| body(item, scope, problems)).collect();
            Body::List(items.into_iter().collect::<Option<_>>()?)
        }
        Content::Mapping(entries) => {
            let entries: Vec<Option<(String, Body)>> = entries
                .iter()
                .map(|(key, value)| Some((key.value.clone(), body(value, scope, problems)?)))
                .collect();
            Body::Mapping(entries.into_iter().collect::<Option<_>>()?)
        }
    })
}
