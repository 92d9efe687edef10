//! What HR tells of a person: a user in the form of SCIM 2.0 (RFC 7643, with the enterprise extension), or the project's own record. This is
//! the one place that knows what of SCIM means what.

use std::collections::BTreeSet;

use handoff::core::facts::{Document, Fact, Person};
use handoff::core::plan::Direction;
use handoff::core::{Facts, Problem};
use serde_json::{Map, Value, json};

/// A notice as it is read.
#[derive(Debug)]
pub(crate) struct Notice {
    /// What it says; what it does not say is unknown.
    pub person: Person,
    /// The profile that it asks for. The record keeps the one that it has: who moves comes from there.
    pub profile: Option<String>,
    /// What of it was not used, each with why where that is not plain.
    pub not_used: Vec<String>,
}

/// By what a notice is understood.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub facts: &'a Document,
    /// The policy, as it is described.
    pub policy: &'a Value,
    pub direction: Direction,
    /// The id of the person, where the user names it.
    pub person: Option<&'a str>,
}

/// Why a notice is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is something else, or does not say whom it is about: what, and what to do.
    Other(String, String),
    /// These are wrong, with paths into the notice.
    Problems(Vec<Problem>),
}

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const MESSAGES: &str = "urn:ietf:params:scim:api:messages:2.0:";

const ACCEPTED: &str =
    "pass one user as it is to be: what `GET /Users/ID` answers, what creates or replaces one, or a person as in the facts";

/// Reads a notice.
pub(crate) fn read(text: &str, known: &Known<'_>) -> Result<Notice, Unread> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let position = Some(handoff::core::Position { line: number(error.line()), column: number(error.column()) });
        Unread::Problems(vec![Problem { position, ..Problem::new("facts-syntax", "", "the notice is not JSON") }])
    })?;
    let Value::Object(object) = &value else {
        return Err(Unread::Other("the notice is no object".to_owned(), ACCEPTED.to_owned()));
    };
    let user = Attributes::of(object);
    let schemas: Vec<&str> = user.list("schemas").iter().filter_map(Value::as_str).collect();
    if let Some(message) = schemas.iter().find_map(|schema| strip(schema, MESSAGES)) {
        return Err(Unread::Other(format!("the notice is a SCIM {message}, and no user"), ACCEPTED.to_owned()));
    }
    match schemas.iter().any(|schema| schema.eq_ignore_ascii_case(CORE)) {
        true => scim(&user, known),
        false if !schemas.is_empty() => {
            Err(Unread::Other(format!("the notice is a SCIM resource that is no user: {}", schemas.join(", ")), ACCEPTED.to_owned()))
        }
        false if user.get("userName").is_some() => scim(&user, known),
        false => own(text, known),
    }
}

/// A person as in the facts.
fn own(text: &str, known: &Known<'_>) -> Result<Notice, Unread> {
    let mut person = person(text).map_err(Unread::Problems)?;
    if let Some(id) = known.person.filter(|id| *id != person.id) {
        let message = format!("the notice is about `{}`, and `--person` names `{id}`", person.id);
        return Err(Unread::Other(message, "leave `--person` out, or pass the notice of the other".to_owned()));
    }
    let moves = known.direction == Direction::Mover && person.engagements.is_unknown();
    let profile = if moves { std::mem::take(&mut person.profile).text().map(str::to_owned) } else { None };
    Ok(Notice { person, profile, not_used: Vec::new() })
}

/// Reads a record as the facts do.
fn person(text: &str) -> Result<Person, Vec<Problem>> {
    let facts = Facts::parse(&format!("{{\"people\":[{text}]}}")).map_err(|problems| {
        let inside = |mut problem: Problem| {
            problem.path = problem.path.strip_prefix("/people/0").unwrap_or_default().to_owned();
            problem.position = None;
            problem
        };
        problems.into_iter().map(inside).collect::<Vec<_>>()
    })?;
    facts.document().people.rows().first().cloned().ok_or_else(|| vec![Problem::new("facts-shape", "", "the notice holds no person")])
}

/// A user of SCIM.
fn scim(user: &Attributes<'_>, known: &Known<'_>) -> Result<Notice, Unread> {
    let mut not_used = Unused::default();
    let none = Map::new();
    let enterprise = Attributes::of(user.get(ENTERPRISE).and_then(Value::as_object).unwrap_or(&none));
    let id = match known.person {
        Some(id) => id.to_owned(),
        None => whose(user, &enterprise, known)?,
    };
    let mut record = Map::from_iter([("id".to_owned(), json!(id))]);
    let mut set = |key: &str, value: Option<String>| drop(value.map(|value| record.insert(key.to_owned(), json!(value))));
    set("name", name(user));
    set("department", enterprise.text("department").map(|text| declared(known.policy, "departments", text).unwrap_or(text).to_owned()));
    set("manager", manager(&enterprise, known, &mut not_used));
    set("location", location(user, &id, known, &mut not_used));
    set("status", status(user, known.direction, &mut not_used));
    let profile = profile(user, known.policy, &mut not_used);
    not_used.rest(user, &USER, "");
    not_used.rest(&enterprise, &ENTERPRISE_USER, "");
    let person = person(&Value::Object(record).to_string()).map_err(Unread::Problems)?;
    Ok(Notice { person, profile, not_used: not_used.0 })
}

/// What of a user is used, or says nothing about the person.
const USER: [&str; 13] = [
    "schemas",
    "id",
    "externalId",
    "meta",
    "userName",
    "name",
    "displayName",
    "active",
    "addresses",
    "title",
    "roles",
    "userType",
    ENTERPRISE,
];
const ENTERPRISE_USER: [&str; 3] = ["employeeNumber", "department", "manager"];

/// Whose record it is: the one person of the facts that it names in any way, else somebody new.
fn whose(user: &Attributes<'_>, enterprise: &Attributes<'_>, known: &Known<'_>) -> Result<String, Unread> {
    let (login, number) = (user.text("userName"), enterprise.text("employeeNumber"));
    let exact: Vec<&str> = [user.text("externalId"), number, user.text("id")].into_iter().flatten().collect();
    let is_named = |id: &str| exact.contains(&id) || login.is_some_and(|login| login.eq_ignore_ascii_case(id));
    let people = known.facts.people.rows();
    let by_number = |person: &&Person| {
        let numbers = person.engagements.rows().iter().filter_map(|engagement| engagement.number.text());
        numbers.into_iter().any(|number| exact.contains(&number))
    };
    let ids = people.iter().filter(|person| is_named(&person.id) || by_number(person)).map(|person| person.id.as_str());
    let subjects = known.facts.tickets.rows().iter().filter_map(|ticket| ticket.subject.text()).filter(|id| is_named(id));
    let named: BTreeSet<&str> = ids.chain(subjects).collect();
    match named.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => login.or(exact.first().copied()).map(str::to_owned).ok_or_else(|| {
            Unread::Other("the notice does not say whom it is about".to_owned(), "name the person with `--person`".to_owned())
        }),
        several => Err(Unread::Other(
            format!("the notice fits several people of the facts: `{}`", several.join("`, `")),
            "name the one with `--person`".to_owned(),
        )),
    }
}

fn name(user: &Attributes<'_>) -> Option<String> {
    let none = Map::new();
    let name = Attributes::of(user.get("name").and_then(Value::as_object).unwrap_or(&none));
    let parts = || {
        let parts: Vec<&str> = [name.text("givenName"), name.text("familyName")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    name.text("formatted").or(user.text("displayName")).map(str::to_owned).or_else(parts)
}

/// The manager, where the facts know them: an id that leads nowhere would hide the one on record.
fn manager(enterprise: &Attributes<'_>, known: &Known<'_>, not_used: &mut Unused) -> Option<String> {
    let manager = enterprise.get("manager")?;
    // Some providers send the id alone.
    let parts = manager.as_object().map(Attributes::of);
    let value = parts.as_ref().and_then(|parts| parts.text("value")).or_else(|| text_of(manager));
    let address = parts.as_ref().and_then(|parts| parts.text("$ref")).or(value);
    // An address ends with the id.
    let last = address.and_then(|address| address.trim_end_matches('/').rsplit('/').next());
    let is_known = |id: &&str| known.facts.people.rows().iter().any(|person| person.id == *id);
    let found = [value, last].into_iter().flatten().find(is_known);
    if found.is_none() && !is_empty(manager) {
        not_used.tell("manager", "nobody of that id is among the facts");
    }
    found.map(str::to_owned)
}

/// The place of the work address, where the facts know a place of that name, or none for this person.
fn location(user: &Attributes<'_>, id: &str, known: &Known<'_>, not_used: &mut Unused) -> Option<String> {
    let addresses: Vec<Attributes<'_>> = user.list("addresses").iter().filter_map(Value::as_object).map(Attributes::of).collect();
    let is_work = |address: &&Attributes<'_>| address.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
    let only = || addresses.first().filter(|_| addresses.len() == 1);
    let place = addresses.iter().find(is_work).or_else(only).and_then(|address| address.text("locality"));
    let Some(place) = place else {
        if !addresses.is_empty() {
            not_used.tell("addresses", "none is a work address with a locality");
        }
        return None;
    };
    let Document { people, assets, .. } = known.facts;
    let of_person = people.rows().iter().find(|person| person.id == id).map(|person| &person.location);
    let places = people.rows().iter().map(|person| &person.location).chain(assets.rows().iter().map(|asset| &asset.location));
    if !matches!(of_person, None | Some(Fact::Unknown)) && !places.into_iter().any(|other| other.text() == Some(place)) {
        not_used.tell("addresses", &format!("no place of the facts is called `{place}`, and the person's is on record"));
        return None;
    }
    Some(place.to_owned())
}

/// What an account that works, or does not, says about work.
fn status(user: &Attributes<'_>, direction: Direction, not_used: &mut Unused) -> Option<String> {
    let active = match user.get("active")? {
        Value::Bool(active) => *active,
        Value::String(text) if text.eq_ignore_ascii_case("true") => true,
        Value::String(text) if text.eq_ignore_ascii_case("false") => false,
        _ => {
            not_used.tell("active", "it is neither `true` nor `false`");
            return None;
        }
    };
    let status = match (direction, active) {
        (Direction::Joiner, false) => "expected",
        (Direction::Mover | Direction::Leaver, true) => "active",
        (Direction::Leaver, false) => "left",
        (Direction::Joiner, true) => {
            not_used.tell("active", "that an account works does not say that the person has come");
            return None;
        }
        (Direction::Mover, false) => {
            not_used.tell("active", "who moves goes on working");
            return None;
        }
    };
    Some(status.to_owned())
}

/// The first of title, roles and type of user that is a profile of the policy.
fn profile(user: &Attributes<'_>, policy: &Value, not_used: &mut Unused) -> Option<String> {
    let roles = user.list("roles").iter().filter_map(|role| match role {
        Value::Object(role) => Attributes::of(role).text("value"),
        role => text_of(role),
    });
    let told = user.text("title").map(|text| ("title", text)).into_iter();
    let told = told.chain(roles.map(|text| ("roles", text))).chain(user.text("userType").map(|text| ("userType", text)));
    let mut found: Option<&str> = None;
    for (attribute, text) in told {
        match (declared(policy, "profiles", text), found) {
            (Some(profile), None) => found = Some(profile),
            (Some(profile), Some(found)) if profile == found => {}
            (Some(_), Some(found)) => not_used.tell(attribute, &format!("the profile is `{found}` already")),
            (None, _) => not_used.tell(attribute, &format!("no profile is called `{text}`")),
        }
    }
    found.map(str::to_owned)
}

/// The name of what a section of the policy declares under this name or title.
fn declared<'a>(policy: &'a Value, section: &str, text: &str) -> Option<&'a str> {
    let entries = policy.get(section)?.as_object()?;
    let is_title = |entry: &Value| entry.get("title").and_then(Value::as_str).is_some_and(|title| title.eq_ignore_ascii_case(text));
    let by_name = entries.keys().find(|name| name.eq_ignore_ascii_case(text));
    by_name.or_else(|| entries.iter().find(|(_, entry)| is_title(entry)).map(|(name, _)| name)).map(String::as_str)
}

/// Attributes by names in which case does not count.
#[derive(Debug)]
struct Attributes<'a>(&'a Map<String, Value>);

impl<'a> Attributes<'a> {
    fn of(object: &'a Map<String, Value>) -> Self {
        Self(object)
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A text that says something.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(text_of)
    }

    fn list(&self, name: &str) -> &'a [Value] {
        self.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

fn text_of(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a value is one that says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(entries) => entries.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What was not used.
#[derive(Default)]
struct Unused(Vec<String>);

impl Unused {
    fn tell(&mut self, attribute: &str, why: &str) {
        self.0.push(format!("{attribute} ({why})"));
    }

    /// All that is in no list.
    fn rest(&mut self, attributes: &Attributes<'_>, used: &[&str], prefix: &str) {
        let rest = attributes.0.iter().filter(|(key, value)| !is_empty(value) && !used.iter().any(|used| key.eq_ignore_ascii_case(used)));
        self.0.extend(rest.map(|(key, _)| format!("{prefix}{key}")));
    }
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Puts what a notice says over what was known of the person.
pub(crate) fn put(person: Person, document: &mut Document) {
    if !matches!(document.people, Fact::Known(_)) {
        document.people = Fact::Known(Vec::new());
    }
    let Fact::Known(people) = &mut document.people else { return };
    match people.iter_mut().find(|other| other.id == person.id) {
        Some(other) => over(other, person),
        None => people.push(person),
    }
}

fn over(person: &mut Person, notice: Person) {
    let Person {
        id: _,
        name,
        profile,
        department,
        manager,
        location,
        remote,
        status,
        first_day,
        last_day,
        roles,
        engagements,
        same_as,
        utc_offset,
    } = notice;
    fn set<T>(field: &mut Fact<T>, told: Fact<T>) {
        if !told.is_unknown() {
            *field = told;
        }
    }
    set(&mut person.name, name);
    set(&mut person.profile, profile);
    set(&mut person.department, department);
    set(&mut person.manager, manager);
    set(&mut person.location, location);
    set(&mut person.remote, remote);
    set(&mut person.status, status);
    set(&mut person.first_day, first_day);
    set(&mut person.last_day, last_day);
    set(&mut person.roles, roles);
    set(&mut person.engagements, engagements);
    set(&mut person.same_as, same_as);
    set(&mut person.utc_offset, utc_offset);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let text = r#"{
            "people": [
                {"id": "ann", "department": "it", "location": "Office 1", "manager": "cid", "profile": "office", "engagements": [{"number": "17"}]},
                {"id": "cid"}, {"id": "eva@example.com"}
            ],
            "assets": [{"id": "A", "location": "Lisbon"}],
            "tickets": [{"id": "T", "subject": "U-9"}]
        }"#;
        Facts::parse(text).expect("facts")
    }

    fn read_as(text: &str, direction: Direction, person: Option<&str>) -> Result<Notice, Unread> {
        let facts = facts();
        let policy = json!({
            "profiles": {"office": {"title": "Office work"}, "nurse": {"title": "Nurse on a ward"}},
            "departments": {"care": {"title": "Care and wards"}, "it": {"title": "IT"}},
        });
        read(text, &Known { facts: facts.document(), policy: &policy, direction, person })
    }

    fn user(rest: &str) -> String {
        format!(r#"{{"schemas": ["{CORE}", "{ENTERPRISE}"], "id": "9f", "userName": "Eva@Example.com"{rest}}}"#)
    }

    fn joiner(rest: &str) -> Notice {
        read_as(&user(rest), Direction::Joiner, None).expect("a user")
    }

    #[test]
    fn whose_record_it_is_is_found_by_any_id() {
        let id = |text: &str, person| read_as(text, Direction::Joiner, person).map(|notice| notice.person.id);
        assert_eq!(id(&user(""), None).as_deref(), Ok("eva@example.com"));
        assert_eq!(id(&user(""), Some("other")).as_deref(), Ok("other"));
        let named = |rest: &str| format!(r#"{{"schemas": ["{CORE}"], "userName": "new@example.com", "id": "9f"{rest}}}"#);
        assert_eq!(id(&named(""), None).as_deref(), Ok("new@example.com"));
        assert_eq!(id(&named(r#", "externalId": "U-9""#), None).as_deref(), Ok("U-9"));
        assert_eq!(id(&named(&format!(r#", "{ENTERPRISE}": {{"employeeNumber": "17"}}"#)), None).as_deref(), Ok("ann"));
        assert!(
            matches!(id(&named(r#", "externalId": "U-9", "id": "cid""#), None), Err(Unread::Other(message, _)) if message.contains("`U-9`, `cid`"))
        );
        assert!(matches!(id(&format!(r#"{{"schemas": ["{CORE}"]}}"#), None), Err(Unread::Other(..))));
    }

    #[test]
    fn attributes_become_facts_where_they_are_understood() {
        let notice = joiner(&format!(
            r#", "Name": {{"givenName": "Eva", "familyName": "Lund"}}, "active": "False", "title": "nurse ON a ward", "userType": "Employee",
               "addresses": [{{"type": "home", "locality": "Porto"}}, {{"type": "Work", "locality": "Lisbon"}}], "emails": [{{"value": "x"}}],
               "nickName": null, "photos": [],
               "{ENTERPRISE}": {{"department": "care and wards", "costCenter": "5", "manager": {{"$ref": "https://x.example/Users/cid"}}}}"#
        ));
        let Person { name, department, manager, location, status, profile, .. } = &notice.person;
        assert_eq!(
            [name.text(), department.text(), manager.text(), location.text()],
            [Some("Eva Lund"), Some("care"), Some("cid"), Some("Lisbon")]
        );
        assert_eq!((status.value().map(ToString::to_string).as_deref(), profile.is_unknown()), (Some("expected"), true));
        assert_eq!(notice.profile.as_deref(), Some("nurse"));
        assert_eq!(notice.not_used, ["userType (no profile is called `Employee`)", "emails", "costCenter"]);
    }

    #[test]
    fn what_leads_nowhere_hides_nothing() {
        let rest = format!(
            r#", "externalId": "17", "userName": "a", "addresses": [{{"locality": "Porto"}}], "displayName": " ",
               "{ENTERPRISE}": {{"manager": {{"value": "26118915", "displayName": "John"}}, "department": "Research"}}"#
        );
        let text = format!(r#"{{"schemas": ["{CORE}"]{rest}}}"#);
        let notice = read_as(&text, Direction::Mover, None).expect("a user");
        assert_eq!(notice.not_used.len(), 2, "{:?}", notice.not_used);
        let mut document = facts().document().clone();
        put(notice.person, &mut document);
        let ann = document.people.rows().iter().find(|person| person.id == "ann").expect("she is there");
        let told = [ann.manager.text(), ann.location.text(), ann.department.text(), ann.profile.text(), ann.name.text()];
        assert_eq!(told, [Some("cid"), Some("Office 1"), Some("Research"), Some("office"), None]);
        assert_eq!(document.people.rows().len(), 3);
        // Where no place is on record, an unknown one is better than none.
        assert_eq!(joiner(r#", "addresses": [{"locality": "Porto"}]"#).person.location.text(), Some("Porto"));
    }

    #[test]
    fn an_account_says_about_work_what_the_direction_lets_it() {
        for (direction, active, expected, told) in [
            (Direction::Joiner, "true", None, 1),
            (Direction::Joiner, "false", Some("expected"), 0),
            (Direction::Mover, "true", Some("active"), 0),
            (Direction::Mover, "false", None, 1),
            (Direction::Leaver, "\"True\"", Some("active"), 0),
            (Direction::Leaver, "false", Some("left"), 0),
            (Direction::Leaver, "7", None, 1),
        ] {
            let notice = read_as(&user(&format!(r#", "active": {active}"#)), direction, None).expect("a user");
            let status = notice.person.status.value().map(ToString::to_string);
            assert_eq!((status.as_deref(), notice.not_used.len()), (expected, told), "{direction} {active}");
        }
    }

    #[test]
    fn what_is_no_user_says_what_it_is() {
        for (text, expected) in [
            (r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}"#, "SCIM PatchOp"),
            (r#"{"Schemas": ["urn:ietf:params:SCIM:api:messages:2.0:ListResponse"]}"#, "SCIM ListResponse"),
            (r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}"#, "core:2.0:Group"),
            ("[]", "no object"),
        ] {
            let read = read_as(text, Direction::Joiner, None);
            assert!(matches!(&read, Err(Unread::Other(message, _)) if message.contains(expected)), "{read:?}");
        }
        assert!(matches!(read_as("{", Direction::Joiner, None), Err(Unread::Problems(_))));
        let own = read_as(r#"{"id": "ann", "nme": 1, "last_day": "soon"}"#, Direction::Leaver, None);
        assert!(
            matches!(&own, Err(Unread::Problems(problems)) if problems.iter().map(|problem| problem.path.as_str()).eq(["/last_day", "/nme"])),
            "{own:?}"
        );
    }

    #[test]
    fn a_record_of_ones_own_comes_before_what_is_known() {
        let text = r#"{"id": "ann", "location": null, "profile": "nurse", "last_day": "2026-03-31"}"#;
        let moves = read_as(text, Direction::Mover, None).expect("a person");
        assert_eq!((moves.profile.as_deref(), moves.person.profile.is_unknown()), (Some("nurse"), true));
        let goes = read_as(text, Direction::Leaver, Some("ann")).expect("a person");
        let mut document = facts().document().clone();
        put(goes.person, &mut document);
        let ann = document.people.rows().iter().find(|person| person.id == "ann").expect("she is there");
        assert_eq!((&ann.location, ann.profile.text(), ann.manager.text()), (&Fact::None, Some("nurse"), Some("cid")));
        assert!(matches!(read_as(text, Direction::Leaver, Some("cid")), Err(Unread::Other(..))));
    }
}
