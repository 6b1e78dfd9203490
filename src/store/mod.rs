//! The database: SQLite by default, Postgres where many work at once.
//!
//! In: predicates, rows and keys as plain data. Out: rows. It is the only folder with SQL: one text a
//! statement for both databases, with a thin dialect where words differ. It doesn't know YAML,
//! journeys' definitions, tiles or the time of day.

mod batches;
mod database;
mod error;
mod journeys;
mod outbox;
mod publishing;
mod queue;
mod records;
mod reports;
mod scoring;
mod segments;
mod since;
mod sql;
mod tables;

pub use batches::allotments::{AllotmentRow, Places};
pub use batches::batch::{Message, NextStep, Passage, Standing};
pub use batches::claims::{AccountRange, Claim};
pub use batches::counts::{ColleagueRow, CountRow, CountedContact};
pub use batches::facts::{FactSubject, Facts};
pub use batches::outcomes::{BatchOutcome, DecisionRow, EffectRow, OutcomeRow};
pub use batches::tile_state::TileStateRow;
pub use batches::trigger::{Answer, AskedCount, MailLeft, Question, Subject};
pub use database::dialect::Dialect;
pub use error::{StoreError, TypeChange};
pub use journeys::enrolment::{AudienceCounts, Enrolment, Reentry};
pub use journeys::iterations::IterationRow;
pub use journeys::kept_out::KeptOutRow;
pub use journeys::pausing::Pauses;
pub use outbox::holds::EarlierMail;
pub use outbox::lists::{ActivityRow, MessageRow};
pub use outbox::mail_values::{MailReaders, MailValues};
pub use outbox::messages::{DueMessage, OutboxState, Settled, effect_key};
pub use outbox::operator::MessageSelection;
pub use publishing::publications::{JourneyRow, Publication, PublishedStep, Removed, StepWakes};
pub use publishing::snapshots::{SnapshotRow, snapshot_hash};
pub use queue::awaited::AwaitedMails;
pub use queue::focus::{Passed, Reach};
pub use queue::incoming::Incoming;
pub use records::interactions::{NewInteraction, Recorded};
pub use records::leads::LeadRow;
pub use records::party_lists::PartyRow;
pub use records::preferences::Preference;
pub use records::record_context::{InteractionRecord, RecordContext};
pub use records::removals::UndeclaredField;
pub use records::written::{Record, Written};
pub use reports::account::{AccountDecision, AccountParticipant, AccountVisit};
pub use reports::choices::MailChoices;
pub use reports::contact::{InteractionRow, MadeRow, MembershipRow, Participation, VisitRow};
pub use reports::dangling::DanglingLinks;
pub use reports::erasure::Erased;
pub use reports::journey::{JourneyNumbers, MessageNumbers, StepNumbers, Totals};
pub use reports::known_values::KnownValues;
pub use reports::mail::{MailStanding, OthersRefusal};
pub use reports::runs::{RunKind, RunRow};
pub use reports::status::{Claims, Failures, Overdue, SegmentsState, Sizes};
pub use scoring::affected::{Changes, Turned};
pub use scoring::compute::{ModelState, Scored};
pub use scoring::reads::{CountedInteraction, LevelChange, OutcomeCount, RulePoints, ScorePreview, ScoreRow};
pub use segments::evaluation::{Difference, Evaluation};
pub use segments::failing::FailingPart;
pub use segments::members::{EvaluationRow, Member, SegmentState};
pub use segments::preview::{NamedRecord, Preview};
pub use sql::listing::ListFilter;
pub use tables::fields::Fields;
pub use tables::membership::{Membership, WrittenSegments};
pub use tables::open::{Store, StoreAddress};

use database::connection::Connection;
use database::value::{Cell, JsonRows, Row};
