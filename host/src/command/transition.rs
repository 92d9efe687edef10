//! `handoff transition`

use clap::Args;
use handoff::core::Item;
use handoff::core::ask::Ask;

use super::close::decided;
use super::session::{self, FactsFile, Terms};
use super::{Format, Outcome};
use crate::render::decision::Asked;

/// May this item enter that state?
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:
  handoff transition facts.json --item asset:LT-1 --to configured --actor ann --role desktop-support
  handoff transition facts.json --item task:REQ-1/hand-over@LT-1 --to done
  handoff transition facts.json --item ticket:REQ-1 --kind swap --to opened

{}", super::STATUSES))]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The item: asset:ID, ticket:ID or task:TICKET/TASK
    #[arg(long, value_parser = session::item)]
    item: Item,

    /// The state; `done` or `skipped` for a task
    #[arg(long, value_name = "STATE")]
    to: String,

    /// The new kind, where the item is to change it
    #[arg(long)]
    kind: Option<String>,

    /// The ticket whose approvals, owner and signatures count, where several open ones link the asset
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,

    #[command(flatten)]
    terms: Terms,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { facts, item, to, kind, ticket, terms } = opts;
    let mut session = terms.open(facts)?;
    let ask = Ask::Transition {
        item: item.clone(),
        to: to.clone(),
        kind: kind.clone(),
        ticket: ticket.clone(),
        at: terms.at(),
        actor: terms.actor(),
    };
    let answer = terms.ask(&mut session, "transition", &ask)?;
    Ok(decided(&session, answer, Asked { closure: false, to: Some(to) }, format)?.with_note(session.note))
}
