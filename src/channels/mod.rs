//! From the outbox to the world.
//!
//! In: messages that are due, the e-mails that they are made from, the contacts that they go to. Out:
//! MIME messages as files, and how each message fared. It doesn't know steps, or why a message was put
//! into the outbox, and reads no clock.

mod deliver;
mod error;
mod file;
mod key;
mod mailbox;
mod message;

pub use deliver::{Delivery, DeliveryError, deliver};
pub use error::ChannelError;
pub use file::write;
pub use message::{Mail, compose};
