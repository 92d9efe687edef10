//! Components with a policy in them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Store;

use crate::component::{Component, check_size, first_cause};
use crate::engine::{Running, engine, ticks};
use crate::error::Error;
use crate::instance::stop;
use crate::limits::{Held, Limits};
use crate::snapshot::Bakeable;

/// Bakes policies into a component.
pub struct Baker<'a> {
    bakeable: Bakeable<'a>,
    limits: Limits,
}

impl<'a> Baker<'a> {
    /// Prepares a component of the world [`BAKEABLE`](crate::BAKEABLE), such as [`EMBEDDED`](crate::EMBEDDED).
    ///
    /// # Errors
    /// [`Error::NotBakeable`], or why the component is refused.
    pub fn new(component: &'a [u8], limits: Limits) -> Result<Self, Error> {
        check_size(component, &limits)?;
        let engine = engine()?;
        // The writer of snapshots gives up on what it does not know.
        let bakeable = catch_unwind(AssertUnwindSafe(|| Bakeable::of(engine, component))).map_err(|_| Error::NotBakeable)?;
        let bakeable = bakeable.map_err(|error| Error::NotAComponent(first_cause(&error)))?;
        bakeable.map(|bakeable| Self { bakeable, limits }).ok_or(Error::NotBakeable)
    }

    /// Bakes a policy (JSON text) in, and gives the bytes and the component that come of it. It is of the same world, and its instances
    /// have the policy from the start, as [`builtin`](crate::Instance::builtin_policy). The same bytes in give the same bytes out.
    ///
    /// # Errors
    /// [`Error::Policy`] with every problem, [`Error::Baked`], or why the component is refused or was stopped.
    pub fn bake(&self, policy: &str) -> Result<(Vec<u8>, Component), Error> {
        let Self { bakeable, limits } = self;
        let plain = Component::checked(&bakeable.component, *limits)?;
        // What its memory holds goes into the new one: the old policy would go along.
        if plain.start()?.builtin_policy()?.is_some() {
            return Err(Error::Baked);
        }
        let engine = engine()?;
        let mut store = Store::new(engine, Held::of(limits));
        store.limiter(|held| held);
        // Its whole memory is what comes out.
        store.set_hostcall_fuel(limits.memory);
        store.set_epoch_deadline(ticks(limits.time));
        let running = Running::start(engine)?;
        let baked = catch_unwind(AssertUnwindSafe(|| bakeable.bake(policy, store)));
        drop(running);
        let baked = baked.map_err(|_| Error::NotBakeable)?.map_err(|error| stop(&error, limits))?;
        let Some(bytes) = baked else {
            plain.start()?.load_policy(policy)?;
            return Err(Error::Garbled("it loads the policy, and does not take it in".to_owned()));
        };
        // Believed once it was seen: it loads, imports nothing, and has a policy.
        let component = Component::from_bytes(&bytes, *limits)?;
        let builtin = component.start()?.builtin_policy()?;
        builtin.map(|_| (bytes, component)).ok_or_else(|| Error::Garbled("it has no policy after one was baked into it".to_owned()))
    }
}

impl std::fmt::Debug for Baker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Baker").field("limits", &self.limits).finish_non_exhaustive()
    }
}
