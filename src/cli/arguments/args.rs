//! What can be typed. The comments here are the help texts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub use super::args_leads::{AccountCommand, ContactCommand, LeadCommand, NewLeadArguments, ScoreCommand};
use super::tile_arguments::TileCommand;
use crate::calendar::{Zone, parse_duration, parse_moment};
pub use crate::cli::Format;
use crate::model::{nfc, record_id};

/// Runs account-based marketing from files: segments, e-mails and journeys that you keep in git.
///
/// Start with `tilework demo`, which makes a sample workspace and runs six weeks in it, or with
/// `tilework init DIR`, which makes a small one to begin with.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(name = "tilework", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Options for every command")]
pub struct GlobalArguments {
    /// The workspace: the folder with `tilework.yaml`
    #[arg(id = "workspace", short = 'C', value_name = "DIR", default_value = ".", global = true)]
    pub workspace: PathBuf,
    /// Use the settings of this environment in `tilework.yaml`, such as `staging`
    #[arg(long = "env", value_name = "NAME", global = true)]
    pub environment: Option<String>,
    /// Act as if it were this time, such as `2026-03-01 08:00` in the workspace's time zone
    #[arg(long, value_name = "TIME", value_parser = moment, global = true)]
    pub now: Option<String>,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Answer every question with yes
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// How results are written: text, json, csv (lists) or github (check)
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, global = true)]
    pub format: Format,
    /// In CSV, write texts that a spreadsheet takes for formulas as they are, without an apostrophe
    #[arg(long, global = true)]
    pub raw: bool,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Show what Tilework does: make a sample workspace, run six weeks in it, print what happened
    Demo {
        /// The folder for the sample workspace; it must be empty or not exist yet
        #[arg(value_name = "DIR", default_value = "demo")]
        directory: PathBuf,
    },
    /// Make a workspace with one small journey
    Init {
        /// The folder for the workspace; it must be empty or not exist yet
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Check the definitions: report all mistakes, each with its place and a hint
    Check {
        /// Fail on warnings too, with exit code 1
        #[arg(long)]
        strict: bool,
    },
    /// Explain a code of `check`, with an example and how to fix it
    Explain {
        /// The code, such as `unknown-segment`
        code: String,
    },
    /// Import accounts, contacts, leads, interactions, subscriptions or suppressions from a CSV or NDJSON file
    ///
    /// Rows are matched by `id`: new ones are added, known ones updated. A column that isn't in the file
    /// and an empty cell leave the value as it is; with `--empty clear` an empty cell clears it. In NDJSON
    /// `null` clears, and an empty text is an empty cell. Opt-outs and consent (`do_not_email`,
    /// `do_not_bulk_email`, `do_not_track`, `is_child`, `consent`) are never cleared: write another value.
    /// Rows that can't be used go to FILE.rejected.csv with the reason, all others are kept, and the exit
    /// code is 5. Contacts come before their interactions and subscriptions; accounts may come before or after
    /// their contacts. A file takes back a contact's no (`consent`, `do_not_email` and the like) only with a
    /// later `consent_since`.
    Import(ImportArguments),
    /// Do everything that is due now, then exit: refresh segments, move journeys on, send mail
    Run(RunArguments),
    /// Keep running: refresh segments on schedule and do everything when it is due
    Serve,
    /// Update the tables of the store to this version (on SQLite, `run` and `import` do it by themselves)
    Migrate,
    /// Take a store that was run by a wrong clock back to the present; nothing is sent again
    ///
    /// What was done stays done. What happened in the future is dated now, each wait keeps the time
    /// that it has left, and the next run computes segments and scores anew.
    SetBack,
    /// Pause a journey: nobody enters or moves, and its messages wait
    Pause(PauseArguments),
    /// Resume a paused journey
    Resume(PauseArguments),
    /// Show the health of the store: what is late, what failed, what is paused
    ///
    /// The exit code is 1 when somebody should look: a step or message is late, the last run failed, a
    /// worker is stuck, or something failed for good in the last 24 hours.
    Status {
        /// How long something may be overdue before it raises an alarm
        #[arg(long, value_name = "DURATION", value_parser = length, default_value = "1 hour")]
        late: String,
    },
    /// Show segments and their members
    #[command(subcommand)]
    Segment(SegmentCommand),
    /// Show journeys and how people move through them
    #[command(subcommand)]
    Journey(JourneyCommand),
    /// Show tiles, and make and test your own
    #[command(subcommand)]
    Tile(TileCommand),
    /// Show leads, make them, hand them over
    #[command(subcommand)]
    Lead(LeadCommand),
    /// Show accounts, with their scores and levels
    #[command(subcommand)]
    Account(AccountCommand),
    /// Show contacts, with their scores and levels, and erase them
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Show scoring models: the points they give, and how well they predict an outcome
    #[command(subcommand)]
    Score(ScoreCommand),
    /// Show tasks, calls and appointments for salespeople
    #[command(subcommand)]
    Activity(ActivityCommand),
    /// Show messages on their way out
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Show e-mails as contacts would get them
    #[command(subcommand)]
    Email(EmailCommand),
    /// Take in what mail servers and providers report
    #[command(subcommand)]
    Bounces(BouncesCommand),
    /// Try mail out
    #[command(subcommand)]
    Mail(MailCommand),
    /// Explain what happened to a contact, account or lead, why, and what comes next
    #[command(subcommand)]
    Why(WhyCommand),
    /// Print a JSON Schema by which editors complete and check definitions
    ///
    /// It has the names of the workspace in it: fields, interaction types, segments, e-mails, tiles.
    Schema(SchemaArguments),
    /// Print a script by which a shell completes commands and options
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write those of all commands into a folder
    Man {
        /// The folder, such as `/usr/local/share/man/man1`
        folder: Option<PathBuf>,
    },
    /// Print the reference page in Markdown
    #[command(hide = true)]
    Reference,
}

/// What `schema` takes.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct SchemaArguments {
    /// The kind of definition, such as `journey`, or `settings` for `tilework.yaml`; all kinds when not given
    pub kind: Option<String>,
    /// Write the schemas to `.tilework/` in the workspace, where editors find them
    #[arg(long, conflicts_with = "kind")]
    pub write: bool,
}

/// What `import` takes.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ImportArguments {
    /// What the rows are
    #[arg(value_enum)]
    pub kind: ImportKindArgument,
    /// The file (.csv, .ndjson, .jsonl); `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A column of the file and the field it is, such as `"Job title=job_title"`; `THEIRS=-` leaves it out. Of
    /// several columns with one name `NAME#2` is the second
    #[arg(long = "map", value_name = "THEIRS=OURS", value_parser = mapping)]
    pub map: Vec<(String, String)>,
    /// What an empty cell means for a record that is known: `leave` keeps the value, `clear` clears it
    #[arg(long, value_name = "MEANING", value_enum, default_value = "leave")]
    pub empty: EmptyArgument,
    /// Replace interactions whose id is known with other content, and compute again what counted them; else their
    /// rows are rejected
    #[arg(long)]
    pub replace: bool,
    /// Which sign stands before the decimals of numbers; the other one stands between thousands. Without it numbers
    /// such as `250.000`, which may mean either, are rejected
    #[arg(long, value_name = "SIGN", value_enum)]
    pub decimal: Option<DecimalArgument>,
}

/// Which sign stands before decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecimalArgument {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EmptyArgument {
    /// The value is left as it is
    Leave,
    /// The value is cleared, unless it is an opt-out or a consent
    Clear,
}

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKindArgument {
    /// Companies
    Accounts,
    /// People
    Contacts,
    /// Sales opportunities
    Leads,
    /// What contacts did, such as orders and clicks
    Interactions,
    /// Subscriptions to topics, and their ends: contact_id or email, topic, status, at
    Subscriptions,
    /// Addresses that get no mail, known to a contact or not: address, reason, since
    Suppressions,
}

/// What `run` takes.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct RunArguments {
    /// Simulate the passage of time up to this moment, from event to event
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<String>,
    /// Simulate on a copy, where the store has runs at the machine's own time; the store itself stays as it is
    #[arg(long)]
    pub play: bool,
    /// Run although the last run is long ago, the clock of the database's server shows another time, or `--now` is far
    /// in the future
    #[arg(long)]
    pub clock_is_right: bool,
    /// How many contacts are handled at a time; changes nothing but memory and speed
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_size: Option<u32>,
}

/// What `pause` and `resume` take.
#[derive(Debug, Clone, PartialEq, Args)]
#[group(required = true, multiple = false)]
pub struct PauseArguments {
    /// The journey's name
    pub journey: Option<String>,
    /// All journeys, those that are published later included
    #[arg(long)]
    pub all: bool,
}

/// What can be asked of journeys.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum JourneyCommand {
    /// All journeys and how many people are in each
    List,
    /// How many came to each step of a journey, wait there, went on or stopped
    Show {
        /// The journey's name
        name: String,
        /// Count the people of this account alone
        #[arg(long, value_name = "ID", value_parser = id)]
        account: Option<String>,
        /// Count one iteration alone, such as 2
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        iteration: Option<i64>,
    },
    /// Retry those who failed at a step, once the cause is fixed
    Retry {
        /// The journey's name
        name: String,
        /// The step at which they failed
        #[arg(long, value_name = "ID")]
        step: String,
    },
}

pub use super::email_arguments::{BouncesCommand, EmailCommand, MailCommand};
pub use super::list_arguments::ListArguments;
pub use super::outbox_arguments::{OutboxCommand, OutboxSelection};
pub use super::segment_arguments::{PickArguments, SegmentCommand};

/// What can be asked of activities.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ActivityCommand {
    /// Activities, the newest last
    List(ListArguments),
}

/// Whose story can be told.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum WhyCommand {
    /// The story of a contact
    Contact {
        /// The contact's id or e-mail address
        #[arg(value_parser = id)]
        id: String,
    },
    /// Where a lead came from, and every point of its scores
    Lead {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
    },
    /// Why a record belongs to a segment, or doesn't: each clause with the value that decided it
    Segment {
        /// The segment's name
        name: String,
        /// The id of the contact, account or lead; of a contact, the e-mail address will do
        #[arg(value_parser = id)]
        id: String,
    },
    /// The story of an account and its contacts
    Account {
        /// The account's id or name
        #[arg(value_parser = id)]
        id: String,
    },
}

impl Command {
    /// The formats that the command's results come in.
    #[must_use]
    pub fn formats(&self) -> &'static [Format] {
        match self {
            Command::Check { .. } => &[Format::Text, Format::Json, Format::Github],
            Command::Lead(command) if !matches!(command, LeadCommand::List { .. }) => {
                &[Format::Text, Format::Json]
            }
            Command::Contact(
                ContactCommand::Erase { .. }
                | ContactCommand::Unsubscribe { .. }
                | ContactCommand::Unsuppress { .. },
            ) => &[Format::Text, Format::Json],
            Command::Segment(_)
            | Command::Journey(_)
            | Command::Lead(_)
            | Command::Account(_)
            | Command::Contact(_)
            | Command::Score(ScoreCommand::List)
            | Command::Activity(_)
            | Command::Bounces(_)
            | Command::Email(EmailCommand::Check { .. })
            | Command::Outbox(_) => &[Format::Text, Format::Json, Format::Csv],
            Command::Email(EmailCommand::Show { .. }) => &[Format::Text, Format::Json],
            Command::Mail(_) => &[Format::Text],
            Command::Tile(TileCommand::List) => &[Format::Text, Format::Json, Format::Csv],
            Command::Tile(TileCommand::New { .. }) => &[Format::Text],
            Command::Tile(_) => &[Format::Text, Format::Json],
            Command::Explain { .. }
            | Command::Completions { .. }
            | Command::Man { .. }
            | Command::Reference => &[Format::Text],
            Command::Demo { .. }
            | Command::Init { .. }
            | Command::Schema(_)
            | Command::Import(_)
            | Command::Run(_)
            | Command::Score(_)
            | Command::Serve
            | Command::Migrate
            | Command::SetBack
            | Command::Pause(_)
            | Command::Resume(_)
            | Command::Status { .. }
            | Command::Why(_) => &[Format::Text, Format::Json],
        }
    }
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Wrong usage; help and version, too, which are to be printed instead of anything else.
pub fn parse<I, T>(line: I) -> Result<Arguments, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let arguments = Arguments::try_parse_from(line)?;
    let formats = arguments.command.formats();
    if formats.contains(&arguments.global.format) {
        return Ok(arguments);
    }
    let possible: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    Err(Arguments::command().error(
        ErrorKind::InvalidValue,
        format!(
            "this command has no format `{}`; it has {}",
            arguments.global.format.name(),
            possible.join(", ")
        ),
    ))
}

/// Checks that a text is a moment. It is kept as text, because the time zone that it is in stands in
/// the workspace.
pub(in crate::cli) fn moment(text: &str) -> Result<String, String> {
    parse_moment(text, &Zone::utc())
        .map(|_| text.to_owned())
        .map_err(|error| format!("{error}; write it as in `2026-03-01 08:00` or `2026-03-01T08:00:00Z`"))
}

/// Checks that a text is a length of time.
fn length(text: &str) -> Result<String, String> {
    parse_duration(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("{error}; write it as in `1 hour` or `30 minutes`"))
}

/// Reads an id, or what may stand for one, such as an address.
pub(in crate::cli) fn id(text: &str) -> Result<String, String> {
    Ok(record_id(&nfc(text)).into_owned())
}

/// Reads `THEIRS=OURS`. A column's name may have an equals sign, a field's can't.
fn mapping(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((theirs, ours)) if !theirs.trim().is_empty() && !ours.trim().is_empty() => {
            Ok((theirs.trim().to_owned(), ours.trim().to_owned()))
        }
        _ => Err("a column of the file and a field were expected, as in `Job title=job_title`".to_owned()),
    }
}

#[cfg(test)]
mod tests;
