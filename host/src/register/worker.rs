//! One instance on a thread of its own, which audits the lines that it is handed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use handoff_core::audit::AuditFinding;
use handoff_core::{Problem, Time};

use crate::audit::Audit;
use crate::component::Component;
use crate::error::Error;

/// How many pages of findings wait to be heard, at most: a worker that is ahead of the others stops there.
const PAGES: usize = 4;

/// What a worker says.
#[derive(Debug)]
pub(super) enum Reply {
    /// A page of what was found of the lines.
    Found(Vec<AuditFinding>),
    /// What is wrong with them.
    Refused(Vec<Problem>),
    /// It is through with them, or ready for the first.
    Done,
    /// It can't go on.
    Failed(Error),
}

/// A thread with an audit.
#[derive(Debug)]
pub(super) struct Worker {
    lines: SyncSender<Arc<str>>,
    replies: Receiver<Reply>,
    thread: JoinHandle<Option<Audit>>,
}

impl Worker {
    /// Starts a thread that begins an audit; as many chunks as `ahead` says can be sent before the first of them is heard of.
    pub fn begin(component: Component, policy: Option<Arc<str>>, at: Option<Time>, ahead: usize) -> Result<Self, Error> {
        let (lines, taken) = sync_channel::<Arc<str>>(ahead);
        let (said, replies) = sync_channel(PAGES);
        let work = move || {
            let mut audit = match begin(&component, policy.as_deref(), at) {
                Ok(audit) => audit,
                Err(error) => {
                    // Whoever does not listen any more needs no answer; so below.
                    let _ = said.send(Reply::Failed(error));
                    return None;
                }
            };
            said.send(Reply::Done).ok()?;
            for lines in taken {
                if let Err(error) = judge(&mut audit, &lines, &said) {
                    let _ = said.send(Reply::Failed(error));
                    return None;
                }
                said.send(Reply::Done).ok()?;
            }
            Some(audit)
        };
        let thread =
            thread::Builder::new().name("handoff-audit".to_owned()).spawn(work).map_err(|error| Error::Engine(error.to_string()))?;
        Ok(Self { lines, replies, thread })
    }

    /// Hands lines over.
    pub fn send(&self, lines: Arc<str>) {
        // One that has failed says so where it is heard.
        let _ = self.lines.send(lines);
    }

    /// Waits for what it says next.
    pub fn hear(&self) -> Reply {
        self.replies.recv().unwrap_or_else(|_| Reply::Failed(gone()))
    }

    /// Takes its audit from it, once all was heard.
    pub fn end(self) -> Result<Audit, Error> {
        let Self { lines, replies, thread } = self;
        drop((lines, replies));
        thread.join().ok().flatten().ok_or_else(gone)
    }
}

fn begin(component: &Component, policy: Option<&str>, at: Option<Time>) -> Result<Audit, Error> {
    let mut instance = component.start()?;
    let policy = instance.policy_or_builtin(policy)?;
    instance.audit(&policy, at)
}

fn judge(audit: &mut Audit, lines: &str, said: &SyncSender<Reply>) -> Result<(), Error> {
    match audit.add(lines) {
        Ok(()) => {}
        Err(Error::Facts(problems)) => {
            let _ = said.send(Reply::Refused(problems));
        }
        Err(error) => return Err(error),
    }
    loop {
        let findings = audit.findings()?;
        if findings.is_empty() || said.send(Reply::Found(findings)).is_err() {
            return Ok(());
        }
    }
}

fn gone() -> Error {
    Error::Engine("a thread of the audit is gone".to_owned())
}
