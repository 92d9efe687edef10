//! The one configuration of the engine. The build script includes this file as well: a component that was compiled ahead is refused by
//! an engine of another configuration.

use wasmtime::{Config, WasmFeatures};

/// Proposals that the world does without.
const FEATURES_OFF: WasmFeatures =
    WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC).union(WasmFeatures::EXCEPTIONS).union(WasmFeatures::THREADS);

/// The configuration, but for the target, which only a compiler needs to know.
pub(crate) fn engine_config() -> Config {
    let mut config = Config::new();
    // What the world does without is off: less to trust, and other crates that turn such features on change nothing here.
    config.gc_support(false);
    config.wasm_features(FEATURES_OFF, false);
    config.shared_memory(false);
    config.wasm_relaxed_simd(false);
    config.concurrency_support(false);
    // A stopped call is told by its reason, and not by a place in the component: without these maps there is less to load.
    config.generate_address_map(false);
    config.native_unwind_info(false);
    // Relied upon to stop a call that takes too long.
    config.epoch_interruption(true);
    config
}
