//! CSV, read piece by piece within little memory.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::{Deserialize, Serialize};

/// The cells of a record have no more bytes than this together: a quote that is not closed takes in all that follows.
const RECORD_BYTES_MAX: usize = 65_536;

/// A record has no more cells than this.
const CELLS_MAX: usize = 256;

/// What editors write at a file's beginning to say that it is UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Where a file is read on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePosition {
    /// How many bytes are read.
    pub byte: u64,
    /// How many ends of lines are in them.
    pub line: u64,
}

/// One record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// Its cells, without the quotes around them.
    pub cells: Vec<Vec<u8>>,
    /// Where the next one is read on.
    pub end: FilePosition,
}

/// A record has more than 64 KiB, or too many cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record that begins in line {0} is too long: is a quote not closed?")]
pub struct TooLong(pub u64);

/// Tells the records of a file apart.
#[derive(Debug)]
pub struct RecordReader {
    reader: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    cell_bytes: usize,
    cell_count: usize,
    position: FilePosition,
    /// The line that the record begins in, once something of it is read.
    begun: Option<u64>,
}

impl RecordReader {
    /// Reads from a record's beginning.
    #[must_use]
    pub fn new(delimiter: u8, position: FilePosition) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            cells: vec![0; RECORD_BYTES_MAX],
            ends: vec![0; CELLS_MAX],
            cell_bytes: 0,
            cell_count: 0,
            position,
            begun: None,
        }
    }

    /// Where the file is read on.
    #[must_use]
    pub const fn position(&self) -> FilePosition {
        self.position
    }

    /// The records that end in the next piece; with an empty piece, the last one of the file.
    ///
    /// # Errors
    ///
    /// [`TooLong`], after which nothing more can be read.
    pub fn read(&mut self, piece: &[u8]) -> Result<Vec<Record>, TooLong> {
        let (mut records, mut rest) = (Vec::new(), piece);
        loop {
            let (cells, ends) = (&mut self.cells[self.cell_bytes..], &mut self.ends[self.cell_count..]);
            let (outcome, read, written, ended) = self.reader.read_record(rest, cells, ends);
            self.count(&rest[..read]);
            rest = &rest[read..];
            self.cell_bytes += written;
            self.cell_count += ended;
            match outcome {
                ReadRecordResult::Record => records.push(self.take()),
                ReadRecordResult::End | ReadRecordResult::InputEmpty => return Ok(records),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(TooLong(self.begun.unwrap_or(self.position.line + 1)));
                }
            }
            // An empty piece would stand for the file's end.
            if rest.is_empty() && !piece.is_empty() {
                return Ok(records);
            }
        }
    }

    fn count(&mut self, read: &[u8]) {
        for byte in read {
            if !matches!(byte, b'\r' | b'\n') {
                self.begun.get_or_insert(self.position.line + 1);
            }
            self.position.line += u64::from(*byte == b'\n');
        }
        self.position.byte += u64::try_from(read.len()).unwrap_or_default();
    }

    fn take(&mut self) -> Record {
        let ends = &self.ends[..self.cell_count];
        let begins = [0].into_iter().chain(ends.iter().copied());
        let cells = begins.zip(ends).map(|(begin, end)| self.cells[begin..*end].to_vec()).collect();
        (self.cell_bytes, self.cell_count) = (0, 0);
        let line = self.begun.take().unwrap_or(self.position.line);
        Record { line, cells, end: self.position }
    }
}

/// What stands between the cells of a file, by its first line: a comma, or a semicolon.
#[must_use]
pub fn delimiter_of(beginning: &[u8]) -> u8 {
    let first = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| first.iter().filter(|byte| **byte == delimiter).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8], piece: usize) -> Vec<Record> {
        let mut reader = RecordReader::new(b',', FilePosition::default());
        let mut records = Vec::new();
        for piece in file.chunks(piece).chain([&[][..]]) {
            records.extend(reader.read(piece).unwrap());
        }
        records
    }

    fn spelled(records: &[Record]) -> Vec<(u64, String)> {
        let text = |record: &Record| record.cells.join(&b'|').iter().map(|byte| char::from(*byte)).collect();
        records.iter().map(|record| (record.line, text(record))).collect()
    }

    #[test]
    fn records_are_told_apart_and_know_their_lines() {
        let file = b"id,a\r\n1,\"x,\ny\"\r\n\r\n2,\"say \"\"hi\"\"\"\n3,\n\n4,z";
        let expected = [(1, "id|a"), (2, "1"), (5, "2|say \"hi\""), (6, "3|"), (8, "4|z")];
        let found = spelled(&read(file, 1_000));
        let expected = expected.map(|(line, text)| match line {
            2 => (2, "1|x,\ny".to_owned()),
            _ => (line, text.to_owned()),
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_record_without_end_is_refused_by_its_line() {
        let mut reader = RecordReader::new(b',', FilePosition::default());
        let file = format!("id,a\n1,\"{}", "x\n".repeat(RECORD_BYTES_MAX));
        assert_eq!(reader.read(file.as_bytes()), Err(TooLong(2)));
        let mut reader = RecordReader::new(b',', FilePosition::default());
        assert_eq!(reader.read(",".repeat(CELLS_MAX + 1).as_bytes()), Err(TooLong(1)));
    }

    #[test]
    fn the_first_line_says_what_stands_between_cells() {
        for (file, delimiter) in
            [("id;tags\n1,2,3,4", b';'), ("id,tags\n1;2;3", b','), ("id", b','), ("", b',')]
        {
            assert_eq!(delimiter_of(file.as_bytes()), delimiter, "{file}");
        }
    }

    proptest! {
        #[test]
        fn pieces_and_going_on_after_any_record_change_nothing(
            file in "([a,\"]|\r\n|\n|\r|\"a\n,\"|é){0,40}",
            piece in 1usize..8,
        ) {
            let whole = read(file.as_bytes(), 1_000);
            prop_assert_eq!(&read(file.as_bytes(), piece), &whole);
            for (index, record) in whole.iter().enumerate() {
                let mut reader = RecordReader::new(b',', record.end);
                let rest = &file.as_bytes()[usize::try_from(record.end.byte).unwrap()..];
                let mut records = if rest.is_empty() { Vec::new() } else { reader.read(rest).unwrap() };
                records.extend(reader.read(&[]).unwrap());
                prop_assert_eq!(spelled(&records), spelled(&whole[index + 1..]), "{:?}", file);
            }
        }
    }
}
