//! A folder of cases and the folders beside it, as one tree. The build script includes this file as well, for the cases that are embedded.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::yaml;

/// Reads a folder of cases, with the `policies` and `facts` that stand beside it, each named by its path without the ending.
///
/// # Errors
/// Every file that can't be read, with what is wrong in it.
pub(crate) fn read(cases: &Path) -> Result<Value, Vec<String>> {
    let mut faults = Vec::new();
    let mut whole = Map::new();
    whole.insert("cases".to_owned(), trees(cases, &mut faults));
    for name in ["policies", "facts"] {
        let folder = cases.join("..").join(name);
        let trees = if folder.is_dir() { trees(&folder, &mut faults) } else { Map::new().into() };
        whole.insert(name.to_owned(), trees);
    }
    if faults.is_empty() { Ok(whole.into()) } else { Err(faults) }
}

/// The YAML files below a folder.
fn trees(folder: &Path, faults: &mut Vec<String>) -> Value {
    let mut files = Vec::new();
    collect(folder, &mut files, faults);
    let mut all = Map::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| vec![error.to_string()]);
        match text.and_then(|text| tree(&text)) {
            Ok(tree) => drop(all.insert(name(folder, &file), tree)),
            Err(told) => faults.extend(told.into_iter().map(|fault| format!("{}: {fault}", file.display()))),
        }
    }
    all.into()
}

/// The path below the folder, the same on every system.
fn name(folder: &Path, file: &Path) -> String {
    let below = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>, faults: &mut Vec<String>) {
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return faults.push(format!("{}: {error}", folder.display())),
    };
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files, faults);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

/// The tree that a YAML document is.
///
/// # Errors
/// What is wrong, each with its place.
pub(crate) fn tree(text: &str) -> Result<Value, Vec<String>> {
    let told = |fault: yaml::Fault| format!("line {}, column {}: {}; {}", fault.mark.line, fault.mark.column, fault.message, fault.help);
    let json = yaml::to_json(text, yaml::Empty::Null).map_err(|faults| faults.into_iter().map(told).collect::<Vec<_>>())?;
    serde_json::from_str(&json).map_err(|error| vec![error.to_string()])
}
