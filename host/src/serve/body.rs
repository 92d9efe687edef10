//! Bodies: read within limits of size and time, and taken apart into facts and a question, neither of which is changed on the way.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use handoff::core::{Position, Problem};
use hyper::StatusCode;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::problem::Refusal;
use super::{Reserved, Server};
use crate::mapping::Told;
use crate::source::members::{Fault, members, moved, position};

/// A body that is larger than the limit is read on to so many times the limit: a client that is still sending hears no answer.
const READ_ON: usize = 8;

/// Refuses what is compressed, or of another type than one of these; tells which one it is.
pub(super) fn check_type(headers: &HeaderMap, wanted: &'static [&'static str]) -> Result<usize, Refusal> {
    let refused =
        |detail: String| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "the body is of a type that is not read", detail);
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(refused(format!("the body is encoded as `{encoding}`: send it as it is")).with(ACCEPT_ENCODING, "identity"));
    }
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let found = parts.next().and_then(|media| wanted.iter().position(|wanted| media.eq_ignore_ascii_case(wanted)));
    let charset = |part: &str| {
        part.get(..8).filter(|key| key.eq_ignore_ascii_case("charset=")).and(part.get(8..)).map(|set| set.trim_matches('"').to_owned())
    };
    let is_utf_8 = parts.filter_map(charset).all(|set| set.eq_ignore_ascii_case("utf-8") || set.eq_ignore_ascii_case("us-ascii"));
    if let Some(found) = found.filter(|_| is_utf_8) {
        return Ok(found);
    }
    Err(refused(format!("send it as `Content-Type: {}`, in UTF-8", wanted.first().copied().unwrap_or_default())))
}

/// The next bytes of a body; none at its end.
pub(super) async fn next(body: &mut Incoming, patience: Duration) -> Result<Option<Bytes>, Refusal> {
    let frame = async {
        loop {
            match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
                // Trailers say nothing about a question.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                None => return Ok(None),
                Some(Err(error)) => {
                    let detail = format!("the body breaks off: {error}");
                    return Err(Refusal::new(StatusCode::BAD_REQUEST, "cut-off", "the body is not whole", detail).with(CONNECTION, "close"));
                }
            }
        }
    };
    tokio::time::timeout(patience, frame).await.unwrap_or_else(|_| Err(slow(patience)))
}

fn slow(patience: Duration) -> Refusal {
    let detail = format!("it was not there after {} s: send it faster", patience.as_secs_f32());
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body came too slowly", detail).with(CONNECTION, "close")
}

/// Refuses more than the limit.
pub(super) fn too_large(limit: u64) -> Refusal {
    let detail = format!("it has more than {limit} bytes: send what the question is about, and leave the rest out");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large", detail).with(CONNECTION, "close")
}

/// Reads a body to its end.
pub(super) async fn read(server: &Arc<Server>, mut body: Incoming) -> Result<(String, Reserved), Refusal> {
    let patience = server.settings.patience;
    tokio::time::timeout(patience, whole(server, &mut body)).await.unwrap_or_else(|_| Err(slow(patience)))
}

async fn whole(server: &Arc<Server>, body: &mut Incoming) -> Result<(String, Reserved), Refusal> {
    let (most, patience) = (server.settings.body, server.settings.patience);
    let full =
        || Refusal::later("overload", "there is no verdict: the server is full", "too many questions are being read at once: come again");
    let mut reserved = server.reserve(0).ok_or_else(full)?;
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most.saturating_mul(READ_ON) {
        return Err(too_large(u64::try_from(most).unwrap_or(u64::MAX)));
    }
    let mut bytes = Vec::new();
    let mut length = 0_usize;
    while let Some(part) = next(body, patience).await? {
        length = length.saturating_add(part.len());
        if length.max(announced) > most {
            bytes = Vec::new();
            if length.max(announced) > most.saturating_mul(READ_ON) {
                break;
            }
            continue;
        }
        let mut more = server.reserve(part.len()).ok_or_else(full)?;
        reserved.bytes = reserved.bytes.saturating_add(std::mem::take(&mut more.bytes));
        bytes.extend_from_slice(&part);
    }
    if length.max(announced) > most {
        return Err(too_large(u64::try_from(most).unwrap_or(u64::MAX)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let there = str::from_utf8(error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default()).unwrap_or_default();
        syntax(position(there, there.len()), "the text is not UTF-8")
    })?;
    Ok((text, reserved))
}

fn syntax(position: Position, message: &str) -> Refusal {
    let problem = Problem { position: Some(position), ..Problem::new("question-syntax", "", message) };
    Refusal::problems(StatusCode::BAD_REQUEST, "syntax", "the body is no JSON object", vec![problem])
}

fn shape(path: &str, message: &str, help: &str) -> Refusal {
    let problem = Problem::new("question-shape", path, message).help(help);
    Refusal::problems(StatusCode::UNPROCESSABLE_ENTITY, "question", "the question can't be used", vec![problem])
}

/// A question about facts, each as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// `transition`, `closure`, `decide`, `next`, `plan` or `review`.
    pub ask: &'static str,
    /// The question, for the text door of the component.
    pub question: String,
    pub facts: String,
    /// What of a platform's message did not become facts.
    pub left_out: Vec<Told>,
    /// Where the facts begin in the body; none where they are not in it.
    base: Option<Position>,
}

impl Asked {
    /// Takes a body apart: the facts, and beside them the members of the question. Which there may be is for the component to say.
    pub fn read(ask: &'static str, body: &str) -> Result<Self, Refusal> {
        let body = body.strip_prefix('\u{feff}').unwrap_or(body);
        let all = members(body).map_err(|Fault { position, message }| syntax(position, &message))?;
        // Several steps at once, in place of the one.
        let ask = if ask == "transition" && all.iter().any(|member| member.key == "questions") { "decide" } else { ask };
        let mut question = format!("{{\"ask\":\"{ask}\"");
        let mut facts = None;
        for member in &all {
            match member.key.as_str() {
                "facts" => {
                    if facts.replace((member.value, position(body, member.at))).is_some() {
                        return Err(shape("/facts", "the facts stand there twice", "leave one of them away"));
                    }
                }
                "ask" => return Err(shape("/ask", "unknown key `ask`", "leave it away: the path says what is asked")),
                _ => {
                    question.push(',');
                    question.push_str(member.quoted);
                    question.push(':');
                    question.push_str(member.value);
                }
            }
        }
        question.push('}');
        let Some((facts, base)) = facts else {
            return Err(shape("/facts", "the facts are missing", "put them under `facts`, beside the question"));
        };
        Ok(Self { ask, question, facts: facts.to_owned(), left_out: Vec::new(), base: Some(base) })
    }

    /// A question about facts that were made of a platform's message.
    pub fn mapped(ask: &'static str, question: String, facts: String, left_out: Vec<Told>) -> Self {
        Self { ask, question, facts, left_out, base: None }
    }

    /// Where problems of the facts stand in the body.
    pub fn in_facts(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let moved = |mut problem: Problem| {
            problem.path.insert_str(0, "/facts");
            problem.position = self.base.zip(problem.position).map(|(base, position)| moved(base, position));
            problem
        };
        problems.into_iter().map(moved).collect()
    }

    /// Problems of the question: their paths lead into the body, and the places in the text that was put together say nothing.
    pub fn in_question(problems: Vec<Problem>) -> Vec<Problem> {
        problems.into_iter().map(|problem| Problem { position: None, ..problem }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_and_question_stay_as_they_are_written() {
        let asked =
            Asked::read("transition", "{\"to\": \"a\\u0062\", \"facts\": {\"a\": 1.0, \"a\": 2}, \"item\":\"x\"}").expect("it is read");
        assert_eq!(asked.facts, "{\"a\": 1.0, \"a\": 2}");
        assert_eq!(asked.question, "{\"ask\":\"transition\",\"to\":\"a\\u0062\",\"item\":\"x\"}");
        let several = Asked::read("transition", "{\"questions\": [], \"facts\": {}}").expect("it is read");
        assert_eq!((several.ask, several.question.as_str()), ("decide", "{\"ask\":\"decide\",\"questions\":[]}"));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for (body, code, wanted) in [
            ("{\"facts\": {}, \"facts\": {}}", "question", "twice"),
            ("{\"facts\": {}, \"ask\": \"digest\"}", "question", "unknown key `ask`"),
            ("{\"item\": \"x\"}", "question", "missing"),
            ("[]", "syntax", "expected an object"),
            ("{\"facts\": {]}", "syntax", ""),
        ] {
            let refusal = Asked::read("closure", body).expect_err("it is refused");
            assert!(refusal.code == code && refusal.json().contains(wanted), "{body}: {}", refusal.json());
        }
    }

    #[test]
    fn problems_of_facts_are_told_where_they_stand_in_the_body() {
        let asked = Asked::read("closure", "{\n  \"facts\": {\"at\": 1}}").expect("it is read");
        let problem = |line, column| Problem { position: Some(Position { line, column }), ..Problem::new("facts-shape", "/at", "x") };
        let told = asked.in_facts(vec![problem(1, 8), problem(2, 3)]);
        let places: Vec<Option<(u32, u32)>> = told.iter().map(|problem| problem.position.map(|at| (at.line, at.column))).collect();
        assert_eq!((told.first().map(|problem| problem.path.as_str()), places), (Some("/facts/at"), vec![Some((2, 19)), Some((3, 3))]));
    }
}
