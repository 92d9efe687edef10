//! The assets of a register: each went the ways that the reference policy has for its kind, with the checks that they ask for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::people::People;
use super::rows::{Asset, Attribute, Custody, Day, Entry, Evidence, Moment, Relation, Text};
use crate::choices::Choices;

/// What kinds of assets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Computers and phones.
    Device,
    /// What is plugged in.
    Peripheral,
    /// Licence seats.
    Seat,
    /// Accounts.
    Account,
    /// Passes, keys and tokens.
    Access,
}

/// By what a kind is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Serial,
    Tag,
    Number,
    Login,
    None,
}

/// A kind of asset.
#[derive(Debug)]
pub struct Kind {
    /// What the policy calls it.
    pub name: &'static str,
    /// The way it goes.
    pub flow: Flow,
    identity: Identity,
    /// So many of a hundred are of this kind.
    share: u64,
    model: &'static str,
}

const fn kind(name: &'static str, flow: Flow, identity: Identity, share: u64, model: &'static str) -> Kind {
    Kind { name, flow, identity, share, model }
}

/// The kinds of the reference policy.
pub const KINDS: [Kind; 17] = [
    kind("laptop", Flow::Device, Identity::Serial, 14, "NB-14 G5"),
    kind("desktop", Flow::Device, Identity::Serial, 5, "DT-7 Mini"),
    kind("phone", Flow::Device, Identity::Serial, 10, "Phone 15"),
    kind("tablet", Flow::Device, Identity::Serial, 3, "Tab 11"),
    kind("monitor", Flow::Peripheral, Identity::Serial, 17, "Display 27"),
    kind("dock", Flow::Peripheral, Identity::Serial, 8, "Dock 4"),
    kind("headset", Flow::Peripheral, Identity::Tag, 8, "Headset 20"),
    kind("email-account", Flow::Account, Identity::Login, 10, ""),
    kind("vpn-account", Flow::Account, Identity::Login, 7, ""),
    kind("admin-account", Flow::Account, Identity::Login, 1, ""),
    kind("building-pass", Flow::Access, Identity::Number, 8, ""),
    kind("ward-pass", Flow::Access, Identity::Number, 1, ""),
    kind("intensive-care-pass", Flow::Access, Identity::Number, 1, ""),
    kind("key", Flow::Access, Identity::Number, 3, ""),
    kind("security-key", Flow::Access, Identity::Serial, 4, ""),
    // Seats are written apart.
    kind("office-seat", Flow::Seat, Identity::None, 0, ""),
    kind("design-seat", Flow::Seat, Identity::None, 0, ""),
];

/// The kind of that name.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn kind_of(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap()
}

/// The states that an asset went through, the present one last.
pub type Path = Vec<&'static str>;

/// Reads the states of a way, as they are written here.
#[must_use]
pub fn path(states: &'static str) -> Path {
    states.split(' ').collect()
}

/// A way that assets go, how many of a thousand stand at its end, and for how many days at most.
struct Course {
    share: u64,
    days: i64,
    path: Path,
}

macro_rules! new {
    ($rest:literal) => {
        concat!("requested approved procured received verified configured secured deployable", $rest)
    };
}
macro_rules! back {
    ($rest:literal) => {
        concat!("requested approved procured received verified configured secured deployable assigned delivered collected", $rest)
    };
}
pub(super) use {back, new};

type Courses = &'static [(u64, i64, &'static str)];

const DEVICES: Courses = &[
    (2, 6, "requested"),
    (2, 4, "requested approved"),
    (8, 25, "requested approved procured"),
    (3, 12, "requested approved procured shipped-directly"),
    (3, 3, "requested approved procured received"),
    (5, 6, "requested approved procured received verified"),
    (2, 3, "requested approved procured received verified configured"),
    (2, 3, "requested approved procured received verified configured secured"),
    (40, 75, new!("")),
    (8, 10, new!(" assigned")),
    (640, 1_200, new!(" assigned delivered")),
    (60, 900, "requested approved procured shipped-directly verified configured secured deployable assigned delivered"),
    (10, 800, "requested approved procured received verified configured verified configured secured deployable assigned delivered"),
    (12, 25, new!(" loaned")),
    (8, 18, new!(" assigned delivered in-repair")),
    (3, 6, new!(" assigned delivered in-repair repaired")),
    (10, 600, new!(" assigned delivered in-repair repaired delivered")),
    (3, 6, new!(" assigned delivered locked")),
    (4, 25, new!(" assigned delivered lost")),
    (10, 1_000, new!(" assigned delivered lost written-off")),
    (15, 12, back!("")),
    (4, 500, back!(" legal-hold")),
    (5, 6, back!(" wiped")),
    (5, 6, back!(" wiped tested")),
    (30, 150, back!(" wiped tested restocked")),
    (60, 700, back!(" wiped tested restocked configured secured deployable assigned delivered")),
    (41, 1_000, back!(" wiped retired")),
    (3, 300, "requested approved procured cancelled"),
    (2, 300, "requested approved procured received returned-to-supplier"),
];
const PERIPHERALS: Courses = &[
    (10, 25, "ordered"),
    (60, 500, "ordered stocked"),
    (850, 1_500, "ordered stocked issued"),
    (15, 12, "ordered stocked issued collected"),
    (20, 300, "ordered stocked issued collected stocked"),
    (5, 25, "ordered stocked issued lost"),
    (10, 800, "ordered stocked issued lost written-off"),
    (30, 900, "ordered stocked issued collected discarded"),
];
const SEATS: Courses = &[
    (10, 6, "requested"),
    (10, 6, "requested approved"),
    (920, 340, "requested approved allocated"),
    (50, 300, "requested approved allocated reclaimed"),
    (10, 300, "requested declined"),
];
const ACCOUNTS: Courses = &[
    (10, 6, "requested"),
    (10, 6, "requested approved"),
    (20, 50, "requested approved prepared"),
    (880, 650, "requested approved prepared active"),
    (10, 25, "requested approved prepared active suspended"),
    (30, 320, "requested approved prepared active suspended revoked"),
    (30, 900, "requested approved prepared active revoked deleted"),
    (10, 300, "requested declined"),
];
const ACCESSES: Courses = &[
    (10, 6, "requested"),
    (10, 6, "requested approved"),
    (30, 25, "requested approved prepared"),
    (870, 1_200, "requested approved prepared issued"),
    (10, 25, "requested approved prepared issued suspended"),
    (30, 600, "requested approved prepared issued returned"),
    (30, 900, "requested approved prepared issued deactivated"),
    (10, 300, "requested declined"),
];

fn read(courses: Courses) -> Vec<Course> {
    courses.iter().map(|(share, days, states)| Course { share: *share, days: *days, path: path(states) }).collect()
}

static COURSES: LazyLock<[Vec<Course>; 5]> = LazyLock::new(|| [DEVICES, PERIPHERALS, SEATS, ACCOUNTS, ACCESSES].map(read));

/// Picks by shares.
fn pick<'a, T>(list: &'a [T], share: impl Fn(&T) -> u64, choices: &mut Choices) -> &'a T {
    let mut rest = choices.number_below(list.iter().map(&share).sum());
    list.iter()
        .find(|one| {
            let share = share(one);
            let is_it = rest < share;
            rest = rest.saturating_sub(share);
            is_it
        })
        .unwrap()
}

/// Some kind that is no seat.
#[must_use]
pub fn some_kind(choices: &mut Choices) -> &'static Kind {
    pick(&KINDS, |kind| kind.share, choices)
}

/// Some way that an asset of a kind went, and for how many minutes it has been at its end.
#[must_use]
pub fn some_way(kind: &Kind, choices: &mut Choices) -> (&'static [&'static str], i64) {
    let course = pick(&COURSES[kind.flow as usize], |course| course.share, choices);
    (&course.path, choices.between(2 * 60, Moment::days(course.days).0))
}

/// Some way that a seat went, and for how many days it is at its end, at most.
#[must_use]
pub fn some_seat(choices: &mut Choices) -> (&'static str, i64) {
    let (_, days, states) = *pick(SEATS, |(share, ..)| *share, choices);
    (states, days)
}

/// Who takes an asset into a state, and which checks they make for it, by which means.
struct Step {
    role: &'static str,
    checks: &'static [(&'static str, &'static str)],
}

const fn step(role: &'static str, checks: &'static [(&'static str, &'static str)]) -> Step {
    Step { role, checks }
}

fn step_to(flow: Flow, from: Option<&str>, to: &str) -> Step {
    match (flow, to) {
        (Flow::Device, "requested") => step("service-desk", &[]),
        (Flow::Device, "approved") => step("asset-manager", &[]),
        (Flow::Device, "procured" | "shipped-directly" | "cancelled" | "returned-to-supplier") => step("procurement", &[]),
        (Flow::Device, "received") => step("goods-in", &[("goods-in", "scanned")]),
        (Flow::Device, "verified") if from == Some("shipped-directly") => step("desktop-support", &[("serial-report", "reported")]),
        (Flow::Device, "verified") => step("goods-in", &[("serial-scan", "scanned")]),
        (Flow::Device, "configured") => step("desktop-support", &[("imaging", "reported")]),
        (Flow::Device, "secured" | "restocked") => step("desktop-support", &[]),
        (Flow::Device, "deployable") => step("desktop-support", &[("final-check", "typed")]),
        (Flow::Device, "assigned") => step("service-desk", &[]),
        (Flow::Device, "delivered" | "loaned") => step("service-desk", &[("handover-scan", "scanned")]),
        (Flow::Device, "locked") => step("security-officer", &[("device-command", "reported")]),
        (Flow::Device, "lost") => step("security-officer", &[("loss-report", "typed"), ("device-command", "reported")]),
        (_, "written-off") => step("asset-manager", &[]),
        (Flow::Device, "in-repair") => step("service-desk", &[("repair-intake", "typed")]),
        (Flow::Device, "repaired") => {
            step("desktop-support", &[("repair-report", "typed"), ("serial-scan", "scanned"), ("encryption-report", "reported")])
        }
        (Flow::Device | Flow::Peripheral, "collected") => step("goods-in", &[("return-scan", "scanned")]),
        (Flow::Device, "legal-hold") => step("legal-counsel", &[("hold-order", "typed")]),
        (Flow::Device, "wiped") => step("desktop-support", &[("data-handover", "typed"), ("wipe", "reported")]),
        (Flow::Device, "tested") => step("desktop-support", &[("function-test", "typed")]),
        (Flow::Device, _) => step("asset-manager", &[]),
        (Flow::Peripheral, "stocked") if from == Some("ordered") => step("goods-in", &[("goods-in", "scanned")]),
        (Flow::Peripheral, "lost") => step("service-desk", &[("loss-report", "typed")]),
        (Flow::Peripheral, "ordered") => step("procurement", &[]),
        (Flow::Peripheral, _) => step("goods-in", &[]),
        (_, "requested") => step("service-desk", &[]),
        (Flow::Seat, "allocated") => step("licence-manager", &[("seat-assigned", "reported")]),
        (Flow::Seat, "reclaimed") => step("licence-manager", &[("seat-released", "reported")]),
        (Flow::Seat, _) => step("licence-manager", &[]),
        (Flow::Account, "prepared") => step("identity-team", &[("account-created", "reported")]),
        (Flow::Account, "suspended") => step("identity-team", &[("account-suspended", "reported")]),
        (Flow::Account, "revoked") => step("identity-team", &[("account-revoked", "reported")]),
        (Flow::Account, _) => step("identity-team", &[]),
        (Flow::Access, "prepared") => step("facilities", &[("access-encoded", "scanned")]),
        (Flow::Access, "returned") => step("facilities", &[("return-scan", "scanned")]),
        (Flow::Access, "suspended" | "deactivated") => step("facilities", &[("access-deactivated", "reported")]),
        (Flow::Access, _) => step("facilities", &[]),
    }
}

/// Whether an asset is handed out on entering a state.
fn hands_out(to: &str) -> bool {
    matches!(to, "assigned" | "loaned" | "issued" | "allocated" | "active")
}

/// Whether it comes back, or is gone, and stands in nobody's name.
fn takes_back(to: &str) -> bool {
    matches!(to, "collected" | "returned" | "reclaimed" | "revoked" | "deactivated" | "written-off")
}

/// For how many minutes an asset stays before it goes on.
fn stay(state: &str, choices: &mut Choices) -> i64 {
    match state {
        "delivered" | "issued" | "allocated" | "active" => choices.between(Moment::days(90).0, Moment::days(600).0),
        "deployable" | "stocked" | "restocked" | "procured" => choices.between(Moment::days(1).0, Moment::days(25).0),
        _ => choices.between(4 * 60, Moment::days(3).0),
    }
}

/// What an asset is to be like.
#[derive(Clone, Debug)]
pub struct Wanted<'w> {
    /// Its id.
    pub id: String,
    /// A number that no other asset has.
    pub number: u64,
    /// Its kind.
    pub kind: &'static Kind,
    /// The way it went.
    pub path: &'w [&'static str],
    /// For how many minutes it has been at the end.
    pub age: i64,
    /// Who has it, or had it last.
    pub owner: u64,
    /// The ticket under which it last changed hands.
    pub ticket: Option<String>,
    /// The id of another asset, that it is used with.
    pub other: String,
}

/// Makes an asset with nothing wrong.
#[must_use]
pub fn asset(people: &People, wanted: &Wanted<'_>, choices: &mut Choices) -> Asset {
    let Wanted { id, number, kind, path, age, owner, ticket, other } = wanted;
    let state = path[path.len() - 1];
    let mut asset = Asset {
        id: id.clone(),
        kind: kind.name.into(),
        state: state.into(),
        serial: None,
        tag: None,
        number: None,
        login: None,
        product: None,
        owner: None,
        held_by: None,
        shared: false,
        steward: None,
        due_back: (state == "loaned").then(|| Day(choices.between(1, 20))),
        last_used: None,
        location: location(kind.flow, state, choices),
        attributes: BTreeMap::new(),
        evidence: Vec::with_capacity(path.len()),
        history: Vec::with_capacity(path.len()),
        custody: Vec::new(),
        relations: match kind.name {
            "dock" => vec![used_with(other)],
            _ => Vec::new(),
        },
        updated_at: Some(Moment(choices.between(30, (*age).clamp(31, Moment::days(300).0)))),
        version: choices.between(1, 40).to_string(),
    };
    let identity = identify(&mut asset, kind, *number);
    let mut at = Moment(*age);
    let mut times = vec![at];
    for state in path.iter().rev().skip(1) {
        at = at.later(-stay(state, choices));
        times.push(at);
    }
    times.reverse();
    let last_issue = path.iter().rposition(|to| hands_out(to));
    let last_turn = path.iter().rposition(|to| hands_out(to) || takes_back(to));
    let first = choices.number_below(4);
    let mut from: Option<&'static str> = None;
    let mut holder: Option<String> = None;
    for (place, (to, at)) in path.iter().copied().zip(times.iter().copied()).enumerate() {
        let Step { role, checks } = step_to(kind.flow, from, to);
        let who = |after: u64| People::staff(role, first + u64::try_from(place).unwrap() + after);
        for (minutes, (check, means)) in (1..).zip(checks.iter().rev()) {
            let seen = identity.as_ref().map(|identity| seen(identity, kind, means, choices));
            // Whoever built it does not release it: two steps on somebody else acts.
            let at = at.later(-minutes * choices.between(3, 12));
            asset.evidence.push(Evidence {
                check: (*check).into(),
                at,
                result: "passed".into(),
                seen,
                by: who(0),
                role: role.into(),
                means: (*means).into(),
            });
        }
        let corrects = from == Some("configured") && to == "verified";
        let under = ticket.as_ref().filter(|_| last_turn.is_some_and(|last| place >= last)).cloned();
        asset.history.push(Entry {
            at,
            from: from.map(Text::from),
            to: to.into(),
            by: who(0),
            reason: corrects.then_some("the wrong build was installed".into()),
            second: corrects.then(|| who(1)),
            ticket: under.clone(),
        });
        if hands_out(to) || takes_back(to) && holder.is_some() {
            let next = hands_out(to).then(|| {
                let who = if last_issue == Some(place) { *owner } else { people.at_work(choices) };
                format!("person:{}", People::id(who))
            });
            asset.custody.push(Custody {
                at,
                change: "owner".into(),
                from: std::mem::replace(&mut holder, next.clone()),
                to: next,
                by: who(0),
                ticket: under,
            });
        }
        from = Some(to);
    }
    asset.owner = if state == "legal-hold" { Some("department:legal".to_owned()) } else { holder };
    asset.attributes = attributes(kind, path, &times, choices);
    asset
}

/// Gives an asset the identity of its kind.
fn identify(asset: &mut Asset, kind: &Kind, number: u64) -> Option<String> {
    // An odd factor mixes numbers and makes no two of them the same.
    let mixed = number.wrapping_mul(0x09e3_779b) & 0x0fff_ffff;
    let (field, identity) = match kind.identity {
        Identity::Serial => (&mut asset.serial, format!("{}{mixed:07X}", if kind.flow == Flow::Device { "PF" } else { "CN" })),
        Identity::Tag => (&mut asset.tag, format!("HS-{number:07}")),
        Identity::Number => (&mut asset.number, format!("700-{number:07}")),
        Identity::Login => (&mut asset.login, format!("u{number:07}")),
        Identity::None => return None,
    };
    *field = Some(identity.clone());
    Some(identity)
}

/// What was read off a thing: scanners put a letter in front, and people type as they please.
fn seen(identity: &str, kind: &Kind, means: &str, choices: &mut Choices) -> String {
    match (kind.identity, means) {
        (Identity::Serial, "scanned") if choices.one_in(5) => format!("S{identity}"),
        (Identity::Serial, "typed") if choices.one_in(3) => identity.to_lowercase(),
        _ => identity.to_owned(),
    }
}

fn location(flow: Flow, state: &str, choices: &mut Choices) -> Option<Text> {
    let place = match state {
        _ if matches!(flow, Flow::Seat | Flow::Account) => return None,
        "requested" | "approved" | "procured" | "ordered" | "shipped-directly" => return None,
        "retired" | "discarded" | "written-off" | "lost" | "cancelled" | "declined" | "returned-to-supplier" | "deactivated" => {
            return None;
        }
        "received" | "collected" => "goods-in",
        "deployable" | "restocked" | "stocked" => choices.of(&["store-main", "store-north"]),
        "prepared" | "returned" => "facilities",
        "legal-hold" => "safe",
        "verified" | "configured" | "secured" | "wiped" | "tested" | "in-repair" | "repaired" => "bench",
        _ => choices.of(&["office-berlin", "office-bremen", "clinic-north", "home"]),
    };
    Some(place.into())
}

fn attributes(kind: &Kind, path: &[&str], times: &[Moment], choices: &mut Choices) -> BTreeMap<&'static str, Attribute> {
    let mut all = BTreeMap::new();
    if !kind.model.is_empty() {
        all.insert("model", Attribute::Text(kind.model.into()));
    }
    if kind.flow != Flow::Device {
        return all;
    }
    let last = |state: &str| path.iter().rposition(|other| *other == state);
    all.insert("price", Attribute::Number(choices.between(400, 2_400)));
    if last("procured").is_some() {
        all.insert("order_number", Attribute::Text(format!("PO-{:06}", choices.number_below(900_000)).into()));
    }
    if last("shipped-directly").is_some() {
        all.insert("tracking_number", Attribute::Text(format!("TR{:08}", choices.number_below(90_000_000)).into()));
    }
    if last("configured").is_some() {
        all.insert("image", Attribute::Text((*choices.of(&["office-2026.1", "office-2026.2", "clinical-2026.1"])).into()));
    }
    if let Some(secured) = last("secured") {
        // In use it is seen every day; after it came back no more, and wiped it is no longer encrypted.
        let back = last("collected").filter(|back| *back > secured);
        let since = back.map_or(Moment::days(25), |back| Moment(times[back].0.max(Moment::days(1).0) + Moment::days(25).0));
        let seen = Moment(choices.between(back.map_or(60, |back| times[back].0), since.0));
        let value = last("wiped").is_none_or(|wiped| wiped < secured);
        all.insert("disk_encrypted", Attribute::Reported { value, source: "mdm".into(), observed_at: seen });
        all.insert("mdm_enrolled", Attribute::Reported { value, source: "mdm".into(), observed_at: seen });
        all.insert("patched_at", Attribute::Time(seen));
        all.insert("firmware_locked", Attribute::Bool(true));
    }
    if last("collected").is_some() || last("lost").is_some() || last("locked").is_some() {
        all.insert("legal_hold", Attribute::Bool(path.last() == Some(&"legal-hold")));
        all.insert("battery_health", Attribute::Number(choices.between(65, 99)));
    }
    if path.last() == Some(&"retired") {
        all.insert("disposal_reference", Attribute::Text("RC-2025-17".into()));
    }
    all
}

fn used_with(other: &str) -> Relation {
    Relation { relation: "used-with".into(), item: format!("asset:{other}") }
}

/// What is usual beside the ways: some things are shared, some are at somebody else's hand, some belong to others.
pub fn dress(people: &People, asset: &mut Asset, other: &str, choices: &mut Choices) {
    let is_out = matches!(&*asset.state, "delivered" | "issued");
    if is_out && choices.one_in(40) {
        let owner = "department:care".to_owned();
        if let Some(issue) = asset.custody.last_mut() {
            issue.to = Some(owner.clone());
        }
        (asset.owner, asset.shared) = (Some(owner), true);
        asset.steward = Some(People::id(people.at_work(choices)));
    } else if is_out && choices.one_in(60) {
        asset.held_by = Some(People::id(people.at_work(choices)));
    } else if matches!(&*asset.state, "requested" | "approved" | "procured" | "ordered") && choices.one_in(2) {
        // What is not here yet is often meant for somebody.
        asset.owner = Some(format!("person:{}", People::id(people.at_work(choices))));
    }
    if asset.kind == "monitor" && choices.one_in(2) {
        asset.relations.push(used_with(other));
    }
}
