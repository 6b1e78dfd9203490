//! One call by HTTP: made to an address that was checked, answered or not.

use std::{io::Read, net::SocketAddr, time::Duration};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use ureq::{
    Agent, Error, Timeout,
    http::{Request, Response, Uri},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use super::parcel::{Answer, RetryAfter};
use crate::model::{AllowedHosts, Secrets, is_private};

/// A call that can be made.
#[derive(Clone)]
pub(in crate::channels) struct Call {
    /// The effect's key.
    pub key: String,
    /// `POST` and the like.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Host and port.
    pub place: String,
    /// Headers of the definition.
    pub headers: Vec<(String, String)>,
    /// JSON, for calls that have a body.
    pub body: Option<String>,
    /// How long the whole of it may take, in milliseconds.
    pub timeout: u64,
}

/// Why a host isn't called.
#[derive(Debug, Clone, thiserror::Error)]
enum Refusal {
    #[error("the host `{0}` is not among those that may be called")]
    Host(String),
    #[error("`{0}` leads to an address of this machine or its own network, which isn't allowed")]
    Private(String),
}

/// Looks names up and gives those addresses alone that may be called; the connection is made to what it
/// gives.
#[derive(Debug)]
struct Guard {
    allow: AllowedHosts,
    names: DefaultResolver,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if !self.allow.permits(&host) {
            return Err(Error::Other(Box::new(Refusal::Host(host))));
        }
        let found = self.names.resolve(uri, config, timeout)?;
        if self.allow.names(&host) {
            return Ok(found);
        }
        let public: Vec<SocketAddr> =
            found.iter().copied().filter(|address| !is_private(address.ip())).collect();
        if public.is_empty() {
            return Err(Error::Other(Box::new(Refusal::Private(host))));
        }
        let mut kept = self.names.empty();
        public.into_iter().for_each(|address| kept.push(address));
        Ok(kept)
    }
}

/// Makes calls.
pub(in crate::channels) struct Client {
    agent: Agent,
    secrets: Secrets,
}

/// How much of an answer is read to tell what went wrong, in bytes, and how much of that is told, in characters.
const READ: u64 = 16 * 1024;
const TOLD: usize = 200;

impl Client {
    /// A client for these hosts. What they answer is told without these secrets.
    pub(in crate::channels) fn new(allow: &AllowedHosts, secrets: &Secrets) -> Client {
        // A connection serves one call: what a confused server sends beyond its answer is nobody's.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_response_header_size(64 * 1024)
            .user_agent(concat!("tilework/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        let guard = Guard { allow: allow.clone(), names: DefaultResolver::default() };
        Client {
            agent: Agent::with_parts(config, DefaultConnector::default(), guard),
            secrets: secrets.clone(),
        }
    }

    /// Makes a call and waits for its answer.
    pub(in crate::channels) fn call(&self, call: &Call) -> Answer {
        let mut request = Request::builder()
            .method(call.method)
            .uri(&call.url)
            .header("Idempotency-Key", header_text(&call.key))
            .header("Connection", "close");
        let named = |wanted: &str| call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if call.body.is_some() && !named("content-type") {
            request = request.header("Content-Type", "application/json");
        }
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let timeout = Some(Duration::from_millis(call.timeout));
        let sent = match &call.body {
            Some(body) => request.body(body.as_str()).map_err(Error::from).and_then(|request| {
                self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())
            }),
            None => request.body(()).map_err(Error::from).and_then(|request| {
                let request = self.agent.configure_request(request);
                self.agent.run(request.timeout_global(timeout).build())
            }),
        };
        match sent {
            Ok(answer) => judge(&call.place, &self.secrets, answer),
            Err(error) => failed(&call.place, call.timeout, &error),
        }
    }
}

/// A key as the value of a header: what a header can't hold is written as `%` and its number.
fn header_text(key: &str) -> String {
    const NOT_HELD: &AsciiSet = &CONTROLS.add(b'%');
    utf8_percent_encode(key, NOT_HELD).to_string()
}

fn judge(place: &str, secrets: &Secrets, mut answer: Response<ureq::Body>) -> Answer {
    let status = answer.status().as_u16();
    if (200..300).contains(&status) {
        return Answer::Taken;
    }
    let said = said(&mut answer.body_mut().as_reader(), secrets);
    let reason = match said.is_empty() {
        true => format!("`{place}` answered {status}"),
        false => format!("`{place}` answered {status}: {said}"),
    };
    match status {
        408 | 425 | 429 | 500.. => {
            let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            Answer::Later { reason, after: after.and_then(retry_after), unreachable: false }
        }
        300..400 => Answer::Refused(format!(
            "`{place}` answered {status} and named another address, which isn't followed"
        )),
        _ => Answer::Refused(reason),
    }
}

/// The beginning of an answer. Secrets are hidden before it is cut; afterwards nobody would know the rest of one.
fn said(body: &mut dyn Read, secrets: &Secrets) -> String {
    let mut read = Vec::new();
    // What came before it failed is told.
    let _ = body.take(READ).read_to_end(&mut read);
    let text = String::from_utf8_lossy(&read);
    let text = if read.len() as u64 == READ { secrets.hide_cut(&text) } else { secrets.hide(&text) };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    secrets.hide(&line).chars().take(TOLD).collect()
}

fn retry_after(text: &str) -> Option<RetryAfter> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(RetryAfter::Wait(i64::from(seconds) * 1000));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(RetryAfter::At(date.timestamp().as_millisecond()))
}

fn failed(place: &str, timeout: u64, error: &Error) -> Answer {
    let later = |reason: String, unreachable| Answer::Later { reason, after: None, unreachable };
    match error {
        Error::Other(other) => match other.downcast_ref::<Refusal>() {
            Some(refusal) => Answer::Refused(refusal.to_string()),
            None => later(format!("`{place}` can't be called"), true),
        },
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            later(format!("`{place}` can't be reached"), true)
        }
        Error::Timeout(_) => later(format!("`{place}` didn't answer within {}", seconds(timeout)), true),
        Error::HostNotFound => later(format!("the host of `{place}` isn't known"), true),
        Error::Io(error) => later(format!("`{place}` can't be reached: {}", in_words(error)), true),
        Error::ConnectionFailed => later(format!("`{place}` can't be reached"), true),
        Error::Tls(_) | Error::Rustls(_) => {
            later(format!("`{place}` has no connection that can be trusted"), true)
        }
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            later(format!("`{place}` gave an answer that isn't HTTP"), false)
        }
        Error::BadUri(_) | Error::Http(_) => Answer::Refused(format!("`{place}` can't be called this way")),
        _ => later(format!("`{place}` can't be called"), true),
    }
}

fn seconds(milliseconds: u64) -> String {
    match (milliseconds / 1000, milliseconds % 1000) {
        (1, 0) => "1 second".to_owned(),
        (seconds, 0) => format!("{seconds} seconds"),
        _ => format!("{milliseconds} ms"),
    }
}

/// What the system says, where that is short; it may name no address.
fn in_words(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "the connection was refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "the connection was closed"
        }
        ErrorKind::UnexpectedEof => "the connection was closed before an answer",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "it took too long",
        ErrorKind::InvalidData => "the connection can't be trusted",
        _ => "the name isn't known, or there is no way to it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_header_whatever_its_subject_is() {
        assert_eq!(header_text("spring/1/tell/1/con-1/0"), "spring/1/tell/1/con-1/0");
        assert_eq!(header_text("spring/1/tell/1/mü ll\r\ner%/0"), "spring/1/tell/1/m%C3%BC ll%0D%0Aer%25/0");
    }

    #[test]
    fn an_answer_is_told_without_secrets_however_long_they_are() {
        let long = format!("eyJ{}", "S".repeat(500));
        let secrets = Secrets::new(&[long.clone(), "to be\nhidden".to_owned()]);
        let told = |text: &str| said(&mut text.as_bytes(), &secrets);
        assert_eq!(told(&format!("no access\n for {long}, to be\nhidden")), "no access for ***, ***");
        assert_eq!(told(&long.repeat(50)).replace('*', ""), "");
        assert_eq!(told(&"x".repeat(20_000)).len(), TOLD);
    }

    #[test]
    fn a_server_says_when_to_come_again_in_either_of_two_ways() {
        assert_eq!(retry_after("120"), Some(RetryAfter::Wait(120_000)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(RetryAfter::At(784_111_777_000)));
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_after("-5"), None);
    }
}
