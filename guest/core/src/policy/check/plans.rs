//! The order of tasks, of which none waits for itself, and the days on which access is taken.

use std::collections::BTreeSet;

use crate::plan::Direction;
use crate::policy::Policy;
use crate::policy::names::Names;
use crate::problem::pointer;

pub(super) fn check(policy: &Policy, names: &mut Names) {
    for direction in [Direction::Joiner, Direction::Mover, Direction::Leaver] {
        let Some(access) = policy.head.plans.rules(direction).and_then(|rules| rules.access.as_ref()) else { continue };
        let path = format!("/plans/{direction}/access");
        if access.classes.is_empty() {
            names.problem("list-empty", format_args!("{path}/classes"), "the list is empty", "name the classes that give access");
        }
        if access.from.day == access.until.day && access.from.days > access.until.days {
            let message = format!("the window ends with `{}`, before it begins with `{}`", access.until, access.from);
            names.problem("duration-range", format_args!("{path}/until"), message, "write a day that is not before `from`");
        }
    }
    for (name, template) in &policy.task_templates {
        let mut before = BTreeSet::new();
        let mut open: Vec<&String> = template.after.iter().collect();
        while let Some(earlier) = open.pop() {
            if before.insert(earlier) {
                open.extend(policy.task_templates.get(earlier).into_iter().flat_map(|template| &template.after));
            }
        }
        if before.contains(name) {
            let path = format!("{}/after", pointer("/task_templates", name));
            names.problem("task-cycle", path, format!("`{name}` comes after itself"), "take one of the templates between out");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::policy::check::testing::{found, policy};

    #[test]
    fn a_window_ends_after_it_begins() {
        let mut policy = policy();
        let access =
            |from: &str, until: &str| json!({"ticket": "offboarding", "access": {"classes": ["hardware"], "from": from, "until": until}});
        policy["plans"] = json!({"leaver": access("last-day", "last-day")});
        assert_eq!(found(&policy), "");
        policy["plans"] = json!({"leaver": access("last-day + P1D", "last-day"), "mover": access("last-day", "first-day")});
        assert_eq!(found(&policy), "duration-range /plans/leaver/access/until");
        policy["plans"]["leaver"]["access"]["classes"] = json!([]);
        assert_eq!(found(&policy), "list-empty /plans/leaver/access/classes, duration-range /plans/leaver/access/until");
    }

    #[test]
    fn no_task_waits_for_itself() {
        let mut policy = policy();
        let template = |after: &[&str]| {
            let after: Vec<&str> = after.to_vec();
            json!({"title": "T", "tickets": ["offboarding"], "department": "it", "responsible": ["clerk"], "accountable": "clerk", "after": after})
        };
        policy["departments"]["it"] = json!({"title": "IT"});
        policy["roles"]["clerk"] = json!({"title": "Clerk"});
        policy["task_templates"] = json!({"a": template(&[]), "b": template(&["a"]), "c": template(&["a", "b"])});
        assert_eq!(found(&policy), "");
        policy["task_templates"]["a"]["after"] = json!(["c"]);
        assert_eq!(
            found(&policy),
            "task-cycle /task_templates/a/after, task-cycle /task_templates/b/after, task-cycle /task_templates/c/after"
        );
    }
}
