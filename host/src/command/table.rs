//! Tables for spreadsheets: CSV by RFC 4180.

use std::borrow::Cow;
use std::io::Write;

use anyhow::Context;
use csv_core::{Terminator, Writer, WriterBuilder};
use handoff::core::visible;

use super::stream::CANT_WRITE;

/// A table that is being written.
#[derive(Debug)]
pub(super) struct Table<W> {
    to: W,
    csv: Writer,
    row: Vec<u8>,
}

impl<W: Write> Table<W> {
    /// A table that begins with the names of its columns.
    pub fn begin(to: W, columns: &[&str]) -> anyhow::Result<Self> {
        let csv = WriterBuilder::new().terminator(Terminator::CRLF).build();
        let mut table = Self { to, csv, row: Vec::new() };
        table.row(columns)?;
        Ok(table)
    }

    /// Writes a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) -> anyhow::Result<()> {
        self.row.clear();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.part(0, |csv, to| csv.delimiter(to).1);
            }
            let cell = harmless(cell.as_ref());
            self.part(cell.len(), |csv, to| csv.field(cell.as_bytes(), to).2);
        }
        self.part(0, |csv, to| csv.terminator(to).1);
        self.to.write_all(&self.row).context(CANT_WRITE)
    }

    /// Writes a part of a row, in which every character may have to be written twice, and a quote at each end.
    fn part(&mut self, length: usize, write: impl FnOnce(&mut Writer, &mut [u8]) -> usize) {
        let before = self.row.len();
        self.row.resize(before.saturating_add(length.saturating_mul(2)).saturating_add(4), 0);
        let written = self.row.get_mut(before..).map_or(0, |to| write(&mut self.csv, to));
        self.row.truncate(before.saturating_add(written));
    }

    /// What the table was written to.
    pub fn end(self) -> W {
        self.to
    }
}

/// A cell that a spreadsheet does not take for a formula, and in which nothing acts on a terminal.
fn harmless(cell: &str) -> Cow<'_, str> {
    let cell = visible(cell);
    // Some take the wide forms as well.
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { Cow::Owned(format!("'{cell}")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_texts_and_no_formulas() {
        let mut table = Table::begin(Vec::new(), &["a", "b", "c"]).expect("a table");
        for row in [
            ["=1+1", "+1", "-1"],
            ["@SUM(A1)", "\tx", "x=1"],
            ["a \"b\", c", "two\r\nlines", ""],
            ["\"\"\"", "＝1", "\"=2\""],
            ["\u{1b}[31m", "\u{202e}", "é"],
        ] {
            table.row(&row).expect("a row");
        }
        let expected = concat!(
            "a,b,c\r\n'=1+1,'+1,'-1\r\n'@SUM(A1),\\tx,x=1\r\n\"a \"\"b\"\", c\",two\\r\\nlines,\r\n",
            "\"\"\"\"\"\"\"\",'＝1,\"\"\"=2\"\"\"\r\n\\u{1b}[31m,\\u{202e},é\r\n"
        );
        assert_eq!(String::from_utf8(table.end()).expect("UTF-8"), expected);
    }
}
