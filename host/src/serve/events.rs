//! What the server tells on stderr, each event as one line of JSON: no ids of people, no facts, no tokens.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use handoff::core::Time;
use handoff::core::ask::{AllowOrDeny, PolicyName};
use serde::Serialize;

use crate::log::now;

/// A request that was answered.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub method: &'a str,
    pub route: &'static str,
    pub status: u16,
    /// What sort of refusal it was.
    pub problem: Option<&'static str>,
    /// The verdict of the one decision that was asked for.
    pub verdict: Option<AllowOrDeny>,
    /// How many findings there were.
    pub findings: Option<usize>,
    /// The name of the token.
    pub token: Option<&'a str>,
    pub request: &'a str,
    #[serde(rename = "duration_us")]
    pub duration: u64,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event<'a> {
    Listening { address: SocketAddr, policy: &'a PolicyName, component: &'a str },
    Request(Request<'a>),
    Reloaded { policy: &'a PolicyName, component: &'a str },
    NotReloaded { what: &'a str, reason: &'a str },
    TokensReloaded {},
    Stopping { phase: &'a str },
    Log { note: &'a str },
}

#[derive(Serialize)]
struct Told<'a> {
    time: Time,
    #[serde(flatten)]
    event: Event<'a>,
}

/// So many microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

pub(super) fn request(request: Request<'_>) {
    tell(Event::Request(request));
}

pub(super) fn listening(address: SocketAddr, policy: &PolicyName, component: &str) {
    tell(Event::Listening { address, policy, component });
}

pub(super) fn reloaded(policy: &PolicyName, component: &str) {
    tell(Event::Reloaded { policy, component });
}

pub(super) fn not_reloaded(what: &str, reason: &str) {
    tell(Event::NotReloaded { what, reason });
}

pub(super) fn tokens_reloaded() {
    tell(Event::TokensReloaded {});
}

pub(super) fn stopping(phase: &str) {
    tell(Event::Stopping { phase });
}

/// What is to be known of the decision log.
pub(crate) fn log_note(note: &str) {
    tell(Event::Log { note });
}

fn tell(event: Event<'_>) {
    let Ok(mut line) = serde_json::to_vec(&Told { time: now(), event }) else { return };
    line.push(b'\n');
    // Nobody can be told that nobody can be told.
    let _ = io::stderr().lock().write_all(&line);
}
