//! Rows of several platforms as one case: which are about the same thing, and what they say of it. What contradicts itself is told and left out:
//! unknown is refused where it matters, and a wrong value would not be.

use std::collections::{BTreeMap, BTreeSet};

use handoff::core::Time;
use serde_json::{Map, Value, json};

use super::{Row, Sort, Told};

/// The ids of things by all that they are called; none of what several are called.
type Ids = BTreeMap<(Sort, String), Option<String>>;

/// A row, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct From {
    pub platform: String,
    pub row: Row,
    /// It says how things were, and the others how they are.
    pub before: bool,
}

impl From {
    pub fn new(platform: &str, row: Row) -> Self {
        Self { platform: platform.to_owned(), row, before: false }
    }
}

/// How things are, and how they were.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    /// The keys of a facts document: how things are.
    pub document: Map<String, Value>,
    /// How they were, by the ids of the document.
    pub was: BTreeMap<(Sort, String), Map<String, Value>>,
    /// Items that were there, and are in none of what is.
    pub gone: Vec<String>,
    pub told: Vec<Told>,
}

/// Rows that are about one thing.
struct Thing {
    sort: Sort,
    rows: Vec<From>,
    /// Everything that it is called.
    names: BTreeSet<String>,
}

/// Joins rows into one document; what contradicts itself is told, with pointers into it.
pub(crate) fn join(all: Vec<From>) -> (Map<String, Value>, Vec<Told>) {
    let Sides { document, told, .. } = sides(all);
    (document, told)
}

/// Joins rows of how things are and of how they were: what is one thing is found over both, by whatever it is called.
pub(crate) fn sides(mut all: Vec<From>) -> Sides {
    // How things are gives the ids.
    all.sort_by_key(|from| from.before);
    let mut sides = Sides::default();
    let things = group(all, &mut sides.told);
    // What is named in other rows is renamed to the first id.
    let mut ids = Ids::new();
    for thing in &things {
        let Some(id) = thing.id() else { continue };
        for name in &thing.names {
            let entry = ids.entry((thing.sort, name.clone())).or_insert_with(|| Some(id.clone()));
            if entry.as_ref() != Some(&id) {
                *entry = None;
            }
        }
    }
    for mut thing in things {
        let (sort, id) = (thing.sort, thing.id().unwrap_or_default());
        let rows = std::mem::take(&mut thing.rows);
        let (before, after): (Vec<From>, Vec<From>) = rows.into_iter().partition(|from| from.before);
        if !before.is_empty() {
            if after.is_empty() {
                sides.gone.push(format!("{}:{id}", sort.one()));
                continue;
            }
            sides.was.insert((sort, id.clone()), merged(sort, &id, before, &ids, &mut sides.told));
        }
        let mut fields = merged(sort, &id, after, &ids, &mut sides.told);
        fields.insert("id".to_owned(), json!(id));
        if let Some(Value::Array(rows)) = Some(sides.document.entry(sort.many()).or_insert_with(|| json!([]))) {
            rows.push(Value::Object(fields));
        }
    }
    sides
}

/// A name of a thing, as names compare: people are called alike in any case.
fn comparable(sort: Sort, name: &str) -> String {
    if sort == Sort::Person { name.trim().to_lowercase() } else { name.trim().to_owned() }
}

/// A serial without case, spaces and dashes.
fn normal(serial: &str) -> String {
    serial.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')).flat_map(char::to_uppercase).collect()
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// What things are found by.
#[derive(Default)]
struct Index {
    names: BTreeMap<(Sort, String), BTreeSet<usize>>,
    marks: BTreeMap<(&'static str, String), BTreeSet<usize>>,
}

/// The serial and the tag of a row, as they compare.
fn marks(row: &Row) -> Vec<(&'static str, String)> {
    if row.sort != Sort::Asset {
        return Vec::new();
    }
    let serial = text(&row.fields, "serial").map(|serial| ("serial", normal(serial)));
    serial.into_iter().chain(text(&row.fields, "tag").map(|tag| ("tag", tag.trim().to_uppercase()))).collect()
}

/// What several records of one platform are called beside their ids: a mailbox or a number that people share names none of them.
fn shared(all: &[From]) -> BTreeSet<(String, bool, Sort, String)> {
    let mut ids: BTreeMap<(String, bool, Sort, String), BTreeSet<String>> = BTreeMap::new();
    for From { platform, row, before } in all {
        let Some(id) = text(&row.fields, "id").map(|id| comparable(row.sort, id)) else { continue };
        for name in row.aliases.iter().map(|name| comparable(row.sort, name)).filter(|name| *name != id) {
            ids.entry((platform.clone(), *before, row.sort, name)).or_default().insert(id.clone());
        }
    }
    ids.into_iter().filter(|(_, ids)| ids.len() > 1).map(|(name, _)| name).collect()
}

/// Finds which rows are about the same thing: by what they are called, and over platforms by serial and tag as well.
fn group(all: Vec<From>, told: &mut Vec<Told>) -> Vec<Thing> {
    let mut things: Vec<Thing> = Vec::new();
    let mut index = Index::default();
    let shared = shared(&all);
    for from in all {
        let sort = from.row.sort;
        let id = text(&from.row.fields, "id").map(str::to_owned);
        let mut names: BTreeSet<String> = id.iter().map(|name| comparable(sort, name)).collect();
        for alias in &from.row.aliases {
            let name = comparable(sort, alias);
            if !names.contains(&name) && shared.contains(&(from.platform.clone(), from.before, sort, name.clone())) {
                let (pointer, why) = (
                    format!("/{}/{}", sort.many(), escaped(id.as_deref().unwrap_or_default())),
                    "several are called so; it names none of them",
                );
                told.push(Told::unclear(pointer, alias.clone(), why.to_owned()));
            } else {
                names.insert(name);
            }
        }
        let marks = marks(&from.row);
        let mut found: BTreeSet<usize> =
            names.iter().filter_map(|name| index.names.get(&(sort, name.clone()))).flatten().copied().collect();
        if found.is_empty() {
            // Two records of one platform with one serial are a mistake of its register, which is for the policy to find.
            let is_other =
                |thing: &&usize| things.get(**thing).is_some_and(|thing| thing.rows.iter().all(|row| row.platform != from.platform));
            // A tag is put on by people: a serial of another device tells more.
            let serial = |row: &Row| text(&row.fields, "serial").map(normal);
            let is_device = |thing: &&usize| {
                let theirs = things.get(**thing).and_then(|thing| thing.rows.iter().find_map(|from| serial(&from.row)));
                theirs.zip(serial(&from.row)).is_none_or(|(theirs, own)| theirs == own)
            };
            found = marks.iter().filter_map(|mark| index.marks.get(mark)).flatten().filter(is_other).filter(is_device).copied().collect();
        }
        let place = match found.iter().copied().collect::<Vec<_>>().as_slice() {
            [one] => *one,
            several => {
                if !several.is_empty() {
                    let others = several.iter().filter_map(|index| things.get(*index)?.id()).collect::<Vec<_>>();
                    let why = format!("it fits several: {}; it is joined with none of them", others.join(", "));
                    let id = id.unwrap_or_default();
                    told.push(Told::unclear(format!("/{}/{}", sort.many(), escaped(&id)), id, why));
                }
                things.push(Thing { sort, rows: Vec::new(), names: BTreeSet::new() });
                things.len() - 1
            }
        };
        for name in &names {
            index.names.entry((sort, name.clone())).or_default().insert(place);
        }
        for mark in marks {
            index.marks.entry(mark).or_default().insert(place);
        }
        if let Some(thing) = things.get_mut(place) {
            thing.names.extend(names);
            thing.rows.push(from);
        }
    }
    things
}

fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

impl Thing {
    /// The id of the first row: the order of the files decides.
    fn id(&self) -> Option<String> {
        self.rows.iter().find_map(|from| text(&from.row.fields, "id")).map(str::to_owned)
    }
}

/// All that the rows of a thing say, where they don't contradict each other.
fn merged(sort: Sort, id: &str, rows: Vec<From>, ids: &Ids, told: &mut Vec<Told>) -> Map<String, Value> {
    let pointer = format!("/{}/{}", sort.many(), escaped(id));
    let mut said: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for From { platform, mut row, .. } in rows {
        // Before they are compared: platforms call the same person differently.
        rename(&mut row.fields, ids);
        for (key, value) in row.fields.into_iter().filter(|(key, _)| key != "id") {
            said.entry(key).or_default().push((platform.clone(), value));
        }
    }
    let mut merged = Map::new();
    for (key, values) in said {
        if let Some(value) = agreed(&key, values, &format!("{pointer}/{}", escaped(&key)), told) {
            merged.insert(key, value);
        }
    }
    merged
}

/// What several say of one field; none, and told, where they contradict each other.
fn agreed(key: &str, mut values: Vec<(String, Value)>, pointer: &str, told: &mut Vec<Told>) -> Option<Value> {
    if values.len() < 2 {
        return values.pop().map(|(_, value)| value);
    }
    // When the record changed, and which version it is, each platform tells of its own record: the first one is meant to be committed.
    if key == "version" {
        return values.into_iter().next().map(|(_, value)| value);
    }
    if key == "updated_at" {
        return values.into_iter().map(|(_, value)| value).max_by_key(|value| moment(Some(value)));
    }
    if values.iter().all(|(_, value)| value.is_array()) {
        let mut list: Vec<Value> = Vec::new();
        let mut there: BTreeSet<String> = BTreeSet::new();
        for item in values.into_iter().flat_map(|(_, value)| if let Value::Array(items) = value { items } else { Vec::new() }) {
            if there.insert(item.to_string()) {
                list.push(item);
            }
        }
        return Some(Value::Array(list));
    }
    if key == "attributes" && values.iter().all(|(_, value)| value.is_object()) {
        let mut said: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
        for (platform, value) in values {
            if let Value::Object(attributes) = value {
                for (name, value) in attributes {
                    said.entry(name).or_default().push((platform.clone(), value));
                }
            }
        }
        let agreed = said.into_iter().filter_map(|(name, values)| {
            let pointer = format!("{pointer}/{}", escaped(&name));
            Some((name, attribute(values, &pointer, told)?))
        });
        return Some(Value::Object(agreed.collect()));
    }
    let form = |value: &Value| match (key, value) {
        ("serial", Value::String(serial)) => json!(normal(serial)),
        (_, value) => value.clone(),
    };
    one_of(values, pointer, told, &form)
}

/// The value that all tell, in the words of the first.
fn one_of(values: Vec<(String, Value)>, pointer: &str, told: &mut Vec<Told>, form: &dyn Fn(&Value) -> Value) -> Option<Value> {
    let first = values.first().map(|(_, value)| form(value));
    if values.iter().all(|(_, value)| Some(form(value)) == first) {
        return values.into_iter().next().map(|(_, value)| value);
    }
    let says: Vec<String> = values.iter().map(|(platform, value)| format!("{platform} says {}", shown(value))).collect();
    let why = format!("the platforms contradict each other, and it is left out: {}", says.join(", "));
    told.push(Told::unclear(pointer.to_owned(), String::new(), why));
    None
}

/// The newest record of an attribute, where all tell the same value.
fn attribute(values: Vec<(String, Value)>, pointer: &str, told: &mut Vec<Told>) -> Option<Value> {
    let newest = values.iter().map(|(_, value)| value).max_by_key(|value| moment(value.get("observed_at"))).cloned();
    let value = |value: &Value| value.get("value").cloned().unwrap_or_else(|| value.clone());
    one_of(values, pointer, told, &value).and(newest)
}

fn moment(value: Option<&Value>) -> Option<i64> {
    value.and_then(Value::as_str).and_then(|text| Time::parse(text).ok()).map(Time::ms)
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("`{text}`"))
}

/// What refers to things by another name than their id gets the id.
fn rename(fields: &mut Map<String, Value>, ids: &Ids) {
    let id = |sort: Sort, name: &str| ids.get(&(sort, comparable(sort, name))).cloned().flatten();
    for (key, value) in fields.iter_mut() {
        refer(key, value, &id);
    }
}

/// Renames what one value refers to, by the key that it stands under.
fn refer(key: &str, value: &mut Value, id: &dyn Fn(Sort, &str) -> Option<String>) {
    let of = |sort: Sort, text: &str| id(sort, text);
    let item = |text: &str| {
        let (of_sort, name) = text.split_once(':')?;
        let sort = Sort::ALL.into_iter().find(|sort| sort.one() == of_sort)?;
        of(sort, name).map(|id| format!("{of_sort}:{id}"))
    };
    let renamed = match (key, &*value) {
        (
            "subject" | "requester" | "assignee" | "manager" | "held_by" | "steward" | "by" | "second" | "requested_by" | "same_as",
            Value::String(text),
        ) => of(Sort::Person, text),
        ("asset" | "replaces" | "links" | "assets", Value::String(text)) => of(Sort::Asset, text),
        ("ticket", Value::String(text)) => of(Sort::Ticket, text),
        ("owner" | "from" | "to" | "item" | "items", Value::String(text)) => item(text),
        _ => None,
    };
    if let Some(renamed) = renamed {
        *value = Value::String(renamed);
        return;
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| refer(key, value, id)),
        Value::Object(object) if key != "attributes" => object.iter_mut().for_each(|(key, value)| refer(key, value, id)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(platform: &str, sort: Sort, aliases: &[&str], fields: Value) -> From {
        let Value::Object(fields) = fields else { panic!("fields") };
        From {
            platform: platform.to_owned(),
            row: Row { sort, fields, aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect() },
            before: false,
        }
    }

    #[test]
    fn one_case_comes_of_several_platforms() {
        let (document, told) = join(vec![
            from("desk", Sort::Ticket, &[], json!({"id": "T1", "subject": "SYS9", "links": ["ci-1"], "approvals": [{"by": "sys9"}]})),
            from(
                "desk",
                Sort::Asset,
                &["ci-1"],
                json!({"id": "LT-1", "serial": "pf-3 x9", "owner": "person:sys9", "attributes": {"model": "X1"}}),
            ),
            from("mdm", Sort::Asset, &[], json!({"id": "PF3X9", "serial": "PF3X9", "attributes": {"disk_encrypted": {"value": true}}})),
            from("hr", Sort::Person, &["ann@example.org"], json!({"id": "77", "name": "Ann"})),
            from("desk", Sort::Person, &["Ann@example.org"], json!({"id": "sys9", "name": "Ann", "department": "it"})),
        ]);
        assert_eq!(told, []);
        let expected = json!({
            "assets": [{"id": "LT-1", "serial": "pf-3 x9", "owner": "person:77", "attributes": {"disk_encrypted": {"value": true}, "model": "X1"}}],
            "people": [{"id": "77", "name": "Ann", "department": "it"}],
            "tickets": [{"id": "T1", "subject": "77", "links": ["LT-1"], "approvals": [{"by": "77"}]}],
        });
        assert_eq!(Value::Object(document), expected);
    }

    #[test]
    fn a_name_that_several_share_joins_nobody() {
        let (document, told) = join(vec![
            from("a", Sort::Person, &["sales@example.org"], json!({"id": "john", "status": "active"})),
            from("a", Sort::Person, &["sales@example.org"], json!({"id": "jane", "status": "left"})),
            from("b", Sort::Ticket, &[], json!({"id": "T1", "subject": "jane"})),
        ]);
        assert_eq!(told.len(), 2);
        assert_eq!(document["people"].as_array().map(Vec::len), Some(2));
        assert_eq!(document["tickets"][0]["subject"], "jane");
    }

    #[test]
    fn a_tag_does_not_join_devices_of_two_serials() {
        let (document, _) = join(vec![
            from("a", Sort::Asset, &[], json!({"id": "A", "tag": "1001", "serial": "AAA111"})),
            from("b", Sort::Asset, &[], json!({"id": "B", "tag": "1001", "serial": "BBB222"})),
            from("c", Sort::Asset, &[], json!({"id": "C", "tag": "1001"})),
        ]);
        assert_eq!(document["assets"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn contradictions_are_told_and_left_out() {
        let (document, told) = join(vec![
            from(
                "a",
                Sort::Asset,
                &[],
                json!({"id": "1", "serial": "S1", "owner": "person:x", "attributes": {"e": {"value": true, "observed_at": "2026-01-01T00:00:00Z"}}}),
            ),
            from("b", Sort::Asset, &[], json!({"id": "2", "serial": "s-1", "owner": null, "attributes": {"e": {"value": false}}})),
        ]);
        assert_eq!(Value::Object(document), json!({"assets": [{"id": "1", "serial": "S1", "attributes": {}}]}));
        let told: Vec<(&str, &str)> = told.iter().map(|told| (told.pointer.as_str(), told.why.as_str())).collect();
        let why = "the platforms contradict each other, and it is left out: ";
        let expected = [
            (
                "/assets/1/attributes/e",
                format!(r#"{why}a says {{"observed_at":"2026-01-01T00:00:00Z","value":true}}, b says {{"value":false}}"#),
            ),
            ("/assets/1/owner", format!("{why}a says `person:x`, b says null")),
        ];
        assert_eq!(told, expected.each_ref().map(|(pointer, why)| (*pointer, why.as_str())));
    }

    #[test]
    fn what_fits_several_is_joined_with_none() {
        let (document, told) = join(vec![
            from("a", Sort::Asset, &[], json!({"id": "1", "serial": "S1"})),
            from("a", Sort::Asset, &[], json!({"id": "2", "serial": "S1"})),
            from("b", Sort::Asset, &[], json!({"id": "3", "serial": "S1"})),
        ]);
        assert_eq!(document.get("assets").and_then(Value::as_array).map(Vec::len), Some(3));
        assert_eq!(told.first().map(|told| told.why.as_str()), Some("it fits several: 1, 2; it is joined with none of them"));
    }
}
