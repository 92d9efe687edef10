//! Bakes the reference policy into the committed component and compiles both ahead of time, so that a process starts to decide within
//! milliseconds and no cache file is left that could be stale or tampered with. Makes one file of the conformance cases.

#[cfg(feature = "embedded")]
#[path = "src/engine_config.rs"]
mod engine_config;
#[cfg(feature = "cli")]
#[path = "src/conformance/files.rs"]
mod files;
#[cfg(feature = "embedded")]
#[allow(dead_code, reason = "the program takes more of it")]
#[path = "src/source/part.rs"]
mod part;
#[cfg(feature = "embedded")]
#[path = "src/snapshot.rs"]
mod snapshot;
#[cfg(feature = "embedded")]
#[allow(dead_code, reason = "the program takes more of it")]
#[path = "src/source/yaml.rs"]
mod yaml;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = std::env::var("TARGET")?;
    println!("cargo::rustc-env=HANDOFF_TARGET={target}");
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "embedded")]
    {
        use std::{env, fs, path::PathBuf};

        use snapshot::Bakeable;
        use wasmtime::{Engine, Store};

        const COMPONENT: &str = "component/handoff.wasm";
        const REFERENCE_POLICY: &str = "../examples/reference-policy/policy.yaml";
        let sources = ["src/engine_config.rs", "src/snapshot.rs", "src/source/part.rs", "src/source/yaml.rs"];
        for path in sources.into_iter().chain([COMPONENT, REFERENCE_POLICY]) {
            println!("cargo::rerun-if-changed={path}");
        }
        let policy = yaml::to_json(&fs::read_to_string(REFERENCE_POLICY)?, yaml::Empty::Null);
        let policy = policy.map_err(|faults| format!("the reference policy is not read: {faults:?}"))?;
        let mut config = engine_config::engine_config();
        config.target(&target)?;
        let engine = Engine::new(&config)?;
        let mut store = Store::new(&engine, ());
        // Nobody counts epochs here.
        store.set_epoch_deadline(1);
        let component = fs::read(COMPONENT)?;
        let bakeable = Bakeable::of(&engine, &component)?.ok_or("no policy can be baked into the component")?;
        let component = bakeable.bake(&policy, store)?.ok_or("the reference policy does not load: run `handoff check` on it")?;
        let out = PathBuf::from(env::var("OUT_DIR")?);
        fs::write(out.join("reference-policy.json"), policy)?;
        fs::write(out.join("handoff.cwasm"), engine.precompile_component(&component)?)?;
        #[cfg(feature = "cli")]
        {
            for path in ["src/conformance/files.rs", "../tests/cases", "../tests/policies", "../tests/facts"] {
                println!("cargo::rerun-if-changed={path}");
            }
            let cases = files::read("../tests/cases".as_ref()).map_err(|faults| faults.join("\n"))?;
            fs::write(out.join("conformance.json"), cases.to_string())?;
        }
    }
    Ok(())
}
