//! Why a request is refused, as RFC 9457 has it: what is wrong, where, and what to do about it.

use handoff::Error;
use handoff::core::Problem;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::connection::Body;

/// A refusal. It never says allow.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    /// What sort of refusal it is, for programs.
    pub code: &'static str,
    title: &'static str,
    detail: String,
    problems: Vec<Problem>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// A problem detail.
#[derive(Serialize)]
struct Detail<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [Problem],
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), problems: Vec::new(), header: None }
    }

    pub fn with(self, name: HeaderName, value: &str) -> Self {
        // A value of ours that is none of a header is left out.
        Self { header: HeaderValue::from_str(value).ok().map(|value| (name, value)), ..self }
    }

    /// There is no verdict now, and there may be one later.
    pub fn later(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail).with(hyper::header::RETRY_AFTER, "1")
    }

    /// What was sent can't be used.
    pub fn problems(status: StatusCode, code: &'static str, title: &'static str, problems: Vec<Problem>) -> Self {
        let detail = match problems.as_slice() {
            [] => title.to_owned(),
            [only] => only.message.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
        };
        Self { problems, ..Self::new(status, code, title, detail) }
    }

    /// A refusal of the library.
    pub fn of(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Facts(problems) => Self::problems(StatusCode::UNPROCESSABLE_ENTITY, "facts", "the facts can't be used", problems),
            Error::Question(problems) => {
                Self::problems(StatusCode::UNPROCESSABLE_ENTITY, "question", "the question can't be used", problems)
            }
            Error::Busy(_) => Self::later("overload", "there is no verdict: all instances are at work", detail),
            _ => Self::later("no-verdict", "there is no verdict: the component gave none", detail),
        }
    }

    /// As the one JSON object that it is.
    pub fn json(&self) -> String {
        let Self { status, code, title, detail, problems, header: _ } = self;
        let detail = Detail { r#type: format!("urn:handoff:problem:{code}"), title, status: status.as_u16(), detail, problems };
        // Texts always serialise; were it otherwise, the status would still say it.
        serde_json::to_string(&detail).unwrap_or_default()
    }

    pub fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::text(format!("{}\n", self.json())));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
