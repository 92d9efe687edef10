//! The tree is in order: what the documents name exists, files stay readable, the contract is documented, and the rules are complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use handoff_tests::root;
use wit_parser::{Docs, Function, Resolve, Stability, TypeDefKind, TypeOwner, WorldItem};

use crate::docs::{quoted, read};

/// The most lines of a source file: nobody reads longer ones.
const LINES: usize = 1_000;

/// Every file of the project below a folder, by its path from the root; not what is built.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                    open.push(path);
                }
            } else {
                all.push(path.strip_prefix(root()).unwrap().to_path_buf());
            }
        }
    }
    all.sort();
    all
}

fn has_extension(path: &Path, wanted: &[&str]) -> bool {
    path.extension().is_some_and(|extension| wanted.iter().any(|wanted| extension == *wanted))
}

fn is_script(path: &Path) -> bool {
    path.starts_with(".ci")
}

fn text(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents() -> Vec<PathBuf> {
    files(".").into_iter().filter(|path| has_extension(path, &["md"])).collect()
}

/// A document without its blocks of code.
fn prose(document: &str) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// What headings are called in links.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = prose(document);
    let headings = headings.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim().to_lowercase());
    headings
        .map(|heading| {
            heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for path in documents() {
        let document = text(&path);
        for link in prose(&document).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let found = root().join(&target);
            if !found.exists() {
                broken.push(format!("{}: {link}", path.display()));
            } else if let Some(anchor) = anchor
                && !anchors(&fs::read_to_string(found).unwrap()).contains(anchor)
            {
                broken.push(format!("{}: no heading for {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What stands in backticks and looks like a path of the tree is one.
#[test]
fn paths_that_documents_name_exist() {
    let tops = ["docs/", "examples/", "guest/", "host/", "tests/", "wit/", ".ci/"];
    let mut missing = Vec::new();
    for path in documents() {
        let document = prose(&text(&path));
        for name in document.lines().flat_map(quoted) {
            let name = name.split(' ').next().unwrap_or_default().trim_end_matches('/');
            let is_pattern = name.contains(['*', '…']) || name.chars().any(|c| c.is_ascii_uppercase()) && !name.contains('.');
            if tops.iter().any(|top| name.starts_with(top)) && !is_pattern && !root().join(name).exists() {
                missing.push(format!("{}: `{name}`", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// What a comment or a message in the code says to look up exists.
#[test]
fn documents_that_the_code_names_exist() {
    let mut missing = Vec::new();
    for path in files(".").into_iter().filter(|path| has_extension(path, &["rs", "wit", "toml"]) || is_script(path)) {
        let text = text(&path);
        for (at, _) in text.match_indices("docs/") {
            let before = text[..at].chars().next_back();
            let name: String = text[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_')).collect();
            let name = name.trim_end_matches('.');
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '/') && name.contains('.') && !root().join(name).exists() {
                missing.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn files_are_readable() {
    let mut faults = Vec::new();
    // In two parts, so that this file does not hold them.
    let debris = [["TO", "DO"], ["FIX", "ME"], ["XX", "X "]].map(|parts| parts.concat());
    for path in files(".").into_iter().filter(|path| has_extension(path, &["rs", "wit", "toml", "md", "yaml"]) || is_script(path)) {
        let text = text(&path);
        let lines = text.lines().count();
        if lines > LINES && (has_extension(&path, &["rs", "wit"]) || is_script(&path)) {
            faults.push(format!("{}: {lines} lines, {LINES} are the most", path.display()));
        }
        for word in &debris {
            // A placeholder for a serial is none of ours.
            let left = text.lines().position(|line| line.contains(word.as_str()) && !line.contains(&format!("\"{word}\"")));
            if let Some(line) = left {
                faults.push(format!("{}:{}: {word}", path.display(), line + 1));
            }
        }
        let machine = ["/home/", "/root/", "/work/"].into_iter().find(|place| text.contains(place) && !path.ends_with("tidy.rs"));
        if let Some(place) = machine {
            faults.push(format!("{}: a path of some machine, {place}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The rules, in their order.
fn rules() -> Vec<String> {
    let group = |letter: char, last: usize| (1..=last).map(move |number| format!("{letter}{number}"));
    group('F', 8).chain(group('R', 11)).chain(group('D', 12)).chain(group('P', 5)).chain(group('L', 4)).collect()
}

#[test]
fn every_rule_is_told() {
    let document = read("docs/semantics.md");
    let headings = prose(&document);
    let told: Vec<&str> = headings.lines().filter_map(|line| line.strip_prefix("### ")).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(told, rules());
}

#[test]
fn rules_that_are_cited_exist() {
    let rules: BTreeSet<String> = rules().into_iter().collect();
    let mut wrong = Vec::new();
    for path in files(".").into_iter().filter(|path| has_extension(path, &["rs", "wit", "md"])) {
        let text = text(&path);
        for (at, word) in text.match_indices("ule ").chain(text.match_indices("ules ")) {
            let cited: String = text[at + word.len()..].chars().take_while(char::is_ascii_alphanumeric).collect();
            let is_rule =
                cited.len() >= 2 && cited.starts_with(['F', 'R', 'D', 'P', 'L']) && cited[1..].bytes().all(|byte| byte.is_ascii_digit());
            if is_rule && !rules.contains(&cited) {
                wrong.push(format!("{}: rule {cited}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every item of the contract says what it is, and since when it is there.
#[test]
fn the_contract_is_documented() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let mut bare = Vec::new();
    let mut documented = 0;
    let mut told = |docs: &Docs, name: String| match docs.contents.as_deref().map(str::trim) {
        None | Some("") => bare.push(format!("{name} is not documented")),
        Some(_) => documented += 1,
    };
    let mut undated = Vec::new();
    let mut since = |stability: &Stability, name: String| {
        if !matches!(stability, Stability::Stable { .. }) {
            undated.push(format!("{name} has no @since"));
        }
    };
    let package = &resolve.packages[package];
    for (name, id) in &package.interfaces {
        let interface = &resolve.interfaces[*id];
        told(&interface.docs, name.clone());
        since(&interface.stability, name.clone());
        for (function, Function { docs, stability, kind, .. }) in &interface.functions {
            told(docs, format!("{name}.{function}"));
            // What belongs to a resource came with it.
            if kind.resource().is_none() {
                since(stability, format!("{name}.{function}"));
            }
        }
        for (of, id) in &interface.types {
            let definition = &resolve.types[*id];
            if definition.owner != TypeOwner::Interface(interface_id(package, name))
                || matches!(definition.kind, TypeDefKind::Type(wit_parser::Type::Id(_)))
            {
                continue;
            }
            told(&definition.docs, format!("{name}.{of}"));
            since(&definition.stability, format!("{name}.{of}"));
            match &definition.kind {
                TypeDefKind::Record(record) => {
                    record.fields.iter().for_each(|field| told(&field.docs, format!("{name}.{of}.{}", field.name)))
                }
                TypeDefKind::Variant(variant) => {
                    variant.cases.iter().for_each(|case| told(&case.docs, format!("{name}.{of}.{}", case.name)))
                }
                TypeDefKind::Enum(all) => all.cases.iter().for_each(|case| told(&case.docs, format!("{name}.{of}.{}", case.name))),
                TypeDefKind::Flags(flags) => flags.flags.iter().for_each(|flag| told(&flag.docs, format!("{name}.{of}.{}", flag.name))),
                _ => {}
            }
        }
    }
    for (name, id) in &package.worlds {
        let world = &resolve.worlds[*id];
        told(&world.docs, name.clone());
        since(&world.stability, name.clone());
        assert!(world.imports.is_empty(), "the world {name} imports something");
        for item in world.exports.values() {
            match item {
                WorldItem::Interface { .. } => {}
                WorldItem::Function(Function { docs, name: function, .. }) => told(docs, format!("{name}.{function}")),
                WorldItem::Type { .. } => panic!("the world {name} exports a type"),
            }
        }
    }
    bare.append(&mut undated);
    assert!(bare.is_empty(), "{}", bare.join("\n"));
    assert!(documented > 80, "{documented} items");
}

fn interface_id(package: &wit_parser::Package, name: &str) -> wit_parser::InterfaceId {
    package.interfaces[name]
}
