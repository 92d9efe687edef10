//! Plans undo each other: who came and leaves has nothing left, whatever lay between, and planning again plans nothing new.

use std::collections::BTreeSet;

use handoff_core::{Facts, Policy, ask};
use handoff_tests::yaml;
use serde_json::{Value, json};

use crate::docs::read;

/// The state of a kind in which a person holds it, and one in which it is gone.
const ENDS: [(&str, &str, &str); 14] = [
    ("laptop", "delivered", "retired"),
    ("desktop", "delivered", "retired"),
    ("tablet", "delivered", "retired"),
    ("phone", "delivered", "retired"),
    ("monitor", "issued", "discarded"),
    ("dock", "issued", "discarded"),
    ("email-account", "active", "revoked"),
    ("vpn-account", "active", "revoked"),
    ("office-seat", "allocated", "declined"),
    ("building-pass", "issued", "deactivated"),
    ("ward-pass", "issued", "deactivated"),
    ("intensive-care-pass", "issued", "deactivated"),
    ("key", "issued", "deactivated"),
    ("security-key", "issued", "deactivated"),
];

struct World {
    policy: Policy,
    facts: Value,
}

impl World {
    /// A register with some of this in stock.
    fn of(policy: &Value, stock: u32) -> Self {
        let things = [
            ("LT-1", "laptop", "deployable"),
            ("LT-2", "laptop", "received"),
            ("PH-1", "phone", "deployable"),
            ("MN-1", "monitor", "stocked"),
            ("KY-1", "key", "prepared"),
            ("BP-1", "building-pass", "prepared"),
        ];
        let assets: Vec<Value> = (0..)
            .zip(things)
            .filter(|(bit, _)| stock & (1 << bit) != 0)
            .map(|(_, (id, kind, state))| json!({"id": id, "kind": kind, "state": state, "owner": null, "held_by": null, "custody": []}))
            .collect();
        let facts = json!({
            "at": "2026-03-02T09:00:00+01:00",
            "assets": assets,
            "tickets": [],
            "people": [{"id": "p7", "remote": false, "status": "expected", "first_day": "2026-04-01", "last_day": "2027-03-31"}],
            "licences": [{"id": "LIC-1", "product": "Office suite", "seats": 10, "allocated": 9, "metric": "user"}],
            "coverage": [{"as_of": "2026-03-02T08:00:00+01:00", "persons": "all", "classes": "all", "tickets": "all", "exceptions": "all", "licences": "all"}],
        });
        Self { policy: Policy::load(&policy.to_string()).unwrap(), facts }
    }

    fn plan(&self, direction: &str, profile: &str) -> Value {
        let facts = Facts::parse(&self.facts.to_string()).unwrap();
        let question = json!({"ask": "plan", "person": "p7", "direction": direction, "profile": profile});
        let answer: Value = serde_json::from_str(&ask(&self.policy, &facts, &question.to_string()).unwrap()).unwrap();
        answer["plan"].clone()
    }

    /// Opens the ticket, links what it has to, makes what is new, and adds the tasks: what a platform does with a plan.
    fn carry_out(&mut self, plan: &Value) {
        let ticket = &plan["ticket"];
        let links: Vec<Value> = list(&ticket["links"]).iter().map(|link| json!({"asset": link["asset"], "role": link["role"]})).collect();
        let task = |task: &Value| {
            let item = task["asset"].as_str().map(|asset| format!("asset:{asset}"));
            json!({"id": task["id"], "template": task["template"], "item": item, "department": task["department"], "state": "open"})
        };
        let tasks: Vec<Value> = list(&plan["tasks"]).iter().map(task).collect();
        let row = json!({"id": ticket["id"], "kind": ticket["kind"], "state": "opened", "subject": "p7", "links": links, "tasks": tasks});
        let tickets = self.facts["tickets"].as_array_mut().unwrap();
        tickets.retain(|other| other["id"] != row["id"]);
        tickets.push(row);
        for item in list(&plan["items"]).iter().filter(|item| item["action"] == "issue") {
            if self.asset(&item["asset"]).is_none() {
                let product = if item["kind"] == "office-seat" { json!("Office suite") } else { Value::Null };
                let row = json!({"id": item["asset"], "kind": item["kind"], "state": "requested", "product": product, "owner": null, "held_by": null, "custody": []});
                self.facts["assets"].as_array_mut().unwrap().push(row);
            }
        }
    }

    /// Does what the plan is for, and closes the ticket.
    fn settle(&mut self, plan: &Value) {
        for item in list(&plan["items"]) {
            let (_, held, gone) = ENDS.iter().find(|(kind, ..)| item["kind"] == *kind).unwrap();
            let (owner, state) = match item["action"].as_str().unwrap() {
                "issue" | "keep" => (json!("person:p7"), held),
                "return" => (Value::Null, gone),
                other => panic!("{other}: {item}"),
            };
            let index = self.asset(&item["asset"]).unwrap();
            self.facts["assets"][index]["owner"] = owner;
            self.facts["assets"][index]["state"] = json!(state);
        }
        for ticket in self.facts["tickets"].as_array_mut().unwrap() {
            ticket["state"] = json!(if ticket["kind"] == "offboarding" { "completed" } else { "fulfilled" });
        }
    }

    fn asset(&self, id: &Value) -> Option<usize> {
        list(&self.facts["assets"]).iter().position(|asset| asset["id"] == *id)
    }

    /// Plans, carries it out, finds nothing new in a second plan, and settles it.
    fn go(&mut self, direction: &str, profile: &str) -> Value {
        let plan = self.plan(direction, profile);
        self.carry_out(&plan);
        let again = self.plan(direction, profile);
        let key = |plan: &Value, list: &str, key: &str| -> Vec<String> {
            let mut all: Vec<String> = plan[list].as_array().unwrap().iter().map(|row| row[key].to_string()).collect();
            all.sort();
            all
        };
        for (rows, name) in [("items", "asset"), ("tasks", "id")] {
            assert_eq!(key(&again, rows, name), key(&plan, rows, name), "{direction} {profile}: {rows}");
        }
        assert_eq!(again["ticket"]["id"], plan["ticket"]["id"]);
        let news: Vec<&Value> =
            [&again["tasks"], &again["ticket"]["links"]].into_iter().flat_map(list).filter(|row| row["exists"] == false).collect();
        assert!(news.is_empty() && again["ticket"]["exists"] == true, "{direction} {profile}: {news:#?}");
        self.settle(&plan);
        plan
    }
}

fn list(rows: &Value) -> &Vec<Value> {
    rows.as_array().unwrap()
}

/// The assets of a plan with which one of these things happens.
fn assets(plan: &Value, actions: &[&str]) -> BTreeSet<String> {
    let rows = list(&plan["items"]).iter().filter(|item| actions.iter().any(|action| item["action"] == *action));
    rows.map(|item| item["asset"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_came_and_leaves_has_nothing_left() {
    let policy = yaml(&read("examples/reference-policy/policy.yaml"));
    let profiles: Vec<&String> = policy["profiles"].as_object().unwrap().keys().collect();
    assert!(profiles.len() > 2);
    for before in &profiles {
        for after in &profiles {
            for stock in [0, 1, 0b11, 0b11_1111, 0b10_1010] {
                let mut world = World::of(&policy, stock);
                let joined = world.go("joiner", before);
                let mut held = assets(&joined, &["issue", "keep"]);
                assert!(!held.is_empty());
                if before != after {
                    world.facts["people"][0]["profile"] = json!(before);
                    let moved = world.go("mover", after);
                    let returned = assets(&moved, &["return"]);
                    assert!(returned.is_subset(&held), "{before} to {after}: {returned:?}");
                    held.retain(|asset| !returned.contains(asset));
                    held.extend(assets(&moved, &["issue"]));
                }
                let left = world.go("leaver", after);
                assert_eq!(assets(&left, &["return"]), held, "{before}, {after}, {stock:b}");
                assert_eq!(list(&left["findings"]).len(), 0, "{:#}", left["findings"]);
            }
        }
    }
}
