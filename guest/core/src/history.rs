//! What an item went through: its history as far as it counts (rules F6, F7, P3).

use crate::case::Setting;
use crate::code::Code;
use crate::facts::{Baseline, Entry, Fact};
use crate::outcome::Gap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::policy::{State, Workflow};
use crate::time::Time;

/// One entry that counts: the state entered, when, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage<'a> {
    pub state: &'a str,
    pub at: Time,
    pub by: Option<&'a str>,
    /// Whether that state is one of coming back, or gone.
    pub is_back: bool,
}

/// The history of an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct History<'a> {
    /// Whether there is a history, or a baseline that still stands in for it.
    pub known: bool,
    /// What counts as passed, in order; what a correction undid is left out.
    pub passages: Vec<Passage<'a>>,
    /// Spans in which evidence was lost to a correction: after the first, up to the second.
    pub lost: Vec<(Option<Time>, Time)>,
    /// The imported state that stands in for what came before.
    pub baseline: Option<&'a str>,
    /// The state that it begins in, where it does not begin with a creation: what came before is not told.
    pub begins: Option<&'a str>,
    /// What is wrong with it.
    pub faults: Vec<Gap>,
    /// Entries over ways that are not declared: nothing is passed by them, and what has to be shown after a state is to be shown after them too.
    pub undeclared: Vec<Passage<'a>>,
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
        if let (Fact::Known(baseline), Some(until)) = (baseline, setting.baseline_until()) {
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
        history.passages.reserve(chain.len() + 1);
        match (history.baseline, baseline.value().and_then(|baseline| baseline.at.value())) {
            (Some(state), Some(since)) if chain.first().is_none_or(|first| first.at >= *since) => {
                at = Some(state);
                history.begins = Some(state);
                let is_back = workflow.states.get(state).is_some_and(State::is_back);
                history.passages.push(Passage { state, at: *since, by: None, is_back });
            }
            _ => history.baseline = None,
        }
        let mut before: Option<&Entry> = None;
        for (index, entry) in chain.iter().copied().enumerate() {
            // Mostly an entry leaves the state that the one before led to, of which the name is known.
            let from = match (entry.from.text(), before) {
                (Some(from), Some(before)) if before.to == from => at,
                (from, _) => from.map(name),
            };
            before = Some(entry);
            let (to, is_back) = workflow.state(&entry.to).map_or((entry.to.as_str(), false), |(to, state)| (to, state.is_back()));
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
            if index == 0 && at.is_none() {
                history.begins = from;
            }
            at = Some(to);
            history.pass(setting, workflow, entry, from, Passage { state: to, at: entry.at, by: entry.by.text(), is_back });
            if history.passages.last().is_some_and(|last| last.is_back) {
                history.begins = None;
            }
        }
        let present = state.text().map(name);
        // Where there is neither a history nor a baseline, only the requirements that read it fail. A creation has none yet.
        let has_end = at.is_some() || matches!(entries, Fact::Known(_));
        if has_end && !state.is_unknown() && at != present {
            let ends = at.map_or_else(|| "no entry".to_owned(), |at| format!("`{at}`"));
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

    fn pass(&mut self, setting: &Setting<'_>, workflow: &'a Workflow, entry: &'a Entry, from: Option<&'a str>, passage: Passage<'a>) {
        let to = passage.state;
        let edge = match from {
            _ if entry.from.is_unknown() => None,
            // From another kind it enters this workflow as a creation does.
            Some(from) => workflow.edge(Some(from), to).or_else(|| {
                let enters = is_of_another_kind(setting, workflow, from);
                enters.then(|| workflow.edge(None, to)).flatten()
            }),
            None => workflow.edge(None, to),
        };
        let Some(edge) = edge else {
            self.oddities.push(
                Gap::wrong(Code::HistoryUndeclaredEdge, format!("the way from `{}` to `{to}` is not declared", from.unwrap_or("nothing")))
                    .found(format!("at {}", setting.policy.show(entry.at))),
            );
            self.undeclared.push(passage);
            return;
        };
        if edge.changes_identity
            && let Some(entered) = from.and_then(|from| self.last(from))
        {
            self.identity_windows.push((entered.at, entry.at));
        }
        if edge.correction {
            // Where it is not recorded who made it, nobody can tell that the second person is another one.
            let by_two = entry.by.text().zip(entry.second.text()).is_some_and(|(by, second)| !setting.is_same_person(by, second));
            let explained = by_two && entry.reason.text().is_some_and(|reason| !crate::id::is_blank(reason));
            if !explained {
                self.faults.push(
                    Gap::wrong(Code::CorrectionUnexplained, format!("the correction to `{to}` lacks its reason or a second person"))
                        .found(format!("at {}", setting.policy.show(entry.at))),
                );
            }
            let back = self.passages.iter().rposition(|passage| passage.state == to);
            self.lost.push((back.and_then(|back| self.passages.get(back)).map(|passage| passage.at), entry.at));
            let since = back.and_then(|back| self.passages.get(back)).map(|passage| passage.at);
            self.undeclared.retain(|entry| since.is_some_and(|since| entry.at <= since));
            self.passages.truncate(back.unwrap_or_default());
        }
        self.passages.push(passage);
    }

    /// The last entry into a state.
    pub fn last(&self, state: &str) -> Option<&Passage<'a>> {
        self.passages.iter().rev().find(|passage| passage.state == state)
    }

    /// The last entry into a state that was passed, over whichever way that one came: what was shown before it is of another stay.
    pub fn entered(&self, state: &str) -> Option<&Passage<'a>> {
        let passed = self.last(state)?;
        let anew = self.undeclared.iter().rev().find(|entry| entry.state == state && entry.at >= passed.at);
        Some(anew.unwrap_or(passed))
    }

    /// States passed since the item last came back or was gone, in order.
    pub fn since_return(&self) -> Vec<&'a str> {
        let mut since = Vec::with_capacity(self.passages.len());
        for passage in &self.passages {
            match passage.is_back {
                true => since.clear(),
                false => since.push(passage.state),
            }
        }
        since
    }

    /// Whether evidence of that time was lost to a correction.
    pub fn is_lost(&self, at: Time) -> bool {
        self.lost.iter().any(|(after, until)| after.is_none_or(|after| at > after) && at <= *until)
    }
}

/// Whether a history, or the baseline that stands in for it, ends in another state than the present one; not so where nothing is known of it.
pub(crate) fn ends_elsewhere(
    setting: &Setting<'_>,
    workflow: &Workflow,
    present: &str,
    history: &Fact<Vec<Entry>>,
    baseline: &Fact<Baseline>,
) -> bool {
    let enters = |state: &str| workflow.state(state).is_some_and(|(name, _)| name == present);
    let past = || history.rows().iter().filter(|entry| entry.at <= setting.now());
    match past().map(|entry| entry.at).max() {
        // Of several entries of one moment any may be the last.
        Some(last) => !past().any(|entry| entry.at == last && enters(&entry.to)),
        None => match baseline {
            Fact::Known(baseline) => !enters(&baseline.state),
            Fact::None | Fact::Unknown => matches!(history, Fact::Known(_)),
        },
    }
}

/// Whether an item leaves another workflow for this one from a state: then it changes its kind.
pub(crate) fn is_of_another_kind(setting: &Setting<'_>, workflow: &Workflow, state: &str) -> bool {
    let others = setting.policy.workflows.values().filter(|other| other.sort == workflow.sort);
    let mut exits = others.filter_map(|other| other.state(state)).flat_map(|(_, state)| &state.exits);
    workflow.state(state).is_none() && exits.any(|kind| workflow.kinds.contains(kind))
}

/// The entries that have happened, by time; those of one moment in the order in which they follow each other.
fn chain<'a>(entries: &'a [Entry], now: Time, name: impl Fn(&'a str) -> &'a str) -> Vec<&'a Entry> {
    let mut chain: Vec<&Entry> = Vec::with_capacity(entries.len());
    for moment in entries.chunk_by(|a, b| a.at == b.at).filter(|moment| moment.first().is_some_and(|entry| entry.at <= now)) {
        match moment {
            [entry] => chain.push(entry),
            moment => {
                let before = chain.last().map(|entry| name(&entry.to));
                chain.extend(in_turn(moment, before, &name));
            }
        }
    }
    chain
}

/// Entries of one moment as they follow each other. Where none follows, the next is the first to which none of the rest leads.
fn in_turn<'a>(moment: &'a [Entry], before: Option<&'a str>, name: &impl Fn(&'a str) -> &'a str) -> Vec<&'a Entry> {
    let from = |entry: &'a Entry| entry.from.text().map(name);
    let mut leaving: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    let mut leading_to: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, entry) in moment.iter().enumerate() {
        if let Some(from) = from(entry) {
            leaving.entry(from).or_default().push_back(index);
        }
        *leading_to.entry(name(&entry.to)).or_default() += 1;
    }
    let is_start = |entry: &'a Entry| from(entry).is_none_or(|from| !leading_to.contains_key(from));
    let mut starts: BTreeSet<usize> = moment.iter().enumerate().filter(|(_, entry)| is_start(entry)).map(|(index, _)| index).collect();
    let mut rest: BTreeSet<usize> = (0..moment.len()).collect();
    let (mut at, mut turn) = (before, Vec::with_capacity(moment.len()));
    while let Some(first) = rest.first().copied() {
        let follows = at.and_then(|at| leaving.get(at)).and_then(VecDeque::front).copied();
        let index = follows.or_else(|| starts.first().copied()).unwrap_or(first);
        rest.remove(&index);
        starts.remove(&index);
        let Some(entry) = moment.get(index) else { continue };
        if let Some(same) = from(entry).and_then(|from| leaving.get_mut(from)) {
            same.retain(|other| *other != index);
        }
        let to = name(&entry.to);
        if let Some(count) = leading_to.get_mut(to) {
            *count -= 1;
            if *count == 0 {
                starts.extend(leaving.get(to).into_iter().flatten());
            }
        }
        at = Some(to);
        turn.push(entry);
    }
    turn
}
