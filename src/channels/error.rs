//! Why a message can't leave.

use std::path::PathBuf;

/// Why a message can't leave; it concerns this one message only (semantics 19).
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Not an address that mail can go to or come from.
    #[error("`{0}` is not an e-mail address")]
    Address(String),
    /// A header that can't be written, or that the message writes itself.
    #[error("`{0}` can't be added as a header")]
    Header(String),
    /// A time, in UTC milliseconds, beyond those that a `Date` header can show.
    #[error("`{0}` ms lies outside the years 1970 to 9998 that a message's date can show")]
    Date(i64),
    /// HTML of which no text could be made.
    #[error("no text can be made from the HTML: {0}")]
    Html(String),
    /// The parts don't make a message.
    #[error("the message can't be put together: {0}")]
    Message(String),
    /// A file or folder that can't be written.
    #[error("`{path}` can't be written: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
