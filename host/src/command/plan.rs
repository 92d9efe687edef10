//! `handoff plan`

use clap::{Args, ValueEnum};
use handoff::core::Date;
use handoff::core::ask::{Ask, PlanAnswer};
use handoff::core::plan;

use super::session::{FactsFile, Rules};
use super::{Format, Outcome};
use crate::render::{self, Page};

/// What does somebody who comes, moves or goes need done, by whom, and by when?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff plan facts.json --person p7 --direction joiner
  handoff plan facts.json --person p7 --direction mover --profile nurse --day 2026-03-02
  handoff plan facts.json --person p7 --direction leaver --format json

Exit status:
  0  planned
  1  planned, with findings
  2  could not plan: usage, input or component")]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The id of the person
    #[arg(long, value_name = "ID")]
    person: String,

    /// Which way they go
    #[arg(long, value_enum)]
    direction: Direction,

    /// The role profile that they come into, where it is not the one recorded
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// The first day, or the last one of somebody who leaves, where it is not the one recorded
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    day: Option<Date>,

    #[command(flatten)]
    rules: Rules,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
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
    let Opts { facts, person, direction, profile, day, rules } = opts;
    let mut session = rules.open(facts)?;
    let ask = Ask::Plan { person: person.clone(), direction: (*direction).into(), profile: profile.clone(), day: *day, at: rules.at };
    let answer = session.ask(&ask)?;
    let shown: PlanAnswer = render::legible(&answer)?;
    let good = shown.plan.findings.is_empty();
    match format {
        Format::Json => Ok(Outcome::json_text(answer, good)),
        Format::Text => {
            let mut page = Page::new();
            render::plan::plan(&mut page, &shown, session.offset());
            Ok(Outcome::text(page, good))
        }
    }
}
