//! Which command does what.

use super::{
    CliError, Exit, Output,
    arguments::{
        args::{
            AccountCommand, Arguments, BouncesCommand, Command, ContactCommand, ImportKindArgument,
            JourneyCommand, OutboxCommand, SegmentCommand, WhyCommand,
        },
        moment::asked_moment,
    },
    looking::{email, lead, segment_preview, status},
    setting_up::{demo, explain, init, schema},
    working::{bounces, contact_mail, erasure, pausing, run, serve, set_back},
    workspaces::{published, workspace},
};
use crate::{insights, interactions, model::Entity, runtime, store::Store};

/// Carries out a command.
///
/// # Errors
/// What went wrong, for people, with the exit code.
pub fn dispatch(arguments: &Arguments, output: &mut Output) -> Result<Exit, CliError> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Check { strict } => workspace::check(global, *strict, output),
        Command::Explain { code } => explain::explain(code, output),
        Command::Import(import) => {
            let (plan, mut store) = published::to_import(global, output)?;
            let zone = &plan.settings.zone;
            let asked = asked_moment(global.now.as_ref(), zone)?;
            let now = runtime::moment_of_facts(&mut store, asked)?;
            let mut sink = |batch| interactions::write(&mut store, &plan.catalog, batch, now);
            let exit = super::import(import, &plan.catalog, zone, output, &mut sink)?;
            store.analyze()?;
            use ImportKindArgument::{Accounts, Contacts, Leads};
            if matches!(import.kind, Accounts | Contacts | Leads) {
                for links in store.dangling_links(&plan.catalog, None)? {
                    output.remark(&format!("{}.", insights::told_links(&links)));
                }
            }
            if import.kind == ImportKindArgument::Contacts {
                let sharing = store.contacts_that_share_addresses()?;
                if sharing > 0 {
                    output.remark(&format!(
                        "{sharing} contacts share an address with another: a mailbox gets a mail of a step once."
                    ));
                }
            }
            Ok(exit)
        }
        Command::Run(arguments) => run::run(global, arguments, output),
        Command::Serve => serve::serve(global, output),
        Command::Migrate => run::migrate(global, output),
        Command::SetBack => set_back::set_back(global, output),
        Command::Segment(SegmentCommand::Preview { name, sample }) => {
            segment_preview::preview(global, name, *sample, output)
        }
        Command::Segment(SegmentCommand::Pick(pick)) => segment_preview::pick(global, pick, output),
        Command::Pause(arguments) => pausing::pause(global, arguments, output),
        Command::Resume(arguments) => pausing::resume(global, arguments, output),
        Command::Status { late } => status::status(global, late, output),
        Command::Segment(command) => {
            let (plan, mut store, now) = workspace::reading(global, output)?;
            super::segment(command, &plan, &mut store, now, output)
        }
        Command::Tile(command) => super::tile(command, global, output),
        Command::Journey(JourneyCommand::Retry { name, step }) => {
            let (plan, mut store) = published::opened(global, Store::open_for_writing, output)?;
            let now = asked_moment(global.now.as_ref(), &plan.settings.zone)?;
            super::retry(name, step, global.yes, &plan, &mut store, now, output)
        }
        Command::Journey(command) => {
            let (plan, mut store, now) = workspace::reading(global, output)?;
            super::journey(command, &plan, &mut store, now, output)
        }
        Command::Lead(command) => {
            let open = if lead::writes(command) { workspace::writing } else { workspace::reading };
            let (plan, mut store, now) = open(global, output)?;
            super::lead(command, &plan, &mut store, now, output)
        }
        Command::Account(AccountCommand::List(which)) => {
            let (plan, mut store, _) = workspace::reading(global, output)?;
            super::parties(Entity::Account, which, &plan, &mut store, output)
        }
        Command::Contact(ContactCommand::Erase { id, forget }) => {
            let (_, mut store, now) = workspace::writing(global, output)?;
            erasure::erase(id, *forget, global.yes, &mut store, now, output)
        }
        Command::Contact(ContactCommand::Unsubscribe { address, topic, reason }) => {
            let (plan, mut store, now) = workspace::writing(global, output)?;
            let topic = topic.as_deref();
            contact_mail::unsubscribe(address, topic, reason, &plan.catalog, &mut store, now, output)
        }
        Command::Contact(ContactCommand::Unsuppress { address }) => {
            let (_, mut store, _) = workspace::writing(global, output)?;
            contact_mail::unsuppress(address, &mut store, output)
        }
        Command::Contact(ContactCommand::List(which)) => {
            let (plan, mut store, _) = workspace::reading(global, output)?;
            super::parties(Entity::Contact, which, &plan, &mut store, output)
        }
        Command::Score(command) => {
            let (plan, mut store, now) = workspace::reading(global, output)?;
            super::score(command, &plan, &mut store, now, output)
        }
        Command::Activity(command) => {
            let (plan, mut store, _) = workspace::reading(global, output)?;
            super::activity(command, &plan, &mut store, output)
        }
        Command::Outbox(command) => {
            if let OutboxCommand::Retry { .. } | OutboxCommand::Drop { .. } = command {
                let (_, mut store) = published::opened(global, Store::open_for_writing, output)?;
                let now = store.clock()?.unwrap_or_else(crate::runtime::real_now);
                return super::outbox_changing(command, &mut store, now, output);
            }
            let (plan, mut store, _) = workspace::reading(global, output)?;
            super::outbox_reading(command, &plan, &mut store, output)
        }
        Command::Email(command) => {
            let (plan, mut store, now) = workspace::reading_with(global, None, output)?;
            email::email(command, &plan, &mut store, now, output)
        }
        Command::Bounces(BouncesCommand::Read { from }) => {
            let (_, mut store) = published::opened(global, Store::open_for_writing, output)?;
            let now = runtime::moment_of_facts(&mut store, None)?;
            bounces::read(from, &mut store, now, output)
        }
        Command::Mail(command) => {
            let (plan, mut store, now) = workspace::reading_with(global, None, output)?;
            email::mail(command, &global.workspace, &plan, &mut store, now, output)
        }
        Command::Why(command) => {
            let (plan, mut store, now) = match command {
                // A segment is explained as it is written now, as in a preview.
                WhyCommand::Segment { .. } => workspace::reading_with(global, None, output)?,
                _ => workspace::reading(global, output)?,
            };
            super::why(command, &plan, &mut store, now, output)
        }
        Command::Schema(arguments) => schema::schema(global, arguments, output),
        Command::Reference => schema::reference(output),
        Command::Man { folder } => schema::man(folder.as_deref(), output),
        Command::Completions { shell } => schema::completions(*shell, output),
        Command::Init { directory } => init::init(global, directory, &program(), output),
        Command::Demo { directory } => demo::demo(global, directory, &program(), output),
    }
}

/// The program as it was called, for commands to try next.
#[allow(clippy::disallowed_methods, reason = "the command line is ours to read")]
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "tilework".to_owned())
}
