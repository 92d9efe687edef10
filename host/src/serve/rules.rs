//! The component and the policy that decide now, and their files: where a file changes, the new one takes the place of the old one as a
//! whole, or not at all.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, SystemTime};

use handoff::core::ask::PolicyName;
use handoff::{Component, Pool};
use sha2::{Digest, Sha256};

use super::{Hooks, Phase, Server, events};

/// A component with a policy, as they were loaded together.
#[derive(Debug)]
pub(crate) struct Active {
    pub pool: Pool,
    pub component: Component,
    /// The policy as JSON text; none is the one that the component has.
    pub policy_json: Option<String>,
    pub policy: PolicyName,
    /// The policy as the component describes it.
    pub description: String,
    /// The SHA-256 of the component.
    pub component_digest: String,
    /// How messages of platforms are read.
    pub hooks: Hooks,
    /// What was read beside the files of policy and component.
    pub files: Vec<PathBuf>,
}

/// Loads component and policy anew.
pub(crate) struct Loader {
    pub load: Box<dyn Fn() -> anyhow::Result<Active> + Send + Sync>,
    /// Why they don't load, in one line for the operator.
    pub told: fn(&anyhow::Error) -> String,
}

/// What decides now.
pub(crate) struct Rules {
    loader: Loader,
    files: Vec<PathBuf>,
    active: RwLock<Arc<Active>>,
    /// What the files held at the last attempt to load them.
    seen: Mutex<Seen>,
    /// Why what the files hold now is not used; none where it is.
    refused: Mutex<Option<String>>,
    wake: SyncSender<()>,
    woken: Mutex<Option<Receiver<()>>>,
}

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// A file that was changed so lately may be changed again without a trace in its time.
const SETTLED: Duration = Duration::from_secs(3);

impl Rules {
    /// Loads what decides first, which has to load.
    pub fn load(loader: Loader, files: Vec<PathBuf>) -> anyhow::Result<Self> {
        // What changes while it loads is loaded again.
        let mut seen = Seen::default();
        seen.look(&files);
        let active = Arc::new((loader.load)()?);
        seen.look(&active.files);
        let active = RwLock::new(active);
        let (wake, woken) = sync_channel(1);
        Ok(Self { loader, files, active, seen: Mutex::new(seen), refused: Mutex::default(), wake, woken: Mutex::new(Some(woken)) })
    }

    pub fn active(&self) -> Arc<Active> {
        Arc::clone(&self.active.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why what the files hold now is not used.
    pub fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the files at once.
    pub fn wake(&self) {
        // Where somebody is about to look already, that is enough.
        let _ = self.wake.try_send(());
    }

    /// Loads the files anew where they hold something else than at the last attempt. Tells whether it did, and what came of it.
    fn reload(&self, told: bool) -> Option<Result<Arc<Active>, String>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let others = self.active();
        let changed = [&self.files, &others.files].map(|files| seen.look(files));
        if changed == [false, false] && !told {
            return None;
        }
        let loaded = (self.loader.load)().map(Arc::new).map_err(|error| (self.loader.told)(&error));
        if let Ok(new) = &loaded {
            seen.look(&new.files);
            *self.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(new);
        }
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = loaded.as_ref().err().cloned();
        Some(loaded)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("files", &self.files).finish_non_exhaustive()
    }
}

/// What files held when they were looked at.
#[derive(Debug, Default)]
struct Seen(BTreeMap<PathBuf, (Stamp, Option<[u8; 32]>)>);

/// What is told of a file without reading it; none of one that is not there.
type Stamp = Option<(SystemTime, u64)>;

impl Seen {
    /// Looks at the files, and tells whether one of them holds something else than before.
    fn look(&mut self, files: &[PathBuf]) -> bool {
        let mut changed = false;
        for path in files {
            let there = stamp(path);
            let settled = there.is_some_and(|(time, _)| time.elapsed().is_ok_and(|age| age > SETTLED));
            let before = self.0.get(path);
            if settled && before.is_some_and(|(stamp, _)| *stamp == there) {
                continue;
            }
            let digest = fs::read(path).ok().map(|bytes| Sha256::digest(&bytes).into());
            changed |= before.is_none_or(|(_, before)| *before != digest);
            self.0.insert(path.clone(), (there, digest));
        }
        changed
    }
}

fn stamp(path: &Path) -> Stamp {
    let there = fs::metadata(path).ok()?;
    Some((there.modified().ok()?, there.len()))
}

/// Follows the files of rules and tokens, until the server drains.
pub(super) fn watch(server: Arc<Server>) {
    let Some(woken) = server.rules.woken.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let follow = move || {
        let mut tokens = Seen::default();
        let token_file: Vec<PathBuf> = server.tokens.iter().map(|tokens| tokens.path.clone()).collect();
        tokens.look(&token_file);
        while server.phase() < Phase::Draining {
            let told = match woken.recv_timeout(EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match server.rules.reload(told) {
                None => {}
                Some(Ok(active)) => {
                    server.metrics.reloaded(true);
                    events::reloaded(&active.policy, &active.component_digest);
                }
                Some(Err(reason)) => {
                    server.metrics.reloaded(false);
                    events::not_reloaded("the policy or the component", &reason);
                }
            }
            if (tokens.look(&token_file) || told)
                && let Some(watched) = &server.tokens
            {
                match watched.reload() {
                    Ok(true) => events::tokens_reloaded(),
                    Ok(false) => {}
                    Err(error) => events::not_reloaded("the tokens", &format!("{error:#}")),
                }
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("handoff-watch".to_owned()).spawn(follow) {
        events::not_reloaded("nothing", &format!("the files are not followed: {error}"));
    }
}
