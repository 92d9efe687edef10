//! Components with a policy in them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Store;

use crate::component::{Component, check_size, first_cause};
use crate::engine::{Running, engine, ticks};
use crate::error::Error;
use crate::instance::stop;
use crate::limits::{Held, Limits};
use crate::snapshot::{self, Baked};

/// Bakes a policy (JSON text) into a component of the world [`BAKEABLE`](crate::BAKEABLE), such as [`EMBEDDED`](crate::EMBEDDED), and gives
/// the bytes and the component that come of it. It is of the same world, and its instances have the policy from the start, as
/// [`builtin`](crate::Instance::builtin_policy). The same bytes in give the same bytes out.
///
/// # Errors
/// [`Error::Policy`] with every problem, [`Error::NotBakeable`], or why the component is refused or was stopped.
pub fn bake(component: &[u8], policy: &str, limits: Limits) -> Result<(Vec<u8>, Component), Error> {
    check_size(component, &limits)?;
    let engine = engine()?;
    let store = || {
        let mut store = Store::new(engine, Held::of(&limits));
        store.limiter(|held| held);
        // Its whole memory is what comes out.
        store.set_hostcall_fuel(limits.memory);
        store.set_epoch_deadline(ticks(limits.time));
        store
    };
    let running = Running::start(engine)?;
    // The writer of snapshots gives up on what it does not know.
    let baked = catch_unwind(AssertUnwindSafe(|| snapshot::bake(engine, component, policy, store)));
    drop(running);
    let baked = baked.map_err(|_| Error::NotBakeable)?.map_err(|error| match stop(&error, &limits) {
        Error::Garbled(_) => Error::NotAComponent(first_cause(&error)),
        error => error,
    })?;
    match baked {
        Baked::Component(baked) => {
            // Believed once it was seen: it loads, imports nothing, and has a policy.
            let component = Component::from_bytes(&baked, limits)?;
            let builtin = component.start()?.builtin_policy()?;
            builtin.map(|_| (baked, component)).ok_or_else(|| Error::Garbled("it has no policy after one was baked into it".to_owned()))
        }
        Baked::Refused => {
            Component::from_bytes(component, limits)?.start()?.load_policy(policy)?;
            Err(Error::Garbled("it loads the policy, and does not take it in".to_owned()))
        }
        Baked::NotBakeable => Err(Error::NotBakeable),
    }
}
