//! Findings one by one: lines of JSON, or rows of a table.

use std::io::Write;

use anyhow::Context;
use handoff::core::audit::{AuditFinding, Overstay};
use handoff::core::{Finding, Severity};
use serde::Serialize;

use super::Form;
use super::stream::{CANT_WRITE, Stream};
use super::table::Table;
use crate::render::stay;

/// Where findings go that are not shown as text.
pub(super) enum Rows {
    Json(Stream),
    Csv(Box<Table<Stream>>),
}

const COLUMNS: [&str; 19] = [
    "code",
    "severity",
    "item",
    "path",
    "requirement",
    "expected",
    "found",
    "message",
    "remedy",
    "responsible",
    "accountable",
    "sop",
    "state",
    "since",
    "days",
    "longest",
    "to",
    "escalate_to",
    "missing",
];

impl Rows {
    /// None where findings are shown as text.
    pub fn of(form: Form) -> anyhow::Result<Option<Self>> {
        Ok(match form {
            Form::Text => None,
            Form::Json => Some(Self::Json(Stream::new())),
            Form::Csv => Some(Self::Csv(Box::new(Table::begin(Stream::new(), &COLUMNS)?))),
            Form::Ndjson => return Err(Form::no_register()),
            Form::Teams | Form::Slack => return Err(Form::no_card()),
        })
    }

    /// Writes a finding.
    pub fn take(&mut self, found: &AuditFinding) -> anyhow::Result<()> {
        match self {
            Self::Json(stream) => stream.json(found),
            Self::Csv(table) => table.row(&cells(found)),
        }
    }

    /// Writes what comes last, which is no finding, and so stands in no table.
    pub fn end<T: Serialize>(self, last: Option<&T>) -> anyhow::Result<()> {
        let mut stream = match self {
            Self::Json(mut stream) => {
                last.map(|last| stream.json(last)).transpose()?;
                stream
            }
            Self::Csv(table) => table.end(),
        };
        stream.flush().context(CANT_WRITE)
    }
}

/// The cells of a finding, in the order of the columns.
fn cells(AuditFinding { finding, stay: overstay }: &AuditFinding) -> Vec<String> {
    let Finding { code, severity, follow_up: _, requirement, item, path, expected, found, message, remedy, responsible, accountable, sop } =
        finding;
    let severity = match severity {
        Severity::Block => "block",
        Severity::Warn => "warn",
        Severity::Audit => "audit",
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut cells = vec![
        code.clone(),
        severity.to_owned(),
        item.as_ref().map(ToString::to_string).unwrap_or_default(),
        text(path),
        text(requirement),
        text(expected),
        text(found),
        message.clone(),
        text(remedy),
        responsible.join("; "),
        text(accountable),
        text(sop),
    ];
    if let Some(Overstay { state, since, days, longest, to, escalate_to, missing }) = overstay {
        cells.extend([state.clone(), since.to_string(), days.to_string(), stay(*longest), text(to), text(escalate_to), missing.join("; ")]);
    }
    cells.resize(COLUMNS.len(), String::new());
    cells
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_row_has_all_cells() {
        let found: AuditFinding = serde_json::from_value(json!({
            "finding": {
                "code": "stalled", "severity": "warn", "follow_up": false, "requirement": null, "item": "asset:LT-1", "path": "/assets/LT-1",
                "expected": "x", "found": "y", "message": "too long", "remedy": "hurry", "responsible": ["a", "b"], "accountable": null,
                "sop": null,
            },
            "stay": {
                "state": "ready", "since": "2026-01-05T09:00:00Z", "days": 40, "longest": {"working_days": 3}, "to": null,
                "escalate_to": "lead", "missing": ["p", "q"],
            },
        }))
        .expect("a finding");
        let row = [
            "stalled",
            "warn",
            "asset:LT-1",
            "/assets/LT-1",
            "",
            "x",
            "y",
            "too long",
            "hurry",
            "a; b",
            "",
            "",
            "ready",
            "2026-01-05T09:00:00.000Z",
            "40",
            "3 working days",
            "",
            "lead",
            "p; q",
        ];
        assert_eq!(cells(&found), row);
        assert_eq!(cells(&AuditFinding { stay: None, ..found }), [&row[..12], &[""; 7]].concat());
    }
}
