//! `handoff serve`: decisions over HTTP/1.1. What is decided comes from the component, through one pool of instances; this is what stands
//! around it: who may ask, how much, for how long, by which policy, and what is noted of it.

mod audits;
mod body;
mod connection;
mod decide;
mod events;
mod hooks;
mod metrics;
mod openapi;
mod problem;
mod query;
mod route;
mod rules;
mod signature;
mod tokens;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};

use crate::log::Log;
use crate::source::members::Masks;
pub(crate) use events::log_note;
pub(crate) use hooks::{Hook, Hooks};
use metrics::Metrics;
use rules::Rules;
pub(crate) use rules::{Active, Loader};
pub(crate) use signature::Secret;
use tokens::Watched;
pub(crate) use tokens::{Scope, issue};

/// How a server runs.
#[derive(Debug)]
pub(crate) struct Settings {
    pub listen: SocketAddr,
    /// Who may ask; none lets everybody on this machine.
    pub tokens: Option<PathBuf>,
    /// Instances that decide at once.
    pub instances: usize,
    /// Requests that are under way at once, at most; the next ones are told to come again.
    pub concurrency: usize,
    /// Audits that are under way at once, at most.
    pub audits: usize,
    /// Connections that are open at once, at most.
    pub connections: usize,
    /// The most that a question with its facts may have, in bytes.
    pub body: usize,
    /// The most that all questions that are being read may have, in bytes.
    pub bodies: usize,
    /// The most that a register may have, in bytes.
    pub register: u64,
    /// For how long a decision may take.
    pub deadline: Duration,
    /// For how long a client may take to send a head, a body, or the next part of a register, and to take an answer.
    pub patience: Duration,
    /// For how long the server is not ready, and still answers, before it stops.
    pub drain_delay: Duration,
    /// For how long what is under way is waited for.
    pub drain: Duration,
    /// Where decisions are logged.
    pub log: Option<Logging>,
}

/// The decision log of a server.
#[derive(Debug)]
pub(crate) struct Logging {
    pub log: Log,
    /// Whether facts are kept, and what of them is masked.
    pub facts: Option<Masks>,
}

/// What all requests share.
#[derive(Debug)]
struct Server {
    settings: Settings,
    rules: Rules,
    tokens: Option<Watched>,
    /// Signed messages that were answered.
    seen: signature::Seen,
    metrics: Metrics,
    /// Requests that may still come in, and those of them that may decide or audit.
    admission: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    audits: Arc<Semaphore>,
    /// Bytes of questions that are being read.
    reading: AtomicUsize,
    /// Where it stands between start and stop.
    phase: watch::Sender<Phase>,
}

/// Where a server stands between start and stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It answers.
    Serving,
    /// It answers, and says that it is about to stop.
    Leaving,
    /// It takes no more connections, and ends what is under way.
    Draining,
}

/// Serves until it is told to stop. What can't be begun is an error; what happens afterwards is told on stderr.
pub(crate) fn run(settings: Settings, loader: Loader, files: Vec<PathBuf>) -> anyhow::Result<()> {
    let tokens = settings.tokens.as_deref().map(Watched::open).transpose()?;
    let rules = Rules::load(loader, files)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Each request that is under way may decide, and an audit has two threads for its streams.
        .max_blocking_threads(settings.instances.saturating_add(settings.audits).saturating_add(8))
        .thread_name("handoff-serve")
        .build()
        .context("can't start")?;
    let (phase, _) = watch::channel(Phase::Serving);
    let server = Arc::new(Server {
        admission: Arc::new(Semaphore::new(settings.concurrency)),
        turns: Arc::new(Semaphore::new(settings.instances)),
        audits: Arc::new(Semaphore::new(settings.audits)),
        reading: AtomicUsize::new(0),
        metrics: Metrics::default(),
        seen: signature::Seen::default(),
        settings,
        rules,
        tokens,
        phase,
    });
    let done = runtime.block_on(serve(Arc::clone(&server)));
    // A decision that was not waited for ends at its own limit, and nobody hears it.
    runtime.shutdown_timeout(Duration::from_millis(200));
    done
}

async fn serve(server: Arc<Server>) -> anyhow::Result<()> {
    let Settings { listen, connections, drain_delay, drain, .. } = server.settings;
    let listener = bind(listen).with_context(|| format!("can't listen on {listen}"))?;
    let signals = Signals::new().context("can't hear signals")?;
    let active = server.rules.active();
    events::listening(listener.local_addr().unwrap_or(listen), &active.policy, &active.component_digest);
    rules::watch(Arc::clone(&server));
    let slots = Arc::new(Semaphore::new(connections));
    let accepting = tokio::spawn(connection::accept(listener, Arc::clone(&server), Arc::clone(&slots)));
    signals.wait(&server).await;
    events::stopping("leaving");
    server.phase.send_replace(Phase::Leaving);
    tokio::time::sleep(drain_delay).await;
    server.phase.send_replace(Phase::Draining);
    let ended = async {
        // It takes what has connected already, and ends.
        let _ = accepting.await;
        let _ = slots.acquire_many(u32::try_from(connections).unwrap_or(u32::MAX)).await;
    };
    let in_time = tokio::time::timeout(drain, ended).await.is_ok();
    events::stopping(if in_time { "stopped" } else { "stopped, and not all was answered" });
    Ok(())
}

/// So many connections wait to be taken: a crowd that comes at once is not sent away.
const BACKLOG: u32 = 4096;

fn bind(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The address of a server that ended just now is free.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}

impl Server {
    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Why it can't give a verdict; none where it can.
    fn unready(&self) -> Option<String> {
        if self.phase() > Phase::Serving {
            return Some("the server is draining".to_owned());
        }
        let failing = self.settings.log.as_ref().and_then(|logging| logging.log.state().failing());
        failing.map(|reason| format!("the decision log can't be written: {reason}"))
    }

    /// Takes bytes for a body from those that all bodies may have.
    fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reserved> {
        let most = self.settings.bodies;
        let more = |now: usize| now.checked_add(bytes).filter(|sum| *sum <= most);
        self.reading.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Reserved { server: Arc::clone(self), bytes })
    }
}

/// Bytes of a body that is there, given back when it is not.
#[derive(Debug)]
struct Reserved {
    server: Arc<Server>,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.server.reading.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What the operator tells the server.
#[cfg(unix)]
struct Signals {
    stop: Vec<tokio::signal::unix::Signal>,
    reload: tokio::signal::unix::Signal,
    /// Heard so that it does not end the process: a log that may not grow any more is an error of writing.
    _full: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let stop = vec![signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        let full = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).ok();
        Ok(Self { stop, reload: signal(SignalKind::hangup())?, _full: full })
    }

    /// Waits for the end; until then, reloads when told to.
    async fn wait(mut self, server: &Server) {
        std::future::poll_fn(|context| {
            while let std::task::Poll::Ready(Some(())) = self.reload.poll_recv(context) {
                server.rules.wake();
            }
            if self.stop.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

/// What the operator tells the server.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "on other systems it can fail")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the end.
    async fn wait(self, _: &Server) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What a request is answered with, always.
type Answered = Result<hyper::Response<connection::Body>, Infallible>;
