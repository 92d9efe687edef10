//! What has stayed too long, as text: state by state, then by the role to tell.

use std::collections::BTreeMap;

use handoff::core::ask::PolicyName;
use handoff::core::audit::{AuditFinding, Oldest, Overstay, Standing};
use handoff::core::{Date, Item, Offset, Time, visible};

use super::card::{Card, Section, footer};
use super::problem::count;
use super::table::table;
use super::{Page, Tone, stay};

/// How many items are shown for each role.
const SHOWN: usize = 20;

/// Items that have stayed too long, those that have been there longest, by the role to tell.
#[derive(Debug, Default)]
pub(crate) struct Escalations(BTreeMap<Option<String>, Escalation>);

#[derive(Debug, Default)]
struct Escalation {
    items: u64,
    longest: Vec<(Option<Item>, Overstay)>,
}

impl Escalations {
    /// Takes a finding, as far as it is to be shown.
    pub fn take(&mut self, found: AuditFinding) {
        let Some(stay) = found.stay else { return };
        let Escalation { items, longest } = self.0.entry(stay.escalate_to.clone()).or_default();
        *items = items.saturating_add(1);
        // Of those that came at the same time the first ones stay.
        let place = longest.partition_point(|(_, other)| other.since <= stay.since);
        longest.insert(place, (found.finding.item, stay));
        longest.truncate(SHOWN);
    }

    /// By whom to tell, as text; where nobody is to be told comes last.
    fn in_order(&self) -> impl Iterator<Item = (String, &Escalation)> {
        let (named, unnamed): (Vec<_>, Vec<_>) = self.0.iter().partition(|(role, _)| role.is_some());
        let told = |role: &Option<String>| {
            role.as_deref().map_or_else(|| "nobody is named to be told".to_owned(), |role| format!("to {}", visible(role)))
        };
        named.into_iter().chain(unnamed).map(move |(role, escalation)| (told(role), escalation))
    }
}

/// In a word, whether that is good, and how many.
fn headline(standing: &[Standing]) -> (&'static str, bool, String) {
    let sum = |field: fn(&Standing) -> u64| standing.iter().map(field).fold(0, u64::saturating_add);
    match (sum(|one| one.items), sum(|one| one.stalled)) {
        (items, 0) => ("NONE STALLED", true, format!("of {items} items")),
        (items, stalled) => ("STALLED", false, format!("{stalled} of {items} items")),
    }
}

/// What has stayed too long and who is to be told, for a chat.
pub(crate) fn card(standing: &[Standing], escalations: &Escalations, offset: Offset, at: Time, policy: &PolicyName) -> Card {
    let (word, good, headline) = headline(standing);
    let sections = escalations.in_order().map(|(role, Escalation { items, longest })| Section {
        title: role,
        lines: longest
            .iter()
            .map(|(item, overstay)| {
                let (stayed, missing) = (stayed(item.as_ref(), overstay, offset), missing(overstay));
                if missing.is_empty() { stayed } else { format!("{stayed}; {missing}") }
            })
            .collect(),
        more: items.saturating_sub(u64::try_from(longest.len()).unwrap_or(u64::MAX)),
    });
    Card { title: word.to_owned(), good, headline, sections: sections.collect(), footer: footer(policy, at, offset) }
}

/// Where items stand, and who is to be told of what. Texts of `standing` are legible.
pub(crate) fn stalled(page: &mut Page, standing: &[Standing], escalations: &Escalations, offset: Offset) {
    let (word, good, text) = headline(standing);
    page.line(&format!("{}: ", if good { Tone::Good } else { Tone::Bad }.of(word)), 2, &text);
    let mut workflows: Vec<&str> = standing.iter().map(|one| one.workflow.as_str()).collect();
    workflows.dedup();
    for workflow in workflows {
        page.heading(workflow);
        let rows: Vec<_> = standing.iter().filter(|one| one.workflow == workflow).map(|one| row(one, offset)).collect();
        table(page, ["state", "items", "stalled", "allowed stay", "oldest", "since", "accountable"], &rows);
    }
    if !escalations.0.is_empty() {
        page.heading("Escalations due");
    }
    for (role, Escalation { items, longest }) in escalations.in_order() {
        page.line("  ", 2, &Tone::Strong.of(&role));
        for (item, overstay) in longest {
            overdue(page, item.as_ref(), overstay, offset);
        }
        let more = items.saturating_sub(u64::try_from(longest.len()).unwrap_or(u64::MAX));
        if more > 0 {
            page.line("    ", 4, &format!("and {more} more: `--format csv` and `--format json` tell all of them"));
        }
    }
}

fn row(standing: &Standing, offset: Offset) -> [String; 7] {
    let Standing { state, items, stalled, longest_stay, oldest, accountable, .. } = standing;
    let (item, since) = match oldest {
        Some(Oldest { item, since }) => (item.to_string(), Date::of(*since, offset).to_string()),
        None => (String::new(), String::new()),
    };
    [
        state.clone(),
        items.to_string(),
        stalled.to_string(),
        longest_stay.map(stay).unwrap_or_default(),
        item,
        since,
        accountable.clone().unwrap_or_default(),
    ]
}

fn overdue(page: &mut Page, item: Option<&Item>, overstay: &Overstay, offset: Offset) {
    page.line(&format!("    {} ", Tone::Bad.of("-")), 6, &stayed(item, overstay, offset));
    let missing = missing(overstay);
    if !missing.is_empty() {
        page.line(&format!("      {} ", Tone::Faint.of("->")), 9, &missing);
    }
}

/// What has stayed where, since when, and how long it might.
fn stayed(item: Option<&Item>, overstay: &Overstay, offset: Offset) -> String {
    let Overstay { state, since, days, longest, .. } = overstay;
    let item = item.map(ToString::to_string).unwrap_or_default();
    let days = count(usize::try_from(*days).unwrap_or(usize::MAX), "day", "days");
    visible(&format!("{item}: {state} since {}, {days}; {} allowed", Date::of(*since, offset), stay(*longest))).into_owned()
}

/// What it lacks for the next state; nothing where there is none.
fn missing(Overstay { to, missing, .. }: &Overstay) -> String {
    match (to, missing.as_slice()) {
        (None, _) => String::new(),
        (Some(to), []) => visible(&format!("nothing is missing for {to}")).into_owned(),
        (Some(to), missing) => visible(&format!("for {to}: {}", missing.join(", "))).into_owned(),
    }
}
