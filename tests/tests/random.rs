//! Random policies, facts and changes, made from a number: the same number gives the same.

pub(crate) use handoff_tests::choices::Choices;
use serde_json::{Map, Value, json};

pub(crate) type Path = Vec<String>;

/// Every place in the facts from which something can be taken: keys of objects and rows of lists. The time and the actor belong to the
/// question.
pub(crate) fn places(value: &Value, at: &mut Path, all: &mut Vec<Path>) {
    let mut each = |key: String, inner: &Value| {
        if at.is_empty() && ["at", "actor", "$schema"].contains(&key.as_str()) {
            return;
        }
        at.push(key);
        all.push(at.clone());
        places(inner, at, all);
        at.pop();
    };
    match value {
        Value::Object(keys) => keys.iter().for_each(|(key, inner)| each(key.clone(), inner)),
        Value::Array(rows) => rows.iter().enumerate().for_each(|(index, inner)| each(index.to_string(), inner)),
        _ => {}
    }
}

pub(crate) fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(rows) => rows.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    })
}

pub(crate) fn without(value: &Value, path: &[String]) -> Value {
    let mut all = value.clone();
    let (last, parents) = path.split_last().unwrap();
    let parent = parents.iter().fold(&mut all, |value, key| match value {
        Value::Array(rows) => &mut rows[key.parse::<usize>().unwrap()],
        value => &mut value[key],
    });
    match parent {
        Value::Array(rows) => {
            rows.remove(last.parse().unwrap());
        }
        parent => {
            parent.as_object_mut().unwrap().remove(last);
        }
    }
    all
}

/// How facts or a policy are changed at random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// So that they can mostly still be read.
    Sound,
    /// In any way.
    Wild,
}

/// Changes one place: takes it away, doubles it, or puts something there that stands elsewhere, or nowhere.
pub(crate) fn change(tree: &mut Value, choices: &mut Choices, how: Change) {
    let mut paths = Vec::new();
    places(tree, &mut Vec::new(), &mut paths);
    if paths.is_empty() {
        return;
    }
    let path = choices.of(&paths).clone();
    match choices.below(6) {
        0 => *tree = without(tree, &path),
        1 => double(tree, &path),
        2 | 3 => {
            // The same key with the value that it has elsewhere.
            let same: Vec<&Path> = paths.iter().filter(|other| other.last() == path.last() && other.len() == path.len()).collect();
            let from = same[choices.below(same.len())];
            let value = find(tree, from).cloned().unwrap_or_default();
            put(tree, &path, value);
        }
        4 if how == Change::Sound => put(tree, &path, Value::Null),
        _ if how == Change::Sound => {
            let value = find(tree, &path).cloned().unwrap_or_default();
            put(tree, &path, near(value, choices));
        }
        _ => {
            let value = anything(choices, 3);
            put(tree, &path, value);
        }
    }
}

fn put(tree: &mut Value, path: &[String], value: Value) {
    let place = path.iter().fold(tree, |value, key| match value {
        Value::Array(rows) => &mut rows[key.parse::<usize>().unwrap()],
        value => &mut value[key],
    });
    *place = value;
}

fn double(tree: &mut Value, path: &[String]) {
    let (last, parents) = path.split_last().unwrap();
    let value = find(tree, path).cloned().unwrap_or_default();
    let parent = parents.iter().fold(tree, |value, key| match value {
        Value::Array(rows) => &mut rows[key.parse::<usize>().unwrap()],
        value => &mut value[key],
    });
    match parent {
        Value::Array(rows) => rows.push(value),
        parent => {
            parent.as_object_mut().unwrap().insert(format!("{last}-2"), value);
        }
    }
}

/// Another value of the same sort.
fn near(value: Value, choices: &mut Choices) -> Value {
    const TEXTS: [&str; 12] =
        ["passed", "failed", "approved", "refused", "done", "open", "skipped", "scanned", "typed", "issue", "collect", "S-000"];
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) => match text.get(..10) {
            // A time or a day: some days off.
            Some(day) if day.chars().filter(char::is_ascii_digit).count() == 8 => {
                let day = format!("{}{:02}{}", &text[..8], 1 + choices.below(28), &text[10..]);
                json!(day)
            }
            _ => json!(choices.of(&TEXTS)),
        },
        value => value,
    }
}

/// Any JSON.
fn anything(choices: &mut Choices, depth: usize) -> Value {
    const TEXTS: [&str; 20] = [
        "",
        " ",
        "asset:LT-1",
        "ticket:",
        "task:a/b/c",
        "person:ann",
        "department:",
        "2026-02-30",
        "9999-12-31",
        "0001-01-01",
        "2026-03-10T09:00:00Z",
        "9999-12-31T23:59:59.999+00:00",
        "0001-01-01T00:00:00-14:00",
        "P99999999999W",
        "-P1D",
        "+14:00",
        "all",
        "a -> b",
        "\u{0}",
        "ÄÖ\u{1f600}",
    ];
    match choices.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(choices.one_in(2)),
        2 => json!(*choices.of(&[0, 1, -1, i64::MAX, i64::MIN, 9_007_199_254_740_991_i64, 9_007_199_254_740_992_i64])),
        3 => json!(*choices.of(&[0.5, 1e300, -0.0, 1e-300])),
        4 => json!(choices.of(&TEXTS)),
        5 => (0..choices.below(4)).map(|_| anything(choices, depth - 1)).collect(),
        _ => Value::Object(
            (0..choices.below(4)).map(|_| ((*choices.of(&TEXTS)).to_owned(), anything(choices, depth - 1))).collect::<Map<_, _>>(),
        ),
    }
}

/// A policy of made-up names in which every form may stand anywhere; not all that come out load.
pub(crate) fn invented_policy(choices: &mut Choices) -> Value {
    let mut requirements = Map::new();
    for number in 0..8 {
        requirements.insert(format!("q{number}"), invented_requirement(choices, number < 4, 2));
    }
    let gate = |choices: &mut Choices, assets: bool| -> Value {
        let first = if assets { 0 } else { 4 };
        let named = |choices: &mut Choices| json!(format!("q{}", first + choices.below(4)));
        let count = choices.below(3);
        let one = |_| if choices.one_in(3) { invented_requirement(choices, assets, 1) } else { named(choices) };
        let mut all: Vec<Value> = (0..count).map(one).collect();
        all.dedup();
        json!(all)
    };
    let edge = |choices: &mut Choices, assets: bool| {
        json!({
            "responsible": [format!("r{}", choices.below(3))], "accountable": format!("r{}", choices.below(3)), "informed": ["r0", "r1", "r2"],
            "requirements": gate(choices, assets), "self_service": choices.one_in(4), "link_roles": if choices.one_in(3) { json!(["issue"]) } else { json!([]) },
        })
    };
    let (mut states, mut transitions) = (Map::new(), Map::new());
    transitions.insert("-> s0".to_owned(), edge(choices, true));
    for number in 0..5 {
        let category = if number == 4 { "gone" } else { *choices.of(&["pending", "stock", "held", "returning"]) };
        let mut state = json!({"category": category, "gate": gate(choices, true), "longest_stay": "P5D", "sop": "S", "protective": category == "returning" && choices.one_in(2)});
        if number < 4 {
            state["main"] = json!(format!("s{}", number + 1));
            transitions.insert(format!("s{number} -> s{}", number + 1), edge(choices, true));
        }
        if number > 1 && choices.one_in(2) {
            transitions.insert(format!("s{number} -> s{}", choices.below(number - 1)), edge(choices, true));
        }
        states.insert(format!("s{number}"), state);
    }
    let waivable =
        |name: &&str| requirements.get(*name).is_some_and(|one| one.get("reconciled").is_none() && one.get("waivable").is_none());
    let waives: Vec<&str> = ["q0", "q1", "q2", "q4", "q5"].into_iter().filter(waivable).collect();
    let gone = |choices: &mut Choices, closing: &str| json!({"closing": closing, "gate": gate(choices, false)});
    json!({
        "format": 1, "name": "invented", "version": "1",
        "calendar": {"utc_offset": "+01:00", "clock_skew": if choices.one_in(2) { "PT5M" } else { "PT0S" }},
        "limits": {"baseline_until": "2026-12-31", "allow": "PT30M"},
        "serials": {"prefixes": ["S"], "placeholders": ["none yet"]},
        "roles": {"r0": {"title": "R", "department": "d0"}, "r1": {"title": "R"}, "r2": {"title": "R", "relation": "manager"}},
        "departments": {"d0": {"title": "D"}, "d1": {"title": "D"}},
        "classes": {"h0": {"title": "H"}, "h1": {"title": "H"}},
        "kinds": {
            "k0": {"title": "K", "class": "h0", "identified_by": choices.of(&["serial", "tag", "number", "login", "none"])},
            "k1": {"title": "K", "class": "h1", "identified_by": "none"},
        },
        "ticket_kinds": {"t0": {"title": "T", "link_role": "issue"}, "t1": {"title": "T", "whole_subject": choices.one_in(2)}},
        "checks": {"c0": {"title": "C"}, "c1": {"title": "C", "proves_return": true}},
        "attributes": {
            "b": {"title": "B", "type": "boolean"}, "n": {"title": "N", "type": "number"}, "t": {"title": "T", "type": "time"}, "v": {"title": "V", "type": "version"},
        },
        "sops": {"S": {"title": "S", "owner": "r0", "reviewed_at": "2026-01-01", "steps": ["One", "Two"]}},
        "checklists": {"l": {"title": "L", "entries": {"e0": {"title": "E", "department": "d0"}, "e1": {"title": "E", "department": "d1", "may_skip": true}}}},
        "requirements": requirements,
        "exception_kinds": {
            "x": {
                "title": "X", "waives": waives,
                "approvals": [{"roles": ["r0", "r1"], "count": 1 + choices.below(2)}], "longest": "P30D", "at_closure": choices.one_in(2),
                "reconcile": {"steps": {"later": "Later"}, "roles": ["r1"]},
            },
        },
        "task_templates": {"w": {"title": "W", "tickets": ["t0"], "department": "d0", "responsible": ["r0"], "accountable": "r1", "each": {"roles": ["issue"]}, "requirements": ["q0"]}},
        "workflows": {
            "things": {"title": "Things", "assets": ["k0", "k1"], "states": states, "transitions": transitions},
            "papers": {
                "title": "Papers", "tickets": ["t0", "t1"], "closes_in": "done",
                "states": {"open": {"main": "done", "longest_stay": "P5D", "sop": "S"}, "done": gone(choices, "fulfilled"), "off": gone(choices, "cancelled"), "twice": gone(choices, "duplicate")},
                "transitions": {"-> open": edge(choices, false), "open -> done": edge(choices, false), "open -> off": edge(choices, false), "open -> twice": edge(choices, false)},
            },
        },
    })
}

fn pick(choices: &mut Choices, list: Value) -> Value {
    list.as_array().map_or(Value::Null, |list| choices.of(list).clone())
}

fn invented_requirement(choices: &mut Choices, asset: bool, depth: usize) -> Value {
    let inner = |choices: &mut Choices, asset: bool| -> Value {
        (0..=choices.below(2)).map(|_| invented_requirement(choices, asset, depth - 1)).collect()
    };
    let mut one = match choices.below(if depth == 0 { 10 } else { 13 }) {
        0 => pick(
            choices,
            json!([{"attribute": "b", "equals": true}, {"attribute": "n", "at_least": 3}, {"attribute": "n", "at_most": 9}, {"attribute": "v", "version_at_least": "1.2"},
            {"attribute": "t", "within": "P30D"}, {"attribute": "b", "present": true, "observed_within": "P7D"}, {"attribute": "n", "one_of": [1, 2, 3], "sources": ["mdm"]}, {"attribute": "t", "none": true}]),
        ),
        1 => pick(
            choices,
            json!([{"evidence": "c0"}, {"evidence": "c1", "by": ["r0"], "means": ["scanned"]}, {"evidence": "c0", "within": "P30D"}, {"evidence": "c0", "other_than": {"checks": ["c1"], "actor": true}}]),
        ),
        2 => pick(
            choices,
            json!([{"approval": ["r0", "r2"]}, {"approval": ["r1"], "count": 2}, {"approval": ["r0"], "covers": ["subject", "assets"]}]),
        ),
        3 if asset => pick(
            choices,
            json!([{"signature": "receipt"}, {"signature": "return", "by": "owner"}, {"signature": "receipt", "by": "manager"}]),
        ),
        3 => json!({"checklist": "l"}),
        4 if asset => pick(
            choices,
            json!([{"owner": "promised"}, {"owner": "none"}, {"owner": "person"}, {"location": "promised"}, {"location": "recorded"}, {"location": "listed", "places": ["Berlin"]}]),
        ),
        4 => pick(choices, json!([{"tasks": "all"}, {"tasks": ["d0"]}])),
        5 if asset => pick(
            choices,
            json!([{"identity": "recorded"}, {"identity": "unique"}, {"availability": "free"}, {"availability": "none-free"}, {"category": ["stock", "held"]}]),
        ),
        5 => pick(choices, json!([{"nothing_held": "all"}, {"nothing_held": ["h0"]}])),
        6 => json!({"reconciled": true}),
        7 => pick(choices, json!([{"timing": "first-day", "not_before": "-P3D"}, {"timing": "last-day", "not_after": "P30D"}])),
        8 => json!({"return_shipment": ["label_sent", "deadline", "received"]}),
        9 => pick(
            choices,
            json!([{"expression": "subject.remote == true || ticket.destination == 'Berlin'"}, {"expression": "known(ticket.due)"}, {"expression": "ticket.links.exists(l, l.role == 'issue')"}]),
        ),
        10 => json!({"any": inner(choices, asset)}),
        11 => json!({"all": inner(choices, asset)}),
        _ if asset => json!({"passed": ["s0"]}),
        _ => {
            json!({"assets": [{"roles": ["issue", "loan"], "requirements": inner(choices, true)}, {"requirements": inner(choices, true)}], "none_allowed": choices.one_in(2)})
        }
    };
    match choices.below(8) {
        0 => one["severity"] = json!("warn"),
        1 => one["enforced_from"] = json!("2026-03-11"),
        2 => one["waivable"] = json!(false),
        3 => one["when"] = json!("subject.remote == false"),
        4 => one["keeps"] = json!(true),
        _ => {}
    }
    one
}

/// Facts of made-up names, near enough to such a policy that some of it holds.
pub(crate) fn invented_facts(choices: &mut Choices) -> Value {
    let day = |choices: &mut Choices| format!("2026-03-{:02}", 1 + choices.below(12));
    let time = |choices: &mut Choices| format!("2026-03-{:02}T{:02}:00:00+01:00", 1 + choices.below(12), choices.below(24));
    let who = |choices: &mut Choices| format!("p{}", choices.below(4));
    let role = |choices: &mut Choices| format!("r{}", choices.below(3));
    // Any key may be missing.
    let some = |choices: &mut Choices, mut row: Value, keep: &[&str]| {
        row.as_object_mut().unwrap().retain(|key, _| keep.contains(&key.as_str()) || !choices.one_in(7));
        row
    };
    let evidence = |choices: &mut Choices| {
        let row = json!({"check": choices.of(&["c0", "c1"]), "result": choices.of(&["passed", "passed", "failed"]), "seen": choices.of(&["A1", "SA1", "B2"]), "at": time(choices),
            "by": who(choices), "role": role(choices), "means": choices.of(&["scanned", "reported", "typed", "imported"]), "automation": choices.one_in(5)});
        some(choices, row, &["check"])
    };
    let approval = |choices: &mut Choices| {
        let row = json!({"by": who(choices), "role": role(choices), "verdict": choices.of(&["approved", "approved", "refused"]), "at": time(choices), "covers": {"subject": who(choices), "assets": ["A0"]}});
        some(choices, row, &[])
    };
    let list =
        |choices: &mut Choices, make: &dyn Fn(&mut Choices) -> Value| -> Value { (0..choices.below(4)).map(|_| make(choices)).collect() };
    let asset = |choices: &mut Choices, id: usize| {
        let state = choices.below(5);
        let mut history: Vec<Value> = vec![json!({"from": null, "to": "s0", "at": "2026-01-01T00:00:00Z", "by": who(choices)})];
        history.extend((0..state).map(|state| json!({"from": format!("s{state}"), "to": format!("s{}", state + 1), "at": format!("2026-01-{:02}T00:00:00Z", state + 2), "by": who(choices)})));
        let custody = |choices: &mut Choices| json!({"change": choices.of(&["owner", "held-by", "identity", "location"]), "to": format!("person:{}", who(choices)), "at": time(choices), "by": who(choices), "ticket": "T0"});
        let row = json!({"id": format!("A{id}"), "kind": format!("k{}", choices.below(2)), "state": format!("s{state}"), "serial": "A1", "tag": "A1", "number": "A1", "login": "A1",
            "owner": choices.of(&[json!(null), json!("person:p0"), json!("person:p1"), json!("department:d0")]), "held_by": choices.of(&[json!(null), json!("p0")]), "shared": choices.one_in(5),
            "location": choices.of(&["Berlin", "Bern"]), "product": choices.of(&[json!(null), json!("cad")]),
            "attributes": {"b": choices.one_in(2), "n": choices.below(12), "t": time(choices), "v": {"value": "1.10", "source": "mdm", "observed_at": time(choices)}},
            "evidence": list(choices, &evidence), "history": history, "custody": list(choices, &custody), "version": "1"});
        some(choices, row, &["id"])
    };
    let ticket = |choices: &mut Choices, id: usize| {
        let link = |choices: &mut Choices| {
            let row = json!({"asset": format!("A{}", choices.below(3)), "role": choices.of(&["issue", "collect", "keep", "loan", "repair"]), "owner": format!("person:{}", who(choices))});
            some(choices, row, &["asset"])
        };
        let signature = |choices: &mut Choices| json!({"kind": choices.of(&["receipt", "return"]), "asset": format!("A{}", choices.below(3)), "by": who(choices), "at": time(choices), "seen": "A1"});
        let task = |choices: &mut Choices| json!({"id": format!("w@A{}", choices.below(3)), "template": "w", "item": format!("asset:A{}", choices.below(3)), "department": "d0", "state": choices.of(&["open", "done", "skipped"]), "by": who(choices), "at": time(choices)});
        let mark = |choices: &mut Choices| json!({"checklist": "l", "entry": choices.of(&["e0", "e1"]), "state": choices.of(&["done", "skipped"]), "by": who(choices), "role": "r0", "at": time(choices)});
        let row = json!({"id": format!("T{id}"), "kind": format!("t{}", choices.below(2)), "state": choices.of(&["open", "open", "open", "done"]), "subject": choices.of(&[json!("p0"), json!("p1"), json!(null)]), "requester": who(choices),
            "due": day(choices), "destination": "Berlin", "links": list(choices, &link), "tasks": list(choices, &task), "marks": list(choices, &mark), "approvals": list(choices, &approval), "signatures": list(choices, &signature),
            "return_shipment": {"label_sent": time(choices), "deadline": day(choices), "received": time(choices)}, "attributes": {"b": true, "n": 4}, "evidence": list(choices, &evidence),
            "history": [{"from": null, "to": "open", "at": "2026-01-01T00:00:00Z"}], "related": [{"relation": "duplicate-of", "ticket": "T0"}]});
        some(choices, row, &["id"])
    };
    let person = |choices: &mut Choices, id: usize| {
        let row = json!({"id": format!("p{id}"), "manager": who(choices), "department": "d0", "remote": choices.one_in(2), "status": "active", "first_day": day(choices), "last_day": day(choices), "roles": ["r0"], "same_as": []});
        some(choices, row, &["id"])
    };
    let exception = |choices: &mut Choices, id: usize| {
        let row = json!({"id": format!("X{id}"), "kind": "x", "items": [format!("asset:A{}", choices.below(3)), format!("ticket:T{}", choices.below(2))], "requirements": choices.of(&[json!(null), json!(["q0"]), json!(["q4"])]), "reason": "why",
            "requested_by": who(choices), "approvals": list(choices, &approval), "starts": time(choices), "expires": format!("2026-03-{:02}T00:00:00Z", 8 + choices.below(20)), "steps": [{"step": "later", "by": "p1", "at": time(choices), "reference": "R"}],
            "reconciled": choices.of(&[json!(null), json!({"by": "p3", "role": "r1", "at": "2026-03-01T00:00:00Z"})]), "renews": choices.of(&[json!(null), json!("X0")])});
        some(choices, row, &["id"])
    };
    let coverage = json!([{"as_of": "2026-03-10T08:00:00Z", "persons": "all", "classes": "all", "tickets": "all", "exceptions": "all", "licences": "all"}]);
    let facts = json!({
        "assets": (0..3).map(|id| asset(choices, id)).collect::<Value>(),
        "tickets": (0..2).map(|id| ticket(choices, id)).collect::<Value>(),
        "people": (0..4).map(|id| person(choices, id)).collect::<Value>(),
        "exceptions": (0..choices.below(3)).map(|id| exception(choices, id)).collect::<Value>(),
        "licences": [{"id": "L", "product": "cad", "seats": choices.below(4), "allocated": choices.below(3), "metric": "user"}],
        "coverage": coverage,
    });
    let mut facts = some(choices, facts, &["assets", "tickets"]);
    facts["at"] = json!("2026-03-10T09:00:00Z");
    facts["actor"] = json!({"id": who(choices), "roles": [role(choices)]});
    facts
}
