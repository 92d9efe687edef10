//! Who sent a message: the signatures of platforms, over the bytes of the body with a secret that both sides have.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handoff::core::Time;
use hmac::{Hmac, KeyInit, Mac};
use hyper::StatusCode;
use hyper::header::HeaderMap;
use sha2::{Digest, Sha256, Sha512};

use super::problem::Refusal;

/// A signed time may be so far from now, before and after.
const TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// Messages are remembered for so long, and so many of them.
const REMEMBERED: (Duration, usize) = (Duration::from_secs(24 * 60 * 60), 100_000);

/// A secret that a platform signs with.
pub(crate) struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads a secret as files have it: a text, or after `whsec_` in base64, as Standard Webhooks has them.
    ///
    /// # Errors
    /// What is wrong with it, without it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let bytes = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| "what follows `whsec_` is not base64")?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < 16 { Err("it is shorter than 16 bytes, and could be guessed") } else { Ok(Self(bytes)) }
    }
}

/// What tells a message from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark([u8; 32]);

/// Where platforms put a signature, from the strictest to the others.
const HEADERS: [&str; 4] = ["webhook-signature", "x-hub-signature-256", "x-hub-signature", "x-hook-signature"];

/// Whether a message is signed at all.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    HEADERS.iter().any(|name| headers.contains_key(*name))
}

fn refused(code: &'static str, detail: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, code, "the request is not authorised", detail)
}

/// Lets a message pass that was signed with the secret, and tells what to remember it by. Signatures are compared in constant time.
pub(super) fn check(platform: &str, headers: &HeaderMap, body: &[u8], secret: &Secret, now: Time) -> Result<Mark, Refusal> {
    let wrong = || refused("signature", "the signature is not the one of this body with the secret of this platform");
    let mut given = HEADERS.iter().filter(|name| headers.contains_key(**name));
    let Some(name) = given.next() else {
        return Err(refused("signature", "the message is not signed, and messages of this platform have to be"));
    };
    // Where one header stands there twice, nobody knows which one is meant.
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok()).map(str::trim)
    };
    let value = one(name).ok_or_else(wrong)?;
    let remembered: Vec<u8> = match *name {
        "webhook-signature" => {
            let parts = one("webhook-id").zip(one("webhook-timestamp"));
            let (id, time) =
                parts.ok_or_else(|| refused("signature", "`webhook-id` and `webhook-timestamp` are signed with the body: send both"))?;
            let seconds: i64 = time.parse().map_err(|_| refused("signature", "`webhook-timestamp` is in seconds since 1970"))?;
            let mac =
                keyed::<Hmac<Sha256>>(secret)?.chain_update(id).chain_update(".").chain_update(time).chain_update(".").chain_update(body);
            // Several secrets may be in use while one takes the place of another.
            let mut signatures = value.split(' ').filter_map(|part| STANDARD.decode(part.strip_prefix("v1,")?).ok());
            if !signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok()) {
                return Err(wrong());
            }
            if seconds.checked_mul(1000).is_none_or(|ms| ms.abs_diff(now.ms()) > TOLERANCE_MS.unsigned_abs()) {
                return Err(refused(
                    "signature-expired",
                    "the message was signed more than five minutes from now: is it an old one, or a clock wrong?",
                ));
            }
            id.as_bytes().to_vec()
        }
        "x-hook-signature" => {
            let signature = from_hex(value).ok_or_else(wrong)?;
            keyed::<Hmac<Sha512>>(secret)?.chain_update(body).verify_slice(&signature).map_err(|_| wrong())?;
            signature
        }
        _ => {
            let signature = value.strip_prefix("sha256=").and_then(from_hex).ok_or_else(wrong)?;
            keyed::<Hmac<Sha256>>(secret)?.chain_update(body).verify_slice(&signature).map_err(|_| wrong())?;
            signature
        }
    };
    let digest = Sha256::new().chain_update(platform).chain_update([0]).chain_update(remembered).finalize();
    Ok(Mark(digest.into()))
}

/// A code of messages with that secret, which may have any length.
fn keyed<M: KeyInit>(Secret(secret): &Secret) -> Result<M, Refusal> {
    M::new_from_slice(secret).map_err(|_| refused("signature", "the secret of this platform can't be used"))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    is_hex.then(|| digits.collect()).flatten()
}

/// Messages that were answered: one that comes again was recorded by somebody, and sent once more.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<Marks>);

#[derive(Debug, Default)]
struct Marks {
    all: HashMap<Mark, Instant>,
    order: VecDeque<(Mark, Instant)>,
}

impl Seen {
    /// Remembers a message; none where it is remembered already.
    pub fn claim(&self, mark: Mark) -> Option<Claim<'_>> {
        let now = Instant::now();
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (age, most) = REMEMBERED;
        while let Some((old, when)) = marks.order.front().copied() {
            if now.duration_since(when) < age && marks.order.len() < most {
                break;
            }
            marks.order.pop_front();
            if marks.all.get(&old) == Some(&when) {
                marks.all.remove(&old);
            }
        }
        if marks.all.contains_key(&mark) {
            return None;
        }
        marks.all.insert(mark, now);
        marks.order.push_back((mark, now));
        Some(Claim { seen: self, mark, answered: false })
    }
}

/// A message that is being answered. Where nothing comes of that, also because its sender is gone, it may be sent again.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    seen: &'a Seen,
    mark: Mark,
    answered: bool,
}

impl Claim<'_> {
    pub fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).all.remove(&self.mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(headers: &[(&'static str, &str)], body: &str, secret: &str, now: &str) -> Result<Mark, &'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        let secret = Secret::read(secret).expect("a secret");
        let now = Time::parse(now).expect("a time");
        super::check("jira", &map, body.as_bytes(), &secret, now).map_err(|refusal| refusal.code)
    }

    const NOW: &str = "2021-02-25T22:27:30Z";

    /// The signatures were made with the `hmac` module of Python.
    #[test]
    fn signatures_of_every_sort_are_checked() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let standard = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,xxxx v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        let body = "{\"test\": 2432232314}";
        let first = check(&standard, body, secret, "2021-02-25T15:02:10Z").expect("it is good");
        assert_eq!(check(&standard, body, secret, "2021-02-25T15:06:10Z"), Ok(first));
        for (now, code) in [("2021-02-25T15:08:00Z", "signature-expired"), ("2021-02-25T14:55:00Z", "signature-expired")] {
            assert_eq!(check(&standard, body, secret, now), Err(code), "{now}");
        }
        assert_eq!(check(&standard, "{\"test\": 2432232315}", secret, "2021-02-25T15:02:10Z"), Err("signature"));
        assert_eq!(check(&standard[1..], body, secret, NOW), Err("signature"));

        let (secret, body) = ("a secret of some length", "{}");
        let hub = "sha256=5ffa98e1ab5c1f2a1b9a4b2b2f7d5e2d3ed1b0f8b5f5b5a5f5c5d5e5f5a5b5c5";
        assert_eq!(check(&[("x-hub-signature", hub)], body, secret, NOW), Err("signature"));
        let hub = "sha256=1a5af9722519df5f1d71c653980c502c87e52bf18aecce877a02ae6cd576199d";
        check(&[("x-hub-signature", hub)], body, secret, NOW).expect("it is good");
        check(&[("x-hub-signature-256", &hub.to_ascii_uppercase().replace("SHA", "sha"))], body, secret, NOW).expect("it is good");
        let hook = "8bf279b931fe35fe8b74dac46bebefbaaf2a4535477b8d881a88fed92963d0133a563501749691dac5f804f5a36b192c422196e7b023a7b16f601c339b061b67";
        check(&[("x-hook-signature", hook)], body, secret, NOW).expect("it is good");
        let cases: [&[(&'static str, &str)]; 7] = [
            &[],
            &[("x-hub-signature", "")],
            &[("x-hub-signature", "sha256=")],
            &[("x-hub-signature", "sha256=5")],
            &[("x-hub-signature", hook)],
            &[("x-hub-signature", hub), ("x-hub-signature", hub)],
            &[("x-hook-signature", hook.split_at(64).0)],
        ];
        for headers in cases {
            assert_eq!(check(headers, body, secret, NOW), Err("signature"), "{headers:?}");
        }
        assert_eq!(check(&[("x-hub-signature", hub)], body, "another secret of it", NOW), Err("signature"));
    }

    #[test]
    fn secrets_that_could_be_guessed_are_none() {
        for text in ["", "short", "whsec_", "whsec_?", "whsec_c2hvcnQ="] {
            assert!(Secret::read(text).is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", Secret::read("a secret of some length")), "Ok(Secret)");
    }

    #[test]
    fn a_message_is_answered_once() {
        let seen = Seen::default();
        let (one, other) = (Mark([1; 32]), Mark([2; 32]));
        drop(seen.claim(one).expect("it is new"));
        seen.claim(one).expect("it was not answered").answered();
        assert!(seen.claim(one).is_none());
        let under_way = seen.claim(other).expect("it is another one");
        assert!(seen.claim(other).is_none());
        drop(under_way);
    }
}
