//! Compiles the committed component ahead of time, so that a process starts to decide within milliseconds and no cache file is left
//! that could be stale or tampered with. For the same reason the reference policy is made into JSON here.

#[cfg(feature = "embedded")]
#[path = "src/engine_config.rs"]
mod engine_config;
#[cfg(feature = "cli")]
#[allow(dead_code, reason = "the program takes more of it")]
#[path = "src/source/part.rs"]
mod part;
#[cfg(feature = "cli")]
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

        println!("cargo::rerun-if-changed=src/engine_config.rs");
        println!("cargo::rerun-if-changed=component/handoff.wasm");
        let mut config = engine_config::engine_config();
        config.target(&target)?;
        let component = fs::read("component/handoff.wasm")?;
        let compiled = wasmtime::Engine::new(&config)?.precompile_component(&component)?;
        fs::write(PathBuf::from(env::var("OUT_DIR")?).join("handoff.cwasm"), compiled)?;
    }
    #[cfg(feature = "cli")]
    {
        use std::{env, fs, path::PathBuf};

        const REFERENCE_POLICY: &str = "../examples/reference-policy/policy.yaml";
        for path in [REFERENCE_POLICY, "src/source/part.rs", "src/source/yaml.rs"] {
            println!("cargo::rerun-if-changed={path}");
        }
        let json = yaml::to_json(&fs::read_to_string(REFERENCE_POLICY)?, yaml::Empty::Null);
        let json = json.map_err(|faults| format!("the reference policy is not read: {faults:?}"))?;
        fs::write(PathBuf::from(env::var("OUT_DIR")?).join("reference-policy.json"), json)?;
    }
    Ok(())
}
