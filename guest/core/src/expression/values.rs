//! Facts as an expression sees them: borrowed from the records, and read only where it looks.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::decision::Item;
use crate::facts::{Attribute, Attributes, Link, Party, Scalar};
use crate::policy::document::AttributeType;
use crate::time::{Date, Offset, Time};

/// A record that expressions read field by field.
pub(crate) trait Fields {
    /// What stands in a field; none where nothing is recorded.
    fn field(&self, name: &str) -> Option<Value<'_>>;
}

/// What can stand in a field.
pub(crate) trait Read {
    /// The value that an expression reads.
    fn read(&self) -> Value<'_>;
}

/// The entries of a list of facts.
pub(crate) trait Entries {
    /// How many there are.
    fn count(&self) -> usize;
    /// The one at a place.
    fn entry(&self, place: usize) -> Option<Value<'_>>;
}

/// What an operation takes and gives. A time is a text as [`Time::sortable`] writes it, which nobody has to write out to compare two.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Null,
    Flag(bool),
    Number(i64),
    Text(Cow<'a, str>),
    Time(Time),
    List(List<'a>),
    Record(&'a dyn Fields, Path<'a>),
    Attributes(&'a Attributes, Path<'a>),
}

/// The dotted path of what was read, for the sentence on what is not recorded there.
#[derive(Clone)]
pub(crate) enum Path<'a> {
    /// As the program tells it.
    Told(&'a str),
    /// One that depends on the facts: of what `? :` chose, or stood in a written list.
    Made(Rc<str>),
}

impl Path<'_> {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Told(path) => path,
            Self::Made(path) => path,
        }
    }
}

/// A list of the facts, or one that the expression made.
#[derive(Clone)]
pub(crate) enum List<'a> {
    Facts(&'a dyn Entries, Path<'a>),
    Made(Rc<[Value<'a>]>),
}

impl<'a> Value<'a> {
    /// What people call the sort of value.
    pub(super) fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) | Self::Time(_) => "a text",
            Self::List(_) => "a list",
            Self::Record(..) | Self::Attributes(..) => "a record",
        }
    }

    /// The value with where it stands.
    pub(super) fn at(self, place: Path<'a>) -> Self {
        match self {
            Self::Record(fields, _) => Self::Record(fields, place),
            Self::Attributes(attributes, _) => Self::Attributes(attributes, place),
            Self::List(List::Facts(rows, _)) => Self::List(List::Facts(rows, place)),
            other => other,
        }
    }

    /// The value with a time written out.
    pub(super) fn written(self) -> Self {
        match self {
            Self::Time(time) => Self::Text(time.sortable().into()),
            other => other,
        }
    }

    /// Whether two values are the same. Values of different sorts are merely different, and records are compared with nothing but null.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::List(one), Self::List(other)) => {
                one.len() == other.len() && one.entries().zip(other.entries()).all(|(one, other)| one.equals(&other))
            }
            _ => self.order(other).is_some_and(Ordering::is_eq),
        }
    }

    /// The order of two values; none where they have none.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Time(one), Self::Time(other)) => Some(one.cmp(other)),
            (Self::Time(one), Self::Text(other)) => Some(one.sortable().as_str().cmp(other)),
            (Self::Text(one), Self::Time(other)) => Some((**one).cmp(other.sortable().as_str())),
            _ => None,
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Facts(rows, _) => rows.count(),
            Self::Made(values) => values.len(),
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).filter_map(|place| match self {
            Self::Facts(rows, at) => rows.entry(place).map(|entry| entry.at(at.clone())),
            Self::Made(values) => values.get(place).cloned(),
        })
    }
}

/// The value of an attribute in the type that the policy declares (rule F8). A value of another type is none that an expression reads: two
/// numbers in quotes would be put in the order of texts, and so would two fractions, which are texts here. Nor is one that was observed
/// after this moment (rule F7).
pub(crate) fn declared(attribute: &Attribute, declared: AttributeType, now: Time) -> Result<Value<'_>, &'static str> {
    if attribute.observed_at.value().is_some_and(|at| *at > now) {
        return Err("was observed at a time still to come");
    }
    let Some(value) = &attribute.value else { return Ok(Value::Null) };
    match (declared, value) {
        (AttributeType::Boolean, Scalar::Bool(flag)) => Ok(Value::Flag(*flag)),
        (AttributeType::Number, Scalar::Whole(number)) => Ok(Value::Number(*number)),
        (AttributeType::Number, Scalar::Decimal(_)) => Err("holds a fraction, and expressions read whole numbers"),
        (AttributeType::Text | AttributeType::Version, Scalar::Text(text)) => Ok(Value::Text(text.into())),
        (AttributeType::Time, Scalar::Text(text)) if let Ok(time) = Time::parse(text) => Ok(Value::Time(time)),
        _ => Err("is not of the type that the policy declares"),
    }
}

/// Declares what expressions read of a record: every field by its name.
macro_rules! fields {
    ($name:ident { keys { $($key:ident)* } $($field:ident)* }) => {
        impl $crate::expression::Fields for $name {
            fn field(&self, name: &str) -> Option<$crate::expression::Value<'_>> {
                use $crate::expression::Read as _;
                match name {
                    $(stringify!($key) => Some(self.$key.read()),)*
                    $(stringify!($field) => match &self.$field {
                        $crate::facts::Fact::Unknown => None,
                        $crate::facts::Fact::None => Some($crate::expression::Value::Null),
                        $crate::facts::Fact::Known(value) => Some(value.read()),
                    },)*
                    _ => None,
                }
            }
        }

        impl $crate::expression::Read for $name {
            fn read(&self) -> $crate::expression::Value<'_> {
                $crate::expression::Value::Record(self, $crate::expression::Path::Told(""))
            }
        }
    };
}
pub(crate) use fields;

impl Read for String {
    fn read(&self) -> Value<'_> {
        Value::Text(self.into())
    }
}

impl Read for bool {
    fn read(&self) -> Value<'_> {
        Value::Flag(*self)
    }
}

impl Read for Time {
    fn read(&self) -> Value<'_> {
        Value::Time(*self)
    }
}

impl Read for Link {
    fn read(&self) -> Value<'_> {
        self.0.read()
    }
}

impl Read for Attributes {
    fn read(&self) -> Value<'_> {
        Value::Attributes(self, Path::Told(""))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(&self) -> Value<'_> {
        Value::List(List::Facts(self, Path::Told("")))
    }
}

impl<T: Read> Entries for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn entry(&self, place: usize) -> Option<Value<'_>> {
        self.get(place).map(Read::read)
    }
}

/// What is read as the text that it is written as.
macro_rules! written {
    ($($name:ident)*) => {
        $(impl Read for $name {
            fn read(&self) -> Value<'_> {
                Value::Text(self.to_string().into())
            }
        })*
    };
}
written!(Date Item Offset Party);
