//! The one model of the facts: every host, the component and the JSON Schema read these types. What stands within a record is in `rows`.
//!
//! Every field but the ids is a [`Fact`]: absent is unknown, `null` is known to be none. Unknown keys are refused, because a mistyped
//! key would otherwise hide a fact. All lists are sets: reading sorts them, so their order can't reach a decision or a digest.

use serde::{Deserialize, Deserializer, Serialize, de};

use super::attribute::Attributes;
use super::fact::{Fact, Party};
use super::rows::{
    Approval, Baseline, Coverage, Custody, Engagement, Entry, Evidence, Handover, Link, Mark, Metric, PersonStatus, Reconciliation,
    ReconciliationStep, Related, Relation, ReturnShipment, Signature, Task,
};
use crate::decision::{Actor, Item};
use crate::id;
use crate::strict::by_keys;
use crate::time::{Date, Offset, Time};

/// Declares a row of facts: all fields but those in `keys` are [`Fact`]s that may be left out. What `where` names tells what is wrong with the
/// row as a whole; `in expressions` lets expressions read it.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident $(where $check:ident)? in expressions { keys { $($(#[$key_meta:meta])* $key:ident: $key_type:ty,)* } $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        row! { $(#[$meta])* $name $(where $check)? { keys { $($(#[$key_meta])* $key: $key_type,)* } $($(#[$field_meta])* $field: $type,)* } }
        $crate::expression::fields! { $name { keys { $($key)* } $($field)* } }
    };
    ($(#[$meta:meta])* $name:ident $(where $check:ident)? { keys { $($(#[$key_meta:meta])* $key:ident: $key_type:ty,)* } $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
        pub struct $name {
            $($(#[$key_meta])* pub $key: $key_type,)*
            $($(#[$field_meta])* #[serde(default, skip_serializing_if = "Fact::is_unknown")] pub $field: Fact<$type>,)*
        }
        by_keys!($name, written $(, $check)?);

        impl $name {
            /// A row of which nothing else is known.
            #[allow(dead_code, reason = "most rows are only ever read")]
            pub(crate) fn of($($key: $key_type,)*) -> Self {
                Self { $($key,)* $($field: Fact::Unknown,)* }
            }
        }
    };
}

/// Declares a closed set of kebab-case words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$word_meta:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$word_meta])* #[serde(rename = $text)] $word,)* }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$word => $text,)* })
            }
        }

        impl $crate::expression::Read for $name {
            fn read(&self) -> $crate::expression::Value<'_> {
                $crate::expression::Value::Text(match self { $(Self::$word => $text,)* }.into())
            }
        }
    };
}
pub(crate) use {row, words};

row! {
    /// Everything that the caller knows, in one document. Each row is as it would be once the request is applied, except the item's state.
    Document {
        keys {
            /// Where an editor finds the schema; says nothing.
            #[serde(default, rename = "$schema", skip_serializing)]
            schema: Option<String>,
        }
        /// The time of decision, where the question names none.
        at: Time,
        /// Who wants to act, where the question names nobody.
        actor: Actor,
        /// The assets.
        assets: Vec<Asset>,
        /// The tickets, the one asked about among them.
        tickets: Vec<Ticket>,
        /// The people.
        people: Vec<Person>,
        /// The exceptions, whatever became of them.
        exceptions: Vec<Exception>,
        /// The licences.
        licences: Vec<Licence>,
        /// Decisions that were made, as they were logged; only audits read them.
        decisions: Vec<LoggedDecision>,
        /// What the lists above hold completely; a negative claim counts only as far as this reaches.
        coverage: Vec<Coverage>,
    }
}

row! {
    /// Anything handed to a person or a department.
    Asset in expressions {
        keys {
            /// The id, unique among assets.
            #[serde(deserialize_with = "id::read")]
            id: String,
        }
        /// A kind that the policy declares.
        kind: String,
        /// The present state; `null` where the item is only about to be created.
        state: String,
        /// The serial number, as recorded.
        serial: String,
        /// The asset tag.
        tag: String,
        /// The number of a card, a key or a telephone line.
        number: String,
        /// The login of an account.
        login: String,
        /// The product of which a licence seat is one.
        #[serde(deserialize_with = "id::name_fact")]
        product: String,
        /// In whose name the record stands.
        owner: Party,
        /// The id of the person who has it at hand, where that is not the owner.
        #[serde(deserialize_with = "id::fact")]
        held_by: String,
        /// Whether a department shares it; then it has a steward and is not collected from a person.
        shared: bool,
        /// The id of the person who looks after a shared item.
        #[serde(deserialize_with = "id::fact")]
        steward: String,
        /// The day by which a loan is due back.
        due_back: Date,
        /// When it was last used.
        last_used: Time,
        /// Where it is.
        location: String,
        /// Attributes by name.
        attributes: Attributes,
        /// Checks that were made on it.
        evidence: Vec<Evidence>,
        /// Changes of state.
        history: Vec<Entry>,
        /// The imported state that stands in for a missing history.
        baseline: Baseline,
        /// Changes of owner, holder, location and identity.
        custody: Vec<Custody>,
        /// Other items that it belongs to or holds.
        relations: Vec<Relation>,
        /// When the record last changed.
        updated_at: Time,
        /// The version of the record, by which a caller commits.
        version: String,
    }
}

row! {
    /// A request or a process around assets.
    Ticket in expressions {
        keys {
            /// The id, unique among tickets.
            #[serde(deserialize_with = "id::read_ticket")]
            id: String,
        }
        /// A kind that the policy declares.
        kind: String,
        /// The present state; `null` where the ticket is only about to be created.
        state: String,
        /// The id of the person it is about.
        #[serde(deserialize_with = "id::fact")]
        subject: String,
        /// The id of the person who asked for it.
        #[serde(deserialize_with = "id::fact")]
        requester: String,
        /// The id of the person who works on it.
        #[serde(deserialize_with = "id::fact")]
        assignee: String,
        /// When it was opened.
        opened: Time,
        /// The day by which it is due.
        due: Date,
        /// Where what it issues goes.
        destination: String,
        /// The assets it is about.
        links: Vec<Link>,
        /// The work it consists of.
        tasks: Vec<Task>,
        /// Marks set on checklists.
        marks: Vec<Mark>,
        /// Approvals and refusals.
        approvals: Vec<Approval>,
        /// Receipts and returns that were signed.
        signatures: Vec<Signature>,
        /// The shipment by which things come back.
        return_shipment: ReturnShipment,
        /// Attributes by name.
        attributes: Attributes,
        /// Checks that were made on it.
        evidence: Vec<Evidence>,
        /// Changes of state.
        history: Vec<Entry>,
        /// The imported state that stands in for a missing history.
        baseline: Baseline,
        /// Other tickets that it has to do with.
        related: Vec<Related>,
        /// When the record last changed.
        updated_at: Time,
        /// The version of the record, by which a caller commits.
        version: String,
    }
}

row! {
    /// Somebody who asks, works, holds or leaves.
    Person in expressions {
        keys {
            /// The id, unique among people.
            #[serde(deserialize_with = "id::read")]
            id: String,
        }
        /// The name, for people to read.
        name: String,
        /// The role profile.
        profile: String,
        /// The department.
        department: String,
        /// The id of the manager.
        #[serde(deserialize_with = "id::fact")]
        manager: String,
        /// Where the person works.
        location: String,
        /// Whether the person works away from any office.
        remote: bool,
        /// Whether the person is expected, active, on leave or gone.
        status: PersonStatus,
        /// The first day of work.
        first_day: Date,
        /// The last day of work.
        last_day: Date,
        /// Roles that the person holds.
        roles: Vec<String>,
        /// Employments, one after the other.
        engagements: Vec<Engagement>,
        /// Ids of other records of the same human being.
        #[serde(deserialize_with = "id::facts")]
        same_as: Vec<String>,
        /// The offset in which the person's days begin, where it is not the policy's.
        utc_offset: Offset,
    }
}

row! {
    /// A recorded, approved, expiring deviation.
    Exception {
        keys {
            /// The id, unique among exceptions.
            #[serde(deserialize_with = "id::read")]
            id: String,
        }
        /// A kind that the policy declares.
        kind: String,
        /// The items that it covers, each by name.
        items: Vec<Item>,
        /// The requirements that it is meant for; `null`: all that its kind waives. Absent it waives nothing.
        requirements: Vec<String>,
        /// Why.
        reason: String,
        /// The id of the person who asked for it.
        #[serde(deserialize_with = "id::fact")]
        requested_by: String,
        /// When it was asked for.
        requested_at: Time,
        /// The department on whose account it goes.
        department: String,
        /// Approvals and refusals.
        approvals: Vec<Approval>,
        /// From when it is meant to hold.
        starts: Time,
        /// Until when; from then on it waives nothing.
        expires: Time,
        /// Reconciliation steps that were done.
        steps: Vec<ReconciliationStep>,
        /// When and by whom it was declared reconciled.
        reconciled: Reconciliation,
        /// The open ticket that takes over what is left to do.
        handed_to: Handover,
        /// The id of the exception that it renews.
        #[serde(deserialize_with = "id::fact")]
        renews: String,
    }
}

row! {
    /// The right to use a product.
    Licence {
        keys {
            /// The id, unique among licences.
            #[serde(deserialize_with = "id::read")]
            id: String,
        }
        /// The product.
        #[serde(deserialize_with = "id::name_fact")]
        product: String,
        /// How many seats were bought.
        seats: u32,
        /// How many seats the vendor or the register counts as taken.
        allocated: u32,
        /// What a seat is counted by.
        metric: Metric,
        /// What a seat costs a year, as decimal text.
        cost: String,
        /// The currency of the cost, by its ISO 4217 code.
        currency: String,
    }
}

row! {
    /// A decision as it was logged.
    LoggedDecision {
        keys {
            /// The item that it was about.
            item: Item,
        }
        /// The state that was asked for.
        to: String,
        /// The time of decision.
        at: Time,
        /// Whether the step was allowed.
        decision: Permission,
        /// The moment before which the allow held.
        valid_until: Time,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        by_exception: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        ready: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        permitted: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        findings: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        waivers: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        accountable: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        inform: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        next: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        written_off: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        record_version: Unread,
        /// As the answer has it; not read.
        #[serde(deserialize_with = "unread")]
        policy: Unread,
    }
}

/// What stands in an answer that was logged as it came, and is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent))]
pub struct Unread(#[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))] ());

fn unread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<Unread>, D::Error> {
    de::IgnoredAny::deserialize(deserializer).map(|_| Fact::Unknown)
}

words! {
    /// Yes or no to a step.
    Permission {
        /// The step may be taken, under an exception or without.
        Allow = "allow",
        /// The step may not be taken.
        Deny = "deny",
    }
}
