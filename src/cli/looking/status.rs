//! `tilework status`.

use serde_json::{Value as Json, json};

use crate::cli::{
    CliError, Exit, Output,
    arguments::{
        args::{Format, GlobalArguments},
        moment::asked_moment,
    },
    face::cells::{links_json, moment, optional, pauses_json},
    workspaces::published,
};
use crate::{
    calendar::{Zone, after, parse_duration},
    insights::{self, Alarm, Status},
    model::time::{DAY, HOUR, MINUTE, rfc3339},
    runtime,
    store::{FailingPart, Overdue, RunRow, Store},
};

/// Carries out `status`: 0 when all is well, 1 when somebody should look.
pub(in crate::cli) fn status(
    global: &GlobalArguments,
    late: &str,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (plan, mut store) = published::opened(global, Store::open, output)?;
    let real_now = runtime::real_now();
    // A server that stands still doesn't move the store's clock: what is late is so by real time.
    let asked = asked_moment(global.now.as_ref(), &plan.settings.zone)?;
    let now = match asked {
        Some(now) => now,
        None => store.clock()?.unwrap_or(real_now).max(real_now),
    };
    let late = after(0, parse_duration(late)?, &Zone::utc())?;
    let status = insights::status(&mut store, &plan, now, asked.unwrap_or(real_now), real_now, late)?;
    match output.format() {
        Format::Json => output.json(&as_json(&status))?,
        _ => {
            for line in tell(&status, &store.description()) {
                output.text(&line)?;
            }
        }
    }
    Ok(if status.alarms.is_empty() { Exit::Done } else { Exit::Found })
}

fn as_json(status: &Status) -> Json {
    let overdue = |overdue: &Option<Overdue>| {
        overdue.as_ref().map_or(Json::Null, |overdue| {
            json!({
                "journey": overdue.journey, "step": overdue.step, "due_at": rfc3339(overdue.due_at),
                "late_seconds": (status.now - overdue.due_at) / 1_000,
            })
        })
    };
    let run = |run: &RunRow| {
        json!({
            "kind": run.kind, "started_at": rfc3339(run.started_at), "ended_at": moment(run.ended_at),
            "moment": moment(run.moment), "error": optional(run.error.clone()),
        })
    };
    let failures = status.failures.iter().map(|failures| {
        json!({
            "journey": failures.journey, "step": failures.step, "what": failures.what, "count": failures.count,
            "latest_at": moment(failures.latest_at),
        })
    });
    let (segments, claims, sizes) = (&status.segments, &status.claims, &status.sizes);
    json!({
        "now": rfc3339(status.now),
        "alarms": status.alarms.iter().map(Alarm::name).collect::<Vec<_>>(),
        "last_run": status.last_run.as_ref().map_or(Json::Null, run),
        "clock": moment(status.clock),
        "oldest_due_step": overdue(&status.oldest_step),
        "oldest_waiting_message": overdue(&status.oldest_message),
        "failures": failures.collect::<Vec<_>>(),
        "limit_reached": status.limit_reached.map_or(Json::Null, |(limit, at)| {
            json!({ "messages_per_run": limit, "at": rfc3339(at) })
        }),
        "unpublished": status.unpublished.as_ref().map_or(Json::Null, |(why, since)| {
            json!({ "reason": why, "since": rfc3339(*since) })
        }),
        "failing": status.failing.iter().map(|part| json!({
            "kind": part.kind, "name": part.name, "since": rfc3339(part.since), "reason": part.reason,
        })).collect::<Vec<_>>(),
        "pauses": pauses_json(&status.pauses),
        "segments": {
            "active": segments.active, "stale": segments.stale, "oldest_evaluation": moment(segments.oldest_evaluation),
        },
        "empty_topics": status.empty_topics.iter().map(|empty| json!({
            "journey": empty.journey, "email": empty.email, "topic": empty.topic, "audience": empty.audience,
        })).collect::<Vec<_>>(),
        "contacts_sharing_an_address": status.sharing_addresses,
        "dangling_links": links_json(&status.dangling_links),
        "claims": { "held": claims.held, "run_out": claims.run_out },
        "sizes": {
            "accounts": sizes.accounts, "contacts": sizes.contacts, "leads": sizes.leads,
            "interactions": sizes.interactions, "participants": sizes.participants, "messages": sizes.messages,
            "activities_without_owner": sizes.activities_without_owner, "bytes": sizes.bytes,
        },
        "store_version": status.version.0,
    })
}

fn line(name: &str, text: &str) -> String {
    format!("{name:<15} {text}")
}

fn tell(status: &Status, store: &str) -> Vec<String> {
    let alarm = |alarm: Alarm| if status.alarms.contains(&alarm) { "  !" } else { "" };
    let overdue = |overdue: &Option<Overdue>, mark: &str| match overdue {
        None => "nothing is due".to_owned(),
        Some(overdue) => format!(
            "{}, {}, due since {}, {} ago{mark}",
            overdue.journey,
            overdue.step,
            rfc3339(overdue.due_at),
            ago(status.now - overdue.due_at)
        ),
    };
    let mut lines = vec![
        line("store", &format!("{store}, version {}, {}", status.version.0, size(status.sizes.bytes))),
        line("last run", &format!("{}{}", last_run(status.last_run.as_ref()), alarm(Alarm::RunFailed))),
        line("oldest step", &overdue(&status.oldest_step, alarm(Alarm::LateStep))),
        line("oldest message", &overdue(&status.oldest_message, alarm(Alarm::LateMessage))),
    ];
    if let (Some(clock), true) = (status.clock, status.alarms.contains(&Alarm::StoreInFuture)) {
        let text = format!(
            "the store was run at {}, which is still to come: runs are refused until then; `tilework set-back` takes it back",
            rfc3339(clock)
        );
        lines.push(line("clock", &format!("{text}{}", alarm(Alarm::StoreInFuture))));
    }
    if status.failures.is_empty() {
        lines.push(line("failed", "nothing"));
    }
    for failures in &status.failures {
        let latest =
            failures.latest_at.map(|at| format!(", the latest at {}", rfc3339(at))).unwrap_or_default();
        let text =
            format!("{}, {}: {} {}{latest}", failures.journey, failures.step, failures.count, failures.what);
        lines.push(line("failed", &format!("{text}{}", alarm(Alarm::NewFailures))));
    }
    if let Some((limit, at)) = status.limit_reached {
        let text =
            format!("stopped at {limit} messages a run at {}; the others wait for the next run", rfc3339(at));
        lines.push(line("limit", &format!("{text}{}", alarm(Alarm::LimitReached))));
    }
    if let Some((why, since)) = &status.unpublished {
        let text = format!("{why}; what was published before goes on since {}", rfc3339(*since));
        lines.push(line("not published", &format!("{text}{}", alarm(Alarm::Unpublished))));
    }
    for part in &status.failing {
        let text = format!("{}, skipped since {}: {}", part_name(part), rfc3339(part.since), part.reason);
        lines.push(line("fails", &format!("{text}{}", alarm(Alarm::FailingParts))));
    }
    if let Some(at) = status.pauses.all {
        lines.push(line("paused", &format!("all journeys since {}", rfc3339(at))));
    }
    for (name, at) in &status.pauses.journeys {
        lines.push(line("paused", &format!("{name} since {}", rfc3339(*at))));
    }
    let segments = &status.segments;
    let evaluated = match segments.oldest_evaluation {
        Some(at) => format!(", all evaluated since {}", rfc3339(at)),
        None => String::new(),
    };
    lines.push(line("segments", &format!("{}, {} out of date{evaluated}", segments.active, segments.stale)));
    for empty in &status.empty_topics {
        lines.push(line("subscribers", &format!("{}, {}: {}", empty.journey, empty.email, empty.told())));
    }
    if status.sharing_addresses > 0 {
        lines.push(line("addresses", &format!("{} contacts share an address", status.sharing_addresses)));
    }
    for links in &status.dangling_links {
        lines.push(line("links", &insights::told_links(links)));
    }
    let (claims, sizes) = (&status.claims, &status.sizes);
    if sizes.activities_without_owner > 0 {
        let text = format!(
            "{} have no owner; the journey's `owner:` or the workspace's gives them one",
            sizes.activities_without_owner
        );
        lines.push(line("activities", &text));
    }
    if claims.held > 0 {
        let text = format!("{} ranges claimed, {} of them for too long", claims.held, claims.run_out);
        lines.push(line("workers", &format!("{text}{}", alarm(Alarm::LeaseRanOut))));
    }
    lines.push(line(
        "holds",
        &format!(
            "{} accounts, {} contacts, {} of them in journeys, {} leads, {} interactions, {} messages",
            sizes.accounts,
            sizes.contacts,
            sizes.participants,
            sizes.leads,
            sizes.interactions,
            sizes.messages
        ),
    ));
    lines
}

/// A part that fails, in words.
pub(in crate::cli) fn part_name(part: &FailingPart) -> String {
    format!("{} {}", part.kind.replace('_', " "), part.name)
}

fn last_run(run: Option<&RunRow>) -> String {
    let Some(run) = run else { return "none so far".to_owned() };
    let what = match run.kind.as_str() {
        "serve" => "serving",
        kind => kind,
    };
    let started = rfc3339(run.started_at);
    match (run.ended_at, &run.error) {
        (None, _) => format!("{what} since {started}; it is at work, or died"),
        (Some(ended), Some(error)) => format!("{what} failed at {}: {error}", rfc3339(ended)),
        (Some(ended), None) if run.kind == "serve" => {
            format!("{what} since {started}, last at {}, all done", rfc3339(ended))
        }
        (Some(ended), None) => format!("{what} at {started}, took {}, all done", ago(ended - run.started_at)),
    }
}

/// A length of real time in one unit.
fn ago(length: i64) -> String {
    let (amount, unit) = match length {
        length if length >= 2 * DAY => (length / DAY, "days"),
        length if length >= 2 * HOUR => (length / HOUR, "hours"),
        length if length >= 2 * MINUTE => (length / MINUTE, "minutes"),
        length => (length / 1_000, "seconds"),
    };
    format!("{amount} {unit}")
}

fn size(bytes: i64) -> String {
    match bytes {
        bytes if bytes >= 10_000_000_000 => format!("{} GB", bytes / 1_000_000_000),
        bytes if bytes >= 10_000_000 => format!("{} MB", bytes / 1_000_000),
        bytes => format!("{} kB", bytes / 1_000),
    }
}
