//! When messages may leave.

/// When a message may leave, from the moment of the step that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageTiming {
    /// How long it can still be dropped, in milliseconds.
    pub hold: i64,
    /// After how long it isn't sent any more, in milliseconds.
    pub expires_after: Option<i64>,
}
