//! What a review says, as JSON and as a value: what is open, who ends it by when, and what a platform may do about it now.

use serde::{Deserialize, Serialize};

use crate::decision::{Finding, Item};
use crate::plan::{Direction, PlannedTask, PlannedTicket};
use crate::time::Date;

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The id of the person; none where the ticket does not tell whom it is about.
    pub person: Option<String>,
    /// Which way they go.
    pub direction: Direction,
    /// The role profile that they come into, or leave with.
    pub profile: Option<String>,
    /// The first day, or the last one of somebody who leaves.
    pub day: Option<Date>,
    /// The ticket that it is done under, with the links that it has and those that it lacks; none where nothing can be planned.
    pub ticket: Option<PlannedTicket>,
    /// Whether the ticket passes its closing gate as it stands: what `handoff close` tells, whoever acts. One that is not open yet does not.
    pub closable: bool,
    /// What is open, wrong or late: what blocks the closing first.
    pub findings: Vec<ReviewFinding>,
    /// The tasks of the ticket, by what can be done with them now.
    pub tasks: ReviewTasks,
}

/// One thing that is open, wrong or late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReviewFinding {
    /// The finding, as decisions tell theirs; `block` keeps the ticket from closing.
    pub finding: Finding,
    /// The task that ends it; none where no task of the ticket is for it.
    pub task: Option<Item>,
    /// The department that does it.
    pub department: Option<String>,
    /// The roles that do it: those of the task, else those of the finding.
    pub responsible: Vec<String>,
    /// The role that answers for it: that of the task, else that of the finding.
    pub accountable: Option<String>,
    /// The day by which the task is due.
    pub due: Option<Date>,
}

/// The tasks of a ticket by what can be done with them now. One that is neither done nor skipped is in one of `create`, `close` and `open`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReviewTasks {
    /// Those that the ticket has to have and lacks.
    pub create: Vec<PlannedTask>,
    /// Those that may be marked as done now.
    pub close: Vec<ClosableTask>,
    /// Those that may not, with what keeps them open.
    pub open: Vec<OpenTask>,
    /// Those that are marked as done or skipped, and don't count.
    pub reopen: Vec<Item>,
}

/// A task that may be marked as done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosableTask {
    /// The task.
    pub item: Item,
    /// Whether the facts show that it is done; else nobody but who did it knows, and software must not close it.
    pub shown: bool,
}

/// A task that may not be marked as done yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenTask {
    /// The task.
    pub item: Item,
    /// What keeps it open.
    pub findings: Vec<Finding>,
}
