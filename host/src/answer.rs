//! What an answer must be before it is passed on (rule D12): a component that contradicts itself is not believed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::Error;

/// Checks every decision in an answer, wherever in it they stand.
pub(crate) fn check(answer: &str) -> Result<(), Error> {
    let answer = serde_json::from_str(answer).map_err(|error| Error::Garbled(format!("the answer is not JSON: {error}")))?;
    decisions(&answer)
}

/// An answer as far as it is checked. The texts stay where they are: a whole tree of it would take as long as the decision.
enum Tree<'a> {
    Text(Cow<'a, str>),
    True,
    List(Vec<Tree<'a>>),
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
    Other,
}

impl<'a> Tree<'a> {
    /// What stands under a key; nothing where it stands there twice, for readers take the one or the other.
    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        let mut found = entries.iter().filter(|(name, _)| name == key);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value)
    }

    fn has(&self, key: &str) -> bool {
        matches!(self, Self::Object(entries) if entries.iter().any(|(name, _)| name == key))
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, key: &str) -> Option<&[Self]> {
        match self.get(key)? {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Self::True))
    }
}

fn decisions(tree: &Tree<'_>) -> Result<(), Error> {
    match tree {
        Tree::List(values) => values.iter().try_for_each(decisions),
        Tree::Object(entries) => {
            if tree.has("decision") {
                decision(tree)?;
            }
            entries.iter().try_for_each(|(_, value)| decisions(value))
        }
        Tree::Text(_) | Tree::True | Tree::Other => Ok(()),
    }
}

fn decision(decision: &Tree<'_>) -> Result<(), Error> {
    let contradiction = |reason: String| Err(Error::Contradiction(reason));
    match decision.text("decision") {
        Some("deny") => return Ok(()),
        Some("allow") => {}
        Some(verdict) => return Err(Error::Garbled(format!("`{verdict}` is no verdict"))),
        None => return Err(Error::Garbled("a decision has no verdict, or two".to_owned())),
    }
    if !decision.is_true("permitted") {
        return contradiction("it allows an actor that is not permitted".to_owned());
    }
    let Some(findings) = decision.list("findings") else { return Err(Error::Garbled("a decision has no list of findings".to_owned())) };
    let waivers = decision.list("waivers").unwrap_or_default();
    let by_exception = decision.is_true("by_exception");
    if waivers.is_empty() == by_exception {
        return contradiction(format!("it names {} exceptions and says `by_exception`: {by_exception}", waivers.len()));
    }
    let waived = |finding: &Tree<'_>| {
        let same = |waiver: &Tree<'_>| {
            ["requirement", "item"].iter().all(|key| finding.text(key).is_some_and(|text| waiver.text(key) == Some(text)))
        };
        waivers.iter().any(same)
    };
    let harmless = |finding: &Tree<'_>| matches!(finding.text("severity"), Some("warn" | "audit"));
    match findings.iter().find(|finding| !harmless(finding) && !waived(finding)) {
        Some(finding) => contradiction(format!("it allows what `{}` denies", finding.text("code").unwrap_or("a finding"))),
        None => Ok(()),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tree<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tree<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
                Ok(if value { Tree::True } else { Tree::Other })
            }

            fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
                Ok(Tree::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Tree<'de>, E> {
                Ok(Tree::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Tree<'de>, E> {
                Ok(Tree::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Tree<'de>, E> {
                Ok(Tree::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = values.next_element()? {
                    list.push(value);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Tree<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(Key(key)) = values.next_key()? {
                    entries.push((key, values.next_value()?));
                }
                Ok(Tree::Object(entries))
            }
        }
        reader.deserialize_any(Reader)
    }
}

/// A key, borrowed where it is written plainly.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_must_bear_itself_out() {
        let finding = |severity| format!(r#"{{"code":"gate","severity":"{severity}","requirement":"wiped","item":"asset:1"}}"#);
        let answer = |verdict: &str, by_exception: bool, findings: &str, waivers: &str| {
            check(&format!(
                r#"{{"decision":"{verdict}","by_exception":{by_exception},"permitted":true,"findings":[{findings}],"waivers":[{waivers}]}}"#
            ))
        };
        let waiver = r#"{"requirement":"wiped","item":"asset:1"}"#;
        let other = r#"{"requirement":"wiped","item":"asset:2"}"#;
        assert_eq!(answer("deny", false, &finding("block"), ""), Ok(()));
        assert_eq!(answer("allow", false, "", ""), Ok(()));
        assert_eq!(answer("allow", false, &finding("warn"), ""), Ok(()));
        assert_eq!(answer("allow", true, &finding("block"), waiver), Ok(()));
        for (by_exception, findings, waivers) in [
            (false, finding("block"), ""),
            (false, finding("bloc"), ""),
            (false, finding("block"), waiver),
            (false, String::new(), waiver),
            (true, finding("block"), ""),
            (true, finding("block"), other),
        ] {
            assert!(
                matches!(answer("allow", by_exception, &findings, waivers), Err(Error::Contradiction(_))),
                "{by_exception} {findings} {waivers}"
            );
        }
        assert!(matches!(check(r#"{"options":[{"decision":"allow","findings":[]}]}"#), Err(Error::Contradiction(_))));
        assert!(matches!(answer("Allow", false, "", ""), Err(Error::Garbled(_))));
        assert!(matches!(check("{"), Err(Error::Garbled(_))));
        // Readers of JSON take the first or the last of two.
        assert!(matches!(check(r#"{"decision":"deny","decision":"allow","findings":[]}"#), Err(Error::Garbled(_))));
        let twice = r#"{"decision":"allow","by_exception":false,"permitted":true,"findings":[{"severity":"block","severity":"warn"}]}"#;
        assert!(matches!(check(twice), Err(Error::Contradiction(_))));
    }
}
