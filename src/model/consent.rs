//! How far a contact agreed to be written to.

/// A level of consent; each includes those before it. The order is that of Dynamics
/// (reference, section 7): none, consent, transactional, subscriptions, marketing, profiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    /// Nothing was recorded, or nothing agreed to.
    None,
    /// May be asked for consent.
    Consent,
    /// May get messages about business at hand.
    Transactional,
    /// May get the lists subscribed to.
    Subscriptions,
    /// May get marketing messages.
    Marketing,
    /// May be profiled.
    Profiling,
}

impl Consent {
    /// All levels, lowest first.
    pub const ALL: [Consent; 6] = [
        Consent::None,
        Consent::Consent,
        Consent::Transactional,
        Consent::Subscriptions,
        Consent::Marketing,
        Consent::Profiling,
    ];

    /// The word used in YAML, cells and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Consent::None => "none",
            Consent::Consent => "consent",
            Consent::Transactional => "transactional",
            Consent::Subscriptions => "subscriptions",
            Consent::Marketing => "marketing",
            Consent::Profiling => "profiling",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Consent> {
        Consent::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The names of this level and of all above it: what a contact may have recorded to pass.
    #[must_use]
    pub fn at_least(self) -> Vec<&'static str> {
        Consent::ALL.into_iter().filter(|level| *level >= self).map(Consent::name).collect()
    }
}
