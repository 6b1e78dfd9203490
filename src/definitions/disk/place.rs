//! Where published definitions run: what of the folder's settings stands in for that of the snapshot's
//! (semantics 48).

use crate::definitions::{Content, Node};
use crate::diagnostics::Text;

/// The settings that say where things run.
const WHERE: [&str; 5] = ["store", "publish", "serve", "environments", "live"];
/// The keys of the e-mail channel that change what a mail is; all others say how it leaves.
const EMAIL_MEANS: [&str; 3] = ["from", "hold", "only_to"];
/// The same of a channel for messages.
const CHANNEL_MEANS: [&str; 3] = ["body", "hold", "expires"];

type Entries = Vec<(Text, Node)>;

/// Puts what the folder's settings say of stores, transports and credentials into a snapshot's settings.
pub(in crate::definitions) fn put(settings: &mut Node, folder: &Node) {
    let (Content::Mapping(settings), Content::Mapping(folder)) = (&mut settings.content, &folder.content)
    else {
        return;
    };
    take(settings, folder, |key| WHERE.contains(&key));
    let (Some(channels), Some(present)) = (mapping_mut(settings, "channels"), mapping(folder, "channels"))
    else {
        return;
    };
    take(channels, present, |key| key == "http");
    for (name, channel) in channels.iter_mut().filter(|(name, _)| name.value != "http") {
        let means = if name.value == "email" { &EMAIL_MEANS } else { &CHANNEL_MEANS };
        if let (Content::Mapping(keys), Some(present)) = (&mut channel.content, mapping(present, &name.value))
        {
            take(keys, present, |key| !means.contains(&key));
        }
    }
}

/// Replaces the keys that are meant by those of another mapping.
fn take(keys: &mut Entries, from: &Entries, meant: impl Fn(&str) -> bool) {
    keys.retain(|(key, _)| !meant(&key.value));
    keys.extend(from.iter().filter(|(key, _)| meant(&key.value)).cloned());
}

fn mapping<'a>(entries: &'a Entries, key: &str) -> Option<&'a Entries> {
    match &entries.iter().find(|(name, _)| name.value == key)?.1.content {
        Content::Mapping(entries) => Some(entries),
        _ => None,
    }
}

fn mapping_mut<'a>(entries: &'a mut Entries, key: &str) -> Option<&'a mut Entries> {
    match &mut entries.iter_mut().find(|(name, _)| name.value == key)?.1.content {
        Content::Mapping(entries) => Some(entries),
        _ => None,
    }
}
