//! The `file` transport: one file a message.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::channels::{ChannelError, key::safe_name};

/// The readable part of a file's name, in characters; most file systems end at 255 bytes.
const LONGEST_NAME: usize = 120;

/// Writes a message into a folder, which is made when it isn't there, and tells the file.
///
/// The file's name is made from the key of the effect. A key that has its file already is delivered:
/// that file stays as it is. A file appears whole or not at all, also when the process is killed or the power fails.
///
/// # Errors
/// When the folder or the file can't be written.
pub fn write(directory: &Path, key: &str, extension: &str, bytes: &[u8]) -> Result<PathBuf, ChannelError> {
    let name = safe_name(key, LONGEST_NAME);
    let path = directory.join(format!("{name}.{extension}"));
    if path.exists() {
        return Ok(path);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source: io::Error| ChannelError::Write { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let unfinished = directory.join(format!(".{name}.{}.part", std::process::id()));
    let whole = fs::File::create(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    whole.map_err(failed(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(failed(&path))?;
    Ok(path)
}

/// How old an unfinished file is that nobody writes any more, in milliseconds.
const LEFT_OVER: u64 = 60_000;

/// Removes the unfinished files of processes that were killed while they wrote into a folder. `real_now` is real
/// time in milliseconds.
pub(in crate::channels) fn remove_leftovers(directory: &Path, real_now: i64) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(real_now.unsigned_abs());
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with('.') && name.ends_with(".part")) {
            continue;
        }
        let written = entry.metadata().and_then(|what| what.modified()).ok();
        let age = written.and_then(|written| now.duration_since(written).ok());
        if age.is_some_and(|age| age.as_millis() > u128::from(LEFT_OVER)) {
            // Another worker may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_unfinished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in [".a.1.part", ".b.2.part", "c.eml", "d.part"] {
            fs::write(place(name), "x").unwrap();
        }
        let now = 2_000_000_000_000;
        let set = |name: &str, ago: u64| {
            let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(now - ago);
            fs::File::options().write(true).open(place(name)).unwrap().set_modified(at).unwrap();
        };
        set(".a.1.part", 61_000);
        set(".b.2.part", 1_000);
        remove_leftovers(folder.path(), i64::try_from(now).unwrap());
        assert!(!place(".a.1.part").exists(), "nobody writes it any more");
        assert!(place(".b.2.part").exists() && place("c.eml").exists() && place("d.part").exists());
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_message_becomes_one_file_named_by_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("mail/today");
        let path = write(&directory, "spring/1/invite/1/con-1/0", "eml", b"Subject: x\r\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"Subject: x\r\n");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("spring.1.invite.1.con-1.0.") && name.ends_with(".eml"), "{name}");
        assert_eq!(names(&directory), [name]);
    }

    #[test]
    fn rule_19_the_same_key_again_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), "key", "eml", b"first").unwrap();
        let second = write(folder.path(), "key", "eml", b"second").unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::read(&first).unwrap(), b"first");
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_no_delivery() {
        let folder = tempfile::tempdir().unwrap();
        let name = safe_name("key", LONGEST_NAME);
        fs::write(folder.path().join(format!(".{name}.1.part")), b"ha").unwrap();
        let path = write(folder.path(), "key", "eml", b"whole").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"whole");
    }

    #[test]
    fn no_key_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for key in ["../out", "/etc/passwd", "a/../../b", "..", "", &"long".repeat(200), "a\0b"] {
            let path = write(folder.path(), key, "eml", b"x").unwrap();
            assert_eq!(path.parent(), Some(folder.path()), "{key}");
        }
        assert_eq!(names(folder.path()).len(), 7);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("mail");
        fs::write(&blocked, b"a file").unwrap();
        let error = write(&blocked, "key", "eml", b"x").unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("`{}` can't be written", blocked.display())),
            "{error}"
        );
    }
}
