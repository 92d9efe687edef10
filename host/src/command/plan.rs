//! `handoff plan`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use handoff::core::ask::{Ask, PlanAnswer};
use handoff::core::facts::{Document, Person};
use handoff::core::{Date, Facts, plan};
use serde_json::Value;

use super::session::{self, FactsFile, Opened, Rules, Session, refused};
use super::{Format, Outcome, Unable};
use crate::render::{self, Page};
use crate::source::notice::{self, Known, Notice, Unread};
use crate::source::{Sort, Source};

/// What does somebody who comes, moves or goes need done, by whom, and by when?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff plan facts.json --person p7 --direction joiner
  handoff plan facts.json --person p7 --direction mover --profile nurse --day 2026-03-02
  handoff plan facts.json --person p7 --direction leaver --format json
  handoff plan facts.json --notice user.json --direction joiner --day 2026-03-02

Exit status:
  0  planned
  1  planned, with findings
  2  could not plan: usage, input or component")]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The id of the person; may be left out with a notice
    #[arg(long, value_name = "ID", required_unless_present = "notice")]
    person: Option<String>,

    /// What HR tells of the person: a SCIM 2.0 user, or a person as in the facts; it comes before what the facts hold; `-` for stdin
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,

    /// Which way they go
    #[arg(long, value_enum)]
    direction: Direction,

    /// The role profile that they come into, where it is not the one recorded
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// The first day, or the last one of somebody who leaves, where it is not the one recorded
    #[arg(long, value_name = "DAY", value_parser = day)]
    day: Option<Date>,

    #[command(flatten)]
    rules: Rules,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Direction {
    /// Somebody comes
    Joiner,
    /// Somebody changes job or place
    Mover,
    /// Somebody goes
    Leaver,
}

impl From<Direction> for plan::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Joiner => Self::Joiner,
            Direction::Mover => Self::Mover,
            Direction::Leaver => Self::Leaver,
        }
    }
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { facts, person, notice, direction, profile, day, rules } = opts;
    let direction = (*direction).into();
    let (mut session, told) = match notice {
        None => (rules.open(facts)?, None),
        Some(path) => {
            rules.one_stdin(&[facts.path.clone(), path.clone()])?;
            let source = session::read(path, Sort::Facts)?;
            let (session, told) = with_notice(rules.begin(facts)?, &source, direction, person.as_deref())?;
            (session, Some(told))
        }
    };
    let person = person.clone().or_else(|| told.as_ref().map(|told| told.person.clone())).unwrap_or_default();
    let profile = profile.clone().or_else(|| told.as_ref().and_then(|told| told.profile.clone()));
    let answer = session.ask(&Ask::Plan { person, direction, profile, day: *day, at: rules.at })?;
    let shown: PlanAnswer = render::legible(&answer)?;
    let good = shown.plan.findings.is_empty();
    let note = told.filter(|told| !told.not_used.is_empty()).map(|told| format!("not used of the notice: {}", told.not_used.join(", ")));
    let outcome = match format {
        Format::Json => Outcome::json_text(answer, good),
        Format::Text => {
            let mut page = Page::new();
            render::plan::plan(&mut page, &shown, session.offset());
            Outcome::text(page, good)
        }
    };
    Ok(outcome.with_note(note))
}

/// Reads a day that somebody may come or go on; what comes before it has to have a date as well.
fn day(text: &str) -> Result<Date, String> {
    let day = Date::parse(text)?;
    if day < Date::parse("1900-01-01")? { Err("nobody comes or goes before 1900-01-01".to_owned()) } else { Ok(day) }
}

/// What a notice comes to beside the facts.
struct Told {
    person: String,
    profile: Option<String>,
    not_used: Vec<String>,
}

/// Puts what a notice says into the facts.
fn with_notice(mut opened: Opened, source: &Source, direction: plan::Direction, person: Option<&str>) -> anyhow::Result<(Session, Told)> {
    let facts = Facts::parse(opened.facts()?).map_err(|problems| refused("the facts", opened.source().locate(problems)))?;
    let policy: Value = serde_json::from_str(&opened.describe()?)?;
    let mut document = facts.document().clone();
    let json = source.json().map_err(|problems| refused("the notice", problems))?;
    let known = Known { facts: &document, policy: &policy, direction, person };
    let Notice { person, profile, not_used } = notice::read(json, &known).map_err(|unread| match unread {
        Unread::Other(message, help) => Unable { message, help }.into(),
        Unread::Problems(problems) => refused("the notice", source.locate(problems)),
    })?;
    let told = Told { profile: profile.filter(|profile| is_new(profile, &person.id, &document)), person: person.id.clone(), not_used };
    notice::put(person, &mut document);
    Ok((opened.with(Some(&serde_json::to_string(&document)?))?, told))
}

/// Whether a profile is another than the one on record: who moves comes from there.
fn is_new(profile: &str, person: &str, document: &Document) -> bool {
    let on_record = |one: &Person| one.id == person && one.profile.text() == Some(profile);
    !document.people.rows().iter().any(on_record)
}
