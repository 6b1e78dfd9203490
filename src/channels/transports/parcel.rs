//! What a transport hands over, and how that was answered.

use std::path::PathBuf;

use super::{http::Call, smtp::Letter};

/// What leaves for one message.
pub(in crate::channels) enum Parcel {
    /// A file to be written.
    File {
        /// Where.
        folder: PathBuf,
        /// The key of the effect, of which its name is made.
        key: String,
        /// The end of its name.
        extension: &'static str,
        /// What stands in it.
        content: Vec<u8>,
    },
    /// A call by HTTP.
    Http(Call),
    /// A mail to a server. It is handed over at most once: that it begins is noted before.
    Smtp(Letter),
}

impl Parcel {
    /// Where it goes, for what is counted by host: a host with its port, or a folder.
    pub(in crate::channels) fn host(&self) -> String {
        match self {
            Parcel::File { folder, .. } => folder.display().to_string(),
            Parcel::Http(call) => call.place.clone(),
            Parcel::Smtp(_) => "smtp".to_owned(),
        }
    }
}

/// How what was handed over was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::channels) enum Answer {
    /// It was taken.
    Taken,
    /// It never will be: what was handed over is wrong itself.
    Refused(String),
    /// It may be another time.
    Later {
        /// What happened.
        reason: String,
        /// When the server wants to be asked again.
        after: Option<RetryAfter>,
        /// Whether nobody answered, so that others needn't be tried now.
        unreachable: bool,
    },
    /// A mail server won't have it for this recipient, for good.
    Bounced {
        /// What it said.
        reason: String,
        /// Whether it said that there is no such address.
        dead: bool,
    },
    /// Nobody knows whether it was taken.
    Unknown(String),
    /// The folder can't be written, which is no fault of the message.
    Unwritable(String),
    /// It wasn't tried, because nobody answers at its host.
    Postponed,
    /// It wasn't tried, because there was no more time.
    Left,
}

/// When a server wants to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::channels) enum RetryAfter {
    /// After so many milliseconds.
    Wait(i64),
    /// At a moment, UTC milliseconds.
    At(i64),
}
