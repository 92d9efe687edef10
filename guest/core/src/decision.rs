//! Questions and decisions: the plain data of the boundary. Each type says the same as its namesake in `wit/types.wit`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id;
use crate::strict::by_keys;
use crate::time::{Time, text_form};
use serde::{Deserializer, Serializer, de};

/// What a question is about. As text: `asset:ID`, `ticket:ID` or `task:TICKET/TASK`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// An asset, by id.
    Asset(String),
    /// A ticket, by id.
    Ticket(String),
    /// A task of a ticket.
    Task {
        /// The id of the ticket that holds the task.
        ticket: String,
        /// The id of the task within that ticket.
        task: String,
    },
}

impl Item {
    /// Reads the text form.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` names no item: write `asset:ID`, `ticket:ID` or `task:TICKET/TASK`");
        match text.split_once(':') {
            Some((_, "")) | None => Err(wrong()),
            Some(("asset", id)) => id::of(id).map(Self::Asset),
            Some(("ticket", id)) => id::of(id).map(Self::Ticket),
            // Ids of tickets and of assets may hold a slash, those of templates can't: the first that a task's id can stand behind parts.
            Some(("task", id)) => {
                let parts = id.match_indices('/').filter_map(|(at, _)| Some((id.get(..at)?, id.get(at + 1..)?)));
                let is_task = |(ticket, task): &(&str, &str)| !ticket.is_empty() && id::check_task(task).is_ok();
                let (ticket, task) = parts.into_iter().find(is_task).ok_or_else(wrong)?;
                Ok(Self::Task { ticket: id::of(ticket)?, task: task.to_owned() })
            }
            Some(_) => Err(wrong()),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asset(id) => write!(f, "asset:{id}"),
            Self::Ticket(id) => write!(f, "ticket:{id}"),
            Self::Task { ticket, task } => write!(f, "task:{ticket}/{task}"),
        }
    }
}

text_form!(Item, "an item: asset:ID, ticket:ID or task:TICKET/TASK", r"^(asset:.+|ticket:.+|task:.+/.+)$");

/// Who wants to act.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
pub struct Actor {
    /// The id of the person or of the automation.
    #[serde(deserialize_with = "id::read")]
    pub id: String,
    /// The roles that the caller vouches for.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether it is software that acts by itself.
    #[serde(default)]
    pub automation: bool,
    /// The person on whose behalf an automation acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}
by_keys!(Actor, written);

/// When a question is asked, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The time of decision.
    pub at: Time,
    /// None asks for readiness only.
    pub actor: Option<Actor>,
}

/// The step that the item is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into this state.
    Transition(String),
    /// Into a closing state; none takes the workflow's default.
    Closure(Option<String>),
    /// To another kind, at a state of its workflow.
    Reclassify {
        /// The new kind.
        kind: String,
        /// An initial state of the new kind's workflow.
        state: String,
    },
}

/// One question: may this item take this step?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the question is about.
    pub item: Item,
    /// The step that it is to take.
    pub step: Step,
    /// The ticket whose approvals, owner and signatures count, where several open tickets link the asset.
    pub ticket: Option<String>,
}

/// The verdict of a decision: callers proceed on the two allows only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// At least one finding blocks.
    Deny,
    /// Every requirement is met and the actor may act.
    Allow,
    /// As allow, with unmet requirements waived by active exceptions.
    AllowByException,
}

impl Verdict {
    /// Whether the caller may proceed.
    #[must_use]
    pub fn allows(self) -> bool {
        !matches!(self, Self::Deny)
    }
}

/// What an unmet requirement does. The order is that of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It denies.
    #[default]
    Block,
    /// It is reported to the actor and does not deny.
    Warn,
    /// It is recorded for review and does not deny.
    Audit,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The stable code; `handoff explain CODE` tells what it means.
    pub code: String,
    /// What it does to the verdict.
    pub severity: Severity,
    /// True where a protective state let a defect pass: a task must follow it up.
    pub follow_up: bool,
    /// The policy's name of the unmet requirement; none where the rule is built in.
    pub requirement: Option<String>,
    /// The item that the reason is about.
    pub item: Option<Item>,
    /// Where the fact stands or is missing: a JSON pointer into the facts by id.
    pub path: Option<String>,
    /// What the policy expects.
    pub expected: Option<String>,
    /// What the facts hold; `not recorded` where they are silent.
    pub found: Option<String>,
    /// The reason in one sentence.
    pub message: String,
    /// How to put it right.
    pub remedy: Option<String>,
    /// Roles that can put it right.
    pub responsible: Vec<String>,
    /// The one role that answers for it.
    pub accountable: Option<String>,
    /// The standard operating procedure that tells how.
    pub sop: Option<String>,
}

/// One unmet requirement that an active exception lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The requirement that is waived.
    pub requirement: String,
    /// The item on which it is waived.
    pub item: Item,
    /// The id of the exception.
    pub exception: String,
    /// Who approved it, sorted.
    pub approved_by: Vec<String>,
    /// When it ends.
    pub expires: Time,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Callers proceed on an allow only.
    pub verdict: Verdict,
    /// The state that was asked for, after defaults.
    pub to: Option<String>,
    /// Whether the gate alone lets the item pass, whoever acts.
    pub ready: bool,
    /// Whether the actor may take this step; none where no actor was given.
    pub permitted: Option<bool>,
    /// Every reason at once, blocking ones first.
    pub findings: Vec<Finding>,
    /// The exceptions used.
    pub waivers: Vec<Waiver>,
    /// The role that answers for the item's next step now.
    pub accountable: Option<String>,
    /// Roles to tell of this decision.
    pub inform: Vec<String>,
    /// Names of the states that are legal from the present one.
    pub next: Vec<String>,
    /// Linked assets that count as written off.
    pub written_off: Vec<String>,
    /// The moment before which an allow holds on unchanged facts, always after the time of the decision.
    pub valid_until: Option<Time>,
    /// The version of the item's record that was judged.
    pub record_version: Option<String>,
}

/// What may come next for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSteps {
    /// Every legal next state with the decision that a question for it would get; none at the end of a workflow.
    pub options: Vec<(String, Decision)>,
    /// Why no next state can be told, as a decision would tell it: there is not exactly one record, or its kind or state is unknown.
    pub findings: Vec<Finding>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_named_by_sound_ids() {
        for text in ["asset:LT-1", "ticket:REQ/7", "task:REQ/7/hand-over@LT-1"] {
            assert_eq!(Item::parse(text).map(|item| item.to_string()).as_deref(), Ok(text));
        }
        for text in ["asset:", "asset: LT-1", "ticket:T\n1", "task:T-1/ hand-over", "task:T-1 /hand-over", "asset:LT\u{202e}1"] {
            assert!(Item::parse(text).is_err(), "{text:?}");
        }
    }
}
