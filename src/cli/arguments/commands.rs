//! The command line, for the reference page.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use super::args::Arguments;
use crate::cli::Exit;

/// The sections on commands and exit codes, in Markdown.
pub(in crate::cli) fn sections() -> String {
    let mut program = Arguments::command();
    program.build();
    let mut text = String::from("\n## Commands\n\nOptions of every command:\n");
    options(&mut text, program.get_arguments().filter(|one| one.is_global_set()));
    for command in program.get_subcommands().filter(|command| is_shown(command)) {
        let mut leaves = Vec::new();
        leaves_of(command, "tilework", &mut leaves);
        let _ = write!(text, "\n### `{}`\n\n{}.\n", command.get_name(), about(command));
        for (line, leaf) in leaves {
            let summary = if leaf.get_name() == command.get_name() {
                String::new()
            } else {
                format!(": {}", about(leaf))
            };
            let _ = write!(text, "\n`{line}`{summary}\n");
            if own(leaf).next().is_some() {
                options(&mut text, own(leaf));
            }
        }
    }
    text.push_str("\n### Exit codes\n\n| code | means |\n| --- | --- |\n");
    for (exit, means) in Exit::ALL {
        let _ = writeln!(text, "| {} | {means} |", exit as u8);
    }
    text
}

fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// The arguments of a command itself, without those of every command.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|one| {
        !one.is_global_set() && !one.is_hide_set() && !["help", "version"].contains(&one.get_id().as_str())
    })
}

/// The commands that do something, each with how it is typed.
fn leaves_of<'c>(command: &'c Command, before: &str, found: &mut Vec<(String, &'c Command)>) {
    let line = format!("{before} {}", command.get_name());
    let below: Vec<&Command> = command.get_subcommands().filter(|below| is_shown(below)).collect();
    if below.is_empty() {
        let places = own(command).filter(|one| one.is_positional()).map(written);
        let line = std::iter::once(line).chain(places).collect::<Vec<_>>().join(" ");
        found.push((line, command));
        return;
    }
    below.into_iter().for_each(|below| leaves_of(below, &line, found));
}

/// How an argument is typed.
fn written(one: &Arg) -> String {
    let value = one.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let takes = one.get_action().takes_values();
    let value = value.unwrap_or_else(|| one.get_id().as_str().to_uppercase());
    if one.is_positional() {
        return if one.is_required_set() { value } else { format!("[{value}]") };
    }
    let value = if takes { format!(" {value}") } else { String::new() };
    match (one.get_short(), one.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{value}"),
        (Some(short), None) => format!("-{short}{value}"),
        (None, long) => format!("--{}{value}", long.unwrap_or_default()),
    }
}

fn options<'c>(text: &mut String, arguments: impl Iterator<Item = &'c Arg>) {
    text.push_str("\n| argument | for |\n| --- | --- |\n");
    for one in arguments {
        let help = one.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} |", written(one), help.replace('|', "\\|").replace('\n', " "));
    }
}
