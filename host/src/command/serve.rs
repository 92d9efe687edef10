//! `handoff serve`

use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;
use handoff::{Limits, Pool};

use super::logged::{LogOpts, size};
use super::session::{Given, Plugin, is_stdin};
use super::{Outcome, Refused, Unable};
use crate::log::Log;
use crate::serve::{self, Active, Loader, Logging, Settings};

/// Decide over HTTP, for platforms and for those that carry no component
#[derive(Args, Debug)]
#[command(
    after_help = "The answers are those of the commands as JSON. Files of policy, component, hooks and tokens are followed: a new one takes the place of the old
one as a whole, and one that does not load changes nothing. SIGHUP looks at them at once, SIGTERM ends what is under way and stops.

Examples:
  handoff serve
  handoff serve --listen 0.0.0.0:8642 --tokens tokens.ndjson --policy policy.yaml --log decisions.ndjson
  curl -sS http://127.0.0.1:8642/v1/closures -H 'Content-Type: application/json' -d @question.json

Exit status:
  0  stopped as it was told to
  2  could not begin: usage, files, address or component"
)]
pub(crate) struct Opts {
    /// Where to listen; without tokens on this machine only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8642", value_parser = address, help_heading = "Access")]
    listen: SocketAddr,

    /// The tokens that may ask, made by `handoff token`
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    tokens: Option<PathBuf>,

    /// How messages of platforms are read, and their secrets, as YAML or JSON; without it as they are built in
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    hooks: Option<PathBuf>,

    /// The policy, as YAML or JSON; without it the component's own, or else the reference policy
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    plugin: Plugin,

    #[command(flatten)]
    log: LogOpts,

    /// The most that a question with its facts may have
    #[arg(long, value_name = "SIZE", default_value = "4M", value_parser = size, help_heading = "Limits")]
    max_body: u64,

    /// The most that a register may have
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size, help_heading = "Limits")]
    max_register: u64,

    /// How many questions may be under way at once; those that come on top are told to come again
    #[arg(long, value_name = "N", default_value = "256", help_heading = "Limits")]
    concurrency: NonZeroUsize,

    /// How many decisions are made at once; without it as many as there are processors
    #[arg(long, value_name = "N", help_heading = "Limits")]
    instances: Option<NonZeroUsize>,

    /// For how many seconds a decision may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, help_heading = "Limits")]
    deadline: Duration,

    /// For how many seconds a client may take to send a question, or the next part of a register, and to take an answer
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, help_heading = "Limits")]
    patience: Duration,

    /// For how many seconds to answer on, and to say that it is not ready, before it stops
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds_or_none, help_heading = "Limits")]
    drain_delay: Duration,

    /// For how many seconds to wait for what is under way
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds, help_heading = "Limits")]
    drain: Duration,
}

/// Audits that run at once: each has two instances, and up to 4 GiB in each.
const AUDITS: usize = 2;

/// The most connections that are open at once.
const CONNECTIONS: usize = 20_000;

/// The most that all questions that are being read may have, where one of them may not have more.
const BODIES: usize = 256 << 20;

pub(crate) fn run(opts: &Opts) -> anyhow::Result<Outcome> {
    let Opts {
        listen,
        tokens,
        hooks,
        policy,
        plugin,
        log,
        max_body,
        max_register,
        concurrency,
        instances,
        deadline,
        patience,
        drain_delay,
        drain,
    } = opts;
    if tokens.is_none() && !listen.ip().to_canonical().is_loopback() {
        return Err(Unable {
            message: format!("without tokens it listens on this machine only, and not on {listen}"),
            help: "make a token with `handoff token NAME --scope decide --tokens FILE`, and name the file with `--tokens`".to_owned(),
        }
        .into());
    }
    if policy.as_deref().is_some_and(is_stdin) {
        let help = "write it to a file".to_owned();
        return Err(Unable { message: "a policy that is followed can't be read from stdin".to_owned(), help }.into());
    }
    let instances = instances.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let files = policy.iter().cloned().chain(plugin.file().map(Into::into)).collect();
    let (policy, plugin, hooks, limit) = (policy.clone(), plugin.clone(), hooks.clone(), *deadline);
    let loader = Loader { load: Box::new(move || load(policy.as_ref(), &plugin, hooks.as_deref(), instances, limit)), told };
    let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    let logging = log.open()?.map(|(opened, note)| begin(opened, note.as_deref(), log));
    let settings = Settings {
        listen: *listen,
        tokens: tokens.clone(),
        instances: instances.get(),
        concurrency: concurrency.get(),
        audits: AUDITS,
        connections: connections(),
        body: bytes(*max_body),
        bodies: BODIES.max(bytes(*max_body)),
        register: *max_register,
        deadline: *deadline,
        patience: *patience,
        drain_delay: *drain_delay,
        drain: *drain,
        log: logging,
    };
    serve::run(settings, loader, files)?;
    Ok(Outcome::written(true))
}

fn begin(log: Log, note: Option<&str>, opts: &LogOpts) -> Logging {
    if let Some(note) = note {
        serve::log_note(note);
    }
    Logging { log, facts: opts.facts() }
}

/// Loads policy, component and hooks.
fn load(
    policy: Option<&PathBuf>,
    plugin: &Plugin,
    hooks: Option<&Path>,
    instances: NonZeroUsize,
    deadline: Duration,
) -> anyhow::Result<Active> {
    let given = Given::of(policy.map(PathBuf::as_path), plugin)?;
    let (component, component_digest) = plugin.with_digest()?;
    let component = component.with_limits(Limits { time: deadline, ..Limits::default() });
    let json = given.json(&component)?;
    let pool = Pool::new(component.clone(), json, instances).map_err(|error| given.refused(error))?;
    let description = pool.with(|instance, policy| instance.describe(policy))?;
    let name = serde_json::from_str(&description)?;
    let Named { name, version, digest } = name;
    let policy = handoff::core::ask::PolicyName { name, version, digest };
    let (hooks, files) = super::hooks::load(hooks, &description)?;
    Ok(Active { pool, component, policy_json: json.map(str::to_owned), policy, description, component_digest, hooks, files })
}

/// Which policy it is, of all that is told of it.
#[derive(serde::Deserialize)]
struct Named {
    name: String,
    version: String,
    digest: String,
}

/// So many problems are told in one line of the log.
const PROBLEMS: usize = 5;

/// An error with its first problems, in one line.
fn told(error: &anyhow::Error) -> String {
    let Some(refused) = error.downcast_ref::<Refused>() else { return format!("{error:#}") };
    let one = |located: &crate::source::Located| {
        let place = located.line.map(|line| format!(":{line}:{}", located.column.unwrap_or(1))).unwrap_or_default();
        format!("{}{place}: {} [{}]", located.file, located.problem.message, located.problem.code)
    };
    let problems: Vec<String> = refused.problems.iter().take(PROBLEMS).map(one).collect();
    format!("{refused}: {}", problems.join("; "))
}

/// As many connections as the process may have open, with room for files.
#[cfg(unix)]
fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    const FILES: u64 = 64;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(1 << 20).min(1 << 20);
    // Where it may not be raised, fewer connections are open at once.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    let there = getrlimit(Resource::Nofile).current.unwrap_or(wanted);
    usize::try_from(there.saturating_sub(FILES)).unwrap_or(CONNECTIONS).clamp(16, CONNECTIONS)
}

#[cfg(not(unix))]
fn connections() -> usize {
    CONNECTIONS
}

/// An address and a port; of a name the first address that it has.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |why: &str| format!("{why}: expected an address and a port, such as 127.0.0.1:8642 or [::1]:8642");
    let mut all = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
    all.next().ok_or_else(|| wrong("it has no address"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = seconds_or_none(text)?;
    if duration.is_zero() { Err("expected more than 0".to_owned()) } else { Ok(duration) }
}

fn seconds_or_none(text: &str) -> Result<Duration, String> {
    let wrong = || "expected seconds, such as 10 or 0.5, and 3600 at most".to_owned();
    let number: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number).ok().filter(|duration| *duration <= Duration::from_secs(3600)).ok_or_else(wrong)
}
