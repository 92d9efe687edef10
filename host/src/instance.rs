//! A component that runs, call by call, within limits.

use std::sync::atomic::{AtomicU64, Ordering};

use handoff_core::Problem;
use wasmtime::component::ResourceAny;
use wasmtime::{Store, Trap};

use crate::bindings::decisions;
use crate::component::first_cause;
use crate::engine::{Running, engine, ticks};
use crate::error::Error;
use crate::exports::{Exports, ExportsPre};
use crate::limits::{Held, Limits, MemoryLimit};
use crate::{answer, convert};

/// A component that runs. It holds the policies and facts that it was given, and is of no use any more once a call was stopped.
pub struct Instance {
    store: Store<Held>,
    exports: Exports,
    limits: Limits,
    id: u64,
    stopped: bool,
}

/// A policy that an [`Instance`] holds.
#[derive(Clone, Copy, Debug)]
pub struct Policy(Handle);

/// Facts that an [`Instance`] holds.
#[derive(Debug)]
pub struct Facts(Handle);

/// What an instance holds, and which instance: the engine panics when it is given a handle of another.
#[derive(Clone, Copy, Debug)]
struct Handle {
    instance: u64,
    resource: ResourceAny,
}

impl Instance {
    pub(crate) fn start(exports: &ExportsPre, limits: Limits) -> Result<Self, Error> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let engine = engine()?;
        let mut store = Store::new(engine, Held::of(&limits));
        store.limiter(|held| held);
        store.set_hostcall_fuel(limits.output);
        store.set_epoch_deadline(ticks(limits.time));
        let running = Running::start(engine)?;
        let exports = exports.instantiate(&mut store).map_err(|error| match stop(&error, &limits) {
            // Nothing was asked yet: what is no answer here is a type that does not fit.
            Error::Garbled(reason) => Error::WrongWorld(reason),
            error => error,
        })?;
        drop(running);
        Ok(Self { store, exports, limits, id: IDS.fetch_add(1, Ordering::Relaxed), stopped: false })
    }

    /// Compiles a policy document (JSON text).
    ///
    /// # Errors
    /// [`Error::Policy`] with every problem, or why the component was stopped.
    pub fn load_policy(&mut self, document: &str) -> Result<Policy, Error> {
        let resource = self.call(|decisions, store| decisions.policy().call_load(store, document))?;
        let resource = resource.map_err(|problems| Error::Policy(convert::problems(problems)))?;
        Ok(Policy(Handle { instance: self.id, resource }))
    }

    /// The policy that is baked into the component, where there is one.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn builtin_policy(&mut self) -> Result<Option<Policy>, Error> {
        let resource = self.call(|decisions, store| decisions.policy().call_builtin(store))?;
        Ok(resource.map(|resource| Policy(Handle { instance: self.id, resource })))
    }

    /// The policy of a document (JSON text); none takes the one that is baked into the component.
    pub(crate) fn policy_or_builtin(&mut self, document: Option<&str>) -> Result<Policy, Error> {
        match document {
            Some(document) => self.load_policy(document),
            None => self.builtin_policy()?.ok_or(Error::NoPolicy),
        }
    }

    /// What is doubtful in a policy that loads all the same.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn warnings(&mut self, policy: &Policy) -> Result<Vec<Problem>, Error> {
        let policy = self.own(policy.0)?;
        self.call(|decisions, store| decisions.policy().call_warnings(store, policy)).map(convert::problems)
    }

    /// What became laxer in `policy` against an older one.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn laxer(&mut self, policy: &Policy, than: &Policy) -> Result<Vec<Problem>, Error> {
        let (policy, than) = (self.own(policy.0)?, self.own(than.0)?);
        self.call(|decisions, store| decisions.policy().call_laxer(store, policy, than)).map(convert::problems)
    }

    /// The policy as JSON text: name, version, digest, workflows, roles, requirements.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn describe(&mut self, policy: &Policy) -> Result<String, Error> {
        let policy = self.own(policy.0)?;
        self.call(|decisions, store| decisions.policy().call_describe(store, policy))
    }

    /// Reads facts (JSON text).
    ///
    /// # Errors
    /// [`Error::Facts`] with every problem, or why the component was stopped.
    pub fn parse_facts(&mut self, document: &str) -> Result<Facts, Error> {
        let resource = self.call(|decisions, store| decisions.facts().call_parse(store, document))?;
        let resource = resource.map_err(|problems| Error::Facts(convert::problems(problems)))?;
        Ok(Facts(Handle { instance: self.id, resource }))
    }

    /// SHA-256 over the facts in canonical form.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn digest(&mut self, facts: &Facts) -> Result<String, Error> {
        let facts = self.own(facts.0)?;
        self.call(|decisions, store| decisions.facts().call_digest(store, facts))
    }

    /// Gives the memory of facts back that are asked no more. Without it they stay as long as the instance.
    ///
    /// # Errors
    /// Why the component was stopped.
    pub fn release(&mut self, facts: Facts) -> Result<(), Error> {
        let facts = self.own(facts.0)?;
        self.call(|_, store| facts.resource_drop(store))
    }

    /// Asks a question (JSON text) about facts, and gives the answer (JSON text), checked not to contradict itself.
    ///
    /// # Errors
    /// [`Error::Question`] with every problem, or why the component was stopped or is not believed.
    pub fn ask(&mut self, policy: &Policy, facts: &Facts, question: &str) -> Result<String, Error> {
        let (policy, facts) = (self.own(policy.0)?, self.own(facts.0)?);
        let answer = self.call(|decisions, store| decisions.call_ask(store, policy, facts, question))?;
        self.believe(answer)
    }

    /// As [`ask`](Self::ask), on facts that are read for this one question.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn ask_once(&mut self, policy: &Policy, facts: &str, question: &str) -> Result<String, Error> {
        let policy = self.own(policy.0)?;
        let answer = self.call(|decisions, store| decisions.call_ask_once(store, policy, facts, question))?;
        self.believe(answer)
    }

    fn believe(&mut self, answer: Result<String, Vec<crate::bindings::types::Problem>>) -> Result<String, Error> {
        let answer = answer.map_err(|problems| Error::Question(convert::problems(problems)))?;
        answer::check(&answer).map_err(|error| self.disbelieve(error))?;
        Ok(answer)
    }

    /// One that is not believed once is not asked again.
    pub(crate) fn disbelieve(&mut self, error: Error) -> Error {
        self.stopped = true;
        error
    }

    /// Whether it was stopped, and so is of no use any more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory()
    }

    /// The resource of a policy that this instance holds.
    pub(crate) fn policy(&self, policy: &Policy) -> Result<ResourceAny, Error> {
        self.own(policy.0)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    fn own(&self, handle: Handle) -> Result<ResourceAny, Error> {
        if handle.instance == self.id { Ok(handle.resource) } else { Err(Error::OtherInstance) }
    }

    fn call<T>(&mut self, call: impl FnOnce(&decisions::Guest, &mut Store<Held>) -> wasmtime::Result<T>) -> Result<T, Error> {
        self.enter(|exports, store| call(&exports.decisions, store))
    }

    /// Every call goes through here: the limits are set anew, and a component that was stopped is never called again.
    pub(crate) fn enter<T>(&mut self, call: impl FnOnce(&Exports, &mut Store<Held>) -> wasmtime::Result<T>) -> Result<T, Error> {
        if self.stopped {
            return Err(Error::Stopped);
        }
        let running = Running::start(engine()?)?;
        self.store.set_epoch_deadline(ticks(self.limits.time));
        let result = call(&self.exports, &mut self.store);
        drop(running);
        result.map_err(|error| {
            self.stopped = true;
            stop(&error, &self.limits)
        })
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("limits", &self.limits).field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

/// Why a call was stopped.
pub(crate) fn stop(error: &wasmtime::Error, limits: &Limits) -> Error {
    if error.downcast_ref::<MemoryLimit>().is_some() {
        return Error::OutOfMemory(limits.memory);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Error::Timeout(limits.time),
        Some(trap) => Error::Trap(trap.to_string()),
        // The engine has no type for it.
        None if first_cause(error).contains("fuel allocated for hostcalls") => Error::OutputTooLarge(limits.output),
        None => Error::Garbled(first_cause(error)),
    }
}
