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
    /// `file`.
    pub transport: Located<Transport>,
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
}
