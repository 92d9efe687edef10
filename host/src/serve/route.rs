//! Which path and method is what, who may ask it, and what is noted of it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use handoff::core::ask::AllowOrDeny;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::connection::Body;
use super::problem::Refusal;
use super::tokens::Scope;
use super::{Answered, Phase, Server, audits, decide, events, hooks, metrics, openapi};
use crate::log::now;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// A question, by its name at the text door.
    Ask(&'static str),
    Audits,
    /// A message of a platform, in its own shape.
    Hooks,
    Policy,
    Healthz,
    Readyz,
    Metrics,
    OpenApi,
}

/// Every path that there is; a last step in braces is any.
pub(super) const ROUTES: [(&str, Route); 12] = [
    ("/v1/transitions", Route::Ask("transition")),
    ("/v1/closures", Route::Ask("closure")),
    ("/v1/next", Route::Ask("next")),
    ("/v1/plans", Route::Ask("plan")),
    ("/v1/reviews", Route::Ask("review")),
    ("/v1/audits", Route::Audits),
    ("/v1/hooks/{platform}", Route::Hooks),
    ("/v1/policy", Route::Policy),
    ("/healthz", Route::Healthz),
    ("/readyz", Route::Readyz),
    ("/metrics", Route::Metrics),
    ("/openapi.json", Route::OpenApi),
];

/// The entry of a path, and what stands in place of its braces.
fn find(path: &str) -> Option<((&'static str, Route), &str)> {
    ROUTES.into_iter().find_map(|entry| {
        let (fixed, is_open) = entry.0.split_once('{').map_or((entry.0, false), |(fixed, _)| (fixed, true));
        let rest = path.strip_prefix(fixed)?;
        (if is_open { !rest.is_empty() && !rest.contains('/') } else { rest.is_empty() }).then_some((entry, rest))
    })
}

impl Route {
    pub fn is_post(self) -> bool {
        matches!(self, Self::Ask(_) | Self::Audits | Self::Hooks)
    }

    /// What a token has to be good for; nothing where anybody may ask. Of hooks that is looked at with their signatures.
    pub fn scope(self) -> Option<Scope> {
        match self {
            Self::Ask(_) => Some(Scope::Decide),
            Self::Audits => Some(Scope::Audit),
            Self::Policy => Some(Scope::Policy),
            Self::Metrics => Some(Scope::Metrics),
            Self::Hooks | Self::Healthz | Self::Readyz | Self::OpenApi => None,
        }
    }
}

/// What is noted of a request beside its answer.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// Its name, which comes back with the answer.
    pub id: String,
    /// The name of the token.
    pub token: Option<String>,
    pub verdict: Option<AllowOrDeny>,
    pub findings: Option<usize>,
}

/// The header that carries the name of a request.
const REQUEST_ID: &str = "x-request-id";

/// Answers a request, whatever it is.
pub(super) async fn answer(server: Arc<Server>, request: Request<Incoming>) -> Answered {
    let begun = Instant::now();
    let mut noted = Noted { id: id(request.headers()), ..Noted::default() };
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let found = find(&path);
    let answered = match found {
        None => {
            Err(Refusal::new(StatusCode::NOT_FOUND, "no-such-path", "there is nothing at this path", "`/openapi.json` tells what there is"))
        }
        Some(((_, route), rest)) => dispatch(&server, route, rest, request, &mut noted).await,
    };
    let problem = answered.as_ref().err().map(|refusal| refusal.code);
    let mut response = answered.unwrap_or_else(Refusal::response);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&noted.id) {
        headers.insert(REQUEST_ID, id);
    }
    let (status, duration) = (response.status().as_u16(), begun.elapsed());
    let route = found.map_or("other", |((path, _), _)| path);
    server.metrics.answered(route, status, duration);
    // Methods are of the client's making: one that nobody knows could say anything.
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let method = if known.contains(&method) { method.as_str() } else { "other" };
    let Noted { id, token, verdict, findings } = &noted;
    events::request(events::Request {
        method,
        route,
        status,
        problem,
        verdict: *verdict,
        findings: *findings,
        token: token.as_deref(),
        request: id,
        duration: events::micros(duration),
    });
    Ok(response)
}

async fn dispatch(
    server: &Arc<Server>,
    route: Route,
    rest: &str,
    request: Request<Incoming>,
    noted: &mut Noted,
) -> Result<Response<Body>, Refusal> {
    let allowed = if route.is_post() { "POST" } else { "GET, HEAD" };
    if !allowed.split(", ").any(|method| method == request.method().as_str()) {
        let detail = format!("send it as {allowed}");
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "the path is not for this method", detail);
        return Err(refusal.with(ALLOW, allowed));
    }
    if request.uri().query().is_some() && matches!(route, Route::Ask(_)) {
        let detail = "what is asked stands in the body: leave the query away";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "parameter", "the query can't be used", detail));
    }
    if let (Some(scope), Some(watched)) = (route.scope(), &server.tokens) {
        noted.token = Some(watched.now().check(request.headers(), &[scope], now())?);
    }
    match route {
        Route::Ask(ask) => decide::answer(server, ask, request, noted).await,
        Route::Audits => audits::answer(server, request).await,
        Route::Hooks => hooks::answer(server, rest.to_owned(), request, noted).await,
        Route::Policy => Ok(json_text(server.rules.active().description.clone())),
        Route::Healthz => Ok(json_text(json!({"status": "up"}).to_string())),
        Route::Readyz => Ok(readyz(server)),
        Route::Metrics => {
            let mut response = Response::new(Body::text(metrics::text(server)));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
            Ok(response)
        }
        Route::OpenApi => openapi::text().map(json_text).map_err(|error| {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no-description", "the description can't be made", error.to_string())
        }),
    }
}

/// A text of JSON as a line, as the command writes it.
pub(super) fn json_text(mut text: String) -> Response<Body> {
    text.push('\n');
    let mut response = Response::new(Body::text(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Whether verdicts are given, by which rules, and what the operator should know.
fn readyz(server: &Server) -> Response<Body> {
    let unready = server.unready();
    let active = server.rules.active();
    let status = match (&unready, server.phase()) {
        (None, _) => "ready",
        (Some(_), Phase::Serving) => "not-ready",
        (Some(_), _) => "draining",
    };
    // Whoever may not see the policy is not told more of it than which one it is.
    let told = json!({
        "status": status,
        "reason": unready,
        "policy": active.policy,
        "component": active.component_digest,
        "refused": server.rules.refused().map(|_| "the files of policy, component and hooks hold what is not used: the log tells why"),
        "tokens": server.tokens.as_ref().filter(|tokens| tokens.is_faulty()).map(|_| "the file of tokens holds what is none: the log tells why"),
    });
    let mut response = json_text(told.to_string());
    if unready.is_some() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// The name of a request: the client's, where it is a plain one, or one of ours.
fn id(headers: &HeaderMap) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_plain =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if let Some(given) = given.filter(is_plain) {
        return given.to_owned();
    }
    let mut id = String::new();
    // Writing to a text can't fail.
    let _ = write!(id, "{:x}-{:x}", now().ms(), NEXT.fetch_add(1, Ordering::Relaxed));
    id
}
