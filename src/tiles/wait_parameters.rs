//! Reading what stands under `with` of a `wait`, with all that can be wrong about it.

use super::{
    CompileContext,
    wait::{Base, Clocks, PARAMETERS, Parameters},
};
use crate::{
    calendar::{self, Hours, LocalTime, Weekdays, Window},
    definitions::{Content, Located, Node, Reader, StepDefinition, moment_hint},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::Duration,
};

/// Reads the parameters of a step. All problems are reported; with an error there are none.
pub(super) fn read(step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Parameters> {
    let mut reader = step.parameters(&[PARAMETERS], context.problems);
    let length = reader.duration("for");
    let until = reader.text("until");
    let weekdays = weekdays(&mut reader, "`weekdays` of the tile `wait`");
    let window = window(&mut reader);
    let skip_weekends = reader.boolean("skip_weekends");
    let clocks = reader.choice("timezone", &[("journey", Clocks::Journey), ("contact", Clocks::Contact)]);
    let written = ["for", "until", "window"].into_iter().filter(|key| reader.has(key)).count();
    reader.finish();
    if context.problems.has_errors() {
        return None;
    }
    if written == 0 {
        if !step.with_unreadable {
            context.problems.push(
                Problem::error(
                    Code::MissingKey,
                    step.tile.span,
                    "the tile `wait` needs `for`, `until` or `window` under `with`",
                )
                .hint("Write how long to wait, such as `for: 7 days`."),
            );
        }
        return None;
    }
    let window = match skip_weekends.filter(|skip| skip.value) {
        Some(skip) if window.is_some() => {
            context.problems.push(
                Problem::error(Code::UnknownKey, skip.span, "`skip_weekends` and `window` in one wait").hint(
                    "Write `weekdays: [mon, tue, wed, thu, fri]` into the window, and no `skip_weekends`.",
                ),
            );
            return None;
        }
        Some(_) => Some(Window { weekdays: Weekdays::WORKING, hours: None }),
        None => window,
    };
    let base = base(length, until, weekdays, context)?;
    Some(Parameters { base, window, clocks: clocks.map_or(Clocks::Journey, |clocks| clocks.value) })
}

fn base(
    length: Option<Located<Duration>>,
    until: Option<Text>,
    weekdays: Option<Located<Weekdays>>,
    context: &mut CompileContext<'_>,
) -> Option<Base> {
    if let (Some(_), Some(until)) = (&length, &until) {
        context.problems.push(
            Problem::error(Code::UnknownKey, until.span, "`for` and `until` in one wait")
                .hint("Write one of them, or two steps."),
        );
        return None;
    }
    let base = match (length, &until) {
        (Some(length), _) => Base::For(length.value),
        (None, Some(until)) => moment_or_time(until, weekdays.as_ref(), context)?,
        (None, None) => Base::Nothing,
    };
    match (&base, weekdays) {
        (Base::For(_) | Base::Nothing | Base::Moment(_), Some(weekdays)) => {
            context.problems.push(
                Problem::error(Code::UnknownKey, weekdays.span, "`weekdays` without a time of day")
                    .hint("Write `until: \"09:00\"` beside it, or put the days into a window: `window: { weekdays: [mon, tue] }`."),
            );
            None
        }
        _ => Some(base),
    }
}

fn moment_or_time(
    until: &Text,
    weekdays: Option<&Located<Weekdays>>,
    context: &mut CompileContext<'_>,
) -> Option<Base> {
    let written = until.value.trim();
    // A date has hyphens or slashes in it, a time of day has not.
    if written.contains(':') && !written.contains(['-', '/', 'T']) && !written.contains(char::is_whitespace) {
        let time = local_time(until, context.problems)?;
        return Some(Base::Daily(time, weekdays.map_or(Weekdays::ALL, |weekdays| weekdays.value)));
    }
    match calendar::parse_moment(written, context.zone) {
        Ok(_) => Some(Base::Moment(written.to_owned())),
        Err(error) => {
            context.problems.push(
                Problem::error(Code::InvalidTime, until.span, error.to_string()).hint(moment_hint(written)),
            );
            None
        }
    }
}

/// Reads a time of day; a wrong one is reported.
fn local_time(text: &Text, problems: &mut Problems) -> Option<LocalTime> {
    match LocalTime::parse(&text.value) {
        Ok(time) => Some(time),
        Err(error) => {
            problems.push(
                Problem::error(Code::InvalidTime, text.span, error.to_string())
                    .hint("Write hours and minutes in double quotes, such as `\"09:00\"` or `\"17:30\"`."),
            );
            None
        }
    }
}

fn window(outer: &mut Reader<'_>) -> Option<Window> {
    let (entries, span) = outer.mapping("window")?;
    let mut reader = Reader::new(entries, span, "window", outer.problems());
    let days = weekdays(&mut reader, "`weekdays` of a window");
    let (from, to) = (reader.text("from"), reader.text("to"));
    if reader.has("weekdays") && !reader.has("from") && !reader.has("to") {
        reader.finish();
        return days.map(|days| Window { weekdays: days.value, hours: None });
    }
    for (key, other) in [("from", "09:00"), ("to", "17:00")] {
        if !reader.has(key) {
            reader.missing(
                key,
                format!(
                    "Write `{key}: \"{other}\"`. For whole days write `weekdays` without `from` and `to`."
                ),
            );
        }
    }
    let problems = reader.finish();
    let (from_text, to_text) = (from?, to?);
    let (from, to) = (local_time(&from_text, problems), local_time(&to_text, problems));
    let (from, to) = (from?, to?);
    if from == to {
        problems.push(
            Problem::error(Code::InvalidValue, to_text.span, "the window ends when it begins")
                .related(from_text.span, "it begins here")
                .hint("Write a later `to`; an earlier one ends on the next day. For whole days write `weekdays` without `from` and `to`."),
        );
        return None;
    }
    let weekdays = days.map_or(Weekdays::ALL, |days| days.value);
    Some(Window { weekdays, hours: Some(Hours { from, to }) })
}

/// Reads `weekdays`: a list of names; a wrong one is reported.
fn weekdays(reader: &mut Reader<'_>, what: &str) -> Option<Located<Weekdays>> {
    let node: &Node = reader.node("weekdays")?;
    let names = reader.list_of_text("weekdays");
    if matches!(&node.content, Content::List(items) if items.is_empty()) {
        reader.problems().push(
            Problem::error(Code::InvalidValue, node.span, format!("{what} names no day"))
                .hint("Name at least one, such as `[mon, tue]`, or leave `weekdays` out for every day."),
        );
        return None;
    }
    let mut sound = !names.is_empty();
    for name in &names {
        if let Err(error) = Weekdays::named([name.as_str()]) {
            let similar = did_you_mean(&name.value.to_lowercase(), Weekdays::names());
            let days: Vec<&str> = Weekdays::names().step_by(2).collect();
            let hint = similar.filter(|hint| hint.starts_with("Did"));
            reader.problems().push(
                Problem::error(Code::InvalidValue, name.span, error.to_string())
                    .hint(hint.unwrap_or_else(|| format!("The days are {}.", days.join(", ")))),
            );
            sound = false;
        }
    }
    let value = Weekdays::named(names.iter().map(Text::as_str)).ok()?;
    sound.then_some(Located { value, span: node.span })
}
