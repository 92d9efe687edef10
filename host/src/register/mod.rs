//! Audits of whole registers: lines in, findings out in the order of the lines, whatever the number of workers, in memory that does not
//! grow with what was found.

mod lines;
mod worker;

use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use handoff_core::audit::{AuditFinding, Summary};
use handoff_core::{Position, Problem, Time};

use crate::audit::Audit;
use crate::component::Component;
use crate::error::Error;
use lines::{Chunk, Lines, Next, Sort};
use worker::{Reply, Worker};

/// An audit of a register over several instances of a component, each on a thread of its own.
///
/// ```no_run
/// # fn audit(policy: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
/// use handoff::{Component, Register, Told};
///
/// let mut register = Register::begin(&Component::embedded()?, policy, None, None)?;
/// for told in register.read(std::io::stdin().lock()) {
///     match told? {
///         Told::Found(findings) => println!("{findings:?}"),
///         Told::Refused(lines) => return Err(format!("{lines:?}").into()),
///     }
/// }
/// let (summary, rest) = register.finish()?;
/// for findings in rest {
///     println!("{:?}", findings?);
/// }
/// println!("{summary:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Register {
    workers: Vec<Worker>,
    /// What was handed out and is not answered yet, oldest first.
    pending: VecDeque<Pending>,
    /// Whether every worker knows the time of the audit.
    timed: bool,
    /// Whether the first asset, ticket or case was handed out.
    begun: bool,
    /// Whether one worker does it all.
    alone: bool,
    /// Whose turn it is.
    turn: usize,
    /// How much was found, by code.
    found: BTreeMap<String, u64>,
    /// How many parts have not come to their ends.
    unread: usize,
    /// Whether a line was not taken.
    refused: bool,
}

/// What is told while a register is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What was found of the next lines.
    Found(Vec<AuditFinding>),
    /// The next lines that were not taken. What the others come to says nothing about the whole: there is no end to such an audit.
    Refused(Vec<Refused>),
}

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number in what was read, from 1.
    pub line: u64,
    /// The line itself; empty where it is too long.
    pub text: String,
    /// What is wrong with it; paths lead into the line, and so do positions.
    pub problems: Vec<Problem>,
}

/// What is not answered yet.
#[derive(Debug)]
enum Pending {
    /// Lines that one worker has.
    One { worker: usize, first: u64, text: Arc<str> },
    /// Lines that every worker has, and which of them is to be heard next. What the first one says counts.
    All { worker: usize, first: u64, text: Arc<str> },
    /// A line that none has.
    Refused(Refused),
}

/// How many chunks are under way for each worker: one that it works on, and the next.
const AHEAD: usize = 2;

/// How many workers there are where nobody says so, at most: each holds what crosses the records of its share.
const WORKERS: usize = 2;

impl Register {
    /// Begins an audit by a policy (JSON text; none takes the one that is baked into the component), at a time; none takes the `at` that
    /// comes with the records. As many instances of the component take part as `workers` says; none leaves that to the machine. What is
    /// found does not depend on it.
    ///
    /// # Errors
    /// [`Error::Policy`] with every problem, [`Error::NoPolicy`], [`Error::NoAudits`] where the component only decides, or why it was stopped.
    pub fn begin(component: &Component, policy: Option<&str>, at: Option<Time>, workers: Option<NonZeroUsize>) -> Result<Self, Error> {
        let machine = || thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS);
        let count = workers.map_or_else(machine, NonZeroUsize::get);
        let policy: Option<Arc<str>> = policy.map(Arc::from);
        let begin = |_| Worker::begin(component.clone(), policy.clone(), at, count.saturating_mul(AHEAD));
        let workers = (0..count).map(begin).collect::<Result<Vec<_>, _>>()?;
        for worker in &workers {
            if let Reply::Failed(error) = worker.hear() {
                return Err(error);
            }
        }
        let (timed, found) = (at.is_some(), BTreeMap::new());
        let pending = VecDeque::new();
        Ok(Self { workers, pending, timed, begun: false, alone: false, turn: 0, found, unread: 0, refused: false })
    }

    /// Reads a register, or the next part of one, and tells what is found of its lines, in their order. It is read as far as is asked for:
    /// an audit that was not read to the end has none.
    pub fn read<R: BufRead>(&mut self, input: R) -> Reading<'_, R> {
        self.unread = self.unread.saturating_add(1);
        Reading { register: self, lines: Lines::of(input), ended: false, over: false }
    }

    /// Ends the audit: what was seen, in numbers, and what was found across records.
    ///
    /// # Errors
    /// [`Error::Question`] where no time was told, [`Error::Register`] where a part was not read to its end or a line was refused, or why the
    /// component was stopped or is not believed.
    pub fn finish(mut self) -> Result<(Summary, Rest), Error> {
        let found = std::mem::take(&mut self.found);
        let mut audit = self.join()?;
        let summary = audit.finish()?;
        let mut rest = Rest { left: summary.findings.clone(), audit: Some(audit) };
        for (code, count) in found {
            rest.tick_off(&code, count)?;
        }
        Ok((summary, rest))
    }

    /// Ends the audit of a part: what is kept of it, as lines that another audit of the same policy and time reads.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn keep(self) -> Result<Kept, Error> {
        Ok(Kept { audit: Some(self.join()?) })
    }

    /// What all workers have, in one audit.
    fn join(self) -> Result<Audit, Error> {
        // A part that is missing would be taken for one in order.
        if self.unread > 0 || self.refused {
            let what = if self.refused { "some of its lines were refused" } else { "it was not read to its end" };
            return Err(Error::Register(what.to_owned()));
        }
        let used = if self.alone { 1 } else { self.turn.max(1) };
        let mut audits = self.workers.into_iter().take(used).map(Worker::end);
        let mut first = audits.next().unwrap_or_else(|| Err(Error::Engine("nobody audits".to_owned())))?;
        for other in audits {
            let mut other = other?;
            loop {
                let page = other.state()?;
                if page.is_empty() {
                    break;
                }
                first.add(&page).map_err(|error| match error {
                    Error::Facts(_) => Error::Contradiction(format!("it does not take what it kept itself: {error}")),
                    error => error,
                })?;
            }
        }
        Ok(first)
    }

    /// Hands lines out.
    fn take(&mut self, Chunk { sort, first, text }: Chunk) {
        let text: Arc<str> = text.into();
        let worker = match sort {
            Sort::Head { at } if !self.begun => {
                self.timed |= at;
                for worker in &self.workers {
                    worker.send(Arc::clone(&text));
                }
                self.pending.push_back(Pending::All { worker: 0, first, text });
                return;
            }
            // The first worker has had an item, and so tells that this comes too late.
            Sort::Head { .. } => 0,
            Sort::Kept => {
                self.alone |= !self.timed;
                0
            }
            Sort::Items => {
                self.begun = true;
                // Workers that don't know the time would each take that of its first case.
                self.alone |= !self.timed;
                let worker = if self.alone { 0 } else { self.turn % self.workers.len().max(1) };
                self.turn += 1;
                worker
            }
        };
        if let Some(to) = self.workers.get(worker) {
            to.send(Arc::clone(&text));
        }
        self.pending.push_back(Pending::One { worker, first, text });
    }

    /// Hears one reply to the oldest lines that are not answered yet, and tells what counts.
    fn hear(&mut self) -> Result<Option<Told>, Error> {
        let worker = match self.pending.front() {
            Some(Pending::One { worker, .. } | Pending::All { worker, .. }) => self.workers.get(*worker),
            Some(Pending::Refused(_)) | None => None,
        };
        let (reply, counts) = match (worker.map(Worker::hear), self.pending.front_mut()) {
            (Some(Reply::Done), Some(Pending::All { worker, .. })) => {
                *worker += 1;
                return Ok(None);
            }
            (Some(Reply::Done) | None, _) => return Ok(self.pending.pop_front().and_then(Pending::refused)),
            (Some(reply), Some(Pending::All { worker, .. })) => (reply, *worker == 0),
            (Some(reply), _) => (reply, true),
        };
        match (reply, self.pending.front()) {
            (Reply::Failed(error), _) => Err(error),
            (Reply::Found(findings), _) if counts => {
                for AuditFinding { finding, .. } in &findings {
                    let all = self.found.entry(finding.code.clone()).or_default();
                    *all = all.saturating_add(1);
                }
                Ok(Some(Told::Found(findings)))
            }
            (Reply::Refused(problems), Some(Pending::One { first, text, .. } | Pending::All { first, text, .. })) if counts => {
                Ok(Some(Told::Refused(by_line(problems, *first, text))))
            }
            _ => Ok(None),
        }
    }
}

impl Pending {
    fn refused(self) -> Option<Told> {
        match self {
            Self::Refused(refused) => Some(Told::Refused(vec![refused])),
            Self::One { .. } | Self::All { .. } => None,
        }
    }
}

/// The lines of a chunk that were not taken, each with its problems.
fn by_line(problems: Vec<Problem>, first: u64, text: &str) -> Vec<Refused> {
    let mut all: BTreeMap<u32, Vec<Problem>> = BTreeMap::new();
    for mut problem in problems {
        let line = problem.position.as_ref().map_or(1, |position| position.line).max(1);
        // What has a path is found by it.
        problem.position = problem.position.filter(|_| problem.path.is_empty()).map(|position| Position { line: 1, ..position });
        all.entry(line).or_default().push(problem);
    }
    let mut lines = text.lines().zip(1_u32..);
    all.into_iter()
        .map(|(number, problems)| {
            let text = lines.find(|(_, line)| *line == number).map(|(line, _)| line.to_owned()).unwrap_or_default();
            Refused { line: first.saturating_add(u64::from(number - 1)), text, problems }
        })
        .collect()
}

/// A register that is being read.
#[derive(Debug)]
pub struct Reading<'a, R> {
    register: &'a mut Register,
    lines: Lines<R>,
    /// Whether all lines were handed out.
    ended: bool,
    /// Whether it was read to its end, or can't be read any further.
    over: bool,
}

impl<R: BufRead> Reading<'_, R> {
    fn step(&mut self) -> Result<Option<Told>, Error> {
        while !self.ended && self.register.pending.len() < self.register.workers.len().saturating_mul(AHEAD) {
            match self.lines.next().map_err(|error| Error::Register(error.to_string()))? {
                Some(Next::Chunk(chunk)) => self.register.take(chunk),
                Some(Next::Refused(refused)) => self.register.pending.push_back(Pending::Refused(refused)),
                None => self.ended = true,
            }
        }
        self.register.hear()
    }
}

impl<R: BufRead> Iterator for Reading<'_, R> {
    type Item = Result<Told, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            match self.step() {
                Ok(None) if self.ended && self.register.pending.is_empty() => {
                    self.over = true;
                    self.register.unread = self.register.unread.saturating_sub(1);
                }
                Ok(None) => {}
                Ok(Some(told)) => {
                    self.register.refused |= matches!(told, Told::Refused(_));
                    return Some(Ok(told));
                }
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// What was found across records, page by page.
#[derive(Debug)]
pub struct Rest {
    audit: Option<Audit>,
    /// How much more there is of each code, by the summary.
    left: BTreeMap<String, u64>,
}

impl Rest {
    /// A summary that counts less than was given is not believed.
    fn tick_off(&mut self, code: &str, count: u64) -> Result<(), Error> {
        match self.left.get_mut(code) {
            Some(left) if *left >= count => {
                *left -= count;
                Ok(())
            }
            _ => Err(Error::Contradiction(format!("it found more of `{code}` than its summary counts"))),
        }
    }
}

impl Iterator for Rest {
    type Item = Result<Vec<AuditFinding>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = self.audit.as_mut()?.findings().and_then(|findings| {
            findings.iter().try_for_each(|found| self.tick_off(&found.finding.code, 1))?;
            Ok(findings)
        });
        if !page.as_ref().is_ok_and(|findings| !findings.is_empty()) {
            self.audit = None;
        }
        Some(page).filter(|page| page.as_ref().map_or(true, |findings| !findings.is_empty()))
    }
}

/// What is kept of a part, page by page.
#[derive(Debug)]
pub struct Kept {
    audit: Option<Audit>,
}

impl Iterator for Kept {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = self.audit.as_mut()?.state();
        if !page.as_ref().is_ok_and(|page| !page.is_empty()) {
            self.audit = None;
        }
        Some(page).filter(|page| page.as_ref().map_or(true, |page| !page.is_empty()))
    }
}
