//! The decision log, whatever happens to it.

use std::fs;
use std::io::{BufRead, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::*;

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
    let script = "ulimit -f 32768; exec \"$0\" serve --listen 127.0.0.1:0 --log \"$1\" --log-facts";
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
