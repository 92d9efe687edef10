//! `handoff stalled`

use clap::Args;
use handoff::core::Time;
use handoff::core::ask::PolicyName;
use handoff::core::audit::{AuditFinding, Standing, Summary};
use serde::Serialize;

use super::register::{Audited, RegisterFiles};
use super::rows::Rows;
use super::{Form, Outcome};
use crate::render::stalled::{self, Escalations};
use crate::render::{Page, legible};

/// What has stayed in a state for too long, what is missing, and who is to be told?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff stalled register.ndjson
  handoff stalled register.ndjson --at 2026-03-02T06:00:00Z --format csv
  handoff stalled berlin.kept lisbon.kept
  handoff stalled register.ndjson --format slack | curl -sS -H 'Content-Type: application/json' -d @- \"$WEBHOOK\"

Exit status:
  0  nothing has stayed too long
  1  something has
  2  could not tell: usage, input or component

As JSON, each line is a finding, and the last one tells how many stand where. As CSV there are findings only.")]
pub(crate) struct Opts {
    #[command(flatten)]
    register: RegisterFiles,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    at: Time,
    policy: &'a PolicyName,
    standing: &'a [Standing],
}

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    let Opts { register } = opts;
    let is_card = matches!(form, Form::Teams | Form::Slack);
    let mut rows = if is_card { None } else { Rows::of(form)? };
    let mut escalations = Escalations::default();
    let Audited { summary, offset } = register.audit(form, |found: AuditFinding| {
        match &mut rows {
            _ if found.stay.is_none() => {}
            Some(rows) => rows.take(&found)?,
            None => escalations.take(found),
        }
        Ok(())
    })?;
    let good = summary.standing.iter().all(|standing| standing.stalled == 0);
    let Summary { at, policy, standing, .. } = &summary;
    if let Some(rows) = rows {
        rows.end(Some(&Last { at: *at, policy, standing }))?;
        return Ok(Outcome::written(good));
    }
    let standing: Vec<Standing> = legible(&serde_json::to_string(standing)?)?;
    if let Some(card) = form.card(|| stalled::card(&standing, &escalations, offset, *at, policy)) {
        return Outcome::json(&card, good);
    }
    let mut page = Page::new();
    stalled::stalled(&mut page, &standing, &escalations, offset);
    Ok(Outcome::text(page, good))
}
