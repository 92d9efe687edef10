//! The engine compiles for the oldest machine of this kind, as the project's own does.

fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=HANDOFF_TARGET={target}");
    println!("cargo::rerun-if-changed=build.rs");
}
