//! A server with a component that gives no verdict: it refuses, and goes on.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use handoff_tests::root;
use serde_json::Value;

use crate::hostile::component;

/// A server that is stopped with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server with the component of a fixture. It is run as a reader of the README runs the command, so that it is never an old one.
    fn start(fixture: &str) -> Self {
        let text = fs::read_to_string(root().join("tests/hostile").join(fixture)).unwrap();
        let file = std::env::temp_dir().join(format!("handoff-{}-{fixture}.wasm", std::process::id()));
        fs::write(&file, component(&text)).unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--release", "--", "serve", "--listen", "127.0.0.1:0", "--deadline", "0.5", "--instances", "1"]);
        command.args(["--policy", "tests/policies/device.yaml", "--component"]).arg(&file).current_dir(root());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        // What it tells further is read, so that it never waits for that.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        fs::remove_file(file).unwrap();
        Self { child, address: event["address"].as_str().unwrap().to_owned() }
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_component_without_a_verdict_is_a_refusal_each_time() {
    for (fixture, told) in [("serves-and-loops.wat", ["no-verdict", "deadline"]), ("serves-and-traps.wat", ["no-verdict", "no-verdict"])] {
        let server = Server::start(fixture);
        let body = r#"{"facts": {}, "item": "ticket:1"}"#;
        let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
        let question = format!("POST /v1/closures HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        for _ in 0..3 {
            let answer = server.send(&question);
            assert!(answer.starts_with("HTTP/1.1 503 ") && !answer.contains("\"decision\""), "{fixture}: {answer}");
            assert!(told.iter().any(|told| answer.contains(&format!("urn:handoff:problem:{told}"))), "{fixture}: {answer}");
        }
        assert!(server.send(&format!("GET /readyz HTTP/1.1\r\n{head}\r\n\r\n")).starts_with("HTTP/1.1 200 "), "{fixture}");
    }
}
