//! What a message becomes: JSON, and a call by HTTP.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::{
    channels::{transports::http::Call, values},
    compile::{Body, HttpPlan, Plan},
    model::{Language, Value},
    store::DueMessage,
    templates::{TemplateError, Values},
};

/// The values that a message is rendered with.
pub(in crate::channels) struct Shown<'a> {
    pub contact: &'a BTreeMap<String, Value>,
    pub account: &'a BTreeMap<String, Value>,
}

/// The body of a message by its definition.
fn written(body: &Body, values: &Values<'_>) -> Result<Json, TemplateError> {
    Ok(match body {
        Body::Plain(value) => value.clone(),
        Body::Text(template) => Json::String(template.render(values)?),
        Body::List(items) => {
            Json::Array(items.iter().map(|item| written(item, values)).collect::<Result<_, _>>()?)
        }
        Body::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                object.insert(key.clone(), written(value, values)?);
            }
            Json::Object(object)
        }
    })
}

/// The body of a message: by its definition, else what is sent by default. A workflow learns what it is
/// about; a channel gets what the tile wrote, a text as `{"text": …}`, which chats understand.
pub(in crate::channels) fn body(
    plan: &Plan,
    by_definition: Option<&Body>,
    message: &DueMessage,
    workflow: Option<&str>,
    shown: &Shown<'_>,
) -> Result<Json, String> {
    let content: Json = serde_json::from_str(&message.content).unwrap_or(Json::Null);
    if let Some(definition) = by_definition {
        let (journey, settings) = values::journey_and_settings(plan, &message.journey);
        let text = match (&content, workflow) {
            (_, Some(_)) => None,
            (Json::String(text), None) => Some(Value::Text(text.clone())),
            (other, None) => Some(Value::Text(other.to_string())),
        };
        let values = Values {
            contact: shown.contact,
            account: shown.account,
            journey: &journey,
            settings: &settings,
            links: &BTreeMap::new(),
            message: text.as_ref(),
            language: Language::English,
        };
        return written(definition, &values).map_err(|error| error.to_string());
    }
    Ok(match (workflow, content) {
        (Some(workflow), _) => json!({
            "workflow": workflow, "journey": message.journey, "step": message.step, "key": message.key,
            "contact_id": message.contact_id, "account_id": message.account_id,
        }),
        (None, content @ Json::Object(_)) => content,
        (None, Json::String(text)) => json!({ "text": text }),
        (None, other) => json!({ "text": other.to_string() }),
    })
}

/// What the file of a message holds.
pub(in crate::channels) fn file(channel: &str, message: &DueMessage, body: Json) -> Json {
    json!({
        "key": message.key, "channel": channel, "journey": message.journey, "step": message.step,
        "contact_id": message.contact_id, "account_id": message.account_id, "body": body,
    })
}

/// What the file of a call holds that isn't made.
pub(in crate::channels) fn written_call(channel: &str, call: &Call, body: Json) -> Json {
    let headers: Map<String, Json> =
        call.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "key": call.key, "channel": channel, "method": call.method, "url": call.url, "headers": headers,
        "body": call.body.as_ref().map(|_| body),
    })
}

/// The call of a message.
pub(in crate::channels) fn call(http: &HttpPlan, message: &DueMessage, body: &Json) -> Call {
    Call {
        key: message.key.clone(),
        method: http.method.name(),
        url: http.address.text.clone(),
        place: http.address.place(),
        headers: http.headers.clone(),
        body: http.method.has_body().then(|| body.to_string()),
        timeout: http.timeout,
    }
}
