//! What stands within the records of the model: evidence, history, custody, links, tasks and so on.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::attribute::Attributes;
use super::fact::{Extent, Fact, Party};
use super::model::{row, words};
use crate::decision::Item;
use crate::id;
use crate::strict::by_keys;
use crate::time::{Date, Time};

row! {
    /// A claim that the facts hold everything of some extent.
    Coverage {
        keys {
            /// When the source was read.
            as_of: Time,
        }
        /// Where it was read from.
        source: String,
        /// Persons whose held items are all among the assets.
        persons: Extent,
        /// Classes of assets that this claim is about.
        classes: Extent,
        /// Tickets that are all among the tickets, by kind.
        tickets: Extent,
        /// Items (`asset:ID`, `ticket:ID`) whose exceptions are all among the exceptions.
        exceptions: Extent,
        /// Products whose licences and seats are all here.
        licences: Extent,
        /// Kinds of assets and tickets on which all decisions of a time are among the decisions: from `decisions_since` until `as_of`.
        decisions: Extent,
        /// From when on these are all here.
        decisions_since: Time,
    }
}

row! {
    /// The record that a check was made.
    Evidence in expressions {
        keys {
            /// The check, by the policy's name.
            check: String,
        }
        /// When it was made.
        at: Time,
        /// What came out.
        result: Outcome,
        /// The identity that was seen: the serial, tag, number or login read off the thing itself.
        seen: String,
        /// The id of who made it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// How it came into the record.
        means: Means,
        /// Whether software made it by itself.
        automation: bool,
        /// Where the proof lies.
        reference: String,
    }
}

words! {
    /// The result of a check.
    Outcome {
        /// It passed.
        Passed = "passed",
        /// It failed.
        Failed = "failed",
    }
}

words! {
    /// The grade of evidence: how it came into the record.
    Means {
        /// Read off the thing by a scanner in somebody's hand.
        Scanned = "scanned",
        /// Told by the thing itself through MDM or an agent.
        Reported = "reported",
        /// Typed in by somebody.
        Typed = "typed",
        /// Taken over from another record.
        Imported = "imported",
    }
}

row! {
    /// One change of state.
    Entry in expressions {
        keys {
            /// When it happened.
            at: Time,
            /// The state that was entered.
            to: String,
        }
        /// The state that was left; `null` for the creation.
        from: String,
        /// The id of who made it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// Whether software made it by itself.
        automation: bool,
        /// Why, where that needs saying.
        reason: String,
        /// The id of the second person of a correction.
        #[serde(deserialize_with = "id::fact")]
        second: String,
        /// The id of the ticket under which it was made.
        #[serde(deserialize_with = "id::fact")]
        ticket: String,
    }
}

row! {
    /// An imported state.
    Baseline in expressions {
        keys {
            /// The state at import.
            state: String,
        }
        /// Who vouches for it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// When it was imported.
        at: Time,
    }
}

row! {
    /// One change of owner, holder, location or identity.
    Custody where sides in expressions {
        keys {
            /// When it happened.
            at: Time,
            /// What changed.
            change: Change,
        }
        /// What it was before: for owners and holders `person:ID` or `department:ID`, or the bare id of a person.
        #[serde(deserialize_with = "id::name_fact")]
        from: String,
        /// What it was afterwards; `null`: none.
        #[serde(deserialize_with = "id::name_fact")]
        to: String,
        /// The id of who made it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// Why.
        reason: String,
        /// The id of the ticket under which it was made.
        #[serde(deserialize_with = "id::fact")]
        ticket: String,
    }
}

/// Tells what is wrong with the owners or holders that a custody entry names, for people. Whom nobody finds never had it, so that a slip
/// would prove a return.
fn sides(entry: &Custody) -> Result<(), String> {
    if !matches!(entry.change, Change::Owner | Change::HeldBy) {
        return Ok(());
    }
    let is_bare = |side: &str| !side.contains(':');
    [&entry.from, &entry.to]
        .into_iter()
        .filter_map(Fact::text)
        .filter(|side| !is_bare(side))
        .try_for_each(|side| Party::parse(side).map(drop))
}

words! {
    /// What a custody entry tells of.
    Change {
        /// The owner.
        Owner = "owner",
        /// The holder.
        HeldBy = "held-by",
        /// The location.
        Location = "location",
        /// The serial, tag, number or login by which its kind is identified.
        Identity = "identity",
    }
}

row! {
    /// A tie to another item.
    Relation in expressions {
        keys {
            /// What the tie is called.
            relation: String,
            /// The other item.
            item: Item,
        }
    }
}

row! {
    /// A ticket's tie to an asset. A bare id takes the default role of the ticket's kind.
    LinkRow in expressions {
        keys {
            /// The id of the asset.
            #[serde(deserialize_with = "id::read")]
            asset: String,
        }
        /// What the ticket does with it.
        role: LinkRole,
        /// The id of the asset that it takes the place of.
        #[serde(deserialize_with = "id::fact")]
        replaces: String,
        /// The owner that the ticket promises; absent: the ticket's subject where it is issued.
        owner: Party,
        /// The location that the ticket promises; absent: the ticket's destination.
        location: String,
        /// Who took the link away, and why; without all three it is still there.
        removed: Removal,
    }
}

/// A [`LinkRow`] that may be written as a bare id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Link(pub LinkRow);

words! {
    /// What a ticket does with a linked asset.
    LinkRole {
        /// It is handed out.
        Issue = "issue",
        /// It comes back.
        Collect = "collect",
        /// It stays with the subject.
        Keep = "keep",
        /// It is handed out for a time.
        Loan = "loan",
        /// It is repaired.
        Repair = "repair",
    }
}

row! {
    /// How a link was taken away.
    Removal in expressions {
        keys {}
        /// The id of who did it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// When.
        at: Time,
        /// Why.
        reason: String,
    }
}

row! {
    /// A piece of work of a ticket.
    Task in expressions {
        keys {
            /// The id, unique within the ticket.
            #[serde(deserialize_with = "id::read_task")]
            id: String,
        }
        /// The template of the policy that it came from.
        template: String,
        /// The item that it is about, where that is not the ticket.
        item: Item,
        /// The department that does it.
        department: String,
        /// Whether it is open, done or skipped.
        state: TaskState,
        /// The day by which it is due.
        due: Date,
        /// The id of who ended it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// When it was ended.
        at: Time,
        /// Why it was skipped.
        reason: String,
    }
}

words! {
    /// The state of a task or of a mark.
    TaskState {
        /// Still to do.
        Open = "open",
        /// Done.
        Done = "done",
        /// Left out on purpose.
        Skipped = "skipped",
    }
}

row! {
    /// A mark on a checklist.
    Mark in expressions {
        keys {
            /// The checklist.
            checklist: String,
            /// The entry on it.
            entry: String,
        }
        /// Whether it was done or skipped.
        state: TaskState,
        /// The id of who set it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// When.
        at: Time,
    }
}

row! {
    /// One person's yes or no.
    Approval in expressions {
        keys {}
        /// When it was given.
        at: Time,
        /// The id of who gave it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// Yes or no.
        verdict: ApprovalVerdict,
        /// What lay before the approver; where it differs from the record now, the approval has lapsed.
        covers: Covered,
        /// Whether software gave it; such approvals never count.
        automation: bool,
    }
}

words! {
    /// Yes or no.
    ApprovalVerdict {
        /// Yes.
        Approved = "approved",
        /// No.
        Refused = "refused",
    }
}

row! {
    /// What an approver saw.
    Covered in expressions {
        keys {}
        /// The subject of the ticket.
        #[serde(deserialize_with = "id::fact")]
        subject: String,
        /// Its destination.
        destination: String,
        /// The ids of its linked assets.
        #[serde(deserialize_with = "id::facts")]
        assets: Vec<String>,
        /// Attributes of the ticket.
        attributes: Attributes,
    }
}

row! {
    /// A receipt or a return that was signed.
    Signature in expressions {
        keys {
            /// What was signed.
            kind: SignatureKind,
            /// The id of the asset.
            #[serde(deserialize_with = "id::read")]
            asset: String,
        }
        /// The id of who signed.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// When.
        at: Time,
        /// The identity of the thing that was signed for.
        seen: String,
        /// Whether software signed; such signatures never count.
        automation: bool,
        /// Where the proof lies.
        reference: String,
    }
}

words! {
    /// What a signature confirms.
    SignatureKind {
        /// The signer received it.
        Receipt = "receipt",
        /// The signer gave it back.
        Return = "return",
    }
}

row! {
    /// A shipment by which things come back.
    ReturnShipment in expressions {
        keys {}
        /// When the label was sent.
        label_sent: Time,
        /// When the instructions were sent.
        instructions_sent: Time,
        /// The day by which it has to arrive.
        deadline: Date,
        /// When it arrived.
        received: Time,
    }
}

row! {
    /// A tie to another ticket.
    Related in expressions {
        keys {
            /// What the other ticket is to this one.
            relation: TicketRelation,
            /// The id of the other ticket.
            #[serde(deserialize_with = "id::read")]
            ticket: String,
        }
    }
}

words! {
    /// What another ticket is to a ticket.
    TicketRelation {
        /// The other one goes on in its place.
        DuplicateOf = "duplicate-of",
        /// The other one is the whole of which it is a part.
        PartOf = "part-of",
        /// The other one came before it.
        FollowUpOf = "follow-up-of",
        /// They have to do with each other.
        RefersTo = "refers-to",
    }
}

words! {
    /// Where a person stands.
    PersonStatus {
        /// Not there yet.
        Expected = "expected",
        /// At work.
        Active = "active",
        /// Employed and away.
        OnLeave = "on-leave",
        /// No longer there.
        Left = "left",
    }
}

row! {
    /// One employment of a person.
    Engagement in expressions {
        keys {}
        /// The employee number.
        number: String,
        /// The role profile.
        profile: String,
        /// The first day.
        first_day: Date,
        /// The last day.
        last_day: Date,
    }
}

row! {
    /// One step of a reconciliation.
    ReconciliationStep {
        keys {
            /// The step, by the policy's name.
            step: String,
        }
        /// The id of who did it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// When.
        at: Time,
        /// Where the proof lies.
        reference: String,
        /// Whether software did it; such steps never count.
        automation: bool,
    }
}

row! {
    /// The end of an exception.
    Reconciliation {
        keys {}
        /// When.
        at: Time,
        /// The id of who declared it.
        #[serde(deserialize_with = "id::fact")]
        by: String,
        /// In which role.
        role: String,
        /// Whether software declared it; then it does not count.
        automation: bool,
    }
}

row! {
    /// An exception's hand-over to a ticket.
    Handover {
        keys {}
        /// The id of the ticket.
        #[serde(deserialize_with = "id::fact")]
        ticket: String,
        /// The id of the person who owns what is left.
        #[serde(deserialize_with = "id::fact")]
        owner: String,
        /// The day by which it will be done.
        due: Date,
    }
}

words! {
    /// What a licence seat is counted by.
    Metric {
        /// A person.
        User = "user",
        /// A device.
        Device = "device",
        /// Uses at the same time.
        Concurrent = "concurrent",
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Link;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of an asset, or an object with `asset`")
            }
            fn visit_str<E: de::Error>(self, id: &str) -> Result<Link, E> {
                Ok(Link(LinkRow {
                    asset: id::of(id).map_err(E::custom)?,
                    role: Fact::Unknown,
                    replaces: Fact::Unknown,
                    owner: Fact::Unknown,
                    location: Fact::Unknown,
                    removed: Fact::Unknown,
                }))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Link, A::Error> {
                LinkRow::deserialize(de::value::MapAccessDeserializer::new(map)).map(Link)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{Link, LinkRow};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl JsonSchema for Link {
        fn schema_name() -> Cow<'static, str> {
            "Link".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let row = generator.subschema_for::<LinkRow>();
            json_schema!({"anyOf": [{"type": "string"}, row]})
        }
    }
}
