//! Audits of registers as streams: lines in, findings out, and no more of either in memory than a few pieces.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::time::Duration;

use handoff::core::audit::{AuditFinding, Summary};
use handoff::core::{Position, Problem, Time};
use handoff::{Error, Limits, Refused, Register, Told};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::Server;
use super::body::{check_type, next, too_large};
use super::connection::Body;
use super::problem::Refusal;
use super::query::{parameters, refused};
use super::rules::Active;

/// How many pieces of a stream are there at once, at most.
const PIECES: usize = 4;

/// From which size on findings are sent, in bytes. What is refused before is a refusal from its first line on.
const PIECE: usize = 64 << 10;

/// How many problems of a register are told at once.
const PROBLEMS: usize = 100;

/// The last line of an audit that came to its end.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
}

/// Answers with what is found, line by line. The last line is the summary; or else a problem, and then nothing was audited.
pub(super) async fn answer(server: &Arc<Server>, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    check_type(request.headers(), &["application/x-ndjson", "application/ndjson", "application/jsonl"])?;
    let at = at(request.uri().query())?;
    let permit = Arc::clone(&server.audits).try_acquire_owned().map_err(|_| {
        Refusal::later("overload", "there is no audit: the server is full", "as many audits as it runs at once are under way: come again")
    })?;
    let (patience, limit) = (server.settings.patience, server.settings.register);
    if request.body().size_hint().lower() > limit {
        return Err(too_large(limit));
    }
    let (pieces, input) = mpsc::channel(PIECES);
    tokio::spawn(feed(request.into_body(), pieces, patience, limit));
    let (lines, output) = mpsc::channel(PIECES);
    let (begun, begins) = oneshot::channel();
    let mut out = Out { piece: Vec::new(), lines, begun: Some(begun), runtime: Handle::current(), patience };
    let active = server.rules.active();
    tokio::task::spawn_blocking(move || {
        let _held = permit;
        let mut input = Input { pieces: input, piece: Bytes::new(), refused: None };
        let ended = audit(&active, at, &mut input, &mut out);
        out.end(ended.map_err(|error| input.refused.take().unwrap_or(error)));
    });
    match begins.await {
        Ok(Ok(())) => {
            let mut response = Response::new(Body::Lines(output));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
            Ok(response)
        }
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => Err(Refusal::later("no-verdict", "there is no audit", "it broke off")),
    }
}

/// The one parameter that there is: the time of the audit.
fn at(query: Option<&str>) -> Result<Option<Time>, Refusal> {
    let mut at = None;
    for (key, value) in parameters(query)? {
        if key != "at" || at.is_some() {
            return Err(refused(format!("expected `at` once, and found `{key}`")));
        }
        at = Some(Time::parse(&value).map_err(|error| refused(format!("`at`: {error}")))?);
    }
    Ok(at)
}

/// Hands the body over, piece by piece, as fast as it is taken.
async fn feed(mut body: Incoming, pieces: mpsc::Sender<Result<Bytes, Refusal>>, patience: Duration, limit: u64) {
    let mut length = 0_u64;
    loop {
        let piece = match next(&mut body, patience).await {
            Ok(None) => return,
            Ok(Some(piece)) => {
                length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                if length > limit { Err(too_large(limit)) } else { Ok(piece) }
            }
            Err(refusal) => Err(refusal),
        };
        let is_last = piece.is_err();
        // Where nobody takes it, the audit is over.
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// A body as something to read.
#[derive(Debug)]
struct Input {
    pieces: mpsc::Receiver<Result<Bytes, Refusal>>,
    piece: Bytes,
    /// Why it does not come to its end.
    refused: Option<Refusal>,
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => break,
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(refusal)) => {
                    self.refused = Some(refusal);
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        drop(self.piece.split_to(amount.min(self.piece.len())));
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

/// Where findings go.
#[derive(Debug)]
struct Out {
    piece: Vec<u8>,
    lines: mpsc::Sender<Bytes>,
    /// Told once it is known whether there is an answer.
    begun: Option<oneshot::Sender<Result<(), Refusal>>>,
    runtime: Handle,
    patience: Duration,
}

impl Out {
    fn line<T: Serialize>(&mut self, data: &T) -> Result<(), Refusal> {
        serde_json::to_writer(&mut self.piece, data).map_err(|error| Refusal::of(Error::Garbled(error.to_string())))?;
        self.piece.push(b'\n');
        if self.piece.len() < PIECE { Ok(()) } else { self.send() }
    }

    /// Waits until what is there is taken; whoever does not take it in time hears no more.
    fn send(&mut self) -> Result<(), Refusal> {
        let gone = || Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow", "the answer is not taken", "read findings as they come");
        if let Some(begun) = self.begun.take() {
            begun.send(Ok(())).map_err(|_| gone())?;
        }
        let sending = self.lines.send_timeout(std::mem::take(&mut self.piece).into(), self.patience);
        self.runtime.block_on(sending).map_err(|_| gone())
    }

    fn end(mut self, ended: Result<(), Refusal>) {
        if let Err(refusal) = ended {
            if let Some(begun) = self.begun.take() {
                // Whoever is gone hears nothing; so below.
                let _ = begun.send(Err(refusal));
                return;
            }
            self.piece.extend_from_slice(format!("{{\"problem\":{}}}\n", refusal.json()).as_bytes());
        }
        let _ = self.send();
    }
}

fn audit(active: &Active, at: Option<Time>, input: &mut Input, out: &mut Out) -> Result<(), Refusal> {
    let component = active.component.clone().with_limits(Limits::of_registers());
    let mut register = Register::begin(&component, active.policy_json.as_deref(), at, None).map_err(Refusal::of)?;
    let mut problems = Vec::new();
    for told in register.read(input) {
        match told.map_err(unread)? {
            // Once a line is missing, what is found says nothing about the whole.
            Told::Found(found) if problems.is_empty() => lines(out, &found)?,
            Told::Found(_) => {}
            Told::Refused(refused) => problems.extend(refused.into_iter().flat_map(in_register)),
        }
        if problems.len() >= PROBLEMS {
            break;
        }
    }
    problems.truncate(PROBLEMS);
    if !problems.is_empty() {
        return Err(Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, "facts", "the register can't be used", problems));
    }
    let (summary, rest) = register.finish().map_err(Refusal::of)?;
    for found in rest {
        lines(out, &found.map_err(Refusal::of)?)?;
    }
    out.line(&Last { summary: &summary })
}

fn lines(out: &mut Out, found: &[AuditFinding]) -> Result<(), Refusal> {
    found.iter().try_for_each(|found| out.line(found))
}

fn unread(error: Error) -> Refusal {
    match error {
        Error::Register(reason) => Refusal::new(StatusCode::BAD_REQUEST, "cut-off", "the register is not whole", reason),
        error => Refusal::of(error),
    }
}

/// The problems of a line, each with the number of the line.
fn in_register(refused: Refused) -> impl Iterator<Item = Problem> {
    let line = u32::try_from(refused.line).unwrap_or(u32::MAX);
    refused.problems.into_iter().map(move |problem| {
        let column = problem.position.map_or(1, |position| position.column);
        Problem { position: Some(Position { line, column }), ..problem }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_read_from_the_query() {
        let time = Time::parse("2026-01-05T09:00:00+01:00").expect("a time");
        for query in ["at=2026-01-05T09:00:00+01:00", "at=2026-01-05T09%3A00%3a00%2B01:00&"] {
            assert_eq!(at(Some(query)).expect("it is read"), Some(time), "{query}");
        }
        assert_eq!(at(None).expect("it is read"), None);
        for query in
            ["at=now", "at", "at=%4", "at=%zz", "at=%ff", "when=2026-01-05T09:00:00Z", "at=2026-01-05T09:00:00Z&at=2026-01-05T09:00:00Z"]
        {
            assert_eq!(at(Some(query)).expect_err("it is refused").code, "parameter", "{query}");
        }
    }
}
