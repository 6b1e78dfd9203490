//! What is answered where.

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use maud::Markup;

use super::{door::Door, pages, words::Words};
use crate::{definitions::Subscription, store::MailChoices};

/// How large a request may be, and how long it may take.
const LARGEST: usize = 16 * 1024;
const LONGEST: Duration = Duration::from_secs(10);
/// How many addresses may be taken off by hand in a minute: the page for links that were cut is for people.
const BY_HAND: u32 = 60;

/// Headers of every answer: pages show nothing to others, load nothing, and stand in no frame.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

#[derive(Clone)]
struct Web {
    door: Door,
    real_now: fn() -> i64,
    /// The minute, and how many addresses were taken off by hand in it.
    by_hand: Arc<Mutex<(i64, u32)>>,
}

/// Everything that is answered.
pub(super) fn routes(door: Door, real_now: fn() -> i64) -> Router {
    let web = Web { door, real_now, by_hand: Arc::default() };
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/unsubscribe/{token}", get(ask).post(unsubscribe))
        .route("/preferences/{token}", get(preferences).post(choose))
        .route("/leave", post(leave))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(middleware::from_fn(bounded))
        .with_state(web)
}

/// Ends what takes too long, and puts the headers on every answer.
async fn bounded(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(LONGEST, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn html(status: StatusCode, page: Markup) -> Response {
    (status, Html(page.into_string())).into_response()
}

fn asked_language(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

/// Whether the store answers.
async fn health(State(web): State<Web>) -> Response {
    match web.door.numbers().await {
        Some(_) => (StatusCode::OK, "ok\n").into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the store can't be asked\n").into_response(),
    }
}

/// Numbers in the text format of Prometheus.
async fn metrics(State(web): State<Web>) -> Response {
    let Some(numbers) = web.door.numbers().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store can't be asked\n").into_response();
    };
    let mut text = String::from(
        "# HELP tilework_outbox_messages Messages by channel and state.\n# TYPE tilework_outbox_messages gauge\n",
    );
    let label = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    for (channel, state, count, _) in &numbers {
        // Writing into a `String` can't fail.
        let _ = writeln!(
            text,
            "tilework_outbox_messages{{channel=\"{}\",state=\"{}\"}} {count}",
            label(channel),
            state.name()
        );
    }
    text.push_str("# HELP tilework_outbox_oldest_seconds How long the oldest message waits that may leave.\n# TYPE tilework_outbox_oldest_seconds gauge\n");
    let now = (web.real_now)();
    for (channel, state, _, oldest) in numbers.iter().filter(|(_, state, _, _)| state.name() == "waiting") {
        let age = now.saturating_sub(*oldest).max(0) / 1000;
        let _ = writeln!(
            text,
            "tilework_outbox_oldest_seconds{{channel=\"{}\",state=\"{}\"}} {age}",
            label(channel),
            state.name()
        );
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Asks whether somebody wants to unsubscribe. It changes nothing: mail scanners follow links.
async fn ask(State(web): State<Web>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let shown = web.door.shown();
    let browser = asked_language(&headers);
    let Some(link) = web.door.link(&token) else {
        let words = Words::wanted(None, browser);
        return html(StatusCode::NOT_FOUND, pages::cut(words, &shown));
    };
    if link.inert {
        let words = Words::wanted(None, browser);
        return html(StatusCode::OK, pages::says(words, &shown, words.unsubscribe, words.inert));
    }
    let language = web.door.choices(link.clone()).await.and_then(|choices| choices.language);
    let words = Words::wanted(language.as_deref(), browser);
    let topic = shown.topics.iter().find(|topic| topic.name == link.topic).map(|topic| topic.label.as_str());
    html(StatusCode::OK, pages::unsubscribe(words, &shown, topic))
}

/// Unsubscribes: by the button of the page, or by the mail program itself (RFC 8058). A link that isn't ours gets the
/// same answer, which tells nobody anything.
async fn unsubscribe(
    State(web): State<Web>,
    Path(token): Path<String>,
    headers: HeaderMap,
    _body: Bytes,
) -> Response {
    let shown = web.door.shown();
    let words = Words::wanted(None, asked_language(&headers));
    if let Some(link) = web.door.link(&token).filter(|link| !link.inert) {
        let topics = Some(link.topic.clone()).filter(|topic| !topic.is_empty()).into_iter().collect();
        if !web.door.leave(link, topics).await {
            return html(
                StatusCode::SERVICE_UNAVAILABLE,
                pages::says(words, &shown, words.unsubscribe, words.later),
            );
        }
    }
    html(StatusCode::OK, pages::done(words, &shown))
}

/// The topics that somebody gets.
fn gets<'s>(shown: &'s super::Shown, choices: &MailChoices) -> Vec<(&'s str, &'s str)> {
    let topics = shown.topics.iter().filter(|topic| match choices.words.get(&topic.name) {
        Some(wanted) => *wanted,
        None => topic.subscription == Subscription::OptOut,
    });
    topics.map(|topic| (topic.name.as_str(), topic.label.as_str())).collect()
}

async fn preferences(State(web): State<Web>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    chosen(&web, &token, &headers, false).await
}

/// The page of what somebody chose.
async fn chosen(web: &Web, token: &str, headers: &HeaderMap, saved: bool) -> Response {
    let shown = web.door.shown();
    let browser = asked_language(headers);
    let words = Words::wanted(None, browser);
    let Some(link) = web.door.link(token) else {
        return html(StatusCode::NOT_FOUND, pages::cut(words, &shown));
    };
    if link.inert {
        return html(StatusCode::OK, pages::says(words, &shown, words.choose, words.inert));
    }
    let Some(choices) = web.door.choices(link).await else {
        return html(StatusCode::SERVICE_UNAVAILABLE, pages::says(words, &shown, words.choose, words.later));
    };
    let words = Words::wanted(choices.language.as_deref(), browser);
    let all_left = choices.words.get("") == Some(&false) || choices.address.is_none();
    let topics = gets(&shown, &choices);
    let page = pages::preferences(words, &shown, choices.address.as_deref(), &topics, (all_left, saved));
    html(StatusCode::OK, page)
}

/// Takes what was chosen. It can only lower: a link is valid for ever, and may have been forwarded.
async fn choose(
    State(web): State<Web>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let shown = web.door.shown();
    let words = Words::wanted(None, asked_language(&headers));
    let Some(link) = web.door.link(&token).filter(|link| !link.inert) else {
        return html(StatusCode::OK, pages::done(words, &shown));
    };
    let said: Vec<(String, String)> = pairs(&body);
    let of = |key: &str| {
        said.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect::<BTreeSet<_>>()
    };
    let known: BTreeSet<String> = shown.topics.iter().map(|topic| topic.name.clone()).collect();
    let (offered, kept) = (of("shown"), of("keep"));
    let ends: BTreeSet<String> =
        offered.difference(&kept).filter(|topic| known.contains(*topic)).cloned().collect();
    let all = of("all").contains("stop");
    if (all || !ends.is_empty()) && !web.door.leave(link, if all { BTreeSet::new() } else { ends }).await {
        return html(StatusCode::SERVICE_UNAVAILABLE, pages::says(words, &shown, words.choose, words.later));
    }
    chosen(&web, &token, &headers, true).await
}

/// Takes an address off all commercial mail; the answer is the same whether or not anybody has it.
async fn leave(State(web): State<Web>, headers: HeaderMap, body: Bytes) -> Response {
    let shown = web.door.shown();
    let words = Words::wanted(None, asked_language(&headers));
    let minute = (web.real_now)().div_euclid(60_000);
    let count = {
        let mut by_hand = web.by_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if by_hand.0 != minute {
            *by_hand = (minute, 0);
        }
        by_hand.1 += 1;
        by_hand.1
    };
    let address = pairs(&body).into_iter().find(|(name, _)| name == "address").map(|(_, address)| address);
    let done = match address {
        Some(address) if count <= BY_HAND => web.door.leave_by_address(address).await,
        Some(_) => false,
        None => true,
    };
    match done {
        true => html(StatusCode::OK, pages::done(words, &shown)),
        false => {
            let page = pages::says(words, &shown, words.unsubscribe, words.later);
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")], Html(page.into_string()))
                .into_response()
        }
    }
}

/// The pairs of a form's body; what isn't one gives none.
fn pairs(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
