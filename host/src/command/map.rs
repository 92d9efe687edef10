//! `handoff map`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use handoff::core::{Facts, Offset, Time, visible};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::session::{self, Rules, refused};
use super::stream::{CANT_WRITE, Stream};
use super::{Form, Outcome, Unable};
use crate::mapping::case::{self, From};
use crate::mapping::{Documents, LIBRARY, Mapping, Row, Settings, Sort as RowSort, Told, platforms, tables};
use crate::render::problem::count;
use crate::render::{Page, Tone};
use crate::source::{Sort, Source};
use std::io::Write as _;

/// What are the facts of another platform's data?
///
/// Reads payloads and exports of other platforms, and writes facts. What was not understood or not read is told on stderr.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff map servicenow ticket.json >facts.json
  handoff map servicenow:ticket.json intune:device.json scim:user.json
  handoff map snipe-it users.csv assets.csv --zone +01:00 --format ndjson >register.ndjson
  handoff map snipe-it --print >house.jq
  handoff map snipe-it assets.json --map house.jq --tables house.yaml --strict
  handoff map --list

Exit status:
  0  mapped, whatever was left out and told
  1  something was left out, with --strict
  2  could not map: usage, input, or a filter that does not work")]
pub(crate) struct Opts {
    /// A platform, and the files that it sent: `servicenow a.json b.json`, or `servicenow:a.json`, several times; `-` for stdin
    #[arg(value_name = "PLATFORM|FILE", required_unless_present = "list")]
    sources: Vec<String>,

    /// A filter in place of the platform's own, as FILE or PLATFORM:FILE; may be repeated
    #[arg(long = "map", value_name = "FILE")]
    maps: Vec<String>,

    /// Tables of states, kinds and other words, as YAML or JSON; they come before the built-in ones
    #[arg(long, value_name = "FILE")]
    tables: Option<PathBuf>,

    /// The offset of times that the platforms write without one, such as +01:00
    #[arg(long, value_name = "OFFSET", value_parser = Offset::parse, allow_hyphen_values = true)]
    zone: Option<Offset>,

    /// Rows of coverage that you vouch for, as YAML or JSON; no mapping claims any by itself
    #[arg(long, value_name = "FILE")]
    coverage: Option<PathBuf>,

    /// Exit with 1 where something was left out
    #[arg(long)]
    strict: bool,

    /// The platforms, and what is read of each
    #[arg(long, conflicts_with_all = ["sources", "print"])]
    list: bool,

    /// The platform's filter, to start from; of `handoff` the library, of `tables` the tables
    #[arg(long)]
    print: bool,

    #[command(flatten)]
    rules: Rules,
}

/// Something of the input that did not become facts.
#[derive(Debug, Serialize)]
pub(crate) struct LeftOut {
    file: String,
    /// The line, where the file holds several documents.
    line: Option<usize>,
    #[serde(flatten)]
    told: Told,
    /// How often the like of it was left out.
    times: u64,
}

/// A file, and the platform that sent it.
struct Sent {
    platform: String,
    path: PathBuf,
}

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    if opts.list {
        return list(form);
    }
    if opts.print {
        return print(&opts.sources);
    }
    let maps = opts.maps()?;
    let sent = opts.sent(&maps)?;
    let paths: Vec<PathBuf> = sent.iter().map(|sent| sent.path.clone()).collect();
    opts.rules.one_stdin(&paths)?;
    let settings = opts.settings()?;
    let mut mappings: BTreeMap<String, Mapping> = BTreeMap::new();
    for Sent { platform, .. } in &sent {
        if !mappings.contains_key(platform) {
            mappings.insert(
                platform.clone(),
                mapping(platform, maps.get(platform).map(|(path, code)| (path.as_path(), code.as_str())), &settings)?,
            );
        }
    }
    let head = head(opts.rules.at, opts.coverage.as_deref().map(|path| rows(path, false)).transpose()?);
    let mut left_out = Collected::default();
    let data = match form {
        Form::Text | Form::Json => whole(&sent, &mappings, head, form, &mut left_out)?,
        Form::Ndjson => {
            lines(&sent, &mappings, head, &mut left_out)?;
            String::new()
        }
        Form::Csv | Form::Teams | Form::Slack => return form.plain().map(|_| Outcome::written(true)),
    };
    let left_out = left_out.end();
    let good = !opts.strict || left_out.is_empty();
    Ok(Outcome::lines(data, good).with_left_out(left_out))
}

/// The keys of the document that no platform tells.
fn head(at: Option<Time>, coverage: Option<Vec<Value>>) -> Map<String, Value> {
    let at = at.map(|at| ("at".to_owned(), json!(at)));
    at.into_iter().chain(coverage.map(|rows| ("coverage".to_owned(), json!(rows)))).collect()
}

/// The rows of coverage of a file: one of them, or a list. Those of a hook may leave `as_of` away: they are of the time of the question.
pub(super) fn rows(path: &Path, of_a_hook: bool) -> anyhow::Result<Vec<Value>> {
    const WHAT: &str = "the coverage";
    let rows: Vec<Value> = match value(&document(path)?, WHAT)? {
        Value::Array(rows) => rows,
        row => vec![row],
    };
    let mut checked = rows.clone();
    for row in checked.iter_mut().filter(|_| of_a_hook).filter_map(Value::as_object_mut) {
        row.entry("as_of").or_insert_with(|| json!(Time::from_ms(0)));
    }
    let text = json!({"coverage": checked}).to_string();
    Facts::parse(&text).map_err(|problems| refused(WHAT, Source::of(WHAT.to_owned(), text.as_bytes(), Sort::Facts).locate(problems)))?;
    Ok(rows)
}

/// The built-in tables, with those of an admin over them.
pub(super) fn tables(own: Option<&Path>) -> anyhow::Result<Value> {
    let mut all = value(&Source::of("tables.yaml".to_owned(), tables::DEFAULT.as_bytes(), Sort::Facts), "the tables")?;
    if let Some(path) = own {
        let own = value(&document(path)?, "the tables")?;
        tables::check(&own).map_err(|why| Unable {
            message: format!("the tables of `{}` can't be used: {why}", path.display()),
            help: "`handoff map tables --print` shows how they are written".to_owned(),
        })?;
        tables::put(own, &mut all);
    }
    Ok(all)
}

impl Opts {
    /// The filters that the admin puts in place of others, with their texts, by platform.
    fn maps(&self) -> anyhow::Result<BTreeMap<String, (PathBuf, String)>> {
        let mut maps = BTreeMap::new();
        for text in &self.maps {
            let named = text.split_once(':').filter(|(platform, _)| is_name(platform));
            let only = || {
                let mut named = self.sources.iter().filter_map(|source| platform_of(source)).collect::<Vec<_>>();
                named.sort_unstable();
                named.dedup();
                <[&str; 1]>::try_from(named).ok().map(|[one]| one)
            };
            let Some((platform, path)) = named.or_else(|| Some((only()?, text.as_str()))) else {
                let help = "write `--map PLATFORM:FILE` for each of them".to_owned();
                return Err(Unable { message: format!("`--map {text}` may be meant for several platforms"), help }.into());
            };
            let path = PathBuf::from(path);
            let code = fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()))?;
            if maps.insert(platform.to_owned(), (path, code)).is_some() {
                return Err(Unable { message: format!("`{platform}` has two filters"), help: "pass one `--map` for it".to_owned() }.into());
            }
        }
        Ok(maps)
    }

    /// The files, each with its platform.
    fn sent(&self, maps: &BTreeMap<String, (PathBuf, String)>) -> anyhow::Result<Vec<Sent>> {
        let is_known = |name: &str| maps.contains_key(name) || platforms().iter().any(|platform| platform.name == name);
        let mut present: Option<&str> = None;
        let mut sent = Vec::new();
        for source in &self.sources {
            match source.split_once(':') {
                _ if is_known(source) => present = Some(source),
                Some((platform, path)) if is_known(platform) => sent.push(Sent { platform: platform.to_owned(), path: path.into() }),
                _ => match present {
                    Some(platform) => sent.push(Sent { platform: platform.to_owned(), path: source.into() }),
                    None => return Err(unknown(source.split_once(':').map_or(source.as_str(), |(platform, _)| platform))),
                },
            }
        }
        if sent.is_empty() {
            let help = "name files behind the platform, or `-` for stdin".to_owned();
            return Err(Unable { message: "there is nothing to map: no file is named".to_owned(), help }.into());
        }
        Ok(sent)
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        let (mut instance, policy, _) = self.rules.given()?.load(&self.rules.plugin.component()?)?;
        let policy = serde_json::from_str(&instance.describe(&policy)?)?;
        Ok(Settings { tables: tables(self.tables.as_deref())?, zone: self.zone, policy })
    }
}

fn is_name(text: &str) -> bool {
    // One letter is a drive.
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The platform that an argument names.
fn platform_of(source: &str) -> Option<&str> {
    let name = source.split_once(':').map_or(source, |(platform, _)| platform);
    platforms().iter().find(|platform| platform.name == name).map(|platform| platform.name)
}

fn unknown(name: &str) -> anyhow::Error {
    let near =
        platforms().iter().map(|platform| (strsim::jaro_winkler(platform.name, name), platform.name)).filter(|(near, _)| *near > 0.8);
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| format!("did you mean `{name}`? ")).unwrap_or_default();
    Unable {
        message: format!("no platform is called `{}`", visible(name)),
        help: format!("{near}`handoff map --list` tells all; `--map NAME:FILE` adds one"),
    }
    .into()
}

pub(super) fn mapping(platform: &str, own: Option<(&Path, &str)>, settings: &Settings) -> anyhow::Result<Mapping> {
    let built_in = || platforms().iter().find(|known| known.name == platform).map(|known| (format!("{platform}.jq"), known.code));
    let Some((name, code)) = own.map(|(path, code)| (path.display().to_string(), code)).or_else(built_in) else {
        return Err(unknown(platform));
    };
    Mapping::new(platform, &name, code, settings).map_err(|why| {
        let help = "docs/mappings.md tells how filters are written; `handoff map PLATFORM --print` shows one that works".to_owned();
        Unable { message: format!("the filter can't be used: {why}"), help }.into()
    })
}

pub(super) fn document(path: &Path) -> anyhow::Result<Source> {
    session::read(path, Sort::Facts)
}

pub(super) fn value(source: &Source, what: &'static str) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(source.json().map_err(|problems| refused(what, problems))?)?)
}

/// Maps the documents of all files, one after the other.
fn each(
    sent: &[Sent],
    mappings: &BTreeMap<String, Mapping>,
    left_out: &mut Collected,
    mut take: impl FnMut(&str, Vec<Row>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for Sent { platform, path } in sent {
        let Some(mapping) = mappings.get(platform) else { return Err(unknown(platform)) };
        let name = if session::is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
        let mut documents = Documents::open(path).with_context(|| format!("can't read `{name}`"))?;
        let unable =
            |why: String| Unable { message: format!("can't map `{name}`: {why}"), help: format!("it was read as what {platform} sends") };
        while let Some(document) = documents.next().map_err(unable)? {
            let at = document.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            let mapped = mapping.map(&document).map_err(|why| unable(format!("{at}{why}")))?;
            mapped.told.into_iter().for_each(|told| left_out.tell(&name, document.line, told));
            take(platform, mapped.rows)?;
        }
    }
    Ok(())
}

/// All as one document.
fn whole(
    sent: &[Sent],
    mappings: &BTreeMap<String, Mapping>,
    head: Map<String, Value>,
    form: Form,
    left_out: &mut Collected,
) -> anyhow::Result<String> {
    let mut rows = Vec::new();
    each(sent, mappings, left_out, |platform, mapped| {
        rows.extend(mapped.into_iter().map(|row| From::new(platform, row)));
        Ok(())
    })?;
    let (mut document, told) = case::join(rows);
    told.into_iter().for_each(|told| left_out.tell("the facts", None, told));
    document.extend(head);
    let text = serde_json::to_string(&document)?;
    let source = Source::of("the facts".to_owned(), text.as_bytes(), Sort::Facts);
    let facts = Facts::parse(&text).map_err(|problems| refused("the facts", source.locate(problems)))?;
    let mut text = match form {
        Form::Text => serde_json::to_string_pretty(facts.document())?,
        _ => serde_json::to_string(facts.document())?,
    };
    text.push('\n');
    Ok(text)
}

/// Each row on a line, as it is read. What a document tells of one ticket in several rows is joined: those of others are not held for that.
fn lines(sent: &[Sent], mappings: &BTreeMap<String, Mapping>, head: Map<String, Value>, left_out: &mut Collected) -> anyhow::Result<()> {
    let mut stream = Stream::new();
    if !head.is_empty() {
        stream.json(&head)?;
    }
    let mut last = RowSort::Person;
    let (mut contradictions, mut unwritten) = (Vec::new(), BTreeSet::new());
    each(sent, mappings, left_out, |platform, mut rows| {
        // Whom a ticket names beside all else stands in the middle of a register, where nobody is read: a case has use of them, and a register
        // gets its people from where they are kept.
        if rows.iter().any(|row| row.sort >= RowSort::Asset) {
            let named = rows.extract_if(.., |row| row.sort < RowSort::Asset);
            unwritten.extend(named.map(|row| Told::beside(&row)));
        }
        let (tickets, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.sort == RowSort::Ticket);
        for Row { sort, fields, .. } in rows {
            if sort < RowSort::Asset && last >= RowSort::Asset {
                let message = format!("a {} of {platform} comes after assets or tickets", sort.one());
                let help = "name files with people, licences and exceptions before the others: a register is read in that order".to_owned();
                return Err(Unable { message, help }.into());
            }
            last = sort;
            stream.json(&json!({sort.one(): fields}))?;
        }
        let (joined, told) = case::join(tickets.into_iter().map(|row| From::new(platform, row)).collect());
        contradictions.extend(told);
        for ticket in joined.values().filter_map(Value::as_array).flatten() {
            last = RowSort::Ticket;
            stream.json(&json!({RowSort::Ticket.one(): ticket}))?;
        }
        Ok(())
    })?;
    contradictions.into_iter().chain(unwritten).for_each(|told| left_out.tell("the register", None, told));
    stream.flush().context(CANT_WRITE)
}

/// What was left out, the like of it together: an export has the same field a million times.
#[derive(Default)]
struct Collected {
    all: BTreeMap<(String, String, String, String), LeftOut>,
    order: usize,
    more: u64,
}

/// So many different things that were left out are told.
const MOST: usize = 1_000;

impl Collected {
    fn tell(&mut self, file: &str, line: Option<usize>, told: Told) {
        let step = |step: &str| if step.bytes().all(|byte| byte.is_ascii_digit()) { "*".to_owned() } else { step.to_owned() };
        let alike = told.pointer.split('/').map(step).collect::<Vec<_>>().join("/");
        let value = if told.is_unread { String::new() } else { told.value.clone() };
        let key = (file.to_owned(), alike, told.why.clone(), value);
        if let Some(there) = self.all.get_mut(&key) {
            there.times = there.times.saturating_add(1);
        } else if self.all.len() < MOST {
            self.all.insert(key, LeftOut { file: file.to_owned(), line, told, times: 1 });
        } else {
            self.more = self.more.saturating_add(1);
        }
        self.order = self.order.saturating_add(1);
    }

    fn end(self) -> Vec<LeftOut> {
        let mut all: Vec<LeftOut> = self.all.into_values().collect();
        if self.more > 0 {
            let why = format!("more was left out than the {MOST} different things that are told");
            let told = Told { pointer: String::new(), value: String::new(), why, is_unread: false };
            all.push(LeftOut { file: String::new(), line: None, told, times: self.more });
        }
        all
    }
}

/// What was left out, as it is told.
pub(crate) fn shown(left_out: &[LeftOut], form: Form) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    if form == Form::Json {
        return format!("{}\n", json!({"left_out": left_out}));
    }
    let mut page = Page::new();
    let many = count(left_out.len(), "thing did not become facts", "things did not become facts");
    page.line(&format!("{}: ", Tone::Strong.of("note")), 2, &many);
    for LeftOut { file, line, told: Told { pointer, value, why, .. }, times } in left_out {
        let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        let often = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        let value = if value.is_empty() { String::new() } else { format!(" `{value}`") };
        page.line("  ", 4, &visible(format!("{place} {pointer}{value}: {why}{often}").trim_start()));
    }
    page.end()
}

/// The platforms.
fn list(form: Form) -> anyhow::Result<Outcome> {
    match form.plain()? {
        super::Format::Json => {
            let rows: Vec<Value> = platforms().iter().map(|platform| json!({"platform": platform.name, "reads": platform.reads})).collect();
            Outcome::json(&rows, true)
        }
        super::Format::Text => {
            let mut page = Page::new();
            let width = platforms().iter().map(|platform| platform.name.len()).max().unwrap_or_default();
            for platform in platforms() {
                page.line(&format!("{}  ", Tone::Strong.of(&format!("{:width$}", platform.name))), width + 2, platform.reads);
            }
            Ok(Outcome::text(page, true))
        }
    }
}

/// The text of what an admin starts from.
fn print(sources: &[String]) -> anyhow::Result<Outcome> {
    let [name] = sources else {
        let help = "write `handoff map PLATFORM --print`".to_owned();
        return Err(Unable { message: "one platform is printed at a time".to_owned(), help }.into());
    };
    let text = match name.as_str() {
        "handoff" => LIBRARY,
        "tables" => tables::DEFAULT,
        name => platforms().iter().find(|platform| platform.name == name).ok_or_else(|| unknown(name))?.code,
    };
    Ok(Outcome::lines(text.to_owned(), true))
}
