//! Limits, declarations, checklists, task templates and kinds of exceptions.

use super::demands::lost_uses;
use super::{Report, Sides, quoted, shown};
use crate::expression::Expression;
use crate::facts::LinkRole;
use crate::policy::TaskTemplate;
use crate::policy::document::{ExceptionApproval, Selection};
use crate::problem::pointer;
use crate::time::Duration;

const SETTING: &str = "laxer-setting";
const DEMAND: &str = "laxer-requirement";
const EXCEPTION: &str = "laxer-exception";

/// What holds where a policy says nothing about its limits.
const ALLOW: Duration = Duration::from_ms(15 * 60 * 1_000);
const COVERAGE: Duration = Duration::from_ms(24 * 60 * 60 * 1_000);

pub(super) fn settings(Sides { old, new }: Sides<'_>, report: &mut Report) {
    let (old, new) = (&old.head, &new.head);
    report.greater(SETTING, "/limits", "allow", old.limits.allow.unwrap_or(ALLOW), new.limits.allow.unwrap_or(ALLOW));
    report.greater(SETTING, "/limits", "coverage", old.limits.coverage.unwrap_or(COVERAGE), new.limits.coverage.unwrap_or(COVERAGE));
    if new.limits.baseline_until > old.limits.baseline_until {
        let message = format!("`baseline_until` {} → {}", shown(&old.limits.baseline_until), shown(&new.limits.baseline_until));
        report.add(SETTING, "/limits/baseline_until", message);
    }
    report.greater(SETTING, "/calendar", "clock_skew", old.calendar.clock_skew, new.calendar.clock_skew);
    report.changed(SETTING, "/calendar", "utc_offset", &old.calendar.utc_offset, &new.calendar.utc_offset);
    report.grown(SETTING, "/serials", "prefixes", &old.serials.prefixes, &new.serials.prefixes);
    report.shrunk(SETTING, "/serials", "placeholders", &old.serials.placeholders, &new.serials.placeholders);
}

pub(super) fn declarations(Sides { old, new }: Sides<'_>, report: &mut Report) {
    for (name, new) in &new.roles {
        let Some(old) = old.roles.get(name) else { continue };
        let path = pointer("/roles", name);
        report.changed(SETTING, &path, "department", &old.department, &new.department);
        if old.relation.is_some() && new.relation.is_none() {
            report.add(SETTING, &path, format!("`{name}` is held by whoever is given it, and no longer by what they are to the subject"));
        }
    }
    for (name, new) in &new.kinds {
        let Some(old) = old.kinds.get(name) else { continue };
        let path = pointer("/kinds", name);
        report.changed(SETTING, &path, "class", &old.class, &new.class);
        report.changed(SETTING, &path, "identified_by", &old.identified_by, &new.identified_by);
    }
    for (name, new) in &new.ticket_kinds {
        let Some(old) = old.ticket_kinds.get(name) else { continue };
        let path = pointer("/ticket_kinds", name);
        report.switched_off(SETTING, &path, "whole_subject", old.whole_subject, new.whole_subject);
        // None demands a role of every link, which is stricter than any default.
        if new.link_role.is_some() {
            report.changed(SETTING, &path, "link_role", &old.link_role, &new.link_role);
        }
        // None means any.
        if !old.link_roles.is_empty() {
            let words = |roles: &[LinkRole]| roles.iter().map(ToString::to_string).collect::<Vec<String>>();
            match new.link_roles.is_empty() {
                true => report.add(SETTING, &format!("{path}/link_roles"), "`link_roles` lets links have any role"),
                false => report.grown(SETTING, &path, "link_roles", &words(&old.link_roles), &words(&new.link_roles)),
            }
        }
    }
    for (name, new) in &new.checks {
        let Some(old) = old.checks.get(name) else { continue };
        report.switched_on(SETTING, &pointer("/checks", name), "proves_return", old.proves_return, new.proves_return);
    }
    for (name, new) in &new.attributes {
        let Some(old) = old.attributes.get(name) else { continue };
        report.changed(SETTING, &pointer("/attributes", name), "type", &old.r#type, &new.r#type);
    }
}

pub(super) fn checklists(Sides { old, new }: Sides<'_>, report: &mut Report) {
    for (name, new) in &new.checklists {
        let Some(old) = old.checklists.get(name) else { continue };
        let path = format!("{}/entries", pointer("/checklists", name));
        for (entry, old) in &old.entries {
            let Some(new) = new.entries.get(entry) else {
                report.add(DEMAND, &path, format!("the entry `{entry}` is gone"));
                continue;
            };
            let path = pointer(&path, entry);
            report.switched_on(DEMAND, &path, "may_skip", old.may_skip, new.may_skip);
            report.changed(DEMAND, &path, "department", &old.department, &new.department);
        }
    }
}

pub(super) fn task_templates(sides: Sides<'_>, report: &mut Report) {
    for (name, old) in &sides.old.task_templates {
        let path = pointer("/task_templates", name);
        match sides.new.task_templates.get(name) {
            None => report.add(DEMAND, &path, format!("the task `{name}` is no longer expected of tickets")),
            Some(new) => task_template(sides, &path, old, new, report),
        }
    }
}

fn task_template(sides: Sides<'_>, path: &str, old: &TaskTemplate, new: &TaskTemplate, report: &mut Report) {
    report.switched_on(DEMAND, path, "may_skip", old.may_skip, new.may_skip);
    report.shrunk(DEMAND, path, "tickets", &old.tickets, &new.tickets);
    report.changed(DEMAND, path, "department", &old.department, &new.department);
    let actors = |template: &TaskTemplate| [template.responsible.as_slice(), std::slice::from_ref(&template.accountable)].concat();
    report.grown(DEMAND, path, "responsible", &actors(old), &actors(new));
    condition(DEMAND, path, old.when.as_ref(), new.when.as_ref(), report);
    selection(path, old.each.as_ref(), new.each.as_ref(), report);
    let path = format!("{path}/requirements");
    for lost in lost_uses(sides, &path, &path) {
        report.add(DEMAND, &lost.path, lost.message);
    }
}

/// A choice of assets that became narrower, or may have.
fn selection(path: &str, old: Option<&Selection>, new: Option<&Selection>, report: &mut Report) {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => return,
        (old, new) => return report.changed(DEMAND, path, "each", &old, &new),
    };
    let roles = |selection: &Selection| selection.roles.iter().map(ToString::to_string).collect::<Vec<_>>();
    report.changed(DEMAND, &format!("{path}/each"), "shared", &old.shared, &new.shared);
    for (key, old, new) in [
        ("roles", roles(old), roles(new)),
        ("kinds", old.kinds.clone(), new.kinds.clone()),
        ("classes", old.classes.clone(), new.classes.clone()),
    ] {
        let path = format!("{path}/each");
        match (old.is_empty(), new.is_empty()) {
            (_, true) => {}
            (true, false) => report.add(DEMAND, &format!("{path}/{key}"), format!("`{key}` any → {}", new.join(", "))),
            (false, false) => report.shrunk(DEMAND, &path, key, &old, &new),
        }
    }
}

/// A condition that takes cases out, or may.
pub(super) fn condition(code: &str, path: &str, old: Option<&Expression>, new: Option<&Expression>, report: &mut Report) {
    let (old, new) = (old.map(Expression::source), new.map(Expression::source));
    match (old, new) {
        (_, None) => {}
        (None, Some(new)) => report.add(code, &format!("{path}/when"), format!("it applies only in some cases: `{new}`")),
        (Some(_), Some(_)) => report.changed(code, path, "when", &old, &new),
    }
}

pub(super) fn exception_kinds(Sides { old, new }: Sides<'_>, report: &mut Report) {
    for (name, new) in &new.exception_kinds {
        let path = pointer("/exception_kinds", name);
        let Some(old) = old.exception_kinds.get(name) else {
            let waives: Vec<&str> = new.waives.iter().map(String::as_str).collect();
            report.add(EXCEPTION, &path, format!("a new kind of exception waives {}", quoted(&waives)));
            continue;
        };
        report.grown(EXCEPTION, &path, "waives", &old.waives, &new.waives);
        report.greater(EXCEPTION, &path, "longest", old.longest, new.longest);
        report.switched_on(EXCEPTION, &path, "at_closure", old.at_closure, new.at_closure);
        for (approval, _) in
            old.approvals.iter().filter(|(old, when)| !new.approvals.iter().any(|new| is_as_strict(new, old, when.as_ref())))
        {
            let count = approval.count.unwrap_or(1);
            report.add(
                EXCEPTION,
                &format!("{path}/approvals"),
                format!("{count} by {} is no longer asked for, or of more roles", approval.roles.join(" or ")),
            );
        }
        let steps = |kind: &crate::policy::ExceptionKind| kind.reconcile.steps.keys().cloned().collect::<Vec<_>>();
        report.shrunk(EXCEPTION, &format!("{path}/reconcile"), "steps", &steps(old), &steps(new));
        report.grown(EXCEPTION, &format!("{path}/reconcile"), "roles", &old.reconcile.roles, &new.reconcile.roles);
    }
}

/// Whether whoever meets the new approval has met the old one.
fn is_as_strict((new, applies): &(ExceptionApproval, Option<Expression>), old: &ExceptionApproval, applied: Option<&Expression>) -> bool {
    let applies = applies.as_ref().map(Expression::source);
    new.roles.iter().all(|role| old.roles.contains(role))
        && new.count.unwrap_or(1) >= old.count.unwrap_or(1)
        && (applies.is_none() || applies == applied.map(Expression::source))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::compare::testing::{NOTHING, laxer, laxer_after};

    #[test]
    fn limits_become_wider() {
        let wider = laxer(|policy| {
            policy["limits"] = json!({"allow": "PT1H", "coverage": "P2D", "baseline_until": "2026-12-31"});
            policy["calendar"] = json!({"clock_skew": "PT5M", "utc_offset": "+01:00"});
            policy["serials"] = json!({"prefixes": ["S"]});
        });
        let expected = [
            "laxer-setting /calendar/clock_skew: `clock_skew` PT0S → PT5M",
            "laxer-setting /calendar/utc_offset: `utc_offset` changed: Z → +01:00",
            "laxer-setting /limits/allow: `allow` PT15M → PT1H",
            "laxer-setting /limits/baseline_until: `baseline_until` none → 2026-12-31",
            "laxer-setting /limits/coverage: `coverage` P1D → P2D",
            "laxer-setting /serials/prefixes: `prefixes` also names `S`",
        ];
        assert_eq!(wider, expected);
        let fewer = laxer_after(|policy| policy["serials"] = json!({"placeholders": ["tbd"]}), |policy| policy["serials"] = json!({}));
        assert_eq!(fewer.len(), 1);
    }

    #[test]
    fn declarations_change() {
        let changed = laxer(|policy| {
            policy["kinds"]["laptop"]["identified_by"] = json!("none");
            policy["ticket_kinds"]["offboarding"]["whole_subject"] = json!(false);
            policy["checks"]["scan"]["proves_return"] = json!(true);
        });
        let expected = [
            "laxer-setting /checks/scan/proves_return: `proves_return` false → true",
            "laxer-setting /kinds/laptop/identified_by: `identified_by` changed: serial → none",
            "laxer-setting /ticket_kinds/offboarding/whole_subject: `whole_subject` true → false",
        ];
        assert_eq!(changed, expected);
    }

    #[test]
    fn checklists_shrink() {
        let list = |policy: &mut Value| {
            policy["checklists"] = json!({"leave": {"title": "Leave", "entries": {"a": {"title": "A", "department": "it"}, "b": {"title": "B", "department": "it"}}}});
        };
        let shrunk = laxer_after(list, |policy| {
            policy["checklists"] =
                json!({"leave": {"title": "Leave", "entries": {"b": {"title": "B", "department": "it", "may_skip": true}}}});
        });
        let expected = [
            "laxer-requirement /checklists/leave/entries: the entry `a` is gone",
            "laxer-requirement /checklists/leave/entries/b/may_skip: `may_skip` false → true",
        ];
        assert_eq!(shrunk, expected);
    }

    #[test]
    fn tasks_are_expected_less() {
        let fewer = laxer(|policy| {
            let template = &mut policy["task_templates"]["collect"];
            template["each"] = json!({"roles": ["collect"], "kinds": ["laptop"]});
            template["requirements"] = json!([]);
            template["responsible"] = json!(["desk", "stores"]);
            template["when"] = json!("asset.shared");
        });
        let expected = [
            "laxer-requirement /task_templates/collect/each/kinds: `kinds` any → laptop",
            "laxer-requirement /task_templates/collect/requirements: `back` is no longer required",
            "laxer-requirement /task_templates/collect/responsible: `responsible` also names `stores`",
            "laxer-requirement /task_templates/collect/when: it applies only in some cases: `asset.shared`",
        ];
        assert_eq!(fewer, expected);
        assert_eq!(
            laxer(|policy| policy["task_templates"] = json!({})),
            ["laxer-requirement /task_templates/collect: the task `collect` is no longer expected of tickets"]
        );
    }

    #[test]
    fn exceptions_reach_further() {
        let further = laxer(|policy| {
            let kind = &mut policy["exception_kinds"]["urgent"];
            kind["waives"] = json!(["encrypted", "scanned"]);
            kind["longest"] = json!("P8D");
            kind["at_closure"] = json!(true);
            kind["approvals"] = json!([{"roles": ["lead", "desk"]}]);
            kind["reconcile"] = json!({"roles": ["lead", "desk"], "steps": {"other": "Other"}});
            policy["exception_kinds"]["more"] = kind.clone();
        });
        let expected = [
            "laxer-exception /exception_kinds/more: a new kind of exception waives `encrypted`, `scanned`",
            "laxer-exception /exception_kinds/urgent/approvals: 1 by lead is no longer asked for, or of more roles",
            "laxer-exception /exception_kinds/urgent/at_closure: `at_closure` false → true",
            "laxer-exception /exception_kinds/urgent/longest: `longest` P7D → P8D",
            "laxer-exception /exception_kinds/urgent/reconcile/roles: `roles` also names `desk`",
            "laxer-exception /exception_kinds/urgent/reconcile/steps: `steps` no longer names `scanned-later`",
            "laxer-exception /exception_kinds/urgent/waives: `waives` also names `encrypted`",
        ];
        assert_eq!(further, expected);
        let stricter = laxer(|policy| {
            policy["exception_kinds"]["urgent"]["approvals"] = json!([{"roles": ["lead"], "count": 2}, {"roles": ["desk"]}])
        });
        assert_eq!(stricter, NOTHING);
    }
}
