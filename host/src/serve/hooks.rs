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
    let told = |why: &str| Refusal::later("no-verdict", "there is no verdict: the mapping does not work", why);
    let hook = active.hooks.of(&platform).ok_or_else(|| no_such(&platform))?.map_err(told)?;
    // A token is looked at before anything is read, which a signature can't be.
    let is_signed = signature::is_signed(&head.headers) && !head.headers.contains_key(AUTHORIZATION);
    let secret = hook.secret.as_ref().filter(|_| is_signed || server.tokens.is_none());
    if let (None, Some(watched)) = (secret, &server.tokens) {
        noted.token = Some(watched.now().check(&head.headers, &[Scope::Hook, Scope::Decide], now())?);
    }
    let in_lines = body::check_type(&head.headers, &["application/json", "application/x-ndjson", "application/ndjson"])? > 0;
    let question = Question::read(head.uri.query())?;
    let (text, reserved) = body::read(server, body).await?;
    let mark = secret.map(|secret| signature::check(&platform, &head.headers, text.as_bytes(), secret, now())).transpose()?;
    if mark.is_some() {
        noted.token = Some(format!("{platform}, signed"));
    }
    if let Some(mark) = mark
        && !server.seen.is_new(mark)
    {
        let detail = "this very message was answered before: whoever sends it again has recorded it";
        return Err(Refusal::new(StatusCode::CONFLICT, "replayed", "the message was sent before", detail));
    }
    let answered = decide::decided(server, noted, reserved, move |active| read(active, &platform, &text, in_lines, question)).await;
    if let (Some(mark), Err(_)) = (mark, &answered) {
        server.seen.forget(mark);
    }
    answered
}

fn no_such(platform: &str) -> Refusal {
    let known: Vec<&str> = platforms().iter().map(|platform| platform.name).collect();
    let near = if known.contains(&platform) { String::new() } else { format!("there are {}, and those of `--hooks`", known.join(", ")) };
    Refusal::new(StatusCode::NOT_FOUND, "no-such-path", "no platform is called so", near)
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
    fn read(query: Option<&str>) -> Result<Self, Refusal> {
        let mut question = Self::default();
        for (key, value) in parameters(query)? {
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

/// A message, mapped: the facts, what is asked, and what was not understood.
fn read(active: &Active, platform: &str, text: &str, in_lines: bool, question: Question) -> Result<Asked, Refusal> {
    let unread = |why: String| payload(&why, Vec::new());
    let hook = active.hooks.of(platform).ok_or_else(|| no_such(platform))?.map_err(|why| unread(why.to_owned()))?;
    let mapping = &hook.mapping;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let sent = Sent::read(text, in_lines).map_err(unread)?;
    let mapped = |document: &Document, pointer: &str| -> Result<(Vec<From>, Vec<Told>), Refusal> {
        let Mapped { rows, told } = mapping.map(document).map_err(&unread)?;
        let line = document.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let told = told.into_iter().map(|told| Told { pointer: format!("{line}{pointer}{}", told.pointer), ..told });
        Ok((rows.into_iter().map(|row| From { platform: platform.to_owned(), row }).collect(), told.collect()))
    };
    let mut told = Vec::new();
    let (change, told_actor) = match sent {
        Sent::Pair { before, after } => {
            let (after, after_told) = mapped(&after, "/after")?;
            let before = before.map(|before| mapped(&before, "/before")).transpose()?;
            let (before, before_told) = before.unzip();
            // Most of what is not understood stands in both, and is told of one.
            let known: BTreeSet<(String, String)> = after_told.iter().map(|told| unplaced(told, "/after")).collect();
            let before_told =
                before_told.into_iter().flatten().filter(|told| !known.contains(&unplaced(told, "/before"))).collect::<Vec<_>>();
            told.extend(after_told);
            told.extend(before_told);
            (change::between(before, after), None)
        }
        Sent::Documents(documents) => {
            let mut rows = Vec::new();
            for document in &documents {
                let (more, more_told) = mapped(document, "")?;
                rows.extend(more);
                told.extend(more_told);
            }
            let only = <&[Document; 1]>::try_from(documents.as_slice()).ok().map(|[only]| only);
            let actor = only.map(|only| mapping.actor(only)).transpose().map_err(&unread)?.flatten();
            match only.map(|only| mapping.before(only)).transpose().map_err(&unread)?.flatten() {
                Some(before) => {
                    // What is not understood of it was told of the message itself.
                    let before = before.map(|before| mapped(&before, "")).transpose()?.map(|(rows, _)| rows);
                    (change::between(before, rows), actor)
                }
                None => {
                    let (document, told) = case::join(rows);
                    (Change { document, told, ..Change::default() }, actor)
                }
            }
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
    if let Some(id) = question.actor.or(told_actor) {
        let roles: Vec<&String> = hook.roles.get(&id).into_iter().flatten().chain(&question.roles).collect();
        asked.insert("actor".to_owned(), json!({"id": id, "roles": roles}));
    }
    let ask = match (question.ask, steps.len()) {
        (Some(ask), _) => ask,
        (None, 0) => {
            let why = "no item changes its state or kind in it: send `before` and `after`, or say in the query what is asked";
            return Err(nothing_asked(why, told));
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
    if !hook.coverage.is_empty() {
        // What the admin vouches for holds at the time of the question, unless they say when it was so.
        let rows = hook.coverage.iter().cloned().map(|mut row| {
            if let Some(row) = row.as_object_mut() {
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

fn payload(why: &str, told: Vec<Told>) -> Refusal {
    let problem = Problem::new("payload", "", why).help("send what the platform sends; `handoff map` tells how a file of it is read");
    let problems = std::iter::once(problem).chain(told.into_iter().map(problem_of)).collect();
    Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, "payload", "the message can't be used", problems)
}

fn nothing_asked(why: &str, told: Vec<Told>) -> Refusal {
    let problem = Problem::new("nothing-asked", "", why);
    let problems = std::iter::once(problem).chain(told.into_iter().map(problem_of)).collect();
    Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, "nothing-asked", "the message asks nothing", problems)
}

/// So much of a message that was not understood is told in a refusal.
fn problem_of(told: Told) -> Problem {
    Problem::new("not-understood", &told.pointer, format!("`{}`: {}", told.value, told.why))
}

/// What a platform sent.
enum Sent {
    /// A record as it is, none where it is new, and as it will be.
    Pair {
        before: Option<Document>,
        after: Document,
    },
    Documents(Vec<Document>),
}

impl Sent {
    fn read(text: &str, in_lines: bool) -> Result<Self, String> {
        let one = |text: &str| Documents::of_text(text, false).next()?.ok_or_else(|| "it is empty".to_owned());
        let all = members(text).unwrap_or_default();
        let member = |key: &str| all.iter().find(|member| member.key == key).map(|member| member.value);
        if let (false, 2, Some(before), Some(after)) = (in_lines, all.len(), member("before"), member("after")) {
            let before = if before.trim() == "null" { None } else { Some(one(before).map_err(|why| format!("`before`: {why}"))?) };
            return Ok(Self::Pair { before, after: one(after).map_err(|why| format!("`after`: {why}"))? });
        }
        let mut documents = Documents::of_text(text, in_lines);
        let mut all = Vec::new();
        while let Some(document) = documents.next()? {
            all.push(document);
        }
        Ok(Self::Documents(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_what_is_asked() {
        let question = Question::read(Some("ask=closure&item=ticket:T-1&actor=ann&role=service-desk&role=manager")).expect("it is read");
        assert_eq!((question.ask, question.roles.len()), (Some("closure"), 2));
        assert_eq!(Value::Object(question.members), json!({"item": "ticket:T-1"}));
        for query in ["ask=digest", "item=ticket:T-1", "ask=next&ask=next", "role=x", "at=now", "where=here", "item=%zz&ask=next"] {
            assert_eq!(Question::read(Some(query)).expect_err("it is refused").code, "parameter", "{query}");
        }
    }

    #[test]
    fn a_pair_is_told_from_a_record() {
        let read = |text: &str, in_lines| match Sent::read(text, in_lines) {
            Ok(Sent::Pair { before, .. }) => Ok(if before.is_some() { "pair" } else { "new" }.to_owned()),
            Ok(Sent::Documents(all)) => Ok(all.len().to_string()),
            Err(why) => Err(why),
        };
        for (text, in_lines, expected) in [
            ("{\"before\": {}, \"after\": {}}", false, "pair"),
            ("{\"before\": null, \"after\": {}}", false, "new"),
            ("{\"before\": null, \"after\": {}, \"x\": 1}", false, "1"),
            ("{\"before\": 1}", false, "1"),
            ("[1, 2]", false, "1"),
            ("{}\n{}\n", true, "2"),
        ] {
            assert_eq!(read(text, in_lines), Ok(expected.to_owned()), "{text}");
        }
        for text in ["", "{", "{\"before\": {}, \"after\": {]}"] {
            assert!(read(text, false).is_err(), "{text}");
        }
    }
}
