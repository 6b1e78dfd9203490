//! A call by HTTP: what stands under `http:` of a workflow, and in a channel of that transport.

use super::settings::{has_variable, password};
use crate::definitions::nodes::scalars::as_text;
use crate::definitions::{Content, Located, Node, Reader};
use crate::diagnostics::{Code, Problem, Span, Text};
use crate::model::{Duration, WebAddress, WebAddressError};

/// A call by HTTP, with the variables filled in.
#[derive(Debug, Clone)]
pub struct HttpDefinition {
    /// Where it stands.
    pub span: Span,
    /// Where the call goes.
    pub url: Located<WebAddress>,
    /// How it is made.
    pub method: HttpMethod,
    /// Headers beside those that every call has.
    pub headers: Vec<(String, String)>,
    /// What is sent: a mapping whose texts are templates.
    pub body: Option<Node>,
    /// How long an answer is waited for.
    pub timeout: Option<Located<Duration>>,
    /// How often it is tried again.
    pub retries: Option<u32>,
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpMethod {
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`, without a body.
    Delete,
    /// `GET`, without a body.
    Get,
}

impl HttpMethod {
    const ALL: [(&'static str, HttpMethod); 5] = [
        ("POST", HttpMethod::Post),
        ("PUT", HttpMethod::Put),
        ("PATCH", HttpMethod::Patch),
        ("DELETE", HttpMethod::Delete),
        ("GET", HttpMethod::Get),
    ];

    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        HttpMethod::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }

    /// Whether a call of this kind has a body.
    #[must_use]
    pub fn has_body(self) -> bool {
        !matches!(self, HttpMethod::Delete | HttpMethod::Get)
    }
}

/// More attempts than these help nobody.
const MOST_RETRIES: i64 = 20;

/// Headers that every call has of itself, or whose meaning the call depends on.
const OWN_HEADERS: [&str; 6] =
    ["idempotency-key", "content-length", "host", "transfer-encoding", "connection", "expect"];

/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"];

/// Reads the keys of a call. The reader goes on, since a channel has further keys.
pub(in crate::definitions) fn read(reader: &mut Reader<'_>) -> Option<HttpDefinition> {
    let span = reader.span();
    let url = reader.required_text("url");
    let method = reader.choice("method", &HttpMethod::ALL);
    let wrong_method = method.is_none() && reader.has("method");
    let method = method.map(|method| method.value).unwrap_or_default();
    let headers = headers(reader);
    let body = body(reader, method, wrong_method);
    let timeout = reader.duration("timeout");
    let retries = reader.integer("retries");
    if let Some(retries) = retries.as_ref().filter(|retries| !(0..=MOST_RETRIES).contains(&retries.value)) {
        let message = format!("`{}` can't be a number of retries", retries.value);
        reader.problems().push(
            Problem::error(Code::InvalidValue, retries.span, message)
                .hint(format!("Write a whole number from 0 to {MOST_RETRIES}; 5 when not written.")),
        );
    }
    let retries = retries.and_then(|retries| u32::try_from(retries.value).ok());
    let url = url.and_then(|url| address(&url, reader))?;
    Some(HttpDefinition { span, url, method, headers, body, timeout, retries })
}

/// The address; one with a password that stands in the file was reported where the file was searched for secrets.
fn address(url: &Text, reader: &mut Reader<'_>) -> Option<Located<WebAddress>> {
    // What a variable holds stands at one place of the file, all of it.
    let place = |at: usize| url.span_at(at, at).start;
    let in_file = |from: usize| place(from + 1) == place(from) + 1;
    if has_variable(url) || password(&url.value).is_some_and(|(from, _)| in_file(from)) {
        return None;
    }
    let error = match WebAddress::parse(&url.value) {
        Ok(value) => return Some(Located { value, span: url.span }),
        Err(error) => error,
    };
    let hint = match error {
        WebAddressError::Scheme => "Write the whole address, such as `https://crm.vendor.example/hooks/abm`.",
        WebAddressError::User => {
            "Leave it out, and write a header: `headers: { Authorization: \"Bearer ${TOKEN}\" }`."
        }
        WebAddressError::Host => {
            "Write the host behind `//`, such as `https://crm.vendor.example/hooks/abm`."
        }
        WebAddressError::Port => "Write a port such as `:8443`, or none.",
        WebAddressError::Character => "Write such characters as `%` and their number: a space is `%20`.",
    };
    reader.problems().push(Problem::error(Code::InvalidUrl, url.span, error.to_string()).hint(hint));
    None
}

fn headers(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let Some((entries, _)) = reader.mapping("headers") else { return Vec::new() };
    let mut headers = Vec::new();
    for (name, node) in entries {
        let Some(value) = as_text(node, &name.value, reader.problems()) else { continue };
        let small = name.value.to_lowercase();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let problem = if OWN_HEADERS.contains(&small.as_str()) {
            let message = format!("`{}` is written by every call itself", name.value);
            Some(Problem::error(Code::InvalidValue, name.span, message).hint("Leave it out."))
        } else if name.value.is_empty() || !name.value.chars().all(is_name) {
            let message = format!("`{}` can't be the name of a header", name.value);
            Some(
                Problem::error(Code::InvalidValue, name.span, message)
                    .hint("A name has letters, digits and hyphens, such as `X-Source`."),
            )
        } else if !value.value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            let message = format!("the value of `{}` has a character that no header has", name.value);
            Some(
                Problem::error(Code::InvalidValue, value.span, message)
                    .hint("Write it in one line, with letters of ASCII alone."),
            )
        } else if value.value.contains("{{") {
            let message =
                format!("the value of `{}` is sent as it is: a header has no places to fill in", name.value);
            Some(
                Problem::error(Code::InvalidValue, value.span, message)
                    .hint("Put what differs from call to call into `body`."),
            )
        } else {
            None
        };
        match problem {
            Some(problem) => reader.problems().push(problem),
            None => headers.push((name.value.clone(), value.value)),
        }
    }
    headers
}

fn body(reader: &mut Reader<'_>, method: HttpMethod, wrong_method: bool) -> Option<Node> {
    let (key, node) = reader.entry("body")?;
    if !method.has_body() && !wrong_method {
        let message = format!("a call by `{}` has no body", method.name());
        reader.problems().push(
            Problem::error(Code::InvalidValue, key.span, message)
                .hint("Leave `method` out, which means `POST`, or leave `body` out."),
        );
        return None;
    }
    reader
        .mapping_or("body", "Write the keys of the JSON, such as `body: { account: \"{{account.id}}\" }`.")?;
    Some(node.clone())
}

/// Reports secrets that stand in the keys of a call, before the variables are filled in.
pub(in crate::definitions) fn report_secrets(node: &Node, problems: &mut crate::diagnostics::Problems) {
    super::settings::report_secrets(node, problems);
    let Content::Mapping(entries) = &node.content else { return };
    let headers = entries.iter().find(|(key, _)| key.value == "headers").map(|(_, node)| &node.content);
    let Some(Content::Mapping(headers)) = headers else { return };
    for (name, value) in headers {
        if let Content::Text(text) = &value.content
            && SECRET_HEADERS.contains(&name.value.to_lowercase().as_str())
            && !has_variable(text)
        {
            problems
                .push(Problem::error(Code::SecretInFile, text.span, "a secret stands in the file").hint(
                    "Write `${NAME}` in its place and set the variable `NAME`, or use `${file:PATH}`.",
                ));
        }
    }
}
