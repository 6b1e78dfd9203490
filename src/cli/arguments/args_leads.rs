//! What can be typed after `lead`, `account`, `contact` and `score`.

use clap::{Args, Subcommand};

use super::args::id;
use super::list_arguments::ListArguments;

/// What can be asked of leads.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum LeadCommand {
    /// Leads, the newest last
    List {
        /// Only leads that are ready for sales
        #[arg(long)]
        sales_ready: bool,
        /// Only leads of this stage, such as `inquiry` or `sales_accepted`
        #[arg(long, value_name = "STAGE")]
        stage: Option<String>,
        /// Which are wanted
        #[command(flatten)]
        which: ListArguments,
    },
    /// Everything about a lead
    Show {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
    },
    /// Make a lead
    Create(NewLeadArguments),
    /// Say who looks after a lead
    Assign {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
        /// Who
        #[arg(long, value_name = "OWNER")]
        owner: String,
    },
    /// Give a lead other parents
    Link {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
        /// The contact it belongs to; `""` takes it away
        #[arg(long, value_name = "ID", value_parser = id, required_unless_present = "account")]
        contact: Option<String>,
        /// The account it belongs to; `""` takes it away
        #[arg(long, value_name = "ID", value_parser = id)]
        account: Option<String>,
    },
    /// Sales takes a lead over
    Accept {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
    },
    /// Give a lead up
    Disqualify {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Put a lead back to the start: an inquiry that isn't ready for sales
    Recycle {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
    },
}

/// What can be asked of accounts.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum AccountCommand {
    /// Accounts, by id
    List(ListArguments),
}

/// What can be asked of contacts.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ContactCommand {
    /// Contacts, by id
    List(ListArguments),
    /// Record that somebody doesn't want commercial mail any more, for whoever has the address
    Unsubscribe {
        /// The e-mail address
        address: String,
        /// The topic; all commercial mail when not given
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
        /// What was said, or where, such as "by phone"
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let mail go to an address again that bounced, complained, or was suppressed; a no of its owner stays
    Unsuppress {
        /// The e-mail address
        address: String,
    },
    /// Delete all that is known of a contact, for good; what journeys counted stays, without a name
    Erase {
        /// The contact's id or e-mail address
        #[arg(value_parser = id)]
        id: String,
        /// Keep no hash of the id and address, so that imports bring the contact in again
        #[arg(long)]
        forget: bool,
    },
}

/// What can be asked of scoring models.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ScoreCommand {
    /// All models and how many each scores
    List,
    /// A model's rules, how its scores are spread, and its grades
    Show {
        /// The model's name
        model: String,
    },
    /// What a model as it is written now would change, for whom; nothing is written
    Preview {
        /// The model's name
        model: String,
    },
    /// How well a model and each of its rules tell an outcome
    Calibrate {
        /// The model's name
        model: String,
        /// The outcome, a condition as below `when:`, such as '{ did: OrderPlaced, within: 30 days }'
        #[arg(long, value_name = "CONDITION")]
        outcome: String,
    },
}

/// What `lead create` takes.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct NewLeadArguments {
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    pub topic: String,
    /// The contact it belongs to
    #[arg(long, value_name = "ID", value_parser = id)]
    pub contact: Option<String>,
    /// The account it belongs to
    #[arg(long, value_name = "ID", value_parser = id)]
    pub account: Option<String>,
    /// Who looks after it
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// Where it came from
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Its id; one is made when there is none
    #[arg(long, value_name = "ID", value_parser = id)]
    pub id: Option<String>,
}
