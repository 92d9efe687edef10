//! When two serials are the same, and what is none (rule F5).

use std::collections::BTreeSet;

use crate::policy::document::{Identity, Serials};

/// How a policy compares serials.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Cut from what was seen.
    prefixes: Vec<String>,
    /// What a serial is never; letters and digits only.
    placeholders: BTreeSet<String>,
}

/// What a serial is never, whatever the policy says; letters and digits only. Drawn from the BIOS defaults and exports of real platforms.
const PLACEHOLDERS: [&str; 22] = [
    "NA",
    "NONE",
    "NULL",
    "NIL",
    "UNKNOWN",
    "TBD",
    "TBA",
    "TODO",
    "REDACTED",
    "DEFAULTSTRING",
    "DEFAULT",
    "TOBEFILLEDBYOEM",
    "SYSTEMSERIALNUMBER",
    "SERIALNUMBER",
    "NOTSPECIFIED",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "INVALID",
    "EMPTY",
    "CHASSISSERIALNUMBER",
    "PENDING",
    "TEST",
];

/// A serial without case, spaces and dashes.
pub(crate) fn normalise(serial: &str) -> String {
    upper(serial, is_of_serial)
}

/// An identity as two records of it compare.
pub(crate) fn comparable(sort: Identity, value: &str) -> String {
    if sort == Identity::Serial { normalise(value) } else { value.trim().to_owned() }
}

/// The same, character by character: most comparisons end at the first.
fn normal(serial: &str) -> impl Iterator<Item = char> + Clone {
    serial.chars().filter(|c| is_of_serial(*c)).flat_map(char::to_uppercase)
}

fn is_of_serial(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

fn letters_and_digits(text: &str) -> String {
    upper(text, char::is_alphanumeric)
}

/// The characters that are kept, in upper case. Nearly all are of ASCII, where one stays one.
fn upper(text: &str, keeps: fn(char) -> bool) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars().filter(|c| keeps(*c)) {
        if c.is_ascii() {
            all.push(c.to_ascii_uppercase());
        } else {
            all.extend(c.to_uppercase());
        }
    }
    all
}

impl Rules {
    pub fn new(written: &Serials) -> Self {
        let placeholders = written.placeholders.iter().map(|placeholder| letters_and_digits(placeholder));
        let built_in = PLACEHOLDERS.iter().map(|placeholder| (*placeholder).to_owned());
        Self { prefixes: written.prefixes.clone(), placeholders: built_in.chain(placeholders).collect() }
    }

    /// Whether a text only stands where a serial should be: nothing, one character over and over, or a word that says that there is none.
    pub fn is_placeholder(&self, serial: &str) -> bool {
        let bare = letters_and_digits(serial);
        let mut characters = bare.chars();
        let first = characters.next();
        characters.all(|c| Some(c) == first) || self.placeholders.contains(&bare)
    }

    /// Whether what was seen is what is recorded, which is no placeholder. Two empty ones never match, and placeholders match nothing.
    pub fn same(&self, identity: Identity, recorded: &str, seen: &str) -> bool {
        if identity != Identity::Serial {
            return !recorded.trim().is_empty() && recorded.trim() == seen.trim();
        }
        let cut = |prefix: &String| normal(prefix).chain(normal(recorded)).eq(normal(seen)) && normal(recorded).next().is_some();
        recorded == seen || normal(recorded).eq(normal(seen)) || self.prefixes.iter().any(cut) && !self.is_placeholder(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_compare_normalised_and_prefixes_are_cut_on_the_seen_side_only() {
        let rules = Rules::new(&Serials { prefixes: vec!["S".into()], placeholders: vec!["see sticker".into()] });
        let same = |recorded, seen| !rules.is_placeholder(recorded) && rules.same(Identity::Serial, recorded, seen);
        assert!(same("pf-3x 9k2", "PF3X9K2"));
        assert!(same("PF3X9K2", "SPF3X9K2"));
        assert!(!same("SPF3X9K2", "PF3X9K2"));
        assert!(!same("", "") && !same("S", "S") && !same("N/A", "N/A") && !same("See Sticker", "see sticker"));
    }

    #[test]
    fn placeholders_are_no_serials() {
        let rules = Rules::new(&Serials::default());
        for text in ["", "  ", "N/A", "n/a", "To be filled by O.E.M.", "[REDACTED]", "0000000", "Default string", "--", "xxxxxxx", "."] {
            assert!(rules.is_placeholder(text), "{text}");
        }
        for text in ["PF3X9K2", "12", "NA1"] {
            assert!(!rules.is_placeholder(text), "{text}");
        }
    }
}
