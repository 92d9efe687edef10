//! What a plan says, as JSON and as a value: what a platform turns into tickets and tasks one to one.

use serde::{Deserialize, Serialize};

use super::Request;
use crate::decision::{Finding, Item};
use crate::facts::LinkRole;
use crate::facts::model::words;
use crate::time::Date;

words! {
    /// Which way somebody goes.
    Direction {
        /// Somebody comes.
        Joiner = "joiner",
        /// Somebody changes job or place.
        Mover = "mover",
        /// Somebody goes.
        Leaver = "leaver",
    }
}

words! {
    /// What becomes of a thing.
    Action {
        /// It is handed out.
        Issue = "issue",
        /// The person has it, and keeps it.
        Keep = "keep",
        /// It comes back.
        Return = "return",
        /// A department shares it, and somebody else is to look after it or to use it: its secret is changed, its user removed.
        HandOver = "hand-over",
        /// The profile expects it, and the register does not know where it is.
        Find = "find",
    }
}

words! {
    /// Where a thing comes from that is handed out.
    Source {
        /// The ticket links it already.
        Ticket = "ticket",
        /// It is in stock.
        Stock = "stock",
        /// It takes a free seat of its product.
        Seat = "seat",
        /// It has to be procured, or made.
        New = "new",
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The id of the person.
    pub person: String,
    /// Which way they go.
    pub direction: Direction,
    /// The role profile that they come into, or leave with.
    pub profile: Option<String>,
    /// The role profile that somebody who moves comes from.
    pub previous_profile: Option<String>,
    /// The first day, or the last one of somebody who leaves.
    pub day: Option<Date>,
    /// The ticket that all is done under; none where nothing can be planned.
    pub ticket: Option<PlannedTicket>,
    /// What is issued, kept, returned, or to be found.
    pub items: Vec<PlannedItem>,
    /// The work, by department.
    pub tasks: Vec<PlannedTask>,
    /// What stands against the plan.
    pub findings: Vec<Finding>,
}

/// The ticket of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedTicket {
    /// Its id; where it is to be opened, one that a second plan gives again.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its present state; none where it is to be opened.
    pub state: Option<String>,
    /// Whether it is open already.
    pub exists: bool,
    /// Its links.
    pub links: Vec<PlannedLink>,
}

/// A link of the ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedLink {
    /// The id of the asset.
    pub asset: String,
    /// What the ticket does with it; none where neither the link nor the ticket's kind says it.
    pub role: Option<LinkRole>,
    /// Whether the ticket links it already.
    pub exists: bool,
}

/// One thing of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedItem {
    /// What becomes of it.
    pub action: Action,
    /// What the profile calls it; none for what no profile names.
    pub item: Option<String>,
    /// The kind.
    pub kind: String,
    /// The id of the asset; one that is to be procured or made has the id that a second plan gives it again.
    pub asset: Option<String>,
    /// Where it comes from; none for what is not handed out.
    pub source: Option<Source>,
    /// Whether the ticket links it already.
    pub exists: bool,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedTask {
    /// The id: that of the ticket's row, else that of the template, with the asset where there is one for each.
    pub id: String,
    /// The task as the item of a question.
    pub item: Item,
    /// The template; none where the ticket has a task that the policy does not expect of it.
    pub template: Option<String>,
    /// What is to be done.
    pub title: String,
    /// The department that does it.
    pub department: Option<String>,
    /// The roles that may end it.
    pub responsible: Vec<String>,
    /// The role that answers for it.
    pub accountable: Option<String>,
    /// The id of the asset that it is about; none where it is about the ticket.
    pub asset: Option<String>,
    /// The day by which it is due: that of the ticket's row where it has one, else that of the template.
    pub due: Option<Date>,
    /// Ids of the tasks that come before it.
    pub after: Vec<String>,
    /// The procedure.
    pub sop: Option<String>,
    /// `open`, `done` or `skipped`.
    pub state: String,
    /// Whether the ticket has it already.
    pub exists: bool,
    /// What has to be met before it counts as done.
    pub requirements: Vec<PlannedRequirement>,
}

/// What a task has to meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedRequirement {
    /// The policy's name of it; none where it is written out in the template.
    pub requirement: Option<String>,
    /// Whether it is met now.
    pub met: bool,
    /// How it is met.
    pub remedy: Option<String>,
}

impl Plan {
    /// A plan in which nothing is planned yet.
    pub(super) fn of(request: &Request<'_>) -> Self {
        Self {
            person: request.person.to_owned(),
            direction: request.direction,
            profile: None,
            previous_profile: None,
            day: None,
            ticket: None,
            items: Vec::new(),
            tasks: Vec::new(),
            findings: Vec::new(),
        }
    }
}
