//! A compiled tile: when it first looks at somebody, what it needs to know, and how it works.

use super::{Batch, Outcomes, TileError, Unit, WaitWindow};
use crate::model::{Asked, Did, Duration, Field, Operand, Part, Predicate};
use std::collections::BTreeSet;

/// A compiled tile.
pub struct Tile {
    /// When it first looks at somebody who arrives.
    pub look: Look,
    /// The paths that may be written for this step.
    pub paths: Vec<String>,
    /// How it works.
    pub work: Work,
    /// What wakes those who wait.
    pub wakes: Wakes,
}

impl Tile {
    /// How it decides, unless it does the same for everyone.
    #[must_use]
    pub fn deciding(&self) -> Option<&Deciding> {
        match &self.work {
            Work::Each(deciding) => Some(deciding),
            Work::Uniform(_) => None,
        }
    }

    /// The question that it asks about those who stand at it.
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        self.deciding().and_then(|deciding| deciding.needs.question.as_ref())
    }

    /// The conditions that it asks for, that of its question among them.
    pub fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        self.deciding().into_iter().flat_map(|deciding| deciding.needs.predicates())
    }

    /// The window in which messages leave that are made behind it, up to the next wait or trigger.
    #[must_use]
    pub fn window(&self) -> Option<&WaitWindow> {
        self.deciding().and_then(|deciding| deciding.window.as_ref())
    }

    /// Whether it may take long for each contact or account, as scripts may.
    #[must_use]
    pub fn is_scripted(&self) -> bool {
        self.deciding().is_some_and(|deciding| deciding.scripted)
    }

    /// The versions of the functions that its conditions call, each once.
    #[must_use]
    pub fn versions(&self) -> BTreeSet<String> {
        self.deciding().map(|deciding| deciding.needs.versions()).unwrap_or_default()
    }
}

/// When a tile first looks at somebody who arrives: so long after the arrival, and not before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Milliseconds after the arrival.
    pub after: i64,
    /// UTC milliseconds.
    pub at: i64,
}

impl Look {
    /// On arrival.
    pub const ON_ARRIVAL: Look = Look { after: 0, at: i64::MIN };

    /// When somebody who arrives at a moment is looked at first.
    #[must_use]
    pub fn first(self, arrived_at: i64) -> i64 {
        arrived_at.saturating_add(self.after).max(self.at)
    }
}

/// How a tile works.
pub enum Work {
    /// The same for everyone: carried out by the store for a whole batch at once.
    Uniform(Uniform),
    /// Decided in memory, for each contact or for each account.
    Each(Box<Deciding>),
}

/// Gives each participant of a batch exactly one outcome. It fails when the tile itself is broken; what concerns one
/// contact or account is an outcome.
pub type Run = dyn Fn(&Batch, &mut Outcomes) -> Result<(), TileError> + Send + Sync;

/// A tile that decides for a batch in memory: what it has to know, and one function.
pub struct Deciding {
    /// Whether it decides for each contact, or for each account.
    pub unit: Unit,
    /// What it has to know.
    pub needs: Needs,
    /// Whether it may take long for each contact or account, as scripts may.
    pub scripted: bool,
    /// The window in which messages leave that are made behind it, up to the next wait or trigger.
    pub window: Option<WaitWindow>,
    /// Decides for a batch.
    pub run: Box<Run>,
}

impl Deciding {
    /// A tile that decides by a function. Conditions that call functions take long, as scripts may.
    pub fn new(
        unit: Unit,
        needs: Needs,
        run: impl Fn(&Batch, &mut Outcomes) -> Result<(), TileError> + Send + Sync + 'static,
    ) -> Deciding {
        let scripted = !needs.versions().is_empty();
        Deciding { unit, needs, scripted, window: None, run: Box::new(run) }
    }
}

impl From<Deciding> for Work {
    fn from(deciding: Deciding) -> Work {
        Work::Each(Box::new(deciding))
    }
}

/// What a tile does that does the same for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uniform {
    /// Whether they go on from their due time; from their arrival otherwise.
    pub released_when_due: bool,
    /// A mail to each.
    pub mail: Option<Mail>,
    /// They leave the journey; the result is kept as the path.
    pub ends: Option<Option<String>>,
}

/// A mail to each participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The e-mail's name.
    pub email: String,
    /// How long after the step's moment it isn't sent any more.
    pub expires_after: Option<i64>,
    /// Whether it is sent even then.
    pub send_late: bool,
}

/// What wakes those who wait at a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wakes {
    /// Interactions of these types.
    pub interactions: BTreeSet<String>,
    /// Changed contacts and accounts, their scores and levels, and members of static segments.
    pub records: bool,
    /// Changed leads, and their scores.
    pub leads: bool,
    /// Activities that are made.
    pub activities: bool,
    /// Whatever changes who belongs to these segments.
    pub segments: BTreeSet<String>,
    /// That mails leave: what a mail caused counts from then.
    pub mails: bool,
    /// Whether all who wait for the account are woken, or the contact alone.
    pub whole_account: bool,
    /// Whether what the account's present contacts are and do wakes those who wait.
    pub colleagues: bool,
}

/// What a tile has to know about a batch.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Fields of the contact, in the order in which the tile gets their values.
    pub contact: Vec<Field>,
    /// Fields of the account, likewise.
    pub account: Vec<Field>,
    /// A condition to be answered.
    pub question: Option<Question>,
    /// Interactions of the contact to be counted; the test of each counts nothing.
    pub counts: Vec<Did>,
    /// Whether the tile keeps something between its calls.
    pub keeps: bool,
    /// Whether a tile that decides for accounts looks at all who entered with the account.
    pub colleagues: bool,
    /// Conditions to be answered as of the arrival, each for every contact or account of the batch.
    pub conditions: Vec<NeededCondition>,
    /// Whether an account's decision is kept: it is taken once for each visit, and who arrives later
    /// follows it (semantics 10). A tile with a question of accounts always keeps it.
    pub decision: bool,
    /// Turns, and places that are given to those who arrive first.
    pub allotment: Option<Allotment>,
}

impl Needs {
    /// The conditions that are asked for, that of the question among them.
    pub fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        let question = self.question.iter().map(|question| &question.predicate);
        question.chain(self.conditions.iter().map(|condition| &condition.predicate))
    }

    /// The versions of the functions that the conditions call, each once.
    fn versions(&self) -> BTreeSet<String> {
        let mut versions = BTreeSet::new();
        for predicate in self.predicates() {
            Part::Predicate(predicate).each(&mut |part| {
                if let Part::Operand(Operand::Call(call)) = part {
                    versions.insert(call.version.clone());
                }
            });
        }
        versions
    }
}

/// A condition that a tile wants answered. Interactions count up to the moment of arrival, so that the
/// rhythm of ticks changes nothing (semantics 14); fields and segments are as they are now.
#[derive(Debug, Clone, PartialEq)]
pub struct NeededCondition {
    /// What must hold.
    pub predicate: Predicate,
    /// Whether it is about each contact, or about each account.
    pub of: Unit,
}

/// Turns in the order of arrival, then of ids (semantics 13), and so many places for each path. Who comes when
/// these are all taken gets none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allotment {
    /// Whether a contact has a turn and takes a place, or an account.
    pub of: Unit,
    /// The account's field among whose equal values turns are counted; among all when there is none.
    pub among: Option<String>,
    /// Paths, with how many places each has, in the order in which they are filled.
    pub counts: Vec<(String, i64)>,
}

/// A condition to be answered for each participant or account, within a window that opens with the
/// arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What must hold for a contact.
    pub predicate: Predicate,
    /// Who is asked.
    pub asked: Asked,
    /// How long the window is; up to the end of the journey when nothing is written.
    pub timeout: Option<Duration>,
    /// Whether the tile must know how many are asked.
    pub counted: bool,
}
