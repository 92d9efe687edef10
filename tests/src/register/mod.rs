//! A whole register, made from a number: people, licences, exceptions, assets and tickets as the reference policy wants them, and faults of
//! every sort that an audit looks for, planted here and there and told beside it.
//!
//! It is written line by line and never held: each record follows from the number and from its own place alone.

mod assets;
mod faults;
mod people;
mod rows;
mod tickets;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use serde_json::Value;

pub use rows::AT;

use crate::choices::Choices;
use assets::Wanted;
use faults::{AssetBase, Fault, Planting, TicketBase};
use people::People;
use rows::{Asset, Case, Exception, Licence, Line, Link, LoggedDecision, Moment, Person, Reconciliation, ReconciliationStep, Text, Ticket};
use tickets::{ASSETS_OF_CASE, Course, LOG_BEGINS, Story, Told};

/// A register to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// How many assets there are beside licence seats; those with faults, and those of whole cases, among them.
    pub assets: u64,
    /// How many people.
    pub people: u64,
    /// How many licence seats.
    pub seats: u64,
    /// How many faults of each sort are planted; one more where that is odd, because some take two records.
    pub faults: u64,
    /// The number that it is made from.
    pub seed: u64,
}

/// A finding that a planted fault makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// The code.
    pub code: &'static str,
    /// The item that it is about, or the record, as `/people/ID`; none where it is about the register as a whole.
    pub about: Option<String>,
    /// What the fault is called.
    pub fault: &'static str,
}

/// The products of which there are licences, with the kind of their seats.
const PRODUCTS: [(&str, &str); 6] = [
    ("Office suite", "office-seat"),
    ("Design suite", "design-seat"),
    ("Mail archive", "office-seat"),
    ("Drawing board", "design-seat"),
    ("Ward planner", "office-seat"),
    ("Whiteboard", "office-seat"),
];

/// What choices are for, so that those for one are none for another.
#[derive(Clone, Copy)]
enum Sort {
    Person,
    PersonWithFault,
    Asset,
    /// Which seat it is, and the rest of it.
    Seat,
    SeatRow,
    Ticket,
    Exception,
    ExceptionTwice,
}

/// What products with faults are called, and how many sorts of seats with faults there are.
const MISCOUNTED: &str = "Miscounted tool";
const CROWDED: &str = "Crowded tool";
const UNLICENSED: &str = "Unlicensed tool";
const SORTS_OF_SEATS: u64 = faults::SEATS.len() as u64 + 3;

impl Register {
    /// A register of so many assets, and of as many people, seats and faults as go with them.
    #[must_use]
    pub fn of(assets: u64, seed: u64) -> Self {
        let faults = (40 * u64::from(assets.max(1).ilog10())).saturating_sub(140).max(2);
        Self { assets, people: (assets / 10).max(300), seats: (assets / 5).max(100), faults, seed }
    }

    /// Writes the register, a record a line. Gives the findings that an audit by the reference policy has to make, in order.
    ///
    /// # Errors
    /// It can't be written, or there are fewer records than the faults take.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Vec<Planted>> {
        let mut writer = Writer::new(*self, out).map_err(|wrong| io::Error::new(io::ErrorKind::InvalidInput, wrong))?;
        writer.head()?;
        writer.body()?;
        let mut planted = writer.planted;
        planted.sort();
        Ok(planted)
    }

    /// Plants faults in the reference policy itself, and gives the findings that they make in any register.
    ///
    /// # Panics
    /// Where it is not the reference policy.
    pub fn plant_in_policy(policy: &mut Value) -> Vec<Planted> {
        policy["sops"]["SOP-26"]["reviewed_at"] = "2024-01-08".into();
        let step = &mut policy["workflows"]["peripheral"]["transitions"]["ordered -> cancelled"];
        step.as_object_mut().unwrap().remove("sop").unwrap();
        let planted = |code: &'static str, fault: &'static str| Planted { code, about: None, fault };
        vec![planted("sop-missing", "a step without a procedure"), planted("sop-stale", "a procedure that nobody has looked at for years")]
    }

    /// How many tickets there are by themselves, beside those of people who come and go and those with faults.
    fn tickets(&self) -> u64 {
        self.assets / 20
    }

    /// How many closed tickets come with all that they are about, beside those with faults.
    fn cases(&self) -> u64 {
        self.assets / 1_000
    }

    /// How many exceptions there are, beside those with faults.
    fn exceptions(&self) -> u64 {
        self.assets / 500
    }
}

fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap()
}

/// Which fault of a list has its turn, and how often it had it before.
fn turn<B, R>(list: &'static [Fault<B, R>], place: u64) -> (&'static Fault<B, R>, u64) {
    let index = usize::try_from(place % count(list)).unwrap();
    (&list[index], place / count(list))
}

fn asset_id(index: u64) -> String {
    format!("A-{index:07}")
}

fn seat_id(index: u64) -> String {
    format!("S-{index:07}")
}

/// So many marked records among all, evenly spread.
#[derive(Clone, Copy)]
struct Spread {
    marked: u64,
    all: u64,
}

impl Spread {
    fn of(marked: u64, all: u64, what: &str) -> Result<Self, String> {
        if all < 2 || all / 2 < marked {
            return Err(format!("{all} {what} are too few for {marked} with faults"));
        }
        Ok(Self { marked, all })
    }

    /// Which of the marked ones this is; none where it is not marked. No two that are marked stand side by side.
    fn mark(self, place: u64) -> Option<u64> {
        let mark = (place * self.marked).div_ceil(self.all.max(1));
        (mark < self.marked && self.place(mark) == place).then_some(mark)
    }

    /// Where a marked one is.
    fn place(self, mark: u64) -> u64 {
        mark * self.all / self.marked
    }
}

struct Writer<'w, W> {
    register: Register,
    people: People,
    /// The assets that are written by themselves, with the faults among them.
    alone: Spread,
    seats: Spread,
    out: &'w mut W,
    line: Vec<u8>,
    planted: Vec<Planted>,
    /// The first of two records that make a fault together, by the fault.
    firsts: BTreeMap<&'static str, Asset>,
    /// How many tickets were written, and how many assets of whole cases.
    tickets: u64,
    in_cases: u64,
}

impl<'w, W: Write> Writer<'w, W> {
    fn new(register: Register, out: &'w mut W) -> Result<Self, String> {
        let faults = register.faults.next_multiple_of(2);
        let register = Register { faults, ..register };
        let people = People::new(register.people, faults * (count(faults::PEOPLE) + 2))?;
        let Range { start, end } = joiners_with_case(&people);
        let cases = register.cases() + faults * count(faults::CASES) + end - start;
        let alone = register.assets.saturating_sub(cases * ASSETS_OF_CASE);
        let alone = Spread::of(faults * (count(faults::ASSETS) + count(faults::PAIRS)), alone, "assets")?;
        let seats = Spread::of(faults * SORTS_OF_SEATS, register.seats, "seats")?;
        Ok(Self {
            register,
            people,
            alone,
            seats,
            out,
            line: Vec::new(),
            planted: Vec::new(),
            firsts: BTreeMap::new(),
            tickets: 0,
            in_cases: 0,
        })
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    fn choices(&self, sort: Sort, index: u64) -> Choices {
        Choices::of_record(self.register.seed, sort as u64, index)
    }

    fn planting(&self, count: u64, choices: &Choices) -> Planting {
        Planting { people: self.people, count, first: None, choices: choices.clone() }
    }

    fn expect(&mut self, fault: &'static str, codes: &'static [&'static str], about: Option<String>) {
        self.planted.extend(codes.iter().map(|code| Planted { code, about: about.clone(), fault }));
    }

    /// An asset that stands by itself and has no fault.
    fn some_asset(&self, choices: &mut Choices) -> String {
        let place = choices.number_below(self.alone.all - 1);
        asset_id(place + u64::from(self.alone.mark(place).is_some()))
    }

    fn head(&mut self) -> io::Result<()> {
        self.line(&Line::At(AT))?;
        self.line(&Line::Coverage(&tickets::coverage()))?;
        self.people()?;
        self.licences()?;
        self.exceptions()?;
        self.decisions()
    }

    fn person(&self, index: u64) -> Person {
        self.people.person(&mut self.choices(Sort::Person, index), index)
    }

    fn people(&mut self) -> io::Result<()> {
        let Range { start, end } = self.people.faulty();
        for index in 0..start {
            self.line(&Line::Person(&self.person(index)))?;
        }
        let changed = start + self.register.faults * count(faults::PEOPLE);
        for (place, index) in (0..).zip(start..changed) {
            let (fault, count) = turn(faults::PEOPLE, place);
            let mut person = self.person(index);
            (fault.change)(&mut person, &mut self.planting(count, &self.choices(Sort::PersonWithFault, index)));
            self.line(&Line::Person(&person))?;
            self.expect(fault.name, fault.codes, Some(format!("/people/{}", person.id)));
        }
        for first in (changed..end).step_by(2) {
            for index in [first, first + 1] {
                self.line(&Line::Person(&Person { id: People::id(first), ..self.person(index) }))?;
            }
            self.expect("two people of one id", &["duplicate-item"], Some(format!("/people/{}", People::id(first))));
        }
        if self.register.faults > 0 {
            self.expect("a role that nobody holds", &["role-vacant"], None);
            self.expect("a role that one person holds", &["role-thin"], None);
        }
        Ok(())
    }

    fn licences(&mut self) -> io::Result<()> {
        let licence = |id: String, product: Text, seats: u64, allocated: u64| Licence {
            id,
            product,
            seats,
            allocated,
            metric: "user".into(),
            cost: "84.50".into(),
            currency: "EUR".into(),
        };
        let mut taken: BTreeMap<Text, u64> = BTreeMap::new();
        for index in 0..self.seats.all {
            let seat = self.seat(index);
            *taken.entry(seat.product).or_default() += u64::from(seat.path == faults::SEAT);
        }
        for (place, (product, _)) in (1..).zip(PRODUCTS) {
            let taken = taken.get(product).copied().unwrap_or_default();
            // Bought in two lots.
            self.line(&Line::Licence(&licence(format!("L-{place:03}-1"), product.into(), taken, taken)))?;
            self.line(&Line::Licence(&licence(format!("L-{place:03}-2"), product.into(), taken / 10 + 5, 0)))?;
        }
        for count in 0..self.register.faults {
            let id = |sort: char| format!("L-{sort}{count:03}");
            let about = |sort: char| Some(format!("/licences/{}", id(sort)));
            self.line(&Line::Licence(&licence(id('M'), product(MISCOUNTED, count), 9, 3)))?;
            self.expect("a licence that the vendor counts otherwise", &["licence-count-mismatch"], about('M'));
            for seats in [3, 4] {
                self.line(&Line::Licence(&licence(id('D'), product("Doubled tool", count), seats, 0)))?;
            }
            self.expect("two licences of one id", &["duplicate-item"], about('D'));
            if count.is_multiple_of(2) {
                self.line(&Line::Licence(&licence(id('C'), product(CROWDED, count), 1, 2)))?;
                self.expect("more seats taken than bought", &["licence-over-allocated"], about('C'));
            }
        }
        Ok(())
    }

    fn exceptions(&mut self) -> io::Result<()> {
        let alone = self.register.exceptions();
        for index in 0..alone + self.register.faults * count(faults::EXCEPTIONS) {
            let mut choices = self.choices(Sort::Exception, index);
            let mut exception = self.exception(index, &mut choices);
            if let Some(place) = index.checked_sub(alone) {
                let (fault, count) = turn(faults::EXCEPTIONS, place);
                (fault.change)(&mut exception, &mut self.planting(count, &choices));
                let is_of_record = fault.codes == ["relation-missing"];
                let about = if is_of_record { format!("/exceptions/{}", exception.id) } else { exception.items[0].clone() };
                self.expect(fault.name, fault.codes, Some(about));
            } else if choices.one_in(12) {
                exception.approvals.iter_mut().for_each(|approval| approval.verdict = "refused".into());
                (exception.steps, exception.reconciled) = (Vec::new(), None);
            }
            self.line(&Line::Exception(&exception))?;
        }
        for index in 0..self.register.faults {
            let (mut choices, id) = (self.choices(Sort::ExceptionTwice, index), format!("X-D{index:03}"));
            for _ in 0..2 {
                let exception = Exception { id: id.clone(), ..self.exception(index, &mut choices) };
                self.line(&Line::Exception(&exception))?;
            }
            self.expect("two exceptions of one id", &["duplicate-item"], Some(format!("/exceptions/{id}")));
        }
        Ok(())
    }

    /// The log of decisions: those on the steps that are put into its time.
    fn decisions(&mut self) -> io::Result<()> {
        self.line(&Line::Decisions([]))?;
        for mark in 0..self.alone.marked {
            let (fault, _) = self.fault_of(mark);
            let Some((_, decision, held)) = faults::DECISIONS.into_iter().find(|(name, ..)| *name == fault.name) else { continue };
            let at = LOG_BEGINS.later(5);
            let item = format!("asset:{}", asset_id(self.alone.place(mark)));
            let valid_until = held.map(|minutes| at.later(minutes));
            self.line(&Line::Decision(&LoggedDecision { item, to: "delivered".into(), at, decision: decision.into(), valid_until }))?;
        }
        Ok(())
    }

    /// Which fault of an asset has its turn, and how often it had it before.
    fn fault_of(&self, mark: u64) -> (&'static Fault<AssetBase, Asset>, u64) {
        let sorts = count(faults::ASSETS) + count(faults::PAIRS);
        let sort = usize::try_from(mark % sorts).unwrap();
        (faults::ASSETS.iter().chain(faults::PAIRS).nth(sort).unwrap(), mark / sorts)
    }

    /// An exception that was reconciled.
    fn exception(&self, index: u64, choices: &mut Choices) -> Exception {
        let asked = Moment(choices.between(Moment::days(40).0, Moment::days(900).0));
        let starts = asked.later(choices.between(60, 600));
        let step = |step: &'static str, hours: i64| ReconciliationStep {
            step: step.into(),
            by: People::staff("service-desk", 1),
            at: starts.later(hours * 60),
            reference: format!("NOTE-{index}-{hours}"),
        };
        let approval = |role: &'static str| tickets::approval(asked.later(30), People::staff(role, index), role, None);
        Exception {
            id: format!("X-{index:06}"),
            kind: "urgent-hire".into(),
            items: vec![format!("asset:{}", self.some_asset(choices))],
            requirements: None,
            reason: "the team starts a ward sooner than planned".into(),
            requested_by: People::id(self.people.at_work(choices)),
            requested_at: asked,
            department: (*choices.of(&["care", "engineering", "sales"])).into(),
            approvals: vec![approval("it-manager"), approval("hr-partner")],
            starts,
            expires: starts.later(Moment::days(14).0),
            steps: vec![step("checked-afterwards", 30), step("cause-noted", 50)],
            reconciled: Some(Reconciliation {
                at: starts.later(Moment::days(10).0),
                by: People::staff("service-desk-lead", index),
                role: "service-desk-lead".into(),
            }),
        }
    }

    /// Assets, seats and tickets in turns, as an export has them that is sorted by nothing.
    fn body(&mut self) -> io::Result<()> {
        let others = self.others();
        let (mut seat, mut other) = (0, 0);
        for index in 0..self.alone.all {
            self.asset(index)?;
            while seat < self.seats.all && seat * self.alone.all < (index + 1) * self.seats.all {
                self.write_seat(seat)?;
                seat += 1;
            }
            while other < others.len() && count(&others[..other]) * self.alone.all < (index + 1) * count(&others) {
                self.other(others[other], other)?;
                other += 1;
            }
        }
        Ok(())
    }

    fn asset(&mut self, index: u64) -> io::Result<()> {
        let mut choices = self.choices(Sort::Asset, index);
        let Some(mark) = self.alone.mark(index) else {
            let kind = assets::some_kind(&mut choices);
            let (path, age) = assets::some_way(kind, &mut choices);
            let owner = self.people.at_work(&mut choices);
            let other = self.some_asset(&mut choices);
            let wanted = Wanted { id: asset_id(index), number: index, kind, path, age, owner, ticket: None, other };
            let mut asset = assets::asset(&self.people, &wanted, &mut choices);
            assets::dress(&self.people, &mut asset, &wanted.other, &mut choices);
            return self.line(&Line::Asset(&asset));
        };
        let (fault, before) = self.fault_of(mark);
        let is_pair = faults::PAIRS.iter().any(|pair| pair.name == fault.name);
        let mut asset = self.base(&fault.base, asset_id(index), index, &mut choices);
        if is_pair && before.is_multiple_of(2) {
            self.line(&Line::Asset(&asset))?;
            self.firsts.insert(fault.name, asset);
            return Ok(());
        }
        let mut planting = self.planting(before, &choices);
        planting.first = self.firsts.remove(fault.name);
        (fault.change)(&mut asset, &mut planting);
        self.line(&Line::Asset(&asset))?;
        self.expect(fault.name, fault.codes, Some(format!("asset:{}", asset.id)));
        Ok(())
    }

    /// What an asset is like before a fault is planted.
    fn base(&self, base: &AssetBase, id: String, number: u64, choices: &mut Choices) -> Asset {
        let AssetBase(kind, states, from, until) = *base;
        let age = choices.between(Moment::days(from).0 + 60, Moment::days(until).0);
        let owner = self.people.at_work(choices);
        let path = assets::path(states);
        let other = self.some_asset(choices);
        let wanted = Wanted { id, number, kind: assets::kind_of(kind), path: &path, age, owner, ticket: None, other };
        assets::asset(&self.people, &wanted, choices)
    }

    fn write_seat(&mut self, index: u64) -> io::Result<()> {
        let Seat { product, kind, path, days, fault } = self.seat(index);
        let mut choices = self.choices(Sort::SeatRow, index);
        let base = AssetBase(kind, path, days.0, days.1);
        let mut seat = self.base(&base, seat_id(index), index, &mut choices);
        if seat.state == "allocated" {
            seat.last_used = Some(Moment(choices.between(60, Moment::days(85).0)));
        }
        let item = format!("asset:{}", seat.id);
        match fault {
            Some(SeatFault::OfTable(fault, before)) => {
                (fault.change)(&mut seat, &mut self.planting(before, &choices));
                self.expect(fault.name, fault.codes, Some(item));
            }
            Some(SeatFault::WithoutLicence) => self.expect("seats of a product without a licence", &["licence-unknown"], Some(item)),
            Some(SeatFault::OfLicence) | None => {}
        }
        seat.product = Some(product);
        self.line(&Line::Asset(&seat))
    }

    /// What a seat is to be like.
    fn seat(&self, index: u64) -> Seat {
        let mut choices = self.choices(Sort::Seat, index);
        let Some(mark) = self.seats.mark(index) else {
            let (product, kind) = *choices.of(&PRODUCTS);
            let (states, days) = assets::some_seat(&mut choices);
            return Seat { product: product.into(), kind, path: states, days: (0, days), fault: None };
        };
        let (sort, before) = (usize::try_from(mark % SORTS_OF_SEATS).unwrap(), mark / SORTS_OF_SEATS);
        if let Some(fault) = faults::SEATS.get(sort) {
            let AssetBase(kind, path, from, until) = fault.base;
            let (product, _) = PRODUCTS.iter().copied().find(|(_, of)| *of == kind).unwrap_or(PRODUCTS[0]);
            return Seat { product: product.into(), kind, path, days: (from, until), fault: Some(SeatFault::OfTable(fault, before)) };
        }
        let (product, fault) = match sort - faults::SEATS.len() {
            0 => (product(MISCOUNTED, before), SeatFault::OfLicence),
            // Two seats of each.
            1 => (product(CROWDED, before / 2 * 2), SeatFault::OfLicence),
            _ => (product(UNLICENSED, before), SeatFault::WithoutLicence),
        };
        Seat { product, kind: "office-seat", path: faults::SEAT, days: (20, 340), fault: Some(fault) }
    }

    /// The tickets, in the order in which they are written.
    fn others(&self) -> Vec<Other> {
        let with_case = joiners_with_case(&self.people);
        let alone = (0..self.register.tickets()).map(|_| Other::Ticket);
        let coming =
            self.people.joiners().map(|index| if with_case.contains(&index) { Other::ComesWithCase(index) } else { Other::Comes(index) });
        let going = self.people.leavers().map(Other::Goes);
        let closed =
            (0..self.register.cases()).map(|place| Other::Case(if place.is_multiple_of(2) { Story::Came } else { Story::Went }, None));
        let faulty = (0..self.register.faults * count(faults::TICKETS)).map(Other::FaultyTicket);
        let faulty_cases = (0..self.register.faults * count(faults::CASES)).map(|place| {
            let fault = turn(faults::CASES, place).0;
            Other::Case(fault.base, Some(fault))
        });
        let twice = (0..self.register.faults).map(|_| Other::Twice);
        alone.chain(coming).chain(going).chain(closed).chain(faulty).chain(twice).chain(faulty_cases).collect()
    }

    fn other(&mut self, other: Other, place: usize) -> io::Result<()> {
        let mut choices = self.choices(Sort::Ticket, u64::try_from(place).unwrap());
        let id = format!("T-{:07}", self.tickets);
        self.tickets += 1;
        match other {
            Other::Ticket => {
                let subject = self.people.at_work(&mut choices);
                let ticket = self.ticket(id, tickets::some_course(&mut choices), subject, &mut choices);
                self.line(&Line::Ticket(&ticket))
            }
            Other::Comes(person) => {
                let ticket = self.ticket(id, &tickets::COMING, person, &mut choices);
                self.line(&Line::Ticket(&ticket))
            }
            Other::Goes(person) => {
                let ticket = self.ticket(id, &tickets::GOING, person, &mut choices);
                self.line(&Line::Ticket(&ticket))
            }
            Other::FaultyTicket(place) => {
                let (fault, before) = turn(faults::TICKETS, place);
                let TicketBase(kind, states, from, until, role) = fault.base;
                let course = Course { kind, days: (from, until), role, path: assets::path(states) };
                let subject = self.people.at_work(&mut choices);
                let mut ticket = self.ticket(id, &course, subject, &mut choices);
                (fault.change)(&mut ticket, &mut self.planting(before, &choices));
                self.line(&Line::Ticket(&ticket))?;
                let item = match ticket.tasks.first() {
                    Some(task) if fault.name.starts_with("a task") => format!("task:{}/{}", ticket.id, task.id),
                    _ => format!("ticket:{}", ticket.id),
                };
                self.expect(fault.name, fault.codes, Some(item));
                Ok(())
            }
            Other::Twice => {
                for _ in 0..2 {
                    let subject = self.people.at_work(&mut choices);
                    let ticket = self.ticket(id.clone(), tickets::some_course(&mut choices), subject, &mut choices);
                    self.line(&Line::Ticket(&ticket))?;
                }
                self.expect("two tickets of one id", &["duplicate-item"], Some(format!("ticket:{id}")));
                Ok(())
            }
            Other::ComesWithCase(person) => self.case(id, Story::Comes, person, None, &mut choices),
            Other::Case(Story::Went, fault) => {
                let person = self.people.who_left_lately(&mut choices);
                self.case(id, Story::Went, person, fault, &mut choices)
            }
            Other::Case(story, fault) => {
                let person = self.people.at_work(&mut choices);
                self.case(id, story, person, fault, &mut choices)
            }
        }
    }

    fn ticket(&self, id: String, course: &Course, subject: u64, choices: &mut Choices) -> Ticket {
        let role = match course.kind {
            "repair" => "repair",
            "loaner" => "loan",
            "return" | "lost" | "offboarding" => "collect",
            "mover" => "keep",
            _ => "issue",
        };
        let links = (0..=choices.below(2)).map(|_| Link { asset: self.some_asset(choices), role: role.into() }).collect();
        tickets::ticket(&self.people, id, course, subject, links, choices)
    }

    fn case(
        &mut self,
        id: String,
        story: Story,
        person: u64,
        fault: Option<&'static Fault<Story, Case>>,
        choices: &mut Choices,
    ) -> io::Result<()> {
        let mut next = || {
            let index = self.alone.all + self.in_cases;
            self.in_cases += 1;
            (asset_id(index), index)
        };
        let told = Told { id, assets: [next(), next()], person: (person, self.person(person)) };
        let mut case = tickets::case(&self.people, story, told, choices);
        if let Some(fault) = fault {
            (fault.change)(&mut case, &mut self.planting(0, choices));
            let item = match story {
                Story::Went => format!("asset:{}", case.assets[1].id),
                Story::Came | Story::Comes => format!("ticket:{}", case.tickets[0].id),
            };
            self.expect(fault.name, fault.codes, Some(item));
        }
        self.line(&Line::Case(&case))
    }
}

/// What a seat is to be like.
struct Seat {
    product: Text,
    kind: &'static str,
    path: &'static str,
    days: (i64, i64),
    fault: Option<SeatFault>,
}

enum SeatFault {
    /// One that is changed on the seat.
    OfTable(&'static Fault<AssetBase, Asset>, u64),
    /// Its licence has one.
    OfLicence,
    /// It has no licence.
    WithoutLicence,
}

/// A ticket to be written.
#[derive(Clone, Copy)]
enum Other {
    Ticket,
    Comes(u64),
    ComesWithCase(u64),
    Goes(u64),
    Case(Story, Option<&'static Fault<Story, Case>>),
    FaultyTicket(u64),
    Twice,
}

/// Those who come soon whose ticket comes with all that it is about.
fn joiners_with_case(people: &People) -> Range<u64> {
    let Range { start, end } = people.joiners();
    start..start + (end - start) / 5
}

fn product(name: &str, count: u64) -> Text {
    format!("{name} {count}").into()
}
