//! What can be typed after `tilework segment`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be asked of segments.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum SegmentCommand {
    /// All segments and how many members each has
    List,
    /// The definition of a segment, and how many members it has
    Show {
        /// The segment's name
        name: String,
    },
    /// Who is in a segment
    Members {
        /// The segment's name
        name: String,
        /// At most this many
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        /// Only those whose id comes after this one, to continue after a page
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
    /// Who would be in a segment as it is written now; nothing is changed
    ///
    /// Shows how many, how that differs from the present members, how long it takes, and some of them.
    Preview {
        /// The segment's name; `-` reads the definition of a segment from standard input
        name: String,
        /// How many of them are shown
        #[arg(long, value_name = "N", default_value_t = 10)]
        sample: usize,
    },
    /// The condition of a segment in plain English and as SQL
    Describe {
        /// The segment's name
        name: String,
    },
    /// Which segments and journeys refer to a segment
    UsedBy {
        /// The segment's name
        name: String,
    },
    /// List ids for a static segment: of the records that satisfy a condition now
    ///
    /// A segment with `members_from: FILE` holds the records whose ids stand in that file. The ids are
    /// printed, or written to a file that you keep in git.
    Pick(PickArguments),
}

/// What `segment pick` takes.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PickArguments {
    /// The name of the segment that the list is for
    pub name: String,
    /// Ids to pick; they have to exist
    #[arg(value_name = "ID", required_unless_present = "condition", conflicts_with = "condition")]
    pub ids: Vec<String>,
    /// Pick who satisfies this condition, such as 'contact.city == "Oslo"'
    #[arg(id = "condition", long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// What to pick where the segment isn't defined yet: contact, account or lead
    #[arg(long, value_name = "KIND", default_value = "contact", value_parser = ["contact", "account", "lead"])]
    pub target: String,
    /// Write the ids to this file in `journeys/`, one a line; `members_from` takes the same name
    #[arg(long, value_name = "FILE.csv")]
    pub write: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::super::args::{Command, parse};
    use super::*;

    #[test]
    fn command_lines_about_segments_mean_what_they_say() {
        let name = || "vip".to_owned();
        let pick = PickArguments {
            name: name(),
            ids: vec!["a".to_owned(), "b".to_owned()],
            condition: None,
            target: "contact".to_owned(),
            write: Some(PathBuf::from("vip.csv")),
        };
        let page = SegmentCommand::Members { name: name(), limit: Some(5), after: Some("con-1".to_owned()) };
        let cases = [
            ("members vip --limit 5 --after con-1", page),
            ("preview - --sample 3", SegmentCommand::Preview { name: "-".to_owned(), sample: 3 }),
            ("describe vip", SegmentCommand::Describe { name: name() }),
            ("used-by vip", SegmentCommand::UsedBy { name: name() }),
            ("pick vip a b --write vip.csv", SegmentCommand::Pick(pick)),
        ];
        for (line, command) in cases {
            let words = ["tilework", "segment"].into_iter().chain(line.split(' '));
            assert_eq!(parse(words).unwrap().command, Command::Segment(command), "{line}");
        }
    }
}
