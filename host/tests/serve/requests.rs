//! Questions, refusals, limits, tokens, reload and stop.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::*;

#[test]
fn every_endpoint_answers_as_the_command_does() {
    let server = Server::start(&[]);
    let joining = "examples/nurse-comes-moves-leaves/facts-joining.json";
    let leaving = "examples/nurse-comes-moves-leaves/facts-leaving.json";
    for (path, body, arguments) in [
        ("/v1/closures", closure(), ["close", FACTS, "--item", "ticket:REQ-2041"].as_slice()),
        ("/v1/closures", format!("\u{feff}{}", question(FACTS, "\"to\": \"cancelled\"")), &["close", FACTS, "--to", "cancelled"]),
        (
            "/v1/transitions",
            question(FACTS, "\"item\": \"asset:LT-4471\", \"to\": \"assigned\", \"actor\": {\"id\": \"a\", \"roles\": [\"service-desk\"]}"),
            &["transition", FACTS, "--item", "asset:LT-4471", "--to", "assigned", "--actor", "a", "--role", "service-desk"],
        ),
        (
            "/v1/transitions",
            question(FACTS, "\"questions\": [{\"item\": \"ticket:REQ-2041\"}, {\"item\": \"ticket:other\"}]"),
            &["close", FACTS, "--item", "ticket:REQ-2041", "--item", "ticket:other"],
        ),
        ("/v1/next", question(FACTS, "\"item\": \"asset:LT-4471\""), &["next", FACTS, "--item", "asset:LT-4471"]),
        (
            "/v1/plans",
            question(joining, "\"person\": \"iadeyemi\", \"direction\": \"joiner\""),
            &["plan", joining, "--person", "iadeyemi", "--direction", "joiner"],
        ),
        ("/v1/reviews", question(leaving, "\"person\": \"iadeyemi\""), &["review", leaving, "--person", "iadeyemi"]),
    ] {
        let answer = server.ask(path, &body);
        assert_eq!((answer.status, answer.body), (200, printed(&[arguments, &["--format", "json"]].concat())), "{path}");
        assert!(answer.head.contains("content-type: application/json\r\n") && answer.head.contains("x-request-id: "), "{}", answer.head);
    }
    let register = "examples/leaver-in-the-register/register.ndjson";
    let at = "2026-09-07T09:00:00+01:00";
    let ndjson = ["Content-Type: application/x-ndjson"];
    for (path, arguments) in
        [("/v1/audits".to_owned(), ["audit", register].as_slice()), (format!("/v1/audits?at={at}"), &["audit", register, "--at", at])]
    {
        let answer = server.send("POST", &path, &ndjson, read(register).as_bytes());
        assert_eq!((answer.status, answer.body), (200, printed(&[arguments, &["--format", "json"]].concat())), "{path}");
    }
    let policy: Value = serde_json::from_str(&server.get("/v1/policy").body).expect("JSON");
    assert_eq!(policy["name"], "reference");
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    let description: Value = serde_json::from_str(&server.get("/openapi.json").body).expect("JSON");
    assert_eq!(description["openapi"], "3.1.0");
    for path in description["paths"].as_object().expect("paths").keys() {
        assert_ne!(server.get(path).status, 404, "{path}");
    }
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("handoff_requests_total{route=\"/v1/closures\",status=\"200\"} 2\n"), "{metrics}");
    assert!(
        metrics.contains("handoff_decisions_total{ask=\"transition\",verdict=\"deny\"} 1\n") && metrics.contains("handoff_ready 1\n"),
        "{metrics}"
    );
}

#[test]
fn what_can_t_be_used_is_refused_with_what_to_mend() {
    let server = Server::start(&["--max-body", "100k", "--patience", "1"]);
    let first = |answer: &Answer, status: u16, code: &str| answer.refuses(status, code)["problems"][0].clone();
    let problem = first(&server.ask("/v1/closures", "{\"facts\": {\"assets\": [{\"id\": 7}]}}"), 422, "facts");
    assert!(problem["path"] == "/facts/assets/0/id" && problem["code"].is_string(), "{problem}");
    let problem = first(&server.ask("/v1/closures", "{\"facts\": {\"at\": null, \"at\": null}}"), 422, "facts");
    assert!(problem["code"] == "facts-syntax" || problem["message"].as_str().is_some_and(|message| message.contains("twice")), "{problem}");
    let problem = first(&server.ask("/v1/closures", "{\"facts\": {}, \"items\": 1}"), 422, "question");
    assert!(problem["path"] == "/items" || problem["message"].as_str().is_some_and(|message| message.contains("`items`")), "{problem}");
    assert_eq!(first(&server.ask("/v1/closures", "{\"facts\": {}}"), 422, "question")["code"], "time-missing");
    assert_eq!(first(&server.ask("/v1/closures", "{\"item\": \"ticket:1\"}"), 422, "question")["path"], "/facts");
    assert_eq!(first(&server.ask("/v1/closures", "{\n\"facts\": nonsense}"), 400, "syntax")["position"]["line"], 2);
    server.ask("/v1/closures", "[]").refuses(400, "syntax");
    server.ask("/v1/nothing", "{}").refuses(404, "no-such-path");
    let answer = server.get("/v1/closures");
    answer.refuses(405, "method");
    assert!(answer.head.contains("allow: post\r\n"), "{}", answer.head);
    server.send("POST", "/v1/closures", &["Content-Type: text/plain"], b"{}").refuses(415, "media-type");
    server.send("POST", "/v1/closures", &[], b"{}").refuses(415, "media-type");
    server.send("POST", "/v1/closures", &["Content-Type: application/json; charset=latin-1"], b"{}").refuses(415, "media-type");
    let gzip = ["Content-Type: application/json", "Content-Encoding: gzip"];
    server.send("POST", "/v1/closures", &gzip, b"\x1f\x8b").refuses(415, "media-type");
    server.send("POST", "/v1/closures", &["Content-Type: application/json"], b"{\"facts\": \"\xff\"}").refuses(400, "syntax");
    for length in [100 << 10, 300 << 10, 3 << 20] {
        let body = format!("{{\"facts\": {{}}, \"item\": \"{}\"}}", "x".repeat(length));
        server.ask("/v1/closures", &body).refuses(413, "too-large");
    }
    let ndjson = ["Content-Type: application/x-ndjson"];
    let problem =
        first(&server.send("POST", "/v1/audits", &ndjson, b"{\"at\": \"2026-01-05T09:00:00Z\"}\n{\"asset\": {\"id\": 7}}\n"), 422, "facts");
    assert_eq!(problem["position"]["line"], 2, "{problem}");
    server.send("POST", "/v1/audits?when=now", &ndjson, b"").refuses(400, "parameter");
    server.send("POST", "/v1/audits", &ndjson, b"{}\n").refuses(422, "question");
    // A body that stops half way, and one that does not come.
    let head = "POST /v1/closures HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"facts\"";
    let mut cut_off = server.connect();
    cut_off.write_all(head.as_bytes()).expect("it is sent");
    cut_off.shutdown(std::net::Shutdown::Write).expect("it is shut");
    if let Ok(answer) = Answer::read(&mut cut_off) {
        answer.refuses(400, "cut-off");
    }
    let mut slow = server.connect();
    slow.write_all(head.as_bytes()).expect("it is sent");
    Answer::read(&mut slow).expect("an answer").refuses(408, "slow");
    let mut silent = server.connect();
    silent.write_all(b"POST /v1/clo").expect("it is sent");
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest);
    assert!(begun.elapsed() < Duration::from_secs(10), "a head that does not come is given up");
    // Whatever was sent, what it decides is not touched by it.
    assert_eq!(server.ask("/v1/closures", &closure()).status, 200);
    let events = server.events();
    assert!(!events.contains("nrahimi") && !events.contains("LT-4471"), "{events}");
}

#[test]
fn slow_clients_take_nothing_from_the_others() {
    let server = Server::start(&["--patience", "5"]);
    let head = b"POST /v1/closures HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
    let slow: Vec<TcpStream> = (0..700)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(head).expect("it is sent");
            stream
        })
        .collect();
    let expected = printed(&["close", FACTS, "--item", "ticket:REQ-2041", "--format", "json"]);
    for _ in 0..20 {
        let answer = server.ask("/v1/closures", &closure());
        assert_eq!((answer.status, &answer.body), (200, &expected));
    }
    drop(slow);
}

#[test]
fn only_tokens_that_are_good_for_it_may_ask() {
    let folder = Folder::new();
    let tokens = folder.file("tokens.ndjson");
    let make = |name: &str, more: &[&str]| printed(&[&["token", name, "--tokens", &tokens], more].concat()).trim().to_owned();
    let decide = make("desk", &["--scope", "decide", "--expires", "2999-01-01T00:00:00Z"]);
    let expired = make("old", &["--scope", "decide,audit", "--expires", "2026-01-01T00:00:00Z"]);
    let metrics = make("prometheus", &["--scope", "metrics"]);
    assert_eq!(handoff(&["token", "desk", "--scope", "decide", "--tokens", &tokens]).status.code(), Some(2));
    let file = fs::read_to_string(&tokens).expect("the file");
    assert!([&decide, &expired, &metrics].iter().all(|token| token.len() > 64 && !file.contains(token.as_str())), "{file}");
    let server = Server::start(&["--tokens", &tokens]);
    let ask = |token: &str, path: &str, method: &str| {
        let bearer = format!("Authorization: Bearer {token}");
        server.send(method, path, &["Content-Type: application/json", &bearer], closure().as_bytes())
    };
    assert_eq!(ask(&decide, "/v1/closures", "POST").status, 200);
    assert_eq!(ask(&metrics, "/metrics", "GET").status, 200);
    let answer = server.ask("/v1/closures", &closure());
    answer.refuses(401, "token-missing");
    assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
    server.get("/v1/policy").refuses(401, "token-missing");
    let mut other = decide.clone();
    other.replace_range(other.len() - 1.., if decide.ends_with('0') { "1" } else { "0" });
    for wrong in [other.as_str(), "", &decide[..decide.len() - 1], &decide.to_uppercase()] {
        let answer = ask(wrong, "/v1/closures", "POST");
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    ask(&expired, "/v1/closures", "POST").refuses(401, "token-expired");
    ask(&metrics, "/v1/closures", "POST").refuses(403, "token-scope");
    ask(&decide, "/metrics", "GET").refuses(403, "token-scope");
    let twice = format!("Authorization: Bearer {decide}");
    server.send("POST", "/v1/closures", &["Content-Type: application/json", &twice, &twice], b"{}").refuses(401, "token-missing");
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    // A token is taken back while the server runs.
    fs::write(&tokens, file.lines().filter(|line| !line.contains("desk")).map(|line| format!("{line}\n")).collect::<String>())
        .expect("it is written");
    server.until("the token is taken back", |_| ask(&decide, "/v1/closures", "POST").status == 401);
    // So are all of them, where the file can't be read any more.
    assert_eq!(ask(&metrics, "/metrics", "GET").status, 200);
    fs::write(&tokens, "no token\n").expect("it is written");
    server.until("no token is left", |_| ask(&metrics, "/metrics", "GET").status == 401);
    let told: Value = serde_json::from_str(&server.get("/readyz").body).expect("JSON");
    assert!(told["tokens"].as_str().is_some_and(|told| told.contains("what is none")), "{told}");
    let events = server.events();
    assert!(
        [&decide, &expired, &metrics].iter().all(|token| !events.contains(token.as_str())) && events.contains("\"token\":\"desk\""),
        "{events}"
    );
}

#[test]
fn a_policy_is_reloaded_as_a_whole_and_no_request_is_lost() {
    let folder = Folder::new();
    let policy = folder.file("policy.yaml");
    let text = read("examples/reference-policy/policy.yaml");
    let versioned = |version: &str| text.replacen("version: 1.0.0", &format!("version: {version}"), 1);
    assert_ne!(versioned("2.0.0"), text);
    fs::write(&policy, &text).expect("it is written");
    let server = Server::start(&["--policy", &policy]);
    let over = AtomicUsize::new(0);
    let body = closure();
    let asked = AtomicUsize::new(0);
    let version = |server: &Server| {
        let answer: Value = serde_json::from_str(&server.ask("/v1/closures", &body).body).expect("JSON");
        answer["policy"]["version"].as_str().expect("a version").to_owned()
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    while over.load(Ordering::Relaxed) == 0 {
                        let answer = server.ask("/v1/closures", &body);
                        assert!(answer.status == 200 && answer.body.starts_with("{\"decision\":\"deny\""), "{}", answer.body);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        fs::write(&policy, versioned("2.0.0")).expect("it is written");
        server.until("the new policy decides", |server| version(server) == "2.0.0");
        fs::write(&policy, "format: 1\nname: broken\n").expect("it is written");
        server.until("the bad policy is told", |server| server.events().contains("\"event\":\"not-reloaded\""));
        assert_eq!(version(&server), "2.0.0");
        assert!(server.get("/readyz").body.contains("\"refused\":\"") && server.get("/metrics").body.contains("handoff_rules_refused 1\n"));
        fs::write(&policy, versioned("3.0.0")).expect("it is written");
        server.until("the next one decides", |server| version(server) == "3.0.0");
        assert!(server.get("/readyz").body.contains("\"refused\":null"));
        over.store(1, Ordering::Relaxed);
        for asking in asking {
            asking.join().expect("no request was lost");
        }
    });
    assert!(asked.load(Ordering::Relaxed) > 20);
}

#[cfg(unix)]
#[test]
fn what_is_under_way_ends_before_the_server_does() {
    let mut server = Server::start(&["--drain-delay", "1"]);
    let body = closure();
    let mut half = server.connect();
    let (first, second) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /v1/closures HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    half.write_all(format!("{head}{first}").as_bytes()).expect("it is sent");
    server.until("the request is under way", |server| server.get("/healthz").status == 200);
    server.signal("TERM");
    server.until("it says so", |server| server.events().contains("\"leaving\""));
    let answer = server.get("/readyz");
    assert!(answer.status == 503 && answer.body.contains("\"status\":\"draining\""), "{}", answer.body);
    thread::sleep(Duration::from_millis(1_500));
    assert!(TcpStream::connect(&server.address).is_err(), "it takes no more connections");
    half.write_all(second.as_bytes()).expect("it is sent");
    assert_eq!(Answer::read(&mut half).expect("an answer").status, 200);
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
}
