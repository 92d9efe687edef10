//! What is built in of the ways in which a ticket closes without being fulfilled (rule D6).

use super::Draft;
use crate::case::Case;
use crate::code::Code;
use crate::decision::Item;
use crate::facts::{Fact, Ticket, TicketRelation};
use crate::forms::assets;
use crate::outcome::{Gap, NOT_RECORDED, earlier};
use crate::policy::document::Category;
use crate::{custody, problem};

impl<'a> Draft<'a> {
    /// A cancelled ticket leaves nothing half handed over (rule D6).
    pub(super) fn nothing_out(&mut self, case: &Case<'a>, ticket: &'a Ticket) {
        let setting = self.setting;
        let path = problem::pointer("/tickets", &ticket.id);
        if ticket.links.is_unknown() {
            self.tell(Gap::unknown("what the ticket links", format!("{path}/links")), None);
        }
        let concerned = assets::concerned(case, ticket);
        self.until = earlier(self.until, concerned.until);
        let mut gaps = concerned.gaps;
        // That nothing more is out is a claim about all that the subject has (rule F1).
        if let Fact::Known(subject) = &ticket.subject {
            match case.holdings_covered(subject, setting.policy.classes.keys()) {
                Ok(until) => self.until = earlier(self.until, until),
                Err(gap) if !gaps.contains(&gap) => gaps.push(gap),
                Err(_) => {}
            }
        }
        for gap in gaps {
            self.tell(gap, None);
        }
        for one in concerned.assets {
            use crate::facts::LinkRole::{Issue, Loan};
            let issued =
                one.role.is_none_or(|role| matches!(role, Issue | Loan)) || custody::was_issued_under(&setting, one.asset, &ticket.id);
            let out = match setting.category(one.asset) {
                None | Some(Category::Held) => true,
                Some(Category::Returning) => !custody::is_back(&setting, one.asset, ticket.subject.text()),
                Some(Category::Gone) if !setting.is_gone(one.asset) => true,
                Some(_) => !setting.holders(one.asset).is_empty(),
            };
            if issued && out {
                let state = one.asset.state.text().unwrap_or(NOT_RECORDED).to_owned();
                let gap = Gap::wrong(Code::IssuedStillOut, format!("{} was issued under the ticket and is not back", one.asset.id));
                self.tell(
                    gap.at(problem::pointer("/assets", &one.asset.id))
                        .expected("back, or written off")
                        .found(state)
                        .about(Item::Asset(one.asset.id.clone())),
                    None,
                );
            }
        }
    }

    /// A duplicate closes only into an open ticket about the same person that holds all that it is about (rule D6).
    pub(super) fn survivor(&mut self, case: &Case<'a>, ticket: &'a Ticket) {
        let setting = self.setting;
        let concerned = assets::concerned(case, ticket);
        for gap in concerned.gaps {
            self.tell(gap, None);
        }
        self.until = earlier(self.until, concerned.until);
        let whole_subject =
            ticket.kind.text().and_then(|kind| setting.policy.ticket_kinds.get(kind)).is_some_and(|kind| kind.whole_subject);
        let links = |other: &'a Ticket, one: &assets::Concerned<'a>| {
            let mut links = setting.links(other).filter(|link| link.asset == one.asset.id);
            links.any(|link| one.role.is_some() && setting.link_role(other, link) == one.role)
        };
        let holds = |other: &'a Ticket| {
            other.id != ticket.id
                && setting.is_open(other) == Some(true)
                && other.subject == ticket.subject
                && (!whole_subject || other.kind == ticket.kind)
                && concerned.assets.iter().all(|one| links(other, one))
        };
        let related = ticket.related.rows().iter().filter(|related| related.relation == TicketRelation::DuplicateOf);
        let survives = related.into_iter().any(|related| setting.facts.ticket(&related.ticket).found().is_some_and(holds));
        if !survives || ticket.links.is_unknown() {
            let path = format!("{}/related", problem::pointer("/tickets", &ticket.id));
            self.tell(
                Gap::wrong(Code::SurvivorMissing, "no open ticket about the same person holds all links of this duplicate")
                    .at(path)
                    .expected("an open ticket as `duplicate-of`, with the same subject and all links in their roles"),
                None,
            );
        }
    }
}
