//! The file of rejected rows: it stands beside the imported one, and only when there are any.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::Reject;

/// Where the rejects of a file go: `contacts.csv.rejected.csv` for `contacts.csv`, and
/// `stdin.rejected.csv` for `-`, standard input.
#[must_use]
pub fn rejected_path(file: &Path) -> PathBuf {
    if file == Path::new("-") {
        return PathBuf::from("stdin.rejected.csv");
    }
    let mut path = OsString::from(file);
    path.push(".rejected.csv");
    PathBuf::from(path)
}

/// Writes rejects as CSV: `row`, `reason`, and the file's own columns.
pub struct RejectedFile {
    path: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl RejectedFile {
    /// Removes what an earlier import left at this path. The file is made with the first reject.
    ///
    /// # Errors
    /// When the old file can't be removed.
    pub fn at(path: PathBuf) -> io::Result<RejectedFile> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(RejectedFile { path, writer: None }),
        }
    }

    /// Adds a reject.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&mut self, reject: &Reject<'_>) -> io::Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let file = BufWriter::new(File::create(&self.path)?);
                let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
                let own = ["row", "reason"].into_iter();
                writer.write_record(own.chain(reject.columns.iter().map(String::as_str)))?;
                self.writer.insert(writer)
            }
        };
        writer.write_field(reject.line.to_string())?;
        writer.write_field(reject.reason)?;
        writer.write_record(reject.cells)?;
        Ok(())
    }

    /// Ends the file; its path when there were rejects.
    ///
    /// # Errors
    /// When the rest can't be written.
    pub fn finish(self) -> io::Result<Option<PathBuf>> {
        match self.writer {
            None => Ok(None),
            Some(mut writer) => writer.flush().map(|()| Some(self.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::ByteRecord;

    #[test]
    fn rejects_stand_beside_the_file() {
        assert_eq!(rejected_path(Path::new("in/a.csv")), Path::new("in/a.csv.rejected.csv"));
        assert_eq!(rejected_path(Path::new("-")), Path::new("stdin.rejected.csv"));
    }

    #[test]
    fn the_file_is_made_with_the_first_reject_and_an_old_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.rejected.csv");
        fs::write(&path, "old").unwrap();
        let none = RejectedFile::at(path.clone()).unwrap();
        assert!(!path.exists());
        assert_eq!(none.finish().unwrap(), None);

        let mut some = RejectedFile::at(path.clone()).unwrap();
        let columns = ["id".to_owned(), "name".to_owned()];
        let rows: [(u64, &str, ByteRecord); 2] = [
            (3, "`id`: an id was expected, and there is none", ByteRecord::from(vec!["", "say \"hi\""])),
            (7, "the row has 3 cells", ByteRecord::from(vec![&b"x"[..], b"\xff", b"z"])),
        ];
        for (line, reason, cells) in &rows {
            some.write(&Reject { line: *line, reason, columns: &columns, cells }).unwrap();
        }
        assert_eq!(some.finish().unwrap(), Some(path.clone()));
        let expected = b"row,reason,id,name\n\
            3,\"`id`: an id was expected, and there is none\",,\"say \"\"hi\"\"\"\n\
            7,the row has 3 cells,x,\xff,z\n";
        assert_eq!(fs::read(&path).unwrap(), expected);
    }
}
