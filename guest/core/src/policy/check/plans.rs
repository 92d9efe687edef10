//! The order of tasks: none waits for itself.

use std::collections::BTreeSet;

use crate::policy::Policy;
use crate::policy::names::Names;
use crate::problem::pointer;

pub(super) fn check(policy: &Policy, names: &mut Names) {
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
