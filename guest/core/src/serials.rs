//! When two serials are the same, and what is none (rule F5).

use crate::policy::document::{Identity, Serials};

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
    normal(serial).collect()
}

/// An identity as two records of it compare.
pub(crate) fn comparable(sort: Identity, value: &str) -> String {
    if sort == Identity::Serial { normalise(value) } else { value.trim().to_owned() }
}

/// The same, character by character: most comparisons end at the first.
fn normal(serial: &str) -> impl Iterator<Item = char> + Clone {
    serial.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')).flat_map(char::to_uppercase)
}

fn letters_and_digits(text: &str) -> impl Iterator<Item = char> + Clone {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase)
}

/// Whether a text only stands where a serial should be: nothing, one character over and over, or a word that says that there is none.
pub(crate) fn is_placeholder(rules: &Serials, serial: &str) -> bool {
    let bare = letters_and_digits(serial);
    let mut characters = bare.clone();
    let first = characters.next();
    let repeated = characters.all(|c| Some(c) == first);
    // The first character tells nearly all apart.
    let starts = |placeholder: &str| first.is_some_and(|first| placeholder.starts_with(first));
    repeated
        || PLACEHOLDERS.iter().any(|placeholder| starts(placeholder) && bare.clone().eq(placeholder.chars()))
        || rules.placeholders.iter().any(|placeholder| bare.clone().eq(letters_and_digits(placeholder)))
}

/// Whether what was seen is what is recorded, which is no placeholder. Two empty ones never match, and placeholders match nothing.
pub(crate) fn same(rules: &Serials, identity: Identity, recorded: &str, seen: &str) -> bool {
    if identity != Identity::Serial {
        return !recorded.trim().is_empty() && recorded.trim() == seen.trim();
    }
    let cut = |prefix: &String| normal(prefix).chain(normal(recorded)).eq(normal(seen)) && normal(recorded).next().is_some();
    recorded == seen || normal(recorded).eq(normal(seen)) || rules.prefixes.iter().any(cut) && !is_placeholder(rules, seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_compare_normalised_and_prefixes_are_cut_on_the_seen_side_only() {
        let rules = Serials { prefixes: vec!["S".into()], placeholders: vec!["see sticker".into()] };
        let same = |recorded, seen| !is_placeholder(&rules, recorded) && same(&rules, Identity::Serial, recorded, seen);
        assert!(same("pf-3x 9k2", "PF3X9K2"));
        assert!(same("PF3X9K2", "SPF3X9K2"));
        assert!(!same("SPF3X9K2", "PF3X9K2"));
        assert!(!same("", "") && !same("S", "S") && !same("N/A", "N/A") && !same("See Sticker", "see sticker"));
    }

    #[test]
    fn placeholders_are_no_serials() {
        let rules = Serials::default();
        for text in ["", "  ", "N/A", "n/a", "To be filled by O.E.M.", "[REDACTED]", "0000000", "Default string", "--", "xxxxxxx", "."] {
            assert!(is_placeholder(&rules, text), "{text}");
        }
        for text in ["PF3X9K2", "12", "NA1"] {
            assert!(!is_placeholder(&rules, text), "{text}");
        }
    }
}
