//! Instances for servers: as many as are allowed at once, each for one call at a time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::component::Component;
use crate::error::Error;
use crate::instance::{Instance, Policy};

/// Instances of a component with a policy, for any number of threads.
///
/// An instance is started when one is needed, and kept for the next call. One that was stopped is thrown away, and so is one that has
/// grown: linear memory never shrinks. Each call keeps to the component's [`Limits`](crate::Limits).
///
/// ```
/// # fn main() -> Result<(), handoff::Error> {
/// use std::num::NonZeroUsize;
/// use std::thread;
///
/// use handoff::{Component, Error, Pool};
///
/// // The embedded component has the reference policy; `Some(text)` would give it another.
/// let pool = Pool::new(Component::embedded()?, None, NonZeroUsize::MIN)?;
/// let facts = r#"{"at": "2026-01-05T09:00:00+01:00", "tickets": [{"id": "REQ-1", "kind": "onboarding", "state": "in-progress"}]}"#;
/// thread::scope(|scope| {
///     let ask = || pool.ask(facts, r#"{"ask": "closure"}"#);
///     let (one, other) = (scope.spawn(ask), scope.spawn(ask));
///     assert_eq!(one.join().unwrap()?, other.join().unwrap()?);
///     Ok::<(), Error>(())
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct Pool {
    component: Component,
    policy: Option<Arc<str>>,
    most: NonZeroUsize,
    state: Mutex<State>,
    back: Condvar,
}

/// Who is where.
#[derive(Debug, Default)]
struct State {
    idle: Vec<Ready>,
    /// How many there are, idle or at work.
    count: usize,
}

/// An instance with its policy.
#[derive(Debug)]
struct Ready {
    instance: Instance,
    policy: Policy,
}

/// An instance that has grown beyond this many bytes is not kept.
const KEPT: usize = 64 << 20;

impl Pool {
    /// A pool of at most so many instances, with a policy (JSON text); none takes the one that is baked into the component. The first
    /// instance is started at once, so that what is wrong is told here.
    ///
    /// # Errors
    /// [`Error::Policy`] with every problem, [`Error::NoPolicy`], or why the component was stopped.
    pub fn new(component: Component, policy: Option<&str>, most: NonZeroUsize) -> Result<Self, Error> {
        let pool = Self { component, policy: policy.map(Arc::from), most, state: Mutex::default(), back: Condvar::new() };
        let first = pool.start()?;
        *pool.state() = State { idle: vec![first], count: 1 };
        Ok(pool)
    }

    /// Asks a question (JSON text) about facts (JSON text), as [`Instance::ask_once`] does.
    ///
    /// # Errors
    /// As [`Instance::ask_once`], and [`Error::Busy`] where no instance became free within the time of a call.
    pub fn ask(&self, facts: &str, question: &str) -> Result<String, Error> {
        self.with(|instance, policy| instance.ask_once(policy, facts, question))
    }

    /// Asks many questions, each (JSON text) about facts of its own (JSON text), on all instances at once, and gives the answers in their order.
    /// Each stands by itself: neither wrong facts nor a component that was stopped over one take another's answer away.
    ///
    /// # Errors
    /// Each as [`ask`](Self::ask).
    pub fn ask_all(&self, requests: &[(&str, &str)]) -> Vec<Result<String, Error>> {
        let taken = AtomicUsize::new(0);
        let next = || {
            let index = taken.fetch_add(1, Ordering::Relaxed);
            Some((index, requests.get(index)?))
        };
        // Whoever is free takes the next: one big request does not hold up a share of the small ones.
        let work = || {
            let mut answers = Vec::new();
            while let Some((index, (facts, question))) = next() {
                answers.push((index, self.ask(facts, question)));
            }
            answers
        };
        let mut answers = thread::scope(|scope| {
            // Where the system makes no more threads, those that came do the work.
            let spawned = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let others: Vec<_> = (1..self.most.get().min(requests.len())).map_while(spawned).collect();
            let mut answers = work();
            for other in others {
                answers.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            answers
        });
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Runs calls on one instance, which is for nobody else meanwhile. [Release](Instance::release) facts that are asked no more.
    ///
    /// # Errors
    /// What the calls come to, [`Error::Busy`] where no instance became free within the time of a call, or why none was started.
    pub fn with<T>(&self, calls: impl FnOnce(&mut Instance, &Policy) -> Result<T, Error>) -> Result<T, Error> {
        let mut lease = Lease { pool: self, ready: None };
        let ready = lease.ready.insert(self.take()?);
        calls(&mut ready.instance, &ready.policy)
    }

    /// An instance that is free, or a new one.
    fn take(&self) -> Result<Ready, Error> {
        let limit = self.component.limits().time;
        let full = |state: &mut State| state.idle.is_empty() && state.count >= self.most.get();
        let waited = self.back.wait_timeout_while(self.state(), limit, full);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = state.idle.pop() {
            return Ok(ready);
        }
        if state.count >= self.most.get() {
            return Err(Error::Busy(limit));
        }
        state.count = state.count.saturating_add(1);
        drop(state);
        self.start().inspect_err(|_| self.gone())
    }

    fn start(&self) -> Result<Ready, Error> {
        let mut instance = self.component.start()?;
        let policy = instance.policy_or_builtin(self.policy.as_deref())?;
        Ok(Ready { instance, policy })
    }

    /// One less.
    fn gone(&self) {
        let mut state = self.state();
        state.count = state.count.saturating_sub(1);
        self.back.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked did not hold it while it was changed halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance at work, which comes back whatever becomes of the work.
struct Lease<'a> {
    pool: &'a Pool,
    ready: Option<Ready>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(ready) = self.ready.take() else { return };
        if ready.instance.is_stopped() || ready.instance.memory() > KEPT || std::thread::panicking() {
            drop(ready);
            return self.pool.gone();
        }
        self.pool.state().idle.push(ready);
        self.pool.back.notify_one();
    }
}
