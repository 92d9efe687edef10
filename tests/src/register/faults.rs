//! The faults that are planted, in one table for each sort of record: what it is called, the record with nothing wrong that it is planted in,
//! the codes of the findings that it makes, and what it changes. Each makes these findings and no others.

use super::assets::{back, new};
use super::people::People;
use super::rows::{Asset, Attribute, Case, Day, Entry, Evidence, Exception, Moment, Person, Related, Task, Ticket};
use super::tickets::{LOG_BEGINS, Story};
use crate::choices::Choices;

/// What a fault is planted with.
#[derive(Debug)]
pub struct Planting {
    /// Who is there.
    pub people: People,
    /// How many of this fault were planted before.
    pub count: u64,
    /// The first of two records that make a fault together, where this is the second.
    pub first: Option<Asset>,
    /// What is chosen.
    pub choices: Choices,
}

impl Planting {
    fn at_work(&mut self) -> String {
        People::id(self.people.at_work(&mut self.choices))
    }

    fn who_left(&mut self) -> String {
        People::id(self.people.who_left(&mut self.choices))
    }

    fn person(id: String) -> Option<String> {
        Some(format!("person:{id}"))
    }
}

/// A fault of one sort of record.
#[derive(Debug)]
pub struct Fault<B: 'static, R: 'static> {
    /// What it is called.
    pub name: &'static str,
    /// What the record is like before.
    pub base: B,
    /// The change.
    pub change: fn(&mut R, &mut Planting),
    /// The code of each finding.
    pub codes: &'static [&'static str],
}

/// An asset of a kind that went a way, and has been at its end for so many days.
#[derive(Debug)]
pub struct AssetBase(pub &'static str, pub &'static str, pub i64, pub i64);

macro_rules! faults {
    ($($name:literal $base:expr => $codes:expr, $change:expr;)*) => {
        &[$(Fault { name: $name, base: $base, change: $change, codes: &$codes },)*]
    };
}

const DELIVERED: &str = new!(" assigned delivered");
const ISSUED: &str = "ordered stocked issued";
const ACTIVE: &str = "requested approved prepared active";
const OUT: &str = "requested approved prepared issued";

const fn laptop(path: &'static str, from: i64, until: i64) -> AssetBase {
    AssetBase("laptop", path, from, until)
}

const fn phone() -> AssetBase {
    AssetBase("phone", DELIVERED, 20, 900)
}

const fn of(kind: &'static str, path: &'static str) -> AssetBase {
    AssetBase(kind, path, 5, 20)
}

fn put(asset: &mut Asset, attribute: &'static str, value: bool, days: i64) {
    let observed_at = Moment::days(days);
    asset.attributes.insert(attribute, Attribute::Reported { value, source: "mdm".into(), observed_at });
}

fn drop_check(asset: &mut Asset, check: &str) {
    asset.evidence.retain(|evidence| evidence.check != check);
}

fn drop_entry(history: &mut Vec<Entry>, to: &str) {
    history.retain(|entry| entry.to != to);
}

/// A last step of the time of which all decisions are logged.
fn step_lately(history: &mut [Entry]) {
    if let Some(last) = history.last_mut() {
        last.at = LOG_BEGINS.later(10);
    }
}

/// What the log says of the step of a fault, and how long that held.
pub const DECISIONS: [(&str, &str, Option<i64>); 2] =
    [("a step that was allowed", "allow", Some(15)), ("a step that was denied", "deny", None)];

fn share(asset: &mut Asset, steward: Option<String>) {
    (asset.owner, asset.shared, asset.steward) = (Some("department:care".to_owned()), true, steward);
}

/// A date that lies ahead, on the latest check.
fn ahead(evidence: &mut [Evidence]) {
    if let Some(last) = evidence.last_mut() {
        last.at = Moment::days(-10);
    }
}

/// Faults of assets.
pub const ASSETS: &[Fault<AssetBase, Asset>] = faults! {
    // The record itself.
    "a kind that nobody declared" laptop(DELIVERED, 20, 900) => ["unknown-kind"], |asset, _| asset.kind = "typewriter".into();
    "a state that nobody declared" laptop(DELIVERED, 20, 900) => ["unknown-state"], |asset, _| {
        asset.state = "mislaid".into();
        asset.history.clear();
    };
    "no serial" phone() => ["not-recorded"], |asset, _| asset.serial = None;
    "no login" AssetBase("vpn-account", ACTIVE, 20, 600) => ["not-recorded"], |asset, _| asset.login = None;
    "a text where the serial should be" phone() => ["identity-placeholder"], |asset, _| {
        asset.serial = Some("To be filled by O.E.M.".to_owned());
    };
    "a number as text" laptop(DELIVERED, 20, 900) => ["attribute-type"], |asset, _| {
        asset.attributes.insert("battery_health", Attribute::Text("good".into()));
    };
    "yes and no as text" phone() => ["attribute-type"], |asset, _| {
        asset.attributes.insert("legal_hold", Attribute::Text("no".into()));
    };
    "a check dated ahead" phone() => ["evidence-future"], |asset, _| ahead(&mut asset.evidence);
    "a change of state dated ahead" phone() => ["evidence-future"], |asset, _| {
        let entry = Entry {
            at: Moment::days(-4),
            from: Some("delivered".into()),
            to: "collected".into(),
            by: People::staff("goods-in", 0),
            reason: None,
            second: None,
            ticket: None,
        };
        asset.history.push(entry);
    };
    "a change of place dated ahead" phone() => ["evidence-future"], |asset, _| {
        let mut last = asset.custody[0].clone();
        (last.at, last.change, last.from, last.to) = (Moment::days(-2), "location".into(), None, Some("home".to_owned()));
        asset.custody.push(last);
    };
    "something seen tomorrow" phone() => ["evidence-future"], |asset, _| put(asset, "legal_hold", false, -1);
    "a record that changes only in a month" of("dock", ISSUED) => ["evidence-future"], |asset, _| asset.updated_at = Some(Moment::days(-30));
    "nothing heard for too long" AssetBase("headset", ISSUED, 500, 1_500) => ["record-stale"], |asset, planting| {
        asset.updated_at = Some(Moment::days(planting.choices.between(420, 490)));
    };
    "when it changed is not recorded" AssetBase("key", OUT, 500, 1_200) => ["record-stale"], |asset, _| asset.updated_at = None;

    // Its history.
    "a state that was left out of the history" laptop(DELIVERED, 20, 900) => ["history-broken"], |asset, _| drop_entry(&mut asset.history, "verified");
    "a state set by hand" laptop(DELIVERED, 20, 900) => ["history-state-mismatch"], |asset, _| drop_entry(&mut asset.history, "delivered");
    "a way that is not declared" laptop(DELIVERED, 20, 900) => ["history-undeclared-edge"], |asset, _| {
        drop_entry(&mut asset.history, "deployable");
        if let Some(entry) = asset.history.iter_mut().find(|entry| entry.to == "assigned") {
            entry.from = Some("secured".into());
        }
    };
    "a correction without a reason"
        laptop("requested approved procured received verified configured verified configured secured deployable assigned delivered", 20, 900)
        => ["correction-unexplained"], |asset, _| asset.history.iter_mut().for_each(|entry| entry.reason = None);

    // What was decided.
    "a step that was allowed" laptop(DELIVERED, 20, 900) => [], |asset, _| step_lately(&mut asset.history);
    "a step that was denied" laptop(DELIVERED, 20, 900) => ["undecided-transition"], |asset, _| step_lately(&mut asset.history);
    "a step that nobody asked for" laptop(DELIVERED, 20, 900) => ["undecided-transition"], |asset, _| step_lately(&mut asset.history);

    // How long it stays.
    "in repair for months" AssetBase("phone", new!(" assigned delivered in-repair"), 25, 200) => ["stalled"], |_, _| {};
    "received and left there" laptop("requested approved procured received", 6, 60) => ["stalled"], |_, _| {};
    "collected and left there" AssetBase("monitor", "ordered stocked issued collected", 16, 300) => ["stalled"], |_, _| {};
    "requested and forgotten" AssetBase("admin-account", "requested", 9, 90) => ["stalled"], |_, _| {};

    // What its state claims.
    "ready and not encrypted" laptop(new!(""), 2, 60) => ["state-unsupported"], |asset, _| put(asset, "disk_encrypted", false, 1);
    "in use and not encrypted" phone() => ["state-unsupported"], |asset, _| put(asset, "disk_encrypted", false, 1);
    "in use and not seen by MDM for months" laptop(DELIVERED, 100, 900) => ["state-unsupported"], |asset, planting| {
        put(asset, "mdm_enrolled", true, planting.choices.between(40, 90));
    };
    "verified and never scanned" laptop("requested approved procured received verified", 1, 5) => ["state-unsupported"], |asset, _| {
        drop_check(asset, "serial-scan");
    };
    "restocked and not on a shelf" AssetBase("tablet", back!(" wiped tested restocked"), 2, 100) => ["state-unsupported"], |asset, _| {
        asset.location = Some("office-berlin".into());
    };
    "tested without a test" AssetBase("desktop", back!(" wiped tested"), 1, 5) => ["state-unsupported"], |asset, _| {
        drop_check(asset, "function-test");
    };
    "a pass that was never encoded" of("building-pass", "requested approved prepared") => ["state-unsupported"], |asset, _| {
        drop_check(asset, "access-encoded");
    };
    "in stock under another serial" of("monitor", "ordered stocked") => ["state-unsupported"], |asset, _| {
        asset.evidence.iter_mut().for_each(|evidence| evidence.seen = Some("CNFFFFFFF9".to_owned()));
    };

    // Whose it is.
    "in use and nobody's" phone() => ["owner-missing"], |asset, _| {
        asset.owner = None;
        asset.custody.clear();
    };
    "a key without an owner" AssetBase("key", OUT, 20, 900) => ["owner-missing"], |asset, _| {
        asset.owner = None;
        asset.custody.clear();
    };
    "cleared, and never taken back" laptop(DELIVERED, 20, 900) => ["owner-missing"], |asset, _| asset.owner = None;
    "somebody whom nobody knows" laptop(DELIVERED, 20, 900) => ["owner-unknown"], |asset, planting| {
        asset.owner = Planting::person(format!("ghost-{}", planting.count));
    };
    "in the hands of somebody whom nobody knows" AssetBase("monitor", ISSUED, 20, 900) => ["owner-unknown"], |asset, planting| {
        asset.held_by = Some(format!("guest-{}", planting.count));
    };
    "a department that nobody declared" AssetBase("monitor", ISSUED, 20, 900) => ["owner-unknown"], |asset, _| {
        asset.owner = Some("department:typing-pool".to_owned());
    };
    "in the name of somebody who left" laptop(DELIVERED, 20, 900) => ["owner-departed"], |asset, planting| asset.owner = Planting::person(planting.who_left());
    "in the hands of somebody who left" AssetBase("monitor", ISSUED, 20, 900) => ["owner-departed"], |asset, planting| asset.held_by = Some(planting.who_left());
    "suspended for somebody who left" AssetBase("email-account", "requested approved prepared active suspended", 1, 25) => ["owner-departed"], |asset, planting| {
        asset.owner = Planting::person(planting.who_left());
    };
    "wiped and in somebody's name" laptop(back!(" wiped"), 1, 5) => ["stock-in-a-name"], |asset, planting| asset.owner = Planting::person(planting.at_work());
    "prepared and in somebody's hands" of("ward-pass", "requested approved prepared") => ["stock-in-a-name"], |asset, planting| {
        asset.held_by = Some(planting.at_work());
    };
    // The gate of that state asks for the same.
    "ready and in somebody's name" laptop(new!(""), 2, 60) => ["state-unsupported", "stock-in-a-name"], |asset, planting| {
        asset.owner = Planting::person(planting.at_work());
    };
    "retired and in somebody's name" laptop(back!(" wiped retired"), 20, 900) => ["record-contradicted"], |asset, planting| {
        asset.owner = Planting::person(planting.at_work());
    };
    "shared and a person's" AssetBase("monitor", ISSUED, 20, 900) => ["record-contradicted"], |asset, planting| {
        let (owner, steward) = (asset.owner.take(), planting.at_work());
        share(asset, Some(steward));
        asset.owner = owner;
    };
    "the steward has left" phone() => ["steward-departed"], |asset, planting| {
        let steward = planting.who_left();
        share(asset, Some(steward));
    };
    "no steward" AssetBase("desktop", DELIVERED, 20, 900) => ["steward-departed"], |asset, _| share(asset, None);
    "the steward leaves" AssetBase("tablet", DELIVERED, 20, 900) => ["steward-departed"], |asset, planting| {
        let steward = People::id(planting.people.who_leaves(&mut planting.choices));
        share(asset, Some(steward));
    };
    "a loan that is over" laptop(new!(" loaned"), 5, 25) => ["loan-overdue"], |asset, planting| asset.due_back = Some(Day(-planting.choices.between(1, 5)));

    // Other records.
    "used with what is not there" AssetBase("dock", ISSUED, 20, 900) => ["relation-missing"], |asset, planting| {
        asset.relations[0].item = format!("asset:GONE-{}", planting.count);
    };
};

/// Faults that take two assets: the second is like the first.
pub const PAIRS: &[Fault<AssetBase, Asset>] = faults! {
    "two records of one id" laptop(DELIVERED, 20, 900) => ["duplicate-item"], |asset, planting| {
        asset.id = planting.first.take().map_or_else(|| asset.id.clone(), |first| first.id);
    };
    "two devices under one serial, written differently" phone() => ["duplicate-identity"], |asset, planting| {
        let first = planting.first.take().and_then(|first| first.serial);
        asset.serial = first.map(|serial| format!("{}-{}", &serial[..3], serial[3..].to_lowercase())).or(asset.serial.take());
    };
    "two headsets under one tag" AssetBase("headset", ISSUED, 20, 900) => ["duplicate-identity"], |asset, planting| {
        asset.tag = planting.first.take().and_then(|first| first.tag).or(asset.tag.take());
    };
    "two keys under one number" AssetBase("key", OUT, 20, 900) => ["duplicate-identity"], |asset, planting| {
        asset.number = planting.first.take().and_then(|first| first.number).or(asset.number.take());
    };
    "two accounts under one login" AssetBase("email-account", ACTIVE, 20, 600) => ["duplicate-identity"], |asset, planting| {
        asset.login = planting.first.take().and_then(|first| first.login).or(asset.login.take());
    };
};

/// Faults of licence seats, each of a product that has enough of them.
pub const SEATS: &[Fault<AssetBase, Asset>] = faults! {
    "a seat that nobody uses" AssetBase("office-seat", SEAT, 100, 340) => ["seat-idle"], |asset, planting| {
        asset.last_used = Some(Moment::days(planting.choices.between(92, 99)));
    };
    "a seat of somebody who left" AssetBase("office-seat", SEAT, 20, 340) => ["owner-departed"], |asset, planting| {
        asset.owner = Planting::person(planting.who_left());
    };
    "a seat of nobody" AssetBase("design-seat", SEAT, 20, 340) => ["owner-missing"], |asset, _| {
        asset.owner = None;
        asset.custody.clear();
    };
    "a seat that waits" AssetBase("design-seat", "requested approved", 9, 60) => ["stalled"], |_, _| {};
};

/// The way of a seat that is taken.
pub const SEAT: &str = "requested approved allocated";

/// A ticket of a kind that went a way, has been at its end for so many days, and is worked on in a role.
#[derive(Debug)]
pub struct TicketBase(pub &'static str, pub &'static str, pub i64, pub i64, pub &'static str);

const REPAIR: TicketBase = TicketBase("repair", "opened received", 1, 19, "desktop-support");

/// Faults of tickets.
pub const TICKETS: &[Fault<TicketBase, Ticket>] = faults! {
    "a kind of ticket that nobody declared" REPAIR => ["unknown-kind"], |ticket, _| ticket.kind = "wish".into();
    "a ticket in a state that nobody declared" REPAIR => ["unknown-state"], |ticket, _| {
        ticket.state = "parked".into();
        ticket.history.clear();
    };
    "a ticket that lies" TicketBase("swap", "opened approved", 9, 90, "desktop-support") => ["stalled"], |_, _| {};
    "a loss that nobody judges" TicketBase("lost", "opened", 2, 40, "security-officer") => ["stalled"], |_, _| {};
    "a step of a ticket that was left out"
        TicketBase("mover", "opened approved configuring assigned received verified completed", 5, 500, "service-desk")
        => ["history-broken"], |ticket, _| drop_entry(&mut ticket.history, "configuring");
    "a ticket's state set by hand" REPAIR => ["history-state-mismatch"], |ticket, _| drop_entry(&mut ticket.history, "received");
    "a way of a ticket that is not declared" TicketBase("shipment", "opened in-transit", 1, 10, "service-desk")
        => ["history-undeclared-edge"], |_, _| {};
    // A closed ticket stays closed by the reference policy, so that the way back is not declared either.
    "a ticket opened again" TicketBase("return", "opened awaiting-shipment completed received", 1, 4, "goods-in")
        => ["history-undeclared-edge", "ticket-reopened"], |_, _| {};
    "a ticket that should be closed" REPAIR => ["ticket-overdue"], |ticket, planting| ticket.due = Day(-planting.choices.between(1, 20));
    "a task that should be done" REPAIR => ["task-overdue"], |ticket, planting| {
        ticket.tasks = vec![open_task(Day(-planting.choices.between(1, 20)))];
    };
    "a step of a ticket that nobody asked for" REPAIR => ["undecided-transition"], |ticket, _| step_lately(&mut ticket.history);
    "a task that was ended past the gate" REPAIR => ["undecided-transition"], |ticket, _| {
        let done = LOG_BEGINS.later(15);
        ticket.tasks = vec![Task { state: "done".into(), by: Some(ticket.assignee.clone()), at: Some(done), ..open_task(Day(9)) }];
    };
    "somebody works on it who is not in charge" REPAIR => ["assignee-not-in-charge"], |ticket, planting| ticket.assignee = planting.at_work();
    "about somebody whom nobody knows" REPAIR => ["subject-unknown"], |ticket, planting| {
        ticket.subject = Some(format!("nobody-{}", planting.count));
    };
    "about something that is not there" REPAIR => ["link-unknown-asset"], |ticket, planting| {
        ticket.links[0].asset = format!("NOWHERE-{}", planting.count);
    };
    "a ticket's step dated ahead" REPAIR => ["evidence-future"], |ticket, _| {
        let mut entry = ticket.history[1].clone();
        (entry.at, entry.from, entry.to) = (Moment::days(-3), Some("received".into()), "configuring".into());
        ticket.history.push(entry);
    };
    "an attribute of a ticket as text" REPAIR => ["attribute-type"], |ticket, _| {
        ticket.attributes.insert("abroad", Attribute::Text("perhaps".into()));
    };
    "a ticket that refers to none" REPAIR => ["relation-missing"], |ticket, planting| {
        ticket.related.push(Related { relation: "follow-up-of".into(), ticket: format!("NONE-{}", planting.count) });
    };
};

fn open_task(due: Day) -> Task {
    Task {
        id: "ring-them-up".to_owned(),
        template: None,
        item: None,
        department: "it".into(),
        state: "open".into(),
        due,
        by: None,
        role: None,
        at: None,
    }
}

/// Faults of tickets with all that they are about: of a closed one, that nothing is wrong with.
pub const CASES: &[Fault<Story, Case>] = faults! {
    "closed on a check that was skipped" Story::Came => ["closed-unsupported"], |case, _| case.tickets[0].marks[0].state = "skipped".into();
    "closed and not deactivated" Story::Went => ["closed-unsupported"], |case, _| drop_check(&mut case.assets[1], "access-deactivated");
};

/// Faults of people: of somebody at work, who has nothing.
pub const PEOPLE: &[Fault<(), Person>] = faults! {
    "expected and past the first day" () => ["status-contradicted"], |person, planting| {
        (person.status, person.first_day) = ("expected".into(), Day(-planting.choices.between(2, 60)));
    };
    "gone before the last day" () => ["status-contradicted"], |person, planting| {
        (person.status, person.last_day) = ("left".into(), Some(Day(planting.choices.between(60, 90))));
    };
    "at work after the last day" () => ["status-contradicted"], |person, planting| {
        (person.status, person.last_day) = ("active".into(), Some(Day(-planting.choices.between(2, 60))));
    };
    "comes soon, and nobody has begun" () => ["notice-without-ticket"], |person, planting| {
        (person.status, person.first_day) = ("expected".into(), Day(planting.choices.between(2, 12)));
    };
    "goes soon, and nobody has begun" () => ["notice-without-ticket"], |person, planting| {
        (person.status, person.last_day) = ("active".into(), Some(Day(planting.choices.between(2, 12))));
    };
};

/// Faults of exceptions: of one that is reconciled.
pub const EXCEPTIONS: &[Fault<(), Exception>] = faults! {
    "run out and not reconciled" () => ["exception-expired"], |exception, _| {
        exception.reconciled = None;
        exception.steps.clear();
    };
    "still open" () => ["exception-open"], |exception, _| {
        (exception.requested_at, exception.starts, exception.expires) = (Moment::days(3), Moment::days(2), Moment::days(-10));
        exception.approvals.iter_mut().for_each(|approval| approval.at = Moment::days(3));
        exception.reconciled = None;
        exception.steps.clear();
    };
    "for something that is not there" () => ["relation-missing"], |exception, planting| {
        exception.items = vec![format!("asset:NEVER-{}", planting.count)];
    };
    "an exception that nobody declared" () => ["unknown-kind"], |exception, _| exception.kind = "favour".into();
};
