//! What a state demands: its gate, what is kept from gates behind it, the history, and the exceptions that waive.

use super::Draft;
use super::finding::Requirement;
use super::place::{Passage, Target};
use crate::case::Case;
use crate::code::Code;
use crate::decision::{Item, Severity, Waiver};
use crate::exceptions::{self, Standing};
use crate::forms::Form;
use crate::history::History;
use crate::outcome::{Gap, Judged, Outcome, earlier};
use crate::policy::document::Closing;
use crate::policy::{Edge, RequirementIndex, Sort, State};
use crate::problem;
use crate::time::Time;

impl<'a> Draft<'a> {
    /// The gate of the target state, the transition's own requirements, what is kept from earlier gates, and the history.
    pub(super) fn gate(&mut self, case: &Case<'a>, passage: &Passage<'a>) {
        let (Passage { target, edge }, history) = (passage, case.history());
        self.history(case, &history);
        // A correction takes back a step that was taken: it leads only to where the item was (rule P3).
        if edge.correction && history.last(target.name).is_none() {
            let gap = match history.known {
                true => Gap::wrong(Code::StateNotPassed, format!("a correction leads back, and the item never was in `{}`", target.name)),
                false => Gap::unknown(format!("whether the item was in `{}`, to which the correction leads back,", target.name), ""),
            };
            self.tell(gap.at(case.path("history")).expected(format!("an earlier entry into `{}`", target.name)), None);
        }
        self.demands(case, target, &history, Some(edge));
    }

    /// What is wrong with the history, and what is odd about it.
    pub(super) fn history(&mut self, case: &Case<'a>, history: &History<'a>) {
        for fault in &history.faults {
            let path = fault.path.clone().unwrap_or_else(|| case.path("history"));
            self.tell(Gap { path: Some(path), ..fault.clone() }, None);
        }
        for oddity in &history.oddities {
            let gap = Gap { path: Some(case.path("history")), ..oddity.clone() };
            let finding = self.finding(gap, None, Severity::Audit);
            self.findings.push(finding);
        }
    }

    /// The gate of a state, the requirements of the transition into it, where one is asked for, and what is kept from earlier gates.
    pub(super) fn demands(&mut self, case: &Case<'a>, target: &Target<'a>, history: &History<'a>, edge: Option<&'a Edge>) {
        if target.workflow.gates_required && target.state.gate.is_empty() {
            self.tell(
                Gap::wrong(Code::GateEmpty, format!("the state `{}` has no gate", target.name)).expected("a gate for every state"),
                None,
            );
        }
        if history.baseline.is_some() {
            self.until = earlier(self.until, self.setting.baseline_until());
        }
        // A correction is no step forward.
        let kept = if edge.is_some_and(|edge| edge.correction) { Vec::new() } else { self.kept(case, target, history) };
        let of_edge = edge.map(|edge| edge.requirements.as_slice()).unwrap_or_default();
        self.requirements(&case.with_history(history), target.state.gate.iter().chain(of_edge).copied().chain(kept));
    }

    /// What has to hold for as long as an item is in a state: of its gate and of those behind it what is marked `keeps`.
    pub(super) fn keeps(&mut self, case: &Case<'a>, target: &Target<'a>, history: &History<'a>) {
        let keeps = |index: &RequirementIndex| self.setting.policy.requirement(*index).is_some_and(|requirement| requirement.terms.keeps);
        let of_gate: Vec<RequirementIndex> = target.state.gate.iter().copied().filter(keeps).collect();
        let kept = self.kept(case, target, history);
        self.requirements(&case.with_history(history), of_gate.into_iter().chain(kept));
    }

    /// Judges requirements, each once.
    fn requirements(&mut self, case: &Case<'_>, all: impl Iterator<Item = RequirementIndex>) {
        let mut listed: Vec<RequirementIndex> = Vec::with_capacity(all.size_hint().0);
        for index in all {
            if !listed.contains(&index) {
                listed.push(index);
            }
        }
        for judged in listed.into_iter().filter_map(|index| case.judge(index)) {
            self.requirement(case, judged, Severity::Block);
        }
    }

    /// Requirements marked `keeps` in the gates of states that lie behind the item since it last came back: on every way to the target, or
    /// passed (rule R4).
    fn kept(&self, case: &Case<'a>, target: &Target<'a>, history: &History<'a>) -> Vec<RequirementIndex> {
        let workflow = target.workflow;
        let forward = |state: &State| {
            state.is_forward()
                || (workflow.sort == Sort::Tickets && !matches!(state.closing, Some(Closing::Cancelled | Closing::Duplicate)))
        };
        if !forward(target.state) {
            return Vec::new();
        }
        // Where nothing tells what was passed, or only from some state on, it may be whatever a way leads on from (rule R11).
        let mut passed = history.since_return();
        let present = case.state().text().and_then(|state| workflow.state(state)).map(|(name, _)| name);
        if let Some(state) = if history.known { history.begins } else { present } {
            passed.extend(workflow.perhaps_passed(state));
        }
        let may_keep = |index: &RequirementIndex| {
            let requirement = self.setting.policy.requirement(*index);
            requirement.is_some_and(|requirement| requirement.terms.keeps || matches!(requirement.form, Form::All(_)))
        };
        let behind = workflow.states.iter().filter(|(name, state)| {
            forward(state)
                && state.gate.iter().any(may_keep)
                && name.as_str() != target.name
                && (target.state.fresh_dominators.contains(name) || passed.contains(&name.as_str()))
        });
        let mut kept = Vec::new();
        let mut open: Vec<RequirementIndex> = behind.flat_map(|(_, state)| state.gate.iter().copied()).collect();
        open.reverse();
        while let Some(index) = open.pop() {
            let Some(requirement) = self.setting.policy.requirement(index) else { continue };
            match &requirement.form {
                _ if requirement.terms.keeps => kept.push(index),
                // What is joined by `all` keeps by itself, as far as the whole denies and applies.
                Form::All(all) if case.severity(requirement) == Severity::Block && case.applies(requirement.when.as_ref()) => {
                    open.extend(all.all.indices.iter().rev())
                }
                _ => {}
            }
        }
        kept
    }

    /// Turns what a requirement came to into findings, waivers and the end of the allow.
    pub(super) fn requirement(&mut self, case: &Case<'_>, judged: Judged<'_>, outer: Severity) {
        let terms = &judged.requirement.terms;
        let severity = case.severity(judged.requirement).max(outer);
        let Judged { requirement, thing, outcome, sop } = judged;
        // What only warns today denies from the day on which it is enforced.
        if !outcome.is_met() {
            self.until = earlier(self.until, case.enforced_later(requirement));
        }
        let Outcome { gaps, nested, until, written_off } = outcome;
        if severity == Severity::Block && gaps.is_empty() {
            self.until = earlier(self.until, until);
        }
        self.written_off.extend(written_off);
        let protective = self.way.as_ref().is_some_and(|way| way.protective);
        if !gaps.is_empty() {
            let item = thing.item();
            let waived = severity == Severity::Block && !protective && self.waive(case, requirement, &item);
            for gap in gaps.into_iter().filter(|_| !waived) {
                let about = Requirement { name: requirement.name.as_deref(), terms, sop, item: &item };
                let finding = self.finding(gap, Some(&about), severity);
                self.findings.push(finding);
            }
        }
        for judged in nested {
            self.requirement(case, judged, severity);
        }
    }

    /// Looks for an exception that lets a requirement pass on an item (rule D7). Those that are meant for it and can't are told.
    fn waive(&mut self, case: &Case<'_>, requirement: &crate::policy::Requirement, item: &Item) -> bool {
        let Some(name) = &requirement.name else { return false };
        let closing = self.way.as_ref().is_some_and(|way| way.closing.is_some());
        let mut best: Option<(Time, &str, Vec<&str>)> = None;
        let mut told: Vec<Gap> = Vec::new();
        for exception in case.facts().exceptions_on(item) {
            let kind = exception.kind.text().and_then(|kind| case.policy().exception_kinds.get(kind));
            let lists = kind.is_some_and(|kind| kind.waives.contains(name));
            let names = exception.requirements.rows().contains(name);
            // One that names requirements is meant for those, any other for all that its kind lists.
            let is_meant = names || exception.requirements.value().is_none() && (lists || kind.is_none());
            if !is_meant {
                continue;
            }
            let why = match exceptions::standing(case, exception) {
                Standing::Inactive(why) => why,
                Standing::Active { .. } if !requirement.waivable() => "the requirement is never waived".to_owned(),
                Standing::Active { .. } if !lists => "its kind does not waive the requirement".to_owned(),
                Standing::Active { .. } if closing && !kind.is_some_and(|kind| kind.at_closure) => {
                    "its kind does not count in a closing gate".to_owned()
                }
                // Of several that fit the one that lasts longest, then the one of the first id.
                Standing::Active { until, approved_by } => {
                    if best.as_ref().is_none_or(|(longest, ..)| until > *longest) {
                        best = Some((until, &exception.id, approved_by));
                    }
                    continue;
                }
            };
            let path = problem::pointer("/exceptions", &exception.id);
            let message = format!("exception {} does not waive `{name}`: {why}", exception.id);
            told.push(Gap::wrong(Code::ExceptionInactive, message).at(path).found(why).about(item.clone()));
        }
        if let Some((expires, exception, approved_by)) = best {
            self.until = earlier(self.until, Some(expires));
            self.waivers.push(Waiver {
                requirement: name.clone(),
                item: item.clone(),
                exception: exception.to_owned(),
                approved_by: approved_by.into_iter().map(str::to_owned).collect(),
                expires,
            });
            return true;
        }
        for gap in told {
            let finding = self.finding(gap, None, Severity::Warn);
            self.findings.push(finding);
        }
        false
    }
}
