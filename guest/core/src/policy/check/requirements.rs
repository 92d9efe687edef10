//! Requirements where they are used: whether they can be judged there, and whether anything can meet them (rules P1, R9).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::flow::is_end;
use crate::case::DEPTH;
use crate::decision::Severity;
use crate::facts::LinkRole;
use crate::forms::Form;
use crate::forms::assets::{AssetCase, Assets};
use crate::policy::document::Closing;
use crate::policy::graph::reachable;
use crate::policy::names::Names;
use crate::policy::{Policy, Requirement, RequirementIndex, Sort, Workflow};
use crate::problem::pointer;

/// How deep requirements may use each other: half of what judging follows, because a task's requirements are judged within a requirement.
const NESTING: usize = DEPTH as usize / 2;
/// How many requirements one may come to in all, so that a few lines can't keep a decision busy for hours.
const EXTENT: usize = 4_096;
/// How many circles are told.
const CIRCLES: usize = 16;

const LINK_ROLES: [LinkRole; 5] = [LinkRole::Issue, LinkRole::Collect, LinkRole::Keep, LinkRole::Loan, LinkRole::Repair];

/// Checks that requirements use each other without circles, and not too deep; whether it is so.
pub(super) fn nest(policy: &Policy, names: &mut Names) -> bool {
    let before = names.problems.len();
    let measured = measure(policy);
    circles(policy, &measured, names);
    for (index, (depth, extent)) in &measured {
        let Some(requirement) = policy.requirement(*index) else { continue };
        // Told where it becomes too much, and not of all that this stands in.
        let is_in_part = requirement
            .form
            .uses()
            .iter()
            .filter_map(|used| measured.get(used))
            .any(|(depth, extent)| *depth > NESTING || *extent > EXTENT);
        if is_in_part {
            continue;
        }
        if *depth > NESTING {
            names.problem(
                "requirement-depth",
                &requirement.path,
                format!("requirements stand in it {depth} deep, {NESTING} is the most"),
                "list them side by side",
            );
        } else if *extent > EXTENT {
            names.problem(
                "requirement-depth",
                &requirement.path,
                format!("it comes to {extent} requirements, {EXTENT} is the most"),
                "list each in fewer places",
            );
        }
    }
    for (name, template) in &policy.task_templates {
        // `tasks` judges what the templates require, and so on without end.
        if names.problems.len() == before
            && reached(policy, &template.requirements).iter().any(|requirement| matches!(requirement.form, Form::Tasks(_)))
        {
            let path = format!("{}/requirements", pointer("/task_templates", name));
            names.problem(
                "requirement-cycle",
                &path,
                "a task requires that the tasks are done, itself among them",
                "require `tasks` in the ticket's gate",
            );
        }
    }
    names.problems.len() == before
}

/// The depth and the extent of every requirement that is in no circle and leads to none.
fn measure(policy: &Policy) -> BTreeMap<RequirementIndex, (usize, usize)> {
    let uses: Vec<Vec<RequirementIndex>> = policy.requirements.iter().map(|requirement| requirement.form.uses()).collect();
    let mut users: BTreeMap<RequirementIndex, Vec<RequirementIndex>> = BTreeMap::new();
    for (user, used) in uses.iter().enumerate() {
        for used in used {
            users.entry(*used).or_default().push(user);
        }
    }
    let mut pending: Vec<usize> = uses.iter().map(Vec::len).collect();
    let mut ready: Vec<RequirementIndex> = pending.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| index).collect();
    let mut measured: BTreeMap<RequirementIndex, (usize, usize)> = BTreeMap::new();
    while let Some(index) = ready.pop() {
        let parts = uses.get(index).into_iter().flatten().filter_map(|used| measured.get(used));
        let sum = parts.fold((1, 1usize), |(depth, extent), part| (depth.max(part.0 + 1), extent.saturating_add(part.1)));
        measured.insert(index, sum);
        for user in users.get(&index).into_iter().flatten() {
            if let Some(count) = pending.get_mut(*user) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*user);
                }
            }
        }
    }
    measured
}

fn circles(policy: &Policy, measured: &BTreeMap<RequirementIndex, (usize, usize)>, names: &mut Names) {
    let mut told = BTreeSet::new();
    for start in (0..policy.requirements.len()).filter(|index| !measured.contains_key(index)) {
        if told.len() >= CIRCLES || told.contains(&start) {
            continue;
        }
        let Some(circle) = circle_from(policy, start) else { continue };
        told.extend(circle.iter().copied());
        let named = circle.iter().filter_map(|index| policy.requirement(*index)?.name.as_deref());
        let named: Vec<String> = named.take(8).map(|name| format!("`{name}`")).collect();
        let path = policy.requirement(start).map(|requirement| requirement.path.as_str()).unwrap_or_default();
        let message = format!("{} leads back to itself: {}", named.first().map_or("it", String::as_str), named.join(", then "));
        names.problem("requirement-cycle", path, message, "take one of them out");
    }
}

/// The shortest circle from a requirement back to itself.
fn circle_from(policy: &Policy, start: RequirementIndex) -> Option<Vec<RequirementIndex>> {
    let mut came_from: BTreeMap<RequirementIndex, RequirementIndex> = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for used in policy.requirement(at)?.form.uses() {
            if used == start {
                let back = std::iter::successors(Some(at), |at| came_from.get(at).copied());
                let mut circle: Vec<RequirementIndex> = back.collect();
                circle.reverse();
                return Some(circle);
            }
            came_from.entry(used).or_insert_with(|| {
                open.push_back(used);
                at
            });
        }
    }
    None
}

/// The requirements that these lead to, themselves among them, whatever joins them.
pub(super) fn reached<'a>(policy: &'a Policy, uses: &[RequirementIndex]) -> Vec<&'a Requirement> {
    spread(policy, uses, |form| form.uses())
}

/// The requirements that have to be met on the item itself, in every case: what only warns, applies in some cases, or is one of several
/// alternatives is left out.
pub(super) fn conjuncts<'a>(policy: &'a Policy, uses: &[RequirementIndex]) -> Vec<&'a Requirement> {
    let holds_always = |index: &RequirementIndex| {
        policy.requirement(*index).is_some_and(|requirement| requirement.when.is_none() && requirement.terms.severity == Severity::Block)
    };
    let always = |uses: Vec<RequirementIndex>| -> Vec<RequirementIndex> { uses.into_iter().filter(holds_always).collect() };
    spread(policy, &always(uses.to_vec()), |form| match form {
        Form::All(_) => always(form.uses()),
        _ => Vec::new(),
    })
}

/// The requirements that have to be met on the item itself, through `all` and `any`.
fn on_the_item<'a>(policy: &'a Policy, uses: &[RequirementIndex]) -> Vec<&'a Requirement> {
    spread(policy, uses, |form| match form {
        Form::All(_) | Form::Any(_) => form.uses(),
        _ => Vec::new(),
    })
}

fn spread<'a>(policy: &'a Policy, uses: &[RequirementIndex], inner: impl Fn(&Form) -> Vec<RequirementIndex>) -> Vec<&'a Requirement> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    let mut open: Vec<RequirementIndex> = uses.iter().rev().copied().collect();
    while let Some(index) = open.pop() {
        let Some(requirement) = policy.requirement(index).filter(|_| seen.insert(index)) else { continue };
        all.push(requirement);
        open.extend(inner(&requirement.form).into_iter().rev());
    }
    all
}

/// Where a requirement is listed, and on which items it is judged there.
#[derive(Clone)]
struct Spot<'a> {
    path: Cow<'a, str>,
    sort: Sort,
    workflows: Rc<BTreeSet<&'a str>>,
}

pub(super) fn check(policy: &Policy, names: &mut Names) {
    types(policy, names);
    let mut seen = Seen::default();
    for (uses, spot) in lists(policy) {
        walk(policy, uses, spot, &mut seen, names);
    }
    for (index, requirement) in policy.requirements.iter().enumerate() {
        if let Some(name) = requirement.name.as_ref().filter(|_| !seen.used.contains(&index)) {
            names.warn(
                "requirement-unused",
                &requirement.path,
                format!("`{name}` guards nothing"),
                "list it in a gate or on a transition, or remove it",
            );
        }
    }
    for (name, workflow) in &policy.workflows {
        let path = pointer("/workflows", name);
        order(policy, workflow, &path, names);
        contradictions(policy, workflow, &path, names);
        offboarding(policy, workflow, &path, names);
    }
}

/// The attribute's declared type is the one that its predicate reads.
fn types(policy: &Policy, names: &mut Names) {
    for requirement in &policy.requirements {
        let Form::Attribute(form) = &requirement.form else { continue };
        let Some(declared) = policy.attributes.get(form.name()) else { continue };
        if !form.fits(declared.r#type) {
            let message = format!("`{}` is declared as {}, and what is demanded of it is never true of one", form.name(), declared.r#type);
            names.problem(
                "gate-unsatisfiable",
                &requirement.path,
                message,
                "write a value of that type, or declare the attribute otherwise",
            );
        }
    }
}

/// Every list of requirements outside of requirements.
fn lists(policy: &Policy) -> Vec<(&[RequirementIndex], Spot<'_>)> {
    let mut all = Vec::new();
    for (name, workflow) in &policy.workflows {
        let workflows = Rc::new(BTreeSet::from([name.as_str()]));
        let spot = |path: String| Spot { path: path.into(), sort: workflow.sort, workflows: Rc::clone(&workflows) };
        for (state, told) in &workflow.states {
            let path = pointer(&format!("{}/states", pointer("/workflows", name)), state);
            all.push((told.gate.as_slice(), spot(format!("{path}/gate"))));
        }
        // Transitions that are written as one share their requirements.
        let edges: BTreeMap<&str, _> = workflow.edges().map(|(_, _, edge)| (edge.path.as_str(), edge)).collect();
        all.extend(edges.into_iter().map(|(path, edge)| (edge.requirements.as_slice(), spot(format!("{path}/requirements")))));
    }
    for (name, template) in &policy.task_templates {
        let (sort, workflows): (_, BTreeSet<&str>) = match &template.each {
            None => {
                let workflows = template.tickets.iter().filter_map(|kind| policy.ticket_workflows.get(kind)).map(String::as_str);
                (Sort::Tickets, workflows.collect())
            }
            Some(each) => {
                let kinds = policy.kinds.iter().filter(|(kind, told)| among(&each.kinds, kind) && among(&each.classes, &told.class));
                (Sort::Assets, kinds.filter_map(|(kind, _)| policy.asset_workflows.get(kind)).map(String::as_str).collect())
            }
        };
        let path = format!("{}/requirements", pointer("/task_templates", name)).into();
        all.push((template.requirements.as_slice(), Spot { path, sort, workflows: workflows.into() }));
    }
    all
}

fn among(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|other| other == name)
}

/// What was checked already.
#[derive(Default)]
struct Seen<'a> {
    used: BTreeSet<RequirementIndex>,
    /// What stands within requirements has one place, from wherever it is reached, so that it is checked once for the same items.
    within: BTreeSet<(RequirementIndex, bool, Rc<BTreeSet<&'a str>>)>,
    /// Requirements whose cases were looked into: which assets they choose does not hang on the ticket.
    cases: BTreeSet<RequirementIndex>,
}

/// Checks a list of requirements and all that it leads to, each on the items that it is judged on.
fn walk<'a>(policy: &'a Policy, uses: &[RequirementIndex], spot: Spot<'a>, seen: &mut Seen<'a>, names: &mut Names) {
    let mut open = Vec::new();
    let mut visit = |index: RequirementIndex, spot: Spot<'a>, open: &mut Vec<(RequirementIndex, Spot<'a>)>, seen: &mut Seen<'a>| {
        let Some(requirement) = policy.requirement(index) else { return };
        seen.used.insert(index);
        fit(policy, requirement, &spot, names);
        match &requirement.form {
            // On an asset it does not fit, which was told.
            Form::Assets(_) if spot.sort == Sort::Assets => {}
            Form::Assets(assets) => {
                if seen.cases.insert(index) {
                    open.extend(cases(policy, requirement, assets, names));
                }
            }
            form => {
                open.extend(form.uses().into_iter().map(|used| (used, Spot { path: requirement.path.as_str().into(), ..spot.clone() })))
            }
        }
    };
    for index in uses {
        visit(*index, spot.clone(), &mut open, seen);
    }
    while let Some((index, spot)) = open.pop() {
        if seen.within.insert((index, spot.sort == Sort::Assets, Rc::clone(&spot.workflows))) {
            visit(index, spot, &mut open, seen);
        }
    }
}

/// The requirements of the cases of `assets`, with the workflows of the assets that each chooses. The first case that fits counts, so that a
/// later one may never be reached.
fn cases<'a>(policy: &'a Policy, requirement: &Requirement, assets: &Assets, names: &mut Names) -> Vec<(RequirementIndex, Spot<'a>)> {
    let mut all = Vec::new();
    let mut taken: BTreeSet<(&str, LinkRole)> = BTreeSet::new();
    for (index, case) in assets.assets.iter().enumerate() {
        let path = pointer(&format!("{}/assets", requirement.path), &index.to_string());
        let chosen: Vec<(&str, LinkRole)> = choices(policy, case).into_iter().filter(|choice| taken.insert(*choice)).collect();
        if chosen.is_empty() {
            names.warn(
                "case-unreached",
                &path,
                "no asset ever comes to this case: those before take all that it chooses",
                "move it up, or remove it",
            );
        }
        let workflows: BTreeSet<&str> =
            chosen.iter().filter_map(|(kind, _)| policy.asset_workflows.get(*kind)).map(String::as_str).collect();
        let spot = Spot { path: format!("{path}/requirements").into(), sort: Sort::Assets, workflows: workflows.into() };
        disjoint(policy, &case.requirements.indices, &|| spot.path.to_string(), names);
        all.extend(case.requirements.indices.iter().map(|index| (*index, spot.clone())));
    }
    all
}

fn choices<'a>(policy: &'a Policy, case: &AssetCase) -> Vec<(&'a str, LinkRole)> {
    let kinds = policy.kinds.iter().filter(|(kind, told)| among(&case.kinds, kind) && among(&case.classes, &told.class));
    let roles = || LINK_ROLES.into_iter().filter(|role| case.roles.is_empty() || case.roles.contains(role));
    kinds.flat_map(|(kind, _)| roles().map(move |role| (kind.as_str(), role))).collect()
}

/// What a requirement is called in messages.
fn called(requirement: &Requirement) -> String {
    format!("`{}`", requirement.name.as_deref().unwrap_or(requirement.form.key()))
}

/// Whether a requirement can be judged where it is listed.
fn fit(policy: &Policy, requirement: &Requirement, spot: &Spot<'_>, names: &mut Names) {
    use Form::{Assets, Availability, Category, Identity, Location, NothingHeld, Owner, Signature, Tasks};
    let called = called(requirement);
    match (&requirement.form, spot.sort) {
        (Owner(_) | Location(_) | Identity(_) | Category(_) | Signature(_) | Availability(_), Sort::Tickets) => {
            let message = format!("{called} is about an asset, and judged on a ticket here");
            names.problem("requirement-unfit", &spot.path, message, "list it under `assets`, for the assets that the ticket is about");
        }
        (Assets(_) | NothingHeld(_) | Tasks(_), Sort::Assets) => {
            let message = format!("{called} is about a ticket, and judged on an asset here");
            names.problem("requirement-unfit", &spot.path, message, "list it in the gate of a ticket");
        }
        _ => {}
    }
    if spot.sort == Sort::Tickets {
        let expressions =
            [requirement.when.as_ref(), if let Form::Expression(form) = &requirement.form { form.compiled.as_ref() } else { None }];
        for root in expressions
            .into_iter()
            .flatten()
            .flat_map(|expression| expression.roots())
            .filter(|root| ["asset", "link"].contains(&root.as_str()))
        {
            let message = format!("{called} reads `{root}`, which is never recorded where a ticket is judged");
            names.warn("requirement-unfit", &spot.path, message, "list it under `assets`, for the assets that the ticket is about");
        }
    }
    states(policy, requirement, spot, names);
}

/// Whether some workflow of the items has the states that a requirement names.
fn states(policy: &Policy, requirement: &Requirement, spot: &Spot<'_>, names: &mut Names) {
    let workflows: Vec<&Workflow> = spot.workflows.iter().filter_map(|name| policy.workflows.get(*name)).collect();
    if workflows.is_empty() {
        return;
    }
    let has_all = |states: &[&String]| workflows.iter().any(|workflow| states.iter().all(|state| workflow.states.contains_key(*state)));
    let (fits, states): (bool, Vec<&String>) = match &requirement.form {
        Form::State(form) => (form.state.iter().any(|state| has_all(&[state])), form.state.iter().collect()),
        form => {
            let named = history(form);
            (has_all(&named), named)
        }
    };
    if !fits {
        let states: Vec<String> = states.iter().map(|state| format!("`{state}`")).collect();
        let workflows: Vec<String> = spot.workflows.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("{} names {}, and is judged on items of {}", called(requirement), states.join(", "), workflows.join(", "));
        names.problem("requirement-unfit", &spot.path, message, "name states of that workflow");
    }
}

/// The states that the item has to have been in for a form to be met.
fn history(form: &Form) -> Vec<&String> {
    match form {
        Form::Evidence(form) => form.after.iter().chain(&form.other_than.states).collect(),
        Form::Passed(form) => form.after.iter().chain(&form.passed).collect(),
        _ => Vec::new(),
    }
}

/// Requirements that ask of the item's past or present what no way to this place gives.
fn order(policy: &Policy, workflow: &Workflow, path: &str, names: &mut Names) {
    let after: BTreeMap<&str, BTreeSet<&str>> =
        workflow.states.keys().map(|state| (state.as_str(), reachable(workflow, Some(state), |_, _, _| true))).collect();
    let is_after = |state: &str, earlier: &str| after.get(earlier).is_some_and(|states| states.contains(state));
    for (name, state) in &workflow.states {
        let sources: Vec<Option<&str>> = workflow.edges().filter(|(_, to, _)| to == name).map(|(from, ..)| from).collect();
        impossible(policy, workflow, &state.gate, &sources, &is_after, &|| gate_path(path, name), names);
    }
    for (from, _, edge) in workflow.edges() {
        impossible(policy, workflow, &edge.requirements, &[from], &is_after, &|| format!("{}/requirements", edge.path), names);
    }
}

fn impossible(
    policy: &Policy,
    workflow: &Workflow,
    uses: &[RequirementIndex],
    sources: &[Option<&str>],
    is_after: &dyn Fn(&str, &str) -> bool,
    path: &dyn Fn() -> String,
    names: &mut Names,
) {
    let was_in = |state: &str, source: &Option<&str>| source.is_some_and(|source| source == state || is_after(source, state));
    // States of another workflow are told where the form is found unfit.
    let is_known = |form: &Form| match form {
        Form::State(form) => form.state.iter().any(|state| workflow.states.contains_key(state)),
        form => history(form).into_iter().all(|state| workflow.states.contains_key(state)),
    };
    for requirement in conjuncts(policy, uses).into_iter().filter(|requirement| is_known(&requirement.form)) {
        let present = |fits: &dyn Fn(&str) -> bool| sources.iter().flatten().any(|source| fits(source));
        let possible = match &requirement.form {
            Form::State(form) => present(&|source| form.state.iter().any(|state| state == source)),
            Form::Category(form) => present(&|source| {
                workflow.states.get(source).and_then(|state| state.category).is_some_and(|category| form.category.contains(&category))
            }),
            Form::Passed(form) => {
                // `after` is itself the first that was passed.
                let chain: Vec<&String> = form.after.iter().chain(&form.passed).collect();
                let in_order = chain.iter().zip(chain.iter().skip(1)).all(|(one, next)| one == next || is_after(next, one));
                in_order && chain.last().is_none_or(|last| sources.iter().any(|source| was_in(last, source)))
            }
            form => history(form).into_iter().all(|state| sources.iter().any(|source| was_in(state, source))),
        };
        if !possible {
            let message = format!("no item that comes here can meet {}: no way leads through what it asks for", called(requirement));
            names.problem("gate-unsatisfiable", path(), message, "name states that lie on a way to here");
        }
    }
}

fn contradictions(policy: &Policy, workflow: &Workflow, path: &str, names: &mut Names) {
    for (name, state) in &workflow.states {
        disjoint(policy, &state.gate, &|| gate_path(path, name), names);
    }
    for (_, to, edge) in workflow.edges().filter(|(_, _, edge)| !edge.requirements.is_empty()) {
        let path = || format!("{}/requirements", edge.path);
        disjoint(policy, &edge.requirements, &path, names);
        let gate = conjuncts(policy, workflow.states.get(to).map(|state| state.gate.as_slice()).unwrap_or_default());
        for one in conjuncts(policy, &edge.requirements) {
            for other in gate.iter().filter(|other| one.form.excludes(&other.form)) {
                exclusion(one, other, &path(), names);
            }
        }
    }
}

/// Requirements of one list that nothing meets together.
fn disjoint(policy: &Policy, uses: &[RequirementIndex], path: &dyn Fn() -> String, names: &mut Names) {
    let all = conjuncts(policy, uses);
    for (index, one) in all.iter().enumerate() {
        for other in all.iter().skip(index + 1).filter(|other| one.form.excludes(&other.form)) {
            exclusion(one, other, &path(), names);
        }
    }
}

fn gate_path(workflow: &str, state: &str) -> String {
    format!("{}/gate", pointer(&format!("{workflow}/states"), state))
}

fn exclusion(one: &Requirement, other: &Requirement, path: &str, names: &mut Names) {
    let message = format!("nothing meets both {} and {}", called(one), called(other));
    names.problem("gate-unsatisfiable", path, message, "take one out, or let `any` join them");
}

/// Rule P1: a leaver's ticket is fulfilled only where nothing is held, no exception is open, and the day has come. What only warns is no gate.
fn offboarding(policy: &Policy, workflow: &Workflow, path: &str, names: &mut Names) {
    let is_offboarding =
        |kind: &String| policy.ticket_kinds.get(kind).is_some_and(|kind| kind.whole_subject && kind.link_role == Some(LinkRole::Collect));
    if workflow.sort == Sort::Assets || !workflow.kinds.iter().any(is_offboarding) {
        return;
    }
    for (name, state) in workflow.states.iter().filter(|(_, state)| is_end(state) && state.closing == Some(Closing::Fulfilled)) {
        let gate = on_the_item(policy, &state.gate);
        let demands = |form: &dyn Fn(&Form) -> bool| {
            gate.iter().any(|requirement| requirement.terms.severity == Severity::Block && form(&requirement.form))
        };
        let mut missing = Vec::new();
        if !demands(&|form| matches!(form, Form::NothingHeld(_))) {
            missing.push("`nothing_held`");
        }
        if !demands(&|form| matches!(form, Form::Reconciled(_))) {
            missing.push("`reconciled`");
        }
        if !demands(&|form| matches!(form, Form::Timing(timing) if timing.is_about_leaving())) {
            missing.push("`timing` of the last day");
        }
        if !missing.is_empty() {
            names.problem(
                "offboarding-gate",
                gate_path(path, name),
                format!("an offboarding is fulfilled without {}", missing.join(", ")),
                "add it to the gate, as a requirement that blocks",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::check::testing::{found, message, policy};

    /// The small policy with a requirement more, in the gate of `ready` devices.
    fn in_gate(requirement: Value) -> Value {
        let mut policy = policy();
        policy["workflows"]["device"]["states"]["ready"]["gate"] = json!(["encrypted", requirement]);
        policy
    }

    const GATE: &str = "/workflows/device/states/ready/gate";

    #[test]
    fn circles_are_told_once() {
        let mut policy = policy();
        policy["requirements"]["a"] = json!({"all": ["scanned", {"any": ["b"]}]});
        policy["requirements"]["b"] = json!({"assets": [{"requirements": ["a"]}]});
        policy["requirements"]["c"] = json!({"all": ["a"]});
        assert_eq!(found(&policy), "requirement-cycle /requirements/a");
        assert_eq!(message(&policy, "requirement-cycle"), "`a` leads back to itself: `a`, then `b`");
    }

    #[test]
    fn a_task_does_not_wait_for_itself() {
        let mut policy = policy();
        policy["task_templates"]["collect"]["each"] = Value::Null;
        policy["task_templates"]["collect"]["requirements"] = json!([{"any": ["tasks-done"]}]);
        assert_eq!(found(&policy), "requirement-cycle /task_templates/collect/requirements");
    }

    #[test]
    fn requirements_stay_small() {
        let mut policy = policy();
        for depth in 0..17 {
            let inner = if depth == 0 { json!(["scanned"]) } else { json!([format!("nest-{}", depth - 1)]) };
            policy["requirements"][format!("nest-{depth}")] = json!({"all": inner});
        }
        assert_eq!(found(&policy), "requirement-depth /requirements/nest-15");
        let mut policy = super::super::testing::policy();
        for depth in 0..7 {
            let inner = if depth == 0 { json!("scanned") } else { json!(format!("wide-{}", depth - 1)) };
            policy["requirements"][format!("wide-{depth}")] = json!({"all": [inner, {"any": [inner]}, {"any": [inner]}, {"all": [inner]}]});
        }
        assert_eq!(found(&policy), "requirement-depth /requirements/wide-5");
    }

    #[test]
    fn what_is_about_assets_is_asked_of_assets() {
        let mut policy = policy();
        policy["workflows"]["leaver"]["states"]["done"]["gate"].as_array_mut().unwrap().push(json!({"any": ["unowned"]}));
        assert_eq!(found(&policy), "requirement-unfit /workflows/leaver/states/done/gate/5");
        assert_eq!(found(&in_gate(json!("tasks-done"))), format!("requirement-unfit {GATE}"));
    }

    #[test]
    fn an_expression_finds_its_variables() {
        let mut policy = policy();
        policy["workflows"]["leaver"]["states"]["done"]["gate"].as_array_mut().unwrap().push(json!({"expression": "asset.shared"}));
        assert_eq!(found(&policy), "requirement-unfit /workflows/leaver/states/done/gate");
    }

    #[test]
    fn an_attribute_is_of_its_type() {
        assert_eq!(found(&in_gate(json!({"attribute": "battery", "equals": true}))), format!("gate-unsatisfiable {GATE}/1"));
        assert_eq!(found(&in_gate(json!({"attribute": "battery", "at_least": 60}))), "");
    }

    #[test]
    fn states_are_of_the_workflow() {
        assert_eq!(found(&in_gate(json!({"passed": ["open"]}))), format!("requirement-unfit {GATE}"));
        let mut policy = policy();
        policy["requirements"]["back"]["state"] = json!(["done"]);
        assert_eq!(
            found(&policy),
            "requirement-unfit /requirements/all-back/assets/0/requirements, requirement-unfit /task_templates/collect/requirements"
        );
    }

    #[test]
    fn the_past_that_is_asked_for_can_have_been() {
        assert_eq!(found(&in_gate(json!({"passed": ["received"]}))), "");
        assert_eq!(found(&in_gate(json!({"passed": ["issued", "returned"]}))), "");
        assert_eq!(found(&in_gate(json!({"passed": ["retired"]}))), format!("gate-unsatisfiable {GATE}"));
        assert_eq!(found(&in_gate(json!({"evidence": "scan", "after": "retired"}))), format!("gate-unsatisfiable {GATE}"));
        // It is in the state that it leaves, never in the one that it enters.
        assert_eq!(found(&in_gate(json!({"state": ["received", "returned"]}))), "");
        assert_eq!(found(&in_gate(json!({"state": ["ready"]}))), format!("gate-unsatisfiable {GATE}"));
        assert_eq!(found(&in_gate(json!({"category": ["gone"]}))), format!("gate-unsatisfiable {GATE}"));
        // Where it may not apply, nobody can tell.
        assert_eq!(found(&in_gate(json!({"passed": ["retired"], "when": "asset.shared"}))), "");
    }

    #[test]
    fn one_list_does_not_contradict_itself() {
        let one = json!({"attribute": "encrypted", "equals": false});
        assert_eq!(found(&in_gate(one.clone())), format!("gate-unsatisfiable {GATE}"));
        assert_eq!(found(&in_gate(json!({"all": [one.clone()]}))), format!("gate-unsatisfiable {GATE}"));
        assert_eq!(found(&in_gate(json!({"any": [one.clone(), "scanned"]}))), "");
        let mut on_edge = policy();
        on_edge["workflows"]["device"]["transitions"]["received -> ready"]["requirements"] = json!([one]);
        assert_eq!(found(&on_edge), "gate-unsatisfiable /workflows/device/transitions/received -> ready/requirements");
        for (one, other) in [
            (json!({"attribute": "battery", "at_least": 60}), json!({"attribute": "battery", "at_most": 50})),
            (json!({"attribute": "battery", "none": true}), json!({"attribute": "battery", "present": true})),
            (json!({"owner": "none"}), json!({"owner": "person"})),
            (json!({"location": "none"}), json!({"location": "recorded"})),
            (json!({"timing": "last-day", "not_before": "P1D"}), json!({"timing": "last-day", "not_after": "P0D"})),
        ] {
            let mut policy = policy();
            policy["workflows"]["device"]["states"]["ready"]["gate"] = json!([one, other, "encrypted"]);
            assert_eq!(found(&policy), format!("gate-unsatisfiable {GATE}"), "{one} {other}");
        }
    }

    #[test]
    fn a_case_is_reached() {
        let mut policy = policy();
        policy["requirements"]["all-back"]["assets"].as_array_mut().unwrap().push(json!({"roles": ["collect"], "kinds": ["laptop"]}));
        assert_eq!(found(&policy), "case-unreached /requirements/all-back/assets/1");
    }

    #[test]
    fn a_requirement_guards_something() {
        let mut policy = policy();
        policy["requirements"]["idle"] = json!({"any": ["scanned"]});
        assert_eq!(found(&policy), "requirement-unused /requirements/idle");
    }

    #[test]
    fn an_offboarding_has_its_gate() {
        let mut bare = policy();
        bare["workflows"]["leaver"]["states"]["done"]["gate"] =
            json!(["all-back", "tasks-done", {"all": ["nothing-held"]}, "nothing-open"]);
        bare["requirements"]["nothing-open"]["severity"] = json!("warn");
        bare["requirements"]["last-day"]["timing"] = json!("first-day");
        bare["workflows"]["leaver"]["states"]["done"]["gate"].as_array_mut().unwrap().push(json!("last-day"));
        assert_eq!(found(&bare), "offboarding-gate /workflows/leaver/states/done/gate");
        assert_eq!(message(&bare, "offboarding-gate"), "an offboarding is fulfilled without `reconciled`, `timing` of the last day");
    }
}
