//! What has stayed too long, as text: state by state, then by the role to tell.

use std::collections::BTreeMap;

use handoff::core::audit::{AuditFinding, Oldest, Overstay, Standing};
use handoff::core::{Date, Item, Offset, visible};

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
}

/// Where items stand, and who is to be told of what. Texts of `standing` are legible.
pub(crate) fn stalled(page: &mut Page, standing: &[Standing], escalations: &Escalations, offset: Offset) {
    let sum = |field: fn(&Standing) -> u64| standing.iter().map(field).fold(0, u64::saturating_add);
    let (items, stalled) = (sum(|one| one.items), sum(|one| one.stalled));
    let (word, tone) = if stalled == 0 { ("NONE STALLED", Tone::Good) } else { ("STALLED", Tone::Bad) };
    let text = if stalled == 0 { format!("of {items} items") } else { format!("{stalled} of {items} items") };
    page.line(&format!("{}: ", tone.of(word)), 2, &text);
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
    // Where nobody is to be told comes last.
    let (named, unnamed): (Vec<_>, Vec<_>) = escalations.0.iter().partition(|(role, _)| role.is_some());
    for (role, Escalation { items, longest }) in named.into_iter().chain(unnamed) {
        let role = role.as_deref().map_or_else(|| "nobody is named to be told".to_owned(), |role| format!("to {}", visible(role)));
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
    let Overstay { state, since, days, longest, to, escalate_to: _, missing } = overstay;
    let item = item.map(ToString::to_string).unwrap_or_default();
    let days = count(usize::try_from(*days).unwrap_or(usize::MAX), "day", "days");
    let text = format!("{item}: {state} since {}, {days}; {} allowed", Date::of(*since, offset), stay(*longest));
    page.line(&format!("    {} ", Tone::Bad.of("-")), 6, &visible(&text));
    let text = match (to, missing.as_slice()) {
        (None, _) => return,
        (Some(to), []) => format!("nothing is missing for {to}"),
        (Some(to), missing) => format!("for {to}: {}", missing.join(", ")),
    };
    page.line(&format!("      {} ", Tone::Faint.of("->")), 9, &visible(&text));
}
