//! From rendered messages to the world outside.
//!
//! In: rendered subjects and bodies with their addresses, and the key of the effect that they carry
//! out. Out: MIME messages, and files on disk. It doesn't know journeys, templates or the outbox's
//! tables, and reads no clock.

mod error;
mod file;
mod key;
mod mailbox;
mod message;

pub use error::ChannelError;
pub use file::write;
pub use message::{Mail, compose};
