//! Whose approvals count: for requirements and for exceptions alike (rule R5).

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Setting;
use crate::facts::{Approval, ApprovalVerdict, Fact, Person};
use crate::time::Time;

/// What the approvals of some roles come to.
#[derive(Debug, Default)]
pub(crate) struct Tally<'a> {
    /// Who approved and when, by time.
    pub approved: Vec<(Time, &'a str)>,
    /// Who refused and has not approved since.
    pub refused: BTreeSet<&'a str>,
    /// Who approved and may not: the requester, the actor, the subject, or software.
    pub barred: BTreeSet<&'a str>,
    /// Whose approval has lapsed, because what it covers has changed.
    pub lapsed: BTreeSet<&'a str>,
    /// Whose approval lacks when it was given.
    pub undated: bool,
}

impl<'a> Tally<'a> {
    /// Counts the latest word of everybody who speaks in one of the roles.
    pub fn count(
        setting: &Setting<'a>,
        rows: &'a [Approval],
        roles: &[String],
        barred: &[&str],
        subject: Option<&Person>,
        stands: impl Fn(&Approval) -> bool,
    ) -> Self {
        let mut tally = Self::default();
        let mut words: Vec<(&str, Time, bool, &Approval)> = Vec::with_capacity(rows.len());
        // What somebody said that is not recorded takes back an approval before it, and no refusal (rule R11).
        let mut unclear: BTreeMap<&str, Time> = BTreeMap::new();
        for row in rows {
            let Some(by) = row.by.text() else { continue };
            let given = row.role.value().map(std::slice::from_ref).unwrap_or_default();
            let speaks =
                row.role.text().is_some_and(|named| roles.iter().any(|role| role == named && setting.holds_role(by, given, role, subject)));
            if !speaks {
                continue;
            }
            match row.at {
                Fact::Known(at) if setting.is_future(at) => {}
                Fact::Known(at) if row.verdict.value().is_none() => {
                    unclear.entry(by).and_modify(|before| *before = at.max(*before)).or_insert(at);
                }
                Fact::Known(at) => words.push((by, at, row.verdict == Fact::Known(ApprovalVerdict::Refused), row)),
                Fact::None | Fact::Unknown if row.verdict == Fact::Known(ApprovalVerdict::Refused) => {
                    tally.refused.insert(by);
                }
                Fact::None | Fact::Unknown if row.verdict.value().is_none() => {
                    unclear.insert(by, Time::from_ms(i64::MAX));
                }
                Fact::None | Fact::Unknown => tally.undated = true,
            }
        }
        // Of two words of somebody's at one moment the refusal stands.
        words.sort_by_key(|(by, at, refuses, _)| (*by, *at, *refuses));
        for (by, at, _, row) in words.chunk_by(|(by, ..), (other, ..)| by == other).filter_map(<[_]>::last).copied() {
            match row.verdict {
                Fact::Known(ApprovalVerdict::Refused) => {
                    tally.refused.insert(by);
                }
                Fact::Known(ApprovalVerdict::Approved)
                    if row.automation == Fact::Known(true) || barred.iter().any(|id| setting.is_same_person(by, id)) =>
                {
                    tally.barred.insert(by);
                }
                Fact::Known(ApprovalVerdict::Approved) if !stands(row) => {
                    tally.lapsed.insert(by);
                }
                Fact::Known(ApprovalVerdict::Approved) if unclear.get(by).is_some_and(|later| *later >= at) => {}
                Fact::Known(ApprovalVerdict::Approved) => tally.approved.push((at, by)),
                Fact::None | Fact::Unknown => {}
            }
        }
        // One human being with two records counts once.
        let mut distinct: Vec<(Time, &str)> = Vec::with_capacity(tally.approved.len());
        tally.approved.sort_unstable();
        for (at, by) in tally.approved {
            if !distinct.iter().any(|(_, other)| setting.is_same_person(by, other)) {
                distinct.push((at, by));
            }
        }
        tally.approved = distinct;
        tally
    }

    /// Whether enough people approved and nobody refused.
    pub fn is_enough(&self, count: usize) -> bool {
        self.refused.is_empty() && self.approved.len() >= count
    }
}
