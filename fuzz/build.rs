//! Makes one file of the policies that questions are asked by.

#[allow(dead_code, reason = "the command takes more of it")]
#[path = "../host/src/source/part.rs"]
mod part;
#[allow(dead_code, reason = "the command takes more of it")]
#[path = "../host/src/source/yaml.rs"]
mod yaml;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = vec![PathBuf::from("../examples/reference-policy/policy.yaml")];
    for entry in fs::read_dir("../tests/policies")? {
        files.push(entry?.path());
    }
    files.sort();
    println!("cargo::rerun-if-changed=../tests/policies");
    let mut lines = String::new();
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let policy = yaml::to_json(&fs::read_to_string(&file)?, yaml::Empty::Null);
        lines.push_str(&policy.map_err(|faults| format!("{}: {faults:?}", file.display()))?);
        lines.push('\n');
    }
    Ok(fs::write(PathBuf::from(env::var("OUT_DIR")?).join("policies.ndjson"), lines)?)
}
