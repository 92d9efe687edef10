//! What stands behind the question mark of an address.

use hyper::StatusCode;

use super::problem::Refusal;

/// The parameters, in their order.
pub(super) fn parameters(query: Option<&str>) -> Result<Vec<(&str, String)>, Refusal> {
    let one = |part| {
        let (key, value) = str::split_once(part, '=').unwrap_or((part, ""));
        let value = decoded(value).ok_or_else(|| refused(format!("`{key}` is not encoded as a part of a query has to be")))?;
        Ok((key, value))
    };
    query.unwrap_or_default().split('&').filter(|part| !part.is_empty()).map(one).collect()
}

/// Refuses a query.
pub(super) fn refused(detail: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "parameter", "the query can't be used", detail)
}

/// A text without its percent signs. A plus stays one: times have it.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(if byte == b'%' { u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()? } else { byte });
    }
    String::from_utf8(bytes).ok()
}
