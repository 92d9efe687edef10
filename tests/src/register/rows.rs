//! The rows of a register as they are written: those of `docs/facts.md`, with the keys that registers have.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use handoff_core::Date;
use serde::{Serialize, Serializer};

/// The time of the register. It is a Monday, so that stays in working days end after a weekend.
pub const AT: &str = "2026-06-01T09:00:00+02:00";

/// A text that is often a constant.
pub type Text = Cow<'static, str>;

const MINUTES_OF_DAY: i64 = 24 * 60;
const MINUTES_OF_AT: i64 = 9 * 60;
/// How far back, and ahead, days are kept.
const PAST: i64 = 6_000;
const AHEAD: i64 = 1_000;

/// The days around the time of the register: writing one out costs more than the rest of a row.
static DAYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let today = Date::parse(AT.split('T').next().unwrap_or_default()).unwrap();
    (-PAST..AHEAD).map(|days| today.plus_days(days).to_string()).collect()
});

fn day(after: i64) -> &'static str {
    &DAYS[usize::try_from(after + PAST).unwrap()]
}

/// A moment, as so many minutes before the time of the register; one below zero lies ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// So many days before the time of the register.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days * MINUTES_OF_DAY)
    }

    /// So many minutes later.
    #[must_use]
    pub const fn later(self, minutes: i64) -> Self {
        Self(self.0 - minutes)
    }

    /// The day on which it falls.
    #[must_use]
    pub const fn day(self) -> Day {
        Day((MINUTES_OF_AT - self.0).div_euclid(MINUTES_OF_DAY))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let minutes = (MINUTES_OF_AT - self.0).rem_euclid(MINUTES_OF_DAY);
        serializer.collect_str(&format_args!("{}T{:02}:{:02}:00+02:00", day(self.day().0), minutes / 60, minutes % 60))
    }
}

/// A day, as so many days after that of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(day(self.0))
    }
}

/// A line of the register.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'r> {
    /// The time of the register.
    At(&'r str),
    /// The log of decisions, before its first: that there is one is known, though nothing may stand in it.
    Decisions([LoggedDecision; 0]),
    /// What it holds completely.
    Coverage(&'r Coverage),
    /// A person.
    Person(&'r Person),
    /// A licence.
    Licence(&'r Licence),
    /// An exception.
    Exception(&'r Exception),
    /// A decision.
    Decision(&'r LoggedDecision),
    /// An asset by itself.
    Asset(&'r Asset),
    /// A ticket by itself.
    Ticket(&'r Ticket),
    /// A ticket with all that it is about.
    #[serde(untagged)]
    Case(&'r Case),
}

/// Declares a row: a key that is not there is left out, unless it says otherwise.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Serialize)]
        #[allow(missing_docs, reason = "docs/facts.md tells them")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    };
}

row! {
    /// A claim of completeness.
    Coverage {
        as_of: Moment,
        source: Text,
        persons: Text,
        classes: Text,
        tickets: Text,
        exceptions: Text,
        licences: Text,
        decisions: Vec<Text>,
        decisions_since: Moment,
    }
}

row! {
    /// A decision that was logged.
    LoggedDecision {
        item: String,
        to: Text,
        at: Moment,
        decision: Text,
        valid_until: Option<Moment>,
    }
}

row! {
    /// A person; days that there are none of are written as such.
    Person {
        id: String,
        name: String,
        profile: Text,
        department: Text,
        manager: String,
        location: Text,
        remote: bool,
        status: Text,
        first_day: Day,
        last_day: Option<Day>,
        roles: Vec<Text>,
        same_as: Vec<String>,
    }
}

row! {
    /// A licence.
    Licence {
        id: String,
        product: Text,
        seats: u64,
        allocated: u64,
        metric: Text,
        cost: Text,
        currency: Text,
    }
}

row! {
    /// An exception.
    Exception {
        id: String,
        kind: Text,
        items: Vec<String>,
        requirements: Option<Vec<Text>>,
        reason: Text,
        requested_by: String,
        requested_at: Moment,
        department: Text,
        approvals: Vec<Approval>,
        starts: Moment,
        expires: Moment,
        steps: Vec<ReconciliationStep>,
        reconciled: Option<Reconciliation>,
    }
}

row! {
    /// A step of a reconciliation.
    ReconciliationStep {
        step: Text,
        by: String,
        at: Moment,
        reference: String,
    }
}

row! {
    /// A reconciliation.
    Reconciliation {
        at: Moment,
        by: String,
        role: Text,
    }
}

row! {
    /// An approval.
    Approval {
        at: Moment,
        by: String,
        role: Text,
        verdict: Text,
        #[serde(skip_serializing_if = "Option::is_none")]
        covers: Option<Covered>,
    }
}

row! {
    /// What an approver saw.
    Covered {
        subject: String,
    }
}

row! {
    /// An asset; that nobody owns it is written.
    Asset {
        id: String,
        kind: Text,
        state: Text,
        #[serde(skip_serializing_if = "Option::is_none")]
        serial: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        product: Option<Text>,
        owner: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        held_by: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        shared: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        steward: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        due_back: Option<Day>,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_used: Option<Moment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<Text>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<&'static str, Attribute>,
        evidence: Vec<Evidence>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        history: Vec<Entry>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        custody: Vec<Custody>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        relations: Vec<Relation>,
        #[serde(skip_serializing_if = "Option::is_none")]
        updated_at: Option<Moment>,
        version: String,
    }
}

/// The value of an attribute, bare or with where it came from.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Attribute {
    Bool(bool),
    Number(i64),
    Text(Text),
    Time(Moment),
    Reported { value: bool, source: Text, observed_at: Moment },
}

row! {
    /// The record of a check.
    Evidence {
        check: Text,
        at: Moment,
        result: Text,
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
        by: String,
        role: Text,
        means: Text,
    }
}

row! {
    /// A change of state.
    Entry {
        at: Moment,
        from: Option<Text>,
        to: Text,
        by: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        second: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
    }
}

row! {
    /// A change of hands.
    Custody {
        at: Moment,
        change: Text,
        from: Option<String>,
        to: Option<String>,
        by: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
    }
}

row! {
    /// A tie to another item.
    Relation {
        relation: Text,
        item: String,
    }
}

row! {
    /// A ticket.
    Ticket {
        id: String,
        kind: Text,
        state: Text,
        subject: Option<String>,
        requester: String,
        assignee: String,
        opened: Moment,
        due: Day,
        destination: Text,
        links: Vec<Link>,
        tasks: Vec<Task>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
        approvals: Vec<Approval>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        signatures: Vec<Signature>,
        #[serde(skip_serializing_if = "Option::is_none")]
        return_shipment: Option<ReturnShipment>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<&'static str, Attribute>,
        evidence: Vec<Evidence>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        history: Vec<Entry>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        related: Vec<Related>,
        updated_at: Moment,
        version: String,
    }
}

row! {
    /// A tie to another ticket.
    Related {
        relation: Text,
        ticket: String,
    }
}

row! {
    /// A link.
    Link {
        asset: String,
        role: Text,
    }
}

row! {
    /// A task.
    Task {
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        template: Option<Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        item: Option<String>,
        department: Text,
        state: Text,
        due: Day,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Moment>,
    }
}

row! {
    /// A mark on a checklist.
    Mark {
        checklist: Text,
        entry: Text,
        state: Text,
        by: String,
        role: Text,
        at: Moment,
    }
}

row! {
    /// A signature.
    Signature {
        kind: Text,
        asset: String,
        by: String,
        at: Moment,
        seen: String,
    }
}

row! {
    /// A shipment by which things come back.
    ReturnShipment {
        label_sent: Moment,
        instructions_sent: Moment,
        deadline: Day,
        received: Moment,
    }
}

row! {
    /// A ticket with all that it is about.
    Case {
        tickets: Vec<Ticket>,
        assets: Vec<Asset>,
        people: Vec<Person>,
        exceptions: Vec<Exception>,
        coverage: Vec<Coverage>,
    }
}
