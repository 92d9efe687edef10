//! The findings that a page tells one by one: no more than people look at, however long the register is.

use std::collections::BTreeMap;

use handoff::core::audit::{AuditFinding, Overstay};

use super::numbers::calendar_days;

/// How many findings of each code.
const EACH: usize = 50;

/// The first findings of each code; of those of stays the ones longest over the limit.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    codes: BTreeMap<String, Vec<AuditFinding>>,
}

impl Listed {
    /// Takes a finding in where there is room, or where it stays longer than another.
    pub fn take(&mut self, finding: AuditFinding) {
        let of_code = self.codes.entry(finding.finding.code.clone()).or_default();
        if of_code.len() < EACH {
            of_code.push(finding);
            return;
        }
        // Of several that are over by as much the last one goes, so that the first ones stay.
        let least = of_code.iter_mut().rev().min_by_key(|one| over_by(one));
        if let Some(least) = least
            && over_by(&finding) > over_by(least)
        {
            *least = finding;
        }
    }

    /// The findings, by code.
    pub fn findings(self) -> Vec<AuditFinding> {
        self.codes.into_values().flatten().collect()
    }
}

/// How many days a stay is over its limit, by the calendar.
pub(super) fn over(stay: &Overstay) -> u64 {
    stay.days.saturating_sub(calendar_days(stay.longest))
}

fn over_by(finding: &AuditFinding) -> u64 {
    finding.stay.as_ref().map_or(0, over)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_are_told_and_the_longest_stays() {
        let finding = |code: &str, message: u64, days: Option<u64>| -> AuditFinding {
            let stay = days.map(|days| {
                json!({"state": "here", "since": "2026-01-01T00:00:00Z", "days": days, "longest": "P1D", "to": null, "escalate_to": null,
                    "missing": []})
            });
            let finding = json!({"code": code, "severity": "block", "follow_up": false, "requirement": null, "item": null, "path": null,
                "expected": null, "found": null, "message": message.to_string(), "remedy": null, "responsible": [], "accountable": null,
                "sop": null});
            serde_json::from_value(json!({"finding": finding, "stay": stay})).expect("a finding")
        };
        let mut listed = Listed::default();
        for number in 0..200 {
            listed.take(finding("owner-missing", number, None));
            listed.take(finding("stalled", number, Some(number)));
        }
        let messages: Vec<u64> = listed.findings().into_iter().map(|one| one.finding.message.parse().expect("a number")).collect();
        let (first, longest) = messages.split_at(EACH);
        assert_eq!(first, (0..50).collect::<Vec<_>>());
        assert!(longest.len() == EACH && longest.iter().all(|number| *number >= 150), "{longest:?}");
    }
}
