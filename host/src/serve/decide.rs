//! Questions about facts: the component's answer as it stands, once it is in the log.

use std::sync::Arc;

use handoff::core::ask::AllowOrDeny;
use handoff::{Error, Instance, Policy};
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::oneshot;

use super::body::{self, Asked};
use super::connection::Body;
use super::problem::Refusal;
use super::route::{Noted, json_text};
use super::rules::Active;
use super::{Logging, Reserved, Server};
use crate::log::{self, Entry, Logged};
use crate::mapping::Told;

/// Answers one question.
pub(super) async fn answer(
    server: &Arc<Server>,
    ask: &'static str,
    request: Request<Incoming>,
    noted: &mut Noted,
) -> Result<Response<Body>, Refusal> {
    body::check_type(request.headers(), &["application/json"])?;
    let (text, reserved) = body::read(server, request.into_body()).await?;
    decided(server, noted, reserved, move |_| Asked::read(ask, &text)).await
}

/// Answers what is read of a body. `read` may take its time: it runs where decisions are made.
pub(super) async fn decided(
    server: &Arc<Server>,
    noted: &mut Noted,
    reserved: Reserved,
    read: impl FnOnce(&Active) -> Result<Asked, Refusal> + Send + 'static,
) -> Result<Response<Body>, Refusal> {
    // Bodies are read before: slow clients take no place from those that have asked.
    let overload = || Refusal::later("overload", "there is no verdict: the server is full", "too many questions are under way: come again");
    let admitted = Arc::clone(&server.admission).try_acquire_owned().map_err(|_| overload())?;
    let deadline = tokio::time::Instant::now() + server.settings.deadline;
    let late = |_: tokio::time::error::Elapsed| {
        let detail = format!("a decision may take {} s, and did not come", server.settings.deadline.as_secs_f32());
        Refusal::later("deadline", "there is no verdict: it took too long", detail)
    };
    let turn = tokio::time::timeout_at(deadline, Arc::clone(&server.turns).acquire_owned()).await.map_err(late)?;
    let (active, digested) = (server.rules.active(), server.settings.log.is_some());
    let deciding = tokio::task::spawn_blocking(move || {
        // They go when the work is done, and not when nobody waits for it any more.
        let _held = (reserved, turn);
        let asked = read(&active)?;
        let got = ask_component(&active, &asked, digested)?;
        Ok::<_, Refusal>((asked, got, active))
    });
    let (asked, got, active) = match tokio::time::timeout_at(deadline, deciding).await.map_err(late)? {
        Ok(done) => done?,
        // What panicked gave no verdict.
        Err(error) => return Err(Refusal::later("no-verdict", "there is no verdict", error.to_string())),
    };
    let unread = |error: serde_json::Error| Refusal::of(Error::Garbled(format!("the answer is not of its shape: {error}")));
    let logged = log::decided(asked.ask, &got.answer).map_err(unread)?;
    note(noted, &asked, &got.answer, &logged);
    if let Some(logging) = server.settings.log.as_ref().filter(|_| !matches!(asked.ask, "plan" | "review")) {
        let written = write(logging, noted, &asked, &got, &logged, &active);
        tokio::time::timeout(server.settings.deadline, written).await.map_err(late)??;
    }
    server.metrics.decided(asked.ask, &logged.decisions);
    drop(admitted);
    Ok(json_text(with_left_out(got.answer, &asked.left_out).map_err(unread)?))
}

/// The answer, and beside it what of the message did not become facts.
fn with_left_out(mut answer: String, left_out: &[Told]) -> serde_json::Result<String> {
    if !left_out.is_empty() && answer.ends_with('}') {
        answer.pop();
        answer.push_str(&format!(",\"left_out\":{}}}", serde_json::to_string(left_out)?));
    }
    Ok(answer)
}

/// What the component gave.
#[derive(Debug)]
struct Got {
    answer: String,
    /// The SHA-256 of the facts, where it is wanted.
    facts_digest: Option<String>,
}

fn ask_component(active: &Active, asked: &Asked, digested: bool) -> Result<Got, Refusal> {
    let got = active.pool.with(|instance: &mut Instance, policy: &Policy| {
        let facts = instance.parse_facts(&asked.facts)?;
        let answer = instance.ask(policy, &facts, &asked.question);
        if matches!(answer, Err(Error::Question(_))) {
            instance.release(facts)?;
            return answer.map(|answer| Got { answer, facts_digest: None });
        }
        let answer = answer?;
        let facts_digest = digested.then(|| instance.digest(&facts)).transpose()?;
        instance.release(facts)?;
        Ok(Got { answer, facts_digest })
    });
    got.map_err(|error| {
        Refusal::of(match error {
            Error::Facts(problems) => Error::Facts(asked.in_facts(problems)),
            Error::Question(problems) => Error::Question(Asked::in_question(problems)),
            error => error,
        })
    })
}

/// What the events tell of an answer.
fn note(noted: &mut Noted, asked: &Asked, answer: &str, logged: &Logged) {
    #[derive(Deserialize)]
    struct Findings {
        findings: Vec<IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct Told {
        #[serde(alias = "review")]
        plan: Findings,
    }
    match (asked.ask, logged.decisions.as_slice()) {
        ("transition" | "closure", [one]) => {
            noted.verdict = Some(one.verdict);
            noted.findings = Some(one.findings.len());
        }
        ("plan" | "review", _) => noted.findings = serde_json::from_str(answer).ok().map(|Told { plan }| plan.findings.len()),
        (_, all) => {
            noted.findings = Some(all.iter().map(|one| one.findings.len()).sum());
            let all_allow = asked.ask == "decide" && all.iter().all(|one| one.verdict == AllowOrDeny::Allow);
            noted.verdict = (asked.ask == "decide").then_some(if all_allow { AllowOrDeny::Allow } else { AllowOrDeny::Deny });
        }
    }
}

/// Waits until the answer is in the log: without a line there is none.
async fn write(logging: &Logging, noted: &Noted, asked: &Asked, got: &Got, logged: &Logged, active: &Active) -> Result<(), Refusal> {
    let failed = |detail: String| Refusal::later("not-logged", "there is no verdict: it can't be logged", detail);
    let entry = Entry {
        by: "serve",
        request: Some(&noted.id),
        token: noted.token.as_deref(),
        ask: asked.ask,
        at: logged.at,
        decisions: &logged.decisions,
        policy: Some(logged.policy.as_ref().unwrap_or(&active.policy)),
        component: &active.component_digest,
        facts_digest: got.facts_digest.as_deref().unwrap_or_default(),
        masked: logging.facts.as_ref().is_some_and(|masks| !masks.is_empty()),
    };
    let facts = logging.facts.as_ref().map(|masks| (asked.facts.as_str(), masks));
    let text = entry.text(&asked.question, facts).map_err(|error| failed(error.to_string()))?;
    let (told, hear) = oneshot::channel();
    logging.log.add(text, move |result| {
        // Whoever does not wait any more needs no answer.
        let _ = told.send(result);
    });
    match hear.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(reason)) => Err(failed(reason)),
        Err(_) => Err(failed("the thread that writes the log is gone".to_owned())),
    }
}
