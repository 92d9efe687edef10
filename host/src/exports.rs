//! What of a component is called: the interface that every one has, and those that later worlds add, as far as it has them.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::{audits, decisions};
use crate::limits::Held;

/// Where a component has what is called.
#[derive(Clone)]
pub(crate) struct ExportsPre {
    component: InstancePre<Held>,
    decisions: decisions::GuestIndices,
    audits: Option<audits::GuestIndices>,
}

/// What is called in an instance.
pub(crate) struct Exports {
    pub decisions: decisions::Guest,
    pub audits: Option<audits::Guest>,
}

impl ExportsPre {
    pub(crate) fn new(component: InstancePre<Held>, audits: bool) -> wasmtime::Result<Self> {
        let decisions = decisions::GuestIndices::new(&component)?;
        let audits = audits.then(|| audits::GuestIndices::new(&component)).transpose()?;
        Ok(Self { component, decisions, audits })
    }

    /// Starts an instance; the types of all that is called are compared.
    pub(crate) fn instantiate(&self, store: &mut Store<Held>) -> wasmtime::Result<Exports> {
        let instance = self.component.instantiate(&mut *store)?;
        let decisions = self.decisions.load(&mut *store, &instance)?;
        let audits = self.audits.as_ref().map(|audits| audits.load(&mut *store, &instance)).transpose()?;
        Ok(Exports { decisions, audits })
    }
}
