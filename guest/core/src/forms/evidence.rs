//! `evidence`: a passed check of a name exists for the item and its present identity (rules R1 to R3, F5, P3).

use serde::Deserialize;

use crate::case::{Case, Thing, identity_field};
use crate::code::Code;
use crate::custody;
use crate::facts::Evidence as Record;
use crate::facts::{Asset, Fact, LinkRole, LinkRow, Means, Outcome as CheckOutcome, Ticket};
use crate::forms::assets::tickets_perhaps_behind;
use crate::history::History;
use crate::outcome::{Gap, Outcome, earlier};
use crate::policy::document::Identity;
use crate::policy::names::{Named, Names};
use crate::strict::by_keys;
use crate::time::{Duration, Time};

/// `evidence` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    /// The check.
    evidence: String,
    /// Made in one of these roles; in any where none is said.
    #[serde(default)]
    pub by: Vec<String>,
    /// By one of these means; by any but `imported` where none is said.
    #[serde(default)]
    pub means: Vec<Means>,
    /// Not longer ago than this.
    within: Option<Duration>,
    /// At or after the last entry into this state.
    pub after: Option<String>,
    /// Not by these.
    #[serde(default)]
    pub other_than: OtherThan,
}

/// Who may not have made a check.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
pub(crate) struct OtherThan {
    /// Whoever last made one of these checks.
    #[serde(default)]
    checks: Vec<String>,
    /// Whoever last took the item into one of these states.
    #[serde(default)]
    pub states: Vec<String>,
    /// Whoever acts now.
    #[serde(default)]
    pub actor: bool,
}
by_keys!(OtherThan);

const MEANS: [Means; 3] = [Means::Scanned, Means::Reported, Means::Typed];

impl Evidence {
    pub fn check(&self, names: &mut Names, path: &str) {
        names.need(Named::Check, &self.evidence, format_args!("{path}/evidence"));
        names.need_all(Named::Role, &self.by, format_args!("{path}/by"));
        if let Some(state) = &self.after {
            names.need(Named::State, state, format_args!("{path}/after"));
        }
        names.need_all(Named::Check, &self.other_than.checks, format_args!("{path}/other_than/checks"));
        names.need_all(Named::State, &self.other_than.states, format_args!("{path}/other_than/states"));
        if self.other_than.checks.contains(&self.evidence) {
            names.problem(
                "gate-unsatisfiable",
                format_args!("{path}/other_than/checks"),
                "a check can't be made by somebody other than who made it",
                "name another check",
            );
        }
        if self.within.is_some_and(|within| within.ms() <= 0) {
            names.problem("duration-range", format_args!("{path}/within"), "no evidence is that fresh", "write a duration such as `P30D`");
        }
    }

    fn means(&self) -> &[Means] {
        if self.means.is_empty() { &MEANS } else { &self.means }
    }

    fn expectation(&self, case: &Case<'_>) -> String {
        let words: Vec<String> = self.means().iter().map(ToString::to_string).collect();
        let mut expected = format!("passed, {}", words.join(" or "));
        if !self.by.is_empty() {
            expected.push_str(&format!(", by {}", self.by.join(" or ")));
        }
        if let Some(within) = self.within {
            expected.push_str(&format!(", within {within}"));
        }
        if let Some(after) = &self.after {
            expected.push_str(&format!(", after `{after}`"));
        }
        if let Some((_, Fact::Known(identity))) = self.identity(case) {
            expected.push_str(&format!(", seen {identity}"));
        }
        expected
    }

    fn identity<'a>(&self, case: &Case<'a>) -> Option<(Identity, &'a Fact<String>)> {
        match case.thing {
            Thing::Asset(asset) => {
                let sort = case.setting.identified(asset).sort.filter(|sort| *sort != Identity::None)?;
                Some((sort, identity_field(asset, sort)))
            }
            Thing::Ticket(_) => None,
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        // What only a gap tells is made for gaps only.
        let title = || case.policy().checks.get(&self.evidence).map_or(self.evidence.as_str(), |check| check.title.as_str());
        let path = || case.path("evidence");
        let expected = || self.expectation(case);
        let gap = |code: Code, message: String| Gap::wrong(code, message).at(path()).expected(expected());
        if let (Thing::Asset(asset), Some((identity, recorded))) = (case.thing, self.identity(case)) {
            let (field, identified) = (|| case.path(&identity.to_string()), case.setting.identified(asset));
            match recorded {
                Fact::Known(value) if identified.is_placeholder => {
                    let gap = Gap::wrong(Code::IdentityPlaceholder, "a placeholder stands where the serial should be");
                    return Outcome::gap(gap.at(field()).expected("a serial").found(format!("{value:?}")));
                }
                Fact::Known(_) => {
                    if let Some(twin) = case.setting.twin(identified) {
                        let gap = Gap::wrong(
                            Code::DuplicateIdentity,
                            format!("{twin} is recorded under the same {identity}, so that evidence binds to neither"),
                        );
                        return Outcome::gap(gap.at(field()).expected("one asset").found(twin));
                    }
                }
                Fact::None | Fact::Unknown => {
                    return Outcome::gap(
                        Gap::unknown(format!("the {identity}"), field()).expected(format!("a {identity} to bind evidence to")),
                    );
                }
            }
        }
        let Fact::Known(records) = case.evidence() else { return Outcome::gap(Gap::unknown(title(), path()).expected(expected())) };
        let history = case.history();
        if let Some(gap) = off_path(case, &history) {
            return Outcome::gap(gap);
        }
        let after = match self.after.as_deref().map(|state| (state, history.entered(state))) {
            None => None,
            Some((_, Some(passage))) => Some(passage.at),
            Some((state, None)) => {
                let gap = Gap::unknown(format!("the entry into `{state}`, after which {} counts,", title()), case.path("history"));
                return Outcome::gap(gap.expected(expected()));
            }
        };
        let judged: Vec<(&Record, Result<Option<Time>, Refusal>)> = records
            .iter()
            .filter(|record| record.check == self.evidence)
            .map(|record| (record, self.weigh(case, record, after, &history)))
            .collect();
        // What accuses: a failed check of this thing, or one of another thing, unless a passed one is later. A moment shared goes to the accuser.
        let pass = judged.iter().filter_map(|(record, weight)| weight.as_ref().ok().map(|until| (record.at.value(), *until))).max();
        let accuser = judged
            .iter()
            .filter_map(|(record, weight)| match weight {
                Err(refusal) if refusal.accuses => Some((record.at.value(), refusal)),
                _ => None,
            })
            .max_by_key(|(at, refusal)| (at.is_none(), *at, refusal.code));
        match (pass, accuser) {
            (Some((at, until)), accuser) if accuser.as_ref().is_none_or(|(accused, _)| accused.is_some() && *accused < at) => {
                let vouched = self.after.as_ref().and(history.baseline).and(case.setting.baseline_until());
                Outcome::met_until(earlier(until, vouched))
            }
            (_, Some((_, refusal))) => Outcome::gap(gap(refusal.code, format!("{}: {}", title(), refusal.told)).found(&refusal.found)),
            (_, None) => {
                let latest = judged
                    .iter()
                    .filter_map(|(record, weight)| weight.as_ref().err().map(|refusal| (record.at.value(), refusal)))
                    .max_by_key(|(at, refusal)| (*at, refusal.code));
                match latest {
                    Some((_, refusal)) => {
                        let mut gap = gap(refusal.code, format!("{}: {}", title(), refusal.told)).found(&refusal.found);
                        gap.unknown = refusal.unknown;
                        Outcome::gap(gap)
                    }
                    None => Outcome::gap(gap(Code::EvidenceMissing, format!("{} is not recorded", title())).found("no such check")),
                }
            }
        }
    }

    /// Whether one record counts, and until when.
    fn weigh(&self, case: &Case<'_>, record: &Record, after: Option<Time>, history: &History<'_>) -> Result<Option<Time>, Refusal> {
        let setting = &case.setting;
        let Fact::Known(at) = record.at else {
            return Err(Refusal::silent("when it was made is not recorded", record.result == Fact::Known(CheckOutcome::Failed)));
        };
        let shown = || case.policy().show(at);
        if setting.is_future(at) {
            return Err(Refusal::new(Code::EvidenceFuture, "it is dated after the time of decision", shown()));
        }
        let failed =
            || Refusal { accuses: true, ..Refusal::new(Code::EvidenceFailed, "the latest check failed", format!("failed at {}", shown())) };
        let has_failed = record.result == Fact::Known(CheckOutcome::Failed);
        if let Thing::Asset(asset) = case.thing {
            match self.binds(case, asset, record, at) {
                // A failure that may be of this thing accuses it, whatever else is wrong with the record.
                Err(refusal) if has_failed && refusal.code == Code::EvidenceUnbound => return Err(failed()),
                bound => bound?,
            }
            if let Some(change) = custody::last_identity_change(setting, asset) {
                if at <= change.at {
                    return Err(Refusal::new(Code::EvidenceVoid, "it was made before the identity changed", shown()));
                }
                if has_failed {
                    return Err(failed());
                }
                if change.by.text().zip(record.by.text()).is_none_or(|(changed, checked)| setting.is_same_person(changed, checked)) {
                    return Err(Refusal::new(
                        Code::EvidenceNotIndependent,
                        "it was made by whoever changed the identity, or that is not known",
                        shown(),
                    ));
                }
            }
        }
        if has_failed {
            return Err(failed());
        }
        if history.is_lost(at) {
            return Err(Refusal::new(Code::EvidenceVoid, "a later correction voided it", shown()));
        }
        match record.result {
            Fact::Known(_) => {}
            Fact::None | Fact::Unknown => return Err(Refusal::silent("its result is not recorded", false)),
        }
        if after.is_some_and(|after| at < after) {
            return Err(Refusal::new(Code::EvidenceTooEarly, "it was made before the state after which it counts", shown()));
        }
        match record.means {
            Fact::Known(means) if !self.means().contains(&means) => {
                return Err(Refusal::new(Code::EvidenceWrongMeans, "it came in by means that do not count", means.to_string()));
            }
            Fact::Known(Means::Scanned) if record.automation == Fact::Known(true) => {
                return Err(Refusal::new(Code::EvidenceWrongMeans, "software does not scan", "scanned by automation".to_owned()));
            }
            Fact::Known(_) => {}
            Fact::None | Fact::Unknown => return Err(Refusal::silent("by what means is not recorded", false)),
        }
        if !self.by.is_empty() {
            let given = record.role.value().map(std::slice::from_ref).unwrap_or_default();
            let subject = case.subject_record();
            match (record.role.text(), record.by.text()) {
                (Some(_), Some(who)) if self.by.iter().any(|role| setting.holds_role(who, given, role, subject)) => {}
                (None, _) | (_, None) => return Err(Refusal::silent("by whom in which role is not recorded", false)),
                (Some(role), Some(who)) => {
                    return Err(Refusal::new(
                        Code::EvidenceWrongRole,
                        "it was made in a role that does not count",
                        format!("{who} as {role}"),
                    ));
                }
            }
        }
        self.is_independent(case, record, history)?;
        match self.within {
            Some(within) if at.plus(within) <= setting.at => Err(Refusal::new(Code::EvidenceStale, "it is too old", shown())),
            within => Ok(within.map(|within| at.plus(within))),
        }
    }

    /// Whether a record is about the asset's present identity.
    fn binds(&self, case: &Case<'_>, asset: &Asset, record: &Record, at: Time) -> Result<(), Refusal> {
        let Some((identity, recorded)) = self.identity(case) else { return Ok(()) };
        if custody::seen_is_identity(&case.setting, asset, &record.seen) {
            return Ok(());
        }
        match record.seen.text() {
            None => Err(Refusal {
                unknown: true,
                ..Refusal::new(Code::EvidenceUnbound, format!("which {identity} was seen is not recorded"), crate::outcome::NOT_RECORDED)
            }),
            // Before a change of identity another one was rightly seen.
            Some(seen) if custody::is_before_identity(&case.setting, asset, at) => {
                Err(Refusal::new(Code::EvidenceVoid, "it was made before the identity changed", seen))
            }
            Some(seen) => {
                let recorded = recorded.text().unwrap_or_default();
                let told = format!("another {identity} was seen than the recorded {recorded}");
                Err(Refusal { accuses: true, ..Refusal::new(Code::EvidenceOtherItem, told, format!("seen {seen}")) })
            }
        }
    }

    /// Whether a record was made by somebody who may check this.
    fn is_independent(&self, case: &Case<'_>, record: &Record, history: &History<'_>) -> Result<(), Refusal> {
        let OtherThan { checks, states, actor } = &self.other_than;
        // Nobody proves their own return (rule D2).
        if let Thing::Asset(asset) = case.thing
            && case.policy().checks.get(&self.evidence).is_some_and(|check| check.proves_return)
        {
            let Some(by) = record.by.text() else { return Err(Refusal::silent("by whom is not recorded", false)) };
            let givers: Vec<Option<&str>> = returned_by(case, asset).collect();
            if givers.iter().flatten().any(|giver| case.setting.is_same_person(by, giver)) {
                return Err(Refusal::new(Code::EvidenceNotIndependent, "it was made by the person who gives it back", by));
            }
            if givers.contains(&None) {
                return Err(Refusal::silent("who gives it back is not recorded", false));
            }
        }
        if checks.is_empty() && states.is_empty() && !actor {
            return Ok(());
        }
        let Some(by) = record.by.text() else { return Err(Refusal::silent("by whom is not recorded", false)) };
        let same = |other: &str| case.setting.is_same_person(by, other);
        let dependent = |told: String| Err(Refusal::new(Code::EvidenceNotIndependent, told, by));
        if *actor && case.setting.actor.is_some_and(|actor| same(&actor.id) || actor.on_behalf_of.as_deref().is_some_and(same)) {
            return dependent("it was made by whoever acts now".to_owned());
        }
        for check in checks {
            let makers = self.makers(case, check, history);
            if makers.is_empty() || makers.contains(&None) {
                return Err(Refusal::silent(format!("who made the check `{check}` is not recorded"), false));
            }
            if makers.into_iter().flatten().any(same) {
                return dependent(format!("it was made by whoever made the check `{check}`"));
            }
        }
        for state in states {
            match history.entered(state).map(|passage| passage.by) {
                Some(Some(other)) if same(other) => return dependent(format!("it was made by whoever took the item into `{state}`")),
                Some(Some(_)) => {}
                Some(None) | None => return Err(Refusal::silent(format!("who took the item into `{state}` is not recorded"), false)),
            }
        }
        Ok(())
    }
}

/// Who may give the asset back: whoever has it or had it last, and whom the tickets are about under which it comes back; none is anybody.
fn returned_by<'a>(case: &Case<'a>, asset: &'a Asset) -> impl Iterator<Item = Option<&'a str>> {
    let setting = &case.setting;
    let behind = tickets_perhaps_behind(setting, &asset.id, &[LinkRole::Collect, LinkRole::Loan, LinkRole::Repair]);
    let about = |(ticket, _): (&'a Ticket, &'a LinkRow)| match &ticket.subject {
        Fact::Known(subject) => Some(Some(subject.as_str())),
        Fact::Unknown => Some(None),
        Fact::None => None,
    };
    let subject = case.subject().value().map(|(id, _)| *id);
    let holders = setting.holders(asset).into_iter().chain(custody::last_holder_ever(setting, asset)).chain(subject);
    holders.map(Some).chain(behind.into_iter().filter_map(about))
}

impl Evidence {
    /// Who made the latest of the checks of a name that may have passed on this thing: several of one moment, and those of no known moment.
    fn makers<'a>(&self, case: &Case<'a>, check: &str, history: &History<'_>) -> Vec<Option<&'a str>> {
        let setting = &case.setting;
        let is_of_this = |record: &Record| match case.thing {
            Thing::Ticket(_) => true,
            Thing::Asset(asset) => {
                let is_before = |at: &Time| custody::is_before_identity(setting, asset, *at);
                !record.at.value().is_some_and(is_before)
                    && (record.seen.text().is_none() || custody::seen_is_identity(setting, asset, &record.seen))
            }
        };
        let counts = |record: &&'a Record| {
            record.check == *check
                && record.result != Fact::Known(CheckOutcome::Failed)
                && !record.at.value().is_some_and(|at| setting.is_future(*at) || history.is_lost(*at))
                && is_of_this(record)
        };
        let records: Vec<&Record> = case.evidence().rows().iter().filter(counts).collect();
        let latest = records.iter().filter_map(|record| record.at.value()).max();
        let is_last = |record: &&&Record| record.at.value().is_none_or(|at| Some(at) == latest);
        records.iter().filter(is_last).map(|record| record.by.text()).collect()
    }
}

/// A change of identity outside a transition that may change it leaves open which thing the record is about (rule R1).
fn off_path(case: &Case<'_>, history: &History<'_>) -> Option<Gap> {
    let Thing::Asset(asset) = case.thing else { return None };
    let change = custody::last_identity_change(&case.setting, asset)?;
    let on_path = history.identity_windows.iter().any(|(from, to)| (*from..=*to).contains(&change.at));
    (!on_path).then(|| {
        Gap::wrong(Code::IdentityChangedOffPath, "the identity changed outside a transition that may change it")
            .at(case.path("custody"))
            .expected("a change while under repair, or on the way of a correction")
            .found(case.policy().show(change.at))
    })
}

/// Why a record does not count.
struct Refusal {
    code: Code,
    told: String,
    found: String,
    /// Whether it speaks against the item, and not only does not speak for it.
    accuses: bool,
    unknown: bool,
}

impl Refusal {
    fn new(code: Code, told: impl Into<String>, found: impl Into<String>) -> Self {
        Self { code, told: told.into(), found: found.into(), accuses: false, unknown: false }
    }

    fn silent(told: impl Into<String>, accuses: bool) -> Self {
        Self {
            accuses,
            unknown: !accuses,
            ..Self::new(if accuses { Code::EvidenceFailed } else { Code::NotRecorded }, told, crate::outcome::NOT_RECORDED)
        }
    }
}
