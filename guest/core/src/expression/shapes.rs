//! What an expression may read: every root variable with its fields, so that a mistyped name is refused at load.
//!
//! The tables follow the model of the facts; a test holds both together.

use Shape::{Attributes, Day, Each, Flag, Id, Item, Name, Owner, Rows, Text, Time, Word};

use crate::policy::names::Named;

/// What stands in a fact. Anything may also be null, which is "known to be none".
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// True or false.
    Flag,
    /// A text.
    Text,
    /// The id of a record.
    Id,
    /// A person or a department, with the word for which of the two in front.
    Owner,
    /// An item, with the word for what it is in front.
    Item,
    /// One of a closed set of texts.
    Word(&'static [&'static str]),
    /// A name that the policy declares.
    Name(Named),
    /// A time, read as `Time::sortable` writes it.
    Time,
    /// A day such as `2026-01-05`.
    Day,
    /// A list of values.
    Each(&'static Shape),
    /// Attributes by name, read as plain values; the policy declares which there are.
    Attributes,
    /// One record.
    Record(&'static Record),
    /// A list of records.
    Rows(&'static Record),
}

/// A record and its fields.
#[derive(Debug)]
pub(super) struct Record {
    /// What messages call it.
    pub(super) name: &'static str,
    /// Its fields by name.
    pub(super) fields: &'static [(&'static str, Shape)],
}

impl Record {
    /// What stands in a field, none where there is no such field.
    pub(super) fn field(&self, name: &str) -> Option<Shape> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, shape)| *shape)
    }
}

/// What stands in a root variable, none where there is no such variable.
pub(super) fn root(name: &str) -> Option<Shape> {
    ROOTS.iter().find(|(root, _)| *root == name).map(|(_, shape)| *shape)
}

/// The variables that an expression starts from.
pub(super) const ROOTS: &[(&str, Shape)] = &[
    ("asset", Shape::Record(&ASSET)),
    ("at", Time),
    ("link", Shape::Record(&LINK)),
    ("subject", Shape::Record(&PERSON)),
    ("ticket", Shape::Record(&TICKET)),
    ("today", Day),
];

const ITEM_STATE: Shape = Word(&["open", "done", "skipped"]);

pub(super) static ASSET: Record = Record {
    name: "an asset",
    fields: &[
        ("id", Id),
        ("kind", Name(Named::Kind)),
        ("state", Name(Named::AssetState)),
        ("serial", Text),
        ("tag", Text),
        ("number", Text),
        ("login", Text),
        ("product", Text),
        ("owner", Owner),
        ("held_by", Id),
        ("shared", Flag),
        ("steward", Id),
        ("due_back", Day),
        ("last_used", Time),
        ("location", Text),
        ("attributes", Attributes),
        ("evidence", Rows(&EVIDENCE)),
        ("history", Rows(&ASSET_ENTRY)),
        ("baseline", Shape::Record(&ASSET_BASELINE)),
        ("custody", Rows(&CUSTODY)),
        ("relations", Rows(&RELATION)),
        ("updated_at", Time),
        ("version", Text),
    ],
};

pub(super) static TICKET: Record = Record {
    name: "a ticket",
    fields: &[
        ("id", Id),
        ("kind", Name(Named::TicketKind)),
        ("state", Name(Named::TicketState)),
        ("subject", Id),
        ("requester", Id),
        ("assignee", Id),
        ("opened", Time),
        ("due", Day),
        ("destination", Text),
        ("links", Rows(&LINK)),
        ("tasks", Rows(&TASK)),
        ("marks", Rows(&MARK)),
        ("approvals", Rows(&APPROVAL)),
        ("signatures", Rows(&SIGNATURE)),
        ("return_shipment", Shape::Record(&RETURN_SHIPMENT)),
        ("attributes", Attributes),
        ("evidence", Rows(&EVIDENCE)),
        ("history", Rows(&TICKET_ENTRY)),
        ("baseline", Shape::Record(&TICKET_BASELINE)),
        ("related", Rows(&RELATED)),
        ("updated_at", Time),
        ("version", Text),
    ],
};

pub(super) static PERSON: Record = Record {
    name: "a person",
    fields: &[
        ("id", Id),
        ("name", Text),
        ("profile", Name(Named::Profile)),
        ("department", Name(Named::Department)),
        ("manager", Id),
        ("location", Text),
        ("remote", Flag),
        ("status", Word(&["expected", "active", "on-leave", "left"])),
        ("first_day", Day),
        ("last_day", Day),
        ("roles", Each(&Name(Named::Role))),
        ("engagements", Rows(&ENGAGEMENT)),
        ("same_as", Each(&Id)),
        ("utc_offset", Text),
    ],
};

pub(super) static EVIDENCE: Record = Record {
    name: "a piece of evidence",
    fields: &[
        ("check", Name(Named::Check)),
        ("at", Time),
        ("result", Word(&["passed", "failed"])),
        ("seen", Text),
        ("by", Id),
        ("role", Name(Named::Role)),
        ("means", Word(&["scanned", "reported", "typed", "imported"])),
        ("automation", Flag),
        ("reference", Text),
    ],
};

/// The records that name states, for items of one sort.
macro_rules! of_states {
    ($entry:ident, $baseline:ident, $state:expr) => {
        pub(super) static $entry: Record = Record {
            name: "a history entry",
            fields: &[
                ("at", Time),
                ("to", Name($state)),
                ("from", Name($state)),
                ("by", Id),
                ("role", Name(Named::Role)),
                ("automation", Flag),
                ("reason", Text),
                ("second", Id),
                ("ticket", Id),
            ],
        };
        pub(super) static $baseline: Record = Record { name: "a baseline", fields: &[("state", Name($state)), ("by", Id), ("at", Time)] };
    };
}
of_states!(ASSET_ENTRY, ASSET_BASELINE, Named::AssetState);
of_states!(TICKET_ENTRY, TICKET_BASELINE, Named::TicketState);

pub(super) static CUSTODY: Record = Record {
    name: "a custody entry",
    fields: &[
        ("at", Time),
        ("change", Word(&["owner", "held-by", "location", "identity"])),
        ("from", Text),
        ("to", Text),
        ("by", Id),
        ("reason", Text),
        ("ticket", Id),
    ],
};

pub(super) static RELATION: Record = Record { name: "a relation", fields: &[("relation", Text), ("item", Item)] };

pub(super) static LINK: Record = Record {
    name: "a link",
    fields: &[
        ("asset", Id),
        ("role", Word(&["issue", "collect", "keep", "loan", "repair"])),
        ("replaces", Id),
        ("owner", Owner),
        ("location", Text),
        ("removed", Shape::Record(&REMOVAL)),
    ],
};

pub(super) static REMOVAL: Record = Record { name: "a removal", fields: &[("by", Id), ("at", Time), ("reason", Text)] };

pub(super) static TASK: Record = Record {
    name: "a task",
    fields: &[
        ("id", Id),
        ("template", Name(Named::TaskTemplate)),
        ("item", Item),
        ("department", Name(Named::Department)),
        ("state", ITEM_STATE),
        ("due", Day),
        ("by", Id),
        ("role", Name(Named::Role)),
        ("at", Time),
        ("reason", Text),
    ],
};

pub(super) static MARK: Record = Record {
    name: "a mark",
    fields: &[
        ("checklist", Name(Named::Checklist)),
        ("entry", Name(Named::ChecklistEntry)),
        ("state", ITEM_STATE),
        ("by", Id),
        ("role", Name(Named::Role)),
        ("at", Time),
    ],
};

pub(super) static APPROVAL: Record = Record {
    name: "an approval",
    fields: &[
        ("at", Time),
        ("by", Id),
        ("role", Name(Named::Role)),
        ("verdict", Word(&["approved", "refused"])),
        ("covers", Shape::Record(&COVERED)),
        ("automation", Flag),
    ],
};

pub(super) static COVERED: Record = Record {
    name: "what an approval covers",
    fields: &[("subject", Id), ("destination", Text), ("assets", Each(&Id)), ("attributes", Attributes)],
};

pub(super) static SIGNATURE: Record = Record {
    name: "a signature",
    fields: &[
        ("kind", Word(&["receipt", "return"])),
        ("asset", Id),
        ("by", Id),
        ("at", Time),
        ("seen", Text),
        ("automation", Flag),
        ("reference", Text),
    ],
};

pub(super) static RETURN_SHIPMENT: Record = Record {
    name: "a return shipment",
    fields: &[("label_sent", Time), ("instructions_sent", Time), ("deadline", Day), ("received", Time)],
};

pub(super) static RELATED: Record = Record {
    name: "a related ticket",
    fields: &[("relation", Word(&["duplicate-of", "part-of", "follow-up-of", "refers-to"])), ("ticket", Id)],
};

pub(super) static ENGAGEMENT: Record =
    Record { name: "an engagement", fields: &[("number", Text), ("profile", Name(Named::Profile)), ("first_day", Day), ("last_day", Day)] };
