//! `handoff next`

use clap::Args;
use handoff::core::Item;
use handoff::core::ask::{Ask, NextAnswer};

use super::session::{self, FactsFile, Terms};
use super::{Format, Outcome};
use crate::render::{Page, decision, legible};

/// What may come next, what is missing for it, and who must act?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff next facts.json
  handoff next facts.json --item asset:LT-1
  handoff next facts.json --item ticket:REQ-1 --format json

Exit status:
  0  told
  1  not told of an item: it is not there, or more than once, or its kind or state is unknown
  2  could not decide: usage, input or component")]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The item: asset:ID, ticket:ID or task:TICKET/TASK; without it every asset and ticket of the facts
    #[arg(long, value_parser = session::item)]
    item: Option<Item>,

    #[command(flatten)]
    terms: Terms,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { facts, item, terms } = opts;
    let mut session = terms.open(facts)?;
    let answer = terms.ask(&mut session, "next", &Ask::Next { item: item.clone(), at: terms.at(), actor: terms.actor() })?;
    let NextAnswer { items } = legible(&answer)?;
    let all_told = items.iter().all(|item| item.findings.is_empty());
    let outcome = match format {
        Format::Json => Outcome::json_text(answer, all_told),
        Format::Text => {
            let mut page = Page::new();
            decision::next(&mut page, &items, item.is_some(), session.offset());
            Outcome::text(page, all_told)
        }
    };
    Ok(outcome.with_note(session.note))
}
