//! A log decided again by other rules: time and facts were inputs, so it comes out exactly as it would have then.

use std::path::PathBuf;

use handoff::core::Item;
use handoff::core::ask::AllowOrDeny;
use handoff::{Error, Instance, Policy};
use serde::Serialize;

use super::chain::Line;
use super::entry::{Decided, decided};
use super::show::show;
use crate::source::members::members;

/// What a log came to by other rules.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Replayed {
    /// How many lines were decided again.
    pub lines: u64,
    /// How many decisions came out with another verdict.
    pub flips: u64,
    /// How many came out the same for other reasons.
    pub other_reasons: u64,
    /// Lines whose facts are not in the log.
    pub without_facts: u64,
    /// Lines of which some facts are masked, so that what comes out may be another thing.
    pub masked: u64,
    /// Lines that can't be decided any more.
    pub undecided: Vec<Undecided>,
}

/// A line that can't be decided any more, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Undecided {
    pub seq: u64,
    pub reason: String,
}

/// A decision that comes out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Flip {
    pub seq: u64,
    pub item: Item,
    pub to: Option<String>,
    /// The verdict as it was; none where the step was not told of.
    pub was: Option<AllowOrDeny>,
    /// The verdict as it comes out now; none where the step is none any more.
    pub now: Option<AllowOrDeny>,
    /// Codes that are there now and were not.
    pub added: Vec<String>,
    /// Codes that were there and are not now.
    pub gone: Vec<String>,
    /// Whether some facts of it are masked.
    pub masked: bool,
}

/// So many lines that can't be decided are told, at most.
const UNDECIDED: usize = 100;

/// Decides each line again, and tells what flips. An error is a component that was stopped.
pub(crate) fn replay(
    files: &[PathBuf],
    instance: &mut Instance,
    policy: &Policy,
    mut flip: impl FnMut(Flip) -> anyhow::Result<()>,
) -> anyhow::Result<Replayed> {
    let mut replayed = Replayed::default();
    show(files, |line, text| {
        let all = members(text).map_err(|fault| anyhow::anyhow!("line {}: {}", line.seq, fault.message))?;
        let value = |key: &str| all.iter().find(|member| member.key == key).map(|member| member.value);
        let (Some(question), Some(facts)) = (value("question"), value("facts")) else {
            replayed.without_facts = replayed.without_facts.saturating_add(1);
            return Ok(());
        };
        let masked = value("masked").is_some();
        let now = match again(instance, policy, facts, question) {
            Ok(answer) => decided(&line.ask, &answer)?.decisions,
            Err(Error::Facts(problems) | Error::Question(problems)) => {
                let reason =
                    problems.into_iter().next().map(|problem| format!("{}: {}", problem.path, problem.message)).unwrap_or_default();
                if replayed.undecided.len() < UNDECIDED {
                    replayed.undecided.push(Undecided { seq: line.seq, reason });
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        replayed.lines = replayed.lines.saturating_add(1);
        replayed.masked = replayed.masked.saturating_add(u64::from(masked));
        for other in compare(&line, now, masked) {
            match other {
                Other::Verdict(found) => {
                    replayed.flips = replayed.flips.saturating_add(1);
                    flip(found)?;
                }
                Other::Reasons => replayed.other_reasons = replayed.other_reasons.saturating_add(1),
            }
        }
        Ok(())
    })?;
    Ok(replayed)
}

fn again(instance: &mut Instance, policy: &Policy, facts: &str, question: &str) -> Result<String, Error> {
    let facts = instance.parse_facts(facts)?;
    let answer = instance.ask(policy, &facts, question);
    if !matches!(answer, Ok(_) | Err(Error::Question(_))) {
        return answer;
    }
    instance.release(facts)?;
    answer
}

/// What is another thing now.
enum Other {
    Verdict(Flip),
    Reasons,
}

/// Compares decisions, item by item and step by step.
fn compare(line: &Line, now: Vec<Decided>, masked: bool) -> Vec<Other> {
    let mut all = Vec::new();
    let mut left: Vec<&Decided> = line.decisions.iter().collect();
    let minus = |one: &[String], other: &[String]| one.iter().filter(|code| !other.contains(code)).cloned().collect::<Vec<_>>();
    let flip = |item: &Item, to: &Option<String>, was: Option<&Decided>, now: Option<&Decided>| {
        let codes = |decided: Option<&Decided>| decided.map(|decided| decided.findings.clone()).unwrap_or_default();
        let (before, after) = (codes(was), codes(now));
        Other::Verdict(Flip {
            seq: line.seq,
            item: item.clone(),
            to: to.clone(),
            was: was.map(|was| was.verdict),
            now: now.map(|now| now.verdict),
            added: minus(&after, &before),
            gone: minus(&before, &after),
            masked,
        })
    };
    for now in &now {
        let was = left.iter().position(|was| was.item == now.item && was.to == now.to).map(|at| left.remove(at));
        match was {
            Some(was) if was.verdict == now.verdict && was.findings == now.findings => {}
            Some(was) if was.verdict == now.verdict => all.push(Other::Reasons),
            was => all.push(flip(&now.item, &now.to, was, Some(now))),
        }
    }
    all.extend(left.into_iter().map(|was| flip(&was.item, &was.to, Some(was), None)));
    all
}
