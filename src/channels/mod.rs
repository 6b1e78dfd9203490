//! From the outbox to the world.
//!
//! In: messages that are due, the e-mails, workflows and channels that they are made from, the contacts
//! and accounts that they are for. Out: MIME messages and JSON as files, calls by HTTP, and how each
//! message fared. Of steps it knows nothing but by whose window their messages go; it doesn't know why a
//! message was put into the outbox, and reads no clock.

mod calls;
mod deliver;
mod email;
mod error;
mod file;
mod holding;
mod http;
mod key;
mod mailbox;
mod message;
mod messages;
mod nesting;
mod render;

pub use deliver::{Delivery, DeliveryError, Played, RunLimit, deliver, remove_leftovers};
pub use error::ChannelError;
pub use file::write;
pub use message::{Mail, compose};
pub use messages::{Preview, preview, preview_fields};
