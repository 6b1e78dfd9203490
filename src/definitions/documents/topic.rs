//! `kind: topic`.

use crate::definitions::{Header, Reader, reading::header};

/// `kind: topic`.
#[derive(Debug, Clone)]
pub struct TopicDefinition {
    /// Name and the rest.
    pub header: Header,
    /// How one subscribes to it.
    pub subscription: Subscription,
}

/// How contacts come to get the mails of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subscription {
    /// They subscribe.
    #[default]
    OptIn,
    /// They get it with consent `subscriptions` or higher, unless they unsubscribe.
    OptOut,
}

/// Reads `kind: topic`.
pub(in crate::definitions) fn read(mut reader: Reader<'_>) -> Option<TopicDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let subscriptions = [("opt_in", Subscription::OptIn), ("opt_out", Subscription::OptOut)];
    let subscription = reader.choice("subscription", &subscriptions);
    reader.not_available(&["confirm", "limit"]);
    reader.finish();
    let subscription = subscription.map(|subscription| subscription.value).unwrap_or_default();
    Some(TopicDefinition { header: header?, subscription })
}
