//! An audit in one instance: lines in, findings out, page by page.

use handoff_core::Time;
use handoff_core::audit::{AuditFinding, Summary};
use serde::de::DeserializeOwned;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

use crate::bindings::audits;
use crate::convert;
use crate::error::Error;
use crate::instance::{Instance, Policy};
use crate::limits::Held;

/// An audit in progress, with the instance that it runs in. It keeps what crosses records, and nothing else of them.
///
/// [`Register`](crate::Register) audits a whole register over several of them.
#[derive(Debug)]
pub struct Audit {
    instance: Instance,
    audit: ResourceAny,
    /// Bytes that were taken, and that were given in pages.
    taken: usize,
    given: usize,
}

/// How much may come out of a byte that goes in. What is found of a short record is long, and still has an end.
const OUT_OF_A_BYTE: usize = 1_000;

impl Instance {
    /// Begins an audit by a policy that this instance holds, at a time; none takes the `at` that comes with the records.
    ///
    /// # Errors
    /// [`Error::NoAudits`] where the component only decides, or why it was stopped.
    pub fn audit(mut self, policy: &Policy, at: Option<Time>) -> Result<Audit, Error> {
        let policy = self.policy(policy)?;
        let audit = call(&mut self, |audits, store| audits.audit().call_constructor(store, policy, at.map(Time::ms)))?;
        Ok(Audit { instance: self, audit, taken: 0, given: 0 })
    }
}

impl Audit {
    /// Takes whole lines of JSON, each a record, a facts document, or what another audit kept. Of a line with a problem nothing is taken.
    ///
    /// # Errors
    /// [`Error::Facts`] with every problem of the lines, each with the line in its position, or why the component was stopped.
    pub fn add(&mut self, lines: &str) -> Result<(), Error> {
        let audit = self.audit;
        self.taken = self.taken.saturating_add(lines.len());
        let added = call(&mut self.instance, |audits, store| audits.audit().call_add(store, audit, lines))?;
        match added {
            Ok(()) => Ok(()),
            Err(problems) if problems.is_empty() => {
                Err(self.instance.disbelieve(Error::Garbled("it refuses lines, and does not say why".to_owned())))
            }
            Err(problems) => Err(Error::Facts(convert::problems(problems))),
        }
    }

    /// The next page of what was found, in the order of the records; empty where all of it was given.
    ///
    /// # Errors
    /// Why the component was stopped or is not believed.
    pub fn findings(&mut self) -> Result<Vec<AuditFinding>, Error> {
        let page = self.page(|audits, store, audit| audits.audit().call_findings(store, audit))?;
        let findings = page.lines().map(|line| self.believe("a finding", line)).collect::<Result<Vec<_>, _>>()?;
        match findings.is_empty() && !page.is_empty() {
            true => Err(self.instance.disbelieve(Error::Garbled("a page of findings holds none".to_owned()))),
            false => Ok(findings),
        }
    }

    /// The next page of what this audit keeps, as lines that [`add`](Self::add) of another audit of the same policy and time takes; empty
    /// where all of it was given. From the first page on this audit takes no more lines.
    ///
    /// # Errors
    /// Why the component was stopped or is not believed.
    pub fn state(&mut self) -> Result<String, Error> {
        self.page(|audits, store, audit| audits.audit().call_state(store, audit))
    }

    /// Judges what crosses records, and tells what was seen in numbers. What it found is given by [`findings`](Self::findings).
    ///
    /// # Errors
    /// [`Error::Question`] where no time was told, or the audit has ended; or why the component was stopped or is not believed.
    pub fn finish(&mut self) -> Result<Summary, Error> {
        let audit = self.audit;
        let summary = call(&mut self.instance, |audits, store| audits.audit().call_finish(store, audit))?;
        let summary = summary.map_err(|problems| Error::Question(convert::problems(problems)))?;
        self.believe("the summary", &summary)
    }

    /// A component that gives pages without end is stopped: each of them may be as large as a limit allows, and all of them are not.
    fn page(
        &mut self,
        next: impl FnOnce(&audits::Guest, &mut Store<Held>, ResourceAny) -> wasmtime::Result<String>,
    ) -> Result<String, Error> {
        let audit = self.audit;
        let page = call(&mut self.instance, |audits, store| next(audits, store, audit))?;
        self.given = self.given.saturating_add(page.len().max(1));
        let limit = self.instance.limits().output;
        if self.given > self.taken.saturating_mul(OUT_OF_A_BYTE).saturating_add(limit) && !page.is_empty() {
            return Err(self.instance.disbelieve(Error::OutputTooLarge(limit)));
        }
        Ok(page)
    }

    fn believe<T: DeserializeOwned>(&mut self, what: &str, json: &str) -> Result<T, Error> {
        serde_json::from_str(json).map_err(|error| self.instance.disbelieve(Error::Garbled(format!("{what} is not of its shape: {error}"))))
    }
}

fn call<T>(instance: &mut Instance, call: impl FnOnce(&audits::Guest, &mut Store<Held>) -> wasmtime::Result<T>) -> Result<T, Error> {
    instance.enter(|exports, store| exports.audits.as_ref().map(|audits| call(audits, store)).transpose())?.ok_or(Error::NoAudits)
}
