//! What serde says of a value of the wrong shape, in our words: those of JSON and not of Rust.

use serde_json::Value;

use crate::policy::names::nearest;
use crate::problem::{Position, Problem, pointer};

/// A problem with the shape of a value, out of serde's sentence on it.
pub(crate) fn problem(code: &str, path: String, sentence: &str) -> Problem {
    // Where it stands is told apart.
    let sentence = sentence.rsplit_once(" at line ").map_or(sentence, |(sentence, _)| sentence);
    if let Some(rest) = sentence.strip_prefix("unknown field ") {
        return unknown("key", code, path, rest);
    }
    if let Some(rest) = sentence.strip_prefix("unknown variant ") {
        return unknown("word", code, path, rest);
    }
    let message = if let Some(key) = sentence.strip_prefix("missing field ") {
        format!("key {key} is missing")
    } else if let Some(key) = sentence.strip_prefix("duplicate field ") {
        format!("key {key} stands there twice")
    } else if let Some((found, wanted)) = ["invalid type: ", "invalid value: "]
        .into_iter()
        .find_map(|start| sentence.strip_prefix(start))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        format!("expected {}, found {}", expected(wanted), self::found(found))
    } else {
        sentence.to_owned()
    };
    Problem::new(code, path, message)
}

/// The most faults that are told of one value.
const FAULTS: usize = 32;

/// Every fault in the shape of a value that `read` refuses. Serde stops at the first one: it is taken out, and the rest is read again. A key
/// that is missing and a row of a list can't be taken out, so that behind these the next try tells more.
pub(crate) fn problems<T>(code: &str, base: &str, value: &Value, read: impl Fn(&Value) -> Result<T, Refusal>) -> Vec<Problem> {
    let mut rest = value.clone();
    let mut all: Vec<Problem> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    while all.len() < FAULTS {
        let Err(error) = read(&rest) else { break };
        let path = inner_pointer("", error.path());
        let sentence = error.inner().to_string();
        let missing = sentence.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        // What was taken out, or is there under a name that is only a slip away, is missing for no other reason.
        let is_told = |key: &str| {
            let meant = Some(format!("did you mean `{key}`?"));
            taken.contains(&pointer(&path, key)) || all.iter().any(|problem| problem.help == meant)
        };
        if missing.is_some_and(is_told) {
            break;
        }
        all.push(problem(code, format!("{base}{path}"), &sentence));
        if missing.is_some() || !take_out(&mut rest, &path) {
            break;
        }
        taken.push(path);
    }
    all
}

/// Why a value was refused, and where.
pub(crate) type Refusal = serde_path_to_error::Error<serde_json::Error>;

/// Takes the value of a key out; whether there was one.
fn take_out(value: &mut Value, path: &str) -> bool {
    let Some((parent, key)) = path.rsplit_once('/') else { return false };
    let key = key.replace("~1", "/").replace("~0", "~");
    value.pointer_mut(parent).and_then(Value::as_object_mut).is_some_and(|keys| keys.remove(&key).is_some())
}

/// Where serde stopped to read a text; it counts columns from 0.
pub(crate) fn position(error: &serde_json::Error) -> Option<Position> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (error.line() > 0).then(|| Position { line: count(error.line()), column: count(error.column()).max(1) })
}

/// The JSON pointer of a path inside the value at `base`.
pub(crate) fn inner_pointer(base: &str, path: &serde_path_to_error::Path) -> String {
    path.iter().fold(base.to_owned(), |base, segment| match segment {
        serde_path_to_error::Segment::Seq { index } => pointer(&base, &index.to_string()),
        serde_path_to_error::Segment::Map { key } => pointer(&base, key),
        serde_path_to_error::Segment::Enum { variant } => pointer(&base, variant),
        serde_path_to_error::Segment::Unknown => base,
    })
}

/// The help for a name that is not among those that are taken.
pub(crate) fn choices<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "leave it out: none is taken here".to_owned(),
        None => format!("one of `{}`", names.join("`, `")),
    }
}

/// Of "`x`, expected one of `a`, `b`": what is unknown, and what is taken.
fn unknown(what: &str, code: &str, path: String, rest: &str) -> Problem {
    let (name, taken) = rest.split_once("`, ").unwrap_or((rest, ""));
    let name = name.trim_matches('`');
    // Every other part stands between backticks.
    let help = choices(name, taken.split('`').skip(1).step_by(2));
    Problem::new(code, path, format!("unknown {what} `{name}`")).help(help)
}

fn found(found: &str) -> String {
    let (sort, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_matches('`');
    match sort {
        "string" => format!("the text {value}"),
        "integer" => format!("the number {value}"),
        "floating" => format!("the number {}", value.trim_start_matches("point `")),
        "boolean" => value.to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        _ => found.to_owned(),
    }
}

fn expected(wanted: &str) -> &str {
    match wanted {
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        wanted => wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its faults are looked at")]
    struct Row {
        id: String,
        #[serde(default)]
        count: u32,
        #[serde(default)]
        shared: bool,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        word: Option<Word>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        Passed,
        Failed,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    fn told<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        let problem = problem("c", String::new(), &serde_json::from_str::<T>(text).unwrap_err().to_string());
        problem.help.map_or(problem.message.clone(), |help| format!("{}; {help}", problem.message))
    }

    #[test]
    fn every_fault_of_a_value_is_told() {
        let faults = |value: Value| {
            let all = problems("c", "/rows/3", &value, |value| serde_path_to_error::deserialize::<_, Row>(value));
            all.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            faults(serde_json::json!({"id": 7, "coutn": 1, "shared": "no", "word": "passed"})),
            "/rows/3/coutn: unknown key `coutn`; /rows/3/id: expected a text, found the number 7; \
             /rows/3/shared: expected true or false, found the text \"no\""
        );
        assert_eq!(faults(serde_json::json!({"names": ["a", 1, 2]})), "/rows/3/names/1: expected a text, found the number 1");
        assert_eq!(faults(serde_json::json!({"idd": "a"})), "/rows/3/idd: unknown key `idd`");
        assert_eq!(faults(serde_json::json!({"x": 1})), "/rows/3/x: unknown key `x`; /rows/3: key `id` is missing");
    }

    #[test]
    fn faults_are_told_in_words_of_json() {
        for (text, expected) in [
            (r#"{"idd":"a"}"#, "unknown key `idd`; did you mean `id`?"),
            (r#"{"elsewhere":"a"}"#, "unknown key `elsewhere`; one of `id`, `count`, `shared`, `names`, `word`"),
            (r#"{"id":"a","word":"pased"}"#, "unknown word `pased`; did you mean `passed`?"),
            (r#"{"id":"a","word":"ok"}"#, "unknown word `ok`; one of `passed`, `failed`"),
            ("{}", "key `id` is missing"),
            (r#"{"id":"a","id":"b"}"#, "key `id` stands there twice"),
            (r#"{"id":7}"#, "expected a text, found the number 7"),
            (r#"{"id":1.5}"#, "expected a text, found the number 1.5"),
            (r#"{"id":null}"#, "expected a text, found null"),
            (r#"{"id":"a","count":-1}"#, "expected a whole number from 0, found the number -1"),
            (r#"{"id":"a","count":"7, expected `8`"}"#, r#"expected a whole number from 0, found the text "7, expected `8`""#),
            (r#"{"id":"a","shared":"no"}"#, r#"expected true or false, found the text "no""#),
            (r#"{"id":"a","shared":[]}"#, "expected true or false, found a list"),
            (r#"{"id":"a","names":true}"#, "expected a list, found true"),
            (r#"{"id":"a","names":{}}"#, "expected a list, found an object"),
        ] {
            assert_eq!(told::<Row>(text), expected, "{text}");
        }
        assert_eq!(told::<Nothing>(r#"{"id":1}"#), "unknown key `id`; leave it out: none is taken here");
    }
}
