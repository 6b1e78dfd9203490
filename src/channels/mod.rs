//! From the outbox to the world.
//!
//! In: messages that are due, the e-mails, workflows and channels that they are made from, the contacts
//! and accounts that they are for. Out: MIME messages and JSON as files, calls by HTTP, and how each
//! message fared. Of steps it knows nothing but by whose window their messages go; it doesn't know why a
//! message was put into the outbox, and reads no clock.
//!
//! `transports` hand over one thing to one place, `mail` and `bodies` make what leaves of a message, and `outbox` has
//! the one loop that takes messages, checks them, hands them over and notes how they fared.

mod bodies;
mod error;
mod key;
mod mail;
mod outbox;
mod transports;
mod values;

pub use bodies::preview::{Preview, preview, preview_fields};
pub use error::ChannelError;
pub use mail::{
    message::{Mail, compose},
    preview::{mail_can_leave, mail_fields, preview_mail, send_test},
};
pub use outbox::{
    deliver::deliver,
    delivery::{Delivery, DeliveryError, Played, RunLimit, remove_leftovers},
};
pub use transports::{edge::Edge, file::write};
pub use values::named;
