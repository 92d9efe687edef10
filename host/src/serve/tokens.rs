//! Who may ask: bearer tokens, of which the server knows no more than their hashes.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use clap::ValueEnum;
use handoff::core::Time;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::problem::Refusal;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// Decisions, next steps, plans and reviews; hooks as well
    Decide,
    /// Messages of platforms in their own shape
    Hook,
    /// Audits of whole registers
    Audit,
    /// The policy
    Policy,
    /// The metrics
    Metrics,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Hook => "hook",
            Self::Audit => "audit",
            Self::Policy => "policy",
            Self::Metrics => "metrics",
        }
    }
}

/// A token as the file has it, on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// What it is called in logs.
    pub name: String,
    pub scopes: BTreeSet<Scope>,
    /// The moment from which on it is good for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// The SHA-256 of the token, in lower-case hex.
    pub sha256: String,
}

/// The tokens of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens(Vec<(Entry, [u8; 32])>);

impl Tokens {
    /// Reads the lines of a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let (tokens, fault) = Self::sound(path);
        fault.map_or(Ok(tokens), Err)
    }

    /// The tokens of the lines that can be read, and what is wrong with the file first.
    fn sound(path: &Path) -> (Self, Option<anyhow::Error>) {
        let name = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return (Self::default(), Some(anyhow::Error::new(error).context(format!("can't read the tokens `{name}`")))),
        };
        let mut all: Vec<(Entry, [u8; 32])> = Vec::new();
        let mut fault = None;
        for (line, number) in text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty()) {
            match Self::line(line, &all).with_context(|| format!("`{name}`, line {number}")) {
                Ok(token) => all.push(token),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        if all.is_empty() {
            let none = || anyhow::anyhow!("`{name}` holds no token: `handoff token NAME --scope decide --tokens {name}` makes one");
            fault = fault.or_else(|| Some(none()));
        }
        (Self(all), fault)
    }

    fn line(line: &str, others: &[(Entry, [u8; 32])]) -> anyhow::Result<(Entry, [u8; 32])> {
        let entry: Entry = serde_json::from_str(line).context("it is no token")?;
        let hash = from_hex(&entry.sha256).context("`sha256` has to be 64 hexadecimal digits")?;
        if others.iter().any(|(other, _)| other.name == entry.name) {
            anyhow::bail!("another token is called `{}` as well", entry.name);
        }
        Ok((entry, hash))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(entry, _)| entry.name.as_str())
    }

    /// The token of that text. Each is compared, in a time that does not depend on what is equal.
    fn find(&self, token: &str) -> Option<&Entry> {
        let presented: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let mut found = None;
        for (entry, hash) in &self.0 {
            if bool::from(hash.ct_eq(&presented)) {
                found = Some(entry);
            }
        }
        found
    }

    /// Lets a request pass that has a token of one of those scopes, and tells the token's name.
    pub fn check(&self, headers: &HeaderMap, scopes: &[Scope], now: Time) -> Result<String, Refusal> {
        let refused = |code: &'static str, detail: &str| {
            let challenge = if code == "token-missing" { "Bearer" } else { "Bearer error=\"invalid_token\"" };
            Refusal::new(StatusCode::UNAUTHORIZED, code, "the request is not authorised", detail).with(WWW_AUTHENTICATE, challenge)
        };
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let bearer = given.next().and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let (Some(token), None) = (token, given.next()) else {
            return Err(refused("token-missing", "send one token, as `Authorization: Bearer TOKEN`"));
        };
        let Some(entry) = self.find(token) else {
            return Err(refused("token-unknown", "the token is not known: it is another one, or it was taken back"));
        };
        if entry.expires.is_some_and(|expires| expires <= now) {
            return Err(refused("token-expired", "the token has expired: ask for a new one"));
        }
        if !scopes.iter().any(|scope| entry.scopes.contains(scope)) {
            let scope = scopes.first().map_or("", |scope| scope.name());
            let detail = format!("the token `{}` has not the scope `{scope}`", entry.name);
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            return Err(Refusal::new(StatusCode::FORBIDDEN, "token-scope", "the token is not good for this", detail)
                .with(WWW_AUTHENTICATE, &challenge));
        }
        Ok(entry.name.clone())
    }
}

/// Tokens that follow their file.
#[derive(Debug)]
pub(super) struct Watched {
    pub path: PathBuf,
    now: RwLock<Arc<Tokens>>,
    /// Whether something is wrong with the file as it is now.
    faulty: AtomicBool,
}

impl Watched {
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { path: path.to_owned(), now: RwLock::new(Arc::new(Tokens::read(path)?)), faulty: AtomicBool::new(false) })
    }

    pub fn now(&self) -> Arc<Tokens> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn is_faulty(&self) -> bool {
        self.faulty.load(Ordering::Relaxed)
    }

    /// Reads the file again, and tells whether it holds others. What it does not hold any more is good for nothing, whatever is wrong with
    /// the rest of it.
    pub fn reload(&self) -> anyhow::Result<bool> {
        let (new, fault) = Tokens::sound(&self.path);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = **now != new;
        *now = Arc::new(new);
        self.faulty.store(fault.is_some(), Ordering::Relaxed);
        fault.map_or(Ok(is_other), Err)
    }
}

/// Makes a token, adds its hash to a file, and gives the token, which nobody can tell again.
pub(crate) fn issue(path: &Path, name: &str, scopes: BTreeSet<Scope>, expires: Option<Time>) -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("this machine gives no random bytes: {error}"))?;
    let token = format!("handoff_{}", to_hex(&bytes));
    let entry = Entry { name: name.to_owned(), scopes, expires, sha256: to_hex(&Sha256::digest(token.as_bytes())) };
    if path.exists() && Tokens::read(path).is_ok_and(|tokens| tokens.names().any(|other| other == name)) {
        anyhow::bail!("`{}` holds a token of the name `{name}`", path.display());
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut line = serde_json::to_string(&entry)?;
    line.push('\n');
    let written = options.open(path).and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()));
    written.with_context(|| format!("can't write the tokens `{}`", path.display()))?;
    Ok(token)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    bytes.try_into().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
