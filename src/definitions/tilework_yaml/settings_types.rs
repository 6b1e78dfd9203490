//! What `tilework.yaml` says, before any name is looked up.

use crate::definitions::{ChannelDefinition, Located};
use crate::diagnostics::{Span, Text};
use crate::model::ConsentSetting;

/// `tilework.yaml` with the environment laid over it and variables filled in.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whether there are any: the file could be read, and holds a mapping.
    pub is_read: bool,
    /// The workspace's name.
    pub name: Option<Text>,
    /// Texts that mails share, by name.
    pub texts: Vec<(Text, Text)>,
    /// Who sends: texts by name.
    pub company: Vec<(&'static str, Text)>,
    /// Whether mail may go to anybody.
    pub live: bool,
    /// Where the web server listens.
    pub http: Option<Text>,
    /// The address under which others reach it, without a slash at its end.
    pub public_url: Option<Text>,
    /// IANA time zone; UTC when it isn't written.
    pub timezone: Option<Text>,
    /// Who does what nobody else looks after.
    pub owner: Option<Text>,
    /// `sqlite:PATH` or `postgres://…`.
    pub store: Option<Text>,
    /// Whether `run` and `serve` publish by themselves.
    pub publish: Publish,
    /// The e-mail channel.
    pub email: Option<EmailChannelDefinition>,
    /// What an unrecorded consent counts as; nothing when that isn't written.
    pub consent: Option<ConsentSetting>,
    /// The only hosts that may be called; `channels: http: allow:`.
    pub allow: Vec<Text>,
    /// Channels for messages, in the order of the file.
    pub channels: Vec<ChannelDefinition>,
    /// How many messages a run hands over at most.
    pub messages_per_run: Option<u64>,
    /// The days, beside weekends, that aren't business days.
    pub holidays: Vec<Text>,
    /// How often `serve` refreshes segments: a cron line.
    pub refresh: Option<Text>,
    /// What becomes of what hung on definitions that are gone.
    pub removed: crate::definitions::Removals,
}

/// Who publishes changed definitions (semantics 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publish {
    /// `run` and `serve`.
    #[default]
    Automatic,
    /// `apply`.
    Manual,
}

/// `channels: email:`.
#[derive(Debug, Clone)]
pub struct EmailChannelDefinition {
    /// Where the channel stands.
    pub span: Span,
    /// How mail leaves.
    pub transport: Located<Transport>,
    /// The mail server; only with `transport: smtp`.
    pub smtp: Option<SmtpDefinition>,
    /// Where the file transport writes; `mail` when it isn't written.
    pub directory: Option<Text>,
    /// The sender.
    pub from: Option<Text>,
    /// Time in which a message can still be dropped.
    pub hold: Option<Text>,
    /// Patterns of the only addresses that may be written to.
    pub only_to: Vec<Text>,
    /// What the folder says of it in which published definitions run: an address has to match either list.
    pub also_only_to: Vec<Text>,
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One `.eml` file a message.
    File,
    /// A mail server.
    Smtp,
}

/// The mail server of `transport: smtp`.
#[derive(Debug, Clone)]
pub struct SmtpDefinition {
    /// Its name or address.
    pub host: Text,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: MailEncryption,
    /// What to log in with.
    pub username: Option<Text>,
    /// The password for it.
    pub password: Option<Text>,
    /// How many connections at most.
    pub connections: usize,
    /// How many mails at most, in how many milliseconds.
    pub rate: Option<(u64, i64)>,
    /// Where bounces go.
    pub return_path: Option<Text>,
    /// The keys that sign.
    pub dkim: Vec<DkimDefinition>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// After the greeting, by STARTTLS.
    StartTls,
    /// From the beginning.
    Tls,
    /// Not at all.
    None,
}

/// A DKIM key.
#[derive(Debug, Clone)]
pub struct DkimDefinition {
    /// The domain for which it signs.
    pub domain: Text,
    /// The selector.
    pub selector: Text,
    /// The private key, PEM.
    pub key: Text,
}
