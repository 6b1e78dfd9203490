//! The git revision of a workspace.

use std::{path::Path, process::Command};

/// The revision that is checked out where the workspace lies; nothing outside a repository, or without git.
pub(in crate::cli) fn revision(workspace: &Path) -> Option<String> {
    let asked = Command::new("git").arg("-C").arg(workspace).args(["rev-parse", "HEAD"]).output().ok()?;
    let revision = String::from_utf8(asked.stdout).ok()?.trim().to_owned();
    (asked.status.success() && !revision.is_empty()).then_some(revision)
}
