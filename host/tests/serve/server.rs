//! A server that runs, and how it is asked.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

pub const FACTS: &str = "examples/monday-laptop/facts.json";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

pub fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file")
}

pub fn handoff(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_handoff")).current_dir(root()).args(arguments).output().expect("the command runs")
}

pub fn printed(arguments: &[&str]) -> String {
    let output = handoff(arguments);
    assert!(output.status.code() < Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A folder for one test, gone where the test is.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("handoff-serve-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs, and what it told.
pub struct Server {
    pub child: Child,
    pub address: String,
    events: Arc<Mutex<String>>,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handoff"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::run(command)
    }

    pub fn run(mut command: Command) -> Self {
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

    pub fn events(&self) -> String {
        self.events.lock().expect("nobody panicked").clone()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        stream
    }

    /// Sends a request with these lines in its head, and reads the answer.
    pub fn send(&self, method: &str, path: &str, head: &[&str], body: &[u8]) -> Answer {
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

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn ask(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &["Content-Type: application/json"], body.as_bytes())
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status().expect("`kill` runs");
        assert!(status.success());
    }

    /// Waits until something holds, and says what did not.
    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
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

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn read(stream: &mut TcpStream) -> std::io::Result<Self> {
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
    pub fn refuses(&self, status: u16, code: &str) -> Value {
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
pub fn question(facts: &str, members: &str) -> String {
    format!("{{\"facts\": {}, {members}}}", read(facts))
}

pub fn closure() -> String {
    question(FACTS, "\"item\": \"ticket:REQ-2041\"")
}
