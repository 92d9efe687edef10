//! From a gap to a finding: how it weighs, who can put it right, who answers for it.

use std::collections::BTreeSet;

use super::Draft;
use crate::case::Case;
use crate::code::Code;
use crate::decision::{Finding, Item, Severity};
use crate::facts::Fact;
use crate::forms::expected_tasks;
use crate::outcome::Gap;
use crate::policy::Edge;

/// A requirement as far as a finding tells of it.
pub(super) struct Requirement<'r> {
    pub name: Option<&'r str>,
    pub terms: &'r crate::policy::document::Terms,
    pub sop: Option<&'r str>,
    pub item: &'r Item,
}

impl<'a> Draft<'a> {
    /// A reason that always blocks.
    pub(super) fn refuse(&mut self, gap: Gap) {
        let mut finding = self.finding(gap, None, Severity::Block);
        (finding.severity, finding.follow_up) = (Severity::Block, false);
        self.findings.push(finding);
    }

    /// A built-in reason: it blocks, except towards a protective state.
    pub(super) fn tell(&mut self, gap: Gap, about: Option<&Requirement<'_>>) {
        let finding = self.finding(gap, about, Severity::Block);
        self.findings.push(finding);
    }

    pub(super) fn finding(&self, gap: Gap, about: Option<&Requirement<'_>>, severity: Severity) -> Finding {
        let Gap { code, item, path, expected, found, message, remedy, unknown } = gap;
        let protective = severity == Severity::Block && self.way.as_ref().is_some_and(|way| way.protective);
        let item = item.or_else(|| about.map(|about| about.item.clone())).unwrap_or_else(|| self.item.clone());
        let (responsible, accountable) = self.in_charge(&item);
        let terms = about.map(|about| about.terms);
        let own = terms.map(|terms| terms.responsible.as_slice()).filter(|roles| !roles.is_empty());
        let usual = remedy.unwrap_or_else(|| code.remedy().to_owned());
        let is_silent = unknown && code != Code::NoAlternativeMet;
        let remedy = match terms.and_then(|terms| terms.remedy.as_deref()) {
            // Where the facts are silent all may be well, and only the record missing. Of alternatives the policy says which to take.
            Some(remedy) if is_silent => format!("{usual}; then, where needed: {remedy}"),
            Some(remedy) => remedy.to_owned(),
            None => usual,
        };
        Finding {
            code: code.as_str().to_owned(),
            severity: if protective { Severity::Warn } else { severity },
            follow_up: protective,
            requirement: about.and_then(|about| about.name).map(str::to_owned),
            path: path.filter(|path| !path.is_empty()),
            expected,
            found,
            // The policy's words are for what is wrong, and what is not recorded may be right. Of alternatives they say what they have in common.
            message: terms.and_then(|terms| terms.message.clone()).filter(|_| !is_silent).unwrap_or(message),
            remedy: Some(remedy),
            responsible: own.unwrap_or(responsible).to_vec(),
            accountable: accountable.map(str::to_owned),
            sop: about.and_then(|about| about.sop).map(str::to_owned),
            item: Some(item),
        }
    }

    /// Who can put an item right and who answers for it: by the step asked for, or for another item by where that one stands.
    fn in_charge(&self, item: &Item) -> (&'a [String], Option<&'a str>) {
        let of_question = || match &self.way {
            Some(way) => (way.responsible, way.accountable),
            None => (self.responsible, self.accountable),
        };
        let edge: Option<&'a Edge> = match item {
            Item::Asset(id) if *item != self.item => {
                let asset = self.setting.facts.asset(id).found();
                asset
                    .and_then(|asset| self.setting.asset_state(asset))
                    .and_then(|(workflow, state)| workflow.main(state))
                    .map(|(_, edge)| edge)
            }
            Item::Task { ticket, task } if *item != self.item => {
                let expected = |ticket| expected_tasks(&Case::ticket(self.setting, ticket), ticket);
                let tasks = self.tasks.get_or_init(|| {
                    let all = self.setting.facts.ticket(ticket).found().map(expected).unwrap_or_default();
                    all.into_iter().map(|expected| (expected.id, expected.template)).collect()
                });
                if let Some(template) = tasks.get(task) {
                    return (&template.responsible, Some(&template.accountable));
                }
                None
            }
            _ => None,
        };
        edge.map_or_else(of_question, |edge| (edge.responsible.as_slice(), Some(edge.accountable.as_str())))
    }

    /// Where nobody active holds a role, as far as the people are all known (rule D3).
    pub(super) fn vacancy(&self, role: &str) -> Option<Gap> {
        let declared = self.setting.policy.roles.get(role)?;
        let all = |claim: &crate::facts::Coverage| matches!(claim.persons.value(), Some(crate::facts::Extent::All));
        let people = &self.setting.facts.document().people;
        if declared.relation.is_some() || people.is_unknown() || self.setting.covered(all).is_none() {
            return None;
        }
        // Whoever might be active and might hold it keeps the role from being known to be vacant.
        let may_hold = |person: &&crate::facts::Person| {
            let active = matches!(person.status, Fact::Known(crate::facts::PersonStatus::Active) | Fact::Unknown);
            active && (person.roles.is_unknown() || person.roles.rows().iter().any(|other| other == role))
        };
        if people.rows().iter().any(|person| may_hold(&person)) {
            return None;
        }
        Some(
            Gap::wrong(Code::RoleVacant, format!("nobody active holds the role {role}"))
                .at("/people")
                .expected(format!("somebody active as {role}"))
                .found("nobody"),
        )
    }
}

/// Blocking ones first; within one severity the order is that of the policy.
pub(super) fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.severity);
    // Of the same reason the first stands. There may be thousands, so they are not compared each with each.
    let mut told: BTreeSet<&Finding> = BTreeSet::new();
    let mut is_first = findings.iter().map(|finding| told.insert(finding)).collect::<Vec<_>>().into_iter();
    findings.retain(|_| is_first.next().unwrap_or_default());
    findings
}
