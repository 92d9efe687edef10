//! What is checked at load: names, sorts of values, cost, and where `known` stands. Rewrites the tree for the evaluator on the way.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};

use super::program::{KNOWN, ROWS};
use super::shapes;
use super::sorts::{Sort, literal_sort};
use super::tokens::{Tokens, too_deep};
use super::{COST_MAX, Declared, FUNCTIONS, Fault, LIST_MAX, NESTING_MAX, Place, TEXT_MAX, TREE_MAX, error};
use crate::decision::Item;
use crate::facts::Party;
use crate::id;
use crate::policy::names::Named;
use crate::shape::choices;
use crate::time::{Date, Time};

/// Whether more true below makes more true above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Straight,
    Negated,
    /// Neither can be told.
    Mixed,
}

impl Sense {
    fn flipped(self) -> Self {
        match self {
            Self::Straight => Self::Negated,
            Self::Negated => Self::Straight,
            Self::Mixed => Self::Mixed,
        }
    }
}

/// Checks a parsed source, and gives the roots it reads and every fault.
pub(super) fn check(tree: &mut IdedExpr, tokens: &Tokens<'_>, place: Place, declared: &dyn Declared) -> (Vec<String>, Vec<Fault>) {
    if depth(tree) > TREE_MAX {
        return (Vec::new(), vec![too_deep(TREE_MAX)]);
    }
    let mut check = Check { tokens, place, declared, faults: Vec::new(), bound: Vec::new(), roots: BTreeSet::new() };
    let (sort, cost) = check.node(tree, Sense::Straight);
    if !sort.fits(&Sort::Flag) {
        let message = format!("the expression gives {}, and not true or false", sort.name());
        check.fault(error("expression-type", message).help("compare it with something, such as `… == \"…\"`"));
    }
    if cost > COST_MAX {
        let message = format!("the expression may cost {cost} steps, and at most {COST_MAX} are taken");
        let help = format!("a comprehension repeats its condition for up to {LIST_MAX} entries: take one out of the other, or shorten it");
        check.fault(error("expression-cost", message).help(help));
    }
    if check.roots.is_empty() && check.faults.is_empty() {
        let fault = error("expression-constant", "the expression reads no fact, so it comes out the same for every item");
        check.fault(Fault { warning: true, ..fault.help("ask for a fact, or leave the expression away") });
    }
    (check.roots.into_iter().collect(), check.faults)
}

/// How deep a tree is, found without recursion, because chains such as `1 + 1 + …` nest without a bracket.
fn depth(tree: &IdedExpr) -> usize {
    let mut deepest = 0;
    let mut rest = vec![(tree, 1usize)];
    while let Some((node, level)) = rest.pop() {
        deepest = deepest.max(level);
        let below = level.saturating_add(1);
        match &node.expr {
            Expr::Call(call) => rest.extend(call.target.iter().map(Box::as_ref).chain(&call.args).map(|node| (node, below))),
            Expr::Select(select) => rest.push((&select.operand, below)),
            Expr::List(list) => rest.extend(list.elements.iter().map(|node| (node, below))),
            Expr::Comprehension(comprehension) => {
                rest.extend([(&comprehension.iter_range, below), (&comprehension.loop_step, below), (&comprehension.result, below)]);
            }
            _ => {}
        }
    }
    deepest
}

struct Check<'a> {
    tokens: &'a Tokens<'a>,
    place: Place,
    declared: &'a dyn Declared,
    faults: Vec<Fault>,
    /// Variables of the comprehensions around, innermost last.
    bound: Vec<(String, Sort)>,
    roots: BTreeSet<String>,
}

impl Check<'_> {
    fn fault(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Sort and cost of a node, everything below it included. A path costs one step, as it is read at once.
    fn node(&mut self, node: &mut IdedExpr, sense: Sense) -> (Sort, u64) {
        match &mut node.expr {
            Expr::Literal(literal) => (literal_sort(literal), 1),
            Expr::Ident(name) => (self.variable(name), 1),
            Expr::Select(select) if !select.test => {
                let (sort, cost) = self.node(&mut select.operand, Sense::Mixed);
                (self.field(&sort, &select.field), cost)
            }
            Expr::List(list) => {
                let (mut element, mut cost) = (None, 1u64);
                for item in &mut list.elements {
                    let (sort, below) = self.node(item, Sense::Mixed);
                    element = Some(match element {
                        None => sort,
                        Some(before) => Sort::or(before, sort),
                    });
                    cost = cost.saturating_add(below);
                }
                (Sort::List(Box::new(element.unwrap_or(Sort::Any))), cost)
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, sense),
            Expr::Call(call) if call.target.is_none() && call.func_name == "known" => self.known(call, sense),
            Expr::Call(call) => self.call(call, sense),
            _ => {
                self.fault(error("expression-syntax", "the expression holds a form that is not taken"));
                (Sort::Any, 1)
            }
        }
    }

    fn variable(&mut self, name: &str) -> Sort {
        if let Some((_, sort)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return sort.clone();
        }
        if let Some(shape) = shapes::root(name) {
            self.roots.insert(name.to_owned());
            return Sort::of(shape);
        }
        let names: Vec<&str> =
            shapes::ROOTS.iter().map(|(root, _)| *root).chain(self.bound.iter().map(|(bound, _)| bound.as_str())).collect();
        let help = choices(name, names);
        self.fault(error("expression-unknown-variable", format!("there is no variable `{name}`")).help(help).at(self.tokens.column(name)));
        Sort::Any
    }

    fn field(&mut self, sort: &Sort, name: &str) -> Sort {
        match sort {
            Sort::Any => Sort::Any,
            Sort::Attributes => match self.declared.attribute(name) {
                Some(declared) => Sort::of_attribute(declared),
                None => {
                    let fault = error("expression-undeclared-attribute", format!("the policy declares no attribute `{name}`"));
                    self.fault(fault.help("declare it, or correct the name").at(self.tokens.column(name)));
                    Sort::Any
                }
            },
            Sort::Record(record) => match record.field(name) {
                Some(shape) => Sort::of(shape),
                None => {
                    let names: Vec<&str> = record.fields.iter().map(|(field, _)| *field).collect();
                    let fault = error("expression-unknown-field", format!("{} has no field `{name}`", record.name));
                    self.fault(fault.help(choices(name, names)).at(self.tokens.column(name)));
                    Sort::Any
                }
            },
            other => {
                let fault = error("expression-unknown-field", format!("`{name}` is read from {}, which has no fields", other.name()));
                let help = if matches!(other, Sort::List(_)) {
                    "ask its entries: `….exists(x, x.… == …)`"
                } else {
                    "read fields of records only"
                };
                self.fault(fault.help(help).at(self.tokens.column(name)));
                Sort::Any
            }
        }
    }

    /// Checks a part that has to be of a sort.
    fn part(&mut self, node: &mut IdedExpr, wanted: &Sort, by: &str, sense: Sense) -> u64 {
        let (sort, cost) = self.node(node, sense);
        self.is_of(&sort, wanted, by);
        cost
    }

    fn is_of(&mut self, sort: &Sort, wanted: &Sort, by: &str) {
        if !sort.fits(wanted) {
            let fault = error("expression-type", format!("`{by}` takes {}, and not {}", wanted.name(), sort.name()));
            self.fault(fault.help("see what the field holds, or convert it with `int` or `string`").at(self.tokens.column(by)));
        }
    }

    /// What two texts give that are put together.
    fn joined(&mut self, one: &Sort, other: &Sort) -> Sort {
        if let (Sort::Literal(starts), Sort::Literal(ends)) = (one, other)
            && starts.len().saturating_mul(ends.len()) <= LIST_MAX
            && longest(starts).saturating_add(longest(ends)) <= TEXT_MAX
        {
            return Sort::Literal(starts.iter().flat_map(|start| ends.iter().map(move |end| format!("{start}{end}"))).collect());
        }
        // A word before an id says what it is the id of; another word says nothing that is ever found.
        if let (Sort::Literal(starts), Sort::Id | Sort::Name(_)) = (one, other) {
            for start in starts.iter().filter(|start| start.ends_with(':') && !WORDS.contains(&start.as_str())) {
                let fault = error("expression-unknown-word", format!("`{start}` is never found before an id"));
                self.fault(fault.help(choices(start, WORDS)).at(self.quoted(start)));
            }
        }
        with_word(one).unwrap_or(Sort::Text)
    }

    /// Refuses to look for a part that no word of a field holds.
    fn holds(&mut self, by: &str, whole: &Sort, part: &Sort) {
        let Sort::Literal(parts) = part else { return };
        for part in parts {
            let fits = |word: &str| match by {
                "startsWith" => word.starts_with(part.as_str()),
                "endsWith" => word.ends_with(part.as_str()),
                _ => word.contains(part.as_str()),
            };
            let is_found = match whole {
                Sort::Word(words) => words.iter().any(|word| fits(word)),
                Sort::Name(named) => self.declared.has(*named, &fits),
                _ => true,
            };
            if !is_found {
                let fault = error("expression-unknown-word", format!("`{by}` finds `{part}` in none of the words that stand there"));
                self.fault(fault.help("correct the part, or compare with the whole word").at(self.quoted(part)));
            }
        }
    }

    /// Where a text is written out.
    fn quoted(&self, text: &str) -> Option<usize> {
        self.tokens.column(&format!("'{text}'")).or_else(|| self.tokens.column(&format!("\"{text}\"")))
    }

    fn comprehension(&mut self, part: &mut ComprehensionExpr, sense: Sense) -> (Sort, u64) {
        let (range, range_cost) = self.node(&mut part.iter_range, Sense::Mixed);
        let element = match range {
            Sort::List(element) => *element,
            Sort::Any => Sort::Any,
            other => {
                let fault = error("expression-not-a-list", format!("a comprehension goes through {}, which is not a list", other.name()));
                self.fault(fault.help("only lists can be gone through, such as `asset.evidence`"));
                Sort::Any
            }
        };
        wrap(&mut part.iter_range);
        let name = part.iter_var.as_str();
        if name.starts_with('.') || shapes::root(name).is_some() || self.bound.iter().any(|(bound, _)| bound == name) {
            let fault = error("expression-unknown-variable", format!("`{name}` is taken already and can't name the entries of a list"));
            self.fault(fault.help("choose another name"));
        }
        self.bound.push((part.iter_var.clone(), element.clone()));
        if self.bound.len() > NESTING_MAX {
            let fault = error("expression-cost", format!("comprehensions stand within each other more than {NESTING_MAX} deep"));
            self.fault(fault.help("take the innermost out, or make it a requirement of its own"));
        }
        let (sort, body) = self.body(part, element, sense);
        self.bound.pop();
        let repeated = body.saturating_add(1).saturating_mul(u64::try_from(LIST_MAX).unwrap_or(u64::MAX));
        (sort, range_cost.saturating_add(repeated).saturating_add(1))
    }

    /// The part of a comprehension that the author wrote; the parser's macros put it into one of these forms.
    fn body(&mut self, part: &mut ComprehensionExpr, element: Sort, sense: Sense) -> (Sort, u64) {
        let kept = element.clone();
        match (&part.accu_init.expr, &mut part.loop_step.expr) {
            (Expr::Literal(LiteralValue::Boolean(start)), Expr::Call(step)) => {
                let by = if *start.inner() { "all" } else { "exists" };
                let [_, condition] = step.args.as_mut_slice() else { return (Sort::Any, 1) };
                (Sort::Flag, self.part(condition, &Sort::Flag, by, sense))
            }
            (Expr::Literal(LiteralValue::Int(_)), Expr::Call(step)) => {
                let [condition, ..] = step.args.as_mut_slice() else { return (Sort::Any, 1) };
                (Sort::Flag, self.part(condition, &Sort::Flag, "exists_one", Sense::Mixed))
            }
            (Expr::List(_), Expr::Call(step)) if step.func_name == operators::CONDITIONAL => {
                let [condition, step, _] = step.args.as_mut_slice() else { return (Sort::Any, 1) };
                let cost = self.part(condition, &Sort::Flag, "filter", Sense::Mixed);
                let (sort, value) = self.appended(step, kept);
                (sort, cost.saturating_add(value))
            }
            (Expr::List(_), _) => self.appended(&mut part.loop_step, kept),
            _ => {
                self.fault(error("expression-syntax", "the expression holds a form that is not taken"));
                (Sort::Any, 1)
            }
        }
    }

    /// `@result + [value]`, one step of `map` and `filter`.
    fn appended(&mut self, step: &mut IdedExpr, otherwise: Sort) -> (Sort, u64) {
        let Expr::Call(CallExpr { args, .. }) = &mut step.expr else { return (Sort::List(Box::new(otherwise)), 1) };
        match args.as_mut_slice() {
            [_, value] => self.node(value, Sense::Mixed),
            _ => (Sort::List(Box::new(otherwise)), 1),
        }
    }

    /// `known(path)`: the path becomes a list of names, which are asked for one by one and not read.
    fn known(&mut self, call: &mut CallExpr, sense: Sense) -> (Sort, u64) {
        let steps = match call.args.as_slice() {
            [path] => steps(path),
            _ => None,
        };
        let Some(steps) = steps else {
            let fault = error("expression-known", "`known` takes one path, and nothing else");
            self.fault(fault.help("write `known(asset.owner)`").at(self.tokens.column("known")));
            return (Sort::Flag, 1);
        };
        if let [path] = call.args.as_mut_slice() {
            self.node(path, Sense::Mixed);
        }
        let path = steps.join(".");
        if self.place == Place::When {
            let message = format!("`known({path})` can't stand in a `when`: a removed fact would switch the requirement off");
            let help = "leave it away: where a fact is not recorded, the requirement applies by itself";
            self.fault(error("expression-known-when", message).help(help).at(self.tokens.column("known")));
        } else if sense != Sense::Straight {
            let message = format!("`known({path})` stands negated or compared: a removed fact could then meet the requirement");
            let help = "ask for what must be recorded, and not for what must be missing";
            self.fault(Fault { warning: true, ..error("expression-known-negated", message).help(help).at(self.tokens.column("known")) });
        }
        call.func_name = KNOWN.to_owned();
        call.args = steps.into_iter().map(|step| IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::String(step.into())) }).collect();
        (Sort::Flag, 1)
    }

    fn call(&mut self, call: &mut CallExpr, sense: Sense) -> (Sort, u64) {
        let CallExpr { func_name, target, args } = call;
        let (sort, cost) = match (func_name.as_str(), target.as_deref_mut(), args.as_mut_slice()) {
            (operators::LOGICAL_NOT, None, [value]) => (Sort::Flag, self.part(value, &Sort::Flag, "!", sense.flipped())),
            (name @ (operators::LOGICAL_AND | operators::LOGICAL_OR), None, [left, right]) => {
                let by = name.trim_matches('_');
                let cost = self.part(left, &Sort::Flag, by, sense);
                (Sort::Flag, cost.saturating_add(self.part(right, &Sort::Flag, by, sense)))
            }
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                let cost = self.part(condition, &Sort::Flag, "?", Sense::Mixed);
                let ((yes, more), (no, most)) = (self.node(yes, sense), self.node(no, sense));
                // Only one branch is taken; both are counted, because a sum is easier to foretell than a maximum.
                (yes.or(no), cost.saturating_add(more).saturating_add(most))
            }
            (name @ (operators::EQUALS | operators::NOT_EQUALS), None, [left, right]) => self.equality(name, left, right, sense),
            (name @ (operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS), None, [left, right]) => {
                let by = name.trim_matches('_');
                let ((one, cost), (other, more)) = (self.node(left, Sense::Mixed), self.node(right, Sense::Mixed));
                for sort in [&one, &other] {
                    if !(sort.fits(&Sort::Number) || sort.fits(&Sort::Text)) {
                        let fault =
                            error("expression-type", format!("`{by}` takes numbers, texts, times or days, and not {}", sort.name()));
                        let help = match sort {
                            Sort::Version => "use the form `attribute` with `version_at_least`: as texts, `14.10` comes before `14.9`",
                            _ => "compare fields that have an order",
                        };
                        self.fault(fault.help(help).at(self.tokens.column(by)));
                    }
                }
                self.comparable(by, &one, &other);
                (Sort::Flag, cost.saturating_add(more))
            }
            (operators::IN, None, [value, list]) => self.contained(value, list),
            (operators::ADD, None, [left, right]) => {
                let ((one, cost), (other, more)) = (self.node(left, Sense::Mixed), self.node(right, Sense::Mixed));
                let cost = cost.saturating_add(more);
                let both = |wanted: &Sort| one.fits(wanted) && other.fits(wanted);
                match (both(&Sort::Number), both(&Sort::Text)) {
                    (true, true) => (Sort::Scalar, cost),
                    (true, false) => (Sort::Number, cost),
                    (false, true) => (self.joined(&one, &other), cost),
                    (false, false) => {
                        let message = format!("`+` takes two numbers or two texts, and not {} and {}", one.name(), other.name());
                        self.fault(
                            error("expression-type", message).help("convert one with `int` or `string`").at(self.tokens.column("+")),
                        );
                        (Sort::Any, cost)
                    }
                }
            }
            (name @ (operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO), None, [left, right]) => {
                let by = name.trim_matches('_');
                let cost = self.part(left, &Sort::Number, by, Sense::Mixed);
                (Sort::Number, cost.saturating_add(self.part(right, &Sort::Number, by, Sense::Mixed)))
            }
            (operators::NEGATE, None, [value]) => (Sort::Number, self.part(value, &Sort::Number, "-", Sense::Mixed)),
            (operators::INDEX, None, [of, name]) => return self.index(of, name),
            ("size", Some(value), []) | ("size", None, [value]) => {
                let (sort, cost) = self.node(value, Sense::Mixed);
                if !(matches!(sort, Sort::Any | Sort::List(_)) || sort.fits(&Sort::Text)) {
                    let fault = error("expression-type", format!("`size` takes a list or a text, and not {}", sort.name()));
                    self.fault(fault.help("ask for a field of it").at(self.tokens.column("size")));
                }
                (Sort::Number, cost)
            }
            (name @ ("contains" | "startsWith" | "endsWith"), Some(text), [part]) => {
                let ((whole, cost), (piece, more)) = (self.node(text, Sense::Mixed), self.node(part, Sense::Mixed));
                for sort in [&whole, &piece] {
                    self.is_of(sort, &Sort::Text, name);
                }
                self.holds(name, &whole, &piece);
                (Sort::Flag, cost.saturating_add(more))
            }
            // A text stays what it is.
            ("string", None, [value]) => {
                let (sort, cost) = self.node(value, Sense::Mixed);
                self.is_of(&sort, &Sort::Scalar, "string");
                (if sort.textual() { sort } else { Sort::Text }, cost)
            }
            (name @ ("int" | "bool"), None, [value]) => {
                let result = if name == "int" { Sort::Number } else { Sort::Flag };
                (result, self.part(value, &Sort::Scalar, name, Sense::Mixed))
            }
            ("days", None, [from, to]) => {
                let ((one, cost), (other, more)) = (self.node(from, Sense::Mixed), self.node(to, Sense::Mixed));
                for sort in [&one, &other] {
                    if !sort.fits(&Sort::Text) {
                        let fault = error("expression-type", format!("`days` takes two times or two days, and not {}", sort.name()));
                        self.fault(fault.help("write `days(asset.updated_at, at)`").at(self.tokens.column("days")));
                    }
                }
                self.comparable("days", &one, &other);
                (Sort::Number, cost.saturating_add(more))
            }
            (name, ..) => {
                self.unknown_function(name);
                (Sort::Any, 1)
            }
        };
        (sort, cost.saturating_add(1))
    }

    fn unknown_function(&mut self, name: &str) {
        let fault = match FUNCTIONS.iter().find(|(function, _)| *function == name) {
            Some((_, form)) => {
                error("expression-unknown-function", format!("`{name}` is not called in this way")).help(format!("write `{form}`"))
            }
            None => {
                let names: Vec<&str> = FUNCTIONS.iter().map(|(function, _)| *function).collect();
                let shown = if name.starts_with(['_', '@']) { "an operator of this form" } else { "this function" };
                error("expression-unknown-function", format!("{shown} is not taken: `{}`", name.trim_matches(['_', '@'])))
                    .help(choices(name, names))
            }
        };
        self.fault(fault.at(self.tokens.column(name)));
    }

    /// `==` and `!=`. Against a written true or false the sense of `known` can still be told.
    fn equality(&mut self, name: &str, left: &mut IdedExpr, right: &mut IdedExpr, sense: Sense) -> (Sort, u64) {
        let below = |other: &IdedExpr| match &other.expr {
            Expr::Literal(LiteralValue::Boolean(flag)) if *flag.inner() == (name == operators::EQUALS) => sense,
            Expr::Literal(LiteralValue::Boolean(_)) => sense.flipped(),
            _ => Sense::Mixed,
        };
        let (on_left, on_right) = (below(right), below(left));
        let ((one, cost), (other, more)) = (self.node(left, on_left), self.node(right, on_right));
        self.comparable(name.trim_matches('_'), &one, &other);
        (Sort::Flag, cost.saturating_add(more))
    }

    fn contained(&mut self, value: &mut IdedExpr, list: &mut IdedExpr) -> (Sort, u64) {
        let written = matches!(list.expr, Expr::List(_));
        let ((one, cost), (all, more)) = (self.node(value, Sense::Mixed), self.node(list, Sense::Mixed));
        match &all {
            Sort::List(element) => {
                self.comparable("in", &one, element);
            }
            Sort::Any => {}
            other => {
                let fault = error("expression-not-a-list", format!("`in` looks into {}, which is not a list", other.name()));
                let help = if matches!(other, Sort::Attributes) {
                    "ask `known(….attributes.…)`"
                } else {
                    "write a list, or name one of the facts"
                };
                self.fault(fault.help(help).at(self.tokens.column("in")));
            }
        }
        // A written list has paid for its entries already, and is as long as it is.
        if written {
            return (Sort::Flag, cost.saturating_add(more));
        }
        wrap(list);
        (Sort::Flag, cost.saturating_add(more).saturating_add(u64::try_from(LIST_MAX).unwrap_or(u64::MAX)))
    }

    /// `x["name"]`, for attributes whose names are no identifiers. Lists are sets, so they have no first entry.
    fn index(&mut self, of: &mut IdedExpr, name: &mut IdedExpr) -> (Sort, u64) {
        let (sort, cost) = self.node(of, Sense::Mixed);
        if let (Expr::Literal(LiteralValue::String(name)), false) = (&name.expr, matches!(sort, Sort::List(_))) {
            return (self.field(&sort, name.inner()), cost);
        }
        self.node(name, Sense::Mixed);
        let (message, help) = match sort {
            Sort::List(_) => ("a list has no positions: its entries have no order", "ask for the entry meant: `….exists(x, x.… == …)`"),
            _ => ("`[]` takes a name written as text", "write `asset.attributes[\"name\"]`"),
        };
        self.fault(error("expression-index", message).help(help).at(self.tokens.column("[")));
        (Sort::Any, cost)
    }

    /// Refuses comparisons that can't come out as meant: CEL takes values of different sorts for merely different.
    fn comparable(&mut self, by: &str, one: &Sort, other: &Sort) {
        let mut column = self.tokens.column(by);
        if let (Sort::Literal(texts), sort) | (sort, Sort::Literal(texts)) = (one, other) {
            for text in texts {
                column = self.quoted(text).or(column);
                if let Some(fault) = self.never_found(text, sort) {
                    self.fault(fault.at(column));
                }
            }
            if sort.textual() {
                return;
            }
        }
        let fault = match (one, other) {
            (Sort::Any | Sort::Null, _) | (_, Sort::Any | Sort::Null) => return,
            (Sort::Time, Sort::Day) | (Sort::Day, Sort::Time) => {
                error("expression-time", format!("`{by}` stands between a time and a day, which differ by the offset"))
                    .help("use the form `timing`")
            }
            (Sort::Owner, Sort::Id) | (Sort::Id, Sort::Owner) => {
                error("expression-type", format!("`{by}` stands between an owner and a bare id, which are never the same"))
                    .help("put the word in front: `asset.owner == \"person:\" + subject.id`")
            }
            (Sort::Item, Sort::Id) | (Sort::Id, Sort::Item) => {
                error("expression-type", format!("`{by}` stands between an item and a bare id, which are never the same"))
                    .help("put the word in front: `task.item == \"asset:\" + asset.id`")
            }
            (Sort::Name(one), Sort::Name(other)) if !one.may_be(*other) => error(
                "expression-type",
                format!("`{by}` stands between a {} and a {}, which are different names", one.word(), other.word()),
            )
            .help("compare names of the same sort"),
            (Sort::Owner | Sort::Item, Sort::Name(_) | Sort::Word(_)) | (Sort::Name(_) | Sort::Word(_), Sort::Owner | Sort::Item) => {
                error("expression-type", format!("`{by}` stands between a name and what has a word in front, which are never the same"))
                    .help("put the word in front: `asset.owner == \"department:\" + subject.department`")
            }
            (one, other) if one.textual() && other.textual() => return,
            (Sort::Scalar, other) | (other, Sort::Scalar) if other.scalar() => return,
            // Whether they are equal can be told; that they are put in order was told already.
            (Sort::Version, other) | (other, Sort::Version) if other.textual() || matches!(other, Sort::Version) => return,
            (Sort::Flag, Sort::Flag) | (Sort::Number, Sort::Number) => return,
            _ => error("expression-type", format!("`{by}` stands between {} and {}, which never compare", one.name(), other.name()))
                .help("compare values of the same sort; whole lists and records compare with `null` only"),
        };
        self.fault(fault.at(column));
    }

    /// Why a text that is written out is never found where values of this sort stand; none where it may be.
    fn never_found(&self, text: &str, sort: &Sort) -> Option<Fault> {
        match sort {
            Sort::Word(words) if !words.contains(&text) => {
                Some(error("expression-unknown-word", format!("`{text}` is never found there")).help(choices(text, words.iter().copied())))
            }
            Sort::Name(named) => self.undeclared(*named, text),
            Sort::Id => id::check(text).err().map(|message| error("expression-unknown-word", message)),
            Sort::Owner => match Party::parse(text) {
                Ok(Party::Department(name)) => self.undeclared(Named::Department, &name),
                Ok(Party::Person(_)) => None,
                Err(message) => Some(error("expression-unknown-word", message)),
            },
            Sort::Item => Item::parse(text).err().map(|message| error("expression-unknown-word", message)),
            Sort::Time => match Time::parse(text) {
                Ok(time) if time.sortable() == *text => None,
                Ok(time) => Some(
                    error("expression-time", format!("times are compared as texts, and `{text}` is not in their form"))
                        .help(format!("write `{}`", time.sortable())),
                ),
                Err(message) => Some(error("expression-time", message).help("write a time such as `2026-01-05T09:00:00.000Z`")),
            },
            Sort::Day => Date::parse(text).err().map(|message| error("expression-time", message).help("write a day such as `2026-01-05`")),
            _ => None,
        }
    }

    fn undeclared(&self, named: Named, name: &str) -> Option<Fault> {
        let help = self.declared.unknown(named, name)?;
        Some(error("expression-unknown-word", format!("{} `{name}` is not declared", named.word())).help(help))
    }
}

/// The words that stand before an id, where it is not known otherwise of what it is one.
const WORDS: [&str; 4] = ["person:", "department:", "asset:", "ticket:"];

/// What a text is that begins with the word for what something is.
fn with_word(start: &Sort) -> Option<Sort> {
    let Sort::Literal(texts) = start else { return None };
    let all = |words: &[&str]| texts.iter().all(|text| words.contains(&text.as_str()));
    match (all(&["person:", "department:"]), all(&["asset:", "ticket:"])) {
        (true, _) => Some(Sort::Owner),
        (_, true) => Some(Sort::Item),
        _ => None,
    }
}

fn longest(texts: &[String]) -> usize {
    texts.iter().map(String::len).max().unwrap_or(0)
}

/// The names on a path, root first; none for anything but fields of a variable.
fn steps(path: &IdedExpr) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut node = path;
    loop {
        match &node.expr {
            Expr::Ident(name) => {
                names.push(name.clone());
                names.reverse();
                return Some(names);
            }
            Expr::Select(select) if !select.test => {
                names.push(select.field.clone());
                node = &select.operand;
            }
            Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
                [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }] => {
                    names.push(name.inner().to_owned());
                    node = of;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// Puts the guard on a list's length around a list.
fn wrap(list: &mut IdedExpr) {
    let inner = std::mem::take(list);
    *list = IdedExpr { id: 0, expr: Expr::Call(CallExpr { func_name: ROWS.to_owned(), target: None, args: vec![inner] }) };
}
