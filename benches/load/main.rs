//! What the server takes: closures over HTTP with and without the decision log, beside a server that sends back what it gets, and among slow clients.
//!
//! `cargo build --release && cargo bench --manifest-path benches/load/Cargo.toml`; `HANDOFF` names another command. Clients and
//! servers share the processors, as in one run of any other: what counts is the ratio.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

/// Clients that ask at once, each on a connection that stays open.
const CLIENTS: usize = 32;
const WARM: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(6);
const ROUNDS: usize = 3;
/// Clients that send half a head, half a body, or nonsense.
const SLOW: usize = 10_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("echo") {
        return echo();
    }
    let facts: Value = serde_json::from_str(&fs::read_to_string(root().join("examples/loaner-not-reassigned/facts-lent.json"))?)?;
    let body = format!("{{\"facts\":{facts}}}");
    let log = std::env::temp_dir().join(format!("handoff-load-{}.ndjson", std::process::id()));
    println!("POST of {} bytes, {CLIENTS} connections, {} s each, the median of {ROUNDS} rounds\n", body.len(), MEASURED.as_secs());
    println!("{:<34} {:>10} {:>9} {:>9} {:>9}", "", "requests/s", "p50 ms", "p99 ms", "of echo");
    let log_of = |round: usize| PathBuf::from(format!("{}.{round}", log.display()));
    let mut rows: [Vec<Measured>; 3] = Default::default();
    let mut answered = 0;
    for round in 0..ROUNDS {
        let echo = Server::echo()?;
        rows[0].push(load(echo.address, "/echo", &body, MEASURED)?);
        drop(echo);
        let plain = Server::handoff(&[])?;
        rows[1].push(load(plain.address, "/v1/closures", &body, MEASURED)?);
        drop(plain);
        let file = log_of(round).display().to_string();
        let logged = Server::handoff(&["--log", &file])?;
        let measured = load(logged.address, "/v1/closures", &body, MEASURED)?;
        answered += measured.answered;
        rows[2].push(measured);
        drop(logged);
    }
    let mut medians = rows.into_iter().map(|mut all| {
        all.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        all.swap_remove(ROUNDS / 2)
    });
    let echoed = medians.next().context("a row")?;
    echoed.row("an echo in axum", &echoed);
    for name in ["handoff serve", "handoff serve --log"] {
        medians.next().context("a row")?.row(name, &echoed);
    }
    let mut lines = 0;
    for round in 0..ROUNDS {
        let told = Command::new(handoff()).args(["log", "verify"]).arg(log_of(round)).output()?;
        ensure!(told.status.success(), "the log is not as it was written: {}", String::from_utf8_lossy(&told.stdout));
        lines += fs::read_to_string(log_of(round))?.lines().count();
        fs::remove_file(log_of(round))?;
    }
    ensure!(lines >= answered, "{answered} were answered, and {lines} stand in the log");
    println!("\n{answered} answers with the log on; each stands in it, and it verifies.");

    let server = Server::handoff(&[])?;
    let slow = Slow::open(server.address)?;
    let measured = load(server.address, "/v1/closures", &body, MEASURED)?;
    println!("Among {} slow or broken clients:", slow.open);
    measured.row("handoff serve", &echoed);
    Ok(())
}

fn handoff() -> PathBuf {
    std::env::var_os("HANDOFF").map_or_else(|| root().join("target/release/handoff"), PathBuf::from)
}

/// A server in axum that sends back what it gets.
fn echo() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = axum::Router::new().route("/echo", axum::routing::post(|body: axum::body::Bytes| async move { body }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("{{\"event\":\"listening\",\"address\":\"{}\"}}", listener.local_addr()?);
        Ok(axum::serve(listener, app).await?)
    })
}

/// A server that runs in a process of its own.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn echo() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("echo");
        Self::start(command)
    }

    fn handoff(more: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(handoff());
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more);
        Self::start(command)
    }

    fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("build the command first: cargo build --release")?;
        let mut lines = BufReader::new(child.stderr.take().context("a pipe")?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                bail!("the server did not begin");
            }
            if let Some(address) = serde_json::from_str::<Value>(&line).ok().and_then(|event| event["address"].as_str()?.parse().ok()) {
                break address;
            }
        };
        // Its events are read, and thrown away: as by whatever collects them.
        thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its end is its own affair.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What clients saw.
struct Measured {
    per_second: f64,
    answered: usize,
    /// Microseconds, in their order.
    took: Vec<u32>,
}

impl Measured {
    fn row(&self, name: &str, echo: &Self) {
        let at = |part: f64| f64::from(self.took[((self.took.len() - 1) as f64 * part) as usize]) / 1e3;
        let ratio = self.per_second / echo.per_second;
        println!("{name:<34} {:>10.0} {:>9.2} {:>9.2} {ratio:>9.2}", self.per_second, at(0.5), at(0.99));
    }
}

/// Asks as fast as answers come. Each has to be a 200 with a decision, or what was sent.
fn load(address: SocketAddr, path: &str, body: &str, measured: Duration) -> anyhow::Result<Measured> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let request: Arc<[u8]> = [head.as_bytes(), body.as_bytes()].concat().into();
    let begun = Instant::now();
    let threads: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let request = Arc::clone(&request);
            thread::spawn(move || -> anyhow::Result<(usize, Vec<u32>)> {
                let mut stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                let mut reader = BufReader::with_capacity(64 << 10, stream.try_clone()?);
                let (mut answered, mut took, mut buffer) = (0, Vec::new(), Vec::new());
                while begun.elapsed() < WARM + measured {
                    let asked = Instant::now();
                    stream.write_all(&request)?;
                    read(&mut reader, &mut buffer)?;
                    answered += 1;
                    if asked.duration_since(begun) > WARM {
                        took.push(u32::try_from(asked.elapsed().as_micros())?);
                    }
                }
                Ok((answered, took))
            })
        })
        .collect();
    let mut all = Measured { per_second: 0.0, answered: 0, took: Vec::new() };
    for thread in threads {
        let (answered, took) = thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        all.answered += answered;
        all.took.extend(took);
    }
    all.took.sort_unstable();
    all.per_second = all.took.len() as f64 / measured.as_secs_f64();
    Ok(all)
}

/// Reads an answer.
fn read(reader: &mut impl BufRead, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200 "), "no answer: {line}");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    buffer.resize(length, 0);
    reader.read_exact(buffer)?;
    ensure!(buffer.starts_with(b"{\"decision\":") || buffer.starts_with(b"{\"facts\":"), "another answer");
    Ok(())
}

/// Clients that take their time, until it is dropped.
struct Slow {
    open: usize,
    over: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Slow {
    fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let texts: [&[u8]; 4] = [
            b"POST /v1/closures HTTP/1.1\r\nHost: local",
            b"POST /v1/closures HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"facts\":",
            b"\x16\x03\x01\x02\x00\x01\x00\x01",
            b"",
        ];
        let mut all = Vec::with_capacity(SLOW);
        for number in 0..SLOW {
            let mut stream = TcpStream::connect(address).with_context(|| format!("client {number}: raise `ulimit -n`"))?;
            stream.write_all(texts[number % texts.len()])?;
            all.push(stream);
        }
        let told = Arc::clone(&over);
        // Whoever is sent away comes again, and the others send a byte now and then.
        let threads = vec![thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                for (number, stream) in all.iter_mut().enumerate() {
                    if number % 100 == 0 {
                        thread::sleep(Duration::from_millis(10));
                    }
                    if stream.write_all(b"x").is_err()
                        && let Ok(mut again) = TcpStream::connect(address)
                        && again.write_all(texts[number % texts.len()]).is_ok()
                    {
                        *stream = again;
                    }
                }
            }
        })];
        Ok(Self { open: SLOW, over, threads })
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It had nothing to tell.
            let _ = thread.join();
        }
    }
}
