//! A small policy without problems, for tests to break in one place.

use serde_json::{Value, json};

use crate::policy::Policy;

/// A policy in which everything is right.
pub(crate) fn policy() -> Value {
    json!({
        "format": 1, "name": "small", "version": "1",
        "roles": {"desk": {"title": "Desk", "department": "it"}, "stores": {"title": "Stores", "department": "it"}, "lead": {"title": "Lead"}},
        "departments": {"it": {"title": "IT"}},
        "classes": {"hardware": {"title": "Hardware"}},
        "kinds": {"laptop": {"title": "Laptop", "class": "hardware", "identified_by": "serial"}},
        "ticket_kinds": {"offboarding": {"title": "Somebody leaves", "link_role": "collect", "whole_subject": true}},
        "checks": {"scan": {"title": "Scan"}, "second": {"title": "Confirmed"}},
        "attributes": {"encrypted": {"title": "Encrypted", "type": "boolean"}, "battery": {"title": "Battery", "type": "number"}},
        "sops": {"SOP-1": {"title": "Do it", "owner": "lead", "reviewed_at": "2026-01-01", "steps": ["First", "Second"]}},
        "requirements": {
            "scanned": {"evidence": "scan", "by": ["stores"], "means": ["scanned"]},
            "encrypted": {"attribute": "encrypted", "equals": true},
            "confirmed": {"evidence": "second", "other_than": {"actor": true}},
            "back": {"state": ["returned", "retired"]},
            "unowned": {"owner": "none"},
            "all-back": {"assets": [{"roles": ["collect"], "requirements": ["back", "unowned"]}]},
            "nothing-held": {"nothing_held": "all", "waivable": false},
            "nothing-open": {"reconciled": true},
            "last-day": {"timing": "last-day", "not_before": "P0D"},
            "tasks-done": {"tasks": "all"},
        },
        "exception_kinds": {
            "urgent": {
                "title": "Urgent", "waives": ["scanned"], "approvals": [{"roles": ["lead"]}], "longest": "P7D",
                "reconcile": {"roles": ["lead"], "steps": {"scanned-later": "It was scanned"}},
            },
        },
        "task_templates": {
            "collect": {
                "title": "Collect", "tickets": ["offboarding"], "department": "it", "responsible": ["desk"], "accountable": "lead",
                "each": {"roles": ["collect"]}, "requirements": ["back"],
            },
        },
        "workflows": {
            "device": {
                "title": "Devices", "assets": ["laptop"], "must_pass": [{"before": "issued", "pass": "ready"}],
                "states": {
                    "received": {"category": "stock", "main": "ready", "gate": ["scanned"], "longest_stay": "P2D", "sop": "SOP-1"},
                    "ready": {"category": "stock", "main": "issued", "gate": ["encrypted"], "longest_stay": "P2D", "sop": "SOP-1"},
                    "issued": {"category": "held", "main": "returned", "longest_stay": "P900D", "sop": "SOP-1"},
                    "returned": {"category": "returning", "protective": true, "main": "ready", "longest_stay": "P2D", "sop": "SOP-1"},
                    "retired": {"category": "gone"},
                },
                "transitions": {
                    "-> received": {"responsible": ["stores"], "accountable": "lead"},
                    "received -> ready": {"responsible": ["stores"], "accountable": "lead", "informed": ["desk"]},
                    "ready -> issued": {"responsible": ["desk"], "accountable": "lead"},
                    "issued -> returned": {"responsible": ["desk"], "accountable": "lead", "informed": ["stores"]},
                    "returned -> ready": {"responsible": ["stores"], "accountable": "lead", "informed": ["desk"]},
                    "received, returned -> retired": {"responsible": ["stores"], "accountable": "lead"},
                    "ready -> received": {"responsible": ["stores"], "accountable": "lead", "correction": true, "requirements": ["confirmed"]},
                },
            },
            "leaver": {
                "title": "Leavers", "tickets": ["offboarding"], "closes_in": "done",
                "states": {
                    "open": {"main": "done"},
                    "done": {"closing": "fulfilled", "gate": ["all-back", "nothing-held", "nothing-open", "last-day", "tasks-done"]},
                    "stays": {"closing": "cancelled"},
                },
                "transitions": {
                    "-> open": {"responsible": ["desk"], "accountable": "lead"},
                    "open -> done": {"responsible": ["desk"], "accountable": "lead"},
                    "open -> stays": {"responsible": ["desk"], "accountable": "lead"},
                },
            },
        },
    })
}

/// The codes and places of everything that is said about a policy.
pub(crate) fn found(policy: &Value) -> String {
    let problems = match Policy::load(&policy.to_string()) {
        Ok(policy) => policy.warnings().to_vec(),
        Err(problems) => problems,
    };
    let lines: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.code, problem.path)).collect();
    lines.join(", ")
}

/// The first message of that code.
pub(crate) fn message(policy: &Value, code: &str) -> String {
    let problems = match Policy::load(&policy.to_string()) {
        Ok(policy) => policy.warnings().to_vec(),
        Err(problems) => problems,
    };
    problems.iter().find(|problem| problem.code == code).map(|problem| problem.message.clone()).unwrap_or_default()
}
