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
        /// Which ones to list
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
    /// Set the owner of a lead
    Assign {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
        /// Who
        #[arg(long, value_name = "OWNER")]
        owner: String,
    },
    /// Set the contact and account of a lead
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
    /// Mark a lead as accepted by sales
    Accept {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
    },
    /// Disqualify a lead
    Disqualify {
        /// The lead's id
        #[arg(value_parser = id)]
        id: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Reset a lead to an inquiry that isn't ready for sales
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
    /// Unsubscribe an address from commercial mail, for every contact that has it
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
    /// Allow mail again to an address that bounced, complained, or was suppressed; its owner's opt-outs stay
    Unsuppress {
        /// The e-mail address
        address: String,
    },
    /// Delete everything known about a contact, for good; the counts of journeys stay, without a name
    Erase {
        /// The contact's id or e-mail address
        #[arg(value_parser = id)]
        id: String,
        /// Keep no hash of the id and address, so that an import may add the contact again
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
    /// How well a model and each of its rules predict an outcome
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
    /// Its owner
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// Its source
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Its id; made by the program when not given
    #[arg(long, value_name = "ID", value_parser = id)]
    pub id: Option<String>,
}
