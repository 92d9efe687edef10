//! Who may act (rules D1, D2).

use super::{Draft, Way};
use crate::case::Behind;
use crate::code::Code;
use crate::decision::{Finding, Item};
use crate::facts::Fact;
use crate::outcome::Gap;

/// Codes that speak of the actor, and not of the gate.
const ACTOR_CODES: [Code; 5] =
    [Code::ActorMissing, Code::ActorNotResponsible, Code::ActorIsSubject, Code::AutomationNotAllowed, Code::AutomationWithoutPrincipal];

/// Whether a finding speaks of the actor, and not of the gate.
pub(crate) fn is_about_actor(finding: &Finding) -> bool {
    ACTOR_CODES.iter().any(|code| code.as_str() == finding.code)
}

impl Draft<'_> {
    /// Whether the actor may take the step (rules D1, D2).
    pub(super) fn actor(&mut self) {
        let roles = |way: &Way<'_>| {
            let mut roles: Vec<&str> = way.responsible.iter().map(String::as_str).chain(way.accountable).collect();
            roles.dedup();
            roles.join(" or ")
        };
        let Some(actor) = self.setting.actor else {
            let gap = Gap::wrong(Code::ActorMissing, "nobody is named who acts");
            self.refuse(match &self.way {
                Some(way) => gap.expected(roles(way)),
                None => gap,
            });
            return;
        };
        let Some(way) = &self.way else {
            self.permitted = Some(false);
            return;
        };
        let (expected, to) = (|| roles(way), &way.to);
        let subject = match (self.behind, &self.item) {
            (Behind::Ticket(ticket, _), _) => ticket.subject.text(),
            (_, Item::Asset(id)) => self.setting.facts.asset(id).found().and_then(|asset| match &asset.owner {
                Fact::Known(crate::facts::Party::Person(id)) => Some(id.as_str()),
                _ => None,
            }),
            _ => None,
        };
        // Whomever else the step may be about does not act either, and is not served.
        let served = subject.is_some() && self.about.iter().all(|ticket| ticket.subject.text() == subject);
        let holders = match &self.item {
            Item::Asset(id) => self.setting.facts.asset(id).found().map(|asset| self.setting.holders(asset)).unwrap_or_default(),
            Item::Ticket(_) | Item::Task { .. } => Vec::new(),
        };
        let mut subjects = subject.into_iter().chain(holders).chain(self.about.iter().filter_map(|ticket| ticket.subject.text()));
        let is_subject = subjects.any(|subject| {
            let same = |id: &str| self.setting.is_same_person(id, subject);
            same(&actor.id) || actor.on_behalf_of.as_deref().is_some_and(same)
        });
        let record = subject.and_then(|subject| self.setting.facts.person(subject).found());
        let holds = |role: &str| self.setting.holds_role(&actor.id, &actor.roles, role, record);
        let entitled = way.responsible.iter().any(|role| holds(role)) || way.accountable.is_some_and(holds);
        let mut gaps = Vec::new();
        let found = || match actor.roles.as_slice() {
            [] => format!("{} without a role", actor.id),
            roles => format!("{} as {}", actor.id, roles.join(", ")),
        };
        if actor.automation {
            if !way.automation {
                gaps.push(
                    Gap::wrong(Code::AutomationNotAllowed, format!("software may not take the step to `{to}` by itself"))
                        .expected(expected())
                        .found(&actor.id),
                );
            }
            let principal = actor.on_behalf_of.as_deref().filter(|id| !crate::id::is_blank(id));
            let is_known = |id: &str| self.setting.facts.document().people.is_unknown() || self.setting.facts.person(id).found().is_some();
            let why = match principal {
                None => Some("the automation does not say on whose behalf it acts"),
                Some(id) if self.setting.is_same_person(id, &actor.id) => Some("the automation acts on its own behalf"),
                Some(id) if !is_known(id) => Some("on whose behalf the automation acts is nobody among the people"),
                Some(_) => None,
            };
            if let Some(why) = why {
                let found = principal.unwrap_or(&actor.id);
                gaps.push(Gap::wrong(Code::AutomationWithoutPrincipal, why).expected("a person on whose behalf it acts").found(found));
            }
        }
        match (is_subject, way.self_service && served && !actor.automation) {
            (true, true) => {}
            (true, false) => gaps.push(
                Gap::wrong(Code::ActorIsSubject, format!("{} is the person that the handoff is about", actor.id))
                    .expected(expected())
                    .found(&actor.id),
            ),
            (false, _) if !entitled => gaps.push(
                Gap::wrong(Code::ActorNotResponsible, format!("{} may not take the step to `{to}`", actor.id))
                    .expected(expected())
                    .found(found()),
            ),
            (false, _) => {}
        }
        for gap in gaps {
            self.permitted = Some(false);
            self.refuse(gap);
        }
    }
}
