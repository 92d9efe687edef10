//! The peers, each used as its own documentation does: the policy loaded once, asked often.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Response};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use serde_json::{Value, json};

use crate::Outcome;
use crate::case::ASSET;

const REGO: &str = include_str!("../peers/secured.rego");
const CEDAR: &str = include_str!("../peers/secured.cedar");

/// regorus, which has an interpreter and a virtual machine.
pub struct Rego {
    engine: regorus::Engine,
    machine: RegoVM,
}

impl Rego {
    /// The names of what is in the way; none: it is allowed.
    const RULE: &str = "data.secured.unmet";

    pub fn load() -> Self {
        let mut engine = Self::engine();
        let policy = engine.compile_with_entrypoint(&Self::RULE.into()).expect("the policy compiles");
        let program = Compiler::compile_from_policy(&policy, &[Self::RULE]).expect("the policy becomes a program");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        Self { engine: Self::engine(), machine }
    }

    pub fn engine() -> regorus::Engine {
        let mut engine = regorus::Engine::new();
        engine.add_policy("secured.rego".into(), REGO.into()).expect("the policy is Rego");
        engine
    }

    /// The facts as they are, with the question.
    pub fn input(facts: &Value) -> String {
        let mut input = facts.clone();
        input["question"] = json!({"asset": ASSET, "to": "secured"});
        input.to_string()
    }

    pub fn interpret(&mut self, input: regorus::Value) -> regorus::Value {
        self.engine.set_input(input);
        self.engine.eval_rule(Self::RULE.into()).expect("the rule is evaluated")
    }

    pub fn run(&mut self, input: regorus::Value) -> regorus::Value {
        self.machine.set_input(input);
        self.machine.execute_entry_point_by_name(Self::RULE).expect("the program runs")
    }

    pub fn outcome(unmet: &regorus::Value) -> Outcome {
        let unmet = unmet.as_set().expect("a set").iter().map(|name| name.as_string().expect("a name").to_string()).collect();
        Outcome::of(unmet)
    }
}

/// Cedar. It goes through no lists, so the facts are given the shape that its policy reads; that is not timed.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
}

/// A request as Cedar takes it, in texts.
pub struct Texts {
    principal: String,
    context: String,
    entities: String,
}

/// The same, read.
pub struct Ready {
    request: Request,
    entities: Entities,
}

impl Cedar {
    pub fn load() -> Self {
        Self { authorizer: Authorizer::new(), policies: CEDAR.parse().expect("the policy is Cedar") }
    }

    pub fn texts(facts: &Value) -> Texts {
        let asset = &facts["assets"][0];
        let role = |name: &Value| json!({"__entity": {"type": "Role", "id": name}});
        let person = |id: &Value| json!({"__entity": {"type": "Person", "id": id}});
        let mut device: BTreeMap<&str, Value> = BTreeMap::new();
        device.insert("state", asset["state"].clone());
        device.insert("serial", asset["serial"].clone());
        for (name, value) in asset["attributes"].as_object().expect("an object") {
            let value = match (name.as_str(), value) {
                (_, Value::Null) => continue,
                ("patched_at", at) => time(at),
                (_, Value::Object(long)) => json!({"value": long["value"], "observed_at": time(&long["observed_at"])}),
                (_, plain) => plain.clone(),
            };
            device.insert(name, value);
        }
        let checks: BTreeMap<String, Value> = rows(&asset["evidence"])
            .map(|check| {
                let record = json!({
                    "at": time(&check["at"]), "passed": check["result"] == "passed", "seen": check["seen"],
                    "means": check["means"], "role": role(&check["role"]), "by": person(&check["by"]),
                });
                (word(&check["check"]), record)
            })
            .collect();
        device.insert("checks", json!(checks));
        let entries: BTreeMap<String, Value> =
            rows(&asset["history"]).map(|entry| (word(&entry["to"]), json!({"at": time(&entry["at"]), "by": person(&entry["by"])}))).collect();
        device.insert("entries", json!(entries));
        for exception in rows(&facts["exceptions"]) {
            let approvals: BTreeMap<String, Value> = rows(&exception["approvals"])
                .filter(|approval| approval["verdict"] == "approved")
                .map(|approval| (word(&approval["role"]), json!({"at": time(&approval["at"]), "by": person(&approval["by"])})))
                .collect();
            let record = json!({
                "requirements": exception["requirements"], "requested_by": person(&exception["requested_by"]),
                "starts": time(&exception["starts"]), "expires": time(&exception["expires"]), "approvals": approvals,
            });
            device.insert("executive_request", record);
        }
        let actor = &facts["actor"];
        let roles: Vec<Value> = rows(&actor["roles"]).map(|name| json!({"type": "Role", "id": name})).collect();
        let entities = json!([
            {"uid": {"type": "Laptop", "id": ASSET}, "attrs": device, "parents": []},
            {"uid": {"type": "Person", "id": actor["id"]}, "attrs": {}, "parents": roles},
        ]);
        let principal = format!("Person::{}", actor["id"]);
        Texts { principal, context: json!({"now": time(&facts["at"])}).to_string(), entities: entities.to_string() }
    }

    pub fn read(texts: &Texts) -> Ready {
        let uid = |text: &str| text.parse::<EntityUid>().expect("the name of an entity");
        let (action, resource) = (uid(r#"Action::"secure""#), uid(&format!("Laptop::{ASSET:?}")));
        let context = Context::from_json_str(&texts.context, None).expect("the context is read");
        let request = Request::new(uid(&texts.principal), action, resource, context, None).expect("the request is made");
        Ready { request, entities: Entities::from_json_str(&texts.entities, None).expect("the entities are read") }
    }

    pub fn ask(&self, ready: &Ready) -> Response {
        self.authorizer.is_authorized(&ready.request, &self.policies, &ready.entities)
    }

    pub fn outcome(&self, response: &Response) -> Outcome {
        assert_eq!(response.diagnostics().errors().count(), 0, "{response:?}");
        if response.decision() == Decision::Allow {
            return Outcome::of(BTreeSet::new());
        }
        let name = |id| self.policies.annotation(id, "id").expect("every policy is named").to_owned();
        Outcome::of(response.diagnostics().reason().map(name).collect())
    }
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().expect("a list").iter()
}

/// A name as one that a record can hold.
fn word(name: &Value) -> String {
    name.as_str().expect("a name").replace('-', "_")
}

/// A time in Cedar's own form, which writes offsets without a colon.
fn time(text: &Value) -> Value {
    let text = text.as_str().expect("a time");
    let (time, offset) = text.split_at(text.len() - 6);
    json!({"__extn": {"fn": "datetime", "arg": format!("{time}{}", offset.replace(':', ""))}})
}

