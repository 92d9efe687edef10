//! The server as its callers meet it: a process of its own, asked over sockets, with whatever goes wrong on the way.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice, reason = "a test stops where it fails")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const FACTS: &str = "examples/monday-laptop/facts.json";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file")
}

fn handoff(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_handoff")).current_dir(root()).args(arguments).output().expect("the command runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = handoff(arguments);
    assert!(output.status.code() < Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A folder for one test, gone where the test is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("handoff-serve-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs, and what it told.
struct Server {
    child: Child,
    address: String,
    events: Arc<Mutex<String>>,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handoff"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut child = command.current_dir(root()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut told = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("a line") > 0, "it did not begin: {told}");
            told.push_str(&line);
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["event"] == "listening" {
                break event["address"].as_str().expect("an address").to_owned();
            }
        };
        let events = Arc::new(Mutex::new(told));
        let shared = Arc::clone(&events);
        thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                shared.lock().expect("nobody panicked").push_str(&line);
                line.clear();
            }
        });
        Self { child, address, events }
    }

    fn events(&self) -> String {
        self.events.lock().expect("nobody panicked").clone()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        stream
    }

    /// Sends a request with these lines in its head, and reads the answer.
    fn send(&self, method: &str, path: &str, head: &[&str], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").into_bytes();
        for line in head {
            request.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        if method == "POST" {
            request.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        // Whoever is refused while it sends still hears the answer.
        let _ = stream.write_all(&request);
        Answer::read(&mut stream).expect("an answer")
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    fn ask(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &["Content-Type: application/json"], body.as_bytes())
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status().expect("`kill` runs");
        assert!(status.success());
    }

    /// Waits until something holds, and says what did not.
    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {}", self.events());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(stream: &mut TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let mut body = Vec::new();
        if let Some(length) = value("content-length:") {
            body.resize(length.parse().expect("a length"), 0);
            reader.read_exact(&mut body)?;
        } else {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(|_| std::io::ErrorKind::UnexpectedEof)?;
                let mut piece = vec![0; size + 2];
                reader.read_exact(&mut piece)?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&piece[..size]);
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Ok(Self { status, head, body: String::from_utf8(body).expect("UTF-8") })
    }

    /// Asserts that it is a refusal of this sort, which never says allow.
    fn refuses(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.head.contains("content-type: application/problem+json")),
            (status, true),
            "{}{}",
            self.head,
            self.body
        );
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["type"], format!("urn:handoff:problem:{code}"), "{}", self.body);
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", self.body);
        assert!(!self.body.contains("\"decision\""), "{}", self.body);
        problem
    }
}

/// A body of facts, and members of a question beside them.
fn question(facts: &str, members: &str) -> String {
    format!("{{\"facts\": {}, {members}}}", read(facts))
}

fn closure() -> String {
    question(FACTS, "\"item\": \"ticket:REQ-2041\"")
}

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

#[cfg(unix)]
#[test]
fn what_was_answered_is_in_the_log_of_a_server_that_was_killed() {
    let folder = Folder::new();
    let (log, checkpoints) = (folder.file("log.ndjson"), folder.file("checkpoints.ndjson"));
    let arguments = ["--log", &log, "--log-facts", "--log-checkpoints", &checkpoints, "--log-rotate", "200k"];
    let mut answered = 0;
    for _ in 0..2 {
        let server = Server::start(&arguments);
        let count = AtomicUsize::new(0);
        let body = closure();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let Ok(mut stream) = TcpStream::connect(&server.address) else { return };
                        let request = format!(
                            "POST /v1/closures HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        let _ = stream.write_all(request.as_bytes());
                        match Answer::read(&mut stream) {
                            Ok(answer) if answer.status == 200 => count.fetch_add(1, Ordering::Relaxed),
                            Ok(answer) => panic!("{}", answer.body),
                            Err(_) => return,
                        };
                    }
                });
            }
            thread::sleep(Duration::from_millis(700));
            server.signal("KILL");
        });
        answered += count.load(Ordering::Relaxed);
    }
    assert!(answered > 10, "{answered}");
    // What a crash leaves behind: half a line, which the next start cuts off.
    fs::OpenOptions::new().append(true).open(&log).and_then(|mut file| file.write_all(b"{\"seq\":9")).expect("it is written");
    printed(&["close", FACTS, "--item", "ticket:REQ-2041", "--log", &log]);
    assert!(fs::read_to_string(folder.file("log.ndjson.torn")).expect("what was torn").ends_with("{\"seq\":9\n"));
    let verified: Value =
        serde_json::from_str(&printed(&["log", "verify", &log, "--checkpoints", &checkpoints, "--format", "json"])).expect("JSON");
    assert_eq!((&verified["faults"], &verified["first"]), (&json!([]), &json!(1)), "{verified}");
    let lines = verified["lines"].as_u64().expect("lines");
    assert!(lines > u64::try_from(answered).expect("a number"), "{lines} lines, {answered} answers");
    assert!(verified["files"].as_u64() > Some(1), "{verified}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_can_t_be_logged_is_not_answered() {
    let folder = Folder::new();
    let log = folder.file("log.ndjson");
    // The limit on files stands for a disk that is full: 16 or 32 MiB, as the shell counts in blocks of 512 or 1024 bytes.
    let script = "trap '' XFSZ; ulimit -f 32768; exec \"$0\" serve --listen 127.0.0.1:0 --log \"$1\" --log-facts";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_handoff"), &log]);
    let server = Server::run(command);
    // Facts that fill it soon.
    let mut facts: Value = serde_json::from_str(&read(FACTS)).expect("JSON");
    facts["people"].as_array_mut().expect("people").push(json!({"id": "long", "name": "x".repeat(3 << 20)}));
    let body = json!({"facts": facts, "item": "ticket:REQ-2041"}).to_string();
    let mut answered = 0;
    let refused = loop {
        let answer = server.ask("/v1/closures", &body);
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered < 100, "the disk is never full");
    };
    refused.refuses(503, "not-logged");
    assert!(answered > 0);
    let ready = server.get("/readyz");
    assert!(ready.status == 503 && ready.body.contains("can't be written"), "{}", ready.body);
    assert!(server.get("/metrics").body.contains("handoff_log_failures_total 1\n"));
    let verified: Value = serde_json::from_str(&printed(&["log", "verify", &log, "--format", "json"])).expect("JSON");
    assert_eq!((&verified["lines"], &verified["faults"], &verified["torn"]), (&json!(answered), &json!([]), &json!(false)), "{verified}");
}

/// A log of the command, of six lines.
fn logged(folder: &Folder, checkpoints: &str) -> String {
    let log = folder.file("log.ndjson");
    for state in ["assigned", "configured", "received", "written-off", "assigned", "delivered"] {
        printed(&[
            "transition",
            FACTS,
            "--item",
            "asset:LT-4471",
            "--to",
            state,
            "--log",
            &log,
            "--log-facts",
            "--log-checkpoints",
            checkpoints,
        ]);
    }
    log
}

#[test]
fn whatever_is_done_to_a_log_is_found() {
    let folder = Folder::new();
    let checkpoints = folder.file("checkpoints.ndjson");
    let log = logged(&folder, &checkpoints);
    let text = fs::read_to_string(&log).expect("the log");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    let verify = |lines: &[&str], more: &[&str]| -> Vec<(String, u64)> {
        let file = folder.file("changed.ndjson");
        fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("it is written");
        let told: Value = serde_json::from_str(&printed(&[&["log", "verify", &file, "--format", "json"], more].concat())).expect("JSON");
        let fault = |fault: &Value| (fault["fault"].as_str().expect("a sort").to_owned(), fault["line"].as_u64().expect("a line"));
        told["faults"].as_array().expect("faults").iter().map(fault).collect()
    };
    let known = ["--checkpoints", checkpoints.as_str()];
    let told = |all: &[(&str, u64)]| all.iter().map(|(fault, line)| ((*fault).to_owned(), *line)).collect::<Vec<_>>();
    assert_eq!(verify(&lines, &known), []);
    let changed = lines[2].replace("\"deny\"", "\"allow\"");
    let with = |at: usize, line: &'static str| [&lines[..at], &[line], &lines[at + 1..]].concat();
    assert_eq!(verify(&[&lines[..2], &[changed.as_str()], &lines[3..]].concat(), &[]), told(&[("changed", 4)]));
    assert_eq!(verify(&[&lines[..3], &lines[4..]].concat(), &[]), told(&[("missing", 4)]));
    assert_eq!(verify(&[&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat(), &[]), told(&[("missing", 3), ("order", 4)]));
    assert_eq!(verify(&[&lines[..3], &lines[2..]].concat(), &[]), told(&[("order", 4)]));
    assert_eq!(verify(&lines[1..], &[]), told(&[("head", 1)]));
    assert_eq!(verify(&with(3, "nonsense"), &[]), told(&[("garbled", 4), ("missing", 5)]));
    // An end that is cut off, and one that was changed, are known elsewhere only.
    assert_eq!(verify(&lines[..4], &[]), []);
    assert_eq!(verify(&lines[..4], &known), told(&[("cut", 4)]));
    let last = lines[5].replace("\"deny\"", "\"allow\"");
    let forged = [&lines[..5], &[last.as_str()]].concat();
    assert_eq!((verify(&forged, &[]), verify(&forged, &known)), (vec![], told(&[("checkpoint", 6)])));
    assert_eq!(verify(&lines[1..], &known), []);
}

#[test]
fn a_log_is_shown_and_replayed() {
    let folder = Folder::new();
    let log = logged(&folder, &folder.file("checkpoints.ndjson"));
    assert_eq!(printed(&["log", "show", &log]).lines().count(), 6);
    assert_eq!(
        printed(&["log", "show", &log, "--item", "asset:LT-4471", "--verdict", "deny", "--code", "no-such-transition"]).lines().count(),
        3
    );
    let none = handoff(&["log", "show", &log, "--until", "2020-01-01T00:00:00Z"]);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(1), 0));
    assert_eq!(printed(&["log", "show", &log, "--format", "json"]), fs::read_to_string(&log).expect("the log"));
    assert!(handoff(&["replay", &log]).status.success());
    let closed = "examples/closure-in-order/facts.json";
    assert!(handoff(&["close", closed, "--log", &log, "--log-facts"]).status.success());
    let policy = read("examples/reference-policy/policy.yaml");
    let other = policy.replace("{attribute: disk_encrypted, equals: true,", "{attribute: disk_encrypted, equals: false,");
    assert_ne!(policy, other);
    let file = folder.file("other.yaml");
    fs::write(&file, other).expect("it is written");
    let replayed = handoff(&["replay", &log, "--policy", &file, "--format", "json"]);
    let lines: Vec<Value> = replayed.stdout.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("JSON")).collect();
    assert_eq!((replayed.status.code(), lines.len()), (Some(1), 2), "{lines:?}");
    assert_eq!((&lines[0]["seq"], &lines[0]["was"], &lines[0]["now"]), (&json!(7), &json!("allow"), &json!("deny")), "{lines:?}");
    assert_eq!((&lines[1]["summary"]["lines"], &lines[1]["summary"]["flips"]), (&json!(7), &json!(1)), "{lines:?}");
}

#[test]
fn what_is_masked_is_not_in_the_log() {
    let folder = Folder::new();
    let log = folder.file("log.ndjson");
    printed(&["close", FACTS, "--log", &log, "--log-facts", "--log-mask", "/people/*/name", "--log-mask", "/assets"]);
    let line: Value = serde_json::from_str(&fs::read_to_string(&log).expect("the log")).expect("one line");
    assert_eq!(
        (&line["facts"]["assets"], &line["masked"], &line["previous"], &line["by"]),
        (&json!("masked"), &json!(true), &Value::Null, &json!("close"))
    );
    assert_eq!(line["facts_digest"].as_str().map(str::len), Some(64));
    assert_eq!(handoff(&["replay", &log]).status.code(), Some(1));
}

#[test]
fn two_processes_do_not_write_one_log() {
    let folder = Folder::new();
    let log = folder.file("log.ndjson");
    let _server = Server::start(&["--log", &log]);
    let output = handoff(&["close", FACTS, "--log", &log]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another process has it"));
}

/// Whatever the log is called: another name of the file is no other log, and its checkpoints stand elsewhere.
#[cfg(unix)]
#[test]
fn a_log_has_one_writer_by_whichever_name() {
    let folder = Folder::new();
    let (log, twin, alias) = (folder.file("log.ndjson"), folder.file("twin.ndjson"), folder.file("alias.ndjson"));
    let server = Server::start(&["--log", &log]);
    fs::hard_link(&log, &twin).expect("another name");
    std::os::unix::fs::symlink(&log, &alias).expect("a link");
    for name in [&twin, &alias] {
        let output = handoff(&["close", FACTS, "--log", name]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}");
    }
    let output = handoff(&["close", FACTS, "--log", &folder.file("own.ndjson"), "--log-checkpoints", &folder.file("own.ndjson")]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    // What is moved away is not written to unseen.
    assert_eq!(server.ask("/v1/closures", &closure()).status, 200);
    fs::rename(&log, folder.file("moved.ndjson")).expect("it is moved");
    server.ask("/v1/closures", &closure()).refuses(503, "not-logged");
    fs::rename(folder.file("moved.ndjson"), &log).expect("it is moved back");
    assert_eq!(server.ask("/v1/closures", &closure()).status, 200);
}

#[test]
fn the_last_lines_of_a_burst_get_a_checkpoint() {
    let folder = Folder::new();
    let (log, checkpoints) = (folder.file("log.ndjson"), folder.file("checkpoints.ndjson"));
    let server = Server::start(&["--log", &log, "--log-checkpoints", &checkpoints]);
    for _ in 0..3 {
        assert_eq!(server.ask("/v1/closures", &closure()).status, 200);
    }
    server.until("a checkpoint has come", |_| fs::read_to_string(&checkpoints).is_ok_and(|text| text.contains("\"seq\":3,")));
}
