//! The `file` transport: one file a message.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ChannelError, key::safe_name};

/// The readable part of a file's name, in characters; most file systems end at 255 bytes.
const LONGEST_NAME: usize = 120;

/// Writes a message into a folder, which is made when it isn't there, and tells the file.
///
/// The file's name is made from the key of the effect. A key that has its file already is delivered:
/// that file stays as it is. A file appears whole or not at all, also when the process is killed; a
/// power failure may take the latest ones with it.
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
    fs::write(&unfinished, bytes).map_err(failed(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(failed(&path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

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
