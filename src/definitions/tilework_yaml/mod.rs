//! The settings of a workspace, and calls by HTTP, which channels and workflows share.
//!
//! In: `tilework.yaml`. Out: settings with secrets filled in. It doesn't know definitions.

pub(in crate::definitions) mod channels;
pub(in crate::definitions) mod consent;
pub(in crate::definitions) mod http;
pub(in crate::definitions) mod removals;
pub(in crate::definitions) mod settings;
pub(in crate::definitions) mod settings_types;
pub(in crate::definitions) mod smtp;
pub(in crate::definitions) mod variables;
