//! Runs a program on the facts. Nothing is copied that need not be, and what went wrong is put into words only at the end: `||` and
//! `exists` pass over most of it.

use std::borrow::Cow;
use std::rc::Rc;

use super::program::{Calculation, Node, Part};
use super::values::{List, Path, Value};
use super::{Failure, LIST_MAX, TEXT_MAX, Variable, Variables};
use crate::time::{Date, Offset, Time};

/// The variables that an expression reads, in the order of its roots; none where nothing is recorded.
pub(super) type Roots<'a> = [(&'a str, Option<Variable<'a>>)];

/// Why an operation gives no value.
enum Stop<'a> {
    NoVariable(&'a str),
    NotRecorded(Path<'a>, &'a str),
    Unreadable(Path<'a>, &'a str, &'static str),
    NoFields(&'static str),
    NoCondition(&'static str),
    NoList(&'static str),
    TooLong(usize),
    NotWith(&'static str, &'static str),
    NotWithBoth(&'static str, &'static str, &'static str),
    DividedByZero,
    TooLarge,
    TooMuchText,
    NotConverted(&'static str),
    NotDays(Cow<'a, str>, Cow<'a, str>),
}

type Outcome<'a, T = Value<'a>> = Result<T, Stop<'a>>;

/// The entry that a comprehension stands at, and those of the comprehensions around it.
struct Entry<'s, 'a> {
    value: Value<'a>,
    outer: Option<&'s Entry<'s, 'a>>,
}

/// Whether the facts meet a program.
pub(super) fn evaluate<'a>(program: &'a Node, roots: &'a Roots<'a>, variables: &'a dyn Variables) -> Result<bool, Failure> {
    match (Run { roots, variables }).value(program, None) {
        Ok(Value::Flag(flag)) => Ok(flag),
        Ok(other) => Err(wrong(format!("it gives {}, and not true or false", other.sort()))),
        Err(stop) => Err(failure(stop)),
    }
}

#[derive(Clone, Copy)]
struct Run<'a> {
    roots: &'a Roots<'a>,
    variables: &'a dyn Variables,
}

impl<'a> Run<'a> {
    fn value(self, node: &'a Node, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a> {
        Ok(match node {
            Node::Null => Value::Null,
            Node::Flag(flag) => Value::Flag(*flag),
            Node::Number(number) => Value::Number(*number),
            Node::Text(text) => Value::Text(Cow::Borrowed(text)),
            Node::Root(place) => return self.root(*place),
            Node::Entry(level) => return bound(entry, *level).cloned().ok_or(Stop::NoVariable("")),
            Node::Field(of, name, path) => return self.field_of(of, name, path.as_deref(), entry),
            Node::List(nodes) => {
                let values = nodes.iter().map(|node| self.value(node, entry)).collect::<Result<Rc<[_]>, _>>()?;
                Value::List(List::Made(values))
            }
            Node::Not(of) => match self.value(of, entry)? {
                Value::Flag(flag) => Value::Flag(!flag),
                other => return Err(Stop::NotWith("!", other.sort())),
            },
            Node::Negate(of) => match self.value(of, entry)? {
                Value::Number(number) => Value::Number(number.checked_neg().ok_or(Stop::TooLarge)?),
                other => return Err(Stop::NotWith("-", other.sort())),
            },
            Node::And(pair) => Value::Flag(self.connected("&&", false, pair, entry)?),
            Node::Or(pair) => Value::Flag(self.connected("||", true, pair, entry)?),
            Node::If(parts) => {
                let [condition, yes, no] = &**parts;
                return self.value(if self.condition(condition, entry)? { yes } else { no }, entry);
            }
            Node::Equal(wanted, pair) => {
                let (left, right) = self.both(pair, entry)?;
                Value::Flag(left.equals(&right) == *wanted)
            }
            Node::Order(order, pair) => {
                let (left, right) = self.both(pair, entry)?;
                let Some(ordering) = left.order(&right) else {
                    return Err(Stop::NotWithBoth(order.sign(), left.sort(), right.sort()));
                };
                Value::Flag(order.holds(ordering))
            }
            Node::Calculate(calculation, pair) => return self.calculated(*calculation, pair, entry),
            Node::In(pair) => match self.both(pair, entry)? {
                (value, Value::List(list)) => Value::Flag(list.entries().any(|entry| entry.equals(&value))),
                (value, other) => return Err(Stop::NotWithBoth("in", value.sort(), other.sort())),
            },
            Node::Rows(of) => Value::List(self.rows(of, entry)?),
            Node::Known(variable, steps) => Value::Flag(self.is_known(variable, steps, entry)),
            Node::Size(of) => match self.value(of, entry)?.written() {
                Value::List(list) => count(list.len()),
                Value::Text(text) => count(text.chars().count()),
                other => return Err(Stop::NotWith("size", other.sort())),
            },
            Node::Holds(part, pair) => {
                let [whole, piece] = &**pair;
                // In the order of the crate's interpreter: what is looked for comes first.
                let piece = self.value(piece, entry)?.written();
                match (self.value(whole, entry)?.written(), piece) {
                    (Value::Text(whole), Value::Text(piece)) => Value::Flag(match part {
                        Part::Anywhere => whole.contains(&*piece),
                        Part::Start => whole.starts_with(&*piece),
                        Part::End => whole.ends_with(&*piece),
                    }),
                    (whole, piece) => return Err(Stop::NotWithBoth(part.name(), whole.sort(), piece.sort())),
                }
            }
            Node::ToText(of) => match self.value(of, entry)?.written() {
                Value::Text(text) => Value::Text(text),
                Value::Number(number) => Value::Text(number.to_string().into()),
                Value::Flag(flag) => Value::Text(if flag { "true" } else { "false" }.into()),
                other => return Err(Stop::NotWith("string", other.sort())),
            },
            Node::ToNumber(of) => match self.value(of, entry)?.written() {
                Value::Number(number) => Value::Number(number),
                Value::Text(text) => Value::Number(text.parse().map_err(|_| Stop::NotConverted("int"))?),
                other => return Err(Stop::NotWith("int", other.sort())),
            },
            Node::ToFlag(of) => match self.value(of, entry)?.written() {
                Value::Flag(flag) => Value::Flag(flag),
                Value::Text(text) => match &*text {
                    "1" | "t" | "true" | "TRUE" | "True" => Value::Flag(true),
                    "0" | "f" | "false" | "FALSE" | "False" => Value::Flag(false),
                    _ => return Err(Stop::NotConverted("bool")),
                },
                other => return Err(Stop::NotWith("bool", other.sort())),
            },
            Node::Days(pair) => match self.both(pair, entry)? {
                (Value::Time(from), Value::Time(to)) => Value::Number(to.since(from).days()),
                (from, to) => match (from.written(), to.written()) {
                    (Value::Text(from), Value::Text(to)) => Value::Number(days(&from, &to).map_err(|_| Stop::NotDays(from, to))?),
                    (from, to) => return Err(Stop::NotWithBoth("days", from.sort(), to.sort())),
                },
            },
            Node::Every(all, pair) => {
                let [list, condition] = &**pair;
                return self.every(*all, list, condition, entry).map(Value::Flag);
            }
            Node::ExistsOne(pair) => {
                let [list, condition] = &**pair;
                let mut met = 0usize;
                for value in self.list(list, entry)?.entries() {
                    met += usize::from(self.condition(condition, Some(&Entry { value, outer: entry }))?);
                }
                Value::Flag(met == 1)
            }
            Node::Collect(pair, condition) => {
                let [list, taken] = &**pair;
                let mut values = Vec::new();
                for value in self.list(list, entry)?.entries() {
                    let entry = Entry { value, outer: entry };
                    let is_met = condition.as_deref().map_or(Ok(true), |condition| self.condition(condition, Some(&entry)))?;
                    if is_met {
                        values.push(self.value(taken, Some(&entry))?);
                    }
                }
                Value::List(List::Made(values.into()))
            }
        })
    }

    fn both(self, pair: &'a [Node; 2], entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, (Value<'a>, Value<'a>)> {
        let [left, right] = pair;
        Ok((self.value(left, entry)?, self.value(right, entry)?))
    }

    fn condition(self, node: &'a Node, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, bool> {
        match self.value(node, entry)? {
            Value::Flag(flag) => Ok(flag),
            other => Err(Stop::NoCondition(other.sort())),
        }
    }

    fn root(self, place: usize) -> Outcome<'a> {
        match self.roots.get(place) {
            Some((name, Some(variable))) => Ok(variable.value().at(Path::Told(name))),
            Some((name, None)) => Err(Stop::NoVariable(name)),
            None => Err(Stop::NoVariable("")),
        }
    }

    fn field_of(self, of: &'a Node, name: &'a str, path: Option<&'a str>, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a> {
        match of {
            // The commonest form by far, without a copy of what it is read from.
            Node::Entry(level) => self.field(bound(entry, *level).ok_or(Stop::NoVariable(""))?, name, path),
            _ => self.field(&self.value(of, entry)?, name, path),
        }
    }

    fn field(self, of: &Value<'a>, name: &'a str, path: Option<&'a str>) -> Outcome<'a> {
        let (value, place) = match of {
            Value::Record(fields, place) => (fields.field(name).ok_or_else(|| Stop::NotRecorded(place.clone(), name))?, place),
            Value::Attributes(attributes, place) => {
                let attribute = attributes.get(name).ok_or_else(|| Stop::NotRecorded(place.clone(), name))?;
                let value = self.variables.attribute(name, attribute);
                (value.map_err(|why| Stop::Unreadable(place.clone(), name, why))?, place)
            }
            other => return Err(Stop::NoFields(other.sort())),
        };
        Ok(match (value, path) {
            (value, Some(path)) => value.at(Path::Told(path)),
            (value @ (Value::Record(..) | Value::Attributes(..) | Value::List(_)), None) => {
                value.at(Path::Made(format!("{}.{name}", place.text()).into()))
            }
            (value, None) => value,
        })
    }

    fn list(self, node: &'a Node, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, List<'a>> {
        match self.value(node, entry)? {
            Value::List(list) => Ok(list),
            other => Err(Stop::NoList(other.sort())),
        }
    }

    fn rows(self, node: &'a Node, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, List<'a>> {
        let list = self.list(node, entry)?;
        if list.len() > LIST_MAX { Err(Stop::TooLong(list.len())) } else { Ok(list) }
    }

    /// `&&`, which false decides, and `||`, which true does: a side that gives no value matters only where the other doesn't decide.
    fn connected(self, sign: &'static str, decisive: bool, pair: &'a [Node; 2], entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, bool> {
        let [left, right] = pair;
        let left = self.condition(left, entry);
        if matches!(left, Ok(flag) if flag == decisive) {
            return Ok(decisive);
        }
        match (left, self.value(right, entry)?) {
            (Ok(_), Value::Flag(flag)) => Ok(flag),
            (Err(_), Value::Flag(flag)) if flag == decisive => Ok(decisive),
            (Err(Stop::NoCondition(left)), right) => Err(Stop::NotWithBoth(sign, left, right.sort())),
            (Err(stop), _) => Err(stop),
            (Ok(left), right) => Err(Stop::NotWithBoth(sign, Value::Flag(left).sort(), right.sort())),
        }
    }

    /// `all` and `exists`: as the entries' conditions joined by `&&` or `||`.
    fn every(self, all: bool, list: &'a Node, condition: &'a Node, entry: Option<&Entry<'_, 'a>>) -> Outcome<'a, bool> {
        let mut stopped = None;
        for value in self.list(list, entry)?.entries() {
            match self.value(condition, Some(&Entry { value, outer: entry })) {
                Ok(Value::Flag(flag)) if flag != all => return Ok(flag),
                Ok(Value::Flag(_)) => {}
                Ok(other) => stopped = Some(Stop::NotWithBoth(if all { "&&" } else { "||" }, Value::Flag(all).sort(), other.sort())),
                Err(stop) => stopped = Some(stop),
            }
        }
        stopped.map_or(Ok(all), Err)
    }

    fn calculated(self, calculation: Calculation, pair: &'a [Node; 2], entry: Option<&Entry<'_, 'a>>) -> Outcome<'a> {
        let (left, right) = self.both(pair, entry)?;
        match (left.written(), right.written()) {
            (Value::Number(left), Value::Number(right)) => {
                let result = match calculation {
                    Calculation::Add => left.checked_add(right),
                    Calculation::Subtract => left.checked_sub(right),
                    Calculation::Multiply => left.checked_mul(right),
                    Calculation::Divide | Calculation::Remainder if right == 0 => return Err(Stop::DividedByZero),
                    Calculation::Divide => left.checked_div(right),
                    Calculation::Remainder => left.checked_rem(right),
                };
                result.map(Value::Number).ok_or(Stop::TooLarge)
            }
            (Value::Text(left), Value::Text(right)) if calculation == Calculation::Add => {
                if left.len().saturating_add(right.len()) > TEXT_MAX { Err(Stop::TooMuchText) } else { Ok(Value::Text(left + right)) }
            }
            (left, right) => Err(Stop::NotWithBoth(calculation.sign(), left.sort(), right.sort())),
        }
    }

    /// Null is there as well: it is known that there is none. So is a value that is not read.
    fn is_known(self, variable: &'a Node, steps: &'a [Box<str>], entry: Option<&Entry<'_, 'a>>) -> bool {
        let Ok(mut value) = self.value(variable, entry) else { return false };
        for step in steps {
            // Where it stands is not asked for.
            value = match self.field(&value, step, Some(step)) {
                Ok(value) => value,
                Err(Stop::Unreadable(..)) => Value::Null,
                Err(_) => return false,
            };
        }
        true
    }
}

fn bound<'s, 'a>(entry: Option<&'s Entry<'s, 'a>>, level: usize) -> Option<&'s Value<'a>> {
    std::iter::successors(entry, |entry| entry.outer).nth(level).map(|entry| &entry.value)
}

fn count<'a>(count: usize) -> Value<'a> {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whole days from one text to the other, rounded down: between two times or between two days.
fn days(from: &str, to: &str) -> Result<i64, String> {
    let (from, to) = match (Date::parse(from), Date::parse(to)) {
        (Ok(from), Ok(to)) => (from.start(Offset::default()), to.start(Offset::default())),
        (Err(_), Err(_)) => (Time::parse(from)?, Time::parse(to)?),
        _ => return Err("a day and a time can't be counted between: give two times or two days".to_owned()),
    };
    Ok(to.since(from).days())
}

fn wrong(message: impl Into<String>) -> Failure {
    Failure { message: message.into(), absent: None }
}

fn absent(path: String) -> Failure {
    Failure { message: format!("`{path}` is not recorded"), absent: Some(path) }
}

fn failure(stop: Stop<'_>) -> Failure {
    match stop {
        Stop::NoVariable(name) => absent(name.to_owned()),
        Stop::NotRecorded(place, name) => absent(format!("{}.{name}", place.text())),
        Stop::Unreadable(place, name, why) => wrong(format!("`{}.{name}` {why}", place.text())),
        Stop::NoFields(given) => wrong(format!("a field is read from {given}")),
        Stop::NoCondition(given) => wrong(format!("{given} stands where true or false is needed")),
        Stop::NoList(given) => wrong(format!("a list is needed, and there is {given}")),
        Stop::TooLong(count) => wrong(format!("a list of {count} entries is too long to be gone through; at most {LIST_MAX} are read")),
        Stop::NotWith(name, given) => wrong(format!("`{name}` can't be done with {given}")),
        Stop::NotWithBoth(name, left, right) => wrong(format!("`{name}` can't be done with {left} and {right}")),
        Stop::DividedByZero => wrong("a number is divided by zero"),
        Stop::TooLarge => wrong("a number grows beyond 64 bits"),
        Stop::TooMuchText => wrong(format!("a text grows beyond {TEXT_MAX} bytes")),
        Stop::NotConverted(name) => wrong(format!("`{name}` can't convert the value")),
        Stop::NotDays(from, to) => wrong(format!("`days`: {}", days(&from, &to).err().unwrap_or_default())),
    }
}
