//! What a custom tile's script answers.

use super::{ScriptValue, limits, value::described, weight};
use crate::{calendar, model::Duration};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

/// A place in a script, both from 1; 0 when it isn't known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl From<Position> for Place {
    fn from(position: Position) -> Place {
        Place { line: position.line().unwrap_or(0), column: position.position().unwrap_or(1) }
    }
}

/// What becomes of a participant or an account, with effects.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What becomes of it.
    pub kind: ActionKind,
    /// Where it was decided.
    pub place: Place,
    /// Effects in the order in which they were written, each with its place.
    pub effects: Vec<(ScriptEffect, Place)>,
    /// What is kept for the next call; what was kept before stays when nothing is written.
    pub state: Option<ScriptValue>,
    /// A note for people.
    pub note: Option<String>,
}

/// What becomes of a participant or an account.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionKind {
    /// `take(path)`; `take()` for a tile without paths.
    Take(Option<String>),
    /// `wait(duration)`
    Wait(Duration),
    /// `stop(reason)`
    Stop(String),
    /// `retry(duration, reason)`
    Retry(Duration, String),
}

/// An effect that a script asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptEffect {
    /// `.message(channel, body)`
    Message {
        /// The channel's name.
        channel: String,
        /// Text, or a map.
        body: ScriptValue,
    },
    /// `.activity(#{…})`
    Activity(ScriptValue),
    /// `.lead(#{…})`
    Lead(ScriptValue),
    /// `.set("contact.field", value)`
    Set {
        /// `contact.field` or `account.field`.
        field: String,
        /// The value.
        value: ScriptValue,
    },
}

/// The functions that make actions, and the methods that add to them: the numbers of arguments that each may
/// have, the action that a method stands behind among them, and how it is written.
pub(super) const FORMS: [(&str, &[usize], &str); 10] = [
    ("take", &[0, 1], r#"take("path")"#),
    ("wait", &[1], r#"wait("1 day")"#),
    ("stop", &[1], r#"stop("reason")"#),
    ("retry", &[2], r#"retry("1 hour", "reason")"#),
    ("message", &[3], r#"take("path").message("channel", "text")"#),
    ("activity", &[2], r##"take("path").activity(#{ subject: "text" })"##),
    ("lead", &[2], r##"take("path").lead(#{ topic: "text" })"##),
    ("set", &[3], r#"take("path").set("contact.field", value)"#),
    ("note", &[2], r#"take("path").note("text")"#),
    ("remember", &[2], r##"wait("1 day").remember(#{ key: value })"##),
];

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// An error with a message for people, at the place of the call.
pub(super) fn refuse<T>(context: &NativeCallContext<'_>, message: impl Into<String>) -> Outcome<T> {
    Err(EvalAltResult::ErrorRuntime(message.into().into(), context.call_position()).into())
}

fn text(context: &NativeCallContext<'_>, value: &Dynamic, call: &str, what: &str) -> Outcome<String> {
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(text.to_string()),
        Err(_) => refuse(context, format!("`{call}` takes {what} as text, and got {}", described(value))),
    }
}

/// A length of time that something can wait.
fn duration(context: &NativeCallContext<'_>, value: &Dynamic, call: &str) -> Outcome<Duration> {
    let written = text(context, value, call, "a length of time")?;
    let Ok(length) = calendar::parse_duration(&written) else {
        return refuse(
            context,
            format!("`{call}` takes a length of time such as `1 day`, and got `{written}`"),
        );
    };
    // What waits for no time at all would be asked again and again at one moment.
    let seconds = matches!(length.unit, crate::model::DurationUnit::Seconds);
    if length.amount == 0 || (seconds && length.amount < 60) {
        return refuse(context, format!("`{call}` waits at least a minute, and got `{written}`"));
    }
    Ok(length)
}

fn made(context: &NativeCallContext<'_>, kind: ActionKind) -> Action {
    Action { kind, place: context.call_position().into(), effects: Vec::new(), state: None, note: None }
}

fn plain(context: &NativeCallContext<'_>, value: &Dynamic, call: &str) -> Outcome<ScriptValue> {
    match ScriptValue::of_dynamic(value) {
        Ok(value) => Ok(value),
        Err(what) => refuse(context, format!("`{call}` can't take {what}")),
    }
}

fn with(context: &NativeCallContext<'_>, mut action: Action, effect: ScriptEffect) -> Outcome<Action> {
    if action.effects.len() >= limits::EFFECTS {
        return refuse(context, format!("an action has at most {} effects", limits::EFFECTS));
    }
    let bytes = weight::of_action(&action) + weight::of_effect(&effect);
    if bytes > limits::EFFECT_BYTES {
        return refuse(
            context,
            format!("the effects of an action take at most {} KB", limits::EFFECT_BYTES / 1024),
        );
    }
    action.effects.push((effect, context.call_position().into()));
    Ok(action)
}

fn map(context: &NativeCallContext<'_>, value: &Dynamic, call: &str) -> Outcome<ScriptValue> {
    match plain(context, value, call)? {
        map @ ScriptValue::Map(_) => Ok(map),
        other => refuse(
            context,
            format!("`{call}` takes a map such as `#{{ subject: \"Call\" }}`, and got {}", other.described()),
        ),
    }
}

/// Makes the functions known.
pub(super) fn register(engine: &mut Engine) {
    type Context<'a> = NativeCallContext<'a>;
    engine.register_type_with_name::<Action>("action");
    engine.register_fn("take", |context: Context<'_>| made(&context, ActionKind::Take(None)));
    engine.register_fn("take", |context: Context<'_>, path: Dynamic| -> Outcome<Action> {
        let path = text(&context, &path, "take", "the name of a path")?;
        Ok(made(&context, ActionKind::Take(Some(path))))
    });
    engine.register_fn("wait", |context: Context<'_>, length: Dynamic| -> Outcome<Action> {
        let length = duration(&context, &length, "wait")?;
        Ok(made(&context, ActionKind::Wait(length)))
    });
    engine.register_fn("stop", |context: Context<'_>, reason: Dynamic| -> Outcome<Action> {
        let reason = text(&context, &reason, "stop", "the reason")?;
        if reason.starts_with("failed") {
            return refuse(
                &context,
                "a reason to stop can't start with `failed`, by which failures are known",
            );
        }
        Ok(made(&context, ActionKind::Stop(reason)))
    });
    engine.register_fn(
        "retry",
        |context: Context<'_>, length: Dynamic, reason: Dynamic| -> Outcome<Action> {
            let length = duration(&context, &length, "retry")?;
            let reason = text(&context, &reason, "retry", "the reason")?;
            Ok(made(&context, ActionKind::Retry(length, reason)))
        },
    );
    engine.register_fn(
        "message",
        |context: Context<'_>, action: Action, channel: Dynamic, body: Dynamic| -> Outcome<Action> {
            let channel = text(&context, &channel, "message", "the name of a channel")?;
            let body = plain(&context, &body, "message")?;
            if !matches!(body, ScriptValue::Text(_) | ScriptValue::Map(_)) {
                let what = body.described();
                return refuse(
                    &context,
                    format!("the body of a `message` is text or a map, and this is {what}"),
                );
            }
            with(&context, action, ScriptEffect::Message { channel, body })
        },
    );
    engine.register_fn(
        "activity",
        |context: Context<'_>, action: Action, fields: Dynamic| -> Outcome<Action> {
            let fields = map(&context, &fields, "activity")?;
            with(&context, action, ScriptEffect::Activity(fields))
        },
    );
    engine.register_fn("lead", |context: Context<'_>, action: Action, fields: Dynamic| -> Outcome<Action> {
        let fields = map(&context, &fields, "lead")?;
        with(&context, action, ScriptEffect::Lead(fields))
    });
    engine.register_fn(
        "set",
        |context: Context<'_>, action: Action, field: Dynamic, value: Dynamic| -> Outcome<Action> {
            let field = text(&context, &field, "set", "a field such as `contact.role`")?;
            let value = plain(&context, &value, "set")?;
            with(&context, action, ScriptEffect::Set { field, value })
        },
    );
    engine.register_fn("note", |context: Context<'_>, action: Action, note: Dynamic| -> Outcome<Action> {
        let note = text(&context, &note, "note", "what to note")?;
        let note = note.chars().take(500).collect();
        Ok(Action { note: Some(note), ..action })
    });
    engine.register_fn(
        "remember",
        |context: Context<'_>, action: Action, state: Dynamic| -> Outcome<Action> {
            let state = map(&context, &state, "remember")?;
            let size = state.to_json().to_string().len();
            if size > limits::STATE {
                let message =
                    format!("what is remembered takes {size} bytes, and at most {} are kept", limits::STATE);
                return refuse(&context, message);
            }
            Ok(Action { state: Some(state), ..action })
        },
    );
    // Text that shows an action in a template string would be no use, and an error is a better answer.
    engine.register_fn("to_string", |context: Context<'_>, _: Action| -> Outcome<ImmutableString> {
        refuse(&context, "an action can't be shown as text")
    });
}
