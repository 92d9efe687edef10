//! Rows of CSV, each as an object by the names of the columns. Commas, semicolons and tabs part cells; the head tells which.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use jaq_json::Val;

/// The longest row, in bytes.
const ROW: usize = 16 << 20;

/// Rows, one at a time.
pub(super) struct Rows<R> {
    input: R,
    reader: Reader,
    head: Option<Vec<String>>,
    /// The line on which the next row begins.
    line: usize,
    ended: bool,
}

impl<R: BufRead> Rows<R> {
    /// Looks at the head, without reading it, to tell what parts cells.
    pub fn of(mut input: R) -> io::Result<Self> {
        let start = input.fill_buf()?;
        let head = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| head.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
        Ok(Self { input, reader: ReaderBuilder::new().delimiter(delimiter).build(), head: None, line: 1, ended: false })
    }

    /// The next row as an object, and the line that it begins on.
    pub fn next(&mut self) -> Result<Option<(Val, usize)>, String> {
        if self.head.is_none() {
            let Some((head, _)) = self.row()? else { return Ok(None) };
            let head: Vec<String> = head.into_iter().map(|name| name.trim().to_owned()).collect();
            if let Some(twice) = head.iter().enumerate().find(|(index, name)| head.iter().take(*index).any(|other| other == *name)) {
                return Err(format!("two columns are called `{}`", twice.1));
            }
            self.head = Some(head);
        }
        let Some((cells, line)) = self.row()? else { return Ok(None) };
        let head = self.head.as_deref().unwrap_or_default();
        if cells.len() != head.len() {
            let word = if cells.len() == 1 { "cell" } else { "cells" };
            return Err(format!("the row of line {line} has {} {word}, the head has {}", cells.len(), head.len()));
        }
        let entries = head.iter().zip(cells).map(|(name, cell)| (Val::from(name.clone()), Val::from(cell)));
        Ok(Some((Val::obj(entries.collect()), line)))
    }

    /// Passes over what ends the row before, and empty lines.
    fn skip_ends(&mut self) -> Result<(), String> {
        loop {
            let input = self.input.fill_buf().map_err(|error| error.to_string())?;
            let ends = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let (count, lines) = ends.fold((0, 0), |(count, lines), byte| (count + 1, lines + usize::from(*byte == b'\n')));
            if count == 0 {
                return Ok(());
            }
            self.input.consume(count);
            self.line += lines;
        }
    }

    /// The cells of a row that is not empty.
    fn row(&mut self) -> Result<Option<(Vec<String>, usize)>, String> {
        let (mut bytes, mut ends) = (vec![0; 1 << 10], vec![0; 1 << 6]);
        let (mut written, mut ended) = (0, 0);
        self.skip_ends()?;
        let first = self.line;
        let mut quotes = 0_usize;
        loop {
            let input = self.input.fill_buf().map_err(|error| error.to_string())?;
            let is_end = input.is_empty();
            if is_end && self.ended {
                return Ok(None);
            }
            let to = bytes.get_mut(written..).unwrap_or_default();
            let (result, read, wrote, cells) = self.reader.read_record(input, to, ends.get_mut(ended..).unwrap_or_default());
            let taken = input.get(..read).unwrap_or_default();
            self.line += taken.iter().filter(|byte| **byte == b'\n').count();
            quotes += taken.iter().filter(|byte| **byte == b'"').count();
            self.input.consume(read);
            written += wrote;
            ended += cells;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if bytes.len() >= ROW => {
                    return Err(format!("the row of line {first} is longer than {} MiB, the most that is read at once", ROW >> 20));
                }
                ReadRecordResult::OutputFull => bytes.resize(bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    self.ended |= is_end;
                    if is_end && quotes % 2 == 1 {
                        return Err(format!("the row of line {first} ends within quotes"));
                    }
                    if matches!(result, ReadRecordResult::End) && ended == 0 {
                        self.ended = true;
                        return Ok(None);
                    }
                    let text = bytes.get(..written).unwrap_or_default();
                    let text = str::from_utf8(text).map_err(|_| format!("line {first} is not UTF-8: save it as UTF-8"))?;
                    let starts = std::iter::once(0).chain(ends.iter().copied());
                    let cells = starts.zip(&ends).take(ended).map(|(start, end)| text.get(start..*end).unwrap_or_default().to_owned());
                    return Ok(Some((cells.collect(), first)));
                }
            }
        }
    }
}
