//! How far a lead has come.

/// A stage of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Somebody may be interested.
    Inquiry,
    /// Marketing has seen enough: the lead is sales-ready.
    MarketingQualified,
    /// Sales took it over.
    SalesAccepted,
    /// It came to nothing.
    Disqualified,
}

impl Stage {
    /// All stages, in the order in which a lead passes them.
    pub const ALL: [Stage; 4] =
        [Stage::Inquiry, Stage::MarketingQualified, Stage::SalesAccepted, Stage::Disqualified];

    /// The word used in conditions, tables and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Inquiry => "inquiry",
            Stage::MarketingQualified => "marketing_qualified",
            Stage::SalesAccepted => "sales_accepted",
            Stage::Disqualified => "disqualified",
        }
    }

    /// The stage with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }
}
