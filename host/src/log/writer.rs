//! Writing: one thread takes what comes, writes it in one go, and answers once it is on the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use same_file::Handle;

use super::chain::{Checkpoint, End, Line, now};
use super::files::{beside, cut_torn, last_line, rotated, sync_folder};

/// Where and how a log is written.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub path: PathBuf,
    /// Where checkpoints are added; none writes none.
    pub checkpoints: Option<PathBuf>,
    /// From which size on a file is rotated away, in bytes.
    pub rotate: u64,
}

/// How the log does.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The number of the last line.
    pub seq: AtomicU64,
    /// Lines that could not be written.
    pub failures: AtomicU64,
    /// How often the disk was waited for.
    pub syncs: AtomicU64,
    /// Why the last line could not be written; none where it could.
    failing: Mutex<Option<String>>,
}

impl State {
    pub fn failing(&self) -> Option<String> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, failing: Option<String>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = failing;
    }
}

/// Told once a line is on the disk, with its number, or why it is not.
type Done = Box<dyn FnOnce(Result<u64, String>) + Send>;

struct Job {
    entry: String,
    done: Done,
}

/// A log that is open for writing, for this process alone.
#[derive(Debug)]
pub(crate) struct Log {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<State>,
}

/// How many lines are written in one go, at most, and how many bytes before the next line.
const BATCH: usize = 1_000;
const BATCH_BYTES: usize = 8 << 20;

/// For so long another process may have the log.
const WAIT: Duration = Duration::from_secs(5);

/// After so many lines, or so much time, there is a checkpoint.
const CHECKPOINT_LINES: u64 = 1_000;
const CHECKPOINT_TIME: Duration = Duration::from_secs(1);

impl Log {
    /// Opens a log, or begins one, and tells what the user should know of it.
    pub fn open(settings: Settings) -> anyhow::Result<(Self, Option<String>)> {
        let place = settings.path.display().to_string();
        let (chain, note) = Chain::open(settings).with_context(|| format!("can't write the log `{place}`"))?;
        let state = Arc::new(State::default());
        state.seq.store(chain.end.seq, Ordering::Relaxed);
        let (jobs, taken) = sync_channel(BATCH);
        let shared = Arc::clone(&state);
        let thread = thread::Builder::new().name("handoff-log".to_owned()).spawn(move || work(chain, &taken, &shared))?;
        Ok((Self { jobs: Some(jobs), thread: Some(thread), state }, note))
    }

    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Adds a line, and tells when it is there.
    pub fn add(&self, entry: String, done: impl FnOnce(Result<u64, String>) + Send + 'static) {
        let job = Job { entry, done: Box::new(done) };
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        if let Some(Err(error)) = sent {
            (error.0.done)(Err("the thread that writes the log is gone".to_owned()));
        }
    }

    /// Adds a line, and waits until it is there.
    pub fn add_and_wait(&self, entry: String) -> Result<u64, String> {
        let (told, hear) = sync_channel(1);
        self.add(entry, move |result| {
            // Whoever does not wait any more needs no answer.
            let _ = told.send(result);
        });
        hear.recv().unwrap_or_else(|_| Err("the thread that writes the log is gone".to_owned()))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What was to be told was told with each line.
            let _ = thread.join();
        }
    }
}

fn work(mut chain: Chain, jobs: &Receiver<Job>, state: &State) {
    loop {
        let first = match jobs.recv_timeout(CHECKPOINT_TIME) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                // The last lines of a burst are not left without a checkpoint.
                if let Err(error) = chain.checkpoint() {
                    state.set(Some(format!("can't write a checkpoint of the log: {error:#}")));
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut batch = vec![first];
        let mut bytes = 0_usize;
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Ok(job) = jobs.try_recv() else { break };
            bytes = bytes.saturating_add(job.entry.len());
            batch.push(job);
        }
        let before = chain.end.seq;
        let written = chain.write(batch.iter().map(|job| job.entry.as_str())).map_err(|error| format!("{error:#}"));
        state.seq.store(chain.end.seq, Ordering::Relaxed);
        state.syncs.fetch_add(1, Ordering::Relaxed);
        state.set(written.as_ref().err().cloned());
        for (job, seq) in batch.into_iter().zip(before.saturating_add(1)..) {
            if written.is_err() {
                state.failures.fetch_add(1, Ordering::Relaxed);
            }
            (job.done)(written.clone().map(|()| seq));
        }
        // The lines are there: what comes now is for the next ones, and told with them.
        if let Err(error) = chain.after() {
            state.set(Some(format!("{error:#}")));
        }
    }
    let _ = chain.checkpoint();
}

/// The end of the log on the disk.
#[derive(Debug)]
struct Chain {
    settings: Settings,
    file: File,
    /// The length of what is whole.
    length: u64,
    end: End,
    /// The end at the last checkpoint, and when that was.
    noted: (u64, Instant),
    /// Whether more than is whole may stand in the file.
    dirty: bool,
    /// Held as long as the log is open.
    _lock: File,
}

impl Chain {
    fn open(settings: Settings) -> anyhow::Result<(Self, Option<String>)> {
        let path = &settings.path;
        if let Some(checkpoints) = &settings.checkpoints
            && (checkpoints == path || same_file::is_same_file(checkpoints, path).unwrap_or(false))
        {
            anyhow::bail!("its checkpoints would stand in it: keep them in another file");
        }
        let lock = lock(&beside(path, ".lock"))?;
        let is_new = !path.exists();
        let mut file = create(path)?;
        if !file.metadata()?.is_file() {
            anyhow::bail!("it is no file");
        }
        if is_new {
            sync_folder(path);
        }
        let torn = cut_torn(path, &mut file)?;
        let note = (torn > 0).then(|| {
            format!(
                "the last line of `{}` was torn, and no answer: its {torn} bytes are kept in `{}`",
                path.display(),
                beside(path, ".torn").display()
            )
        });
        let mut end = last_end(&mut file)?;
        if end.is_none()
            && let Some((_, last)) = rotated(path)?.last()
        {
            let mut file = File::open(last)?;
            end = Some(last_end(&mut file)?.with_context(|| format!("`{}` holds no whole line", last.display()))?);
        }
        let end = end.unwrap_or_default();
        let length = file.seek(SeekFrom::End(0))?;
        let noted = (end.seq, Instant::now());
        Ok((Self { settings, file, length, end, noted, dirty: false, _lock: lock }, note))
    }

    /// Writes lines, all of them or none.
    fn write<'a>(&mut self, entries: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
        let opened = self.file.try_clone().and_then(Handle::from_file)?;
        if !Handle::from_path(&self.settings.path).is_ok_and(|there| there == opened) {
            anyhow::bail!("`{}` is another file than was opened: put it back, or start anew", self.settings.path.display());
        }
        if self.dirty {
            self.undo().context("what was written of a line can't be taken back")?;
        }
        let mut end = self.end.clone();
        let mut text = String::new();
        let time = now();
        for entry in entries {
            let line = end.line(time, entry);
            end = End::behind(end.seq.saturating_add(1), &line);
            text.push_str(&line);
            text.push('\n');
        }
        self.dirty = true;
        if let Err(error) = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data()) {
            // Where that fails as well, it is tried again before the next line.
            let _ = self.undo();
            return Err(anyhow::Error::new(error).context(format!("can't write to the log `{}`", self.settings.path.display())));
        }
        self.dirty = false;
        self.length = self.length.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.end = end;
        Ok(())
    }

    /// Takes back what is not whole.
    fn undo(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.sync_data()?;
        self.dirty = false;
        Ok(())
    }

    /// What is due once lines are there: a checkpoint, another file.
    fn after(&mut self) -> anyhow::Result<()> {
        let (seq, when) = self.noted;
        if self.end.seq.saturating_sub(seq) >= CHECKPOINT_LINES || when.elapsed() >= CHECKPOINT_TIME {
            self.checkpoint().context("can't write a checkpoint of the log")?;
        }
        if self.length >= self.settings.rotate {
            self.checkpoint().context("can't write a checkpoint of the log")?;
            self.rotate().context("can't rotate the log")?;
        }
        Ok(())
    }

    fn rotate(&mut self) -> anyhow::Result<()> {
        let path = &self.settings.path;
        let number = rotated(path)?.last().map_or(1, |(number, _)| number.saturating_add(1));
        fs::rename(path, beside(path, &format!(".{number}")))?;
        let file = create(path)?;
        sync_folder(path);
        self.file = file;
        self.length = 0;
        Ok(())
    }

    fn checkpoint(&mut self) -> anyhow::Result<()> {
        let (Some(path), Some(hash)) = (&self.settings.checkpoints, &self.end.hash) else { return Ok(()) };
        if self.noted.0 < self.end.seq {
            let mut line = serde_json::to_string(&Checkpoint { seq: self.end.seq, hash: hash.clone(), time: now() })?;
            line.push('\n');
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(line.as_bytes())?;
            self.noted = (self.end.seq, Instant::now());
        }
        Ok(())
    }
}

/// Opens the file, readable by its owner only where it is made.
fn create(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // Another name of the same file would have another lock beside it.
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(error.into()),
        Err(TryLockError::WouldBlock) => anyhow::bail!("another process has it, by another name"),
    }
}

/// Two processes would each write a line with the same number.
fn lock(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < WAIT => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => anyhow::bail!("another process has it: each writes a log of its own"),
        }
    }
}

/// The end that the last line of a file is; none of a file without lines.
fn last_end(file: &mut File) -> anyhow::Result<Option<End>> {
    let (start, end) = last_line(file)?;
    if start == end {
        return Ok(None);
    }
    let mut line = String::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(end.saturating_sub(start)).read_to_string(&mut line).context("its last line is no text")?;
    let line = line.trim_end_matches('\n');
    let read: Line = serde_json::from_str(line).context("its last line is none of a decision log; `handoff log verify` tells more")?;
    Ok(Some(End::behind(read.seq, line)))
}
