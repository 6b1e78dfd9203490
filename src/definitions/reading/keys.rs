//! The keys of each kind, and of the mappings inside.

use super::kinds::{Form, Key, Referred};

pub(in crate::definitions) const CONSENTS: &[&str] =
    &["none", "consent", "transactional", "subscriptions", "marketing", "profiling"];
const ENTITIES: &[&str] = &["contact", "account", "lead"];
const FIELD_TYPES: &[&str] =
    &["text", "integer", "number", "boolean", "date", "datetime", "choice", "choices", "account", "contact"];
const SEGMENTS: Form = Form::List(&Form::Reference(Referred::Segment));

pub(in crate::definitions) const NAME: &[Key] = &[Key::required(
    "name",
    Form::Name,
    "The name by which others refer to it: small letters, digits and hyphens",
)];
pub(in crate::definitions) const CAMEL_NAME: &[Key] =
    &[Key::required("name", Form::CamelName, "The type's name in CamelCase, as it stands after `did:`")];
pub(in crate::definitions) const OPTIONAL_NAME: &[Key] =
    &[Key::optional("name", Form::Text, "A name for people; nothing refers to it")];

/// What every definition may say beside its name.
pub const WORDS: &[Key] = &[
    Key::optional("label", Form::Text, "A name for people"),
    Key::optional("description", Form::Text, "What it is for"),
    Key::optional("owner", Form::Text, "Who looks after it"),
];

/// What a definition that is referred to by name may say of its former one.
pub const FORMER_NAME: &[Key] = &[Key::optional(
    "was",
    Form::Text,
    "Its name before it was renamed, so that it keeps what belongs to it; take it out after the next run",
)];

const TYPE: Key = Key::required("type", Form::Choice(FIELD_TYPES), "What it holds");
const CHOICES: Key =
    Key::optional("choices", Form::List(&Form::Text), "The values of a `choice` or of `choices`");
const ABOUT: Key = Key::optional("description", Form::Text, "What it is for");

/// A field under `fields:`.
pub(in crate::definitions) const FIELD: &[Key] = &[
    TYPE,
    CHOICES,
    ABOUT,
    Key::optional(
        "was",
        Form::Text,
        "Its name before it was renamed, so that it keeps its values; take it out after the next run",
    ),
];

/// An attribute under `attributes:`.
pub(in crate::definitions) const ATTRIBUTE: &[Key] = &[TYPE, CHOICES, ABOUT];

pub(in crate::definitions) const FIELDS: &[Key] = &[
    Key::required("of", Form::Choice(ENTITIES), "Whose fields they are"),
    Key::required("fields", Form::Fields(FIELD), "The fields by name"),
];

pub(in crate::definitions) const ATTRIBUTES: &[Key] = &[Key::optional(
    "attributes",
    Form::Fields(ATTRIBUTE),
    "What is recorded of each, beside the contact and the time",
)];

pub(in crate::definitions) const SEGMENT: &[Key] = &[
    Key::required("target", Form::Choice(ENTITIES), "What it holds"),
    Key::optional("where", Form::Condition, "Who belongs to it; `true` for everyone"),
    Key::optional("members", Form::List(&Form::Text), "Who belongs to it, by id, instead of `where`"),
    Key::optional(
        "members_from",
        Form::Text,
        "The file with the ids of who belongs to it, one a line, beside this one or in `journeys/`",
    ),
    Key::optional("active", Form::Boolean, "`false` keeps the rules and counts nobody"),
    Key::optional("timezone", Form::TimeZone, "The time zone of its dates; the workspace's when not written"),
];

pub(in crate::definitions) const EMAIL: &[Key] = &[
    Key::required("subject", Form::Template, "The subject"),
    Key::optional("html", Form::Template, "The mail in HTML"),
    Key::optional(
        "html_file",
        Form::Text,
        "The file with the HTML, beside this one or in `journeys/`, instead of `html`",
    ),
    Key::optional("text", Form::Template, "The mail in plain text; made from the HTML when not written"),
    Key::optional("text_file", Form::Text, "The file with the plain text, instead of `text`"),
    Key::optional(
        "from",
        Form::Template,
        "The sender, such as `{{account.owner}}`; the channel's when empty or not written",
    ),
    Key::optional("reply_to", Form::Template, "Where answers go, when not to the sender"),
    Key::optional(
        "language",
        Form::Choice(&["en", "de", "nl", "contact"]),
        "The language of numbers and dates; `contact`: the contact's, where it is one of these; `en` when not written",
    ),
    Key::optional("topic", Form::Reference(Referred::Topic), "The topic that commercial mail belongs to"),
    Key::optional(
        "purpose",
        Form::Choice(&["commercial", "transactional"]),
        "`transactional` for what belongs to business at hand; commercial when not written",
    ),
    Key::optional(
        "duplicates",
        Form::Choice(&["block", "send"]),
        "`send` writes to a mailbox for each contact that has it; when not written, a step writes to it once",
    ),
];

pub(in crate::definitions) const TOPIC: &[Key] = &[Key::optional(
    "subscription",
    Form::Choice(&["opt_in", "opt_out"]),
    "`opt_in` (when not written): who subscribed gets its mails; `opt_out`: who has consent `subscriptions` or higher and didn't unsubscribe",
)];

pub(in crate::definitions) const AUDIENCE: &[Key] = &[
    Key::required("include", SEGMENTS, "Segments of contacts or accounts that enter"),
    Key::optional(
        "match",
        Form::Choice(&["any", "all"]),
        "Whether one of the segments is enough (`any`, when not written)",
    ),
    Key::optional("exclude", SEGMENTS, "Segments whose members don't enter"),
];

pub(in crate::definitions) const STEP: &[Key] = &[
    Key::required("id", Form::Name, "The step's name, unique in the journey"),
    Key::required("tile", Form::Reference(Referred::Tile), "What the step does"),
    Key::optional("with", Form::Parameters, "The tile's parameters"),
    Key::optional("paths", Form::Paths, "Where each path leads: a list of steps, or a section's name"),
    Key::optional("was", Form::Text, "Its id before it was renamed, for those who stand on it"),
];

pub(in crate::definitions) const REPEAT: &[Key] = &[
    Key::required("every", Form::Duration, "How long after a start the next one comes, at least `1 hour`"),
    Key::optional(
        "times",
        Form::Count(1),
        "How many iterations there are in all; until the journey's end when not written",
    ),
];

pub(in crate::definitions) const JOURNEY: &[Key] = &[
    Key::required(
        "target",
        Form::Choice(&["contact", "account"]),
        "`account` when the people of an account travel as one",
    ),
    Key::optional("timezone", Form::TimeZone, "The time zone of its times; the workspace's when not written"),
    Key::required("start", Form::Moment, "When it begins"),
    Key::optional("end", Form::Moment, "When it ends"),
    Key::optional(
        "at_end",
        Form::Choice(&["stop", "finish"]),
        "What happens at the end to those in it: they stop where they stand, or finish their way",
    ),
    Key::optional(
        "repeat",
        Form::Keys(REPEAT),
        "How often it starts over; a new iteration lets everybody in again and stops those left in the former",
    ),
    Key::optional(
        "reentry",
        Form::Text,
        "`after 90 days`: how long after its end a contact may enter the same iteration again, at least 2 days; `on_joining`: when it comes into the audience anew by then or later, though not because a definition changed",
    ),
    Key::required("audience", Form::Keys(AUDIENCE), "Who enters"),
    Key::optional(
        "suppress",
        SEGMENTS,
        "Segments whose members are kept out, and stopped wherever they stand",
    ),
    Key::optional("consent", Form::Choice(CONSENTS), "The lowest consent with which one enters and stays"),
    Key::optional(
        "purpose",
        Form::Choice(&["commercial", "transactional"]),
        "`transactional` for business at hand, which goes on when a contact leaves all commercial mail; commercial when not written",
    ),
    Key::required("steps", Form::Steps, "What happens, from the top"),
    Key::optional("sections", Form::Map(&Form::Steps), "Lists of steps by name, which paths may lead to"),
    Key::optional(
        "removed",
        Form::Map(&Form::Text),
        "What becomes of those who stand on a step that is gone: `exit`, or another step's id",
    ),
];

/// A rule of a scoring model.
pub(in crate::definitions) const RULE: &[Key] = &[
    Key::required("name", Form::Text, "The rule's name, unique in the model"),
    Key::required("when", Form::Condition, "When it gives its points; `true` for always"),
    Key::required(
        "points",
        Form::Points,
        "How many: a number, negative to take points away, or a calculation such as `account.employees / 100`",
    ),
    Key::optional(
        "per",
        Form::Choice(&["once", "each"]),
        "`each` gives them for every interaction of the one `did` in `when`; once when not written",
    ),
    Key::optional(
        "half_life",
        Form::Duration,
        "After how long the points of an interaction have halved: hours, days or weeks",
    ),
    Key::optional("at_least", Form::Number, "The fewest points it gives, with `per: each` or a calculation"),
    Key::optional("at_most", Form::Number, "The most points it gives, with `per: each` or a calculation"),
];

/// A grade under `grades:`, a level under `levels:`.
pub(in crate::definitions) const BAND: &[Key] = &[
    Key::required("name", Form::Text, "Its name"),
    Key::optional("from", Form::Integer, "The lowest score that belongs to it; the lowest of all has none"),
];

pub(in crate::definitions) const SCORING_MODEL: &[Key] = &[
    Key::required(
        "target",
        Form::Choice(&["contact_leads", "account_leads", "contacts", "accounts"]),
        "What it scores; leads with a contact are contact leads, whatever account they have",
    ),
    Key::optional(
        "consent",
        Form::Choice(CONSENTS),
        "The lowest consent of contacts whose interactions count; those below are left out",
    ),
    Key::optional("active", Form::Boolean, "`false` keeps the rules and takes the scores away"),
    Key::optional("timezone", Form::TimeZone, "The time zone of its dates; the workspace's when not written"),
    Key::optional("start", Form::Moment, "From when it gives scores"),
    Key::optional("end", Form::Moment, "Until when it gives scores"),
    Key::required("rules", Form::List(&Form::Keys(RULE)), "The rules; a score is the sum of their points"),
    Key::optional("grades", Form::List(&Form::Keys(BAND)), "The grades; they cover everything"),
    Key::optional("sales_ready", Form::Integer, "The score from which on a lead is sales-ready"),
];

pub(in crate::definitions) const LEVELS: &[Key] = &[
    Key::required("of", Form::Choice(&["account", "contact"]), "Whose levels they are"),
    Key::required("model", Form::Reference(Referred::Model), "The model whose scores they are made from"),
    Key::optional("primary", Form::Boolean, "Whether they are also the record's `level`"),
    Key::required("levels", Form::List(&Form::Keys(BAND)), "The levels; they cover everything"),
];

/// A call by HTTP.
pub(in crate::definitions) const HTTP: &[Key] = &[
    Key::required("url", Form::Text, "The whole address; `${NAME}` stands for what is secret in it"),
    Key::optional("method", Form::Choice(METHODS), "How the call is made; `POST` when not written"),
    Key::optional("headers", Form::Map(&Form::Text), "Further headers, such as `Authorization`"),
    Key::optional("body", Form::Body, "The JSON that is sent; ids and names when not written"),
    Key::optional("timeout", Form::Duration, "How long an answer is waited for; 10 seconds when not written"),
    Key::optional("retries", Form::Count(0), "How often it is tried again; 5 when not written"),
];

pub(in crate::definitions) const METHODS: &[&str] = &["POST", "PUT", "PATCH", "DELETE", "GET"];
pub(in crate::definitions) const HOLD: Key =
    Key::optional("hold", Form::Duration, "Time in which it can still be dropped");
pub(in crate::definitions) const EXPIRES: Key =
    Key::optional("expires", Form::Duration, "After what time it doesn't leave any more");

/// What a script is given.
const NEEDS: &[Key] = &[
    Key::optional("contact", Form::List(&Form::Text), "Fields of the contact"),
    Key::optional("account", Form::List(&Form::Text), "Fields of the account"),
    Key::optional(
        "did",
        Form::Map(&Form::Condition),
        "Interactions that are counted, each under a name, such as `visits: { did: WebsiteVisited, within: 30 days }`",
    ),
    Key::optional(
        "turn",
        Form::Text,
        "The account's field by which turns are counted, such as `account.country`: `item.turn` is how many with its value came before",
    ),
];

pub(in crate::definitions) const WORKFLOW: &[Key] = &[
    Key::optional("http", Form::Keys(HTTP), "The call that it is"),
    Key::optional(
        "script",
        Form::Text,
        "The file with the script that it is, beside this one or in `journeys/`, instead of `http`",
    ),
    Key::optional("needs", Form::Keys(NEEDS), "With `script`: what it is given, as a custom tile is"),
    HOLD,
    EXPIRES,
];

/// The keys of a group of conditions, which may stand together.
pub const GROUP: &[Key] = &[
    Key::optional("all", Form::List(&Form::Condition), "Every one of these holds"),
    Key::optional("any", Form::List(&Form::Condition), "At least one of these holds"),
    Key::optional("none", Form::List(&Form::Condition), "None of these holds"),
];

/// The keys that may stand beside `did` and its like; any attribute of the interaction may, too.
pub const DID: &[Key] = &[
    Key::optional("did", Form::Reference(Referred::Interaction), "What happened"),
    Key::optional("did_not", Form::Reference(Referred::Interaction), "What didn't happen"),
    Key::optional(
        "first_did",
        Form::Reference(Referred::Interaction),
        "What happened for the first time then",
    ),
    Key::optional("last_did", Form::Reference(Referred::Interaction), "What happened for the last time then"),
    Key::optional(
        "where",
        Form::Condition,
        "Which of them count, such as `interaction.amount > 100`; of `last_did`, the last among those that do",
    ),
    Key::optional(
        "it_was",
        Form::Condition,
        "Of `first_did` and `last_did`: what holds of that one interaction",
    ),
    Key::optional("within", Form::Duration, "How long ago at most"),
    Key::optional(
        "since",
        Form::OrWord(&Form::Moment, "entry"),
        "Not before this date or time; in a trigger `entry` counts from the contact's entry into the journey",
    ),
    Key::optional("until", Form::Moment, "Not after this date or time"),
    Key::optional("step", Form::Text, "In triggers: only what this step of the journey caused"),
    Key::optional("sum", Form::Text, "The attribute whose sum is compared; 0 where nothing happened"),
    Key::optional("avg", Form::Text, "The attribute whose average is compared"),
    Key::optional("min", Form::Text, "The attribute whose least value is compared"),
    Key::optional("max", Form::Text, "The attribute whose greatest value is compared"),
    Key::optional("at_least", Form::Text, "How often at least, such as `2 times`; how much, of a `sum`"),
    Key::optional("at_most", Form::Text, "How often, or how much, at most"),
    Key::optional("exactly", Form::Text, "How often, or how much, exactly"),
];

/// The keys of a condition about related records: an account's contacts, leads and activities, or a
/// contact's own leads and activities.
pub const PEOPLE: &[Key] = &[
    Key::optional("any_contact", Form::Condition, "At least one contact of the account satisfies this"),
    Key::optional("all_contacts", Form::Condition, "Every contact of the account satisfies this"),
    Key::optional("no_contact", Form::Condition, "No contact of the account satisfies this"),
    Key::optional("any_lead", Form::Condition, "At least one lead of the account or contact satisfies this"),
    Key::optional("all_leads", Form::Condition, "Every lead of the account or contact satisfies this"),
    Key::optional("no_lead", Form::Condition, "No lead of the account or contact satisfies this"),
    Key::optional("any_activity", Form::Condition, "At least one activity about them satisfies this"),
    Key::optional("all_activities", Form::Condition, "Every activity about them satisfies this"),
    Key::optional("no_activity", Form::Condition, "No activity about them satisfies this"),
    Key::optional("at_least", Form::Text, "How many at least, such as `3 contacts` or `50%`"),
    Key::optional("at_most", Form::Text, "How many at most"),
    Key::optional("exactly", Form::Text, "How many exactly"),
];

/// The key of a condition about membership.
pub const MEMBERSHIP: &[Key] =
    &[Key::optional("segment", Form::Reference(Referred::Segment), "Who is in this segment")];

/// The key of a condition about subscription.
pub const SUBSCRIPTION: &[Key] = &[Key::optional(
    "subscribed",
    Form::Reference(Referred::Topic),
    "Who subscribed to this topic, and didn't unsubscribe since",
)];
