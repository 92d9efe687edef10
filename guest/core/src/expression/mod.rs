//! Expressions: CEL over the facts, cut down until its cost is known at load and a missing fact can't pass for a false one.
//!
//! What differs from plain CEL, and why:
//! - Reading a fact that is not recorded is an error, also under `!`. `known(path)` asks whether it is recorded; `has` is not taken.
//! - Names, fields, attributes and words are checked at load, so that no mistyped name reads as "not recorded".
//! - Lists are sets. They are asked by `all`, `exists`, `exists_one`, `filter`, `map`, `size` and `in`, never by position.
//! - No floats, bytes, maps or records are written: they are inexact, or have no order.
//! - `days(from, to)` counts whole days between two times or two days. There are no other functions than [`FUNCTIONS`].
//!
//! This folder is the only place that knows the `cel` crate, which parses. Its Pratt parser is not a documented interface, so the
//! version is pinned and a test holds what is relied on. What was checked is turned into a program of our own (`program.rs`) and run by
//! `evaluate.rs`; the tests hold every value and every message against the crate's own interpreter (`oracle.rs`).

mod check;
mod evaluate;
#[cfg(test)]
mod oracle;
mod program;
mod shapes;
mod sorts;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

use std::rc::Rc;

use cel::parser::PrattParser;

use crate::code::{Explanation, Stage};
use crate::facts::Attribute;
use crate::policy::document::AttributeType;
use crate::policy::names::Named;
use crate::time::{Date, Time};

pub(crate) use values::{Fields, Path, Read, Value, declared, fields};

/// The longest source, in bytes.
pub const SOURCE_MAX: usize = 4_096;
/// The most words and signs in a source.
pub const TOKEN_MAX: usize = 1_000;
/// The deepest nesting of brackets and conditions in a source, so that parsing it fits any stack.
pub const DEPTH_MAX: usize = 64;
/// The deepest nesting of operations in what was parsed, so that evaluating it fits any stack; chains of `&&` and `||` hardly nest.
pub const TREE_MAX: usize = 32;
/// The most entries of a list that a comprehension or `in` goes through; a longer one is an error at evaluation.
pub const LIST_MAX: usize = 128;
/// The longest text that `+` puts together, in bytes: each step may double it.
pub const TEXT_MAX: usize = 4_096;
/// How deep comprehensions may stand within each other.
pub const NESTING_MAX: usize = 2;
/// The most node evaluations that an expression may cost at worst.
pub const COST_MAX: u64 = 200_000;

/// Every function and comprehension that an expression may call, with its form.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("all", "list.all(x, condition)"),
    ("bool", "bool(text)"),
    ("contains", "text.contains(text)"),
    ("days", "days(from, to)"),
    ("endsWith", "text.endsWith(text)"),
    ("exists", "list.exists(x, condition)"),
    ("exists_one", "list.exists_one(x, condition)"),
    ("filter", "list.filter(x, condition)"),
    ("int", "int(text)"),
    ("known", "known(path.to.a.fact)"),
    ("map", "list.map(x, value)"),
    ("size", "size(list)"),
    ("startsWith", "text.startsWith(text)"),
    ("string", "string(value)"),
];

const fn code(code: &'static str, means: &'static str, remedy: &'static str) -> Explanation {
    Explanation { code, stage: Stage::Policy, means, remedy }
}

/// What is said about an expression at load. An expression is refused with all of them but the warnings.
pub const CODES: &[Explanation] = &[
    code("expression-constant", "an expression reads no fact; a warning", "ask for a fact, or leave the expression away"),
    code(
        "expression-cost",
        "an expression could take too many steps, or its comprehensions stand too deep within each other",
        "take one comprehension out of the other, or split the expression into several requirements",
    ),
    code("expression-has", "an expression uses `has`, which under `!` would turn a missing fact into true", "write `known(path)`"),
    code(
        "expression-index",
        "an expression asks a list for a position, or a record for a name that is computed; lists are sets without order",
        "ask for the entry meant with `exists` or `filter`; write attribute names out as text",
    ),
    code("expression-known", "`known` is given something else than one path", "write `known(asset.owner)`"),
    code(
        "expression-known-negated",
        "`known` stands negated or compared, so that a removed fact could meet the requirement; a warning",
        "ask for what must be recorded, and not for what must be missing",
    ),
    code(
        "expression-known-when",
        "`known` stands in a `when`, where a removed fact would switch the requirement off",
        "leave it away: where a fact is not recorded, the requirement applies by itself",
    ),
    code(
        "expression-literal",
        "an expression holds a fraction, an unsigned number, bytes, a map or a record, none of which is taken",
        "write whole numbers, texts, true, false, null and lists",
    ),
    code(
        "expression-not-a-list",
        "a comprehension or `in` goes through something that is not a list",
        "name a list of the facts, or write one",
    ),
    code("expression-syntax", "an expression can't be read", "correct it at the column that is told; the language is CEL"),
    code(
        "expression-time",
        "an expression compares a time or a day with a text that is none, or a time with a day",
        "write times such as `2026-01-05T09:00:00.000Z` and days such as `2026-01-05`",
    ),
    code("expression-too-large", "an expression is too long, or nested too deep", "split it into several requirements"),
    code(
        "expression-type",
        "an operation of an expression is given values that it can't take, or the expression gives neither true nor false",
        "compare values of the same sort, and end in a condition",
    ),
    code(
        "expression-undeclared-attribute",
        "an expression reads an attribute that the policy does not declare",
        "declare it, or correct the name",
    ),
    code("expression-unknown-field", "an expression reads a field that the record does not have", "correct the name"),
    code(
        "expression-unknown-function",
        "an expression calls a function that is not there, or in another way than it is called",
        "use a function that is on the list",
    ),
    code(
        "expression-unknown-variable",
        "an expression names a variable that is not there, or names the entries of a list by a name that is taken",
        "start from `asset`, `ticket`, `subject`, `link` or `at`",
    ),
    code(
        "expression-unknown-word",
        "an expression compares a fact with a word that it never holds, such as a name that the policy does not declare",
        "use one of the words of the field, or declare the name",
    ),
];

/// Where an expression stands, which decides what `known` may do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The condition of a requirement: true is met.
    Requirement,
    /// A `when`: true or unknown makes the requirement apply. A `known` here would let a removed fact switch it off (rule R11).
    When,
}

/// One thing wrong, or doubtful, with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable code.
    pub code: &'static str,
    /// True where the expression can be used all the same.
    pub warning: bool,
    /// What is wrong, for people.
    pub message: String,
    /// How to put it right, for people.
    pub help: Option<String>,
    /// The column in characters, counted from 1 over the whole source; none where it can't be told for certain.
    pub column: Option<usize>,
}

impl Fault {
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn at(mut self, column: Option<usize>) -> Self {
        self.column = column;
        self
    }
}

fn error(code: &'static str, message: impl Into<String>) -> Fault {
    Fault { code, warning: false, message: message.into(), help: None, column: None }
}

/// What the policy declares, as far as an expression may name it.
pub(crate) trait Declared {
    /// What the values of an attribute are, none where there is no such attribute.
    fn attribute(&self, name: &str) -> Option<AttributeType>;
    /// The help for a name that is not declared, none for one that is.
    fn unknown(&self, named: Named, name: &str) -> Option<String>;
    /// Whether a declared name is as asked for.
    fn has(&self, named: Named, fits: &dyn Fn(&str) -> bool) -> bool;
}

/// Where an expression finds its variables.
pub(crate) trait Variables {
    /// A root variable, none where nothing is recorded. Asked once per evaluation, for the named ones only.
    fn variable(&self, name: &str) -> Option<Variable<'_>>;
    /// The value of an attribute, in the type that the policy declares; otherwise why it is none that an expression reads.
    ///
    /// # Errors
    /// The end of a sentence that begins with the attribute.
    fn attribute<'a>(&self, name: &str, attribute: &'a Attribute) -> Result<Value<'a>, &'static str>;
}

/// A root variable.
pub(crate) enum Variable<'a> {
    /// A record of the facts.
    Record(&'a dyn Fields),
    /// A record that was made of one.
    Made(Rc<dyn Fields>),
    /// A moment.
    Time(Time),
    /// A day.
    Day(Date),
}

impl Variable<'_> {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Record(fields) => Value::Record(*fields, Path::Told("")),
            Self::Made(fields) => Value::Record(&**fields, Path::Told("")),
            Self::Time(time) => time.read(),
            Self::Day(day) => day.read(),
        }
    }
}

/// Why there is no true or false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, for people.
    pub message: String,
    /// The dotted path of a fact that is not recorded: then the outcome is unknown, and not wrong.
    pub absent: Option<String>,
}

/// An expression that was checked and can be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    program: program::Node,
    #[cfg(test)]
    tree: cel::IdedExpr,
    roots: Vec<String>,
    warnings: Vec<Fault>,
}

impl Expression {
    /// Checks a source against what the policy declares.
    ///
    /// # Errors
    /// Every fault that was found, warnings among them; a source that can't be parsed has its first fault only.
    pub(crate) fn compile(source: &str, place: Place, declared: &dyn Declared) -> Result<Self, Vec<Fault>> {
        let tokens = tokens::Tokens::read(source)?;
        let mut tree = PrattParser::default().parse(source).map_err(|errors| {
            let fault = errors.errors.first().map_or_else(
                || error("expression-syntax", "the expression can't be read"),
                |first| {
                    let (line, byte) = (usize::try_from(first.pos.0).unwrap_or(0), usize::try_from(first.pos.1).unwrap_or(0));
                    let message = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg).replace('\'', "`");
                    let message = match message.strip_prefix("mismatched input ").and_then(|rest| rest.split_once(" expecting ")) {
                        Some((found, wanted)) => format!("expected {wanted}, found {}", found.replace("`<EOF>`", "the end")),
                        None => message,
                    };
                    error("expression-syntax", message).at(tokens.column_on_line(line, byte))
                },
            );
            vec![fault]
        })?;
        let (roots, faults) = check::check(&mut tree, &tokens, place, declared);
        if faults.iter().any(|fault| !fault.warning) {
            return Err(faults);
        }
        let Some(program) = program::compile(&tree, &roots) else {
            return Err(vec![error("expression-syntax", "the expression holds a form that is not taken")]);
        };
        Ok(Self {
            source: source.to_owned(),
            program,
            #[cfg(test)]
            tree,
            roots,
            warnings: faults,
        })
    }

    /// The source as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is doubtful in it.
    #[must_use]
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The root variables that it reads, sorted.
    #[must_use]
    pub fn roots(&self) -> &[String] {
        &self.roots
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// A [`Failure`] where there is neither true nor false: a fact is absent, or an operation can't be done on what is there.
    pub(crate) fn evaluate(&self, variables: &dyn Variables) -> Result<bool, Failure> {
        let roots: Vec<_> = self.roots.iter().map(|root| (root.as_str(), variables.variable(root))).collect();
        evaluate::evaluate(&self.program, &roots, variables)
    }
}
