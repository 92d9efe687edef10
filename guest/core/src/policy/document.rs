//! The policy document as authors write it: what `docs/policy.md` describes, before any name in it is looked up.
//!
//! Every named entry is read by itself, so that all problems of a document are told at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::due::Due;
use crate::decision::Severity;
use crate::facts::LinkRole;
use crate::facts::model::words;
use crate::plan::Direction;
use crate::strict::by_keys;
use crate::time::{Date, Duration, Offset, Time, Weekday};

/// Declares an entry of the document: unknown keys are refused, and all keys but those in `keys` may be left out.
macro_rules! entry {
    ($(#[$meta:meta])* $name:ident { keys { $($(#[$key_meta:meta])* $key:ident: $key_type:ty,)* } $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
        pub struct $name {
            $($(#[$key_meta])* pub $key: $key_type,)*
            $($(#[$field_meta])* #[serde(default)] pub $field: $type,)*
        }
        by_keys!($name, written);
    };
}

/// The format of policy documents that this version reads.
pub const FORMAT: u32 = 1;

entry! {
    /// The head of a policy document; the sections beside it are read entry by entry.
    Head {
        keys {
            /// The format version: 1.
            format: u32,
            /// The policy's name.
            name: String,
            /// The policy's version, as text.
            version: String,
        }
        /// What the policy is for, in a sentence.
        title: Option<String>,
        /// How times and days are read.
        calendar: Calendar,
        /// How long things hold.
        limits: Limits,
        /// How serials are compared.
        serials: Serials,
        /// How people's coming, moving and going is planned.
        plans: Plans,
        /// What an audit of the whole register looks for.
        register: Register,
    }
}

entry! {
    /// What an audit of the whole register looks for; what is left out it does not look for.
    #[derive(Default)]
    Register {
        keys {}
        /// How long a record may go without a change or a sighting.
        stale_after: Option<Duration>,
        /// How long a person's seat may go unused.
        idle_after: Option<Duration>,
        /// For how long a review of a procedure holds.
        sop_review: Option<Duration>,
        /// For how long after its closing a ticket's gate is judged again.
        closed_for: Option<Duration>,
        /// Relations that assets of a kind have to have, by kind.
        relations: BTreeMap<String, Vec<String>>,
        /// When exceptions are a pattern.
        recurring: Option<Recurring>,
    }
}

entry! {
    /// When exceptions of a kind in a department are a pattern.
    Recurring {
        keys {
            /// From how many on …
            count: u32,
            /// … within this time.
            within: Duration,
        }
    }
}

entry! {
    /// How people's coming, moving and going is planned; a direction without rules is not planned.
    #[derive(Default)]
    Plans {
        keys {}
        /// Somebody comes.
        joiner: Option<PlanRules>,
        /// Somebody changes job or place.
        mover: Option<PlanRules>,
        /// Somebody goes.
        leaver: Option<PlanRules>,
    }
}

impl Plans {
    /// The rules of a direction.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&PlanRules> {
        match direction {
            Direction::Joiner => self.joiner.as_ref(),
            Direction::Mover => self.mover.as_ref(),
            Direction::Leaver => self.leaver.as_ref(),
        }
    }
}

impl Calendar {
    /// The moment after a stay that begins now.
    pub(crate) fn after(&self, at: Time, stay: Stay) -> Time {
        const WEEK: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let working: &[Weekday] = if self.working_days.is_empty() { &WEEK } else { &self.working_days };
        match stay {
            Stay::Elapsed(duration) => at.plus(duration),
            Stay::WorkingDays { working_days } => {
                let mut day = Date::of(at, self.utc_offset);
                let into = at.since(day.start(self.utc_offset));
                let mut left = working_days;
                while left > 0 && day.next() != day {
                    day = day.next();
                    left -= u32::from(working.contains(&day.weekday()));
                }
                day.start(self.utc_offset).plus(into)
            }
        }
    }
}

entry! {
    /// How one direction is planned.
    PlanRules {
        keys {
            /// The kind of ticket that it is done under. Its task templates make the plan.
            ticket: String,
        }
        /// How long before the day the ticket has to be opened.
        lead_time: Option<Duration>,
        /// When what gives access is to be taken from somebody.
        access: Option<AccessWindow>,
    }
}

entry! {
    /// When what gives access is to be taken from somebody.
    AccessWindow {
        keys {
            /// The classes that give access.
            classes: Vec<String>,
            /// The first day on which it is taken.
            from: Due,
            /// The last day.
            until: Due,
        }
    }
}

entry! {
    /// What people of a role profile need.
    Profile {
        keys {
            /// What it is called.
            title: String,
            /// What they need, by name.
            items: BTreeMap<String, ProfileItem>,
        }
    }
}

entry! {
    /// One thing that people of a profile need.
    ProfileItem {
        keys {
            /// Kinds, any of which will do; the first is procured where nothing is there.
            kinds: Vec<String>,
        }
        /// What it is called.
        title: Option<String>,
        /// How many; 1 where nothing is said.
        count: Option<u32>,
        /// The product of which it is a seat.
        product: Option<String>,
        /// A CEL expression: it is needed unless this is false.
        when: Option<String>,
    }
}

entry! {
    /// How times and days are read.
    #[derive(Default)]
    Calendar {
        keys {}
        /// The offset in which days begin, where a person has none of their own.
        utc_offset: Offset,
        /// The days that count for a longest stay in working days; Monday to Friday where none are listed.
        working_days: Vec<Weekday>,
        /// How far the clocks of the sources may run ahead of the time of decision.
        clock_skew: Duration,
    }
}

entry! {
    /// How long things hold.
    #[derive(Default)]
    Limits {
        keys {}
        /// How long an allow holds at most: 15 minutes where nothing is said.
        allow: Option<Duration>,
        /// How old a claim of coverage may be: one day where nothing is said.
        coverage: Option<Duration>,
        /// Until which day an imported baseline stands in for a missing history; never where nothing is said.
        baseline_until: Option<Date>,
    }
}

entry! {
    /// How serials are compared.
    #[derive(Default)]
    Serials {
        keys {}
        /// Letters that barcodes put before a serial, such as `S`: cut from what was seen, where that makes it equal to what is recorded.
        prefixes: Vec<String>,
        /// Texts that stand where a serial should be, beside the built-in ones.
        placeholders: Vec<String>,
    }
}

entry! {
    /// A role.
    Role {
        keys {
            /// What it is called.
            title: String,
        }
        /// The department it belongs to.
        department: Option<String>,
        /// A role that somebody holds by what they are to the subject, and not by being given it.
        relation: Option<RoleRelation>,
    }
}

words! {
    /// What somebody has to be to the subject of a ticket to hold a role.
    RoleRelation {
        /// The subject's manager, by the subject's record.
        Manager = "manager",
    }
}

entry! {
    /// A department.
    Department {
        keys {
            /// What it is called.
            title: String,
        }
    }
}

entry! {
    /// A class of assets.
    Class {
        keys {
            /// What it is called.
            title: String,
        }
    }
}

entry! {
    /// A kind of asset.
    Kind {
        keys {
            /// What it is called.
            title: String,
            /// The class it belongs to.
            class: String,
            /// What tells one from the other; evidence binds to it.
            identified_by: Identity,
        }
    }
}

words! {
    /// What tells one asset of a kind from another.
    Identity {
        /// The serial number.
        Serial = "serial",
        /// The asset tag.
        Tag = "tag",
        /// The number.
        Number = "number",
        /// The login.
        Login = "login",
        /// Nothing.
        None = "none",
    }
}

entry! {
    /// A kind of ticket.
    TicketKind {
        keys {
            /// What it is called.
            title: String,
        }
        /// What a link without a role means; without it such a link is a finding.
        link_role: Option<LinkRole>,
        /// The roles that its links may have; any where none is named.
        link_roles: Vec<LinkRole>,
        /// Whether closing is about everything in the subject's name, linked or not.
        whole_subject: bool,
    }
}

entry! {
    /// A check of which evidence is kept.
    Check {
        keys {
            /// What it is called.
            title: String,
        }
        /// Whether passing it proves that the thing was given back.
        proves_return: bool,
    }
}

entry! {
    /// An attribute of assets or tickets.
    AttributeDeclaration {
        keys {
            /// What it is called.
            title: String,
            /// What its values are.
            r#type: AttributeType,
        }
    }
}

words! {
    /// What the values of an attribute are.
    AttributeType {
        /// Text.
        Text = "text",
        /// Number.
        Number = "number",
        /// True or false.
        Boolean = "boolean",
        /// RFC 3339 text with an offset.
        Time = "time",
        /// Text of numbers with dots, such as `14.10.2`.
        Version = "version",
    }
}

entry! {
    /// A standard operating procedure.
    Sop {
        keys {
            /// What it is called.
            title: String,
            /// The role that keeps it up to date.
            owner: String,
            /// When it was last reviewed.
            reviewed_at: Date,
            /// What is to be done, step by step.
            steps: Vec<String>,
        }
        /// Where the whole of it is found.
        link: Option<String>,
    }
}

/// A reference to a procedure, `SOP-3`, or to a step of it, `SOP-3#2`; or several with conditions, of which the first that applies counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SopChoice(pub Vec<ConditionalSop>);

entry! {
    /// A procedure for a case.
    ConditionalSop {
        keys {
            /// The procedure, or a step of it.
            sop: String,
        }
        /// The case, as a CEL expression; without one it always applies.
        when: Option<String>,
    }
}

impl<'de> Deserialize<'de> for SopChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = SopChoice;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a procedure, or a list of `sop` with `when`")
            }
            fn visit_str<E: de::Error>(self, sop: &str) -> Result<SopChoice, E> {
                Ok(SopChoice(vec![ConditionalSop { sop: sop.to_owned(), when: None }]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<SopChoice, A::Error> {
                Deserialize::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(SopChoice)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

entry! {
    /// What every requirement may say, whatever its form.
    #[derive(Default)]
    Terms {
        keys {}
        /// What it is called, in a few words.
        title: Option<String>,
        /// The reason told where it is not met; each form has one of its own.
        message: Option<String>,
        /// How to put it right; each form has one of its own.
        remedy: Option<String>,
        /// What it does where it is not met.
        severity: Severity,
        /// Whether an exception can waive it: yes, where nothing is said.
        waivable: Option<bool>,
        /// The day from which it blocks; before, it only warns.
        enforced_from: Option<Date>,
        /// The procedure that tells how.
        sop: SopChoice,
        /// Roles that can put it right; without any, those of the transition.
        responsible: Vec<String>,
        /// A CEL expression: the requirement applies unless this is false.
        when: Option<String>,
        /// Whether it is judged again at every later forward gate.
        keeps: bool,
    }
}

entry! {
    /// A checklist.
    Checklist {
        keys {
            /// What it is called.
            title: String,
            /// Its entries.
            entries: BTreeMap<String, ChecklistEntry>,
        }
    }
}

entry! {
    /// One entry of a checklist.
    ChecklistEntry {
        keys {
            /// What is to be checked.
            title: String,
            /// The department whose mark counts.
            department: String,
        }
        /// Whether a skipped mark counts.
        may_skip: bool,
    }
}

entry! {
    /// A kind of exception.
    ExceptionKind {
        keys {
            /// What it is called.
            title: String,
            /// The requirements that it may waive.
            waives: Vec<String>,
            /// Who has to approve; every entry has to be met.
            approvals: Vec<ExceptionApproval>,
            /// How long one may last, its renewals included.
            longest: Duration,
            /// What has to be done afterwards.
            reconcile: Reconcile,
        }
        /// Whether it also counts in a closing gate.
        at_closure: bool,
    }
}

entry! {
    /// Who has to approve an exception.
    ExceptionApproval {
        keys {
            /// Any of these roles.
            roles: Vec<String>,
        }
        /// How many people; 1 where nothing is said.
        count: Option<u32>,
        /// A CEL expression: it is asked for unless this is false.
        when: Option<String>,
    }
}

entry! {
    /// What ends an exception.
    Reconcile {
        keys {
            /// The steps, each with what it says.
            steps: BTreeMap<String, String>,
            /// The roles that may declare it reconciled.
            roles: Vec<String>,
        }
    }
}

entry! {
    /// Work that tickets of some kinds consist of. It makes the set of tasks that a ticket has to have.
    TaskTemplate {
        keys {
            /// What is to be done.
            title: String,
            /// The kinds of tickets.
            tickets: Vec<String>,
            /// The department that does it.
            department: String,
            /// The roles that may end it.
            responsible: Vec<String>,
            /// The role that answers for it.
            accountable: String,
        }
        /// One task for each linked asset of these roles, kinds and classes; without it, one for the ticket.
        each: Option<Selection>,
        /// What has to be met before it counts as done, judged on the linked asset or on the ticket.
        requirements: Vec<Use>,
        /// Whether a skipped one counts.
        may_skip: bool,
        /// The procedure.
        sop: SopChoice,
        /// A CEL expression: the task is expected unless this is false.
        when: Option<String>,
        /// The day by which a plan wants it done.
        due: Option<Due>,
        /// Templates whose tasks come before it, for the same asset where they are for each.
        after: Vec<String>,
    }
}

entry! {
    /// A choice of linked assets: those that fit all of what is said.
    #[derive(Default)]
    Selection {
        keys {}
        /// Instead of linked assets those that a department shares and the subject looks after or uses.
        shared: bool,
        /// Any of these link roles.
        roles: Vec<LinkRole>,
        /// Any of these kinds.
        kinds: Vec<String>,
        /// Any of these classes.
        classes: Vec<String>,
    }
}

/// The use of a requirement: by name, or written out on the spot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Use {
    /// By name.
    Name(String),
    /// On the spot; it has no name, so no exception can waive it.
    Inline(BTreeMap<String, Value>),
}

impl<'de> Deserialize<'de> for Use {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Use;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a requirement, or a requirement")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Use, E> {
                Ok(Use::Name(name.to_owned()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Use, A::Error> {
                Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(Use::Inline)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

entry! {
    /// A workflow; its states and transitions are read one by one.
    WorkflowHead {
        keys {
            /// What it is called.
            title: String,
        }
        /// The kinds of assets that it is for; or else
        assets: Vec<String>,
        /// the kinds of tickets.
        tickets: Vec<String>,
        /// The closing state that is meant where none is named.
        closes_in: Option<String>,
        /// Whether every state has to have a gate; one without is then never entered.
        gates_required: bool,
        /// States that no path may go round.
        must_pass: Vec<MustPass>,
    }
}

entry! {
    /// A state that no path may go round.
    MustPass {
        keys {
            /// On every path to this state …
            before: String,
            /// … lies this one,
            pass: String,
        }
        /// counted from this one; without it, from the beginning.
        since: Option<String>,
    }
}

entry! {
    /// A state.
    #[derive(Default)]
    State {
        keys {}
        /// What it is called.
        title: Option<String>,
        /// Where an asset in this state stands; every state of an asset says it.
        category: Option<Category>,
        /// How a ticket in this state ended; a state without it is open.
        closing: Option<Closing>,
        /// What has to be met to enter it, whichever transition leads there.
        gate: Vec<Use>,
        /// How long an item may stay.
        longest_stay: Option<Stay>,
        /// How long an item usually stays, for plans; where nothing is said it is not counted.
        usual_stay: Option<Stay>,
        /// The role to tell when it stays longer.
        escalate_to: Option<String>,
        /// The procedure.
        sop: SopChoice,
        /// Whether entering it stops a risk: then paperwork does not hold it up.
        protective: bool,
        /// The state to which the main way goes on; needed where several ways lead out.
        main: Option<String>,
        /// Names that this state had in earlier versions of the policy.
        renamed_from: Vec<String>,
        /// Kinds to which an item may change from here.
        exits: Vec<String>,
    }
}

words! {
    /// Where an asset stands.
    Category {
        /// Not yet here.
        Pending = "pending",
        /// In the organisation's hands.
        Stock = "stock",
        /// In a person's hands.
        Held = "held",
        /// On the way back.
        Returning = "returning",
        /// No longer there: retired, written off, disabled, revoked.
        Gone = "gone",
    }
}

words! {
    /// How a ticket ended.
    Closing {
        /// What it was for was done.
        Fulfilled = "fulfilled",
        /// It was given up: nothing issued under it may be out.
        Cancelled = "cancelled",
        /// Another ticket goes on in its place: an open one that holds all links.
        Duplicate = "duplicate",
    }
}

/// How long an item may stay: a duration, or a count of working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Stay {
    /// Around the clock.
    Elapsed(Duration),
    /// In working days of the policy's calendar.
    WorkingDays {
        /// How many.
        working_days: u32,
    },
}

impl<'de> Deserialize<'de> for Stay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Days {
            working_days: u32,
        }
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Stay;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as `P2D`, or `working_days`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Stay, E> {
                Duration::parse(text).map(Stay::Elapsed).map_err(E::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Stay, A::Error> {
                let days = Days::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Stay::WorkingDays { working_days: days.working_days })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

entry! {
    /// A transition. Its key is `FROM -> TO`, `-> TO` for a creation, or `A, B -> TO` for several at once.
    Transition {
        keys {
            /// Roles that act; one at least.
            responsible: Vec<String>,
            /// The one role that answers for it.
            accountable: String,
        }
        /// What it is called.
        title: Option<String>,
        /// Roles that are asked before.
        consulted: Vec<String>,
        /// Roles that are told afterwards.
        informed: Vec<String>,
        /// What has to be met beside the gate.
        requirements: Vec<Use>,
        /// Whether software may act here, on somebody's behalf.
        automation: bool,
        /// Whether the subject may act here.
        self_service: bool,
        /// Whether this undoes an honest mistake: what was checked since is lost.
        correction: bool,
        /// Whether the thing may get another identity on this way, as by a repair.
        changes_identity: bool,
        /// The roles in which a ticket has to link the asset for its approvals, owner and signatures to count; any where none is said.
        link_roles: Vec<LinkRole>,
        /// The procedure.
        sop: SopChoice,
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{ConditionalSop, SopChoice, Stay, Use};
    use crate::time::Duration;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl JsonSchema for SopChoice {
        fn schema_name() -> Cow<'static, str> {
            "SopChoice".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let choice = generator.subschema_for::<ConditionalSop>();
            json_schema!({"oneOf": [{"type": "string"}, {"type": "array", "items": choice}]})
        }
    }

    impl JsonSchema for Stay {
        fn schema_name() -> Cow<'static, str> {
            "Stay".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let elapsed = generator.subschema_for::<Duration>();
            let days = json_schema!({"type": "integer", "minimum": 0});
            json_schema!({"oneOf": [elapsed, {"type": "object", "properties": {"working_days": days}, "required": ["working_days"], "additionalProperties": false}]})
        }
    }

    impl JsonSchema for Use {
        fn schema_name() -> Cow<'static, str> {
            "Use".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Requirement"}]})
        }
    }
}
