//! What an item went through: its history as far as it counts (rules F6, F7, P3).

use crate::case::Setting;
use crate::code::Code;
use crate::facts::{Baseline, Entry, Fact};
use crate::outcome::Gap;
use crate::policy::Workflow;
use crate::policy::document::Category;
use crate::time::{Date, Time};

/// One entry that counts: the state entered, when, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage<'a> {
    pub state: &'a str,
    pub at: Time,
    pub by: Option<&'a str>,
}

/// The history of an item.
#[derive(Debug, Default)]
pub(crate) struct History<'a> {
    /// Whether there is a history, or a baseline that still stands in for it.
    pub known: bool,
    /// What counts as passed, in order; what a correction undid is left out.
    pub passages: Vec<Passage<'a>>,
    /// Spans in which evidence was lost to a correction: after the first, up to the second.
    pub lost: Vec<(Option<Time>, Time)>,
    /// The imported state that stands in for what came before.
    pub baseline: Option<&'a str>,
    /// What is wrong with it.
    pub faults: Vec<Gap>,
    /// What is odd about it and does not deny.
    pub oddities: Vec<Gap>,
    /// The times at which the identity could change: from the entry into a state until leaving it on such an edge.
    pub identity_windows: Vec<(Time, Time)>,
}

impl<'a> History<'a> {
    pub fn read(
        setting: &Setting<'a>,
        workflow: Option<&'a Workflow>,
        entries: &'a Fact<Vec<Entry>>,
        baseline: &'a Fact<Baseline>,
        state: &'a Fact<String>,
    ) -> Self {
        let mut history = Self::default();
        let Some(workflow) = workflow else { return history };
        let name = |state: &'a str| workflow.state(state).map_or(state, |(name, _)| name);
        let until = setting.policy.head.limits.baseline_until.map(|day: Date| day.start(setting.policy.offset()));
        if let (Fact::Known(baseline), Some(until)) = (baseline, until) {
            let vouched = baseline.by.text().is_some() && baseline.at.value().is_some_and(|at| !setting.is_future(*at));
            if setting.at < until && vouched {
                history.baseline = Some(name(&baseline.state));
            }
        }
        let chain = chain(entries.rows(), setting.now(), name);
        history.known = matches!(entries, Fact::Known(_)) || history.baseline.is_some();
        // The row says the state before the request, so the history ends there. A baseline is where the history begins; it stands in for
        // nothing that the history itself tells.
        let mut at = None;
        match (history.baseline, baseline.value().and_then(|baseline| baseline.at.value())) {
            (Some(state), Some(since)) if chain.first().is_none_or(|first| first.at >= *since) => {
                at = Some(state);
                history.passages.push(Passage { state, at: *since, by: None });
            }
            _ => history.baseline = None,
        }
        for (index, entry) in chain.iter().enumerate() {
            let (from, to) = (entry.from.text().map(name), name(&entry.to));
            let starts_right = match (&entry.from, at) {
                (Fact::Unknown, _) => false,
                (_, Some(before)) => from == Some(before),
                // A history may begin late: what came before is then not passed.
                (_, None) => index == 0 || from.is_none(),
            };
            if !starts_right {
                let found = match &entry.from {
                    Fact::Unknown => crate::outcome::NOT_RECORDED.to_owned(),
                    _ => format!("`{}`", from.unwrap_or("nothing")),
                };
                history.faults.push(
                    Gap::wrong(Code::HistoryBroken, format!("the entry into `{to}` does not start where the one before ended"))
                        .expected(format!("`{}`", at.unwrap_or("nothing")))
                        .found(found),
                );
            }
            at = Some(to);
            history.pass(workflow, entry, from, to);
        }
        let present = state.text().map(name);
        let ends = match (at, entries) {
            (Some(at), _) => Some(format!("`{at}`")),
            (None, Fact::Known(_)) => Some("no entry".to_owned()),
            (None, Fact::Unknown | Fact::None) => None,
        };
        // Where there is neither a history nor a baseline, only the requirements that read it fail. A creation has none yet.
        if let Some(ends) = ends.filter(|_| !state.is_unknown() && at != present) {
            history.faults.push(
                Gap::wrong(Code::HistoryStateMismatch, "the history does not end in the present state")
                    .expected(present.map_or_else(|| "no entry".to_owned(), |present| format!("`{present}`")))
                    .found(ends),
            );
        }
        // An identity may also change while the item is still in the state that such an edge leaves.
        if let (Some(last), Some(present)) = (history.passages.last(), present)
            && last.state == present
            && workflow.next(Some(present)).any(|(_, edge)| edge.changes_identity)
        {
            history.identity_windows.push((last.at, setting.now()));
        }
        history
    }

    fn pass(&mut self, workflow: &'a Workflow, entry: &'a Entry, from: Option<&'a str>, to: &'a str) {
        let edge = (!entry.from.is_unknown()).then(|| workflow.edge(from, to)).flatten();
        let Some(edge) = edge else {
            self.oddities.push(
                Gap::wrong(Code::HistoryUndeclaredEdge, format!("the way from `{}` to `{to}` is not declared", from.unwrap_or("nothing")))
                    .found(format!("at {}", entry.at)),
            );
            return;
        };
        if edge.changes_identity
            && let Some(entered) = from.and_then(|from| self.last(from))
        {
            self.identity_windows.push((entered.at, entry.at));
        }
        if edge.correction {
            let explained = entry.reason.text().is_some_and(|reason| !reason.trim().is_empty())
                && entry.second.text().is_some_and(|second| Some(second) != entry.by.text());
            if !explained {
                self.faults.push(
                    Gap::wrong(Code::CorrectionUnexplained, format!("the correction to `{to}` lacks its reason or a second person"))
                        .found(format!("at {}", entry.at)),
                );
            }
            let back = self.passages.iter().rposition(|passage| passage.state == to);
            self.lost.push((back.and_then(|back| self.passages.get(back)).map(|passage| passage.at), entry.at));
            self.passages.truncate(back.unwrap_or_default());
        }
        self.passages.push(Passage { state: to, at: entry.at, by: entry.by.text() });
    }

    /// The last entry into a state.
    pub fn last(&self, state: &str) -> Option<&Passage<'a>> {
        self.passages.iter().rev().find(|passage| passage.state == state)
    }

    /// States passed since the item last came back or was gone, in order.
    pub fn since_return(&self, workflow: &Workflow) -> Vec<&'a str> {
        let mut since = Vec::new();
        for passage in &self.passages {
            match workflow.states.get(passage.state).and_then(|state| state.category) {
                Some(Category::Returning | Category::Gone) => since.clear(),
                _ => since.push(passage.state),
            }
        }
        since
    }

    /// Whether evidence of that time was lost to a correction.
    pub fn is_lost(&self, at: Time) -> bool {
        self.lost.iter().any(|(after, until)| after.is_none_or(|after| at > after) && at <= *until)
    }
}

/// The entries that have happened, by time; those of one moment in the order in which they follow each other.
fn chain<'a>(entries: &'a [Entry], now: Time, name: impl Fn(&'a str) -> &'a str) -> Vec<&'a Entry> {
    let mut chain: Vec<&Entry> = Vec::with_capacity(entries.len());
    for moment in entries.chunk_by(|a, b| a.at == b.at) {
        let mut rest: Vec<&Entry> = moment.iter().filter(|entry| entry.at <= now).collect();
        while !rest.is_empty() {
            let before = chain.last().map(|entry| name(&entry.to));
            let follows = |entry: &&'a Entry| before.is_some() && entry.from.text().map(&name) == before;
            let index = rest.iter().position(follows).unwrap_or_else(|| start_of(&rest, &name));
            chain.push(rest.remove(index));
        }
    }
    chain
}

/// Among entries of one moment, the first to which none of the others leads.
fn start_of<'a>(entries: &[&'a Entry], name: &impl Fn(&'a str) -> &'a str) -> usize {
    let is_led_to = |entry: &&'a Entry| entries.iter().any(|other| entry.from.text().map(name) == Some(name(&other.to)));
    entries.iter().position(|entry| !is_led_to(entry)).unwrap_or_default()
}
