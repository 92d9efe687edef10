//! `handoff close`

use clap::Args;
use handoff::core::Item;
use handoff::core::ask::{AllowOrDeny, Ask, AskedStep, DecisionAnswer, DecisionsAnswer};

use super::session::{self, FactsFile, Session, Terms};
use super::{Format, Outcome, Unable};
use crate::render::decision::{self, Asked};
use crate::render::{Page, legible};

/// May this ticket close, or may these?
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:
  handoff close facts.json
  handoff close facts.yaml --item ticket:REQ-1 --to cancelled
  handoff close facts.json --item ticket:REQ-1 --item ticket:REQ-2
  handoff close - --policy policy.yaml --actor ann --role service-desk <facts.json

{}", super::STATUSES))]
pub(crate) struct Opts {
    #[command(flatten)]
    facts: FactsFile,

    /// The ticket, as ticket:ID; may be left out where the facts hold one, and repeated to decide several at once
    #[arg(long, value_parser = session::item)]
    item: Vec<Item>,

    /// The closing state; without it the default one of the ticket's workflow
    #[arg(long, value_name = "STATE")]
    to: Option<String>,

    #[command(flatten)]
    terms: Terms,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { facts, item, to, terms } = opts;
    if let Some(item) = item.iter().find(|item| matches!(item, Item::Asset(_))) {
        let (message, help) = (format!("{item}: only tickets close"), "ask `handoff transition` for the asset".to_owned());
        return Err(Unable { message, help }.into());
    }
    let asked = Asked { closure: true, to: to.as_deref() };
    let mut session = terms.open(facts)?;
    let (at, actor) = (terms.at(), terms.actor());
    let item = match item.as_slice() {
        [] => None,
        [item] => Some(item.clone()),
        several => {
            let step = |item: &Item| AskedStep { item: item.clone(), to: to.clone(), kind: None, ticket: None, closing: Some(true) };
            let answer = terms.ask(&mut session, "close", &Ask::Decide { questions: several.iter().map(step).collect(), at, actor })?;
            return Ok(all_decided(&session, answer, asked, format)?.with_note(session.note));
        }
    };
    let answer = terms.ask(&mut session, "close", &Ask::Closure { item, to: to.clone(), at, actor })?;
    Ok(decided(&session, answer, asked, format)?.with_note(session.note))
}

/// Several decisions as the outcome of a command: each by itself, and how many allow.
fn all_decided(session: &Session, answer: String, asked: Asked<'_>, format: Format) -> anyhow::Result<Outcome> {
    let DecisionsAnswer { decisions } = legible(&answer)?;
    for decision in &decisions {
        named(decision)?;
    }
    let allowed = decisions.iter().filter(|decision| decision.decision == AllowOrDeny::Allow).count();
    let all = allowed == decisions.len();
    match format {
        Format::Json => Ok(Outcome::json_text(answer, all)),
        Format::Text => {
            let mut page = Page::new();
            for decision in &decisions {
                decision::decision(&mut page, decision, asked, session.offset());
                page.gap();
            }
            page.line("", 0, &format!("{allowed} of {} may close.", decisions.len()));
            Ok(Outcome::text(page, all))
        }
    }
}

/// A decision as the outcome of a command.
pub(super) fn decided(session: &Session, answer: String, asked: Asked<'_>, format: Format) -> anyhow::Result<Outcome> {
    let decision: DecisionAnswer = legible(&answer)?;
    named(&decision)?;
    let allowed = decision.decision == AllowOrDeny::Allow;
    match format {
        Format::Json => Ok(Outcome::json_text(answer, allowed)),
        Format::Text => {
            let mut page = Page::new();
            decision::decision(&mut page, &decision, asked, session.offset());
            Ok(Outcome::text(page, allowed))
        }
    }
}

/// Refuses to decide where nothing was named to close in (rule D6).
fn named(decision: &DecisionAnswer) -> anyhow::Result<()> {
    let Some(finding) = decision.findings.iter().find(|finding| finding.code == "closing-state-not-named") else { return Ok(()) };
    let states = finding.expected.as_ref().map(|states| format!(": {states}")).unwrap_or_default();
    let message = format!("{}: {}", decision.item, finding.message);
    Err(Unable { message, help: format!("name the closing state with `--to STATE`{states}") }.into())
}
