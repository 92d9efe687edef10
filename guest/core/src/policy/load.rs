//! From the document to the compiled policy: reads every named entry by itself and collects every problem.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::document::{self, AttributeType, FORMAT, Head, Plans, Terms, Use};
use super::names::{Named, Names, nearest};
use super::{
    ConditionalSop, Edge, ExceptionKind, Policy, Profile, ProfileItem, Requirement, RequirementIndex, Sort, State, Table, TaskTemplate,
    Workflow, check, graph, tree,
};
use crate::expression::{Declared, Expression, Place};
use crate::forms::{self, Form};
use crate::id;
use crate::problem::{Problem, pointer};
use crate::serials;
use crate::shape::{self, Refusal};

/// The largest document that is read, in bytes.
pub const DOCUMENT_LIMIT: usize = 4 << 20;
/// How deep requirements may stand in each other.
const REQUIREMENT_DEPTH: usize = 8;
/// The most of one thing that a person of a profile needs.
const PROFILE_COUNT: u32 = 100;

pub(super) fn load(text: &str) -> Result<Policy, Vec<Problem>> {
    if text.len() > DOCUMENT_LIMIT {
        let message = format!("the policy has {} bytes, {DOCUMENT_LIMIT} is the most", text.len());
        return Err(vec![Problem::new("policy-too-large", "", message).help("split it into policies for separate platforms")]);
    }
    let source = tree::parse(text, "policy-syntax").map_err(|problem| vec![problem])?;
    let Value::Object(sections) = &source else {
        return Err(vec![Problem::new("policy-shape", "", "a policy is an object").help("start with `format: 1`, `name` and `version`")]);
    };
    // A format that we don't know would only give a flood of misleading problems.
    match sections.get("format").map(|format| (format, format.as_u64())) {
        Some((_, Some(format))) if format == u64::from(FORMAT) => {}
        Some((format, _)) => {
            let message = format!("policy format {format} is not known here");
            return Err(vec![Problem::new("policy-format", "/format", message).help("this version reads `format: 1`")]);
        }
        None => return Err(vec![Problem::new("policy-format", "", "key `format` is missing").help("write `format: 1` at the top")]),
    }
    let mut loader = Loader { names: Names::default(), requirements: Vec::new(), indices: BTreeMap::new(), attributes: BTreeMap::new() };
    let mut policy = loader.policy(sections);
    if let Some(policy) = &mut policy {
        policy.source = source;
        // The checks of the whole read a policy whose names all stand; on one with holes they would mislead.
        if loader.names.problems.iter().all(|problem| problem.warning) {
            check::check(policy, &mut loader.names);
        }
    }
    let mut problems = std::mem::take(&mut loader.names.problems);
    problems.sort();
    problems.dedup();
    match policy {
        Some(mut policy) if problems.iter().all(|problem| problem.warning) => {
            policy.warnings = problems;
            Ok(policy)
        }
        _ => Err(problems),
    }
}

struct Loader {
    names: Names,
    requirements: Vec<Requirement>,
    indices: BTreeMap<String, RequirementIndex>,
    /// What the values of the declared attributes are.
    attributes: BTreeMap<String, AttributeType>,
}

impl Loader {
    /// Everything but the document itself, which the policy keeps.
    fn policy(&mut self, sections: &Map<String, Value>) -> Option<Policy> {
        let head: Option<Head> = {
            let head = sections.iter().filter(|(key, _)| HEAD.contains(&key.as_str()));
            self.read("", &Value::Object(head.map(|(key, value)| (key.clone(), value.clone())).collect()))
        };
        let roles: Table<document::Role> = self.section(sections, "roles", Some(Named::Role));
        let departments: Table<document::Department> = self.section(sections, "departments", Some(Named::Department));
        let classes: Table<document::Class> = self.section(sections, "classes", Some(Named::Class));
        let kinds: Table<document::Kind> = self.section(sections, "kinds", Some(Named::Kind));
        let ticket_kinds: Table<document::TicketKind> = self.section(sections, "ticket_kinds", Some(Named::TicketKind));
        let checks: Table<document::Check> = self.section(sections, "checks", Some(Named::Check));
        let attributes: Table<document::AttributeDeclaration> = self.section(sections, "attributes", Some(Named::Attribute));
        self.attributes = attributes.iter().map(|(name, declared)| (name.clone(), declared.r#type)).collect();
        let sops: Table<document::Sop> = self.section(sections, "sops", Some(Named::Sop));
        let checklists: Table<document::Checklist> = self.section(sections, "checklists", Some(Named::Checklist));
        self.names.declare(Named::ChecklistEntry, checklists.values().flat_map(|list| list.entries.keys()));
        let exception_kinds: Table<document::ExceptionKind> = self.section(sections, "exception_kinds", None);
        let task_templates: Table<document::TaskTemplate> = self.section(sections, "task_templates", Some(Named::TaskTemplate));
        let profiles: Table<document::Profile> = self.section(sections, "profiles", Some(Named::Profile));
        let requirements = self.object(sections.get("requirements"), "/requirements");
        let workflows = self.object(sections.get("workflows"), "/workflows");
        let known = |name: &str| name == "$schema" || HEAD.contains(&name) || SECTIONS.contains(&name);
        for name in sections.keys().filter(|name| !known(name)) {
            let help = shape::choices(name, SECTIONS.into_iter().chain(HEAD));
            self.names.problem("policy-shape", pointer("", name), format!("unknown key `{name}`"), help);
        }

        self.names.declare(Named::Requirement, requirements.iter().map(|(name, _)| *name));
        let mut drafts: Table<WorkflowDraft> = Table::default();
        for (name, value) in workflows {
            let path = pointer("/workflows", name);
            if let Some(draft) = self.workflow_draft(&path, value) {
                self.names.declare(Named::State, &draft.declared);
                let named = if draft.sort == Sort::Assets { Named::AssetState } else { Named::TicketState };
                self.names.declare(named, &draft.declared);
                drafts.insert(name.clone(), draft);
            }
        }

        for (name, role) in &roles {
            if let Some(department) = &role.department {
                self.names.need(Named::Department, department, format_args!("{}/department", pointer("/roles", name)));
            }
        }
        for (name, kind) in &ticket_kinds {
            if kind.link_role.is_some_and(|role| !kind.link_roles.is_empty() && !kind.link_roles.contains(&role)) {
                let path = format!("{}/link_role", pointer("/ticket_kinds", name));
                self.names.problem("policy-shape", path, "`link_role` is none of `link_roles`", "list it there, or name another default");
            }
        }
        for (name, kind) in &kinds {
            self.names.need(Named::Class, &kind.class, format_args!("{}/class", pointer("/kinds", name)));
        }
        for (name, sop) in &sops {
            let path = pointer("/sops", name);
            self.names.need(Named::Role, &sop.owner, format_args!("{path}/owner"));
            if name.contains('#') {
                self.names.problem(
                    "policy-shape",
                    &path,
                    format!("the name `{name}` holds a `#`, which parts a procedure from its step"),
                    "take another name",
                );
            }
        }
        for (name, list) in &checklists {
            for (entry, told) in &list.entries {
                self.names.need(
                    Named::Department,
                    &told.department,
                    format_args!("{}/department", pointer(&format!("{}/entries", pointer("/checklists", name)), entry)),
                );
            }
        }

        // Names get their index before any form is read, so that requirements may refer to each other.
        self.indices = requirements.iter().enumerate().map(|(index, (name, _))| ((*name).clone(), index)).collect();
        let mut named = Vec::new();
        let inline_from = self.indices.len();
        // Inline requirements are numbered behind the named ones while those are being read.
        self.requirements = Vec::new();
        for (name, value) in requirements {
            named.push(self.requirement(Some(name), value, &pointer("/requirements", name), inline_from, 0));
        }
        let task_templates = self.task_templates(task_templates, inline_from);
        let exception_kinds = self.exception_kinds(exception_kinds);
        let profiles = self.profiles(profiles);
        if let Some(head) = &head {
            let Plans { joiner, mover, leaver } = &head.plans;
            for (direction, rules) in [("joiner", joiner), ("mover", mover), ("leaver", leaver)] {
                if let Some(rules) = rules {
                    self.names.need(Named::TicketKind, &rules.ticket, format_args!("/plans/{direction}/ticket"));
                    for (index, class) in rules.access.iter().flat_map(|access| &access.classes).enumerate() {
                        self.names.need(Named::Class, class, format_args!("/plans/{direction}/access/classes/{index}"));
                    }
                }
            }
            for (kind, relations) in &head.register.relations {
                let path = pointer("/register/relations", kind);
                self.names.need(Named::Kind, kind, &path);
                if relations.is_empty() {
                    self.names.problem("list-empty", path, "no relation is listed", "name at least one, or leave the kind out");
                }
            }
            if head.register.recurring.as_ref().is_some_and(|recurring| recurring.count < 2) {
                self.names.problem("count-range", "/register/recurring/count", "one exception is no pattern", "write 2 or more");
            }
        }
        let workflows = self.workflows(drafts, inline_from);
        let named: Option<Vec<Requirement>> = named.into_iter().collect();
        let mut all = named?;
        all.append(&mut self.requirements);

        let head = head?;
        Some(Policy {
            serials: serials::Rules::new(&head.serials),
            head,
            roles,
            departments,
            classes,
            kinds,
            ticket_kinds,
            checks,
            attributes,
            sops,
            checklists,
            exception_kinds,
            task_templates,
            profiles,
            workflows,
            requirements: all,
            asset_workflows: Table::default(),
            ticket_workflows: Table::default(),
            warnings: Vec::new(),
            source: Value::Null,
            digest: OnceLock::new(),
        })
    }

    /// Reads a value; a fault is a problem at its place.
    fn read<T: DeserializeOwned>(&mut self, path: &str, value: &Value) -> Option<T> {
        match forms::read(value) {
            Ok(value) => Some(value),
            Err(_) => {
                self.names.problems.extend(shape::problems("policy-shape", path, value, forms::read::<T>));
                None
            }
        }
    }

    fn object<'a>(&mut self, value: Option<&'a Value>, path: &str) -> Vec<(&'a String, &'a Value)> {
        match value {
            None => Vec::new(),
            Some(Value::Object(entries)) => {
                if entries.contains_key("") {
                    self.names.problem("policy-shape", path, "a name is empty", "give every entry a name");
                }
                let mut named: Vec<_> = entries.iter().filter(|(name, _)| !name.is_empty()).collect();
                // Whichever order the JSON reader keeps: a policy has none of its own.
                named.sort_unstable_by_key(|(name, _)| *name);
                named
            }
            Some(_) => {
                self.names.problem("policy-shape", path, "expected entries by name", "write `name: …` for each");
                Vec::new()
            }
        }
    }

    /// Reads a section entry by entry. One that can't be read is declared all the same: that it is not would be said wherever it is used.
    fn section<T: DeserializeOwned>(&mut self, sections: &Map<String, Value>, name: &str, named: Option<Named>) -> Table<T> {
        let path = pointer("", name);
        let entries = self.object(sections.get(name), &path);
        if let Some(named) = named {
            self.names.declare(named, entries.iter().map(|(name, _)| *name));
        }
        entries.into_iter().filter_map(|(name, value)| self.read(&pointer(&path, name), value).map(|entry| (name.clone(), entry))).collect()
    }

    fn expression(&mut self, source: &str, place: Place, path: &str) -> Option<Expression> {
        let compiled = Expression::compile(source, place, self);
        let (faults, expression) = match compiled {
            Ok(expression) => (expression.warnings().to_vec(), Some(expression)),
            Err(faults) => (faults, None),
        };
        for fault in faults {
            let place = fault.column.map(|column| format!(" (column {column} of the expression)")).unwrap_or_default();
            let mut problem = Problem::new(fault.code, path, format!("{}{place}", fault.message));
            problem.warning = fault.warning;
            problem.help = fault.help;
            self.names.problems.push(problem);
        }
        expression
    }

    fn condition(&mut self, when: Option<&str>, path: &str) -> Option<Expression> {
        when.and_then(|source| self.expression(source, Place::When, &format!("{path}/when")))
    }

    fn sops(&mut self, choice: document::SopChoice, path: &str) -> Vec<ConditionalSop> {
        let mut all = Vec::new();
        if choice.0.is_empty() {
            return all;
        }
        let path = format!("{path}/sop");
        for document::ConditionalSop { sop, when } in choice.0 {
            let name = sop.split_once('#').map_or(sop.as_str(), |(name, _)| name);
            self.names.need(Named::Sop, name, &path);
            let when = self.condition(when.as_deref(), &path);
            all.push(ConditionalSop { sop, when });
        }
        all
    }

    /// Reads one requirement: what every requirement may say, and what its form says.
    fn requirement(&mut self, name: Option<&String>, value: &Value, path: &str, inline_from: usize, depth: usize) -> Option<Requirement> {
        let Value::Object(keys) = value else {
            self.names.problem(
                "policy-shape",
                path,
                "a requirement is an object",
                "name one form, such as `attribute`, `evidence` or `checklist`",
            );
            return None;
        };
        let (terms, form): (Map<_, _>, Map<_, _>) =
            keys.iter().map(|(key, value)| (key.clone(), value.clone())).partition(|(key, _)| TERMS.contains(&key.as_str()));
        let terms: Option<Terms> = self.read(path, &Value::Object(terms));
        let form = match Form::of(&form) {
            Ok(read) => self.form(read, form, path, inline_from, depth),
            Err(problem) => {
                self.names.problems.push(Problem { path: path.to_owned(), ..problem });
                None
            }
        };
        let (terms, form) = (terms?, form?);
        self.names.need_all(Named::Role, &terms.responsible, format_args!("{path}/responsible"));
        let when = self.condition(terms.when.as_deref(), path);
        let sop = self.sops(terms.sop.clone(), path);
        Some(Requirement { name: name.cloned(), path: path.to_owned(), terms, when, sop, form })
    }

    fn form(
        &mut self,
        read: fn(&Value) -> Result<Form, Refusal>,
        keys: Map<String, Value>,
        path: &str,
        inline_from: usize,
        depth: usize,
    ) -> Option<Form> {
        let keys = Value::Object(keys);
        match read(&keys) {
            Ok(mut form) => {
                if let Form::Expression(expression) = &mut form {
                    expression.compiled = self.expression(&expression.expression, Place::Requirement, &format!("{path}/expression"));
                }
                for (inner, clauses) in form.clauses_mut() {
                    clauses.indices = self.uses(&clauses.uses, &format!("{path}{inner}"), inline_from, depth + 1);
                }
                form.check(&mut self.names, path);
                Some(form)
            }
            Err(_) => {
                self.names.problems.extend(shape::problems("policy-shape", path, &keys, read));
                None
            }
        }
    }

    /// Reads uses of requirements: names become indices, inline ones are read on the spot.
    fn uses(&mut self, uses: &[Use], path: &str, inline_from: usize, depth: usize) -> Vec<RequirementIndex> {
        let mut all = Vec::new();
        for (place, one) in uses.iter().enumerate() {
            let path = format_args!("{path}/{place}");
            match one {
                Use::Name(name) => {
                    self.names.need(Named::Requirement, name, path);
                    if let Some(index) = self.indices.get(name) {
                        if all.contains(index) {
                            self.names.problem("listed-twice", path, format!("`{name}` is listed twice"), "list it once");
                        }
                        all.push(*index);
                    }
                }
                Use::Inline(_) if depth > REQUIREMENT_DEPTH => {
                    self.names.problem(
                        "requirement-depth",
                        path,
                        "requirements stand in each other too deep",
                        "give the inner ones names of their own",
                    );
                }
                Use::Inline(keys) => {
                    let value = Value::Object(keys.clone().into_iter().collect());
                    if let Some(requirement) = self.requirement(None, &value, &path.to_string(), inline_from, depth) {
                        all.push(inline_from + self.requirements.len());
                        self.requirements.push(requirement);
                    }
                }
            }
        }
        all
    }

    fn task_templates(&mut self, documents: Table<document::TaskTemplate>, inline_from: usize) -> Table<TaskTemplate> {
        let mut all = Table::default();
        for (name, template) in documents {
            let path = pointer("/task_templates", &name);
            if name.contains(['/', '@']) {
                self.names.problem(
                    "policy-shape",
                    &path,
                    format!("the name `{name}` holds a `/` or `@`, which parts tasks from what they are about"),
                    "take another name",
                );
            }
            // The ids of its tasks are made of it.
            if let Err(fault) = id::check(&name) {
                self.names.problem("policy-shape", &path, fault, "take another name");
            }
            let document::TaskTemplate {
                title,
                tickets,
                department,
                responsible,
                accountable,
                each,
                requirements,
                may_skip,
                sop,
                when,
                due,
                after,
            } = template;
            self.names.need_all(Named::TicketKind, &tickets, format_args!("{path}/tickets"));
            self.names.need(Named::Department, &department, format_args!("{path}/department"));
            self.some(&responsible, format_args!("{path}/responsible"));
            self.names.need_all(Named::Role, &responsible, format_args!("{path}/responsible"));
            self.names.need(Named::Role, &accountable, format_args!("{path}/accountable"));
            if let Some(each) = &each {
                self.names.need_all(Named::Kind, &each.kinds, format_args!("{path}/each/kinds"));
                self.names.need_all(Named::Class, &each.classes, format_args!("{path}/each/classes"));
                if each.shared && !each.roles.is_empty() {
                    let help = "what is shared is linked in no role: leave `roles` out";
                    self.names.problem("form-shape", format_args!("{path}/each"), "`shared` and `roles` exclude each other", help);
                }
            }
            self.names.need_all(Named::TaskTemplate, &after, format_args!("{path}/after"));
            let requirements = self.uses(&requirements, &format!("{path}/requirements"), inline_from, 1);
            let when = self.condition(when.as_deref(), &path);
            let sop = self.sops(sop, &path);
            all.insert(
                name,
                TaskTemplate { title, tickets, department, responsible, accountable, each, requirements, may_skip, sop, when, due, after },
            );
        }
        all
    }

    fn profiles(&mut self, documents: Table<document::Profile>) -> Table<Profile> {
        let mut all = Table::default();
        for (name, document::Profile { title, items: documents }) in documents {
            let mut items = Table::default();
            for (item, document::ProfileItem { kinds, title, count, product, when }) in documents {
                let path = pointer(&format!("{}/items", pointer("/profiles", &name)), &item);
                self.some(&kinds, format_args!("{path}/kinds"));
                self.names.need_all(Named::Kind, &kinds, format_args!("{path}/kinds"));
                if !count.is_none_or(|count| (1..=PROFILE_COUNT).contains(&count)) {
                    let (message, help) = (format!("`count` is out of 1 to {PROFILE_COUNT}"), "say how many a person needs");
                    self.names.problem("count-range", format_args!("{path}/count"), message, help);
                }
                // The names of items become part of ids.
                if let Err(fault) = id::check(&item) {
                    self.names.problem("policy-shape", &path, fault, "take another name");
                }
                let when = self.condition(when.as_deref(), &path);
                for root in when.iter().flat_map(Expression::roots).filter(|root| ["asset", "link"].contains(&root.as_str())) {
                    let message = format!("the condition reads `{root}`, and there is none yet where a profile asks for something");
                    let help = "ask about the `subject`, the `ticket` or the time";
                    self.names.problem("condition-unfit", format_args!("{path}/when"), message, help);
                }
                items.insert(item, ProfileItem { title, kinds, count: count.unwrap_or(1), product, when });
            }
            all.insert(name, Profile { title, items });
        }
        all
    }

    /// A list that has to name somebody or something.
    fn some<T>(&mut self, list: &[T], path: impl Display) {
        if list.is_empty() {
            self.names.problem("list-empty", path, "the list is empty", "name at least one");
        }
    }

    fn exception_kinds(&mut self, documents: Table<document::ExceptionKind>) -> Table<ExceptionKind> {
        let mut all = Table::default();
        for (name, kind) in documents {
            let path = pointer("/exception_kinds", &name);
            let document::ExceptionKind { title, mut waives, approvals, longest, reconcile, at_closure } = kind;
            self.names.need_all(Named::Requirement, &waives, format_args!("{path}/waives"));
            self.some(&waives, format_args!("{path}/waives"));
            self.some(&approvals, format_args!("{path}/approvals"));
            self.names.need_all(Named::Role, &reconcile.roles, format_args!("{path}/reconcile/roles"));
            self.some(&reconcile.roles, format_args!("{path}/reconcile/roles"));
            if reconcile.steps.is_empty() {
                self.names.problem(
                    "list-empty",
                    format_args!("{path}/reconcile/steps"),
                    "no step reconciles it",
                    "say at least one thing that has to be done afterwards",
                );
            }
            if longest.ms() <= 0 {
                self.names.problem(
                    "duration-range",
                    format_args!("{path}/longest"),
                    format!("`{longest}` is no time"),
                    "say how long one may last, such as `P14D`",
                );
            }
            let mut conditional = Vec::new();
            for (index, approval) in approvals.into_iter().enumerate() {
                let path = pointer(&format!("{path}/approvals"), &index.to_string());
                self.names.need_all(Named::Role, &approval.roles, format_args!("{path}/roles"));
                self.some(&approval.roles, format_args!("{path}/roles"));
                if approval.count == Some(0) {
                    self.names.problem(
                        "count-range",
                        format_args!("{path}/count"),
                        "an approval by nobody approves nothing",
                        "ask for 1 at least",
                    );
                }
                let when = self.condition(approval.when.as_deref(), &path);
                conditional.push((approval, when));
            }
            waives.sort_unstable();
            all.insert(name, ExceptionKind { title, waives, approvals: conditional, longest, reconcile, at_closure });
        }
        all
    }

    fn workflow_draft(&mut self, path: &str, value: &Value) -> Option<WorkflowDraft> {
        let Value::Object(keys) = value else {
            self.names.problem(
                "policy-shape",
                path,
                "a workflow is an object",
                "write `title`, `assets` or `tickets`, `states` and `transitions`",
            );
            return None;
        };
        let states_path = format!("{path}/states");
        let states = self.object(keys.get("states"), &states_path);
        let declared: Vec<String> = states.iter().map(|(name, _)| (*name).clone()).collect();
        let bare = Value::Object(Map::new());
        let states = states
            .into_iter()
            .filter_map(|(name, value)| {
                let value = if value.is_null() { &bare } else { value };
                self.read(&pointer(&states_path, name), value).map(|state| (name.clone(), state))
            })
            .collect();
        let edges_path = format!("{path}/transitions");
        let transitions = self.object(keys.get("transitions"), &edges_path);
        let transitions = transitions
            .into_iter()
            .filter_map(|(key, value)| self.read(&pointer(&edges_path, key), value).map(|edge| (key.clone(), edge)))
            .collect();
        let head = keys.iter().filter(|(key, _)| !matches!(key.as_str(), "states" | "transitions"));
        let head: document::WorkflowHead =
            self.read(path, &Value::Object(head.map(|(key, value)| (key.clone(), value.clone())).collect()))?;
        let sort = match (head.assets.is_empty(), head.tickets.is_empty()) {
            (false, true) => Sort::Assets,
            (true, false) => Sort::Tickets,
            _ => {
                self.names.problem(
                    "workflow-kinds",
                    path,
                    "a workflow is for kinds of assets or for kinds of tickets",
                    "list them under `assets` or under `tickets`",
                );
                return None;
            }
        };
        Some(WorkflowDraft { head, sort, declared, states, transitions })
    }

    fn workflows(&mut self, drafts: Table<WorkflowDraft>, inline_from: usize) -> Table<Workflow> {
        let mut all = Table::default();
        for (name, draft) in drafts {
            let path = pointer("/workflows", &name);
            all.insert(name, self.workflow(draft, &path, inline_from));
        }
        all
    }

    fn workflow(&mut self, draft: WorkflowDraft, path: &str, inline_from: usize) -> Workflow {
        let WorkflowDraft { head, sort, declared, states: documents, transitions } = draft;
        let document::WorkflowHead { title, assets, tickets, closes_in, gates_required, must_pass } = head;
        let (kinds, named, key) = match sort {
            Sort::Assets => (assets, Named::Kind, "assets"),
            Sort::Tickets => (tickets, Named::TicketKind, "tickets"),
        };
        self.names.need_all(named, &kinds, format_args!("{path}/{key}"));
        let mut states = Table::default();
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for (name, state) in documents {
            let path = pointer(&format!("{path}/states"), &name);
            let document::State {
                title,
                category,
                closing,
                gate,
                longest_stay,
                usual_stay,
                escalate_to,
                sop,
                protective,
                main,
                renamed_from,
                exits,
            } = state;
            if let Some(role) = &escalate_to {
                self.names.need(Named::Role, role, format_args!("{path}/escalate_to"));
            }
            if let Some(main) = &main {
                self.state(&declared, main, format_args!("{path}/main"));
            }
            for old in renamed_from {
                if declared.contains(&old) || renamed.contains_key(&old) {
                    self.names.problem(
                        "name-taken",
                        format_args!("{path}/renamed_from"),
                        format!("`{old}` is a state, or an old name, already"),
                        "an old name leads to one state",
                    );
                }
                renamed.insert(old, name.clone());
            }
            self.names.need_all(named, &exits, format_args!("{path}/exits"));
            let gate = self.uses(&gate, &format!("{path}/gate"), inline_from, 1);
            let sop = self.sops(sop, &path);
            let state = State {
                title,
                category,
                closing,
                gate,
                longest_stay,
                usual_stay,
                escalate_to,
                sop,
                protective,
                main,
                exits,
                dominators: Vec::new(),
                fresh_dominators: Vec::new(),
            };
            states.insert(name, state);
        }
        if let Some(closes_in) = &closes_in {
            self.state(&declared, closes_in, format_args!("{path}/closes_in"));
        }
        for (index, rule) in must_pass.iter().enumerate() {
            let path = pointer(&format!("{path}/must_pass"), &index.to_string());
            for (key, state) in [("before", Some(&rule.before)), ("pass", Some(&rule.pass)), ("since", rule.since.as_ref())] {
                if let Some(state) = state {
                    self.state(&declared, state, format_args!("{path}/{key}"));
                }
            }
        }
        let mut edges: BTreeMap<String, BTreeMap<String, Edge>> = BTreeMap::new();
        for (key, transition) in transitions {
            let path = pointer(&format!("{path}/transitions"), &key);
            let Some((from, to)) = key.split_once("->") else {
                self.names.problem(
                    "policy-shape",
                    &path,
                    format!("`{key}` is no transition"),
                    "write `FROM -> TO`, `-> TO` for a creation, or `A, B -> TO`",
                );
                continue;
            };
            let edge = self.edge(transition, &path, inline_from);
            let to = to.trim();
            self.state(&declared, to, &path);
            for from in from.split(',').map(str::trim) {
                if !from.is_empty() {
                    self.state(&declared, from, &path);
                }
                if from == to && !to.is_empty() {
                    self.names.problem("policy-shape", &path, format!("`{to}` leads to itself"), "a transition ends in another state");
                }
                if edges.entry(from.to_owned()).or_default().insert(to.to_owned(), edge.clone()).is_some() {
                    let from = if from.is_empty() { "nothing" } else { from };
                    self.names.problem(
                        "edge-twice",
                        &path,
                        format!("the way from {from} to {to} is declared twice"),
                        "write each way once",
                    );
                }
            }
        }
        let edges = edges.into_iter().map(|(from, ways)| (from, ways.into_iter().collect())).collect();
        let mut workflow =
            Workflow { title, sort, kinds, closes_in, gates_required, must_pass, states, edges, renamed: renamed.into_iter().collect() };
        graph::mark_dominators(&mut workflow);
        workflow
    }

    fn state(&mut self, declared: &[String], state: &str, path: impl Display) {
        if !declared.iter().any(|name| name == state) {
            let help =
                nearest(state, declared).map_or_else(|| "declare it under `states`".to_owned(), |near| format!("did you mean `{near}`?"));
            self.names.problem("undeclared-name", path, format!("state `{state}` is not declared in this workflow"), help);
        }
    }

    fn edge(&mut self, transition: document::Transition, path: &str, inline_from: usize) -> Edge {
        let document::Transition {
            responsible,
            accountable,
            title,
            consulted,
            informed,
            requirements,
            automation,
            self_service,
            correction,
            changes_identity,
            link_roles,
            sop,
        } = transition;
        for (key, roles) in [("responsible", &responsible), ("consulted", &consulted), ("informed", &informed)] {
            self.names.need_all(Named::Role, roles, format_args!("{path}/{key}"));
        }
        self.some(&responsible, format_args!("{path}/responsible"));
        self.names.need(Named::Role, &accountable, format_args!("{path}/accountable"));
        let requirements = self.uses(&requirements, &format!("{path}/requirements"), inline_from, 1);
        let sop = self.sops(sop, path);
        let path = path.to_owned();
        Edge {
            path,
            title,
            responsible,
            accountable,
            consulted,
            informed,
            requirements,
            automation,
            self_service,
            correction,
            changes_identity,
            link_roles,
            sop,
        }
    }
}

impl Declared for Loader {
    fn attribute(&self, name: &str) -> Option<AttributeType> {
        // An attribute whose declaration could not be read is told of there.
        self.attributes.get(name).copied().or_else(|| self.names.has(Named::Attribute, name).then_some(AttributeType::Text))
    }

    fn unknown(&self, named: Named, name: &str) -> Option<String> {
        (!self.names.has(named, name)).then(|| self.names.help(named, name))
    }

    fn has(&self, named: Named, fits: &dyn Fn(&str) -> bool) -> bool {
        self.names.any(named, fits)
    }
}

struct WorkflowDraft {
    head: document::WorkflowHead,
    sort: Sort,
    /// The names of all states, those that could not be read among them.
    declared: Vec<String>,
    states: Table<document::State>,
    transitions: Table<document::Transition>,
}

/// The keys of a policy by itself, and its sections.
const HEAD: [&str; 9] = ["format", "name", "version", "title", "calendar", "limits", "serials", "plans", "register"];
const SECTIONS: [&str; 14] = [
    "roles",
    "departments",
    "classes",
    "kinds",
    "ticket_kinds",
    "checks",
    "attributes",
    "sops",
    "requirements",
    "checklists",
    "exception_kinds",
    "task_templates",
    "profiles",
    "workflows",
];

/// What every requirement may say; the other keys are its form's.
const TERMS: [&str; 10] = ["title", "message", "remedy", "severity", "waivable", "enforced_from", "sop", "responsible", "when", "keeps"];
