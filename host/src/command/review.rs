//! `handoff review`

use clap::Args;
use handoff::core::ask::{Ask, ReviewAnswer};

use super::plan::Direction;
use super::session::{FactsFile, Rules};
use super::{Form, Format, Outcome};
use crate::render::{self, Page};

/// What is still open of somebody's coming, moving or going, who ends it, and what may be closed now?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff review facts.json --person p7
  handoff review facts.json --ticket REQ-2041
  handoff review facts.json --person p7 --direction mover --format json
  handoff review facts.json --ticket REQ-2041 --format teams

Exit status:
  0  reviewed, and nothing is found
  1  reviewed, with findings
  2  could not review: usage, input or component")]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The id of the person
    #[arg(long, value_name = "ID", required_unless_present = "ticket", conflicts_with = "ticket")]
    person: Option<String>,

    /// The id of the ticket; person and direction follow from it
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,

    /// Which way they go, where neither ticket nor status and last day tell it
    #[arg(long, value_enum)]
    direction: Option<Direction>,

    #[command(flatten)]
    rules: Rules,
}

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    let Opts { facts, person, ticket, direction, rules } = opts;
    if !matches!(form, Form::Teams | Form::Slack) {
        form.plain()?;
    }
    let mut session = rules.open(facts)?;
    let ask = Ask::Review { person: person.clone(), ticket: ticket.clone(), direction: direction.map(Into::into), at: rules.at };
    let answer = session.ask(&ask)?;
    let shown: ReviewAnswer = render::legible(&answer)?;
    let good = shown.review.findings.is_empty();
    if let Some(card) = form.card(|| render::review::card(&shown, session.offset())) {
        return Outcome::json(&card, good);
    }
    match form.plain()? {
        Format::Json => Ok(Outcome::json_text(answer, good)),
        Format::Text => {
            let mut page = Page::new();
            render::review::review(&mut page, &shown, session.offset());
            Ok(Outcome::text(page, good))
        }
    }
}
