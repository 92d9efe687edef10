//! Messages of platforms in their own shape: what is asked by them, and who may send them.

use std::fs;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::server::*;

const JSON: &str = "Content-Type: application/json";
const SECRET: &str = "the secret of the desk's platform";

/// An object of Jira Assets: a laptop.
fn laptop(status: &str, encrypted: &str) -> Value {
    let attribute = |name: &str, value: Value| json!({"objectTypeAttribute": {"name": name}, "objectAttributeValues": [value]});
    json!({
        "id": "71",
        "objectKey": "HW-7",
        "objectType": {"name": "Laptop"},
        "attributes": [
            attribute("Status", json!({"status": {"name": status}})),
            attribute("Serial Number", json!({"value": "PF4X9K21"})),
            attribute("Disk encrypted", json!({"value": encrypted})),
        ],
    })
}

fn pair(before: &Value, after: &Value) -> String {
    json!({"before": before, "after": after}).to_string()
}

/// A folder with hooks for a small policy.
fn hooks() -> (Folder, String) {
    let folder = Folder::new();
    let tables = json!({"jira": {
        "object_status": {"Received": "received", "Ready": "ready", "Issued": "issued", "Returned": "returned"},
        "attributes": {"Disk encrypted": "encrypted as boolean"},
    }});
    for (name, text) in [
        ("tables.json", tables.to_string()),
        ("jira.secret", format!("{SECRET}\n")),
        ("coverage.yaml", "{source: Jira, classes: all}".to_owned()),
        ("hooks.yaml", "jira: {tables: tables.json, secret_file: jira.secret, zone: \"+01:00\", roles: {ann: [stores, desk]}, coverage: coverage.yaml}\n".to_owned()),
    ] {
        fs::write(folder.0.join(name), text).expect("it is written");
    }
    let hooks = folder.file("hooks.yaml");
    (folder, hooks)
}

fn signature(body: &str) -> String {
    let code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length").chain_update(body).finalize().into_bytes();
    let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("X-Hub-Signature: sha256={hex}")
}

fn json_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// The verdict and the codes of its findings.
fn verdict(answer: &Answer) -> (String, Vec<String>) {
    let answer = json_of(answer);
    let codes = answer["findings"].as_array().expect("findings").iter().map(|finding| finding["code"].as_str().expect("a code").to_owned());
    (answer["decision"].as_str().expect("a decision").to_owned(), codes.collect())
}

#[test]
fn what_is_about_to_change_is_asked() {
    let (_folder, hooks) = hooks();
    let server = Server::start(&["--policy", "tests/policies/small.yaml", "--hooks", &hooks]);
    let ask = |body: &str, query: &str| server.send("POST", &format!("/v1/hooks/jira{query}"), &[JSON, &signature(body)], body.as_bytes());
    let allow = |codes: &[&str]| ("allow".to_owned(), codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
    let deny = |codes: &[&str]| ("deny".to_owned(), allow(codes).1);
    let plain = laptop("Received", "false");
    // What is written with the new state counts as it will be.
    assert_eq!(verdict(&ask(&pair(&plain, &laptop("Ready", "true")), "?actor=ann")), allow(&[]));
    let refused = ask(&pair(&plain, &laptop("Ready", "false")), "?actor=ann");
    assert_eq!(verdict(&refused), deny(&["attribute-mismatch"]));
    assert_eq!(json_of(&refused)["item"], "asset:HW-7");
    assert_eq!(verdict(&ask(&pair(&laptop("Received", "true"), &laptop("Ready", "true")), "?actor=bob")), deny(&["actor-not-responsible"]));
    assert_eq!(verdict(&ask(&pair(&laptop("Issued", "true"), &laptop("Returned", "true")), "?actor=ann")), allow(&[]));
    // Whatever is made comes from nothing.
    assert_eq!(verdict(&ask(&pair(&Value::Null, &laptop("Issued", "true")), "?actor=ann")).1, ["no-such-transition"]);
    // What was not understood is told beside the answer.
    let unclear = ask(&pair(&plain, &laptop("Ready", "perhaps")), "?actor=ann");
    assert_eq!(verdict(&unclear), deny(&["not-recorded"]));
    assert_eq!(json_of(&unclear)["left_out"][0]["value"], "perhaps");
    assert!(json_of(&refused).get("left_out").is_none());
    // What is one thing by its number stays one, whatever it is called; and what was there has to be somewhere.
    let (mut renamed, mut other) = (laptop("Ready", "false"), laptop("Received", "true"));
    renamed["objectKey"] = json!("HW-8");
    assert_eq!(json_of(&ask(&pair(&plain, &renamed), "?actor=ann"))["item"], "asset:HW-8");
    other["id"] = json!("72");
    other["objectKey"] = json!("HW-9");
    ask(&pair(&plain, &other), "?actor=ann").refuses(422, "payload");
    // From one word that no table knows to the other.
    ask(&pair(&laptop("Sold", "true"), &laptop("Stolen", "true")), "?actor=ann").refuses(422, "payload");
    // A question of its own, on the same facts as the command has.
    let next = json_of(&ask(&laptop("Received", "true").to_string(), "?ask=next&item=asset:HW-7"));
    assert_eq!((&next["items"][0]["item"], &next["items"][0]["state"]), (&json!("asset:HW-7"), &json!("received")), "{next}");
    // Nothing changes, or into what nobody knows: neither is an allow.
    ask(&pair(&plain, &laptop("Received", "true")), "?actor=ann").refuses(422, "nothing-asked");
    let lost = ask(&pair(&plain, &laptop("Sold", "true")), "?actor=ann").refuses(422, "payload");
    assert!(lost["detail"].as_str().is_some_and(|detail| detail.starts_with("what asset:HW-7 is to become was not understood")), "{lost}");
    ask("{\"errorMessages\": [\"no such object\"]}", "").refuses(422, "payload");
    ask("{\"a\":", "").refuses(422, "payload");
    ask("{}", "?ask=digest").refuses(400, "parameter");
    server.ask("/v1/hooks/nobody", "{}").refuses(404, "no-such-path");
    server.ask("/v1/hooks/", "{}").refuses(404, "no-such-path");
    server.get("/v1/hooks/jira").refuses(405, "method");
    server.send("POST", "/v1/hooks/jira", &["Content-Type: text/plain"], b"{}").refuses(415, "media-type");
}

#[test]
fn a_webhook_asks_about_the_change_that_it_tells() {
    let server = Server::start(&[]);
    let text = read("tests/mappings/jira/webhook.json");
    let answer = json_of(&server.ask("/v1/hooks/jira", &text));
    assert_eq!((&answer["item"], &answer["to"], &answer["decision"]), (&json!("ticket:ONB-14"), &json!("fulfilled"), &json!("deny")));
    let codes: Vec<&str> = answer["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["code"].as_str()).collect();
    assert!(codes.contains(&"subject-unknown"), "{codes:?}");
    // The roles of somebody else are not those of whom the message names.
    let mut cancelled: Value = serde_json::from_str(&text).expect("JSON");
    cancelled["issue"]["fields"]["status"]["name"] = json!("Cancelled");
    cancelled["changelog"]["items"] = json!([{"field": "status", "fromString": "To Do", "toString": "Cancelled"}]);
    let strange = |query: &str| {
        let answer = server.ask(&format!("/v1/hooks/jira{query}"), &cancelled.to_string());
        verdict(&answer).1.contains(&"actor-not-responsible".to_owned())
    };
    let queries = ["", "?actor=712020:aa&role=service-desk", "?actor=ann&role=service-desk"];
    assert_eq!(queries.map(strange), [true, false, true]);
    // The record says that it is done: the question is about the way there.
    let mut other: Value = serde_json::from_str(&text).expect("JSON");
    other["changelog"]["items"] = json!([{"field": "summary", "fromString": "a", "toString": "b"}]);
    server.ask("/v1/hooks/jira", &other.to_string()).refuses(422, "nothing-asked");
    other["webhookEvent"] = json!("jira:issue_created");
    let created = json_of(&server.ask("/v1/hooks/jira", &other.to_string()));
    assert_eq!((&created["decision"], &created["findings"][0]["code"]), (&json!("deny"), &json!("no-such-transition")));
    // An issue that is opened again was done before.
    let mut reopened: Value = serde_json::from_str(&text).expect("JSON");
    reopened["issue"]["fields"]["resolution"] = Value::Null;
    reopened["issue"]["fields"]["status"] = json!({"name": "To Do", "statusCategory": {"key": "new"}});
    reopened["changelog"]["items"] = json!([
        {"field": "resolution", "fromString": "Done", "toString": null},
        {"field": "status", "fromString": "Done", "toString": "To Do"},
    ]);
    let reopened = json_of(&server.ask("/v1/hooks/jira", &reopened.to_string()));
    let first = &reopened["findings"][0];
    assert_eq!((&first["code"], &first["found"]), (&json!("no-such-transition"), &json!("opened")), "{reopened}");
    // Several documents, a line each.
    let tickets = read("tests/mappings/servicenow/ticket.json");
    let tickets: Value = serde_json::from_str(&tickets).expect("JSON");
    let lines = format!("{tickets}\n{tickets}\n");
    let answer = server.send("POST", "/v1/hooks/servicenow?ask=closure", &["Content-Type: application/x-ndjson"], lines.as_bytes());
    assert_eq!(verdict(&answer).0, "deny");
}

#[test]
fn a_message_is_signed_by_its_platform_and_answered_once() {
    let (folder, hooks) = hooks();
    let tokens = folder.file("tokens.ndjson");
    let make = |name: &str, scope: &str| printed(&["token", name, "--tokens", &tokens, "--scope", scope]).trim().to_owned();
    let (hook, metrics) = (make("hooks", "hook"), make("prometheus", "metrics"));
    let log = folder.file("decisions.ndjson");
    let server = Server::start(&["--policy", "tests/policies/small.yaml", "--hooks", &hooks, "--tokens", &tokens, "--log", &log]);
    let path = "/v1/hooks/jira?actor=ann";
    let body = pair(&laptop("Received", "true"), &laptop("Ready", "true"));
    let send = |head: &[&str], body: &str| server.send("POST", path, &[&[JSON], head].concat(), body.as_bytes());
    assert_eq!(verdict(&send(&[&signature(&body)], &body)).0, "allow");
    send(&[&signature(&body)], &body).refuses(409, "replayed");
    let altered = body.replace("PF4X9K21", "PF4X9K22");
    send(&[&signature(&body)], &altered).refuses(401, "signature");
    send(&["X-Hub-Signature: sha256=00"], &body).refuses(401, "signature");
    let query = format!("{path}&role=desk");
    server.send("POST", &query, &[JSON, &signature(&altered)], altered.as_bytes()).refuses(400, "parameter");
    send(&[], &body).refuses(401, "token-missing");
    // What got no answer may come again.
    let broken = "{\"a\":";
    for _ in 0..2 {
        send(&[&signature(broken)], broken).refuses(422, "payload");
    }
    // A token speaks for a platform as well, and for no platform that has no secret a signature does.
    assert_eq!(verdict(&send(&[&format!("Authorization: Bearer {hook}")], &body)).0, "allow");
    send(&[&format!("Authorization: Bearer {metrics}")], &body).refuses(403, "token-scope");
    send(&[&format!("Authorization: Bearer {metrics}"), &signature(&altered)], &altered).refuses(403, "token-scope");
    server.send("POST", "/v1/hooks/glpi", &[JSON, &signature("{}")], b"{}").refuses(401, "token-missing");
    server
        .send("POST", "/v1/closures", &[JSON, &format!("Authorization: Bearer {hook}")], closure().as_bytes())
        .refuses(403, "token-scope");
    let events = server.events();
    assert!(events.contains("\"token\":\"jira, signed\"") && !events.contains(SECRET) && !events.contains("HW-7"), "{events}");
    assert_eq!(fs::read_to_string(&log).expect("the log").matches("\"ask\":\"transition\"").count(), 4, "two decisions, told twice each");
    assert_eq!(handoff(&["log", "verify", &log]).status.code(), Some(0));
}

#[test]
fn hooks_follow_their_files() {
    let (folder, hooks) = hooks();
    let server = Server::start(&["--policy", "tests/policies/small.yaml", "--hooks", &hooks]);
    let body = laptop("Received", "true").to_string();
    let ask = || server.send("POST", "/v1/hooks/jira?ask=next", &[JSON, &signature(&body)], body.as_bytes());
    assert_eq!(ask().status, 200);
    fs::write(folder.0.join("jira.secret"), "too short").expect("it is written");
    server.until("the secret is refused", |server| server.events().contains("could be guessed"));
    fs::write(folder.0.join("jira.secret"), "another secret of the platform").expect("it is written");
    server.until("the secret is another one", |_| ask().status == 401);
    for (hooks, why) in [("jira: {secret: x}\n", "unknown field"), ("nobody: {}\n", "no platform is called"), ("jira: {zone: x}\n", "zone")]
    {
        fs::write(folder.0.join("hooks.yaml"), hooks).expect("it is written");
        let output = handoff(&["serve", "--listen", "127.0.0.1:0", "--hooks", &folder.file("hooks.yaml")]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(why), "{told}");
    }
}

#[test]
fn what_is_vouched_for_is_not_claimed_where_a_record_is_lost() {
    let (folder, hooks) = hooks();
    let log = folder.file("decisions.ndjson");
    let server = Server::start(&["--policy", "tests/policies/small.yaml", "--hooks", &hooks, "--log", &log, "--log-facts"]);
    let ask = |body: &Value| {
        let body = body.to_string();
        json_of(&server.send("POST", "/v1/hooks/jira?ask=next", &[JSON, &signature(&body)], body.as_bytes()))
    };
    ask(&json!([laptop("Received", "true")]));
    let lost = ask(&json!([laptop("Received", "true"), {"objectKey": "HW-8"}]));
    assert!(lost["left_out"].as_array().is_some_and(|told| told.iter().any(|told| told["pointer"] == "/1")), "{lost}");
    let lines = fs::read_to_string(&log).expect("the log");
    let claims: Vec<bool> = lines.lines().map(|line| line.contains("\"coverage\":[{")).collect();
    assert_eq!(claims, [true, false], "{lines}");
}
