//! Questions that are asked together: what only their sum breaks (rule D10).

use crate::case::Setting;
use crate::code::Code;
use crate::decision::{Decision, Item, Question};
use crate::facts::TicketRelation;
use crate::forms::availability;
use crate::outcome::Gap;
use crate::policy::document::{Category, Closing};

/// What only the sum of questions breaks: an item asked to take two steps, more seats given than there are, and duplicates whose survivor
/// closes with them.
pub(crate) fn conflicts(setting: &Setting<'_>, questions: &[Question], alone: &[Decision]) -> Vec<Option<Gap>> {
    // Each by itself was judged already.
    if questions.len() < 2 {
        return questions.iter().map(|_| None).collect();
    }
    let allowed: Vec<bool> = alone.iter().map(|decision| decision.verdict.allows()).collect();
    let seat = |question: &Question, decision: &Decision| -> Option<String> {
        let Item::Asset(id) = &question.item else { return None };
        let asset = setting.facts.asset(id).found()?;
        let to = setting.policy.asset_workflow(asset.kind.text()?)?.states.get(decision.to.as_deref()?)?;
        let taken = to.category == Some(Category::Held) && setting.category(asset) != Some(Category::Held);
        asset.product.text().filter(|_| taken).map(str::to_owned)
    };
    let seats: Vec<Option<String>> = questions.iter().zip(alone).map(|(question, decision)| seat(question, decision)).collect();
    let conflict = |index: usize, question: &Question| {
        let others =
            || questions.iter().zip(&allowed).zip(&seats).enumerate().filter(|(other, ((_, allowed), _))| *other != index && **allowed);
        if !allowed.get(index).copied().unwrap_or_default() {
            return None;
        }
        if others().any(|(_, ((other, _), _))| other.item == question.item) {
            return Some(
                Gap::wrong(Code::BatchConflict, "the same item is asked to take two steps at once").found(question.item.to_string()),
            );
        }
        let goes_on = |one: (&Question, &Decision), other: (&Question, &Decision)| {
            closing(setting, one.0, one.1).is_some() && survivors(setting, other.0, other.1).contains(&one.0.item)
        };
        let this = (question, alone.get(index)?);
        let together = others().filter_map(|(other, ((question, _), _))| Some((question, alone.get(other)?)));
        if let Some((other, _)) = together.into_iter().find(|other| goes_on(this, *other) || goes_on(*other, this)) {
            return Some(
                Gap::wrong(Code::BatchConflict, "a duplicate and the ticket that goes on for it close at the same time")
                    .found(other.item.to_string()),
            );
        }
        let product = seats.get(index).and_then(Option::as_ref)?;
        let wanted = 1 + others().filter(|(_, (_, seat))| seat.as_ref() == Some(product)).count();
        let free = availability::free_seats(setting, product)?;
        (wanted > 1 && u64::try_from(wanted).is_ok_and(|wanted| wanted > free)).then(|| {
            Gap::wrong(Code::BatchConflict, format!("together they take more seats of {product} than are free"))
                .at("/licences")
                .expected(format!("at most {free}"))
                .found(format!("{wanted}"))
        })
    };
    questions.iter().enumerate().map(|(index, question)| conflict(index, question)).collect()
}

/// The closing state that an allowed answer leads a ticket into.
fn closing(setting: &Setting<'_>, question: &Question, decision: &Decision) -> Option<Closing> {
    let Item::Ticket(id) = &question.item else { return None };
    let ticket = setting.facts.ticket(id).found()?;
    setting.policy.ticket_workflow(ticket.kind.text()?)?.states.get(decision.to.as_deref()?)?.closing
}

/// The tickets that go on for one that closes as a duplicate.
fn survivors(setting: &Setting<'_>, question: &Question, decision: &Decision) -> Vec<Item> {
    let Item::Ticket(id) = &question.item else { return Vec::new() };
    if closing(setting, question, decision) != Some(Closing::Duplicate) {
        return Vec::new();
    }
    let related = setting.facts.ticket(id).found().map(|ticket| ticket.related.rows()).unwrap_or_default();
    let duplicates = related.iter().filter(|related| related.relation == TicketRelation::DuplicateOf);
    duplicates.map(|related| Item::Ticket(related.ticket.clone())).collect()
}
