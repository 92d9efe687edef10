//! The description of the endpoints, made of the schemas that the project publishes: those of facts, questions and answers.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::hooks;
use super::route::{ROUTES, Route};
use crate::mapping::platforms;

const SCHEMAS: [(&str, &str); 3] = [
    ("Facts", include_str!("../../../docs/schema/facts.json")),
    ("Question", include_str!("../../../docs/schema/question.json")),
    ("Answer", include_str!("../../../docs/schema/answer.json")),
];

/// The description as JSON text.
pub(super) fn text() -> serde_json::Result<String> {
    static TEXT: OnceLock<String> = OnceLock::new();
    if let Some(text) = TEXT.get() {
        return Ok(text.clone());
    }
    let text = document()?.to_string();
    Ok(TEXT.get_or_init(|| text).clone())
}

fn document() -> serde_json::Result<Value> {
    let mut schemas = Map::new();
    for (name, text) in SCHEMAS {
        let mut schema: Value = serde_json::from_str(text)?;
        relocate(&mut schema, name);
        let parts = schema.as_object_mut().and_then(|schema| {
            schema.remove("$schema");
            schema.remove("$defs")
        });
        if let Some(Value::Object(parts)) = parts {
            schemas.extend(parts.into_iter().map(|(part, schema)| (format!("{name}.{part}"), schema)));
        }
        schemas.insert(name.to_owned(), schema);
    }
    let mut paths = Map::new();
    for (path, route) in ROUTES {
        let operation = match route {
            Route::Ask(ask) => {
                let name = format!("Request.{ask}");
                let request = request(schemas.get("Question"), ask);
                schemas.insert(name.clone(), request);
                asked(ask, &format!("#/components/schemas/{name}"))
            }
            route => told(route),
        };
        let method = if route.is_post() { "post" } else { "get" };
        let mut operation = operation;
        if let (Value::Object(operation), None, false) = (&mut operation, route.scope(), route.is_post()) {
            operation.insert("security".to_owned(), json!([]));
        }
        paths.insert(path.to_owned(), json!({method: operation}));
    }
    schemas.insert("Problem".to_owned(), problem());
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Handoff",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Allow or deny the handoff of IT assets, with every reason. Proceed on `\"decision\":\"allow\"` of a 200 only: everything else is a refusal.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "signature": {
                "type": "apiKey", "in": "header", "name": "webhook-signature",
                "description": "as Standard Webhooks has it; or `x-hub-signature`, `x-hub-signature-256` or `x-hook-signature`",
            },
        }},
    }))
}

/// Points references to where the parts of a schema stand now.
fn relocate(tree: &mut Value, name: &str) {
    match tree {
        Value::Object(entries) => {
            for (key, value) in entries.iter_mut() {
                match value {
                    Value::String(to) if key == "$ref" => {
                        if to == "#" {
                            *to = format!("#/components/schemas/{name}");
                        } else if let Some(part) = to.strip_prefix("#/$defs/") {
                            *to = format!("#/components/schemas/{name}.{part}");
                        }
                    }
                    value => relocate(value, name),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| relocate(value, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The body of a question: its members, and the facts. Several steps take the place of the one.
fn request(questions: Option<&Value>, ask: &str) -> Value {
    let of = |ask: &str| {
        let all = questions?.get("oneOf")?.as_array()?;
        let one = all.iter().find(|one| one.pointer("/properties/ask/const").and_then(Value::as_str) == Some(ask))?;
        let mut one = one.as_object()?.clone();
        one.get_mut("properties")?.as_object_mut()?.remove("ask");
        one.get_mut("properties")?.as_object_mut()?.insert("facts".to_owned(), json!({"$ref": "#/components/schemas/Facts"}));
        let required = one.get_mut("required")?.as_array_mut()?;
        required.retain(|key| key != "ask");
        required.insert(0, json!("facts"));
        Some(Value::Object(one))
    };
    match (of(ask), of("decide").filter(|_| ask == "transition")) {
        (Some(one), Some(several)) => json!({"oneOf": [one, several]}),
        (one, _) => one.unwrap_or(Value::Bool(true)),
    }
}

fn asked(ask: &str, request: &str) -> Value {
    let (summary, answers) = match ask {
        "transition" => ("May this item enter that state, or these?", vec!["DecisionAnswer", "DecisionsAnswer"]),
        "closure" => ("May this ticket close?", vec!["DecisionAnswer"]),
        "next" => ("What may come next, what is missing for it, and who must act?", vec!["NextAnswer"]),
        "plan" => ("What does somebody who comes, moves or goes need done?", vec!["PlanAnswer"]),
        _ => ("What is still open of somebody's coming, moving or going?", vec!["ReviewAnswer"]),
    };
    let answers: Vec<Value> = answers.into_iter().map(|answer| json!({"$ref": format!("#/components/schemas/Answer.{answer}")})).collect();
    let answer = if let [only] = answers.as_slice() { only.clone() } else { json!({"oneOf": answers}) };
    json!({
        "operationId": ask,
        "summary": summary,
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": request}}}},
        "responses": responses(&json!({"description": "the answer; a denial is one", "content": {"application/json": {"schema": answer}}})),
    })
}

fn told(route: Route) -> Value {
    let answer = |description: &str, media: &str| json!({"description": description, "content": {media: {"schema": {}}}});
    match route {
        Route::Audits => json!({
            "operationId": "audit",
            "summary": "What is wrong in a whole register, of any size?",
            "parameters": [{"name": "at", "in": "query", "schema": {"type": "string", "format": "date-time"}}],
            "requestBody": {"required": true, "content": {"application/x-ndjson": {"schema": {}}}},
            "responses": responses(&answer("each finding on a line, and on the last one `summary`; or else `problem`, and then nothing was audited", "application/x-ndjson")),
        }),
        Route::Hooks => {
            let parameter =
                |name: &str, of: &str, schema: Value| json!({"name": name, "in": of, "required": of == "path", "schema": schema});
            let text = || json!({"type": "string"});
            let mut parameters = vec![
                parameter("platform", "path", json!({"enum": platforms().iter().map(|platform| platform.name).collect::<Vec<_>>()})),
                parameter("ask", "query", json!({"enum": hooks::ASKS})),
            ];
            parameters.extend(hooks::MEMBERS.iter().chain(&["actor"]).map(|name| parameter(name, "query", text())));
            parameters.push(parameter("role", "query", json!({"type": "array", "items": text()})));
            parameters.push(parameter("at", "query", json!({"type": "string", "format": "date-time"})));
            let answers = ["DecisionAnswer", "DecisionsAnswer", "NextAnswer", "PlanAnswer", "ReviewAnswer"];
            let answers = answers.map(|answer| json!({"$ref": format!("#/components/schemas/Answer.{answer}")}));
            json!({
                "operationId": "hook",
                "summary": "May what this platform is about to change be changed? The body is what it sends, or `before` and `after`.",
                "parameters": parameters,
                "security": [{"token": []}, {"signature": []}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {}}, "application/x-ndjson": {"schema": {}}}},
                "responses": responses(&json!({
                    "description": "the answer, and beside it `left_out`: what of the message did not become facts",
                    "content": {"application/json": {"schema": {"oneOf": answers}}},
                })),
            })
        }
        Route::Policy => {
            json!({"operationId": "policy", "summary": "The policy that decides.", "responses": responses(&answer("the policy", "application/json"))})
        }
        Route::Healthz => {
            json!({"operationId": "healthz", "summary": "Does the server run?", "responses": {"200": answer("it runs", "application/json")}})
        }
        Route::Readyz => json!({
            "operationId": "readyz",
            "summary": "Does the server give verdicts?",
            "responses": {"200": answer("it does", "application/json"), "503": answer("it does not", "application/json")},
        }),
        Route::Metrics => {
            json!({"operationId": "metrics", "summary": "Figures for Prometheus.", "responses": responses(&answer("the figures", "text/plain"))})
        }
        Route::OpenApi | Route::Ask(_) => {
            json!({"operationId": "openapi", "summary": "This description.", "responses": {"200": answer("this description", "application/json")}})
        }
    }
}

/// What comes back: the answer, or why there is none.
fn responses(good: &Value) -> Value {
    let problem = json!({
        "description": "why the request is refused, or why there is no verdict; never an allow",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    json!({"200": good, "4XX": problem, "503": problem})
}

/// RFC 9457, with what is wrong with what was sent.
fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "problems": {"type": "array", "items": {
                "type": "object",
                "required": ["path", "code", "warning", "message"],
                "properties": {
                    "path": {"type": "string", "description": "a JSON pointer into the body, or into the line of a register"},
                    "position": {"type": "object", "properties": {"line": {"type": "integer"}, "column": {"type": "integer"}}},
                    "code": {"type": "string"},
                    "warning": {"type": "boolean"},
                    "message": {"type": "string"},
                    "help": {"type": "string"},
                },
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(tree: &'a Value, all: &mut Vec<&'a str>) {
        match tree {
            Value::Object(entries) => {
                all.extend(entries.get("$ref").and_then(Value::as_str));
                entries.values().for_each(|value| references(value, all));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, all)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document().expect("the schemas are JSON");
        let mut all = Vec::new();
        references(&document, &mut all);
        let broken: Vec<&str> =
            all.iter().filter(|to| to.strip_prefix('#').and_then(|to| document.pointer(to)).is_none()).copied().collect();
        assert!(broken.is_empty() && all.len() > 100, "{broken:?}");
    }

    #[test]
    fn every_question_takes_facts_and_its_own_members() {
        let document = document().expect("the schemas are JSON");
        for (ask, member) in [("transition", "questions"), ("closure", "item"), ("next", "item"), ("plan", "person"), ("review", "ticket")]
        {
            let request = &document["components"]["schemas"][format!("Request.{ask}")];
            let text = request.to_string();
            assert!(
                text.contains("\"facts\":{\"$ref\"") && text.contains(&format!("\"{member}\":")) && !text.contains("\"ask\":"),
                "{text}"
            );
        }
    }
}
