//! What `kind: journey` says, before any name is looked up.

use crate::definitions::{Header, Key, Located, Node, Purpose, Reader, ReentryRule};
use crate::diagnostics::{Problems, Span, Text};
use crate::model::{Consent, Entity};

/// `kind: journey`.
#[derive(Debug, Clone)]
pub struct JourneyDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Whether accounts are one unit.
    pub target: Located<Entity>,
    /// Whether the target couldn't be read, which has been reported, so that this one is a guess.
    pub target_unreadable: bool,
    /// IANA time zone of its own.
    pub timezone: Option<Text>,
    /// When it starts: `2023-03-01 08:00` or RFC 3339.
    pub start: Text,
    /// When it ends.
    pub end: Option<Text>,
    /// What happens to those in it at its end.
    pub at_end: AtEnd,
    /// How it repeats.
    pub repeat: Option<crate::definitions::RepeatDefinition>,
    /// When a contact may enter again that is through with an iteration.
    pub reentry: Option<Located<ReentryRule>>,
    /// Who enters.
    pub audience: AudienceDefinition,
    /// Segments whose members are stopped.
    pub suppress: Vec<Text>,
    /// The lowest consent with which one enters and stays.
    pub consent: Option<Consent>,
    /// What it is about; one of business at hand isn't concerned by leaving all commercial mail.
    pub purpose: Purpose,
    /// The steps, from the top.
    pub steps: Vec<StepDefinition>,
    /// Named lists of steps that paths may lead to.
    pub sections: Vec<(Text, Vec<StepDefinition>)>,
    /// What becomes of those who stand on a removed step: `exit` or another step's id.
    pub removed: Vec<(Text, Text)>,
}

/// What happens to those in a journey at its end (semantics 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtEnd {
    /// They stop where they stand.
    #[default]
    Stop,
    /// They go on to the end of their way.
    Finish,
}

/// Who enters a journey.
#[derive(Debug, Clone)]
pub struct AudienceDefinition {
    /// Segments of contacts or accounts.
    pub include: Vec<Text>,
    /// Whether one of the segments is enough.
    pub matching: Matching,
    /// Segments whose members don't enter.
    pub exclude: Vec<Text>,
    /// Where.
    pub span: Span,
}

/// Whether one of the segments is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// One is enough.
    #[default]
    Any,
    /// All are needed.
    All,
}

/// A tile placed in a journey.
#[derive(Debug, Clone)]
pub struct StepDefinition {
    /// Its id, unique in the journey.
    pub id: Text,
    /// Its id in the former publication.
    pub was: Option<Text>,
    /// The tile's name.
    pub tile: Text,
    /// The tile's parameters, in the order of the file.
    pub with: Vec<(Text, Node)>,
    /// Whether the parameters couldn't be read, so that nobody can say which are missing.
    pub with_unreadable: bool,
    /// Where each path leads.
    pub paths: Vec<(Text, PathDefinition)>,
    /// Where the step starts.
    pub span: Span,
}

/// Where a path leads.
#[derive(Debug, Clone)]
pub enum PathDefinition {
    /// To steps written in place; an empty list goes on at once.
    Steps(Vec<StepDefinition>),
    /// To a section, by its name.
    Section(Text),
}

impl StepDefinition {
    /// Starts to read the parameters of the step's tile. Those that are `described` are the ones from which schema and
    /// reference are made, so that the reader can be held to them.
    #[must_use]
    pub fn parameters<'a>(
        &'a self,
        described: &'static [&'static [Key]],
        problems: &'a mut Problems,
    ) -> Reader<'a> {
        Reader::of_tile(&self.tile, &self.with, self.with_unreadable, problems).described(described)
    }
}
