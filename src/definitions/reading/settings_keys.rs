//! The keys of `tilework.yaml`.

use super::{
    keys::{CONSENTS, EXPIRES, HOLD, METHODS},
    kinds::{Form, Key},
};

/// A DKIM key.
pub(in crate::definitions) const DKIM: &[Key] = &[
    Key::required("domain", Form::Text, "The domain for which it signs"),
    Key::required("selector", Form::Text, "The selector under which its public part stands in DNS"),
    Key::required("key", Form::Text, "The private key in PEM, as `${file:PATH}`: RSA, or Ed25519"),
];

/// Who sends.
pub(in crate::definitions) const COMPANY: &[Key] = &[
    Key::optional("name", Form::Text, "The company's name, `{{company.name}}` in mails"),
    Key::optional(
        "address",
        Form::Text,
        "The postal address, which commercial mail has to show: `{{company.address}}`",
    ),
    Key::optional("legal", Form::Text, "Register, seat, directors: `{{company.legal}}`"),
    Key::optional("privacy_url", Form::Text, "The page about privacy: `{{company.privacy_url}}`"),
];

pub(in crate::definitions) const EMAIL_CHANNEL: &[Key] = &[
    Key::required(
        "transport",
        Form::Choice(&["file", "smtp"]),
        "How mail leaves: `file` writes `.eml` files, `smtp` hands it to a mail server",
    ),
    Key::optional("host", Form::Text, "With `smtp`: the mail server"),
    Key::optional("port", Form::Count(1), "Its port; 587 when not written, 465 with `encryption: tls`"),
    Key::optional(
        "encryption",
        Form::Choice(&["starttls", "tls", "none"]),
        "`starttls` (when not written) or `tls` with a checked certificate; `none` for a server of this machine",
    ),
    Key::optional("username", Form::Text, "The name that the server knows"),
    Key::optional("password", Form::Text, "The password, as `${NAME}`"),
    Key::optional("connections", Form::Count(1), "How many connections at most; 4 when not written"),
    Key::optional("rate", Form::Text, "How many mails at most, such as `50 per second` or `600 per minute`"),
    Key::optional(
        "return_path",
        Form::Text,
        "The address to which bounces go; each message gets its own, `bounces+KEY@vendor.example`",
    ),
    Key::optional(
        "dkim",
        Form::List(&Form::Keys(DKIM)),
        "The keys that sign; the one whose domain is the sender's does",
    ),
    Key::optional("directory", Form::Text, "The folder that mails are written to; `mail` when not written"),
    Key::optional("from", Form::Text, "The sender, such as `\"Vendor <news@vendor.example>\"`"),
    Key::optional("hold", Form::Duration, "Time in which a message can still be dropped"),
    Key::optional(
        "only_to",
        Form::List(&Form::Text),
        "Patterns of the only addresses that may be written to",
    ),
];

const HTTP_CHANNEL: &[Key] = &[Key::optional(
    "allow",
    Form::List(&Form::Text),
    "The only hosts that may be called, such as `\"*.vendor.example\"`; private ones only when named in full",
)];

const MESSAGE_CHANNEL: &[Key] = &[
    Key::required("transport", Form::Choice(&["http", "file"]), "How its messages leave"),
    Key::optional("url", Form::Text, "With `http`: the whole address"),
    Key::optional("method", Form::Choice(METHODS), "With `http`: how the call is made"),
    Key::optional("headers", Form::Map(&Form::Text), "With `http`: further headers"),
    Key::optional("timeout", Form::Duration, "With `http`: how long an answer is waited for"),
    Key::optional("retries", Form::Count(0), "With `http`: how often it is tried again"),
    Key::optional(
        "directory",
        Form::Text,
        "With `file`: the folder; one of the channel's name when not written",
    ),
    Key::optional("body", Form::Body, "The JSON; `{\"text\": …}` with the message when not written"),
    HOLD,
    EXPIRES,
];

pub(in crate::definitions) const CHANNELS: &[Key] = &[
    Key::optional("email", Form::Keys(EMAIL_CHANNEL), "How mail leaves"),
    Key::optional("http", Form::Keys(HTTP_CHANNEL), "Which hosts may be called"),
];

pub(in crate::definitions) const CONSENT: &[Key] = &[
    Key::required("unrecorded", Form::Choice(CONSENTS), "What an unrecorded or expired consent counts as"),
    Key::optional(
        "in",
        Form::Map(&Form::Choice(CONSENTS)),
        "The same by country, as the contact's field `country` has it, or where that is empty the account's",
    ),
];

pub(in crate::definitions) const LIMITS: &[Key] = &[Key::optional(
    "messages_per_run",
    Form::Count(1),
    "How many messages a run hands over at most; then it stops and says so",
)];

pub(in crate::definitions) const SERVE: &[Key] = &[
    Key::optional(
        "refresh",
        Form::Text,
        "How often segments are refreshed: a cron line, every five minutes when not written",
    ),
    Key::optional(
        "http",
        Form::Text,
        "Where the web server listens, such as `127.0.0.1:8080`; nowhere when not written",
    ),
    Key::optional(
        "public_url",
        Form::Text,
        "The address under which others reach the web server; links in mails begin with it",
    ),
];

pub(in crate::definitions) const REMOVED: &[Key] = &[
    Key::optional(
        "journeys",
        Form::Map(&Form::Choice(&["exit"])),
        "Journeys that are gone, with what becomes of those in them: they leave",
    ),
    Key::optional(
        "fields",
        Form::Map(&Form::Choice(&["clear"])),
        "Fields that are gone, such as `contact.region`, with what becomes of their values: they are cleared",
    ),
];

/// The keys of `tilework.yaml`.
pub const SETTINGS: &[Key] = &[
    Key::optional("name", Form::Text, "The workspace's name"),
    Key::optional(
        "texts",
        Form::Map(&Form::Text),
        "Texts that mails share: `{{settings.imprint}}` is the one named `imprint`",
    ),
    Key::optional("company", Form::Keys(COMPANY), "Who sends: shown by mails and pages"),
    Key::optional(
        "live",
        Form::Boolean,
        "`true`: mail may go to anybody by `smtp`; else only to the addresses of `only_to`",
    ),
    Key::optional("timezone", Form::TimeZone, "The time zone of all times; UTC when not written"),
    Key::optional("owner", Form::Text, "Who does what has no owner of its own, such as activities"),
    Key::optional(
        "store",
        Form::Text,
        "Where everything is kept: `sqlite:FILE` or `postgres://HOST/DATABASE`; the variable `TILEWORK_STORE` goes first",
    ),
    Key::optional(
        "publish",
        Form::Choice(&["automatic", "manual"]),
        "Whether `run` and `serve` publish what changed",
    ),
    Key::optional(
        "holidays",
        Form::List(&Form::Text),
        "Dates such as `2026-12-25` that aren't business days, as weekends aren't",
    ),
    Key::optional(
        "channels",
        Form::KeysAndNames(CHANNELS, MESSAGE_CHANNEL),
        "How messages leave; a name of one's own is a channel that tiles write messages to",
    ),
    Key::optional(
        "consent",
        Form::Keys(CONSENT),
        "What consent counts for commercial mail where none is recorded",
    ),
    Key::optional("limits", Form::Keys(LIMITS), "What a run does at most"),
    Key::optional("serve", Form::Keys(SERVE), "How `tilework serve` works"),
    Key::optional("removed", Form::Keys(REMOVED), "What becomes of what hung on definitions that are gone"),
    Key::optional(
        "environments",
        Form::Map(&Form::Settings),
        "Settings by name that are laid over these with `--env NAME`",
    ),
];
