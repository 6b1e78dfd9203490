//! What `outbox` takes.

use clap::{Args, Subcommand};

use super::list_arguments::ListArguments;

/// What can be asked of the outbox.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum OutboxCommand {
    /// Messages and what became of them, the newest last
    List {
        /// Only messages in this state, such as `delivered` or `failed`
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// Which ones to list
        #[command(flatten)]
        which: ListArguments,
    },
    /// One message, and what would be sent; secrets are masked
    Show {
        /// The message's key
        key: String,
    },
    /// Retry messages that failed, or that wait for another try
    Retry {
        /// Which messages are meant
        #[command(flatten)]
        which: OutboxSelection,
        /// Only messages in this state: `failed`, `unknown` or `waiting`
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
    },
    /// Drop messages that wait or are held
    Drop {
        /// Which messages are meant
        #[command(flatten)]
        which: OutboxSelection,
    },
}

/// Which messages are meant.
#[derive(Debug, Clone, PartialEq, Default, Args)]
pub struct OutboxSelection {
    /// Keys of messages
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
    /// Those of this journey
    #[arg(long, value_name = "NAME")]
    pub journey: Option<String>,
    /// Those of the journey's step with this id
    #[arg(long, value_name = "ID", requires = "journey")]
    pub step: Option<String>,
    /// Those of this channel, such as `email` or `workflow:tell-crm`
    #[arg(long, value_name = "NAME")]
    pub channel: Option<String>,
}
