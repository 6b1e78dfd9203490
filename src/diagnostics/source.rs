//! The texts that definitions come from, and places in them.

/// Which of the sources a span lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A stretch of a source, in bytes from the start of its text; the end isn't part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// A span in a source.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span { file, start, end: end.max(start) }
    }
}

/// A line and a column, both counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One file of definitions.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path relative to the workspace, with `/` between its parts.
    pub path: String,
    /// Its whole content.
    pub text: String,
    /// The byte at which each line starts.
    lines: Vec<usize>,
    /// How many characters start before each stretch of [`STRETCH`] bytes, so that endless lines cost
    /// no more than others.
    characters: Vec<usize>,
}

/// In bytes.
const STRETCH: usize = 4096;

fn characters(bytes: &[u8]) -> usize {
    // All but the bytes that continue a character.
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl SourceFile {
    /// The line, from 1, in which a byte lies, and the byte at which it starts.
    #[must_use]
    pub fn line(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        (line, self.lines.get(line - 1).copied().unwrap_or(0))
    }

    fn characters_before(&self, at: usize) -> usize {
        let stretch = at / STRETCH;
        let before = self.characters.get(stretch).copied().unwrap_or(0);
        before + characters(&self.text.as_bytes()[stretch * STRETCH..at])
    }
}

/// All files of a workspace, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and tells its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let mut before = 0;
        let counted = text.as_bytes().chunks(STRETCH).map(|stretch| {
            before += characters(stretch);
            before
        });
        let characters = std::iter::once(0).chain(counted).collect();
        self.files.push(SourceFile { path: path.into(), text, lines, characters });
        id
    }

    /// The file with this id.
    ///
    /// # Panics
    /// When the id comes from other sources.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The same with stars in place of what stands in these spans.
    #[must_use]
    pub fn without(&self, spans: impl IntoIterator<Item = Span>) -> Sources {
        let mut sources = self.clone();
        for span in spans {
            let text = &mut sources.files[span.file.0 as usize].text;
            if text.get(span.start..span.end).is_some() {
                text.replace_range(span.start..span.end, &"*".repeat(span.end - span.start));
            }
        }
        sources
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start..span.end).unwrap_or("")
    }

    /// Line and column where a span starts.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let file = self.file(span.file);
        let at = span.start.min(file.text.len());
        let (line, start) = file.line(at);
        Position { line, column: file.characters_before(at) - file.characters_before(start) + 1 }
    }
}
