//! What leaves for workflows and for messages of tiles: JSON, in a call or a file.
//!
//! In: a message and what its workflow or channel is defined as. Out: the JSON, and where it goes. It hands over
//! nothing.

pub(super) mod body;
pub(super) mod preview;
pub(super) mod target;
