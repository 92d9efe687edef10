//! Hooks: what a platform sends in its own shape is mapped to facts, and what is about to change in it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use handoff::core::{Problem, Time};
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::body::{self, Asked};
use super::connection::Body;
use super::problem::Refusal;
use super::query::{parameters, refused};
use super::route::Noted;
use super::rules::Active;
use super::signature::{self, Secret};
use super::tokens::Scope;
use super::{Server, decide};
use crate::log::now;
use crate::mapping::case::{self, From};
use crate::mapping::change::{self, Change, Step};
use crate::mapping::{Document, Documents, Mapped, Mapping, Settings, Told, platforms};
use crate::source::members::members;

/// How the messages of a platform are read, and who may send them.
pub(crate) struct Hook {
    pub mapping: Mapping,
    /// What the platform signs its messages with; none lets tokens alone speak for it.
    pub secret: Option<Secret>,
    /// Rows of coverage that the admin vouches for.
    pub coverage: Vec<Value>,
    /// The roles of those who act, by their id.
    pub roles: BTreeMap<String, Vec<String>>,
}

/// The hooks of all platforms: those that the admin set up, and the others as they are built in.
pub(crate) struct Hooks {
    own: BTreeMap<String, Hook>,
    /// Filters take their time to compile: each when it is first needed.
    built_in: BTreeMap<&'static str, OnceLock<Result<Hook, String>>>,
    settings: Settings,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").field("own", &self.own.keys()).finish_non_exhaustive()
    }
}

impl Hooks {
    pub fn new(own: BTreeMap<String, Hook>, settings: Settings) -> Self {
        Self { own, built_in: platforms().iter().map(|platform| (platform.name, OnceLock::new())).collect(), settings }
    }

    fn knows(&self, platform: &str) -> bool {
        self.own.contains_key(platform) || self.built_in.contains_key(platform)
    }

    /// What a platform signs with. Only those that were set up have a secret, so nothing is compiled for it.
    fn secret_of(&self, platform: &str) -> Option<&Secret> {
        self.own.get(platform)?.secret.as_ref()
    }

    /// The hook of a platform; none where there is none of that name.
    fn of(&self, platform: &str) -> Option<Result<&Hook, &str>> {
        if let Some(hook) = self.own.get(platform) {
            return Some(Ok(hook));
        }
        let made = self.built_in.get(platform)?.get_or_init(|| {
            let code = platforms().iter().find(|known| known.name == platform).map_or("", |known| known.code);
            let mapping = Mapping::new(platform, &format!("{platform}.jq"), code, &self.settings)?;
            Ok(Hook { mapping, secret: None, coverage: Vec::new(), roles: BTreeMap::new() })
        });
        Some(made.as_ref().map_err(String::as_str))
    }
}

/// Answers a message of a platform.
pub(super) async fn answer(
    server: &Arc<Server>,
    platform: String,
    request: Request<Incoming>,
    noted: &mut Noted,
) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    let active = server.rules.active();
    // A token is looked at before anything is read, which a signature can't be.
    let is_signed = signature::is_signed(&head.headers) && !head.headers.contains_key(AUTHORIZATION);
    let secret = active.hooks.secret_of(&platform).filter(|_| is_signed || server.tokens.is_none());
    if let (None, Some(watched)) = (secret, &server.tokens) {
        noted.token = Some(watched.now().check(&head.headers, &[Scope::Hook, Scope::Decide], now())?);
    }
    if !active.hooks.knows(&platform) {
        return Err(no_such());
    }
    let in_lines = body::check_type(&head.headers, &["application/json", "application/x-ndjson", "application/ndjson"])? > 0;
    let question = Question::read(head.uri.query(), secret.is_some())?;
    let (text, reserved) = body::read(server, body).await?;
    let mark = secret.map(|secret| signature::check(&platform, &head.headers, text.as_bytes(), secret, now())).transpose()?;
    let mut message = None;
    if let Some(mark) = mark {
        noted.token = Some(format!("{platform}, signed"));
        let Some(new) = server.seen.claim(mark) else {
            let detail = "this very message was answered before: whoever sends it again has recorded it";
            return Err(Refusal::new(StatusCode::CONFLICT, "replayed", "the message was sent before", detail));
        };
        message = Some(new);
    }
    let answered = decide::decided(server, noted, reserved, move |active| read(active, &platform, &text, in_lines, question)).await?;
    if let Some(message) = message {
        message.answered();
    }
    Ok(answered)
}

fn no_such() -> Refusal {
    let known: Vec<&str> = platforms().iter().map(|platform| platform.name).collect();
    let detail = format!("there are {}, and those of `--hooks`", known.join(", "));
    Refusal::new(StatusCode::NOT_FOUND, "no-such-path", "no platform is called so", detail)
}

/// What the query says of the question.
#[derive(Debug, Default)]
struct Question {
    ask: Option<&'static str>,
    /// Members of the question: `item`, `to`, `ticket`, `person`, `direction`.
    members: Map<String, Value>,
    at: Option<Time>,
    actor: Option<String>,
    roles: Vec<String>,
}

/// What can be asked beside what the message itself asks.
pub(super) const ASKS: [&str; 5] = ["transition", "closure", "next", "plan", "review"];
pub(super) const MEMBERS: [&str; 5] = ["item", "to", "ticket", "person", "direction"];

impl Question {
    /// Of a message that its platform signed, the query is not signed with it: it may say what is asked, and who acts where the message does
    /// not, but neither when nor in which roles.
    fn read(query: Option<&str>, is_signed: bool) -> Result<Self, Refusal> {
        let mut question = Self::default();
        for (key, value) in parameters(query)? {
            if is_signed && matches!(key, "at" | "role") {
                return Err(refused(format!("`{key}` is not signed with the message: name roles in the file of `--hooks`")));
            }
            let is_new = match key {
                "ask" => {
                    let known = ASKS.into_iter().find(|ask| *ask == value);
                    let known = known.ok_or_else(|| refused(format!("`ask` is one of {}", ASKS.join(", "))))?;
                    question.ask.replace(known).is_none()
                }
                "at" => question.at.replace(Time::parse(&value).map_err(|error| refused(format!("`at`: {error}")))?).is_none(),
                "actor" => question.actor.replace(value).is_none(),
                "role" => {
                    question.roles.push(value);
                    true
                }
                key if MEMBERS.contains(&key) => question.members.insert(key.to_owned(), json!(value)).is_none(),
                key => {
                    let known = format!("ask, {}, at, actor, role", MEMBERS.join(", "));
                    return Err(refused(format!("`{key}` is no parameter: there are {known}")));
                }
            };
            if !is_new {
                return Err(refused(format!("`{key}` stands there twice")));
            }
        }
        if question.ask.is_none() && !question.members.is_empty() {
            return Err(refused("say what is asked: `ask=closure`, `ask=transition`, …; without it the message has to tell a change"));
        }
        if !question.roles.is_empty() && question.actor.is_none() {
            return Err(refused("`role` says what the `actor` may do: name one"));
        }
        Ok(question)
    }
}

/// So many documents, rows, and things that were not understood a message may have: it is about one case.
const MOST: usize = 2_000;

/// Documents of a message, mapped.
#[derive(Default)]
struct Side {
    rows: Vec<From>,
    told: Vec<Told>,
    /// So many records became no row.
    dropped: usize,
}

impl Side {
    /// Maps documents; `place` is where they stand in the message.
    fn of(platform: &str, mapping: &Mapping, documents: &[&Document], place: &str, before: bool) -> Result<Self, Refusal> {
        let mut side = Self::default();
        for document in documents {
            let Mapped { rows, told, dropped } = mapping.map(document).map_err(|why| unread(&why))?;
            let line = document.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            side.told.extend(told.into_iter().map(|told| Told { pointer: format!("{line}{place}{}", told.pointer), ..told }));
            side.rows.extend(rows.into_iter().map(|row| From { before, ..From::new(platform, row) }));
            side.dropped = side.dropped.saturating_add(dropped);
            if side.rows.len().max(side.told.len()) > MOST {
                return Err(unread(&format!("it tells of more than {MOST} things: send what the question is about")));
            }
        }
        Ok(side)
    }
}

/// A message, mapped: the facts, what is asked, and what was not understood.
fn read(active: &Active, platform: &str, text: &str, in_lines: bool, question: Question) -> Result<Asked, Refusal> {
    let hook = active.hooks.of(platform).ok_or_else(no_such)?;
    let hook = hook.map_err(|why| Refusal::later("no-verdict", "there is no verdict: the mapping does not work", why))?;
    let Hook { mapping, coverage, roles, .. } = hook;
    let Sent { before, after, tells_change, actor } = Sent::read(text.strip_prefix('\u{feff}').unwrap_or(text), in_lines, mapping)?;
    let place = |place: &'static str| if tells_change { "" } else { place };
    let documents: Vec<&Document> = after.iter().collect();
    let Side { rows, mut told, dropped } =
        Side::of(platform, mapping, &documents, if before.is_some() { place("/after") } else { "" }, false)?;
    let change = match before {
        None => {
            let (document, told) = case::join(rows);
            Change { document, told, ..Change::default() }
        }
        Some(before) => {
            let documents: Vec<&Document> = before.iter().collect();
            let was = Side::of(platform, mapping, &documents, place("/before"), true)?;
            // Most of what is not understood stands in both, and is told of one.
            let known: BTreeSet<(String, String)> = was.told.iter().map(|told| unplaced(told, "/before")).collect();
            let doubtful = told.iter().any(|told| !told.is_unread && !known.contains(&unplaced(told, "/after")));
            let known: BTreeSet<(String, String)> = told.iter().map(|told| unplaced(told, "/after")).collect();
            told.extend(was.told.into_iter().filter(|told| !tells_change && !known.contains(&unplaced(told, "/before"))));
            change::between(rows.into_iter().chain(was.rows).collect(), before.is_none(), doubtful)
        }
    };
    let Change { mut document, steps, lost, told: joined } = change;
    told.extend(joined);
    if let (None, Some(item)) = (question.ask, lost.first()) {
        return Err(payload(&format!("what {item} is to become was not understood"), told));
    }
    let at = question.at.unwrap_or_else(now);
    let mut asked = question.members;
    asked.insert("at".to_owned(), json!(at));
    // The message knows better than an address who acts; and the roles that the address tells are those of whom it names.
    let named = question.roles.iter().filter(|_| actor.is_none() || actor == question.actor);
    if let Some(id) = actor.as_ref().or(question.actor.as_ref()) {
        let roles: Vec<&String> = roles.get(id).into_iter().flatten().chain(named).collect();
        asked.insert("actor".to_owned(), json!({"id": id, "roles": roles}));
    }
    let ask = match (question.ask, steps.len()) {
        (Some(ask), _) => ask,
        (None, 0) => {
            let why = "no item changes its state or kind in it: send `before` and `after`, or say in the query what is asked";
            return Err(refusal("nothing-asked", "the message asks nothing", Problem::new("nothing-asked", "", why), told));
        }
        (None, 1) => {
            asked.extend(steps.into_iter().flat_map(Step::members));
            "transition"
        }
        (None, _) => {
            asked.insert("questions".to_owned(), steps.into_iter().map(|step| Value::Object(step.members())).collect());
            "decide"
        }
    };
    asked.insert("ask".to_owned(), json!(ask));
    // A record that was sent and became no row is not covered by a claim that all of them are there.
    if !coverage.is_empty() && dropped == 0 {
        let rows = coverage.iter().cloned().map(|mut row| {
            if let Some(row) = row.as_object_mut() {
                // What the admin vouches for holds at the time of the question, unless they say when it was so.
                row.entry("as_of").or_insert_with(|| json!(at));
            }
            row
        });
        document.insert("coverage".to_owned(), rows.collect());
    }
    Ok(Asked::mapped(ask, Value::Object(asked).to_string(), Value::Object(document).to_string(), told))
}

/// What is told, without where the document stands in the message.
fn unplaced(told: &Told, place: &str) -> (String, String) {
    (told.pointer.strip_prefix(place).unwrap_or(&told.pointer).to_owned(), told.value.clone())
}

fn unread(why: &str) -> Refusal {
    payload(why, Vec::new())
}

fn payload(why: &str, told: Vec<Told>) -> Refusal {
    let problem = Problem::new("payload", "", why).help("send what the platform sends; `handoff map` tells how a file of it is read");
    refusal("payload", "the message can't be used", problem, told)
}

fn refusal(code: &'static str, title: &'static str, problem: Problem, told: Vec<Told>) -> Refusal {
    let problems = std::iter::once(problem).chain(told.into_iter().take(TOLD).map(problem_of)).collect();
    Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, code, title, problems)
}

/// So many things that were not understood are told in a refusal.
const TOLD: usize = 100;

/// So much of a message that was not understood is told in a refusal.
fn problem_of(told: Told) -> Problem {
    Problem::new("not-understood", &told.pointer, format!("`{}`: {}", told.value, told.why))
}

/// What a platform sent.
#[derive(Debug)]
struct Sent {
    /// How it was: nothing where the message tells of no change, and no document where the thing is new.
    before: Option<Option<Document>>,
    after: Vec<Document>,
    /// The message is one that tells of a change, and not `before` and `after`.
    tells_change: bool,
    /// Who acts, where the message says it.
    actor: Option<String>,
}

impl Sent {
    fn read(text: &str, in_lines: bool, mapping: &Mapping) -> Result<Self, Refusal> {
        let one = |text: &str| Documents::of_text(text, false).next()?.ok_or_else(|| "it is empty".to_owned());
        let all = members(text).unwrap_or_default();
        let member = |key: &str| all.iter().find(|member| member.key == key).map(|member| member.value);
        if let (false, 2, Some(before), Some(after)) = (in_lines, all.len(), member("before"), member("after")) {
            let side = |name: &str, text: &str| one(text).map_err(|why| unread(&format!("`{name}`: {why}")));
            let before = if before.trim() == "null" { None } else { Some(side("before", before)?) };
            return Ok(Self { before: Some(before), after: vec![side("after", after)?], tells_change: false, actor: None });
        }
        let mut documents = Documents::of_text(text, in_lines);
        let mut after = Vec::new();
        while let Some(document) = documents.next().map_err(|why| unread(&why))? {
            after.push(document);
            if after.len() > MOST {
                return Err(unread(&format!("it has more than {MOST} lines: send what the question is about")));
            }
        }
        let (before, actor) = match after.as_slice() {
            [only] => (mapping.before(only).map_err(|why| unread(&why))?, mapping.actor(only).map_err(|why| unread(&why))?),
            _ => (None, None),
        };
        Ok(Self { before, after, tells_change: true, actor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_what_is_asked() {
        let question =
            Question::read(Some("ask=closure&item=ticket:T-1&actor=ann&role=service-desk&role=manager"), false).expect("it is read");
        assert_eq!((question.ask, question.roles.len()), (Some("closure"), 2));
        assert_eq!(Value::Object(question.members), json!({"item": "ticket:T-1"}));
        for query in ["ask=digest", "item=ticket:T-1", "ask=next&ask=next", "role=x", "at=now", "where=here", "item=%zz&ask=next"] {
            assert_eq!(Question::read(Some(query), false).expect_err("it is refused").code, "parameter", "{query}");
        }
    }

    #[test]
    fn a_pair_is_told_from_a_record() {
        let hooks = Hooks::new(BTreeMap::new(), Settings::default());
        let mapping = &hooks.of("jira").expect("it is built in").unwrap_or_else(|why| panic!("{why}")).mapping;
        let read = |text: &str, in_lines| {
            Sent::read(text, in_lines, mapping).map(|sent| (sent.before.map(|before| before.is_some()), sent.after.len()))
        };
        for (text, in_lines, expected) in [
            ("{\"before\": {}, \"after\": {}}", false, (Some(true), 1)),
            ("{\"before\": null, \"after\": {}}", false, (Some(false), 1)),
            ("{\"before\": null, \"after\": {}, \"x\": 1}", false, (None, 1)),
            ("{\"before\": 1}", false, (None, 1)),
            ("[1, 2]", false, (None, 1)),
            ("{}\n{}\n", true, (None, 2)),
        ] {
            assert_eq!(read(text, in_lines).unwrap_or_else(|refusal| panic!("{}", refusal.json())), expected, "{text}");
        }
        for text in ["", "{", "{\"before\": {}, \"after\": {]}"] {
            assert!(read(text, false).is_err(), "{text}");
        }
        assert!(read(&"{}\n".repeat(MOST + 1), true).is_err());
    }

    #[test]
    fn a_signed_message_takes_no_roles_and_no_time_from_the_query() {
        for query in ["at=2020-01-01T00:00:00Z", "actor=a&role=b"] {
            assert_eq!(Question::read(Some(query), true).expect_err("it is refused").code, "parameter", "{query}");
            assert!(Question::read(Some(query), false).is_ok(), "{query}");
        }
    }
}
