//! The hooks file of `handoff serve`: how the messages of each platform are read, and who may send them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use handoff::core::Offset;
use serde::Deserialize;
use serde_json::Value;

use super::Unable;
use super::map::{document, mapping, rows, tables, value};
use crate::mapping::Settings;
use crate::serve::{Hook, Hooks, Secret};

/// What the file says of a platform. Paths are relative to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    /// What the platform signs its messages with.
    secret_file: Option<PathBuf>,
    /// A filter in place of the built-in one.
    map: Option<PathBuf>,
    /// Tables that come before the built-in ones.
    tables: Option<PathBuf>,
    /// The offset of times that the platform writes without one.
    zone: Option<String>,
    /// Rows of coverage.
    coverage: Option<PathBuf>,
    /// The roles of those who act, by their id.
    roles: BTreeMap<String, Vec<String>>,
}

/// Loads the hooks for a policy, and tells which files they are made of.
pub(super) fn load(file: Option<&Path>, description: &str) -> anyhow::Result<(Hooks, Vec<PathBuf>)> {
    let policy: Value = serde_json::from_str(description)?;
    let Some(file) = file else {
        return Ok((Hooks::new(BTreeMap::new(), Settings { tables: tables(None)?, zone: None, policy }), Vec::new()));
    };
    let entries = value(&document(file)?, "the hooks")?;
    let entries: BTreeMap<String, Entry> = serde_json::from_value(entries).map_err(|error| Unable {
        message: format!("the hooks of `{}` can't be used: {error}", file.display()),
        help: "write for each platform `secret_file`, `map`, `tables`, `zone`, `coverage` or `roles`: docs/serve.md shows it".to_owned(),
    })?;
    let mut files = vec![file.to_owned()];
    let mut hooks = BTreeMap::new();
    for (platform, entry) in entries {
        let mut beside = |path: Option<PathBuf>| {
            let path = file.parent().unwrap_or(Path::new("")).join(path?);
            files.push(path.clone());
            Some(path)
        };
        let Entry { secret_file, map, tables: own, zone, coverage, roles } = entry;
        let (secret_file, map, own, coverage) = (beside(secret_file), beside(map), beside(own), beside(coverage));
        let hook = || -> anyhow::Result<Hook> {
            let zone = zone.as_deref().map(Offset::parse).transpose().map_err(|error| anyhow::anyhow!("`zone`: {error}"))?;
            let settings = Settings { tables: tables(own.as_deref())?, zone, policy: policy.clone() };
            let map = map.map(|path| text(&path).map(|code| (path, code))).transpose()?;
            Ok(Hook {
                mapping: mapping(&platform, map.as_ref().map(|(path, code)| (path.as_path(), code.as_str())), &settings)?,
                secret: secret_file.map(|path| secret(&path)).transpose()?,
                coverage: coverage.map(|path| rows(&path, true)).transpose()?.unwrap_or_default(),
                roles,
            })
        };
        let made = hook().with_context(|| format!("`{platform}` in `{}`", file.display()))?;
        hooks.insert(platform, made);
    }
    Ok((Hooks::new(hooks, Settings { tables: tables(None)?, zone: None, policy }), files))
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))
}

fn secret(path: &Path) -> anyhow::Result<Secret> {
    Secret::read(&text(path)?).map_err(|why| anyhow::anyhow!("the secret in `{}` can't be used: {why}", path.display()))
}
