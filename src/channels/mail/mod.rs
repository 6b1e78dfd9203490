//! Mails: from an e-mail's definition and a contact to the bytes of a message.
//!
//! In: the plan's e-mail, the values of a contact and account. Out: a MIME message. It knows neither the store nor how
//! mail leaves.

pub(super) mod email;
pub(super) mod letter;
pub(super) mod links;
mod mailbox;
pub(super) mod message;
mod nesting;
pub(super) mod preview;
