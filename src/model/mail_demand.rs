//! What a mail needs of those who get it.

/// What a mail needs of those who get it (semantics 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailDemand {
    /// Nothing beyond an address that may be written to: it belongs to business at hand.
    Transactional,
    /// Consent to marketing: it is commercial and has no topic.
    Commercial,
    /// An active subscription to a topic.
    OptIn(String),
    /// Consent to subscriptions, and no refusal of a topic.
    OptOut(String),
}

impl MailDemand {
    /// The topic, where it has one.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        match self {
            MailDemand::Transactional | MailDemand::Commercial => None,
            MailDemand::OptIn(topic) | MailDemand::OptOut(topic) => Some(topic),
        }
    }
}
