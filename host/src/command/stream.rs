//! Data that goes to stdout bit by bit, because it may be larger than what is held.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use anyhow::Context;
use serde::Serialize;

/// stdout. Whoever read and has heard enough changes nothing: what comes after goes nowhere.
#[derive(Debug)]
pub(super) struct Stream {
    to: BufWriter<Stdout>,
    closed: bool,
}

impl Stream {
    pub fn new() -> Self {
        Self { to: BufWriter::with_capacity(1 << 16, io::stdout()), closed: false }
    }

    /// Writes anything as a line of JSON.
    pub fn json<T: Serialize>(&mut self, data: &T) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(data)?;
        line.push(b'\n');
        self.write_all(&line).context(CANT_WRITE)
    }

    /// Writes a line.
    pub fn line(&mut self, text: &str) -> anyhow::Result<()> {
        self.write_all(text.as_bytes()).and_then(|()| self.write_all(b"\n")).context(CANT_WRITE)
    }

    /// Writes what is left.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.flush().context(CANT_WRITE)
    }

    fn open(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written,
        }
    }
}

/// What an error of the stream is called.
pub(super) const CANT_WRITE: &str = "can't write the result";

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.closed {
            let written = self.to.write_all(bytes);
            self.open(written)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let written = self.to.flush();
        self.open(written)
    }
}
