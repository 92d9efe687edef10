//! `state` and `category`: the item is in one of these states, or where such states say that it is.

use serde::Deserialize;

use crate::case::{Case, Thing};
use crate::code::Code;
use crate::outcome::{Gap, Outcome};
use crate::policy::document::{Category, Identity};
use crate::policy::names::{Named, Names};

/// `state` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct InState {
    pub state: Vec<String>,
}

/// `category` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct InCategory {
    pub category: Vec<Category>,
}

impl InState {
    /// Whether no state is in both.
    pub fn excludes(&self, other: &Self) -> bool {
        !self.state.iter().any(|state| other.state.contains(state))
    }

    pub fn check(&self, names: &mut Names, path: &str) {
        names.need_all(Named::State, &self.state, format_args!("{path}/state"));
        if self.state.is_empty() {
            names.problem("list-empty", format_args!("{path}/state"), "no state is named", "name at least one");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let path = case.path("state");
        let expected = self.state.join(" or ");
        match case.workflow().and_then(|workflow| workflow.state(case.state().text()?)) {
            Some((state, _)) if self.state.iter().any(|name| name == state) => supported(case).unwrap_or_else(|| written_off(case)),
            Some((state, _)) => {
                Outcome::gap(Gap::wrong(Code::WrongState, format!("it is `{state}`")).at(path).expected(expected).found(state))
            }
            None => Outcome::gap(Gap::unknown("its state", path).expected(expected)),
        }
    }
}

impl InCategory {
    /// Whether no category is in both.
    pub fn excludes(&self, other: &Self) -> bool {
        !self.category.iter().any(|category| other.category.contains(category))
    }

    pub fn check(&self, names: &mut Names, path: &str) {
        if self.category.is_empty() {
            names.problem("list-empty", format_args!("{path}/category"), "no category is named", "name at least one");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let path = case.path("state");
        let words: Vec<String> = self.category.iter().map(ToString::to_string).collect();
        let expected = format!("a state that is {}", words.join(" or "));
        let category = match case.thing {
            Thing::Asset(asset) => case.setting.category(asset),
            Thing::Ticket(_) => None,
        };
        match category {
            Some(category) if self.category.contains(&category) => supported(case).unwrap_or_else(|| written_off(case)),
            Some(category) => {
                let state = case.state().text().unwrap_or_default();
                Outcome::gap(
                    Gap::wrong(Code::WrongState, format!("it is `{state}`, which is {category}")).at(path).expected(expected).found(state),
                )
            }
            None => Outcome::gap(Gap::unknown("its state", path).expected(expected)),
        }
    }
}

/// Why the state of a linked asset is not believed: its history ends in another (rules F6, F8). Of the item itself that is told anyway.
fn supported<'a>(case: &Case<'a>) -> Option<Outcome<'a>> {
    if case.is_of_the_item() {
        return None;
    }
    let mismatch = |gap: &&Gap| gap.code == Code::HistoryStateMismatch;
    let gap = case.history().faults.iter().find(mismatch).cloned()?;
    Some(Outcome::gap(gap.at(case.path("history"))))
}

/// Met; a linked thing that is gone without proof that it came back is named as written off (rule D5). A closed account is none, nor is a seat.
fn written_off<'a>(case: &Case<'a>) -> Outcome<'a> {
    let mut outcome = Outcome::met();
    if let Thing::Asset(asset) = case.thing {
        let is_thing = match case.setting.identity(asset).0 {
            Identity::Login => false,
            // A seat is known by its product; a device stays one, whatever product it is recorded as.
            Identity::None => asset.product.value().is_none(),
            Identity::Serial | Identity::Tag | Identity::Number => true,
        };
        let subject = case.subject().value().map(|(id, _)| *id);
        if is_thing && case.setting.category(asset) == Some(Category::Gone) && !crate::custody::is_back(&case.setting, asset, subject) {
            outcome.written_off.push(asset.id.clone());
        }
    }
    outcome
}
