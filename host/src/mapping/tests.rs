//! What holds of every filter: nothing of a payload is lost without being told, and what is told as read makes a difference.

use std::fs;
use std::path::{Path, PathBuf};

use handoff::Component;
use jaq_json::{Num, Val};
use serde_json::Value;

use super::*;
use crate::source::{Sort as SourceSort, Source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn yaml(text: &str) -> Value {
    serde_json::from_str(Source::of("tables.yaml".to_owned(), text.as_bytes(), SourceSort::Facts).json().unwrap()).unwrap()
}

fn settings() -> Settings {
    let mut instance = Component::embedded().unwrap().start().unwrap();
    let policy = instance.builtin_policy().unwrap().unwrap();
    let policy = serde_json::from_str(&instance.describe(&policy).unwrap()).unwrap();
    let mut all = yaml(tables::DEFAULT);
    tables::put(yaml(&fs::read_to_string(root().join("tests/mappings/tables.yaml")).unwrap()), &mut all);
    Settings { tables: all, zone: Offset::parse("+01:00").ok(), policy }
}

fn mapping(platform: &str, settings: &Settings) -> Mapping {
    let known = platforms().iter().find(|known| known.name == platform).unwrap();
    Mapping::new(platform, &format!("{platform}.jq"), known.code, settings).unwrap_or_else(|why| panic!("{why}"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

fn documents(path: &Path) -> Vec<Document> {
    let mut documents = Documents::open(path).unwrap();
    std::iter::from_fn(|| documents.next().unwrap_or_else(|why| panic!("{}: {why}", path.display()))).collect()
}

/// Every value of a document with its path.
fn leaves_of(value: &Val, path: &mut Vec<Val>, all: &mut Vec<(Vec<Val>, Val)>) {
    match value {
        Val::Obj(object) => {
            for (key, value) in object.iter() {
                path.push(key.clone());
                leaves_of(value, path, all);
                path.pop();
            }
        }
        Val::Arr(values) => {
            for (index, value) in values.iter().enumerate() {
                path.push(Val::Num(Num::Int(isize::try_from(index).unwrap())));
                leaves_of(value, path, all);
                path.pop();
            }
        }
        value => all.push((path.clone(), value.clone())),
    }
}

/// The document with another value at a path.
fn changed(value: &Val, path: &[Val], to: &Val) -> Val {
    let Some((step, rest)) = path.split_first() else { return to.clone() };
    match value {
        Val::Obj(object) => Val::obj(
            object.iter().map(|(key, value)| (key.clone(), if key == step { changed(value, rest, to) } else { value.clone() })).collect(),
        ),
        Val::Arr(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let here = matches!(step, Val::Num(Num::Int(at)) if usize::try_from(*at) == Ok(index));
                if here { changed(value, rest, to) } else { value.clone() }
            })
            .collect(),
        _ => panic!("a path leads nowhere"),
    }
}

/// Others in place of a value: one of them at least has to make a difference, where the value is read.
fn others(value: &Val) -> Vec<Val> {
    match value {
        Val::Bool(value) => vec![Val::Bool(!value), Val::from("neither".to_owned())],
        Val::Num(_) => vec![Val::Num(Num::Int(987)), Val::from("no number".to_owned())],
        // `done` is a word that decides.
        _ => vec![Val::from("7 quite another".to_owned()), Val::from("done".to_owned()), Val::Null],
    }
}

fn outcome(mapping: &Mapping, value: Val) -> String {
    match mapping.map(&Document { value, line: None }) {
        Ok(Mapped { rows, told, .. }) => format!("{rows:?} {told:?}"),
        Err(why) => why,
    }
}

/// A value is told, or is left out for a reason, or makes a difference: for each value of each payload.
#[test]
fn nothing_is_lost_without_being_told() {
    let settings = settings();
    let (mut values, mut lost) = (0, Vec::new());
    for platform in platforms() {
        let mapping = mapping(platform.name, &settings);
        for path in files(&root().join("tests/mappings").join(platform.name)) {
            for Document { value, .. } in documents(&path) {
                let before = outcome(&mapping, value.clone());
                let Ok(mapped) = mapping.map(&Document { value: value.clone(), line: None }) else { continue };
                let mut all = Vec::new();
                leaves_of(&value, &mut Vec::new(), &mut all);
                for (path_of, leaf) in all {
                    values += 1;
                    let pointer = leaves::pointer(&path_of.iter().map(answer::step).collect::<Vec<_>>());
                    let says_nothing =
                        leaf == Val::Null || text(&leaf).is_some_and(|text| mapping.filter.words().nothing.contains(text.trim()));
                    let is_told = mapped.told.iter().any(|told| pointer.starts_with(&told.pointer) && !told.pointer.is_empty());
                    if says_nothing || is_told || mapping.is_ignored(&value, &path_of) {
                        continue;
                    }
                    if others(&leaf).iter().all(|other| outcome(&mapping, changed(&value, &path_of, other)) == before) {
                        lost.push(format!("{}: {pointer} `{leaf}`", path.display()));
                    }
                }
            }
        }
    }
    assert!(values > 1_000, "{values} values");
    assert!(lost.is_empty(), "{} of {values} values are lost:\n{}", lost.len(), lost.join("\n"));
}

impl Mapping {
    /// Whether a filter leaves a value out for a reason.
    fn is_ignored(&self, value: &Val, path: &[Val]) -> bool {
        let steps: Vec<String> = path.iter().map(answer::step).collect();
        let records: Vec<Val> = self.filter.ask(Ask::Records, value.clone()).unwrap();
        let Some(record) = records.iter().flat_map(answer::items).find(|record| steps.starts_with(&answer::steps(record))) else {
            return self.ignored.get(AROUND).is_some_and(|around| around.cover(&steps));
        };
        let shape = self.filter.ask(Ask::Shape, answer::at(value, record).unwrap()).unwrap().pop().and_then(|shape| text(&shape));
        let inside = &steps[answer::steps(record).len()..];
        [shape.as_deref().unwrap_or_default(), EVERY]
            .iter()
            .any(|shape| self.ignored.get(*shape).is_some_and(|ignored| ignored.cover(inside)))
    }
}

/// The platform that a file of the shared payloads is of.
fn platform_of(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let folder = path.components().rev().nth(1)?.as_os_str().to_string_lossy().into_owned();
    let known = match folder.as_str() {
        "rt" => "request-tracker",
        "snipeit" => "snipe-it",
        "hr" => return platforms().iter().map(|platform| platform.name).find(|platform| name.starts_with(platform)),
        other => return platforms().iter().map(|platform| platform.name).find(|platform| *platform == other),
    };
    Some(known)
}

/// Payloads that the platforms themselves sent lie beside the project on some machines.
#[test]
fn real_payloads_map_without_an_unexplained_loss() {
    let folder = root().join("../shared/data");
    if !folder.is_dir() {
        return;
    }
    let settings = settings();
    let (mut checked, mut refused, mut rows, mut wrong) = (0, 0, 0, Vec::new());
    for path in files(&folder) {
        let Some(platform) = platform_of(&path) else { continue };
        let mapping = mapping(platform, &settings);
        checked += 1;
        for document in documents(&path) {
            match mapping.map(&document) {
                Ok(mapped) => {
                    rows += mapped.rows.len();
                    let unexplained =
                        mapped.told.iter().filter(|told| told.is_unread || told.why.contains("no record that the mapping knows"));
                    wrong.extend(unexplained.map(|told| format!("{}: {} `{}`: {}", path.display(), told.pointer, told.value, told.why)));
                }
                Err(why) if why.starts_with("there are no facts in it: ") => refused += 1,
                Err(why) => wrong.push(format!("{}: {why}", path.display())),
            }
        }
    }
    let mut said = std::io::stderr().lock();
    std::io::Write::write_all(&mut said, format!("{checked} real payloads, {rows} rows, {refused} refused with a reason\n").as_bytes())
        .unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 50, "{checked} files");
}

#[test]
fn every_platform_has_tables_and_reasons() {
    let tables = yaml(tables::DEFAULT);
    assert_eq!(tables::check(&tables), Ok(()));
    for name in tables.as_object().unwrap().keys() {
        assert!(platforms().iter().any(|platform| platform.name == name), "tables for `{name}`, which is no platform");
    }
}
