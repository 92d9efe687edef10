//! The names that a policy declares, and what is said about one that it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::problem::Problem;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Role,
    Department,
    Class,
    Kind,
    TicketKind,
    Check,
    Attribute,
    Sop,
    Requirement,
    Checklist,
    /// An entry of any checklist.
    ChecklistEntry,
    TaskTemplate,
    Profile,
    /// A state of any workflow.
    State,
    AssetState,
    TicketState,
}

impl Named {
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Department => "department",
            Self::Class => "class",
            Self::Kind => "kind",
            Self::TicketKind => "ticket kind",
            Self::Check => "check",
            Self::Attribute => "attribute",
            Self::Sop => "procedure",
            Self::Requirement => "requirement",
            Self::Checklist => "checklist",
            Self::ChecklistEntry => "entry of a checklist",
            Self::TaskTemplate => "task template",
            Self::Profile => "profile",
            Self::State => "state",
            Self::AssetState => "state of an asset workflow",
            Self::TicketState => "state of a ticket workflow",
        }
    }

    /// Whether a name of one sort may also be one of the other.
    pub fn may_be(self, other: Self) -> bool {
        self == other
            || matches!(
                (self, other),
                (Self::State, Self::AssetState | Self::TicketState) | (Self::AssetState | Self::TicketState, Self::State)
            )
    }

    fn section(self) -> &'static str {
        match self {
            Self::Role => "roles",
            Self::Department => "departments",
            Self::Class => "classes",
            Self::Kind => "kinds",
            Self::TicketKind => "ticket_kinds",
            Self::Check => "checks",
            Self::Attribute => "attributes",
            Self::Sop => "sops",
            Self::Requirement => "requirements",
            Self::Checklist | Self::ChecklistEntry => "checklists",
            Self::TaskTemplate => "task_templates",
            Self::Profile => "profiles",
            Self::State | Self::AssetState | Self::TicketState => "workflows",
        }
    }
}

/// All declared names, and the problems found on the way.
#[derive(Debug, Default)]
pub(crate) struct Names {
    declared: BTreeMap<Named, BTreeSet<String>>,
    pub problems: Vec<Problem>,
}

impl Names {
    pub fn declare<'a>(&mut self, named: Named, names: impl IntoIterator<Item = &'a String>) {
        self.declared.entry(named).or_default().extend(names.into_iter().cloned());
    }

    pub fn has(&self, named: Named, name: &str) -> bool {
        self.declared.get(&named).is_some_and(|names| names.contains(name))
    }

    /// Whether a declared name is as asked for.
    pub fn any(&self, named: Named, fits: &dyn Fn(&str) -> bool) -> bool {
        self.declared.get(&named).is_some_and(|names| names.iter().any(|name| fits(name)))
    }

    /// A use of a name: a problem where it is not declared. Paths are written only where there is something to tell: most never are.
    pub fn need(&mut self, named: Named, name: &str, path: impl Display) {
        if self.has(named, name) {
            return;
        }
        let mut problem = Problem::new("undeclared-name", path.to_string(), format!("{} `{name}` is not declared", named.word()));
        problem.help = Some(self.help(named, name));
        self.problems.push(problem);
    }

    /// What to do about a name that is not declared.
    pub fn help(&self, named: Named, name: &str) -> String {
        match self.declared.get(&named).and_then(|names| nearest(name, names)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it under `{}`", named.section()),
        }
    }

    /// Uses of names in a list.
    pub fn need_all(&mut self, named: Named, names: &[String], path: impl Display) {
        for (index, name) in names.iter().enumerate() {
            self.need(named, name, format_args!("{path}/{index}"));
            if names.iter().take(index).any(|earlier| earlier == name) {
                self.problem("listed-twice", format_args!("{path}/{index}"), format!("`{name}` is listed twice"), "list it once");
            }
        }
    }

    pub fn problem(&mut self, code: &str, path: impl Display, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(code, path.to_string(), message).help(help));
    }

    pub fn warn(&mut self, code: &str, path: impl Display, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(code, path.to_string(), message).help(help).warning());
    }
}

/// The declared name that is only a slip away, the first of them in order.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    let close = |other: &&String| distance(name, other);
    let best = names.into_iter().min_by_key(close)?;
    (distance(name, best) <= 1 + name.chars().count() / 4).then_some(best.as_str())
}

/// How many characters have to change (Levenshtein), on the first 64 of each.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let cost = if x == *y { diagonal } else { 1 + diagonal.min(left).min(*cell) };
            diagonal = *cell;
            *cell = cost;
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
