//! What `email` and `mail` take.

use std::path::PathBuf;

use clap::Subcommand;

/// What can be asked of e-mails.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum EmailCommand {
    /// An e-mail as a contact would get it, as text; its links do nothing
    Show {
        /// The e-mail's name
        name: String,
        /// The contact's id or e-mail address
        #[arg(long, value_name = "ID")]
        contact: String,
        /// Write the HTML to this file
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Make an e-mail for every member of a segment, and list those for whom it fails
    Check {
        /// The e-mail's name
        name: String,
        /// The segment
        #[arg(long, value_name = "NAME")]
        segment: String,
    },
}

/// What can be done with what comes back.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum BouncesCommand {
    /// Read delivery reports and complaints: dead addresses and those that complained get no more mail
    Read {
        /// A Maildir (its new messages are marked as seen), a folder or file of messages; `-` reads standard input
        from: PathBuf,
    },
}

/// What can be done with mail.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum MailCommand {
    /// Send an e-mail to your own address, as a contact would get it; its links do nothing, and it counts nowhere
    SendTest {
        /// The address
        address: String,
        /// The e-mail's name
        #[arg(long, value_name = "NAME")]
        email: String,
        /// The contact whose values it shows: an id or e-mail address
        #[arg(long, value_name = "ID")]
        contact: String,
    },
}
