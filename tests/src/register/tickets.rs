//! The tickets of a register: by themselves, and with all that they are about.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::assets::{self, Path, Wanted, back, kind_of, new, path};
use super::people::People;
use super::rows::{
    Approval, Asset, Case, Coverage, Covered, Day, Entry, Evidence, Link, Mark, Moment, Person, ReturnShipment, Signature, Task, Ticket,
};
use crate::choices::Choices;

/// A way that tickets go.
#[derive(Debug)]
pub struct Course {
    /// The kind of ticket.
    pub kind: &'static str,
    /// For how many days it has been at the end of the way: at least, and less than.
    pub days: (i64, i64),
    /// Who works on it there.
    pub role: &'static str,
    /// The states that it went through.
    pub path: Path,
}

fn course(kind: &'static str, days: i64, role: &'static str, states: &'static str) -> Course {
    Course { kind, days: (0, days), role, path: path(states) }
}

/// Somebody comes soon.
pub static COMING: LazyLock<Course> = LazyLock::new(|| course("onboarding", 12, "goods-in", "opened approved"));
/// Somebody goes soon.
pub static GOING: LazyLock<Course> = LazyLock::new(|| course("offboarding", 80, "goods-in", "opened collecting"));

/// The ways of all others.
static COURSES: LazyLock<Vec<Course>> = LazyLock::new(|| {
    vec![
        course("repair", 20, "desktop-support", "opened received"),
        course("repair", 6, "desktop-support", "opened received configuring"),
        course("repair", 900, "service-desk", "opened received configuring awaiting-shipment completed"),
        course("swap", 6, "desktop-support", "opened approved"),
        course("swap", 6, "desktop-support", "opened approved configuring"),
        course("swap", 900, "service-desk", "opened approved configuring awaiting-shipment assigned received completed"),
        course("swap", 900, "service-desk", "opened approved cancelled"),
        course("return", 4, "service-desk", "opened"),
        course("return", 20, "goods-in", "opened awaiting-shipment"),
        course("return", 900, "goods-in", "opened awaiting-shipment received verified completed"),
        course("loaner", 25, "service-desk", "opened approved configuring assigned"),
        course("loaner", 900, "service-desk", "opened approved configuring assigned received completed"),
        course("lost", 25, "asset-manager", "opened verified"),
        course("lost", 900, "security-officer", "opened verified settled"),
        course("shipment", 12, "service-desk", "opened awaiting-shipment in-transit"),
        course("shipment", 900, "service-desk", "opened awaiting-shipment in-transit completed"),
        course("mover", 12, "goods-in", "opened approved configuring assigned"),
        course("mover", 900, "service-desk", "opened approved configuring assigned received verified completed"),
        course("onboarding", 900, "service-desk", "opened approved received configuring awaiting-shipment assigned verified fulfilled"),
    ]
});

/// Some way that a ticket went.
#[must_use]
pub fn some_course(choices: &mut Choices) -> &'static Course {
    choices.of(&COURSES)
}

fn is_closed(state: &str) -> bool {
    matches!(state, "completed" | "fulfilled" | "settled" | "cancelled")
}

/// Makes a ticket with nothing wrong, that links these.
#[must_use]
pub fn ticket(people: &People, id: String, course: &Course, subject: u64, links: Vec<Link>, choices: &mut Choices) -> Ticket {
    let Course { kind, days, role, path } = course;
    let state = path[path.len() - 1];
    let age = choices.between(Moment::days(days.0).0 + 2 * 60, Moment::days(days.1).0);
    let pick = choices.number_below(4);
    let mut at = Moment(age);
    let mut history: Vec<Entry> = Vec::with_capacity(path.len());
    for (place, to) in path.iter().enumerate().rev() {
        let from = place.checked_sub(1).map(|before| path[before].into());
        history.push(Entry { at, from, to: (*to).into(), by: People::staff(role, pick), reason: None, second: None, ticket: None });
        at = at.later(-choices.between(60, Moment::days(3).0));
    }
    history.reverse();
    let opened = history[0].at;
    let due = if is_closed(state) { Moment(age).day().0 + choices.between(-2, 5) } else { choices.between(1, 30) };
    let manager = People::id(people.manager(subject));
    let task = Task {
        id: "follow-up".to_owned(),
        template: None,
        item: None,
        department: "it".into(),
        state: if is_closed(state) { "done" } else { "open" }.into(),
        due: Day(due),
        by: is_closed(state).then(|| People::staff(role, pick)),
        role: is_closed(state).then(|| (*role).into()),
        at: is_closed(state).then_some(Moment(age + 30)),
    };
    Ticket {
        id,
        kind: (*kind).into(),
        state: state.into(),
        subject: Some(People::id(subject)),
        requester: manager.clone(),
        assignee: People::staff(role, pick),
        opened,
        due: Day(due),
        destination: "office-berlin".into(),
        links,
        tasks: if choices.one_in(2) { vec![task] } else { Vec::new() },
        marks: Vec::new(),
        approvals: vec![approval(opened.later(20), manager, "line-manager", Some(subject))],
        signatures: Vec::new(),
        return_shipment: None,
        attributes: BTreeMap::new(),
        evidence: Vec::new(),
        history,
        related: Vec::new(),
        updated_at: Moment(choices.between(10, age)),
        version: choices.between(1, 12).to_string(),
    }
}

/// An approval by somebody.
#[must_use]
pub fn approval(at: Moment, by: String, role: &'static str, subject: Option<u64>) -> Approval {
    let covers = subject.map(|subject| Covered { subject: People::id(subject) });
    Approval { at, by, role: role.into(), verdict: "approved".into(), covers }
}

/// Since when decisions are logged.
pub const LOG_BEGINS: Moment = Moment(115);

/// A claim that all is here.
#[must_use]
pub fn coverage() -> Coverage {
    let all = || "all".into();
    Coverage {
        as_of: Moment(90),
        source: "the register".into(),
        persons: all(),
        classes: all(),
        tickets: all(),
        exceptions: all(),
        licences: all(),
        // Of so short a time that no step falls into it but those that are put there.
        decisions: vec!["laptop".into(), "repair".into()],
        decisions_since: LOG_BEGINS,
    }
}

/// What a ticket is about, with everything that its closing asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Somebody came, has a laptop and a pass, and the ticket is closed.
    Came,
    /// Somebody comes, and the laptop lies ready.
    Comes,
    /// Somebody went, and laptop and pass are back.
    Went,
}

/// How many assets each is about.
pub const ASSETS_OF_CASE: u64 = 2;

/// The ticket's number, the first number of its assets, and whom it is about.
#[derive(Clone, Debug)]
pub struct Told {
    /// The ticket.
    pub id: String,
    /// The ids of the laptop and of the pass, and the number from which they have theirs.
    pub assets: [(String, u64); 2],
    /// The person with their number.
    pub person: (u64, Person),
}

/// Makes a ticket with all that it is about.
#[must_use]
pub fn case(people: &People, story: Story, told: Told, choices: &mut Choices) -> Case {
    let Told { id, assets: [laptop, pass], person: (subject, person) } = told;
    let (kind, state, laptops, passes): (_, _, &'static str, &'static str) = match story {
        Story::Came => ("onboarding", "fulfilled", new!(" assigned delivered"), "requested approved prepared issued"),
        Story::Comes => ("onboarding", "awaiting-shipment", new!(""), "requested approved prepared"),
        Story::Went => ("offboarding", "completed", back!(" wiped retired"), "requested approved prepared issued deactivated"),
    };
    // The end of the ticket lies before that of the last day's month, and after what it is about was done.
    let closed = Moment(choices.between(60, Moment::days(if story == Story::Comes { 3 } else { 20 }).0));
    let done = |choices: &mut Choices| Moment(closed.0 + choices.between(60, 20 * 60)).0;
    let make = |(asset, number): (String, u64), name: &str, states: &'static str, choices: &mut Choices| {
        let (path, age) = (path(states), done(choices));
        let wanted = Wanted {
            id: asset,
            number,
            kind: kind_of(name),
            path: &path,
            age,
            owner: subject,
            ticket: Some(id.clone()),
            other: String::new(),
        };
        assets::asset(people, &wanted, choices)
    };
    let mut assets = vec![make(laptop, "laptop", laptops, choices), make(pass, "building-pass", passes, choices)];
    for asset in &mut assets {
        if story == Story::Came {
            asset.location = Some("office-berlin".into());
        }
    }
    let staff = |role: &str, place: u64| People::staff(role, place);
    let role = if story == Story::Comes { "service-desk" } else { "goods-in" };
    let link_role = if story == Story::Went { "collect" } else { "issue" };
    let links = assets.iter().map(|asset| Link { asset: asset.id.clone(), role: link_role.into() }).collect();
    let states: &'static [&'static str] = match story {
        Story::Came => &["opened", "approved", "received", "configuring", "awaiting-shipment", "assigned", "verified", "fulfilled"],
        Story::Comes => &["opened", "approved", "received", "configuring", "awaiting-shipment"],
        Story::Went => &["opened", "collecting", "received", "verified", "completed"],
    };
    let way = Course { kind, days: (0, 1), role, path: states.to_vec() };
    let mut ticket = ticket(people, id, &way, subject, links, choices);
    // All of it a little earlier, so that it ends when it has to.
    let earlier = ticket.history[states.len() - 1].at.0 - closed.0;
    for entry in &mut ticket.history {
        entry.at = entry.at.later(earlier);
    }
    ticket.state = state.into();
    ticket.opened = ticket.history[0].at;
    ticket.approvals[0].at = ticket.opened.later(20);
    ticket.updated_at = closed;
    ticket.assignee = staff(role, 1);
    ticket.due = if story == Story::Comes { Day(7) } else { closed.day() };
    let at = Moment(closed.0 + 20);
    let manager = People::id(people.manager(subject));
    ticket.tasks = tasks(story, &assets, &person, at, ticket.due);
    if story == Story::Went && person.remote {
        let sent = ticket.opened.later(60);
        ticket.return_shipment = Some(ReturnShipment { label_sent: sent, instructions_sent: sent, deadline: ticket.due, received: at });
    }
    ticket.marks = marks(story, &manager, at);
    ticket.signatures = match story {
        Story::Came => assets.iter().map(|asset| receipt(asset, subject, at)).collect(),
        Story::Comes | Story::Went => Vec::new(),
    };
    if story == Story::Went {
        let by = staff("hr-partner", 0);
        let notice = Evidence {
            check: "hr-notice".into(),
            at: ticket.opened.later(-30),
            result: "passed".into(),
            seen: None,
            by,
            role: "hr-partner".into(),
            means: "typed".into(),
        };
        ticket.evidence.push(notice);
    }
    Case { tickets: vec![ticket], assets, people: vec![person], exceptions: Vec::new(), coverage: vec![coverage()] }
}

fn receipt(asset: &Asset, subject: u64, at: Moment) -> Signature {
    let seen = asset.serial.clone().or_else(|| asset.number.clone()).unwrap_or_default();
    Signature { kind: "receipt".into(), asset: asset.id.clone(), by: People::id(subject), at, seen }
}

/// The tasks that the templates of the reference policy ask for.
fn tasks(story: Story, assets: &[Asset], subject: &Person, at: Moment, due: Day) -> Vec<Task> {
    let done = story != Story::Comes;
    let task = |template: &'static str, asset: Option<&Asset>, department: &'static str, role: &'static str| Task {
        id: asset.map_or_else(|| template.to_owned(), |asset| format!("{template}@{}", asset.id)),
        template: Some(template.into()),
        item: asset.map(|asset| format!("asset:{}", asset.id)),
        department: department.into(),
        state: if done { "done" } else { "open" }.into(),
        due,
        by: done.then(|| if role == "line-manager" { subject.manager.clone() } else { People::staff(role, 0) }),
        role: done.then(|| role.into()),
        at: done.then_some(at),
    };
    let mut all = match story {
        Story::Came | Story::Comes => vec![
            task("hand-over-device", assets.first(), "it", "service-desk"),
            task("hand-out-access", assets.get(1), "fm", "facilities"),
            task("brief-on-security", None, "security", "security-officer"),
            task("prepare-first-day", None, "line", "line-manager"),
        ],
        Story::Went => vec![
            task("collect-device", assets.first(), "it", "service-desk"),
            task("end-access", assets.get(1), "fm", "facilities"),
            task("hand-over-data", None, "line", "line-manager"),
            task("finish-papers", None, "hr", "hr-partner"),
            task("review-sign-ins", None, "security", "security-officer"),
        ],
    };
    match (story, subject.remote) {
        (Story::Came | Story::Comes, false) => all.push(task("set-up-desk", None, "fm", "facilities")),
        (Story::Came | Story::Comes, true) | (Story::Went, false) => {}
        (Story::Went, true) => all.extend([
            task("send-label", None, "it", "service-desk"),
            task("send-instructions", None, "it", "service-desk"),
            task("agree-on-return", None, "line", "line-manager"),
            task("book-return-in", None, "it", "goods-in"),
        ]),
    }
    all
}

/// The marks that its checklist asks for.
fn marks(story: Story, manager: &str, at: Moment) -> Vec<Mark> {
    let (checklist, entries): (&'static str, [(&'static str, &'static str); 4]) = match story {
        Story::Came => (
            "onboarding",
            [
                ("identity-checked", "hr-partner"),
                ("signed-in", "service-desk"),
                ("security-briefing", "security-officer"),
                ("desk-ready", "facilities"),
            ],
        ),
        Story::Went => (
            "offboarding",
            [
                ("papers-done", "hr-partner"),
                ("mail-handed-over", "line-manager"),
                ("logs-reviewed", "security-officer"),
                ("locker-emptied", "facilities"),
            ],
        ),
        Story::Comes => return Vec::new(),
    };
    let mark = |(entry, role): (&'static str, &'static str)| Mark {
        checklist: checklist.into(),
        entry: entry.into(),
        state: "done".into(),
        by: if role == "line-manager" { manager.to_owned() } else { People::staff(role, 0) },
        role: role.into(),
        at,
    };
    entries.into_iter().map(mark).collect()
}
