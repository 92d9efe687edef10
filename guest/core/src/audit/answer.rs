//! What an audit tells, as JSON and as values: findings one by one, and what it saw in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ask::PolicyName;
use crate::decision::{Finding, Item};
use crate::facts::Metric;
use crate::policy::document::{Category, Closing, Stay};
use crate::time::Time;

/// Declares a record of an answer.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    };
}

record! {
    /// What was found of one thing.
    AuditFinding {
        /// The finding, as decisions tell theirs.
        finding: Finding,
        /// How long the item has stayed, where it stays too long.
        stay: Option<Overstay>,
    }
}

record! {
    /// A stay that is longer than the policy allows.
    Overstay {
        /// The state.
        state: String,
        /// When it was entered.
        since: Time,
        /// Whole days since then.
        days: u64,
        /// The longest stay.
        longest: Stay,
        /// The state to which the main way goes on.
        to: Option<String>,
        /// The role to tell of it.
        escalate_to: Option<String>,
        /// What is missing for the main way on: names of requirements, or codes of what is built in, sorted.
        missing: Vec<String>,
    }
}

record! {
    /// What an audit saw, in numbers.
    Summary {
        /// The time of the audit.
        at: Time,
        /// The policy that it rests on.
        policy: PolicyName,
        /// How many records there were.
        records: Records,
        /// How many findings of each code.
        findings: BTreeMap<String, u64>,
        /// How many items stand where, in the order of workflow and state.
        standing: Vec<Standing>,
        /// What is recorded of the assets, field by field.
        quality: Vec<Recorded>,
        /// The licences, by product.
        licences: Vec<LicenceUse>,
        /// The exceptions, by kind, department and month.
        exceptions: Vec<ExceptionUse>,
        /// Patterns of exceptions that should become a way of their own.
        patterns: Vec<Pattern>,
        /// How many of the open tickets may close, by kind; only of tickets that came with what they link.
        closures: Vec<Closures>,
    }
}

record! {
    /// How many records there were.
    Records {
        /// Assets.
        assets: u64,
        /// Tickets.
        tickets: u64,
        /// People.
        people: u64,
        /// Licences.
        licences: u64,
        /// Exceptions.
        exceptions: u64,
        /// Logged decisions.
        decisions: u64,
    }
}

record! {
    /// How many items stand in a state.
    Standing {
        /// The workflow.
        workflow: String,
        /// The state.
        state: String,
        /// Where an asset in it stands.
        category: Option<Category>,
        /// How a ticket in it ended.
        closing: Option<Closing>,
        /// How many items.
        items: u64,
        /// How long they have been there.
        ages: Ages,
        /// The one that has been there longest, as far as is recorded.
        oldest: Option<Oldest>,
        /// The longest stay that is allowed.
        longest_stay: Option<Stay>,
        /// How many have stayed longer.
        stalled: u64,
        /// The role that answers for the next step.
        accountable: Option<String>,
        /// The role to tell where one stays too long.
        escalate_to: Option<String>,
    }
}

record! {
    /// How long items have been in a state, each counted once.
    #[derive(Default)]
    Ages {
        /// Less than 7 days.
        week: u64,
        /// Less than 30 days.
        month: u64,
        /// Less than 90 days.
        quarter: u64,
        /// Less than 365 days.
        year: u64,
        /// Longer.
        longer: u64,
        /// It is not recorded.
        unknown: u64,
    }
}

record! {
    /// The item that has been in a state longest.
    Oldest {
        /// The item.
        item: Item,
        /// Since when.
        since: Time,
    }
}

record! {
    /// How much of one field is recorded.
    Recorded {
        /// The field of an asset.
        field: String,
        /// Of how many assets it should be.
        of: u64,
        /// Of how many it is.
        recorded: u64,
    }
}

record! {
    /// The seats of a product.
    LicenceUse {
        /// The product.
        product: String,
        /// What a seat is counted by; none where the licences of the product differ, or don't say.
        metric: Option<Metric>,
        /// How many seats were bought; none where that is not recorded.
        seats: Option<u64>,
        /// How many are taken, by the records of seats.
        taken: u64,
        /// How many are taken, by the vendor's count.
        allocated: Option<u64>,
        /// How many of those taken have not been used for too long.
        idle: u64,
        /// How many stand in the name of people who have left.
        of_leavers: u64,
        /// How many could be taken back: idle, or of people who have left.
        reclaimable: u64,
        /// What those cost a year, as decimal text; none where no cost is recorded, or costs differ.
        reclaimable_cost: Option<String>,
        /// The currency, by its ISO 4217 code.
        currency: Option<String>,
    }
}

record! {
    /// What became of the exceptions of a kind, a department and a month.
    ExceptionUse {
        /// The kind.
        kind: String,
        /// The department; none where it is not recorded.
        department: Option<String>,
        /// The month in which they were asked for, such as `2026-01`; none where it is not recorded.
        month: Option<String>,
        /// How many were asked for.
        asked: u64,
        /// How many had all their approvals.
        approved: u64,
        /// How many were refused.
        refused: u64,
        /// How many hold now.
        open: u64,
        /// How many have run out, reconciled or not.
        expired: u64,
        /// How many have run out and are not reconciled.
        unreconciled: u64,
        /// How many renew another.
        renewed: u64,
        /// How many are reconciled.
        reconciled: u64,
        /// The median of the whole days from their start to their reconciliation.
        median_days: Option<u64>,
    }
}

record! {
    /// A pattern of exceptions.
    Pattern {
        /// The kind.
        kind: String,
        /// The department.
        department: Option<String>,
        /// How many there were within the time that the policy names, at most.
        count: u64,
        /// The first of them, by when it was asked for.
        from: Time,
        /// The last.
        until: Time,
        /// The part of a policy that would make it a way of its own: entries to put into the sections of the same names.
        proposal: Value,
    }
}

record! {
    /// How many open tickets of a kind may close.
    Closures {
        /// The kind.
        kind: String,
        /// How many are open.
        open: u64,
        /// How many would be refused.
        refused: u64,
        /// How many of them are refused for each code.
        reasons: BTreeMap<String, u64>,
    }
}

record! {
    /// The answer to `audit`.
    AuditAnswer {
        /// What was found.
        findings: Vec<AuditFinding>,
        /// What was seen.
        summary: Summary,
    }
}
