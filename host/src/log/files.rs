//! The files of a log: the one that is written to, and those that were rotated away, `FILE.1` the oldest.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file beside another, by what is added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The files that were rotated away, oldest first, each with its number.
pub(super) fn rotated(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let Some(name) = path.file_name() else { return Ok(Vec::new()) };
    let folder = folder(path);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file: OsString = entry?.file_name();
        let (Some(file), Some(name)) = (file.to_str(), name.to_str()) else { continue };
        let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        if let Some(number) =
            number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())).and_then(|number| number.parse().ok())
        {
            all.push((number, folder.join(file)));
        }
    }
    all.sort();
    Ok(all)
}

/// All files of a log, oldest first.
pub(crate) fn segments(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = rotated(path)?.into_iter().map(|(_, path)| path).collect();
    if path.exists() || all.is_empty() {
        all.push(path.to_owned());
    }
    Ok(all)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that a new name is on the disk as well. Where folders can't be opened, they need not be.
pub(super) fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder(path)) {
        let _ = folder.sync_all();
    }
}

/// Where the last whole line of a file begins, and where it ends; both the same where there is none.
pub(super) fn last_line(file: &mut File) -> io::Result<(u64, u64)> {
    let mut breaks = Vec::new();
    let mut block = vec![0; 1 << 16];
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 && breaks.len() < 2 {
        let length = usize::try_from(end).unwrap_or(usize::MAX).min(block.len());
        let start = end.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        file.seek(SeekFrom::Start(start))?;
        let part = block.get_mut(..length).unwrap_or_default();
        file.read_exact(part)?;
        let found = part.iter().rev().zip(0..).filter(|(byte, _)| **byte == b'\n').map(|(_, behind)| end.saturating_sub(behind));
        breaks.extend(found.take(2_usize.saturating_sub(breaks.len())));
        end = start;
    }
    let last = breaks.first().copied().unwrap_or(0);
    Ok((breaks.get(1).copied().unwrap_or(0).min(last), last))
}

/// Cuts off what stands behind the last whole line, and keeps it in `FILE.torn`. Gives how many bytes that were.
pub(super) fn cut_torn(path: &Path, file: &mut File) -> io::Result<u64> {
    let (_, end) = last_line(file)?;
    let torn = file.metadata()?.len().saturating_sub(end);
    if torn > 0 {
        file.seek(SeekFrom::Start(end))?;
        let mut rest = Vec::new();
        file.read_to_end(&mut rest)?;
        let mut kept = fs::OpenOptions::new().create(true).append(true).open(beside(path, ".torn"))?;
        kept.write_all(&rest)?;
        kept.write_all(b"\n")?;
        kept.sync_all()?;
        file.set_len(end)?;
        file.sync_all()?;
    }
    Ok(torn)
}
