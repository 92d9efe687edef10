//! The only place that knows the `jaq` crates: a mapping's filter is read, compiled and run here. A filter sees the record that it is given, the
//! tables, the zone and the workflows of the kinds, and nothing else: no clock, no environment, no files.

use std::collections::BTreeSet;

use handoff::core::Offset;
use jaq_core::data::{DataT, HasLut};
use jaq_core::load::{self, Arena, File, Import, Loader};
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Bind, Compiler, Ctx, Cv, Lut, Native, ValXs, Vars, compile, unwrap_valr};
use jaq_json::{Map, Num, Val};
use serde_json::Value;

use super::texts::{self, Words};
use super::{answer, time};

/// What filters run on.
struct Data;

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Shared<'a>;
}

/// What every call of a filter shares.
#[derive(Clone, Copy)]
struct Shared<'a> {
    lut: &'a Lut<Data>,
    words: &'a Words,
    tables: &'a Val,
}

impl<'a> HasLut<'a, Data> for Shared<'a> {
    fn lut(&self) -> &'a Lut<Data> {
        self.lut
    }
}

/// The library that every filter may include.
pub(crate) const LIBRARY: &str = include_str!("handoff.jq");

/// Asks the filter of a platform one of the things that it defines.
const MAIN: &str = r#"include "handoff"; include "platform";
if $ask == "records" then [path(records)] elif $ask == "shape" then shape elif $ask == "ignored" then ignored
elif $ask == "null_words" then null_words elif $ask == "placeholders" then placeholders elif $ask == "before" then [before]
elif $ask == "actor" then actor else facts end"#;

/// The deepest nesting that is read.
const DEPTH: usize = 100;

/// The most that a filter may answer to one record.
const ANSWERS: usize = 100_000;

/// What of the standard library filters may use: all of it that depends on nothing but its input.
const PLAIN: [&str; 31] = [
    "null",
    "nan",
    "infinite",
    "isnan",
    "isinfinite",
    "isfinite",
    "isnormal",
    "abs",
    "type",
    "values",
    "nulls",
    "booleans",
    "numbers",
    "finites",
    "normals",
    "strings",
    "arrays",
    "objects",
    "iterables",
    "scalars",
    "add",
    "min_by",
    "max_by",
    "min",
    "max",
    "unique_by",
    "unique",
    "pick",
    "keys",
    "flatten",
    "split",
];

/// What is asked of a filter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    /// The paths of the records in a document.
    Records,
    /// What a record is.
    Shape,
    /// What is left out, by shape and reason.
    Ignored,
    /// The words that stand for nothing.
    NullWords,
    /// The document before the change that it tells of: a list of none or one.
    Before,
    /// Who made that change.
    Actor,
    /// What stands where a serial should be.
    Placeholders,
    /// The facts of a record.
    Facts,
}

/// A compiled filter, and what it may look up.
pub(super) struct Filter {
    filter: compile::Filter<Native<Data>>,
    looked_up: [Val; 3],
    words: Words,
}

impl Filter {
    /// Compiles the text of a filter.
    ///
    /// # Errors
    /// A sentence with the line of what is wrong, for people.
    pub fn compile(name: &str, code: &str, tables: &Value, zone: Option<Offset>, workflows: &Value) -> Result<Self, String> {
        let prelude = jaq_core::defs().chain(jaq_std::defs().filter(is_plain)).chain(jaq_json::defs());
        let arena = Arena::default();
        let read = |import: Import<'_, &str, String>| match *import.path {
            "handoff" => Ok(File { code: LIBRARY.to_owned(), path: "handoff.jq".to_owned() }),
            "platform" if import.parent.is_empty() => Ok(File { code: code.to_owned(), path: name.to_owned() }),
            other => Err(format!("there is no `{other}` to include: only `handoff`")),
        };
        let loader = Loader::new(prelude).with_read(read);
        let modules = loader.load(&arena, File { code: MAIN, path: String::new() }).map_err(|errors| unread(&errors))?;
        let functions = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs()).chain(own());
        let compiler = Compiler::default().with_funs(functions).with_global_vars(["$ask", "$tables", "$zone", "$workflows"]);
        let filter = compiler.compile(modules).map_err(|errors| uncompiled(&errors))?;
        let zone = zone.map_or(Val::Null, |zone| Val::from(zone.to_string()));
        let mut filter = Self { filter, looked_up: [of_json(tables), zone, of_json(workflows)], words: Words::default() };
        let words = |ask| -> Result<_, String> {
            Ok(filter.ask(ask, Val::Null)?.iter().flat_map(answer::items).filter_map(text).collect::<BTreeSet<_>>())
        };
        filter.words = Words { nothing: words(Ask::NullWords)?, placeholders: words(Ask::Placeholders)? };
        Ok(filter)
    }

    /// The words that it knows.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// What the filter answers.
    ///
    /// # Errors
    /// What the filter could not do, for people.
    pub fn ask(&self, ask: Ask, input: Val) -> Result<Vec<Val>, String> {
        let word = match ask {
            Ask::Records => "records",
            Ask::Shape => "shape",
            Ask::Ignored => "ignored",
            Ask::NullWords => "null_words",
            Ask::Before => "before",
            Ask::Actor => "actor",
            Ask::Placeholders => "placeholders",
            Ask::Facts => "facts",
        };
        let vars = std::iter::once(Val::from(word.to_owned())).chain(self.looked_up.iter().cloned());
        let [tables, ..] = &self.looked_up;
        let shared = Shared { lut: &self.filter.lut, words: &self.words, tables };
        let context = Ctx::<Data>::new(shared, Vars::new(vars));
        let mut answers = Vec::new();
        for answer in self.filter.id.run((context, input)).map(unwrap_valr) {
            if answers.len() >= ANSWERS {
                return Err(format!("it answers more than {ANSWERS} times to one record"));
            }
            answers.push(answer.map_err(|error| shortened(&error.to_string()))?);
        }
        Ok(answers)
    }
}

fn is_plain(def: &load::parse::Def<&str>) -> bool {
    // `split` by a pattern is not among it.
    PLAIN.contains(&def.name) && !(def.name == "split" && def.args.len() > 1)
}

/// What filters may call beside jq's own.
fn own() -> impl Iterator<Item = Fun<Data>> {
    let functions = || [Bind::Fun(()), Bind::Fun(())].into();
    let all: [jaq_core::native::Filter<jaq_core::RunPtr<Data>>; 19] = [
        // Of jq's own those that every filter asks all the time: as definitions they are ten times slower.
        ("isboolean", v(0), |cv| is(&cv.1, |value| matches!(value, Val::Bool(_)))),
        ("isnumber", v(0), |cv| is(&cv.1, |value| matches!(value, Val::Num(_)))),
        ("isstring", v(0), |cv| is(&cv.1, |value| matches!(value, Val::TStr(_) | Val::BStr(_)))),
        ("isarray", v(0), |cv| is(&cv.1, |value| matches!(value, Val::Arr(_)))),
        ("isobject", v(0), |cv| is(&cv.1, |value| matches!(value, Val::Obj(_)))),
        ("time_in", v(1), |mut cv| {
            let zone = offset(&cv.0.pop_var());
            bome(Ok(read_or_unclear(time::time(&cv.1, zone), &cv.1)))
        }),
        ("day_in", v(2), |mut cv| {
            let (read, written) = (offset(&cv.0.pop_var()), offset(&cv.0.pop_var()));
            bome(Ok(read_or_unclear(time::day_in(&cv.1, written, read), &cv.1)))
        }),
        ("day", v(0), |cv| bome(Ok(read_or_unclear(time::day(&cv.1), &cv.1)))),
        ("said", v(0), |cv| {
            let is_nothing = texts::is_nothing(&cv.1, cv.0.data().words);
            bome(Ok(if is_nothing { Val::Null } else { cv.1 }))
        }),
        ("text", v(0), |cv| bome(Ok(texts::as_text(&cv.1)))),
        ("truth", v(0), |cv| bome(Ok(texts::as_truth(&cv.1)))),
        ("known", v(0), |cv| bome(Ok(if answer::is_unknown(&cv.1) { Val::Null } else { cv.1 }))),
        ("word", v(1), |mut cv| {
            let table = text(&cv.0.pop_var()).unwrap_or_default();
            bome(Ok(texts::word(&cv.1, cv.0.data().tables, &table)))
        }),
        ("word_by", v(2), |mut cv| {
            let (workflow, table) = (cv.0.pop_var(), text(&cv.0.pop_var()).unwrap_or_default());
            bome(Ok(texts::word_by(&cv.1, cv.0.data().tables, &table, text(&workflow).as_deref())))
        }),
        ("serial", v(0), |cv| bome(Ok(texts::as_serial(&cv.1, cv.0.data().words)))),
        ("amount", v(0), |cv| bome(Ok(texts::as_amount(&cv.1)))),
        ("read", functions(), |cv| read(cv, One::First)),
        ("read_or_none", functions(), |cv| read(cv, One::FirstOrNone)),
        ("reads", functions(), |cv| read(cv, One::All)),
    ];
    all.into_iter().map(run::<Data>)
}

fn is<'a>(value: &Val, test: fn(&Val) -> bool) -> ValXs<'a, Val> {
    bome(Ok(Val::Bool(test(value))))
}

/// Which of the values at several paths are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum One {
    First,
    FirstOrNone,
    All,
}

/// `read(p; f)`, `read_or_none(p; f)` and `reads(p; f)`: what stands at the paths of `p`, if it says something, through `f`, with a mark of where it was read.
fn read(mut cv: Cv<'_, Data>, which: One) -> ValXs<'_, Val> {
    let ((f, of_f), (p, of_p)) = (cv.0.pop_fun(), cv.0.pop_fun());
    let words = cv.0.data().words;
    let (mut paths, mut values) = (Vec::new(), Vec::new());
    for found in p.paths((of_p, (cv.1.clone(), Default::default()))) {
        let (value, path) = match found {
            Ok(found) => found,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let mut steps: Vec<Val> = path.iter().cloned().collect();
        steps.reverse();
        paths.push(steps.into_iter().collect::<Val>());
        values.push(value);
    }
    let is_there = |path: &Val| matches!(path, Val::Arr(steps) if !steps.is_empty()) && answer::at(&cv.1, path).is_some();
    let none = match paths.first() {
        Some(path) if which == One::FirstOrNone && is_there(path) => object([("$none", Val::Bool(true))]),
        _ => Val::Null,
    };
    let value = match which {
        One::First | One::FirstOrNone => match values.into_iter().next() {
            Some(value) => (!texts::is_nothing(&value, words)).then_some(value),
            None => return bome(Ok(Val::Null)),
        },
        One::All => {
            let said: Vec<Val> = values.into_iter().filter(|value| !texts::is_nothing(value, words)).collect();
            (!said.is_empty()).then(|| said.into_iter().collect())
        }
    };
    let paths: Val = paths.into_iter().collect();
    let mark = move |is| object([("$read", paths.clone()), ("is", is)]);
    match value {
        Some(value) => Box::new(f.run((of_f, value)).map(move |is| is.map(&mark))),
        None => bome(Ok(mark(none))),
    }
}

fn offset(value: &Val) -> Option<Offset> {
    text(value).and_then(|offset| Offset::parse(&offset).ok())
}

/// A text, null where nothing is said, or what says that it was not understood.
fn read_or_unclear(read: Result<Option<String>, String>, value: &Val) -> Val {
    match read {
        Ok(read) => read.map_or(Val::Null, Val::from),
        Err(why) => texts::unclear(value, &why),
    }
}

pub(super) fn object<const N: usize>(entries: [(&str, Val); N]) -> Val {
    Val::obj(entries.into_iter().map(|(key, value)| (Val::from(key.to_owned()), value)).collect())
}

/// The text that a value is.
pub(super) fn text(value: &Val) -> Option<String> {
    match value {
        Val::TStr(text) => String::from_utf8(text.to_vec()).ok(),
        _ => None,
    }
}

/// A value of the filter's language.
pub(super) fn of_json(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(value) => Val::Bool(*value),
        Value::Number(number) => number.as_i64().and_then(|n| isize::try_from(n).ok()).map_or_else(
            || jaq_json::read::parse_single(number.to_string().as_bytes()).unwrap_or_default(),
            |number| Val::Num(Num::Int(number)),
        ),
        Value::String(text) => Val::from(text.clone()),
        Value::Array(values) => values.iter().map(of_json).collect(),
        Value::Object(entries) => {
            Val::obj(entries.iter().map(|(key, value)| (Val::from(key.clone()), of_json(value))).collect::<Map<Val, Val>>())
        }
    }
}

/// Reads JSON text: numbers as they stand, of any size.
///
/// # Errors
/// What is wrong with the text, for people.
pub(super) fn parse(text: &[u8]) -> Result<Val, String> {
    // The reader of filters takes more than JSON, nested as deep as the stack.
    if depth(text) > DEPTH {
        return Err(format!("it is nested deeper than {DEPTH} levels"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(text).map_err(|error| format!("it is not JSON: {error}"))?;
    jaq_json::read::parse_single(text).map_err(|error| format!("it is not JSON: {error}"))
}

/// How deep JSON text is nested.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A long text, cut.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

fn line_of(code: &str, part: &str) -> usize {
    code.get(..load::span(code, part).start).map_or(1, |before| before.matches('\n').count() + 1)
}

/// Why the text can't be read.
fn unread(errors: &load::Errors<&str, String>) -> String {
    let told = errors.iter().flat_map(|(File { code, path }, error)| {
        let at = |part: &str| format!("{path}:{}", line_of(code, part));
        match error {
            load::Error::Io(all) => all.iter().map(|(part, why)| format!("{}: {why}", at(part))).collect::<Vec<_>>(),
            load::Error::Lex(all) => all.iter().map(|(expected, part)| format!("{}: expected {}", at(part), expected.as_str())).collect(),
            load::Error::Parse(all) => {
                let found = |part: &str| if part.is_empty() { "the end".to_owned() } else { format!("`{}`", shortened(part)) };
                all.iter().map(|(expected, part)| format!("{}: expected {}, found {}", at(part), expected.as_str(), found(part))).collect()
            }
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Why it can't be compiled.
fn uncompiled(errors: &compile::Errors<&str, String>) -> String {
    let told = errors.iter().flat_map(|(File { code, path }, errors)| {
        errors.iter().map(move |(part, undefined)| format!("{path}:{}: there is no {} `{part}`", line_of(code, part), undefined.as_str()))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// What a filter takes for a time is what the facts take for one.
#[cfg(test)]
mod tests {
    use super::*;

    fn ask(code: &str, input: &str) -> Result<Vec<String>, String> {
        let code = format!("include \"handoff\"; def records: .; def shape: \"x\"; def ignored: {{}}; def facts: {code};");
        let zone = Offset::parse("+01:00").ok();
        let filter = Filter::compile("test.jq", &code, &serde_json::json!({"states": {"7": "x"}}), zone, &Value::Null)?;
        Ok(filter.ask(Ask::Facts, parse(input.as_bytes())?)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn numbers_lose_no_digits() {
        let all = r#"[9007199254740993, 123456789012345678901234567890, 1243.9600000000000001, "9007199254740993"]"#;
        assert_eq!(
            ask(".[] | text", all).unwrap(),
            [r#""9007199254740993""#, r#""123456789012345678901234567890""#, r#""1243.9600000000000001""#, r#""9007199254740993""#,]
        );
    }

    #[test]
    fn a_filter_sees_nothing_but_its_input() {
        for code in ["now", "env", "$ENV", "input", "halt", "input_filename", "debug"] {
            assert!(ask(code, "1").is_err(), "{code}");
        }
        let other = Filter::compile("a.jq", "include \"other\"; def facts: .;", &Value::Null, None, &Value::Null).err();
        assert_eq!(other.unwrap_or_default(), "a.jq:1: there is no `other` to include: only `handoff`");
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        assert!(ask(".a\n  | nothing_of_this_name", "1").unwrap_err().starts_with("test.jq:2: there is no filter `nothing_of_this_name"));
        assert!(ask("(.a\n", "1").unwrap_err().contains("test.jq:"));
        assert!(ask("repeat(1)", "1").unwrap_err().contains("more than"));
    }
}
