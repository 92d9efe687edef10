//! The interpreter of the `cel` crate on the same facts. The tests hold our own against it, on every expression that they evaluate.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelNull, CelString, LIST_TYPE, MAP_TYPE, STRING_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::objects::Value;
use cel::{Context, Env, ExecutionError, FunctionContext};
use serde_json::Value as Json;

use super::program::{KNOWN, ROWS};
use super::shapes::{self, Shape};
use super::{Failure, LIST_MAX};
use crate::time::{Date, Offset, Time};

/// A JSON value for the evaluator. `path` is where it stands, for the sentence on an absent fact.
fn view<'a>(path: &Arc<str>, shape: Shape, value: &'a Json) -> Box<dyn Val + 'a> {
    match (value, shape) {
        (Json::Null, _) => Box::new(CelNull),
        (Json::Bool(flag), _) => Box::new(CelBool::from(*flag)),
        (Json::Number(number), _) => match number.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelString::from(number.to_string())),
        },
        // Texts of times order as the times do in one form only.
        (Json::String(text), Shape::Time) => match Time::parse(text) {
            Ok(time) => Box::new(CelString::from(time.sortable())),
            Err(_) => Box::new(CelString::from(text.as_str())),
        },
        (Json::String(text), _) => Box::new(CelString::from(text.as_str())),
        (Json::Array(items), shape) => {
            let entry = if let Shape::Rows(record) = shape { Shape::Record(record) } else { Shape::Text };
            Box::new(CelList::from(items.iter().map(|item| view(path, entry, item)).collect::<Vec<_>>()))
        }
        (Json::Object(fields), shape) => Box::new(Record { path: Arc::clone(path), shape, fields }),
    }
}

/// A JSON object. The crate's own map would be a hash map, and its error on a missing key would not tell the path.
#[derive(Clone, Debug)]
struct Record<'a> {
    path: Arc<str>,
    shape: Shape,
    fields: &'a serde_json::Map<String, Json>,
}

impl Record<'_> {
    fn field<'w>(&self, name: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let Some(name) = name.downcast_ref::<CelString<'_>>() else {
            return Err(ExecutionError::function_error("[]", "fields are read by name"));
        };
        let path: Arc<str> = format!("{}.{}", self.path, name.inner()).into();
        let Some(value) = self.fields.get(name.inner()) else { return Err(ExecutionError::no_such_key(&path)) };
        Ok(match self.shape {
            Shape::Record(record) => view(&path, record.field(name.inner()).unwrap_or(Shape::Text), value),
            // An attribute's long form also tells its source, which is not asked for here.
            _ => view(&path, Shape::Text, value.get("value").unwrap_or(value)),
        })
    }
}

impl<'a> Val for Record<'a> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        static MAP: Type = MAP_TYPE;
        &MAP
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for Record<'_> {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.field(name).map(CowVal::Owned)
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.field(name)
    }
}

/// The standard functions of CEL without optional values, and ours. Built once: it costs more than most expressions.
fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    let made = ENVIRONMENT.get_or_init(|| {
        let mut env = Env::default().with_optional_support(false).with_stdlib();
        // Neither name is taken, which a test holds; were one, its calls would fail and so be "not met".
        let _ = env.add_overload("days", "days_text_text", vec![STRING_TYPE, STRING_TYPE], days);
        let _ = env.add_overload(ROWS, "rows_list", vec![LIST_TYPE], rows);
        Arc::new(env)
    });
    Arc::clone(made)
}

/// Evaluates a checked expression on the variables it names.
pub(super) fn evaluate(expression: &cel::IdedExpr, variables: &[(&str, Rc<Json>)]) -> Result<bool, Failure> {
    type Call = Box<dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> + Send + Sync>;
    let mut context = Context::with_env(environment());
    let call: Call = Box::new(known);
    if context.add_function(KNOWN, call).is_err() {
        return Err(Failure { message: "`known` could not be set up".to_owned(), absent: None });
    }
    for (name, value) in variables {
        context.add_variable_as_val(*name, view(&Arc::from(*name), shapes::root(name).unwrap_or(Shape::Text), value));
    }
    let value = Value::resolve_val(expression, &context).map_err(|error| failure(&error))?;
    match value.downcast_ref::<CelBool>() {
        Some(flag) => Ok(*flag.inner()),
        None => Err(wrong(format!("it gives {}, and not true or false", sort(value.get_type().name())))),
    }
}

/// Whether every step of a path is there. Null is there as well: it is known that there is none.
fn known<'c, 'v>(call: &mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> {
    let mut steps = call.args.iter().filter_map(|step| step.downcast_ref::<CelString<'_>>());
    let mut found = steps.next().and_then(|root| call.ptx.get_variable(root.inner())).map(CowVal::into_owned);
    for step in steps {
        found = found.and_then(|value| match value.as_indexer()?.get(step) {
            Ok(inner) => Some(inner.into_owned()),
            Err(_) => None,
        });
    }
    Ok(CowVal::owned(CelBool::from(found.is_some())))
}

/// Whole days from one text to the other, rounded down: between two times or between two days.
fn days<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let error = |message: &str| ExecutionError::function_error("days", message);
    let texts: Vec<&str> = arguments.iter().filter_map(|value| value.downcast_ref::<CelString<'_>>().map(|text| text.inner())).collect();
    let [from, to] = texts.as_slice() else { return Err(error("two times are needed")) };
    let (from, to) = match (Date::parse(from), Date::parse(to)) {
        (Ok(from), Ok(to)) => (from.start(Offset::default()), to.start(Offset::default())),
        (Err(_), Err(_)) => (Time::parse(from).map_err(|message| error(&message))?, Time::parse(to).map_err(|message| error(&message))?),
        _ => return Err(error("a day and a time can't be counted between: give two times or two days")),
    };
    Ok(CowVal::owned(CelInt::from(to.since(from).days())))
}

/// The list itself, where it is not too long for the cost that was computed at load.
fn rows<'b, 'v>(mut arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let error = |message: String| ExecutionError::function_error(ROWS, message);
    let Some(list) = arguments.pop() else { return Err(error("a list is needed".to_owned())) };
    match list.downcast_ref::<CelList<'_>>().map(|items| items.inner().len()) {
        Some(count) if count > LIST_MAX => {
            Err(error(format!("a list of {count} entries is too long to be gone through; at most {LIST_MAX} are read")))
        }
        Some(_) => Ok(list),
        None => Err(error("a list is needed".to_owned())),
    }
}

fn wrong(message: String) -> Failure {
    Failure { message, absent: None }
}

/// An evaluator's error in our own words: its own print Rust types and, of maps, an order that changes from run to run.
fn failure(error: &ExecutionError) -> Failure {
    match error {
        ExecutionError::NoSuchKey(path) | ExecutionError::UndeclaredReference(path) => {
            Failure { message: format!("`{path}` is not recorded"), absent: Some(path.to_string()) }
        }
        ExecutionError::NoSuchOverload(call) => {
            let given = call.argument_types().iter().map(|name| sort(name)).collect::<Vec<_>>().join(" and ");
            match call.function() {
                "_._" | "_[_]" => {
                    wrong(format!("a field is read from {}", call.argument_types().first().map_or("nothing", |name| sort(name))))
                }
                ROWS => wrong(format!("a list is needed, and there is {given}")),
                name => wrong(format!("`{}` can't be done with {given}", operator(name))),
            }
        }
        ExecutionError::UnsupportedBinaryOperator(name, left, right) => {
            let kinds = [left, right].map(|value| sort(&value.type_of().to_string()));
            wrong(format!("`{}` can't be done with {}", operator(name), kinds.join(" and ")))
        }
        ExecutionError::UnexpectedType { got, want } => wrong(format!("{} stands where {} is needed", sort(got), sort(want))),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => wrong("a number is divided by zero".to_owned()),
        ExecutionError::Overflow(..) => wrong("a number grows beyond 64 bits".to_owned()),
        ExecutionError::FunctionError { function, message } if function == ROWS => wrong(message.clone()),
        ExecutionError::FunctionError { function, message } if function == "days" => wrong(format!("`days`: {message}")),
        ExecutionError::FunctionError { function, .. } => wrong(format!("`{function}` can't convert the value")),
        _ => wrong("the evaluator gave up".to_owned()),
    }
}

/// What people call a CEL type.
fn sort(name: &str) -> &'static str {
    match name {
        "bool" => "true or false",
        "int" => "a number",
        "string" => "a text",
        "null" | "null_type" => "null",
        "list" | "iterable" => "a list",
        "map" => "a record",
        _ => "a value of another sort",
    }
}

/// How an operator is written.
fn operator(name: &str) -> &str {
    match name {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        "@in" => "in",
        _ => name.trim_matches('_'),
    }
}
