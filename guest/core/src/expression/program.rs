//! A checked expression as it is run: variables by their place, operations by their kind, nothing left to be looked up by name.
//!
//! The `cel` crate parses, and its interpreter is what the tests hold this one against; it takes ten times as long, because it
//! looks names up by scope and boxes every value, and a closing evaluates thousands of nodes.

use std::cmp::Ordering;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};

/// `known(path)` after the check's rewrite, its path as a list of names. Sources can't spell the name.
pub(super) const KNOWN: &str = "@known";
/// Stands around every list that a comprehension or `in` goes through.
pub(super) const ROWS: &str = "@rows";

/// Two operands, the left one first.
pub(super) type Pair = Box<[Node; 2]>;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Null,
    Flag(bool),
    Number(i64),
    Text(Box<str>),
    /// A root variable, by its place among those that the expression reads.
    Root(usize),
    /// The entry that the comprehension so many levels out stands at.
    Entry(usize),
    /// A field of a record by its name, and its path where that is the same on all facts.
    Field(Box<Node>, Box<str>, Option<Box<str>>),
    List(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Pair),
    Or(Pair),
    If(Box<[Node; 3]>),
    /// Whether two values are equal, or, where false, different.
    Equal(bool, Pair),
    Order(Order, Pair),
    Calculate(Calculation, Pair),
    In(Pair),
    /// A list that is not too long for the cost that was computed at load.
    Rows(Box<Node>),
    /// Whether every step from a variable on is there.
    Known(Box<Node>, Vec<Box<str>>),
    Size(Box<Node>),
    Holds(Part, Pair),
    ToText(Box<Node>),
    ToNumber(Box<Node>),
    ToFlag(Box<Node>),
    Days(Pair),
    /// `all`, where true, or `exists`.
    Every(bool, Pair),
    ExistsOne(Pair),
    /// `map` and `filter`: a list, what an entry has to meet, and what is taken of it.
    Collect(Box<[Node; 2]>, Option<Box<Node>>),
}

/// A comparison by order, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// What is done with two numbers; `Add` also puts two texts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calculation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Calculation {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Where in a text another one is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Anywhere,
    Start,
    End,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "contains",
            Self::Start => "startsWith",
            Self::End => "endsWith",
        }
    }
}

/// The program of a tree that was checked; none where it holds a form that no check lets through.
pub(super) fn compile(tree: &IdedExpr, roots: &[String]) -> Option<Node> {
    Compiler { roots, entries: Vec::new() }.node(tree)
}

struct Compiler<'a> {
    roots: &'a [String],
    /// What the entries of the comprehensions around are called, with the path of their list, innermost last.
    entries: Vec<(&'a str, Option<Box<str>>)>,
}

impl<'a> Compiler<'a> {
    fn node(&mut self, tree: &'a IdedExpr) -> Option<Node> {
        Some(match &tree.expr {
            Expr::Literal(LiteralValue::Null) => Node::Null,
            Expr::Literal(LiteralValue::Boolean(flag)) => Node::Flag(*flag.inner()),
            Expr::Literal(LiteralValue::Int(number)) => Node::Number(*number.inner()),
            Expr::Literal(LiteralValue::String(text)) => Node::Text(text.inner().into()),
            Expr::Ident(name) => self.variable(name)?,
            Expr::Select(select) if !select.test => self.field(&select.operand, &select.field)?,
            Expr::List(list) => Node::List(list.elements.iter().map(|element| self.node(element)).collect::<Option<_>>()?),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension)?,
            Expr::Call(call) => self.call(call)?,
            _ => return None,
        })
    }

    fn boxed(&mut self, tree: &'a IdedExpr) -> Option<Box<Node>> {
        self.node(tree).map(Box::new)
    }

    fn pair(&mut self, left: &'a IdedExpr, right: &'a IdedExpr) -> Option<Pair> {
        Some(Box::new([self.node(left)?, self.node(right)?]))
    }

    fn variable(&self, name: &str) -> Option<Node> {
        if let Some(level) = self.entries.iter().rev().position(|(entry, _)| *entry == name) {
            return Some(Node::Entry(level));
        }
        self.roots.iter().position(|root| root == name).map(Node::Root)
    }

    fn field(&mut self, of: &'a IdedExpr, name: &str) -> Option<Node> {
        let of = self.boxed(of)?;
        let path = self.path(&of).map(|path| format!("{path}.{name}").into());
        Some(Node::Field(of, name.into(), path))
    }

    /// Where a record or a list stands that an operation gives; none where that depends on the facts.
    fn path<'s>(&'s self, node: &'s Node) -> Option<&'s str> {
        match node {
            Node::Root(place) => self.roots.get(*place).map(String::as_str),
            Node::Entry(level) => self.entries.iter().rev().nth(*level)?.1.as_deref(),
            Node::Field(_, _, path) => path.as_deref(),
            Node::Rows(list) => self.path(list),
            _ => None,
        }
    }

    fn call(&mut self, call: &'a CallExpr) -> Option<Node> {
        let CallExpr { func_name, target, args } = call;
        Some(match (func_name.as_str(), target.as_deref(), args.as_slice()) {
            (operators::LOGICAL_NOT, None, [value]) => Node::Not(self.boxed(value)?),
            (operators::NEGATE, None, [value]) => Node::Negate(self.boxed(value)?),
            (operators::LOGICAL_AND, None, [left, right]) => Node::And(self.pair(left, right)?),
            (operators::LOGICAL_OR, None, [left, right]) => Node::Or(self.pair(left, right)?),
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                Node::If(Box::new([self.node(condition)?, self.node(yes)?, self.node(no)?]))
            }
            (operators::EQUALS, None, [left, right]) => Node::Equal(true, self.pair(left, right)?),
            (operators::NOT_EQUALS, None, [left, right]) => Node::Equal(false, self.pair(left, right)?),
            (operators::LESS, None, [left, right]) => Node::Order(Order::Less, self.pair(left, right)?),
            (operators::LESS_EQUALS, None, [left, right]) => Node::Order(Order::LessOrEqual, self.pair(left, right)?),
            (operators::GREATER, None, [left, right]) => Node::Order(Order::Greater, self.pair(left, right)?),
            (operators::GREATER_EQUALS, None, [left, right]) => Node::Order(Order::GreaterOrEqual, self.pair(left, right)?),
            (operators::ADD, None, [left, right]) => Node::Calculate(Calculation::Add, self.pair(left, right)?),
            (operators::SUBSTRACT, None, [left, right]) => Node::Calculate(Calculation::Subtract, self.pair(left, right)?),
            (operators::MULTIPLY, None, [left, right]) => Node::Calculate(Calculation::Multiply, self.pair(left, right)?),
            (operators::DIVIDE, None, [left, right]) => Node::Calculate(Calculation::Divide, self.pair(left, right)?),
            (operators::MODULO, None, [left, right]) => Node::Calculate(Calculation::Remainder, self.pair(left, right)?),
            (operators::IN, None, [value, list]) => Node::In(self.pair(value, list)?),
            (operators::INDEX, None, [of, name]) => self.field(of, text(name)?)?,
            (ROWS, None, [list]) => Node::Rows(self.boxed(list)?),
            (KNOWN, None, [root, steps @ ..]) => {
                let steps = steps.iter().map(|step| text(step).map(Into::into)).collect::<Option<_>>()?;
                Node::Known(Box::new(self.variable(text(root)?)?), steps)
            }
            ("size", Some(value), []) | ("size", None, [value]) => Node::Size(self.boxed(value)?),
            ("contains", Some(whole), [part]) => Node::Holds(Part::Anywhere, self.pair(whole, part)?),
            ("startsWith", Some(whole), [part]) => Node::Holds(Part::Start, self.pair(whole, part)?),
            ("endsWith", Some(whole), [part]) => Node::Holds(Part::End, self.pair(whole, part)?),
            ("string", None, [value]) => Node::ToText(self.boxed(value)?),
            ("int", None, [value]) => Node::ToNumber(self.boxed(value)?),
            ("bool", None, [value]) => Node::ToFlag(self.boxed(value)?),
            ("days", None, [from, to]) => Node::Days(self.pair(from, to)?),
            _ => return None,
        })
    }

    /// A comprehension by what its author wrote; the parser's macros put it into one of these forms.
    fn comprehension(&mut self, part: &'a ComprehensionExpr) -> Option<Node> {
        let list = self.node(&part.iter_range)?;
        let path = self.path(&list).map(Into::into);
        self.entries.push((&part.iter_var, path));
        let node = self.body(part, list);
        self.entries.pop();
        node
    }

    fn body(&mut self, part: &'a ComprehensionExpr, list: Node) -> Option<Node> {
        let Expr::Call(step) = &part.loop_step.expr else { return None };
        Some(match (&part.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
            (Expr::Literal(LiteralValue::Boolean(start)), operators::LOGICAL_AND | operators::LOGICAL_OR, [_, condition]) => {
                Node::Every(*start.inner(), Box::new([list, self.node(condition)?]))
            }
            (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [condition, ..]) => {
                Node::ExistsOne(Box::new([list, self.node(condition)?]))
            }
            (Expr::List(_), operators::CONDITIONAL, [condition, step, _]) => {
                let condition = self.boxed(condition)?;
                Node::Collect(Box::new([list, self.appended(step)?]), Some(condition))
            }
            (Expr::List(_), ..) => Node::Collect(Box::new([list, self.appended(&part.loop_step)?]), None),
            _ => return None,
        })
    }

    /// What `@result + [value]`, one step of `map` and `filter`, takes of an entry.
    fn appended(&mut self, step: &'a IdedExpr) -> Option<Node> {
        let Expr::Call(CallExpr { func_name, args, .. }) = &step.expr else { return None };
        match (func_name.as_str(), args.as_slice()) {
            (operators::ADD, [_, IdedExpr { expr: Expr::List(values), .. }]) => match values.elements.as_slice() {
                [value] => self.node(value),
                _ => None,
            },
            _ => None,
        }
    }
}

fn text(tree: &IdedExpr) -> Option<&str> {
    match &tree.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
