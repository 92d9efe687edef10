//! The published JSON Schemas, docs/schema/*.json, are those of the types; `BLESS=1` writes them anew.

use std::collections::BTreeSet;

use handoff_core::ask::{Answer, Ask};
use handoff_core::policy::document::{self, Terms};
use handoff_core::{FORMS, Policy, facts};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::docs::quoted;
use crate::readme::bless;

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

fn compare(name: &str, schema: &Value) {
    let text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    bless(&format!("docs/schema/{name}.json"), &format!("{text}\n"));
}

fn root_schema<T: JsonSchema>() -> Value {
    generator().into_root_schema_for::<T>().to_value()
}

#[test]
fn facts_question_and_answer() {
    compare("facts", &root_schema::<facts::Document>());
    compare("question", &root_schema::<Ask>());
    compare("answer", &root_schema::<Answer>());
}

/// The keys of a form, as the reader of policies tells them where one is unknown.
fn keys(form: &str) -> BTreeSet<String> {
    // The value is read before the key that nobody knows, so that it has to be one of the form's own.
    let words = ["x", "free", "first-day", "receipt", "none", "unique", "all", "recorded"].map(|word| json!(word));
    let others = [json!(["x"]), json!(["stock"]), json!([]), json!({}), json!(true), json!(1)];
    for value in words.into_iter().chain(others) {
        let policy = json!({"format": 1, "name": "x", "version": "1", "requirements": {"x": {form: value, "zzz": 1}}});
        let problems = Policy::load(&policy.to_string()).err().unwrap_or_default();
        for problem in problems.iter().filter(|problem| problem.message.contains("`zzz`")) {
            let told = format!("{} {}", problem.message, problem.help.clone().unwrap_or_default());
            let keys: BTreeSet<String> = quoted(&told).into_iter().filter(|key| *key != "zzz").map(str::to_owned).collect();
            if keys.contains(form) {
                return keys;
            }
        }
    }
    panic!("the keys of `{form}` are not told");
}

/// What every requirement may say, and exactly one form.
fn requirement(generator: &mut SchemaGenerator) -> Value {
    let terms = Terms::json_schema(generator).to_value();
    let terms = terms["properties"].as_object().expect("terms are an object").clone();
    let forms = FORMS.iter().map(|form| {
        let mut properties = terms.clone();
        properties.extend(keys(form).into_iter().map(|key| (key, json!(true))));
        json!({"type": "object", "properties": properties, "required": [form], "additionalProperties": false})
    });
    json!({"oneOf": forms.collect::<Vec<_>>()})
}

#[test]
fn policy() {
    let mut generator = generator();
    let head = document::Head::json_schema(&mut generator).to_value();
    let mut properties = head["properties"].as_object().expect("a head is an object").clone();
    let mut section = |name: &str, entry: Value| {
        properties.insert(name.to_owned(), json!({"type": "object", "additionalProperties": entry}));
    };
    section("roles", generator.subschema_for::<document::Role>().to_value());
    section("departments", generator.subschema_for::<document::Department>().to_value());
    section("classes", generator.subschema_for::<document::Class>().to_value());
    section("kinds", generator.subschema_for::<document::Kind>().to_value());
    section("ticket_kinds", generator.subschema_for::<document::TicketKind>().to_value());
    section("checks", generator.subschema_for::<document::Check>().to_value());
    section("attributes", generator.subschema_for::<document::AttributeDeclaration>().to_value());
    section("sops", generator.subschema_for::<document::Sop>().to_value());
    section("checklists", generator.subschema_for::<document::Checklist>().to_value());
    section("exception_kinds", generator.subschema_for::<document::ExceptionKind>().to_value());
    section("task_templates", generator.subschema_for::<document::TaskTemplate>().to_value());
    section("requirements", json!({"$ref": "#/$defs/Requirement"}));
    let mut workflow = document::WorkflowHead::json_schema(&mut generator).to_value();
    let states = json!({"type": "object", "additionalProperties": {"anyOf": [generator.subschema_for::<document::State>().to_value(), {"type": "null"}]}});
    let transitions = json!({"type": "object", "additionalProperties": generator.subschema_for::<document::Transition>().to_value()});
    workflow["properties"]["states"] = states;
    workflow["properties"]["transitions"] = transitions;
    section("workflows", workflow);
    properties.insert("$schema".to_owned(), json!({"type": "string"}));
    let requirement = requirement(&mut generator);
    let mut definitions: Map<String, Value> = generator.take_definitions(true);
    definitions.insert("Requirement".to_owned(), requirement);
    compare(
        "policy",
        &json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Policy",
            "type": "object",
            "properties": properties,
            "required": ["format", "name", "version"],
            "additionalProperties": false,
            "$defs": definitions,
        }),
    );
}
