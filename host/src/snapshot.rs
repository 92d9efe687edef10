//! A component with a policy in it: one instance is given the policy, and what its memory holds then is what every instance of the new
//! component begins with. The build script includes this file as well, for the component that is embedded.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{Component, Instance, Lift, Linker, WasmList};
use wasmtime::{Engine, Result, Store, bail};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

/// The export that gives an instance its policy.
const BAKE: &str = "bake";

/// A component that policies can be baked into, made so that its memory can be read.
pub(crate) struct Bakeable<'a> {
    wizer: Wizer,
    context: ComponentContext<'a>,
    pub component: Component,
}

impl<'a> Bakeable<'a> {
    /// Prepares a component; none where it is of no world that a policy can be baked into.
    pub fn of(engine: &Engine, component: &'a [u8]) -> Result<Option<Self>> {
        let mut wizer = Wizer::new();
        // Kept in the new component, which then is of the same world.
        wizer.init_func(BAKE).keep_init_func(true);
        let (context, instrumented) = wizer.instrument_component(component)?;
        let component = Component::from_binary(engine, &instrumented)?;
        let is_bakeable = component.get_export_index(None, BAKE).is_some();
        Ok(is_bakeable.then_some(Self { wizer, context, component }))
    }

    /// Bakes a policy document (JSON text), in an instance that runs in the store; none where the policy does not load.
    pub fn bake<T: Send + 'static>(&self, document: &str, mut store: Store<T>) -> Result<Option<Vec<u8>>> {
        let linker = Linker::new(store.engine());
        let instance = linker.instantiate(&mut store, &self.component)?;
        let bake = instance.get_typed_func::<(&str,), (std::result::Result<(), ()>,)>(&mut store, BAKE)?;
        if bake.call(&mut store, (document,))?.0.is_err() {
            return Ok(None);
        }
        let mut running = Running { store, instance, failed: None };
        let baked = at_once(self.wizer.snapshot_component(&self.context, &mut running))?;
        running.failed.map_or_else(|| baked.map(Some), Err)
    }
}

/// What a future gives that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => bail!("the state of the component is not there at once"),
    }
}

/// An instance whose state is read. What fails is kept, as the reader has no word for it.
struct Running<T: 'static> {
    store: Store<T>,
    instance: Instance,
    failed: Option<wasmtime::Error>,
}

impl<T: Send> Running<T> {
    fn read<R: Lift + 'static, V: Default>(&mut self, instance: &str, name: &str, read: impl FnOnce(&mut Store<T>, R) -> V) -> V {
        let mut call = || {
            let within = self.instance.get_export_index(&mut self.store, None, instance);
            let export = within.and_then(|within| self.instance.get_export_index(&mut self.store, Some(&within), name));
            let Some(export) = export else { bail!("`{instance}` has no `{name}`") };
            self.instance.get_typed_func::<(), (R,)>(&mut self.store, export)?.call(&mut self.store, ())
        };
        match call() {
            Ok((value,)) => read(&mut self.store, value),
            Err(error) => {
                self.failed.get_or_insert(error);
                V::default()
            }
        }
    }
}

impl<T: Send> ComponentInstanceState for Running<T> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        self.read(instance, name, |store, list: WasmList<u8>| contents(list.as_le_slice(&store)));
    }

    async fn call_func_ret_s32(&mut self, instance: &str, name: &str) -> i32 {
        self.read(instance, name, |_, value| value)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, name: &str) -> i64 {
        self.read(instance, name, |_, value| value)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, name: &str) -> u32 {
        self.read(instance, name, |_, value: f32| value.to_bits())
    }

    async fn call_func_ret_f64(&mut self, instance: &str, name: &str) -> u64 {
        self.read(instance, name, |_, value: f64| value.to_bits())
    }
}
