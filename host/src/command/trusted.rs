//! Components from files: bytes that anybody may have written are compiled, and native code is run where only its user could write it.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use handoff::{Component, Error, Inspection, Limits, Origin};

use super::Unable;
use crate::log::hash;

/// The component of a file.
pub(crate) fn component(path: &Path) -> anyhow::Result<Component> {
    Ok(component_with_digest(path)?.0)
}

/// The component of a file, and its SHA-256; of one that was compiled ahead, that of what it was compiled from.
pub(crate) fn component_with_digest(path: &Path) -> anyhow::Result<(Component, String)> {
    let limits = Limits::default();
    let (file, bytes) = read(path, &limits)?;
    Ok(match Origin::read(&bytes)? {
        None => (Component::from_bytes(&bytes, limits)?, hash(&bytes)),
        Some((origin, _)) => (compiled(path, &file, &bytes, limits)?, origin.component),
    })
}

/// The bytes of a component that is to be compiled.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (_, bytes) = read(path, &Limits::default())?;
    if Origin::read(&bytes)?.is_some() {
        let help = "take the component that it was compiled from".to_owned();
        return Err(Unable { message: format!("`{}` is compiled already", path.display()), help }.into());
    }
    Ok(bytes)
}

/// What can be told of the component of a file, with the component or why it is refused.
pub(crate) fn inspect(path: &Path) -> anyhow::Result<(Option<Inspection>, Option<Origin>, anyhow::Result<Component>)> {
    let limits = Limits::default();
    let (file, bytes) = read(path, &limits)?;
    if let Some((origin, _)) = Origin::read(&bytes)? {
        return Ok((None, Some(origin), compiled(path, &file, &bytes, limits)));
    }
    let (inspection, component) = handoff::inspect(&bytes, limits)?;
    Ok((Some(inspection), None, component.map_err(anyhow::Error::new)))
}

/// The file as it was opened, so that what is looked at is what is read.
fn read(path: &Path, limits: &Limits) -> anyhow::Result<(File, Vec<u8>)> {
    let failed = |error: std::io::Error| Error::File { path: path.display().to_string(), reason: error.to_string() };
    let file = File::open(path).map_err(failed)?;
    let bytes = handoff::read(&file, path, limits)?;
    Ok((file, bytes))
}

fn compiled(path: &Path, file: &File, bytes: &[u8], limits: Limits) -> anyhow::Result<Component> {
    if let Some(reason) = distrust(file).with_context(|| format!("can't read `{}`", path.display()))? {
        let help = "make it anew with `handoff compile`, or once you know where it comes from put it where only you can write".to_owned();
        return Err(Unable { message: Error::Compiled(reason).to_string(), help }.into());
    }
    #[allow(unsafe_code, reason = "nobody else could write this file, which makes it as good as the program itself")]
    let component = unsafe { Component::from_compiled(bytes, limits) };
    Ok(component?)
}

/// Why others could have written a file; none where they could not.
#[cfg(unix)]
fn distrust(file: &File) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;

    const OTHERS_WRITE: u32 = 0o022;
    let there = file.metadata()?;
    let owner = there.uid();
    Ok(if !there.is_file() {
        Some("it is native code, and comes from no file of which one can tell who wrote it".to_owned())
    } else if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        Some("it is native code, and belongs to another user".to_owned())
    } else if there.mode() & OTHERS_WRITE != 0 {
        Some("it is native code, and others than its owner may write it".to_owned())
    } else {
        None
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "on other systems it can fail")]
fn distrust(_: &File) -> std::io::Result<Option<String>> {
    Ok(Some("it is native code, and who may write it is known on Unix only".to_owned()))
}
