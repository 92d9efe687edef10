//! A component with a policy in it: one instance is given the policy, and what its memory holds then is what every instance of the new
//! component begins with. The build script includes this file as well, for the component that is embedded.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{Component, Instance, Lift, Linker, WasmList};
use wasmtime::{Engine, Result, Store, bail};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

/// The export that gives an instance its policy.
const BAKE: &str = "bake";

/// What became of it.
pub(crate) enum Baked {
    /// The component with the policy.
    Component(Vec<u8>),
    /// The policy does not load.
    Refused,
    /// The component is of no world that a policy can be baked into.
    NotBakeable,
}

/// Bakes a policy document (JSON text) into a component, which runs in the store that is made when it is compiled.
pub(crate) fn bake<T: Send + 'static>(
    engine: &Engine,
    component: &[u8],
    document: &str,
    store: impl FnOnce() -> Store<T>,
) -> Result<Baked> {
    let mut wizer = Wizer::new();
    // Kept in the new component, which then is of the same world: others may replace its policy.
    wizer.init_func(BAKE).keep_init_func(true);
    let (context, instrumented) = wizer.instrument_component(component)?;
    let component = Component::from_binary(engine, &instrumented)?;
    if component.get_export_index(None, BAKE).is_none() {
        return Ok(Baked::NotBakeable);
    }
    let mut store = store();
    let instance = Linker::new(engine).instantiate(&mut store, &component)?;
    let bake = instance.get_typed_func::<(&str,), (std::result::Result<(), ()>,)>(&mut store, BAKE)?;
    if bake.call(&mut store, (document,))?.0.is_err() {
        return Ok(Baked::Refused);
    }
    let mut running = Running { store, instance, failed: None };
    let baked = at_once(wizer.snapshot_component(&context, &mut running))?;
    running.failed.map_or_else(|| baked.map(Baked::Component), Err)
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
