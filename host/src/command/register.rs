//! What the commands that audit a register have in common: which files, by which rules, and how they are read.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::progress::bar;
use super::session::{Rules, is_stdin, open_question, refused};
use super::{Form, Refused, Unable};
use crate::source::{Located, RegisterSource};
use anyhow::Context;
use clap::Args;
use handoff::core::Offset;
use handoff::core::audit::{AuditFinding, Summary};
use handoff::{Limits, Register, Told};
use same_file::Handle;
use tempfile::NamedTempFile;

/// A register, and by which rules it is audited.
#[derive(Args, Debug)]
pub(crate) struct RegisterFiles {
    /// The register: NDJSON of any size, or JSON or YAML; several files are read one after the other; `-` for stdin
    #[arg(value_name = "FACTS", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    rules: Rules,

    /// How many processors take part; without it all, and 2 at most
    #[arg(long, value_name = "N", help_heading = "Output")]
    jobs: Option<NonZeroUsize>,
}

/// What an audit came to, but for what was found.
#[derive(Debug)]
pub(super) struct Audited {
    pub summary: Summary,
    /// The offset in which the policy's users read times.
    pub offset: Offset,
}

/// How many problems of a register are told at once: nobody reads more, and the next ones are told after these are gone.
const PROBLEMS: usize = 100;

impl RegisterFiles {
    /// Refuses to write what is read.
    pub fn apart(&self, output: &Path) -> anyhow::Result<()> {
        apart(output, self.paths.iter().map(PathBuf::as_path).chain(self.rules.files()))
    }

    /// Audits the register to its end, and hands on what is found.
    pub fn audit(&self, form: Form, mut found: impl FnMut(AuditFinding) -> anyhow::Result<()>) -> anyhow::Result<Audited> {
        let (register, offset) = self.read(form, &mut found)?;
        let (summary, rest) = register.finish().map_err(|error| self.unfinished(error))?;
        for findings in rest {
            findings?.into_iter().try_for_each(&mut found)?;
        }
        Ok(Audited { summary, offset })
    }

    /// Audits a part, hands on what is found of its records, and writes what is kept of them to a file.
    pub fn keep(&self, form: Form, mut found: impl FnMut(AuditFinding) -> anyhow::Result<()>, file: &Path) -> anyhow::Result<()> {
        let (register, _) = self.read(form, &mut found)?;
        let pages = register.keep()?;
        whole(file, |to| pages.into_iter().try_for_each(|page| Ok(to.write_all(page?.as_bytes())?)))
    }

    fn read(&self, form: Form, found: &mut dyn FnMut(AuditFinding) -> anyhow::Result<()>) -> anyhow::Result<(Register, Offset)> {
        let Self { paths, rules, jobs } = self;
        rules.one_stdin(paths)?;
        let given = rules.given()?;
        let mut sources = Vec::new();
        for path in paths {
            sources.push(RegisterSource::open(path).with_context(|| format!("can't read `{}`", path.display()))?);
        }
        let component = rules.plugin.component()?.with_limits(Limits::of_registers());
        let json = given.json(&component)?;
        let offset = given.offset(&component, json)?;
        let mut register = Register::begin(&component, json, rules.at, *jobs).map_err(|error| given.refused(error))?;
        let length = sources.iter().map(|(_, length)| *length).sum();
        let progress =
            bar(form, length, "{bar:40} {bytes} of {total_bytes}, {elapsed} gone, {eta} to go", "{spinner} {bytes}, {elapsed} gone");
        let mut problems: Vec<Located> = Vec::new();
        for (mut source, _) in sources {
            if problems.len() >= PROBLEMS {
                break;
            }
            let lines = source.lines().map_err(|problems| refused("the register", problems))?;
            for told in register.read(progress.wrap_read(lines)) {
                match told.with_context(|| format!("can't audit `{}`", source.name()))? {
                    // Once a line is missing, what is found says nothing about the whole.
                    Told::Found(findings) if problems.is_empty() => findings.into_iter().try_for_each(&mut *found)?,
                    Told::Found(_) => {}
                    Told::Refused(lines) => problems.extend(lines.into_iter().flat_map(|line| source.locate(line))),
                }
                if problems.len() >= PROBLEMS {
                    break;
                }
            }
        }
        progress.finish_and_clear();
        if let Some(untimed) = problems.iter().find(|located| located.problem.code == "time-missing") {
            return Err(open_question(&untimed.file, vec![untimed.problem.clone()]));
        }
        let and_more = problems.len() >= PROBLEMS;
        problems.truncate(PROBLEMS);
        if problems.is_empty() { Ok((register, offset)) } else { Err(Refused { what: "the register", problems, and_more }.into()) }
    }

    fn unfinished(&self, error: handoff::Error) -> anyhow::Error {
        let name = self.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        match error {
            handoff::Error::Question(problems) => open_question(&name, problems),
            error => error.into(),
        }
    }
}

/// Refuses an output that is one of the inputs: writing it would take away what is read.
pub(super) fn apart<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> anyhow::Result<()> {
    let handle = |path: &Path| if is_stdin(path) { Handle::stdin() } else { Handle::from_path(path) };
    let there = Handle::from_path(output).ok();
    match inputs.into_iter().find(|input| there.is_some() && handle(input).ok() == there) {
        Some(input) => Err(Unable {
            message: format!("`{}` would take the place of `{}`, which is read", output.display(), input.display()),
            help: "write to another file".to_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

/// Writes a file that is there as a whole or not at all, where it is one that can be replaced.
pub(super) fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let is_replaced = fs::metadata(path).map_or(true, |there| there.is_file());
    let written = if is_replaced {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        part(folder).map_err(anyhow::Error::new).and_then(|mut part| {
            let mut to = BufWriter::new(part.as_file_mut());
            write(&mut to)?;
            to.flush()?;
            drop(to);
            part.persist(path)?;
            Ok(())
        })
    } else {
        File::create(path).map_err(anyhow::Error::new).and_then(|file| {
            let mut to = BufWriter::new(file);
            write(&mut to)?;
            Ok(to.flush()?)
        })
    };
    written.with_context(|| format!("can't write `{}`", path.display()))
}

/// A new file beside the one that it is to become, which nobody else writes: what others may write is trusted by nobody.
fn part(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.prefix(".").suffix(".part").tempfile_in(folder)
}
